"""DID documents to publish: keys, what each is for, services and other names (DID Core 1.0 §5).

>>> from claim_issuers.keys.public_keys import Ed25519PublicKey
>>> key = Ed25519PublicKey(bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"))
>>> signing = VerificationMethod(kid="2026", public_key=key)
>>> document = DidDocument(id="did:web:issuer.example", assertion_method=(signing,)).as_json()
>>> document["verificationMethod"][0]["id"], document["assertionMethod"]
('did:web:issuer.example#2026', ['did:web:issuer.example#2026'])
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.did import checked_did
from claim_issuers.keys.public_keys import PublicKey

CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")
"""The vocabularies of a document whose keys are JWKs (DID Core §6.3, Controlled Identifiers 1.0 §2.2.3)."""

FRAGMENT: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]{1,255}")
"""What follows ``#`` (RFC 3986 §3.5), without percent signs: they would give one name several spellings."""

# RFC 3986 §3: a scheme, then visible ASCII
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,63}:[!-~]{1,1984}")


class MalformedDidDocument(InvalidInput):
    """The DID document contradicts itself, is another DID's, holds private keys, or breaks a rule of DID Core."""

    code = "malformed_did_document"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """A public key under the name that a token's ``kid`` gives it; the document that holds it adds its DID.

    Raises MalformedDidDocument for a ``kid`` that cannot follow ``#``.
    """

    kid: str
    public_key: PublicKey

    def __post_init__(self) -> None:
        _require_fragment(self.kid)

    def as_json(self, did: str) -> dict[str, Any]:
        """The ``JsonWebKey`` of Controlled Identifiers 1.0 §2.2.3, controlled by ``did``."""
        jwk = {**self.public_key.jwk(), "kid": self.kid, "alg": self.public_key.alg}
        return {"id": f"{did}#{self.kid}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": jwk}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Where the DID's subject can be reached for one purpose (DID Core §5.4): ``name`` follows ``#``, ``endpoint`` is a URI.

    Raises MalformedDidDocument.
    """

    name: str
    type: str
    endpoint: str

    def __post_init__(self) -> None:
        _require_fragment(self.name)
        _require(isinstance(self.type, str) and 0 < len(self.type) <= 255, "a service has a type", "/service")
        _require_uri(self.endpoint, "/service")

    def as_json(self, did: str) -> dict[str, Any]:
        """The service as an entry of ``did``'s document."""
        return {"id": f"{did}#{self.name}", "type": self.type, "serviceEndpoint": self.endpoint}


@dataclass(frozen=True, slots=True, kw_only=True)
class DidDocument:
    """What a DID says of its subject.

    ``assertion_method`` holds the keys that sign claims, ``authentication`` those that prove who is calling; one key may do both.
    Every method named is in the document, because the document is made of what is named.

    Raises MalformedDid; MalformedDidDocument when two keys or services share a name, or another name is no URI.
    """

    id: str
    assertion_method: tuple[VerificationMethod, ...] = ()
    authentication: tuple[VerificationMethod, ...] = ()
    services: tuple[Service, ...] = ()
    also_known_as: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checked_did(self.id)
        _require_each_once((method.kid for method in self.assertion_method), "/assertionMethod")
        _require_each_once((method.kid for method in self.authentication), "/authentication")
        names = [*(method.kid for method in self.verification_methods), *(service.name for service in self.services)]
        _require_each_once(names, "/verificationMethod")
        _require_each_once(self.also_known_as, "/alsoKnownAs")
        for name in self.also_known_as:
            _require_uri(name, "/alsoKnownAs")

    @property
    def verification_methods(self) -> tuple[VerificationMethod, ...]:
        """Every method once, in the order of its first naming."""
        return tuple(dict.fromkeys(chain(self.assertion_method, self.authentication)))

    def as_json(self) -> dict[str, Any]:
        """The document as JSON-LD (DID Core §6.3); a member that would be empty is left out."""
        members = {
            "@context": list(CONTEXT),
            "id": self.id,
            "alsoKnownAs": list(self.also_known_as),
            "verificationMethod": [method.as_json(self.id) for method in self.verification_methods],
            "authentication": [f"{self.id}#{method.kid}" for method in self.authentication],
            "assertionMethod": [f"{self.id}#{method.kid}" for method in self.assertion_method],
            "service": [service.as_json(self.id) for service in self.services],
        }
        return {name: value for name, value in members.items() if value}


def _require(condition: bool, detail: str, pointer: str) -> None:
    if not condition:
        raise MalformedDidDocument(detail, pointer=pointer)


def _require_fragment(name: str) -> None:
    fits = isinstance(name, str) and FRAGMENT.fullmatch(name)
    _require(bool(fits), "a name behind # has 1 to 255 characters of RFC 3986, no percent signs", "/id")


def _require_uri(text: str, pointer: str) -> None:
    _require(isinstance(text, str) and bool(_URI.fullmatch(text)), "write an absolute URI", pointer)


def _require_each_once(names: Iterable[str], pointer: str) -> None:
    listed = list(names)
    _require(len(set(listed)) == len(listed), "a name stands twice", pointer)
