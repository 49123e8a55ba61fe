"""Whether the end of a claim is still news to its holder: not when it was revoked, nor when a later claim takes its place."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.clock import Clock
from identity_service.issuance.model import ClaimUnknown, Liveness
from identity_service.issuance.service import Issuance


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewals:
    """Knows which claims end without a successor."""

    clock: Clock
    issuance: Issuance

    def ends_at(self, session: Session, claim_id: str) -> datetime | None:
        """The end of a claim that lives now and has no successor: a live one of its type for its account that ends later."""
        try:
            claim = self.issuance.claim(session, claim_id)
        except ClaimUnknown:
            return None
        now, end = self.clock.now(), claim.validity.valid_until
        if claim.liveness(now) is not Liveness.LIVE:
            return None
        others = (one for one in self.issuance.claims_of(session, claim.party_id) if one.account == claim.account)
        same = (one for one in others if one.claim_type == claim.claim_type and one.liveness(now) is Liveness.LIVE)
        return None if any(one.validity.valid_until > end for one in same) else end
