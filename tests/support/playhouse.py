"""The demo's page as a visitor finds it: its stage set once, and played on as often as tests like, each time from the beginning.

``playhouse`` has the stage in a directory and on a chain of its own; ``playhouse.evening()`` opens the page on copies of both.
"""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.bootstrap import Service, World, open_service
from identity_service.demo.api import Transport
from identity_service.demo.app import with_pages
from identity_service.demo.devchain import DevChain
from identity_service.demo.page_setting import PageSetting
from identity_service.demo.page_stage import set_page
from identity_service.demo.roles import Player
from identity_service.demo.setup import DEPLOYER, Stage, free_port, initialise, write_settings
from identity_service.demo.story import accredit, go_on_chain, issue_claims
from identity_service.demo.trex import TrexPlatform
from identity_service.egress.client import EgressClient
from identity_service.settings import load_settings
from tests.support.browser import Quiet, run_browser, running, working
from tests.support.devchain import PROJECT_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """The page, open at ``base_url``; ``app`` and ``service`` are its inside, ``setting`` what it knows of its stage."""

    base_url: str
    app: Flask
    service: Service
    chain: DevChain
    setting: PageSetting

    @property
    def token(self) -> Account:
        """The token that the page tells of."""
        return Account.parse(self.setting.token)

    def address(self, player: Player) -> Address:
        """The player's wallet address."""
        return self.chain.wallet(player.index).address

    @property
    def transport(self) -> Transport:
        """The way to the public API."""
        world = self.service.world
        return Transport(self.base_url, world.egress, world.clock, world.entropy)

    def visitor(self) -> FlaskClient:
        """A browser without scripts, of somebody who has not signed in."""
        client = self.app.test_client()
        client.environ_base.update(HTTP_ACCEPT="text/html", HTTP_ORIGIN=self.base_url)
        return client

    def run(self, script: str, **arguments: Any) -> dict[str, Any]:
        """``run_browser`` at this page."""
        return run_browser(script, base=self.base_url, **arguments)


@dataclass(slots=True)
class Playhouse:
    """The set stage: the data directory, the chain, and the chain's state at the moment before the first scene."""

    directory: Path
    chain: DevChain
    snapshot: str

    @contextmanager
    def evening(self) -> Iterator[Evening]:
        """The page at the moment before its first scene, until the block ends; one evening at a time."""
        self.chain.revert(self.snapshot)
        self.snapshot = self.chain.snapshot()
        with tempfile.TemporaryDirectory(prefix="identity-service-evening-") as copy:
            directory = Path(copy) / "data"
            shutil.copytree(self.directory, directory)
            with _open(directory) as (service, app, base_url):
                setting = PageSetting.read(directory)
                assert setting is not None
                yield Evening(base_url=base_url, app=app, service=service, chain=self.chain, setting=setting)


@contextmanager
def _open(directory: Path) -> Iterator[tuple[Service, Flask, str]]:
    """The demo's application on its port, with a worker, on the machine's time because a browser keeps it."""
    settings, clock = load_settings(directory), SystemClock()
    world = World(clock=clock, entropy=SystemEntropy(), egress=EgressClient(clock=clock, allow_loopback=True))
    service = open_service(settings, world)
    app = with_pages(service.app(), service, directory)
    with socket.create_server(("127.0.0.1", settings.port)) as listening:
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet, fd=listening.fileno())
        with running(server.serve_forever, server.shutdown), working(service):
            yield service, app, settings.require_public_url()
    service.close()


def _set_stage(directory: Path, chain: DevChain) -> None:
    """What the command does before its page opens, but for the steps of the story that the page's stage does not stand on."""
    directory.mkdir(mode=0o700)
    platform = TrexPlatform.deploy(chain.wallet(DEPLOYER), project_root=PROJECT_ROOT)
    write_settings(directory, chain, free_port(), platform.id_factory)
    initialise(directory)
    with _open(directory) as (service, _, base_url):
        clock, entropy = service.world.clock, service.world.entropy
        stage = Stage.open(chain, platform, Transport(base_url, service.world.egress, clock, entropy), entropy, directory)
        world = stage.build()
        for step in (accredit, issue_claims, go_on_chain):
            step(world)
        set_page(stage, world, lambda part: None)


@pytest.fixture(scope="session")
def playhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playhouse]:
    """The stage of the demo's page, on a chain that nobody else uses."""
    directory = tmp_path_factory.mktemp("playhouse") / "data"
    with DevChain.start(project_root=PROJECT_ROOT, clock=SystemClock()) as chain:
        _set_stage(directory, chain)
        yield Playhouse(directory, chain, chain.snapshot())
