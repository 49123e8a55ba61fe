"""The way from a QR code to a claim, and an order to its network, with the wallet of a real browser."""

from typing import Any

import pytest

from tests.support.browser import Live, key_of
from tests.support.desk import accredit
from tests.support.stand import stage_on

RDNS = "example.test-wallet"
OFFICER, NEWCOMER, OFFICE = 5, 40, 8
LICENCE = {"kind": "multi", "basis": "licensed", "licence_id": "FO-1207", "regulator": "FINMA", "jurisdiction": "CH"}


@pytest.fixture(scope="module")
def floor(live: Live) -> dict[str, Any]:
    """The demo's stage, an accredited claim issuer with its officer, and an office with its claim, both with their seats."""
    world = stage_on(live.stand)
    issuer = world.claim_issuers["claim_issuer"]["id"]
    accredit(world.machines["root"], world.claim_issuers["root"]["id"], world.people["claim_issuer"])
    application = {"claim_issuer": issuer, "claim_type": "FAMILY_OFFICE", "attributes": LICENCE}
    applied = world.people["office-linden"].post("/v1/applications", application)["id"]
    world.machines["claim_issuer"].post(f"/v1/applications/{applied}/decision", {"outcome": "approve"})
    for name, role in (("claim_issuer", "claim_issuer"), ("office-linden", "family_office")):
        seat = {"account": str(world.wallet[name].account), "role": role, "party": world.party[name]}
        world.machines["administrator"].post("/v1/seats", seat)
    return {"world": world, "issuer": issuer}


def test_somebody_scans_proves_says_and_has_a_claim_without_touching_the_page_again(live: Live, floor: dict[str, Any]) -> None:
    invited = (
        floor["world"]
        .machines["family_office"]
        .post("/v1/invitations", {"claim_issuer": floor["issuer"], "claim_type": "INVESTOR"})
    )
    seen = live.run(
        "invited.mjs",
        code=invited["url"].rpartition("/")[2],
        wallets=[live.wallet(NEWCOMER)],
        press=RDNS,
        officer=key_of(OFFICER),
        answers={
            "texts": {"party.legal_name": "Ruth Zbinden"},
            "country": "CH",
            "choices": ["A person", "Professional investor", "I send these answers"],
        },
    )
    assert seen["heading"] == "Linden Family Office AG invites you to get an investor claim"
    assert seen["caseHeading"] == "Ruth Zbinden asks for an investor claim"
    assert "Your claim is there" in seen["issued"]


def test_an_office_signs_an_order_in_its_wallet_and_the_network_has_it(live: Live, floor: dict[str, Any]) -> None:
    seen = live.run(
        "order.mjs",
        wallets=[live.wallet(OFFICE)],
        press=RDNS,
        key=key_of(OFFICE),
        texts={"Quantity, in whole tokens": "250", "Price of each whole token": "99.75"},
    )
    assert "Buy 250 ALP31" in seen["review"]
    assert seen["at"].startswith("/orders/ord_")
    assert "Every check passed" in seen["after"]
    assert [f"/orders/{one['id']}" for one in floor["world"].machines["network"].get("/v1/orders")["items"]] == [seen["at"]]


@pytest.mark.parametrize(
    ("index", "paths"),
    [(OFFICER, ("/desk", "/desk/claims", "/invitations")), (OFFICE, ("/invitations", "/orders", "/orders/new", "/explain"))],
)
def test_nothing_on_these_pages_bars_anybody(live: Live, floor: dict[str, Any], index: int, paths: tuple[str, ...]) -> None:
    stops = [{"path": path, "key": key_of(index)} for path in paths]
    for stop in live.run("tour.mjs", out=str(live.stand.settings.data_directory / "pictures"), stops=stops)["seen"]:
        assert stop["status"] == 200
        assert stop["axe"] == [], stop["path"]
        assert set(stop["overflow"].values()) == {0}, stop
