"""Why a signed token is refused: one error for each thing its maker can mend.

>>> TokenExpired().code
'token_expired'
"""

from claim_issuers.errors import Refused


class MalformedToken(Refused):
    """The token is not a compact JWS of three canonical base64url parts with JSON objects in the first two."""

    code = "malformed_token"


class TokenTooLarge(Refused):
    """The token is longer than we read."""

    code = "token_too_large"


class AlgorithmNotAllowed(Refused):
    """The token's algorithm is not one the caller chose, or not the key's."""

    code = "algorithm_not_allowed"


class WrongTokenType(Refused):
    """The token's ``typ`` is missing or names another kind of token."""

    code = "wrong_token_type"


class KeyInToken(Refused):
    """The token's header carries or points to a key."""

    code = "key_in_token"


class CriticalHeader(Refused):
    """The token's header demands an extension (``crit``) or an unencoded payload (``b64``)."""

    code = "critical_header"


class UnknownKey(Refused):
    """The token names no key, or one that the caller does not know."""

    code = "unknown_key"


class ExpiryMissing(Refused):
    """The token has no ``exp``, or one that is not a whole number of seconds."""

    code = "expiry_missing"


class TokenExpired(Refused):
    """The token's time is over."""

    code = "token_expired"


class TokenNotYetValid(Refused):
    """The token's time has not come, or it was issued in the future."""

    code = "token_not_yet_valid"


class SignatureNotChecked(Refused):
    """Without a key that fits, no signature can be checked."""

    code = "signature_not_checked"
