"""The gate of every route: who is calling, with which scope, and that a creation sent twice is done once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Response, g, request
from sqlalchemy.orm import Session

from identity_service.access.model import AccessTokenMissing, Caller, ScopeMissing
from identity_service.access.service import Access
from identity_service.jobs.idempotency import Idempotency
from identity_service.storage import Database
from identity_service.web.gate import Creation
from identity_service.web.request_log import note_client
from identity_service.web.responses import json_response

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Lets requests in."""

    db: Database
    access: Access
    idempotency: Idempotency

    def requires(self, scope: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        """For a route: a bearer token with ``scope``. Raises AccessTokenMissing, AccessTokenInvalid, ScopeMissing."""

        def decorate(view: Callable[_P, _R]) -> Callable[_P, _R]:
            @wraps(view)
            def admitted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
                caller = self._authenticate()
                if not caller.holds(scope):
                    raise ScopeMissing(f"this needs the scope {scope}", scope=scope)
                g.caller = caller
                return view(*args, **kwargs)

            return admitted

        return decorate

    def create(self, operation: str, act: Callable[[Session, Caller], Creation]) -> Response:
        """Run ``act`` in one transaction with the record of its Idempotency-Key; a repeated request gets the first answer.

        Raises IdempotencyKeyMissing, IdempotencyKeyMalformed, IdempotencyKeyReused, IdempotencyKeyInUse.
        """
        caller, key = caller_of_request(), request.headers.get("Idempotency-Key")
        fingerprint = hashlib.sha256(request.path.encode() + b"\n" + g.raw_body).digest()
        with self.db.write() as session:
            known = self.idempotency.begin(session, caller.subject, operation, key, fingerprint)
            if known is not None:
                return _answer(known.status, known.body, known.location or "")
            creation = act(session, caller)
            self.idempotency.finish(
                session,
                caller.subject,
                operation,
                cast("str", key),
                status=creation.status,
                body=creation.body,
                location=creation.location,
            )
        if creation.afterwards is not None:
            creation.afterwards()
        return _answer(creation.status, creation.body, creation.location)

    def caller(self) -> Caller:
        """The caller of the present request, once it was let in."""
        return caller_of_request()

    def _authenticate(self) -> Caller:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise AccessTokenMissing("send Authorization: Bearer <access token>")
        with self.db.read() as session:
            caller = self.access.caller(session, token.strip())
        # Only now, so that a stranger cannot make us wait for a body; and kept, for the fingerprint of an idempotent request.
        g.raw_body = request.get_data(cache=True)
        if caller.account is None:
            note_client(caller.subject)
        return caller


def caller_of_request() -> Caller:
    """The caller that the gate let in."""
    return cast("Caller", g.caller)


def _answer(status: int, body: dict[str, Any], location: str) -> Response:
    return json_response(body, status, {"Location": location} if location else {})
