"""What a claim issuer tells wallets about itself (OpenID4VCI 1.0 §12.2, RFC 8414 §2)."""

from datetime import UTC, datetime

import pytest

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.formats.jose import verify_compact
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.openid4vci.credential_words import CLAIM_TYPE_WORDS, CLAIM_WORDS, in_each_language
from identity_service.openid4vci.metadata import (
    AUTHORIZATION_SERVER,
    CREDENTIAL_ISSUER,
    CredentialIssuer,
    authorization_server_metadata,
    credential_issuer_metadata,
    signed_metadata,
    well_known,
)

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDENTIFIER = "https://identity.example/claim-issuers/ci_1"
REQUEST_KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "k", "use": "enc", "alg": "ECDH-ES"}


def issuer(request_key: dict[str, str] | None = None) -> CredentialIssuer:
    return CredentialIssuer(
        identifier=IDENTIFIER,
        name="Alpine Verification AG",
        claim_types=("FAMILY_OFFICE", "INVESTOR"),
        credential_types=CredentialTypes("https://identity.example/credential-types"),
        signing_algorithm="EdDSA",
        request_key=request_key,
    )


def test_the_documents_lie_between_host_and_path() -> None:
    assert well_known(IDENTIFIER, CREDENTIAL_ISSUER) == (
        "https://identity.example/.well-known/openid-credential-issuer/claim-issuers/ci_1"
    )
    assert well_known("https://identity.example", AUTHORIZATION_SERVER) == (
        "https://identity.example/.well-known/oauth-authorization-server"
    )


def test_the_credential_issuer_names_itself_and_its_endpoints() -> None:
    document = credential_issuer_metadata(issuer())
    assert document["credential_issuer"] == IDENTIFIER
    assert document["authorization_servers"] == [IDENTIFIER]
    assert document["credential_endpoint"] == f"{IDENTIFIER}/credential"
    assert document["nonce_endpoint"] == f"{IDENTIFIER}/nonce"
    assert document["deferred_credential_endpoint"] == f"{IDENTIFIER}/deferred-credential"
    assert document["notification_endpoint"] == f"{IDENTIFIER}/notification"
    assert document["batch_credential_issuance"]["batch_size"] >= 2


def test_a_configuration_is_a_claim_type() -> None:
    configuration = credential_issuer_metadata(issuer())["credential_configurations_supported"]["INVESTOR"]
    assert configuration["format"] == "dc+sd-jwt"
    assert configuration["vct"] == "https://identity.example/credential-types/INVESTOR"
    assert configuration["scope"] == "INVESTOR"
    assert configuration["cryptographic_binding_methods_supported"] == ["jwk", "did:key", "did:jwk"]
    assert configuration["credential_signing_alg_values_supported"] == ["EdDSA"]
    assert configuration["proof_types_supported"] == {"jwt": {"proof_signing_alg_values_supported": ["ES256", "EdDSA"]}}
    claims = {claim["path"][0]: claim["mandatory"] for claim in configuration["credential_metadata"]["claims"]}
    assert claims == {"sub": True, "classification": True, "country": False, "name": False, "birthdate": False}


def test_only_what_the_claim_issuer_issues_is_offered() -> None:
    assert list(credential_issuer_metadata(issuer())["credential_configurations_supported"]) == ["FAMILY_OFFICE", "INVESTOR"]


@pytest.mark.parametrize("name", sorted(CLAIM_TYPES))
def test_every_claim_type_and_what_it_states_has_words_in_both_languages(name: str) -> None:
    assert name in CLAIM_TYPE_WORDS
    assert set(CLAIM_TYPES[name].attributes.model_fields) <= set(CLAIM_WORDS)


def test_a_name_without_words_is_shown_as_it_is_called() -> None:
    assert in_each_language(CLAIM_WORDS, "new_attribute") == [{"locale": "en", "name": "New attribute"}]


def test_no_language_stands_twice_in_a_display() -> None:
    document = credential_issuer_metadata(issuer())
    configuration = document["credential_configurations_supported"]["INVESTOR"]["credential_metadata"]
    for display in (document["display"], configuration["display"], *(claim["display"] for claim in configuration["claims"])):
        assert [entry["locale"] for entry in display] == ["en", "de"]


def test_encryption_is_offered_where_requests_can_be_encrypted_too() -> None:
    assert "credential_response_encryption" not in credential_issuer_metadata(issuer())
    document = credential_issuer_metadata(issuer(REQUEST_KEY))
    assert document["credential_request_encryption"] == {
        "jwks": {"keys": [REQUEST_KEY]},
        "enc_values_supported": ["A128GCM", "A256GCM"],
        "encryption_required": False,
    }
    assert document["credential_response_encryption"] == {
        "alg_values_supported": ["ECDH-ES"],
        "enc_values_supported": ["A128GCM", "A256GCM"],
        "encryption_required": False,
    }


def test_the_signed_form_says_the_same_and_who_signed_it_until_when() -> None:
    signer = Ed25519Signer(bytes(32))
    token = verify_compact(
        signed_metadata(issuer(), signer, AT),
        keys={signer.kid: signer.public_key}.__getitem__,
        algorithms=["EdDSA"],
        typ="openidvci-issuer-metadata+jwt",
    )
    token.check_time(AT)
    payload = dict(token.payload)
    assert (payload.pop("iss"), payload.pop("sub"), payload.pop("exp") - payload.pop("iat")) == (IDENTIFIER, IDENTIFIER, 86400)
    assert payload == credential_issuer_metadata(issuer())


def test_the_authorization_server_says_what_it_demands() -> None:
    document = authorization_server_metadata(issuer())
    assert document["issuer"] == IDENTIFIER
    assert document["token_endpoint"] == f"{IDENTIFIER}/token"
    assert document["authorization_endpoint"] == f"{IDENTIFIER}/authorize"
    assert document["pushed_authorization_request_endpoint"] == f"{IDENTIFIER}/par"
    assert document["require_pushed_authorization_requests"] is True
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["pre-authorized_grant_anonymous_access_supported"] is True
    assert document["token_endpoint_auth_methods_supported"] == ["none"]
    assert set(document["grant_types_supported"]) == {
        "authorization_code",
        "urn:ietf:params:oauth:grant-type:pre-authorized_code",
    }
