"""Four signed forms of one claim: beside their four bare signatures, and beside the libraries one would combine."""

from collections.abc import Callable, Iterator
from typing import Any

import coincurve
from eth_account.messages import encode_defunct
from nacl.signing import SigningKey

from bench.agreement import must_equal
from bench.jobs import onchain, sd_jwt_vc, vc_jwt
from bench.measure import InProcess, Job, Peer
from bench.node_peer import NodePeer
from bench.subjects import CHAIN_ID, Investor, address, fresh_claim, investors, issuer_account, issuer_account_secret, secret
from claim_issuers import Claim, Erc735Data
from claim_issuers.clock import SystemEntropy
from claim_issuers.formats import erc735
from claim_issuers.formats.vc_jwt import credential_of

ISSUER_CONTRACT = address("issuer contract")
OF_BARE_SPEED = 0.75
LIBRARIES_GOAL = 6.0
_ENTROPY = SystemEntropy()

Forms = tuple[str, str, bytes, bytes]


def ours(case: tuple[Investor, Claim]) -> Forms:
    """From one claim: dc+sd-jwt, vc+jwt, the ERC-735 signature and the signed eligibility attestation."""
    investor, claim = case
    return (
        sd_jwt_vc.encode(claim),
        vc_jwt.encode(claim),
        erc735.sign(investor.identity_contract, claim.claim_type.topic, bound_data(investor, claim), issuer_account()),
        onchain.sign_attestation(onchain.attestation(investor)),
    )


def bound_data(investor: Investor, claim: Claim) -> bytes:
    """The 31 bytes that tie the on-chain form to this very claim, with a fresh salt."""
    valid_from, valid_until = claim.validity.as_unix()
    binding = erc735.binding(
        chain_id=CHAIN_ID,
        issuer_contract=ISSUER_CONTRACT,
        identity_contract=investor.identity_contract,
        topic=claim.claim_type.topic,
        claim_digest=claim.digest(),
        salt16=_ENTROPY.token_bytes(16),
    )
    status_index = investor.status_index
    return Erc735Data(valid_from=valid_from, valid_until=valid_until, status_index=status_index, binding17=binding).pack()


def four_forms(_: NodePeer) -> Iterator[Job]:
    """Sign one claim in four forms."""
    libraries, chosen = _libraries(), investors()
    for investor in chosen:
        _must_agree(ours((investor, investor.claim)), libraries(_ready(investor)))
    yield Job(
        name="four-forms",
        title="four signed forms of one claim",
        ours=InProcess("ours", ours, chosen, fresh=lambda investor: (investor, fresh_claim(investor))),
        peers=(
            Peer(InProcess("four bare signatures", _bare(chosen), range(len(chosen))), goal=OF_BARE_SPEED),
            Peer(InProcess("PyJWT + sd-jwt + eth-account", libraries, [_ready(one) for one in chosen]), goal=LIBRARIES_GOAL),
        ),
        notes=(
            "bare: PyNaCl over two texts as long as ours, coincurve over two digests; the goal 0.75 means: in 1/0.75 of their time",
            "every claim is a new value with its own id; ours also draws salts and hashes the claim into the ERC-735 data",
        ),
    )


def _bare(chosen: tuple[Investor, ...]) -> Callable[[int], object]:
    key, account = SigningKey(secret("issuer")), coincurve.PrivateKey(issuer_account_secret())
    messages = [tuple(_signed_part(token) for token in ours((one, one.claim))[:2]) for one in chosen]
    digests = [(secret("digest", 2 * number), secret("digest", 2 * number + 1)) for number in range(len(chosen))]

    def sign(number: int) -> object:
        (first, second), (third, fourth) = messages[number], digests[number]
        return (
            key.sign(first),
            key.sign(second),
            account.sign_recoverable(third, hasher=None),
            account.sign_recoverable(fourth, hasher=None),
        )

    return sign


def _signed_part(token: str) -> bytes:
    return token.partition("~")[0].rpartition(".")[0].encode()


def _ready(investor: Investor) -> tuple[Any, ...]:
    """What the libraries are handed: payloads, the hash to sign and the typed message, all made before the clock runs."""
    inner = erc735.inner_hash(investor.identity_contract, investor.claim.claim_type.topic, bound_data(investor, investor.claim))
    message = onchain.attestation_message(onchain.attestation(investor))
    return sd_jwt_vc.marked(investor), credential_of(investor.claim), inner, message


def _libraries() -> Callable[[tuple[Any, ...]], Forms]:
    signer = onchain.eth_account_signer()

    def sign(ready: tuple[Any, ...]) -> Forms:
        user_claims, credential, inner, message = ready
        return (
            sd_jwt_vc.encode_with_pypi(user_claims),
            vc_jwt.encode_with_pyjwt(credential),
            bytes(signer.sign_message(encode_defunct(inner)).signature),
            onchain.sign_attestation_with_eth_account(signer, message),
        )

    return sign


def _must_agree(mine: Forms, theirs: Forms) -> None:
    must_equal("payload of the vc+jwt", vc_jwt.decode_with_pyjwt(mine[1]), vc_jwt.decode_with_pyjwt(theirs[1]))
    must_equal("length of an ERC-735 signature", len(mine[2]), len(theirs[2]))
    must_equal("eligibility signature", mine[3], theirs[3])
