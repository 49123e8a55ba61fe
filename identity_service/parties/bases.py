"""Why a reader may see data: each basis says whose, which fields, for what purpose, and whether its use is recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from identity_service.access.grants import Grant
from identity_service.access.model import GrantMissing, Role
from identity_service.parties.model import Candidate, may_see

_UNRECORDED: Final = frozenset({"self", "recipients", "invitation", "authorities", "networks", "orders"})
"""A person's reading of their own data, and of who read them, discloses nothing; recorded, it would let anybody grow the log.

Nor is it recorded when an invitation names the firm that sent it: that firm gives its own name to whom it pleases, the reader is
nobody we could write down, and whoever opens the page again and again would grow the log.

Nor when a holder reads which intermediaries may move the own tokens: the chain shows that right to everybody, the names are those
of checked firms, and a record would tell the firm each time that its client thinks about cancelling.

Nor when somebody who handles an order reads the name of its network: networks name themselves to those who order from them.

Nor when a network reads which firm sent it an order: the firm signed it for this network, and so named itself there; a record for
each look at an inbox would tell the firm nothing but how often that is opened.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Why a reader may see data: a grant, the application that the person sent to this reader, or that it is their own."""

    kind: str
    id: str
    purpose: str
    legal_basis: str
    fields: frozenset[str]
    role: Role | None
    viewer_party_id: str | None
    threshold: int = 0
    only_party_ids: frozenset[str] | None = None

    @classmethod
    def of_grant(cls, grant: Grant, *, purpose: str, instant: datetime) -> Self:
        """A grant as a basis. Raises GrantMissing unless it covers the purpose at the instant."""
        if not grant.covers(purpose=purpose, instant=instant):
            raise GrantMissing("the grant does not cover this purpose now")
        return cls(
            kind="grant",
            id=grant.id,
            purpose=purpose,
            legal_basis=grant.legal_basis,
            fields=grant.fields,
            role=grant.role,
            viewer_party_id=grant.viewer_party_id,
            threshold=grant.threshold,
        )

    @classmethod
    def of_application(cls, application_id: str, *, applicant_party_id: str, claim_issuer_party_id: str) -> Self:
        """An application as a basis: the applicant sent these data to this claim issuer to be checked."""
        return cls(
            kind="application",
            id=application_id,
            purpose="claim_application",
            legal_basis="GDPR Art. 6(1)(b): steps taken at the applicant's request",
            fields=frozenset({"legal_name", "country", "email"}),
            role=None,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({applicant_party_id}),
        )

    @classmethod
    def of_applicants_intermediary(cls, application_id: str, *, intermediary_party_id: str, claim_issuer_party_id: str) -> Self:
        """The same application as a basis for the name of the firm through which the applicant came, and for nothing else of it."""
        return cls(
            kind="application",
            id=application_id,
            purpose="claim_application",
            legal_basis="GDPR Art. 6(1)(b): steps taken at the applicant's request",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({intermediary_party_id}),
        )

    @classmethod
    def of_claim(cls, claim_id: str, *, holder_party_id: str, claim_issuer_party_id: str) -> Self:
        """A claim as a basis: its claim issuer reads the attributes that it attested."""
        return cls(
            kind="claim",
            id=claim_id,
            purpose="claim_administration",
            legal_basis="GDPR Art. 6(1)(b): the claim was issued at the holder's request",
            fields=frozenset({"claim_attributes"}),
            role=None,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({holder_party_id}),
        )

    @classmethod
    def of_claims_holder(cls, claim_id: str, *, holder_party_id: str, claim_issuer_party_id: str) -> Self:
        """A claim as a basis for its holder's name: its claim issuer has to know whose claim it would end."""
        return cls(
            kind="claim",
            id=claim_id,
            purpose="claim_administration",
            legal_basis="GDPR Art. 6(1)(b): the claim was issued at the holder's request",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({holder_party_id}),
        )

    @classmethod
    def of_self(cls, party_id: str) -> Self:
        """The person's own data."""
        return cls(
            kind="self",
            id=party_id,
            purpose="own_data",
            legal_basis="GDPR Art. 15: right of access",
            fields=frozenset({"legal_name", "country", "email"}),
            role=None,
            viewer_party_id=party_id,
            only_party_ids=frozenset({party_id}),
        )

    @classmethod
    def of_recipients(cls, party_id: str, recipients: frozenset[str]) -> Self:
        """The names of those who read a person's data, for that person."""
        return cls(
            kind="recipients",
            id=party_id,
            purpose="own_data",
            legal_basis="GDPR Art. 15(1)(c): recipients of the data",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=party_id,
            only_party_ids=recipients,
        )

    @classmethod
    def of_invitation(cls, invitation_id: str, *, inviter_party_id: str) -> Self:
        """The name of the firm that sent an invitation, for whoever holds it: the firm shows its own name and no other's."""
        return cls(
            kind="invitation",
            id=invitation_id,
            purpose="invitation",
            legal_basis="GDPR Art. 13(1)(a): the invited learn who asks them",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=None,
            only_party_ids=frozenset({inviter_party_id}),
        )

    @classmethod
    def of_authorities(cls, holder_party_id: str, intermediaries: frozenset[str]) -> Self:
        """The names of those intermediaries who may move a holder's tokens, for that holder."""
        return cls(
            kind="authorities",
            id=holder_party_id,
            purpose="own_data",
            legal_basis="GDPR Art. 6(1)(f): the holder must know whom to ask, and whose right to cancel",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=holder_party_id,
            only_party_ids=intermediaries,
        )

    @classmethod
    def of_networks(cls, reader_party_id: str, networks: frozenset[str]) -> Self:
        """The names of networks, for those who send them orders or mint for these."""
        return cls(
            kind="networks",
            id=reader_party_id,
            purpose="addressing_an_order",
            legal_basis="GDPR Art. 6(1)(f): an order names the network that it is for",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=reader_party_id,
            only_party_ids=networks,
        )

    @classmethod
    def of_orders(cls, network_party_id: str, intermediaries: frozenset[str]) -> Self:
        """The names of the firms that sent orders to a network, for that network."""
        return cls(
            kind="orders",
            id=network_party_id,
            purpose="receiving_orders",
            legal_basis="GDPR Art. 6(1)(b): the intermediary asks this network to act on its order",
            fields=frozenset({"legal_name"}),
            role=None,
            viewer_party_id=network_party_id,
            only_party_ids=intermediaries,
        )

    @property
    def is_recorded(self) -> bool:
        """Whether each use leaves a disclosure; see beside ``_UNRECORDED`` why some do not."""
        return self.kind not in _UNRECORDED

    def admits(self, candidate: Candidate) -> bool:
        """Whether this basis opens the candidate's data."""
        if self.only_party_ids is not None:
            return candidate.party_id in self.only_party_ids
        if self.role is None or self.viewer_party_id is None:
            return False
        return may_see(candidate, role=self.role, viewer_party_id=self.viewer_party_id, threshold=self.threshold)
