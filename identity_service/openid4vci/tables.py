"""Tables of credential offers, authorizations and credential sets."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from identity_service.storage import Base, Bytes32, Instant, Json


class OfferRow(Base):
    """A credential offer; of its codes only hashes are kept."""

    __tablename__ = "openid4vci_offers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    pre_authorized_code_hash: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    issuer_state_hash: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    application_id: Mapped[str] = mapped_column(String(64), index=True)
    claim_issuer_id: Mapped[str] = mapped_column(String(64))
    configuration_id: Mapped[str] = mapped_column(String(32))
    with_tx_code: Mapped[bool]
    tx_code_hash: Mapped[bytes | None] = mapped_column(Bytes32)
    tx_code_attempts: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    fetched_at: Mapped[datetime | None] = mapped_column(Instant)
    locked_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    redeemed_at: Mapped[datetime | None] = mapped_column(Instant)
    deferred_at: Mapped[datetime | None] = mapped_column(Instant)
    issued_at: Mapped[datetime | None] = mapped_column(Instant)
    told: Mapped[str | None] = mapped_column(String(32))
    last_event: Mapped[str | None] = mapped_column(String(64))


class PresentOfferRow(Base):
    """Which offer of an application is the present one: whoever makes a newer one holds this row meanwhile."""

    __tablename__ = "openid4vci_present_offers"

    application_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    offer_id: Mapped[str | None] = mapped_column(String(64))


class AuthorizationRow(Base):
    """What an access token opens; of the token only the hash is kept."""

    __tablename__ = "openid4vci_authorizations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(Bytes32, unique=True)
    offer_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    application_id: Mapped[str] = mapped_column(String(64), index=True)
    claim_issuer_id: Mapped[str] = mapped_column(String(64))
    configuration_id: Mapped[str] = mapped_column(String(32))
    credential_identifier: Mapped[str | None] = mapped_column(String(64))
    dpop_jkt: Mapped[str | None] = mapped_column(String(64))
    code_hash: Mapped[bytes | None] = mapped_column(Bytes32, unique=True)
    wallet: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class CredentialSetRow(Base):
    """The one credential set of an authorization: the keys that were proved, and the forms once they are intended."""

    __tablename__ = "openid4vci_credential_sets"

    authorization_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder_jwks: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    form_ids: Mapped[list[str]] = mapped_column(Json)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    deferred: Mapped[bool]
    given_at: Mapped[datetime | None] = mapped_column(Instant)
    told: Mapped[str | None] = mapped_column(String(32))
