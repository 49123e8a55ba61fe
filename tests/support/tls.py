"""https on loopback: a certificate authority made for the run, and a server for applications that it vouches for."""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import trustme
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class Authority:
    """A certificate authority; ``file`` holds its own certificate for those who are to trust it."""

    def __init__(self, directory: Path) -> None:
        self._authority = trustme.CA()
        self.file = directory / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def context(self, *names: str) -> ssl.SSLContext:
        """What a server of these names (hosts or addresses) needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context


class InTurns:
    """Several applications behind one address, each answering the next request: as processes behind a proxy would."""

    def __init__(self, applications: Sequence[Callable[..., Any]]) -> None:
        self._applications = applications
        self._requests = count()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        turn = next(self._requests) % len(self._applications)
        return self._applications[turn](environ, start_response)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def bound(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, Callable[[Callable[..., Any]], None]]]:
    """A port of loopback that is taken, and what to call with the application that is to answer there until the block ends."""
    started: list[tuple[BaseWSGIServer, threading.Thread]] = []
    holder = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_Quiet, ssl_context=context)

    def serve(application: Callable[..., Any]) -> None:
        holder.app = application
        thread = threading.Thread(target=holder.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        started.append((holder, thread))

    try:
        yield holder.server_port, serve
    finally:
        for server, thread in started:
            server.shutdown()
            thread.join()
        holder.server_close()


def _not_yet(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    start_response("503 Service Unavailable", [])
    return []
