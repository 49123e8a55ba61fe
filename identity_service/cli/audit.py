"""``audit export`` and ``audit verify``."""

import json
from pathlib import Path

import click

from claim_issuers.errors import InvalidInput
from claim_issuers.keys.jwk import public_key_from_jwk
from claim_issuers.keys.public_keys import Ed25519PublicKey
from identity_service.audit.export import verify_export
from identity_service.bootstrap import open_service
from identity_service.installation import AUDIT_PUBLIC_KEY
from identity_service.settings import load_settings


class PublicKeyUnreadable(InvalidInput):
    """The file with the public key holds no Ed25519 JWK."""

    code = "public_key_unreadable"


def export(data_directory: Path | None, file: Path) -> None:
    """Write the log to ``file``."""
    service = open_service(load_settings(data_directory))
    key = service.settings.data_directory / AUDIT_PUBLIC_KEY
    with service.db.read() as session, file.open("wb") as target:
        for line in service.audit_export(session):
            target.write(line)
    click.echo(f"wrote {file}; check it with `identity-service audit verify {file} --public-key {key}`")


def verify(file: Path, public_key: Path) -> None:
    """Check ``file``; raises the error that names the first line at fault."""
    with file.open("rb") as lines:
        verified = verify_export(lines, _key(public_key))
    click.echo(f"intact: entries 1 to {verified.size}, signed at {verified.at.isoformat()}, root {verified.root.hex()}")


def _key(file: Path) -> Ed25519PublicKey:
    try:
        jwk = json.loads(file.read_bytes())
    except ValueError:
        jwk = None
    key = public_key_from_jwk(jwk) if isinstance(jwk, dict) else None
    if not isinstance(key, Ed25519PublicKey):
        raise PublicKeyUnreadable("give the audit-public.jwk that `init` wrote")
    return key
