"""Registers claim issuers, records accreditations, and decides whether one may issue a topic at an instant."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Protocol

from sqlalchemy import null, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from claim_issuers.claims.claim import Validity
from claim_issuers.clock import Clock, Entropy
from claim_issuers.identifiers.accounts import Address, ChainId
from claim_issuers.identifiers.did_web import did_web
from claim_issuers.keys.signers import Secp256k1Signer, Signer
from claim_issuers.trust.accreditation import Accreditation, PathDecision, Root, decide_path
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from identity_service.audit.service import AuditLog
from identity_service.mesh.model import (
    AccreditationTerms,
    ChainPresence,
    ClaimIssuer,
    ClaimIssuerExists,
    ClaimIssuerUnknown,
    ContractAlreadyNamed,
)
from identity_service.mesh.tables import AccreditationRow, ChainPresenceRow, ClaimIssuerRow
from identity_service.storage import new_id

Decisions = Callable[[str, str, ClaimJurisdiction | None], PathDecision]
"""Gives the decision for a claim issuer's DID, a claim type's name and the claim's jurisdiction (None: unasked)."""

_ALL: Final = 100_000


class SigningKeys(Protocol):
    """What this room needs of the vault."""

    def create_key(self, name: str, kind: Any) -> Signer | Secp256k1Signer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The graph of accreditations. ``host`` is the authority (host and port) under which did:web documents are served."""

    clock: Clock
    entropy: Entropy
    vault: SigningKeys
    audit: AuditLog
    host: str

    def register(
        self,
        session: Session,
        *,
        party_id: str,
        name: str,
        claim_types: Collection[str],
        maximum_validity: timedelta,
        is_root: bool,
        chains: Collection[ChainId],
        actor: str,
    ) -> ClaimIssuer:
        """A new claim issuer with fresh keys: Ed25519 for credentials, and two secp256k1 keys for each chain.

        Raises ClaimIssuerInvalid, UnknownClaimType, ClaimIssuerExists. The keys exist before the record is committed; a key
        without a record signs nothing.
        """
        issuer_id = new_id("cis", self.entropy)
        issuer = ClaimIssuer(
            id=issuer_id,
            party_id=party_id,
            name=name,
            did=did_web(f"{self.host}/claim-issuers/{issuer_id}"),
            key_name=f"{issuer_id}.credentials",
            claim_types=frozenset(claim_types),
            maximum_validity=maximum_validity,
            is_root=is_root,
            chains=tuple(_fresh_presence(issuer_id, chain) for chain in dict.fromkeys(chains)),
        )
        self._add(session, issuer)
        self._create_keys(issuer)
        session.add_all(_presence_row(issuer.id, presence) for presence in issuer.chains)
        details = {"did": issuer.did, "root": is_root, "claim_types": sorted(issuer.claim_types)}
        self.audit.append(session, actor=actor, action="claim_issuer.registered", subject=issuer.id, details=details)
        return issuer

    def name_contract(
        self, session: Session, claim_issuer_id: str, chain: ChainId, contract: Address, *, actor: str
    ) -> ClaimIssuer:
        """Record the claim-issuer contract on a chain; the caller has checked its keys.

        Raises ClaimIssuerUnknown, ContractMissing for a chain it is not set up on, ContractAlreadyNamed.
        """
        issuer = self.get(session, claim_issuer_id)
        presence = issuer.on(chain)
        if presence.contract not in (None, contract):
            raise ContractAlreadyNamed("a claim issuer keeps one contract for each chain")
        row = session.get_one(ChainPresenceRow, (claim_issuer_id, chain.number))
        row.contract = contract.value
        session.flush()
        details = {"chain": str(chain), "contract": str(contract)}
        self.audit.append(session, actor=actor, action="claim_issuer.contract_named", subject=issuer.id, details=details)
        return self.get(session, claim_issuer_id)

    def get(self, session: Session, claim_issuer_id: str) -> ClaimIssuer:
        """The claim issuer. Raises ClaimIssuerUnknown."""
        row = session.get(ClaimIssuerRow, claim_issuer_id)
        if row is None:
            raise ClaimIssuerUnknown("no claim issuer has this id")
        return _claim_issuer(session, row)

    def of_party(self, session: Session, party_id: str | None) -> ClaimIssuer:
        """The claim issuer that a party is. Raises ClaimIssuerUnknown."""
        row = session.scalars(select(ClaimIssuerRow).where(ClaimIssuerRow.party_id == party_id)).one_or_none()
        if row is None:
            raise ClaimIssuerUnknown("this party is no claim issuer")
        return _claim_issuer(session, row)

    def all(self, session: Session) -> list[ClaimIssuer]:
        """Every claim issuer, oldest first."""
        rows = session.scalars(select(ClaimIssuerRow).order_by(ClaimIssuerRow.created_at, ClaimIssuerRow.id)).all()
        presences: dict[str, list[ChainPresence]] = {row.id: [] for row in rows}
        for one in session.scalars(select(ChainPresenceRow).order_by(ChainPresenceRow.chain)):
            presences[one.claim_issuer_id].append(_presence(one))
        return [_issuer_value(row, presences[row.id]) for row in rows]

    def record(
        self,
        session: Session,
        *,
        claim_id: str,
        accreditor_id: str,
        claim_issuer_id: str,
        terms: AccreditationTerms,
        actor: str,
    ) -> None:
        """Record the accreditation that a CLAIM_ISSUER claim expresses. Raises ClaimIssuerUnknown."""
        self.get(session, accreditor_id)
        self.get(session, claim_issuer_id)
        session.add(
            AccreditationRow(
                id=claim_id,
                accreditor_id=accreditor_id,
                claim_issuer_id=claim_issuer_id,
                topics=sorted(terms.topics),
                jurisdictions=null() if terms.jurisdictions is None else sorted(terms.jurisdictions),
                may_accredit=terms.may_accredit,
                path_length=terms.path_length,
                valid_from=terms.valid_from,
                valid_until=terms.valid_until,
                recorded_at=self.clock.now(),
            )
        )
        session.flush()
        details: dict[str, Any] = {"accreditor": accreditor_id, "claim_issuer": claim_issuer_id, "topics": sorted(terms.topics)}
        if terms.jurisdictions is not None:
            details["jurisdictions"] = sorted(terms.jurisdictions)
        self.audit.append(session, actor=actor, action="accreditation.recorded", subject=claim_id, details=details)

    def revoke(self, session: Session, claim_id: str, *, actor: str) -> None:
        """End the accreditation of a CLAIM_ISSUER claim now; ending it twice, or one that is not recorded, changes nothing."""
        row = session.get(AccreditationRow, claim_id)
        if row is None or row.revoked_at is not None:
            return
        row.revoked_at = self.clock.now()
        self.audit.append(session, actor=actor, action="accreditation.revoked", subject=claim_id, details={})

    def accreditations(self, session: Session, *, after: str = "", limit: int = 1000) -> list[Accreditation]:
        """The recorded accreditations with DIDs in place of ids, by claim id."""
        dids = {row.id: row.did for row in session.scalars(select(ClaimIssuerRow))}
        rows = session.scalars(
            select(AccreditationRow).where(AccreditationRow.id > after).order_by(AccreditationRow.id).limit(limit)
        )
        return [_accreditation(row, dids) for row in rows]

    def decide(
        self, session: Session, *, claim_issuer: ClaimIssuer, topic: str, jurisdiction: ClaimJurisdiction | None, instant: datetime
    ) -> PathDecision:
        """Whether a path of accreditations from a root lets ``claim_issuer`` issue ``topic`` at ``instant``.

        ``jurisdiction`` is that of the claim in question; None, where there is no claim yet, leaves the place unasked.
        """
        return self.decisions_at(session, instant)(claim_issuer.did, topic, jurisdiction)

    def decisions_at(self, session: Session, instant: datetime) -> Decisions:
        """The same by DID, for whoever asks more than once: the mesh is read once, and each case is decided once."""
        roots = [Root(did) for did in session.scalars(select(ClaimIssuerRow.did).where(ClaimIssuerRow.is_root))]
        accreditations = self.accreditations(session, limit=_ALL)

        @cache
        def decided(did: str, topic: str, jurisdiction: ClaimJurisdiction | None) -> PathDecision:
            return decide_path(did, topic, roots, accreditations, instant, jurisdiction=jurisdiction)

        return decided

    def _add(self, session: Session, issuer: ClaimIssuer) -> None:
        session.add(_row(issuer, self.clock.now()))
        try:
            session.flush()
        except IntegrityError as error:
            raise ClaimIssuerExists("a party is one claim issuer at most", pointer="/party") from error

    def _create_keys(self, issuer: ClaimIssuer) -> None:
        self.vault.create_key(issuer.key_name, "ed25519")
        for presence in issuer.chains:
            self.vault.create_key(presence.claim_key_name, "secp256k1")
            self.vault.create_key(presence.revocation_key_name, "secp256k1")


def _fresh_presence(issuer_id: str, chain: ChainId) -> ChainPresence:
    return ChainPresence(
        chain=chain,
        contract=None,
        claim_key_name=f"{issuer_id}.claims.{chain.number}",
        revocation_key_name=f"{issuer_id}.revocations.{chain.number}",
    )


def _row(issuer: ClaimIssuer, now: datetime) -> ClaimIssuerRow:
    return ClaimIssuerRow(
        id=issuer.id,
        party_id=issuer.party_id,
        name=issuer.name,
        did=issuer.did,
        key_name=issuer.key_name,
        claim_types=sorted(issuer.claim_types),
        maximum_validity_seconds=int(issuer.maximum_validity.total_seconds()),
        is_root=issuer.is_root,
        created_at=now,
    )


def _presence_row(issuer_id: str, presence: ChainPresence) -> ChainPresenceRow:
    return ChainPresenceRow(
        claim_issuer_id=issuer_id,
        chain=presence.chain.number,
        contract=None if presence.contract is None else presence.contract.value,
        claim_key_name=presence.claim_key_name,
        revocation_key_name=presence.revocation_key_name,
    )


def _claim_issuer(session: Session, row: ClaimIssuerRow) -> ClaimIssuer:
    presences = session.scalars(
        select(ChainPresenceRow).where(ChainPresenceRow.claim_issuer_id == row.id).order_by(ChainPresenceRow.chain)
    )
    return _issuer_value(row, map(_presence, presences))


def _issuer_value(row: ClaimIssuerRow, presences: Iterable[ChainPresence]) -> ClaimIssuer:
    return ClaimIssuer(
        id=row.id,
        party_id=row.party_id,
        name=row.name,
        did=row.did,
        key_name=row.key_name,
        claim_types=frozenset(row.claim_types),
        maximum_validity=timedelta(seconds=row.maximum_validity_seconds),
        is_root=row.is_root,
        chains=tuple(presences),
    )


def _presence(row: ChainPresenceRow) -> ChainPresence:
    return ChainPresence(
        chain=ChainId(row.chain),
        contract=None if row.contract is None else Address(row.contract),
        claim_key_name=row.claim_key_name,
        revocation_key_name=row.revocation_key_name,
    )


def _accreditation(row: AccreditationRow, dids: dict[str, str]) -> Accreditation:
    return Accreditation(
        id=row.id,
        accreditor=dids[row.accreditor_id],
        claim_issuer=dids[row.claim_issuer_id],
        topics=frozenset(row.topics),
        jurisdictions=None if row.jurisdictions is None else frozenset(row.jurisdictions),
        may_accredit=row.may_accredit,
        path_length=row.path_length,
        validity=Validity(row.valid_from, row.valid_until),
        revoked_at=row.revoked_at,
    )
