"""What an operator may set, from where, and what is refused before anything starts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from claim_issuers.identifiers.accounts import ChainId
from identity_service.settings import ChainNotConfigured, InvalidSettings, PublicUrlMissing, load_settings

MAINNET = ChainId(1)


def write(directory: Path, text: str) -> Path:
    (directory / "settings.toml").write_text(text, encoding="utf-8")
    return directory


def in_environment(directory: Path, **variables: str) -> dict[str, Any]:
    """The redacted settings of a process of its own, which has just these variables."""
    program = "import json; from identity_service.settings import load_settings; print(json.dumps(load_settings().redacted()))"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "IDENTITY_SERVICE_DATA_DIRECTORY": str(directory),
        **{f"IDENTITY_SERVICE_{name}": value for name, value in variables.items()},
    }
    shown: dict[str, Any] = json.loads(
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True).stdout
    )
    return shown


def test_the_defaults_are_a_service_on_this_machine_with_sqlite_beside_its_data(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, development=True)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.database_url == f"sqlite:///{tmp_path}/service.db"
    assert (settings.host, settings.rate_limit, dict(settings.chains)) == ("127.0.0.1", "600 per minute", {})
    assert settings.chain_rate_limit == "120 per minute"


def test_the_file_in_the_data_directory_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        'public_url = "https://claims.example"\n[chains."eip155:1"]\nrpc_url = "https://node.example"\nfinality_depth = 70\n',
    )
    settings = load_settings(tmp_path)
    assert settings.require_public_url() == "https://claims.example"
    assert settings.chain(MAINNET).finality_depth == 70
    assert settings.chain(MAINNET).confirmations == 12


def test_the_environment_wins_over_the_file_and_an_argument_over_both(tmp_path: Path) -> None:
    write(tmp_path, 'public_url = "https://file.example"\nport = 1111\nthreads = 3\n')
    shown = in_environment(tmp_path, PORT="2222", CHAINS='{"eip155:5": {"rpc_url": "https://node.example"}}')
    assert (shown["public_url"], shown["port"], shown["threads"]) == ("https://file.example", 2222, 3)
    assert list(shown["chains"]) == ["eip155:5"]
    assert load_settings(tmp_path, port=3333).port == 3333


def test_an_argument_of_none_counts_as_not_given(tmp_path: Path) -> None:
    assert load_settings(tmp_path, port=None).port == 8080


@pytest.mark.parametrize(
    "url",
    [
        "http://claims.example",
        "ftp://claims.example",
        "claims.example",
        "https://",
        "https://a.example/",
        "https://a.example?x=1",
        "https://a.example#f",
        "https://u:p@a.example",
        "https://a.example:port",
        "https://A.example",
        "https://a.example:443",
    ],
)
@pytest.mark.parametrize("development", [False, True])
def test_a_public_url_that_is_no_plain_https_address_is_refused(tmp_path: Path, url: str, development: bool) -> None:
    with pytest.raises(InvalidSettings):
        load_settings(tmp_path, public_url=url, development=development)


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost", "[::1]:81"])
def test_http_is_for_loopback_under_the_development_switch(tmp_path: Path, host: str) -> None:
    assert load_settings(tmp_path, public_url=f"http://{host}", development=True).public_url == f"http://{host}"
    with pytest.raises(InvalidSettings):
        load_settings(tmp_path, public_url=f"http://{host}")


def test_serving_without_a_public_url_is_refused_but_keeping_data_is_not(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    with pytest.raises(PublicUrlMissing):
        settings.require_public_url()


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"port": 0}, "/port"),
        ({"port": "tcp://10.0.0.1:80"}, "/port"),
        ({"threads": 0}, "/threads"),
        ({"proxy_hops": -1}, "/proxy_hops"),
        ({"rate_limit": "lots"}, "/rate_limit"),
        ({"chain_rate_limit": "60"}, "/chain_rate_limit"),
        ({"log_level": "loud"}, "/log_level"),
        ({"database_url": "mysql://h/d"}, "/database_url"),
        ({"database_url": "::"}, "/database_url"),
        ({"publc_url": "https://a.example"}, "/publc_url"),
        ({"chains": {"1": {"rpc_url": "https://n.example"}}}, "/chains/1/[key]"),
        ({"chains": {"eip155:1": {"rpc_url": "file:///etc/passwd"}}}, "/chains/eip155:1/rpc_url"),
        ({"chains": {"eip155:1": {}}}, "/chains/eip155:1/rpc_url"),
        ({"chains": {"eip155:1": {"rpc_url": "https://n.example", "depth": 1}}}, "/chains/eip155:1/depth"),
        ({"chains": {"eip155:1": {"rpc_url": "https://n.example", "finality_depth": -1}}}, "/chains/eip155:1/finality_depth"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(tmp_path, **change)
    assert pointer in [place for place, _ in caught.value.data["errors"]]


@pytest.mark.parametrize("text", ["port = ", 'data_directory = "/elsewhere"', "colour = 1"])
def test_a_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSettings):
        load_settings(write(tmp_path, text))


def test_a_wrong_value_in_the_environment_stops_the_process_without_being_repeated(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        in_environment(tmp_path, CHAINS='{"eip155:1": "s3cret')
    assert b"InvalidSettings: the environment's value for chains is not JSON" in caught.value.stderr
    assert b"s3cret" not in caught.value.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "https://mail.example", "mail_from": "a@claims.example"},
        {"smtp_url": "smtps://me:s3cret@mail.example", "mail_from": "a@claims.example"},
        {"smtp_url": "smtps://mail.example"},
        {"mail_from": "Claims <a@claims.example>"},
        {"mail_from": "a@claims.example\nBcc: b@claims.example"},
        {"smtp_password": "s3cret", "smtp_password_file": "file"},
        {"tls_certificate": "certificate.pem"},
        {"tls_key": "key.pem"},
    ],
    ids=lambda wrong: "-".join(wrong),
)
def test_mail_and_certificates_are_set_whole_or_not_at_all(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(tmp_path, **wrong)
    assert "s3cret" not in str(caught.value) + repr(caught.value.data)


def test_a_certificate_makes_the_own_address_https(tmp_path: Path) -> None:
    files = {"tls_certificate": tmp_path / "c.pem", "tls_key": tmp_path / "k.pem"}
    assert load_settings(tmp_path, development=True, port=9, **files).public_url == "https://127.0.0.1:9"


def test_a_refusal_does_not_repeat_secrets(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(tmp_path, database_url="mysql://u:s3cret@h/d", chains={"eip155:1": {"rpc_url": "ws://n.example/s3cret"}})
    assert "s3cret" not in str(caught.value) + repr(caught.value.data)


def test_an_unknown_chain_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ChainNotConfigured):
        load_settings(tmp_path).chain(MAINNET)


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.chains[MAINNET] = None  # type: ignore[assignment]


@pytest.mark.parametrize("show", [lambda settings: json.dumps(settings.redacted()), repr, str])
def test_what_is_printed_holds_no_secret(tmp_path: Path, show: Any) -> None:
    settings = load_settings(
        tmp_path,
        database_url="postgresql://user:s3cret@db.example/ids?password=s3cret",
        chains={"eip155:1": {"rpc_url": "https://user:s3cret@node.example:8545/v3/s3cret"}},
        smtp_password="s3cret",
    )
    assert "s3cret" not in show(settings)


def test_the_redacted_form_still_says_where_things_are(tmp_path: Path) -> None:
    chains = {"eip155:1": {"rpc_url": "https://node.example:8545/v3/s3cret"}}
    shown = load_settings(tmp_path, database_url="postgresql://user:s3cret@db.example/ids", chains=chains).redacted()
    assert shown["database_url"] == "postgresql://user:***@db.example/ids"
    assert shown["chains"]["eip155:1"]["rpc_url"] == "https://node.example:8545/…"
