"""Selective disclosure (RFC 9901) apart from any credential: what is revealed, and what is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.encodings.base64url import encode
from claim_issuers.errors import DomainError
from claim_issuers.formats.sd_jwt import (
    MAX_DISCLOSURES,
    Disclosure,
    DisclosureMismatch,
    MalformedSdJwt,
    SdJwt,
    disclose,
    reveal,
)

SALT = bytes(16)
NAME = disclose("name", "Ada", salt=SALT)
CITY = disclose("city", "Bern", salt=SALT)
ADDRESS = disclose("address", {"_sd": [CITY.digest], "country": "CH"}, salt=SALT)
ELEMENT = disclose(None, "DE", salt=SALT)


def test_nothing_disclosed_leaves_no_trace_of_a_digest():
    payload = {"iss": "x", "_sd_alg": "sha-256", "_sd": [NAME.digest], "nationalities": [{"...": ELEMENT.digest}, "FR"]}
    assert reveal(payload, ()) == {"iss": "x", "nationalities": ["FR"]}


def test_claims_elements_and_claims_within_disclosures_come_back_in_place():
    payload = {"_sd": [NAME.digest, ADDRESS.digest], "nationalities": [{"...": ELEMENT.digest}, "FR"]}
    assert reveal(payload, (NAME, ADDRESS, CITY, ELEMENT)) == {
        "name": "Ada",
        "address": {"country": "CH", "city": "Bern"},
        "nationalities": ["DE", "FR"],
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"), max_size=6),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
names = st.text(st.characters(codec="utf-8"), max_size=6).filter(lambda name: name not in ("_sd", "...", "_sd_alg"))


@given(st.dictionaries(names, values, max_size=6), st.data())
def test_what_is_disclosed_is_what_was_hidden_and_no_more(claims, data):
    disclosures = {
        name: disclose(name, value, salt=data.draw(st.binary(min_size=16, max_size=20))) for name, value in claims.items()
    }
    shown = data.draw(st.sets(st.sampled_from(sorted(claims)))) if claims else set()
    payload = {"_sd": sorted(disclosure.digest for disclosure in disclosures.values())}
    assert reveal(payload, [disclosures[name] for name in shown]) == {name: claims[name] for name in shown}


@given(names, values, st.binary(min_size=16, max_size=20))
def test_a_disclosure_reads_back(name, value, salt):
    written = disclose(name, value, salt=salt)
    assert Disclosure.parse(written.text) == written


@pytest.mark.parametrize(
    ("payload", "disclosures"),
    [
        ({"_sd": []}, (NAME,)),
        ({"_sd": [NAME.digest, NAME.digest]}, (NAME,)),
        ({"_sd": [CITY.digest, CITY.digest]}, ()),
        ({"_sd": [NAME.digest], "address": {"_sd": [NAME.digest]}}, (NAME,)),
        ({"_sd": [NAME.digest], "name": "Eve"}, (NAME,)),
        ({"_sd": [ELEMENT.digest]}, (ELEMENT,)),
        ({"list": [{"...": NAME.digest}]}, (NAME,)),
        ({"_sd": [ADDRESS.digest]}, (CITY,)),
    ],
)
def test_a_disclosure_that_does_not_belong_is_refused(payload, disclosures):
    with pytest.raises(DisclosureMismatch):
        reveal(payload, disclosures)


@pytest.mark.parametrize(
    "payload",
    [
        {"_sd_alg": "sha-512"},
        {"_sd_alg": None},
        {"_sd": "digest"},
        {"_sd": [1]},
        {"_sd": None},
        {"a": {"...": "x"}},
        {"a": [{"...": 1}]},
        {"a": [{"...": "x", "b": 1}]},
    ],
)
def test_digests_of_another_form_are_refused(payload):
    with pytest.raises(MalformedSdJwt):
        reveal(payload, ())


def test_disclosures_that_nest_without_end_are_refused():
    innermost = disclose("a", 1, salt=SALT)
    chain = [innermost]
    for _ in range(MAX_DISCLOSURES - 1):
        chain.append(disclose("a", {"_sd": [chain[-1].digest]}, salt=SALT))
    with pytest.raises(MalformedSdJwt):
        reveal({"_sd": [chain[-1].digest]}, chain)


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b'["s"]',
        b'["s","a","b","c"]',
        b'[1,"a","b"]',
        b'["s",1,"b"]',
        b'["s","_sd","b"]',
        b'["s","...","b"]',
        b"x",
        b'["s","a",{"b":1,"b":2}]',
    ],
)
def test_a_disclosure_of_another_form_is_refused(content):
    with pytest.raises(MalformedSdJwt):
        Disclosure.parse(encode(content))


@pytest.mark.parametrize(
    "text",
    ["", "x", "~", "~x", f"j~{NAME.text}~{NAME.text}~", "j~~", f"j~{NAME.text}=~", "j~" * 258, "j" * 200_000 + "~", None, b"j~"],
)
def test_an_sd_jwt_of_another_form_is_refused(text):
    with pytest.raises(MalformedSdJwt):
        SdJwt.parse(text)


@given(st.text(max_size=200) | st.lists(st.sampled_from(["j", NAME.text, "", "~", "k.b.s"]), max_size=6).map("~".join))
def test_what_parses_is_written_back_as_it_was(text):
    with contextlib.suppress(DomainError):
        assert str(SdJwt.parse(text)) == text


def test_the_holder_chooses_and_the_choice_is_bound():
    whole = SdJwt("j", (NAME, CITY), "kb")
    shown = whole.disclosing(["city"])
    assert (shown.disclosures, shown.key_binding, shown.bound_text) == ((CITY,), None, f"j~{CITY.text}~")
    assert shown.sd_hash != whole.sd_hash
    with pytest.raises(DisclosureMismatch):
        whole.disclosing(["age"])


def test_a_salt_below_128_bits_and_reserved_names_are_refused():
    with pytest.raises(MalformedSdJwt):
        disclose("name", "Ada", salt=bytes(15))
    for name in ("_sd", "..."):
        with pytest.raises(MalformedSdJwt):
            disclose(name, "Ada", salt=SALT)
