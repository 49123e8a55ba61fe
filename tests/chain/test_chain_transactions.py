"""Transactions, byte for byte as eth-account signs them."""

from eth_account import Account as EthAccount
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.chain.transactions import Transaction, sign_transaction

words = st.integers(min_value=0, max_value=2**64 - 1)


@given(
    secret=st.binary(min_size=31, max_size=31),
    chain=st.integers(min_value=1, max_value=2**32),
    nonce=words,
    tip=words,
    fee=words,
    gas=words,
    value=st.integers(min_value=0, max_value=2**96),
    to=st.none() | st.binary(min_size=20, max_size=20),
    payload=st.binary(max_size=300),
)
def test_a_signed_transaction_equals_that_of_eth_account(
    secret: bytes, chain: int, nonce: int, tip: int, fee: int, gas: int, value: int, to: bytes | None, payload: bytes
) -> None:
    secret = b"\x01" + secret
    address = None if to is None else Address(to)
    transaction = Transaction(
        chain=ChainId(chain),
        nonce=nonce,
        max_priority_fee_per_gas=tip,
        max_fee_per_gas=fee,
        gas=gas,
        to=address,
        value=value,
        payload=payload,
    )
    expected = EthAccount.sign_transaction(
        {
            "type": 2,
            "chainId": chain,
            "nonce": nonce,
            "maxPriorityFeePerGas": tip,
            "maxFeePerGas": fee,
            "gas": gas,
            "to": b"" if address is None else address.checksum,
            "value": value,
            "data": payload,
        },
        secret,
    )

    signed = sign_transaction(transaction, Secp256k1Signer(secret))

    assert signed.raw == bytes(expected.raw_transaction)
    assert signed.hash == bytes(expected.hash)
