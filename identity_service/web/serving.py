"""Serving an application with the production server, on the address that the settings name; by https with a certificate."""

from granian import Granian
from granian.constants import Interfaces, SSLProtocols

from identity_service.settings import Settings, export_to_children


def serve_application(factory: str, settings: Settings) -> None:
    """Serve what ``factory`` (``module:function``) makes, in a process that reads the same settings, until a signal ends it."""
    export_to_children(settings)
    Granian(
        factory,
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        blocking_threads=settings.threads,
        log_enabled=False,
        ssl_cert=settings.tls_certificate,
        ssl_key=settings.tls_key,
        ssl_protocol_min=SSLProtocols.tls12,
    ).serve()
