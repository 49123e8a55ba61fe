"""The mesh from documents alone: signed CLAIM_ISSUER claims in, accreditations and decisions out.

>>> from datetime import UTC
>>> noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
>>> read = accreditations_of_documents(["x"], noon, keys=lambda issuer, kid: {}[kid], status=lambda uri, index: 0)
>>> read.accreditations, [document.reason for document in read.refused]
((), ['malformed_token'])
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from claim_issuers.claims.attributes import AccreditedIssuer
from claim_issuers.claims.claim import Claim
from claim_issuers.clock import aware
from claim_issuers.errors import DomainError, InvalidInput
from claim_issuers.formats import vc_jwt
from claim_issuers.formats.credential import IssuerKeys
from claim_issuers.identifiers.accounts import Account
from claim_issuers.status.array import Status
from claim_issuers.trust.accreditation import PathDecision, decide_path
from claim_issuers.trust.jurisdictions import ClaimJurisdiction
from claim_issuers.trust.links import Accreditation, Root

StatusOf = Callable[[str, int], int]
"""Gives the status at a list's URI and index at the instant of the decision; raises a domain error when it cannot tell."""

ClaimIssuerOf = Callable[[Account], str]
"""Gives the DID of the claim issuer that holds an account; raises KeyError or a domain error when it knows none."""

_STATUS_REASONS = {int(Status.INVALID): "claim_revoked", int(Status.SUSPENDED): "claim_suspended"}


class Decode(Protocol):
    """Reads one form of credential: ``vc_jwt.decode``, or the ``decode`` of any ``CredentialForm``."""

    def __call__(self, text: str, /, *, keys: IssuerKeys) -> Claim:
        """The claim, once its signature held. Raises a domain error."""
        ...


class NotAnAccreditation(InvalidInput):
    """The claim is of another type than CLAIM_ISSUER."""

    code = "not_an_accreditation"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDocument:
    """A document that accredits nobody: its place among those given, its claim's id once the signature held, and why."""

    position: int
    id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedMesh:
    """What the documents say, in their order, and those that say nothing."""

    accreditations: tuple[Accreditation, ...]
    refused: tuple[RefusedDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedDecision:
    """The decision that the documents allow, and those that took no part in it."""

    decision: PathDecision
    refused: tuple[RefusedDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    keys: IssuerKeys
    status: StatusOf
    claim_issuers: ClaimIssuerOf | None
    decode: Decode
    now: datetime

    def read(self, position: int, credential: str) -> Accreditation | RefusedDocument:
        try:
            claim = self.decode(credential, keys=self.keys)
        except DomainError as fault:
            return RefusedDocument(position=position, id=None, reason=fault.code)
        try:
            read = self._link(claim)
        except DomainError as fault:
            read = fault.code
        return RefusedDocument(position=position, id=claim.id, reason=read) if isinstance(read, str) else read

    def _link(self, claim: Claim) -> Accreditation | str:
        """The link, or why the claim makes none. Raises NotAnAccreditation, and what a look-up raises."""
        named = accredited_of(claim)
        fault = self._validity_fault(claim) or self._status_fault(claim)
        if fault is not None:
            return fault
        did = named or self._holder(claim.account)
        return "accredited_not_named" if did is None else accreditation_of(claim, claim_issuer=did)

    def _holder(self, account: Account) -> str | None:
        try:
            return None if self.claim_issuers is None else self.claim_issuers(account)
        except KeyError:
            return None

    def _validity_fault(self, claim: Claim) -> str | None:
        if self.now >= claim.validity.valid_until:
            return "claim_expired"
        return None if self.now >= claim.validity.valid_from else "claim_not_yet_valid"

    def _status_fault(self, claim: Claim) -> str | None:
        value = self.status(claim.status_list_uri, claim.status_list_index)
        return None if value == Status.VALID else _STATUS_REASONS.get(value, "claim_status_unknown")


def accreditations_of_documents(
    credentials: Iterable[str],
    instant: datetime,
    *,
    keys: IssuerKeys,
    status: StatusOf,
    claim_issuers: ClaimIssuerOf | None = None,
    decode: Decode = vc_jwt.decode,
) -> DocumentedMesh:
    """The accreditations that signed CLAIM_ISSUER claims (``vc+jwt`` unless ``decode`` reads another form) express at ``instant``.

    The document's claim issuer is the accreditor; ``keys`` gives its key, and must give none of another organisation. The
    accredited one is the DID that the attributes name. A document that names none says only which account it is about: it
    accredits whom ``claim_issuers`` says, and nobody where that is None.

    A document that is unreadable, badly signed, no accreditation, out of its time, revoked or suspended, or whose status cannot be
    had, accredits nobody and is listed with its reason; so a document more or less never stops the others. The caller brings
    status lists of ``instant``. Raises NaiveInstant, and nothing for any document.
    """
    reader = _Reader(keys=keys, status=status, claim_issuers=claim_issuers, decode=decode, now=aware(instant))
    read = [reader.read(position, credential) for position, credential in enumerate(credentials)]
    return DocumentedMesh(
        accreditations=tuple(one for one in read if isinstance(one, Accreditation)),
        refused=tuple(one for one in read if isinstance(one, RefusedDocument)),
    )


def decide_path_of_documents(
    claim_issuer: str,
    topic: str,
    roots: Iterable[Root],
    credentials: Iterable[str],
    instant: datetime,
    *,
    keys: IssuerKeys,
    status: StatusOf,
    claim_issuers: ClaimIssuerOf | None = None,
    decode: Decode = vc_jwt.decode,
    jurisdiction: ClaimJurisdiction | None = None,
) -> DocumentedDecision:
    """``decide_path`` over what the documents express: a pure function of them, the roots and one instant.

    For several roots or a quorum, hand ``accreditations_of_documents`` to ``decide_root_threshold`` or ``decide_quorum``. Raises
    NaiveInstant, and nothing for any document.
    """
    mesh = accreditations_of_documents(credentials, instant, keys=keys, status=status, claim_issuers=claim_issuers, decode=decode)
    decision = decide_path(claim_issuer, topic, roots, mesh.accreditations, instant, jurisdiction=jurisdiction)
    return DocumentedDecision(decision=decision, refused=mesh.refused)


def accreditation_of(claim: Claim, *, claim_issuer: str) -> Accreditation:
    """The link that a CLAIM_ISSUER claim, of whatever form, makes from its own issuer down to ``claim_issuer``.

    Leaves to the caller: signature, status, and that the claim is about this organisation (``accredited_of``). Raises
    NotAnAccreditation.
    """
    terms = _terms(claim)
    return Accreditation(
        id=claim.id,
        accreditor=claim.claim_issuer,
        claim_issuer=claim_issuer,
        topics=frozenset(terms.topics),
        may_accredit=terms.may_accredit,
        path_length=terms.path_length,
        validity=claim.validity,
        jurisdictions=None if terms.jurisdictions is None else frozenset(terms.jurisdictions),
    )


def accredited_of(claim: Claim) -> str | None:
    """The DID of the organisation that a CLAIM_ISSUER claim accredits; None when it only names an account.

    Raises NotAnAccreditation.
    """
    named = getattr(_terms(claim), "claim_issuer", None)
    return named if isinstance(named, str) else None


def _terms(claim: Claim) -> AccreditedIssuer:
    if not isinstance(claim.attributes, AccreditedIssuer):
        raise NotAnAccreditation("the claim accredits nobody")
    return claim.attributes
