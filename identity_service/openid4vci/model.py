"""Credential offers and authorizations as values, with the rules that need nothing else, and the errors of this room. No I/O.

>>> from datetime import UTC, datetime, timedelta
>>> made = datetime(2026, 1, 1, tzinfo=UTC)
>>> progress = OfferProgress(expires_at=made + OFFER_LIFETIME, fetched_at=made)
>>> progress.state(made), progress.state(made + OFFER_LIFETIME)
(<OfferState.SCANNED: 'scanned'>, <OfferState.EXPIRED: 'expired'>)
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from claim_issuers.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted, Refused
from identity_service.openid4vci.protocol_errors import WalletProtocolError

PRE_AUTHORIZED_CODE: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
AUTHORIZATION_CODE: Final = "authorization_code"

OFFER_LIFETIME: Final = timedelta(minutes=10)
TOKEN_LIFETIME: Final = timedelta(minutes=15)
UNDECIDED_TOKEN_LIFETIME: Final = timedelta(days=30)
"""Of an access token whose application waits for its decision: all that it opens is its one credential set.

Only for one that an offer led to, which whoever made it can take back, or that is worth nothing without the wallet's key.
"""

OFFERS_AN_HOUR: Final = 10
TX_CODE_LENGTH: Final = 6
TX_CODE_ATTEMPTS: Final = 5
BATCH_SIZE: Final = 10
DEFERRED_INTERVAL: Final = timedelta(seconds=30)
REJECTED_EVENT: Final = "application_rejected"
"""What the page behind an offer's QR code learns when the application was rejected."""

_CODE_BYTES: Final = 16


class OfferUnknown(NotFound):
    """No credential offer has this code or id, or none that this caller may see."""

    code = "credential_offer_unknown"


class OfferEnded(Conflict):
    """The credential offer was taken up, taken back, locked, or its time is over."""

    code = "credential_offer_ended"


class ApplicationRejected(Conflict):
    """The claim issuer rejected the application, so there is no credential to offer."""

    code = "application_turned_down"


class TooManyOffers(Conflict):
    """Offers of this application were made too often in the last hour: each may send a mail."""

    code = "too_many_credential_offers"


class WalletAuthorizationUnknown(NotFound):
    """No wallet has an authorization with this id, or it is not of an application of this account."""

    code = "wallet_authorization_unknown"


class WalletAuthorizationEnded(Conflict):
    """The wallet fetched the claim already, or the authorization was taken back or is over."""

    code = "wallet_authorization_ended"


class PreAuthorizedCodeInvalid(Refused, WalletProtocolError):
    """The pre-authorized code is unknown, or its offer was taken back or locked (RFC 6749 §5.2)."""

    code = "pre_authorized_code_invalid"
    error = "invalid_grant"


class OfferExpired(PreAuthorizedCodeInvalid):
    """The credential offer's time is over (RFC 6749 §5.2)."""

    code = "offer_expired"


class OfferUsed(PreAuthorizedCodeInvalid):
    """A wallet took the credential offer up already: its code works once (RFC 6749 §5.2)."""

    code = "offer_used"


class TransactionCodeMissing(InvalidInput, WalletProtocolError):
    """The offer demands a transaction code and the request has none (OpenID4VCI 1.0 §6.3)."""

    code = "tx_code_missing"


class TransactionCodeWrong(Refused, WalletProtocolError):
    """The transaction code is not the one that was sent (OpenID4VCI 1.0 §6.3)."""

    code = "tx_code_wrong"
    error = "invalid_grant"


class TransactionCodeExhausted(Refused, WalletProtocolError):
    """The transaction code was wrong too often: the offer is locked."""

    code = "tx_code_exhausted"
    error = "invalid_grant"


class GrantTypeUnsupported(InvalidInput, WalletProtocolError):
    """The token endpoint does not know this grant type (RFC 6749 §5.2)."""

    code = "grant_type_unsupported"
    error = "unsupported_grant_type"


class TokenRequestInvalid(InvalidInput, WalletProtocolError):
    """A parameter of the request to the token endpoint is missing, repeated or malformed (RFC 6749 §5.2)."""

    code = "token_request_invalid"


class AuthorizationDetailsInvalid(InvalidInput, WalletProtocolError):
    """The authorization details name no credential that this grant opens (RFC 9396 §5)."""

    code = "authorization_details_invalid"
    error = "invalid_authorization_details"


class WalletTokenMissing(NotAuthenticated, WalletProtocolError):
    """The request carries no access token in its Authorization header (RFC 6750 §3.1)."""

    code = "wallet_token_missing"
    error = "invalid_token"
    status = 401


class WalletTokenInvalid(NotAuthenticated, WalletProtocolError):
    """The access token is unknown or expired, belongs to another claim issuer, or is not bound as it is shown (RFC 6750 §3.1)."""

    code = "wallet_token_invalid"
    error = "invalid_token"
    status = 401


class WalletTokenInQuery(InvalidInput, WalletProtocolError):
    """The access token stands in the address, where logs keep it (RFC 6750 §2.3 advises against it)."""

    code = "wallet_token_in_query"


class CredentialRequestInvalid(InvalidInput, WalletProtocolError):
    """The credential request lacks something, says something twice or holds something malformed (OpenID4VCI 1.0 §8.3.1)."""

    code = "credential_request_invalid"
    error = "invalid_credential_request"


class CredentialConfigurationUnknown(InvalidInput, WalletProtocolError):
    """The access token is for another credential configuration, or there is none of this name (OpenID4VCI 1.0 §8.3.1)."""

    code = "credential_configuration_unknown"
    error = "unknown_credential_configuration"


class CredentialIdentifierUnknown(InvalidInput, WalletProtocolError):
    """The access token opens no credential of this identifier (OpenID4VCI 1.0 §8.3.1)."""

    code = "credential_identifier_unknown"
    error = "unknown_credential_identifier"


class CredentialSetMinted(Conflict, WalletProtocolError):
    """The access token has had its one credential set; ask for another offer."""

    code = "credential_set_minted"
    error = "credential_request_denied"


class CredentialDenied(NotPermitted, WalletProtocolError):
    """The claim issuer gives no credential: the application was rejected, or the claim is not live (any more)."""

    code = "credential_denied"
    error = "credential_request_denied"


class TransactionUnknown(NotFound, WalletProtocolError):
    """No credential waits under this transaction id, or it was fetched (OpenID4VCI 1.0 §9.3)."""

    code = "transaction_unknown"
    error = "invalid_transaction_id"


class NotificationInvalid(InvalidInput, WalletProtocolError):
    """The notification lacks a member or names an event that there is not (OpenID4VCI 1.0 §11.3)."""

    code = "notification_invalid"
    error = "invalid_notification_request"


class NotificationUnknown(NotFound, WalletProtocolError):
    """The access token belongs to no credential set with this notification id (OpenID4VCI 1.0 §11.3)."""

    code = "notification_unknown"
    error = "invalid_notification_id"


class OfferState(StrEnum):
    """How far a credential offer is; the page behind the QR code asks for this."""

    WAITING = "waiting"
    SCANNED = "scanned"
    PROVED = "proved"
    DEFERRED = "deferred"
    ISSUED = "issued"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LOCKED = "locked"

    @property
    def is_open(self) -> bool:
        """Whether a wallet may still take the offer up."""
        return self in (OfferState.WAITING, OfferState.SCANNED)


class WalletAuthorizationState(StrEnum):
    """How far a wallet is with what it was allowed: deferred when its keys are proved and the claim is to come."""

    OPEN = "open"
    DEFERRED = "deferred"
    FETCHED = "fetched"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class WalletEvent(StrEnum):
    """What a wallet may say became of its credentials (OpenID4VCI 1.0 §11.1)."""

    ACCEPTED = "credential_accepted"
    FAILED = "credential_failure"
    DELETED = "credential_deleted"


@dataclass(slots=True, kw_only=True)
class Subject:
    """Whose step it is, as soon as that is known: the application, and the offer that led to the step, if one did."""

    application_id: str | None = None
    offer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferProgress:
    """What happened to an offer, each with its instant; ``told`` is the wallet's last notification."""

    expires_at: datetime
    fetched_at: datetime | None = None
    locked_at: datetime | None = None
    withdrawn_at: datetime | None = None
    redeemed_at: datetime | None = None
    deferred_at: datetime | None = None
    issued_at: datetime | None = None
    told: WalletEvent | None = None

    def state(self, instant: datetime) -> OfferState:
        """How far the offer is at ``instant``: what was issued outlives everything, and only what is open expires."""
        if self.issued_at is not None:
            return self._after_issuing()
        ended = {OfferState.WITHDRAWN: self.withdrawn_at, OfferState.LOCKED: self.locked_at}
        for state, at in ended.items():
            if at is not None:
                return state
        if self.redeemed_at is not None:
            return OfferState.PROVED if self.deferred_at is None else OfferState.DEFERRED
        if self.expires_at <= instant:
            return OfferState.EXPIRED
        return OfferState.WAITING if self.fetched_at is None else OfferState.SCANNED

    def _after_issuing(self) -> OfferState:
        if self.told is None:
            return OfferState.ISSUED
        return OfferState.ACCEPTED if self.told is WalletEvent.ACCEPTED else OfferState.REFUSED

    def seconds_left(self, instant: datetime) -> int:
        """Whole seconds in which a wallet may still take the offer up."""
        return max(0, int((self.expires_at - instant).total_seconds())) if self.state(instant).is_open else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A credential offer as whoever applied sees it; ``code`` and what the grants hold go into the offer and nowhere else.

    ``with_tx_code`` says that a transaction code travels by mail: the offer then has the pre-authorized code grant too.
    """

    id: str
    code: str
    application_id: str
    claim_issuer_id: str
    configuration_id: str
    with_tx_code: bool
    state: OfferState
    last_event: str | None
    created_at: datetime
    expires_at: datetime
    seconds_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicOfferState:
    """What whoever holds the code may poll: nobody's name, account or claim."""

    state: OfferState
    seconds_left: int
    last_event: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """A request to the token endpoint: its form, each parameter once, and the key that its DPoP proof proved, if it has one."""

    claim_issuer_id: str
    form: Mapping[str, str]
    dpop_jkt: str | None

    def required(self, name: str) -> str:
        """A parameter. Raises TokenRequestInvalid."""
        if not self.form.get(name):
            raise TokenRequestInvalid(f"the parameter {name} is missing")
        return self.form[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """What a grant opens: the credential of one application.

    ``offer_id`` is the offer that led to it, if one did. ``details_asked`` says that an earlier step of the grant asked with
    authorization details, so that the answer names credential identifiers. ``code_hash`` is that of the authorization code: by
    it the token is found should the code be shown again. ``wallet`` is whose answer it was, as the page showed it: a host, or an
    app's scheme.
    """

    application_id: str
    claim_issuer_id: str
    configuration_id: str
    offer_id: str | None
    details_asked: bool = False
    code_hash: bytes | None = None
    wallet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenToken:
    """An access token as it is given out, once."""

    access_token: str
    token_type: str
    expires_in: timedelta
    configuration_id: str
    credential_identifier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What an access token opens."""

    id: str
    offer_id: str | None
    application_id: str
    claim_issuer_id: str
    configuration_id: str
    credential_identifier: str | None
    dpop_jkt: str | None
    expires_at: datetime

    @property
    def subject(self) -> Subject:
        """Whose it is."""
        return Subject(application_id=self.application_id, offer_id=self.offer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletAuthorization:
    """What a wallet was allowed to fetch, as whoever applied sees it; ``wallet`` is the host or the app that got the code."""

    id: str
    application_id: str
    claim_issuer_id: str
    configuration_id: str
    offer_id: str | None
    wallet: str | None
    is_bound: bool
    state: WalletAuthorizationState
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the credential endpoint gives: signed credentials, or the transaction under which they will be fetched."""

    credentials: Sequence[str] = ()
    notification_id: str | None = None
    transaction_id: str | None = None

    @property
    def is_deferred(self) -> bool:
        return self.transaction_id is not None

    def as_json(self) -> dict[str, Any]:
        """The credential response (OpenID4VCI 1.0 §8.3)."""
        if self.is_deferred:
            return {"transaction_id": self.transaction_id, "interval": int(DEFERRED_INTERVAL.total_seconds())}
        notification = {} if self.notification_id is None else {"notification_id": self.notification_id}
        return {"credentials": [{"credential": credential} for credential in self.credentials], **notification}


def short_code(keyed_hash: bytes) -> str:
    """26 base-32 characters, lower case, that hold 128 bits of a keyed hash."""
    return base64.b32encode(keyed_hash[:_CODE_BYTES]).decode().rstrip("=").lower()


def digest_of(secret: str) -> bytes:
    """Under what a secret of 128 random bits or more is found."""
    return hashlib.sha256(secret.encode()).digest()


def tx_code_of(random: bytes) -> str:
    """Six digits out of 16 random bytes, each code as likely as any other to one part in 2¹⁰⁸."""
    return f"{int.from_bytes(random) % 10**TX_CODE_LENGTH:0{TX_CODE_LENGTH}d}"
