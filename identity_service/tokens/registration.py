"""Registering a token from what its contracts say on chain."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address, ChainId
from identity_service.chain.directory import ChainDirectory
from identity_service.tokens.discover import discover
from identity_service.tokens.model import FactoryUnfit, Token, TokenContracts, topics_with
from identity_service.tokens.service import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What whoever registers a token says beside what the chain says."""

    token: Account
    token_issuer: str
    accepted_claim_types: Sequence[str]
    topics: Mapping[str, int]
    trusted_factories: Sequence[Address]
    agent_key: str | None


@dataclass(frozen=True, slots=True)
class TokenRegistration:
    """Reads the chain, then registers. Both steps are apart so that no transaction is open while the node answers.

    ``identity_factories`` are those that the operator trusts on each chain; a token chooses among them.
    """

    tokens: Tokens
    chains: ChainDirectory
    identity_factories: Mapping[ChainId, Collection[Address]]

    def examine(self, request: TokenRequest) -> TokenContracts:
        """What the chain says of the token. Raises ChainNotConfigured, TokenNotDeployed, FactoryUnfit, ChainUnavailable."""
        client = self.chains.on(request.token.chain)
        head = client.head()
        contracts = discover(client, request.token.address, head)
        known = self.identity_factories.get(request.token.chain, ())
        for position, factory in enumerate(request.trusted_factories):
            if factory not in known:
                raise FactoryUnfit("name an identity factory of this chain's settings", pointer=f"/trusted_factories/{position}")
        return contracts

    def register(self, session: Session, request: TokenRequest, contracts: TokenContracts) -> Token:
        """Keep the token. Raises TokenAlreadyRegistered, InvalidToken, UnknownClaimType."""
        token = Token(
            contracts=contracts,
            token_issuer=request.token_issuer,
            accepted_claim_types=tuple(request.accepted_claim_types),
            topics=topics_with(request.topics),
            agent_key=request.agent_key,
            trusted_factories=tuple(request.trusted_factories),
        )
        return self.tokens.add(session, token)

    def with_agent_key(self, session: Session, token: Token, agent_key: str) -> Token:
        """The token with the key under which we act as its agent. Raises TokenUnknown."""
        return self.tokens.update(session, replace(token, agent_key=agent_key))
