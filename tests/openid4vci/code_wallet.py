"""A wallet app that takes the authorization code grant, and the browser of the person who is asked."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from claim_issuers.clock import unix_seconds
from claim_issuers.keys.signers import P256Signer
from tests.openid4vci.wallet_tokens import dpop_proof, key_proof, wallet_key
from tests.support.browsing import browse
from tests.support.desk import Desk

CLIENT = "https://wallet.example"
REDIRECT = "https://wallet.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PUSHED = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": REDIRECT,
    "scope": "INVESTOR",
    "state": "s/1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@dataclass(frozen=True)
class CodeWallet:
    """A wallet app at the desk's claim issuer; ``http`` is how it calls us, without cookies."""

    desk: Desk
    http: FlaskClient

    @property
    def tenant(self) -> str:
        return f"/claim-issuers/{self.desk.issuer['id']}"

    @property
    def issuer(self) -> str:
        return self.desk.stand.transport.base_url + self.tenant

    def call(self, endpoint: str, form: dict[str, str], headers: dict[str, str] | None = None) -> TestResponse:
        return self.http.post(f"{self.tenant}/{endpoint}", data=form, headers=headers or {})

    def push(self, headers: dict[str, str] | None = None, **changes: str) -> str:
        answer = self.call("par", {**PUSHED, **changes}, headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json["request_uri"])

    def page(self, browser: FlaskClient, request_uri: str) -> str:
        """Where the browser finds the page."""
        answer = browser.get(f"{self.tenant}/authorize", query_string={"client_id": CLIENT, "request_uri": request_uri})
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    def code(self, browser: FlaskClient, **pushed: str) -> str:
        """The person allows what was pushed; the code that the wallet gets."""
        page = self.page(browser, self.push(**pushed))
        return answered(decide(browser, page))["code"]

    def token(self, shown: str, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        form = {
            "grant_type": "authorization_code",
            "code": shown,
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.call("token", {name: value for name, value in form.items() if value is not None}, headers)

    def dpop(self, signer: P256Signer, endpoint: str, **changes: Any) -> dict[str, str]:
        """The header of a proof made now, with a nonce of the server's."""
        nonce = self.http.post(f"{self.tenant}/nonce", headers={"DPoP": "x"}).headers["DPoP-Nonce"]
        now = unix_seconds(self.desk.stand.clock.now())
        claims = {"iat": now, "jti": secrets.token_hex(8), "nonce": nonce, **changes}
        return {"DPoP": dpop_proof(signer, f"{self.issuer}/{endpoint}", **claims)}

    def credential(self, token: str, **headers: str) -> TestResponse:
        nonce = self.http.post(f"{self.tenant}/nonce").json["c_nonce"]
        now = unix_seconds(self.desk.stand.clock.now())
        proof = key_proof(wallet_key(3), nonce=nonce, aud=self.issuer, iat=now)
        return self.http.post(
            f"{self.tenant}/credential",
            json={"credential_configuration_id": "INVESTOR", "proofs": {"jwt": [proof]}},
            headers={"Authorization": f"Bearer {token}", **headers},
        )


def open_code_wallet(desk: Desk) -> CodeWallet:
    """A wallet without cookies at the desk's claim issuer."""
    return CodeWallet(desk, desk.stand.http.application.test_client())


def approved(desk: Desk) -> FlaskClient:
    """The browser of somebody whose application was approved."""
    person = desk.onchain.actors.alice
    desk.claim(person)
    return browse(desk.stand, person)


def hidden(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def decide(browser: FlaskClient, page: str, decision: str = "allow", **changes: str) -> TestResponse:
    shown = browser.get(page).text
    form = {"request": hidden(shown, "request"), "decision": decision}
    if 'name="application"' in shown:
        form["application"] = hidden(shown, "application")
    return browser.post(urlsplit(page).path, data={**form, **changes})


def answered(response: TestResponse) -> dict[str, str]:
    """What the wallet reads from its redirect."""
    assert response.status_code == 303, response.text
    assert response.location.startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}


def refused(response: TestResponse, error: str, status: int = 400) -> None:
    assert response.json is not None
    assert (response.status_code, response.json["error"]) == (status, error), response.text
    assert response.headers["Cache-Control"] == "no-store"
