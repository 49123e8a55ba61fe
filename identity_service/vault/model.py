"""What the vault names and refuses, and the rules for both. No I/O.

>>> key_name("issuer-2026.a")
'issuer-2026.a'
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from claim_issuers.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class VaultMissing(NotFound):
    """There is no vault in this directory: run ``init``, or give the right directory."""

    code = "vault_missing"


class VaultExists(Conflict):
    """There is a vault in this directory already; its keys would be lost with it."""

    code = "vault_exists"


class VaultDamaged(Unavailable):
    """A file of the vault was changed or cut: restore it from a backup."""

    code = "vault_damaged"


class VaultExposed(Unavailable):
    """A file of the vault may be read by others on this machine: make it 0600."""

    code = "vault_exposed"


class WrongPassphrase(Refused):
    """The passphrase does not open the master key."""

    code = "wrong_passphrase"


class PassphraseRequired(InvalidInput):
    """The master key is protected by a passphrase, and none was given."""

    code = "passphrase_required"


class PassphraseNotExpected(InvalidInput):
    """A passphrase was given, yet the master key lies there unprotected: whoever gave it believes otherwise."""

    code = "passphrase_not_expected"


class InvalidKeyName(InvalidInput):
    """A key's name has lower-case letters, digits, dot, dash and underscore, at most 64, and starts with a letter or digit."""

    code = "invalid_key_name"


class InvalidVaultInput(InvalidInput):
    """A key to be wrapped does not have 32 bytes, a passphrase is empty, or a purpose is not plain text."""

    code = "invalid_vault_input"


class KeyExists(Conflict):
    """A signing key of this name exists; a key is never overwritten."""

    code = "signing_key_exists"


class KeyMissing(NotFound):
    """There is no signing key of this name."""

    code = "signing_key_missing"


class KeyUnfit(InvalidInput):
    """The named key is of another kind than the use demands."""

    code = "signing_key_unfit"


class SealBroken(Unavailable):
    """Sealed bytes do not open: they were changed, belong to another row or party, or lie under another key."""

    code = "seal_broken"


class KeyKind(StrEnum):
    """The kinds of signing key the vault keeps."""

    ED25519 = "ed25519"
    SECP256K1 = "secp256k1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScryptCost:
    """scrypt's parameters (RFC 7914): memory is ``128 * n * r`` bytes. The default takes 128 MiB and about half a second."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    def __post_init__(self) -> None:
        power_of_two = self.n & (self.n - 1) == 0
        # bounded above as well, because the figures are read from a file before anything is authenticated
        if not (power_of_two and 2**14 <= self.n <= 2**20 and 8 <= self.r <= 16 and 1 <= self.p <= 4):
            raise InvalidVaultInput("scrypt's cost is outside its bounds")


def key_name(text: str) -> str:
    """``text`` when it may name a key, and so a file. Raises InvalidKeyName."""
    if not _NAME.fullmatch(text):
        raise InvalidKeyName("choose another name", pointer="/name")
    return text
