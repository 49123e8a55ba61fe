"""Verifying targets for signatures outside tokens and contracts: bare ones, wallets' messages, orders."""

import json
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any

from claim_issuers import SiweMessage
from claim_issuers.account_proofs.siwe import verify_signature
from claim_issuers.keys.secp256k1 import eip191_digest, recover_address, recover_public_key
from claim_issuers.orders.signed import SignedOrder
from tests.claim_issuers import ordering
from tests.claim_issuers.builders import WALLET
from tests.fuzz.json_changes import respelt
from tests.fuzz.mutations import changed_bytes, changed_text, either
from tests.fuzz.on_chain_changes import changed_fields
from tests.fuzz.samples import IN_TIME, KEYS, SIGN_IN, SIGNERS, order_texts, siwe_samples
from tests.fuzz.signature_changes import other_evm_signature, other_jose_signature
from tests.fuzz.targets import ACCEPTED, Target, accepted_if


def _signature_samples() -> tuple[tuple[Any, ...], ...]:
    messages = (b"", b"hello", bytes(200))
    return tuple((signer.alg, signer.kid, message, signer.sign(message)) for signer in SIGNERS for message in messages)


def _changed_signature(rng: Random, sample: Any, others: Sequence[Any]) -> Any:
    alg, kid, message, signature = sample
    if rng.random() < 0.7:
        return alg, kid, message, other_jose_signature(rng, alg, signature)
    other = either(rng, *others)
    return either(
        rng, (alg, kid, changed_bytes(rng, message), signature), (alg, kid, message, other[3]), (alg, other[1], message, signature)
    )


def _verify_bare(sample: Any) -> str:
    _, kid, message, signature = sample
    KEYS[kid].verify(message, signature)
    return ACCEPTED


def _digest_samples() -> tuple[tuple[Any, ...], ...]:
    digests = (eip191_digest(b"hello"), bytes(31) + b"\1", b"\xff" * 32)
    return tuple((digest, WALLET.sign_digest(digest)) for digest in digests)


def _recover(sample: Any) -> str | None:
    digest, signature = sample
    key = recover_public_key(digest, signature)
    return accepted_if(key.address == WALLET.address or recover_address(digest, signature) == WALLET.address)


def siwe_text(rng: Random, text: str) -> str:
    """A message with a change of a line, of an instant's spelling, or of any character."""
    lines = text.split("\n")
    at = int(rng.random() * len(lines))
    kind = int(rng.random() * 7)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(
            at, either(rng, *lines, "", "Resources:", "- https://evil.example", "Version: 1", "Not Before: 2026-01-01T00:00:00Z")
        )
    elif kind == 2:
        other = int(rng.random() * len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        return text.replace("Z\n", either(rng, "z\n", "+00:00\n", "-00:00\n", ".0Z\n", ".000000000Z\n", " Z\n", "\n"), 1)
    elif kind == 4:
        return text.replace("\n", either(rng, "\r\n", "\r", "\u2028", "\n\n"), either(rng, 1, -1))
    elif kind == 5:
        lines[at] = either(
            rng, lines[at].lower(), lines[at].upper(), lines[at] + " ", " " + lines[at], lines[at].replace(": ", ":")
        )
    else:
        return changed_text(rng, text)
    return "\n".join(lines)


def _changed_siwe(rng: Random, sample: tuple[str, bytes], others: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    text, signature = sample
    kind = rng.random()
    if kind < 0.35:
        return text, other_evm_signature(rng, signature)
    if kind < 0.45:
        return text, either(rng, *others)[1]
    return siwe_text(rng, text), signature


def _verify_siwe(sample: tuple[str, bytes]) -> str:
    message = SiweMessage.parse(sample[0])
    message.check(**SIGN_IN, instant=IN_TIME)
    verify_signature(message, sample[1])
    return ACCEPTED


@lru_cache(maxsize=1)
def _network() -> tuple[Any, frozenset[SignedOrder]]:
    return ordering.Network(now=IN_TIME).evidence(), frozenset(SignedOrder.parse(text) for text in order_texts())


def changed_order(rng: Random, text: bytes, others: Sequence[bytes]) -> bytes:
    """An order's bytes with a member, its signature, or its spelling changed."""
    members = json.loads(text)
    kind = rng.random()
    if kind < 0.35:
        signature = other_evm_signature(rng, bytes.fromhex(members["signature"][2:]))
        members["signature"] = either(rng, "0x", "0x", "0x", "0X", "") + signature.hex()
    elif kind < 0.5:
        other = json.loads(either(rng, *others))
        name = either(rng, *members)
        members[name] = other[name]
    elif kind < 0.65:
        name = either(rng, *members["order"])
        members["order"][name] = changed_text(rng, members["order"][name])
    else:
        return respelt(rng, text)
    return json.dumps(members).encode()


def _verify_order(text: bytes) -> str | None:
    evidence, originals = _network()
    signed = SignedOrder.parse(text)
    report = ordering.verify_order(signed, network=ordering.NETWORK, evidence=evidence, instant=IN_TIME)
    # White space, the order of members and the case of hex digits do not change an order: its value counts, not its text.
    return accepted_if(report.ok and (signed not in originals or text in order_texts()))


def signature_targets() -> tuple[Target, ...]:
    """Every target that verifies signatures outside tokens."""
    evm = changed_fields(other_evm_signature)
    return (
        Target(
            name="signatures",
            covers=tuple(f"keys.public_keys.{kind}PublicKey.verify" for kind in ("Ed25519", "Secp256k1", "P256")),
            originals=_signature_samples(),
            change=_changed_signature,
            judge=_verify_bare,
        ),
        Target(
            name="recovery",
            covers=("keys.secp256k1.recover_address", "keys.secp256k1.recover_public_key"),
            originals=_digest_samples(),
            change=evm,
            judge=_recover,
        ),
        Target(
            name="siwe",
            covers=("account_proofs.siwe.verify_signature", "account_proofs.siwe.SiweMessage.check"),
            originals=siwe_samples(),
            change=_changed_siwe,
            judge=_verify_siwe,
        ),
        Target(
            name="orders",
            covers=("orders.verify.verify_order",),
            originals=order_texts(),
            change=changed_order,
            judge=_verify_order,
        ),
    )
