"""Private files that are there whole or not at all, and never replaced."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claim_issuers.clock import Entropy
from identity_service.vault.model import VaultDamaged, VaultExposed

_PRIVATE_FILE = 0o600
_PRIVATE_DIRECTORY = 0o700
_OTHERS = 0o077
_MAX_BYTES = 64 * 1024


def make_private_directory(path: Path) -> None:
    """Create ``path`` for its owner alone, with its parents; one that exists stays as it is."""
    if not path.is_dir():
        make_private_directory(path.parent)
        path.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
        _sync_directory(path.parent)


def write_new(path: Path, content: bytes, entropy: Entropy) -> None:
    """Put ``content`` at ``path``, mode 0600, on disk before this returns. Raises FileExistsError.

    The name appears by a hard link, which refuses an existing target where a rename would silently replace a key; a crash
    leaves at most a hidden temporary file.
    """
    temporary = path.with_name(f".{path.name}.{entropy.token_bytes(8).hex()}.tmp")
    try:
        with _private(temporary) as descriptor:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def read_private(path: Path) -> bytes:
    """The content of a file that only its owner may read.

    Raises FileNotFoundError, VaultExposed when others may read it, VaultDamaged when it is no plain file of ours.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise VaultDamaged("a file of the vault cannot be opened", file=path.name) from fault
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(descriptor).st_mode & _OTHERS:
            raise VaultExposed("others may read a file of the vault", file=path.name)
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise VaultDamaged("a file of the vault is too long", file=path.name)
    return content


@contextmanager
def _private(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE_FILE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
