"""Pushed authorization requests as values (RFC 9126): what is taken, where answers may go, and each thing that is refused."""

from collections.abc import Mapping
from typing import Any

import pytest

from claim_issuers.errors import DomainError
from identity_service.openid4vci.authorization_request import (
    AuthorizationRequest,
    AuthorizationRequestInvalid,
    PushedParameters,
    RedirectUri,
    RedirectUriInvalid,
    ResourceUnknown,
    ResponseTypeUnsupported,
    ScopeUnknown,
)
from identity_service.openid4vci.model import AuthorizationDetailsInvalid
from identity_service.openid4vci.protocol_errors import CodeChallengeInvalid, DpopProofInvalid
from tests.openid4vci.wallet_tokens import CREDENTIAL_ISSUER, wallet_key

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
FORM = {
    "response_type": "code",
    "client_id": "https://wallet.example",
    "redirect_uri": "https://wallet.example/callback",
    "scope": "INVESTOR",
    "state": "s-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
DETAILS = '[{"type":"openid_credential","credential_configuration_id":"INVESTOR"}]'


def read(changes: Mapping[str, str | None], *, jkt: str | None = None) -> AuthorizationRequest:
    form = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return PushedParameters(
        form=form,
        issuer=CREDENTIAL_ISSUER,
        claim_issuer_id="ci_1",
        offered=frozenset({"INVESTOR", "CUSTODIAN"}),
        dpop_jkt=jkt,
        loopback=False,
    ).read()


def test_a_request_is_read_and_kept_whole() -> None:
    asked = read({})
    assert (asked.configuration_id, asked.state, asked.details_asked, asked.dpop_jkt) == ("INVESTOR", "s-1", False, None)
    assert AuthorizationRequest.from_json(asked.as_json()) == asked


def test_what_we_do_not_know_is_passed_over() -> None:
    asked = read(
        {"scope": "openid INVESTOR offline_access", "prompt": "login", "resource": CREDENTIAL_ISSUER, "response_mode": "query"}
    )
    assert asked.configuration_id == "INVESTOR"


@pytest.mark.parametrize("scope", [None, "INVESTOR", "openid"])
def test_authorization_details_count_where_they_are_given(scope: str | None) -> None:
    asked = read({"scope": scope, "authorization_details": DETAILS})
    assert (asked.configuration_id, asked.details_asked) == ("INVESTOR", True)


def test_the_key_comes_from_the_proof_or_by_its_name() -> None:
    jkt = wallet_key(1).kid
    assert read({}, jkt=jkt).dpop_jkt == read({"dpop_jkt": jkt}).dpop_jkt == read({"dpop_jkt": jkt}, jkt=jkt).dpop_jkt == jkt


REFUSED: dict[str, tuple[dict[str, str | None], type[DomainError]]] = {
    "no response_type": ({"response_type": None}, ResponseTypeUnsupported),
    "a token at once": ({"response_type": "token"}, ResponseTypeUnsupported),
    "a fragment as answer": ({"response_mode": "fragment"}, AuthorizationRequestInvalid),
    "a signed request": ({"request": "a.b.c"}, AuthorizationRequestInvalid),
    "a request_uri": ({"request_uri": "urn:x"}, AuthorizationRequestInvalid),
    "no client": ({"client_id": None}, AuthorizationRequestInvalid),
    "an empty client": ({"client_id": ""}, AuthorizationRequestInvalid),
    "a long client": ({"client_id": "c" * 513}, AuthorizationRequestInvalid),
    "a client beyond ASCII": ({"client_id": "wället"}, AuthorizationRequestInvalid),
    "a long state": ({"state": "s" * 1025}, AuthorizationRequestInvalid),
    "a line break in the state": ({"state": "s\n"}, AuthorizationRequestInvalid),
    "no redirect_uri": ({"redirect_uri": None}, RedirectUriInvalid),
    "no challenge": ({"code_challenge": None}, CodeChallengeInvalid),
    "no method, which means plain": ({"code_challenge_method": None}, CodeChallengeInvalid),
    "plain": ({"code_challenge_method": "plain"}, CodeChallengeInvalid),
    "a short challenge": ({"code_challenge": "abc"}, CodeChallengeInvalid),
    "no credential": ({"scope": None}, ScopeUnknown),
    "an unknown credential": ({"scope": "NOTARY"}, ScopeUnknown),
    "two credentials": ({"scope": "INVESTOR CUSTODIAN"}, ScopeUnknown),
    "scope against details": ({"scope": "CUSTODIAN", "authorization_details": DETAILS}, ScopeUnknown),
    "details that are no JSON": ({"authorization_details": "INVESTOR"}, AuthorizationDetailsInvalid),
    "details of another type": ({"authorization_details": '[{"type":"payment"}]'}, AuthorizationDetailsInvalid),
    "details of two": ({"authorization_details": f"[{DETAILS[1:-1]},{DETAILS[1:-1]}]"}, AuthorizationDetailsInvalid),
    "details of what is not issued": (
        {"authorization_details": DETAILS.replace("INVESTOR", "NOTARY")},
        AuthorizationDetailsInvalid,
    ),
    "details for another": (
        {"authorization_details": DETAILS.replace("}", ',"locations":["https://other.example"]}')},
        AuthorizationDetailsInvalid,
    ),
    "another resource": ({"resource": "https://other.example"}, ResourceUnknown),
    "a thumbprint that is none": ({"dpop_jkt": "key-1"}, DpopProofInvalid),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_breaks_a_rule_is_refused(case: str) -> None:
    changes, refusal = REFUSED[case]
    with pytest.raises(refusal):
        read(changes)


def test_the_proof_and_the_named_key_agree() -> None:
    with pytest.raises(DpopProofInvalid):
        read({"dpop_jkt": wallet_key(1).kid}, jkt=wallet_key(2).kid)


REDIRECTS: dict[str, tuple[str, str]] = {
    "https://wallet.example/cb": ("wallet.example", "https://wallet.example"),
    "https://wallet.example:8443/cb?a=b": ("wallet.example:8443", "https://wallet.example:8443"),
    "com.example.wallet:/cb": ("com.example.wallet", "com.example.wallet:"),
    "id.animo.paradym://redirect": ("id.animo.paradym", "id.animo.paradym:"),
    "eudi-openid4ci://authorize/": ("eudi-openid4ci", "eudi-openid4ci:"),
}


@pytest.mark.parametrize("uri", REDIRECTS)
def test_an_answer_goes_to_a_host_or_to_an_app(uri: str) -> None:
    redirect = RedirectUri.parse(uri, ours=CREDENTIAL_ISSUER, loopback=False)
    assert (redirect.shown, redirect.form_action) == REDIRECTS[uri]


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "wallet.example/cb",
        "/cb",
        "https:///cb",
        "https://wallet.example/cb#x",
        "https://me@wallet.example/cb",
        "https://wallet.example\\@evil.example/",
        "https://wallet.example;script-src.evil/",
        "https://*.example/cb",
        "https://wallet..example/cb",
        "https://[::1]/cb",
        "https://wallet.example:99999/",
        "https://wallet.example/c b",
        "https://wället.example/",
        "https://wallet.example/cb?code=1",
        "https://wallet.example/cb?iss=x",
        "http://wallet.example/cb",
        "http://127.0.0.1:9000/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:https://x",
        "mailto:a.b",
        "ms-msdt:/id",
        "intent://x",
        "javascript.x:alert(1)",
        "data.x:1",
        "vbscript.x:1",
        "file.x:/etc/passwd",
        "ms-settings.x:",
        "x-callback.url:",
        "intent.example:",
        "c.example.wallet:",
        "com..wallet:",
        "com.wallet-:",
        "c0m.wallet:",
        "https://identity.example/claim-issuers/x",
        "https://identity.example:443/i/x",
        "com." + "a" * 60 + ".b" * 120 + ":",
        "https://wallet.example/" + "c" * 2100,
    ],
)
def test_no_answer_goes_elsewhere(uri: str) -> None:
    with pytest.raises(RedirectUriInvalid):
        RedirectUri.parse(uri, ours=CREDENTIAL_ISSUER, loopback=False)


def test_http_on_this_machine_is_for_development() -> None:
    assert (
        RedirectUri.parse("http://127.0.0.1:9000/cb", ours=CREDENTIAL_ISSUER, loopback=True).form_action == "http://127.0.0.1:9000"
    )
    assert RedirectUri.parse("http://localhost/cb", ours=CREDENTIAL_ISSUER, loopback=True).shown == "localhost"
    for uri in ("http://wallet.example/cb", "http://127.0.0.2/cb", "http://localhost.evil.example/"):
        with pytest.raises(RedirectUriInvalid):
            RedirectUri.parse(uri, ours=CREDENTIAL_ISSUER, loopback=True)


def test_no_answer_comes_back_to_our_own_origin_on_this_machine_either() -> None:
    for uri in ("http://127.0.0.1:8000/i/x", "http://localhost:8000/"):
        with pytest.raises(RedirectUriInvalid):
            RedirectUri.parse(uri, ours="http://127.0.0.1:8000/claim-issuers/x", loopback=True)
    assert RedirectUri.parse("http://127.0.0.1:9000/", ours="http://127.0.0.1:8000", loopback=True).shown == "127.0.0.1:9000"


def test_an_answer_keeps_what_the_address_had() -> None:
    parameters: Mapping[str, Any] = {"code": "c", "state": "a b&c", "iss": CREDENTIAL_ISSUER, "error": None}
    assert RedirectUri("https://wallet.example/cb?x=1").answered(parameters) == (
        "https://wallet.example/cb?x=1&code=c&state=a%20b%26c&iss=https%3A%2F%2Fidentity.example%2Fclaim-issuers%2Fci_1"
    )
