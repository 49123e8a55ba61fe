"""Selective disclosure for JWTs (RFC 9901): disclosures, their digests, and a payload with the disclosed claims back in place.

>>> street = disclose("street_address", "1 Main St", salt=bytes(16))
>>> reveal({"_sd": [street.digest], "iss": "https://issuer.example"}, (street,))
{'iss': 'https://issuer.example', 'street_address': '1 Main St'}
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, Self

from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.encodings.strict_json import MAX_DEPTH, MalformedJson, parse_array
from claim_issuers.errors import Refused

MAX_SD_JWT_BYTES: Final = 128 * 1024
MAX_DISCLOSURES: Final = 256
SD_ALG: Final = "sha-256"
DIGESTS: Final = "_sd"
ALG_MEMBER: Final = "_sd_alg"
# RFC 9901 §4.2.4.2: an array element that stands for a digest
ELEMENT: Final = "..."
_RESERVED: Final = frozenset({DIGESTS, ELEMENT})


class MalformedSdJwt(Refused):
    """The SD-JWT, one of its disclosures or its digests is not what RFC 9901 describes."""

    code = "malformed_sd_jwt"


class DisclosureMismatch(Refused):
    """A disclosure is not referenced by the credential, is sent or referenced twice, or names a claim that is there already."""

    code = "disclosure_mismatch"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosable claim (``name`` and ``value``) or array element (``name`` None) as the issuer salted it (RFC 9901 §4.2).

    ``text`` is its base64url form; its digest is over these very characters.
    """

    text: str
    name: str | None
    value: Any

    @property
    def digest(self) -> str:
        """base64url of SHA-256 over the ASCII characters of ``text`` (RFC 9901 §4.2.3)."""
        return digest_of(self.text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a disclosure. Raises MalformedSdJwt, also for the claim names ``_sd`` and ``...``."""
        try:
            parts = parse_array(decode(text))
        except (MalformedBase64Url, MalformedJson) as fault:
            raise MalformedSdJwt("a disclosure is base64url of a JSON array") from fault
        if not 2 <= len(parts) <= 3 or not isinstance(parts[0], str):
            raise MalformedSdJwt("a disclosure holds a salt, a name unless it is an array element, and a value")
        if len(parts) == 2:
            return cls(text, None, parts[1])
        if not isinstance(parts[1], str) or parts[1] in _RESERVED:
            raise MalformedSdJwt("a disclosure names a claim, and not _sd or ...")
        return cls(text, parts[1], parts[2])


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT taken apart: the issuer's JWT, the disclosures sent with it, and the key-binding JWT where there is one."""

    issuer_jwt: str
    disclosures: tuple[Disclosure, ...]
    key_binding: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the compact form ``<jwt>~<disclosure>~…~[<kb-jwt>]``; no signature is checked.

        Raises MalformedSdJwt, also for a disclosure sent twice and for more than 256 of them.
        """
        if not isinstance(text, str) or len(text) > MAX_SD_JWT_BYTES or not text.isascii():
            raise MalformedSdJwt(f"an SD-JWT is ASCII text of at most {MAX_SD_JWT_BYTES} characters")
        issuer_jwt, *disclosed, last = text.split("~") if "~" in text else ("", "")
        if not issuer_jwt or len(disclosed) > MAX_DISCLOSURES:
            raise MalformedSdJwt(f"an SD-JWT is a JWT, at most {MAX_DISCLOSURES} disclosures, each followed by ~")
        if len(set(disclosed)) != len(disclosed):
            raise MalformedSdJwt("a disclosure is sent twice")
        return cls(issuer_jwt, tuple(map(Disclosure.parse, disclosed)), last or None)

    def disclosing(self, names: Collection[str]) -> Self:
        """What a holder shows who discloses these claims and no others; without key binding.

        Raises DisclosureMismatch for a name without a disclosure.
        """
        missing = set(names) - {disclosure.name for disclosure in self.disclosures}
        if missing:
            raise DisclosureMismatch("the credential has no disclosure for: " + ", ".join(sorted(missing)))
        kept = tuple(disclosure for disclosure in self.disclosures if disclosure.name in names)
        return replace(self, disclosures=kept, key_binding=None)

    @property
    def bound_text(self) -> str:
        """What a key-binding JWT binds (RFC 9901 §4.3.1): the JWT and each disclosure, each followed by ~."""
        return "~".join((self.issuer_jwt, *[disclosure.text for disclosure in self.disclosures], ""))

    @property
    def sd_hash(self) -> str:
        """base64url of SHA-256 over ``bound_text``."""
        return digest_of(self.bound_text)

    def __str__(self) -> str:
        return self.bound_text + (self.key_binding or "")


def disclose(name: str | None, value: Any, *, salt: bytes) -> Disclosure:
    """The disclosure of a claim, or of an array element without a name. The salt has at least 16 fresh secret bytes (§9.3).

    Raises MalformedSdJwt for a shorter salt or a reserved name, NotCanonicalJson.
    """
    if len(salt) < 16 or name in _RESERVED:
        raise MalformedSdJwt("a disclosure has a salt of 16 bytes or more, and a name of its own")
    parts = [encode(salt), value] if name is None else [encode(salt), name, value]
    return Disclosure(encode(canonical(parts)), name, value)


def digest_of(text: str) -> str:
    """base64url of SHA-256 over ASCII ``text``."""
    return encode(sha256(text.encode("ascii")).digest())


def reveal(payload: Mapping[str, Any], disclosures: Sequence[Disclosure]) -> dict[str, Any]:
    """The processed payload (RFC 9901 §7.1, step 3): disclosed claims in place, digests and ``_sd_alg`` gone.

    Raises MalformedSdJwt for another hash than sha-256, digests that are no texts, and nesting beyond 64 levels;
    DisclosureMismatch for a digest that stands twice, a disclosure that no digest names, and a name that is taken.
    """
    if payload.get(ALG_MEMBER, SD_ALG) != SD_ALG:
        raise MalformedSdJwt("the digests are SHA-256", pointer=f"/{ALG_MEMBER}")
    opened = _Opening({disclosure.digest: disclosure for disclosure in disclosures})
    revealed = opened.object({name: value for name, value in payload.items() if name != ALG_MEMBER}, depth=0)
    opened.check_all_used()
    return revealed


class _Opening:
    """One walk through a payload: every digest met is remembered, every disclosure is put in place once."""

    def __init__(self, by_digest: Mapping[str, Disclosure]) -> None:
        self._by_digest = by_digest
        self._met: list[str] = []

    def check_all_used(self) -> None:
        met = set(self._met)
        if len(met) != len(self._met):
            raise DisclosureMismatch("a digest stands twice in the credential")
        if not self._by_digest.keys() <= met:
            raise DisclosureMismatch("a disclosure belongs to no digest of the credential")

    def object(self, value: Mapping[str, Any], *, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH or ELEMENT in value or (depth and ALG_MEMBER in value):
            raise MalformedSdJwt(f"... stands in arrays only, _sd_alg at the top, and nothing deeper than {MAX_DEPTH} levels")
        opened = {}
        for name, member in value.items():
            if name != DIGESTS:
                opened[name] = self._value(member, depth=depth + 1) if isinstance(member, dict | list) else member
        if DIGESTS in value:
            self._put_disclosed(opened, value[DIGESTS], depth=depth)
        return opened

    def _put_disclosed(self, opened: dict[str, Any], digests: Any, *, depth: int) -> None:
        if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
            raise MalformedSdJwt("_sd is a list of digests")
        self._met += digests
        for digest in digests:
            disclosure = self._by_digest.get(digest)
            if disclosure is None:
                continue
            if disclosure.name is None or disclosure.name in opened or disclosure.name == ALG_MEMBER:
                raise DisclosureMismatch("a disclosure names no claim, or one that is there already")
            opened[disclosure.name] = self._value(disclosure.value, depth=depth + 1)

    def _value(self, value: Any, *, depth: int) -> Any:
        if isinstance(value, dict):
            return self.object(value, depth=depth)
        return self._array(value, depth=depth) if isinstance(value, list) else value

    def _array(self, value: list[Any], *, depth: int) -> list[Any]:
        if depth > MAX_DEPTH:
            raise MalformedSdJwt(f"nested deeper than {MAX_DEPTH} levels")
        opened = []
        for element in value:
            if not (isinstance(element, dict) and ELEMENT in element):
                opened.append(self._value(element, depth=depth + 1))
                continue
            disclosure = self._element(element)
            if disclosure is not None:
                opened.append(self._value(disclosure.value, depth=depth + 1))
        return opened

    def _element(self, element: Mapping[str, Any]) -> Disclosure | None:
        digest = element[ELEMENT]
        if len(element) != 1 or not isinstance(digest, str):
            raise MalformedSdJwt("an array element that stands for a digest holds nothing else")
        self._met.append(digest)
        disclosure = self._by_digest.get(digest)
        if disclosure is not None and disclosure.name is not None:
            raise DisclosureMismatch("a disclosure of a claim stands for an array element")
        return disclosure
