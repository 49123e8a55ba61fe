"""Machine clients: private_key_jwt (RFC 7523), what an assertion must say, and that each works once."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from claim_issuers.clock import FixedClock, SystemEntropy, unix_seconds
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import ROLE_SCOPES, AccessTokenInvalid, ClientKeyInvalid, ClientUnknown, Role
from identity_service.access.oauth import ASSERTION_TYPE, ClientAssertionInvalid, ClientAuthenticator
from identity_service.access.service import TOKEN_LIFETIME, Access
from identity_service.access.single_use import SingleUse
from identity_service.storage import Database
from tests.support.stand import BASE_URL, Stand

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ISSUER = "https://claims.example"
TOKEN_ENDPOINT = f"{ISSUER}/oauth/token"
SIGNER = Ed25519Signer(bytes([1]) * 32)
OTHER_SIGNER = Ed25519Signer(bytes([2]) * 32)
UNLESS_SET: dict[str, Any] = {"alg": "EdDSA", "typ": "client-authentication+jwt"}


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def jws(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Ed25519Signer = SIGNER) -> str:
    """A compact JWS written out by hand (RFC 7515 §7.1): a client of ours may use any library."""
    signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, payload))
    return f"{signed}.{base64url(signer.sign(signed.encode()))}"


@dataclass(frozen=True)
class Office:
    """A registered client, its authenticator, and a clock to move."""

    db: Database
    clock: FixedClock
    access: Access
    authenticator: ClientAuthenticator
    client_id: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = unix_seconds(self.clock.now())
        usual = {"iss": self.client_id, "sub": self.client_id, "aud": TOKEN_ENDPOINT, "iat": now, "exp": now + 60}
        return {**usual, "jti": SystemEntropy().token_bytes(8).hex(), **changes}

    def authenticate(self, assertion: str) -> str:
        with self.db.write() as session:
            return self.authenticator.authenticate(session, assertion).id

    def accepts(self, assertion: str) -> bool:
        try:
            return self.authenticate(assertion) == self.client_id
        except ClientAssertionInvalid:
            return False


@pytest.fixture
def office(db: Database) -> Office:
    clock = FixedClock(NOW)
    access = Access(clock, SystemEntropy())
    with db.write() as session:
        client = access.register_client(session, role=Role.FAMILY_OFFICE, party_id=None, public_jwk=SIGNER.public_jwk())
    single_use = SingleUse(clock, SystemEntropy())
    authenticator = ClientAuthenticator(access, single_use, clock, frozenset({ISSUER, TOKEN_ENDPOINT}))
    return Office(db, clock, access, authenticator, client.id)


def test_a_signed_assertion_names_its_client_whatever_kid_typ_and_audience_form_its_library_writes(office: Office) -> None:
    thumbprint = SIGNER.kid
    for header in (
        {"alg": "EdDSA", "typ": "client-authentication+jwt", "kid": thumbprint},
        {"alg": "EdDSA", "typ": "JWT", "kid": "key-1"},
        {"alg": "EdDSA", "typ": "JWT"},
        {"alg": "EdDSA"},
    ):
        assert office.authenticate(jws(header, office.claims())) == office.client_id
    for audience in (ISSUER, TOKEN_ENDPOINT, [ISSUER], [TOKEN_ENDPOINT]):
        assert office.authenticate(jws(UNLESS_SET, office.claims(aud=audience))) == office.client_id


WRONG_AUDIENCES: list[object] = [
    "https://other.example/oauth/token",
    f"{ISSUER}/",
    f"{ISSUER}/oauth/token/",
    "",
    None,
    7,
    [],
    [ISSUER, "https://other.example"],
    [[ISSUER]],
    {"aud": ISSUER},
    [{"aud": ISSUER}],
]


def test_an_assertion_for_somebody_else_is_refused(office: Office) -> None:
    for audience in WRONG_AUDIENCES:
        assert not office.accepts(jws(UNLESS_SET, office.claims(aud=audience))), audience


def test_an_assertion_lives_ten_minutes_at_most_and_a_minute_of_skew_is_forgiven(office: Office) -> None:
    now = unix_seconds(NOW)
    for expiry in (now - 59, now, now + 600, now + 660):
        assert office.accepts(jws(UNLESS_SET, office.claims(exp=expiry))), expiry
    for expiry in (now - 60, now - 3600, now + 661, now + 86400, 2**60, -1, 0, "soon", None, True, float(now + 60)):
        assert not office.accepts(jws(UNLESS_SET, office.claims(exp=expiry))), expiry
    without = office.claims()
    del without["exp"]
    assert not office.accepts(jws(UNLESS_SET, without))


def test_an_assertion_from_the_future_is_refused(office: Office) -> None:
    now = unix_seconds(NOW)
    for claim in ("nbf", "iat"):
        assert office.accepts(jws(UNLESS_SET, office.claims(**{claim: now + 60})))
        for instant in (now + 61, now + 86400, 2**70, "now", None, [], {}):
            assert not office.accepts(jws(UNLESS_SET, office.claims(**{claim: instant}))), instant


def test_an_assertion_works_once_even_after_its_time_and_for_any_encoding_of_it(office: Office) -> None:
    claims = office.claims()
    assertion = jws(UNLESS_SET, claims)
    office.authenticate(assertion)
    assert not office.accepts(assertion)
    assert not office.accepts(jws({"alg": "EdDSA"}, claims)), "the same jti under another header"
    office.clock.advance(timedelta(seconds=100))
    assert not office.accepts(assertion)
    assert office.accepts(jws(UNLESS_SET, office.claims())), "a fresh one is welcome"


def test_a_refused_assertion_does_not_use_up_its_jti(office: Office) -> None:
    claims = office.claims()
    assert not office.accepts(jws(UNLESS_SET, {**claims, "aud": "https://other.example"}))
    assert office.accepts(jws(UNLESS_SET, claims))


def test_two_clients_may_use_the_same_jti(office: Office) -> None:
    with office.db.write() as session:
        other = office.access.register_client(session, role=Role.NETWORK, party_id=None, public_jwk=OTHER_SIGNER.public_jwk())
    office.authenticate(jws(UNLESS_SET, office.claims(jti="a-shared-jti")))
    theirs = office.claims(jti="a-shared-jti", iss=other.id, sub=other.id)
    assert office.authenticate(jws(UNLESS_SET, theirs, OTHER_SIGNER)) == other.id


def test_an_assertion_needs_a_jti_of_its_own(office: Office) -> None:
    for jti in (None, "", "short", "x" * 201, 12345678, ["a-long-jti"], {}):
        assert not office.accepts(jws(UNLESS_SET, office.claims(jti=jti))), jti


def test_the_key_must_be_the_registered_one_and_the_ids_the_client_s_own(office: Office) -> None:
    with office.db.write() as session:
        other = office.access.register_client(session, role=Role.NETWORK, party_id=None, public_jwk=OTHER_SIGNER.public_jwk())
    refused = [
        jws(UNLESS_SET, office.claims(), OTHER_SIGNER),
        jws({**UNLESS_SET, "kid": OTHER_SIGNER.kid}, office.claims(), OTHER_SIGNER),
        jws(UNLESS_SET, office.claims(iss=other.id, sub=other.id)),
        jws(UNLESS_SET, office.claims(iss=other.id)),
        jws(UNLESS_SET, office.claims(sub=other.id)),
        jws(UNLESS_SET, office.claims(sub=None)),
        jws(UNLESS_SET, office.claims(sub="cli_nobody")),
        jws(UNLESS_SET, office.claims(iss=["x"], sub=["x"])),
        jws(UNLESS_SET, office.claims(sub="\u0000")),
        jws(UNLESS_SET, office.claims(sub="\ud800")),
        jws(UNLESS_SET, office.claims(jti="lone surrogate \ud800")),
        jws(UNLESS_SET, office.claims(sub="x" * 9000)),
    ]
    for assertion in refused:
        with pytest.raises(ClientAssertionInvalid):
            office.authenticate(assertion)


OTHER_KINDS: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "HS256"},
    {"alg": "ES256K"},
    {"alg": "eddsa"},
    {"typ": "at+jwt"},
    {"typ": "jwt"},
    {"typ": None, "kid": 7},
    {"jwk": SIGNER.public_jwk()},
    {"jku": "https://claims.example/keys"},
    {"crit": ["exp"]},
    {"b64": False},
]


def test_an_assertion_of_another_kind_is_refused(office: Office) -> None:
    for header in OTHER_KINDS:
        assert not office.accepts(jws({**UNLESS_SET, **header}, office.claims())), header


def test_a_key_inside_the_token_never_replaces_the_registered_one(office: Office) -> None:
    with pytest.raises(ClientAssertionInvalid):
        office.authenticate(jws({**UNLESS_SET, "jwk": OTHER_SIGNER.public_jwk()}, office.claims(), OTHER_SIGNER))


def test_what_is_no_assertion_is_refused(office: Office) -> None:
    for assertion in ("", ".", "..", "a.b.c", "é.é.é", "e30.e30.", "x" * 10_000):
        assert not office.accepts(assertion), assertion


def test_a_bearer_token_is_known_for_a_quarter_of_an_hour_and_kept_as_a_hash(office: Office) -> None:
    with office.db.write() as session:
        token = office.access.give_client_token(session, office.client_id, frozenset({"tokens:read"}))
    with office.db.read() as session:
        caller = office.access.caller(session, token)
        assert (caller.subject, caller.role, caller.scopes) == (office.client_id, Role.FAMILY_OFFICE, {"tokens:read"})
        for wrong in (token[:-1], token + "=", token.upper(), "", "é"):
            with pytest.raises(AccessTokenInvalid):
                office.access.caller(session, wrong)
        office.clock.advance(TOKEN_LIFETIME - timedelta(microseconds=1))
        assert office.access.caller(session, token).subject == office.client_id
        office.clock.advance(timedelta(microseconds=1))
        with pytest.raises(AccessTokenInvalid):
            office.access.caller(session, token)


UNFIT_KEYS: list[dict[str, str]] = [
    {},
    {"kty": "OKP", "crv": "Ed25519"},
    {**SIGNER.public_jwk(), "x": ""},
    {**SIGNER.public_jwk(), "x": SIGNER.public_jwk()["x"] + "="},
    {**SIGNER.public_jwk(), "x": base64url(bytes(32))},
    {**SIGNER.public_jwk(), "x": base64url(bytes(31))},
    {**SIGNER.public_jwk(), "crv": "X25519"},
    {**SIGNER.public_jwk(), "kty": "EC"},
    {**SIGNER.public_jwk(), "d": base64url(bytes(32))},
]


def test_only_the_public_part_of_an_ed25519_key_registers(office: Office) -> None:
    with office.db.write() as session:
        for jwk in UNFIT_KEYS:
            with pytest.raises(ClientKeyInvalid):
                office.access.register_client(session, role=Role.NETWORK, party_id=None, public_jwk=jwk)


def test_an_unregistered_client_is_unknown(office: Office) -> None:
    with office.db.read() as session, pytest.raises(ClientUnknown):
        office.access.client(session, "cli_nobody")


class TokenEndpoint:
    """``/oauth/token`` over HTTP for one fresh family-office client."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.signer = Ed25519Signer(SystemEntropy().token_bytes(32))
        with stand.service.db.write() as session:
            self.client_id = stand.service.access.register_client(
                session, role=Role.FAMILY_OFFICE, party_id=None, public_jwk=self.signer.public_jwk()
            ).id

    def assertion(self, **changes: Any) -> str:
        now = unix_seconds(self.stand.clock.now())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": BASE_URL, "exp": now + 60}
        return jws(UNLESS_SET, {**claims, "jti": SystemEntropy().token_bytes(8).hex(), **changes}, self.signer)

    def form(self, **changes: str | None) -> dict[str, str]:
        usual = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
        merged = {**usual, "client_assertion": self.assertion(), **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def ask(self, pairs: Mapping[str, str] | list[tuple[str, str]]) -> tuple[int, dict[str, Any]]:
        response = self.stand.request("POST", "/oauth/token", data=urlencode(pairs), headers={"Content-Type": FORM})
        assert response.json is not None
        return response.status_code, response.json


FORM = "application/x-www-form-urlencoded"


def test_the_token_endpoint_speaks_oauth_s_own_form_and_gives_the_scopes_of_the_role(stand: Stand) -> None:
    endpoint = TokenEndpoint(stand)
    status, given = endpoint.ask(endpoint.form())
    assert status == 200
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 900)
    assert set(given["scope"].split()) == ROLE_SCOPES[Role.FAMILY_OFFICE]
    status, narrow = endpoint.ask(endpoint.form(scope="tokens:read"))
    assert (status, narrow["scope"]) == (200, "tokens:read")
    refused = stand.request("GET", "/v1/grants", headers={"Authorization": f"Bearer {narrow['access_token']}"})
    assert (refused.status_code, refused.json["code"]) == (403, "scope_missing")
    for scope in ("clients:write", "tokens:read clients:write", "TOKENS:READ", "me", "tokens:read,eligibility:read"):
        status, problem = endpoint.ask(endpoint.form(scope=scope))
        assert (status, problem["error"]) == (400, "invalid_scope"), scope

    used = endpoint.form()
    cases: list[tuple[Mapping[str, str] | list[tuple[str, str]], int, str]] = [
        (endpoint.form(grant_type="password"), 400, "unsupported_grant_type"),
        (endpoint.form(grant_type=None), 400, "invalid_request"),
        (endpoint.form(client_assertion_type="jwt"), 401, "invalid_client"),
        (endpoint.form(client_assertion=None), 401, "invalid_client"),
        (endpoint.form(client_assertion="not.a.jws"), 401, "invalid_client"),
        (endpoint.form(client_assertion=endpoint.assertion(aud=["https://other.example"])), 401, "invalid_client"),
        (endpoint.form(client_assertion=endpoint.assertion(aud={})), 401, "invalid_client"),
        (endpoint.form(client_assertion=endpoint.assertion(sub="\u0000")), 401, "invalid_client"),
        (used, 200, ""),
        (used, 401, "invalid_client"),
        ([*endpoint.form().items(), ("grant_type", "client_credentials")], 400, "invalid_request"),
        ([*endpoint.form().items(), ("scope", "tokens:read"), ("scope", "tokens:read")], 400, "invalid_request"),
        ([*endpoint.form().items(), ("unknown", "a"), ("unknown", "b")], 400, "invalid_request"),
    ]
    for pairs, expected_status, error in cases:
        status, answer = endpoint.ask(pairs)
        assert (status, answer.get("error", "")) == (expected_status, error), pairs


def test_without_a_good_bearer_token_nothing_opens(stand: Stand) -> None:
    endpoint = TokenEndpoint(stand)
    token = endpoint.ask(endpoint.form())[1]["access_token"]
    for sent, code in (
        ({}, "access_token_missing"),
        ({"Authorization": "Bearer"}, "access_token_missing"),
        ({"Authorization": "Bearer "}, "access_token_missing"),
        ({"Authorization": f"Basic {token}"}, "access_token_missing"),
        ({"Authorization": "Bearer nonsense"}, "access_token_invalid"),
        ({"Authorization": f"Bearer {token}x"}, "access_token_invalid"),
    ):
        answer = stand.request("GET", "/v1/tokens", headers=sent)
        assert (answer.status_code, answer.json["code"]) == (401, code), sent
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert stand.request("GET", "/v1/tokens", headers={"Authorization": f"bearer {token}"}).status_code == 200
    stand.clock.advance(TOKEN_LIFETIME)
    late = stand.request("GET", "/v1/tokens", headers={"Authorization": f"Bearer {token}"})
    assert (late.status_code, late.json["code"]) == (401, "access_token_invalid")
