"""How a quantity moved: what the log before a transfer and the transaction's sender tell about it."""

from dataclasses import dataclass

from claim_issuers.identifiers.accounts import Address
from identity_service.register import events
from identity_service.register.model import UNLIMITED, Movement, TransferKind

NOBODY = Address(bytes(20))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """An Approval that may be the one ``transferFrom`` writes just before its Transfer (T-REX 4.1.6)."""

    approval: events.Approval
    allowance_before: int

    def spender_of(self, transfer: events.Transfer) -> Address | None:
        """Who spent the allowance in this transfer, or None when the two logs do not belong together."""
        approval = self.approval
        adjacent = approval.at.transaction == transfer.at.transaction and approval.at.index + 1 == transfer.at.index
        shrank = self.allowance_before - approval.allowance == transfer.quantity
        kept = approval.allowance == self.allowance_before >= UNLIMITED
        return approval.spender if adjacent and approval.owner == transfer.source and (shrank or kept) else None


def movement_of(event: events.Transfer, spender: Address | None, sender: Address | None, *, recovered: bool) -> Movement:
    """The transfer with its kind: ``spender`` as the log before it says, ``sender`` as the transaction does."""
    kind = _kind(event, spender, sender, recovered=recovered)
    return Movement(
        block=event.at.block,
        block_hash=event.at.block_hash,
        transaction=event.at.transaction,
        log_index=event.at.index,
        source=event.source,
        target=event.target,
        quantity=event.quantity,
        kind=kind,
        mover=spender if kind is TransferKind.CUSTODIAN_MOVE else sender,
    )


def _kind(event: events.Transfer, spender: Address | None, sender: Address | None, *, recovered: bool) -> TransferKind:
    if event.source == NOBODY:
        return TransferKind.MINT
    if event.target == NOBODY:
        return TransferKind.BURN
    if recovered:
        return TransferKind.RECOVERY
    if spender is not None and spender != event.source:
        return TransferKind.CUSTODIAN_MOVE
    if event.source in (sender, spender):
        return TransferKind.TRANSFER
    return TransferKind.FORCED_CANDIDATE
