"""What a claim issuer says of itself to wallets: as credential issuer (OpenID4VCI 1.0 §12.2), as authorization server (RFC 8414).

>>> well_known("https://issuer.example/claim-issuers/ci_1", CREDENTIAL_ISSUER)
'https://issuer.example/.well-known/openid-credential-issuer/claim-issuers/ci_1'
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from claim_issuers.claims.vocabulary import ClaimType, claim_type
from claim_issuers.clock import unix_seconds
from claim_issuers.formats.jose import sign_compact
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.signers import Signer
from identity_service.openid4vci import dpop, encryption, proofs
from identity_service.openid4vci.credential_words import CLAIM_TYPE_WORDS, CLAIM_WORDS, in_each_language
from identity_service.openid4vci.model import AUTHORIZATION_CODE, BATCH_SIZE, PRE_AUTHORIZED_CODE
from identity_service.openid4vci.pkce import S256

CREDENTIAL_ISSUER: Final = "openid-credential-issuer"
AUTHORIZATION_SERVER: Final = "oauth-authorization-server"
FORMAT: Final = "dc+sd-jwt"
SIGNED_TYP: Final = "openidvci-issuer-metadata+jwt"
SIGNED_LIFETIME: Final = timedelta(days=1)
BINDING_METHODS: Final = ("jwk", "did:key", "did:jwk")
CREDENTIAL_AUTHORIZATION: Final = "openid_credential"
"""The type of authorization details by which a wallet asks for a credential (OpenID4VCI 1.0 §5.1.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialIssuer:
    """A claim issuer as wallets see it. ``identifier`` is its URL, without a trailing slash, and names both of its roles.

    ``request_key`` is our key for encrypted requests; responses are encrypted only where there is one. With
    ``encryption_required`` nothing is exchanged in the clear.
    """

    identifier: str
    name: str
    claim_types: Sequence[str]
    credential_types: CredentialTypes
    signing_algorithm: str
    request_key: Mapping[str, str] | None = None
    encryption_required: bool = False

    def address(self, endpoint: str) -> str:
        """The address of an endpoint: token, nonce, credential, deferred-credential, notification, par or authorize."""
        return f"{self.identifier}/{endpoint}"


def well_known(identifier: str, name: str) -> str:
    """Where a document about ``identifier`` is served: the well-known path stands before the identifier's own (RFC 8414 §3.1)."""
    parts = urlsplit(identifier)
    return f"{parts.scheme}://{parts.netloc}/.well-known/{name}{parts.path}"


def credential_issuer_metadata(issuer: CredentialIssuer) -> dict[str, Any]:
    """The metadata of a credential issuer (OpenID4VCI 1.0 §12.2.4), in English and German."""
    return {
        "credential_issuer": issuer.identifier,
        "authorization_servers": [issuer.identifier],
        "credential_endpoint": issuer.address("credential"),
        "nonce_endpoint": issuer.address("nonce"),
        "deferred_credential_endpoint": issuer.address("deferred-credential"),
        "notification_endpoint": issuer.address("notification"),
        "batch_credential_issuance": {"batch_size": BATCH_SIZE},
        **_encryption(issuer),
        "display": [{"locale": language, "name": issuer.name} for language in ("en", "de")],
        "credential_configurations_supported": {
            name: _configuration(issuer, claim_type(name)) for name in sorted(issuer.claim_types)
        },
    }


def signed_metadata(issuer: CredentialIssuer, signer: Signer, instant: datetime) -> str:
    """The same as a JWT that the claim issuer signed (§12.2.3); it holds for SIGNED_LIFETIME."""
    issued_at = unix_seconds(instant)
    claims = {
        "iss": issuer.identifier,
        "sub": issuer.identifier,
        "iat": issued_at,
        "exp": issued_at + int(SIGNED_LIFETIME.total_seconds()),
    }
    return sign_compact(SIGNED_TYP, {**credential_issuer_metadata(issuer), **claims}, signer)


def authorization_server_metadata(issuer: CredentialIssuer) -> dict[str, Any]:
    """The metadata of the authorization server, which is the claim issuer itself (RFC 8414 §2)."""
    return {
        "issuer": issuer.identifier,
        "token_endpoint": issuer.address("token"),
        "authorization_endpoint": issuer.address("authorize"),
        "pushed_authorization_request_endpoint": issuer.address("par"),
        "require_pushed_authorization_requests": True,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE],
        "scopes_supported": sorted(issuer.claim_types),
        "authorization_details_types_supported": [CREDENTIAL_AUTHORIZATION],
        "code_challenge_methods_supported": [S256],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": True,
        "pre-authorized_grant_anonymous_access_supported": True,
        "ui_locales_supported": ["en", "de"],
    }


def _encryption(issuer: CredentialIssuer) -> dict[str, Any]:
    if issuer.request_key is None:
        return {}
    common = {"enc_values_supported": list(encryption.ENC_VALUES), "encryption_required": issuer.encryption_required}
    return {
        "credential_request_encryption": {"jwks": {"keys": [dict(issuer.request_key)]}, **common},
        "credential_response_encryption": {"alg_values_supported": [encryption.ALG], **common},
    }


def _configuration(issuer: CredentialIssuer, kind: ClaimType) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "vct": issuer.credential_types.vct(kind),
        "scope": kind.name,
        "cryptographic_binding_methods_supported": list(BINDING_METHODS),
        "credential_signing_alg_values_supported": [issuer.signing_algorithm],
        "proof_types_supported": {proofs.PROOF_TYPE: {"proof_signing_alg_values_supported": list(proofs.ALGORITHMS)}},
        "credential_metadata": {
            "display": in_each_language(CLAIM_TYPE_WORDS, kind.name),
            "claims": [_described("sub", mandatory=True), *_stated(kind)],
        },
    }


def _stated(kind: ClaimType) -> list[dict[str, Any]]:
    fields = kind.attributes.model_fields.items()
    return [_described(name, mandatory=field.is_required()) for name, field in fields]


def _described(name: str, *, mandatory: bool) -> dict[str, Any]:
    return {"path": [name], "mandatory": mandatory, "display": in_each_language(CLAIM_WORDS, name)}
