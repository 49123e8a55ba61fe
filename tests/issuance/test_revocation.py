"""Revocation (DESIGN §5.2): once, for good, in force at once, and carried to the list and to the real contract."""

import threading
from datetime import timedelta
from typing import Any

from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.secp256k1 import signature_encodings
from claim_issuers.status.token_status_list import verify as verify_status_list
from identity_service.chain import onchainid
from identity_service.chain.errors import CallReverted
from identity_service.demo import actions
from tests.support.desk import INVESTOR_TOPIC, Desk
from tests.support.stand import BASE_URL


def generation(desk: Desk) -> int:
    with desk.stand.service.db.read() as session:
        return desk.stand.service.issuance.generation(session)


def published_status(desk: Desk, claim: dict[str, Any]) -> int:
    """What the published list says, verified with the key of the claim issuer's DID document."""
    path = f"/status-lists/{claim['status_list']}"
    document = desk.stand.http.get(f"/claim-issuers/{desk.issuer['id']}/did.json").get_json()
    key = public_key_from_jwk(document["verificationMethod"][0]["publicKeyJwk"])
    listed = verify_status_list(
        desk.stand.http.get(path).text, uri=BASE_URL + path, keys=lambda kid: key, instant=desk.stand.clock.now()
    )
    return listed.array.get(claim["status_list_index"])


def can_add_again(desk: Desk, wallet: Any, form: dict[str, Any], signature: bytes) -> bool:
    """Whether the holder gets the claim back onto the identity contract under this encoding."""
    try:
        desk.add(wallet, form, signature)
    except CallReverted:
        return False
    return True


def encodings_of(form: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(signature_encodings(bytes.fromhex(form["signature"][2:])))


def test_a_revocation_is_seen_by_eligibility_and_list_before_any_job_has_run(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim, _ = desk.verified(wallet)
    shown = desk.session.get(f"/v1/claims/{claim}")
    assert desk.eligibility(wallet)["eligible"]
    assert published_status(desk, shown) == 0
    before = generation(desk)

    revoked = desk.revoke(claim)

    assert revoked["state"] == "revoked"
    answer = desk.eligibility(wallet)
    assert not answer["eligible"]
    assert answer["attestation"] is None
    assert {one["check"]: one["reason"] for one in answer["reasons"]}["claim_live"] == "the claim is revoked"
    assert desk.checks(wallet)["registry_verified"] == "passed", "the chain follows by a job"
    assert published_status(desk, shown) == 1
    assert generation(desk) == before + 1
    assert {place["state"] for place in desk.session.get(f"/v1/claims/{claim}")["revocation_places"]} == {"queued"}


def test_a_revocation_happens_once_and_for_good(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim = desk.claim(wallet)
    first = desk.revoke(claim)
    once = generation(desk)
    desk.stand.clock.advance(timedelta(hours=1))

    again = desk.session.post(f"/v1/claims/{claim}/revoke", {"reason": "another_reason"})

    assert again == first
    assert generation(desk) == once
    with desk.stand.service.db.read() as session:
        entries = desk.stand.service.audit.entries(session, limit=1000)
    assert [one.details["reason"] for one in entries if one.action == "claim.revoked"] == ["licence_withdrawn"]
    desk.stand.clock.advance(timedelta(days=60))
    assert desk.stand.person(wallet).get(f"/v1/me/claims/{claim}")["state"] == "revoked"
    answer = desk.stand.request(
        "POST", f"/v1/claims/{claim}/forms", desk.session, json={"format": "erc735"}, headers={"Idempotency-Key": "k"}
    )
    assert answer.get_json()["code"] == "identity_contract_missing"


def test_many_who_revoke_one_claim_at_once_revoke_it_once(desk: Desk) -> None:
    claim = desk.claim(desk.onchain.actors.alice)
    service, before = desk.stand.service, generation(desk)
    start, failures = threading.Barrier(6), list[Exception]()

    def revoke() -> None:
        try:
            start.wait()
            with service.db.write() as session:
                service.revocations.revoke(session, claim, reason="licence_withdrawn", actor="test")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=revoke) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert generation(desk) == before + 1


def test_the_chain_forgets_every_encoding_with_a_receipt_each_and_none_brings_the_claim_back(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim, form = desk.verified(wallet)

    desk.revoke(claim)
    desk.work()

    head = desk.onchain.client.head()
    encodings = encodings_of(form)
    assert desk.onchain.identities.are_claims_revoked(desk.contract, encodings, head) == [True] * 4
    places = {one["place"]: one for one in desk.session.get(f"/v1/claims/{claim}")["revocation_places"]}
    shown = desk.session.get(f"/v1/claims/{claim}")
    on_list, on_chain = f"{BASE_URL}/status-lists/{shown['status_list']}", f"{desk.chain}:{desk.contract}#{form['id']}"
    assert set(places) == {on_list, on_chain}
    assert all(place["state"] == "done" for place in places.values())
    receipts = places[on_chain]["receipts"]
    assert len({receipt["reference"] for receipt in receipts}) == 4
    for receipt in receipts:
        mined = desk.onchain.client.receipt(bytes.fromhex(receipt["reference"][2:]))
        assert mined is not None
        assert mined.succeeded
    assert not desk.is_verified(wallet)
    assert not any(can_add_again(desk, wallet, form, encoding) for encoding in encodings)
    assert not desk.is_verified(wallet)


def test_the_stored_signature_is_revoked_although_the_identity_contract_shows_another_or_none(desk: Desk) -> None:
    actors = desk.onchain.actors
    dressed_up, bare = desk.verified(actors.alice), desk.verified(actors.bob)
    decoy = encodings_of(dressed_up[1])[3]
    desk.add(actors.alice, dressed_up[1], decoy)
    claim_id = erc735.claim_id(desk.contract, INVESTOR_TOPIC)
    actions.remove_claim(actors.bob, Address.parse(bare[1]["identity_contract"]), claim_id)
    stood = desk.onchain.identities.claim(Address.parse(dressed_up[1]["identity_contract"]), claim_id, desk.onchain.client.head())
    assert stood is not None
    assert stood.signature == decoy
    assert desk.is_verified(actors.alice)

    for claim, _ in (dressed_up, bare):
        desk.revoke(claim)
    desk.work()

    head = desk.onchain.client.head()
    for wallet, (_, form) in ((actors.alice, dressed_up), (actors.bob, bare)):
        assert desk.onchain.identities.are_claims_revoked(desk.contract, encodings_of(form), head) == [True] * 4
        assert not any(can_add_again(desk, wallet, form, encoding) for encoding in encodings_of(form))
        assert not desk.is_verified(wallet)


def test_a_revocation_that_could_not_reach_the_chain_is_carried_on_when_it_is_asked_for_again(desk: Desk) -> None:
    wallet, manager = desk.onchain.actors.alice, desk.onchain.actors.claim_issuer_manager
    claim, form = desk.verified(wallet)
    keys = desk.issuer["chains"][desk.chain]
    key = erc735.key_hash(Address.parse(keys["revocation_key"]))
    manager.do(desk.contract, onchainid.REMOVE_KEY, key, onchainid.MANAGEMENT)
    # One encoding the cold key revokes by hand: our own transaction is not needed there.
    actions.revoke_signature(manager, desk.contract, encodings_of(form)[1])

    desk.revoke(claim)
    desk.work()
    assert _place(desk, claim)["state"] == "failed"
    assert desk.is_verified(wallet)
    assert not desk.eligibility(wallet)["eligible"]

    manager.do(desk.contract, onchainid.ADD_KEY, key, onchainid.MANAGEMENT, onchainid.ECDSA)
    desk.revoke(claim)
    desk.work()

    assert not desk.is_verified(wallet)
    place = _place(desk, claim)
    assert place["state"] == "done"
    assert sorted(receipt["reference"] == "revoked before" for receipt in place["receipts"]) == [False, False, False, True]
    assert desk.onchain.identities.are_claims_revoked(desk.contract, encodings_of(form), desk.onchain.client.head()) == [True] * 4


def _place(desk: Desk, claim: str) -> dict[str, Any]:
    places = desk.session.get(f"/v1/claims/{claim}")["revocation_places"]
    return next(place for place in places if place["place"].startswith(desk.chain))
