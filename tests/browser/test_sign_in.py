"""Signing in on the page with a wallet of the browser (EIP-6963), in a real browser."""

from typing import Any

import pytest

from tests.support.browser import Live, key_of
from tests.support.http_server import Reply, serving

ALICE, BOB = 6, 7
RDNS = "example.test-wallet"
ANYWHERE_ELSE = ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "")


def sign_in(live: Live, **more: Any) -> dict[str, Any]:
    """What Alice sees who opens the page, chooses her wallet, and so on."""
    return live.run("sign_in.mjs", **{"wallets": [live.wallet(ALICE)], "press": RDNS, **more})


def address_of(live: Live, index: int) -> str:
    return str(live.stand.onchain.devchain.wallet(index).address)


def test_the_page_lists_every_wallet_that_announces_itself(live: Live) -> None:
    wallets = [live.wallet(ALICE, name="Fox", rdns="example.fox"), live.wallet(BOB, name="Badger", rdns="example.badger")]
    seen = sign_in(live, wallets=wallets, press=None)
    assert seen["heading"] == "Sign in"
    assert sorted(seen["buttons"]) == [["example.badger", "Badger"], ["example.fox", "Fox"]]
    assert (seen["advice"], seen["alert"]) == (0, "")


def test_without_a_wallet_the_page_says_what_to_do(live: Live) -> None:
    seen = sign_in(live, wallets=[], press=None)
    assert seen["buttons"] == []
    assert seen["advice"] == 1


def test_choosing_a_wallet_signs_in_and_leads_to_my_claims(live: Live) -> None:
    seen = sign_in(live)["chosen"]
    assert seen["at"] == "/my-claims"
    assert seen["signOut"] == 1
    address = address_of(live, ALICE)
    assert address[:6] in seen["header"]
    assert address[-4:] in seen["header"]


def test_signing_in_leads_back_to_the_page_that_asked_for_it(live: Live) -> None:
    assert sign_in(live, path="/sign-in?next=/problems/grant_missing")["chosen"]["at"] == "/problems/grant_missing"


def test_a_page_for_somebody_signed_in_asks_for_it_and_then_shows(live: Live) -> None:
    seen = sign_in(live, path="/my-claims")
    assert seen["at"] == "/sign-in?next=%2Fmy-claims"
    assert seen["chosen"]["at"] == "/my-claims"


@pytest.mark.parametrize("following", ANYWHERE_ELSE)
def test_signing_in_never_leads_to_another_site(live: Live, following: str) -> None:
    assert sign_in(live, path=f"/sign-in?next={following}")["chosen"]["at"] == "/my-claims"


def test_the_wallet_that_was_chosen_is_the_one_that_signs_in(live: Live) -> None:
    wallets = [live.wallet(ALICE, name="Fox", rdns="example.fox"), live.wallet(BOB, name="Badger", rdns="example.badger")]
    seen = sign_in(live, wallets=wallets, press="example.badger", path="/sign-in?next=/")["chosen"]
    assert address_of(live, BOB)[-4:] in seen["header"]


def test_a_wallet_on_another_chain_signs_in_too(live: Live) -> None:
    seen = sign_in(live, wallets=[live.wallet(ALICE, chainId=1)], path="/sign-in?next=/")
    assert seen["chosen"]["signOut"] == 1


def test_a_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(live: Live) -> None:
    seen = sign_in(live, path="/sign-in?next=/")
    (cookie,) = seen["cookies"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert seen["cookieInScripts"] == ""


@pytest.mark.parametrize("method", ["eth_requestAccounts", "personal_sign"])
def test_whoever_declines_in_the_wallet_reads_so_and_may_try_again(live: Live, method: str) -> None:
    seen = sign_in(live, wallets=[live.wallet(ALICE, rejects=[method])])
    assert "You declined in the wallet" in seen["chosen"]["alert"]
    assert seen["chosen"]["at"] == "/sign-in"
    assert seen["cookies"] == []


def test_a_signature_by_another_key_is_refused_in_words(live: Live) -> None:
    wallet = live.wallet(ALICE, signsWith=key_of(BOB))
    refused = ("answer 422: POST /session", "status of 422")
    seen = sign_in(live, wallets=[wallet], expected_faults=refused)
    assert "the signature is not one that this account made" in seen["chosen"]["alert"]
    assert seen["cookies"] == []


def test_signing_out_ends_the_session(live: Live) -> None:
    seen = sign_in(live, path="/sign-in?next=/", leave=True)
    assert seen["left"]["signOut"] == 0
    assert "Sign in" in seen["left"]["header"]
    assert seen["cookiesLeft"] == []


def test_a_session_that_ended_is_not_revived_by_its_cookie(live: Live) -> None:
    seen = sign_in(live, path="/sign-in?next=/", leave=True)
    (cookie,) = seen["cookies"]
    http = live.stand.service.app().test_client()
    http.set_cookie(cookie["name"], cookie["value"], domain="127.0.0.1")
    assert "Sign out" not in http.get("/", base_url=live.base_url).text


def test_a_form_on_another_site_cannot_sign_anybody_out(live: Live) -> None:
    form = f'<!doctype html><link rel=icon href=data:,><form method=post action="{live.base_url}/sign-out"></form>'
    trap = Reply(body=f"{form}<script>document.forms[0].submit()</script>".encode(), headers={"Content-Type": "text/html"})
    with serving(lambda request: trap) as neighbour:
        refused = ("answer 403: POST /sign-out", "status of 403")
        seen = sign_in(live, path="/sign-in?next=/", neighbour=neighbour.url, expected_faults=refused)
    assert "another site" in seen["sentByNeighbour"]
    assert seen["afterNeighbour"]["signOut"] == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
    ],
    ids=str,
)
def test_a_proof_from_another_site_begins_no_session(live: Live, headers: dict[str, str]) -> None:
    http = live.stand.http
    wallet = live.stand.onchain.devchain.wallet(ALICE)
    message = http.post("/v1/account-proofs/challenges", json={"account": str(wallet.account)}).json["message"]
    proof = {"message": message, "signature": "0x" + wallet.sign_message(message).hex()}
    refused = http.post("/session", json=proof, headers=headers)
    assert (refused.status_code, refused.json["code"]) == (403, "request_from_elsewhere")
    assert "Set-Cookie" not in refused.headers
    assert http.post("/session", json=proof, headers={"Origin": live.base_url}).status_code == 201
