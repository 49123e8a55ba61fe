"""Verifying targets for tokens: credentials, presentations, status lists."""

from datetime import timedelta

from claim_issuers import Root, decide_path
from claim_issuers.formats import jose, proof_of_possession, sd_jwt_vc, vc_jwt
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.status import bitstring_status_list, token_status_list
from claim_issuers.status.bitstring import StatusPurpose
from claim_issuers.trust.accreditation import PathDecision
from claim_issuers.trust.documents import accreditations_of_documents
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.credentials import verify_vc_jwt
from claim_issuers.verifiers.presentations import BearerAccepted, KeyBindingDemand, verify_sd_jwt_vc
from tests.claim_issuers.builders import ACCOUNT, ISSUER, STATUS_LIST
from tests.fuzz.samples import (
    BITSTRING,
    IN_TIME,
    KEYS,
    SIGNERS,
    bitstring_tokens,
    compact_tokens,
    credentials,
    issuer_keys,
    status_list_tokens,
    the_text,
)
from tests.fuzz.sd_jwt_changes import Presentation, changed_presentation, is_part_of
from tests.fuzz.sd_jwt_samples import AUDIENCE, NONCE, TYPES, presentations
from tests.fuzz.targets import ACCEPTED, Target, accepted_if
from tests.fuzz.token_changes import Signed, changed_token

_DEMAND = KeyBindingDemand(AUDIENCE, NONCE, max_age=timedelta(minutes=5))


def _verify_compact(token: str) -> str:
    jose.verify_compact(token, keys=KEYS.__getitem__, algorithms=jose.ALGORITHMS, typ="demo+jwt")
    return ACCEPTED


def _proofs_of_possession() -> tuple[Signed, ...]:
    return tuple(
        Signed.read(
            jose.sign_compact("demo+jwt", {"iat": 1}, signer, {"jwk": signer.public_key.jwk()}),
            signer,
            needs_kid=False,
            needs_exp=False,
            brings_key=True,
        )
        for signer in SIGNERS
    )


def _verify_possession(token: str) -> str | None:
    """A token that names another key proves that one, and forges nothing."""
    proven = proof_of_possession.verify_possession(token, algorithms=jose.ALGORITHMS, typ="demo+jwt", accept_high_s=False)
    return accepted_if(proven.key in KEYS.values())


def _decode_vc(token: str) -> str:
    vc_jwt.decode(token, keys=issuer_keys)
    return ACCEPTED


def _status(uri: str, index: int) -> int:
    return 0 if (uri, index) == (STATUS_LIST, 7) else 1


def _accreditation(did: str, topic: str, place: ClaimJurisdiction) -> PathDecision:
    return decide_path(did, topic, [Root(ISSUER)], [], IN_TIME, jurisdiction=place)


def _verify_vc(token: str) -> str | None:
    report = verify_vc_jwt(token, keys=issuer_keys, instant=IN_TIME, status=_status, accreditation=_accreditation, account=ACCOUNT)
    return accepted_if(report.ok)


def _verify_presentation(text: str, binding: KeyBindingDemand | BearerAccepted) -> bool:
    return verify_sd_jwt_vc(
        text,
        keys=issuer_keys,
        types=TYPES,
        instant=IN_TIME,
        binding=binding,
        status=_status,
        accreditation=_accreditation,
        account=ACCOUNT,
    ).ok


def _verify_bound(text: str) -> str | None:
    return accepted_if(_verify_presentation(text, _DEMAND))


def _verify_bearer(text: str) -> str | None:
    """Without key binding fewer disclosures, in another order, are the same credential: only others are a forgery."""
    accepted = _verify_presentation(text, BearerAccepted())
    return accepted_if(accepted and (text in _bearer_texts() or not is_part_of(text, presentations())))


def _bearer_texts() -> frozenset[str]:
    return frozenset(shown.text for shown in presentations())


def _shown_text(shown: Presentation) -> str:
    return shown.text


def _read_sd_jwt_vc(text: str) -> str | None:
    shown = SdJwt.parse(text)
    sd_jwt_vc.read(shown, keys=issuer_keys, types=TYPES)
    return accepted_if(text in _bearer_texts() or not is_part_of(text, presentations()))


def _verify_status_list(token: str) -> str:
    token_status_list.verify(token, uri=STATUS_LIST, keys=KEYS.__getitem__, instant=IN_TIME)
    return ACCEPTED


def _verify_bitstring(token: str) -> str:
    bitstring_status_list.verify(token, uri=BITSTRING, purpose=StatusPurpose.REVOCATION, keys=KEYS.__getitem__, instant=IN_TIME)
    return ACCEPTED


def _accreditations_in(token: str) -> str | None:
    mesh = accreditations_of_documents(
        [token], IN_TIME, keys=issuer_keys, status=_status, claim_issuers=lambda account: "did:web:accredited.example"
    )
    return accepted_if(bool(mesh.accreditations))


def token_targets() -> tuple[Target, ...]:
    """Every target that verifies tokens."""
    tokens = {"change": changed_token, "plain": the_text}
    shown = {"originals": presentations(), "change": changed_presentation, "plain": _shown_text}
    return (
        Target(name="jose", covers=("formats.jose.verify_compact",), originals=compact_tokens(), judge=_verify_compact, **tokens),
        Target(
            name="possession",
            covers=("formats.proof_of_possession.verify_possession",),
            originals=_proofs_of_possession(),
            judge=_verify_possession,
            **tokens,
        ),
        Target(name="vc-jwt", covers=("formats.vc_jwt.decode",), originals=credentials(), judge=_decode_vc, **tokens),
        Target(
            name="vc-jwt-report",
            covers=("verifiers.credentials.verify_vc_jwt",),
            originals=credentials(),
            judge=_verify_vc,
            **tokens,
        ),
        Target(
            name="mesh-documents",
            covers=("trust.documents.accreditations_of_documents",),
            judge=_accreditations_in,
            originals=tuple(token for token in credentials() if b"CLAIM_ISSUER" in token.payload),
            **tokens,
        ),
        Target(name="sd-jwt-vc", covers=("formats.sd_jwt_vc.read",), judge=_read_sd_jwt_vc, **shown),
        Target(name="sd-jwt-vc-bound", covers=("verifiers.presentations.verify_sd_jwt_vc",), judge=_verify_bound, **shown),
        Target(name="sd-jwt-vc-bearer", covers=("verifiers.presentations.verify_sd_jwt_vc",), judge=_verify_bearer, **shown),
        Target(
            name="token-status-list",
            covers=("status.token_status_list.verify",),
            originals=status_list_tokens(),
            judge=_verify_status_list,
            **tokens,
        ),
        Target(
            name="bitstring-status-list",
            covers=("status.bitstring_status_list.verify",),
            originals=bitstring_tokens(),
            judge=_verify_bitstring,
            **tokens,
        ),
    )
