"""did:jwk."""

import json

import pytest
from did_builders import HOSTILE, NO_TEXT, public_keys, vector
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.encodings.base64url import encode
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.identifiers.did_jwk import did_jwk, did_jwk_method_id, public_key_of_did_jwk
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, thumbprint

PUBLISHED = vector("did_jwk")
P256 = PUBLISHED["P-256"]
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def a_did(text: str | bytes) -> str:
    return "did:jwk:" + encode(text.encode() if isinstance(text, str) else text)


def test_the_published_p_256_key_is_written_and_read_as_published():
    assert did_jwk(P256["publicKeyJwk"]) == P256["did"]
    assert public_key_of_did_jwk(P256["did"]).jwk() == P256["publicKeyJwk"]
    assert did_jwk_method_id(P256["did"]) == P256["did_url"]


def test_the_published_key_for_encryption_is_refused():
    with pytest.raises(MalformedDid):
        public_key_of_did_jwk(PUBLISHED["X25519"]["did"])


@pytest.mark.parametrize("published", PUBLISHED["with_other_members"], ids=lambda one: one["publicKeyJwk"]["kid"][-6:])
def test_a_did_jwk_with_members_that_only_describe_is_read(published):
    key = public_key_of_did_jwk(published["did"])
    assert key == public_key_from_jwk(published["publicKeyJwk"])
    assert published["publicKeyJwk"]["kid"].endswith(f":{thumbprint(key.jwk())}")
    assert did_jwk(published["publicKeyJwk"]) != published["did"]


@given(public_keys)
def test_a_key_is_read_back_from_its_did_jwk(key):
    assert public_key_of_did_jwk(did_jwk(key.jwk())) == key


@given(public_keys, st.randoms(use_true_random=False), st.sampled_from([None, 1, 7]))
def test_the_form_of_the_json_makes_no_difference_to_the_key(key, random, indent):
    members = [*key.jwk().items(), ("kid", "#0"), ("use", "sig"), ("alg", key.alg)]
    random.shuffle(members)
    assert public_key_of_did_jwk(a_did(json.dumps(dict(members), indent=indent))) == key
    assert did_jwk(dict(members)) == did_jwk(key.jwk())


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_a_private_part_is_refused_on_both_ways(member):
    private = {**JWK, member: "AA"}
    with pytest.raises(MalformedJwk):
        did_jwk(private)
    with pytest.raises(MalformedDid):
        public_key_of_did_jwk(a_did(json.dumps(private)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{}",
        json.dumps(JWK)[:-1] + ', "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
        json.dumps({**JWK, "kid": "\ud800"}),
        json.dumps({**JWK, "kty": "RSA"}),
        json.dumps({**JWK, "kty": ["OKP"]}),
        json.dumps({**JWK, "x": JWK["x"] + "="}),
        json.dumps({**JWK, "x": JWK["x"][:-1] + "p"}),
        json.dumps({**JWK, "x": "A" * 43}),
        json.dumps({**JWK, "x": None}),
        json.dumps({**JWK, "use": "enc"}),
        json.dumps({**JWK, "alg": "ES256"}),
        json.dumps(JWK) + " {}",
        json.dumps({**JWK, "kid": "k" * 1500}),
        json.dumps(JWK).encode("utf-16"),
        b"\xff" + json.dumps(JWK).encode(),
    ],
)
def test_what_is_no_key_for_signatures_is_refused(text):
    with pytest.raises(MalformedDid):
        public_key_of_did_jwk(a_did(text))


@pytest.mark.parametrize(
    "did",
    [
        P256["did"] + "=",
        P256["did"] + "\n",
        P256["did"][:-1] + "-",
        P256["did_url"],
        P256["did"] + "?x=1",
        P256["did"].replace("did:jwk", "did:key"),
        P256["did"].replace("did:jwk", "DID:JWK"),
        P256["did"].removeprefix("did:jwk:"),
        "did:jwk:",
        "did:jwk:" + "A" * 2041,
    ],
)
def test_a_did_jwk_that_is_mistyped_is_refused(did):
    with pytest.raises(MalformedDid):
        public_key_of_did_jwk(did)
    with pytest.raises(MalformedDid):
        did_jwk_method_id(did)


@pytest.mark.parametrize("text", [*NO_TEXT, *HOSTILE], ids=lambda text: f"{text!r:.12}")
def test_what_is_no_did_jwk_at_all_is_refused(text):
    with pytest.raises(MalformedDid):
        public_key_of_did_jwk(text)


@pytest.mark.parametrize("jwk", [None, "{}", b"{}", 7, [], {}, {"kty": "OKP"}])
def test_only_a_complete_jwk_becomes_a_did_jwk(jwk):
    with pytest.raises(MalformedJwk):
        did_jwk(jwk)
