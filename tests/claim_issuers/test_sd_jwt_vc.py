"""The form ``dc+sd-jwt``: what is always shown, what the holder may withhold, and what is refused though well signed."""

import json
from base64 import b64encode
from hashlib import sha256

import pytest
from builders import ISSUER, ISSUER_SIGNER, NOW, STATUS_LIST, VALID, WALLET, a_claim
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers import Ed25519Signer, claim_type
from claim_issuers.claims.vocabulary import InvalidClaimAttributes
from claim_issuers.clock import unix_seconds
from claim_issuers.encodings.base64url import encode as base64url
from claim_issuers.errors import Refused
from claim_issuers.formats import jose
from claim_issuers.formats.credential import MalformedCredential
from claim_issuers.formats.sd_jwt import DisclosureMismatch, SdJwt, disclose
from claim_issuers.formats.sd_jwt_vc import InvalidDisclosureSecret, SdJwtVc, encode, presented
from claim_issuers.formats.type_metadata import CredentialTypes, InvalidCredentialTypes, UnknownCredentialType
from claim_issuers.keys.curves import BadSignature
from claim_issuers.verifiers.presentations import verify_sd_jwt_vc

TYPES = CredentialTypes("https://issuer.example/credential-types")
ADA = {"classification": "professional", "country": "GB", "name": "Ada Lovelace", "birthdate": "1815-12-10"}
SALT = bytes(16)


def form(secret: bytes = bytes(32)) -> SdJwtVc:
    return SdJwtVc(TYPES, secret)


def keys(issuer: str, kid: str):
    return {(ISSUER, ISSUER_SIGNER.kid): ISSUER_SIGNER.public_key}[issuer, kid]


def ada() -> SdJwt:
    return SdJwt.parse(form().encode(a_claim(attributes=ADA), ISSUER_SIGNER))


def payload_of(shown: SdJwt) -> dict:
    return dict(jose.read_unverified(shown.issuer_jwt).payload)


def resigned(payload: dict, *disclosures, typ: str = "dc+sd-jwt") -> SdJwt:
    return SdJwt(jose.sign_compact(typ, payload, ISSUER_SIGNER), disclosures)


def test_the_issuer_s_part_shows_what_every_verifier_needs_and_no_attribute():
    payload = payload_of(ada())
    digests = payload.pop("_sd")
    assert payload == {
        "iss": "https://issuer.example",
        "sub": a_claim().account.did,
        "jti": "urn:example:claim:1",
        "nbf": unix_seconds(NOW),
        "exp": unix_seconds(a_claim().validity.valid_until),
        "vct": "https://issuer.example/credential-types/INVESTOR",
        "vct#integrity": TYPES.integrity(claim_type("INVESTOR")),
        "status": {"status_list": {"idx": 7, "uri": STATUS_LIST}},
        "cnf": {"jwk": WALLET.public_key.jwk()},
        "_sd_alg": "sha-256",
    }
    assert digests == sorted(digests)
    assert {disclosure.digest for disclosure in ada().disclosures} == set(digests)


@given(st.sampled_from(VALID), st.binary(min_size=32, max_size=32), st.booleans())
def test_every_claim_reads_back(kind, secret, with_key):
    claim = a_claim(kind=kind[0], attributes=kind[1], holder_jwk=WALLET.public_jwk() if with_key else None)
    assert form(secret).decode(form(secret).encode(claim, ISSUER_SIGNER), keys=keys) == claim


@given(st.sets(st.sampled_from(sorted(ADA))))
def test_the_holder_shows_what_the_holder_chooses(names):
    shown = form().read(ada().disclosing(names), keys=keys)
    assert shown.disclosed == {name: ADA[name] for name in names}
    assert (shown.account, shown.validity, shown.holder_jwk) == (a_claim().account, a_claim().validity, a_claim().holder_jwk)


def test_what_the_claim_must_say_cannot_be_withheld_from_who_needs_the_whole_claim():
    shown = ada().disclosing(["name"])
    with pytest.raises(InvalidClaimAttributes):
        form().read(shown, keys=keys).claim()
    with pytest.raises(MalformedCredential):
        form().decode(str(shown), keys=keys)


def test_decoys_hide_how_much_is_stated():
    counts = {
        len(payload_of(SdJwt.parse(form().encode(a_claim(attributes=stated), ISSUER_SIGNER)))["_sd"])
        for stated in (ADA, {"classification": "retail"})
    }
    assert len(counts) == 1


def test_an_accreditation_is_shown_whole():
    claim = a_claim(kind="CLAIM_ISSUER", attributes={"topics": ["INVESTOR"]})
    text = form().encode(claim, ISSUER_SIGNER)
    assert SdJwt.parse(text).disclosures == ()
    assert "_sd" not in payload_of(SdJwt.parse(text))
    assert form().decode(text, keys=keys) == claim


def test_the_same_secret_gives_the_same_credential_and_another_one_other_salts():
    one, again, other = (form(bytes([n]) * 32).encode(a_claim(), ISSUER_SIGNER) for n in (1, 1, 2))
    assert one == again
    assert {d.text for d in SdJwt.parse(one).disclosures}.isdisjoint(d.text for d in SdJwt.parse(other).disclosures)
    assert len({json.dumps(d.value) + d.text for d in SdJwt.parse(one).disclosures}) == 2


def test_two_claims_under_one_secret_have_other_salts():
    texts = [form().encode(a_claim(id=f"urn:example:claim:{n}"), ISSUER_SIGNER) for n in (1, 2)]
    assert {d.text for d in SdJwt.parse(texts[0]).disclosures}.isdisjoint(d.text for d in SdJwt.parse(texts[1]).disclosures)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33), "x" * 32, [0] * 32, None])
def test_a_secret_of_another_length_makes_no_credential(secret):
    with pytest.raises(InvalidDisclosureSecret):
        form(secret)
    with pytest.raises(InvalidDisclosureSecret):
        encode(a_claim(), ISSUER_SIGNER, types=TYPES, secret=secret)


def accreditation_payload(**changes):
    claim = a_claim(kind="CLAIM_ISSUER", attributes={"topics": ["INVESTOR"], "jurisdictions": ["CH"]})
    return {**payload_of(SdJwt.parse(form().encode(claim, ISSUER_SIGNER))), **changes}


def test_a_limit_of_an_accreditation_cannot_be_dropped_by_its_holder():
    payload = accreditation_payload()
    limit = disclose("jurisdictions", payload.pop("jurisdictions"), salt=SALT)
    hidden = {**payload, "_sd": [limit.digest]}
    for shown in (resigned(hidden), resigned(hidden, limit)):
        with pytest.raises(MalformedCredential):
            form().read(shown, keys=keys)


@pytest.mark.parametrize(
    "changes",
    [{"topics": ["WIZARD"]}, {"topics": ["INVESTOR"] * 2}, {"path_length": 9}, {"claim_issuer": "did:web:Bank.example"}],
)
def test_an_accreditation_that_the_vocabulary_refuses_is_no_credential(changes):
    with pytest.raises(MalformedCredential):
        form().read(resigned(accreditation_payload(**changes)), keys=keys)


@pytest.mark.parametrize("name", ["nbf", "exp"])
@pytest.mark.parametrize("seconds", [-62135596801, 253402300800, 2**55, 2**56, 2**62, 2**63, 10**30, -(2**62)])
def test_a_time_outside_the_calendar_is_refused(name, seconds):
    with pytest.raises(MalformedCredential):
        presented({**payload_of(ada()), name: seconds}, SdJwt("", ()), types=TYPES)
    parts = ({"typ": "dc+sd-jwt"}, {**payload_of(ada()), name: seconds})
    unsigned = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    report = verify_sd_jwt_vc(f"{unsigned}.AAAA~", keys=keys, types=TYPES, instant=NOW, binding=None)
    assert report.check("credential").reason == "malformed_credential"


@pytest.mark.parametrize("name", ["iss", "sub", "jti", "nbf", "exp", "vct", "vct#integrity", "cnf", "status"])
def test_what_must_always_be_shown_cannot_be_disclosed_selectively(name):
    payload = payload_of(ada())
    hidden = disclose(name, payload.pop(name), salt=SALT)
    with pytest.raises(jose.ExpiryMissing if name == "exp" else MalformedCredential):
        form().read(resigned({**payload, "_sd": [hidden.digest]}, hidden), keys=keys)


def test_a_part_of_what_must_always_be_shown_cannot_be_disclosed_selectively():
    payload = payload_of(ada())
    hidden = disclose("idx", 7, salt=SALT)
    payload["status"] = {"status_list": {"uri": STATUS_LIST, "_sd": [hidden.digest]}}
    with pytest.raises(MalformedCredential):
        form().read(resigned(payload, hidden), keys=keys)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "http://issuer.example"),
        ("iss", 5),
        ("iss", None),
        ("sub", "did:key:z6Mk"),
        ("sub", None),
        ("jti", ["x"]),
        ("jti", "no uri"),
        ("nbf", "0"),
        ("nbf", True),
        ("exp", 10**15),
        ("vct", "https://other.example/credential-types/INVESTOR"),
        ("vct", "https://issuer.example/credential-types/WIZARD"),
        ("vct", None),
        ("vct#integrity", None),
        ("vct#integrity", "md5-x"),
        ("cnf", {}),
        ("cnf", {"jwk": {**WALLET.public_key.jwk(), "d": "x"}}),
        ("status", {}),
        ("status", {"status_list": {"idx": True, "uri": STATUS_LIST}}),
        ("status", {"status_list": {"idx": 7, "uri": STATUS_LIST}, "more": 1}),
        ("more", 1),
        ("country", "ZZ"),
        ("country", None),
        ("_sd_alg", "md5"),
    ],
)
def test_a_well_signed_payload_of_another_form_is_refused(name, value):
    with pytest.raises(Refused) as caught:
        form().read(resigned({**payload_of(ada()), name: value}), keys=keys)
    assert caught.type.__name__ in ("MalformedCredential", "MalformedSdJwt", "ExpiryMissing", "MalformedToken")


def test_a_disclosure_of_another_credential_is_refused():
    stranger = disclose("country", "CH", salt=SALT)
    with pytest.raises(DisclosureMismatch):
        form().read(SdJwt(ada().issuer_jwt, (stranger,)), keys=keys)


@pytest.mark.parametrize(("name", "value"), [("country", "ZZ"), ("country", None), ("shoe_size", "40"), ("birthdate", 1815)])
def test_an_attribute_that_the_vocabulary_does_not_know_is_refused_even_when_disclosed(name, value):
    hidden = disclose(name, value, salt=SALT)
    with pytest.raises(MalformedCredential):
        form().read(resigned({**payload_of(ada()), "_sd": [hidden.digest]}, hidden), keys=keys)


def test_another_issuer_s_key_type_or_algorithm_does_not_do():
    with pytest.raises(BadSignature):
        form().read(SdJwt.parse(form().encode(a_claim(), Ed25519Signer(bytes(32), kid=ISSUER_SIGNER.kid))), keys=keys)
    with pytest.raises(jose.WrongTokenType):
        form().read(resigned(payload_of(ada()), typ="vc+sd-jwt"), keys=keys)
    with pytest.raises(jose.AlgorithmNotAllowed):
        form().read(ada(), keys=keys, algorithms=["ES256"])
    with pytest.raises(jose.UnknownKey):
        form().read(SdJwt.parse(form().encode(a_claim(claim_issuer="did:web:other.example"), ISSUER_SIGNER)), keys=keys)


def test_the_type_s_metadata_is_what_its_integrity_is_over():
    kind = claim_type("INVESTOR")
    document = TYPES.document(kind)
    assert TYPES.integrity(kind) == "sha256-" + b64encode(sha256(document).digest()).decode()
    described = json.loads(document)
    assert described["vct"] == TYPES.vct(kind)
    assert {claim["path"][0]: claim["sd"] for claim in described["claims"]} == {"sub": "never", **dict.fromkeys(ADA, "always")}


@pytest.mark.parametrize("base", ["", "issuer.example", "https://issuer.example/", "ftp://issuer.example", "https://a b"])
def test_a_base_that_is_no_web_address_makes_no_types(base):
    with pytest.raises(InvalidCredentialTypes):
        CredentialTypes(base)


@pytest.mark.parametrize(
    "vct", ["", "INVESTOR", "https://issuer.example/credential-types/", "https://issuer.example/x/INVESTOR", None, 5]
)
def test_another_publisher_s_type_is_unknown(vct):
    with pytest.raises(UnknownCredentialType):
        TYPES.claim_type_of(vct)
