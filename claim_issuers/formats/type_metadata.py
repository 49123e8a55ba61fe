"""The credential types behind ``vct``: one address a claim type, with the metadata document that is served there.

>>> from claim_issuers.claims.vocabulary import claim_type
>>> types = CredentialTypes("https://issuer.example/credential-types")
>>> types.vct(claim_type("INVESTOR"))
'https://issuer.example/credential-types/INVESTOR'
>>> types.claim_type_of("https://issuer.example/credential-types/INVESTOR").name
'INVESTOR'
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from claim_issuers.claims.vocabulary import ClaimType, claim_type
from claim_issuers.encodings.canonical_json import canonical
from claim_issuers.errors import InvalidInput

_BASE = re.compile(r"https?://[!-~]{1,1000}[^/]")


class InvalidCredentialTypes(InvalidInput):
    """The base of the credential types is not a web address without a trailing slash."""

    code = "invalid_credential_types"


class UnknownCredentialType(InvalidInput):
    """The ``vct`` is not one of these credential types."""

    code = "unknown_credential_type"


@dataclass(frozen=True, slots=True)
class CredentialTypes:
    """The credential types of one publisher, below ``base_uri`` (no trailing slash). Raises InvalidCredentialTypes."""

    base_uri: str

    def __post_init__(self) -> None:
        if not _BASE.fullmatch(self.base_uri):
            raise InvalidCredentialTypes("write the web address below which the types are published, without a trailing slash")

    def vct(self, kind: ClaimType) -> str:
        """The ``vct`` of a claim type: the address of its metadata (SD-JWT VC §6.3.1)."""
        return f"{self.base_uri}/{kind.name}"

    def claim_type_of(self, vct: object) -> ClaimType:
        """The claim type of a ``vct``. Raises UnknownCredentialType."""
        base, _, name = vct.rpartition("/") if isinstance(vct, str) else ("", "", "")
        try:
            if base == self.base_uri:
                return claim_type(name)
        except InvalidInput:
            pass
        raise UnknownCredentialType(f"expected a type below {self.base_uri}", pointer="/vct")

    def document(self, kind: ClaimType) -> bytes:
        """The type metadata to serve at the ``vct``, JSON (SD-JWT VC §6.2): the very bytes that ``integrity`` is over."""
        return _document(self.vct(kind), kind)

    def integrity(self, kind: ClaimType) -> str:
        """The ``vct#integrity`` of a claim type: ``sha256-`` and base64, as W3C Subresource Integrity writes it."""
        return _integrity(self.base_uri, kind.name)


@lru_cache(maxsize=256)
def _integrity(base_uri: str, name: str) -> str:
    document = CredentialTypes(base_uri).document(claim_type(name))
    return "sha256-" + b64encode(sha256(document).digest()).decode()


def _document(vct: str, kind: ClaimType) -> bytes:
    title = kind.name.replace("_", " ").capitalize()
    disclosable = "always" if kind.attributes.selectively_disclosable else "never"
    return canonical(
        {
            "vct": vct,
            "name": title,
            "description": f"{title}: a claim bound to a wallet",
            "display": [{"locale": "en", "name": title}],
            "claims": [_described("sub", "Account", "never"), *_attributes(kind, disclosable)],
        }
    )


def _attributes(kind: ClaimType, disclosable: str) -> list[dict[str, Any]]:
    return [_described(name, name.replace("_", " ").capitalize(), disclosable) for name in kind.attributes.model_fields]


def _described(name: str, label: str, disclosable: str) -> dict[str, Any]:
    return {"path": [name], "display": [{"locale": "en", "label": label}], "sd": disclosable}
