"""How the claims behind accepted orders stand at the present instant: an order outlives the licence it was accepted on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.trust.accreditation import PathDecision
from identity_service.issuance.model import ClaimRecord, Liveness
from identity_service.issuance.service import live_at
from identity_service.mesh.model import ClaimIssuer
from identity_service.orders.evidence import Evidences
from identity_service.orders.model import ClaimNow, OrderRecord, Standing


def standings(session: Session, records: Sequence[OrderRecord], evidences: Evidences, instant: datetime) -> dict[str, Standing]:
    """How the claim behind each order stands at ``instant``, by our ids; one look at the records, however many orders there are.

    A claim that the intermediary got in place of an earlier one of the same type bears the order as well.
    """
    if not records:
        return {}
    held = evidences.issuance.claims_on(session, {one.order.intermediary for one in records})
    issuers = {one.id: one for one in evidences.mesh.all(session)}
    accreditation = evidences.issuance.accreditations_at(session, instant)

    def standing(record: OrderRecord) -> Standing:
        of_account = held.get(record.order.intermediary, ())
        return _standing([one for one in of_account if _bears(one, issuers, record)], accreditation, instant)

    return {one.id: standing(one) for one in records}


def _bears(claim: ClaimRecord, issuers: Mapping[str, ClaimIssuer], record: OrderRecord) -> bool:
    """Whether an order accepted on a claim of this type may rest on ``claim``.

    Whom a claim names as signatories is sealed, and was read when the order came in; so where another account signed, only a claim
    of that time and of that claim issuer counts.
    """
    accepted = record.acceptance
    if claim.claim_type != accepted.claim_type or claim.issued_at is None:
        return False
    if record.order.signatory == record.order.intermediary:
        return True
    return claim.issued_at <= accepted.instant and issuers[claim.claim_issuer_id].did == accepted.claim_issuer


def _standing(claims: Sequence[ClaimRecord], accreditation: Callable[[ClaimRecord], PathDecision], instant: datetime) -> Standing:
    live = live_at(claims, instant)
    if any(accreditation(one).accredited for one in live):
        return Standing(claim=ClaimNow.LIVE)
    if live:
        return Standing(claim=ClaimNow.NOT_ACCREDITED)
    ended = [one for one in (_end(claim, instant) for claim in claims) if one is not None]
    since, how = max(ended, default=(None, ClaimNow.EXPIRED))
    return Standing(claim=how, since=since)


def _end(claim: ClaimRecord, instant: datetime) -> tuple[datetime, ClaimNow] | None:
    """When and how a claim ended; None where it has not begun."""
    liveness = claim.liveness(instant)
    if liveness is Liveness.REVOKED and claim.revoked_at is not None:
        return claim.revoked_at, ClaimNow.REVOKED
    if liveness is Liveness.ACCOUNT_UNLINKED and claim.account_unlinked_at is not None:
        return claim.account_unlinked_at, ClaimNow.REVOKED
    return (claim.validity.valid_until, ClaimNow.EXPIRED) if liveness is Liveness.EXPIRED else None
