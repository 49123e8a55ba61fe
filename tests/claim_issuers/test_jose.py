"""The strict JOSE wrapper: what it makes it accepts, and every laxity it exists for is refused by its own error."""

import json

import jwt
import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.clock import unix_seconds
from claim_issuers.encodings.base64url import encode
from claim_issuers.errors import DomainError, Refused
from claim_issuers.formats.jose import (
    ALGORITHMS,
    AlgorithmNotAllowed,
    CriticalHeader,
    ExpiryMissing,
    KeyInToken,
    MalformedToken,
    TokenExpired,
    TokenNotYetValid,
    TokenTooLarge,
    UnknownKey,
    VerifiedToken,
    WrongTokenType,
    sign_compact,
    verify_compact,
)
from claim_issuers.keys.curves import P256_ORDER, SECP256K1_ORDER, BadSignature, NonCanonicalSignature
from claim_issuers.keys.signers import Ed25519Signer, P256Signer, Secp256k1Signer

SIGNERS = {
    signer.alg: signer for signer in (Ed25519Signer(bytes(32)), Secp256k1Signer(bytes([1]) * 32), P256Signer(bytes([1]) * 32))
}
SIGNER = SIGNERS["EdDSA"]
EXPIRY = unix_seconds(NOW) + 300
PAYLOAD = {"sub": "somebody", "exp": EXPIRY}
KEYS = {signer.kid: signer.public_key for signer in SIGNERS.values()}


def signed(header: object = None, payload: object = None, signer=SIGNER, **header_changes: object) -> str:
    """A token signed over exactly these bytes or values, however wrong they are."""
    plain = {"alg": signer.alg, "kid": signer.kid, "typ": "demo+jwt", **header_changes}
    parts = [plain if header is None else header, PAYLOAD if payload is None else payload]
    texts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts]
    signing_input = ".".join(encode(text) for text in texts)
    return f"{signing_input}.{encode(signer.sign(signing_input.encode()))}"


def verified(token: str, **changes: object) -> VerifiedToken:
    settings = {"keys": KEYS.__getitem__, "algorithms": ALGORITHMS, "typ": "demo+jwt"}
    return verify_compact(token, **{**settings, **changes})


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_we_sign_we_accept(alg):
    token = sign_compact("demo+jwt", PAYLOAD, SIGNERS[alg], {"cty": "x"})
    read = verified(token)
    assert read.payload == PAYLOAD
    assert read.header == {"alg": alg, "cty": "x", "kid": SIGNERS[alg].kid, "typ": "demo+jwt"}


def test_signing_twice_gives_the_same_token():
    assert sign_compact("demo+jwt", PAYLOAD, SIGNER) == sign_compact("demo+jwt", dict(reversed(PAYLOAD.items())), SIGNER)


def test_extra_headers_cannot_replace_the_algorithm_the_kid_or_the_type():
    token = sign_compact("demo+jwt", PAYLOAD, SIGNER, {"alg": "none", "typ": "other", "kid": "x"})
    assert verified(token).header == {"alg": "EdDSA", "kid": SIGNER.kid, "typ": "demo+jwt"}


def test_another_library_accepts_what_we_sign():
    token = sign_compact("demo+jwt", PAYLOAD, SIGNERS["ES256"])
    key = jwt.PyJWK(SIGNERS["ES256"].public_jwk()).key
    assert jwt.decode(token, key, algorithms=["ES256"], options={"verify_exp": False}) == PAYLOAD


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=8),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=6,
        ),
        max_size=5,
    )
)
def test_any_json_payload_reads_back(payload):
    assert verified(sign_compact("demo+jwt", payload, SIGNER), require_exp=False).payload == payload


def test_padding_is_refused():
    with pytest.raises(MalformedToken):
        verified(signed() + "==")


def test_unused_bits_in_the_last_character_are_refused():
    token = signed()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    with pytest.raises(MalformedToken):
        verified(token[:-1] + alphabet[alphabet.index(token[-1]) + 1])


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "..", "ä.b.c", signed() + "\n", " " + signed(), "e30.e30"])
def test_what_is_not_three_base64url_parts_is_refused(token):
    with pytest.raises(MalformedToken):
        verified(token)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"exp": 1, "exp": 1900000000}',
        b'{"exp": 1900000000, "a": {"b": 1, "b": 2}}',
        b'{"exp": NaN}',
        b'{"exp": 1900000000, "x": 1e400}',
        b'{"exp": 1900000000, "x": "\\ud800"}',
        b'{"exp": 1900000000, "x": "\xff"}',
        b'{"exp": ' + b"9" * 5000 + b"}",
        b"[" * 20000,
        b"[]",
        b"1",
        b"",
        b'{"exp": 1900000000} x',
    ],
)
def test_a_payload_two_parsers_could_read_differently_is_refused(payload):
    with pytest.raises(MalformedToken):
        verified(signed(payload=payload))


def test_a_header_that_names_a_member_twice_is_refused():
    header = json.dumps({"alg": "EdDSA", "kid": SIGNER.kid, "typ": "demo+jwt"})[:-1] + ', "alg": "none"}'
    with pytest.raises(MalformedToken):
        verified(signed(header=header.encode()))


@pytest.mark.parametrize("typ", [None, "JWT", "Demo+JWT", "application/demo+jwt", ["demo+jwt"]])
def test_another_type_is_refused(typ):
    with pytest.raises(WrongTokenType):
        verified(signed(typ=typ))


def test_a_missing_type_is_refused():
    with pytest.raises(WrongTokenType):
        verified(signed(header={"alg": "EdDSA", "kid": SIGNER.kid}))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "eddsa", None, ["EdDSA"], 5])
def test_another_algorithm_is_refused(alg):
    with pytest.raises(AlgorithmNotAllowed):
        verified(signed(alg=alg))


def test_an_algorithm_the_caller_did_not_choose_is_refused():
    with pytest.raises(AlgorithmNotAllowed):
        verified(signed(), algorithms=["ES256"])
    with pytest.raises(AlgorithmNotAllowed):
        verified(signed(), algorithms="EdDSA")


def test_a_key_of_another_algorithm_is_refused():
    with pytest.raises(AlgorithmNotAllowed):
        verified(signed(kid=SIGNERS["ES256"].kid))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_in_the_header_is_refused(name):
    with pytest.raises(KeyInToken):
        verified(signed(**{name: SIGNER.public_jwk()}))


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"b64": True}])
def test_critical_extensions_are_refused(header):
    with pytest.raises(CriticalHeader):
        verified(signed(**header))


@pytest.mark.parametrize("kid", [None, "", 5, "stranger"])
def test_an_unknown_or_missing_kid_is_refused(kid):
    with pytest.raises(UnknownKey):
        verified(signed(kid=kid))


@pytest.mark.parametrize("expiry", [None, "1900000000", 1.9e9, 1e308, True, [1]])
def test_an_expiry_that_is_no_whole_number_is_refused(expiry):
    with pytest.raises(ExpiryMissing):
        verified(signed(payload={"exp": expiry}))


def test_a_missing_expiry_is_refused_unless_the_caller_says_otherwise():
    with pytest.raises(ExpiryMissing):
        verified(signed(payload={"a": 1}))
    assert verified(signed(payload={"a": 1}), require_exp=False).payload == {"a": 1}


@pytest.mark.parametrize(("alg", "order"), [("ES256", P256_ORDER), ("ES256K", SECP256K1_ORDER)])
def test_the_high_s_twin_of_a_token_is_refused(alg, order):
    signing_input = signed(signer=SIGNERS[alg]).rpartition(".")[0]
    signature = SIGNERS[alg].sign(signing_input.encode())
    twin = signature[:32] + (order - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    with pytest.raises(NonCanonicalSignature):
        verified(f"{signing_input}.{encode(twin)}")


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signature_of_another_key_is_refused(alg):
    stranger = {"EdDSA": Ed25519Signer, "ES256K": Secp256k1Signer, "ES256": P256Signer}[alg](bytes([9]) * 32)
    with pytest.raises(BadSignature):
        verified(signed(signer=stranger, kid=SIGNERS[alg].kid))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_an_empty_signature_is_refused(alg):
    with pytest.raises(Refused):
        verified(signed(signer=SIGNERS[alg]).rpartition(".")[0] + ".")


def test_a_token_over_64_kib_is_refused_before_it_is_read():
    with pytest.raises(TokenTooLarge):
        verified("x" * (64 * 1024 + 1))
    with pytest.raises(TokenTooLarge):
        verified(signed(), max_bytes=20)


@given(st.data())
def test_no_changed_token_is_accepted_and_none_raises_a_stray_exception(data):
    token = signed()
    position = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters().filter(lambda c: c != token[position]))
    with pytest.raises(DomainError):
        verified(token[:position] + character + token[position + 1 :])


@given(st.text(max_size=200))
def test_no_text_raises_a_stray_exception(text):
    with pytest.raises(Refused):
        verified(text)


def test_time_is_judged_for_one_instant():
    now = unix_seconds(NOW)
    VerifiedToken({}, {"exp": now + 1, "nbf": now, "iat": now}).check_time(NOW)
    with pytest.raises(TokenExpired):
        VerifiedToken({}, {"exp": now}).check_time(NOW)
    for name in ("nbf", "iat"):
        with pytest.raises(TokenNotYetValid):
            VerifiedToken({}, {"exp": now + 9, name: now + 1}).check_time(NOW)
        with pytest.raises(MalformedToken):
            VerifiedToken({}, {"exp": now + 9, name: "soon"}).check_time(NOW)
    with pytest.raises(ExpiryMissing):
        VerifiedToken({}, {}).check_time(NOW)
