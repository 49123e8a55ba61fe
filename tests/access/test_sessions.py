"""Sessions of browsers: begun by a signed challenge, sent in one cookie, ended by signing out, and of no use to other sites."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from identity_service.demo.wallets import Wallet
from tests.conftest import ONE_ENGINE
from tests.support.browsing import browse, seated, visit
from tests.support.stand import Stand

ENGINES = ONE_ENGINE


def signed_challenge(client: FlaskClient, wallet: Wallet) -> dict[str, str]:
    challenge = client.post("/v1/account-proofs/challenges", json={"account": str(wallet.account)}).json
    assert challenge is not None
    return {"message": challenge["message"], "signature": "0x" + wallet.sign_message(challenge["message"]).hex()}


def page_of(client: FlaskClient) -> TestResponse:
    """A page that needs somebody who signed in."""
    return client.get("/my-claims")


def test_a_signed_challenge_opens_the_pages_and_signing_out_closes_them(stand: Stand) -> None:
    client = browse(stand, stand.onchain.actors.alice)
    assert page_of(client).status_code == 200
    left = client.post("/sign-out")
    assert (left.status_code, left.headers["Location"]) == (303, "/")
    assert page_of(client).headers["Location"] == "/sign-in?next=%2Fmy-claims"


def test_a_session_that_was_left_cannot_be_taken_up_again_with_its_cookie(stand: Stand) -> None:
    client = browse(stand, stand.onchain.actors.alice)
    cookie = client.get_cookie("session")
    assert cookie is not None
    client.post("/sign-out")
    client.set_cookie("session", cookie.value)
    assert page_of(client).status_code == 303


def test_signing_in_again_ends_the_session_before(stand: Stand) -> None:
    client = browse(stand, stand.onchain.actors.alice)
    first = client.get_cookie("session")
    assert first is not None
    assert client.post("/session", json=signed_challenge(client, stand.onchain.actors.bob)).status_code == 201
    stolen = visit(stand)
    stolen.set_cookie("session", first.value)
    assert page_of(stolen).status_code == 303
    assert page_of(client).status_code == 200


def test_a_session_ends_by_itself_after_two_hours_and_leaves_no_row(stand: Stand) -> None:
    client = browse(stand, stand.onchain.actors.alice)
    stand.clock.advance(timedelta(hours=2, seconds=-1))
    assert page_of(client).status_code == 200
    stand.clock.advance(timedelta(seconds=1))
    assert page_of(client).status_code == 303
    stand.clock.advance(timedelta(seconds=1))
    stand.service.forget_expired()
    with stand.service.db.read() as session:
        assert session.execute(text("SELECT count(*) FROM access_sessions")).scalar() == 0


def test_the_cookie_is_kept_from_scripts_and_from_other_sites_and_its_value_from_the_database(stand: Stand) -> None:
    client = visit(stand)
    answer = client.post("/session", json=signed_challenge(client, stand.onchain.actors.alice))
    header = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=7200"} <= set(header.split("; "))
    value = header.partition("=")[2].partition(";")[0]
    with stand.service.db.read() as session:
        stored = session.execute(text("SELECT session_hash FROM access_sessions")).scalar_one()
    assert value.encode() not in bytes(stored)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
    ids=lambda headers: str(headers) or "nothing",
)
def test_a_form_from_another_site_is_refused_and_changes_nothing(stand: Stand, headers: dict[str, str]) -> None:
    ours = browse(stand, stand.onchain.actors.alice)
    cookie = ours.get_cookie("session")
    assert cookie is not None
    theirs = stand.http.application.test_client()
    theirs.set_cookie("session", cookie.value)
    for path in ("/sign-out", "/session"):
        refused = theirs.post(path, headers=headers, json={})
        assert (refused.status_code, refused.get_json()["code"]) == (403, "request_from_elsewhere"), path
    assert page_of(ours).status_code == 200


def test_a_browser_that_sends_no_origin_but_says_same_origin_is_believed(stand: Stand) -> None:
    client = stand.http.application.test_client()
    signed = signed_challenge(client, stand.onchain.actors.alice)
    assert client.post("/session", json=signed, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 201


def test_a_signature_of_somebody_else_begins_no_session(stand: Stand) -> None:
    client = visit(stand)
    signed = signed_challenge(client, stand.onchain.actors.alice)
    signed["signature"] = "0x" + stand.onchain.actors.bob.sign_message(signed["message"]).hex()
    refused = client.post("/session", json=signed, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "account_signature_invalid")
    assert client.get_cookie("session") is None


def test_a_challenge_begins_one_session(stand: Stand) -> None:
    client = visit(stand)
    signed = signed_challenge(client, stand.onchain.actors.alice)
    assert client.post("/session", json=signed).status_code == 201
    again = client.post("/session", json=signed, headers={"Accept": "application/json"})
    assert again.get_json()["code"] == "nonce_replayed"


@pytest.mark.parametrize(
    "led", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nSet-Cookie:x", "/a b", ""]
)
def test_the_sign_in_page_leads_back_to_this_service_only(stand: Stand, led: str) -> None:
    shown = visit(stand).get("/sign-in", query_string={"next": led}).text
    assert 'data-next="/my-claims"' in shown
    assert "evil" not in shown


def test_the_sign_in_page_leads_back_to_where_the_person_wanted_to_go(stand: Stand) -> None:
    client = visit(stand)
    sent_away = client.get("/my-claims?page=2")
    shown = client.get(sent_away.headers["Location"]).text
    assert 'data-next="/my-claims?page=2"' in shown


def test_a_bearer_token_is_no_session_and_a_session_no_bearer_token(stand: Stand) -> None:
    token = stand.person(stand.onchain.actors.alice).token()
    client = visit(stand)
    client.set_cookie("session", token)
    assert page_of(client).status_code == 303
    cookie = browse(stand, stand.onchain.actors.alice).get_cookie("session")
    assert cookie is not None
    refused = stand.http.get("/v1/me", headers={"Authorization": f"Bearer {cookie.value}"})
    assert refused.get_json()["code"] == "access_token_invalid"


def test_the_api_does_not_look_at_the_cookie(stand: Stand) -> None:
    assert browse(stand, stand.onchain.actors.alice).get("/v1/me").status_code == 401


def test_a_page_for_another_role_says_so_in_words(stand: Stand) -> None:
    shown = browse(stand, stand.onchain.actors.alice).get("/desk")
    assert (shown.status_code, shown.content_type) == (403, "text/html; charset=utf-8")
    assert "This page is for another role" in shown.text


def test_a_form_sent_after_the_session_ended_is_refused_in_words(stand: Stand) -> None:
    shown = visit(stand).post("/invitations", data={})
    assert shown.status_code == 401
    assert "Sign in, then send the form again" in shown.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_that_another_site_makes_the_browser_ask_for_comes_without_the_session(stand: Stand, site: str) -> None:
    client = browse(stand, stand.onchain.actors.alice)
    assert client.get("/my-claims", headers={"Sec-Fetch-Site": site}).status_code == 303
    for own in ("same-origin", "none"):
        assert client.get("/my-claims", headers={"Sec-Fetch-Site": own}).status_code == 200


def test_a_form_with_a_nul_character_or_a_field_given_twice_is_refused(stand: Stand) -> None:
    admin = stand.machine("administrator")
    party = admin.post("/v1/parties", {"kind": "organisation", "legal_name": "Helvetia Claims AG"})
    client = seated(stand, admin, stand.onchain.actors.alice, "claim_issuer", party["id"])
    for fields in ({"claim_type": "INVESTOR\x00"}, MultiDict([("claim_type", "INVESTOR"), ("claim_type", "CUSTODIAN")])):
        answer = client.post("/invitations", data=fields, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.get_json()["code"]) == (400, "malformed_request")
