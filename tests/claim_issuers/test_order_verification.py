"""Every refusal of an order, offline: from the order, the office's credential, the status list and the accreditations alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from claim_issuers import Account, ChainId, Evidence, Secp256k1Signer, Status, Validity, verify_order
from claim_issuers.clock import NaiveInstant
from claim_issuers.errors import InvalidInput, Unavailable
from claim_issuers.formats import vc_jwt
from claim_issuers.keys.secp256k1 import signature_encodings
from claim_issuers.orders import typed_data
from claim_issuers.orders.errors import REFUSALS, OrderNotVerifiable
from claim_issuers.orders.evidence import evidence_of_documents
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.typed_data import OrderDomain
from claim_issuers.orders.verify import CLAIM_CHECKS
from tests.claim_issuers.builders import ISSUER, ISSUER_SIGNER, LICENCE, NOW, OFFICE, WALLET
from tests.claim_issuers.ordering import (
    NETWORK,
    OFFICE_ACCOUNT,
    OTHER_ACCOUNT,
    OTHER_WALLET,
    TOKEN,
    Network,
    accreditation,
    an_order,
    office_claim,
    published,
    signed,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL_CHECKS = ["document", "chain", "token", "network", "time", "signature", *CLAIM_CHECKS]


def refused(network: Network, order: SignedOrder) -> str:
    """The code with which the network refuses the order."""
    verification = network.verify(order)
    with pytest.raises(tuple(REFUSALS.values())) as raised:
        verification.require()
    assert not verification.ok
    assert len(verification.checks) == len(ALL_CHECKS), "a failed check hides no other"
    return raised.value.code


def in_domain(domain: OrderDomain, order: SignedOrder) -> SignedOrder:
    """The same order, signed by the office in another domain."""
    signature = WALLET.sign_digest(typed_data.digest(order.order, domain))
    return replace(order, domain=domain, signature=signature)


def test_a_good_order_passes_every_check_and_names_its_claim() -> None:
    verification = Network().verify(signed())
    assert verification.ok
    assert [check.code for check in verification.checks] == ALL_CHECKS
    assert verification.claim is not None
    assert (verification.claim.claim_type.name, verification.claim.claim_issuer) == ("FAMILY_OFFICE", ISSUER)
    assert verification.claim.accreditation is not None
    assert [link.id for link in verification.claim.accreditation.path] == ["acc_1"]
    verification.require()


@pytest.mark.parametrize("changes", [{"quantity": 1001}, {"price": "9.75"}, {"signatory": OTHER_ACCOUNT}])
def test_an_order_altered_after_signing_is_refused(changes: dict[str, object]) -> None:
    altered = replace(signed(), order=an_order(**changes))
    assert refused(Network(), altered) == "order_altered"
    renamed = replace(altered, document=altered.order.document())
    assert refused(Network(), renamed) == "order_signed_by_another_account", "the signature covers the hash and each member"


def test_a_hash_of_something_else_is_refused() -> None:
    assert refused(Network(), replace(signed(), document=bytes(32))) == "order_altered"


def test_an_order_signed_for_another_chain_is_refused() -> None:
    elsewhere = OrderDomain(ChainId(1), TOKEN.address)
    assert refused(Network(), in_domain(elsewhere, signed())) == "order_wrong_chain"
    assert Network().reasons(in_domain(elsewhere, signed())) == {"chain": "order_wrong_chain"}


def test_an_intermediary_on_another_chain_than_the_token_is_refused() -> None:
    elsewhere = Account(ChainId(1), WALLET.address)
    assert refused(Network(), signed(intermediary=elsewhere, signatory=elsewhere)) == "order_wrong_chain"


def test_a_signature_moved_to_another_chain_is_not_the_offices() -> None:
    moved = replace(signed(), domain=OrderDomain(ChainId(1), TOKEN.address))
    assert Network().reasons(moved) == {"chain": "order_wrong_chain", "signature": "order_signed_by_another_account"}


def test_an_order_signed_for_another_token_is_refused() -> None:
    other = OrderDomain(TOKEN.chain, OTHER_ACCOUNT.address)
    assert Network().reasons(in_domain(other, signed())) == {"token": "order_wrong_token"}
    assert refused(Network(), in_domain(other, signed())) == "order_wrong_token"


def test_an_order_to_another_network_is_refused() -> None:
    assert refused(Network(), signed(network="pty_other")) == "order_wrong_network"


def test_an_order_lives_from_its_issue_to_its_expiry_and_no_longer_than_thirty_days() -> None:
    order = signed()
    at = {instant: Network(now=instant).reasons(order) for instant in (NOW - HOUR, NOW, NOW + DAY - HOUR, NOW + DAY)}
    assert list(at.values()) == [{"time": "order_not_yet_valid"}, {}, {}, {"time": "order_expired"}]
    assert refused(Network(now=NOW - HOUR), order) == "order_not_yet_valid"
    assert refused(Network(now=NOW + DAY), order) == "order_expired"
    assert Network().verify(signed(expires_at=NOW + 30 * DAY)).ok
    assert refused(Network(), signed(expires_at=NOW + 30 * DAY + timedelta(seconds=1))) == "order_lifetime_too_long"


def test_a_signers_clock_may_be_ahead_by_the_leeway_and_no_more() -> None:
    early = Network(now=NOW - timedelta(seconds=30))
    assert early.verify(signed(), leeway=timedelta(seconds=30)).ok
    assert not early.verify(signed(), leeway=timedelta(seconds=29)).ok


def test_another_accounts_signature_is_refused() -> None:
    assert refused(Network(), signed(OTHER_WALLET)) == "order_signed_by_another_account"


def test_a_signature_that_no_key_made_is_refused() -> None:
    # 5^3 + 7 has no square root modulo the field's prime, so no point of the curve has this r
    forged = replace(signed(), signature=(5).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\x1b")
    assert refused(Network(), forged) == "order_signed_by_another_account"


def test_only_the_canonical_encoding_of_a_signature_counts() -> None:
    order = signed()
    canonical, *others = signature_encodings(order.signature)
    assert canonical == order.signature
    for encoding in (*others, order.signature[:64], order.signature + b"\0"):
        assert refused(Network(), replace(order, signature=encoding)) == "order_signature_not_canonical"


def test_a_contract_wallets_answer_stands_in_for_the_key() -> None:
    order = replace(signed(), signature=b"whatever the contract wants")
    assert Network(contract_accepts=True).verify(order).ok
    assert refused(Network(contract_accepts=False), order) == "order_signed_by_another_account"
    assert refused(Network(contract_accepts=False), signed()) == "order_signed_by_another_account"


@pytest.mark.parametrize(
    "claim",
    [
        {"account": OTHER_ACCOUNT},
        {"account": Account(ChainId(1), WALLET.address)},
        {"kind": "INVESTOR", "attributes": {"classification": "professional"}},
    ],
)
def test_a_claim_about_another_account_or_of_another_kind_is_no_intermediary_claim(claim: dict[str, object]) -> None:
    network = Network().with_claim(**claim)
    assert refused(network, signed()) == "order_claim_missing"
    assert set(network.reasons(signed())) == set(CLAIM_CHECKS)


def test_without_a_credential_or_with_a_forged_one_there_is_no_claim() -> None:
    forged = vc_jwt.encode(office_claim(), type(ISSUER_SIGNER)(bytes(32), kid=ISSUER_SIGNER.kid))
    for credentials in ([], [forged], ["x"], ["e30.e30.e30"]):
        assert refused(Network(credentials=credentials), signed()) == "order_claim_missing"


def test_an_expired_claim_is_refused() -> None:
    network = Network().with_claim(validity=Validity(NOW - DAY, NOW + HOUR))
    assert network.verify(signed()).ok
    assert refused(replace(network, now=NOW + HOUR), signed()) == "order_claim_expired"


def test_a_claim_younger_than_the_order_is_refused() -> None:
    network = replace(Network().with_claim(validity=Validity(NOW + HOUR, NOW + DAY)), now=NOW + 2 * HOUR)
    assert refused(network, signed()) == "order_claim_not_yet_valid"


def test_a_revoked_claim_is_refused_and_an_earlier_list_tells_that_it_was_good_at_signing() -> None:
    revoked = Network(status_list=published(Status.INVALID))
    assert refused(revoked, signed()) == "order_claim_revoked"
    assert refused(replace(revoked, earlier_list=published(Status.INVALID)), signed()) == "order_claim_revoked"
    assert refused(replace(revoked, earlier_list=published()), signed()) == "order_claim_revoked_since_signing"


def test_a_suspended_claim_is_refused() -> None:
    assert refused(Network(status_list=published(Status.SUSPENDED)), signed()) == "order_claim_suspended"


@pytest.mark.parametrize(
    "links",
    [
        [],
        [accreditation(topics=frozenset({"INVESTOR"}))],
        [accreditation(revoked_at=NOW)],
        [accreditation(validity=Validity(NOW - DAY, NOW))],
        [accreditation(accreditor="did:web:elsewhere.example")],
    ],
)
def test_a_claim_issuer_without_a_path_to_a_root_at_the_instant_is_refused(links: list[object]) -> None:
    network = Network(accreditations=links)  # type: ignore[arg-type]
    assert refused(network, signed()) == "order_claim_issuer_not_accredited"


def test_a_signatory_is_the_account_itself_or_one_that_the_claim_attests() -> None:
    order = signed(signatory=OTHER_ACCOUNT)
    assert refused(Network(), order) == "order_signatory_not_authorised"
    for kind, attributes in (("FAMILY_OFFICE", OFFICE), ("CUSTODIAN", LICENCE)):
        attested = {**attributes, "authorised_signatories": [OTHER_ACCOUNT.did]}
        assert Network().with_claim(kind=kind, attributes=attested).verify(order).ok
    stranger = {**OFFICE, "authorised_signatories": [Account(ChainId(1), OTHER_ACCOUNT.address).did]}
    assert refused(Network().with_claim(attributes=stranger), order) == "order_signatory_not_authorised"


def test_of_several_claims_the_one_that_is_good_counts() -> None:
    good = office_claim()
    old = office_claim(id="urn:example:claim:0", validity=Validity(NOW - 9 * DAY, NOW - DAY))
    credentials = [vc_jwt.encode(claim, ISSUER_SIGNER) for claim in (old, good)]
    for order_of_them in (credentials, credentials[::-1]):
        verification = Network(credentials=order_of_them).verify(signed())
        assert verification.ok
        assert verification.claim is not None
        assert verification.claim.id == good.id


def test_every_fault_is_reported_and_the_first_one_decides() -> None:
    network = Network(status_list=published(Status.INVALID), accreditations=[], now=NOW + DAY)
    bad = signed(OTHER_WALLET, network="pty_other", signatory=OTHER_ACCOUNT)
    assert network.reasons(bad) == {
        "network": "order_wrong_network",
        "time": "order_expired",
        "signature": "order_signed_by_another_account",
        "claim_status": "order_claim_revoked",
        "accreditation": "order_claim_issuer_not_accredited",
        "signatory": "order_signatory_not_authorised",
    }
    with pytest.raises(REFUSALS["order_wrong_network"]) as refusal:
        network.verify(bad).require()
    assert ("/order/expires_at", "order_expired") in refusal.value.data["errors"]
    assert len(refusal.value.data["errors"]) == 6


def test_what_could_not_be_checked_never_counts_as_good() -> None:
    order = signed()
    without_status = replace(Network(), status_list=None)
    assert without_status.reasons(order) == {"claim_status": "no_status_source"}
    with pytest.raises(OrderNotVerifiable):
        without_status.verify(order).require()
    nobody_asked = verify_order(order, network=NETWORK, evidence=Evidence(claims=None), instant=NOW)
    assert {check.reason for check in nobody_asked.checks if check.code in CLAIM_CHECKS} == {"no_claim_source"}
    with pytest.raises(OrderNotVerifiable):
        nobody_asked.require()


def test_a_failed_check_is_told_before_one_that_could_not_be_made() -> None:
    without_status = replace(Network(accreditations=[]), status_list=None)
    assert refused(without_status, signed()) == "order_claim_issuer_not_accredited"


class KeysAway(Unavailable):
    """The issuer's keys cannot be fetched."""


def test_evidence_that_cannot_be_fetched_is_not_checked() -> None:
    credential = vc_jwt.encode(office_claim(), ISSUER_SIGNER)

    def away(*_: object) -> int:
        raise KeysAway

    assert evidence_of_documents([credential], keys=away).claims is None  # type: ignore[arg-type]
    evidence = evidence_of_documents(
        [credential],
        keys=lambda did, kid: ISSUER_SIGNER.public_key,
        status=away,
        accreditation=away,  # type: ignore[arg-type]
    )
    verification = verify_order(signed(), network=NETWORK, evidence=evidence, instant=NOW)
    assert [check.outcome.value for check in verification.checks[-4:]] == ["passed", "not_checked", "not_checked", "passed"]


def test_a_decision_about_another_instant_or_issuer_is_not_taken() -> None:
    network = Network()
    evidence = network.evidence()
    later = verify_order(signed(), network=NETWORK, evidence=evidence, instant=network.now + HOUR)
    assert {check.reason for check in later.checks if check.outcome != "passed"} == {"decision_about_another_case"}


def test_an_instant_has_a_time_zone() -> None:
    with pytest.raises(NaiveInstant):
        verify_order(signed(), network=NETWORK, evidence=Evidence(claims=()), instant=NOW.replace(tzinfo=None))


def test_whoever_signs_is_found_by_the_key_and_not_by_what_the_order_says() -> None:
    third = Secp256k1Signer(bytes([0x33]) * 32)
    assert refused(Network(), signed(third, intermediary=OTHER_ACCOUNT)) == "order_signed_by_another_account"
    assert OFFICE_ACCOUNT.address == WALLET.address


class NotResolvable(InvalidInput):
    """A resolver that refuses the DID it was asked about."""

    code = "not_resolvable"


def test_a_credential_whose_issuer_cannot_be_resolved_blinds_nobody_to_the_others():
    def keys(issuer: str, kid: str):
        if issuer != ISSUER:
            raise NotResolvable
        return ISSUER_SIGNER.public_key

    good = vc_jwt.encode(office_claim(), ISSUER_SIGNER)
    junk = vc_jwt.encode(office_claim(claim_issuer="did:web:nobody.example"), ISSUER_SIGNER)
    found = evidence_of_documents([junk, good, "x"], keys=keys).claims
    assert found is not None
    assert [claim.claim_issuer for claim in found] == [ISSUER]
