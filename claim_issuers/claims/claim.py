"""A claim: what a claim issuer says about a party, bound to its wallet, with a validity and a place in a status list.

>>> from datetime import UTC, datetime
>>> from claim_issuers.claims.vocabulary import claim_type, validate_attributes
>>> kind = claim_type("INVESTOR")
>>> claim = Claim(
...     id="urn:example:claim:1", claim_type=kind, claim_issuer="did:web:issuer.example",
...     account=Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), holder_jwk=None,
...     attributes=validate_attributes(kind, {"classification": "professional"}),
...     validity=Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
...     status_list_uri="https://issuer.example/status-lists/1", status_list_index=7)
>>> len(claim.digest())
32
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from claim_issuers.claims.attributes import ClaimAttributes
from claim_issuers.claims.vocabulary import ClaimType
from claim_issuers.clock import aware
from claim_issuers.encodings.canonical_json import canonical_plain
from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Account
from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import PublicKey

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,1024}")
_WEB_URI = re.compile(r"https?://[!-~]{1,1024}")


class InvalidValidity(InvalidInput):
    """The validity has fractions of a second, no time zone, or ends before it begins."""

    code = "invalid_validity"


class MalformedClaim(InvalidInput):
    """The parts of the claim do not fit each other or their formats."""

    code = "malformed_claim"


@dataclass(frozen=True)
class Validity:
    """From and until: aware instants in whole seconds; the first instant is inside, the last one outside.

    Raises InvalidValidity, NaiveInstant.
    """

    valid_from: datetime
    valid_until: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "valid_from", aware(self.valid_from))
        object.__setattr__(self, "valid_until", aware(self.valid_until))
        if self.valid_from.microsecond or self.valid_until.microsecond:
            raise InvalidValidity("give whole seconds")
        if self.valid_from >= self.valid_until:
            raise InvalidValidity("the validity ends before it begins", pointer="/valid_until")

    @property
    def duration(self) -> timedelta:
        """How long it lasts."""
        return self.valid_until - self.valid_from

    def contains(self, instant: datetime) -> bool:
        """Whether ``instant`` lies inside. Raises NaiveInstant."""
        return self.valid_from <= aware(instant) < self.valid_until

    def as_unix(self) -> tuple[int, int]:
        """From and until in Unix seconds."""
        return self._unix

    @cached_property
    def _unix(self) -> tuple[int, int]:
        # whole seconds and UTC since __post_init__
        return int(self.valid_from.timestamp()), int(self.valid_until.timestamp())


@dataclass(frozen=True, kw_only=True)
class ClaimFrame:
    """Everything about a claim but what it says: who says it about which account, for how long, and where its status stands.

    ``id`` and ``status_list_uri`` are URIs; ``claim_issuer`` is a DID; ``holder_jwk`` is the wallet's public JWK where it was
    proved. Raises MalformedClaim, MalformedDid, MalformedJwk.
    """

    id: str
    claim_type: ClaimType
    claim_issuer: str
    account: Account
    holder_jwk: Mapping[str, str] | None
    validity: Validity
    status_list_uri: str
    status_list_index: int

    def __post_init__(self) -> None:
        canonical_did(self.claim_issuer)
        if not isinstance(self.account, Account) or not isinstance(self.validity, Validity):
            raise MalformedClaim("the account is an Account, the validity a Validity")
        if not isinstance(self.id, str) or not _URI.fullmatch(self.id):
            raise MalformedClaim("the id is a URI", pointer="/id")
        if not isinstance(self.status_list_uri, str) or not _WEB_URI.fullmatch(self.status_list_uri):
            raise MalformedClaim("the status list has a web address", pointer="/status_list_uri")
        if type(self.status_list_index) is not int or not 0 <= self.status_list_index < 1 << 32:
            raise MalformedClaim("the status list index is out of range", pointer="/status_list_index")
        if self.holder_key is not None:
            object.__setattr__(self, "holder_jwk", self.holder_key.jwk())

    @cached_property
    def holder_key(self) -> PublicKey | None:
        """The wallet's public key, where one was proved."""
        return None if self.holder_jwk is None else public_key_from_jwk(self.holder_jwk)


@dataclass(frozen=True, kw_only=True)
class Claim(ClaimFrame):
    """One claim, the same for all its signed forms. Raises what ClaimFrame raises, MalformedClaim for another type's attributes."""

    attributes: ClaimAttributes

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.attributes, self.claim_type.attributes):
            raise MalformedClaim("the attributes are those of another claim type", pointer="/attributes")

    def attributes_json(self) -> dict[str, Any]:
        """The attributes as JSON, without the absent ones."""
        return self.attributes.as_json()

    def as_json(self) -> dict[str, Any]:
        """All parts as JSON: the form whose hash is ``digest``. Instants are Unix seconds, the account is CAIP-10."""
        valid_from, valid_until = self.validity.as_unix()
        return {
            "id": self.id,
            "claim_type": self.claim_type.name,
            "claim_issuer": self.claim_issuer,
            "account": str(self.account),
            "holder_jwk": None if self.holder_jwk is None else dict(self.holder_jwk),
            "attributes": self.attributes_json(),
            "valid_from": valid_from,
            "valid_until": valid_until,
            "status_list_uri": self.status_list_uri,
            "status_list_index": self.status_list_index,
        }

    def digest(self) -> bytes:
        """keccak256 over the RFC 8785 form of ``as_json``: names this claim, whatever its signed forms look like."""
        return self._digest

    @cached_property
    def _digest(self) -> bytes:
        return keccak256(canonical_plain(self.as_json()))
