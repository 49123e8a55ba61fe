"""``client add``: a key that works, written once, for its owner alone."""

import json
import sqlite3
import stat
from pathlib import Path

import pytest

from identity_service.access.model import ROLE_SCOPES, Role
from identity_service.app import create_app
from identity_service.settings import load_settings
from tests.cli.commands import holder_of, run, settings_for, transport
from tests.support.stand import BASE_URL, InProcess


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation."""
    settings_for(tmp_path, more=f'public_url = "{BASE_URL}"\n')
    assert run("init", "--data", tmp_path).code == 0
    return tmp_path


def clients(data: Path) -> int:
    with sqlite3.connect(data / "service.db") as database:
        return int(database.execute("SELECT count(*) FROM access_clients").fetchone()[0])


def test_a_client_of_every_role_can_sign_in_with_its_key_file(data: Path) -> None:
    way = transport(BASE_URL)
    for role in Role:
        file = data / f"{role.value}.key.jwk"
        ended = run("client", "add", "--data", data, "--role", role.value, "--key-file", file)
        made = ended.json()
        assert (ended.code, made["role"], made["key_file"]) == (0, role.value, str(file))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text())["client_id"] == made["client_id"]
        app = create_app(load_settings(data)).test_client()
        session = holder_of(file, InProcess(BASE_URL, way.egress, way.clock, way.entropy, app))
        if "tokens:read" in ROLE_SCOPES[role]:
            assert session.get("/v1/tokens")["items"] == []
        else:
            assert session.get("/v1/claim-types")["items"]


def test_a_refused_client_leaves_neither_a_key_nor_a_record(data: Path) -> None:
    before, present = clients(data), data / "administrator.jwk"
    kept = present.read_bytes()
    for arguments, code, words in (
        (["--role", "wizard", "--key-file", data / "k.jwk"], 2, "choose one of administrator, claim_issuer"),
        (["--role", "regulator", "--key-file", present], 2, "there is a file of this name already"),
        (["--role", "regulator", "--key-file", data / "nowhere" / "k.jwk"], 2, "there is no directory"),
        (["--role", "regulator"], 2, "Missing option '--key-file'"),
        (["--role", "regulator", "--party", "pty_x", "--key-file", data / "k.jwk"], 1, "party_unknown: register the party first"),
    ):
        ended = run("client", "add", "--data", data, *arguments)
        assert (ended.code, words in ended.err, ended.out) == (code, True, ""), ended.err
    assert clients(data) == before
    assert not (data / "k.jwk").exists()
    assert present.read_bytes() == kept
