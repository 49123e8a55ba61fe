"""Roles, scopes, callers and their errors. No I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from claim_issuers.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted, Refused
from claim_issuers.identifiers.accounts import Account


class AccessTokenMissing(NotAuthenticated):
    """The request carries no bearer token."""

    code = "access_token_missing"


class AccessTokenInvalid(NotAuthenticated):
    """The bearer token is unknown, expired or withdrawn."""

    code = "access_token_invalid"


class ScopeMissing(NotPermitted):
    """The token does not hold the scope that this request needs."""

    code = "scope_missing"


class ClientUnknown(NotFound):
    """No machine client has this id."""

    code = "client_unknown"


class ClientKeyInvalid(InvalidInput):
    """The client's public key is no public Ed25519 JWK."""

    code = "client_key_invalid"


class ScopeNotAllowed(InvalidInput):
    """A scope was asked for that the role does not have."""

    code = "scope_not_allowed"


class NonceUnknown(Refused):
    """The nonce was not given out by this service."""

    code = "nonce_unknown"


class NonceExpired(Refused):
    """The nonce was given out too long ago."""

    code = "nonce_expired"


class NonceReplayed(Refused):
    """The nonce was used before."""

    code = "nonce_replayed"


class AccountMismatch(Refused):
    """The proof is about another account than the challenge."""

    code = "account_mismatch"


class AccountSignatureInvalid(Refused):
    """The signature was not made by the account."""

    code = "account_signature_invalid"


class AccountLost(Refused):
    """The account's holder lost the wallet, so nothing that its key signs counts any more."""

    code = "account_lost"


class SessionMissing(NotAuthenticated):
    """The page is for people who have signed in."""

    code = "session_missing"


class RequestFromElsewhere(NotPermitted):
    """The form was not sent from a page of this service."""

    code = "request_from_elsewhere"


class PageForAnotherRole(NotPermitted):
    """The page belongs to roles that this person does not hold."""

    code = "page_for_another_role"


class SeatUnknown(NotFound):
    """No seat has this id."""

    code = "seat_unknown"


class SeatTaken(Conflict):
    """The account has a seat already."""

    code = "seat_taken"


class SeatInvalid(InvalidInput):
    """This role is not held by signing in with a wallet."""

    code = "seat_invalid"


class SeatAlreadyEnded(Conflict):
    """The seat was ended before."""

    code = "seat_already_ended"


class AccountProofUnknown(NotFound):
    """No account proof has this id."""

    code = "account_proof_unknown"


class GrantUnknown(NotFound):
    """No grant has this id, or none that this caller may know of."""

    code = "grant_unknown"


class GrantMissing(NotPermitted):
    """No live grant lets this viewer see names of this token for this purpose."""

    code = "grant_missing"


class GrantInvalid(InvalidInput):
    """The grant breaks a rule: who may give it, its purpose, its basis or its validity."""

    code = "grant_invalid"


class GrantAlreadyWithdrawn(Conflict):
    """The grant was withdrawn before."""

    code = "grant_already_withdrawn"


class Role(StrEnum):
    """What a machine client is to this service."""

    ADMINISTRATOR = "administrator"
    CLAIM_ISSUER = "claim_issuer"
    FAMILY_OFFICE = "family_office"
    CUSTODIAN = "custodian"
    NETWORK = "network"
    TOKEN_ISSUER = "token_issuer"  # noqa: S105 - a role, not a secret
    TRANSFER_AGENT = "transfer_agent"
    REGULATOR = "regulator"


READER_SCOPES: Final = frozenset({"eligibility:read", "cap-table:read", "tokens:read", "grants:read"})

INTERMEDIARY_SCOPES: Final = READER_SCOPES | {"accounts:write", "invitations:write", "orders:read", "orders:write"}

ROLE_SCOPES: Final[dict[Role, frozenset[str]]] = {
    Role.ADMINISTRATOR: frozenset(
        {
            "clients:write",
            "parties:write",
            "mesh:write",
            "tokens:write",
            "tokens:read",
            "grants:read",
            "grants:write",
            "audit:read",
            "jobs:read",
        }
    ),
    Role.CLAIM_ISSUER: frozenset(
        {
            "applications:decide",
            "invitations:write",
            "claims:read",
            "claims:issue",
            "claims:revoke",
            "identity-contracts:write",
            "jobs:read",
            "eligibility:read",
            "tokens:read",
        }
    ),
    Role.FAMILY_OFFICE: INTERMEDIARY_SCOPES,
    Role.CUSTODIAN: INTERMEDIARY_SCOPES,
    Role.NETWORK: READER_SCOPES | {"orders:read", "orders:write"},
    Role.TOKEN_ISSUER: READER_SCOPES | {"registrations:write", "grants:write", "jobs:read", "orders:read"},
    Role.TRANSFER_AGENT: READER_SCOPES,
    Role.REGULATOR: READER_SCOPES,
}

WALLET_SCOPES: Final = frozenset({"me"})
SEAT_ROLES: Final = frozenset(Role) - {Role.ADMINISTRATOR}
"""A wallet is not enough to administer the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who stands behind a request: a machine client, or a person who proved an account.

    Such a person may hold a seat: then ``role`` and ``party_id`` are those for which the account acts. ``subject`` names the
    caller in the audit log and keys idempotency: the client id, or the CAIP-10 account.
    """

    subject: str
    scopes: frozenset[str]
    role: Role | None = None
    party_id: str | None = None
    account: Account | None = None
    account_proof_id: str | None = None
    seat_id: str | None = None

    @property
    def named_to_others(self) -> str:
        """How a person whose data were read learns of the reader: by client or seat, not by the officer's own wallet."""
        return self.seat_id or self.subject

    def holds(self, scope: str) -> bool:
        return scope in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Whoever controls ``account`` acts for the party in the role, until the seat ends."""

    id: str
    account: Account
    role: Role
    party_id: str
    given_at: datetime
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.role not in SEAT_ROLES:
            raise SeatInvalid("register a machine client for this role", pointer="/role")


def allowed_scopes(role: Role, asked: str | None) -> frozenset[str]:
    """The scopes of a token: all that the role has, or the space-separated subset asked for.

    Raises ScopeNotAllowed (RFC 6749 §3.3, invalid_scope).
    """
    available = ROLE_SCOPES[role]
    wanted = frozenset(asked.split()) if asked else available
    if not wanted <= available:
        raise ScopeNotAllowed("the role of this client does not have every scope that was asked for")
    return wanted
