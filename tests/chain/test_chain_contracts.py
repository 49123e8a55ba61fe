"""Our own signatures of the contracts' functions, against the ABI of the deployed artifacts."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from eth_utils.abi import abi_to_signature
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.identifiers.accounts import Address
from identity_service.chain import erc20, onchainid, trex
from identity_service.chain.contracts import Function, decode_values, encode_values, split_types
from identity_service.chain.errors import ChainAnswerMalformed, MalformedCall

MODULES = Path(__file__).parents[2] / "node_modules"
ARTIFACTS = [
    "@onchain-id/solidity/artifacts/contracts/ClaimIssuer.sol/ClaimIssuer.json",
    "@onchain-id/solidity/artifacts/contracts/factory/IdFactory.sol/IdFactory.json",
    "@onchain-id/solidity/artifacts/contracts/gateway/Gateway.sol/Gateway.json",
    "@tokenysolutions/t-rex/artifacts/contracts/token/Token.sol/Token.json",
    "@tokenysolutions/t-rex/artifacts/contracts/registry/implementation/IdentityRegistry.sol/IdentityRegistry.json",
    "@tokenysolutions/t-rex/artifacts/contracts/registry/implementation/ClaimTopicsRegistry.sol/ClaimTopicsRegistry.json",
    "@tokenysolutions/t-rex/artifacts/contracts/registry/implementation/TrustedIssuersRegistry.sol/TrustedIssuersRegistry.json",
    "@tokenysolutions/t-rex/artifacts/contracts/compliance/modular/ModularCompliance.sol/ModularCompliance.json",
    "@tokenysolutions/t-rex/artifacts/contracts/compliance/modular/modules/CountryAllowModule.sol/CountryAllowModule.json",
    "@tokenysolutions/t-rex/artifacts/contracts/compliance/modular/modules/CountryRestrictModule.sol/CountryRestrictModule.json",
]


def functions_of(module: ModuleType) -> list[Function]:
    return [value for value in vars(module).values() if isinstance(value, Function)]


@pytest.fixture(scope="module")
def deployed_abi() -> dict[str, list[str]]:
    entries: list[dict[str, Any]] = []
    for artifact in ARTIFACTS:
        entries += json.loads((MODULES / artifact).read_bytes())["abi"]
    return {
        abi_to_signature(entry): [output["type"] for output in entry["outputs"]] for entry in entries if entry["type"] == "function"
    }


@pytest.mark.parametrize("function", [*functions_of(erc20), *functions_of(onchainid), *functions_of(trex)], ids=str)
def test_every_function_is_in_the_deployed_contracts_with_these_types(
    function: Function, deployed_abi: dict[str, list[str]]
) -> None:
    assert deployed_abi[function.signature] == list(function.outputs)


def test_the_selector_is_the_published_one() -> None:
    # ERC-20 transfer, as every token contract has it
    assert erc20.TRANSFER.selector.hex() == "a9059cbb"


def test_call_data_holds_the_words_in_order() -> None:
    spender = Address(b"\x11" * 20)

    encoded = erc20.APPROVE.encode(spender, 5)

    assert encoded == bytes.fromhex("095ea7b3") + bytes(12) + b"\x11" * 20 + (5).to_bytes(32, "big")
    assert erc20.APPROVE.arguments(encoded) == (spender, 5)


@given(
    st.lists(st.binary(min_size=20, max_size=20).map(Address), max_size=3),
    st.integers(min_value=0, max_value=2**256 - 1),
    st.binary(max_size=100),
    st.text(max_size=20).filter(lambda text: text.isprintable()),
)
def test_values_come_back_as_they_went_in(addresses: list[Address], number: int, raw: bytes, text: str) -> None:
    types = ("(address[],uint256)", "bytes", "string", "bytes32[2]")
    values = ((tuple(addresses), number), raw, text, (bytes(32), b"\x01" * 32))

    assert decode_values(types, encode_values(types, values)) == values


@pytest.mark.parametrize(
    "arguments", [(), (1,), (1, 2, 3), ("0x12", 1), (Address(bytes(20)), -1), (Address(bytes(20)), 2**256), (None, 1)]
)
def test_arguments_that_do_not_fit_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(MalformedCall):
        erc20.TRANSFER.encode(*arguments)


@pytest.mark.parametrize("returned", [b"", b"\x01", b"\x02" * 32, bytes(31)])
def test_an_answer_that_is_no_boolean_is_malformed(returned: bytes) -> None:
    with pytest.raises(ChainAnswerMalformed):
        trex.PAUSED.decode(returned)


@given(st.binary(max_size=400))
def test_no_answer_breaks_the_decoder(returned: bytes) -> None:
    try:
        onchainid.GET_CLAIM.decode(returned)
    except ChainAnswerMalformed:
        return


def test_call_data_of_another_function_is_malformed() -> None:
    with pytest.raises(ChainAnswerMalformed):
        erc20.APPROVE.arguments(erc20.TRANSFER.encode(Address(bytes(20)), 1))


def test_nested_types_split_at_the_outer_commas() -> None:
    assert split_types("(address,(uint8,bool)[]),bytes") == ("(address,(uint8,bool)[])", "bytes")
    assert split_types("") == ()
