"""What a caller hands in by mistake, or passes on from somebody's JSON, is refused by its own error and never a stray one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import ACCOUNT, NOW

from claim_issuers import Root, claim_type, validate_attributes
from claim_issuers.account_proofs.errors import MalformedSiweMessage
from claim_issuers.account_proofs.siwe import SiweMessage
from claim_issuers.account_proofs.timestamp import Timestamp
from claim_issuers.claims.vocabulary import InvalidClaimAttributes, UnknownClaimType, categories
from claim_issuers.errors import DomainError
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.orders.errors import MalformedOrder
from claim_issuers.orders.order import Order, Side
from claim_issuers.orders.reference import reference
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.typed_data import OrderDomain

INVESTOR = claim_type("INVESTOR")
LATER = datetime(2099, 1, 1, tzinfo=UTC)
ORDER = Order(
    id="0b0f2d6e-3c1a-4f5e-9a57-1f2e3d4c5b6a",
    network="pty_dx",
    token=ACCOUNT,
    side=Side.BUY,
    quantity=1000,
    price="99.75",
    currency="CHF",
    intermediary=ACCOUNT,
    signatory=ACCOUNT,
    issued_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
    expires_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
)
MESSAGE = SiweMessage.build(
    domain="issuer.example",
    uri="https://issuer.example/sign-in",
    nonce="K7vQ2mX9aB",
    account=ACCOUNT,
    issued_at=NOW,
    expires_at=LATER,
)
ORDER_CHANGES: list[dict[str, Any]] = [
    *({"quantity": value} for value in (True, 1.5, 1000.0, "1000", None, 0, -1, 1 << 256)),
    *({name: value} for name in ("id", "network", "price", "currency") for value in (None, 5, [], b"CHF")),
    *({name: str(ACCOUNT)} for name in ("token", "intermediary", "signatory")),
    *({"side": value} for value in ("buy", None)),
    *({name: value} for name in ("issued_at", "expires_at") for value in (None, 0, "2026-11-22T12:00:00Z")),
]
MESSAGE_CHANGES: list[dict[str, Any]] = [
    *({"chain_id": value} for value in (True, "1", None, -1, 1.0)),
    *({name: 5} for name in ("domain", "uri", "nonce", "scheme", "statement", "request_id")),
    *({name: "2026-11-22T12:00:00Z"} for name in ("issued_at", "expiration_time", "not_before")),
    {"issued_at": None},
    {"address": str(ACCOUNT.address)},
    {"resources": "https://issuer.example"},
    {"resources": (5,)},
]


@pytest.mark.parametrize(
    ("make", "error"),
    [
        *((lambda value=value: Root(value), MalformedDid) for value in (None, 5, b"did:web:a.example", [])),
        *((lambda changes=changes: replace(ORDER, **changes), MalformedOrder) for changes in ORDER_CHANGES),
        *((lambda value=value: Order.from_json(value), MalformedOrder) for value in (None, [], [[]], "order", {5: "x"})),
        *((lambda value=value: OrderDomain.from_json(value), MalformedOrder) for value in (None, [[]], "domain", {})),
        *((lambda value=value: SignedOrder.from_json(value), MalformedOrder) for value in (None, [[]], "order", {"order": []})),
        *((lambda value=value: SignedOrder.parse(value), MalformedOrder) for value in (None, "{}", 5, [], b"[]")),
        *((lambda value=value: reference(value), MalformedOrder) for value in (None, 5, "", "x", ORDER.id.upper())),
        *((lambda value=value: claim_type(value), UnknownClaimType) for value in (None, [], {}, 5)),
        (lambda: categories([[]]), UnknownClaimType),  # type: ignore[list-item]
        *((lambda value=value: validate_attributes(INVESTOR, value), InvalidClaimAttributes) for value in (None, [], "x", 5)),
        (lambda: validate_attributes(INVESTOR, [("classification", "retail")]), InvalidClaimAttributes),  # type: ignore[arg-type]
        *((lambda changes=changes: replace(MESSAGE, **changes), MalformedSiweMessage) for changes in MESSAGE_CHANGES),
        *((lambda value=value: SiweMessage.parse(value), MalformedSiweMessage) for value in (None, 5, b"x", [], "")),
        *((lambda value=value: Timestamp.parse(value), MalformedSiweMessage) for value in (None, 5, b"2020")),
        (lambda: Timestamp("2020-01-01T00:00:00Z", LATER), MalformedSiweMessage),
        (lambda: Timestamp("2020-01-01T00:00:00Z", datetime(2020, 1, 1)), MalformedSiweMessage),
        (lambda: Timestamp("2020-01-01T00:00:00Z", None), MalformedSiweMessage),  # type: ignore[arg-type]
        (lambda: Timestamp("2020-02-30T00:00:00Z", LATER), MalformedSiweMessage),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_its_own_error(make: Callable[[], object], error: type[DomainError]):
    with pytest.raises(error):
        make()
