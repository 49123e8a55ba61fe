"""One organisation, one spelling of its DID: a second one is refused wherever organisations are counted."""

import json
from typing import Any

import pytest
from builders import ISSUER, NOW, ROOT, a_claim
from hypothesis import given
from hypothesis import strategies as st
from trust_meshes import link

from claim_issuers import Root, decide_path, decide_quorum, decide_root_threshold
from claim_issuers.encodings import base64url
from claim_issuers.identifiers.canonical_did import canonical_did
from claim_issuers.identifiers.did import MalformedDid, checked_did

# EIP-55, "Test Cases"
CHECKSUMMED = "did:pkh:eip155:1:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
# did:key method, "Test Vectors"
ED25519_KEY = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
# RFC 8037 §A.2
ED25519_JWK = {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def jwk_did(text: str) -> str:
    return "did:jwk:" + base64url.encode(text.encode())


CANONICAL = [
    "did:web:bank.example",
    "did:web:localhost",
    "did:web:127.0.0.1%3A8080",
    "did:web:bank.example%3A8443:desks:Zurich",
    "did:web:xn--bcher-kva.example",
    CHECKSUMMED,
    ED25519_KEY,
    jwk_did(json.dumps(ED25519_JWK, separators=(",", ":"), sort_keys=True)),
    "did:example:Any%2Ething",
]
SECOND_SPELLINGS = [
    "did:web:Bank.example",
    "did:web:bank%2Eexample",
    "did:web:bank.example%3A443",
    "did:web:bank.example%3a8443",
    "did:web:bank.example%3A08443",
    "did:web:bank.example.",
    "did:web:bank.example:.well-known",
    "did:web:bank.example:a:..",
    "did:web:bank.example:%61",
    "did:web:127.1",
    "did:web:0x7f000001",
    CHECKSUMMED.lower(),
    CHECKSUMMED.replace(":1:", ":01:"),
    jwk_did(json.dumps(ED25519_JWK)),
    jwk_did(json.dumps({**ED25519_JWK, "kid": "1"}, separators=(",", ":"), sort_keys=True)),
    jwk_did(json.dumps(dict(reversed(ED25519_JWK.items())), separators=(",", ":"))),
]
NO_DIDS: list[Any] = [
    None,
    1,
    True,
    b"did:web:bank.example",
    [],
    {},
    "",
    "did:web:",
    "did:web:bank.example#key",
    "did:web:bank.example\n",
    "https://bank.example",
    "did:key:z6Mk",
    "did:jwk:e30",
    "did:pkh:eip155:1",
    "did:web:" + "a" * 5_000_000,
    "did:example:" + "9" * 2048,
    "did:web:\ud800",
]


@pytest.mark.parametrize("did", CANONICAL)
def test_the_one_spelling_is_given_back(did):
    assert canonical_did(did) == did


@pytest.mark.parametrize("did", SECOND_SPELLINGS)
def test_a_second_spelling_is_refused(did):
    assert checked_did(did) == did
    with pytest.raises(MalformedDid):
        canonical_did(did)


@pytest.mark.parametrize("value", NO_DIDS, ids=range(len(NO_DIDS)))
def test_what_is_no_did_is_refused_whatever_its_type(value):
    with pytest.raises(MalformedDid):
        canonical_did(value)


@given(st.sampled_from(["web", "key", "jwk", "pkh:eip155", "example"]), st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_given_back_as_it_is_or_refused(method, rest):
    text = f"did:{method}:{rest}"
    try:
        assert canonical_did(text) == text
    except MalformedDid:
        return


SECOND = "did:web:Root.example"


@pytest.mark.parametrize(
    "count",
    [
        lambda: Root(SECOND),
        lambda: Root(None),
        lambda: link(SECOND, ISSUER),
        lambda: link(ROOT, SECOND),
        lambda: link(ROOT, None),
        lambda: decide_path(SECOND, "INVESTOR", [Root(ROOT)], [], NOW),
        lambda: decide_path([], "INVESTOR", [Root(ROOT)], [], NOW),
        lambda: decide_root_threshold(SECOND, "INVESTOR", [Root(ROOT)], [], NOW, at_least=1),
        lambda: decide_quorum([a_claim(claim_issuer=SECOND)], [Root(ROOT)], [], NOW, at_least=1),
    ],
)
def test_where_organisations_are_counted_a_second_spelling_is_refused(count):
    with pytest.raises(MalformedDid):
        count()
