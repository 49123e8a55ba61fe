"""ERC-6492 wrappers: one encoding each, and no bytes that bring the reader down; the judging code fits what nodes take."""

from contextlib import suppress

import pytest
from eth_abi.abi import encode
from hypothesis import example, given
from hypothesis import strategies as st

from claim_issuers.identifiers.accounts import Address
from identity_service.chain.erc6492 import (
    MAXIMUM_LENGTH,
    SUFFIX,
    MalformedSignatureWrapper,
    WrappedSignature,
    judging_code,
    unwrap,
    wrap,
)

ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
WRAPPED = st.builds(
    WrappedSignature, factory=ADDRESSES, factory_call=st.binary(max_size=300), signature=st.binary(max_size=300)
).map(wrap)


def test_the_wrapper_is_what_the_standard_says() -> None:
    """ERC-6492: abi.encode((create2Factory, factoryCalldata, originalERC1271Signature)) and the magic bytes."""
    factory, call, signature = bytes([0x22]) * 20, b"deploy the wallet", bytes(range(65))
    written = encode(["address", "bytes", "bytes"], [factory, call, signature]) + bytes.fromhex("6492" * 16)
    found = unwrap(written)
    assert found == WrappedSignature(factory=Address(factory), factory_call=call, signature=signature)
    assert unwrap(written[:-1]) is None


@given(st.binary(max_size=600) | WRAPPED.map(lambda one: one[:-32]))
@example(b"")
@example(b"\xff" * 96)
@example(bytes(31) + b"\x60" + bytes(64))
def test_any_bytes_before_the_suffix_are_one_wrapper_or_none(before: bytes) -> None:
    with suppress(MalformedSignatureWrapper):
        found = unwrap(before + SUFFIX)
        assert found is not None
        assert wrap(found) == before + SUFFIX


@given(WRAPPED, st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=255))
def test_a_changed_wrapper_is_another_one_or_none(written: bytes, place: int, change: int) -> None:
    changed = bytearray(written)
    changed[place % (len(written) - 32)] ^= change
    with suppress(MalformedSignatureWrapper):
        assert unwrap(bytes(changed)) != unwrap(written)


def test_a_wrapper_that_is_too_long_is_refused() -> None:
    long = WrappedSignature(factory=Address(bytes(20)), factory_call=bytes(MAXIMUM_LENGTH), signature=b"")
    with pytest.raises(MalformedSignatureWrapper):
        unwrap(wrap(long))


def test_the_judging_code_is_short_enough_for_every_chain() -> None:
    """EIP-3860 lets init code have 49,152 bytes."""
    most = MAXIMUM_LENGTH - 32 * 6
    wrapped = WrappedSignature(factory=Address(bytes(20)), factory_call=bytes(most // 2), signature=bytes(most // 2))
    assert len(judging_code(Address(bytes(20)), bytes(32), wrapped)) < 49_152
