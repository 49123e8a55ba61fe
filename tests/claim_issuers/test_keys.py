"""Keys: published vectors, strictness, and eth-account as the judge of Ethereum signatures."""

import nacl.exceptions
import pytest
from builders import secrets
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct
from eth_keys import keys as eth_keys
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_add, crypto_core_ed25519_is_valid_point

from claim_issuers.encodings.base64url import MalformedBase64Url, decode, encode
from claim_issuers.errors import InvalidInput
from claim_issuers.keys.curves import P256_ORDER, SECP256K1_ORDER, BadSignature, NonCanonicalSignature
from claim_issuers.keys.jwk import MalformedJwk, public_key_from_jwk, thumbprint
from claim_issuers.keys.public_keys import Ed25519PublicKey, InvalidPublicKey, P256PublicKey, Secp256k1PublicKey
from claim_issuers.keys.secp256k1 import (
    compact_signature,
    eip191_digest,
    recover_address,
    recover_public_key,
    signature_encodings,
)
from claim_issuers.keys.signers import Ed25519Signer, InvalidSecretKey, P256Signer, Secp256k1Signer

# RFC 8037 appendix A, whose private key is that of RFC 8032 §7.1 test 1
RFC8037_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC8037_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
RFC8037_INPUT = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
RFC8037_SIGNATURE = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
# RFC 7515 appendix A.3, whose published signature has a high s
RFC7515_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC7515_INPUT = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC7515_SIGNATURE = decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")

SIGNERS = [Ed25519Signer(bytes(32)), Secp256k1Signer(bytes([1]) * 32), P256Signer(bytes([1]) * 32)]


def with_high_s(signature: bytes, order: int) -> bytes:
    s = int.from_bytes(signature[32:64], "big")
    return signature[:32] + (order - s).to_bytes(32, "big") + signature[64:]


def test_ed25519_signs_as_rfc_8037_published():
    signer = Ed25519Signer(RFC8037_SEED)
    assert signer.public_jwk() == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": RFC8037_X,
        "kid": RFC8037_THUMBPRINT,
        "alg": "EdDSA",
    }
    assert encode(signer.sign(RFC8037_INPUT)) == RFC8037_SIGNATURE


def test_es256_verifies_the_low_s_twin_of_the_rfc_7515_example_and_refuses_the_high_one():
    key = public_key_from_jwk(RFC7515_KEY)
    key.verify(RFC7515_INPUT, with_high_s(RFC7515_SIGNATURE, P256_ORDER))
    with pytest.raises(NonCanonicalSignature):
        key.verify(RFC7515_INPUT, RFC7515_SIGNATURE)


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.alg)
def test_what_a_signer_signs_its_published_key_verifies(signer):
    key = public_key_from_jwk(signer.public_jwk())
    assert key == signer.public_key
    assert key.alg == signer.alg
    key.verify(b"message", signer.sign(b"message"))


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.alg)
@pytest.mark.parametrize("damage", [lambda s: bytes([s[0] ^ 1]) + s[1:], lambda s: s[:32] + bytes(31) + b"\x01"])
def test_a_changed_signature_is_refused(signer, damage):
    with pytest.raises(BadSignature):
        signer.public_key.verify(b"message", damage(signer.sign(b"message")))


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.alg)
def test_a_signature_over_another_message_is_refused(signer):
    with pytest.raises(BadSignature):
        signer.public_key.verify(b"other", signer.sign(b"message"))


@pytest.mark.parametrize("signer", SIGNERS, ids=lambda signer: signer.alg)
@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(signer, length):
    with pytest.raises((BadSignature, NonCanonicalSignature)):
        signer.public_key.verify(b"message", bytes([1]) * length)


@pytest.mark.parametrize(("signer", "order"), [(SIGNERS[1], SECP256K1_ORDER), (SIGNERS[2], P256_ORDER)])
def test_the_high_s_twin_of_a_signature_is_refused(signer, order):
    with pytest.raises(NonCanonicalSignature):
        signer.public_key.verify(b"message", with_high_s(signer.sign(b"message"), order))


# The y of the eight points of small order, and their second spellings above the prime (libsodium, ed25519_ref10.c)
PRIME = 2**255 - 19
ORDER_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER = [0, 1, PRIME - 1, ORDER_EIGHT, PRIME - ORDER_EIGHT, PRIME, PRIME + 1]


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", SMALL_ORDER)
def test_an_ed25519_key_of_small_order_is_refused_before_any_forgery_can_verify(y, sign):
    value = (y | sign << 255).to_bytes(32, "little")
    assert not crypto_core_ed25519_is_valid_point(value)
    with pytest.raises(InvalidPublicKey):
        Ed25519PublicKey(value)
    with pytest.raises(MalformedJwk):
        public_key_from_jwk({"kty": "OKP", "crv": "Ed25519", "x": encode(value)})


@given(st.binary(min_size=32, max_size=32).filter(lambda value: value[31] & 0x7F not in (0, 0x7F)))
def test_bytes_that_are_no_point_are_no_ed25519_key(value):
    try:
        crypto_core_ed25519_add(value, value)
    except nacl.exceptions.RuntimeError:
        with pytest.raises(InvalidPublicKey):
            Ed25519PublicKey(value)
    else:
        assert Ed25519PublicKey(value).value == value


@pytest.mark.parametrize("kind", [Secp256k1PublicKey, P256PublicKey])
@pytest.mark.parametrize("value", [b"\x04" + bytes(63) + b"\x01", b"\x02" + bytes(64), b"\x04" * 33])
def test_a_point_off_the_curve_or_compressed_is_refused(kind, value):
    with pytest.raises(InvalidPublicKey):
        kind(value)


@pytest.mark.parametrize("kind", [Ed25519Signer, Secp256k1Signer, P256Signer])
def test_a_private_key_of_another_length_is_refused(kind):
    with pytest.raises(InvalidSecretKey):
        kind(bytes(31))


@pytest.mark.parametrize(("kind", "order"), [(Secp256k1Signer, SECP256K1_ORDER), (P256Signer, P256_ORDER)])
def test_a_private_key_outside_the_order_is_refused(kind, order):
    for number in (0, order, 2**256 - 1):
        with pytest.raises(InvalidSecretKey):
            kind(number.to_bytes(32, "big"))


def test_a_signer_never_shows_its_secret():
    for signer in (Ed25519Signer(b"\xab" * 32), Secp256k1Signer(b"\xab" * 32), P256Signer(b"\xab" * 32)):
        assert "abab" not in repr(signer)
        assert "\\xab" not in repr(signer)


def test_a_given_kid_replaces_the_thumbprint():
    assert Ed25519Signer(bytes(32), "key-1").public_jwk()["kid"] == "key-1"


def test_a_thumbprint_does_not_change_with_describing_members():
    jwk = SIGNERS[0].public_jwk()
    assert thumbprint({**jwk, "use": "sig"}) == thumbprint(SIGNERS[0].public_key.jwk()) == SIGNERS[0].kid


@pytest.mark.parametrize(
    "change",
    [
        {"d": "AAAA"},
        {"kty": "RSA"},
        {"kty": []},
        {"crv": "Ed448"},
        {"crv": None},
        {"x": None},
        {"x": RFC8037_X + "="},
        {"x": RFC8037_X[:-1]},
        {"x": RFC8037_X[:-1] + "p"},
        {"x": "AAAA"},
        {"x": 5},
        {"alg": "ES256"},
        {"use": "enc"},
    ],
)
def test_a_jwk_that_is_private_foreign_or_not_canonical_is_refused(change):
    with pytest.raises(MalformedJwk):
        public_key_from_jwk({"kty": "OKP", "crv": "Ed25519", "x": RFC8037_X, **change})


@given(st.binary(max_size=80))
def test_base64url_reads_back_what_it_wrote(value):
    assert decode(encode(value)) == value


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "AA A", "AA+A", "AA/A", "AA\n", "ä"])
def test_base64url_has_one_text_for_each_value(text):
    with pytest.raises(MalformedBase64Url):
        decode(text)


@given(secrets, st.binary(min_size=32, max_size=32))
def test_digests_are_signed_byte_for_byte_as_eth_account_signs_them(secret, digest):
    signer, oracle = Secp256k1Signer(secret), EthAccount.from_key(secret)
    signature = signer.sign_digest(digest)
    assert signature == bytes(oracle.unsafe_sign_hash(digest).signature)
    assert str(signer.address) == oracle.address
    assert recover_address(digest, signature) == signer.address


@given(secrets, st.binary(max_size=300))
def test_personal_messages_are_signed_byte_for_byte_as_eth_account_signs_them(secret, message):
    oracle = EthAccount.sign_message(encode_defunct(primitive=message), secret)
    assert Secp256k1Signer(secret).sign_digest(eip191_digest(message)) == bytes(oracle.signature)


def test_the_recovered_key_is_the_wallet_key():
    signer, digest = Secp256k1Signer(bytes([5]) * 32), bytes([9]) * 32
    assert recover_public_key(digest, signer.sign_digest(digest)).jwk() == signer.public_key.jwk()


def test_all_four_encodings_recover_the_signer_elsewhere_and_only_the_first_here():
    signer, digest = Secp256k1Signer(bytes([5]) * 32), bytes([9]) * 32
    encodings = signature_encodings(signer.sign_digest(digest))
    assert len(set(encodings)) == 4
    for encoding in encodings:
        lax = eth_keys.Signature(encoding[:64] + bytes([encoding[64] % 27]))
        assert lax.recover_public_key_from_msg_hash(digest).to_checksum_address() == str(signer.address)
    assert recover_address(digest, encodings[0]) == signer.address
    for encoding in encodings[1:]:
        with pytest.raises(NonCanonicalSignature):
            recover_address(digest, encoding)
        with pytest.raises(NonCanonicalSignature):
            signature_encodings(encoding)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 35, 255])
def test_recovery_refuses_every_other_v(v):
    with pytest.raises(NonCanonicalSignature):
        recover_address(bytes(32), bytes([1]) * 63 + b"\x01" + bytes([v]))


@pytest.mark.parametrize("length", [0, 64, 66])
def test_recovery_refuses_every_other_length(length):
    with pytest.raises(NonCanonicalSignature):
        recover_address(bytes(32), bytes([1]) * length)


def test_recovery_refuses_r_and_s_of_nought():
    for signature in (bytes(32) + bytes(31) + b"\x01\x1b", bytes(31) + b"\x01" + bytes(32) + b"\x1b"):
        with pytest.raises(NonCanonicalSignature):
            recover_address(bytes(32), signature)


def test_recovery_refuses_an_r_that_is_on_no_curve_point():
    # 5 is no x coordinate of secp256k1: 5^3 + 7 is no square modulo its prime
    with pytest.raises(BadSignature):
        recover_address(bytes(32), bytes(31) + b"\x05" + bytes(31) + b"\x01" + b"\x1b")


def test_the_compact_form_carries_the_parity_in_the_top_bit_of_s():
    # EIP-2098, first and second example
    key = Secp256k1Signer(bytes.fromhex("1234567890123456789012345678901234567890123456789012345678901234"))
    compact = compact_signature(key.sign_digest(eip191_digest(b"Hello World")))
    assert compact.hex() == (
        "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90"
        "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064"
    )
    compact = compact_signature(key.sign_digest(eip191_digest(b"It's a small(er) world")))
    assert compact.hex() == (
        "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76"
        "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793"
    )


def test_a_digest_of_another_length_is_not_signed():
    with pytest.raises(InvalidInput):
        Secp256k1Signer(bytes([5]) * 32).sign_digest(bytes(31))
