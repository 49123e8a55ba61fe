"""The mint of an order: the call that makes it, and whether one that was recorded still stands."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from claim_issuers.orders.order import Order
from claim_issuers.orders.reference import marked
from identity_service.chain import trex
from identity_service.orders.model import CallData, Mint
from identity_service.orders.tables import OrderRow
from identity_service.register.model import RegisterBehind
from identity_service.register.service import Register
from identity_service.tokens.service import Tokens


def mint_call_data(order: Order) -> CallData:
    """The call that mints for an order, its reference behind the arguments, where Solidity does not look."""
    mint = trex.MINT.encode(order.intermediary.address, order.quantity)
    return CallData(to=order.token, data=marked(mint, order.id))


def standing_mints(
    session: Session, rows: Sequence[OrderRow], register: Register, tokens: Tokens, finality_depth: int
) -> dict[str, Mint]:
    """The mints recorded for these orders, by our ids, as long as the register has the blocks they were seen in.

    So reorgs leave no trace. Asks the register once for each token, however many orders there are.
    """
    by_token: dict[str, list[OrderRow]] = {}
    for row in rows:
        if row.mint_block is not None:
            by_token.setdefault(row.token, []).append(row)
    found: dict[str, Mint] = {}
    for account, minted in by_token.items():
        found |= _standing(session, Account.parse(account), minted, register, tokens, finality_depth)
    return found


def _standing(
    session: Session, account: Account, rows: Sequence[OrderRow], register: Register, tokens: Tokens, finality_depth: int
) -> dict[str, Mint]:
    token = tokens.get(session, account)
    try:
        head = register.progress(session, token).head.block_number
    except RegisterBehind:  # it was forgotten, to be built again
        return {}
    hashes = register.block_hashes(session, token, [row.mint_block for row in rows if row.mint_block is not None])
    mints = {row.id: _mint(row, head, finality_depth) for row in rows}
    return {row: mint for row, mint in mints.items() if hashes.get(mint.block_number) == mint.block_hash}


def _mint(row: OrderRow, head: int, finality_depth: int) -> Mint:
    transaction, log_index = row.mint_transaction, row.mint_log_index
    block_number, block_hash = row.mint_block, row.mint_block_hash
    assert transaction is not None and log_index is not None  # noqa: S101, PT018 - the four are written together
    assert block_number is not None and block_hash is not None  # noqa: S101, PT018
    return Mint(
        transaction=bytes(transaction),
        log_index=log_index,
        block_number=block_number,
        block_hash=bytes(block_hash),
        final=head - block_number >= finality_depth,
    )
