"""``init``: keys, database, first administrator."""

import json
from pathlib import Path

import click

from identity_service.installation import prepare
from identity_service.settings import load_settings


def initialise(data_directory: Path | None, database_url: str | None) -> None:
    """Make what is missing, print what was made."""
    settings = load_settings(data_directory, database_url=database_url)
    click.echo(json.dumps(prepare(settings, remember_database=database_url is not None), indent=2))
