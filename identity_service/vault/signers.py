"""Signers by the kind of thing they sign, each read from disk once."""

from contextlib import suppress
from functools import lru_cache
from typing import Literal

from claim_issuers.keys.signers import DigestSigner, Secp256k1Signer, Signer
from identity_service.vault.model import KeyExists, KeyUnfit
from identity_service.vault.service import Vault, VaultSigner

_KEPT = 1024


class VaultSigners:
    """The vault's signing keys for the rooms."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._signer = lru_cache(maxsize=_KEPT)(vault.signer)

    def signer(self, name: str) -> Signer:
        """The signer of JOSE messages. Raises KeyMissing."""
        return self._signer(name)

    def digest_signer(self, name: str) -> DigestSigner:
        """The signer of chain digests. Raises KeyMissing, KeyUnfit."""
        signer = self._signer(name)
        if not isinstance(signer, Secp256k1Signer):
            raise KeyUnfit("give the name of a secp256k1 key", name=name)
        return signer

    def create_key(self, name: str, kind: Literal["ed25519", "secp256k1"]) -> VaultSigner:
        """A new key. Raises KeyExists, InvalidKeyName."""
        return self._vault.create_key(name, kind)

    def ensure_key(self, name: str, kind: Literal["ed25519", "secp256k1"]) -> str:
        """The name again, once a key has it."""
        if name not in self._vault.names():
            with suppress(KeyExists):  # another process was quicker
                self._vault.create_key(name, kind)
        return name
