"""did:web: the DID, the address of its document and the issuer's URL name one place."""

import pytest
from did_builders import HOSTILE, NO_TEXT, vector
from hypothesis import assume, example, given
from hypothesis import strategies as st

from claim_issuers.identifiers.did import MalformedDid, checked_did
from claim_issuers.identifiers.did_web import did_of_document_url, did_of_issuer, did_web, document_url, issuer_url

PUBLISHED = vector("did_web")["documents"]
IDS = [one["did"] for one in PUBLISHED]
OTHER_METHODS = ["did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "did:pkh:eip155:1:0xab", "did:ex:a%20b", "did:webs:a"]

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
hosts = st.builds(
    lambda front, last: ".".join([*front, last]), st.lists(labels, max_size=3), st.sampled_from(["example", "ch", "xn--p1ai"])
)
ports = st.one_of(st.just(""), st.integers(1, 65535).filter(lambda port: port != 443).map(lambda port: f":{port}"))
segments = st.text("ABCZabcz019._-", min_size=1, max_size=8).filter(lambda segment: segment not in (".", ".."))
paths = st.lists(segments, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))
places = st.builds(lambda host, port, path: host + port + path, hosts, ports, paths).filter(
    lambda place: place.partition("/")[2] != ".well-known"
)


@pytest.mark.parametrize("published", PUBLISHED, ids=IDS)
def test_the_document_of_a_published_did_lies_where_the_method_says(published):
    assert document_url(published["did"]) == published["url"]
    assert did_of_document_url(published["url"]) == published["did"]


@pytest.mark.parametrize("published", PUBLISHED, ids=IDS)
def test_a_published_did_is_written_from_its_place(published):
    place = published["url"].removeprefix("https://").removesuffix("/did.json").removesuffix("/.well-known")
    assert did_web(place) == published["did"]
    assert issuer_url(published["did"]) == f"https://{place}"
    assert checked_did(published["did"]) == published["did"]


@given(places)
@example("127.0.0.1:8765/claim-issuers/01h")
@example("localhost")
@example("a.example/.well-known/b")
@example("a.example/did.json")
@example("a.example/b/.well-known")
def test_the_three_forms_are_read_back_into_each_other(place):
    did = did_web(place)
    assert checked_did(did) == did
    assert issuer_url(did) == f"https://{place}"
    assert did_of_issuer(issuer_url(did)) == did
    assert did_of_document_url(document_url(did)) == did


@given(places, places)
@example("a.example", "a.example/did.json")
@example("a.example/.well-known/b", "a.example/b")
def test_two_places_share_neither_did_nor_document_nor_issuer_url(one, other):
    assume(one != other)
    dids = did_web(one), did_web(other)
    assert len(set(dids)) == len({*map(document_url, dids)}) == len({*map(issuer_url, dids)}) == 2


@given(st.text("aA./:%3@?#-_0", max_size=12))
def test_an_issuer_url_that_is_accepted_is_the_one_that_we_write(rest):
    try:
        did = did_of_issuer("https://" + rest)
    except MalformedDid:
        return
    assert issuer_url(did) == "https://" + rest


@given(st.text("aA./:%3@?#-_04", max_size=12))
def test_a_did_web_that_is_accepted_is_the_one_that_we_write(rest):
    try:
        url = issuer_url("did:web:" + rest)
    except MalformedDid:
        return
    assert did_of_issuer(url) == "did:web:" + rest


@pytest.mark.parametrize("did", OTHER_METHODS)
def test_the_issuer_of_another_method_is_named_by_its_did(did):
    assert issuer_url(did) == did
    assert did_of_issuer(did) == did


def test_a_did_web_is_no_iss_because_its_url_is():
    with pytest.raises(MalformedDid):
        did_of_issuer("did:web:issuer.example")


PLACES = [
    "",
    "/",
    "a.example/",
    "a.example//b",
    "a.example/b/",
    "a.example/./b",
    "a.example/../b",
    "a.example/..",
    "a.example/.",
    "a.example/.well-known",
    "a.example/b?c=d",
    "a.example?c=d",
    "a.example#b",
    "a.example/b#c",
    "a.example/%41",
    "a.example/b c",
    "a.example/b:c",
    "a.example/~b",
    "a.example/é",
    "a.example/b\\c",
    "u@a.example",
    "u:p@a.example",
    "A.example",
    "a.Example",
    "é.example",
    "a_b.example",
    "-a.example",
    "a-.example",
    "a..example",
    ".a.example",
    "a.example.",
    "a" * 64 + ".example",
    ".".join(["a" * 60] * 5),
    "a.example:",
    "a.example:0",
    "a.example:080",
    "a.example:443",
    "a.example:443/b",
    "a.example:65536",
    "a.example:99999",
    "a.example:+80",
    "a.example:8 0",
    "a.example:٨٠",
    "a.example:80:80",
    "[::1]",
    "[::1]:8080",
    "127.1",
    "127.0.0.01",
    "1",
    "2130706433",
    "256.0.0.1",
    "1.2.3.4.5",
    "0x7f.1",
    "127.0.0.0x1",
    "a.example\n",
    " a.example",
    "a.example\0",
    # one character more than a DID may have, and more than is read at all
    "a.example/" + "b" * 2031,
    "a.example/" + "b" * 2040,
]


@pytest.mark.parametrize(
    "place", [*PLACES, "https://a.example", "http://a.example", "//a.example"], ids=lambda place: f"{place!r:.32}"
)
def test_a_place_that_is_no_did_web_is_refused(place):
    with pytest.raises(MalformedDid):
        did_web(place)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place!r:.32}")
def test_an_issuer_url_of_no_such_place_is_refused(place):
    with pytest.raises(MalformedDid):
        did_of_issuer(f"https://{place}")


@pytest.mark.parametrize(
    "iss", ["http://a.example", "HTTPS://a.example", "https:a.example", "https:/a.example", "a.example", "ftp://a"]
)
def test_an_issuer_url_that_is_not_https_is_refused(iss):
    with pytest.raises(MalformedDid):
        did_of_issuer(iss)


@pytest.mark.parametrize(
    "did",
    [
        "did:web:",
        "did:web:a.example:",
        "did:web::a.example",
        "did:web:a.example::b",
        "did:web:a.example/b",
        "did:web:a.example#key",
        "did:web:a.example?x=1",
        "did:web:A.example",
        "did:web:a.example%3a8080",
        "did:web:a.example%3A",
        "did:web:a.example%3A443",
        "did:web:a.example%3A0",
        "did:web:a.example%3A65536",
        "did:web:a.example%2Fb",
        "did:web:a.example:%2E%2E",
        "did:web:a.example:%62",
        "did:web:a.example:.",
        "did:web:a.example:..:b",
        "did:web:a.example:.well-known",
        "did:web:u%40a.example",
        "did:web:127.1",
        "did:web:" + ".".join(["a" * 60] * 5),
        "did:web:a.example\n",
        "DID:web:a.example",
        "did:WEB:a.example",
        "did:web:a.example:" + "b" * 2048,
    ],
    ids=lambda did: f"{did!r:.40}",
)
def test_a_did_web_of_no_place_is_refused(did):
    for refuse in (issuer_url, document_url):
        with pytest.raises(MalformedDid):
            refuse(did)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "https://a.example/did.json",
        "https://a.example/.well-known",
        "https://a.example/.well-known/did.json/",
        "https://a.example/b/DID.json",
        "https://a.example/bdid.json",
        "https://a.example//did.json",
        "https://a.example/b/did.json?x=1",
        "https://a.example/b/did.json#key",
        "https://a.example:443/.well-known/did.json",
        "https://.well-known/did.json",
        "http://a.example/.well-known/did.json",
        "https://u@a.example/.well-known/did.json",
        "a.example/.well-known/did.json",
    ],
)
def test_an_address_where_no_document_lies_is_refused(url):
    with pytest.raises(MalformedDid):
        did_of_document_url(url)


def test_a_did_of_another_method_has_no_document_address():
    for did in OTHER_METHODS:
        with pytest.raises(MalformedDid):
            document_url(did)


def test_the_longest_did_web_is_read_back():
    did = did_web("a.example:8080/" + "b" * (2048 - len("did:web:a.example%3A8080:")))
    assert len(did) == 2048
    assert did_of_issuer(issuer_url(did)) == did


@pytest.mark.parametrize("text", [*NO_TEXT, *HOSTILE], ids=lambda text: f"{text!r:.12}")
def test_what_is_no_identifier_at_all_is_refused(text):
    for refuse in (did_web, document_url, did_of_document_url, issuer_url, did_of_issuer, checked_did):
        with pytest.raises(MalformedDid):
            refuse(text)


@pytest.mark.parametrize(
    "text",
    [
        "did:web:",
        "did:web:a:",
        "DID:web:a",
        "did:Web:a",
        "did::a",
        "did:web:a#key",
        "did:web:a/b",
        "did:web:a?b",
        "did:web:a\n",
        "did:web:%zz",
        "did:web:%4",
        "did:web:é",
        "did:ex:" + "a" * 2042,
    ],
)
def test_a_text_that_is_no_did_is_refused(text):
    with pytest.raises(MalformedDid):
        checked_did(text)


@pytest.mark.parametrize("did", [*OTHER_METHODS, "did:ex::a", "did:ex:a:b:c", "did:ex:" + "a" * 2041])
def test_a_did_of_any_method_passes_the_general_check(did):
    assert checked_did(did) == did
