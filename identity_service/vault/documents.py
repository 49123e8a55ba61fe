"""The vault's two kinds of file as bytes: the master key and a signing key. No I/O.

Both are canonical JSON with a checksum over the rest, so that damage is told from a wrong passphrase.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import rfc8785

from claim_issuers.clock import Entropy
from identity_service.vault.model import (
    InvalidVaultInput,
    KeyKind,
    PassphraseNotExpected,
    PassphraseRequired,
    ScryptCost,
    SealBroken,
    VaultDamaged,
    WrongPassphrase,
)
from identity_service.vault.sealing import KEY_BYTES, exactly_32, open_sealed, seal, stretch

_MASTER = "identity-information-service/master-key/1"
_SIGNING_KEY = "identity-information-service/signing-key/1"
_SALT_BYTES = 16
_MAX_BRACKETS = 4


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A signing key out of its file."""

    name: str
    kind: KeyKind
    secret: bytes


def plain_master(master: bytes) -> bytes:
    """The file of a master key that only its file mode protects."""
    return _write({"type": _MASTER, "protection": "none", "key": master.hex()})


def protected_master(master: bytes, passphrase: str, cost: ScryptCost, entropy: Entropy) -> bytes:
    """The file of a master key under a passphrase. Raises InvalidVaultInput for an empty one."""
    if not passphrase:
        raise InvalidVaultInput("an empty passphrase protects nothing")
    salt = entropy.token_bytes(_SALT_BYTES)
    header: dict[str, Any] = {
        "type": _MASTER,
        "protection": "scrypt",
        "cost": {"n": cost.n, "r": cost.r, "p": cost.p},
        "salt": salt.hex(),
    }
    key = stretch(passphrase, salt, cost)
    return _write({**header, "sealed": seal(key, master, rfc8785.dumps(header), entropy).hex()})


def read_master(content: bytes, passphrase: str | None) -> bytes:
    """The master key of its file.

    Raises VaultDamaged, PassphraseRequired, PassphraseNotExpected, WrongPassphrase.
    """
    document = _read(content, _MASTER)
    if document.get("protection") == "scrypt":
        return _unprotect(document, passphrase)
    if passphrase is not None:
        raise PassphraseNotExpected("this vault was made without a passphrase")
    return exactly_32(_hex(document, "key"))


def _unprotect(document: dict[str, Any], passphrase: str | None) -> bytes:
    if passphrase is None:
        raise PassphraseRequired("this vault opens with a passphrase")
    sealed, salt = _hex(document, "sealed"), _hex(document, "salt")
    header = {name: value for name, value in document.items() if name != "sealed"}
    try:
        return open_sealed(stretch(passphrase, salt, _cost(document)), sealed, rfc8785.dumps(header))
    except SealBroken as fault:
        raise WrongPassphrase("the passphrase does not open the master key") from fault


def signing_key_file(key: SigningKey, wrapping_key: bytes, entropy: Entropy) -> bytes:
    """The file of a signing key; name and kind are bound, so that files cannot trade places."""
    header = {"type": _SIGNING_KEY, "name": key.name, "kind": key.kind.value}
    sealed = seal(wrapping_key, key.secret, rfc8785.dumps(header), entropy)
    return _write({**header, "sealed": sealed.hex()})


def read_signing_key(content: bytes, name: str, wrapping_key: bytes) -> SigningKey:
    """The key of its file, which must be the file of ``name``. Raises VaultDamaged."""
    document = _read(content, _SIGNING_KEY)
    if document.get("name") != name:
        raise VaultDamaged("this file holds another key", file=name)
    header = {field: value for field, value in document.items() if field != "sealed"}
    try:
        secret = open_sealed(wrapping_key, _hex(document, "sealed"), rfc8785.dumps(header))
        return SigningKey(name, KeyKind(document["kind"]), secret)
    except (SealBroken, KeyError, ValueError) as fault:
        raise VaultDamaged("the signing key does not open", file=name) from fault


def _write(document: dict[str, Any]) -> bytes:
    return rfc8785.dumps({**document, "checksum": _checksum(document)}) + b"\n"


def _read(content: bytes, wanted: str) -> dict[str, Any]:
    # no file of ours has more; deep nesting would overrun the JSON parser's stack, whose limit py_ecc (below web3) lifts
    if content.count(b"{") + content.count(b"[") > _MAX_BRACKETS:
        raise VaultDamaged("a file of the vault was edited")
    try:
        document = json.loads(content)
        canonical = rfc8785.dumps(document) + b"\n"
    except (ValueError, RecursionError) as fault:
        raise VaultDamaged("a file of the vault is not readable") from fault
    if not isinstance(document, dict) or canonical != content:
        raise VaultDamaged("a file of the vault was edited")
    checksum = document.pop("checksum", None)
    if not isinstance(checksum, str) or not compare_digest(checksum, _checksum(document)):
        raise VaultDamaged("a file of the vault fails its checksum")
    if document.get("type") != wanted:
        raise VaultDamaged("this file is another one of the vault")
    return document


def _checksum(document: dict[str, Any]) -> str:
    return sha256(rfc8785.dumps(document)).hexdigest()


def _hex(document: dict[str, Any], member: str) -> bytes:
    try:
        return bytes.fromhex(document[member])
    except (KeyError, TypeError, ValueError) as fault:
        raise VaultDamaged("a file of the vault lacks a member", member=member) from fault


def _cost(document: dict[str, Any]) -> ScryptCost:
    try:
        return ScryptCost(**document["cost"])
    except (KeyError, TypeError, InvalidVaultInput) as fault:
        raise VaultDamaged("the cost of the passphrase is not readable") from fault


def fresh_master(entropy: Entropy) -> bytes:
    """32 random bytes."""
    return entropy.token_bytes(KEY_BYTES)
