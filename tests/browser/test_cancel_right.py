"""A holder ends a spender's right with the own wallet, in a real browser: one press, one transaction, and the right is gone."""

from identity_service.demo import actions
from tests.support.browser import Live

HOLDER, SPENDER, OTHER = 6, 5, 7


def test_a_right_is_cancelled_from_the_holder_s_own_wallet(live: Live) -> None:
    stand, onchain = live.stand, live.stand.onchain
    holder, spender = onchain.devchain.wallet(HOLDER), onchain.devchain.wallet(SPENDER)
    admin = stand.machine("administrator")
    issuer = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Alpine Infrastructure SA"})["id"]
    token = f"{onchain.devchain.chain}:{onchain.suite.token}"
    terms = {"token_issuer": issuer, "accepted_claim_types": ["INVESTOR"], "trusted_factories": [str(onchain.suite.id_factory)]}
    admin.post("/v1/tokens", {"token": token, **terms})
    person = stand.person(holder)
    person.post("/v1/me", {"kind": "natural_person", "legal_name": "Maya Rosenthal"})
    actions.approve(holder, onchain.suite.token, spender.address, 500)
    stand.work(3)
    other = live.wallet(OTHER, name="A Wallet", rdns="example.a-wallet")
    seen = live.run("cancel_right.mjs", wallet=live.wallet(HOLDER), other=other, spender=str(spender.address))
    assert seen["axe"] == []
    assert seen["before"].endswith("unknown")
    assert seen["left"] == 0
    assert seen["unconnected"] == ["A Wallet", "Test Wallet"]
    assert seen["connected"] == ["Test Wallet", "A Wallet"], "the wallet that shares the account already comes first"
    wanted, chosen = (f"{one[:8]}…{one[-6:]}" for one in (str(holder.address), str(onchain.devchain.wallet(OTHER).address)))
    assert seen["wrong"]["said"].startswith(f"This needs the wallet address {wanted}, and this wallet shares {chosen}.")
    assert seen["wrong"]["isAbove"]
    assert onchain.token.allowance(holder.address, spender.address, onchain.client.head()) == 0
