"""Canonical JSON: one text for each value, the same as that of the package that implements RFC 8785 and nothing else."""

import json

import pytest
import rfc8785
from builders import VALID, a_claim
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.encodings.canonical_json import NotCanonicalJson, canonical, canonical_plain
from claim_issuers.encodings.strict_json import MalformedJson, parse_array, parse_object

texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=3),
    max_leaves=12,
)


@given(values)
def test_every_value_has_the_text_that_rfc_8785_gives_it(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(plain)
def test_the_fast_way_gives_the_same_text(value):
    assert canonical_plain(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(("kind", "attributes"), VALID)
def test_a_claim_is_plain(kind, attributes):
    value = a_claim(kind=kind, attributes=attributes).as_json()
    assert canonical_plain(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {1: 2}, {"a": object()}, b"x", {"é": "\ud800"}]
)
def test_what_has_no_canonical_text_is_refused(value):
    with pytest.raises(NotCanonicalJson):
        canonical(value)


@given(st.dictionaries(texts, values, max_size=4))
def test_any_spelling_of_an_object_is_read_as_the_standard_library_reads_it(value):
    for text in (json.dumps(value), json.dumps(value, indent=1, ensure_ascii=False), canonical(value).decode()):
        assert parse_object(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    "text", [b"{}", b"1", b"null", b"[1", b'[{"a":1,"a":2}]', b"[NaN]", b"[1e400]", b'["\\ud800"]', b"[" * 65 + b"]" * 65]
)
def test_an_array_is_read_as_strictly_as_an_object(text):
    with pytest.raises(MalformedJson):
        parse_array(text)


def test_nesting_up_to_the_limit_is_read():
    assert parse_array(b"[" * 64 + b"]" * 64)
