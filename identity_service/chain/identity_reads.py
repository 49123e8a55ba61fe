"""Typed questions to ONCHAINID contracts: identities, claim issuers and the factories that vouch for identities."""

from collections.abc import Sequence
from dataclasses import dataclass

from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import onchainid, trex
from identity_service.chain.asking import ask, ask_all, someone
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.errors import CallReverted, NoContract


@dataclass(frozen=True, slots=True, kw_only=True)
class OnchainClaim:
    """A claim as an identity contract keeps it; nothing about it is verified."""

    topic: int
    scheme: int
    claim_issuer: Address
    signature: bytes
    data: bytes
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedClaim:
    """What a claim issuer's contract is asked about: the claim and the bytes of its canonical signature."""

    identity_contract: Address
    topic: int
    data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingProbe:
    """Which encodings of one signature a claim issuer's contract takes for valid, in the order they were asked.

    ``conclusive`` is False when the contract takes none: the claim is revoked or never was valid, and the probe says nothing.
    """

    accepted: tuple[bytes, ...]
    asked: int

    @property
    def conclusive(self) -> bool:
        return bool(self.accepted)

    @property
    def vulnerable(self) -> bool:
        """True when revoking one encoding leaves another valid (DESIGN §4, fault 1)."""
        return len(self.accepted) > 1


class IdentityReads:
    """Reads any identity contract, claim issuer's contract or identity factory of one chain."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client

    def claim(self, identity_contract: Address, claim_id: bytes, block: BlockRef) -> OnchainClaim | None:
        """The claim kept under ``claim_id``, or None."""
        found = ask(self._client, identity_contract, onchainid.GET_CLAIM, block, claim_id)
        topic, scheme, claim_issuer, signature, data, uri = found
        if someone(claim_issuer) is None:
            return None
        return OnchainClaim(topic=topic, scheme=scheme, claim_issuer=claim_issuer, signature=signature, data=data, uri=uri)

    def claim_ids(self, identity_contract: Address, topic: int, block: BlockRef) -> tuple[bytes, ...]:
        """The ids of the claims of one topic."""
        return tuple(ask(self._client, identity_contract, onchainid.GET_CLAIM_IDS_BY_TOPIC, block, topic))

    def has_purpose(self, contract: Address, address: Address, purpose: int, block: BlockRef) -> bool:
        """Whether the key of ``address`` has ``purpose`` on an identity or claim issuer; MANAGEMENT satisfies every purpose."""
        return bool(ask(self._client, contract, onchainid.KEY_HAS_PURPOSE, block, key_hash(address), purpose))

    def keys(self, contract: Address, purpose: int, block: BlockRef) -> tuple[bytes, ...]:
        """The hashes of the keys that an identity contract or claim issuer lists under ``purpose`` (``erc735.key_hash``)."""
        return tuple(ask(self._client, contract, onchainid.GET_KEYS_BY_PURPOSE, block, purpose))

    def is_claim_valid(self, claim_issuer: Address, claim: SignedClaim, block: BlockRef) -> bool:
        """What the claim issuer's contract says about a claim; a contract that reverts says no."""
        return self._valid(claim_issuer, claim, [claim.signature], block)[0]

    def is_claim_revoked(self, claim_issuer: Address, signature: bytes, block: BlockRef) -> bool:
        """Whether exactly these signature bytes are revoked; another encoding of the signature may not be."""
        return bool(ask(self._client, claim_issuer, onchainid.IS_CLAIM_REVOKED, block, signature))

    def are_claims_revoked(self, claim_issuer: Address, signatures: Sequence[bytes], block: BlockRef) -> list[bool]:
        """The same for many signatures, in one request: for instance all encodings of one."""
        questions = [(claim_issuer, onchainid.IS_CLAIM_REVOKED, (signature,)) for signature in signatures]
        return ask_all(self._client, questions, block)

    def probe_encodings(
        self, claim_issuer: Address, claim: SignedClaim, encodings: Sequence[bytes], block: BlockRef
    ) -> EncodingProbe:
        """Ask the contract about each of ``encodings`` of a claim that is live, to learn which a revocation must name."""
        valid = self._valid(claim_issuer, claim, encodings, block)
        accepted = tuple(encoding for encoding, is_valid in zip(encodings, valid, strict=True) if is_valid)
        return EncodingProbe(accepted=accepted, asked=len(encodings))

    def identity_of(self, factory: Address, wallet: Address, block: BlockRef) -> Address | None:
        """The identity contract that this factory deployed and linked to ``wallet``, or None."""
        return someone(ask(self._client, factory, onchainid.GET_IDENTITY, block, wallet))

    def wallets_of(self, factory: Address, identity_contract: Address, block: BlockRef) -> tuple[Address, ...]:
        """The wallets linked to an identity contract at this factory."""
        return tuple(ask(self._client, factory, onchainid.GET_WALLETS, block, identity_contract))

    def gateway_of(self, factory: Address, block: BlockRef) -> Address | None:
        """The contract that owns the factory, ONCHAINID's gateway, through which anybody may deploy; None where none does."""
        owner = someone(ask(self._client, factory, trex.OWNER, block))
        return owner if owner is not None and self._client.get_code(owner, block) else None

    def _valid(self, claim_issuer: Address, claim: SignedClaim, signatures: Sequence[bytes], block: BlockRef) -> list[bool]:
        calls = [
            (claim_issuer, onchainid.IS_CLAIM_VALID.encode(claim.identity_contract, claim.topic, signature, claim.data))
            for signature in signatures
        ]
        return [_said_yes(claim_issuer, answer) for answer in self._client.call_many(calls, block)]


def _said_yes(claim_issuer: Address, answer: bytes | CallReverted) -> bool:
    if isinstance(answer, CallReverted):
        return False
    if not answer:
        raise NoContract("the address does not answer isClaimValid", address=str(claim_issuer))
    return bool(onchainid.IS_CLAIM_VALID.decode(answer))
