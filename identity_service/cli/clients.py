"""``client add``."""

import json
from pathlib import Path

import click

from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.bootstrap import open_service
from identity_service.installation import private_jwk
from identity_service.settings import load_settings
from identity_service.vault.files import write_new


def add(data_directory: Path | None, role: str, party: str | None, key_file: Path) -> None:
    """Register a client and write its private key, which is kept nowhere else."""
    try:
        wanted = Role(role)
    except ValueError as error:
        raise click.BadParameter(f"choose one of {', '.join(Role)}", param_hint="--role") from error
    if not key_file.parent.is_dir():
        raise click.BadParameter(f"there is no directory {key_file.parent}", param_hint="--key-file")
    service = open_service(load_settings(data_directory))
    seed = service.world.entropy.token_bytes(32)
    with service.db.write() as session:
        if party is not None:
            service.parties.exists(session, party)
        client = service.access.register_client(session, role=wanted, party_id=party, public_jwk=Ed25519Signer(seed).public_jwk())
        service.audit.append(
            session, actor="cli", action="client.registered", subject=client.id, details={"role": role, "party": party}
        )
        content = json.dumps({**private_jwk(seed), "client_id": client.id}, indent=2).encode()
        try:
            write_new(key_file, content, service.world.entropy)
        except FileExistsError as error:
            raise click.BadParameter("there is a file of this name already", param_hint="--key-file") from error
    click.echo(json.dumps({"client_id": client.id, "role": role, "key_file": str(key_file)}, indent=2))
