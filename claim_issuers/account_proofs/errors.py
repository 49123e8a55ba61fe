"""Why a wallet's proof was refused, one class for each thing to put right.

>>> SiweExpired().code
'siwe_expired'
"""

from claim_issuers.errors import InvalidInput, Refused


class MalformedSiweMessage(InvalidInput):
    """The text or a part of it does not follow the EIP-4361 grammar, or is too long."""

    code = "malformed_siwe_message"


class SiweDomainMismatch(Refused):
    """The message was made for another domain: a sign of phishing."""

    code = "siwe_domain_mismatch"


class SiweUriMismatch(Refused):
    """The message was made for another URI."""

    code = "siwe_uri_mismatch"


class SiweChainMismatch(Refused):
    """The message names another chain."""

    code = "siwe_chain_mismatch"


class SiweNonceMismatch(Refused):
    """The message carries another nonce than the one we gave."""

    code = "siwe_nonce_mismatch"


class SiweExpiryMissing(Refused):
    """The message has no expiration time."""

    code = "siwe_expiry_missing"


class SiweExpired(Refused):
    """The message's expiration time has come."""

    code = "siwe_expired"


class SiweNotYetValid(Refused):
    """The message was issued in the future or is not valid yet."""

    code = "siwe_not_yet_valid"


class SiweWrongAccount(Refused):
    """Another account signed than the message names."""

    code = "siwe_wrong_account"
