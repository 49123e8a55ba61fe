"""Parsing targets: JSON, orders, credentials."""

import json
from collections.abc import Mapping
from typing import Any

from claim_issuers.encodings.strict_json import parse_array, parse_object
from claim_issuers.formats import vc_jwt
from claim_issuers.orders.order import Order
from claim_issuers.orders.signed import SignedOrder
from claim_issuers.orders.typed_data import OrderDomain
from tests.fuzz.judging import JSON_CHANGES, exact_text, faithful, on_json, same_text, same_value
from tests.fuzz.samples import (
    credentials,
    order_texts,
)
from tests.fuzz.targets import Target


def _json_object(text: bytes) -> str | None:
    value = parse_object(text)
    return faithful(
        exact_text(value) == exact_text(json.loads(text))
        and exact_text(parse_object(json.dumps(value).encode())) == exact_text(value)
    )


def _json_array(text: bytes) -> str | None:
    value = parse_array(b"[" + text + b"]")
    return faithful(exact_text(value) == exact_text(json.loads(b"[" + text + b"]")))


def _claim_of(credential: Mapping[str, Any]) -> str | None:
    return faithful(exact_text(vc_jwt.credential_of(vc_jwt.claim_of(credential))) == exact_text(credential))


def _order_domain(members: Mapping[str, Any]) -> str | None:
    domain = OrderDomain.from_json(members)
    return faithful(
        OrderDomain.from_json(domain.as_json()) == domain and exact_text(members["chainId"]) == str(domain.chain.number)
    )


def json_targets() -> tuple[Target, ...]:
    objects = (
        b"{}",
        b'{"a":1}',
        b'{"a":[1,-2.5,1e3,true,null,"\\u00e9\\n"],"b":{"c":{}}}',
        *(token.payload for token in credentials()[:3]),
    )
    orders = order_texts()
    order = tuple(json.dumps(json.loads(text)["order"]).encode() for text in orders)
    domain = tuple(json.dumps(json.loads(text)["domain"]).encode() for text in orders[:1])
    return (
        Target(
            name="json-object",
            covers=("encodings.strict_json.parse_object",),
            originals=objects,
            judge=_json_object,
            **JSON_CHANGES,
        ),
        Target(
            name="json-array", covers=("encodings.strict_json.parse_array",), originals=objects, judge=_json_array, **JSON_CHANGES
        ),
        Target(
            name="signed-order",
            covers=("orders.signed.SignedOrder.parse",),
            originals=orders,
            judge=same_value(SignedOrder.parse, SignedOrder.to_bytes),
            **JSON_CHANGES,
        ),
        Target(
            name="signed-order-json",
            covers=("orders.signed.SignedOrder.from_json",),
            originals=orders,
            judge=on_json(same_value(SignedOrder.from_json, SignedOrder.as_json)),
            **JSON_CHANGES,
        ),
        Target(
            name="order-json",
            covers=("orders.order.Order.from_json",),
            originals=order,
            judge=on_json(same_text(Order.from_json, Order.as_json)),
            **JSON_CHANGES,
        ),
        Target(
            name="order-domain",
            covers=("orders.typed_data.OrderDomain.from_json",),
            originals=domain,
            judge=on_json(_order_domain),
            **JSON_CHANGES,
        ),
        Target(
            name="credential",
            covers=("formats.vc_jwt.claim_of", "formats.vc_jwt.issuer_of"),
            judge=on_json(_claim_of),
            originals=tuple(dict.fromkeys(token.payload for token in credentials())),
            **JSON_CHANGES,
        ),
    )
