"""SD-JWT VC: issue with four disclosures, and verify with key binding, beside the two libraries that do it."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

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
from claim_issuers import Claim
from claim_issuers.clock import SystemEntropy, unix_seconds
from claim_issuers.formats import sd_jwt_vc
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.verifiers.presentations import KeyBindingDemand, verify_sd_jwt_vc

TYPES = CredentialTypes("https://issuer.example/credential-types")
AUDIENCE = "https://verifier.example"
ISSUE_GOAL = 3.5
VERIFY_GOAL = 2.5
_PYPI = "sd-jwt (PyPI)"
_ENTROPY = SystemEntropy()


def encode(claim: Claim) -> str:
    """Ours, with fresh randomness as in life."""
    return sd_jwt_vc.encode(claim, issuer_signer(), types=TYPES, secret=_ENTROPY.token_bytes(32))


@cache
def _parsed_private_jwk() -> JWK:
    return JWK(**issuer_private_jwk())


def payload_of(investor: Investor) -> dict[str, Any]:
    """What the credential says, the investor's attributes among the rest: what a user of another library would hand it."""
    return {**sd_jwt_vc.always_shown(investor.claim, TYPES), **investor.claim.attributes_json()}


def marked(investor: Investor) -> dict[Any, Any]:
    """The same with the attributes marked as sd-jwt (PyPI) wants them."""
    disclosable = investor.claim.attributes_json()
    return {SDObj(name) if name in disclosable else name: value for name, value in payload_of(investor).items()}


def encode_with_pypi(user_claims: dict[Any, Any]) -> str:
    """Theirs, in Python."""
    headers = {"typ": sd_jwt_vc.TYP, "kid": issuer_signer().kid}
    issued = SDJWTIssuer(user_claims, _parsed_private_jwk(), sign_alg="EdDSA", extra_header_parameters=headers)
    return str(issued.sd_jwt_issuance)


def issue(node: NodePeer) -> Iterator[Job]:
    """Issue a credential with the investor's four attributes to disclose."""
    chosen = investors()
    frame = {"_sd": list(chosen[0].claim.attributes_json())}
    javascript, first = node.prepare(
        "issue", issuer_jwk=issuer_private_jwk(), kid=issuer_signer().kid, frame=frame, payloads=[payload_of(one) for one in chosen]
    )
    for text in (encode(chosen[0].claim), encode_with_pypi(marked(chosen[0])), first):
        _must_read_as(text, chosen[0])
    yield Job(
        name="sd-jwt-vc-issue",
        title="issue an SD-JWT VC with four disclosures",
        ours=InProcess("ours", encode, chosen, fresh=fresh_claim),
        peers=(
            Peer(InProcess(_PYPI, encode_with_pypi, [marked(one) for one in chosen])),
            Peer(javascript, goal=ISSUE_GOAL),
        ),
        notes=("ours builds the payload from the claim; the others are handed theirs ready made",),
    )


def verify(node: NodePeer) -> Iterator[Job]:
    """Verify a presentation of all four attributes with key binding."""
    chosen = investors(MANY)
    shown = [(investor, _presentation(investor)) for investor in chosen]
    ours = _our_verifier(chosen)
    for pair in shown[:64]:
        must_hold("our own verifier refuses", ours(pair).ok)
    javascript, first = node.prepare("verify", **_node_parts(shown))
    must_hold(f"{javascript.name} found no key binding", first["kb"]["payload"]["nonce"] == chosen[0].nonce)
    must_equal("name", chosen[0].claim.attributes_json()["name"], first["payload"]["name"])
    texts = [text for _, text in shown]
    must_equal("name", chosen[0].claim.attributes_json()["name"], _verify_with_pypi(texts[0])["name"])
    yield Job(
        name="sd-jwt-vc-verify",
        title="verify an SD-JWT VC with key binding",
        ours=InProcess("ours", ours, shown),
        peers=(
            Peer(InProcess(f"{_PYPI}, no key binding", _verify_with_pypi, texts)),
            Peer(javascript, goal=VERIFY_GOAL),
        ),
        notes=(
            "all verify the same texts, 5,000 holders in turn; ours alone checks typ, aud, the binding's age, vct, account, issuer",
            "@sd-jwt/sd-jwt-vc looks the status up as ours does, instead of decoding a list in each call",
            "sd-jwt (PyPI) 0.10 cannot verify a key binding by EdDSA: its verifier's constructor never names the algorithm",
        ),
    )


def _presentation(investor: Investor) -> str:
    issued = sd_jwt_vc.encode(investor.claim, issuer_signer(), types=TYPES, secret=secret("salts", investor.number))
    return str(bind(SdJwt.parse(issued), audience=AUDIENCE, nonce=investor.nonce, issued_at=NOW, signer=investor.key))


def _our_verifier(chosen: tuple[Investor, ...]) -> Any:
    keys, status, accreditation = issuer_keys(), statuses_of(chosen), decide_before(chosen)

    def ours(pair: tuple[Investor, str]) -> Any:
        investor, text = pair
        return verify_sd_jwt_vc(
            text,
            keys=keys,
            types=TYPES,
            instant=NOW,
            binding=KeyBindingDemand(audience=AUDIENCE, nonce=investor.nonce, max_age=timedelta(minutes=5)),
            status=status,
            accreditation=accreditation,
            account=investor.claim.account,
        )

    return ours


def _node_parts(shown: list[tuple[Investor, str]]) -> dict[str, Any]:
    return {
        "issuer_jwk": issuer_signer().public_key.jwk(),
        "presentations": [{"text": text, "nonce": investor.nonce} for investor, text in shown],
        "statuses": {f"{one.claim.status_list_uri}#{one.claim.status_list_index}": 0 for one, _ in shown},
        "instant": unix_seconds(NOW),
    }


def _verify_with_pypi(text: str) -> dict[str, Any]:
    return dict(SDJWTVerifier(text, lambda _issuer, _header: _public_jwk()).get_verified_payload())


@cache
def _public_jwk() -> JWK:
    return JWK(**issuer_signer().public_key.jwk())


def _must_read_as(text: str, investor: Investor) -> None:
    read = sd_jwt_vc.read(SdJwt.parse(text), keys=lambda _issuer, _kid: issuer_signer().public_key, types=TYPES)
    must_equal("attributes", investor.claim.attributes_json(), dict(read.disclosed))
