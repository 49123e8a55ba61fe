"""What the other rooms know of the accounts in a register: who proved them, which claims they hold, what these are worth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account
from identity_service.cap_table.model import TransferAuthority, standing
from identity_service.issuance.model import ClaimRecord
from identity_service.issuance.service import Issuance
from identity_service.parties.model import BoundAccount
from identity_service.parties.service import Parties
from identity_service.register.model import Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Parties, claims and accreditations at one instant, and the allowances that each owner gave."""

    bound: Mapping[Account, BoundAccount]
    claims: Mapping[Account, list[ClaimRecord]]
    accredited: frozenset[str]
    intermediaries_of: Mapping[str, frozenset[str]]
    allowances_by: Mapping[Account, list[Allowance]]
    instant: datetime


def join(
    session: Session,
    parties: Parties,
    issuance: Issuance,
    *,
    owners: Iterable[Account],
    allowances: Iterable[Allowance],
    instant: datetime,
) -> Joined:
    """What is known of ``owners`` and of everybody to whom the allowances are given."""
    allowances_by: dict[Account, list[Allowance]] = {}
    for allowance in allowances:
        allowances_by.setdefault(allowance.owner, []).append(allowance)
    accounts = {*owners, *(one.spender for given in allowances_by.values() for one in given)}
    bound = parties.bound_accounts(session, accounts, at=instant)
    claims = issuance.claims_on(session, accounts)
    return Joined(
        bound=bound,
        claims=claims,
        accredited=_accredited(session, issuance, claims.values(), instant),
        intermediaries_of=parties.intermediaries_of(session, {one.party_id for one in bound.values()}),
        allowances_by=allowances_by,
        instant=instant,
    )


def authority(allowance: Allowance, joined: Joined) -> TransferAuthority:
    """An allowance with its spender's party and standing."""
    bound = joined.bound.get(allowance.spender)
    return TransferAuthority(
        spender=allowance.spender,
        party_id=None if bound is None else bound.party_id,
        standing=standing(joined.claims.get(allowance.spender, []), joined.instant, joined.accredited),
        allowance=allowance.allowance,
        effective=allowance.effective,
        unlimited=allowance.unlimited,
    )


def _accredited(session: Session, issuance: Issuance, claims: Iterable[list[ClaimRecord]], instant: datetime) -> frozenset[str]:
    """The ids of the intermediary claims whose claim issuers are accredited for them at ``instant``."""
    accreditation = issuance.accreditations_at(session, instant)
    return frozenset(one.id for found in claims for one in found if one.is_intermediary and accreditation(one).accredited)
