"""ERC-6492: signatures of contract wallets that may not be deployed yet.

Such a signature is ``abi.encode(address factory, bytes factoryCall, bytes signature)`` and 32 bytes 6492…. What stands in it is
judged by one ``eth_call`` that creates a contract and throws it away: the code below runs as its constructor, lets the factory
deploy the wallet where there is none yet, asks the wallet (ERC-1271) and returns one byte. Nothing stays on the chain.

>>> unwrap(b"r, s and v") is None
True
>>> wallet, factory = Address(bytes([0x11]) * 20), Address(bytes([0x22]) * 20)
>>> unwrap(wrap(WrappedSignature(factory=factory, factory_call=b"deploy", signature=b"yes"))).factory_call
b'deploy'
>>> judging_code(wallet, bytes(32), WrappedSignature(factory=factory, factory_call=b"deploy", signature=b"yes"))[:1].hex()
'73'
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import Address
from identity_service.chain.contracts import Function, decode_values, encode_values
from identity_service.chain.errors import ChainAnswerMalformed

IS_VALID_SIGNATURE: Final = Function("isValidSignature(bytes32,bytes)", "bytes4")
SUFFIX: Final = bytes.fromhex("6492" * 16)
ACCEPTED: Final = b"\x01"
"""What the code returns when the wallet accepts the signature."""

JUDGING_GAS: Final = 15_000_000
"""The most gas that deploying and asking may take, half of a block: P-256 in Solidity and a proxy's deployment need 2 million."""

MAXIMUM_LENGTH: Final = 16 * 1024
_TYPES: Final = ("address", "bytes", "bytes")


class MalformedSignatureWrapper(InvalidInput):
    """The signature ends as ERC-6492 says, and what stands before the suffix is no factory, call and signature."""

    code = "malformed_signature_wrapper"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedSignature:
    """A signature, and the call that deploys the wallet which is to judge it."""

    factory: Address
    factory_call: bytes
    signature: bytes


def unwrap(signature: bytes) -> WrappedSignature | None:
    """What an ERC-6492 signature holds, or None for one without the suffix.

    Stricter than the ABI: each value has one encoding, no byte is left over, and the whole is at most 16 KiB. Raises
    MalformedSignatureWrapper.
    """
    if not signature.endswith(SUFFIX):
        return None
    encoded = signature[: -len(SUFFIX)]
    refusal = MalformedSignatureWrapper("wrap the signature as ERC-6492 says, or send it as it is", pointer="/signature")
    if len(signature) > MAXIMUM_LENGTH:
        raise refusal
    try:
        factory, factory_call, inner = decode_values(_TYPES, encoded)
    except ChainAnswerMalformed as error:
        raise refusal from error
    wrapped = WrappedSignature(factory=factory, factory_call=factory_call, signature=inner)
    if wrap(wrapped) != signature:
        raise refusal
    return wrapped


def wrap(wrapped: WrappedSignature) -> bytes:
    """The bytes of an ERC-6492 signature."""
    return encode_values(_TYPES, (wrapped.factory, wrapped.factory_call, wrapped.signature)) + SUFFIX


# The few instructions that the code is made of (Yellow Paper, appendix H); PUSH0 is left out for chains that do not know it.
_OPCODES: Final[Mapping[str, int]] = {
    "LT": 0x10,
    "EQ": 0x14,
    "AND": 0x16,
    "RETURNDATASIZE": 0x3D,
    "EXTCODESIZE": 0x3B,
    "CODECOPY": 0x39,
    "POP": 0x50,
    "MLOAD": 0x51,
    "MSTORE8": 0x53,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "JUMPDEST": 0x5B,
    "CALL": 0xF1,
    "RETURN": 0xF3,
    "STATICCALL": 0xFA,
}
_PUSH1: Final = 0x60

Instruction = str | bytes
"""The name of an instruction, or the 1 to 32 bytes that a PUSH puts on the stack."""


def judging_code(account: Address, digest: bytes, wrapped: WrappedSignature) -> bytes:
    """Init code that returns ``ACCEPTED`` when the wallet at ``account``, deployed if need be, accepts the signature.

    In memory the call data of the factory and then that of the wallet lie at 0, the wallet's answer after the longer of them, at
    ``answer``. Both calls' data stand behind the instructions in the code itself.
    """
    question = IS_VALID_SIGNATURE.encode(digest, wrapped.signature)
    answer = -(-max(len(wrapped.factory_call), len(question)) // 32) * 32
    length = len(_assembled(_program(account, wrapped, question, answer=answer, behind=0)))
    instructions = _assembled(_program(account, wrapped, question, answer=answer, behind=length))
    return instructions + wrapped.factory_call + question


def _program(account: Address, wrapped: WrappedSignature, question: bytes, *, answer: int, behind: int) -> list[Instruction]:
    """The instructions, one line a step; arguments are pushed last first. ``behind`` is where the data begins in the code."""
    deployment = len(wrapped.factory_call)
    ask = 70  # the byte at which JUMPDEST stands: the length of everything before it
    program: list[Instruction] = [
        # if the account has code, go on to ask it
        *(account.value, "EXTCODESIZE", _word(ask), "JUMPI"),
        # the factory's call data to memory
        *(_word(deployment), _word(behind), b"\0", "CODECOPY"),
        # call the factory with all gas, no coins and no place for an answer; whether it succeeded is seen by the code it leaves
        *(b"\0", b"\0", _word(deployment), b"\0", b"\0", wrapped.factory.value, "GAS", "CALL", "POP"),
        "JUMPDEST",
        # the question to the wallet to memory
        *(_word(len(question)), _word(behind + deployment), b"\0", "CODECOPY"),
        # ask the wallet, which may change nothing; 32 bytes of its answer go behind the question
        *(b"\x20", _word(answer), _word(len(question)), b"\0", account.value, "GAS", "STATICCALL"),
        # and it answered in 32 bytes or more
        *("RETURNDATASIZE", b"\x1f", "LT", "AND"),
        # and the answer is the magic value
        *(_word(answer), "MLOAD", IS_VALID_SIGNATURE.selector.ljust(32, b"\0"), "EQ", "AND"),
        # return that as one byte
        *(b"\0", "MSTORE8", b"\x01", b"\0", "RETURN"),
    ]
    assert len(_assembled(program[: program.index("JUMPDEST")])) == ask  # noqa: S101 - every operand has a fixed width
    return program


def _word(number: int) -> bytes:
    """Two bytes, whatever the number, so that no operand moves what stands behind it."""
    return number.to_bytes(2, "big")


def _assembled(program: Sequence[Instruction]) -> bytes:
    return b"".join(
        bytes([_OPCODES[step]]) if isinstance(step, str) else bytes([_PUSH1 + len(step) - 1]) + step for step in program
    )
