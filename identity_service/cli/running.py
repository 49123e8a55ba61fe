"""``serve`` and ``worker``."""

import logging
import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click

from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import Account
from identity_service.bootstrap import Service, open_service
from identity_service.jobs.worker import Worker
from identity_service.register.indexer import ReorgTooDeep
from identity_service.settings import InvalidSettings, Settings, load_settings
from identity_service.storage import new_id
from identity_service.web.serving import serve_application

_log = logging.getLogger(__name__)
_FOLLOW_EVERY = timedelta(milliseconds=300)
_AFTER_FAULT = timedelta(seconds=3)
_TIDY_EVERY = timedelta(minutes=10)


def serve(data_directory: Path | None, *, host: str | None, port: int | None, public_url: str | None = None) -> None:
    """Serve until a signal ends it."""
    settings = load_settings(data_directory, host=host, port=port, public_url=public_url)
    open_service(settings).close()  # fail here, in words, rather than in a worker process that is started again and again
    _require_certificate(settings)
    _require_free(settings.host, settings.port)
    click.echo(f"serving {settings.require_public_url()} on {settings.host}:{settings.port}", err=True)
    serve_application("identity_service.app:create_app", settings)


def _require_certificate(settings: Settings) -> None:
    """Fail here when certificate and key are no pair, rather than in silence at each handshake."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (ssl.SSLError, OSError) as error:
        raise InvalidSettings("tls_certificate and tls_key are no certificate with its key", pointer="/tls_certificate") from error


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}; choose another --port"
        ) from error


def work(data_directory: Path | None, *, once: bool, public_url: str | None = None) -> None:
    """Do jobs and follow the chains until a signal ends it, or once."""
    service = open_service(load_settings(data_directory, public_url=public_url))
    service.forms.reconcile()
    worker = Worker(service.db, service.jobs, service.world.clock, new_id("wkr", service.world.entropy))
    if once:
        worker.drain()
        follow_chains(service)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    click.echo("working", err=True)
    jobs = threading.Thread(target=worker.run, args=(stop,), kwargs={"idle": _FOLLOW_EVERY}, name="jobs")
    jobs.start()
    try:
        _repeat(_Rounds(service), stop)
    finally:
        stop.set()
        jobs.join()
        service.close()


class _Rounds:
    """What the worker does beside jobs: follow the chains, and now and then throw away what has expired."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._tidied_at = service.world.clock.now()

    def __call__(self) -> None:
        for token, error in follow_chains(self._service):
            log = _log.error if isinstance(error, ReorgTooDeep) else _log.warning
            log("the register of %s stands still: %s", token, error.code)
        now = self._service.world.clock.now()
        if now - self._tidied_at > _TIDY_EVERY:
            self._service.forget_expired()
            self._tidied_at = now


def follow_chains(service: Service) -> list[tuple[Account, DomainError]]:
    """Bring the register of every token to its chain's head; the tokens whose register stands still, each with the cause.

    One token's trouble, a reorg deeper than finality included, stops neither the other registers nor the jobs.
    """
    with service.db.read() as session:
        tokens = service.tokens.list(session)
    stuck = []
    for token in tokens:
        try:
            service.indexer.sync(token)
        except DomainError as error:
            stuck.append((token.id, error))
    return stuck


def _repeat(act: Callable[[], None], stop: threading.Event) -> None:
    while not stop.is_set():
        pause = _FOLLOW_EVERY
        try:
            act()
        except DomainError as error:
            _log.warning("worker round failed: %s", error.code)
            pause = _AFTER_FAULT
        stop.wait(pause.total_seconds())
