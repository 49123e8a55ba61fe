"""The page on which a person answers a wallet app, in a real browser: its looks, and that its form reaches the wallet app."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from identity_service.demo.world import World
from tests.openid4vci.code_wallet import PUSHED, VERIFIER
from tests.support.browser import Live
from tests.support.desk import RETAIL, accredit
from tests.support.http_server import LocalServer, Reply, serving
from tests.support.stand import stage_on

RDNS = "example.test-wallet"
HOLDER, STRANGER = 60, 61


@dataclass(frozen=True)
class Office:
    """A claim issuer with one approved applicant."""

    live: Live
    tenant: str

    def pushed(self, callback: str) -> str:
        """The path that a wallet app which listens at ``callback`` lets the browser open."""
        form = {**PUSHED, "client_id": "wallet-app", "redirect_uri": callback}
        answer = self.live.stand.http.post(f"{self.tenant}/par", data=form)
        assert answer.status_code == 201, answer.text
        return f"{self.tenant}/authorize?" + urlencode({"client_id": "wallet-app", "request_uri": answer.json["request_uri"]})

    def visited(self, server: LocalServer, holder: int, answer: str, **more: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """What the wallet app was told, and what the person saw."""
        callback = f"{server.url}/callback"
        seen = self.live.run(
            "allow.mjs",
            request=self.pushed(callback),
            callback=callback,
            wallets=[self.live.wallet(holder, name="Test Wallet", rdns=RDNS)],
            press=RDNS,
            answer=answer,
            **more,
        )
        query = parse_qs(urlsplit(seen["answered"]).query)
        return {name: values[0] for name, values in query.items()}, seen


@pytest.fixture(scope="module")
def office(live: Live) -> Office:
    world: World = stage_on(live.stand)
    issuer = world.claim_issuers["claim_issuer"]["id"]
    accredit(world.machines["root"], world.claim_issuers["root"]["id"], world.people["claim_issuer"])
    holder = live.stand.person(live.stand.onchain.devchain.wallet(HOLDER))
    party = {"kind": "natural_person", "legal_name": "Ruth Zbinden", "country": "CH"}
    content = {"claim_issuer": issuer, "claim_type": "INVESTOR", "attributes": RETAIL, "party": party}
    applied = holder.post("/v1/applications", content)["id"]
    world.machines["claim_issuer"].post(f"/v1/applications/{applied}/decision", {"outcome": "approve"})
    return Office(live, f"/claim-issuers/{issuer}")


def said(_: object) -> Reply:
    return Reply(
        headers={"Content-Type": "text/html"}, body=b"<!doctype html><title>Wallet app</title><link rel=icon href='data:,'>"
    )


def test_somebody_signs_in_allows_and_the_wallet_app_has_a_code_that_works(office: Office, tmp_path: Path) -> None:
    with serving(said) as server:
        told, seen = office.visited(server, HOLDER, "Allow", out=str(tmp_path), looks=["stranger", "signed-in"])
    assert seen["axe"] == []
    assert set(seen["overflow"]) == {0}
    assert "The wallet at 127.0.0.1" in seen["texts"][0]
    assert "the claim is valid until" in seen["texts"][1]
    assert (told["state"], told["iss"]) == ("s/1", office.live.base_url + office.tenant)
    form = {
        "grant_type": "authorization_code",
        "code": told["code"],
        "client_id": "wallet-app",
        "redirect_uri": f"{server.url}/callback",
        "code_verifier": VERIFIER,
    }
    assert office.live.stand.http.post(f"{office.tenant}/token", data=form).status_code == 200


def test_somebody_without_an_application_sees_what_to_do_and_goes_back(office: Office, tmp_path: Path) -> None:
    with serving(said) as server:
        told, seen = office.visited(server, STRANGER, "Refuse and go back to the wallet", out=str(tmp_path), looks=["signed-in"])
    assert "There is nothing to give" in seen["texts"][1]
    assert seen["axe"] == []
    assert told["error"] == "access_denied"
