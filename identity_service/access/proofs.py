"""Account proofs: a challenge in Sign-In with Ethereum form (EIP-4361), and the judgement of its signature.

The order of judgement is ERC-6492's: a wrapped signature first, then, where the account has code, ERC-1271, then the recovered
key. The block at which the code was read is kept with the proof.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy.orm import Session

from claim_issuers.account_proofs.siwe import SiweMessage, verify_signature
from claim_issuers.clock import Clock, Entropy
from claim_issuers.errors import Refused
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.keys.secp256k1 import eip191_digest
from identity_service.access.lost_accounts import require_not_lost
from identity_service.access.model import AccountMismatch, AccountProofUnknown, AccountSignatureInvalid
from identity_service.access.single_use import SingleUse
from identity_service.access.tables import AccountProofRow
from identity_service.chain.erc6492 import WrappedSignature, unwrap
from identity_service.storage import Database, new_id

CHALLENGE_LIFETIME: Final = timedelta(minutes=10)
STATEMENT: Final = "I control this account and sign in to the Identity Information Service. This costs nothing and moves nothing."
_DELEGATION_PREFIX: Final = bytes.fromhex("ef0100")  # EIP-7702: code that only points at a contract; the key still rules
_NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})

WalletCode = tuple[bytes, int, bytes]
"""An account's code, and the number and hash of the block at which it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a challenge is for: its answer counts for nothing else. ``kind`` names its nonces, ``statement`` is what people sign.

    An answer counts only with this very statement, so that nobody is made to sign another text under a nonce of ours.
    """

    kind: str
    statement: str
    lifetime: timedelta


SIGN_IN: Final = Purpose(kind="account_proof", statement=STATEMENT, lifetime=CHALLENGE_LIFETIME)


class WalletChain(Protocol):
    """What the chain says of an account's wallet; each answer holds for the block that comes with it."""

    def code(self, account: Account) -> WalletCode:
        """The account's code and the number and hash of the block read. Raises Unavailable."""
        ...

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        """Whether the contract wallet answers ERC-1271's magic value at that block. Raises Unavailable."""
        ...

    def accepts_wrapped(self, account: Account, digest: bytes, wrapped: WrappedSignature, block_hash: bytes) -> bool:
        """Whether it does so at that block once ERC-6492's factory has deployed it. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A message for the wallet to sign, as text, and when it dies."""

    message: str
    expires_at: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """A proof that was accepted; ``public_jwk`` is the wallet's key where the signature reveals one."""

    id: str
    account: Account
    method: str
    public_jwk: dict[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProofs:
    """Makes challenges and judges answers. ``domain`` has no scheme; ``uri`` is our canonical address."""

    db: Database
    clock: Clock
    entropy: Entropy
    single_use: SingleUse
    wallets: WalletChain
    domain: str
    uri: str

    def challenge(
        self, session: Session, account: Account, purpose: Purpose = SIGN_IN, *, terms: Mapping[str, str] = _NOTHING_MORE
    ) -> Challenge:
        """A fresh EIP-4361 message for ``account``. ``terms`` are kept with its nonce and asked for by ``judge``."""
        payload = {"account": str(account), **terms}
        nonce, expires_at = self.single_use.give(session, purpose.kind, payload, purpose.lifetime)
        message = SiweMessage.build(
            domain=self.domain,
            uri=self.uri,
            nonce=nonce,
            account=account,
            issued_at=self.clock.now(),
            expires_at=expires_at,
            statement=purpose.statement,
        )
        return Challenge(message=message.prepare(), expires_at=expires_at)

    def judge(
        self, message_text: str, signature: bytes, purpose: Purpose = SIGN_IN, *, terms: Mapping[str, str] = _NOTHING_MORE
    ) -> "JudgedProof":
        """Check everything, asking the chain about the wallet only for a nonce that we gave out for this very account.

        A good signature does not use the nonce up yet; a bad one does, so that each attempt to make us ask the chain costs a
        challenge. Raises the SIWE errors, NonceUnknown, NonceExpired, NonceReplayed, AccountMismatch, MalformedSignatureWrapper,
        AccountSignatureInvalid, and Unavailable when the chain does not answer.
        """
        message, wrapped = self._live(message_text, purpose, terms), unwrap(signature)
        try:
            return self._judged(message, message_text, wrapped or signature, purpose, self.wallets.code(message.account))
        except AccountSignatureInvalid:
            with self.db.write() as session:
                self.single_use.take(session, purpose.kind, message.nonce)
            raise

    def judge_one_of_many(
        self, message_text: str, signature: bytes, purpose: Purpose, code: WalletCode, *, terms: Mapping[str, str]
    ) -> "JudgedProof":
        """The same for a wallet whose code was read beside others'; a bad signature leaves the nonce, and the caller counts."""
        message, wrapped = self._live(message_text, purpose, terms), unwrap(signature)
        return self._judged(message, message_text, wrapped or signature, purpose, code)

    def _live(self, message_text: str, purpose: Purpose, terms: Mapping[str, str]) -> SiweMessage:
        message = SiweMessage.parse(message_text)
        message.check(domain=self.domain, uri=self.uri, chain_id=message.chain_id, nonce=message.nonce, instant=self.clock.now())
        with self.db.read() as session:
            challenge = self.single_use.require_live(session, purpose.kind, message.nonce)
        _require_challenged(challenge, message.account)
        if message.statement != purpose.statement:
            raise AccountMismatch("sign the message as it was given to you, for the account that you are signed in with")
        if any(challenge.get(name) != value for name, value in terms.items()):
            raise AccountMismatch("ask for a challenge from the account that you are signed in with")
        return message

    def _judged(
        self, message: SiweMessage, message_text: str, signature: bytes | WrappedSignature, purpose: Purpose, code: WalletCode
    ) -> "JudgedProof":
        method, jwk = self._signed_by(message, message_text, signature, code)
        return JudgedProof(
            account=message.account,
            nonce=message.nonce,
            kind=purpose.kind,
            method=method,
            public_jwk=jwk,
            message_hash=hashlib.sha256(message_text.encode()).digest(),
            block_number=code[1],
            block_hash=code[2],
        )

    def record(self, session: Session, judged: "JudgedProof") -> AccountProof:
        """Use up the nonce and keep the proof.

        Raises NonceUnknown, NonceExpired, NonceReplayed, AccountMismatch, AccountLost.
        """
        _require_challenged(self.single_use.take(session, judged.kind, judged.nonce), judged.account)
        require_not_lost(session, judged.account)
        row = AccountProofRow(
            id=new_id("acp", self.entropy),
            chain=judged.account.chain.number,
            address=judged.account.address.value,
            method=judged.method,
            public_jwk=judged.public_jwk,
            message_hash=judged.message_hash,
            block_number=judged.block_number,
            block_hash=judged.block_hash,
            at=self.clock.now(),
        )
        session.add(row)
        session.flush()
        return _proof(row)

    def get(self, session: Session, proof_id: str) -> AccountProof:
        """The proof. Raises AccountProofUnknown."""
        row = session.get(AccountProofRow, proof_id)
        if row is None:
            raise AccountProofUnknown("prove the account first")
        return _proof(row)

    def _signed_by(
        self, message: SiweMessage, text: str, signature: bytes | WrappedSignature, code: WalletCode
    ) -> tuple[str, dict[str, str] | None]:
        wrapped = isinstance(signature, WrappedSignature)
        if wrapped or code[0]:
            if self._wallet_accepts(message.account, text, signature, code[2]):
                return ("erc6492" if wrapped else "erc1271"), None
            if not code[0].startswith(_DELEGATION_PREFIX):
                raise AccountSignatureInvalid("the wallet contract does not accept this signature")
        return "eip191", _recovered_key(message, signature.signature if isinstance(signature, WrappedSignature) else signature)

    def _wallet_accepts(self, account: Account, text: str, signature: bytes | WrappedSignature, block_hash: bytes) -> bool:
        digest = eip191_digest(text.encode())
        if isinstance(signature, WrappedSignature):
            return self.wallets.accepts_wrapped(account, digest, signature, block_hash)
        return self.wallets.accepts_signature(account, digest, signature, block_hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedProof:
    """A signature that holds; its nonce is not yet used up."""

    account: Account
    nonce: str
    kind: str
    method: str
    public_jwk: dict[str, str] | None
    message_hash: bytes
    block_number: int
    block_hash: bytes


def _require_challenged(challenge: Mapping[str, Any], account: Account) -> None:
    if Account.parse(challenge["account"]) != account:
        raise AccountMismatch("sign with the account that the challenge was made for")


def _recovered_key(message: SiweMessage, signature: bytes) -> dict[str, str]:
    try:
        _, key = verify_signature(message, signature)
    except Refused as error:
        raise AccountSignatureInvalid("the signature is not one that this account made over this message") from error
    return key.jwk()


def _proof(row: AccountProofRow) -> AccountProof:
    account = Account(ChainId(row.chain), Address(row.address))
    return AccountProof(id=row.id, account=account, method=row.method, public_jwk=row.public_jwk)
