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
def serve(data_directory: Path | None, host: str | None, port: int | None) -> None:
    """Serve the HTTP API."""
    running.serve(data_directory, host, port)


@main.command()
@_DATA
@click.option("--once", is_flag=True, help="Do what is due, bring the registers up to date, and stop.")
def worker(data_directory: Path | None, once: bool) -> None:
    """Do durable work and follow the chains."""
    running.work(data_directory, once=once)


@main.command(name="doctor")
@_DATA
def examine(data_directory: Path | None) -> None:
    """Say what is wrong, and what to do about it; exits 1 when something is."""
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
def demo(once: bool, json_file: Path | None, port: int) -> None:
    """Run the whole story on a local chain with the real ERC-3643 contracts (test mode: data vanishes)."""
    from identity_service.demo.command import run  # its packages are development dependencies

    run(once=once, json_file=json_file, port=port)


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
