"""What counts as opening an invitation, and that nothing behind its address says who applied."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask.testing import FlaskClient

from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, visit
from tests.support.desk import RETAIL, Desk

ENGINES = ONE_ENGINE

NAME = "Ruth Zbinden"
NAVIGATED = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PROGRAMS: Mapping[str, dict[str, str]] = {
    "a script": {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    "a script of our own": {"Sec-Fetch-Mode": "same-origin", "Sec-Fetch-Site": "same-origin"},
    "a picture": {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a prefetch": {**NAVIGATED, "Sec-Purpose": "prefetch"},
    "a page rendered in advance": {**NAVIGATED, "Sec-Purpose": "prefetch;prerender"},
}


@pytest.fixture
def invitation(desk: Desk) -> dict[str, Any]:
    return dict(desk.session.post("/v1/invitations", {"claim_type": "INVESTOR"}))


def code(invitation: dict[str, Any]) -> str:
    return str(invitation["url"]).rpartition("/")[2]


def addresses(invitation: dict[str, Any]) -> tuple[str, str]:
    return f"/i/{code(invitation)}", f"/v1/invitation-codes/{code(invitation)}"


def state(desk: Desk, invitation: dict[str, Any]) -> str:
    return str(desk.session.get(f"/v1/invitations/{invitation['id']}")["state"])


@pytest.mark.parametrize("headers", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_that_looks_does_not_open(desk: Desk, invitation: dict[str, Any], headers: dict[str, str]) -> None:
    for address in addresses(invitation):
        answer = visit(desk.stand).get(address, headers=headers)
        assert answer.status_code == 200
        assert visit(desk.stand).head(address).status_code == 200
    assert state(desk, invitation) == "open"


@pytest.mark.parametrize(
    "headers", [NAVIGATED, {**NAVIGATED, "Sec-Fetch-Site": "cross-site"}, {}], ids=["here", "a link", "silent"]
)
@pytest.mark.parametrize("which", [0, 1], ids=["page", "api"])
def test_somebody_who_navigates_there_opens_it(desk: Desk, invitation: dict[str, Any], headers: dict[str, str], which: int) -> None:
    visit(desk.stand).get(addresses(invitation)[which], headers=headers)
    assert state(desk, invitation) == "seen"


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_a_wallet_counts_as_proved_when_our_own_page_leads_on(desk: Desk, invitation: dict[str, Any], site: str | None) -> None:
    alice = browse(desk.stand, desk.onchain.actors.alice)
    headers = {} if site is None else {**NAVIGATED, "Sec-Fetch-Site": site}
    assert alice.get(f"/i/{code(invitation)}/go-on", headers=headers).location == f"/i/{code(invitation)}#who"
    assert state(desk, invitation) == "proved"


@pytest.mark.parametrize(
    "headers",
    [
        *PROGRAMS.values(),
        {**NAVIGATED, "Sec-Fetch-Site": "cross-site"},
        {**NAVIGATED, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_nothing_else_makes_a_wallet_count_as_proved(desk: Desk, invitation: dict[str, Any], headers: dict[str, str]) -> None:
    alice = browse(desk.stand, desk.onchain.actors.alice)
    assert alice.get(f"/i/{code(invitation)}/go-on", headers=headers).status_code == 303
    assert alice.head(f"/i/{code(invitation)}/go-on").status_code == 303
    assert state(desk, invitation) == "open"


def test_whoever_else_has_the_code_never_learns_who_applied(desk: Desk, invitation: dict[str, Any]) -> None:
    alice, bob = desk.onchain.actors.alice, desk.onchain.actors.bob
    said = {
        "attributes": RETAIL,
        "party": {"kind": "natural_person", "legal_name": NAME, "country": "LI", "email": "ruth@zbinden.li"},
    }
    applied = desk.stand.person(alice).post(f"{addresses(invitation)[1]}/application", said)
    secrets = [*_of(alice), NAME, "Zbinden", "zbinden.li", applied["id"], applied["party"]]
    others = (visit(desk.stand), browse(desk.stand, bob))

    def told() -> Iterator[str]:
        for reader in others:
            yield from _everything(reader, invitation)

    for page in told():
        assert not [one for one in secrets if one in page]
    claim = desk.approve(applied["id"])
    for page in told():
        assert not [one for one in (*secrets, claim) if one in page]
    desk.revoke(claim)
    for page in told():
        assert not [one for one in (*secrets, claim, "revoked") if one in page]
    assert alice.account.address.value.hex() in browse(desk.stand, alice).get(addresses(invitation)[0]).text.lower()


def test_a_rejection_s_reason_is_for_whoever_applied(desk: Desk, invitation: dict[str, Any]) -> None:
    alice = desk.onchain.actors.alice
    said = {"attributes": RETAIL, "party": {"kind": "natural_person", "legal_name": NAME}}
    applied = desk.stand.person(alice).post(f"{addresses(invitation)[1]}/application", said)
    desk.session.post(f"/v1/applications/{applied['id']}/decision", {"outcome": "reject", "reason": "data_inconsistent"})
    for reader in (visit(desk.stand), browse(desk.stand, desk.onchain.actors.bob)):
        for page in _everything(reader, invitation):
            assert "contradicts" not in page
            assert "data_inconsistent" not in page
    assert "contradicts" in browse(desk.stand, alice).get(addresses(invitation)[0]).text


def _of(wallet: Wallet) -> tuple[str, str]:
    """The wallet's address, as it is written and in bare digits."""
    return str(wallet.address), wallet.address.value.hex()


def _everything(reader: FlaskClient, invitation: dict[str, Any]) -> Iterator[str]:
    page, api = addresses(invitation)
    for address in (page, f"{page}/state", f"{page}/state?shown=seen", f"{page}/qr.svg", api, f"{api}/state", f"{api}/qr.svg"):
        answer = reader.get(address)
        assert answer.status_code == 200, address
        yield answer.text
