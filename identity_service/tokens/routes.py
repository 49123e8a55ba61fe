"""Tokens: registered by an administrator, who answers for whose they are; described to everybody who may read."""

from typing import Annotated, Any, Protocol

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.identifiers.accounts import Account, Address
from identity_service.tokens.model import Token
from identity_service.tokens.registration import TokenRegistration, TokenRequest
from identity_service.tokens.service import Tokens
from identity_service.web.gate import CallerLike, Creation, GateLike
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

_UINT256 = r"^[1-9][0-9]{0,77}$"


class NewToken(JsonModel):
    """A token that is deployed already; ``topics`` gives a registry's own topic numbers as decimal strings."""

    token: Annotated[Account, parsed(Account.parse)]
    token_issuer: str = Field(max_length=64)
    accepted_claim_types: list[str] = Field(min_length=1, max_length=20)
    topics: dict[str, Annotated[str, Field(pattern=_UINT256)]] = Field(default={}, max_length=20)
    trusted_factories: list[Annotated[Address, parsed(Address.parse)]] = Field(min_length=1, max_length=10)


class TokenPage(JsonModel):
    """Which part of the tokens."""

    cursor: Annotated[Account, parsed(Account.parse)] | None = None
    limit: int = Field(default=50, ge=1, le=200)


class AgentKeys(Protocol):
    """Makes the key under which the service acts as a token's agent."""

    def agent_key_for(self, token: Account) -> str: ...
    def address_of(self, key_name: str) -> str: ...


class KnownParties(Protocol):
    """Says whether a party exists."""

    def exists(self, session: Session, party_id: str) -> Any: ...


class Trail(Protocol):
    """The audit log."""

    def append(self, session: Session, *, actor: str, action: str, subject: str, details: Any) -> int: ...


def blueprint(
    gate: GateLike, tokens: Tokens, registration: TokenRegistration, agents: AgentKeys, parties: KnownParties, audit: Trail
) -> Blueprint:
    """``/v1/tokens``."""
    routes = Blueprint("tokens", __name__)

    @routes.post("/v1/tokens")
    @gate.requires("tokens:write")
    def register() -> Response:
        wanted = body(NewToken)
        request = TokenRequest(
            token=wanted.token,
            token_issuer=wanted.token_issuer,
            accepted_claim_types=wanted.accepted_claim_types,
            topics={name: int(number) for name, number in wanted.topics.items()},
            trusted_factories=wanted.trusted_factories,
            agent_key=None,
        )
        contracts = registration.examine(request)

        def act(session: Session, caller: CallerLike) -> Creation:
            parties.exists(session, wanted.token_issuer)
            token = registration.register(session, request, contracts)
            # Last, so that a refused token leaves no key behind.
            token = registration.with_agent_key(session, token, agents.agent_key_for(token.id))
            details = {"token_issuer": token.token_issuer, "accepted_claim_types": list(token.accepted_claim_types)}
            audit.append(session, actor=caller.subject, action="token.registered", subject=str(token.id), details=details)
            return Creation(body=_token_json(token, agents), location=f"/v1/tokens/{token.id}")

        return gate.create("tokens", act)

    @routes.get("/v1/tokens")
    @gate.requires("tokens:read")
    def list_tokens() -> Response:
        page = query(TokenPage)
        with gate.db.read() as session:
            found = tokens.list(session, after=page.cursor, limit=page.limit + 1)
        following = str(found[page.limit - 1].id) if len(found) > page.limit else None
        return items([_token_json(token, agents) for token in found[: page.limit]], following)

    @routes.get("/v1/tokens/<token>")
    @gate.requires("tokens:read")
    def show(token: str) -> Response:
        account = Account.parse(token)
        with gate.db.read() as session:
            return json_response(_token_json(tokens.get(session, account), agents))

    return routes


def _token_json(token: Token, agents: AgentKeys) -> dict[str, Any]:
    return {
        "id": str(token.id),
        "name": token.name,
        "symbol": token.symbol,
        "decimals": token.decimals,
        "token_issuer": token.token_issuer,
        "accepted_claim_types": list(token.accepted_claim_types),
        "topics": {name: str(number) for name, number in token.topics.items()},
        "trusted_factories": [str(factory) for factory in token.trusted_factories],
        "identity_registry": str(token.identity_registry),
        "identity_registry_storage": str(token.identity_registry_storage),
        "trusted_issuers_registry": str(token.trusted_issuers_registry),
        "claim_topics_registry": str(token.claim_topics_registry),
        "compliance": str(token.compliance),
        "deployed_block": token.deployed_block,
        "agent": None if token.agent_key is None else agents.address_of(token.agent_key),
    }
