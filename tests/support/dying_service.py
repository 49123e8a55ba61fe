"""A whole service in a process of its own that is killed by its own signer: before one key signs, or after.

``serve`` is what that process does. What was signed before the end goes into the witness file: these bytes may be anywhere by now.
"""

import os
import signal
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from werkzeug.serving import make_server

from claim_issuers.clock import FixedClock, SystemEntropy
from claim_issuers.keys.signers import Ed25519Signer, Secp256k1Signer
from identity_service.bootstrap import Service, World, vault_directory
from identity_service.egress.client import EgressClient
from identity_service.settings import load_settings
from identity_service.vault.service import Vault, VaultSigner


class End:
    """The moment at which the process dies."""

    def __init__(self, moment: str, witness: Path) -> None:
        self.moment = moment
        self.witness = witness

    def before(self) -> None:
        if self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)

    def after(self, signature: bytes) -> None:
        self.witness.write_bytes(signature)
        os.kill(os.getpid(), signal.SIGKILL)


class LastEd25519Signature(Ed25519Signer):
    """The given signer, whose next signature is the process's last act."""

    def __init__(self, signer: Ed25519Signer, end: End) -> None:
        vars(self).update(vars(signer))
        self.end = end

    def sign(self, message: bytes) -> bytes:
        self.end.before()
        signature = super().sign(message)
        self.end.after(signature)
        return signature


class LastSecp256k1Signature(Secp256k1Signer):
    """The same for digests of the chain."""

    def __init__(self, signer: Secp256k1Signer, end: End) -> None:
        vars(self).update(vars(signer))
        self.end = end

    def sign_digest(self, digest: bytes) -> bytes:
        self.end.before()
        signature = super().sign_digest(digest)
        self.end.after(signature)
        return signature


class DyingVault(Vault):
    """The vault in a directory, but one of its keys kills."""

    key_name: str
    end: End

    def signer(self, name: str) -> VaultSigner:
        found = super().signer(name)
        if name != self.key_name:
            return found
        if isinstance(found, Ed25519Signer):
            return LastEd25519Signature(found, self.end)
        return LastSecp256k1Signature(found, self.end)


def serve(data_directory: Path, key_name: str, moment: str, witness: Path, instant: datetime, port: Connection) -> None:
    """Serve until a signature is asked for, on the port that it sends; ``moment`` is ``before`` or ``after`` the signature."""
    settings, entropy = load_settings(data_directory), SystemEntropy()
    clock = FixedClock(instant)
    vault = DyingVault.open(vault_directory(settings), entropy)
    vault.key_name, vault.end = key_name, End(moment, witness)
    world = World(clock=clock, entropy=entropy, egress=EgressClient(clock=clock, allow_loopback=True))
    server = make_server("127.0.0.1", 0, Service(settings, vault, world).app())
    port.send(server.server_port)
    server.serve_forever()
