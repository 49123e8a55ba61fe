"""Claims about investors and intermediaries, bound to wallets: values and bytes in, values and bytes out.

>>> from claim_issuers import Account, Ed25519Signer, claim_type
>>> claim_type("FAMILY_OFFICE").is_intermediary
True

What most users need is here; each module's own names are importable from the module.
"""

from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.claims.claim import Claim, Validity
from claim_issuers.claims.vocabulary import CLAIM_TYPES, ClaimType, claim_type, validate_attributes
from claim_issuers.errors import DomainError
from claim_issuers.formats.eligibility import Attestation, Eligibility
from claim_issuers.formats.erc735 import BindingOpening, Erc735Data, Erc735Form
from claim_issuers.formats.key_binding import bind
from claim_issuers.formats.onchain import OnChainClaim
from claim_issuers.formats.sd_jwt import SdJwt
from claim_issuers.formats.sd_jwt_vc import PresentedClaim, SdJwtVc
from claim_issuers.formats.status_list_claim import StatusListClaimForm
from claim_issuers.formats.type_metadata import CredentialTypes
from claim_issuers.formats.vc_jwt import VcJwt
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.issuers.issue import issue, issue_on_chain
from claim_issuers.issuers.profile import ClaimRequest, OnChainTarget, Profile, StatusEntry
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer, Signer
from claim_issuers.orders.evidence import Evidence, IntermediaryClaim, evidence_of_documents
from claim_issuers.orders.order import Order, Side
from claim_issuers.orders.signed import SignedOrder, sign_order
from claim_issuers.orders.typed_data import typed_data as order_typed_data
from claim_issuers.orders.verify import OrderVerification, verify_order
from claim_issuers.status.array import Status, StatusArray
from claim_issuers.status.publication import StatusPublication
from claim_issuers.trust.accreditation import Accreditation, PathDecision, Root, decide_path
from claim_issuers.trust.documents import accreditations_of_documents, decide_path_of_documents
from claim_issuers.trust.jurisdictions import ClaimJurisdiction, jurisdiction_of
from claim_issuers.trust.quorum import decide_quorum
from claim_issuers.trust.root_threshold import decide_root_threshold
from claim_issuers.verifiers.attestations import EligibilityDemand, verify_attestation
from claim_issuers.verifiers.checks import Check, Outcome, Report, Verification
from claim_issuers.verifiers.credentials import verify_vc_jwt
from claim_issuers.verifiers.onchain import AccreditationQuestion, verify_onchain_claim
from claim_issuers.verifiers.presentations import BearerAccepted, KeyBindingDemand, verify_sd_jwt_vc

__all__ = [
    "CLAIM_TYPES",
    "Account",
    "Accreditation",
    "AccreditationQuestion",
    "Address",
    "Attestation",
    "BearerAccepted",
    "BindingOpening",
    "ChainId",
    "Check",
    "Claim",
    "ClaimJurisdiction",
    "ClaimRequest",
    "ClaimType",
    "CredentialTypes",
    "DomainError",
    "Ed25519Signer",
    "Eligibility",
    "EligibilityDemand",
    "Erc735Data",
    "Erc735Form",
    "Evidence",
    "IntermediaryClaim",
    "KeyBindingDemand",
    "OnChainClaim",
    "OnChainTarget",
    "Order",
    "OrderVerification",
    "Outcome",
    "P256Signer",
    "PathDecision",
    "PresentedClaim",
    "Profile",
    "Report",
    "Root",
    "SdJwt",
    "SdJwtVc",
    "Secp256k1Signer",
    "Side",
    "SignedOrder",
    "Signer",
    "SiweMessage",
    "Status",
    "StatusArray",
    "StatusEntry",
    "StatusListClaimForm",
    "StatusPublication",
    "Validity",
    "VcJwt",
    "Verification",
    "accreditations_of_documents",
    "bind",
    "claim_type",
    "decide_path",
    "decide_path_of_documents",
    "decide_quorum",
    "decide_root_threshold",
    "evidence_of_documents",
    "issue",
    "issue_on_chain",
    "jurisdiction_of",
    "order_typed_data",
    "sign_order",
    "validate_attributes",
    "verify_attestation",
    "verify_onchain_claim",
    "verify_order",
    "verify_sd_jwt_vc",
    "verify_vc_jwt",
]
