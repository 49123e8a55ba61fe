"""The examples of the standards, run through our code; the data and where it was read are in tests/vectors."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claim_issuers import Ed25519Signer
from claim_issuers.encodings.base64url import decode, encode
from claim_issuers.encodings.canonical_json import NotCanonicalJson, canonical
from claim_issuers.encodings.strict_json import MalformedJson, parse_object
from claim_issuers.formats import jose
from claim_issuers.formats.sd_jwt import Disclosure, DisclosureMismatch, SdJwt, reveal
from claim_issuers.keys.curves import P256_ORDER, NonCanonicalSignature, is_low_s
from claim_issuers.keys.jwk import public_key_from_jwk, thumbprint

VECTORS = Path(__file__).parents[1] / "vectors"


def vector(name: str) -> dict[str, Any]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


SD_JWT = vector("rfc9901")
EXAMPLES = {example["clause"]: example for example in SD_JWT["examples"]}
NESTED = SD_JWT["nested"]
BOUND = [clause for clause, example in EXAMPLES.items() if "key_binding_payload" in example]
ISSUED = [clause for clause, example in EXAMPLES.items() if "issuance" in example]
ISSUER_KEY = public_key_from_jwk(SD_JWT["issuer_key"]["jwk"])
JCS = vector("rfc8785")
PUBLISHED_TYPES = ["example+sd-jwt", "dc+sd-jwt", "kb+jwt", None]


def has_low_s(token: str) -> bool:
    return is_low_s(int.from_bytes(decode(token.rsplit(".", 1)[1])[32:], "big"), P256_ORDER)


def read_signed(token: str, key: Any, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"typ": PUBLISHED_TYPES, "require_kid": False, "require_exp": False}
    verified = jose.verify_compact(token, keys=lambda kid: key, algorithms=["ES256"], **{**usual, **changes})
    return dict(verified.payload)


def holder_key(example: dict[str, Any]) -> Any:
    return public_key_from_jwk(example["payload"]["cnf"]["jwk"])


@pytest.mark.parametrize("file", sorted(VECTORS.glob("*.json")), ids=lambda file: file.stem)
def test_every_file_of_vectors_names_its_source(file):
    assert json.loads(file.read_text(encoding="utf-8"))["source"]


@pytest.mark.parametrize("form", ["object_property", "array_element"])
def test_a_disclosure_may_spell_its_json_in_any_way(form):
    published = SD_JWT["disclosure_forms"][form]
    *name, value = published["contents"][1:]
    for text in published["disclosures"]:
        read = Disclosure.parse(text)
        assert ([] if read.name is None else [read.name], read.value, read.text) == (name, value, text)
    assert Disclosure.parse(published["disclosures"][0]).digest == published["digest_of_first"]


@pytest.mark.parametrize("example", [*EXAMPLES.values(), *NESTED], ids=lambda example: example["clause"])
def test_every_published_disclosure_has_the_published_contents_and_digest(example):
    for published in example["disclosures"]:
        read = Disclosure.parse(published["disclosure"])
        assert read.digest == published["digest"]
        assert [*([] if read.name is None else [read.name]), read.value] == published["contents"][1:]


@pytest.mark.parametrize("clause", EXAMPLES)
def test_a_published_presentation_is_read_and_written_back_as_it_was(clause):
    text = EXAMPLES[clause]["presentation"]
    assert str(SdJwt.parse(text)) == text


@pytest.mark.parametrize("clause", EXAMPLES)
def test_a_published_presentation_reveals_the_published_claims(clause):
    example = EXAMPLES[clause]
    presentation = SdJwt.parse(example["presentation"])
    payload = jose.read_unverified(presentation.issuer_jwt).payload
    assert payload == example["payload"]
    assert reveal(payload, presentation.disclosures) == example["processed_payload"]


@pytest.mark.parametrize("clause", ISSUED)
def test_a_published_issuance_holds_the_published_disclosures_and_reveals_without_a_digest_left(clause):
    issued = SdJwt.parse(EXAMPLES[clause]["issuance"])
    assert sorted(disclosure.text for disclosure in issued.disclosures) == sorted(
        published["disclosure"] for published in EXAMPLES[clause]["disclosures"]
    )
    assert '"_sd"' not in json.dumps(reveal(EXAMPLES[clause]["payload"], issued.disclosures))


def test_a_holder_picks_the_disclosures_that_the_published_presentation_shows():
    published = EXAMPLES["5"]
    shown = SdJwt.parse(published["issuance"]).disclosing(["given_name", "family_name", "address"])
    assert {disclosure.text for disclosure in shown.disclosures} == {
        disclosure.text for disclosure in SdJwt.parse(published["presentation"]).disclosures if disclosure.name is not None
    }


def test_published_decoys_name_no_disclosure_and_do_no_harm():
    example = EXAMPLES["A.1"]
    digests = [*example["payload"]["_sd"], *example["payload"]["address"]["_sd"]]
    named = {published["digest"] for published in example["disclosures"]}
    assert sorted(set(digests) - named) == sorted(example["decoy_digests"])


def test_the_address_of_the_nested_examples_is_the_same_however_it_is_nested():
    address = {"street_address": "Schulstr. 12", "locality": "Schulpforta", "region": "Sachsen-Anhalt", "country": "DE"}
    for example in NESTED:
        disclosures = [Disclosure.parse(published["disclosure"]) for published in example["disclosures"]]
        assert reveal(example["payload"], disclosures)["address"] == address


def test_a_nested_disclosure_without_the_one_it_hangs_on_is_refused():
    recursive = next(example for example in NESTED if example["clause"] == "6.3")
    street, *_ = (Disclosure.parse(published["disclosure"]) for published in recursive["disclosures"])
    with pytest.raises(DisclosureMismatch):
        reveal(recursive["payload"], [street])


@pytest.mark.parametrize("clause", EXAMPLES)
def test_the_issuers_published_signature_verifies(clause):
    token = SdJwt.parse(EXAMPLES[clause]["presentation"]).issuer_jwt
    assert read_signed(token, ISSUER_KEY, accept_high_s=True) == EXAMPLES[clause]["payload"]


@pytest.mark.parametrize("clause", BOUND)
def test_the_holders_published_key_binding_verifies_and_binds_what_is_shown(clause):
    example = EXAMPLES[clause]
    presentation = SdJwt.parse(example["presentation"])
    assert presentation.key_binding is not None
    assert read_signed(presentation.key_binding, holder_key(example), accept_high_s=True) == example["key_binding_payload"]
    assert presentation.sd_hash == example["key_binding_payload"]["sd_hash"]


def test_a_disclosure_dropped_from_a_published_presentation_breaks_its_binding():
    example = EXAMPLES["5"]
    issuer_jwt, _, *rest = example["presentation"].split("~")
    assert SdJwt.parse("~".join([issuer_jwt, *rest])).sd_hash != example["key_binding_payload"]["sd_hash"]


def published_signatures() -> Iterator[tuple[str, str, Any]]:
    for clause, example in EXAMPLES.items():
        presentation = SdJwt.parse(example["presentation"])
        yield f"issuer of {clause}", presentation.issuer_jwt, ISSUER_KEY
        if presentation.key_binding is not None:
            yield f"holder of {clause}", presentation.key_binding, holder_key(example)
    yield "RFC 7515 A.3", vector("rfc7515")["jws"], public_key_from_jwk(vector("rfc7515")["jwk"])


def signatures(*, low: bool) -> list[Any]:
    return [pytest.param(token, key, id=name) for name, token, key in published_signatures() if has_low_s(token) is low]


@pytest.mark.parametrize(("token", "key"), signatures(low=True))
def test_a_published_low_s_signature_needs_no_switch(token, key):
    read_signed(token, key, typ=PUBLISHED_TYPES)


@pytest.mark.parametrize(("token", "key"), signatures(low=False))
def test_a_published_high_s_signature_is_refused_unless_the_caller_accepts_it(token, key):
    with pytest.raises(NonCanonicalSignature):
        read_signed(token, key, typ=PUBLISHED_TYPES)
    read_signed(token, key, typ=PUBLISHED_TYPES, accept_high_s=True)


def test_a_published_example_is_refused_for_all_that_it_lacks_by_our_usual_rules():
    token = SdJwt.parse(EXAMPLES["A.4"]["presentation"]).issuer_jwt
    with pytest.raises(jose.UnknownKey):
        read_signed(token, ISSUER_KEY, require_kid=True)
    with pytest.raises(jose.ExpiryMissing):
        read_signed(token, ISSUER_KEY, require_exp=True)
    with pytest.raises(jose.WrongTokenType):
        read_signed(token, ISSUER_KEY, typ="vc+jwt")
    with pytest.raises(jose.AlgorithmNotAllowed):
        read_signed(token, Ed25519Signer(bytes(32)).public_key)


def test_the_payload_of_rfc_7515_a3_is_read_through_its_line_breaks():
    published = vector("rfc7515")
    key = public_key_from_jwk(published["jwk"])
    assert read_signed(published["jws"], key, typ=[None], accept_high_s=True) == published["payload"]


def test_the_key_signature_and_thumbprint_of_rfc_8037_are_ours():
    published = vector("rfc8037")
    signer = Ed25519Signer(decode(published["seed"]))
    signing_input, _, signature = published["jws"].rpartition(".")
    assert signer.public_key == public_key_from_jwk(published["jwk"])
    assert encode(signer.sign(signing_input.encode())) == signature
    signer.public_key.verify(signing_input.encode(), decode(signature))
    assert thumbprint(published["jwk"]) == signer.kid == published["thumbprint"]


def test_the_jws_of_rfc_8037_is_refused_because_its_payload_is_no_json():
    published = vector("rfc8037")
    assert decode(published["jws"].split(".")[1]).decode() == published["payload"]
    with pytest.raises(jose.MalformedToken):
        read_signed(published["jws"], public_key_from_jwk(published["jwk"]), typ=[None])


def test_the_enveloped_credential_of_vc_jose_cose_is_the_credential_itself_and_refused_for_its_type_and_algorithm():
    published = vector("vc_jose")
    read = jose.read_compact(published["jws"])
    assert (read.header, read.payload) == (published["header"], published["credential"])
    faults = jose.examine(read, keys=lambda kid: ISSUER_KEY, algorithms=jose.ALGORITHMS, typ="vc+jwt")
    assert isinstance(faults.typ, jose.WrongTokenType)
    assert isinstance(faults.algorithm, jose.AlgorithmNotAllowed)


@pytest.mark.parametrize("document", JCS["documents"], ids=lambda document: document["name"])
def test_a_published_document_has_the_published_canonical_bytes(document):
    value = json.loads(document["input"])
    assert canonical(value).hex() == document["output_hex"]
    assert canonical(json.loads(canonical(value))).hex() == document["output_hex"]


@pytest.mark.parametrize("number", JCS["numbers"], ids=lambda number: number["ieee754"])
def test_a_published_number_has_the_published_text(number):
    (value,) = struct.unpack(">d", bytes.fromhex(number["ieee754"]))
    assert canonical(value).decode() == number["text"]


@pytest.mark.parametrize("number", JCS["not_numbers"], ids=lambda number: number["value"])
def test_what_is_no_number_has_no_canonical_text_and_is_not_read(number):
    (value,) = struct.unpack(">d", bytes.fromhex(number["ieee754"]))
    with pytest.raises(NotCanonicalJson):
        canonical(value)
    with pytest.raises(MalformedJson):
        parse_object(f'{{"number":{number["value"]}}}'.encode())


@pytest.mark.parametrize("document", [document for document in JCS["documents"] if document["input"].startswith("{")])
def test_our_strict_reader_reads_the_published_documents_as_python_does(document):
    assert parse_object(document["input"].encode()) == json.loads(document["input"])
    assert parse_object(bytes.fromhex(document["output_hex"])) == json.loads(document["input"])
