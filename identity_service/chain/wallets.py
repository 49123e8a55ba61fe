"""What the chain says of a wallet: whether it is a contract, and whether that contract accepts a signature (ERC-1271)."""

from dataclasses import dataclass
from typing import Final

from claim_issuers.identifiers.accounts import Account
from identity_service.chain.contracts import Function
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed

IS_VALID_SIGNATURE: Final = Function("isValidSignature(bytes32,bytes)", "bytes4")
_MAGIC_VALUE: Final = IS_VALID_SIGNATURE.selector  # ERC-1271: the function's own selector means yes


@dataclass(frozen=True, slots=True)
class ChainWallets:
    """Answers about accounts on any chain we know."""

    chains: ChainDirectory

    def code(self, account: Account) -> tuple[bytes, int, bytes]:
        """The account's code at the newest block, and that block's number and hash. Raises ChainNotConfigured, ChainUnavailable."""
        client = self.chains.on(account.chain)
        head = client.head()
        return client.get_code(account.address, head), head.number, head.hash

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        """Whether the wallet contract answers ERC-1271's magic value at that block; a revert or another answer means no."""
        client = self.chains.on(account.chain)
        block = client.block_by_hash(block_hash)
        try:
            answer = client.call(account.address, IS_VALID_SIGNATURE.encode(digest, signature), block)
            return bool(IS_VALID_SIGNATURE.decode(answer) == _MAGIC_VALUE)
        except (CallReverted, ChainAnswerMalformed):
            return False
