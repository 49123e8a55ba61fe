"""Grants: who may give which, to whom, for what, and when they count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from claim_issuers.clock import FixedClock, SystemEntropy
from identity_service.access.grants import FIELDS, PURPOSES, Grant, GrantorKind, Grants, authority_of
from identity_service.access.model import (
    Caller,
    GrantAlreadyWithdrawn,
    GrantInvalid,
    GrantMissing,
    GrantUnknown,
    Role,
)
from identity_service.storage import Database
from tests.support.stand import Stand

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOKEN, OTHER_TOKEN = "eip155:1:0x" + "11" * 20, "eip155:1:0x" + "22" * 20
READER, ISSUER = "pty_reader", "pty_issuer"


def terms(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "token": TOKEN,
        "viewer_party_id": READER,
        "role": Role.TRANSFER_AGENT,
        "grantor_kind": GrantorKind.STATUTE,
        "grantor_party_id": None,
        "purposes": frozenset({"register_keeping"}),
        "legal_basis": "Register Act, s. 4",
        "case_number": None,
        "threshold": 0,
        "fields": frozenset({"legal_name"}),
        "valid_from": NOW,
        "valid_until": NOW + timedelta(days=30),
    }
    return {**usual, **changes}


def appointment(**changes: Any) -> dict[str, Any]:
    return terms(
        grantor_kind=GrantorKind.APPOINTMENT, grantor_party_id=ISSUER, legal_basis="Appointment of 2 November 2026", **changes
    )


def issuers_own(**changes: Any) -> dict[str, Any]:
    """What a statute lets the token issuer itself see."""
    return terms(viewer_party_id=ISSUER, role=Role.TOKEN_ISSUER, **changes)


def caller(role: Role | None, party: str | None) -> Caller:
    return Caller(subject="cli_somebody", scopes=frozenset(), role=role, party_id=party)


AGENT = caller(Role.TRANSFER_AGENT, READER)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"role": Role.ADMINISTRATOR}, "/role"),
        ({"role": Role.CLAIM_ISSUER}, "/role"),
        ({"purposes": frozenset()}, "/purposes"),
        ({"purposes": frozenset({"curiosity"})}, "/purposes"),
        ({"purposes": frozenset({"register_keeping", "marketing"})}, "/purposes"),
        ({"fields": frozenset()}, "/fields"),
        ({"fields": frozenset({"legal_name", "passport"})}, "/fields"),
        ({"legal_basis": ""}, "/legal_basis"),
        ({"legal_basis": " \t "}, "/legal_basis"),
        ({"threshold": -1}, "/threshold"),
        ({"valid_until": NOW}, "/valid_until"),
        ({"valid_until": NOW - timedelta(days=1)}, "/valid_until"),
        ({"valid_until": NOW + timedelta(days=366, microseconds=1)}, "/valid_until"),
        ({"role": Role.REGULATOR}, "/case_number"),
        ({"role": Role.REGULATOR, "case_number": ""}, "/case_number"),
        ({"role": Role.REGULATOR, "case_number": "   "}, "/case_number"),
    ],
)
def test_a_grant_that_breaks_a_rule_is_refused_with_the_field_at_fault(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(GrantInvalid) as caught:
        Grant(id="grt_1", **terms(**change))
    assert caught.value.pointer == pointer


def test_a_regulator_reads_under_a_case_number() -> None:
    assert Grant(id="grt_1", **terms(role=Role.REGULATOR, case_number="MSO-2026-117")).case_number == "MSO-2026-117"


def test_a_grant_counts_from_its_beginning_until_its_end_or_withdrawal_and_for_its_purposes_alone() -> None:
    grant = Grant(id="grt_1", **terms())
    end = grant.valid_until
    tick = timedelta(microseconds=1)
    for instant, holds in ((NOW - tick, False), (NOW, True), (end - tick, True), (end, False)):
        assert grant.covers(purpose="register_keeping", instant=instant) is holds
    for purpose in PURPOSES - {"register_keeping"}:
        assert not grant.covers(purpose=purpose, instant=NOW)
    withdrawn = Grant(id="grt_1", **terms(withdrawn_at=NOW + timedelta(days=1)))
    assert withdrawn.covers(purpose="register_keeping", instant=NOW + timedelta(days=1) - tick)
    assert not withdrawn.covers(purpose="register_keeping", instant=NOW + timedelta(days=1))


def test_the_token_issuer_appoints_an_administrator_records_a_statute_and_nobody_else_grants() -> None:
    assert authority_of(caller(Role.ADMINISTRATOR, None), token_issuer_party_id=ISSUER) == (GrantorKind.STATUTE, None)
    issuer = caller(Role.TOKEN_ISSUER, ISSUER)
    assert authority_of(issuer, token_issuer_party_id=ISSUER) == (GrantorKind.APPOINTMENT, ISSUER)
    for other in (
        caller(Role.TOKEN_ISSUER, "pty_another_issuer"),
        caller(Role.TOKEN_ISSUER, None),
        caller(Role.TRANSFER_AGENT, ISSUER),
        caller(Role.FAMILY_OFFICE, ISSUER),
        caller(None, None),
    ):
        with pytest.raises(GrantInvalid):
            authority_of(other, token_issuer_party_id=ISSUER)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def grants(clock: FixedClock) -> Grants:
    return Grants(clock, SystemEntropy())


def test_a_reader_s_grant_is_found_for_its_party_role_token_and_purpose(db: Database, grants: Grants, clock: FixedClock) -> None:
    with db.write() as session:
        given = grants.new(session, granted_by="cli_admin", **terms(threshold=2**255, fields=FIELDS))
    with db.read() as session:
        assert grants.live(session, AGENT, token=TOKEN, purpose="register_keeping") == given
        for who, token, purpose in (
            (caller(Role.TRANSFER_AGENT, "pty_other"), TOKEN, "register_keeping"),
            (caller(Role.TRANSFER_AGENT, None), TOKEN, "register_keeping"),
            (caller(Role.FAMILY_OFFICE, READER), TOKEN, "register_keeping"),
            (caller(None, READER), TOKEN, "register_keeping"),
            (AGENT, OTHER_TOKEN, "register_keeping"),
            (AGENT, TOKEN, "dividend_payment"),
        ):
            with pytest.raises(GrantMissing):
                grants.live(session, who, token=token, purpose=purpose)
        clock.advance(timedelta(days=30))
        with pytest.raises(GrantMissing):
            grants.live(session, AGENT, token=TOKEN, purpose="register_keeping")


def test_a_party_with_two_roles_reads_in_each_under_its_own_grant(db: Database, grants: Grants) -> None:
    with db.write() as session:
        as_network = grants.new(session, granted_by="cli_admin", **terms(role=Role.NETWORK))
        as_agent = grants.new(session, granted_by="cli_admin", **terms())
        for role, expected in ((Role.NETWORK, as_network), (Role.TRANSFER_AGENT, as_agent)):
            found = grants.live(session, caller(role, READER), token=TOKEN, purpose="register_keeping")
            assert found.id == expected.id


def test_a_withdrawn_grant_is_over_at_once_and_another_takes_its_place(db: Database, grants: Grants, clock: FixedClock) -> None:
    admin = caller(Role.ADMINISTRATOR, None)
    with db.write() as session:
        first = grants.new(session, granted_by="cli_admin", **terms())
    with db.write() as session:
        clock.advance(timedelta(hours=1))
        assert grants.withdraw(session, first.id, admin).withdrawn_at == clock.now()
    with db.write() as session, pytest.raises(GrantMissing):
        grants.live(session, AGENT, token=TOKEN, purpose="register_keeping")
    with db.write() as session, pytest.raises(GrantAlreadyWithdrawn):
        grants.withdraw(session, first.id, admin)
    with db.write() as session:
        second = grants.new(session, granted_by="cli_admin", **terms())
        assert grants.live(session, AGENT, token=TOKEN, purpose="register_keeping").id == second.id


def test_an_issuer_appoints_within_what_it_may_see_itself_and_never_itself(db: Database, grants: Grants, clock: FixedClock) -> None:
    with db.write() as session:
        with pytest.raises(GrantInvalid):
            grants.new(session, granted_by="cli_issuer", **appointment())
        own = grants.new(session, granted_by="cli_admin", **issuers_own(threshold=10, fields=frozenset({"legal_name", "country"})))
        grants.new(session, granted_by="cli_issuer", **appointment(threshold=10))
        grants.new(session, granted_by="cli_issuer", **appointment(threshold=2**255, fields=own.fields))
        for beyond in (
            {"threshold": 9},
            {"threshold": 10, "fields": FIELDS},
            {"threshold": 10, "valid_until": own.valid_until + timedelta(microseconds=1)},
            {"threshold": 10, "token": OTHER_TOKEN},
            {"threshold": 10, "viewer_party_id": ISSUER},
        ):
            with pytest.raises(GrantInvalid):
                grants.new(session, granted_by="cli_issuer", **appointment(**beyond))
        clock.advance(timedelta(hours=1))
        grants.withdraw(session, own.id, caller(Role.ADMINISTRATOR, None))
        with pytest.raises(GrantInvalid):
            grants.new(session, granted_by="cli_issuer", **appointment(threshold=10))


def test_who_is_not_concerned_by_a_grant_neither_sees_nor_ends_it(db: Database, grants: Grants) -> None:
    admin, issuer = caller(Role.ADMINISTRATOR, None), caller(Role.TOKEN_ISSUER, ISSUER)
    strangers = (caller(Role.TOKEN_ISSUER, None), caller(Role.NETWORK, None), caller(Role.TOKEN_ISSUER, "pty_other"))
    with db.write() as session:
        own = grants.new(session, granted_by="cli_admin", **issuers_own())
        appointed = grants.new(session, granted_by="cli_issuer", **appointment())
        statute = grants.new(session, granted_by="cli_admin", **terms())
    seen_by = [(admin, {own.id, appointed.id, statute.id}), (AGENT, {appointed.id, statute.id}), (issuer, {own.id, appointed.id})]
    with db.write() as session:
        for who, seen in (*seen_by, *((one, set[str]()) for one in strangers)):
            assert [one.id for one in grants.seen_by(session, who)] == sorted(seen)
            for one in (own, appointed, statute):
                if one.id in seen:
                    assert grants.get(session, one.id, who) == one
                else:
                    with pytest.raises(GrantUnknown):
                        grants.get(session, one.id, who)
        refused = [(one, statute.id) for one in strangers] + [(issuer, statute.id), (issuer, own.id), (AGENT, appointed.id)]
        for who, grant in (*refused, (admin, "grt_none")):
            with pytest.raises(GrantUnknown):
                grants.withdraw(session, grant, who)
        assert grants.withdraw(session, appointed.id, issuer).withdrawn_at == NOW


def test_grants_are_listed_page_by_page_without_loss(db: Database, grants: Grants) -> None:
    with db.write() as session:
        made = {grants.new(session, granted_by="cli_admin", **terms()).id for _ in range(7)}
        seen: list[str] = []
        while page := grants.seen_by(session, AGENT, after=seen[-1] if seen else "", limit=3):
            seen += [one.id for one in page]
    assert (len(seen), set(seen)) == (7, made)


def test_bad_grants_over_the_api_name_the_field(stand: Stand) -> None:
    admin = stand.machine("administrator")
    party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "A Regulator"})["id"]
    token = f"eip155:31337:{stand.onchain.suite.token}"
    admin.post(
        "/v1/tokens",
        {
            "token": token,
            "token_issuer": party,
            "accepted_claim_types": ["INVESTOR"],
            "trusted_factories": [str(stand.onchain.suite.id_factory)],
        },
    )
    good = {
        "token": token,
        "viewer": party,
        "role": "regulator",
        "purposes": ["supervision"],
        "legal_basis": "Statute, Art. 12",
        "case_number": "A-1",
        "valid_until": (stand.clock.now() + timedelta(days=30)).isoformat(),
    }
    keys = iter(range(1000))

    def ask(**changes: Any) -> tuple[int, str]:
        content = {name: value for name, value in {**good, **changes}.items() if value is not ...}
        headers = {"Idempotency-Key": f"grant-key-{next(keys)}"}
        answer = stand.request("POST", "/v1/grants", admin, json=content, headers=headers)
        return answer.status_code, dict(answer.json or {}).get("code", "")

    assert ask() == (201, "")
    for change, code in (
        ({"case_number": ...}, "grant_invalid"),
        ({"case_number": "  "}, "grant_invalid"),
        ({"role": "claim_issuer"}, "grant_invalid"),
        ({"purposes": ["curiosity"]}, "grant_invalid"),
        ({"fields": ["passport"]}, "grant_invalid"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "grant_invalid"),
        ({"valid_until": "2099-01-01T00:00:00+02:00"}, "grant_invalid"),
        ({"valid_until": "2099-01-01T00:00:00"}, "invalid_field"),
        ({"valid_until": "9999-12-31T23:59:59-23:59"}, "invalid_field"),
        ({"valid_until": "tomorrow"}, "invalid_field"),
        ({"threshold": "-1"}, "invalid_field"),
        ({"threshold": 5}, "invalid_field"),
        ({"threshold": "01"}, "invalid_field"),
        ({"role": "emperor"}, "invalid_field"),
        ({"purposes": []}, "invalid_field"),
        ({"token": ...}, "invalid_field"),
        ({"grantor_kind": "statute"}, "invalid_field"),
        ({"viewer": "pty_nobody"}, "party_unknown"),
        ({"token": "eip155:31337:0x" + "11" * 20}, "token_unknown"),
    ):
        status, seen = ask(**change)
        assert 400 <= status < 500, change
        assert seen == code, change
