"""Whether a firm is an intermediary now: by a live claim that says so, of a claim issuer that is accredited for it."""

from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.issuance.service import Issuance, live_at


def licensed_accounts(issuance: Issuance, session: Session, party_id: str, instant: datetime) -> tuple[Account, ...]:
    """The party's accounts that hold a live, accredited intermediary claim at ``instant``, each once."""
    accreditation = issuance.accreditations_at(session, instant)
    held = live_at(issuance.claims_of(session, party_id), instant)
    return tuple(dict.fromkeys(claim.account for claim in held if claim.is_intermediary and accreditation(claim).accredited))


def is_licensed(issuance: Issuance, session: Session, party_id: str, instant: datetime) -> bool:
    """Whether any of the party's accounts holds a live, accredited intermediary claim at ``instant``."""
    return bool(licensed_accounts(issuance, session, party_id, instant))


def may_issue(issuance: Issuance, session: Session, claim_issuer_id: str, claim_type: str, instant: datetime) -> bool:
    """Whether the claim issuer is accredited for the claim type, somewhere, at ``instant``. Raises ClaimIssuerUnknown."""
    claim_issuer = issuance.mesh.get(session, claim_issuer_id)
    return issuance.mesh.decide(session, claim_issuer=claim_issuer, topic=claim_type, jurisdiction=None, instant=instant).accredited
