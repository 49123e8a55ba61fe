"""A person's own page: claims, what they open, who read the data, who may move the tokens, and nobody else's of any of it."""

import html
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from claim_issuers.clock import SystemEntropy
from claim_issuers.encodings.base64url import decode
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.bootstrap import World, open_service
from identity_service.chain.contracts import Function
from identity_service.demo import actions
from identity_service.demo.trex import TrexSuite
from identity_service.egress.client import EgressClient
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, visit
from tests.support.desk import DAY, Desk
from tests.support.faulty_node import FaultyNode, Reply, Request, Whim, down, faulty_node, through
from tests.support.hostile_identity import reverting
from tests.support.queries import counted
from tests.support.second_token import registered
from tests.support.stand import Stand
from tests.web.reading_html import elements

ENGINES = ONE_ENGINE

OFFICE = "Linden Family Office AG"
SET_REGISTRY = Function("setIdentityRegistry(address)")
LICENCE = {"kind": "multi", "basis": "licensed", "licence_id": "FO-1207", "regulator": "FINMA", "jurisdiction": "CH"}
TOKENS = "/my-claims/tokens"
APPROVE = "0x095ea7b3"  # keccak256("approve(address,uint256)"), as ERC-20 has it


@dataclass(frozen=True)
class Home:
    """A desk whose people look at their own page."""

    desk: Desk

    def page(self, name: str, path: str = "/my-claims", **query: str) -> str:
        answer = browse(self.desk.stand, getattr(self.desk.onchain.actors, name)).get(path, query_string=query)
        assert answer.status_code == 200, answer.text
        assert "style" not in elements(answer.text).attributes
        assert not [one for one in elements(answer.text).attributes if one.startswith("on")]
        return answer.text

    def said(self, name: str, path: str = "/my-claims", **query: str) -> str:
        return words(self.page(name, path, **query))

    def enrol_office(self) -> str:
        actors = self.desk.onchain.actors
        self.desk.stand.person(actors.office).post("/v1/me", {"kind": "organisation", "legal_name": OFFICE})
        self.desk.applicants.add(actors.office.account)
        return self.desk.claim(actors.office, claim_type="FAMILY_OFFICE", attributes=LICENCE)

    def regulator_reads(self, times: int = 1) -> None:
        admin, stand = self.desk.administrator, self.desk.stand
        party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Market <b>Supervision</b> Office"})["id"]
        until = (stand.clock.now() + timedelta(days=30)).isoformat()
        terms = {"token": str(self.desk.token), "viewer": party, "role": "regulator", "purposes": ["supervision"]}
        more = {"legal_basis": "Statute, Art. 12", "case_number": "A-1", "valid_until": until}
        admin.post("/v1/grants", {**terms, **more})
        regulator = stand.machine("regulator", party)
        for _ in range(times):
            regulator.get(f"/v1/tokens/{self.desk.token}/cap-table", purpose="supervision")


@pytest.fixture
def home(desk: Desk) -> Home:
    return Home(desk)


@contextmanager
def watched(desk: Desk, whim: Whim | None = None) -> Iterator[tuple[Stand, list[str]]]:
    """The service once more, behind a node that writes down each method it is asked for and may have a whim besides."""
    asked: list[str] = []

    def noting(node: FaultyNode, request: Request) -> Reply:
        calls = json.loads(request.body)
        asked.extend(call["method"] for call in (calls if isinstance(calls, list) else [calls]))
        return node.truth(request) if whim is None else whim(node, request)

    stand = desk.stand
    with faulty_node(desk.onchain.devchain.rpc_url) as node:
        node.whim = noting
        world = World(stand.clock, SystemEntropy(), EgressClient(clock=stand.clock, allow_loopback=True))
        service = open_service(through(stand.settings, node.url), world)
        yield replace(stand, service=service, http=service.app().test_client()), asked
        service.close()


def add_tokens(desk: Desk, number: int) -> None:
    """So many further tokens that open to investors; nothing stands at their addresses."""
    service = desk.stand.service
    with service.db.write() as session:
        own = service.tokens.get(session, desk.token)
        for place in range(1, number + 1):
            token = Account(own.chain, Address(place.to_bytes(20)))
            contracts = replace(own.contracts, token=token, name=f"Token {place}", symbol=f"T{place}")
            service.tokens.add(session, replace(own, contracts=contracts))


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).replace("\u202f", " ").split())


def test_the_page_is_for_people_who_have_signed_in(home: Home) -> None:
    for path in ("/my-claims", "/my-claims/tokens", "/my-claims/readings", "/my-claims/clm_x/credential"):
        led = visit(home.desk.stand).get(path)
        assert led.status_code == 303
        assert led.headers["Location"].startswith("/sign-in?next=%2Fmy-claims")


def test_a_wallet_that_is_new_here_is_told_how_to_get_a_claim(home: Home) -> None:
    for path in ("/my-claims", TOKENS):
        said = home.said("stranger", path)
        assert "This wallet has no claim yet" in said
        assert "invitation" in said


def test_a_claim_is_shown_in_words_with_its_issuer_and_what_is_left_of_it(home: Home) -> None:
    home.desk.claim(home.desk.onchain.actors.alice, valid_for=41 * DAY + 3600)
    said = home.said("alice")
    assert "Investor claim valid" in said
    assert "Helvetia Claims" in said
    assert "expires in 41 days" in said
    assert "Not there yet" in said, "no form for the chain was made"
    assert home.said("bob").count("Investor claim") == 0


@pytest.mark.parametrize(("end", "state"), [("revoke", "revoked"), ("expire", "expired")])
def test_a_claim_that_ended_says_how(home: Home, end: str, state: str) -> None:
    claim = home.desk.claim(home.desk.onchain.actors.alice, valid_for=DAY)
    if end == "revoke":
        home.desk.revoke(claim)
    else:
        home.desk.work(DAY + 1, rounds=1)
    said = home.said("alice")
    assert f"Investor claim {state}" in said
    assert "expires in" not in said


def test_the_credential_can_be_taken_away_by_its_holder_alone(home: Home) -> None:
    actors, stand = home.desk.onchain.actors, home.desk.stand
    claim = home.desk.claim(actors.alice)
    path = f"/my-claims/{claim}/credential"
    assert path in home.page("alice")
    answer = browse(stand, actors.alice).get(path)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "application/vc+jwt", "no-store")
    header, payload, _ = answer.text.split(".")
    assert json.loads(decode(header))["typ"] == "vc+jwt"
    assert str(actors.alice.account) in json.dumps(json.loads(decode(payload)))
    for wallet in (actors.bob, actors.claim_issuer_manager):
        refused = browse(stand, wallet).get(path)
        assert refused.status_code == 404
        assert "claim_unknown" in refused.text
    assert browse(stand, actors.alice).get("/my-claims/clm_nothing/credential").status_code == 404


def test_an_application_waits_or_was_rejected_and_the_page_says_why(home: Home) -> None:
    actors = home.desk.onchain.actors
    application = home.desk.apply(actors.alice)
    assert "waits for Helvetia Claims" in home.said("alice")
    rejection = {"outcome": "reject", "reason": "identity_not_verified"}
    home.desk.session.post(f"/v1/applications/{application}/decision", rejection)
    said = home.said("alice")
    assert "rejected your application for an investor claim" in said
    assert "It could not be verified who the applicant is." in said


def test_the_tokens_that_a_claim_opens_say_yes_or_what_is_missing_and_who_mends_it(home: Home) -> None:
    alice = home.desk.onchain.actors.alice
    home.desk.claim(alice)
    said = home.said("alice", TOKENS)
    assert "Glacier Note 2032 (GLA32)" in said
    assert "not yet" in said
    assert "This can be mended by you." in said
    assert f"/explain?token={home.desk.token}&amp;account={alice.account}" in home.page("alice", TOKENS)
    home.desk.verified(home.desk.onchain.actors.bob)
    assert "yes You may hold GLA32." in home.said("bob", TOKENS)


def test_the_page_itself_asks_no_chain_and_leads_to_where_it_is_asked(home: Home) -> None:
    alice = home.desk.onchain.actors.alice
    home.desk.verified(alice)
    with watched(home.desk) as (there, asked):
        browser = browse(there, alice)
        asked.clear()
        page = browser.get("/my-claims").text
        assert asked == []
        assert "Glacier Note 2032 (GLA32)" in words(page)
        assert "The chain has not been asked yet." in words(page)
        assert f'data-live="{TOKENS}"' in page, "the script asks as soon as the page is there"
        assert f'href="{TOKENS}"' in page, "without script there is a link"
        assert 'src="/assets/live.js"' in page
        answered = browser.get(TOKENS).text
        assert "yes You may hold GLA32." in words(answered)
        assert f'data-live="{TOKENS}"' in answered, "what the script looks for in the answer"
        assert asked != []


@pytest.mark.parametrize("end", ["revoke", "expire"])
def test_a_claim_that_ended_opens_nothing_and_no_chain_is_asked_about_it(home: Home, end: str) -> None:
    alice = home.desk.onchain.actors.alice
    claim = home.desk.claim(alice, valid_for=DAY)
    assert "(GLA32)" in home.said("alice")
    if end == "revoke":
        home.desk.revoke(claim)
    else:
        home.desk.work(DAY + 1, rounds=1)
    with watched(home.desk) as (there, asked):
        browser = browse(there, alice)
        asked.clear()
        for path in ("/my-claims", TOKENS):
            said = words(browser.get(path).text)
            assert "No token on this wallet's chain accepts a valid claim of yours yet." in said
            assert "(GLA32)" not in said
        assert asked == []


def no_code(home: Home) -> Address:
    return home.desk.onchain.actors.carol.address


def in_reverse(home: Home) -> Address:
    return reverting(home.desk.onchain.actors.token_owner)


@pytest.mark.parametrize("broken", [no_code, in_reverse])
def test_one_broken_token_is_told_as_such_and_takes_no_other_answer_away(
    home: Home, suite: TrexSuite, broken: Callable[[Home], Address]
) -> None:
    home.desk.verified(home.desk.onchain.actors.alice)
    registered(home.desk, suite)
    home.desk.onchain.actors.token_owner.do(suite.token, SET_REGISTRY, broken(home))
    assert "ALP31" in home.said("alice")
    said = home.said("alice", TOKENS)
    assert "yes You may hold GLA32." in said
    assert "unknown This token's own contracts do not answer as they should." in said
    assert said.count("unknown") == 1


def test_a_token_that_keeps_the_node_busy_takes_no_other_answer_away(home: Home, suite: TrexSuite) -> None:
    alice = home.desk.onchain.actors.alice
    home.desk.verified(alice)
    registered(home.desk, suite)
    target = suite.token.value.hex().encode()

    def hangs_up_on_it(node: FaultyNode, request: Request) -> Reply:
        return down(node, request) if target in request.body.lower() else node.truth(request)

    with watched(home.desk, hangs_up_on_it) as (there, _):
        said = words(browse(there, alice).get(TOKENS).text)
    assert "yes You may hold GLA32." in said
    assert "unknown The chain does not answer now." in said


def test_a_chain_that_is_silent_is_not_waited_for_again_and_again(home: Home) -> None:
    alice = home.desk.onchain.actors.alice
    home.desk.claim(alice)
    add_tokens(home.desk, 4)
    home.desk.stand.clock.advance(timedelta(days=2))
    with watched(home.desk) as (there, asked):
        browser = browse(there, alice)
        asked.clear()
        said = words(browser.get(TOKENS).text)
    assert said.count("The chain does not answer now") == 5
    assert asked.count("eth_getBlockByNumber") == 2


def test_no_more_than_twenty_tokens_are_asked_about(home: Home) -> None:
    alice = home.desk.onchain.actors.alice
    home.desk.claim(alice)
    add_tokens(home.desk, 21)
    page = home.page("alice")
    assert words(page).count("The chain has not been asked yet.") == 20
    assert "Your claims open 2 more tokens." in words(page)


def test_who_asks_too_often_is_told_when_to_come_back_and_keeps_the_page(home: Home) -> None:
    actors, stand = home.desk.onchain.actors, home.desk.stand
    for wallet in (actors.alice, actors.bob):
        home.desk.verified(wallet)
    add_tokens(home.desk, 1)
    service = open_service(stand.settings.model_copy(update={"chain_rate_limit": "5 per minute"}), stand.service.world)
    there = replace(stand, service=service, http=service.app().test_client())
    alice, bob = browse(there, actors.alice), browse(there, actors.bob)
    explain = f"/explain?token={home.desk.token}&account={actors.alice.account}"
    # Two tokens cost two, one question costs one.
    assert [alice.get(path).status_code for path in (TOKENS, TOKENS, explain, explain)] == [200, 200, 200, 429]
    refused = alice.get(TOKENS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "too_many_requests" in refused.text
    assert alice.get("/my-claims").status_code == 200
    assert alice.get("/explain").status_code == 200, "the form asks nothing"
    assert bob.get(TOKENS).status_code == 200, "another caller has a limit of its own"
    service.close()


def test_who_read_my_data_is_there_newest_first_with_why(home: Home) -> None:
    home.desk.verified(home.desk.onchain.actors.alice)
    actions.mint(home.desk.onchain.actors.agent, home.desk.onchain.suite.token, home.desk.onchain.actors.alice.address, 100)
    home.desk.stand.work(1)
    assert "Nobody has read your data yet" in home.said("alice")
    home.regulator_reads()
    page = home.page("alice")
    assert "<b>Supervision</b>" not in page
    assert "Market <b>Supervision</b> Office" in words(page)
    said = words(page)
    assert "Supervision Glacier Note 2032, as of block" in said
    assert "Statute, Art. 12 under a right to read the cap table your name" in said
    assert home.page("alice").count("Statute, Art. 12") == 1, "looking at one's own page is no reading"
    assert "Market" not in home.page("bob")


def test_many_equal_readings_of_a_day_are_one_row_and_each_of_them_one_click_away(home: Home) -> None:
    home.desk.verified(home.desk.onchain.actors.alice)
    actions.mint(home.desk.onchain.actors.agent, home.desk.onchain.suite.token, home.desk.onchain.actors.alice.address, 100)
    home.desk.stand.work(1)
    home.regulator_reads(53)
    first = home.page("alice")
    assert first.count("Statute, Art. 12") == 1
    assert "at least 50 times, last " in words(first), "the page looks at no more of them"
    assert 'href="/my-claims/readings"' in first
    every = home.page("alice", "/my-claims/readings")
    assert every.count("Statute, Art. 12") == 50
    (before,) = re.findall(r"readings\?before=(dis_[a-z2-7]+)", every)
    rest = home.page("alice", "/my-claims/readings", before=before)
    assert rest.count("Statute, Art. 12") == 3
    assert "Earlier readings" not in rest
    assert "There are no earlier readings" in home.page("alice", "/my-claims/readings", before="dis_none")
    bad = browse(home.desk.stand, home.desk.onchain.actors.alice).get(f"/my-claims/readings?before={65 * 'x'}")
    assert bad.status_code == 400


def test_equal_readings_say_how_often_and_when_last(home: Home) -> None:
    home.desk.verified(home.desk.onchain.actors.alice)
    actions.mint(home.desk.onchain.actors.agent, home.desk.onchain.suite.token, home.desk.onchain.actors.alice.address, 100)
    home.desk.stand.work(1)
    home.regulator_reads(3)
    said = home.said("alice")
    assert "3 times, last " in said
    assert "at least" not in said
    assert "as of block" not in said, "each reading had its own"
    assert home.page("alice", "/my-claims/readings").count("Statute, Art. 12") == 3


def test_a_spender_s_right_is_shown_with_the_transaction_that_ends_it(home: Home) -> None:
    actors, token = home.desk.onchain.actors, home.desk.onchain.suite.token
    claim = home.enrol_office()
    home.desk.verified(actors.alice)
    actions.mint(actors.agent, token, actors.alice.address, 400)
    home.desk.stand.work(1)
    assert "Nobody but you may move your tokens" in home.said("alice")
    actions.approve(actors.alice, token, actors.office.address, 500)
    home.desk.stand.work(1)
    said = home.said("alice")
    assert f"{OFFICE} custodian {OFFICE} can move 400 GLA32 of an allowance of 500." in said
    home.desk.revoke(claim)
    page = home.page("alice")
    assert "lapsed" in words(page)
    assert "can still move 400 GLA32 of an allowance of 500" in words(page)
    assert "only you can stop it" in words(page)
    data = APPROVE + bytes(12).hex() + actors.office.address.value.hex() + bytes(32).hex()
    assert f'data-chain="{home.desk.chain}" data-from="{actors.alice.address}" data-to="{token}" data-call-data="{data}"' in page
    assert f"readonly>{data}</textarea>" in page
    actors.alice.send(token, bytes.fromhex(data[2:]))
    home.desk.stand.work(1)
    assert "Nobody but you may move your tokens" in home.said("alice")


def test_a_register_that_is_behind_and_a_chain_that_stands_still_are_said_and_never_a_yes(home: Home) -> None:
    home.desk.verified(home.desk.onchain.actors.alice)
    home.desk.stand.work(1)
    home.desk.work(2 * DAY, rounds=1)
    said = home.said("alice")
    assert "its register is behind the chain" in said
    assert "Nobody but you" not in said
    asked = home.said("alice", TOKENS)
    assert "The chain does not answer now" in asked
    assert "You may hold" not in asked


def test_more_claims_cost_no_more_queries(home: Home) -> None:
    alice, db = home.desk.onchain.actors.alice, home.desk.stand.service.db
    home.desk.claim(alice)
    browser = browse(home.desk.stand, alice)
    with counted(db) as before:
        browser.get("/my-claims")
    for _ in range(3):
        home.desk.claim(alice)
    with counted(db) as after:
        assert browser.get("/my-claims").text.count("Download the credential") == 4
    assert len(after) == len(before)
