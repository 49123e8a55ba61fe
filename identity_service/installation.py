"""Makes a data directory: keys, database, first administrator. What exists stays as it is."""

import json
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from claim_issuers.clock import Entropy
from claim_issuers.encodings.base64url import encode
from claim_issuers.errors import Conflict
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import ROLE_SCOPES, ClientUnknown, Role
from identity_service.access.service import Access, Client
from identity_service.audit.service import AuditLog
from identity_service.bootstrap import AUDIT_KEY, World, vault_directory
from identity_service.settings import SETTINGS_FILE, InvalidSettings, Settings
from identity_service.storage import Database
from identity_service.storage.migrate import migrate
from identity_service.vault.files import make_private_directory, write_new
from identity_service.vault.model import VaultMissing
from identity_service.vault.service import Vault
from identity_service.vault.signers import VaultSigners

ADMINISTRATOR_KEY: Final = "administrator.jwk"
AUDIT_PUBLIC_KEY: Final = "audit-public.jwk"


class AdministratorElsewhere(Conflict):
    """The key file in the data directory belongs to no administrator of this database."""

    code = "administrator_elsewhere"


def prepare(settings: Settings, *, remember_database: bool = False) -> dict[str, str]:
    """Create vault, database and administrator unless they exist; existing ones stay as they are.

    Raises the vault's errors, DatabaseUnavailable, AdministratorElsewhere, InvalidSettings when the settings file names another
    database than the one to remember.
    """
    world = World.real(settings)
    make_private_directory(settings.data_directory)
    if remember_database:
        _require_rememberable(settings)
    signers = VaultSigners(_vault(settings, world.entropy))
    signers.ensure_key(AUDIT_KEY, "ed25519")
    _make_private_database(settings)
    with closing(Database.open(settings.database_url)) as db:
        migrate(db)
        client = _administrator(settings, db, world)
    if remember_database:
        _remember_database(settings, world.entropy)
    return {
        "data_directory": str(settings.data_directory),
        "client_id": client.id,
        "key_file": str(settings.data_directory / ADMINISTRATOR_KEY),
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


def _administrator(settings: Settings, db: Database, world: World) -> Client:
    """The first administrator: the one whose key file is there, or a new one."""
    key_file = settings.data_directory / ADMINISTRATOR_KEY
    if key_file.exists():
        return _present_administrator(key_file, db, world)
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


def _present_administrator(key_file: Path, db: Database, world: World) -> Client:
    try:
        client_id = json.loads(key_file.read_bytes())["client_id"]
        with db.read() as session:
            return Access(world.clock, world.entropy).client(session, str(client_id))
    except (ValueError, KeyError, TypeError, ClientUnknown) as error:
        raise AdministratorElsewhere(f"{key_file.name} is no administrator's key of this database") from error


def _require_rememberable(settings: Settings) -> None:
    if _remembered_database(settings) not in (None, settings.database_url):
        raise InvalidSettings(f"{SETTINGS_FILE} names another database: change it there, then run init again")


def _remembered_database(settings: Settings) -> str | None:
    file = settings.data_directory / SETTINGS_FILE
    return tomllib.loads(file.read_text()).get("database_url") if file.exists() else None


def _remember_database(settings: Settings, entropy: Entropy) -> None:
    """Put the address where ``serve`` and the others will find it: at the top of the settings, before any table of TOML."""
    file = settings.data_directory / SETTINGS_FILE
    line = f"database_url = {json.dumps(settings.database_url)}\n"
    if not file.exists():
        write_new(file, line.encode(), entropy)
    elif _remembered_database(settings) is None:
        file.chmod(0o600)
        file.write_text(line + file.read_text())


def _make_private_database(settings: Settings) -> None:
    """SQLite would let others read the file that it makes; its WAL takes the file's mode."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).touch(mode=0o600)


def _write_audit_key(settings: Settings, signers: VaultSigners) -> Path:
    file = settings.data_directory / AUDIT_PUBLIC_KEY
    file.write_text(json.dumps(signers.signer(AUDIT_KEY).public_jwk(), indent=2) + "\n")
    return file
