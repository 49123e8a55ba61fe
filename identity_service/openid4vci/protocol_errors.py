"""What the wallet protocols refuse: each refusal a class, with the ``error`` that its specification gives it.

>>> KeyProofInvalid.error, DpopNonceRequired.error
('invalid_proof', 'use_dpop_nonce')
"""

from typing import ClassVar

from claim_issuers.errors import InvalidInput, NotAuthenticated, Refused


class WalletProtocolError:
    """A refusal in OAuth's own form: ``error`` stands in the answer, ``status`` is its HTTP status."""

    error: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400


class KeyProofInvalid(Refused, WalletProtocolError):
    """A key proof is missing or does not prove the key that the credential is to name (OpenID4VCI 1.0 §8.3.1)."""

    code = "key_proof_invalid"
    error = "invalid_proof"


class CredentialNonceInvalid(Refused, WalletProtocolError):
    """A key proof holds a nonce that is not ours, too old or used up (OpenID4VCI 1.0 §8.3.1)."""

    code = "credential_nonce_invalid"
    error = "invalid_nonce"


class DpopProofInvalid(NotAuthenticated, WalletProtocolError):
    """The DPoP proof does not prove the key for this request (RFC 9449 §4.3)."""

    code = "dpop_proof_invalid"
    error = "invalid_dpop_proof"


class DpopNonceRequired(NotAuthenticated, WalletProtocolError):
    """The DPoP proof lacks a nonce of ours, or holds one too old: sign again with the one in ``DPoP-Nonce`` (RFC 9449 §8)."""

    code = "dpop_nonce_required"
    error = "use_dpop_nonce"


class EncryptionParametersInvalid(InvalidInput, WalletProtocolError):
    """The wallet asks for an encryption that we do not make, or its request cannot be decrypted (OpenID4VCI 1.0 §8.3.1)."""

    code = "encryption_parameters_invalid"
    error = "invalid_encryption_parameters"


class CodeChallengeInvalid(InvalidInput, WalletProtocolError):
    """The PKCE challenge is missing or was not made with S256 (RFC 7636 §4.4.1)."""

    code = "code_challenge_invalid"
    error = "invalid_request"


class CodeVerifierInvalid(Refused, WalletProtocolError):
    """The PKCE verifier is missing or is not the one behind the challenge (RFC 7636 §4.6)."""

    code = "code_verifier_invalid"
    error = "invalid_grant"
