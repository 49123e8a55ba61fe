"""An app with a tiny room of its own, under a clock that the test moves and chance that repeats itself."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from flask import Blueprint, Flask, Response, abort
from flask.testing import FlaskClient
from pydantic import Field, field_validator
from werkzeug.exceptions import ServiceUnavailable, Unauthorized

from claim_issuers.clock import FixedClock
from claim_issuers.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, NotPermitted, Refused, Unavailable
from claim_issuers.identifiers.accounts import Account
from identity_service.web import (
    JsonModel,
    OAuthError,
    accepted,
    body,
    broken_rule,
    comma_separated,
    created,
    items,
    no_content,
    note_client,
    ok,
    parsed,
    query,
    require_match,
    strong_etag,
    with_etag,
)
from identity_service.web.app import WebConfig, build_web

SECRET = "Ada Lovelace 1815"


class CountingEntropy:
    """Chance that a test can foresee: 1, 2, 3 …, big-endian."""

    def __init__(self) -> None:
        self._drawn = 0

    def token_bytes(self, length: int) -> bytes:
        self._drawn += 1
        return self._drawn.to_bytes(length, "big")


class Part(JsonModel):
    kind: Literal["a", "b"]


class Thing(JsonModel):
    name: str = Field(min_length=2, max_length=8)
    count: int = Field(ge=1)
    born: date | None = None
    account: Annotated[Account, parsed(Account.parse)] | None = None
    parts: tuple[Part, ...] = ()
    even: int | None = None
    careless: str | None = None

    @field_validator("even")
    @classmethod
    def _even(cls, number: int | None) -> int | None:
        if number is not None and number % 2:
            raise broken_rule("must be even")
        return number

    @field_validator("careless")
    @classmethod
    def _careless(cls, text: str | None) -> str | None:
        if text is not None:
            raise ValueError(f"I quote {text}")
        return text


class Filter(JsonModel):
    limit: int = Field(default=10, ge=1, le=100)
    cursor: str | None = None
    fields: Annotated[tuple[str, ...] | None, parsed(comma_separated)] = None


class NotInTheTable(Refused):
    """A refusal whose code nobody entered."""

    code = "not_in_the_table"


RAISED: dict[str, Callable[[], Exception]] = {
    "invalid": lambda: InvalidInput("bad", pointer="/count"),
    "unauthenticated": lambda: NotAuthenticated(),
    "challenged": lambda: NotAuthenticated(challenge='DPoP algs="ES256"'),
    "forbidden": lambda: NotPermitted(),
    "absent": lambda: NotFound(),
    "conflict": lambda: Conflict("already decided"),
    "refused": lambda: Refused(),
    "later": lambda: Unavailable(retry_after=7),
    "unlisted": lambda: NotInTheTable(),
    "oauth": lambda: OAuthError("invalid_grant", 'the "code" was used', headers={"DPoP-Nonce": "n"}),
    "crash": lambda: RuntimeError(SECRET),
    "http401": lambda: Unauthorized(),
    "http503": lambda: ServiceUnavailable(retry_after=9),
}


def room(clock: FixedClock) -> Blueprint:
    """A few routes that show each thing the web does."""
    blueprint = Blueprint("room", __name__)

    @blueprint.post("/v1/things")
    def make() -> Response:
        thing = body(Thing)
        return created({"name": thing.name, "account": str(thing.account) if thing.account else None}, f"/v1/things/{thing.name}")

    @blueprint.get("/v1/things")
    def listed() -> Response:
        wanted = query(Filter)
        return items([{"limit": wanted.limit, "fields": wanted.fields}], None if wanted.cursor == "end" else "c/2")

    @blueprint.get("/v1/things/<name>")
    def show(name: str) -> Response:
        note_client("cli_one")
        clock.advance(timedelta(milliseconds=12))
        thing = {"name": name}
        return with_etag(ok(thing), strong_etag(thing))

    @blueprint.put("/v1/things/<name>")
    def change(name: str) -> Response:
        require_match(strong_etag({"name": name}))
        return no_content()

    @blueprint.post("/v1/jobs")
    def job() -> Response:
        return accepted({"grüße": "ok"}, "/v1/jobs/1")

    @blueprint.get("/v1/raise/<kind>")
    @blueprint.get("/oauth/raise/<kind>", endpoint="oauth")
    @blueprint.get("/ccip/raise/<kind>", endpoint="ccip")
    def fail(kind: str) -> Response:
        if kind.isdigit():
            abort(int(kind))
        raise RAISED[kind]()

    return blueprint


@dataclass
class World:
    """One app, what it logged, and the switches a test may turn."""

    clock: FixedClock
    log: io.StringIO = field(default_factory=io.StringIO)
    broken: set[str] = field(default_factory=set)

    def app(self, **changes: Any) -> Flask:
        settings = {"public_url": "https://claims.example", **changes}
        return build_web(
            WebConfig(**settings),
            clock=self.clock,
            entropy=CountingEntropy(),
            blueprints=[room(self.clock)],
            readiness={"database": self._check("database"), "chain": self._check("chain")},
            error_forms={"/ccip/": lambda error: Response(json.dumps({"message": error.code}), 400, mimetype="application/json")},
            log_stream=self.log,
        )

    def client(self, **changes: Any) -> FlaskClient:
        return self.app(**changes).test_client()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]

    def _check(self, name: str) -> Callable[[], None]:
        def check() -> None:
            if name in self.broken:
                raise Unavailable(SECRET)

        return check
