"""The authorization code grant from the pushed request to the token, with a person at the page, and its negative list."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.conftest import ONE_ENGINE
from tests.openid4vci.code_wallet import (
    CHALLENGE,
    CLIENT,
    PUSHED,
    REDIRECT,
    VERIFIER,
    CodeWallet,
    answered,
    approved,
    decide,
    hidden,
    open_code_wallet,
    refused,
)
from tests.openid4vci.wallet_tokens import wallet_key
from tests.support.browsing import browse, visit, words
from tests.support.desk import Desk

ENGINES = ONE_ENGINE


@pytest.fixture
def wallet(desk: Desk) -> CodeWallet:
    return open_code_wallet(desk)


@pytest.fixture
def alice(desk: Desk) -> FlaskClient:
    return approved(desk)


def test_a_person_allows_and_the_wallet_gets_the_credential(wallet: CodeWallet, alice: FlaskClient) -> None:
    page = wallet.page(alice, wallet.push())
    answer = answered(decide(alice, page))
    assert (answer["state"], answer["iss"], set(answer)) == ("s/1", wallet.issuer, {"code", "state", "iss"})
    token = wallet.token(answer["code"])
    assert token.status_code == 200, token.text
    assert token.json["token_type"] == "Bearer"
    issued = wallet.credential(token.json["access_token"])
    assert issued.status_code == 200, issued.text
    assert len(issued.json["credentials"]) == 1


def test_an_undecided_application_gives_a_token_whose_credential_comes_later(wallet: CodeWallet, desk: Desk) -> None:
    person = desk.onchain.actors.bob
    desk.apply(person)
    browser = browse(desk.stand, person)
    page = wallet.page(browser, wallet.push())
    assert "has not decided yet" in words(browser.get(page).text)
    token = wallet.token(answered(decide(browser, page))["code"]).json["access_token"]
    assert wallet.credential(token).status_code == 202


def test_with_authorization_details_the_token_names_the_credential(wallet: CodeWallet, alice: FlaskClient) -> None:
    details = '[{"type":"openid_credential","credential_configuration_id":"INVESTOR"}]'
    given = wallet.token(wallet.code(alice, authorization_details=details, scope="")).json
    assert given["authorization_details"][0]["credential_configuration_id"] == "INVESTOR"
    assert len(given["authorization_details"][0]["credential_identifiers"]) == 1


def test_a_code_bound_to_a_key_gives_a_token_bound_to_it(wallet: CodeWallet, alice: FlaskClient) -> None:
    key = wallet_key(1)
    page = wallet.page(alice, wallet.push(wallet.dpop(key, "par")))
    code = answered(decide(alice, page))["code"]
    given = wallet.token(code, wallet.dpop(key, "token"))
    assert (given.status_code, given.json["token_type"]) == (200, "DPoP")
    refused(wallet.credential(given.json["access_token"]), "invalid_token", 401)


def test_an_offer_leads_to_its_own_application_and_is_used_up(wallet: CodeWallet, desk: Desk) -> None:
    person = desk.onchain.actors.alice
    application = desk.apply(person)
    desk.approve(application)
    offer = desk.stand.person(person).post(f"/v1/me/applications/{application}/offers", {})
    grants = wallet.http.get(urlsplit(str(offer["offer"])).path).json["grants"]
    state = grants["authorization_code"]["issuer_state"]
    code = wallet.code(browse(desk.stand, person), issuer_state=state)
    assert wallet.token(code).status_code == 200
    refused(wallet.call("par", {**PUSHED, "issuer_state": state}), "invalid_request")


def test_somebody_elses_offer_gives_nothing(wallet: CodeWallet, desk: Desk, alice: FlaskClient) -> None:
    bob = desk.onchain.actors.bob
    application = desk.apply(bob)
    offer = desk.stand.person(bob).post(f"/v1/me/applications/{application}/offers", {})
    grants = wallet.http.get(urlsplit(str(offer["offer"])).path).json["grants"]
    page = wallet.page(alice, wallet.push(issuer_state=grants["authorization_code"]["issuer_state"]))
    assert "There is nothing to give" in words(alice.get(page).text)
    assert decide(alice, page, application=application).status_code == 409


# The page


def test_the_page_says_who_asks_for_what_and_lets_its_form_lead_there_only(wallet: CodeWallet, alice: FlaskClient) -> None:
    shown = alice.get(wallet.page(alice, wallet.push()))
    said = words(shown.text)
    assert "The wallet at wallet.example wants to keep a credential of yours" in said
    assert "Investor claim: Helvetia Claims states" in said
    assert "form-action 'self' https://wallet.example;" in shown.headers["Content-Security-Policy"]
    assert "script-src 'self';" in shown.headers["Content-Security-Policy"]
    assert "https://wallet.example" not in alice.get("/my-claims").headers["Content-Security-Policy"]


def test_an_app_is_named_by_its_scheme_and_the_page_speaks_german(wallet: CodeWallet, alice: FlaskClient) -> None:
    shown = alice.get(wallet.page(alice, wallet.push(redirect_uri="com.example.wallet:/cb")))
    assert "The app on this device that answers to com.example.wallet" in words(shown.text)
    assert "form-action 'self' com.example.wallet:;" in shown.headers["Content-Security-Policy"]
    shown = alice.get(wallet.page(alice, wallet.push()), headers={"Accept-Language": "de"})
    assert shown.headers["Content-Language"] == "de"
    said = words(shown.text)
    assert "Eine Wallet-App fragt nach Ihrem Nachweis" in said
    assert "Erlauben" in said
    assert "wants to keep" not in said


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_same_page(wallet: CodeWallet, alice: FlaskClient) -> None:
    stranger = visit(wallet.desk.stand)
    page = wallet.page(stranger, wallet.push())
    shown = stranger.get(page, headers={"Sec-Fetch-Site": "cross-site"}).text
    assert f'data-next="{page}"' in shown
    assert "Have you signed in here before?" in words(shown)
    assert 'value="allow"' not in shown
    assert answered(decide(alice, page))["code"]


def test_a_stranger_allows_nothing_but_may_refuse_once(wallet: CodeWallet) -> None:
    stranger = visit(wallet.desk.stand)
    page = wallet.page(stranger, wallet.push())
    assert decide(stranger, page, "allow").status_code == 401
    assert answered(decide(stranger, page, "refuse")) == {"error": "access_denied", "state": "s/1", "iss": wallet.issuer}
    form = {"request": page.partition("request=")[2], "decision": "refuse"}
    assert stranger.post(urlsplit(page).path, data=form).status_code == 404


def test_without_an_application_the_page_says_what_to_do(wallet: CodeWallet, desk: Desk) -> None:
    browser = browse(desk.stand, desk.onchain.actors.carol)
    page = wallet.page(browser, wallet.push())
    said = words(browser.get(page).text)
    assert "There is nothing to give" in said
    assert "open your invitation first" in said
    assert decide(browser, page, application="app_x").status_code == 409


def test_a_rejected_application_and_a_revoked_claim_give_nothing(wallet: CodeWallet, desk: Desk) -> None:
    person = desk.onchain.actors.alice
    claim = desk.claim(person)
    desk.session.post(f"/v1/claims/{claim}/revoke", {"reason": "requested_by_holder"})
    desk.session.post(f"/v1/applications/{desk.apply(person)}/decision", {"outcome": "reject", "reason": "evidence_insufficient"})
    browser = browse(desk.stand, person)
    assert "There is nothing to give" in words(browser.get(wallet.page(browser, wallet.push())).text)


def test_nobody_chooses_what_is_not_theirs_or_from_another_site(wallet: CodeWallet, desk: Desk, alice: FlaskClient) -> None:
    other = desk.apply(desk.onchain.actors.bob)
    page = wallet.page(alice, wallet.push())
    assert decide(alice, page, application=other).status_code == 409
    form = {"request": page.partition("request=")[2], "decision": "refuse"}
    answer = alice.post(urlsplit(page).path, data=form, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


# Pushed requests


def test_a_request_uri_opens_one_page(wallet: CodeWallet, alice: FlaskClient) -> None:
    request_uri = wallet.push()
    wallet.page(alice, request_uri)
    again = alice.get(f"{wallet.tenant}/authorize", query_string={"client_id": CLIENT, "request_uri": request_uri})
    assert again.status_code == 404
    assert "authorization_request_unknown" in again.text


def test_a_request_uri_is_not_used_up_by_a_preview_and_is_over_soon(wallet: CodeWallet, alice: FlaskClient) -> None:
    request_uri = wallet.push()
    named = {"client_id": CLIENT, "request_uri": request_uri}
    assert alice.head(f"{wallet.tenant}/authorize", query_string=named).status_code == 404
    ahead = alice.get(f"{wallet.tenant}/authorize", query_string=named, headers={"Sec-Purpose": "prefetch"})
    assert ahead.status_code == 404
    wallet.page(alice, request_uri)
    request_uri = wallet.push()
    wallet.desk.stand.clock.sleep(timedelta(seconds=91))
    answer = alice.get(f"{wallet.tenant}/authorize", query_string={"client_id": CLIENT, "request_uri": request_uri})
    assert answer.status_code == 404


def test_a_request_is_its_own_clients_and_was_pushed(wallet: CodeWallet, alice: FlaskClient) -> None:
    request_uri = wallet.push()
    for named in ({"client_id": "another", "request_uri": request_uri}, {"client_id": CLIENT}, {"request_uri": request_uri}):
        assert alice.get(f"{wallet.tenant}/authorize", query_string=named).status_code == 404
    for uri in (request_uri[:-1], request_uri.rpartition(":")[2], "urn:x"):
        assert alice.get(f"{wallet.tenant}/authorize", query_string={"client_id": CLIENT, "request_uri": uri}).status_code == 404
    assert alice.get(f"{wallet.tenant}/authorize", query_string=PUSHED).status_code == 404


def test_a_page_is_its_claim_issuers_and_answered_once(wallet: CodeWallet, alice: FlaskClient) -> None:
    page = wallet.page(alice, wallet.push())
    elsewhere = page.replace(str(wallet.desk.issuer["id"]), wallet.desk.root_id)
    assert alice.get(elsewhere).status_code == 404
    application = hidden(alice.get(page).text, "application")
    form = {"request": page.partition("request=")[2], "decision": "allow", "application": application}
    assert answered(alice.post(urlsplit(page).path, data=form))["code"]
    assert alice.post(urlsplit(page).path, data=form).status_code == 404


PUSHED_WRONGLY: dict[str, tuple[dict[str, str], str]] = {
    "PKCE plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "no PKCE": ({"code_challenge": ""}, "invalid_request"),
    "an unknown credential": ({"scope": "NOTARY"}, "invalid_scope"),
    "another response type": ({"response_type": "token"}, "unsupported_response_type"),
    "a script as redirect": ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
    "an issuer_state of nobody": ({"issuer_state": "made-up"}, "invalid_request"),
    "another resource": ({"resource": "https://other.example"}, "invalid_target"),
    "broken details": ({"authorization_details": "[]"}, "invalid_authorization_details"),
}


def test_a_wrong_request_is_not_taken(wallet: CodeWallet, subtests: pytest.Subtests) -> None:
    for case, (changes, error) in PUSHED_WRONGLY.items():
        with subtests.test(case):
            refused(wallet.call("par", {**PUSHED, **changes}), error)
    with subtests.test("a claim issuer that there is not"):
        assert wallet.http.post("/claim-issuers/ci_unknown/par", data=PUSHED).status_code == 404
    body = "&".join(f"{name}={value}" for name, value in PUSHED.items()) + "&client_id=other"
    answer = wallet.http.post(f"{wallet.tenant}/par", data=body, content_type="application/x-www-form-urlencoded")
    with subtests.test("a parameter given twice"):
        refused(answer, "invalid_request")


# Codes


def test_a_code_shown_again_gives_nothing_and_ends_the_token_it_gave(wallet: CodeWallet, alice: FlaskClient) -> None:
    code = wallet.code(alice)
    token = wallet.token(code).json["access_token"]
    refused(wallet.token(code), "invalid_grant")
    refused(wallet.credential(token), "invalid_token", 401)


def test_a_code_shown_again_long_after_still_ends_the_token(wallet: CodeWallet, desk: Desk) -> None:
    person = desk.onchain.actors.bob
    desk.apply(person)
    code = wallet.code(browse(desk.stand, person))
    token = wallet.token(code).json["access_token"]
    desk.stand.clock.sleep(timedelta(hours=1))
    desk.stand.service.forget_expired()
    refused(wallet.token(code), "invalid_grant")
    refused(wallet.credential(token), "invalid_token", 401)


SHOWN_WRONGLY: dict[str, tuple[dict[str, str | None], str]] = {
    "another verifier": ({"code_verifier": "a" * 43}, "invalid_grant"),
    "the challenge as verifier": ({"code_verifier": CHALLENGE}, "invalid_grant"),
    "no verifier": ({"code_verifier": None}, "invalid_grant"),
    "another redirect": ({"redirect_uri": "https://wallet.example/other"}, "invalid_grant"),
    "another client": ({"client_id": "https://other.example"}, "invalid_grant"),
}


def test_a_code_shown_wrongly_is_burnt(wallet: CodeWallet, alice: FlaskClient, subtests: pytest.Subtests) -> None:
    for case, (changes, error) in SHOWN_WRONGLY.items():
        with subtests.test(case):
            code = wallet.code(alice)
            refused(wallet.token(code, None, **changes), error)
            refused(wallet.token(code), "invalid_grant")


def test_a_token_request_names_code_client_and_redirect(wallet: CodeWallet, alice: FlaskClient) -> None:
    code = wallet.code(alice)
    for missing in ("code", "client_id", "redirect_uri"):
        refused(wallet.token(code, None, **{missing: None}), "invalid_request")
    assert wallet.token(code).status_code == 200


def test_a_code_of_nobody_of_another_claim_issuer_or_of_a_minute_ago_gives_nothing(wallet: CodeWallet, alice: FlaskClient) -> None:
    refused(wallet.token("made-up"), "invalid_grant")
    code = wallet.code(alice)
    form = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT, "redirect_uri": REDIRECT}
    elsewhere = wallet.http.post(f"/claim-issuers/{wallet.desk.root_id}/token", data={**form, "code_verifier": VERIFIER})
    refused(elsewhere, "invalid_grant")
    code = wallet.code(alice)
    wallet.desk.stand.clock.sleep(timedelta(seconds=61))
    refused(wallet.token(code), "invalid_grant")


def test_a_code_bound_to_a_key_is_shown_with_that_key(wallet: CodeWallet, alice: FlaskClient) -> None:
    code = wallet.code(alice, dpop_jkt=wallet_key(1).kid)
    refused(wallet.token(code, wallet.dpop(wallet_key(2), "token")), "invalid_grant")
    code = wallet.code(alice, dpop_jkt=wallet_key(1).kid)
    refused(wallet.token(code), "invalid_grant")


def test_a_dpop_proof_is_shown_once_and_with_our_nonce(wallet: CodeWallet, alice: FlaskClient) -> None:
    key = wallet_key(1)
    proof = wallet.dpop(key, "par")
    wallet.push(proof)
    refused(wallet.call("par", PUSHED, proof), "invalid_dpop_proof")
    answer = wallet.call("par", PUSHED, wallet.dpop(key, "par", nonce=None))
    refused(answer, "use_dpop_nonce")
    wallet.push(wallet.dpop(key, "par", nonce=answer.headers["DPoP-Nonce"]))
    refused(wallet.call("par", PUSHED, wallet.dpop(key, "token")), "invalid_dpop_proof")
    refused(wallet.call("par", {**PUSHED, "dpop_jkt": wallet_key(2).kid}, wallet.dpop(key, "par")), "invalid_dpop_proof")
