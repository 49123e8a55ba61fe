"""A whole service in this process, on a real database and a real chain, with a clock that moves only when somebody waits.

``stand`` is the service and the ways to talk to it; ``scene`` is the demo's stage built on it, before the first claim.
Waiting is work: whoever sleeps on the stand's clock lets the worker do what is due and the register follow the chain.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from claim_issuers.clock import Clock, FixedClock, SystemEntropy
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.bootstrap import Service, World, open_service
from identity_service.cli.running import follow_chains
from identity_service.demo import world as demo_world
from identity_service.demo.api import Answer, Session, Transport, machine, person
from identity_service.demo.setup import Stage
from identity_service.demo.wallets import Wallet
from identity_service.egress.client import EgressClient
from identity_service.installation import ADMINISTRATOR_KEY, prepare
from identity_service.jobs.worker import Worker
from identity_service.settings import Settings, load_settings
from tests.support.devchain import Onchain
from tests.support.kept import Kept

BASE_URL = "http://127.0.0.1:8765"


class WorkingClock(FixedClock):
    """Time that passes only in ``sleep``; meanwhile the worker works."""

    def __init__(self, instant: datetime) -> None:
        super().__init__(instant)
        self.service: Service | None = None

    def sleep(self, duration: timedelta) -> None:
        super().sleep(max(duration, timedelta(milliseconds=400)))
        if self.service is not None:
            Worker(self.service.db, self.service.jobs, self, "stand").drain()
            follow_chains(self.service)


@dataclass(frozen=True, slots=True)
class InProcess(Transport):
    """The demo's transport, but straight into the Flask application."""

    client: FlaskClient | None = None

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        assert self.client is not None
        response = self.client.open(path, method=method, headers=dict(headers), data=body)
        headers_received = {name.lower(): value for name, value in response.headers}
        return Answer(response.status_code, response.headers.get("Content-Type", ""), response.data, headers_received)


@dataclass(frozen=True, slots=True)
class Stand:
    """The service with everything a test needs to talk to it."""

    settings: Settings
    service: Service
    clock: Clock
    transport: InProcess
    http: FlaskClient
    onchain: Onchain

    def machine(self, role: str, party: str | None = None) -> Session:
        """A new machine client in this role."""
        signer = Ed25519Signer(SystemEntropy().token_bytes(32))
        with self.service.db.write() as session:
            client = self.service.access.register_client(session, role=Role(role), party_id=party, public_jwk=signer.public_jwk())
        return machine(self.transport, client_id=client.id, signer=signer)

    def person(self, wallet: Wallet) -> Session:
        """Somebody with a wallet, to be signed in on first use."""
        return person(self.transport, wallet)

    def request(self, method: str, path: str, session: Session | None = None, **options: Any) -> TestResponse:
        """One raw request, with the session's token when one is given: for refusals."""
        headers = dict(options.pop("headers", {}))
        if session is not None:
            headers["Authorization"] = f"Bearer {session.token()}"
        return self.http.open(path, method=method, headers=headers, **options)

    def work(self, seconds: float = 2) -> None:
        """Let time pass, and with it the worker and the indexer."""
        deadline = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < deadline:
            self.clock.sleep(timedelta(milliseconds=400))


def write_settings(
    directory: Path, database_url: str, rpc_url: str, identity_factories: Sequence[Address] = (), *, base_url: str = BASE_URL
) -> None:
    """The stand's settings file."""
    factories = ", ".join(f'"{factory}"' for factory in identity_factories)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / "settings.toml").write_text(
        f"""development = true
public_url = "{base_url}"
database_url = "{database_url}"
rate_limit = ""
chain_rate_limit = ""

[chains."eip155:31337"]
rpc_url = "{rpc_url}"
finality_depth = 64
confirmations = 1
oldest_head_seconds = 86400
identity_factories = [{factories}]
"""
    )


@contextmanager
def standing(
    directory: Path,
    database_url: str,
    onchain: Onchain,
    rpc_url: str,
    *,
    clock: Clock | None = None,
    base_url: str = BASE_URL,
) -> Iterator[Stand]:
    """A service on an empty database, or on one where it was before, its node at ``rpc_url``.

    Nobody works for it when a clock is handed in.
    """
    write_settings(directory, database_url, rpc_url, [onchain.platform.id_factory], base_url=base_url)
    settings = load_settings(directory)
    if not (directory / ADMINISTRATOR_KEY).exists():
        prepare(settings)
    clock = clock or WorkingClock(datetime.now(UTC))
    world = World(clock=clock, entropy=SystemEntropy(), egress=EgressClient(clock=clock, allow_loopback=True))
    service = open_service(settings, world)
    if isinstance(clock, WorkingClock):
        clock.service = service
    http = service.app().test_client()
    transport = InProcess(base_url, world.egress, clock, SystemEntropy(), http)
    yield Stand(settings, service, clock, transport, http, onchain)
    service.close()


def stage_on(stand: Stand) -> demo_world.World:
    """The demo's stage on this stand: all parties, claim issuers with contracts, a token; no claim yet."""
    stage = Stage.open(
        stand.onchain.devchain, stand.onchain.platform, stand.transport, SystemEntropy(), stand.settings.data_directory
    )
    return stage.build()


@pytest.fixture(scope="session")
def installations(kept_place: Callable[[str, str], Kept], deployed: Onchain) -> Callable[[str], Kept]:
    """Gives what ``init`` makes on an engine, made when it is first asked for."""

    @cache
    def made(engine: str) -> Kept:
        kept = kept_place("stands", engine)
        with standing(kept.directory, kept.url, deployed, deployed.devchain.rpc_url):
            pass
        kept.keep()
        return kept

    return made


@pytest.fixture
def installation(request: pytest.FixtureRequest, installations: Callable[[str], Kept], tmp_path: Path) -> tuple[Path, str]:
    """Data directory and database URL of an initialised service that nobody has used."""
    directory = tmp_path / "data"
    return directory, installations(request.param).copy(directory)


@pytest.fixture
def stand(installation: tuple[Path, str], onchain: Onchain) -> Iterator[Stand]:
    """An initialised service on an empty database and the session's chain."""
    with standing(*installation, onchain, onchain.devchain.rpc_url) as stand:
        yield stand


@pytest.fixture
def scene(stand: Stand) -> demo_world.World:
    """The demo's stage on the stand."""
    return stage_on(stand)
