"""Accepts orders and shows them: to their network, to their intermediary, and to the issuer of their token."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from claim_issuers.clock import Clock, Entropy
from claim_issuers.orders.order import Order, Side
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.verify import OrderVerification, verify_order
from identity_service.access.model import Caller, Role
from identity_service.access.role_holders import acts_in_role
from identity_service.audit.service import AuditLog
from identity_service.cap_table.model import CursorInvalid
from identity_service.jobs.service import Jobs
from identity_service.orders.evidence import Evidences
from identity_service.orders.mints import mint_call_data, standing_mints
from identity_service.orders.model import (
    MATCH_ORDER_JOB,
    MOST_OPEN_ORDERS,
    WATCHED_AFTER_EXPIRY,
    Acceptance,
    Mint,
    OrderIdReused,
    OrderNotYours,
    OrderRecord,
    OrderReplayed,
    OrderState,
    OrderUnknown,
    OrderView,
    Standing,
    TooManyOpenOrders,
    WalletAnswer,
    state_of,
)
from identity_service.orders.present import standings
from identity_service.orders.tables import OrderQueueRow, OrderRow
from identity_service.parties.service import Parties
from identity_service.register.service import Register
from identity_service.storage import insert_if_absent, new_id
from identity_service.tokens.service import Tokens

INTERMEDIARY_ROLES: Final = frozenset({Role.FAMILY_OFFICE, Role.CUSTODIAN})
_LEEWAY: Final = timedelta(seconds=30)
"""How far an intermediary's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """The orders of every network.

    ``finality_depth`` is the number of blocks that may still change, ``most_open`` how many orders of one party may wait.
    """

    clock: Clock
    entropy: Entropy
    evidences: Evidences
    parties: Parties
    tokens: Tokens
    register: Register
    jobs: Jobs
    audit: AuditLog
    finality_depth: int
    most_open: int = MOST_OPEN_ORDERS

    def accept(self, session: Session, signed: SignedOrder, wallet: WalletAnswer, caller: Caller) -> str:
        """Verify a signed order, use up its id and keep it; our id of it. The statement is signed once this is committed.

        ``wallet`` is what ``Evidences.ask_wallet`` found. Raises OrderNotYours, every refusal of
        ``claim_issuers.orders.errors``, TokenUnknown, OrderReplayed, OrderIdReused, TooManyOpenOrders.
        """
        order = signed.order
        verification = self.verify(session, signed, wallet, caller)
        verification.require()
        self.tokens.get(session, order.token)
        order_id = self._keep(session, signed, verification, wallet)
        if order.side is Side.BUY:
            self.jobs.enqueue(session, MATCH_ORDER_JOB, {"order": order_id}, unique_key=f"match:{order_id}")
        details = {"network": order.network, "token": str(order.token), "document": signed.document.hex()}
        self.audit.append(session, actor=caller.subject, action="order.accepted", subject=order_id, details=details)
        return order_id

    def verify(self, session: Session, signed: SignedOrder, wallet: WalletAnswer, caller: Caller) -> OrderVerification:
        """Every check of a signed order now, as its network would have it; it is not kept. Raises OrderNotYours."""
        order, instant = signed.order, self.clock.now()
        self._require_own(session, order, caller)
        return verify_order(
            signed,
            network=_addressee(session, order, caller),
            evidence=self.evidences.gather(session, order, wallet, instant),
            instant=instant,
            leeway=_LEEWAY,
        )

    def record(self, session: Session, order_id: str) -> OrderRecord:
        """An accepted order. Raises OrderUnknown."""
        row = session.get(OrderRow, order_id)
        if row is None:
            raise OrderUnknown("no order has this id")
        return order_record(row)

    def get(self, session: Session, order_id: str, caller: Caller) -> OrderView:
        """An order that this caller may see. Raises OrderUnknown."""
        row = session.scalars(select(OrderRow).where(OrderRow.id == order_id, self._visible(session, caller))).one_or_none()
        if row is None:
            raise OrderUnknown("no order has this id, or none that you may see")
        return self._views(session, [row], caller)[0]

    def page(self, session: Session, caller: Caller, *, after: str, limit: int) -> list[OrderView]:
        """The caller's orders, newest first: a network's inbox, an intermediary's own, those for an issuer's tokens.

        ``after`` is the id of the last one seen, or "". Raises CursorInvalid.
        """
        visible = self._visible(session, caller)
        wanted = select(OrderRow).where(visible)
        if after:
            last = session.scalars(select(OrderRow).where(OrderRow.id == after, visible)).one_or_none()
            if last is None:
                raise CursorInvalid("take the cursor from the page before", pointer="/cursor")
            same_instant = and_(OrderRow.accepted_at == last.accepted_at, OrderRow.id < last.id)
            wanted = wanted.where(or_(OrderRow.accepted_at < last.accepted_at, same_instant))
        rows = session.scalars(wanted.order_by(OrderRow.accepted_at.desc(), OrderRow.id.desc()).limit(limit)).all()
        return self._views(session, rows, caller)

    def _require_own(self, session: Session, order: Order, caller: Caller) -> None:
        if caller.role in INTERMEDIARY_ROLES:
            bound = self.parties.bound_accounts(session, [order.intermediary]).get(order.intermediary)
            if bound is None or bound.party_id != caller.party_id:
                raise OrderNotYours("sign with an account that your party has proved", pointer="/order/intermediary")

    def _keep(self, session: Session, signed: SignedOrder, verification: OrderVerification, wallet: WalletAnswer) -> str:
        order, claim = signed.order, verification.claim
        assert claim is not None and claim.accreditation is not None  # noqa: S101, PT018 - a good order rests on both
        order_id, party_id = new_id("ord", self.entropy), self.parties.account(session, order.intermediary).party_id
        self._queue_up(session, party_id)
        inserted = insert_if_absent(
            session,
            OrderRow,
            id=order_id,
            network=order.network,
            order_id=order.id,
            document=signed.document,
            signed=signed.as_json(),
            token=str(order.token),
            party_id=party_id,
            side=order.side.value,
            quantity=order.quantity,
            expires_at=order.expires_at,
            accepted_at=verification.instant,
            checks=[check.code for check in verification.checks],
            claim_type=claim.claim_type.name,
            claim_issuer=claim.claim_issuer,
            accreditation_path=[link.id for link in claim.accreditation.path],
            block_number=wallet.block_number,
            block_hash=wallet.block_hash,
            watched_to=wallet.block_number,
        )
        if not inserted:
            raise _known_already(session, signed)
        if self._open_orders(session, party_id, verification.instant) > self.most_open:
            raise TooManyOpenOrders(f"at most {self.most_open} orders of one intermediary wait at a time")
        return order_id

    def _queue_up(self, session: Session, party_id: str) -> None:
        """Let the party's orders in one after the other, so that two at once do not both find the last free place."""
        insert_if_absent(session, OrderQueueRow, party_id=party_id)
        session.get_one(OrderQueueRow, party_id, with_for_update=True)

    def _open_orders(self, session: Session, party_id: str, instant: datetime) -> int:
        """The party's orders that are valid, or still searched for in the register."""
        waiting = select(func.count(OrderRow.id)).where(
            OrderRow.party_id == party_id,
            OrderRow.expires_at > instant - WATCHED_AFTER_EXPIRY,
            or_(OrderRow.expires_at > instant, OrderRow.side == Side.BUY.value),
            OrderRow.mint_transaction.is_(None),
        )
        return session.scalar(waiting) or 0

    def _visible(self, session: Session, caller: Caller) -> ColumnElement[bool]:
        if caller.party_id is None:
            return false()
        if caller.role is Role.NETWORK:
            return OrderRow.network == caller.party_id
        if caller.role in INTERMEDIARY_ROLES:
            return OrderRow.party_id == caller.party_id
        if caller.role is Role.TOKEN_ISSUER:
            issued = [str(token.id) for token in self.tokens.list(session) if token.token_issuer == caller.party_id]
            return OrderRow.token.in_(issued)
        return false()

    def _views(self, session: Session, rows: Sequence[OrderRow], caller: Caller) -> list[OrderView]:
        mints = standing_mints(session, rows, self.register, self.tokens, self.finality_depth)
        records, instant = [order_record(row) for row in rows], self.clock.now()
        standing = standings(session, records, self.evidences, instant)
        return [_view(one, state_of(one.order, mints.get(one.id), instant), standing[one.id], mints, caller) for one in records]


def order_record(row: OrderRow) -> OrderRecord:
    """The value of a row."""
    return OrderRecord(
        id=row.id,
        party_id=row.party_id,
        signed=SignedOrder.from_json(row.signed),
        acceptance=Acceptance(
            checks=tuple(row.checks),
            claim_type=row.claim_type,
            claim_issuer=row.claim_issuer,
            accreditation_path=tuple(row.accreditation_path),
            instant=row.accepted_at,
            block_number=row.block_number,
            block_hash=row.block_hash,
        ),
    )


def _view(record: OrderRecord, state: OrderState, standing: Standing, mints: Mapping[str, Mint], caller: Caller) -> OrderView:
    waits = state is OrderState.ACCEPTED and record.order.side is Side.BUY
    to_mint = waits and standing.is_live and caller.role is Role.TOKEN_ISSUER
    return OrderView(
        record=record,
        state=state,
        standing=standing,
        mint=mints.get(record.id),
        mint_call_data=mint_call_data(record.order) if to_mint else None,
    )


def _addressee(session: Session, order: Order, caller: Caller) -> str:
    """The network for which the order is verified: the caller, or for an intermediary the one it names, if it is a network."""
    if caller.role is Role.NETWORK:
        return caller.party_id or ""
    return order.network if acts_in_role(session, order.network, Role.NETWORK) else ""


def _known_already(session: Session, signed: SignedOrder) -> OrderReplayed | OrderIdReused:
    known = session.scalars(select(OrderRow.document).where(OrderRow.order_id == signed.order.id)).one()
    if known == signed.document:
        return OrderReplayed("this order was accepted already: an order counts once", pointer="/order/id")
    return OrderIdReused("another order has this id, at this network or another", pointer="/order/id")
