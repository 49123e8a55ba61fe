"""The vault: signing keys, party keys, sealed values and keyed hashes under one master key.

vault = Vault.create(directory, SystemEntropy())
signer = vault.create_key("audit", "ed25519")
"""

import hmac
from pathlib import Path
from typing import Final, Literal, Self

from claim_issuers.clock import Entropy
from claim_issuers.keys.signers import Ed25519Signer, InvalidSecretKey, Secp256k1Signer
from identity_service.vault import documents, files, sealing
from identity_service.vault.documents import SigningKey
from identity_service.vault.model import (
    InvalidVaultInput,
    KeyExists,
    KeyKind,
    KeyMissing,
    ScryptCost,
    VaultDamaged,
    VaultExists,
    VaultMissing,
    key_name,
)

VaultSigner = Ed25519Signer | Secp256k1Signer

_MASTER_FILE: Final = "master.key"
_KEYS: Final = "keys"
_SUFFIX: Final = ".key"
_DEFAULT_COST: Final = ScryptCost()


class Vault:
    """Keys at rest under one directory. Only keys derived from the master key stay in memory; the master key does not."""

    def __init__(self, directory: Path, master: bytes, entropy: Entropy) -> None:
        """Use ``create`` or ``open``."""
        self._directory = directory
        self._entropy = entropy
        self._signing_keys = sealing.derive(master, b"signing-keys/1")
        self._party_keys = sealing.derive(master, b"party-keys/1")
        self._hashing = sealing.derive(master, b"keyed-hashes/1")

    def __repr__(self) -> str:
        return f"<Vault {self._directory.name}>"

    def __reduce__(self) -> str:
        raise TypeError("a vault stays in its process")

    @classmethod
    def create(cls, directory: Path, entropy: Entropy, passphrase: str | None = None, *, cost: ScryptCost = _DEFAULT_COST) -> Self:
        """Make a master key in ``directory``, under the passphrase when one is given. Raises VaultExists, InvalidVaultInput."""
        master = documents.fresh_master(entropy)
        if passphrase is None:
            content = documents.plain_master(master)
        else:
            content = documents.protected_master(master, passphrase, cost, entropy)
        files.make_private_directory(directory / _KEYS)
        try:
            files.write_new(directory / _MASTER_FILE, content, entropy)
        except FileExistsError as fault:
            raise VaultExists("there is a vault in this directory") from fault
        return cls(directory, master, entropy)

    @classmethod
    def open(cls, directory: Path, entropy: Entropy, passphrase: str | None = None) -> Self:
        """Unlock the vault in ``directory``, once for the life of the process.

        Raises VaultMissing, VaultDamaged, VaultExposed, PassphraseRequired, PassphraseNotExpected, WrongPassphrase.
        """
        try:
            content = files.read_private(directory / _MASTER_FILE)
        except FileNotFoundError as fault:
            raise VaultMissing("there is no vault in this directory") from fault
        return cls(directory, documents.read_master(content, passphrase), entropy)

    def create_key(self, name: str, kind: KeyKind | Literal["ed25519", "secp256k1"]) -> VaultSigner:
        """Make a signing key and give its signer; it is on disk before it signs. Raises KeyExists, InvalidKeyName."""
        secret = self._entropy.token_bytes(sealing.KEY_BYTES)
        key = SigningKey(key_name(name), KeyKind(kind), secret)
        signer = _signer(key)
        self._keep(key)
        return signer

    def import_secp256k1(self, name: str, secret: bytes) -> Secp256k1Signer:
        """Keep a secp256k1 key that exists elsewhere. Raises KeyExists, InvalidKeyName, InvalidSecretKey."""
        signer = Secp256k1Signer(secret)  # first, so that bytes that are no key are never stored
        self._keep(SigningKey(key_name(name), KeyKind.SECP256K1, secret))
        return signer

    def signer(self, name: str) -> VaultSigner:
        """The signer of a kept key. Raises KeyMissing, VaultDamaged, VaultExposed."""
        try:
            content = files.read_private(self._key_file(name))
        except FileNotFoundError as fault:
            raise KeyMissing("there is no such key", name=name) from fault
        key = documents.read_signing_key(content, name, self._signing_keys)
        try:
            return _signer(key)
        except InvalidSecretKey as fault:
            raise VaultDamaged("the file holds no key", file=name) from fault

    def names(self) -> tuple[str, ...]:
        """The names of the signing keys, sorted."""
        found = (self._directory / _KEYS).glob(f"[!.]*{_SUFFIX}")
        return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in found))

    def wrap_party_key(self, party_id: str, key: bytes) -> bytes:
        """The party's 32-byte key, sealed to its id. Raises InvalidVaultInput."""
        return self.seal(self._party_keys, sealing.exactly_32(key), b"party-key/1\x00" + party_id.encode())

    def unwrap_party_key(self, party_id: str, wrapped: bytes) -> bytes:
        """The party's key again. Raises SealBroken, also when the wrapped key is another party's."""
        return sealing.open_sealed(self._party_keys, wrapped, b"party-key/1\x00" + party_id.encode())

    def new_party_key(self) -> bytes:
        """32 fresh random bytes for a party."""
        return self._entropy.token_bytes(sealing.KEY_BYTES)

    def seal(self, key: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        """``plaintext`` under a 32-byte key, bound to the associated data: 29 bytes longer. Raises InvalidVaultInput."""
        return sealing.seal(key, plaintext, associated_data, self._entropy)

    def open_sealed(self, key: bytes, sealed: bytes, associated_data: bytes) -> bytes:
        """The plaintext again. Raises SealBroken, InvalidVaultInput."""
        return sealing.open_sealed(key, sealed, associated_data)

    def keyed_hash(self, purpose: str, value: bytes) -> bytes:
        """32 bytes that find an equal value again and say nothing without this vault: HMAC-SHA256 under a key of the purpose.

        Raises InvalidVaultInput for an empty purpose.
        """
        if not purpose:
            raise InvalidVaultInput("name the purpose")
        return hmac.digest(sealing.derive(self._hashing, purpose.encode()), value, "sha256")

    def _keep(self, key: SigningKey) -> None:
        content = documents.signing_key_file(key, self._signing_keys, self._entropy)
        try:
            files.write_new(self._key_file(key.name), content, self._entropy)
        except FileExistsError as fault:
            raise KeyExists("a key of this name exists", name=key.name) from fault

    def _key_file(self, name: str) -> Path:
        return self._directory / _KEYS / f"{key_name(name)}{_SUFFIX}"


def _signer(key: SigningKey) -> VaultSigner:
    return Ed25519Signer(key.secret) if key.kind is KeyKind.ED25519 else Secp256k1Signer(key.secret)
