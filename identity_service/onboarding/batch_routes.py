"""Invitations in bulk over HTTP: as JSON rows or as a CSV file, tried out first if wished, and the batch that they become."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Final, ParamSpec, TypeVar

from flask import Blueprint, Response, g, request
from pydantic import Field
from sqlalchemy.orm import Session

from claim_issuers.errors import InvalidInput
from identity_service.access.gate import Gate, caller_of_request
from identity_service.access.model import Caller
from identity_service.onboarding.allowance_model import words_of_amount
from identity_service.onboarding.batch_csv import LARGEST_FILE, read_rows, write_addresses, write_faults
from identity_service.onboarding.batch_model import (
    COLUMNS,
    LONGEST_CELL,
    MOST_ROWS,
    Batch,
    BatchSummary,
    Draft,
    DraftRow,
    Judgement,
    ReadyRow,
    RowFault,
)
from identity_service.onboarding.batches import Batches
from identity_service.onboarding.invitation_codes import InvitationCodes
from identity_service.onboarding.invitation_model import Invitation
from identity_service.onboarding.invitation_routes import allowance_json
from identity_service.web.gate import Creation
from identity_service.web.requests import JsonModel, body, parsed, query
from identity_service.web.responses import items, json_response

LARGEST_BODY: Final = LARGEST_FILE
_CSV: Final = "text/csv"
_P = ParamSpec("_P")
_R = TypeVar("_R")

Cell = Annotated[str | None, Field(default=None, max_length=LONGEST_CELL)]


class NewRow(JsonModel):
    """A row as a CSV file would hold it; what is wrong with its words is told row by row."""

    reference: Cell
    claim_type: Cell
    claim_issuer: Cell
    expires_in_days: int | None = None
    token: Cell
    allowance: Cell
    account: Cell


class NewBatch(JsonModel):
    """Rows to make invitations of; ``claim_issuer`` is for rows without one, ``batch`` goes on with an earlier batch."""

    rows: list[NewRow] = Field(min_length=1, max_length=MOST_ROWS)
    claim_issuer: str | None = Field(default=None, max_length=64)
    batch: str | None = Field(default=None, max_length=64)
    dry_run: bool = False


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise InvalidInput("must be true or false")
    return text == "true"


class BatchOptions(JsonModel):
    """What a CSV file cannot say of itself."""

    claim_issuer: str | None = Field(default=None, max_length=64)
    batch: str | None = Field(default=None, max_length=64)
    dry_run: Annotated[bool, parsed(_truth)] = False


class BatchPage(JsonModel):
    """Which part of the batches."""

    cursor: str = Field(default="", max_length=64)
    limit: int = Field(default=50, ge=1, le=200)


def blueprint(gate: Gate, batches: Batches, codes: InvitationCodes) -> Blueprint:
    """``/v1/invitations/batches`` and each of them."""
    routes = Blueprint("invitation_batches", __name__)
    _sending_routes(routes, gate, batches, codes)
    _reading_routes(routes, gate, batches, codes)
    return routes


def with_large_body(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """For a route that takes 1,000 rows: more than other bodies may hold. Put it above the gate, which reads the body."""

    @wraps(view)
    def admitted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        request.max_content_length = LARGEST_BODY
        request.max_form_memory_size = LARGEST_BODY
        return view(*args, **kwargs)

    return admitted


def _sending_routes(routes: Blueprint, gate: Gate, batches: Batches, codes: InvitationCodes) -> None:
    @routes.post("/v1/invitations/batches")
    @with_large_body
    @gate.requires("invitations:write")
    def send() -> Response:
        draft, dry_run = _sent()
        if dry_run:
            with gate.db.read() as session:
                return _dry(batches.judge(session, draft, caller_of_request()))

        def act(session: Session, caller: Caller) -> Creation:
            sent = batches.send(session, draft, caller, key=request.headers["Idempotency-Key"])
            counts = {"created": sent.created, "unchanged": sent.unchanged}
            return Creation(body={"id": sent.id, **counts}, location=f"/v1/invitations/batches/{sent.id}")

        return _in_full(gate.create("invitation-batches", act))

    def _in_full(answer: Response) -> Response:
        """The answer with its invitations: what is stored for a request sent twice must hold no code."""
        made = dict(answer.get_json())
        with gate.db.read() as session:
            found = batches.batch(session, made["id"], caller_of_request())
        shown = {**batch_json(found, codes), "created": made["created"], "unchanged": made["unchanged"]}
        return json_response(shown, answer.status_code, {"Location": answer.headers["Location"]})


def _reading_routes(routes: Blueprint, gate: Gate, batches: Batches, codes: InvitationCodes) -> None:
    @routes.get("/v1/invitations/batches")
    @gate.requires("invitations:write")
    def list_batches() -> Response:
        page = query(BatchPage)
        with gate.db.read() as session:
            found = batches.batches(session, caller_of_request(), after=page.cursor, limit=page.limit + 1)
        following = found[page.limit - 1].id if len(found) > page.limit else None
        return items([_summary_json(one) for one in found[: page.limit]], following)

    @routes.get("/v1/invitations/batches/<batch_id>")
    @gate.requires("invitations:write")
    def show(batch_id: str) -> Response:
        with gate.db.read() as session:
            return json_response(batch_json(batches.batch(session, batch_id, caller_of_request()), codes))

    @routes.get("/v1/invitations/batches/<batch_id>/addresses.csv")
    @gate.requires("invitations:write")
    def addresses(batch_id: str) -> Response:
        with gate.db.read() as session:
            return addresses_csv(batches.batch(session, batch_id, caller_of_request()), codes)

    @routes.get("/v1/invitations/batches/<batch_id>/errors.csv")
    @gate.requires("invitations:write")
    def errors(batch_id: str) -> Response:
        with gate.db.read() as session:
            return faults_csv(batches.batch(session, batch_id, caller_of_request()).faults)


def addresses_csv(batch: Batch, codes: InvitationCodes) -> Response:
    """Reference and address of each invitation that somebody may still use, as a file."""
    rows = ((one.reference or "", codes.address(one.code)) for one in batch.invitations if one.state.is_open)
    return csv_file(write_addresses(rows), f"invitations-{batch.id}.csv")


def faults_csv(faults: tuple[RowFault, ...]) -> Response:
    """What is wrong with which row, as a file."""
    return csv_file(write_faults(faults), "rows-to-correct.csv")


def csv_file(content: str, name: str) -> Response:
    """A CSV file to keep."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=f"{_CSV}; charset=utf-8; header=present", headers=headers)


def batch_json(batch: Batch, codes: InvitationCodes) -> dict[str, Any]:
    """A batch as its sender sees it: references, states and addresses; never whose account or name lies behind one."""
    return {
        "id": batch.id,
        "created_at": batch.created_at.isoformat(),
        "invitations": len(batch.invitations),
        "counts": dict(batch.counts),
        "allowance_counts": dict(batch.allowance_counts),
        "left_out": batch.left_out,
        "rows": [_row_json(one, codes) for one in batch.invitations],
        "errors": [_fault_json(one) for one in batch.faults],
    }


def _sent() -> tuple[Draft, bool]:
    if request.mimetype == _CSV:
        options = query(BatchOptions)
        draft = Draft(rows=read_rows(g.raw_body), claim_issuer_id=options.claim_issuer, batch_id=options.batch)
        return draft, options.dry_run
    wanted = body(NewBatch)
    rows = tuple(_draft_row(number, one) for number, one in enumerate(wanted.rows, 1))
    return Draft(rows=rows, claim_issuer_id=wanted.claim_issuer, batch_id=wanted.batch), wanted.dry_run


def _draft_row(number: int, row: NewRow) -> DraftRow:
    given = {name: getattr(row, name) for name in COLUMNS}
    return DraftRow(number=number, cells={name: str(value) for name, value in given.items() if value not in (None, "")})


def _dry(judged: Judgement) -> Response:
    if request.accept_mimetypes.best_match(("application/json", _CSV)) == _CSV:
        return faults_csv(judged.faults)
    return json_response(
        {
            "dry_run": True,
            "valid": len(judged.ready),
            "unchanged": len(judged.ready) - len(judged.new),
            "left_out": judged.faulty_rows,
            "rows": [_ready_json(one) for one in judged.ready],
            "errors": [_fault_json(one) for one in judged.faults],
        }
    )


def _ready_json(one: ReadyRow) -> dict[str, Any]:
    asked = one.allowance
    return {
        "row": one.number,
        "reference": one.reference,
        "claim_type": one.claim_type,
        "claim_issuer": one.claim_issuer_id,
        "expires_in_days": one.lifetime.days,
        "token": None if asked is None else str(asked.token),
        "allowance": None if asked is None else words_of_amount(asked.amount),
        "account": None if asked is None else str(asked.spender),
        "unchanged": one.unchanged,
        "invited_before": one.invited_before,
    }


def _row_json(one: Invitation, codes: InvitationCodes) -> dict[str, Any]:
    return {
        "row": one.row,
        "reference": one.reference,
        "invitation": one.id,
        "state": one.state.value,
        "url": codes.address(one.code),
        "expires_at": one.expires_at.isoformat(),
        "allowance": allowance_json(one.allowance),
        "last_event": one.last_event,
    }


def _fault_json(one: RowFault) -> dict[str, Any]:
    return {"row": one.row, "field": one.field, "code": one.code.value, "detail": one.detail}


def _summary_json(one: BatchSummary) -> dict[str, Any]:
    return {
        "id": one.id,
        "created_at": one.created_at.isoformat(),
        "invitations": one.invitations,
        "left_out": one.left_out,
    }
