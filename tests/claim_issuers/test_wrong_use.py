"""Wrong use is hard: what makes no sense does not construct, and what was prepared is signed once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from builders import ACCOUNT, ISSUER, ISSUER_SIGNER, NOW, ROOT, STATUS_LIST, WALLET, a_claim, year_from

from claim_issuers import (
    Account,
    Accreditation,
    Address,
    ChainId,
    ClaimRequest,
    CredentialTypes,
    Ed25519Signer,
    Eligibility,
    Erc735Data,
    KeyBindingDemand,
    OnChainTarget,
    P256Signer,
    Profile,
    Root,
    SdJwt,
    SdJwtVc,
    Secp256k1Signer,
    StatusEntry,
    Validity,
    claim_type,
    decide_path,
    issue,
    validate_attributes,
)
from claim_issuers.claims.claim import InvalidValidity, MalformedClaim
from claim_issuers.claims.vocabulary import InvalidClaimAttributes, UnknownClaimType, categories
from claim_issuers.clock import FixedClock, NaiveInstant
from claim_issuers.encodings.base64url import encode as base64url
from claim_issuers.encodings.canonical_json import NotCanonicalJson, canonical
from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.formats.compact_jws import _remembered_header, read_compact
from claim_issuers.formats.sd_jwt import MalformedSdJwt
from claim_issuers.formats.sd_jwt_vc import InvalidDisclosureSecret
from claim_issuers.formats.token_errors import MalformedToken
from claim_issuers.formats.words import ValueOutOfRange
from claim_issuers.identifiers.accounts import MalformedAccount
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.issuers.prepared import PreparedClaimAlreadyRedeemed
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk
from claim_issuers.keys.public_keys import Ed25519PublicKey, InvalidPublicKey, P256PublicKey, Secp256k1PublicKey
from claim_issuers.keys.signers import InvalidSecretKey
from claim_issuers.trust.jurisdictions import jurisdiction_of
from claim_issuers.verifiers.presentations import InvalidKeyBindingDemand

NAIVE = datetime(2026, 1, 1)
YEAR = timedelta(days=365)
CHECKSUMMED = str(ACCOUNT.address)
PROFILE = Profile(claim_issuer=ISSUER, claim_types=frozenset({"INVESTOR"}), max_validity=YEAR)


def an_accreditation(**changes: object) -> Accreditation:
    parts = {
        "id": "acc_1",
        "accreditor": ROOT,
        "claim_issuer": ISSUER,
        "topics": frozenset({"INVESTOR"}),
        "may_accredit": False,
        "path_length": 0,
        "validity": year_from(),
    }
    return Accreditation(**{**parts, **changes})


def a_prepared_claim():
    request = ClaimRequest(
        id="urn:example:claim:1",
        claim_type="INVESTOR",
        account=ACCOUNT,
        holder_jwk=WALLET.public_jwk(),
        attributes={"classification": "retail"},
        validity=year_from(),
    )
    decision = decide_for(request)
    return PROFILE.prepare(request, accreditation=decision, status=StatusEntry(STATUS_LIST, 7), instant=NOW)


def decide_for(request: ClaimRequest):
    attributes = validate_attributes(claim_type(request.claim_type), request.attributes)
    return decide_path(ISSUER, request.claim_type, [Root(ISSUER)], [], NOW, jurisdiction=jurisdiction_of(attributes))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Validity(NAIVE, NOW),
        lambda: Validity(NOW, NAIVE + YEAR),
        lambda: FixedClock(NAIVE),
        lambda: an_accreditation(revoked_at=NAIVE),
        lambda: decide_path(ISSUER, "INVESTOR", [Root(ROOT)], [], NAIVE),
        lambda: year_from().contains(NAIVE),
    ],
)
def test_an_instant_without_a_time_zone_is_refused(make: Callable[[], object]):
    with pytest.raises(NaiveInstant):
        make()


@pytest.mark.parametrize("length", [0, 31, 33, 64])
@pytest.mark.parametrize("kind", [Ed25519Signer, Secp256k1Signer, P256Signer])
def test_a_private_key_of_another_length_makes_no_signer(kind, length):
    with pytest.raises(InvalidSecretKey):
        kind(bytes([1]) * length)


@pytest.mark.parametrize(
    ("kind", "length"),
    [(Ed25519PublicKey, 31), (Ed25519PublicKey, 33), (Secp256k1PublicKey, 33), (Secp256k1PublicKey, 64), (P256PublicKey, 33)],
)
def test_a_public_key_of_another_length_makes_no_key(kind, length):
    with pytest.raises(InvalidPublicKey):
        kind(bytes([2]) * length)


def test_other_bytes_of_another_length_make_nothing():
    with pytest.raises(InvalidDisclosureSecret):
        SdJwtVc(CredentialTypes("https://issuer.example/types"), bytes(16))
    with pytest.raises(ValueOutOfRange):
        Erc735Data(valid_from=1, valid_until=2, status_index=3, binding17=bytes(16))
    with pytest.raises(InvalidInput):
        WALLET.sign_digest(bytes(31))
    target = OnChainTarget(
        chain_id=1, issuer_contract=ACCOUNT.address, identity_contract=ACCOUNT.address, status_index=1, salt16=bytes(15)
    )
    with pytest.raises(ValueOutOfRange):
        PROFILE.prepare_on_chain(a_claim(), target=target, accreditation=decision_about_a_claim(), instant=NOW)


def decision_about_a_claim():
    return decide_path(ISSUER, "INVESTOR", [Root(ISSUER)], [], NOW, jurisdiction=jurisdiction_of(a_claim().attributes))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Address.parse(CHECKSUMMED.replace("a", "A", 1) if "a" in CHECKSUMMED else CHECKSUMMED.swapcase()),
        lambda: Address.parse(CHECKSUMMED[2:]),
        lambda: Address.parse(CHECKSUMMED + "0"),
        lambda: Address.parse("0X" + CHECKSUMMED[2:]),
        lambda: Address(bytes(19)),
        lambda: Account.parse(f"eip155:01:{CHECKSUMMED}"),
        lambda: Account.parse(CHECKSUMMED),
        lambda: Account.from_did(str(ACCOUNT)),
        lambda: ChainId(-1),
    ],
)
def test_an_address_that_is_not_canonical_is_refused(make: Callable[[], object]):
    with pytest.raises(MalformedAccount):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: claim_type("WIZARD"),
        lambda: categories(["INVESTOR", "WIZARD"]),
        lambda: Profile(claim_issuer=ISSUER, claim_types=frozenset({"WIZARD"}), max_validity=YEAR),
        lambda: an_accreditation(topics=frozenset({"WIZARD"})),
        lambda: decide_path(ISSUER, "WIZARD", [Root(ROOT)], [an_accreditation()], NOW),
    ],
)
def test_an_unknown_topic_is_refused(make: Callable[[], object]):
    with pytest.raises(UnknownClaimType):
        make()


def test_an_accreditation_claim_for_an_unknown_topic_is_refused():
    with pytest.raises(InvalidClaimAttributes):
        validate_attributes(claim_type("CLAIM_ISSUER"), {"topics": ["WIZARD"]})


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: Validity(NOW, NOW), InvalidValidity),
        (lambda: Validity(NOW, NOW - YEAR), InvalidValidity),
        (lambda: Validity(NOW, NOW + timedelta(milliseconds=1)), InvalidValidity),
        (lambda: Erc735Data(valid_from=2, valid_until=2, status_index=0, binding17=bytes(17)), ValueOutOfRange),
        (
            lambda: Eligibility(account=ACCOUNT.address, token=ACCOUNT.address, categories=1, issued_at=2, valid_until=1, epoch=0),
            ValueOutOfRange,
        ),
    ],
)
def test_a_validity_that_ends_before_it_begins_is_refused(make: Callable[[], object], error: type[DomainError]):
    with pytest.raises(error):
        make()


def test_of_many_threads_with_one_prepared_claim_one_signs_it():
    ready = a_prepared_claim()

    def redeem(_: int) -> str:
        try:
            return issue(ready, ISSUER_SIGNER).form
        except PreparedClaimAlreadyRedeemed as fault:
            return fault.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(redeem, range(64)))
    assert sorted(outcomes) == ["prepared_claim_already_redeemed"] * 63 + ["vc+jwt"]


def test_a_prepared_claim_is_spent_whatever_the_form():
    ready = a_prepared_claim()
    issue(ready, ISSUER_SIGNER, SdJwtVc(CredentialTypes("https://issuer.example/types"), bytes(32)))
    with pytest.raises(PreparedClaimAlreadyRedeemed):
        issue(ready, ISSUER_SIGNER)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: a_claim(account=None), MalformedClaim),
        (lambda: a_claim(validity=(1, 2)), MalformedClaim),
        (lambda: a_claim(holder_jwk=["x"]), MalformedJwk),
        (lambda: a_claim(claim_issuer="did:web:Bank.example"), MalformedDid),
        (lambda: a_claim(claim_issuer="did:web:bank.example%3A443"), MalformedDid),
        (lambda: public_key_from_jwk(5), MalformedJwk),
        (lambda: KeyBindingDemand(5, "n", YEAR), InvalidKeyBindingDemand),
        (lambda: SdJwt.parse("\u00e9~"), MalformedSdJwt),
        (lambda: canonical(nested(5000)), NotCanonicalJson),
    ],
)
def test_a_value_of_another_kind_is_refused_by_name(make: Callable[[], object], error: type[DomainError]):
    with pytest.raises(error):
        make()


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


def test_a_long_header_is_not_remembered_and_a_longer_one_not_read():
    def header(length: int) -> str:
        return base64url(json.dumps({"typ": "x" * length}).encode())

    before = _remembered_header.cache_info().misses
    assert read_compact(f"{header(4000)}.e30.AAAA").header["typ"] == "x" * 4000
    assert _remembered_header.cache_info().misses == before
    with pytest.raises(MalformedToken):
        read_compact(f"{header(8000)}.e30.AAAA")
