"""The default: each message a file of its own, for whoever carries mail from there, and for trying the product out.

Such a file holds an address and what was written to it, a code perhaps: it is its owner's alone (0600), and carrying it on and
removing it is the operator's.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from claim_issuers.clock import Clock, Entropy
from identity_service.mail.model import MailUnavailable, Message, rendered, require_address

_PRIVATE_FILE: Final = 0o600
_PRIVATE_DIRECTORY: Final = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """A directory of ``.eml`` files whose names sort by the instant at which they were written."""

    directory: Path
    sender: str
    clock: Clock
    entropy: Entropy

    def __post_init__(self) -> None:
        require_address(self.sender)

    def send(self, message: Message) -> None:
        """Write the message; the file appears whole, on disk, or not at all. Raises MailUnavailable."""
        now = self.clock.now()
        name = f"{now:%Y%m%dT%H%M%S.%fZ}-{message.id}.eml"
        try:
            self._write(name, rendered(message, sender=self.sender, at=now))
        except OSError as error:
            raise MailUnavailable("the outbox cannot be written") from error

    def examine(self) -> str:
        """Where mail goes and how many messages lie there. Raises MailUnavailable."""
        try:
            self._make_directory()
            waiting = sum(1 for path in self.directory.iterdir() if path.suffix == ".eml")
        except OSError as error:
            raise MailUnavailable("the outbox cannot be written") from error
        if not os.access(self.directory, os.W_OK):
            raise MailUnavailable("the outbox cannot be written")
        return f"no mail server: {waiting} messages lie in {self.directory}"

    def _write(self, name: str, content: bytes) -> None:
        self._make_directory()
        temporary = self.directory / f".{name}.{self.entropy.token_bytes(8).hex()}.tmp"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE_FILE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            temporary.rename(self.directory / name)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        _sync_directory(self.directory)

    def _make_directory(self) -> None:
        if not self.directory.is_dir():
            self.directory.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
