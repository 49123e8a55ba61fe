"""did:key and base58btc."""

import time

import pytest
from did_builders import HOSTILE, NO_TEXT, public_keys, vector
from hypothesis import example, given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from claim_issuers.encodings import base58
from claim_issuers.encodings.base58 import MalformedBase58
from claim_issuers.identifiers.did import MalformedDid
from claim_issuers.identifiers.did_key import did_key, did_key_method_id, public_key_of_did_key
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import Ed25519PublicKey

PUBLISHED = vector("did_key")
OURS = [(kind, one) for kind in ("Ed25519", "P-256", "secp256k1") for one in PUBLISHED[kind]]
IDS = [one["did"][8:18] for _, one in OURS]
ED25519 = PUBLISHED["Ed25519"][0]["did"]
ED25519_BYTES = base58.decode(PUBLISHED["Ed25519"][0]["publicKeyBase58"])
P256_BYTES = base58.decode(PUBLISHED["P-256"][-1]["publicKeyBase58"])
SECP256K1_BYTES = base58.decode(PUBLISHED["secp256k1"][0]["publicKeyBase58"])


def a_did(value: bytes) -> str:
    return "did:key:z" + base58.encode(value)


@pytest.mark.parametrize(("kind", "published"), OURS, ids=IDS)
def test_a_published_did_key_is_read_and_written_back(kind, published):
    key = public_key_of_did_key(published["did"])
    assert key.jwk()["crv"] == kind
    assert did_key(key) == published["did"]


@pytest.mark.parametrize("published", [one for _, one in OURS if "publicKeyJwk" in one], ids=lambda one: one["did"][8:18])
def test_a_published_did_key_is_the_jwk_published_with_it(published):
    assert public_key_of_did_key(published["did"]) == public_key_from_jwk(published["publicKeyJwk"])
    assert did_key(public_key_from_jwk(published["publicKeyJwk"])) == published["did"]


@pytest.mark.parametrize("published", [one for _, one in OURS if "publicKeyBase58" in one], ids=lambda one: one["did"][8:18])
def test_a_published_did_key_holds_the_raw_key_published_with_it(published):
    assert base58.decode(published["did"].removeprefix("did:key:z"))[2:] == base58.decode(published["publicKeyBase58"])


@pytest.mark.parametrize("published", [one for _, one in OURS if "seed" in one], ids=lambda one: one["did"][8:18])
def test_a_published_seed_leads_to_its_did_key(published):
    key = SigningKey(bytes.fromhex(published["seed"])).verify_key
    assert did_key(Ed25519PublicKey(bytes(key))) == published["did"]


@pytest.mark.parametrize("published", [one for _, one in OURS], ids=IDS)
def test_the_verification_method_of_a_did_key_is_named_as_published(published):
    assert did_key_method_id(published["did"]) == published["verificationMethod"]


@pytest.mark.parametrize("did", PUBLISHED["other_kinds"], ids=lambda did: did[8:18])
def test_a_published_did_key_of_another_kind_is_refused(did):
    with pytest.raises(MalformedDid):
        public_key_of_did_key(did)


@given(public_keys)
def test_a_key_is_read_back_from_its_did_key(key):
    assert public_key_of_did_key(did_key(key)) == key


@given(st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", min_size=44, max_size=50))
@example(ED25519.removeprefix("did:key:z"))
@example("1" + ED25519.removeprefix("did:key:z"))
def test_a_text_that_is_accepted_is_the_one_that_we_write(text):
    try:
        key = public_key_of_did_key("did:key:z" + text)
    except MalformedDid:
        return
    assert did_key(key) == "did:key:z" + text


@pytest.mark.parametrize(
    "did",
    [
        ED25519.removeprefix("did:key:"),
        ED25519.replace("did:key", "did:jwk"),
        ED25519.replace("did:key", "DID:key"),
        ED25519.replace("did:key", "did:Key"),
        f" {ED25519}",
        f"{ED25519}\n",
        f"{ED25519}#{ED25519[8:]}",
        f"{ED25519}?versionId=1",
        ED25519.replace(":z6", ":Z6"),
        ED25519.replace(":z6", ":6"),
        ED25519.replace(":z6", ":u6"),
        ED25519.replace(":z6", ":z0"),
        ED25519.replace(":z6", ":zl"),
        ED25519[:-1],
        f"{ED25519}1",
        "did:key:z",
        "did:key:",
        "did:key:z" + "1" * 128,
        "did:key:z" + "1" * 129,
    ],
)
def test_a_did_key_that_is_mistyped_is_refused(did):
    with pytest.raises(MalformedDid):
        public_key_of_did_key(did)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\xed",
        b"\xed\x01",
        b"\xed\x01" + ED25519_BYTES[:-1],
        b"\xed\x01" + ED25519_BYTES + b"\0",
        # the multicodec as two bytes and as a longer varint
        b"\x00\xed" + ED25519_BYTES,
        b"\xed\x81\x00" + ED25519_BYTES,
        # x25519-pub, ed25519-priv, identity
        b"\xec\x01" + ED25519_BYTES,
        b"\x80\x26" + ED25519_BYTES,
        b"\x00" + ED25519_BYTES,
        # of small order, under which forged signatures verify, and y above the field's prime
        b"\xed\x01" + b"\x01" + bytes(31),
        b"\xed\x01" + bytes(32),
        b"\xed\x01" + b"\xff" * 31 + b"\x7f",
        b"\x80\x24" + P256_BYTES[:-1],
        b"\x80\x24" + P256_BYTES + b"\0",
        b"\x80\x24" + b"\x04" + P256_BYTES[1:],
        b"\x80\x24" + b"\x00" + P256_BYTES[1:],
        # x that no point of P-256 has, and the point at infinity
        b"\x80\x24" + b"\x02" + b"\xff" * 32,
        b"\x80\x24" + b"\x00",
        b"\xe7\x01" + SECP256K1_BYTES[:-1],
        b"\xe7\x01" + b"\x04" + SECP256K1_BYTES[1:],
        b"\xe7\x01" + b"\x02" + b"\xff" * 32,
        b"\xe7\x01" + b"\x02" + bytes(32),
        # a key under the name of another curve
        b"\xed\x01" + P256_BYTES,
        b"\xe7\x01" + ED25519_BYTES,
    ],
    ids=lambda value: value.hex()[:12] + f"-{len(value)}",
)
def test_bytes_that_are_no_key_are_refused(value):
    with pytest.raises(MalformedDid):
        public_key_of_did_key(a_did(value))


def test_an_uncompressed_point_is_refused():
    for kind, prefix in (("P-256", b"\x80\x24"), ("secp256k1", b"\xe7\x01")):
        key = public_key_of_did_key(PUBLISHED[kind][0]["did"])
        with pytest.raises(MalformedDid):
            public_key_of_did_key(a_did(prefix + key.value))


@pytest.mark.parametrize("text", [*NO_TEXT, *HOSTILE], ids=lambda text: f"{text!r:.12}")
def test_what_is_no_did_key_at_all_is_refused(text):
    for refuse in (public_key_of_did_key, did_key_method_id):
        with pytest.raises(MalformedDid):
            refuse(text)


def test_a_long_did_key_is_refused_before_any_arithmetic():
    began = time.perf_counter()
    with pytest.raises(MalformedDid):
        public_key_of_did_key("did:key:z" + "z" * 10_000_000)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("key", [None, b"\x01" * 32, "z6Mk", object])
def test_only_a_public_key_becomes_a_did_key(key):
    with pytest.raises(MalformedDid):
        did_key(key)


@pytest.mark.parametrize("published", vector("did_key_base58")["vectors"], ids=lambda one: one["base58"][:8])
def test_base58_is_written_and_read_as_published(published):
    value = bytes.fromhex(published["hex"])
    assert base58.encode(value) == published["base58"]
    assert base58.decode(published["base58"]) == value


@given(st.binary(max_size=93))
@example(b"")
@example(bytes(93))
def test_bytes_are_read_back_from_base58(value):
    assert base58.decode(base58.encode(value)) == value


@given(st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=128))
def test_every_base58_text_is_the_only_one_of_its_value(text):
    assert base58.encode(base58.decode(text)) == text


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "2 ", "2\n", "-", "é", "1" * 129, b"2NEpo", None, 7, "\0"])
def test_what_is_not_base58_is_refused(text):
    with pytest.raises(MalformedBase58):
        base58.decode(text)
