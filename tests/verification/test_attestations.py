"""The signed attestation: what eth-account recovers from it, how its time moves, and when there is none."""

import threading
from datetime import datetime, timedelta
from typing import Any

from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data

from claim_issuers.claims.vocabulary import categories
from tests.conftest import ONE_ENGINE
from tests.support.desk import Desk, accredit

ENGINES = ONE_ENGINE

ELIGIBILITY = [
    {"name": "account", "type": "address"},
    {"name": "token", "type": "address"},
    {"name": "categories", "type": "uint128"},
    {"name": "issuedAt", "type": "uint64"},
    {"name": "validUntil", "type": "uint64"},
    {"name": "epoch", "type": "uint64"},
]
OFFICE = {"kind": "multi", "basis": "excluded", "jurisdiction": "CH"}


def signer_of(attestation: dict[str, Any]) -> str:
    """Whom eth-account recovers from the attestation as any contract's owner would read it."""
    message = {**attestation["message"], "categories": int(attestation["message"]["categories"])}
    signable = encode_typed_data(attestation["domain"], {"Eligibility": ELIGIBILITY}, message)
    return str(EthAccount.recover_message(signable, signature=attestation["signature"]))


def attested(desk: Desk) -> dict[str, Any]:
    """The attestation of Alice, who must be eligible."""
    answer = desk.eligibility(desk.onchain.actors.alice)
    assert answer["eligible"], answer
    return dict(answer["attestation"])


def test_the_attestation_is_signed_by_the_published_key_for_this_token_and_chain(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    desk.verified(wallet)
    desk.claim(wallet, claim_type="FAMILY_OFFICE", attributes=OFFICE)

    attestation = attested(desk)

    known = desk.stand.http.get("/v1/chains").get_json()["items"][0]["eligibility_signer"]
    assert signer_of(attestation) == attestation["signer"] == known
    token = str(desk.onchain.suite.token)
    assert attestation["domain"] == {
        "name": "EligibilityRegistry",
        "version": "1",
        "chainId": 31337,
        "verifyingContract": token,
    }
    message = attestation["message"]
    assert (message["account"], message["token"]) == (str(wallet.address), token)
    assert int(message["categories"]) == categories(["INVESTOR", "FAMILY_OFFICE"])
    now = desk.stand.clock.now().timestamp()
    assert message["issuedAt"] <= now < message["validUntil"] <= now + 600
    message["validUntil"] += 1
    assert signer_of(attestation) != known


def test_an_attestation_is_reused_while_nothing_changes_and_its_time_of_issue_only_rises(desk: Desk) -> None:
    actors, clock = desk.onchain.actors, desk.stand.clock
    desk.verified(actors.alice)
    first = attested(desk)
    clock.advance(timedelta(seconds=60))
    assert attested(desk) == first

    desk.claim(actors.bob)
    assert attested(desk) == first, "what happens to others does not show"

    # Within one second, four changes of what is said: every new attestation is strictly newer than the one before.
    issued = [first["message"]["issuedAt"]]
    for _ in range(2):
        second = desk.claim(actors.alice, claim_type="FAMILY_OFFICE", attributes=OFFICE)
        issued.append(attested(desk)["message"]["issuedAt"])
        desk.revoke(second)
        issued.append(attested(desk)["message"]["issuedAt"])
    assert issued == sorted(set(issued))
    latest = attested(desk)
    assert signer_of(latest) == latest["signer"]

    clock.advance(timedelta(minutes=7))
    renewed = attested(desk)
    assert renewed["message"]["issuedAt"] > latest["message"]["issuedAt"]
    assert renewed["message"]["validUntil"] > latest["message"]["validUntil"]
    clock.advance(timedelta(minutes=-3))
    turned_back = attested(desk)
    assert turned_back["message"]["issuedAt"] > renewed["message"]["issuedAt"], "not even when the clock is set back"


def test_an_attestation_never_outlives_a_claim_it_speaks_of(desk: Desk) -> None:
    wallet, clock = desk.onchain.actors.alice, desk.stand.clock
    desk.verified(wallet)
    whole = attested(desk)["message"]
    second = desk.claim(wallet, claim_type="FAMILY_OFFICE", attributes=OFFICE, valid_for=120)
    end = datetime.fromisoformat(desk.session.get(f"/v1/claims/{second}")["valid_until"])

    both = attested(desk)["message"]
    assert int(both["categories"]) == categories(["INVESTOR", "FAMILY_OFFICE"])
    assert both["validUntil"] == end.timestamp() < whole["validUntil"]

    clock.advance(end - clock.now() - timedelta(milliseconds=300))
    assert attested(desk)["message"] == both
    clock.advance(timedelta(seconds=1))
    alone = attested(desk)["message"]
    assert int(alone["categories"]) == categories(["INVESTOR"])
    assert alone["issuedAt"] > both["issuedAt"]


def test_an_attestation_never_outlives_the_accreditation_behind_it(desk: Desk) -> None:
    desk.verified(desk.onchain.actors.alice)
    claim_issuer = desk.stand.person(desk.onchain.devchain.wallet(20))
    short = accredit(desk.root, desk.root_id, claim_issuer, valid_for=300)
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "replaced"})
    end = datetime.fromisoformat(desk.root.get(f"/v1/claims/{short}")["valid_until"])

    assert attested(desk)["message"]["validUntil"] == end.timestamp()

    desk.stand.clock.advance(end - desk.stand.clock.now())
    assert not desk.eligibility(desk.onchain.actors.alice)["eligible"]


def test_who_is_not_eligible_gets_no_attestation_and_many_who_ask_at_once_get_the_same(desk: Desk) -> None:
    actors = desk.onchain.actors
    assert desk.eligibility(actors.stranger)["attestation"] is None
    claim, _ = desk.verified(actors.alice)
    verification, answers, failures = desk.stand.service.verification, list[bytes](), list[Exception]()
    start = threading.Barrier(6)

    def ask() -> None:
        try:
            start.wait()
            attestation = verification.eligibility(desk.token, actors.alice.account).attestation
            assert attestation is not None
            answers.append(attestation.signature)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(answers) == 6
    assert len(set(answers)) == 1
    desk.revoke(claim)
    assert desk.eligibility(actors.alice)["attestation"] is None
