"""The chains that this service is set up for."""

from collections.abc import Mapping
from dataclasses import dataclass

from claim_issuers.errors import InvalidInput
from claim_issuers.identifiers.accounts import ChainId
from identity_service.chain.client import ChainClient


class ChainNotConfigured(InvalidInput):
    """The service is not set up for this chain."""

    code = "chain_not_configured"


@dataclass(frozen=True, slots=True)
class ChainDirectory:
    """Finds the client of a chain."""

    clients: Mapping[ChainId, ChainClient]

    def on(self, chain: ChainId) -> ChainClient:
        """The client that talks to ``chain``. Raises ChainNotConfigured."""
        client = self.clients.get(chain)
        if client is None:
            raise ChainNotConfigured(f"this service talks to {', '.join(map(str, sorted(self.clients, key=str))) or 'no chain'}")
        return client
