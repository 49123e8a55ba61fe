"""Accounts linked, unlinked and moved: for the person, the claim issuer's desk and the token's issuer."""

from typing import Annotated, Any, Literal

from flask import Blueprint, Response, request
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.access.proofs import JudgedProof
from identity_service.access.signed_message import NewAccountProof, signature_bytes
from identity_service.onboarding.linking import AccountLinks
from identity_service.onboarding.move_model import Act, AtStake, Move, Step, StepState
from identity_service.onboarding.moves import Moves
from identity_service.onboarding.recoveries import Recoveries, Waiting
from identity_service.parties.model import Capacity
from identity_service.web.gate import Creation
from identity_service.web.limits import CostlyWork
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

AccountField = Annotated[Account, parsed(Account.parse)]


class NewLinkChallenge(JsonModel):
    """The account that the caller wants to link to its party."""

    account: AccountField


class NewLink(NewAccountProof):
    """The new account's answer, and for whom the party holds what is in it."""

    capacity: Literal["own", "client", "undeclared"] = "own"


class NewMove(JsonModel):
    """The account whose wallet was lost; the one that takes its place is the caller's."""

    lost: AccountField


class MoveConfirmation(JsonModel):
    """Accounts that stay, of those that the confirmation would unlink with the lost one."""

    keep: list[AccountField] = Field(default=[], max_length=100)


class NewRecovery(JsonModel):
    """The lost account of a confirmed move, which still holds tokens."""

    lost: AccountField


class MovePage(JsonModel):
    """Which part of the moves."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, links: AccountLinks, moves: Moves, recoveries: Recoveries, asks_chain: CostlyWork) -> Blueprint:
    """``/v1/me/accounts``, ``/v1/me/moves``, ``/v1/moves`` and ``/v1/tokens/<token>/recoveries``."""
    routes = Blueprint("moves", __name__)
    _linking_routes(routes, gate, links, asks_chain)
    _unlinking_routes(routes, gate, links)
    _opening_routes(routes, gate, moves)
    _person_routes(routes, gate, moves)
    _desk_routes(routes, gate, moves)
    _agent_routes(routes, gate, recoveries)
    return routes


def _linking_routes(routes: Blueprint, gate: Gate, links: AccountLinks, asks_chain: CostlyWork) -> None:
    @routes.post("/v1/me/accounts/challenges")
    @gate.requires("me")
    def challenge() -> Response:
        wanted = body(NewLinkChallenge)
        with gate.db.write() as session:
            made = links.challenge(session, wanted.account, caller_of_request())
        return json_response({"message": made.message, "expires_at": made.expires_at.isoformat()}, 201)

    @routes.post("/v1/me/accounts")
    @gate.requires("me")
    @asks_chain
    def link() -> Response:
        wanted = body(NewLink)
        # The chain is asked before any transaction; a refusal waits, for a request sent again finds its nonce used up, and that it
        # is one, the record of its Idempotency-Key tells first.
        judged: JudgedProof | DomainError
        try:
            judged = links.judge(wanted.message, signature_bytes(wanted.signature), caller_of_request())
        except DomainError as refusal:
            judged = refusal

        def act(session: Session, caller: Caller) -> Creation:
            if isinstance(judged, DomainError):
                raise judged
            made = links.link(session, judged, capacity=Capacity(wanted.capacity), caller=caller)
            return Creation(body=_act_json(made), location=f"/v1/me/account-acts/{made.id}")

        return gate.create("account-links", act)


def _unlinking_routes(routes: Blueprint, gate: Gate, links: AccountLinks) -> None:
    @routes.post("/v1/me/accounts/<account>/unlink")
    @gate.requires("me")
    def unlink(account: str) -> Response:
        wanted = Account.parse(account)

        def act(session: Session, caller: Caller) -> Creation:
            made = links.unlink(session, wanted, caller)
            claims = [{"claim": one.id, "claim_type": one.claim_type, "claim_issuer": one.claim_issuer_id} for one in made.claims]
            return Creation(
                body={**_act_json(made.act), "claims": claims}, location=f"/v1/me/account-acts/{made.act.id}", status=200
            )

        return gate.create("account-unlinks", act)

    @routes.get("/v1/me/account-acts/<act_id>")
    @gate.requires("me")
    def show_act(act_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(_act_json(links.act(session, act_id, caller_of_request())))


def _opening_routes(routes: Blueprint, gate: Gate, moves: Moves) -> None:
    @routes.post("/v1/me/moves")
    @gate.requires("me")
    def open_move() -> Response:
        wanted = body(NewMove)

        def act(session: Session, caller: Caller) -> Creation:
            made = moves.open(session, wanted.lost, caller)
            return Creation(body=_move_json(made), location=f"/v1/me/moves/{made.id}")

        return gate.create("moves", act)

    @routes.get("/v1/me/moves")
    @gate.requires("me")
    def my_moves() -> Response:
        with gate.db.read() as session:
            return items([_move_json(one) for one in moves.of_person(session, caller_of_request())], None)


def _person_routes(routes: Blueprint, gate: Gate, moves: Moves) -> None:
    @routes.get("/v1/me/moves/<move_id>")
    @gate.requires("me")
    def my_move(move_id: str) -> Response:
        with gate.db.read() as session:
            found, act = moves.for_person(session, move_id, caller_of_request())
        return json_response(_with_steps(found, None if act is None else act.steps))

    @routes.post("/v1/me/moves/<move_id>/confirm")
    @gate.requires("me")
    def confirm_mine(move_id: str) -> Response:
        def act(session: Session, caller: Caller) -> Creation:
            made, begun = moves.confirm_as_person(session, move_id, caller)
            return Creation(body=_with_steps(made, begun.steps), location=f"/v1/me/moves/{made.id}", status=200)

        return gate.create("move-confirmations", act)

    @routes.post("/v1/me/moves/<move_id>/object")
    @gate.requires("me")
    def object_to(move_id: str) -> Response:
        with gate.db.write() as session:
            return json_response(_move_json(moves.object(session, move_id, caller_of_request())))

    @routes.post("/v1/me/moves/<move_id>/withdraw")
    @gate.requires("me")
    def withdraw(move_id: str) -> Response:
        with gate.db.write() as session:
            return json_response(_move_json(moves.withdraw(session, move_id, caller_of_request())))


def _desk_routes(routes: Blueprint, gate: Gate, moves: Moves) -> None:
    mesh = moves.ending.issuance.mesh

    @routes.get("/v1/moves")
    @gate.requires("claims:issue")
    def at_desk() -> Response:
        page = query(MovePage)
        with gate.db.read() as session:
            claim_issuer = mesh.of_party(session, caller_of_request().party_id)
            found = moves.at_desk(session, claim_issuer, after=page.cursor, limit=page.limit + 1)
        shown = found[: page.limit]
        return items([_move_json(one) for one in shown], shown[-1].id if len(found) > page.limit else None)

    @routes.get("/v1/moves/<move_id>")
    @gate.requires("claims:issue")
    def show(move_id: str) -> Response:
        with gate.db.read() as session:
            claim_issuer = mesh.of_party(session, caller_of_request().party_id)
            found, act, stake = moves.for_officer(session, move_id, claim_issuer)
        steps = None if act is None else act.shown_to_claim_issuer(claim_issuer.id)
        return json_response({**_with_steps(found, steps), **_stake_json(stake)})

    @routes.post("/v1/moves/<move_id>/confirm")
    @gate.requires("claims:issue")
    def confirm(move_id: str) -> Response:
        wanted = body(MoveConfirmation) if request.get_data() else MoveConfirmation()

        def act(session: Session, caller: Caller) -> Creation:
            claim_issuer = mesh.of_party(session, caller.party_id)
            made, begun = moves.confirm_as_officer(session, move_id, claim_issuer, caller, wanted.keep)
            shown = _with_steps(made, begun.shown_to_claim_issuer(claim_issuer.id))
            return Creation(body=shown, location=f"/v1/moves/{made.id}", status=200)

        return gate.create("move-decisions", act)

    @routes.post("/v1/moves/<move_id>/reject")
    @gate.requires("claims:issue")
    def reject(move_id: str) -> Response:
        with gate.db.write() as session:
            caller = caller_of_request()
            claim_issuer = mesh.of_party(session, caller.party_id)
            return json_response(_move_json(moves.reject(session, move_id, claim_issuer, caller)))


def _agent_routes(routes: Blueprint, gate: Gate, recoveries: Recoveries) -> None:
    @routes.get("/v1/tokens/<token>/recoveries")
    @gate.requires("registrations:write")
    def waiting(token: str) -> Response:
        account = Account.parse(token)
        with gate.db.read() as session:
            found = recoveries.waiting(session, account, caller_of_request())
        return items([_waiting_json(one) for one in found], None)

    @routes.post("/v1/tokens/<token>/recoveries")
    @gate.requires("registrations:write")
    def recover(token: str) -> Response:
        wanted, account = body(NewRecovery), Account.parse(token)

        def act(session: Session, caller: Caller) -> Creation:
            job_id = recoveries.request(session, account, wanted.lost, caller)
            answer = {"job": job_id, "token": str(account), "lost": str(wanted.lost)}
            return Creation(body=answer, location=f"/v1/jobs/{job_id}", status=202)

        return gate.create("recoveries", act)


def _move_json(one: Move) -> dict[str, Any]:
    return {
        "id": one.id,
        "lost": str(one.lost),
        "new": str(one.new),
        "state": one.state.value,
        "opened_at": one.opened_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "objected_at": None if one.objected_at is None else one.objected_at.isoformat(),
        "decided_at": None if one.decided_at is None else one.decided_at.isoformat(),
    }


def _with_steps(one: Move, steps: tuple[Step, ...] | None) -> dict[str, Any]:
    return {**_move_json(one), "steps": [] if steps is None else _steps_json(steps)}


def _stake_json(one: AtStake | None) -> dict[str, Any]:
    others = () if one is None else one.others
    return {
        "ends": None if one is None else str(one.ends),
        "other_accounts": [
            {"account": str(other.account), "linked_at": other.linked_at.date().isoformat(), "ends": other.ends} for other in others
        ],
    }


def _act_json(one: Act) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "account": None if one.account is None else str(one.account),
        "unlinked": None if one.ended is None else str(one.ended),
        "at": one.at.isoformat(),
        "closed_at": None if one.closed_at is None else one.closed_at.isoformat(),
        "steps": _steps_json(one.steps),
    }


def _waiting_json(one: Waiting) -> dict[str, Any]:
    return {
        "move": one.act.id,
        "lost": str(one.act.ended),
        "new": None if one.act.account is None else str(one.act.account),
        "steps": _steps_json(one.steps),
    }


def _steps_json(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [_step_json(one) for one in steps if one.state is not StepState.NOT_NEEDED]


def _step_json(one: Step) -> dict[str, Any]:
    block = None
    if one.block_number is not None and one.block_hash is not None:
        block = {"number": one.block_number, "hash": "0x" + one.block_hash.hex()}
    return {
        "step": one.kind.value,
        "subject": one.subject,
        "claim_issuer": one.claim_issuer_id,
        "claim_type": one.particulars.get("claim_type"),
        "state": one.state.value,
        "waits_for": one.waits_for,
        "call": None if one.call is None else dict(one.call),
        "transaction": one.transaction,
        "block": block,
    }
