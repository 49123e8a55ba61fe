"""Identity contracts and registries as an attacker would write them, in a few EVM instructions each."""

from claim_issuers.identifiers.accounts import Address
from identity_service.demo.wallets import Wallet

_SAY_YES = bytes.fromhex("600160005260206000f3")  # MSTORE(0, 1); RETURN(0, 32)


def liar(owner: Wallet, topic: int) -> Address:
    """An identity contract that claims to hold a claim of ``topic`` by itself, and as claim issuer calls every claim valid.

    ``isVerified`` of a T-REX registry believes it (DESIGN §4, fault 3).
    """
    claim = [topic, 1, 0, 0xC0, 0xE0, 0x100, 0, 0, 0]  # topic, scheme, issuer, three offsets, three empty values
    blob = b"".join(word.to_bytes(32, "big") for word in claim)
    # getClaim(bytes32) has 36 bytes of call data, every other question more or less.
    target = 7 + len(_SAY_YES)
    choose = bytes.fromhex("36602414") + bytes([0x60, target, 0x57])  # CALLDATASIZE == 36 ? JUMP target
    size = len(blob).to_bytes(2, "big")
    # The rest copies the blob to memory, puts the contract's own address where the issuer belongs, and returns it all.
    head = b"\x5b\x61" + size + b"\x60"
    tail = bytes.fromhex("6000393060405261") + size + bytes.fromhex("6000f3")
    offset = target + len(head) + 1 + len(tail)
    return owner.create(_creation(choose + _SAY_YES + head + bytes([offset]) + tail + blob))


def reverting(owner: Wallet) -> Address:
    """An identity contract that answers no question at all."""
    return owner.create(_creation(bytes.fromhex("60006000fd")))


def halting(owner: Wallet) -> Address:
    """A contract that runs into an invalid instruction, which takes all the gas and says nothing."""
    return owner.create(_creation(bytes.fromhex("fe")))


def saying(owner: Wallet, answer: bytes) -> Address:
    """A contract that answers these bytes to whatever it is asked."""
    size = b"\x61" + len(answer).to_bytes(2, "big")
    code = size + bytes.fromhex("600e600039") + size + bytes.fromhex("6000f3")  # CODECOPY(0, 14, size); RETURN(0, size)
    return owner.create(_creation(code + answer))


def factory_naming(owner: Wallet, identity_contract: Address) -> Address:
    """A factory that names this identity contract, whoever is asked about."""
    return owner.create(_creation(b"\x73" + identity_contract.value + bytes.fromhex("60005260206000f3")))


def _creation(runtime: bytes) -> bytes:
    return b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600c6000396000f3") + runtime
