"""Why an order was refused, one class for each thing to put right.

>>> REFUSALS["order_expired"].__name__
'OrderExpired'
"""

from collections.abc import Mapping
from types import MappingProxyType

from claim_issuers.errors import InvalidInput, Refused, Unavailable


class MalformedOrder(InvalidInput):
    """A member of the order or of its envelope is missing, unknown or not in its one canonical form."""

    code = "malformed_order"


class OrderNotVerifiable(Unavailable):
    """A check of the order could not be made, so the order counts neither as good nor as bad."""

    code = "order_not_verifiable"


class OrderAltered(Refused):
    """The order is not the document whose hash was signed: it was changed after signing."""

    code = "order_altered"


class OrderWrongChain(Refused):
    """The order was signed for another chain than its token's, or its intermediary lies on another one."""

    code = "order_wrong_chain"


class OrderWrongToken(Refused):
    """The order was signed for another token than the one it names."""

    code = "order_wrong_token"


class OrderWrongNetwork(Refused):
    """The order is addressed to another network."""

    code = "order_wrong_network"


class OrderLifetimeTooLong(Refused):
    """The order lives longer than orders may."""

    code = "order_lifetime_too_long"


class OrderNotYetValid(Refused):
    """The order's time has not come: it says it was issued later than now."""

    code = "order_not_yet_valid"


class OrderExpired(Refused):
    """The order's time is over."""

    code = "order_expired"


class OrderSignatureNotCanonical(Refused):
    """The signature is not r‖s‖v with a low s and a v of 27 or 28."""

    code = "order_signature_not_canonical"


class OrderSignedByAnotherAccount(Refused):
    """The order's intermediary did not sign it."""

    code = "order_signed_by_another_account"


class OrderClaimMissing(Refused):
    """No intermediary claim is bound to the account that the order names as intermediary."""

    code = "order_claim_missing"


class OrderClaimNotYetValid(Refused):
    """The intermediary's claim was not valid yet when the order was issued."""

    code = "order_claim_not_yet_valid"


class OrderClaimExpired(Refused):
    """The intermediary's claim has expired."""

    code = "order_claim_expired"


class OrderClaimRevoked(Refused):
    """The intermediary's claim had been revoked before the order was issued, or nobody can say that it was later."""

    code = "order_claim_revoked"


class OrderClaimRevokedSinceSigning(Refused):
    """The intermediary's claim was revoked after the order was issued and before it was verified."""

    code = "order_claim_revoked_since_signing"


class OrderClaimSuspended(Refused):
    """The intermediary's claim is suspended."""

    code = "order_claim_suspended"


class OrderClaimIssuerNotAccredited(Refused):
    """No path of accreditations leads from a root to the issuer of the intermediary's claim."""

    code = "order_claim_issuer_not_accredited"


class OrderSignatoryNotAuthorised(Refused):
    """The signatory is neither the intermediary's account nor one that its claim attests."""

    code = "order_signatory_not_authorised"


REFUSALS: Mapping[str, type[Refused]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            OrderAltered,
            OrderWrongChain,
            OrderWrongToken,
            OrderWrongNetwork,
            OrderLifetimeTooLong,
            OrderNotYetValid,
            OrderExpired,
            OrderSignatureNotCanonical,
            OrderSignedByAnotherAccount,
            OrderClaimMissing,
            OrderClaimNotYetValid,
            OrderClaimExpired,
            OrderClaimRevoked,
            OrderClaimRevokedSinceSigning,
            OrderClaimSuspended,
            OrderClaimIssuerNotAccredited,
            OrderSignatoryNotAuthorised,
        )
    }
)
"""Each reason a check can fail for, with the error that says it."""
