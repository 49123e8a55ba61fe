"""The cap table as pages: the purpose is asked first, then each role sees what its right allows, beside pictures of the same."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import render_template
from flask.testing import FlaskClient

from identity_service.cap_table.view_model import shown_table
from identity_service.demo import actions
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, visit
from tests.support.desk import Desk
from tests.support.queries import counted
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

OFFICE = "Linden Family Office AG"
NAMES = {"alice": "Aliénor <script>alert(1)</script> Quastenberg", "bob": "Bohumil Quastenberg", "carol": "Carolin Quastenberg"}
HELD = {"alice": 700, "bob": 200, "carol": 100}
LICENCE = {"kind": "multi", "basis": "licensed", "licence_id": "FO-1207", "regulator": "FINMA", "jurisdiction": "CH"}
UNLIMITED = (1 << 256) - 1
BASIS = "Supervision statute, Art. 12"
SEATS = {"regulator": 30, "network": 31, "family_office": 32, "token_issuer": 33, "transfer_agent": 34}


@dataclass(frozen=True)
class Setting:
    """A token with three holders; Alice lets the office move 300, Carol lets a stranger move everything."""

    desk: Desk
    party: dict[str, str]
    office_claim: str

    @property
    def path(self) -> str:
        return f"/cap-tables/{self.desk.token}"

    def browser(self, role: str) -> FlaskClient:
        """The browser of somebody with a seat in this role."""
        wallet = self.desk.onchain.devchain.wallet(SEATS[role])
        self.desk.administrator.post("/v1/seats", {"account": str(wallet.account), "role": role, "party": self.party[role]})
        return browse(self.desk.stand, wallet)

    def grant(self, role: str, purpose: str, **more: Any) -> str:
        until = (self.desk.stand.clock.now() + timedelta(days=30)).isoformat()
        usual = {"role": role, "legal_basis": BASIS, "valid_until": until, "case_number": "MSO-1"}
        terms = {"token": str(self.desk.token), "viewer": self.party[role], "purposes": [purpose], **usual, **more}
        return str(self.desk.administrator.post("/v1/grants", terms)["id"])

    def readings(self, name: str) -> list[dict[str, Any]]:
        wallet = getattr(self.desk.onchain.actors, name)
        found = self.desk.stand.person(wallet).get("/v1/me/disclosures")["items"]
        return [one for one in found if one["basis"]["kind"] == "grant"]

    def address(self, name: str) -> str:
        return str(getattr(self.desk.onchain.actors, name).address)


@pytest.fixture
def setting(desk: Desk) -> Setting:
    actors, token = desk.onchain.actors, desk.onchain.suite.token
    party = {}
    for name, legal_name in {**NAMES, "office": OFFICE}.items():
        wallet = getattr(actors, name)
        kind = "organisation" if name == "office" else "natural_person"
        party[name] = desk.stand.person(wallet).post("/v1/me", {"kind": kind, "legal_name": legal_name})["party"]
        desk.applicants.add(wallet.account)
    office_claim = desk.claim(actors.office, claim_type="FAMILY_OFFICE", attributes=LICENCE)
    for name, quantity in HELD.items():
        desk.verified(getattr(actors, name))
        actions.mint(actors.agent, token, getattr(actors, name).address, quantity)
    actions.approve(actors.alice, token, actors.office.address, 300)
    actions.approve(actors.carol, token, actors.stranger.address, UNLIMITED)
    for role in ("regulator", "network", "token_issuer", "transfer_agent"):
        wanted = {"kind": "organisation", "legal_name": f"The {role} Ltd"}
        party[role] = desk.administrator.post("/v1/parties", wanted)["id"]
    desk.stand.work(1)
    return Setting(desk, {**party, "family_office": party["office"]}, office_claim)


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).replace("\u202f", " ").split())


def opened(browser: FlaskClient, path: str, **query: str) -> str:
    answer = browser.get(path, query_string=query)
    assert answer.status_code == 200, answer.text
    assert "<script>alert" not in answer.text
    assert "style" not in elements(answer.text).attributes
    return answer.text


def test_the_pages_are_for_those_who_may_read_cap_tables(setting: Setting) -> None:
    for path in ("/cap-tables", setting.path):
        led = visit(setting.desk.stand).get(path)
        assert (led.status_code, led.headers["Location"].partition("?")[0]) == (303, "/sign-in")
        refused = browse(setting.desk.stand, setting.desk.onchain.actors.bob).get(path)
        assert refused.status_code == 403
        assert "page_for_another_role" in refused.text


def test_the_list_says_for_which_purposes_names_are_shown_and_says_plainly_when_for_none(setting: Setting) -> None:
    browser = setting.browser("regulator")
    assert "you will see addresses without names" in words(opened(browser, "/cap-tables"))
    setting.grant("regulator", "supervision")
    said = words(opened(browser, "/cap-tables"))
    assert "without names" not in said
    assert f"Supervision {BASIS}, until" in said
    setting.grant("transfer_agent", "dividend_payment")
    assert "Dividend" not in words(opened(browser, "/cap-tables")), "another reader's grant"
    network = words(opened(setting.browser("network"), "/cap-tables"))
    assert "intermediaries without names, and clients as one total" in network


def test_the_purpose_is_asked_first_and_asking_opens_no_name(setting: Setting) -> None:
    setting.grant("regulator", "supervision")
    page = opened(setting.browser("regulator"), setting.path)
    assert page.index('value="supervision"') < page.index("Other purposes") < page.index('value="client_service"')
    assert f"with names {BASIS}, until" in words(page)
    assert "Quastenberg" not in page
    assert setting.address("alice") not in page
    assert setting.readings("alice") == []


def test_the_network_is_promised_the_names_of_intermediaries_alone(setting: Setting) -> None:
    setting.grant("network", "network_settlement")
    assert f"with intermediaries' names {BASIS}, until" in words(opened(setting.browser("network"), setting.path))


def test_the_regulator_reads_names_beside_pictures_of_the_same_numbers_and_the_reading_is_recorded(setting: Setting) -> None:
    setting.grant("regulator", "supervision")
    page = opened(setting.browser("regulator"), setting.path, purpose="supervision")
    said = words(page)
    assert "You read as regulator , for supervision" in said
    assert "4 people and firms can see that you read their names" in said, "three holders and the office"
    for name, share in (("alice", "700 70 %"), ("bob", "200 20 %"), ("carol", "100 10 %")):
        assert f"{NAMES[name]} {share}" in said
    assert html.escape(NAMES["alice"]) in page
    assert "Total supply 1 000 100 %" in said
    assert "Disclosed 1 000 100 %" in said
    assert "custodian Linden Family Office AG" in said
    assert "can move 300 of an allowance of 300" in said
    assert "unknown" in said
    assert "can move 100 of an allowance without limit" in said
    assert "never added up" in said
    assert "the balances of all wallets add up to the total supply" in said
    assert "Shares are rounded" not in said, "70, 20 and 10 % are exact"
    assert re.findall(r'<rect class="(k\d) gap" x="(\d+)" y="0" width="(\d+)"', page)[:3] == [
        ("k1", "0", "7000"),
        ("k2", "7000", "2000"),
        ("k3", "9000", "1000"),
    ]
    assert 'class="kgood gap" y="0" width="4285"' in page, "300 of 700"
    assert 'class="kwarn gap" y="0" width="10000"' in page
    assert len(setting.readings("alice")) == 1


def test_an_office_whose_claim_is_revoked_can_still_move_what_was_approved_and_the_page_says_so(setting: Setting) -> None:
    setting.grant("regulator", "supervision")
    setting.desk.revoke(setting.office_claim)
    page = opened(setting.browser("regulator"), setting.path, purpose="supervision")
    assert "lapsed Linden Family Office AG" in words(page)
    assert "can still move 300 of an allowance of 300" in words(page)
    assert 'class="kbad gap" y="0" width="4285"' in page


def test_without_a_grant_there_are_addresses_and_nobody_is_told(setting: Setting) -> None:
    page = opened(setting.browser("token_issuer"), setting.path, purpose="general_meeting")
    said = words(page)
    assert "wallet addresses without names" in said
    assert "No name was opened" in said
    assert "Quastenberg" not in page
    assert OFFICE not in page
    assert "custodian" not in said, "standing rests on what we know off chain"
    assert setting.address("alice") in page
    assert "Not disclosed 1 000 100 %" in said
    assert setting.readings("alice") == []


def test_the_network_sees_no_client_and_the_same_total(setting: Setting) -> None:
    setting.grant("network", "network_settlement")
    page = opened(setting.browser("network"), setting.path, purpose="network_settlement")
    assert "the network never learns who they are" in words(page)
    assert not any(setting.address(name) in page for name in HELD)
    assert "Quastenberg" not in page
    assert "Not disclosed 1 000 100 %" in words(page)


def test_an_office_sees_no_stranger_and_its_own_few_join_the_total(setting: Setting) -> None:
    setting.grant("family_office", "client_service")
    page = opened(setting.browser("family_office"), setting.path, purpose="client_service")
    assert "All others are one total" in words(page)
    assert not any(setting.address(name) in page for name in HELD), "three holders are fewer than the smallest group"
    assert "This view shows no holder by itself" in words(page)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"purpose": "curiosity"}, 400, "purpose_unknown"),
        ({"purpose": "supervision", "cursor": "nonsense"}, 400, "invalid_parameter"),
        ({"purpose": "supervision", "limit": "5"}, 400, "invalid_parameter"),
    ],
)
def test_what_cannot_be_read_is_a_page_that_says_why(setting: Setting, query: dict[str, str], status: int, code: str) -> None:
    answer = setting.browser("regulator").get(setting.path, query_string=query)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert f"/problems/{code}" in answer.text


def test_an_unknown_token_is_a_page_too(setting: Setting) -> None:
    browser = setting.browser("regulator")
    for path in ("/cap-tables/eip155:31337:0x" + "11" * 20, "/cap-tables/eip155:31337:0x" + "11" * 20 + "?purpose=supervision"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "token_unknown" in answer.text
    assert browser.get("/cap-tables/nonsense").status_code in {400, 422}


def test_a_register_that_is_behind_shows_no_table(setting: Setting) -> None:
    browser = setting.browser("regulator")
    setting.desk.work(1900, rounds=1)
    answer = browser.get(setting.path, query_string={"purpose": "supervision"})
    assert answer.status_code == 503
    assert "register_behind" in answer.text


def test_the_public_table_and_the_regulator_s_stand_side_by_side_with_one_total(setting: Setting) -> None:
    setting.grant("regulator", "supervision")
    service = setting.desk.stand.service
    with service.db.read() as session:
        page = service.cap_table.public(session, setting.desk.token, limit=50)
    table = shown_table(page, key="public", compact=True)
    assert (table.purpose, table.reader, table.recorded) == (None, None, 0)
    assert {row.holder.name for row in table.rows} == {None}
    assert {one.standing for row in table.rows for one in row.authorities} == {None}
    assert (table.total_supply, table.not_disclosed, [row.quantity for row in table.rows]) == (1000, 1000, [700, 200, 100])
    app = setting.desk.stand.http.application
    with app.test_request_context("/"):
        drawn = render_template("cap_table/_table.html", table=table)
    assert "Beneficial owner" not in drawn
    assert 'id="public-own-t"' in drawn
    assert setting.readings("alice") == []


def test_more_names_cost_no_more_queries(setting: Setting) -> None:
    setting.grant("regulator", "supervision")
    setting.grant("regulator", "dividend_payment", threshold="700")
    browser, db = setting.browser("regulator"), setting.desk.stand.service.db
    sent = {}
    for purpose, names in (("dividend_payment", 2), ("supervision", 4)):
        with counted(db) as statements:
            said = words(opened(browser, setting.path, purpose=purpose))
        assert f"{names} people and firms" in said
        sent[purpose] = len(statements)
    assert sent["supervision"] == sent["dividend_payment"]
