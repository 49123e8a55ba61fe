"""The vault through its door: keys survive, and nothing else gets in or out."""

import multiprocessing
import os
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claim_issuers.clock import SystemEntropy
from claim_issuers.keys.signers import InvalidSecretKey, Secp256k1Signer
from identity_service.vault.model import (
    InvalidKeyName,
    InvalidVaultInput,
    KeyExists,
    KeyMissing,
    PassphraseNotExpected,
    PassphraseRequired,
    ScryptCost,
    SealBroken,
    VaultDamaged,
    VaultExists,
    VaultExposed,
    VaultMissing,
    WrongPassphrase,
)
from identity_service.vault.service import Vault
from tests.support.processes import PROCESSES

CHEAP = ScryptCost(n=2**14)
KEY = bytes(range(32))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def vault(directory: Path) -> Vault:
    return Vault.create(directory, SystemEntropy())


def reopened(directory: Path, passphrase: str | None = None) -> Vault:
    return Vault.open(directory, SystemEntropy(), passphrase)


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("kind", ["ed25519", "secp256k1"])
def test_a_created_key_signs_the_same_after_reopening(vault: Vault, directory: Path, kind: str) -> None:
    signer = vault.create_key("issuer", kind)
    again = reopened(directory).signer("issuer")
    assert again.public_jwk() == signer.public_jwk()
    assert again.sign(b"message") == signer.sign(b"message")
    again.public_key.verify(b"message", signer.sign(b"message"))


def test_an_imported_secp256k1_key_keeps_its_address(vault: Vault, directory: Path) -> None:
    vault.import_secp256k1("deployer", b"\x11" * 32)
    signer = reopened(directory).signer("deployer")
    assert isinstance(signer, Secp256k1Signer)
    assert str(signer.address) == "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


def test_bytes_that_are_no_secp256k1_key_are_refused_and_leave_no_file(vault: Vault) -> None:
    with pytest.raises(InvalidSecretKey):
        vault.import_secp256k1("zero", bytes(32))
    assert vault.names() == ()


def test_names_lists_the_keys_sorted_and_nothing_else(vault: Vault, directory: Path) -> None:
    for name in ("b", "a", "c.d"):
        vault.create_key(name, "ed25519")
    (directory / "keys" / ".x.key.0011.tmp").touch()
    assert vault.names() == ("a", "b", "c.d")


def test_a_key_is_never_overwritten(vault: Vault) -> None:
    first = vault.create_key("issuer", "ed25519")
    with pytest.raises(KeyExists):
        vault.create_key("issuer", "secp256k1")
    with pytest.raises(KeyExists):
        vault.import_secp256k1("issuer", b"\x11" * 32)
    assert vault.signer("issuer").kid == first.kid


def _race(directory: Path, queue: "multiprocessing.Queue[str]") -> None:
    try:
        queue.put(reopened(directory).create_key("issuer", "ed25519").kid)
    except KeyExists:
        queue.put("")


def test_of_processes_that_create_one_name_at_once_exactly_one_wins(vault: Vault, directory: Path) -> None:
    queue: multiprocessing.Queue[str] = PROCESSES.Queue()
    racers = [PROCESSES.Process(target=_race, args=(directory, queue)) for _ in range(4)]
    for racer in racers:
        racer.start()
    kids = [queue.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()
    assert [kid for kid in kids if kid] == [vault.signer("issuer").kid]


def test_a_missing_key_and_a_missing_vault_say_so(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(KeyMissing):
        vault.signer("nobody")
    with pytest.raises(VaultMissing):
        reopened(tmp_path / "elsewhere")


@pytest.mark.parametrize("name", ["", "../master", "a/b", "A", ".hidden", "a" * 65, "a\n", "ä"])
def test_a_name_that_could_leave_the_directory_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(InvalidKeyName):
        vault.create_key(name, "ed25519")
    with pytest.raises(InvalidKeyName):
        vault.signer(name)


def test_a_second_vault_in_one_directory_is_refused(vault: Vault, directory: Path) -> None:
    kid = vault.create_key("issuer", "ed25519").kid
    with pytest.raises(VaultExists):
        Vault.create(directory, SystemEntropy())
    assert reopened(directory).signer("issuer").kid == kid


def test_every_file_is_for_its_owner_alone_and_no_temporary_file_stays(vault: Vault, directory: Path) -> None:
    vault.create_key("issuer", "ed25519")
    with pytest.raises(KeyExists):
        vault.create_key("issuer", "ed25519")
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["issuer.key", "master.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((directory / "keys").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["master.key", "keys/issuer.key"])
def test_a_file_that_others_may_read_is_not_used(vault: Vault, directory: Path, name: str) -> None:
    vault.create_key("issuer", "ed25519")
    (directory / name).chmod(0o640)
    with pytest.raises(VaultExposed):
        reopened(directory).signer("issuer")


def test_a_link_in_place_of_the_master_key_is_not_followed(vault: Vault, directory: Path, tmp_path: Path) -> None:
    (directory / "master.key").rename(tmp_path / "elsewhere")
    (directory / "master.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VaultDamaged):
        reopened(directory)


def test_the_secret_stands_in_no_file_in_the_clear(vault: Vault, directory: Path) -> None:
    vault.import_secp256k1("deployer", b"\x11" * 32)
    content = (directory / "keys" / "deployer.key").read_bytes()
    assert b"\x11" * 32 not in content
    assert b"11" * 32 not in content


def test_a_passphrase_opens_what_it_closed(directory: Path) -> None:
    made = Vault.create(directory, SystemEntropy(), "correct horse", cost=CHEAP)
    kid = made.create_key("issuer", "ed25519").kid
    assert reopened(directory, "correct horse").signer("issuer").kid == kid


def test_a_wrong_a_missing_and_a_needless_passphrase_are_told_apart(directory: Path, tmp_path: Path) -> None:
    Vault.create(directory, SystemEntropy(), "correct horse", cost=CHEAP)
    with pytest.raises(WrongPassphrase):
        reopened(directory, "correct hors")
    with pytest.raises(PassphraseRequired):
        reopened(directory)
    Vault.create(tmp_path / "open", SystemEntropy())
    with pytest.raises(PassphraseNotExpected):
        reopened(tmp_path / "open", "correct horse")


def test_an_empty_passphrase_is_refused_and_leaves_nothing(directory: Path) -> None:
    with pytest.raises(InvalidVaultInput):
        Vault.create(directory, SystemEntropy(), "", cost=CHEAP)
    assert not directory.exists()


@pytest.mark.parametrize("n", [0, 1, 2**13, 2**14 + 1, 2**21, -1])
def test_a_cost_that_is_too_cheap_or_would_exhaust_the_machine_is_refused(n: int) -> None:
    with pytest.raises(InvalidVaultInput):
        ScryptCost(n=n)


def test_any_flipped_bit_of_an_unprotected_master_key_is_noticed(vault: Vault, directory: Path) -> None:
    path = directory / "master.key"
    content = path.read_bytes()
    for bit in range(len(content) * 8):
        rewrite(path, flipped(content, bit))
        with pytest.raises(VaultDamaged):
            reopened(directory)


def test_any_flipped_bit_of_a_protected_master_key_is_damage_and_not_a_wrong_passphrase(directory: Path) -> None:
    Vault.create(directory, SystemEntropy(), "correct horse", cost=CHEAP)
    path = directory / "master.key"
    content = path.read_bytes()
    for bit in range(len(content) * 8):
        rewrite(path, flipped(content, bit))
        with pytest.raises(VaultDamaged):
            reopened(directory, "correct horse")


def test_any_flipped_bit_of_a_signing_key_is_noticed(vault: Vault, directory: Path) -> None:
    vault.create_key("issuer", "ed25519")
    path = directory / "keys" / "issuer.key"
    content = path.read_bytes()
    for bit in range(len(content) * 8):
        rewrite(path, flipped(content, bit))
        with pytest.raises(VaultDamaged):
            vault.signer("issuer")


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_cut_file_is_noticed(vault: Vault, directory: Path, cut: int) -> None:
    path = directory / "master.key"
    rewrite(path, path.read_bytes()[:cut])
    with pytest.raises(VaultDamaged):
        reopened(directory)


def test_an_endless_file_is_not_read_to_its_end(vault: Vault, directory: Path) -> None:
    os.truncate(directory / "master.key", 1 << 30)
    with pytest.raises(VaultDamaged):
        reopened(directory)


@pytest.mark.parametrize("content", [b"[" * 60_000, b"null", b"{}", b"[]", b"\xff", b'{"type":1}'])
def test_a_file_of_another_form_is_noticed_and_harms_nobody(vault: Vault, directory: Path, content: bytes) -> None:
    rewrite(directory / "master.key", content)
    with pytest.raises(VaultDamaged):
        reopened(directory)


def test_two_key_files_cannot_trade_places(vault: Vault, directory: Path) -> None:
    vault.create_key("a", "ed25519")
    vault.create_key("b", "ed25519")
    rewrite(directory / "keys" / "a.key", (directory / "keys" / "b.key").read_bytes())
    with pytest.raises(VaultDamaged):
        vault.signer("a")


def test_a_key_file_of_another_vault_does_not_open(vault: Vault, directory: Path, tmp_path: Path) -> None:
    other = Vault.create(tmp_path / "other", SystemEntropy())
    other.create_key("a", "ed25519")
    vault.create_key("a", "ed25519")
    rewrite(directory / "keys" / "a.key", (tmp_path / "other" / "keys" / "a.key").read_bytes())
    with pytest.raises(VaultDamaged):
        vault.signer("a")


def test_a_master_key_file_in_place_of_a_signing_key_is_refused(vault: Vault, directory: Path) -> None:
    vault.create_key("a", "ed25519")
    rewrite(directory / "keys" / "a.key", (directory / "master.key").read_bytes())
    with pytest.raises(VaultDamaged):
        vault.signer("a")


def test_a_party_key_unwraps_for_its_party_and_for_no_other(vault: Vault, directory: Path) -> None:
    wrapped = vault.wrap_party_key("pty_a", KEY)
    assert KEY not in wrapped
    assert reopened(directory).unwrap_party_key("pty_a", wrapped) == KEY
    with pytest.raises(SealBroken):
        vault.unwrap_party_key("pty_b", wrapped)


def test_a_party_key_of_another_vault_does_not_unwrap(vault: Vault, tmp_path: Path) -> None:
    other = Vault.create(tmp_path / "other", SystemEntropy())
    with pytest.raises(SealBroken):
        other.unwrap_party_key("pty_a", vault.wrap_party_key("pty_a", KEY))


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(vault: Vault, length: int) -> None:
    with pytest.raises(InvalidVaultInput):
        vault.wrap_party_key("pty_a", bytes(length))
    with pytest.raises(InvalidVaultInput):
        vault.seal(bytes(length), b"x", b"")


def test_new_party_keys_differ(vault: Vault) -> None:
    assert len({vault.new_party_key() for _ in range(100)}) == 100


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(plaintext=st.binary(max_size=300), row=st.binary(max_size=40), data=st.data())
def test_a_seal_opens_only_unchanged_in_its_row_and_under_its_key(
    vault: Vault, plaintext: bytes, row: bytes, data: st.DataObject
) -> None:
    sealed = vault.seal(KEY, plaintext, row)
    assert vault.open_sealed(KEY, sealed, row) == plaintext
    assert len(sealed) == len(plaintext) + 29
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    with pytest.raises(SealBroken):
        vault.open_sealed(KEY, flipped(sealed, bit), row)
    with pytest.raises(SealBroken):
        vault.open_sealed(KEY, sealed, row + b"x")
    with pytest.raises(SealBroken):
        vault.open_sealed(KEY[::-1], sealed, row)
    with pytest.raises(SealBroken):
        vault.open_sealed(KEY, sealed[: data.draw(st.integers(0, len(sealed) - 1))], row)


def test_one_plaintext_never_seals_to_the_same_bytes(vault: Vault) -> None:
    assert len({vault.seal(KEY, b"x", b"") for _ in range(50)}) == 50


def test_a_keyed_hash_finds_its_value_again_and_depends_on_purpose_and_vault(vault: Vault, directory: Path, tmp_path: Path) -> None:
    found = vault.keyed_hash("parties.email", b"a@example.org")
    assert len(found) == 32
    assert reopened(directory).keyed_hash("parties.email", b"a@example.org") == found
    assert vault.keyed_hash("parties.email", b"b@example.org") != found
    assert vault.keyed_hash("parties.name", b"a@example.org") != found
    assert Vault.create(tmp_path / "other", SystemEntropy()).keyed_hash("parties.email", b"a@example.org") != found
    with pytest.raises(InvalidVaultInput):
        vault.keyed_hash("", b"a@example.org")


def test_no_secret_shows_in_a_repr_and_the_vault_does_not_leave_its_process(vault: Vault, directory: Path) -> None:
    signer = vault.import_secp256k1("deployer", b"\x11" * 32)
    shown = repr(vault) + str(vault) + repr(signer)
    assert "11" * 8 not in shown
    assert "\\x11\\x11" not in shown
    assert repr(vault) == f"<Vault {directory.name}>"
    with pytest.raises(TypeError):
        pickle.dumps(vault)
