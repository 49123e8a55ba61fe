"""The headless test wallet: from the address in a QR code to a claim that it verified itself, over the HTTP API alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from identity_service.demo.api import Answer, ApiRefused
from identity_service.demo.loopback import LoopbackOnly
from identity_service.demo.test_wallet import (
    ApplicationRejected,
    CredentialNotVerified,
    NotAnInvitation,
    TestWallet,
    invitation_of,
)
from identity_service.demo.world import TookTooLong
from identity_service.egress.errors import EgressRefused
from tests.conftest import ONE_ENGINE
from tests.support.desk import RETAIL, SOMEBODY, Desk
from tests.support.stand import BASE_URL, InProcess

ENGINES = ONE_ENGINE

CODE = "abcdefghijklmnopqrstuvwxyz"


def invited(desk: Desk, **more: Any) -> str:
    return str(desk.session.post("/v1/invitations", {"claim_type": "INVESTOR", **more})["url"])


def wallet_at(desk: Desk, decide: Callable[[str], None], transport: InProcess | None = None) -> tuple[TestWallet, list[str]]:
    """A wallet and what it tells; the desk decides as soon as the wallet says that it has applied."""
    told: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        if sentence.startswith("Applied"):
            (pending,) = desk.session.get("/v1/applications", state="submitted")["items"]
            decide(pending["id"])

    return TestWallet.fresh(transport or desk.stand.transport, tell=tell, patience=timedelta(seconds=5)), told


def approve(desk: Desk) -> Callable[[str], None]:
    return lambda application: str(desk.approve(application)) and None


def test_an_address_becomes_a_claim_that_passes_every_check(desk: Desk) -> None:
    wallet, told = wallet_at(desk, approve(desk))

    claim = wallet.accept(invited(desk), party=SOMEBODY, attributes=RETAIL)

    assert (claim["state"], claim["claim_type"], claim["account"]) == ("live", "INVESTOR", str(wallet.account))
    assert {"form", "signature", "credential", "validity", "status", "accreditation", "account"} <= claim["checks"].keys()
    assert set(claim["checks"].values()) == {"passed"}
    assert claim["credential"] == desk.session.text(f"/v1/claims/{claim['id']}/forms/vc+jwt")
    assert "Helvetia Claims AG invites you" in told[0]
    assert str(wallet.account) in " ".join(told)
    assert desk.session.get("/v1/invitations")["items"][0]["state"] == "issued"


def test_whoever_comes_through_an_office_is_told_that_they_become_its_client(desk: Desk) -> None:
    office = desk.stand.machine("family_office", desk.licensed(30).party)
    made = office.post("/v1/invitations", {"claim_issuer": desk.issuer["id"], "claim_type": "INVESTOR"})
    wallet, told = wallet_at(desk, approve(desk))

    wallet.accept(made["url"], party=SOMEBODY, attributes=RETAIL)

    assert "You apply as a client of Linden Family Office AG." in told


def test_two_wallets_have_two_keys_and_one_may_be_of_an_account_that_exists(desk: Desk) -> None:
    one, two = (TestWallet.fresh(desk.stand.transport) for _ in range(2))
    assert one.account != two.account
    alice = desk.onchain.actors.alice
    own = TestWallet.of(desk.stand.transport, alice)
    application = own.apply(invited(desk), party=SOMEBODY, attributes=RETAIL)
    assert desk.session.get(f"/v1/applications/{application}")["account"] == str(own.account) == str(alice.account)


def test_a_rejection_an_absent_desk_and_a_used_invitation_end_without_a_claim(desk: Desk) -> None:
    def reject(application: str) -> None:
        desk.session.post(f"/v1/applications/{application}/decision", {"outcome": "reject", "reason": "no_evidence"})

    rejected, absent = invited(desk), invited(desk)
    with pytest.raises(ApplicationRejected) as refusal:
        wallet_at(desk, reject)[0].accept(rejected, party=SOMEBODY, attributes=RETAIL)
    assert refusal.value.data["reason"] == "no_evidence"
    with pytest.raises(TookTooLong):
        wallet_at(desk, lambda _: None)[0].accept(absent, party=SOMEBODY, attributes=RETAIL)
    with pytest.raises(ApiRefused) as used:
        wallet_at(desk, reject)[0].accept(rejected, party=SOMEBODY, attributes=RETAIL)
    assert used.value.data["status"] == 409


def test_a_claim_that_was_revoked_meanwhile_is_not_taken(desk: Desk) -> None:
    def approve_and_revoke(application: str) -> None:
        desk.revoke(desk.approve(application))

    with pytest.raises(CredentialNotVerified) as refusal:
        wallet_at(desk, approve_and_revoke)[0].accept(invited(desk), party=SOMEBODY, attributes=RETAIL)
    assert refusal.value.data["checks"]["status"] == "claim_revoked"


class Forging(InProcess):
    """The service, but for one path: there ``forged`` is in place of what it says."""

    __slots__ = ()

    def send(self, method: str, path: str, **more: Any) -> Answer:
        answer = InProcess.send(self, method, path, **more)
        if path.endswith("/forms/vc+jwt"):
            header, payload, signature = answer.body.decode().split(".")
            flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
            return replace(answer, body=f"{header}.{payload}.{flipped}".encode())
        return answer


def test_a_forged_credential_is_not_taken(desk: Desk) -> None:
    real = desk.stand.transport
    forging = Forging(real.base_url, real.egress, real.clock, real.entropy, real.client)
    with pytest.raises(CredentialNotVerified) as refusal:
        wallet_at(desk, approve(desk), forging)[0].accept(invited(desk), party=SOMEBODY, attributes=RETAIL)
    assert refusal.value.data["checks"]["signature"] == "bad_signature"


@pytest.mark.parametrize(
    "url",
    [
        f"https://claims.example/i/{CODE}",
        f"http://10.0.0.7:8000/i/{CODE}",
        f"http://127.0.0.1.claims.example/i/{CODE}",
        f"http://localhost.claims.example/i/{CODE}",
        f"http://0.0.0.0:8000/i/{CODE}",
        f"http://[::ffff:127.0.0.1]:8000/i/{CODE}",
    ],
)
def test_a_service_on_another_machine_is_refused(url: str) -> None:
    with pytest.raises(LoopbackOnly):
        invitation_of(url)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "127.8.9.10", "localhost:8000", "[::1]:8000"])
def test_this_machine_has_several_names(host: str) -> None:
    assert invitation_of(f"http://{host}/under/i/{CODE}") == (f"http://{host}/under", CODE)


@pytest.mark.parametrize("path", ["", "/i/", f"/i/{CODE}x", f"/i/{CODE.upper()}", f"/j/{CODE}", f"/i/{CODE}/", f"/i/{CODE}?x=1"])
def test_another_address_is_no_invitation(path: str) -> None:
    with pytest.raises(NotAnInvitation):
        invitation_of(f"http://127.0.0.1:8000{path}")


@pytest.mark.parametrize("url", ["", "nonsense", f"ftp://127.0.0.1/i/{CODE}", f"http://someone@127.0.0.1/i/{CODE}", "http:///i/"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        invitation_of(url)


def test_a_wallet_keeps_to_the_service_it_talks_to(desk: Desk) -> None:
    wallet = TestWallet.fresh(desk.stand.transport)
    other = BASE_URL.replace("8765", "8766")
    with pytest.raises(NotAnInvitation):
        wallet.accept(f"{other}/i/{CODE}", party=SOMEBODY, attributes=RETAIL)
