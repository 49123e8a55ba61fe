"""The network is blind to clients (DESIGN §5.5).

Two services share chain, clock, ids and randomness and differ only in what they know off chain about an office's clients. Over
every endpoint that DX's credentials open, their answers are the same byte for byte.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from claim_issuers.clock import FixedClock, from_unix_seconds
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.bootstrap import Service, World, open_service, vault_directory
from identity_service.cli.running import follow_chains
from identity_service.demo import actions
from identity_service.demo.api import Session, machine, person
from identity_service.demo.wallets import Wallet
from identity_service.egress.client import EgressClient
from identity_service.settings import load_settings
from identity_service.storage import Database
from identity_service.storage.migrate import migrate
from identity_service.vault.service import Vault
from tests.conftest import ENGINES
from tests.support.devchain import Onchain
from tests.support.stand import BASE_URL, InProcess, write_settings

# What the network's credentials open, and what is open to everybody. /metrics, which counts requests, is the operator's, and
# /oauth/token answers with a fresh random token; both are left out.
ENDPOINTS: Final = (
    "/v1/tokens",
    "/v1/tokens/<token>",
    "/v1/tokens/<token>/eligibility/<account>",
    "/v1/tokens/<token>/cap-table",
    "/v1/grants",
    "/v1/grants/<grant_id>",
    "/v1/claim-types",
    "/v1/claim-issuers",
    "/v1/claim-issuers/<claim_issuer_id>",
    "/v1/accreditations",
    "/v1/chains",
    "/claim-issuers/<claim_issuer_id>/did.json",
    "/status-lists/<status_list_id>",
    "/livez",
    "/readyz",
    "/openapi.yaml",
    "/docs",
    "/problems",
)
PURPOSE: Final = "network_settlement"


@dataclass
class SeededEntropy:
    """Bytes that depend on the seed, on what is being done, and on how many were drawn for it: the same in both worlds."""

    label: str = "start"
    drawn: int = 0

    def begin(self, label: str) -> None:
        self.label, self.drawn = label, 0

    def token_bytes(self, length: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_256(f"{self.label}/{self.drawn}".encode()).digest(length)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    """What a service knows off chain about one client of the office."""

    legal_name: str = "Anna Feldkirch"
    country: str | None = None
    email: str | None = None
    capacity: str = "own"
    intermediary: str | None = "office"
    classification: str = "retail"


@dataclass(frozen=True, slots=True, kw_only=True)
class OffChain:
    """The facts in which two worlds differ: of two clients with claims, and of one who may not even have enrolled."""

    clients: tuple[ClientFacts, ClientFacts] = (ClientFacts(), ClientFacts(legal_name="Bruno Castellani"))
    third: ClientFacts | None = None
    third_applied: bool = False
    regulator_reads: bool = False


@dataclass
class Twin:
    """One of the worlds: a service and those who speak to it."""

    service: Service
    http: FlaskClient
    transport: InProcess
    entropy: SeededEntropy
    onchain: Onchain
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return f"eip155:31337:{self.onchain.suite.token}"

    def client(self, role: str, party: str | None) -> Session:
        self.entropy.begin(f"client {role} {party}")
        signer = Ed25519Signer(self.entropy.token_bytes(32))
        with self.service.db.write() as session:
            client = self.service.access.register_client(session, role=Role(role), party_id=party, public_jwk=signer.public_jwk())
        return machine(self.transport, client_id=client.id, signer=signer)

    def post(self, who: Session, path: str, content: dict[str, Any], *, doing: str) -> Any:
        self.entropy.begin(f"{doing}: token")
        who._fresh_token()
        self.entropy.begin(doing)
        return who.post(path, content)

    def ask(self, who: Session, path: str) -> tuple[str, int, list[tuple[str, str]], bytes]:
        """What the network gets: status, headers and body; Date is the machine's own clock and left out."""
        self.entropy.begin(f"ask {path}")
        answer = self.http.get(path, headers={"Authorization": f"Bearer {who._fresh_token()}"})
        headers = sorted(one for one in answer.headers.items() if one[0] != "Date")
        return path, answer.status_code, headers, answer.data


def settle(twin: Twin, facts: OffChain) -> Session:
    """Everything that happens before the network asks; gives the network's session."""
    admin = twin.client("administrator", None)
    for name in ("network", "regulator", "issuer", "root", "desk"):
        firm = {"kind": "organisation", "legal_name": f"The {name.title()} Ltd"}
        twin.ids[name] = twin.post(admin, "/v1/parties", firm, doing=f"party {name}")["id"]
    actors = twin.onchain.actors
    _enrol_firms(twin)
    desk = _accredited_desk(twin, admin)
    _register_token(twin, admin)
    _claim_for(twin, desk, "office", actors.office, "FAMILY_OFFICE", OFFICE_ATTRIBUTES, {})
    for name, wallet, known in zip(("alice", "bob"), (actors.alice, actors.bob), facts.clients, strict=True):
        _client_claim(twin, desk, name, wallet, known)
    if facts.third is not None:
        _third(twin, actors.carol, facts.third, applied=facts.third_applied)
    follow_chains(twin.service)
    if facts.regulator_reads:
        regulator = twin.client("regulator", twin.ids["regulator"])
        twin.entropy.begin("the regulator reads")
        table = regulator.get(f"/v1/tokens/{twin.token}/cap-table", purpose="supervision")
        assert facts.clients[0].legal_name in json.dumps(table, ensure_ascii=False)
    return twin.client("network", twin.ids["network"])


OFFICE_ATTRIBUTES: Final = {"kind": "single", "basis": "excluded", "jurisdiction": "CH"}


def _enrol_firms(twin: Twin) -> None:
    actors = twin.onchain.actors
    for name, wallet in (("office", actors.office), ("harbour", actors.stranger)):
        enrolled = twin.post(
            person(twin.transport, wallet), "/v1/me", {"kind": "organisation", "legal_name": f"{name} AG"}, doing=f"enrol {name}"
        )
        twin.ids[name] = enrolled["party"]


def _accredited_desk(twin: Twin, admin: Session) -> Session:
    """A root that accredits the one claim issuer, whose own wallet is the claim issuer's manager's."""
    wallet = twin.onchain.actors.claim_issuer_manager
    desk_person = person(twin.transport, wallet)
    me = {"kind": "organisation", "legal_name": "The Desk's Wallet Ltd"}
    party = twin.post(desk_person, "/v1/me", me, doing="enrol desk")["party"]
    made = {}
    for name, kinds, owner in (("root", ["CLAIM_ISSUER"], twin.ids["root"]), ("desk", ["INVESTOR", "FAMILY_OFFICE"], party)):
        issuer = {"party": owner, "name": f"The {name}", "claim_types": kinds, "root": name == "root"}
        made[name] = twin.post(admin, "/v1/claim-issuers", issuer, doing=f"claim issuer {name}")["id"]
    twin.ids["claim_issuer"] = made["desk"]
    terms = {"topics": ["INVESTOR", "FAMILY_OFFICE"], "may_accredit": False, "path_length": 0}
    request = {"claim_issuer": made["root"], "claim_type": "CLAIM_ISSUER", "attributes": terms}
    applied = twin.post(desk_person, "/v1/applications", request, doing="desk applies")["id"]
    root = twin.client("claim_issuer", twin.ids["root"])
    twin.post(root, f"/v1/applications/{applied}/decision", {"outcome": "approve"}, doing="root accredits")
    return twin.client("claim_issuer", party)


def _register_token(twin: Twin, admin: Session) -> None:
    token = {
        "token": twin.token,
        "token_issuer": twin.ids["issuer"],
        "accepted_claim_types": ["INVESTOR", "FAMILY_OFFICE"],
        "trusted_factories": [str(twin.onchain.suite.id_factory)],
    }
    twin.post(admin, "/v1/tokens", token, doing="token")
    for name, purpose in (("network", PURPOSE), ("regulator", "supervision")):
        terms = {
            "token": twin.token,
            "viewer": twin.ids[name],
            "role": name,
            "purposes": [purpose],
            "legal_basis": "Statute",
            "case_number": "A-1",
            "valid_until": (twin.transport.clock.now() + timedelta(days=30)).isoformat(),
        }
        twin.ids[f"grant {name}"] = twin.post(admin, "/v1/grants", terms, doing=f"grant {name}")["id"]


def _claim_for(
    twin: Twin, desk: Session, name: str, wallet: Wallet, kind: str, attributes: dict[str, Any], more: dict[str, Any]
) -> None:
    request = {"claim_issuer": twin.ids["claim_issuer"], "claim_type": kind, "attributes": attributes, **more}
    applied = twin.post(person(twin.transport, wallet), "/v1/applications", request, doing=f"{name} applies")["id"]
    decided = twin.post(desk, f"/v1/applications/{applied}/decision", {"outcome": "approve"}, doing=f"{name} is approved")
    twin.ids[f"claim {name}"] = decided["claim"]
    twin.ids[f"party {name}"] = decided["party"]


def _party(known: ClientFacts) -> dict[str, Any]:
    given = {"legal_name": known.legal_name, "country": known.country, "email": known.email}
    return {"kind": "natural_person"} | {name: value for name, value in given.items() if value is not None}


def _client_claim(twin: Twin, desk: Session, name: str, wallet: Wallet, known: ClientFacts) -> None:
    intermediary = None if known.intermediary is None else twin.ids[known.intermediary]
    more = {"party": _party(known), "capacity": known.capacity, "intermediary": intermediary}
    _claim_for(twin, desk, name, wallet, "INVESTOR", {"classification": known.classification}, more)


def _third(twin: Twin, wallet: Wallet, known: ClientFacts, *, applied: bool) -> None:
    session = person(twin.transport, wallet)
    if not applied:
        twin.post(session, "/v1/me", {**_party(known), "capacity": known.capacity}, doing="carol enrols")
        return
    request = {
        "claim_issuer": twin.ids["claim_issuer"],
        "claim_type": "INVESTOR",
        "attributes": {"classification": known.classification},
        "party": _party(known),
        "intermediary": None if known.intermediary is None else twin.ids[known.intermediary],
    }
    twin.post(session, "/v1/applications", request, doing="carol applies")


def what_the_network_sees(twin: Twin, network: Session) -> list[tuple[str, int, list[tuple[str, str]], bytes]]:
    """The answers of every endpoint, with each argument that the network may think of."""
    actors, table = twin.onchain.actors, f"/v1/tokens/{twin.token}/cap-table"
    wallets = (actors.office, actors.alice, actors.bob, actors.carol, actors.stranger)
    twin.entropy.begin("network signs in")
    seen = [twin.ask(network, path) for path in ENDPOINTS if "<" not in path]
    assert {status for _, status, _, _ in seen} == {200}
    lists = {one["status_list"] for one in _claims_of(twin, actors.office)}
    paths = [
        f"/v1/tokens/{twin.token}",
        *(f"/v1/tokens/{twin.token}/eligibility/{wallet.account}" for wallet in wallets),
        f"{table}?purpose={PURPOSE}",
        f"{table}?purpose={PURPOSE}&limit=1",
        f"{table}?purpose=shareholder_identification",
        f"{table}?purpose=supervision",
        f"{table}?purpose={PURPOSE}&block={twin.onchain.client.head().number}",
        f"/v1/grants/{twin.ids['grant network']}",
        f"/v1/claim-issuers/{twin.ids['claim_issuer']}",
        f"/claim-issuers/{twin.ids['claim_issuer']}/did.json",
        *(f"/status-lists/{one}" for one in sorted(lists)),
    ]
    seen += [twin.ask(network, path) for path in paths]
    assert {status for _, status, _, _ in seen} == {200}
    refused = [
        f"/v1/grants/{twin.ids['grant regulator']}",
        f"/v1/claims/{twin.ids['claim alice']}",
        f"/v1/claims/{twin.ids['claim alice']}/forms/vc+jwt",
        f"/v1/parties/{twin.ids['party alice']}",
        "/v1/me",
        "/v1/me/disclosures",
        "/v1/applications",
        "/v1/audit",
        f"/v1/tokens/{twin.token}/registrations",
        f"/v1/tokens/{twin.token}/cap-table?purpose={PURPOSE}&cursor=nonsense",
    ]
    answers = [twin.ask(network, path) for path in refused]
    assert all(status >= 400 for _, status, _, _ in answers)
    return seen + answers


def _claims_of(twin: Twin, wallet: Wallet) -> list[dict[str, Any]]:
    twin.entropy.begin("the office reads its claims")
    return list(person(twin.transport, wallet).get("/v1/me/claims")["items"])


@dataclass
class Twins:
    """Builds worlds on one chain, each with a database of its own."""

    onchain: Onchain
    directory: Path
    new_database: Callable[[], str]
    instant: datetime
    built: int = 0

    def build(self, facts: OffChain) -> tuple[Twin, Session]:
        self.built += 1
        directory = self.directory / f"world-{self.built}"
        factories = [self.onchain.platform.id_factory]
        write_settings(directory, self.new_database(), self.onchain.devchain.rpc_url, factories)
        chosen, entropy, clock = load_settings(directory), SeededEntropy(), FixedClock(self.instant)
        Vault.create(vault_directory(chosen), entropy)
        database = Database.open(chosen.database_url)
        migrate(database)
        database.close()
        entropy.begin("open")
        egress = EgressClient(clock=clock, allow_loopback=True)
        service = open_service(chosen, World(clock=clock, entropy=entropy, egress=egress))
        http = service.app().test_client()
        twin = Twin(service, http, InProcess(BASE_URL, egress, clock, entropy, http), entropy, self.onchain)
        return twin, settle(twin, facts)

    def seen_in(self, facts: OffChain) -> list[tuple[str, int, list[tuple[str, str]], bytes]]:
        twin, network = self.build(facts)
        try:
            return what_the_network_sees(twin, network)
        finally:
            twin.service.close()


@pytest.fixture(params=ENGINES)
def new_database(request: pytest.FixtureRequest, tmp_path: Path, _counter: Iterator[int]) -> Iterator[Callable[[], str]]:
    """Gives the URL of another empty database each time, on each engine."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path / f'twin-{next(_counter)}.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def create() -> str:
        made.append(f"test_{next(_counter)}")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]}"))
        return str(server.replace("/postgres?", f"/{made[-1]}?"))

    yield create
    with admin.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def twins(onchain: Onchain, tmp_path: Path, new_database: Callable[[], str]) -> Twins:
    """A chain on which the office and three others hold the token, and allowances run both ways."""
    actors, token = onchain.actors, onchain.suite.token
    for wallet, quantity in ((actors.office, 500), (actors.alice, 300), (actors.bob, 150), (actors.carol, 50)):
        onchain.verify(wallet)
        actions.mint(actors.agent, token, wallet.address, quantity)
    for number in range(12, 16):
        wallet = onchain.devchain.wallet(number)
        onchain.verify(wallet)
        actions.mint(actors.agent, token, wallet.address, number)
    actions.approve(actors.alice, token, actors.office.address, 100)
    actions.approve(actors.office, token, actors.bob.address, 5)
    head = onchain.client.head()
    return Twins(onchain, tmp_path, new_database, from_unix_seconds(head.timestamp) + timedelta(seconds=5))


people = st.builds(
    ClientFacts,
    legal_name=st.text(st.characters(categories=["L"]), min_size=5, max_size=60),
    country=st.sampled_from([None, "CH", "IT"]),
    email=st.sampled_from([None, "someone@mail.example"]),
    capacity=st.sampled_from(["own", "client", "undeclared"]),
    intermediary=st.sampled_from([None, "office", "harbour"]),
    classification=st.sampled_from(["retail", "professional", "eligible_counterparty"]),
)
worlds = st.builds(
    OffChain,
    clients=st.tuples(people, people),
    third=st.one_of(st.none(), people),
    third_applied=st.booleans(),
    regulator_reads=st.booleans(),
)


ALL_TURNED_ROUND: Final = ClientFacts(
    legal_name="Zoë Øxnadalsheiði",
    country="IS",
    email="zoe@heidi.example",
    capacity="client",
    intermediary=None,
    classification="professional",
)


def test_worlds_that_differ_in_the_office_s_clients_look_the_same_to_the_network(twins: Twins) -> None:
    plain = twins.seen_in(OffChain())
    other = ALL_TURNED_ROUND

    @settings(
        max_examples=3,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @example(OffChain(clients=(other, other), third=other, third_applied=True, regulator_reads=True))
    @given(worlds)
    def looks_the_same(changed: OffChain) -> None:
        for expected, actual in zip(plain, twins.seen_in(changed), strict=True):
            assert actual == expected, actual[0]

    looks_the_same()


def test_nothing_the_network_sees_names_a_client_or_shows_its_account_unasked(twins: Twins) -> None:
    twin, network = twins.build(OffChain(third=ClientFacts(legal_name="Carla Oliveira"), regulator_reads=True))
    seen = what_the_network_sees(twin, network)
    actors = twins.onchain.actors
    words = ["Anna Feldkirch", "Bruno Castellani", "Carla Oliveira", twin.ids["party alice"], twin.ids["party bob"]]
    words += [twin.ids["claim alice"], twin.ids["claim bob"], twin.ids["grant regulator"]]
    accounts = [str(one.address).removeprefix("0x").lower() for one in (actors.alice, actors.bob, actors.carol)]
    for path, status, _, content in seen:
        shown = content.decode(errors="replace")
        asked = path if status >= 400 else ""
        assert [word for word in words if word in shown and word not in asked] == [], path
        if "/eligibility/" not in path:
            assert [one for one in accounts if one in shown.lower()] == [], path
    answers = {path: content for path, _, _, content in seen}
    for wallet, eligible in ((actors.office, True), (actors.alice, True), (actors.bob, True), (actors.carol, False)):
        answer = json.loads(answers[f"/v1/tokens/{twin.token}/eligibility/{wallet.account}"])
        assert answer["eligible"] is eligible, "the worlds are alive: their claims decide"
    table = json.loads(next(content for path, _, _, content in seen if path.endswith(f"cap-table?purpose={PURPOSE}")))
    assert [row["registered_holder"]["legal_name"] for row in table["items"]] == ["office AG"]
    assert table["items"][0]["transfer_authorities"] == []
    twin.service.close()


def test_the_list_of_endpoints_is_whole(twins: Twins) -> None:
    twin, network = twins.build(OffChain())
    rules = {rule.rule for rule in twin.http.application.url_map.iter_rules() if "GET" in (rule.methods or set())}
    pages = {rule for rule in rules if rule.startswith(("/docs/", "/assets/", "/problems/"))}
    for rule in sorted(rules - set(ENDPOINTS) - pages - {"/metrics"}):
        path = rule.replace("<token>", twin.token)
        assert twin.ask(network, path)[1] == 403, rule
    assert set(ENDPOINTS) <= rules
    twin.service.close()
