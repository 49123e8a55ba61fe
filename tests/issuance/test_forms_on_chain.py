"""The erc735 form: one live for each claim issuer, topic and identity contract; it ends with the claim."""

from datetime import timedelta
from typing import Any

from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.secp256k1 import signature_encodings
from identity_service.demo.wallets import Wallet
from tests.support.desk import INVESTOR_TOPIC, Desk


def refused(desk: Desk, claim: str, **more: str) -> tuple[int, str]:
    """Status and code of the answer to a form that must not be made."""
    headers = {"Idempotency-Key": desk.stand.transport.idempotency_key()}
    answer = desk.stand.request(
        "POST", f"/v1/claims/{claim}/forms", desk.session, json={"format": "erc735", **more}, headers=headers
    )
    return answer.status_code, answer.get_json()["code"]


def data_of(form: dict[str, Any]) -> bytes:
    return bytes.fromhex(form["data"][2:])


def link(desk: Desk, wallet: Wallet, identity_contract: Address) -> None:
    """Note an identity contract in our records as if a factory had named it."""
    service = desk.stand.service
    with service.db.write() as session:
        service.parties.link_identity_contract(
            session,
            wallet.account,
            identity_contract=identity_contract,
            identity_factory=desk.onchain.suite.id_factory,
            actor="test",
        )


def test_a_second_form_for_issuer_topic_and_identity_waits_for_the_first_to_end(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    first, second = desk.claim(wallet), desk.claim(wallet)
    desk.identity(wallet)
    form = desk.form(first)

    assert refused(desk, first) == (409, "form_already_live")
    assert refused(desk, second) == (409, "form_already_live")
    other_topic = desk.form(second, topic=5)
    assert other_topic["topic"] == "5"

    desk.revoke(first)
    renewed = desk.form(second)
    assert (form["topic"], renewed["topic"]) == (str(INVESTOR_TOPIC),) * 2
    assert data_of(renewed) != data_of(form)
    assert renewed["signature"] != form["signature"]
    desk.work()
    desk.add(wallet, renewed)
    desk.register(wallet)
    assert desk.is_verified(wallet)
    assert refused(desk, first) == (409, "claim_not_live")


def test_the_data_opens_to_the_claims_validity_and_counts_up(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim = desk.claim(wallet)
    desk.identity(wallet)
    forms = [desk.form(claim, topic=topic) for topic in (1, 2, 3)]

    opened = [Erc735Data.unpack(data_of(form)) for form in forms]

    assert [one.status_index for one in opened] == [0, 1, 2]
    shown = desk.session.get(f"/v1/claims/{claim}")
    assert {one.valid_until - one.valid_from for one in opened} == {30 * 24 * 3600}
    assert {Address.parse(form["claim_issuer_contract"]) for form in forms} == {desk.contract}
    assert len({one.binding17 for one in opened}) == 3
    assert shown["state"] == "live"


def test_when_the_claim_ends_the_chain_is_told_and_a_renewal_takes_its_place(desk: Desk) -> None:
    wallet = desk.onchain.actors.alice
    claim, form = desk.verified(wallet, valid_for=3600)
    desk.work()
    assert desk.is_verified(wallet)

    desk.stand.clock.advance(timedelta(hours=1))
    assert desk.session.get(f"/v1/claims/{claim}")["state"] == "expired"
    desk.work()

    assert not desk.is_verified(wallet)
    encodings = signature_encodings(bytes.fromhex(form["signature"][2:]))
    assert desk.onchain.identities.are_claims_revoked(desk.contract, encodings, desk.onchain.client.head()) == [True] * 4
    assert refused(desk, claim) == (409, "claim_not_live")
    desk.add(wallet, desk.form(desk.claim(wallet)))
    assert desk.is_verified(wallet)


def test_nothing_is_signed_without_an_identity_contract_that_a_trusted_factory_names(desk: Desk) -> None:
    actors = desk.onchain.actors
    claim = desk.claim(actors.alice)
    assert refused(desk, claim) == (409, "identity_contract_missing")

    # Somebody else's genuine identity contract, and one that no factory ever saw.
    for decoy in (desk.onchain.platform.deploy_identity(actors.bob.address), desk.onchain.claim_issuer):
        link(desk, actors.alice, decoy)
        assert refused(desk, claim) == (409, "identity_contract_untrusted")
    assert len(desk.session.get(f"/v1/claims/{claim}")["forms"]) == 1

    desk.identity(actors.alice)
    assert desk.form(claim)["signature"] is not None


def test_a_claim_issuer_without_a_contract_on_the_chain_signs_no_form_for_it(desk: Desk) -> None:
    wallet, stand = desk.onchain.actors.alice, desk.stand
    party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": "Paper Claims"})["id"]
    wanted = {"party": party, "name": "Paper", "claim_types": ["INVESTOR"], "root": True, "chains": [desk.chain]}
    issuer = desk.administrator.post("/v1/claim-issuers", wanted)
    session = stand.machine("claim_issuer", party)
    content = {"claim_issuer": issuer["id"], "claim_type": "INVESTOR", "attributes": {"classification": "retail"}}
    desk.claim(wallet)
    application = stand.person(wallet).post("/v1/applications", content)["id"]
    claim = session.post(f"/v1/applications/{application}/decision", {"outcome": "approve", "valid_for_seconds": 60})["claim"]
    desk.identity(wallet)

    answer = stand.request(
        "POST", f"/v1/claims/{claim}/forms", session, json={"format": "erc735"}, headers={"Idempotency-Key": "k"}
    )

    assert (answer.status_code, answer.get_json()["code"]) == (409, "claim_issuer_contract_missing")
