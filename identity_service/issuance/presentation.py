"""Applications on the wire, for every route that takes or shows one."""

from typing import Any, Final, Literal

from pydantic import Field

from identity_service.issuance.model import Application
from identity_service.web.requests import JsonModel

REASON: Final = r"^[a-z][a-z0-9_]{1,62}$"
"""The code of a rejection's or a revocation's reason."""


class NewParty(JsonModel):
    """Who applies."""

    kind: Literal["natural_person", "organisation"]
    legal_name: str = Field(max_length=200)
    country: str | None = Field(default=None, max_length=2)
    email: str | None = Field(default=None, max_length=200)


class NewAttributes(JsonModel):
    """What every application says: what is to be attested, who applies, and for whom the account holds what is in it."""

    attributes: dict[str, Any] = Field(max_length=30)
    party: NewParty | None = None
    capacity: Literal["own", "client", "undeclared"] = "own"

    @property
    def party_kind(self) -> str | None:
        """The kind of whoever applies, if said."""
        return None if self.party is None else self.party.kind

    @property
    def party_data(self) -> dict[str, str] | None:
        """The fields that were given about whoever applies, if any."""
        return None if self.party is None else self.party.model_dump(exclude_none=True, exclude={"kind"})


def application_json(one: Application) -> dict[str, Any]:
    """An application without names or attributes."""
    return {
        "id": one.id,
        "account": str(one.account),
        "party": one.party_id,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.claim_type,
        "intermediary": one.intermediary_party_id,
        "intermediary_confirmed": one.intermediary_confirmed,
        "state": one.state.value,
        "reason": one.reason,
        "claim": one.claim_id,
        "submitted_at": one.submitted_at.isoformat(),
        "decided_at": None if one.decided_at is None else one.decided_at.isoformat(),
    }
