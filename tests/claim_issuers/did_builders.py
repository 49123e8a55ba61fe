"""What the tests of identifiers share: published vectors, keys of every kind, and things that are no text."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer

VECTORS = Path(__file__).parents[1] / "vectors"

NO_TEXT = [None, b"did:key:z6Mk", 7, 1.5, True, [], {}, object]
"""What a caller may hand over where a text belongs."""

HOSTILE = ["", "\0", "did:", "é" * 9, "١٢٣", "\ud800", "x" * 1_000_000, "1" * 1_000_000, "{" * 1_000_000]
"""Texts that are no identifier of any kind, some of them long."""

secrets = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
ed25519_keys = st.binary(min_size=32, max_size=32).map(lambda seed: Ed25519Signer(seed).public_key)
public_keys = st.one_of(
    ed25519_keys,
    secrets.map(lambda secret: P256Signer(secret).public_key),
    secrets.map(lambda secret: Secp256k1Signer(secret).public_key),
)


def vector(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
