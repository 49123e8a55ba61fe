"""The names beside an order: its network, the firm that sent it, and who issued the claim that it rests on."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from identity_service.access.model import Caller, Role
from identity_service.mesh.service import Mesh
from identity_service.orders.model import OrderRecord
from identity_service.parties.bases import Basis
from identity_service.parties.disclosures import Disclosures
from identity_service.parties.model import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNames:
    """Names firms, never people. Names of parties come through the one door; claim issuers publish theirs."""

    disclosures: Disclosures
    mesh: Mesh

    def networks(self, session: Session, caller: Caller, networks: Collection[str]) -> dict[str, str]:
        """The legal names of these networks, by party id."""
        return self._opened(session, caller, Basis.of_networks(caller.party_id or "", frozenset(networks)), networks)

    def senders(self, session: Session, caller: Caller, records: Collection[OrderRecord]) -> dict[str, str]:
        """The legal names of the firms that sent these orders, by party id: for the network they were sent to, and no other reader.

        The issuer of a token learns who is in its register by a grant, not from orders. An intermediary that is a natural person
        stays without a name here.
        """
        if caller.role is not Role.NETWORK or caller.party_id is None:
            return {}
        sent = {one.party_id for one in records if one.order.network == caller.party_id}
        firms = self.disclosures.parties.organisations(session, sent)
        return self._opened(session, caller, Basis.of_orders(caller.party_id, firms), firms)

    def claim_issuers(self, session: Session) -> dict[str, str]:
        """The name of every claim issuer, by its DID."""
        return {one.did: one.name for one in self.mesh.all(session)}

    def _opened(self, session: Session, caller: Caller, basis: Basis, party_ids: Collection[str]) -> dict[str, str]:
        candidates = [Candidate(party_id=one, quantity=0, is_intermediary=False) for one in party_ids]
        opened = self.disclosures.open(session, caller=caller, basis=basis, candidates=candidates)
        return {party_id: fields["legal_name"] for party_id, fields in opened.items() if "legal_name" in fields}
