"""What the chain says of a wallet: whether it is a contract, and whether that contract accepts a signature (ERC-1271, ERC-6492)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from claim_issuers.identifiers.accounts import Account
from identity_service.chain.directory import ChainDirectory
from identity_service.chain.erc6492 import ACCEPTED, IS_VALID_SIGNATURE, JUDGING_GAS, WrappedSignature, judging_code
from identity_service.chain.errors import CallReverted, ChainAnswerMalformed

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

    def codes(self, accounts: Sequence[Account]) -> dict[Account, tuple[bytes, int, bytes]]:
        """The same for many accounts, in as few requests as the batch limit allows; one block for each chain."""
        found: dict[Account, tuple[bytes, int, bytes]] = {}
        for chain in sorted({account.chain for account in accounts}, key=str):
            client, here = self.chains.on(chain), [account for account in accounts if account.chain == chain]
            head = client.head()
            codes = client.get_codes([account.address for account in here], head)
            found.update((account, (code, head.number, head.hash)) for account, code in zip(here, codes, strict=True))
        return found

    def accepts_signature(self, account: Account, digest: bytes, signature: bytes, block_hash: bytes) -> bool:
        """Whether the wallet contract answers ERC-1271's magic value at that block; a revert or another answer means no."""
        client = self.chains.on(account.chain)
        block = client.block_by_hash(block_hash)
        try:
            answer = client.call(account.address, IS_VALID_SIGNATURE.encode(digest, signature), block)
            return bool(IS_VALID_SIGNATURE.decode(answer) == _MAGIC_VALUE)
        except (CallReverted, ChainAnswerMalformed):
            return False

    def accepts_wrapped(self, account: Account, digest: bytes, wrapped: WrappedSignature, block_hash: bytes) -> bool:
        """The same for an ERC-6492 signature, after its factory has deployed the wallet where there was none: all in one call."""
        client = self.chains.on(account.chain)
        block = client.block_by_hash(block_hash)
        try:
            return client.run_code(judging_code(account.address, digest, wrapped), block, gas=JUDGING_GAS) == ACCEPTED
        except CallReverted:
            return False
