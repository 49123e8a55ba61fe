"""A contract wallet (ERC-1271) in a few EVM instructions: it accepts what its owner's key signed, and nothing else."""

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.demo.wallets import Wallet


def contract_wallet(owner: Wallet) -> Wallet:
    """The wallet at a fresh contract: ``owner`` signs for it, and its account is the contract's. It sends nothing itself."""
    contract = owner.create(_creation(_code(owner.address)))
    wallet = Wallet(owner.client, owner.signer)
    wallet.address, wallet.account = contract, Account(owner.client.chain, contract)
    return wallet


def _code(owner: Address) -> bytes:
    """``isValidSignature(digest, r‖s‖v)``: the magic value times (ecrecover(digest, v, r, s) == owner)."""
    to_memory = "600435600052" + "60a43560001a602052" + "606435604052" + "608435606052"  # digest, v, r, s
    recover = "60206080608060006001" + "5afa50"  # STATICCALL to precompile 1, its answer at 0x80
    compare = "608051" + "73" + owner.value.hex() + "14"
    answer = "631626ba7e02" + "60e01b600052" + "60206000f3"
    return bytes.fromhex(to_memory + recover + compare + answer)


def _creation(runtime: bytes) -> bytes:
    return b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + runtime
