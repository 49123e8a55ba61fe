"""The rooms of parties and disclosures on a test's database, with a real vault and a clock to move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from claim_issuers.clock import FixedClock, SystemEntropy
from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.access.grants import Grant, GrantorKind
from identity_service.access.model import Caller, Role
from identity_service.access.proofs import AccountProof
from identity_service.audit.model import Entry
from identity_service.audit.service import AuditLog
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import PartyKind
from identity_service.parties.service import Parties
from identity_service.storage import Database
from identity_service.vault.service import Vault

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN = "eip155:31337:0x" + "99" * 20


@dataclass(frozen=True, slots=True)
class House:
    """Parties, the door and the log."""

    db: Database
    clock: FixedClock
    parties: Parties
    disclosures: Disclosures
    audit: AuditLog

    @classmethod
    def build(cls, db: Database, directory: Path) -> Self:
        clock, entropy = FixedClock(NOW), SystemEntropy()
        audit = AuditLog(clock)
        parties = Parties(clock=clock, entropy=entropy, vault=Vault.create(directory / "vault", entropy), audit=audit)
        disclosures = Disclosures(clock=clock, entropy=entropy, parties=parties, audit=audit)
        return cls(db, clock, parties, disclosures, audit)

    def person(self, legal_name: str, **more: str) -> str:
        """A registered natural person's id."""
        return self._register(PartyKind.NATURAL_PERSON, {"legal_name": legal_name, **more})

    def firm(self, legal_name: str) -> str:
        """A registered organisation's id."""
        return self._register(PartyKind.ORGANISATION, {"legal_name": legal_name})

    def entries(self, action: str) -> list[Entry]:
        """What the audit log holds of one kind of act."""
        with self.db.read() as session:
            return [one for one in self.audit.entries(session, limit=1000) if one.action == action]

    def _register(self, kind: PartyKind, data: Mapping[str, str]) -> str:
        with self.db.write() as session:
            return self.parties.register(session, kind=kind, data=data, actor="cli_test")


def account(number: int) -> Account:
    return Account(ChainId(31337), Address(number.to_bytes(20, "big")))


def proof_of(number: int) -> AccountProof:
    return AccountProof(id=f"acp_{number}", account=account(number), method="erc1271", public_jwk=None)


def grant(viewer: str, **changes: Any) -> Grant:
    """A transfer agent's appointment to read names for register keeping."""
    usual: dict[str, Any] = {
        "id": "grt_test",
        "token": TOKEN,
        "viewer_party_id": viewer,
        "role": Role.TRANSFER_AGENT,
        "grantor_kind": GrantorKind.APPOINTMENT,
        "grantor_party_id": "pty_issuer",
        "purposes": frozenset({"register_keeping"}),
        "legal_basis": "Appointment of 2 November 2026",
        "case_number": None,
        "threshold": 0,
        "fields": frozenset({"legal_name"}),
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=30),
    }
    return Grant(**{**usual, **changes})


def reader(party_id: str, role: Role = Role.TRANSFER_AGENT) -> Caller:
    return Caller(subject="cli_reader", scopes=frozenset(), role=role, party_id=party_id)
