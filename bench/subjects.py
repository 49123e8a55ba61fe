"""The inputs of every job: investors with keys, accounts and claims of their own, and one claim issuer with few keys.

Keys come from a hash of a word and a number: anybody can make them again, so they protect nothing.

>>> len(investors(2)), investors(2)[0].claim == investors(2)[1].claim
(2, False)
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count

from claim_issuers import (
    Account,
    Address,
    ChainId,
    Claim,
    Ed25519Signer,
    Root,
    Secp256k1Signer,
    Validity,
    claim_type,
    decide_path,
    validate_attributes,
)
from claim_issuers.encodings.base64url import encode
from claim_issuers.formats.credential import IssuerKeys
from claim_issuers.trust.jurisdictions import jurisdiction_of
from claim_issuers.verifiers.claim_checks import AccreditationLookup, StatusLookup

FEW = 64
"""Enough for what is made anew in every call."""
MANY = 5000
"""More holders than any cache of ours remembers keys of."""
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLAIM_ISSUER = "did:web:issuer.example"
LISTS = "https://issuer.example/status-lists/"
CHAIN_ID = 1

_CLASSIFICATIONS = ("retail", "professional", "eligible_counterparty")
_COUNTRIES = ("CH", "DE", "FR", "LI", "SG", "US", "AE", "GB")
_GIVEN = ("Ada", "Bashir", "Chloé", "Dmytro", "Esi", "Fatima", "Goran", "Hana")
_SERIAL = count(1)
_FAMILY = ("Müller", "Okafor", "Lindqvist", "Tanaka", "Rossi", "Novák", "Haddad", "Smith")


def secret(purpose: str, number: int = 0) -> bytes:
    """32 bytes that belong to this purpose and number alone."""
    return sha256(f"bench {purpose} {number}".encode()).digest()


def address(purpose: str, number: int = 0) -> Address:
    """An address that belongs to this purpose and number alone."""
    return Address(secret(purpose, number)[:20])


@dataclass(frozen=True, slots=True, kw_only=True)
class Investor:
    """One investor: the key that proves presentations, the claim, and the identity contract of the on-chain form."""

    number: int
    key: Ed25519Signer
    claim: Claim
    identity_contract: Address
    status_index: int
    nonce: str


@cache
def issuer_signer() -> Ed25519Signer:
    """The claim issuer's key for credentials."""
    return Ed25519Signer(secret("issuer"), kid=f"{CLAIM_ISSUER}#key-1")


def issuer_private_jwk() -> dict[str, str]:
    """The same key for libraries that take a JWK."""
    return {**issuer_signer().public_key.jwk(), "d": encode(secret("issuer"))}


@cache
def issuer_account() -> Secp256k1Signer:
    """The claim issuer's key for its chain."""
    return Secp256k1Signer(secret("issuer account"))


def issuer_account_secret() -> bytes:
    """The same key's bytes, for the libraries beside ours."""
    return secret("issuer account")


@cache
def investors(number_of: int = FEW) -> tuple[Investor, ...]:
    """The first investors."""
    return tuple(_investor(number) for number in range(number_of))


def issuer_keys() -> IssuerKeys:
    """The look-up of the claim issuer's one key, by its DID and ``kid``; KeyError for any other."""
    keys = {(CLAIM_ISSUER, issuer_signer().kid): issuer_signer().public_key}
    return lambda issuer, kid: keys[issuer, kid]


def statuses_of(chosen: tuple[Investor, ...]) -> StatusLookup:
    """The look-up of statuses: every claim is valid, and one that is not listed raises KeyError."""
    statuses = {(one.claim.status_list_uri, one.claim.status_list_index): 0 for one in chosen}
    return lambda uri, index: statuses[uri, index]


def decide_before(chosen: tuple[Investor, ...]) -> AccreditationLookup:
    """The look-up of accreditations decided before: what a verifier does once a minute, not once a claim."""
    places = {jurisdiction_of(investor.claim.attributes) for investor in chosen}
    decisions = {
        place: decide_path(CLAIM_ISSUER, "INVESTOR", [Root(CLAIM_ISSUER)], [], NOW, jurisdiction=place) for place in places
    }
    return lambda _issuer, _topic, place: decisions[place]


def fresh_claim(investor: Investor) -> Claim:
    """The investor's claim as a new value with an id of its own, which remembers nothing of an earlier call.

    The account is the parsed one: its checksum was made when it was read.
    """
    return replace(
        investor.claim,
        id=f"urn:uuid:00000000-0000-4000-8000-{next(_SERIAL):012}",
        attributes=investor.claim.attributes.model_copy(),
        validity=replace(investor.claim.validity),
    )


def attributes(number: int) -> dict[str, str]:
    """What the claim says of one investor: the four things a holder may show or keep back."""
    return {
        "classification": _CLASSIFICATIONS[number % 3],
        "country": _COUNTRIES[number % 8],
        "name": f"{_GIVEN[number % 8]} {_FAMILY[number // 8 % 8]}",
        "birthdate": f"{1940 + number % 64}-{number % 12 + 1:02}-{number % 28 + 1:02}",
    }


def _investor(number: int) -> Investor:
    key, kind = Ed25519Signer(secret("holder", number)), claim_type("INVESTOR")
    return Investor(
        number=number,
        key=key,
        claim=Claim(
            id=f"urn:uuid:00000000-0000-4000-8000-{number:012}",
            claim_type=kind,
            claim_issuer=CLAIM_ISSUER,
            account=Account(ChainId(CHAIN_ID), address("wallet", number)),
            holder_jwk=key.public_key.jwk(),
            attributes=validate_attributes(kind, attributes(number)),
            validity=Validity(NOW - timedelta(days=number % 64), NOW + timedelta(days=365 - number % 64)),
            status_list_uri=f"{LISTS}{number % 4}",
            status_list_index=number * 203,
        ),
        identity_contract=address("identity contract", number),
        status_index=number,
        nonce=secret("nonce", number).hex(),
    )
