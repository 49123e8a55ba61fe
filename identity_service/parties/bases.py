"""Why a reader may see data: each basis says whose, which fields, for what purpose, and whether its use is recorded.

A use is recorded unless its basis says why not: what somebody reads of themselves, or what a firm shows of itself, discloses
nothing, and recorded it would only let the reader grow the log.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from identity_service.access.grants import Grant
from identity_service.access.model import GrantMissing, Role
from identity_service.parties.model import Candidate, may_see

_NAME: Final = frozenset({"legal_name"})
_PERSON: Final = frozenset({"legal_name", "country", "email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The right under which data are opened.

    Its holder is ``viewer_party_id``. Under a grant, ``role`` and ``threshold`` decide whom it opens; every other basis names the
    parties in ``only_party_ids``. ``is_recorded`` is whether each use leaves a disclosure.
    """

    kind: str
    id: str
    purpose: str
    legal_basis: str
    fields: frozenset[str]
    viewer_party_id: str | None
    role: Role | None = None
    threshold: int = 0
    only_party_ids: frozenset[str] | None = None
    is_recorded: bool = True

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
        return cls._of_application(application_id, applicant_party_id, claim_issuer_party_id, _PERSON)

    @classmethod
    def of_applicants_intermediary(cls, application_id: str, *, intermediary_party_id: str, claim_issuer_party_id: str) -> Self:
        """The same application as a basis for the name of the firm through which the applicant came, and for nothing else of it."""
        return cls._of_application(application_id, intermediary_party_id, claim_issuer_party_id, _NAME)

    @classmethod
    def _of_application(cls, application_id: str, party_id: str, claim_issuer_party_id: str, fields: frozenset[str]) -> Self:
        return cls(
            kind="application",
            id=application_id,
            purpose="claim_application",
            legal_basis="GDPR Art. 6(1)(b): steps taken at the applicant's request",
            fields=fields,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({party_id}),
        )

    @classmethod
    def of_claim(cls, claim_id: str, *, holder_party_id: str, claim_issuer_party_id: str) -> Self:
        """A claim as a basis: its claim issuer reads the attributes that it attested."""
        return cls._of_claim(claim_id, holder_party_id, claim_issuer_party_id, frozenset({"claim_attributes"}))

    @classmethod
    def of_claims_holder(cls, claim_id: str, *, holder_party_id: str, claim_issuer_party_id: str) -> Self:
        """A claim as a basis for its holder's name: its claim issuer has to know whose claim it would end."""
        return cls._of_claim(claim_id, holder_party_id, claim_issuer_party_id, _NAME)

    @classmethod
    def _of_claim(cls, claim_id: str, holder_party_id: str, claim_issuer_party_id: str, fields: frozenset[str]) -> Self:
        return cls(
            kind="claim",
            id=claim_id,
            purpose="claim_administration",
            legal_basis="GDPR Art. 6(1)(b): the claim was issued at the holder's request",
            fields=fields,
            viewer_party_id=claim_issuer_party_id,
            only_party_ids=frozenset({holder_party_id}),
        )

    @classmethod
    def of_self(cls, party_id: str) -> Self:
        """The person's own data; reading them discloses nothing."""
        return cls(
            kind="self",
            id=party_id,
            purpose="own_data",
            legal_basis="GDPR Art. 15: right of access",
            fields=_PERSON,
            viewer_party_id=party_id,
            only_party_ids=frozenset({party_id}),
            is_recorded=False,
        )

    @classmethod
    def of_own_registration(cls, party_id: str) -> Self:
        """The person's own country, to hold against the one that they tell a token's agent.

        It stays here: the agent sees what the person told it, and whether the two differ.
        """
        return cls(
            kind="registration",
            id=party_id,
            purpose="own_registration",
            legal_basis="GDPR Art. 6(1)(b): the person asks to be registered",
            fields=frozenset({"country"}),
            viewer_party_id=party_id,
            only_party_ids=frozenset({party_id}),
            is_recorded=False,
        )

    @classmethod
    def of_notice(cls, notice_id: str, *, party_id: str) -> Self:
        """The person's own email address, to write to that person; nobody else reads it."""
        return cls(
            kind="notice",
            id=notice_id,
            purpose="notice",
            legal_basis="GDPR Art. 12(1): the person is told what concerns them",
            fields=frozenset({"email"}),
            viewer_party_id=party_id,
            only_party_ids=frozenset({party_id}),
            is_recorded=False,
        )

    @classmethod
    def of_recipients(cls, party_id: str, recipients: frozenset[str]) -> Self:
        """The names of those who read a person's data, for that person; they owe that answer, and it is no reading of theirs."""
        return cls._of_names(
            "recipients", party_id, recipients, purpose="own_data", legal_basis="GDPR Art. 15(1)(c): recipients of the data"
        )

    @classmethod
    def of_invitation(cls, invitation_id: str, *, inviter_party_id: str) -> Self:
        """The name of the firm that sent an invitation, for whoever holds it.

        The firm shows its own name to whom it pleases, and the reader is nobody whom we could write down.
        """
        return cls(
            kind="invitation",
            id=invitation_id,
            purpose="invitation",
            legal_basis="GDPR Art. 13(1)(a): the invited learn who asks them",
            fields=_NAME,
            viewer_party_id=None,
            only_party_ids=frozenset({inviter_party_id}),
            is_recorded=False,
        )

    @classmethod
    def of_account_batch(cls, batch_id: str, *, party_id: str) -> Self:
        """A firm's own name, for the messages in which it has its accounts say whose they are; nobody else is given them."""
        return cls(
            kind="account_batch",
            id=batch_id,
            purpose="own_data",
            legal_basis="GDPR Art. 13(1)(a): whoever signs learns who asks",
            fields=_NAME,
            viewer_party_id=party_id,
            only_party_ids=frozenset({party_id}),
            is_recorded=False,
        )

    @classmethod
    def of_authorities(cls, holder_party_id: str, intermediaries: frozenset[str]) -> Self:
        """The names of those intermediaries who may move a holder's tokens, for that holder.

        The chain shows the right to everybody, the names are those of checked firms, and a record would tell the firm each time
        that its client thinks about cancelling.
        """
        return cls._of_names(
            "authorities",
            holder_party_id,
            intermediaries,
            purpose="own_data",
            legal_basis="GDPR Art. 6(1)(f): the holder must know whom to ask, and whose right to cancel",
        )

    @classmethod
    def of_networks(cls, reader_party_id: str, networks: frozenset[str]) -> Self:
        """The names of networks, for those who send them orders or mint for these: to them networks name themselves."""
        return cls._of_names(
            "networks",
            reader_party_id,
            networks,
            purpose="addressing_an_order",
            legal_basis="GDPR Art. 6(1)(f): an order names the network that it is for",
        )

    @classmethod
    def of_orders(cls, network_party_id: str, intermediaries: frozenset[str]) -> Self:
        """The names of the firms that sent orders to a network, for that network.

        Each firm signed its order for this network and so named itself there; a record for each look at an inbox would tell the
        firm nothing but how often that is opened.
        """
        return cls._of_names(
            "orders",
            network_party_id,
            intermediaries,
            purpose="receiving_orders",
            legal_basis="GDPR Art. 6(1)(b): the intermediary asks this network to act on its order",
        )

    @classmethod
    def _of_names(cls, kind: str, reader_party_id: str, named: frozenset[str], *, purpose: str, legal_basis: str) -> Self:
        return cls(
            kind=kind,
            id=reader_party_id,
            purpose=purpose,
            legal_basis=legal_basis,
            fields=_NAME,
            viewer_party_id=reader_party_id,
            only_party_ids=named,
            is_recorded=False,
        )

    def admits(self, candidate: Candidate) -> bool:
        """Whether this basis opens the candidate's data."""
        if self.only_party_ids is not None:
            return candidate.party_id in self.only_party_ids
        if self.role is None or self.viewer_party_id is None:
            return False
        return may_see(candidate, role=self.role, viewer_party_id=self.viewer_party_id, threshold=self.threshold)
