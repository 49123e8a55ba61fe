"""Credentials with selective disclosure, as their issuer makes them, by several keys and about several kinds of claim."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from claim_issuers.encodings.base64url import decode
from claim_issuers.formats import key_binding, sd_jwt_vc
from claim_issuers.formats.sd_jwt import Disclosure, SdJwt
from claim_issuers.formats.type_metadata import CredentialTypes
from tests.claim_issuers.builders import NOW, VALID, WALLET, a_claim
from tests.fuzz.samples import SIGNERS
from tests.fuzz.sd_jwt_changes import Presentation
from tests.fuzz.token_changes import Signed

AUDIENCE = "https://verifier.example"
NONCE = "K7vQ2mX9aB"

TYPES = CredentialTypes("https://issuer.example/credential-types")
PERSON = {"classification": "professional", "country": "CH", "name": "Ada Test", "birthdate": "1980-02-29"}


@lru_cache(maxsize=1)
def issued() -> tuple[Signed, ...]:
    """Every kind of claim, whole; ``text`` is the SD-JWT, the other parts are those of the issuer's JWT."""
    kinds = (("INVESTOR", PERSON), ("INVESTOR", {**PERSON, "name": "Bob Test"}), *VALID)
    return tuple(_issued(number, kind, attributes) for number, (kind, attributes) in enumerate(kinds))


def _issued(number: int, kind: str, attributes: Mapping[str, Any]) -> Signed:
    signer = SIGNERS[number % len(SIGNERS)]
    claim = a_claim(kind=kind, attributes=attributes, id=f"urn:example:sd:{number}")
    text = sd_jwt_vc.encode(claim, signer, types=TYPES, secret=sha256(bytes([number])).digest())
    return Signed(text, signer, *(decode(part) for part in text.split("~")[0].split(".")))


@lru_cache(maxsize=1)
def disclosed_payloads() -> tuple[bytes, ...]:
    """The payloads of those credentials."""
    return tuple(token.payload for token in issued())


@lru_cache(maxsize=1)
def _by_claim_id() -> Mapping[str, tuple[Disclosure, ...]]:
    return {f"urn:example:sd:{number}": SdJwt.parse(token.text).disclosures for number, token in enumerate(issued())}


def kept_disclosures(payload: Mapping[str, Any]) -> tuple[Disclosure, ...]:
    """The disclosures of the credential that a payload was made of, all of one if it cannot be told."""
    identifier = payload.get("jti")
    known = _by_claim_id()
    return known[identifier] if isinstance(identifier, str) and identifier in known else known["urn:example:sd:0"]


@lru_cache(maxsize=1)
def presentations() -> tuple[Presentation, ...]:
    """Of each credential: all of it, one disclosure, none; for one verifier and nonce, by the wallet that all are bound to."""
    shown = []
    for token in issued():
        whole = SdJwt.parse(token.text)
        names = [disclosure.name for disclosure in whole.disclosures if disclosure.name]
        shown += [_presented(token, whole, kept) for kept in {tuple(names), tuple(names[:1]), ()}]
    return tuple(sorted(shown, key=lambda presentation: presentation.text))


def _presented(token: Signed, whole: SdJwt, names: tuple[str, ...]) -> Presentation:
    kept = whole.disclosing(names)
    texts = tuple(disclosure.text for disclosure in kept.disclosures)
    elsewhere = (
        {"audience": "https://other.example"},
        {"nonce": "another-nonce"},
        {"issued_at": NOW - timedelta(hours=1)},
        {"issued_at": NOW + timedelta(hours=1)},
    )
    return Presentation(
        issued=Signed.read(token.text.split("~")[0], token.signer),
        disclosures=texts,
        withheld=tuple(disclosure.text for disclosure in whole.disclosures if disclosure.text not in texts),
        binding=Signed.read(_bound(kept), WALLET, needs_kid=False, needs_exp=False),
        foreign=tuple(_bound(kept, **change) for change in elsewhere),
    )


def _bound(shown: SdJwt, **changes: Any) -> str:
    settings = {"audience": AUDIENCE, "nonce": NONCE, "issued_at": NOW, "signer": WALLET}
    return str(key_binding.bind(shown, **{**settings, **changes}).key_binding)
