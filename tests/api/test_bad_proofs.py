"""Account proofs and client assertions that prove nothing, and those that come twice or too late."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from werkzeug.test import TestResponse

from claim_issuers.clock import SystemEntropy, unix_seconds
from claim_issuers.encodings.base64url import encode
from claim_issuers.formats.jose import sign_compact
from claim_issuers.identifiers.accounts import Account, ChainId
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.demo.wallets import Wallet
from tests.api.asking import count, kept, refused
from tests.conftest import ONE_ENGINE
from tests.support.stand import BASE_URL, Stand

ENGINES = ONE_ENGINE

PROOFS, CHALLENGES = "/v1/account-proofs", "/v1/account-proofs/challenges"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def challenge(stand: Stand, account: Account) -> str:
    answer = stand.request("POST", CHALLENGES, json={"account": str(account)})
    assert answer.status_code == 201
    return str(answer.json["message"])


def proof(wallet: Wallet, message: str) -> dict[str, str]:
    return {"message": message, "signature": "0x" + wallet.sign_message(message).hex()}


def with_expiry(stand: Stand, message: str, lifetime: timedelta) -> str:
    until = (stand.clock.now() + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
    return "\n".join(f"Expiration Time: {until}" if line.startswith("Expiration") else line for line in message.split("\n"))


def test_a_proof_works_once(stand: Stand) -> None:
    wallet = stand.onchain.devchain.wallet(20)
    good = proof(wallet, challenge(stand, wallet.account))
    assert stand.request("POST", PROOFS, json=good).status_code == 201
    refused(stand, "POST", PROOFS, "nonce_replayed", json=good)


def test_an_old_proof_is_refused_whatever_expiry_the_message_claims(stand: Stand) -> None:
    wallet = stand.onchain.devchain.wallet(20)
    message = challenge(stand, wallet.account)
    stretched = with_expiry(stand, message, timedelta(hours=3))
    stand.clock.advance(timedelta(minutes=11))
    refused(stand, "POST", PROOFS, "siwe_expired", json=proof(wallet, message))
    refused(stand, "POST", PROOFS, "nonce_expired", json=proof(wallet, stretched))


def test_a_proof_that_proves_nothing_is_refused_and_leaves_its_nonce_to_the_owner(stand: Stand) -> None:
    wallet, other = stand.onchain.devchain.wallet(20), stand.onchain.devchain.wallet(21)
    message = challenge(stand, wallet.account)
    elsewhere = Account(ChainId(1), wallet.account.address)
    on_chain_1 = challenge(stand, elsewhere)
    nonce = next(line for line in message.split("\n") if line.startswith("Nonce"))
    good = proof(wallet, message)
    for code, content in (
        ("malformed_signature_wrapper", {**good, "signature": good["signature"] + "6492" * 16}),
        ("malformed_signature", {**good, "signature": good["signature"][2:]}),
        ("malformed_signature", {**good, "signature": "0xf"}),
        ("malformed_signature", {**good, "signature": "0xgg"}),
        ("malformed_siwe_message", {**good, "message": ""}),
        ("malformed_siwe_message", {**good, "message": message + "\n"}),
        ("malformed_siwe_message", {**good, "message": message.replace("Chain ID: 31337", "Chain ID: 0x7a69")}),
        ("malformed_siwe_message", {**good, "message": message.replace("Issued At: 2", "Issued At: x")}),
        ("siwe_domain_mismatch", proof(wallet, message.replace("127.0.0.1:8765 wants", "evil.example wants"))),
        ("siwe_uri_mismatch", proof(wallet, message.replace(f"URI: {BASE_URL}", "URI: https://evil.example"))),
        ("nonce_unknown", proof(wallet, message.replace(nonce, "Nonce: 0123456789abcdef"))),
        ("account_mismatch", proof(other, message.replace(str(wallet.address), str(other.address)))),
        ("account_mismatch", proof(wallet, on_chain_1.replace("Chain ID: 1\n", "Chain ID: 31337\n"))),
        ("chain_not_configured", proof(wallet, on_chain_1)),
        ("account_mismatch", proof(wallet, message.replace("Chain ID: 31337", f"Chain ID: {2**63 - 1}"))),
        ("malformed_account", proof(wallet, message.replace("Chain ID: 31337", f"Chain ID: {2**63}"))),
        ("malformed_account", proof(wallet, message.replace("Chain ID: 31337", f"Chain ID: {'9' * 32}"))),
        ("invalid_field", {**good, "signature": "0x" + "ff" * 5000}),
        ("invalid_field", {**good, "message": message + "x" * 5000}),
        ("invalid_field", {**good, "message": None}),
        ("invalid_field", {"message": message}),
    ):
        refused(stand, "POST", PROOFS, code, json=content)
    assert stand.request("POST", PROOFS, json=good).status_code == 201


def test_a_signature_that_is_not_the_account_s_own_is_refused_and_uses_its_challenge_up(stand: Stand) -> None:
    wallet, other = stand.onchain.devchain.wallet(20), stand.onchain.devchain.wallet(21)

    def spoilt(good: str) -> tuple[str, ...]:
        v, rest = good[-2:], good[:-2]
        return rest + ("1c" if v == "1b" else "1b"), rest + "00", "0x", "0x" + "00" * 65, "0x" + "ff" * 4095

    def said(content: dict[str, str]) -> tuple[int, str]:
        answer = stand.request("POST", PROOFS, json=content)
        return answer.status_code, str(answer.json["code"])

    for position in range(5):
        good = proof(wallet, challenge(stand, wallet.account))
        bad = {**good, "signature": spoilt(good["signature"])[position]}
        assert said(bad) == (422, "account_signature_invalid")
        assert said(good) == (422, "nonce_replayed")
    assert said(proof(other, challenge(stand, wallet.account))) == (422, "account_signature_invalid")


class Assertions:
    """A client of the stand, and assertions it makes well or badly."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.signer = Ed25519Signer(SystemEntropy().token_bytes(32))
        with stand.service.db.write() as session:
            self.client = stand.service.access.register_client(
                session, role=Role.REGULATOR, party_id=None, public_jwk=self.signer.public_jwk()
            )

    def claims(self) -> dict[str, Any]:
        now = unix_seconds(self.stand.clock.now())
        jti = SystemEntropy().token_bytes(16).hex()
        return {"iss": self.client.id, "sub": self.client.id, "aud": BASE_URL, "iat": now, "exp": now + 60, "jti": jti}

    def signed(self, **changed: Any) -> str:
        claims = {name: value for name, value in {**self.claims(), **changed}.items() if value is not ...}
        return sign_compact("client-authentication+jwt", claims, self.signer)

    def signed_text(self, payload: str, header: str = "") -> str:
        """A token over exactly this text, whether or not it is JSON: the signature is good."""
        header = header or json.dumps({"alg": "EdDSA", "typ": "JWT"})
        parts = f"{encode(header.encode())}.{encode(payload.encode('utf-8', 'surrogatepass'))}"
        return f"{parts}.{encode(self.signer.sign(parts.encode()))}"

    def ask(self, **form: str) -> TestResponse:
        full: Mapping[str, str] = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.signed(),
            **form,
        }
        return self.stand.http.post("/oauth/token", data=full)

    def refused(self, error: str, status: int, **form: str) -> None:
        before = kept(self.stand)
        answer = self.ask(**form)
        assert (answer.status_code, answer.json["error"]) == (status, error), (form, answer.json)
        assert set(answer.json) == {"error", "error_description"}
        assert answer.json["error_description"]
        assert answer.headers["X-Request-ID"]
        assert kept(self.stand) == before, form


def test_a_client_assertion_that_proves_nothing_is_refused_in_oauths_form(stand: Stand) -> None:
    client = Assertions(stand)
    now, claims = unix_seconds(stand.clock.now()), client.claims()
    text = json.dumps(claims)
    deep = text[:-1] + ',"deep":' + "[" * 5000 + "]" * 5000 + "}"
    for assertion in (
        "",
        "...",
        "a.b",
        "\u0000.\u0000.\u0000",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") * 3,
        "x" * 9000,
        client.signed() + "A",
        client.signed() + "=",
        client.signed()[:-4],
        client.signed(sub=...),
        client.signed(sub=7),
        client.signed(sub="cli_unknown"),
        client.signed(sub="\u0000"),
        client.signed(sub="x" * 4000),
        client.signed(iss="cli_unknown"),
        client.signed(aud="https://elsewhere.example"),
        client.signed(aud=[BASE_URL, "https://elsewhere.example"]),
        client.signed(aud=[]),
        client.signed(aud=...),
        client.signed(aud={"a": 1}),
        client.signed(exp=...),
        client.signed(exp="soon"),
        client.signed(exp=True),
        client.signed(exp=now - 3600),
        client.signed(exp=now + 3600),
        client.signed(exp=2**53 - 1),
        client.signed(exp=-(2**53 - 1)),
        client.signed(iat=now + 3600),
        client.signed(iat="now"),
        client.signed(nbf=2**53 - 1),
        client.signed(jti=...),
        client.signed(jti="short"),
        client.signed(jti="x" * 300),
        client.signed(jti=["a"] * 10),
        client.signed_text(deep[: deep.index('"deep"') - 1] + "}" * 3),
        client.signed_text(deep),
        client.signed_text(text[:-1] + ',"jti":"another-jti"}'),
        client.signed_text(text[:-1] + ',"n":NaN}'),
        client.signed_text(text[:-1] + ',"s":"\\ud800"}'),
        client.signed_text(text[:-1] + ',"s":"\ud800"}'),
        client.signed_text(text[:-1] + ',"exp2":1e999}'),
        client.signed_text(text[:-1] + ',"i":' + "9" * 5000 + "}"),
        client.signed_text(text.replace(client.client.id, "\\u0000")),
        client.signed_text("[]"),
        client.signed_text("null"),
        client.signed_text(""),
        client.signed_text(text, json.dumps({"alg": "none"})),
        client.signed_text(text, json.dumps({"alg": "HS256", "typ": "JWT"})),
        client.signed_text(text, json.dumps({"alg": "EdDSA", "typ": "statuslist+jwt"})),
        client.signed_text(text, json.dumps({"alg": "EdDSA", "typ": "JWT", "jwk": client.signer.public_jwk()})),
        client.signed_text(text, json.dumps({"alg": "EdDSA", "typ": "JWT", "crit": ["exp"]})),
        client.signed_text(text, json.dumps({"alg": ["EdDSA"], "typ": "JWT"})),
        client.signed_text(text, json.dumps({"alg": "EdDSA", "typ": {"a": 1}})),
        client.signed_text(text, json.dumps({"alg": "EdDSA", "typ": "JWT", "kid": 7})),
        client.signed_text(text, '{"alg":"EdDSA","alg":"EdDSA"}'),
        client.signed_text(text, "[" * 3000),
    ):
        client.refused("invalid_client", 401, client_assertion=assertion)
    client.refused("invalid_client", 401, client_assertion_type="urn:other")
    client.refused("unsupported_grant_type", 400, grant_type="password")
    client.refused("invalid_scope", 400, scope="clients:write")
    client.refused("invalid_scope", 400, scope="\u0000")
    assert client.ask().status_code == 200


def test_a_client_assertion_works_once_and_fits_no_other_request(stand: Stand) -> None:
    client = Assertions(stand)
    assertion = client.signed()
    assert client.ask(client_assertion=assertion).status_code == 200
    client.refused("invalid_client", 401, client_assertion=assertion)
    tokens = count(stand, "access_tokens")
    twice = stand.http.post(
        "/oauth/token",
        data="grant_type=client_credentials&grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
    )
    assert (twice.status_code, twice.json["error"]) == (400, "invalid_request")
    as_json = stand.http.post("/oauth/token", json={"grant_type": "client_credentials"})
    assert as_json.json["error"] in ("unsupported_grant_type", "invalid_request")
    large = stand.http.post("/oauth/token", data={"grant_type": "x" * 300_000})
    assert (large.status_code, large.json["error"]) == (413, "invalid_request")
    assert count(stand, "access_tokens") == tokens


def test_a_bearer_token_that_is_none_is_refused_with_a_challenge(stand: Stand) -> None:
    for header, code in (
        ("", "access_token_missing"),
        ("Bearer", "access_token_missing"),
        ("Bearer ", "access_token_missing"),
        ("Basic dXNlcjpwYXNz", "access_token_missing"),
        ("Bearer x", "access_token_invalid"),
        ("bearer  \tx", "access_token_invalid"),
        ("Bearer \u00ff\u00fe", "access_token_invalid"),
        ("Bearer " + "x" * 8000, "access_token_invalid"),
    ):
        refused(stand, "GET", "/v1/grants", code, headers={"Authorization": header})
    session = stand.machine("regulator")
    token = session.token()
    stand.clock.advance(timedelta(minutes=16))
    answer = stand.http.get("/v1/grants", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json["code"]) == (401, "access_token_invalid")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
