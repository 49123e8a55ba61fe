"""Accounts that send: transactions signed here, sent to a development chain, answered by their receipt."""

from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.secp256k1 import eip191_digest
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.chain.client import ChainClient, Receipt
from identity_service.chain.contracts import Function, Value
from identity_service.chain.errors import CallReverted, ChainUnavailable
from identity_service.chain.transactions import SignedTransaction, Transaction, sign_transaction

_GWEI = 10**9
_CALL_GAS = 5_000_000
_CREATE_GAS = 10_000_000


class Wallet:
    """One key on one development chain, where blocks are mined as transactions come and fees are nothing."""

    def __init__(self, client: ChainClient, signer: Secp256k1Signer) -> None:
        self.client = client
        self.signer = signer
        self.address = signer.address
        self.account = Account(client.chain, signer.address)

    def do(self, contract: Address, function: Function, *arguments: Value) -> Receipt:
        """Call a contract function in a transaction. Raises CallReverted with the contract's reason."""
        return self.send(contract, function.encode(*arguments))

    def send(self, to: Address, payload: bytes = b"", *, value: int = 0) -> Receipt:
        """Send a transaction. Raises CallReverted with the contract's reason."""
        receipt = self._mined(self.signed(to, payload, value=value))
        if not receipt.succeeded:
            before = self.client.block(receipt.block_number - 1)
            self.client.call(to, payload, before, sender=self.address)
            raise CallReverted("the transaction failed where the same call did not", kind="empty", reason="")
        return receipt

    def create(self, code: bytes) -> Address:
        """Deploy a contract from its creation code and encoded arguments. Raises CallReverted."""
        receipt = self._mined(self.signed(None, code, gas=_CREATE_GAS))
        if not receipt.succeeded or receipt.contract_address is None:
            raise CallReverted("the constructor refuses", kind="empty", reason="")
        return receipt.contract_address

    def signed(
        self, to: Address | None, payload: bytes = b"", *, value: int = 0, gas: int = _CALL_GAS, nonce: int | None = None
    ) -> SignedTransaction:
        """A signed transaction that was not sent, with the account's next nonce unless another is given."""
        transaction = Transaction(
            chain=self.client.chain,
            nonce=self.client.nonce(self.address) if nonce is None else nonce,
            max_priority_fee_per_gas=_GWEI,
            max_fee_per_gas=100 * _GWEI,
            gas=gas,
            to=to,
            value=value,
            payload=payload,
        )
        return sign_transaction(transaction, self.signer)

    def sign_message(self, message: str) -> bytes:
        """The EIP-191 personal signature over ``message``: 65 bytes."""
        return self.signer.sign_digest(eip191_digest(message.encode()))

    def _mined(self, transaction: SignedTransaction) -> Receipt:
        # The synchronous form answers once the transaction is in a block (EIP-7966), so nobody has to poll.
        self.client.rpc.call("eth_sendRawTransactionSync", ["0x" + transaction.raw.hex()])
        receipt = self.client.receipt(transaction.hash)
        if receipt is None:
            raise ChainUnavailable("the transaction is in no block")
        return receipt
