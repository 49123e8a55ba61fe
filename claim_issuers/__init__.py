"""Claims about investors and intermediaries, bound to wallets: values and bytes in, values and bytes out.

>>> from claim_issuers import Account, Ed25519Signer, claim_type
>>> claim_type("FAMILY_OFFICE").is_intermediary
True
"""

from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.claims.claim import Claim, Validity
from claim_issuers.claims.vocabulary import CLAIM_TYPES, ClaimType, claim_type, validate_attributes
from claim_issuers.errors import DomainError
from claim_issuers.formats.eligibility import Eligibility
from claim_issuers.formats.erc735 import Erc735Data
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from claim_issuers.issuers.issue import issue, issue_erc735
from claim_issuers.issuers.profile import ClaimRequest, OnChainTarget, Profile, StatusEntry
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer, Signer
from claim_issuers.orders.evidence import Evidence, IntermediaryClaim, evidence_of_documents
from claim_issuers.orders.order import Order, Side
from claim_issuers.orders.signed import SignedOrder, sign_order
from claim_issuers.orders.typed_data import typed_data as order_typed_data
from claim_issuers.orders.verify import OrderVerification, verify_order
from claim_issuers.status.array import Status, StatusArray
from claim_issuers.trust.accreditation import Accreditation, PathDecision, Root, decide_path
from claim_issuers.verifiers.checks import Verification
from claim_issuers.verifiers.credentials import verify_vc_jwt

__all__ = [
    "CLAIM_TYPES",
    "Account",
    "Accreditation",
    "Address",
    "ChainId",
    "Claim",
    "ClaimRequest",
    "ClaimType",
    "DomainError",
    "Ed25519Signer",
    "Eligibility",
    "Erc735Data",
    "Evidence",
    "IntermediaryClaim",
    "OnChainTarget",
    "Order",
    "OrderVerification",
    "P256Signer",
    "PathDecision",
    "Profile",
    "Root",
    "Secp256k1Signer",
    "Side",
    "SignedOrder",
    "Signer",
    "SiweMessage",
    "Status",
    "StatusArray",
    "StatusEntry",
    "Validity",
    "Verification",
    "claim_type",
    "decide_path",
    "evidence_of_documents",
    "issue",
    "issue_erc735",
    "order_typed_data",
    "sign_order",
    "validate_attributes",
    "verify_order",
    "verify_vc_jwt",
]
