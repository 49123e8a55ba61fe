"""Makes a data directory: keys, database, first administrator. What exists stays as it is."""

import json
from pathlib import Path
from typing import Final

from claim_issuers.clock import Entropy
from claim_issuers.keys.base64url import encode
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import ROLE_SCOPES, Role
from identity_service.access.service import Access, Client
from identity_service.audit.service import AuditLog
from identity_service.bootstrap import AUDIT_KEY, World, vault_directory
from identity_service.settings import SETTINGS_FILE, Settings
from identity_service.storage import Database
from identity_service.storage.migrate import migrate
from identity_service.vault.files import write_new
from identity_service.vault.model import VaultMissing
from identity_service.vault.service import Vault
from identity_service.vault.signers import VaultSigners

ADMINISTRATOR_KEY: Final = "administrator.jwk"


def prepare(settings: Settings, *, remember_database: bool = False) -> dict[str, str | None]:
    """Create vault, database and administrator unless they exist; existing ones stay as they are.

    Raises the vault's errors and DatabaseUnavailable.
    """
    world = World.real(settings)
    settings.data_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    signers = VaultSigners(_vault(settings, world.entropy))
    signers.ensure_key(AUDIT_KEY, "ed25519")
    if remember_database:
        _remember_database(settings)
    db = Database.open(settings.database_url)
    migrate(db)
    client = _administrator(settings, db, world)
    db.close()
    key_file = settings.data_directory / ADMINISTRATOR_KEY
    return {
        "data_directory": str(settings.data_directory),
        "client_id": None if client is None else client.id,
        "key_file": str(key_file),
        "scope": " ".join(sorted(ROLE_SCOPES[Role.ADMINISTRATOR])),
        "audit_public_key": str(_write_audit_key(settings, signers)),
    }


def private_jwk(seed: bytes) -> dict[str, str]:
    """The private JWK of an Ed25519 seed (RFC 8037)."""
    return {**Ed25519Signer(seed).public_jwk(), "d": encode(seed)}


def _vault(settings: Settings, entropy: Entropy) -> Vault:
    directory, passphrase = vault_directory(settings), settings.vault_passphrase or None
    try:
        return Vault.open(directory, entropy, passphrase)
    except VaultMissing:
        return Vault.create(directory, entropy, passphrase)


def _administrator(settings: Settings, db: Database, world: World) -> Client | None:
    """The first administrator, or None when the key file shows that there was one."""
    key_file = settings.data_directory / ADMINISTRATOR_KEY
    if key_file.exists():
        return None
    seed = world.entropy.token_bytes(32)
    with db.write() as session:
        client = Access(world.clock, world.entropy).register_client(
            session, role=Role.ADMINISTRATOR, party_id=None, public_jwk=Ed25519Signer(seed).public_jwk()
        )
        AuditLog(world.clock).append(
            session, actor="init", action="client.registered", subject=client.id, details={"role": client.role.value}
        )
        # Written before the commit: a key file without a client can be removed, a client without its key could never sign in.
        content = json.dumps({**private_jwk(seed), "client_id": client.id}, indent=2).encode()
        write_new(key_file, content, world.entropy)
    return client


def _remember_database(settings: Settings) -> None:
    file = settings.data_directory / SETTINGS_FILE
    if not file.exists():
        file.write_text(f"database_url = {json.dumps(settings.database_url)}\n")
        file.chmod(0o600)


def _write_audit_key(settings: Settings, signers: VaultSigners) -> Path:
    file = settings.data_directory / "audit-public.jwk"
    file.write_text(json.dumps(signers.signer(AUDIT_KEY).public_jwk(), indent=2) + "\n")
    return file
