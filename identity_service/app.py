"""The WSGI entry: ``create_app`` builds the whole service from its settings, as often as it is called."""

from flask import Flask

from identity_service.bootstrap import open_service
from identity_service.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application of one initialised data directory, by default the one that the environment names."""
    return open_service(settings or load_settings()).app()
