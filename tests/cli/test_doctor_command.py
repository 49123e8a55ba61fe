"""``doctor``: one line a check, what to do under each that failed, and an exit code for whoever sleeps."""

import json
import sqlite3
from pathlib import Path

import pytest

from identity_service.demo.devchain import DevChain
from tests.cli.commands import Ended, run, settings_for
from tests.support.http_server import Reply, Request, serving


@pytest.fixture
def data(tmp_path: Path, devchain: DevChain) -> Path:
    """An installation on SQLite that knows the development chain."""
    settings_for(tmp_path, devchain.rpc_url)
    assert run("init", "--data", tmp_path).code == 0
    return tmp_path


def line(ended: Ended, name: str) -> str:
    return next(one for one in ended.out.splitlines() if one[7:].startswith(name))


def test_a_healthy_installation_is_well(data: Path) -> None:
    ended = run("doctor", "--data", data)
    assert (ended.code, ended.err) == (0, "")
    assert line(ended, "database").split() == ["ok", "database", "sqlite,", "up", "to", "date"]
    assert line(ended, "audit log").endswith("intact, entries 1 to 1")
    assert "0 failed" in line(ended, "jobs")
    assert line(ended, "notices").endswith("0 requested, 0 sent, 0 not sent, 0 failed")
    assert line(ended, "mail").endswith(f"no mail server: 0 messages lie in {data / 'outbox'}")
    assert line(ended, "phone").startswith("  --   phone                This address works on this computer only.")
    assert line(ended, "eip155:31337").startswith("  ok   eip155:31337         block ")
    assert ended.out.splitlines()[-1] == "All is well."
    assert "What to do" not in ended.out


def test_a_node_that_does_not_answer_is_named_with_what_to_do(data: Path) -> None:
    settings_for(data, "http://127.0.0.1:1/secret-key")
    ended = run("doctor", "--data", data)
    assert ended.code == 1
    assert line(ended, "eip155:31337").startswith("  FAIL eip155:31337         chain_unavailable: ")
    assert "What to do: Check that the node runs" in ended.out
    assert line(ended, "database").startswith("  ok ")
    assert ended.out.splitlines()[-1] == "1 of 6 checks failed."
    assert "secret-key" not in ended.out


def test_a_mail_server_that_is_not_there_is_named_with_what_to_do(data: Path) -> None:
    with (data / "settings.toml").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write('smtp_url = "smtps://127.0.0.1:1"\nmail_from = "a@claims.example"\n' + text)
    ended = run("doctor", "--data", data)
    assert ended.code == 1
    assert line(ended, "mail").startswith("  FAIL mail                 mail_unavailable: ")
    assert "What to do: Check smtp_url and that the server runs" in ended.out


def test_mail_that_failed_is_counted_by_its_cause(data: Path) -> None:
    row = "'n', 'p', 'tx_code', 'o', 'failed', 'mail_refused', 0, 0"
    with sqlite3.connect(data / "service.db") as database:
        database.execute(f"INSERT INTO notices (id, party_id, kind, reference, state, reason, requested_at, due_at) VALUES ({row})")  # noqa: S608
    ended = run("doctor", "--data", data)
    assert ended.code == 0, "nobody can mend one person's address from here"
    assert line(ended, "notices").endswith("1 failed (mail_refused: 1)")


def test_the_phone_check_alone_knocks_at_the_public_address(data: Path) -> None:
    ended = run("doctor", "--phone", "--data", data)
    assert ended.code == 1
    codes = [one.split()[2] for one in ended.out.splitlines() if one.startswith("  FAIL phone")]
    assert codes == ["phone_loopback:", "phone_plain_http:", "phone_port_closed:"]
    assert ended.out.count("What to do: ") == 3
    assert "database" not in ended.out


def test_a_node_of_another_chain_is_found(data: Path) -> None:
    def other_chain(request: Request) -> Reply:
        return Reply(body=json.dumps({"jsonrpc": "2.0", "id": json.loads(request.body)["id"], "result": "0x1"}).encode())

    with serving(other_chain) as server:
        settings_for(data, server.url)
        ended = run("doctor", "--data", data)
    assert ended.code == 1
    assert "FAIL eip155:31337" in ended.out
    assert "wrong_chain" in ended.out
    assert "That node serves another chain: correct rpc_url" in ended.out


def test_an_outdated_database_comes_first(data: Path) -> None:
    with sqlite3.connect(data / "service.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    ended = run("doctor", "--data", data)
    assert ended.code == 1
    assert "FAIL database             database_outdated: run `identity-service init`" in ended.out
    assert line(ended, "audit log").endswith("not examined: the database comes first")
    assert line(ended, "eip155:31337").startswith("  ok ")


def test_a_database_that_is_none_is_found(data: Path) -> None:
    for leftover in data.glob("service.db-*"):
        leftover.unlink()
    (data / "service.db").write_text("this was a database")
    ended = run("doctor", "--data", data)
    assert ended.code == 1
    assert "database_unavailable: the database file is damaged, or no database" in ended.out


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_entries SET entry = CAST(replace(entry, 'init', 'root') AS BLOB)",
        "UPDATE audit_entries SET leaf_hash = zeroblob(32)",
        "DELETE FROM audit_entries",
        "UPDATE audit_tree SET frontier = zeroblob(32)",
    ],
)
def test_a_damaged_audit_log_is_found(data: Path, damage: str) -> None:
    with sqlite3.connect(data / "service.db") as database:
        database.execute(damage)
    ended = run("doctor", "--data", data)
    assert ended.code == 1
    assert "audit_log_damaged" in line(ended, "audit log")
    assert line(ended, "audit log").endswith(")")
    assert "What to do: Stop the service, keep this database as evidence" in ended.out


def test_a_vault_that_others_may_read_is_refused(data: Path) -> None:
    (data / "vault" / "master.key").chmod(0o644)
    ended = run("doctor", "--data", data)
    assert (ended.code, ended.err.partition(":")[0]) == (1, "vault_exposed")
    assert "What to do: " in ended.err


@pytest.mark.parametrize("command", [["doctor"], ["serve"], ["worker", "--once"]])
def test_a_directory_without_an_installation_is_refused_in_words(tmp_path: Path, command: list[str]) -> None:
    settings_for(tmp_path)
    ended = run(*command, "--data", tmp_path)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "vault_missing: there is no vault in this directory\nWhat to do: Run identity-service init, or give the right directory.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize("command", [["doctor"], ["serve"], ["worker"], ["audit", "export", "x.jsonl"]])
def test_settings_that_are_wrong_are_named_each(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "settings.toml").write_text('development = 7\nporx = 1\ndatabase_url = "mysql://u:secret-word@h/x"\n')
    ended = run(*command, "--data", tmp_path)
    assert ended.code == 1
    assert ended.err.startswith("invalid_settings: ")
    for name in ("development", "porx", "database_url"):
        assert f"\n  {name}: " in ended.err
    assert "What to do: Correct settings.toml" in ended.err
    assert "secret-word" not in ended.err
    (tmp_path / "settings.toml").write_text("development = \n")
    assert "settings.toml is not TOML" in run(*command, "--data", tmp_path).err


def test_a_service_that_does_not_know_its_address_says_where_to_write_it(tmp_path: Path) -> None:
    run("init", "--data", tmp_path)
    ended = run("doctor", "--data", tmp_path)
    assert ended.code == 1
    assert "Write public_url into settings.toml" in ended.err
