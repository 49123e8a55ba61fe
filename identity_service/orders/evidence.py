"""The evidence for an order's verification, from our own records and the chain."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from claim_issuers.claims.vocabulary import claim_type
from claim_issuers.identifiers.accounts import Account
from claim_issuers.orders.errors import OrderNotVerifiable
from claim_issuers.orders.evidence import Evidence, IntermediaryClaim, live_status
from claim_issuers.orders.order import Order
from claim_issuers.orders.signed import SignedOrder
from identity_service.access.proofs import WalletChain
from identity_service.chain.directory import ChainNotConfigured
from identity_service.chain.errors import BlockGone, BlockNotFound
from identity_service.issuance.model import ClaimRecord
from identity_service.issuance.service import Issuance, live_at
from identity_service.mesh.service import Mesh
from identity_service.orders.model import WalletAnswer

_NOWHERE: Final = WalletAnswer(accepts=None, block_number=0, block_hash=bytes(32))
_DELEGATION_PREFIX: Final = bytes.fromhex("ef0100")  # EIP-7702: code that only points at a contract; the key still rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidences:
    """Gathers evidence. The chain is asked outside any transaction, the records inside the one that accepts the order."""

    issuance: Issuance
    mesh: Mesh
    wallets: WalletChain

    def ask_wallet(self, signed: SignedOrder) -> WalletAnswer:
        """Whether the intermediary's account is a contract, and if so, whether it accepts the signature (ERC-1271).

        An account on a chain we have no node for is judged by its key; its order cannot be accepted anyway, because no token is
        registered there. Raises Unavailable when the chain does not answer, OrderNotVerifiable when it changed meanwhile.
        """
        try:
            return self._asked(signed)
        except ChainNotConfigured:
            return _NOWHERE
        except (BlockGone, BlockNotFound) as fault:
            raise OrderNotVerifiable("the chain changed while the wallet was asked: send the order again") from fault

    def _asked(self, signed: SignedOrder) -> WalletAnswer:
        account = signed.order.intermediary
        code, number, block_hash = self.wallets.code(account)
        if not code:
            return WalletAnswer(accepts=None, block_number=number, block_hash=block_hash)
        accepts: bool | None = self.wallets.accepts_signature(account, signed.digest(), signed.signature, block_hash)
        if not accepts and code.startswith(_DELEGATION_PREFIX):
            accepts = None
        return WalletAnswer(accepts=accepts, block_number=number, block_hash=block_hash)

    def gather(self, session: Session, order: Order, answer: WalletAnswer, instant: datetime) -> Evidence:
        """Every intermediary claim ever issued to the order's account, as it stands at ``instant``."""
        return Evidence(claims=tuple(self._claims(session, order, instant)), contract_accepts=answer.accepts)

    def licensed(self, session: Session, accounts: Collection[Account], instant: datetime) -> frozenset[Account]:
        """Those of ``accounts`` that hold a live intermediary claim at ``instant`` whose claim issuer is accredited for it."""
        held, accreditation = self.issuance.claims_on(session, accounts), self.issuance.accreditations_at(session, instant)
        return frozenset(
            account
            for account, records in held.items()
            if any(one.is_intermediary and accreditation(one).accredited for one in live_at(records, instant))
        )

    def _claims(self, session: Session, order: Order, instant: datetime) -> Iterator[IntermediaryClaim]:
        held = self.issuance.claims_on(session, [order.intermediary]).get(order.intermediary, [])
        for record in held:
            if record.is_intermediary and record.issued_at is not None and record.issued_at <= instant:
                yield self._claim(session, record, order, instant)

    def _claim(self, session: Session, record: ClaimRecord, order: Order, instant: datetime) -> IntermediaryClaim:
        claim_issuer = self.mesh.get(session, record.claim_issuer_id)
        place = self.issuance.jurisdiction_of(session, record.id)
        # Whom a claim names is opened only for an order that rests on it.
        asked = order.signatory != order.intermediary
        return IntermediaryClaim(
            id=record.id,
            claim_type=claim_type(record.claim_type),
            claim_issuer=claim_issuer.did,
            account=record.account,
            jurisdiction=place,
            validity=record.validity,
            status=live_status(record.revoked_at),
            revoked_at=record.revoked_at,
            signatories=self.issuance.authorised_signatories(session, record.id) if asked else frozenset(),
            accreditation=self.mesh.decide(
                session, claim_issuer=claim_issuer, topic=record.claim_type, jurisdiction=place, instant=instant
            ),
        )
