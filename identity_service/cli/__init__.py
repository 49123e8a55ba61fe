"""The operator's commands."""

from identity_service.cli.main import main

__all__ = ["main"]
