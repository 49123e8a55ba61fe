"""The HTTP face of access: tokens, clients, account proofs and grants."""

from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from flask import Blueprint, Response, request
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.errors import NotAuthenticated
from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.grants import Grant, Grants, authority_of
from identity_service.access.model import Caller, Role, ScopeNotAllowed, allowed_scopes
from identity_service.access.oauth import ASSERTION_TYPE, ClientAssertionInvalid, ClientAuthenticator
from identity_service.access.proofs import AccountProofs
from identity_service.access.service import TOKEN_LIFETIME, Client
from identity_service.access.signed_message import NewAccountProof, signature_bytes
from identity_service.web.errors import OAuthError
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, broken_rule, parsed, query
from identity_service.web.responses import items, json_response

AccountField = Annotated[Account, parsed(Account.parse)]


def read_instant(text: str) -> datetime:
    """An RFC 3339 instant with its zone, in UTC."""
    try:
        instant = datetime.fromisoformat(text)
        in_utc = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise broken_rule("write the instant as RFC 3339, such as 2027-01-31T00:00:00Z") from error
    if instant.tzinfo is None:
        raise broken_rule("write the instant with its time zone")
    return in_utc


InstantField = Annotated[datetime, parsed(read_instant)]


class NewClient(JsonModel):
    """A machine client to register."""

    role: Annotated[Role, parsed(Role)]
    party: str | None = Field(default=None, max_length=64)
    public_jwk: dict[str, str]


class NewChallenge(JsonModel):
    """The account that somebody wants to prove."""

    account: AccountField


class NewGrant(JsonModel):
    """The terms of a grant."""

    token: AccountField
    viewer: str = Field(max_length=64)
    role: Annotated[Role, parsed(Role)]
    purposes: list[str] = Field(min_length=1, max_length=10)
    legal_basis: str = Field(min_length=1, max_length=200)
    case_number: str | None = Field(default=None, max_length=100)
    threshold: str = Field(default="0", pattern=r"^(0|[1-9][0-9]{0,77})$")
    fields: list[str] = Field(default=["legal_name"], min_length=1, max_length=10)
    valid_until: InstantField


class Page(JsonModel):
    """Which part of a list."""

    cursor: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=200)


class TokenIssuers(Protocol):
    """Tells who issued a token; the room that knows lies above this one's tables, not above its routes."""

    def token_issuer_of(self, session: Session, token: Account) -> str: ...


class KnownParties(Protocol):
    """Says that a party exists, or raises."""

    def exists(self, session: Session, party_id: str) -> Any: ...


def oauth_blueprint(gate: Gate, authenticator: ClientAuthenticator) -> Blueprint:
    """``/oauth/token``: client credentials with private_key_jwt (RFC 6749 §4.4, RFC 7523 §2.2)."""
    routes = Blueprint("oauth", __name__)

    @routes.post("/oauth/token")
    def token() -> Response:
        form = _single_values()
        if "grant_type" not in form:
            raise OAuthError("invalid_request", "grant_type is missing")
        if form["grant_type"] != "client_credentials":
            raise OAuthError("unsupported_grant_type", "this endpoint gives tokens for client_credentials")
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            raise OAuthError("invalid_client", "authenticate with private_key_jwt", status=401)
        with gate.db.write() as session:
            client = _authenticated(authenticator, session, form["client_assertion"])
            try:
                scopes = allowed_scopes(client.role, form.get("scope"))
            except ScopeNotAllowed as error:
                raise OAuthError("invalid_scope", error.detail) from error
            access_token = gate.access.give_client_token(session, client.id, scopes)
        return json_response(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": int(TOKEN_LIFETIME.total_seconds()),
                "scope": " ".join(sorted(scopes)),
            }
        )

    return routes


def blueprint(
    gate: Gate, proofs: AccountProofs, grants: Grants, token_issuers: TokenIssuers, parties: KnownParties, audit: Any
) -> Blueprint:
    """Clients, account proofs and grants."""
    routes = Blueprint("access", __name__)
    _client_routes(routes, gate, parties, audit)
    _proof_routes(routes, gate, proofs, audit)
    _giving_routes(routes, gate, grants, token_issuers, parties, audit)
    _grant_routes(routes, gate, grants, audit)
    return routes


def _client_routes(routes: Blueprint, gate: Gate, parties: KnownParties, audit: Any) -> None:
    @routes.post("/v1/clients")
    @gate.requires("clients:write")
    def register_client() -> Response:
        wanted = body(NewClient)

        def act(session: Session, caller: Caller) -> Creation:
            if wanted.party is not None:
                parties.exists(session, wanted.party)
            client = gate.access.register_client(session, role=wanted.role, party_id=wanted.party, public_jwk=wanted.public_jwk)
            details = {"role": client.role.value, "party": client.party_id}
            audit.append(session, actor=caller.subject, action="client.registered", subject=client.id, details=details)
            return Creation(body=_client_json(client), location=f"/v1/clients/{client.id}")

        return gate.create("clients", act)

    @routes.get("/v1/clients/<client_id>")
    @gate.requires("clients:write")
    def show_client(client_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(_client_json(gate.access.client(session, client_id)))


def _proof_routes(routes: Blueprint, gate: Gate, proofs: AccountProofs, audit: Any) -> None:
    @routes.post("/v1/account-proofs/challenges")
    def challenge() -> Response:
        wanted = body(NewChallenge)
        with gate.db.write() as session:
            made = proofs.challenge(session, wanted.account)
        return json_response({"message": made.message, "expires_at": made.expires_at.isoformat()}, 201)

    @routes.post("/v1/account-proofs")
    def prove() -> Response:
        wanted = body(NewAccountProof)
        judged = proofs.judge(wanted.message, signature_bytes(wanted.signature))
        with gate.db.write() as session:
            proof = proofs.record(session, judged)
            token = gate.access.give_wallet_token(session, proof.id)
            details = {"method": proof.method}
            audit.append(session, actor=str(proof.account), action="account.proved", subject=proof.id, details=details)
        answer = {
            "id": proof.id,
            "account": str(proof.account),
            "method": proof.method,
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        }
        return json_response(answer, 201)


def _giving_routes(
    routes: Blueprint, gate: Gate, grants: Grants, token_issuers: TokenIssuers, parties: KnownParties, audit: Any
) -> None:
    @routes.post("/v1/grants")
    @gate.requires("grants:write")
    def grant() -> Response:
        wanted = body(NewGrant)

        def act(session: Session, caller: Caller) -> Creation:
            token_issuer = token_issuers.token_issuer_of(session, wanted.token)
            parties.exists(session, wanted.viewer)
            kind, grantor = authority_of(caller, token_issuer_party_id=token_issuer)
            made = grants.new(
                session,
                granted_by=caller.subject,
                token=str(wanted.token),
                viewer_party_id=wanted.viewer,
                role=wanted.role,
                grantor_kind=kind,
                grantor_party_id=grantor,
                purposes=frozenset(wanted.purposes),
                legal_basis=wanted.legal_basis,
                case_number=wanted.case_number,
                threshold=int(wanted.threshold),
                fields=frozenset(wanted.fields),
                valid_from=gate.access.clock.now(),
                valid_until=wanted.valid_until,
            )
            details = {"token": made.token, "viewer": made.viewer_party_id, "purposes": sorted(made.purposes), "by": kind.value}
            audit.append(session, actor=caller.subject, action="grant.given", subject=made.id, details=details)
            return Creation(body=_grant_json(made), location=f"/v1/grants/{made.id}")

        return gate.create("grants", act)


def _grant_routes(routes: Blueprint, gate: Gate, grants: Grants, audit: Any) -> None:
    @routes.get("/v1/grants/<grant_id>")
    @gate.requires("grants:read")
    def show_grant(grant_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(_grant_json(grants.get(session, grant_id, caller_of_request())))

    @routes.get("/v1/grants")
    @gate.requires("grants:read")
    def list_grants() -> Response:
        page = query(Page)
        with gate.db.read() as session:
            found = grants.seen_by(session, caller_of_request(), after=page.cursor, limit=page.limit + 1)
        return items([_grant_json(one) for one in found[: page.limit]], _next(found, page.limit))

    @routes.post("/v1/grants/<grant_id>/withdraw")
    @gate.requires("grants:write")
    def withdraw(grant_id: str) -> Response:
        caller = caller_of_request()
        with gate.db.write() as session:
            ended = grants.withdraw(session, grant_id, caller)
            audit.append(session, actor=caller.subject, action="grant.withdrawn", subject=ended.id, details={})
        return json_response(_grant_json(ended))


def _next(found: list[Grant], limit: int) -> str | None:
    return found[limit - 1].id if len(found) > limit else None


def _single_values() -> dict[str, str]:
    """The form's parameters; RFC 6749 §3.2 forbids repeating one."""
    if any(len(values) > 1 for _, values in request.form.lists()):
        raise OAuthError("invalid_request", "a parameter is given more than once")
    return dict(request.form.items())


def _authenticated(authenticator: ClientAuthenticator, session: Session, assertion: str) -> Client:
    try:
        return authenticator.authenticate(session, assertion)
    except (ClientAssertionInvalid, NotAuthenticated) as error:
        raise OAuthError("invalid_client", error.detail, status=401) from error


def _client_json(client: Client) -> dict[str, Any]:
    return {"id": client.id, "role": client.role.value, "party": client.party_id, "public_jwk": client.public_jwk}


def _grant_json(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "token": grant.token,
        "viewer": grant.viewer_party_id,
        "role": grant.role.value,
        "granted_by": {"kind": grant.grantor_kind.value, "party": grant.grantor_party_id},
        "purposes": sorted(grant.purposes),
        "legal_basis": grant.legal_basis,
        "case_number": grant.case_number,
        "threshold": str(grant.threshold),
        "fields": sorted(grant.fields),
        "valid_from": grant.valid_from.isoformat(),
        "valid_until": grant.valid_until.isoformat(),
        "withdrawn_at": None if grant.withdrawn_at is None else grant.withdrawn_at.isoformat(),
    }
