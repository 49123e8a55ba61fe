"""``identity-service``: init, serve, worker, doctor, client, audit, demo, test-wallet."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import click

from claim_issuers.errors import DomainError
from identity_service.cli import audit, clients, doctor, running, setting_up
from identity_service.cli.words import explained

_DATA = click.option(
    "--data",
    "data_directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The data directory (or IDENTITY_SERVICE_DATA_DIRECTORY).",
)


_PUBLIC_URL = click.option(
    "--public-url", default=None, help="The address callers use, in place of the settings'; serve and worker need the same."
)


class _Commands(click.Group):
    """Turns what went wrong into words and exit code 1, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            _refuse(*explained(error))
        except OSError as error:
            _refuse(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))


def _refuse(*lines: str) -> NoReturn:
    click.echo("\n".join(lines), err=True)
    raise SystemExit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="identity-information-service")
def main() -> None:
    """The Identity Information Service."""
    os.umask(0o077)  # whatever a command writes is its user's alone


@main.command()
@_DATA
@click.option(
    "--database-url", default=None, help="sqlite:///FILE or postgresql://HOST/NAME; default: a file in the data directory."
)
def init(data_directory: Path | None, database_url: str | None) -> None:
    """Create keys, database and a first administrator; prints JSON. Run it again to migrate the database."""
    setting_up.initialise(data_directory, database_url)


@main.command()
@_DATA
@click.option("--host", default=None, help="Address to listen on.")
@click.option("--port", type=int, default=None, help="Port to listen on.")
@_PUBLIC_URL
def serve(data_directory: Path | None, host: str | None, port: int | None, public_url: str | None) -> None:
    """Serve the HTTP API; by https itself when the settings name tls_certificate and tls_key."""
    running.serve(data_directory, host=host, port=port, public_url=public_url)


@main.command()
@_DATA
@click.option("--once", is_flag=True, help="Do what is due, bring the registers up to date, and stop.")
@_PUBLIC_URL
def worker(data_directory: Path | None, once: bool, public_url: str | None) -> None:
    """Do durable work and follow the chains."""
    running.work(data_directory, once=once, public_url=public_url)


@main.command(name="doctor")
@_DATA
@click.option("--phone", is_flag=True, help="Only whether a phone could open public_url, by trying it from here.")
def examine(data_directory: Path | None, phone: bool) -> None:
    """Say what is wrong, and what to do about it; exits 1 when something is."""
    if phone:
        doctor.examine_phone(data_directory)
    doctor.examine(data_directory)


@main.group()
def client() -> None:
    """Machine clients."""


@client.command(name="add")
@_DATA
@click.option("--role", required=True, help="administrator, claim_issuer, network, …")
@click.option("--party", default=None, help="The party the client acts for.")
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write the new private JWK."
)
def client_add(data_directory: Path | None, role: str, party: str | None, key_file: Path) -> None:
    """Register a client with a fresh Ed25519 key; prints JSON."""
    clients.add(data_directory, role, party, key_file)


@main.group(name="audit")
def audit_log() -> None:
    """The audit log."""


@audit_log.command(name="export")
@_DATA
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def audit_export(data_directory: Path | None, file: Path) -> None:
    """Write the whole log with a signed checkpoint; `init` wrote the public key to check it with."""
    audit.export(data_directory, file)


@audit_log.command(name="verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--public-key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The log's public JWK, kept since an earlier day and not taken from the same hands as the file.",
)
def audit_verify(file: Path, public_key: Path) -> None:
    """Check an exported log: every byte of it, offline."""
    audit.verify(file, public_key)


@main.command()
@click.option("--once", is_flag=True, help="Exit after the story; non-zero when a step fails.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write what was made to FILE."
)
@click.option("--port", type=int, default=0, help="Port of the service; default: a free one.")
@click.option("--public-url", default="", help="The https address by which a phone gets here: a tunnel's, or this machine's.")
@click.option(
    "--tls-certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="PEM file; with it the demo speaks https itself, to the whole network.",
)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None, help="Its private key.")
def demo(
    once: bool, json_file: Path | None, port: int, public_url: str, tls_certificate: Path | None, tls_key: Path | None
) -> None:
    """Run the whole story on a local chain with the real ERC-3643 contracts (test mode: data vanishes)."""
    from identity_service.demo.command import Address, run  # its packages are development dependencies

    address = Address(public_url=public_url, certificate=tls_certificate, key=tls_key)
    run(once=once, json_file=json_file, port=port, address=address)


@main.group(name="test-wallet")
def test_wallet() -> None:
    """A wallet without a screen, for services on this machine (test mode)."""


@test_wallet.command()
@click.argument("url")
@click.option("--name", default="Maya Rosenthal", show_default=True, help="Who applies: an invented name.")
@click.option("--kind", type=click.Choice(["natural_person", "organisation"]), default="natural_person", show_default=True)
@click.option("--country", default="CH", show_default=True, help="ISO 3166-1 alpha-2.")
@click.option("--classification", default="professional", show_default=True, help="What an INVESTOR claim says.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="What another claim says, in its place.")
@click.option("--wait", "seconds", type=click.IntRange(1), default=600, show_default=True, help="How long for the decision.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write the claim to FILE.")
def accept(
    url: str,
    name: str,
    kind: str,
    country: str,
    classification: str,
    attributes: tuple[str, ...],
    seconds: int,
    json_file: Path | None,
) -> None:
    """Answer the invitation at URL with a fresh key; exits 0 only with a verified claim."""
    from identity_service.cli import wallet  # it belongs to the demo, whose packages are development dependencies

    wallet.accept(
        url,
        party={"kind": kind, "legal_name": name, "country": country},
        attributes=wallet.named(attributes) or {"classification": classification},
        patience=timedelta(seconds=seconds),
        json_file=json_file,
    )


@test_wallet.command()
@click.argument("offer")
@click.option("--tx-code", default=None, help="The six digits that were mailed.")
@click.option("--wait", "seconds", type=click.IntRange(1), default=600, show_default=True, help="How long for the decision.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Write it to FILE.")
def take(offer: str, tx_code: str | None, seconds: int, json_file: Path | None) -> None:
    """Take the credential offer up (OpenID4VCI) with a fresh key; exits 0 only with the credential."""
    from identity_service.cli import wallet  # it belongs to the demo, whose packages are development dependencies

    wallet.take(offer, tx_code=tx_code, patience=timedelta(seconds=seconds), json_file=json_file)
