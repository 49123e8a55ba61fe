"""Who vouches, as everybody sees it: the picture, and the tables that say the same."""

import html
import re

from identity_service.demo import cast
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, visit
from tests.support.desk import DAY, Desk, accredit
from tests.support.queries import counted
from tests.support.stand import Stand
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_the_page_needs_nobody_to_sign_in_and_shows_each_accreditation(desk: Desk) -> None:
    answer = visit(desk.stand).get("/mesh")
    assert answer.status_code == 200
    said = words(answer.text)
    assert "Mesh Root accredits Helvetia Claims for custodian claim, family office claim, investor claim (in force)" in said
    assert desk.issuer["did"] in answer.text
    assert str(desk.contract) in answer.text
    assert answer.text.count('<path class="edge"') == 1 + 3, "from the root, and to each of three claim types"
    assert "edge broken" not in answer.text
    assert "style" not in elements(answer.text).attributes
    assert browse(desk.stand, desk.onchain.actors.alice).get("/mesh").status_code == 200


def test_a_revoked_accreditation_is_a_broken_line_and_the_issuer_may_issue_nothing(desk: Desk) -> None:
    desk.root.post(f"/v1/claims/{desk.accreditation}/revoke", {"reason": "licence_withdrawn"})
    page = visit(desk.stand).get("/mesh").text
    assert page.count('<path class="edge broken"') == 1
    assert page.count("<path ") == 1
    assert "may issue nothing now" in words(page)
    assert "revoked" in words(page)


def test_an_accreditation_that_ended_says_so(desk: Desk) -> None:
    desk.work(61 * DAY, rounds=1)
    assert "(expired)" in words(visit(desk.stand).get("/mesh").text)


def test_a_second_level_and_a_hostile_name_are_drawn_too(desk: Desk) -> None:
    wallet = desk.onchain.devchain.wallet(41)
    person = desk.stand.person(wallet)
    party = person.post("/v1/me", {"kind": "organisation", "legal_name": "Second"})["party"]
    name = 'Second <img src=x onerror="alert(1)"> Level'
    wanted = {"party": party, "name": name, "claim_types": ["INVESTOR"], "chains": []}
    desk.administrator.post("/v1/claim-issuers", wanted)
    accredit(desk.root, desk.root_id, person, topics=["INVESTOR"], may_accredit=True, path_length=1)
    page = visit(desk.stand).get("/mesh").text
    assert "<img src=x" not in page
    assert "may pass this on to other claim issuers" in words(page)
    assert name in words(page)


def test_a_service_without_claim_issuers_says_so(stand: Stand) -> None:
    assert "No claim issuer is registered" in words(visit(stand).get("/mesh").text)


def test_more_claim_issuers_cost_no_more_queries(desk: Desk) -> None:
    browser, db = visit(desk.stand), desk.stand.service.db
    with counted(db) as before:
        browser.get("/mesh")
    for number in range(3):
        party = desk.administrator.post("/v1/parties", {"kind": "organisation", "legal_name": f"{cast.ROOT} {number}"})["id"]
        wanted = {"party": party, "name": f"Issuer {number}", "claim_types": ["INVESTOR"], "chains": [desk.chain]}
        desk.administrator.post("/v1/claim-issuers", wanted)
    with counted(db) as after:
        assert "Issuer 2" in browser.get("/mesh").text
    assert len(after) == len(before)
