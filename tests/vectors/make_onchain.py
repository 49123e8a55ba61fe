"""Makes erc735.json and eligibility.json with eth-abi and eth-account alone: our own encoder has no part in them.

Run it from the root of the tree: ``.venv/bin/python tests/vectors/make_onchain.py``. The key is 32 times 0x11, known to everybody.
"""

import json
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data
from eth_utils import keccak

HERE = Path(__file__).parent
KEY = Account.from_key(b"\x11" * 32)
IDENTITY, CONTRACT, TOKEN, HOLDER = ("0x" + byte * 20 for byte in ("22", "33", "55", "66"))
TOPIC = int.from_bytes(keccak(b"INVESTOR"), "big")
SOURCE = "DESIGN §4, golden vectors; made by make_onchain.py with eth-abi and eth-account"


def erc735(data: bytes) -> dict[str, Any]:
    """A claim for the stock contract of ONCHAINID 2.x."""
    inner = keccak(encode(["address", "uint256", "bytes"], [IDENTITY, TOPIC, data]))
    return {
        "data": data.hex(),
        "inner_hash": inner.hex(),
        "signature": KEY.sign_message(encode_defunct(primitive=inner)).signature.hex(),
    }


def status_list_claim(data: bytes) -> dict[str, Any]:
    """The same claim for StatusListClaimIssuer, its signature compacted by EIP-2098."""
    types = {"Claim": [_member("identity", "address"), _member("topic", "uint256"), _member("data", "bytes")]}
    message = encode_typed_data(_domain("StatusListClaimIssuer"), types, {"identity": IDENTITY, "topic": TOPIC, "data": data})
    signed = KEY.sign_message(message)
    parity_and_s = (signed.v - 27) << 255 | signed.s
    return {
        "data": data.hex(),
        "digest": _digest(message).hex(),
        "signature": (signed.r.to_bytes(32, "big") + parity_and_s.to_bytes(32, "big")).hex(),
    }


def eligibility(answer: dict[str, Any]) -> dict[str, Any]:
    """An eligibility attestation."""
    kinds = ("address", "address", "uint128", "uint64", "uint64", "uint64")
    types = {"Eligibility": [_member(name, kind) for name, kind in zip(answer, kinds, strict=True)]}
    message = encode_typed_data(_domain("EligibilityRegistry"), types, answer)
    return {"answer": answer, "digest": _digest(message).hex(), "signature": KEY.sign_message(message).signature.hex()}


def documents() -> dict[str, Any]:
    """The content of each file, by its name."""
    where = {"secret": KEY.key.hex(), "address": KEY.address, "chain_id": 1}
    answer = {"account": HOLDER, "token": TOKEN, "categories": 3, "issuedAt": 1700000000, "validUntil": 1700003600, "epoch": 1}
    highest = {**answer, "categories": 2**128 - 1, "issuedAt": 2**64 - 2, "validUntil": 2**64 - 1, "epoch": 2**64 - 1}
    return {
        "erc735.json": {
            "source": SOURCE,
            **where,
            "identity_contract": IDENTITY,
            "issuer_contract": CONTRACT,
            "topic": hex(TOPIC),
            "claim_id": keccak(encode(["address", "uint256"], [CONTRACT, TOPIC])).hex(),
            "key_hash": keccak(encode(["address"], [KEY.address])).hex(),
            "erc735": [erc735(b"\x44" * length) for length in (32, 31, 0, 33)],
            "status_list_claim": [status_list_claim(b"\x44" * length) for length in (31, 0, 64)],
        },
        "eligibility.json": {
            "source": SOURCE,
            **where,
            "verifying_contract": CONTRACT,
            "attestations": [eligibility(answer), eligibility(highest)],
        },
    }


def _member(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "type": kind}


def _domain(name: str) -> dict[str, Any]:
    return {"name": name, "version": "1", "chainId": 1, "verifyingContract": CONTRACT}


def _digest(message: SignableMessage) -> bytes:
    return keccak(b"\x19" + message.version + message.header + message.body)


if __name__ == "__main__":
    for name, content in documents().items():
        (HERE / name).write_text(json.dumps(content, indent=2) + "\n")
