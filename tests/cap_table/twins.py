"""Twin services: they share chain, clock, ids and randomness, and differ only in what they are told off chain.

Whatever draws randomness does so under a label of what is being done, so that the same act draws the same bytes in every twin,
whatever else happened there.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from claim_issuers.clock import FixedClock
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.bootstrap import Service, World, open_service, vault_directory
from identity_service.cli.running import follow_chains
from identity_service.demo.api import Session, machine, person
from identity_service.demo.wallets import Wallet
from identity_service.egress.client import EgressClient
from identity_service.jobs.worker import Worker
from identity_service.settings import load_settings
from identity_service.storage import Database
from identity_service.storage.migrate import migrate
from identity_service.vault.service import Vault
from tests.support.description import watch
from tests.support.devchain import Onchain
from tests.support.stand import BASE_URL, InProcess, write_settings


@dataclass
class SeededEntropy:
    """Bytes that depend on what is being done and on how many were drawn for it: the same in every twin."""

    label: str = "start"
    drawn: int = 0

    def begin(self, label: str) -> None:
        self.label, self.drawn = label, 0

    def token_bytes(self, length: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_256(f"{self.label}/{self.drawn}".encode()).digest(length)


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer: what was asked, status, headers and body. Date is the machine's own clock and left out."""

    asked: str
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


@dataclass
class Twin:
    """One of the services and those who speak to it. ``faults`` are answers that openapi.yaml does not foresee."""

    service: Service
    http: FlaskClient
    transport: InProcess
    entropy: SeededEntropy
    onchain: Onchain
    faults: list[str]
    ids: dict[str, str] = field(default_factory=dict)
    asks: int = 0

    @property
    def token(self) -> str:
        return f"eip155:31337:{self.onchain.suite.token}"

    def client(self, role: str, party: str | None) -> Session:
        self.entropy.begin(f"client {role} {party}")
        signer = Ed25519Signer(self.entropy.token_bytes(32))
        with self.service.db.write() as session:
            client = self.service.access.register_client(session, role=Role(role), party_id=party, public_jwk=signer.public_jwk())
        return machine(self.transport, client_id=client.id, signer=signer)

    def person(self, wallet: Wallet) -> Session:
        return person(self.transport, wallet)

    def post(self, who: Session, path: str, content: Mapping[str, Any] | None = None, *, doing: str) -> Any:
        self._sign_in(who, doing)
        return who.post(path, content)

    def get(self, who: Session, path: str, *, doing: str) -> Any:
        self._sign_in(who, doing)
        return who.get(path)

    def open(self, path: str, *, doing: str) -> Any:
        """What anybody gets."""
        self.entropy.begin(doing)
        return self.http.get(path).json

    def browser(self, wallet: Wallet) -> FlaskClient:
        """The browser of whoever controls ``wallet``, signed in."""
        browser: FlaskClient = self.http.application.test_client()
        browser.environ_base.update(HTTP_ACCEPT="text/html", HTTP_ORIGIN=BASE_URL)
        self.entropy.begin(f"browser of {wallet.account}")
        challenge = browser.post("/v1/account-proofs/challenges", json={"account": str(wallet.account)}).json
        proof = {"message": challenge["message"], "signature": "0x" + wallet.sign_message(challenge["message"]).hex()}
        assert browser.post("/session", json=proof).status_code == 201
        return browser

    def ask(self, who: Session | FlaskClient, path: str, method: str = "GET", **sent: Any) -> Seen:
        """The answer to a machine client, to a wallet's token, or to a browser, which brings its cookie."""
        asked, self.asks = f"{method} {path}", self.asks + 1
        self.entropy.begin(f"ask {self.asks}")
        if isinstance(who, Session):
            sent["headers"] = {"Authorization": f"Bearer {who.token()}", **sent.get("headers", {})}
        answer = (self.http if isinstance(who, Session) else who).open(path, method=method, **sent)
        headers = sorted(one for one in answer.headers.items() if one[0] != "Date")
        return Seen(asked, answer.status_code, tuple(headers), answer.data)

    def work(self) -> None:
        """Follow the chain, then do every job that is due."""
        follow_chains(self.service)
        self.entropy.begin("the worker")
        Worker(self.service.db, self.service.jobs, self.service.world.clock, "wkr_twin").drain()

    def close(self) -> None:
        self.service.close()

    def _sign_in(self, who: Session, doing: str) -> None:
        self.entropy.begin(f"{doing}: token")
        who.token()
        self.entropy.begin(doing)


@dataclass
class Twins:
    """Opens services on one chain at one instant, each on a database of its own."""

    onchain: Onchain
    directory: Path
    new_database: Callable[[], str]
    instant: datetime
    opened: int = 0

    def open(self) -> Twin:
        self.opened += 1
        directory = self.directory / f"twin-{self.opened}"
        write_settings(directory, self.new_database(), self.onchain.devchain.rpc_url, [self.onchain.platform.id_factory])
        chosen, entropy, clock = load_settings(directory), SeededEntropy(), FixedClock(self.instant)
        Vault.create(vault_directory(chosen), entropy)
        database = Database.open(chosen.database_url)
        migrate(database)
        database.close()
        entropy.begin("open")
        egress = EgressClient(clock=clock, allow_loopback=True)
        service = open_service(chosen, World(clock=clock, entropy=entropy, egress=egress))
        app = service.app()
        http = app.test_client()
        return Twin(service, http, InProcess(BASE_URL, egress, clock, entropy, http), entropy, self.onchain, watch(app))
