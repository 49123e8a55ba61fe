"""What every credential form has in common: how a claim becomes one signed text, and how it is read back.

A further form is a file beside ``vc_jwt`` and ``sd_jwt_vc`` with a class of this shape; nothing else changes.

>>> from claim_issuers.formats.vc_jwt import VcJwt
>>> VcJwt().form
'vc+jwt'
"""

from collections.abc import Callable
from typing import Protocol

from claim_issuers.claims.claim import Claim
from claim_issuers.errors import Refused
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.keys.signers import Signer

IssuerKeys = Callable[[str, str], PublicKey]
"""Gives the key of a claim issuer's DID and a ``kid``: a key of another issuer must never come back. May raise KeyError."""


class MalformedCredential(Refused):
    """The token is well signed but is not a credential of the form we issue."""

    code = "malformed_credential"


class CredentialForm(Protocol):
    """One way to write a claim as a credential."""

    @property
    def form(self) -> str:
        """The form's name: its media type without ``application/``."""
        ...

    def encode(self, claim: Claim, signer: Signer) -> str:
        """The signed credential. The same claim and signer always give the same text."""
        ...

    def decode(self, text: str, *, keys: IssuerKeys) -> Claim:
        """The claim in a credential that shows all of it, once its signature held. Raises errors of the branch Refused."""
        ...
