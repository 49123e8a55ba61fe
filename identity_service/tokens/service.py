"""Registering tokens, finding them, and keeping their control books."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, aware
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.tokens.model import (
    DeclaredTotal,
    DeclaredTotalConflict,
    InvalidToken,
    Token,
    TokenAlreadyRegistered,
    TokenContracts,
    TokenUnknown,
)
from identity_service.tokens.tables import DeclaredTotalRow, IdentityFactoryRow, TokenRow

__all__ = ["Tokens"]


class Tokens:
    """The registered tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def add(self, session: Session, token: Token) -> Token:
        """Register ``token``. Raises TokenAlreadyRegistered."""
        if session.get(TokenRow, str(token.id)) is not None:
            raise TokenAlreadyRegistered("the token is registered already", token=str(token.id))
        session.add(TokenRow(id=str(token.id), chain=str(token.chain), added_at=self._clock.now(), **_columns(token)))
        session.flush()
        self._trust(session, token)
        return token

    def update(self, session: Session, token: Token) -> Token:
        """Replace a token's particulars, as after its contracts were replaced on chain. Raises TokenUnknown."""
        row = _row(session, token.id)
        for name, value in _columns(token).items():
            setattr(row, name, value)
        self._trust(session, token)
        return token

    def _trust(self, session: Session, token: Token) -> None:
        row = _row(session, token.id)
        row.factories = []
        session.flush()
        row.factories = [
            IdentityFactoryRow(factory=factory.value, position=position)
            for position, factory in enumerate(dict.fromkeys(token.trusted_factories))
        ]
        session.flush()

    def get(self, session: Session, account: Account) -> Token:
        """The token with this account. Raises TokenUnknown."""
        return _token(_row(session, account))

    def list(self, session: Session, *, after: Account | None = None, limit: int | None = None) -> tuple[Token, ...]:
        """The registered tokens in the order of their accounts, those behind ``after`` only, at most ``limit``."""
        query = select(TokenRow).order_by(TokenRow.id).limit(limit)
        if after is not None:
            query = query.where(TokenRow.id > str(after))
        return tuple(_token(row) for row in session.scalars(query))

    def trusted_factories(self, session: Session, chain: ChainId) -> frozenset[Address]:
        """The identity factories that any token on ``chain`` trusts."""
        factory = IdentityFactoryRow.factory
        query = select(factory).join(TokenRow, TokenRow.id == IdentityFactoryRow.token).where(TokenRow.chain == str(chain))
        return frozenset(Address(value) for value in session.scalars(query))

    def declare_total(self, session: Session, account: Account, *, quantity: int, at: datetime) -> DeclaredTotal:
        """Enter into the control book that ``quantity`` base units were outstanding ``at`` this instant.

        Saying the same again changes nothing. Raises TokenUnknown, InvalidToken for a quantity that is no uint256,
        NaiveInstant, DeclaredTotalConflict for another quantity at the same instant.
        """
        token = _row(session, account)
        if not 0 <= quantity < 1 << 256:
            raise InvalidToken("a total is a uint256", pointer="/quantity")
        row = session.get(DeclaredTotalRow, (token.id, aware(at)))
        if row is None:
            row = DeclaredTotalRow(token=token.id, at=aware(at), quantity=quantity, recorded_at=self._clock.now())
            session.add(row)
            session.flush()
        if row.quantity != quantity:
            raise DeclaredTotalConflict("another total was declared for this instant", declared=str(row.quantity))
        return _declared(row)

    def declared_total(self, session: Session, account: Account, *, at: datetime) -> DeclaredTotal | None:
        """The control book's last entry for ``at`` or before, or None. Raises TokenUnknown."""
        token = _row(session, account)
        query = select(DeclaredTotalRow).where(DeclaredTotalRow.token == token.id, DeclaredTotalRow.at <= aware(at))
        row = session.scalars(query.order_by(DeclaredTotalRow.at.desc()).limit(1)).first()
        return None if row is None else _declared(row)


def _row(session: Session, account: Account) -> TokenRow:
    row = session.get(TokenRow, str(account))
    if row is None:
        raise TokenUnknown("no such token is registered", token=str(account))
    return row


_ADDRESSES = (
    "identity_registry",
    "identity_registry_storage",
    "trusted_issuers_registry",
    "claim_topics_registry",
    "compliance",
)
_PLAIN = ("name", "symbol", "decimals", "deployed_block", "storage_deployed_block")


def _columns(token: Token) -> dict[str, object]:
    # Topics are uint256, beyond what JSON numbers carry exactly, hence decimal strings.
    return {
        "token_issuer": token.token_issuer,
        "topics": {name: str(topic) for name, topic in token.topics.items()},
        "accepted_claim_types": list(token.accepted_claim_types),
        "agent_key": token.agent_key,
        **{name: getattr(token.contracts, name).value for name in _ADDRESSES},
        **{name: getattr(token.contracts, name) for name in _PLAIN},
    }


def _token(row: TokenRow) -> Token:
    addresses: dict[str, Any] = {name: Address(getattr(row, name)) for name in _ADDRESSES}
    plain: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    contracts = TokenContracts(token=Account.parse(row.id), **addresses, **plain)
    return Token(
        contracts=contracts,
        token_issuer=row.token_issuer,
        accepted_claim_types=tuple(row.accepted_claim_types),
        topics={name: int(topic) for name, topic in row.topics.items()},
        agent_key=row.agent_key,
        trusted_factories=_addresses(factory.factory for factory in row.factories),
    )


def _addresses(values: Iterable[bytes]) -> tuple[Address, ...]:
    return tuple(Address(value) for value in values)


def _declared(row: DeclaredTotalRow) -> DeclaredTotal:
    return DeclaredTotal(token=Account.parse(row.token), quantity=row.quantity, at=row.at, recorded_at=row.recorded_at)
