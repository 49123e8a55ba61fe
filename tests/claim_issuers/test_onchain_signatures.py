"""Signatures on chain: of all encodings that others take, one passes here, in 65 bytes and in 64."""

import pytest
from builders import addresses, secrets, topics
from eth_account import Account as EthAccount
from eth_account._utils.signing import to_standard_v
from eth_keys.datatypes import Signature
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.errors import InvalidInput, Refused
from claim_issuers.formats import erc735, status_list_claim
from claim_issuers.keys.curves import SECP256K1_ORDER, NonCanonicalSignature
from claim_issuers.keys.secp256k1 import (
    compact_signature,
    expand_compact,
    recover_address,
    recover_public_key,
    signature_encodings,
)
from claim_issuers.keys.signers import Secp256k1Signer

digests = st.binary(min_size=32, max_size=32)
anything = st.one_of(
    st.none(),
    st.text(max_size=70),
    st.integers(min_value=-(2**600), max_value=2**600),
    st.floats(),
    st.lists(st.integers(), max_size=3),
    st.binary(max_size=70),
    st.binary(min_size=64, max_size=65),
    st.binary(min_size=64, max_size=65).map(bytearray),
    st.binary(min_size=65, max_size=65).map(memoryview),
)


def recovered_by_eth_keys(digest, encoding):
    """The address that eth-keys, on which eth-account stands, gives any of the encodings."""
    r, s = int.from_bytes(encoding[:32], "big"), int.from_bytes(encoding[32:64], "big")
    return Signature(vrs=(to_standard_v(encoding[64]), r, s)).recover_public_key_from_msg_hash(digest).to_checksum_address()


@given(secrets, digests)
def test_all_four_encodings_name_one_account_elsewhere_and_only_the_canonical_one_passes_here(secret, digest):
    signer = Secp256k1Signer(secret)
    canonical, *others = signature_encodings(signer.sign_digest(digest))
    assert len({canonical, *others}) == 4
    for encoding in (canonical, *others):
        assert recovered_by_eth_keys(digest, encoding) == str(signer.address)
        assert EthAccount._recover_hash(digest, signature=encoding) == str(signer.address)
    assert recover_address(digest, canonical) == recover_public_key(digest, canonical).address == signer.address
    for encoding in others:
        with pytest.raises(NonCanonicalSignature):
            recover_address(digest, encoding)


@given(secrets, digests, st.integers(0, 109))
def test_a_v_with_a_chain_in_it_passes_elsewhere_and_is_refused_here(secret, digest, chain_id):
    signer = Secp256k1Signer(secret)
    signature = signer.sign_digest(digest)
    # EIP-155
    chained = signature[:64] + bytes([35 + 2 * chain_id + signature[64] - 27])
    assert EthAccount._recover_hash(digest, signature=chained) == str(signer.address)
    with pytest.raises(NonCanonicalSignature):
        recover_address(digest, chained)


@given(secrets, digests)
def test_a_compact_signature_expands_to_what_was_compacted(secret, digest):
    signature = Secp256k1Signer(secret).sign_digest(digest)
    compact = compact_signature(signature)
    assert len(compact) == 64
    assert expand_compact(compact) == signature


@given(st.binary(min_size=64, max_size=64))
def test_whatever_expands_compacts_to_the_same_64_bytes(compact):
    try:
        expanded = expand_compact(compact)
    except NonCanonicalSignature:
        return
    assert compact_signature(expanded) == compact


@pytest.mark.parametrize("s", [0, SECP256K1_ORDER // 2 + 1, 2**255 - 1])
@pytest.mark.parametrize("parity", [0, 1])
def test_a_compact_signature_whose_s_is_zero_or_high_is_refused(s, parity):
    with pytest.raises(NonCanonicalSignature):
        expand_compact((1).to_bytes(32, "big") + (parity << 255 | s).to_bytes(32, "big"))


@pytest.mark.parametrize("r", [0, SECP256K1_ORDER, 2**256 - 1])
def test_a_compact_signature_whose_r_is_outside_the_order_is_refused(r):
    with pytest.raises(NonCanonicalSignature):
        expand_compact(r.to_bytes(32, "big") + (1).to_bytes(32, "big"))


@given(secrets, addresses, topics)
def test_each_form_takes_the_length_of_its_own_signatures_alone(secret, contract, topic):
    signer, data = Secp256k1Signer(secret), bytes(31)
    where = {"chain_id": 1, "issuer_contract": contract}
    long = signer.sign_digest(status_list_claim.digest(contract, topic, data, **where))
    with pytest.raises(NonCanonicalSignature):
        status_list_claim.recover(contract, topic, data, long, **where)
    short = compact_signature(erc735.sign(contract, topic, data, signer))
    with pytest.raises(NonCanonicalSignature):
        erc735.recover(contract, topic, data, short)


@given(anything)
def test_no_signature_of_any_type_makes_the_parsers_stumble(signature):
    for parse in (expand_compact, compact_signature, signature_encodings, lambda given: recover_address(bytes(32), given)):
        try:
            parse(signature)
        except Refused:
            continue


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33), "0" * 32, None, 5, bytearray(32)])
def test_what_is_no_digest_is_refused(digest):
    signature = Secp256k1Signer(bytes([0x11]) * 32).sign_digest(bytes(32))
    with pytest.raises(InvalidInput):
        recover_address(digest, signature)
