"""What the tests with wallet libraries issue: test keys of every curve, a claim, its credential types and its status lists."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from claim_issuers.clock import unix_seconds
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.keys.public_keys import PublicKey
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.array import Status, StatusArray
from claim_issuers.status.bitstring import StatusPurpose
from claim_issuers.status.publication import StatusPublication
from claim_issuers.trust.accreditation import PathDecision, Root, decide_path
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from tests.claim_issuers.builders import ISSUER, NOW, STATUS_LIST
from tests.wallets.libraries import CURVES

# Repeated bytes, so that nobody takes these for the keys of anybody
ISSUER_SECRET, HOLDER_SECRET, OTHER_SECRET = (bytes([byte]) * 32 for byte in (7, 0x11, 0x21))
ISSUERS: dict[str, Any] = {curve: signer(ISSUER_SECRET) for curve, signer in CURVES.items()}
HOLDERS: dict[str, Any] = {curve: signer(HOLDER_SECRET) for curve, signer in CURVES.items()}
PUBLISHER = P256Signer(bytes([9]) * 32)
TYPES = CredentialTypes("https://issuer.example/credential-types")
SALTS = bytes([3]) * 32
NOW_SECONDS = unix_seconds(NOW)
LIVE, REVOKED, SUSPENDED = 7, 8, 100_001
INDEXES = [LIVE, REVOKED, SUSPENDED]

Signer = Ed25519Signer | P256Signer | Secp256k1Signer


def issuer_keys(*signers: Signer) -> Callable[[str, str], PublicKey]:
    """The key look-up of a verifier who knows these keys of ISSUER, by default all three."""
    known = {(ISSUER, signer.kid): signer.public_key for signer in signers or ISSUERS.values()}
    return lambda issuer, kid: known[issuer, kid]


def accredited(claim_issuer: str, topic: str, jurisdiction: ClaimJurisdiction) -> PathDecision:
    """The decision of a mesh whose one root is ISSUER."""
    return decide_path(claim_issuer, topic, [Root(ISSUER)], [], NOW, jurisdiction=jurisdiction)


def status_of(uri: str, index: int) -> int:
    assert uri == STATUS_LIST
    return statuses().get(index)


def statuses() -> StatusPublication:
    """A list that was published once and changed afterwards, so that its encodings are the incremental ones."""
    published = StatusPublication(StatusArray())
    published.lst()
    for purpose in StatusPurpose:
        published.encoded_list(purpose)
    published.set(REVOKED, Status.INVALID)
    published.set(SUSPENDED, Status.SUSPENDED)
    return published


def token_list() -> str:
    lifetime = {"issued_at": NOW, "expires_at": NOW + timedelta(hours=1), "ttl": timedelta(minutes=5)}
    return token_status_list.publish(statuses(), uri=STATUS_LIST, issuer=ISSUER, signer=PUBLISHER, **lifetime)


def bitstring_list(purpose: StatusPurpose) -> str:
    lifetime = {"valid_from": NOW, "valid_until": NOW + timedelta(hours=1), "ttl": timedelta(minutes=5)}
    uri = bitstring_status_list.purpose_uri(STATUS_LIST, purpose)
    return bitstring_status_list.publish(statuses(), uri=uri, purpose=purpose, issuer=ISSUER, signer=PUBLISHER, **lifetime)
