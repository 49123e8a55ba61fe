"""Sign-In with Ethereum (EIP-4361): our own strict builder and parser, and the check of what was signed.

>>> from datetime import UTC, datetime, timedelta
>>> from claim_issuers.identifiers.accounts import Account
>>> now = datetime(2026, 11, 22, 12, tzinfo=UTC)
>>> message = SiweMessage.build(
...     domain="issuer.example", uri="https://issuer.example/sign-in", nonce="K7vQ2mX9aB",
...     account=Account.parse("eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
...     issued_at=now, expires_at=now + timedelta(minutes=5), statement="Prove your wallet.")
>>> SiweMessage.parse(message.prepare()) == message
True
>>> message.check(domain="issuer.example", uri="https://issuer.example/sign-in", chain_id=1, nonce="K7vQ2mX9aB", instant=now)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Self

from claim_issuers.account_proofs.errors import (
    MalformedSiweMessage,
    SiweChainMismatch,
    SiweDomainMismatch,
    SiweExpired,
    SiweExpiryMissing,
    SiweNonceMismatch,
    SiweNotYetValid,
    SiweUriMismatch,
    SiweWrongAccount,
)
from claim_issuers.account_proofs.siwe_grammar import MAX_LENGTH, MESSAGE, checked, resources_of
from claim_issuers.account_proofs.timestamp import Timestamp
from claim_issuers.clock import aware
from claim_issuers.identifiers.accounts import Account, Address, ChainId, MalformedAccount
from claim_issuers.keys.public_keys import Secp256k1PublicKey
from claim_issuers.keys.secp256k1 import eip191_digest, recover_public_key

CLOCK_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiweMessage:
    """The parts of a message as its grammar allows them. Raises MalformedSiweMessage."""

    domain: str
    address: Address
    uri: str
    chain_id: int
    nonce: str
    issued_at: Timestamp
    scheme: str | None = None
    statement: str | None = None
    expiration_time: Timestamp | None = None
    not_before: Timestamp | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        checked("domain", self.domain)
        checked("uri", self.uri)
        checked("nonce", self.nonce)
        checked("chain_id", str(self.chain_id) if type(self.chain_id) is int else "")
        _require_parts(self)
        for name in ("scheme", "statement", "request_id"):
            value = getattr(self, name)
            if value is not None:
                checked(name, value)
        for resource in self.resources or ():
            checked("uri", resource)
        if len(self.prepare()) > MAX_LENGTH:
            raise MalformedSiweMessage(f"a message has at most {MAX_LENGTH} characters")

    @classmethod
    def build(
        cls,
        *,
        domain: str,
        uri: str,
        nonce: str,
        account: Account,
        issued_at: datetime,
        expires_at: datetime,
        statement: str | None = None,
        request_id: str | None = None,
        resources: tuple[str, ...] | None = None,
    ) -> Self:
        """The message to ask of ``account``; instants are rounded down to whole seconds.

        Raises MalformedSiweMessage, NaiveInstant.
        """
        return cls(
            domain=domain,
            address=account.address,
            uri=uri,
            chain_id=account.chain.number,
            nonce=nonce,
            issued_at=Timestamp.of(issued_at),
            expiration_time=Timestamp.of(expires_at),
            statement=statement,
            request_id=request_id,
            resources=resources,
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The message of exactly this text: ``prepare`` gives it back. Raises MalformedSiweMessage."""
        match = MESSAGE.fullmatch(text) if isinstance(text, str) and len(text) <= MAX_LENGTH else None
        if match is None:
            raise MalformedSiweMessage("the text is not an EIP-4361 message")
        message = cls(
            scheme=match["scheme"],
            domain=match["domain"],
            address=_checksummed(match["address"]),
            statement=match["statement"],
            uri=match["uri"],
            chain_id=int(match["chain_id"]),
            nonce=match["nonce"],
            issued_at=Timestamp.parse(match["issued_at"]),
            expiration_time=_optional_timestamp(match["expiration_time"]),
            not_before=_optional_timestamp(match["not_before"]),
            request_id=match["request_id"],
            resources=resources_of(match["resources"]),
        )
        if message.prepare() != text:
            raise MalformedSiweMessage("the text is not in canonical form")
        return message

    @property
    def account(self) -> Account:
        """The account that is to sign."""
        return Account(ChainId(self.chain_id), self.address)

    def prepare(self) -> str:
        """The text a wallet signs with personal_sign."""
        origin = f"{self.scheme}://{self.domain}" if self.scheme else self.domain
        lines = [
            f"{origin} wants you to sign in with your Ethereum account:",
            str(self.address),
            "",
            *([] if self.statement is None else [self.statement]),
            "",
            f"URI: {self.uri}",
            "Version: 1",
            f"Chain ID: {self.chain_id}",
            f"Nonce: {self.nonce}",
            f"Issued At: {self.issued_at}",
        ]
        optional = (
            ("Expiration Time", self.expiration_time),
            ("Not Before", self.not_before),
            ("Request ID", self.request_id),
        )
        lines += [f"{label}: {value}" for label, value in optional if value is not None]
        if self.resources is not None:
            lines += ["Resources:", *(f"- {resource}" for resource in self.resources)]
        return "\n".join(lines)

    def check(self, *, domain: str, uri: str, chain_id: int, nonce: str, instant: datetime) -> None:
        """Return when the message is the one we asked for and its time is now; an expiry is required.

        Leaves to the caller that the nonce is consumed once, and the signature (``verify_signature``). Raises
        SiweDomainMismatch, SiweUriMismatch, SiweChainMismatch, SiweNonceMismatch, SiweExpiryMissing, SiweExpired,
        SiweNotYetValid (issued more than a minute ahead of ``instant``, or before its not-before), NaiveInstant.
        """
        if self.domain != domain:
            raise SiweDomainMismatch
        if self.uri != uri:
            raise SiweUriMismatch
        if self.chain_id != chain_id:
            raise SiweChainMismatch
        if not compare_digest(self.nonce.encode(), nonce.encode()):
            raise SiweNonceMismatch
        self._check_time(aware(instant))

    def _check_time(self, now: datetime) -> None:
        if self.expiration_time is None:
            raise SiweExpiryMissing
        if now >= self.expiration_time.instant:
            raise SiweExpired
        if self.issued_at.instant > now + CLOCK_SKEW:
            raise SiweNotYetValid
        if self.not_before is not None and now < self.not_before.instant:
            raise SiweNotYetValid


def verify_signature(message: SiweMessage, signature: bytes) -> tuple[Address, Secp256k1PublicKey]:
    """The account that signed, and its public key (``.jwk()``), for accounts that are plain keys.

    The signature is EIP-191 personal_sign, 65 bytes, v 27/28, low s. A contract account needs ERC-1271 instead, which only
    the chain can answer. Raises SiweWrongAccount when another account signed, NonCanonicalSignature, BadSignature.
    """
    key = recover_public_key(eip191_digest(message.prepare().encode()), signature)
    if key.address != message.address:
        raise SiweWrongAccount
    return key.address, key


def _require_parts(message: SiweMessage) -> None:
    """The parts that are no texts are of their types, since ``prepare`` would write down whatever they are."""
    instants = message.issued_at, message.expiration_time, message.not_before
    of_their_types = (
        isinstance(message.address, Address)
        and isinstance(message.issued_at, Timestamp)
        and all(one is None or isinstance(one, Timestamp) for one in instants)
        and (message.resources is None or isinstance(message.resources, tuple))
    )
    if not of_their_types:
        raise MalformedSiweMessage("a message is made of an address, timestamps and a tuple of resources")


def _checksummed(text: str) -> Address:
    try:
        address = Address.parse(text)
    except MalformedAccount as fault:
        raise MalformedSiweMessage(fault.detail) from fault
    if text != address.checksum:
        raise MalformedSiweMessage("write the address with its EIP-55 checksum")
    return address


def _optional_timestamp(text: str | None) -> Timestamp | None:
    return None if text is None else Timestamp.parse(text)
