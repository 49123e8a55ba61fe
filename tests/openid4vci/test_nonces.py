"""Nonces without a table: whose they are, for what, and how long."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claim_issuers.clock import FixedClock, SystemEntropy
from claim_issuers.encodings.base64url import decode, encode
from identity_service.openid4vci.nonces import CREDENTIAL_NONCE, DPOP_NONCE, Nonces
from identity_service.openid4vci.protocol_errors import CredentialNonceInvalid, DpopNonceRequired
from identity_service.vault.service import Vault

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.create(tmp_path_factory.mktemp("vault"), SystemEntropy())


def nonces(vault: Vault, at: datetime = AT) -> Nonces:
    return Nonces(hashes=vault, clock=FixedClock(at), entropy=SystemEntropy())


def test_any_process_with_the_same_vault_judges_a_nonce(vault: Vault) -> None:
    nonce = nonces(vault).give(CREDENTIAL_NONCE)
    assert nonces(vault, AT + timedelta(minutes=1)).judge(CREDENTIAL_NONCE, nonce) == AT + CREDENTIAL_NONCE.lifetime


def test_no_two_nonces_are_the_same(vault: Vault) -> None:
    giver = nonces(vault)
    assert len({giver.give(DPOP_NONCE) for _ in range(100)}) == 100


def test_a_nonce_lives_until_its_lifetime_is_over(vault: Vault) -> None:
    nonce = nonces(vault).give(CREDENTIAL_NONCE)
    nonces(vault, AT + CREDENTIAL_NONCE.lifetime - timedelta(seconds=1)).judge(CREDENTIAL_NONCE, nonce)
    with pytest.raises(CredentialNonceInvalid):
        nonces(vault, AT + CREDENTIAL_NONCE.lifetime).judge(CREDENTIAL_NONCE, nonce)


def test_a_nonce_from_the_future_is_not_taken_beyond_what_clocks_differ(vault: Vault) -> None:
    nonce = nonces(vault).give(CREDENTIAL_NONCE)
    nonces(vault, AT - timedelta(seconds=60)).judge(CREDENTIAL_NONCE, nonce)
    with pytest.raises(CredentialNonceInvalid):
        nonces(vault, AT - timedelta(seconds=61)).judge(CREDENTIAL_NONCE, nonce)


def test_a_nonce_of_one_kind_is_none_of_the_other(vault: Vault) -> None:
    giver = nonces(vault)
    with pytest.raises(DpopNonceRequired):
        giver.judge(DPOP_NONCE, giver.give(CREDENTIAL_NONCE))
    with pytest.raises(CredentialNonceInvalid):
        giver.judge(CREDENTIAL_NONCE, giver.give(DPOP_NONCE))


def test_a_nonce_of_another_installation_is_refused(vault: Vault, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = Vault.create(tmp_path_factory.mktemp("elsewhere"), SystemEntropy())
    with pytest.raises(CredentialNonceInvalid):
        nonces(vault).judge(CREDENTIAL_NONCE, nonces(elsewhere).give(CREDENTIAL_NONCE))


@given(place=st.integers(0, 56), bit=st.integers(0, 7))
def test_no_changed_bit_passes(vault: Vault, place: int, bit: int) -> None:
    value = bytearray(decode(nonces(vault).give(CREDENTIAL_NONCE)))
    value[place] ^= 1 << bit
    with pytest.raises(CredentialNonceInvalid):
        nonces(vault).judge(CREDENTIAL_NONCE, encode(bytes(value)))


@given(text=st.text(max_size=100))
def test_any_text_is_judged_and_refused(vault: Vault, text: str) -> None:
    with pytest.raises(CredentialNonceInvalid):
        nonces(vault).judge(CREDENTIAL_NONCE, text)
