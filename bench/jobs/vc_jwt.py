"""JWTs: the vc+jwt form issued and verified, and what strict reading costs, beside PyJWT and joserfc."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.agreement import must_equal, must_hold
from bench.measure import InProcess, Job, Peer
from bench.node_peer import NodePeer
from bench.subjects import (
    MANY,
    NOW,
    Investor,
    decide_before,
    fresh_claim,
    investors,
    issuer_keys,
    issuer_private_jwk,
    issuer_signer,
    secret,
    statuses_of,
)
from claim_issuers import Claim, verify_vc_jwt
from claim_issuers.formats import jose, vc_jwt

PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(secret("issuer"))
PUBLIC_KEY = PRIVATE_KEY.public_key()
_NO_TIME = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}


def encode(claim: Claim) -> str:
    """Ours."""
    return vc_jwt.encode(claim, issuer_signer())


def headers() -> dict[str, str]:
    """What ours puts in the header beside ``alg``."""
    return {"typ": vc_jwt.TYP, "cty": "vc", "kid": issuer_signer().kid}


def encode_with_pyjwt(credential: dict[str, Any]) -> str:
    """Theirs."""
    return pyjwt.encode(credential, PRIVATE_KEY, algorithm="EdDSA", headers=headers())


def decode_with_pyjwt(token: str) -> dict[str, Any]:
    """Theirs; the instant of the run lies years from the tokens', so times are not judged."""
    return dict(pyjwt.decode(token, PUBLIC_KEY, algorithms=["EdDSA"], options=_NO_TIME))  # type: ignore[arg-type]


def issue(_: NodePeer) -> Iterator[Job]:
    """Issue a vc+jwt from a claim."""
    chosen = investors()
    credentials = [vc_jwt.credential_of(one.claim) for one in chosen]
    must_equal("payload", decode_with_pyjwt(encode(chosen[0].claim)), decode_with_pyjwt(encode_with_pyjwt(credentials[0])))
    peers = [Peer(InProcess("PyJWT", encode_with_pyjwt, credentials))]
    if joserfc := _Joserfc.installed():
        peers.append(Peer(InProcess("joserfc", joserfc.encode, credentials)))
    yield Job(
        name="vc-jwt-issue",
        title="issue a vc+jwt",
        ours=InProcess("ours", encode, chosen, fresh=fresh_claim),
        peers=tuple(peers),
        notes=("ours builds the credential from the claim; the others are handed theirs ready made",),
    )


def verify(_: NodePeer) -> Iterator[Job]:
    """Verify a vc+jwt with every check."""
    chosen = investors(MANY)
    shown = [(investor, encode(investor.claim)) for investor in chosen]
    ours = _our_verifier(chosen)
    for pair in shown[:64]:
        must_hold("our own verifier refuses", ours(pair).ok)
    yield Job(
        name="vc-jwt-verify",
        title="verify a vc+jwt",
        ours=InProcess("ours", ours, shown),
        peers=_readers([token for _, token in shown]),
        notes=("the others check the signature alone; ours reads the claim and reports every check",),
    )


def read_strictly(_: NodePeer) -> Iterator[Job]:
    """Read one JWS strictly: what it costs beside reading it loosely."""
    tokens = [encode(investor.claim) for investor in investors(MANY)]
    key = issuer_signer().public_key

    def ours(token: str) -> Any:
        return jose.verify_compact(token, keys=lambda _kid: key, algorithms=["EdDSA"], typ=vc_jwt.TYP).payload

    must_equal("payload", ours(tokens[0]), decode_with_pyjwt(tokens[0]))
    yield Job(
        name="jose-verify",
        title="read and verify one compact JWS",
        ours=InProcess("ours", ours, tokens),
        peers=_readers(tokens),
        notes=("PyJWT alone takes appended padding, duplicate members and any typ",),
    )


def _readers(tokens: list[str]) -> tuple[Peer, ...]:
    peers = [Peer(InProcess("PyJWT", decode_with_pyjwt, tokens))]
    if joserfc := _Joserfc.installed():
        peers.append(Peer(InProcess("joserfc", joserfc.decode, tokens)))
    return tuple(peers)


def _our_verifier(chosen: tuple[Investor, ...]) -> Any:
    keys, status, accreditation = issuer_keys(), statuses_of(chosen), decide_before(chosen)

    def ours(pair: tuple[Investor, str]) -> Any:
        return verify_vc_jwt(
            pair[1],
            keys=keys,
            instant=NOW,
            leeway=timedelta(seconds=30),
            status=status,
            accreditation=accreditation,
            account=pair[0].claim.account,
        )

    return ours


class _Joserfc:
    """joserfc with parsed keys, where it is installed; no dependency of this project."""

    def __init__(self) -> None:
        self._jwt = import_module("joserfc.jwt")
        keys = import_module("joserfc.jwk").OKPKey
        self._private, self._public = keys.import_key(issuer_private_jwk()), keys.import_key(issuer_signer().public_key.jwk())

    @classmethod
    def installed(cls) -> "_Joserfc | None":
        return cls() if find_spec("joserfc") else None

    def encode(self, credential: dict[str, Any]) -> str:
        return str(self._jwt.encode({"alg": "EdDSA", **headers()}, credential, self._private, algorithms=["EdDSA"]))

    def decode(self, token: str) -> Any:
        return self._jwt.decode(token, self._public, algorithms=["EdDSA"]).claims
