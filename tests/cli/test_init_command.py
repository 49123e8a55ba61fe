"""``init``: what it makes, for whose eyes, and what it does the second time."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from identity_service.app import create_app
from identity_service.settings import load_settings
from tests.cli.commands import holder_of, run, settings_for, transport
from tests.support.stand import BASE_URL, InProcess

MEMBERS = {"data_directory", "client_id", "key_file", "scope", "audit_public_key"}
PASSPHRASE = "IDENTITY_SERVICE_VAULT_PASSPHRASE"


def everything_in(directory: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file() and "service.db" not in path.name
    }


def test_init_makes_an_installation_whose_administrator_can_sign_in(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ended = run("init", "--data", data, "--database-url", database_url)
    assert (ended.code, ended.err) == (0, "")
    made = ended.json()
    assert set(made) == MEMBERS
    assert made["data_directory"] == str(data)
    assert Path(made["audit_public_key"]).is_file()
    public = json.loads(Path(made["audit_public_key"]).read_text())
    assert (public["kty"], public["crv"]) == ("OKP", "Ed25519")
    assert "d" not in public
    assert load_settings(data).database_url == database_url
    text = (data / "settings.toml").read_text()
    (data / "settings.toml").write_text(f'public_url = "{BASE_URL}"\ndevelopment = true\n{text}')
    way = transport(BASE_URL)
    client = create_app(load_settings(data)).test_client()
    administrator = holder_of(Path(made["key_file"]), InProcess(BASE_URL, way.egress, way.clock, way.entropy, client))
    entries = administrator.get("/v1/audit")["items"]
    assert [(entry["action"], entry["subject"]) for entry in entries] == [("client.registered", made["client_id"])]


def test_what_init_makes_is_its_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    assert run("init", "--data", data, "--database-url", f"sqlite:///{data}/service.db").code == 0
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [data, *data.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {path.name for path in modes} >= {"service.db", "settings.toml", "administrator.jwk", "master.key", "audit.key"}


def test_init_again_changes_nothing_and_says_the_same(tmp_path: Path) -> None:
    first = run("init", "--data", tmp_path)
    before = everything_in(tmp_path)
    again = run("init", "--data", tmp_path)
    assert (again.code, again.json()) == (0, first.json())
    assert everything_in(tmp_path) == before


def test_init_adds_the_database_to_settings_that_are_there_and_contradicts_none(tmp_path: Path) -> None:
    settings_for(tmp_path, "http://127.0.0.1:1")
    assert run("init", "--data", tmp_path, "--database-url", f"sqlite:///{tmp_path}/mine.db").code == 0
    settings = load_settings(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/mine.db"
    assert [str(chain) for chain in settings.chains] == ["eip155:31337"]
    other = run("init", "--data", tmp_path, "--database-url", f"sqlite:///{tmp_path}/other.db")
    assert other.code == 1
    assert "settings.toml names another database: change it there" in other.err
    assert not (tmp_path / "other.db").exists()


def test_a_key_file_of_another_database_is_not_taken_for_this_one(tmp_path: Path) -> None:
    run("init", "--data", tmp_path)
    before = everything_in(tmp_path)
    ended = run("init", "--data", tmp_path, "--database-url", f"sqlite:///{tmp_path}/other.db")
    assert ended.code == 1
    assert ended.err.startswith("administrator_elsewhere: ")
    assert "move the file away" in ended.err
    assert everything_in(tmp_path).keys() - before.keys() == {str(tmp_path / "other.db")}
    assert not (tmp_path / "settings.toml").exists()


def test_a_master_key_with_a_passphrase_opens_with_that_one_alone(tmp_path: Path) -> None:
    settings_for(tmp_path)
    env = {PASSPHRASE: "correct horse battery staple"}
    assert run("init", "--data", tmp_path, env=env).code == 0
    assert run("doctor", "--data", tmp_path, env=env).code == 0
    for other, code in (({}, "passphrase_required"), ({PASSPHRASE: "another"}, "wrong_passphrase")):
        ended = run("doctor", "--data", tmp_path, env=other)
        assert (ended.code, ended.err.partition(":")[0]) == (1, code)
        assert "What to do: " in ended.err


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://somewhere/x", "invalid_settings"),
        ("nonsense", "invalid_settings"),
        ("postgresql://nobody@127.0.0.1:1/x", "database_unavailable"),
        ("sqlite:////dev/null/x.db", ""),
    ],
)
def test_a_database_that_cannot_be_is_refused_in_words(tmp_path: Path, url: str, code: str) -> None:
    ended = run("init", "--data", tmp_path / "data", "--database-url", url)
    assert ended.code == 1
    assert ended.err.startswith(code)
    assert ended.out == ""
    assert not (tmp_path / "data" / "settings.toml").exists()


def test_a_directory_that_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("init", "--data", tmp_path / "file" / "data")
    assert (ended.code, ended.out) == (1, "")
    assert str(tmp_path / "file") in ended.err
    wrong = run("init", "--data", tmp_path / "file")
    assert (wrong.code, "is a file" in wrong.err) == (2, True)


def test_init_brings_an_older_database_up_to_date(tmp_path: Path) -> None:
    settings_for(tmp_path)
    run("init", "--data", tmp_path)
    with sqlite3.connect(tmp_path / "service.db") as database:
        database.execute("DROP TABLE idempotency_keys")
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'alembic_version'"
        ).fetchall():
            database.execute(f"DROP TABLE IF EXISTS {name}")
        database.execute("DELETE FROM alembic_version")
    (tmp_path / "administrator.jwk").unlink()
    assert "database_outdated" in run("doctor", "--data", tmp_path).out
    assert run("init", "--data", tmp_path).code == 0
    assert run("doctor", "--data", tmp_path).code == 0
