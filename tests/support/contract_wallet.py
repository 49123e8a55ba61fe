"""A contract wallet (ERC-1271) in a few EVM instructions: it accepts what its owner's key signed, and nothing else."""

from dataclasses import dataclass

from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.hashing import keccak256
from identity_service.chain.erc6492 import WrappedSignature, wrap
from identity_service.demo.wallets import Wallet


def contract_wallet(owner: Wallet) -> Wallet:
    """The wallet at a fresh contract: ``owner`` signs for it, and its account is the contract's. It sends nothing itself."""
    contract = owner.create(_creation(_code(owner.address)))
    wallet = Wallet(owner.client, owner.signer)
    wallet.address, wallet.account = contract, Account(owner.client.chain, contract)
    return wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWallet:
    """A contract wallet whose address is known before it is deployed (CREATE2, EIP-1014)."""

    owner: Wallet
    factory: Address
    factory_call: bytes
    account: Account

    def deploy(self) -> None:
        """Let the factory make it."""
        self.owner.send(self.factory, self.factory_call)

    def sign_message(self, message: str) -> bytes:
        """What the contract will accept once it stands, as ERC-6492 wraps it."""
        signature = self.owner.sign_message(message)
        return wrap(WrappedSignature(factory=self.factory, factory_call=self.factory_call, signature=signature))


def planned_wallet(owner: Wallet, salt: bytes = bytes(32)) -> PlannedWallet:
    """A wallet that nobody has deployed yet, at the address that a fresh factory will give it."""
    factory = owner.create(_creation(_FACTORY))
    creation = _creation(_code(owner.address))
    address = keccak256(b"\xff" + factory.value + salt + keccak256(creation))[12:]
    account = Account(owner.client.chain, Address(address))
    return PlannedWallet(owner=owner, factory=factory, factory_call=salt + creation, account=account)


_FACTORY = bytes.fromhex(
    "6020360380602060003760003590600060"  # size = calldatasize - 32; memory[0:size] = calldata[32:]; salt = calldata[0:32]
    "00f55000"  # CREATE2(0, 0, size, salt)
)


def _code(owner: Address) -> bytes:
    """``isValidSignature(digest, r‖s‖v)``: the magic value times (ecrecover(digest, v, r, s) == owner)."""
    to_memory = "600435600052" + "60a43560001a602052" + "606435604052" + "608435606052"  # digest, v, r, s
    recover = "60206080608060006001" + "5afa50"  # STATICCALL to precompile 1, its answer at 0x80
    compare = "608051" + "73" + owner.value.hex() + "14"
    answer = "631626ba7e02" + "60e01b600052" + "60206000f3"
    return bytes.fromhex(to_memory + recover + compare + answer)


def _creation(runtime: bytes) -> bytes:
    return b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + runtime
