"""What my claims open, in a real browser: asked of the chain after the page is there, once, and by a link where no script runs."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from identity_service.bootstrap import open_service
from tests.conftest import ONE_ENGINE
from tests.support.browser import Quiet, key_of, run_browser, running
from tests.support.desk import Desk

ENGINES = ONE_ENGINE

HOLDER = 6  # the place of ``actors.alice`` among the chain's well-known accounts


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The desk's service on a free port of 127.0.0.1, for a browser."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        service = open_service(desk.stand.settings.model_copy(update={"public_url": base}), desk.stand.service.world)
        server = make_server("127.0.0.1", 0, service.app(), threaded=True, request_handler=Quiet, fd=listening.fileno())
        with running(server.serve_forever, server.shutdown):
            yield base


def test_the_chain_is_asked_once_the_page_is_there_and_without_script_by_a_link(desk: Desk) -> None:
    desk.verified(desk.onchain.actors.alice)
    with served(desk) as base:
        seen = run_browser("opened_tokens.mjs", base=base, secret=key_of(HOLDER), chain=desk.token.chain.number)
    assert "You may hold GLA32." in seen["scripted"]
    assert seen["times"] == 1
    assert seen["axe"] == []
    assert set(seen["sideways"].values()) == {0}
    assert "The chain has not been asked yet." in seen["unscripted"]
    assert "You may hold GLA32." in seen["answered"]
    assert "Ask again" in seen["answered"]
