"""An office invites many at once and a client gives its allowance, in a real browser with a wallet."""

from tests.support.browser import Live, key_of
from tests.support.desk import accredit
from tests.support.stand import stage_on

RDNS = "example.test-wallet"
OFFICE, CLIENT = 8, 27
LICENCE = {"kind": "multi", "basis": "licensed", "licence_id": "FO-1207", "regulator": "FINMA", "jurisdiction": "CH"}


def test_an_office_sends_a_list_and_a_client_gives_the_allowance_before_any_token_is_there(live: Live) -> None:
    world = stage_on(live.stand)
    accredit(world.machines["root"], world.claim_issuers["root"]["id"], world.people["claim_issuer"])
    application = {"claim_issuer": world.claim_issuers["claim_issuer"]["id"], "claim_type": "FAMILY_OFFICE", "attributes": LICENCE}
    applied = world.people["office-linden"].post("/v1/applications", application)["id"]
    world.machines["claim_issuer"].post(f"/v1/applications/{applied}/decision", {"outcome": "approve"})
    seat = {"account": str(world.wallet["office-linden"].account), "role": "family_office", "party": world.party["office-linden"]}
    world.machines["administrator"].post("/v1/seats", seat)
    token = str(world.machines["administrator"].get("/v1/tokens")["items"][0]["id"])
    line = f"client-1,14,{token},250\n"
    seen = live.run(
        "bulk.mjs",
        office=key_of(OFFICE),
        client=live.wallet(CLIENT),
        press=RDNS,
        list=f"reference,expires_in_days,token,allowance\n{line}Anna Maria,14,,\nclient-3,90,,\n",
        corrected=f"reference,expires_in_days,token,allowance\n{line}client-2,14,,\nclient-3,30,,\n",
    )
    assert "1 row can be sent, 2 cannot" in seen["trial"]
    assert (seen["axe"], set(seen["overflow"])) == ([], {0})
    assert seen["cards"] == 3
    assert "You stay the owner and keep votes and dividends" in seen["asked"]
    assert "Linden Family Office AG may move up to 250" in seen["given"]
