"""A small HTTP server on loopback that answers as it is told: well, badly, slowly or not at all."""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """``raw`` replaces everything by these bytes, then the connection closes; ``chunks`` are sent one by one."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: Iterable[bytes] | None = None
    raw: Iterable[bytes] | None = None
    close: bool = False


Responder = Callable[[Request], Reply]


class LocalServer:
    """Where the server listens, what it was asked, and how to let slow answers end."""

    def __init__(self, respond: Responder, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.ended = threading.Event()
        self.respond = respond
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._http.daemon_threads = True
        self._http.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port: int = self._http.server_port
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def drip(self, piece: bytes, seconds: float) -> Iterator[bytes]:
        """``piece`` again and again with pauses, until the server ends."""
        while not self.ended.wait(seconds):
            yield piece

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.ended.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler_class(server) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                server.requests.append(request)
                with suppress(OSError):
                    self._send(server.respond(request))

            def _send(self, reply: Reply) -> None:
                if reply.raw is not None:
                    self._write(reply.raw)
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.chunks is None:
                    self.send_header("Content-Length", str(len(reply.body)))
                if reply.close or reply.chunks is not None:
                    self.send_header("Connection", "close")
                self.end_headers()
                self._write([reply.body] if reply.chunks is None else reply.chunks)

            def _write(self, pieces: Iterable[bytes]) -> None:
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@contextmanager
def serving(respond: Responder, tls: ssl.SSLContext | None = None) -> Iterator[LocalServer]:
    """A server that answers with ``respond`` while the block runs."""
    server = LocalServer(respond, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()
