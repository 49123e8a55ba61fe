"""The tables of the tokens room."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from identity_service.storage import Base, Bytes20, Instant, Json, Uint256

_TOKEN_LENGTH = 96
_CHAIN_LENGTH = 48


class TokenRow(Base):
    """A registered token; ``id`` is its CAIP-10 account."""

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(String(_TOKEN_LENGTH), primary_key=True)
    chain: Mapped[str] = mapped_column(String(_CHAIN_LENGTH), index=True)
    token_issuer: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String)
    symbol: Mapped[str] = mapped_column(String)
    decimals: Mapped[int] = mapped_column(Integer)
    identity_registry: Mapped[bytes] = mapped_column(Bytes20)
    identity_registry_storage: Mapped[bytes] = mapped_column(Bytes20)
    trusted_issuers_registry: Mapped[bytes] = mapped_column(Bytes20)
    claim_topics_registry: Mapped[bytes] = mapped_column(Bytes20)
    compliance: Mapped[bytes] = mapped_column(Bytes20)
    deployed_block: Mapped[int] = mapped_column(BigInteger)
    storage_deployed_block: Mapped[int] = mapped_column(BigInteger)
    topics: Mapped[dict[str, Any]] = mapped_column(Json)
    accepted_claim_types: Mapped[list[str]] = mapped_column(Json)
    agent_key: Mapped[str | None] = mapped_column(String(128))
    added_at: Mapped[datetime] = mapped_column(Instant)
    factories: Mapped[list["IdentityFactoryRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="IdentityFactoryRow.position"
    )


class IdentityFactoryRow(Base):
    """An identity factory whose identity contracts a token believes."""

    __tablename__ = "token_identity_factories"

    token: Mapped[str] = mapped_column(ForeignKey(TokenRow.id), primary_key=True)
    factory: Mapped[bytes] = mapped_column(Bytes20, primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class DeclaredTotalRow(Base):
    """An entry of a token's control book; entries are added, never changed."""

    __tablename__ = "token_declared_totals"

    token: Mapped[str] = mapped_column(ForeignKey(TokenRow.id), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    quantity: Mapped[int] = mapped_column(Uint256)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
