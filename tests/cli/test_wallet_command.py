"""``test-wallet accept`` as somebody types it, against a service that runs in a process of its own."""

import json
from pathlib import Path
from typing import Any

from identity_service.demo.api import Session, Transport
from identity_service.demo.devchain import DevChain
from identity_service.demo.setup import free_port
from tests.cli.commands import PATIENCE, holder_of, run, settings_for, start, transport
from tests.cli.test_processes import ready, running, until

CODE = "abcdefghijklmnopqrstuvwxyz"
FIRM = {"kind": "organisation", "legal_name": "Helvetia Claims AG"}


def officer(directory: Path, way: Transport, administrator: Session) -> Session:
    """The desk of a claim issuer that is its own root, with a machine client registered at the command line."""
    party = administrator.post("/v1/parties", FIRM)["id"]
    issuer = {"party": party, "name": "Helvetia Claims", "claim_types": ["INVESTOR"], "root": True, "chains": []}
    administrator.post("/v1/claim-issuers", issuer)
    key = directory / "officer.jwk"
    assert run("client", "add", "--data", directory, "--role", "claim_issuer", "--party", party, "--key-file", key).code == 0
    return holder_of(key, way)


def test_the_wallet_tells_each_step_and_ends_well_with_a_verified_claim(tmp_path: Path, devchain: DevChain) -> None:
    port = free_port()
    settings_for(tmp_path, devchain.rpc_url, port)
    made = run("init", "--data", tmp_path).json()
    way, log, out = transport(f"http://127.0.0.1:{port}"), tmp_path / "wallet.log", tmp_path / "claim.json"
    with running("serve", "--data", tmp_path, cwd=tmp_path):
        until(lambda: ready(way))
        desk = officer(tmp_path, way, holder_of(Path(made["key_file"]), way))
        url = desk.post("/v1/invitations", {"claim_type": "INVESTOR"})["url"]
        wallet = start("test-wallet", "accept", url, "--name", "Iris Invented", "--json", out, cwd=tmp_path, log=log)
        try:
            until(lambda: pending(desk) != [])
            (application,) = pending(desk)
            seen = desk.get(f"/v1/applications/{application['id']}")
            assert seen["applicant"] == {"legal_name": "Iris Invented", "country": "CH"}
            desk.post(f"/v1/applications/{application['id']}/decision", {"outcome": "approve"})
            assert wallet.wait(PATIENCE.total_seconds()) == 0, log.read_text()
        finally:
            wallet.kill()
            wallet.wait()
        used = run("test-wallet", "accept", url)
        assert used.code == 1
        assert "invitation_used" in used.err
    claim = json.loads(out.read_text())
    assert set(claim["checks"].values()) == {"passed"}
    told = log.read_text()
    for words in ("Helvetia Claims AG invites you", "Proved the account", "Applied: app_", "approved", "signature passed", "Done:"):
        assert words in told


def pending(desk: Session) -> list[dict[str, Any]]:
    return list(desk.get("/v1/applications", state="submitted")["items"])


def test_other_machines_and_other_addresses_are_refused_in_words() -> None:
    for url, code in (
        (f"https://claims.example/i/{CODE}", "loopback_only"),
        ("http://127.0.0.1:8000/", "not_an_invitation"),
        ("nonsense", "egress_refused"),
    ):
        ended = run("test-wallet", "accept", url)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith(f"{code}: ")
        assert "What to do: " in ended.err
    malformed = run("test-wallet", "accept", f"http://127.0.0.1:8000/i/{CODE}", "--attribute", "retail")
    assert malformed.code == 2
    assert "NAME=VALUE" in malformed.err
