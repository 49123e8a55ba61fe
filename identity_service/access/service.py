"""Machine clients, access tokens and browser sessions; of tokens and session cookies only hashes are kept."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, thumbprint
from identity_service.access.model import (
    ROLE_SCOPES,
    WALLET_SCOPES,
    AccessTokenInvalid,
    Caller,
    ClientKeyInvalid,
    ClientUnknown,
    Role,
    SessionMissing,
)
from identity_service.access.tables import AccessTokenRow, AccountProofRow, ClientRow, SeatRow, SessionRow
from identity_service.storage import new_id

TOKEN_LIFETIME: Final = timedelta(minutes=15)
SESSION_LIFETIME: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A machine client as others may know it."""

    id: str
    role: Role
    party_id: str | None
    public_jwk: dict[str, str]


@dataclass(frozen=True, slots=True)
class Access:
    """Registers clients, gives out bearer tokens and says who a bearer is."""

    clock: Clock
    entropy: Entropy

    def register_client(self, session: Session, *, role: Role, party_id: str | None, public_jwk: dict[str, str]) -> Client:
        """A new client with its public JWK. Raises ClientKeyInvalid."""
        row = ClientRow(
            id=new_id("cli", self.entropy),
            role=role.value,
            party_id=party_id,
            public_jwk=_client_key(public_jwk),
            created_at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        return _client(row)

    def client(self, session: Session, client_id: str) -> Client:
        """The client that may still sign in. Raises ClientUnknown."""
        row = session.get(ClientRow, client_id)
        if row is None or row.disabled_at is not None:
            raise ClientUnknown("register the client, or use the id that registration gave")
        return _client(row)

    def give_client_token(self, session: Session, client_id: str, scopes: frozenset[str]) -> str:
        """A bearer token for a client that has just proved its key; it lives TOKEN_LIFETIME."""
        return self._give_token(session, scopes, client_id=client_id)

    def give_wallet_token(self, session: Session, account_proof_id: str) -> str:
        """A bearer token for a person who has just proved an account; it lives TOKEN_LIFETIME."""
        return self._give_token(session, WALLET_SCOPES, account_proof_id=account_proof_id)

    def begin_session(self, session: Session, account_proof_id: str) -> str:
        """The value of a session cookie for a person who has just proved an account; it lives SESSION_LIFETIME."""
        value = self._fresh_secret()
        expires_at = self.clock.now() + SESSION_LIFETIME
        session.add(SessionRow(session_hash=_digest(value), account_proof_id=account_proof_id, expires_at=expires_at))
        session.flush()
        return value

    def end_session(self, session: Session, cookie: str) -> None:
        """Forget the session of this cookie, if there is one."""
        session.execute(delete(SessionRow).where(SessionRow.session_hash == _digest(cookie)))

    def caller_of_session(self, session: Session, cookie: str) -> Caller:
        """Whose browser sent this cookie. Raises SessionMissing."""
        row = session.get(SessionRow, _digest(cookie))
        if row is None or row.expires_at <= self.clock.now():
            raise SessionMissing("sign in again: the session has ended")
        return self._wallet_caller(session, row.account_proof_id, WALLET_SCOPES)

    def caller(self, session: Session, token: str) -> Caller:
        """Who bears ``token``. Raises AccessTokenInvalid."""
        row = session.get(AccessTokenRow, _digest(token))
        if row is None or row.expires_at <= self.clock.now():
            raise AccessTokenInvalid("get a new access token")
        if row.client_id is not None:
            return self._client_caller(session, row)
        return self._wallet_caller(session, row.account_proof_id or "", frozenset(row.scopes))

    def forget_expired(self, session: Session) -> None:
        """Remove bearer tokens and sessions whose time is over."""
        session.execute(delete(AccessTokenRow).where(AccessTokenRow.expires_at < self.clock.now()))
        session.execute(delete(SessionRow).where(SessionRow.expires_at < self.clock.now()))

    def _client_caller(self, session: Session, row: AccessTokenRow) -> Caller:
        client = session.get(ClientRow, row.client_id)
        if client is None or client.disabled_at is not None:
            raise AccessTokenInvalid("the client of this token was disabled")
        return Caller(subject=client.id, role=Role(client.role), party_id=client.party_id, scopes=frozenset(row.scopes))

    def _wallet_caller(self, session: Session, account_proof_id: str, scopes: frozenset[str]) -> Caller:
        proof = session.get_one(AccountProofRow, account_proof_id)
        account = Account(ChainId(proof.chain), Address(proof.address))
        seat = session.scalar(
            select(SeatRow).where(SeatRow.chain == proof.chain, SeatRow.address == proof.address, SeatRow.ended_at.is_(None))
        )
        role = None if seat is None else Role(seat.role)
        return Caller(
            subject=str(account),
            account=account,
            account_proof_id=proof.id,
            role=role,
            party_id=None if seat is None else seat.party_id,
            seat_id=None if seat is None else seat.id,
            scopes=scopes if role is None else scopes | ROLE_SCOPES[role],
        )

    def _give_token(
        self, session: Session, scopes: frozenset[str], *, client_id: str | None = None, account_proof_id: str | None = None
    ) -> str:
        token = self._fresh_secret()
        session.add(
            AccessTokenRow(
                token_hash=_digest(token),
                client_id=client_id,
                account_proof_id=account_proof_id,
                scopes=sorted(scopes),
                expires_at=self.clock.now() + TOKEN_LIFETIME,
            )
        )
        return token

    def _fresh_secret(self) -> str:
        return base64.urlsafe_b64encode(self.entropy.token_bytes(32)).decode().rstrip("=")


def _client_key(jwk: dict[str, str]) -> dict[str, str]:
    if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519") or "d" in jwk:
        raise ClientKeyInvalid("give the public part of an Ed25519 JWK", pointer="/public_jwk")
    try:
        key = public_key_from_jwk(jwk).jwk()
    except MalformedJwk as error:
        raise ClientKeyInvalid(error.detail, pointer=f"/public_jwk{error.pointer or ''}") from error
    return {**key, "kid": thumbprint(key)}


def _client(row: ClientRow) -> Client:
    return Client(id=row.id, role=Role(row.role), party_id=row.party_id, public_jwk=dict(row.public_jwk))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
