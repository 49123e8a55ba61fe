"""Parties, relations, accounts and the rule of who may see whom. No I/O."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from claim_issuers.claims.countries import COUNTRY_CODES
from claim_issuers.errors import Conflict, InvalidInput, NotFound
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.access.model import Role

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_MAXIMUM_LENGTH: Final = 200
_WANTED: Final = {
    "legal_name": f"give a legal name in one line, of at most {_MAXIMUM_LENGTH} characters that can be seen",
    "country": "give the two capital letters that ISO 3166-1 assigns to the country",
    "email": "give an email address, with one @ in it and no spaces",
}
_LINE_BREAKS: Final = frozenset({"Zl", "Zp"})


class PartyUnknown(NotFound):
    """No party has this id."""

    code = "party_unknown"


class AccountUnknown(NotFound):
    """No party has proved this account to us."""

    code = "account_unknown"


class AccountAlreadyBound(Conflict):
    """The account belongs to another party."""

    code = "account_already_bound"


class AccountUnlinked(Conflict):
    """The account was unlinked from its party: only the party itself, by another of its accounts, links it again."""

    code = "account_unlinked"


class LastAccount(Conflict):
    """The party has no other account, and without one nobody could speak for it."""

    code = "last_account"


class AlreadyEnrolled(Conflict):
    """The account belongs to a party already; its data are not replaced by saying others."""

    code = "already_enrolled"


class PersonalDataInvalid(InvalidInput):
    """A field of a party's data is unknown, missing or malformed."""

    code = "personal_data_invalid"


class RelationInvalid(InvalidInput):
    """The relation joins a party to itself or to a party that cannot stand there."""

    code = "relation_invalid"


class PartyKind(StrEnum):
    """What a party is."""

    NATURAL_PERSON = "natural_person"
    ORGANISATION = "organisation"


class Capacity(StrEnum):
    """For whom the party holds what is in an account."""

    OWN = "own"
    CLIENT = "client"
    UNDECLARED = "undeclared"


class UnlinkedBecause(StrEnum):
    """Why an account counts for its party no more; a lost one never will again."""

    UNLINKED = "unlinked"
    LOST = "lost"


class RelationKind(StrEnum):
    """How one party stands to another: ``party`` is … of ``other_party``."""

    AUTHORISED_SIGNATORY = "authorised_signatory"
    JOINT_HOLDER = "joint_holder"
    GUARDIAN = "guardian"
    TRUSTEE = "trustee"
    EXECUTOR = "executor"
    CLIENT_OF = "client_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundAccount:
    """An account that a party proved, with the identity contract that stands for the party on chain.

    Since ``unlinked_at`` it is the party's no more.
    """

    account: Account
    party_id: str
    capacity: Capacity
    holder_jwk: Mapping[str, str] | None
    identity_contract: Address | None
    linked_at: datetime
    identity_factory: Address | None = None
    unlinked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A holder whose data a reader asks for, with what decides whether the reader may have it."""

    party_id: str
    quantity: int
    is_intermediary: bool
    intermediary_party_ids: frozenset[str] = frozenset()


def may_see(candidate: Candidate, *, role: Role, viewer_party_id: str, threshold: int) -> bool:
    """The row predicate of a grant: which holders a viewer in this role sees by name.

    The network sees intermediaries only; an intermediary sees itself and its own clients; the others
    see every intermediary, and every holder at or above the grant's threshold (SRD II Art. 3a).
    """
    if role is Role.NETWORK:
        return candidate.is_intermediary
    if role in (Role.FAMILY_OFFICE, Role.CUSTODIAN):
        return viewer_party_id == candidate.party_id or viewer_party_id in candidate.intermediary_party_ids
    return candidate.is_intermediary or candidate.quantity >= threshold


def personal_data(fields: Mapping[str, str]) -> dict[str, str]:
    """``fields`` checked and in Unicode NFC: ``legal_name`` always, ``country`` (ISO 3166-1 alpha-2) and ``email`` optionally.

    Raises PersonalDataInvalid, which names the field and never its value.
    """
    if "legal_name" not in fields:
        raise PersonalDataInvalid("give the legal name", pointer="/legal_name")
    return {name: _checked(name, value) for name, value in fields.items()}


def name_key(legal_name: str) -> bytes:
    """The form of a name under which it is looked up: case-folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", legal_name).casefold().split()).encode()


def mailbox_key(email: str) -> bytes:
    """The form of an address under which mail to it is counted: what most servers put into one mailbox is one."""
    local, _, domain = unicodedata.normalize("NFKC", email).casefold().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}".encode()


def _checked(name: str, given: str) -> str:
    value = unicodedata.normalize("NFC", given)
    rules = {
        "legal_name": bool(value.strip()),
        "country": value in COUNTRY_CODES,
        "email": _EMAIL.fullmatch(value) is not None,
    }
    categories = {unicodedata.category(character) for character in value}
    printable = not any(category.startswith("C") or category in _LINE_BREAKS for category in categories)
    if not rules.get(name, False) or len(value) > _MAXIMUM_LENGTH or not printable:
        raise PersonalDataInvalid(_WANTED.get(name, f"the field {name} is unknown"), pointer=f"/{name}")
    return value
