"""What is published about each claim issuer for wallets and verifiers: metadata, keys, and the types of its credentials."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from claim_issuers.claims.vocabulary import UnknownClaimType, claim_type
from claim_issuers.clock import Clock
from claim_issuers.errors import NotFound
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.signers import Signer
from identity_service.mesh.model import ClaimIssuer
from identity_service.mesh.service import Mesh
from identity_service.openid4vci.encryption import RequestKey
from identity_service.openid4vci.metadata import (
    CredentialIssuer,
    authorization_server_metadata,
    credential_issuer_metadata,
    signed_metadata,
)
from identity_service.openid4vci.offers import CodeVault

_REQUEST_KEY: Final = "openid4vci-request-key"


class CredentialTypeUnknown(NotFound):
    """No credential type has this name."""

    code = "credential_type_unknown"


class SigningKeys(Protocol):
    """What this needs of the vault's signers."""

    def signer(self, name: str) -> Signer: ...


@dataclass(frozen=True, kw_only=True)
class IssuerDocuments:
    """Writes the documents. A credential issuer's identifier is its authorization server's issuer and its credentials' ``iss``."""

    clock: Clock
    mesh: Mesh
    keys: SigningKeys
    vault: CodeVault
    credential_types: CredentialTypes
    public_url: str

    @cached_property
    def request_key(self) -> RequestKey:
        """The key for encrypted credential requests: the same in every process of this vault."""
        return RequestKey.derive(lambda part: self.vault.keyed_hash(_REQUEST_KEY, bytes([part])))

    def credential_issuer(self, session: Session, claim_issuer_id: str) -> dict[str, Any]:
        """Credential issuer metadata (OpenID4VCI 1.0 §12.2.4). Raises ClaimIssuerUnknown."""
        return credential_issuer_metadata(self._presented(self.mesh.get(session, claim_issuer_id)))

    def signed_credential_issuer(self, session: Session, claim_issuer_id: str) -> str:
        """The same as a signed JWT (§12.2.3). Raises ClaimIssuerUnknown."""
        claim_issuer = self.mesh.get(session, claim_issuer_id)
        return signed_metadata(self._presented(claim_issuer), self.keys.signer(claim_issuer.key_name), self.clock.now())

    def authorization_server(self, session: Session, claim_issuer_id: str) -> dict[str, Any]:
        """Authorization server metadata (RFC 8414 §2). Raises ClaimIssuerUnknown."""
        return authorization_server_metadata(self._presented(self.mesh.get(session, claim_issuer_id)))

    def jwks(self, session: Session, claim_issuer_id: str) -> dict[str, Any]:
        """The keys that sign the claim issuer's credentials (RFC 7517 §5). Raises ClaimIssuerUnknown."""
        return {"keys": [self.keys.signer(self.mesh.get(session, claim_issuer_id).key_name).public_jwk()]}

    def jwt_vc_issuer(self, session: Session, claim_issuer_id: str) -> dict[str, Any]:
        """JWT VC issuer metadata (SD-JWT VC §5). Raises ClaimIssuerUnknown."""
        return {"issuer": self._identifier(claim_issuer_id), "jwks": self.jwks(session, claim_issuer_id)}

    def credential_type(self, name: str) -> bytes:
        """The type metadata of a claim type, the very bytes that credentials name by hash. Raises CredentialTypeUnknown."""
        try:
            return self.credential_types.document(claim_type(name))
        except UnknownClaimType as error:
            raise CredentialTypeUnknown("GET /v1/claim-types lists them") from error

    def _presented(self, claim_issuer: ClaimIssuer) -> CredentialIssuer:
        return CredentialIssuer(
            identifier=self._identifier(claim_issuer.id),
            name=claim_issuer.name,
            claim_types=sorted(claim_issuer.claim_types),
            credential_types=self.credential_types,
            signing_algorithm=self.keys.signer(claim_issuer.key_name).alg,
            request_key=self.request_key.public_jwk(),
        )

    def _identifier(self, claim_issuer_id: str) -> str:
        return f"{self.public_url}/claim-issuers/{claim_issuer_id}"
