"""The cap table as a reader asks for it: names under a grant, a record of each, pages, blocks, and nothing when in doubt."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from identity_service.demo import actions
from identity_service.demo.api import Session
from tests.support.full_disk import accept_inserts, refuse_inserts
from tests.support.stand import Stand

NAMES = {"alice": "Aliénor Quastenberg", "bob": "Bohumil Quastenberg", "carol": "Carolin Quastenberg"}
HELD = {"alice": 700, "bob": 200, "carol": 100}
PURPOSE = "register_keeping"
BASIS = "Appointment of 2 November 2026"


@dataclass(frozen=True)
class Setting:
    """A token on the chain with three holders who have claims, its issuer, and a transfer agent without a grant."""

    stand: Stand
    token: str
    admin: Session
    issuer: Session
    issuer_party: str
    agent: Session
    agent_party: str
    people: dict[str, Session]
    party: dict[str, str]

    @property
    def path(self) -> str:
        return f"/v1/tokens/{self.token}/cap-table"

    def appoint(self, **changes: Any) -> str:
        """The token issuer, which may read all names by statute, appoints the transfer agent."""
        until = (self.stand.clock.now() + timedelta(days=30)).isoformat()
        common = {"token": self.token, "purposes": [PURPOSE], "valid_until": until}
        own = {**common, "viewer": self.issuer_party, "role": "token_issuer", "legal_basis": "Statute"}
        self.admin.post("/v1/grants", own)
        agent = {**common, "viewer": self.agent_party, "role": "transfer_agent", "legal_basis": BASIS}
        return str(self.issuer.post("/v1/grants", {**agent, **changes})["id"])

    def table(self, **query: Any) -> dict[str, Any]:
        return dict(self.agent.get(self.path, **{"purpose": PURPOSE, **query}))

    def refused(self, **query: Any) -> tuple[int, str]:
        answer = self.stand.request("GET", self.path, self.agent, query_string={"purpose": PURPOSE, **query})
        assert not any(name in answer.text for name in NAMES.values())
        return answer.status_code, answer.json["code"]

    def readings_of(self, name: str) -> list[dict[str, Any]]:
        """Who read the names under a grant; the desk that checked the application is another matter."""
        found = self.people[name].get("/v1/me/disclosures")["items"]
        return [one for one in found if one["basis"]["kind"] == "grant"]


@pytest.fixture
def setting(stand: Stand) -> Setting:
    onchain, admin = stand.onchain, stand.machine("administrator")
    party = {name: firm(admin, f"The {name} Ltd") for name in ("issuer", "agent", "root")}
    token = f"eip155:31337:{onchain.suite.token}"
    admin.post(
        "/v1/tokens",
        {
            "token": token,
            "token_issuer": party["issuer"],
            "accepted_claim_types": ["INVESTOR"],
            "trusted_factories": [str(onchain.suite.id_factory)],
        },
    )
    checked = claim_desk(stand, admin, party["root"])
    people = {}
    for name, legal_name in NAMES.items():
        wallet = getattr(onchain.actors, name)
        people[name] = stand.person(wallet)
        party[name] = people[name].post("/v1/me", {"kind": "natural_person", "legal_name": legal_name})["party"]
        checked(people[name])
        onchain.verify(wallet)
        actions.mint(onchain.actors.agent, onchain.suite.token, wallet.address, HELD[name])
    stand.work(1)
    return Setting(
        stand,
        token,
        admin,
        stand.machine("token_issuer", party["issuer"]),
        party["issuer"],
        stand.machine("transfer_agent", party["agent"]),
        party["agent"],
        people,
        {name: party[name] for name in NAMES},
    )


def firm(admin: Session, legal_name: str) -> str:
    return str(admin.post("/v1/parties", {"kind": "organisation", "legal_name": legal_name})["id"])


def claim_desk(stand: Stand, admin: Session, root_party: str) -> Callable[[Session], None]:
    """A claim issuer accredited by a root; gives the act of checking a person and issuing an INVESTOR claim."""
    manager = stand.person(stand.onchain.actors.claim_issuer_manager)
    party = manager.post("/v1/me", {"kind": "organisation", "legal_name": "Claim Desk Ltd"})["party"]
    root = {"party": root_party, "name": "Root", "claim_types": ["CLAIM_ISSUER"], "root": True}
    root_id = admin.post("/v1/claim-issuers", root)["id"]
    desk_id = admin.post("/v1/claim-issuers", {"party": party, "name": "Desk", "claim_types": ["INVESTOR"]})["id"]

    def issue(applicant: Session, claim_issuer: str, desk: Session, kind: str, attributes: dict[str, Any]) -> None:
        wanted = {"claim_issuer": claim_issuer, "claim_type": kind, "attributes": attributes}
        application = applicant.post("/v1/applications", wanted)["id"]
        desk.post(f"/v1/applications/{application}/decision", {"outcome": "approve"})

    terms = {"topics": ["INVESTOR"], "may_accredit": False, "path_length": 0}
    issue(manager, root_id, stand.machine("claim_issuer", root_party), "CLAIM_ISSUER", terms)
    desk = stand.machine("claim_issuer", party)
    return lambda person: issue(person, desk_id, desk, "INVESTOR", {"classification": "retail"})


def test_names_come_with_a_grant_and_the_people_shown_read_who_when_and_why(setting: Setting) -> None:
    bare = setting.table()
    assert (bare["view"], [row["quantity"] for row in bare["items"]]) == ("bare", ["700", "200", "100"])
    assert [row["percent"] for row in bare["items"]] == ["70.000000", "20.000000", "10.000000"]
    assert (bare["total_supply"], bare["not_disclosed"], bare["index_check"]) == ("1000", "1000", "0")
    for row in bare["items"]:
        assert row["registered_holder"]["party"] is None
        assert (row["registered_holder"]["legal_name"], row["beneficial_owner"], row["capacity"]) == (None, None, None)
    assert not any(secret in json.dumps(bare) for secret in (*NAMES.values(), *setting.party.values(), "Quastenberg"))
    assert setting.readings_of("alice") == []

    grant = setting.appoint(threshold="150")
    table = setting.table()
    named = {row["registered_holder"]["legal_name"] for row in table["items"]}
    assert named == {NAMES["alice"], NAMES["bob"], None}
    assert (table["view"], table["disclosed"], table["below_threshold"], table["not_disclosed"]) == ("full", "900", "100", "0")
    assert NAMES["carol"] not in json.dumps(table)
    assert setting.party["carol"] not in json.dumps(table)
    (reading,) = setting.readings_of("alice")
    assert (reading["viewer_party"], reading["viewer_name"]) == (setting.agent_party, "The agent Ltd")
    assert reading["basis"] == {"kind": "grant", "id": grant, "legal_basis": BASIS}
    assert (reading["purpose"], reading["fields"], reading["token"]) == (PURPOSE, ["legal_name"], setting.token)
    assert reading["as_of_block"] == table["as_of"]["block_number"]
    assert reading["at"] == setting.stand.clock.now().isoformat()
    assert len(setting.readings_of("bob")) == 1
    assert setting.readings_of("carol") == []
    setting.people["alice"].get("/v1/me")
    assert len(setting.readings_of("alice")) == 1, "one's own readings are not listed"

    setting.issuer.post(f"/v1/grants/{grant}/withdraw")
    assert setting.table()["view"] == "bare"
    assert len(setting.readings_of("alice")) == 1


@pytest.mark.parametrize("table", ["disclosures", "audit_entries"])
def test_a_table_whose_reading_cannot_be_recorded_is_not_shown(setting: Setting, table: str) -> None:
    setting.appoint()
    db = setting.stand.service.db
    refuse_inserts(db, table)
    answer = setting.stand.request("GET", setting.path, setting.agent, query_string={"purpose": PURPOSE})
    assert answer.status_code >= 500
    assert answer.json["code"] in {"internal_error", "database_unavailable"}
    assert "Quastenberg" not in answer.text
    accept_inserts(db, table)
    assert setting.readings_of("alice") == []
    assert len(setting.table()["items"]) == 3
    assert len(setting.readings_of("alice")) == 1


def test_pages_hostile_cursors_and_blocks(setting: Setting) -> None:
    setting.appoint()
    whole = setting.table()
    rows, cursor = [], None
    while cursor is not None or not rows:
        page = setting.table(limit=1, **({} if cursor is None else {"cursor": cursor}))
        rows += page["items"]
        assert (page["total_supply"], page["disclosed"], page["as_of"]) == ("1000", "1000", whole["as_of"])
        cursor = page["next"]
    assert rows == whole["items"]
    assert [len(setting.readings_of(name)) for name in NAMES] == [2, 2, 2], "once whole, once on its page"

    alice, path = setting.people["alice"], "/v1/me/disclosures"
    first = alice.get(path, limit=1)
    second = alice.get(path, limit=1, cursor=first["next"])
    assert [*first["items"], *second["items"]] == setting.readings_of("alice")
    assert second["next"] is None
    for cursor in ("-1", "x", "dis_nothing", str(2**53), "1' OR '1'='1"):
        assert alice.get(path, cursor=cursor)["items"] == [], cursor
    answer = setting.stand.request("GET", path, alice, query_string={"cursor": "x" * 65})
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_parameter")

    good = json.loads(base64.urlsafe_b64decode(setting.table(limit=1)["next"] + "=="))

    def cursor_of(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    head = whole["as_of"]["block_number"]
    for query, expected in (
        ({"cursor": "nonsense"}, (400, "cursor_invalid")),
        ({"cursor": ""}, (400, "cursor_invalid")),
        ({"cursor": cursor_of([*good, 1])}, (400, "cursor_invalid")),
        ({"cursor": cursor_of([good[0], "00" * 32, *good[2:]])}, (409, "cursor_outdated")),
        ({"cursor": cursor_of([0, *good[1:]])}, (404, "block_not_indexed")),
        ({"cursor": cursor_of([2**53 - 1, *good[1:]])}, (503, "register_behind")),
        ({"block": head + 1000}, (503, "register_behind")),
        ({"block": 0}, (404, "block_not_indexed")),
        ({"block": -1}, (400, "invalid_parameter")),
        ({"block": "latest"}, (400, "invalid_parameter")),
        ({"limit": 0}, (400, "invalid_parameter")),
        ({"limit": 501}, (400, "invalid_parameter")),
        ({"purpose": "curiosity"}, (400, "purpose_unknown")),
        ({"unknown": "x"}, (400, "invalid_parameter")),
    ):
        status, code = setting.refused(**query)
        assert (code, status < 500 or code == "register_behind") == (expected[1], True), query
    for token in ("eip155:31337:0x" + "11" * 20, "nonsense", "eip155:1:" + setting.token.rpartition(":")[2]):
        answer = setting.stand.request("GET", f"/v1/tokens/{token}/cap-table", setting.agent, query_string={"purpose": PURPOSE})
        assert answer.status_code in {400, 404, 422}
    without = setting.stand.request("GET", setting.path, setting.agent)
    assert (without.status_code < 500, without.json["code"]) == (True, "invalid_parameter")


def test_an_earlier_block_shows_what_was_and_a_reorg_ends_a_cursor(setting: Setting) -> None:
    setting.appoint()
    onchain = setting.stand.onchain
    alice, bob = onchain.actors.alice, onchain.actors.bob
    before = setting.table()
    snapshot = onchain.devchain.snapshot()
    actions.transfer(alice, onchain.suite.token, bob.address, 650)
    setting.stand.work(1)
    after = setting.table(limit=1)
    assert [row["quantity"] for row in setting.table()["items"]] == ["850", "100", "50"]
    past = setting.table(block=before["as_of"]["block_number"])
    assert (past["items"], past["as_of"]) == (before["items"], before["as_of"])
    onchain.devchain.revert(snapshot)
    actions.transfer(alice, onchain.suite.token, bob.address, 1)
    setting.stand.work(1)
    assert setting.refused(cursor=after["next"]) == (409, "cursor_outdated")
    assert [row["quantity"] for row in setting.table()["items"]] == ["699", "201", "100"]
