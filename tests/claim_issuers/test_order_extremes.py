"""Whatever stands in an order, the library answers with a verification or a refusal of its own, and never with a stray error."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import SignedOrder, sign_order
from claim_issuers.clock import NaiveInstant
from claim_issuers.errors import Refused
from claim_issuers.orders.errors import MalformedOrder, OrderNotVerifiable
from claim_issuers.orders.order import EARLIEST, LATEST
from tests.claim_issuers.builders import NOW, WALLET
from tests.claim_issuers.ordering import OFFICE_ACCOUNT, OTHER_ACCOUNT, TOKEN, Network, an_order, signed

ZONES: list[tzinfo] = [
    UTC,
    timezone(timedelta(hours=14)),
    timezone(timedelta(hours=-23, minutes=-59)),
    timezone(timedelta(microseconds=1)),
]
MINUTE = timedelta(minutes=1)

_instants = st.one_of(
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda one: one.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")),
    st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", "2200-12-31T23:59:59Z"]),
    st.sampled_from(["0000-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-22T12:00:60Z", "2026-11-22T12:00:00Z"]),
)
_accounts = st.one_of(
    st.sampled_from([str(TOKEN), str(OFFICE_ACCOUNT), str(OTHER_ACCOUNT), f"eip155:{2**63 - 1}:{TOKEN.address}"]),
    st.sampled_from([f"eip155:{2**63}:{TOKEN.address}", f"eip155:0:{TOKEN.address}", "eip155:1:0x" + "0" * 40, ":", "eip155::"]),
)
_members = {
    "id": st.one_of(st.uuids(version=4).map(str), st.uuids().map(str), st.text(max_size=40)),
    "network": st.sampled_from(["pty_dx", "x" * 64, "\ud800", "Pty", ""]),
    "token": _accounts,
    "side": st.sampled_from(["buy", "sell", "Buy", ""]),
    "quantity": st.one_of(st.integers(-1, 2**257).map(str), st.sampled_from(["9" * 78, "9" * 5000, "٣", "1_0"])),
    "price": st.sampled_from(["0", "0.0", "9" * 60, "9" * 60 + "." + "9" * 18, "1e9", "NaN", "-0"]),
    "currency": st.sampled_from(["CHF", "ZWG", "XXX", "chf", "\N{LATIN SMALL LETTER SHARP S}F"]),
    "intermediary": _accounts,
    "signatory": st.one_of(_accounts, _accounts.map(lambda one: f"did:pkh:{one}")),
    "issued_at": _instants,
    "expires_at": _instants,
}
_numbers = st.sampled_from([0, 1, 31337, 2**63 - 1, 2**63, -1, 10**30, True, "1", None, 1.0])
_signatures = st.one_of(
    st.binary(min_size=1, max_size=70),
    st.sampled_from(
        [bytes(65), b"\xff" * 65, b"\xff" * 64 + b"\x1b", bytes(64) + b"\x1c", bytes(31) + b"\x01" + bytes(32) + b"\x1b"]
    ),
)


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """A signed order in which some members are as extreme as their form lets them be, or worse."""
    whole = signed().as_json()
    changed = draw(st.sets(st.sampled_from(sorted(_members))))
    whole["order"] = {**whole["order"], **{name: draw(_members[name]) for name in changed}}
    if draw(st.booleans()):
        whole["domain"] = {
            **whole["domain"],
            "chainId": draw(_numbers),
            "verifyingContract": draw(st.sampled_from([str(TOKEN.address), "0x", 7, [], {}, None])),
        }
    if draw(st.booleans()):
        whole["signature"] = "0x" + draw(_signatures).hex()
    return whole


@given(envelopes(), st.sampled_from([NOW, datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 12, 31, tzinfo=UTC)]))
def test_every_order_that_can_be_written_is_verified_or_refused(envelope: dict[str, Any], now: datetime) -> None:
    try:
        order = SignedOrder.from_json(envelope)
    except MalformedOrder:
        return
    verification = Network(now=now).verify(order, leeway=MINUTE)
    try:
        verification.require()
    except (Refused, OrderNotVerifiable):
        assert not verification.ok


@given(st.datetimes(timezones=st.sampled_from(ZONES)), st.datetimes(timezones=st.sampled_from(ZONES)))
def test_instants_at_the_edges_of_the_calendar_make_no_order(issued_at: datetime, expires_at: datetime) -> None:
    try:
        order = an_order(issued_at=issued_at, expires_at=expires_at)
    except MalformedOrder:
        return
    assert EARLIEST <= order.issued_at < order.expires_at <= LATEST
    Network().verify(sign_order(order, WALLET), leeway=MINUTE)


@pytest.mark.parametrize("name", ["issued_at", "expires_at"])
def test_the_years_of_orders_begin_and_end(name: str) -> None:
    second = timedelta(seconds=1)
    first, last = an_order(issued_at=EARLIEST), an_order(expires_at=LATEST)
    assert (first.issued_at.year, last.expires_at.year) == (2000, 2200)
    for outside in (EARLIEST - second, LATEST + second, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(MalformedOrder) as refused:
            an_order(**{name: outside})
        assert refused.value.pointer == f"/order/{name}"


def test_an_instant_without_a_time_zone_makes_no_order() -> None:
    with pytest.raises(NaiveInstant):
        an_order(issued_at=datetime(2026, 11, 22))
