"""What is changed: tokens, messages and orders that must be accepted, by several keys, at fixed instants."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from claim_issuers import Account, Ed25519Signer, P256Signer, Secp256k1Signer, SiweMessage, StatusArray
from claim_issuers.clock import unix_seconds
from claim_issuers.formats import vc_jwt
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.keys.secp256k1 import eip191_digest
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.bitstring import StatusPurpose
from tests.claim_issuers import ordering
from tests.claim_issuers.builders import ACCOUNT, ISSUER, NOW, STATUS_LIST, VALID, WALLET, a_claim
from tests.fuzz.token_changes import Signed

SIGNERS: tuple[Any, ...] = (
    Ed25519Signer(bytes(31) + b"\1"),
    P256Signer(bytes(31) + b"\2"),
    Secp256k1Signer(bytes(31) + b"\3"),
    Ed25519Signer(bytes(31) + b"\4"),
)
KEYS: Mapping[str, PublicKey] = {signer.kid: signer.public_key for signer in SIGNERS}
IN_TIME = NOW + timedelta(minutes=1)
BITSTRING = bitstring_status_list.purpose_uri(STATUS_LIST, StatusPurpose.REVOCATION)
SIGN_IN: Mapping[str, Any] = {
    "domain": "issuer.example",
    "uri": "https://issuer.example/sign-in",
    "chain_id": 31337,
    "nonce": "K7vQ2mX9aB",
}


def issuer_keys(did: str, kid: str) -> PublicKey:
    """Every key is the issuer's and nobody else's."""
    if did != ISSUER:
        raise KeyError(did)
    return KEYS[kid]


def the_text(token: Signed) -> str:
    return token.text


def compact_tokens() -> tuple[Signed, ...]:
    """Tokens of no particular kind."""
    exp = unix_seconds(NOW) + 300
    payloads: tuple[dict[str, Any], ...] = (
        {"exp": exp, "sub": "somebody"},
        {"exp": exp, "iat": exp - 300, "aud": ["a", "b"], "x": {"y": [1, 2.5, None, True, "é"]}},
        {"exp": exp, "nonce": "n" * 64},
    )
    return tuple(Signed.of("demo+jwt", payload, signer) for signer in SIGNERS for payload in payloads)


@lru_cache(maxsize=1)
def credentials() -> tuple[Signed, ...]:
    """Credentials of every claim type, about one account, by several keys of one issuer."""
    return tuple(
        Signed.read(vc_jwt.encode(a_claim(kind=kind, attributes=attributes, id=f"urn:example:claim:{number}"), signer), signer)
        for number, (kind, attributes) in enumerate(VALID)
        for signer in (SIGNERS[number % 4], SIGNERS[(number + 1) % 4])
    )


def status_list_tokens() -> tuple[Signed, ...]:
    """Published lists of several sizes."""
    arrays = (StatusArray(size=16), StatusArray.from_bytes(bytes.fromhex("b9a3"), bits=1), StatusArray(size=4096, bits=8))
    return tuple(
        Signed.read(
            token_status_list.publish(
                array,
                uri=STATUS_LIST,
                issuer=ISSUER,
                issued_at=NOW,
                expires_at=NOW + timedelta(days=1),
                ttl=timedelta(minutes=5),
                signer=signer,
            ),
            signer,
        )
        for array in arrays
        for signer in SIGNERS
    )


def bitstring_tokens() -> tuple[Signed, ...]:
    """Published bitstrings; ``validUntil`` ends them, so that they need no ``exp``."""
    return tuple(
        Signed.read(
            bitstring_status_list.publish(
                StatusArray(),
                uri=BITSTRING,
                purpose=StatusPurpose.REVOCATION,
                issuer=ISSUER,
                valid_from=NOW,
                valid_until=NOW + timedelta(days=1),
                ttl=timedelta(minutes=5),
                signer=signer,
            ),
            signer,
            needs_exp=False,
        )
        for signer in SIGNERS
    )


def siwe_samples() -> tuple[tuple[str, bytes], ...]:
    """Messages of every shape, and what the wallet signs for them."""
    account = Account(ACCOUNT.chain, WALLET.address)
    statements = (None, "Prove your wallet.")
    resources = (None, (), ("https://issuer.example/terms", "ipfs://bafy"))
    messages = [
        SiweMessage.build(
            domain=SIGN_IN["domain"],
            uri=SIGN_IN["uri"],
            nonce=SIGN_IN["nonce"],
            account=account,
            issued_at=NOW,
            expires_at=NOW + timedelta(minutes=5),
            statement=statement,
            request_id=request_id,
            resources=named,
        )
        for statement in statements
        for named in resources
        for request_id in (None, "r-1")
    ]
    return tuple((message.prepare(), WALLET.sign_digest(eip191_digest(message.prepare().encode()))) for message in messages)


@lru_cache(maxsize=1)
def order_texts() -> tuple[bytes, ...]:
    """Signed orders by one office."""
    more = ordering.ORDER_ID[:-1] + "b"
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"id": more},
        {"price": "1.000"},
        {"quantity": 2**255},
        {"network": ordering.NETWORK},
    )
    return tuple(dict.fromkeys(ordering.signed(**change).to_bytes() for change in changes))
