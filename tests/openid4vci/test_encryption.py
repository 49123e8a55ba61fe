"""Encrypted requests and responses (OpenID4VCI 1.0 §10), judged by the library that a wallet would use."""

import json
from hashlib import sha256
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey

from claim_issuers.encodings.base64url import encode
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.openid4vci.encryption import ENC_VALUES, RequestKey, ResponseEncryption
from identity_service.openid4vci.protocol_errors import EncryptionParametersInvalid

PRIVATE = ECKey.generate_key("P-256")
PUBLIC = {**PRIVATE.as_dict(private=False), "alg": "ECDH-ES", "use": "enc", "kid": "wallet-1"}
OURS = RequestKey.derive(lambda part: sha256(bytes([part])).digest())


def wanted(**changes: Any) -> dict[str, Any]:
    members = {"jwk": PUBLIC, "enc": "A256GCM", **changes}
    return {name: value for name, value in members.items() if value is not None}


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_the_wallet_opens_what_was_encrypted_for_it(enc: str) -> None:
    opened = jwe.decrypt_compact(ResponseEncryption.parse(wanted(enc=enc)).encrypt({"credentials": ["ü"]}), PRIVATE)
    header = opened.headers()
    assert json.loads(opened.plaintext or b"") == {"credentials": ["ü"]}
    assert (header["alg"], header["enc"], header["kid"], "zip" in header) == ("ECDH-ES", enc, "wallet-1", False)


def test_a_key_without_a_name_gets_no_kid() -> None:
    jwk = {name: value for name, value in PUBLIC.items() if name not in ("kid", "use")}
    opened = jwe.decrypt_compact(ResponseEncryption.parse(wanted(jwk=jwk)).encrypt({}), PRIVATE)
    assert "kid" not in opened.headers()


def test_each_response_has_a_fresh_key() -> None:
    encryption = ResponseEncryption.parse(wanted())
    assert encryption.encrypt({}).split(".")[0] != encryption.encrypt({}).split(".")[0]


REFUSED: dict[str, object] = {
    "not an object": "encrypt",
    "no key": wanted(jwk=None),
    "a key that is a text": wanted(jwk="key"),
    "no enc": wanted(enc=None),
    "an enc without authentication of ours": wanted(enc="A128CBC-HS256"),
    "enc that is a list": wanted(enc=["A256GCM"]),
    "compressed": wanted(zip="DEF"),
    "no alg": wanted(jwk={**PUBLIC, "alg": None}),
    "alg missing": wanted(jwk={name: value for name, value in PUBLIC.items() if name != "alg"}),
    "another alg": wanted(jwk={**PUBLIC, "alg": "RSA-OAEP"}),
    "a key for signatures": wanted(jwk={**PUBLIC, "use": "sig"}),
    "a private key": wanted(jwk={**PRIVATE.as_dict(private=True), "alg": "ECDH-ES"}),
    "another curve": wanted(jwk={**Ed25519Signer(bytes(32)).public_key.jwk(), "alg": "ECDH-ES"}),
    "a point off the curve": wanted(jwk={**PUBLIC, "y": encode(bytes(32))}),
    "a kid that is a number": wanted(jwk={**PUBLIC, "kid": 1}),
    "a kid that is endless": wanted(jwk={**PUBLIC, "kid": "k" * 257}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_we_cannot_encrypt_for_is_refused(case: str) -> None:
    with pytest.raises(EncryptionParametersInvalid) as refused:
        ResponseEncryption.parse(REFUSED[case])
    assert refused.value.error == "invalid_encryption_parameters"


def to_us(plaintext: bytes, *, algorithms: list[str] | None = None, **header: Any) -> str:
    protected = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": OURS.public_jwk()["kid"], **header}
    named = {name: value for name, value in protected.items() if value is not None}
    return jwe.encrypt_compact(named, plaintext, ECKey.import_key(OURS.public_jwk()), algorithms=algorithms)


@pytest.mark.parametrize("header", [{}, {"enc": "A256GCM"}, {"kid": None}, {"cty": "json"}])
def test_we_open_what_a_wallet_encrypts_for_us(header: dict[str, Any]) -> None:
    assert OURS.decrypt(to_us(b'{"credential_configuration_id": "INVESTOR"}', **header)) == {
        "credential_configuration_id": "INVESTOR"
    }


def test_our_key_is_public_and_always_the_same() -> None:
    again = RequestKey.derive(lambda part: sha256(bytes([part])).digest()).public_jwk()
    assert again == OURS.public_jwk()
    assert set(again) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_request_for_another_key_or_with_other_algorithms_is_refused() -> None:
    other = RequestKey.derive(lambda part: bytes([part + 9]) * 32)
    for text in (
        to_us(b"{}", enc="A128CBC-HS256", algorithms=["ECDH-ES", "A128CBC-HS256"]),
        to_us(b"{}", alg="ECDH-ES+A128KW", algorithms=["ECDH-ES+A128KW", "A128GCM"]),
        to_us(b"{}", zip="DEF", algorithms=["ECDH-ES", "A128GCM", "DEF"]),
        to_us(b"{}", kid="key-1"),
    ):
        with pytest.raises(EncryptionParametersInvalid):
            OURS.decrypt(text)
    with pytest.raises(EncryptionParametersInvalid):
        other.decrypt(to_us(b"{}", kid=None))


@pytest.mark.parametrize("plaintext", [b"", b"[]", b'{"a": 1, "a": 2}', b"\xff", b"null"])
def test_what_is_inside_is_one_json_object(plaintext: bytes) -> None:
    with pytest.raises(EncryptionParametersInvalid):
        OURS.decrypt(to_us(plaintext))


def test_changed_and_broken_requests_are_refused() -> None:
    text = to_us(b"{}")
    head, key, iv, body, tag = text.split(".")
    epk_off_the_curve = encode(
        json.dumps(
            {
                "alg": "ECDH-ES",
                "enc": "A128GCM",
                "epk": {"kty": "EC", "crv": "P-256", "x": encode(bytes(32)), "y": encode(bytes([1]) * 32)},
            }
        ).encode()
    )
    no_epk = encode(b'{"alg":"ECDH-ES","enc":"A128GCM"}')
    crooked_epk = encode(b'{"alg":"ECDH-ES","enc":"A128GCM","epk":7}')
    for broken in (
        "",
        "a.b.c",
        "....",
        ".".join((head, key, iv, body, encode(bytes(16)))),
        ".".join((head, key, encode(bytes(12)), body, tag)),
        ".".join((head, key, "", body, tag)),
        ".".join((head, "AAAA", iv, body, tag)),
        ".".join((head, key, iv, body + "=", tag)),
        ".".join((epk_off_the_curve, key, iv, body, tag)),
        ".".join((no_epk, key, iv, body, tag)),
        ".".join((crooked_epk, key, iv, body, tag)),
        "x" * 200_000,
    ):
        with pytest.raises(EncryptionParametersInvalid):
            OURS.decrypt(broken)
