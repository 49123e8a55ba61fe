"""DID documents: those we publish, and the keys in those of others."""

import json
from copy import deepcopy
from dataclasses import FrozenInstanceError

import pytest
from did_builders import NO_TEXT, ed25519_keys, public_keys, vector
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.identifiers.did_document import DidDocument, MalformedDidDocument, Service, VerificationMethod
from claim_issuers.identifiers.document_keys import MAX_METHODS, keys_of_document
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer

DID = "did:web:issuer.example"
SIGNERS = [signer(bytes([7]) * 32) for signer in (Ed25519Signer, P256Signer, Secp256k1Signer)]
KEY, OTHER_KEY, _ = KEYS = [signer.public_key for signer in SIGNERS]
METHOD = VerificationMethod(kid="2026", public_key=KEY)
PUBLISHED = vector("did_web")["document_with_json_web_keys"]

kids = st.from_regex(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]{1,30}", fullmatch=True)
methods = st.builds(lambda kid, key: VerificationMethod(kid=kid, public_key=key), kids, public_keys)
several = st.lists(methods, max_size=4, unique_by=lambda method: method.kid)


def a_document(**changes):
    """A document with one key that signs claims, as somebody else may have written it."""
    method = {"id": f"{DID}#2026", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": KEY.jwk()}
    return {"id": DID, "verificationMethod": [method], "assertionMethod": [f"{DID}#2026"], **changes}


def with_method(**changes):
    """``a_document`` whose one method differs; a member that is None is left out."""
    method = {**a_document()["verificationMethod"][0], **changes}
    return a_document(verificationMethod=[{name: value for name, value in method.items() if value is not None}])


def with_id(method_id):
    """``a_document`` whose one method has this id, and is named by it."""
    return {**with_method(id=method_id), "assertionMethod": [method_id]}


def with_jwk(**changes):
    return with_method(publicKeyJwk={**KEY.jwk(), **changes})


# What we publish


def test_a_document_holds_its_keys_services_and_other_names():
    caller = VerificationMethod(kid="caller", public_key=OTHER_KEY)
    document = DidDocument(
        id=DID,
        assertion_method=(METHOD,),
        authentication=(METHOD, caller),
        services=(Service(name="lists", type="StatusLists", endpoint="https://issuer.example/status-lists"),),
        also_known_as=("https://issuer.example",),
    )
    assert document.as_json() == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": DID,
        "alsoKnownAs": ["https://issuer.example"],
        "verificationMethod": [
            {
                "id": f"{DID}#2026",
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": {**KEY.jwk(), "kid": "2026", "alg": "EdDSA"},
            },
            {
                "id": f"{DID}#caller",
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": {**OTHER_KEY.jwk(), "kid": "caller", "alg": "ES256"},
            },
        ],
        "authentication": [f"{DID}#2026", f"{DID}#caller"],
        "assertionMethod": [f"{DID}#2026"],
        "service": [
            {"id": f"{DID}#lists", "type": "StatusLists", "serviceEndpoint": "https://issuer.example/status-lists"},
        ],
    }


def test_what_a_document_does_not_have_is_left_out():
    assert DidDocument(id=DID).as_json().keys() == {"@context", "id"}


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.alg)
def test_a_signers_jwk_is_published_as_the_signer_shows_it(signer):
    method = VerificationMethod(kid=signer.kid, public_key=signer.public_key)
    assert method.as_json(DID)["publicKeyJwk"] == signer.public_jwk()


def test_a_document_does_not_change():
    with pytest.raises(FrozenInstanceError):
        DidDocument(id=DID).id = "did:web:other.example"


@given(several, st.lists(ed25519_keys, max_size=2))
def test_keys_that_sign_claims_are_read_back_and_no_others(asserting, authenticating):
    callers = tuple(VerificationMethod(kid=f"caller-{i}", public_key=key) for i, key in enumerate(authenticating))
    document = DidDocument(id=DID, assertion_method=tuple(asserting), authentication=(*callers, *asserting[:1]))
    sent = json.loads(json.dumps(document.as_json()))
    assert keys_of_document(sent, DID) == {method.kid: method.public_key for method in asserting}


@pytest.mark.parametrize("kid", ["", "a b", "a#b", "%41", "é", "a\n", "k" * 256, *NO_TEXT], ids=lambda kid: f"{kid!r:.12}")
def test_a_kid_that_cannot_follow_the_number_sign_does_not_construct(kid):
    with pytest.raises(MalformedDidDocument):
        VerificationMethod(kid=kid, public_key=KEY)
    with pytest.raises(MalformedDidDocument):
        Service(name=kid, type="T", endpoint="https://issuer.example")


@pytest.mark.parametrize(
    "uri", ["", "issuer.example", "//issuer.example", "https:", "https://a b", "https://é", "1:a", "a:" + "b" * 2000, None, 7]
)
def test_a_name_or_an_endpoint_that_is_no_uri_does_not_construct(uri):
    with pytest.raises(MalformedDidDocument):
        Service(name="s", type="T", endpoint=uri)
    with pytest.raises(MalformedDidDocument):
        DidDocument(id=DID, also_known_as=(uri,))


@pytest.mark.parametrize("kind", ["", "T" * 256, None, 7])
def test_a_service_without_a_type_does_not_construct(kind):
    with pytest.raises(MalformedDidDocument):
        Service(name="s", type=kind, endpoint="https://issuer.example")


@pytest.mark.parametrize(
    "parts",
    [
        {"assertion_method": (METHOD, METHOD)},
        {"authentication": (METHOD, METHOD)},
        {"assertion_method": (METHOD,), "authentication": (VerificationMethod(kid="2026", public_key=OTHER_KEY),)},
        {"assertion_method": (METHOD,), "services": (Service(name="2026", type="T", endpoint="https://issuer.example"),)},
        {
            "services": (
                Service(name="s", type="T", endpoint="https://a.example"),
                Service(name="s", type="T", endpoint="https://b.example"),
            )
        },
        {"also_known_as": ("https://a.example", "https://a.example")},
    ],
)
def test_a_document_with_one_name_for_two_things_does_not_construct(parts):
    with pytest.raises(MalformedDidDocument):
        DidDocument(id=DID, **parts)


@pytest.mark.parametrize("did", ["", "issuer.example", f"{DID}#2026", None])
def test_a_document_of_no_did_does_not_construct(did):
    with pytest.raises(MalformedDid):
        DidDocument(id=did)


# What others publish


def test_the_published_document_gives_its_two_keys_for_claims():
    keys = keys_of_document(PUBLISHED, "did:web:example.com")
    jwks = {method["id"].partition("#")[2]: method["publicKeyJwk"] for method in PUBLISHED["verificationMethod"]}
    assert keys == {kid: public_key_from_jwk(jwks[kid]) for kid in ("key-0", "key-2")}


@pytest.mark.parametrize("method_id", [f"{DID}#2026", "#2026"])
@pytest.mark.parametrize("reference", [f"{DID}#2026", "#2026"])
def test_ids_may_be_absolute_or_relative(method_id, reference):
    document = {**with_method(id=method_id), "assertionMethod": [reference]}
    assert keys_of_document(document, DID) == {"2026": KEY}


def test_a_method_embedded_in_assertion_method_counts():
    document = a_document()
    document["assertionMethod"] = document.pop("verificationMethod")
    assert keys_of_document(document, DID) == {"2026": KEY}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.alg)
@pytest.mark.parametrize("kind", ["JsonWebKey", "JsonWebKey2020"])
def test_keys_of_each_of_our_kinds_are_read(key, kind):
    assert keys_of_document(with_method(publicKeyJwk=key.jwk(), type=kind), DID) == {"2026": key}


def test_a_key_that_does_not_sign_claims_is_left_out():
    document = a_document(assertionMethod=[], authentication=[f"{DID}#2026"], keyAgreement=["#2026"])
    assert keys_of_document(document, DID) == {}
    assert keys_of_document({"id": DID}, DID) == {}


@pytest.mark.parametrize(
    "document",
    [
        with_method(type="Multikey", publicKeyJwk=None, publicKeyMultibase="z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"),
        with_method(type="EcdsaSecp256k1RecoveryMethod2020", publicKeyJwk=None, blockchainAccountId="eip155:1:0x89"),
        with_method(type=None),
        with_method(type=["JsonWebKey"]),
        with_method(publicKeyJwk={"kty": "RSA", "n": "AQ", "e": "AQAB"}),
        with_method(publicKeyJwk={"kty": "OKP", "crv": "X25519", "x": "AQ"}),
        with_method(publicKeyJwk={"kty": ["OKP"], "crv": {}}),
        with_method(publicKeyJwk={}),
    ],
)
def test_a_key_of_a_kind_that_we_do_not_use_is_left_out(document):
    assert keys_of_document(document, DID) == {}


TWICE = a_document()["verificationMethod"] * 2
REFUSED = {
    "another DID's document": a_document(id="did:web:other.example"),
    "no id": {name: value for name, value in a_document().items() if name != "id"},
    "the id as a list": a_document(id=[DID]),
    "a relative id": a_document(id="#"),
    "methods that are no list": a_document(verificationMethod=a_document()["verificationMethod"][0]),
    "a null instead of methods": a_document(verificationMethod=None),
    "assertionMethod that is no list": a_document(assertionMethod="#2026"),
    "a method that is no object": a_document(verificationMethod=["#2026"], assertionMethod=[]),
    "an entry that is neither name nor method": a_document(assertionMethod=[7]),
    "an entry that is a list": a_document(assertionMethod=[["#2026"]]),
    "a method without id": with_method(id=None),
    "a method id that is a number": with_method(id=7),
    "a method id without number sign": with_id("2026"),
    "a method id without name": with_id(f"{DID}#"),
    "a method id with two number signs": with_id(f"{DID}#2026#1"),
    "a method id with a percent sign": with_id(f"{DID}#%32026"),
    "a method id with a query": with_id(f"{DID}?versionId=1#2026"),
    "a method of another DID": with_id("did:web:other.example#2026"),
    "a method of a DID that ours begins with": with_id(f"{DID[:-1]}#2026"),
    "a method of a DID that begins like ours": with_id(f"{DID}.evil.example#2026"),
    "a reference to another DID": a_document(assertionMethod=["did:web:other.example#2026"]),
    "a reference to what is not there": a_document(assertionMethod=["#2027"]),
    "a reference twice": a_document(assertionMethod=["#2026", f"{DID}#2026"]),
    "a method twice": a_document(verificationMethod=TWICE),
    "a method twice, once relative": a_document(verificationMethod=[TWICE[0], {**TWICE[1], "id": "#2026"}]),
    "a method listed and embedded": a_document(assertionMethod=TWICE[:1]),
    "a method embedded twice": a_document(verificationMethod=[], assertionMethod=TWICE),
    "a method named and embedded": a_document(assertionMethod=["#2026", TWICE[0]]),
    "too many methods": a_document(
        verificationMethod=[{"id": f"#{i}", "type": "X"} for i in range(MAX_METHODS + 1)], assertionMethod=[]
    ),
    "too many references": a_document(assertionMethod=["#2026"] * (MAX_METHODS + 1)),
    "a key controlled by another DID": with_method(controller="did:web:other.example"),
    "a key controlled by nobody": with_method(controller=None),
    "a key controlled by a list": with_method(controller=[DID]),
    "a JWK method without JWK": with_method(publicKeyJwk=None),
    "a JWK that is a text": with_method(publicKeyJwk="{}"),
    "a private key": with_jwk(d="AA"),
    "a private key of another kind": with_method(publicKeyJwk={"kty": "RSA", "n": "AQ", "e": "AQAB", "d": "AQ"}),
    "a secret key": with_method(publicKeyJwk={"kty": "oct", "k": "AQ"}),
    "a private key that signs no claims": {**with_jwk(d="AA"), "assertionMethod": []},
    "a private key beside the public one": with_method(privateKeyJwk={}),
    "a private key in base58": with_method(privateKeyBase58="2NEpo"),
    "a secret key in multibase": with_method(secretKeyMultibase="z2NEpo"),
    "a JWK of small order": with_jwk(x="A" * 43),
    "a JWK that is too short": with_jwk(x="AAAA"),
    "a JWK without x": with_jwk(x=None),
    "a JWK with padding": with_jwk(x=KEY.jwk()["x"] + "="),
    "a JWK for encryption": with_jwk(use="enc"),
    "a JWK for another algorithm": with_jwk(alg="ES256"),
    "a point off its curve": with_method(publicKeyJwk={**OTHER_KEY.jwk(), "y": OTHER_KEY.jwk()["x"]}),
}


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED.keys())
def test_a_document_that_cannot_be_relied_on_is_refused(document):
    with pytest.raises(MalformedDidDocument) as refused:
        keys_of_document(document, DID)
    assert refused.value.pointer


@pytest.mark.parametrize("document", [None, "{}", b"{}", [], 7])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(MalformedDidDocument):
        keys_of_document(document, DID)


@pytest.mark.parametrize("did", ["", f"{DID}#2026", *NO_TEXT], ids=lambda did: f"{did!r:.12}")
def test_the_document_of_no_did_is_refused(did):
    with pytest.raises(MalformedDid):
        keys_of_document(a_document(id=did), did)


def test_as_many_methods_as_may_be_are_read():
    listed = [{**TWICE[0], "id": f"#{i}"} for i in range(MAX_METHODS)]
    document = a_document(verificationMethod=listed, assertionMethod=[one["id"] for one in listed])
    assert len(keys_of_document(document, DID)) == MAX_METHODS


def test_reading_leaves_the_document_as_it_was():
    document = a_document()
    before = deepcopy(document)
    keys_of_document(document, DID)
    assert document == before


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.sampled_from([DID, "#2026", f"{DID}#2026", "JsonWebKey"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["id", "type", "controller", "publicKeyJwk", "kty", "crv", "x", "verificationMethod", "assertionMethod"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@given(json_values, json_values)
def test_whatever_json_a_document_holds_nothing_but_our_errors_comes_out(listed, asserting):
    for document in (
        {"id": DID, "verificationMethod": listed, "assertionMethod": asserting},
        with_method(publicKeyJwk=listed, type=asserting),
    ):
        try:
            keys = keys_of_document(document, DID)
        except MalformedDidDocument:
            continue
        assert set(keys) <= {"2026"}
