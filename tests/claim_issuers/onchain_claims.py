"""On-chain claims and the questions about them, for the tests of their verification."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accrediting import under
from builders import INVESTOR_TOPIC, ISSUER

from claim_issuers.formats.erc735 import BindingOpening, Erc735Data, Erc735Form
from claim_issuers.formats.onchain import OnChainClaim, OnChainForm
from claim_issuers.formats.status_list_claim import StatusListClaimForm
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.signers import Secp256k1Signer
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.verifiers.onchain import AccreditationQuestion, OnChainClaimVerification, verify_onchain_claim

START, END = 1_700_000_000, 1_731_536_000
INSTANT = datetime.fromtimestamp(START, UTC) + timedelta(days=30)
KEY, STRANGER = Secp256k1Signer(bytes([0x11]) * 32), Secp256k1Signer(bytes([0x12]) * 32)
IDENTITY_CONTRACT, ISSUER_CONTRACT, OTHER = (Address(bytes([byte]) * 20) for byte in (0x22, 0x33, 0x44))
OPENING = BindingOpening(chain_id=1, issuer_contract=ISSUER_CONTRACT, claim_digest=bytes([9]) * 32, salt16=bytes([8]) * 16)
FORMS: dict[str, OnChainForm] = {
    "erc735": Erc735Form(),
    "status_list_claim": StatusListClaimForm(chain_id=1, issuer_contract=ISSUER_CONTRACT),
}
CODES = (
    "data",
    "contract",
    "signature",
    "signer",
    "topic",
    "identity_contract",
    "binding",
    "validity",
    "status",
    "accreditation",
)


def the_data(**changes: Any) -> bytes:
    parts = {
        "valid_from": START,
        "valid_until": END,
        "status_index": 7,
        "binding17": OPENING.binding(IDENTITY_CONTRACT, INVESTOR_TOPIC),
    }
    return Erc735Data(**{**parts, **changes}).pack()


def signed(form: OnChainForm, *, key: Secp256k1Signer = KEY, **changes: Any) -> OnChainClaim:
    """A good claim in ``form``, signed after ``changes``."""
    parts = {"identity_contract": IDENTITY_CONTRACT, "topic": INVESTOR_TOPIC, "data": the_data(), **changes}
    return OnChainClaim(**parts, signature=form.sign(**parts, signer=key))


def accredited(instant: datetime = INSTANT, root: str = ISSUER) -> AccreditationQuestion:
    return AccreditationQuestion(
        claim_issuer=ISSUER,
        claim_type="INVESTOR",
        jurisdiction=ClaimJurisdiction("CH"),
        lookup=under(root=root, instant=instant),
    )


def verified(claim: OnChainClaim, form: OnChainForm, **changes: Any) -> OnChainClaimVerification:
    """What the verifier says with every question answered well, but for ``changes``."""
    questions: dict[str, Any] = {
        "chain_id": 1,
        "issuer_contract": ISSUER_CONTRACT,
        "claim_keys": {KEY.address},
        "topic": INVESTOR_TOPIC,
        "identity_contract": IDENTITY_CONTRACT,
        "instant": INSTANT,
        "opening": OPENING,
        "status": lambda index: 0,
        "accreditation": accredited(),
    }
    return verify_onchain_claim(claim, form=form, **{**questions, **changes})
