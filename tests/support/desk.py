"""``desk``: a claim issuer, accredited by a root, at work for a token that trusts it; and everything one does at such a desk.

The token is the desk's own (it demands INVESTOR); its people have no identity contract yet and nobody has applied. A desk is opened
once for each engine, and every test works at a copy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.clock import SystemEntropy
from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.chain import onchainid, trex
from identity_service.demo import actions
from identity_service.demo.api import Session, machine
from identity_service.demo.setup import administrator
from identity_service.demo.trex import TokenTerms, TrexSuite
from identity_service.demo.wallets import Wallet
from identity_service.jobs.worker import Worker
from tests.support.devchain import Onchain
from tests.support.kept import Kept
from tests.support.stand import Stand, standing

ENGINES = ("sqlite", "postgresql")
INVESTOR_TOPIC = CLAIM_TYPES["INVESTOR"].topic
DAY = 24 * 3600
RETAIL = {"classification": "retail"}
LICENCES: Mapping[str, Mapping[str, Any]] = {
    "FAMILY_OFFICE": {"kind": "multi", "basis": "licensed", "licence_id": "FO-1", "regulator": "FINMA", "jurisdiction": "CH"},
    "CUSTODIAN": {"licence_id": "CU-1", "regulator": "FINMA", "jurisdiction": "CH"},
}
SOMEBODY = {"kind": "natural_person", "legal_name": "Maya Rosenthal", "country": "CH"}
_FUNDS = 10**18
_TYPES = ("INVESTOR", "FAMILY_OFFICE", "CUSTODIAN")
_CLAIM_ISSUER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensed:
    """A firm that is an intermediary: its party, its wallet, and the claim that says so."""

    party: str
    wallet: Wallet
    claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``session`` is the claim issuer's machine client, ``root`` the root's, ``agent`` the token issuer's.

    ``accreditation`` is the claim that lets the claim issuer issue, ``contract`` its contract on chain.
    """

    stand: Stand
    administrator: Session
    root: Session
    root_did: str
    root_id: str
    accreditation: str
    session: Session
    agent: Session
    issuer: Mapping[str, Any]
    contract: Address
    token: Account
    applicants: set[Account] = field(default_factory=set)

    @property
    def onchain(self) -> Onchain:
        return self.stand.onchain

    @property
    def chain(self) -> str:
        return str(self.token.chain)

    def apply(self, wallet: Wallet, claim_type: str = "INVESTOR", attributes: Mapping[str, Any] = RETAIL) -> str:
        """The wallet's owner applies; the application's id."""
        return self.apply_to(self.issuer["id"], wallet, claim_type, attributes)

    def apply_to(
        self, claim_issuer: str, wallet: Wallet, claim_type: str = "INVESTOR", attributes: Mapping[str, Any] = RETAIL
    ) -> str:
        """The same at another claim issuer; somebody new says who applies, and only then."""
        party = None if wallet.account in self.applicants else SOMEBODY
        self.applicants.add(wallet.account)
        content = {"claim_issuer": claim_issuer, "claim_type": claim_type, "attributes": dict(attributes), "party": party}
        return str(self.stand.person(wallet).post("/v1/applications", content)["id"])

    def approve(self, application: str, valid_for: int = 30 * DAY) -> str:
        """The desk approves; the claim's id."""
        content = {"outcome": "approve", "valid_for_seconds": valid_for}
        return str(self.session.post(f"/v1/applications/{application}/decision", content)["claim"])

    def claim(self, wallet: Wallet, *, valid_for: int = 30 * DAY, claim_type: str = "INVESTOR", **more: Any) -> str:
        """The wallet's owner applies and the desk approves; the claim's id."""
        return self.approve(self.apply(wallet, claim_type, **more), valid_for)

    def licensed(
        self,
        index: int,
        legal_name: str = "Linden Family Office AG",
        *,
        claim_type: str = "FAMILY_OFFICE",
        valid_for: int = 30 * DAY,
    ) -> Licensed:
        """A firm, new here, whose wallet (the chain's account ``index``) gets an intermediary claim from the desk."""
        wallet = self.onchain.devchain.wallet(index)
        party = {"kind": "organisation", "legal_name": legal_name}
        content = {"claim_issuer": self.issuer["id"], "claim_type": claim_type, "attributes": LICENCES[claim_type], "party": party}
        applied = self.stand.person(wallet).post("/v1/applications", content)
        self.applicants.add(wallet.account)
        return Licensed(party=applied["party"], wallet=wallet, claim=self.approve(applied["id"], valid_for))

    def identity(self, wallet: Wallet) -> Address:
        """The service has the wallet's identity contract deployed or found."""
        job = self.session.post("/v1/identity-contracts", {"account": str(wallet.account)})["job"]
        return Account.parse(self.finished(self.session, job)["receipts"][0]["reference"]).address

    def form(self, claim: str, topic: int | None = None) -> dict[str, Any]:
        """The claim's form for the chain, signed; with ``topic``, after the token's registry knows INVESTOR by that number."""
        wanted = {"format": "erc735"} | ({} if topic is None else self.known_as(topic))
        made = self.session.post(f"/v1/claims/{claim}/forms", wanted)["id"]
        return dict(self.session.get(f"/v1/claims/{claim}/forms/{made}"))

    def known_as(self, topic: int) -> dict[str, str]:
        """Let the token know INVESTOR by this number; what a request for a form then names."""
        service = self.stand.service
        with service.db.write() as session:
            token = service.tokens.get(session, self.token)
            service.tokens.update(session, replace(token, topics={**token.topics, "INVESTOR": topic}))
        return {"token": str(self.token)}

    def add(self, wallet: Wallet, form: Mapping[str, Any], signature: bytes | None = None) -> None:
        """The holder's own wallet puts the claim on the identity contract, in another encoding when one is given."""
        actions.add_claim(
            wallet,
            Address.parse(form["identity_contract"]),
            topic=int(form["topic"]),
            claim_issuer=Address.parse(form["claim_issuer_contract"]),
            signature=signature or bytes.fromhex(form["signature"][2:]),
            data=bytes.fromhex(form["data"][2:]),
        )

    def register(self, wallet: Wallet, **read: Any) -> None:
        """The token issuer has the account registered; ``read`` is what the agent read in the queue, if something waits there."""
        made = self.agent.post(f"/v1/tokens/{self.token}/registrations", {"account": str(wallet.account), **read})
        self.finished(self.agent, made["job"])

    def verified(self, wallet: Wallet, **more: Any) -> tuple[str, dict[str, Any]]:
        """Everything up to ``isVerified``: the claim's id and its form on chain."""
        claim = self.claim(wallet, **more)
        self.identity(wallet)
        form = self.form(claim)
        self.add(wallet, form)
        self.register(wallet)
        assert self.is_verified(wallet)
        return claim, form

    def accredited_only_in(self, *jurisdictions: str) -> str:
        """The desk's accreditation ends, and one for these places alone begins; the id of the claim that says so."""
        self.root.post(f"/v1/claims/{self.accreditation}/revoke", {"reason": "data_changed"})
        person = self.stand.person(self.onchain.devchain.wallet(_CLAIM_ISSUER))
        return accredit(self.root, self.root_id, person, jurisdictions=[*jurisdictions])

    def is_verified(self, wallet: Wallet) -> bool:
        """What the token's registry says now."""
        return self.onchain.token.is_verified(wallet.address, self.onchain.client.head())

    def revoke(self, claim: str) -> dict[str, Any]:
        """The desk revokes a claim; what the service answers."""
        return dict(self.session.post(f"/v1/claims/{claim}/revoke", {"reason": "licence_withdrawn"}))

    def eligibility(self, wallet: Wallet, session: Session | None = None) -> dict[str, Any]:
        """The service's answer about this account, to the token issuer unless another asks."""
        return dict((session or self.agent).get(f"/v1/tokens/{self.token}/eligibility/{wallet.account}"))

    def checks(self, wallet: Wallet) -> dict[str, str]:
        """How each check of the eligibility answer ended."""
        return {one["check"]: one["outcome"] for one in self.eligibility(wallet)["reasons"]}

    def work(self, seconds: float = 6, rounds: int = 6) -> None:
        """Let time pass in so many strides, and the worker do what is due after each; the register rests."""
        worker = Worker(self.stand.service.db, self.stand.service.jobs, self.stand.clock, "desk")
        for _ in range(rounds):
            self.stand.clock.advance(timedelta(seconds=seconds / rounds))
            worker.drain()

    def finished(self, session: Session, job: str) -> dict[str, Any]:
        """The job once it is done."""
        found = self.ended(session, job)
        assert found["state"] == "done", found
        return found

    def ended(self, session: Session, job: str) -> dict[str, Any]:
        """The job once it is done or has failed."""
        for _ in range(60):
            self.work(0.5, rounds=1)
            found = dict(session.get(f"/v1/jobs/{job}"))
            if found["state"] in ("done", "failed"):
                return found
        raise AssertionError(f"the job does not end: {found}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A desk that was opened once, for copies: its data directory and database at rest, and what is on the chain already."""

    directory: Path
    database: str
    suite: TrexSuite
    root_did: str
    root_id: str
    accreditation: str
    issuer: Mapping[str, Any]
    clients: Mapping[str, tuple[str, Ed25519Signer]]

    def at(self, stand: Stand) -> Desk:
        """The desk on this stand, which stands on a copy."""
        session, _ = administrator(stand.settings.data_directory, stand.transport)
        chain = stand.onchain.devchain.chain
        clients = {
            name: machine(stand.transport, client_id=client_id, signer=signer) for name, (client_id, signer) in self.clients.items()
        }
        return Desk(
            stand=stand,
            administrator=session,
            root=clients["root"],
            root_did=self.root_did,
            root_id=self.root_id,
            accreditation=self.accreditation,
            session=clients["claim_issuer"],
            agent=clients["token_issuer"],
            issuer=self.issuer,
            contract=Address.parse(self.issuer["chains"][str(chain)]["contract"]),
            token=Account(chain, self.suite.token),
        )


@pytest.fixture(scope="session")
def opened_desks(deployed: Onchain, kept_place: Callable[[str, str], Kept]) -> Callable[[str], tuple[Kept, Opened]]:
    """Opens the desk of an engine when it is first asked for, for good: its contracts stay on the session's chain."""

    @cache
    def opened(engine: str) -> tuple[Kept, Opened]:
        kept = kept_place("desks", engine)
        with standing(kept.directory, kept.url, deployed, deployed.devchain.rpc_url) as stand:
            found = open_desk(stand, kept.directory, kept.url)
        kept.keep()
        return kept, found

    return opened


@pytest.fixture
def desk(request: pytest.FixtureRequest, opened_desks: Callable[[str], tuple[Kept, Opened]], tmp_path: Path) -> Iterator[Desk]:
    """The desk, open, with funds for the service's accounts: a copy of one that was opened before."""
    kept, opened = opened_desks(request.param)
    onchain: Onchain = request.getfixturevalue("onchain")  # only now, so that the copied desk's contracts outlive its snapshot
    directory = tmp_path / "data"
    database = kept.copy(directory)
    with standing(directory, database, replace(onchain, suite=opened.suite), onchain.devchain.rpc_url) as stand:
        yield opened.at(stand)


def open_desk(stand: Stand, directory: Path, database: str) -> Opened:
    onchain, chain = stand.onchain, str(stand.onchain.devchain.chain)
    session, _ = administrator(directory, stand.transport)
    token_issuer = session.post("/v1/parties", {"kind": "organisation", "legal_name": "Alpine Infrastructure SA"})["id"]
    person = stand.person(onchain.devchain.wallet(_CLAIM_ISSUER))
    party = person.post("/v1/me", {"kind": "organisation", "legal_name": "Helvetia Claims AG"})["party"]
    issuer = _claim_issuer(session, onchain, party)
    root_party = session.post("/v1/parties", {"kind": "organisation", "legal_name": "Mesh Root Authority"})["id"]
    root_issuer = {"party": root_party, "name": "Mesh Root", "claim_types": ["CLAIM_ISSUER"], "root": True, "chains": []}
    root = session.post("/v1/claim-issuers", root_issuer)
    wanted = (
        ("root", "claim_issuer", root_party),
        ("claim_issuer", "claim_issuer", party),
        ("token_issuer",) * 2 + (token_issuer,),
    )
    clients = {name: _client(stand, role, party_id) for name, role, party_id in wanted}
    accreditor = machine(stand.transport, client_id=clients["root"][0], signer=clients["root"][1])
    suite = _token(session, onchain, token_issuer, issuer["chains"][chain])
    return Opened(
        directory=directory,
        database=database,
        suite=suite,
        root_did=root["did"],
        root_id=root["id"],
        accreditation=accredit(accreditor, root["id"], person),
        issuer=issuer,
        clients=clients,
    )


def _client(stand: Stand, role: str, party: str) -> tuple[str, Ed25519Signer]:
    signer = Ed25519Signer(SystemEntropy().token_bytes(32))
    with stand.service.db.write() as session:
        client = stand.service.access.register_client(session, role=Role(role), party_id=party, public_jwk=signer.public_jwk())
    return client.id, signer


def _token(session: Session, onchain: Onchain, token_issuer: str, keys: Mapping[str, str]) -> TrexSuite:
    """A token of the desk's own that demands INVESTOR from the desk's contract, registered with the service as its agent."""
    actors = onchain.actors
    terms = TokenTerms(
        name="Glacier Note 2032",
        symbol="GLA32",
        owner=actors.token_owner.address,
        agents=(actors.agent.address,),
        claim_topics=(INVESTOR_TOPIC,),
        trusted_issuers={Address.parse(keys["contract"]): (INVESTOR_TOPIC,)},
    )
    suite = onchain.platform.deploy_suite(terms, unpause_by=actors.agent)
    wanted = {
        "token": f"{onchain.devchain.chain}:{suite.token}",
        "token_issuer": token_issuer,
        "accepted_claim_types": ["INVESTOR", "FAMILY_OFFICE"],
        "trusted_factories": [str(suite.id_factory)],
    }
    agent = session.post("/v1/tokens", wanted)["agent"]
    actors.token_owner.do(suite.identity_registry, trex.ADD_AGENT, Address.parse(agent))
    relayer = session.get("/v1/chains")["items"][0]["relayer"]
    for account in (agent, keys["revocation_key"], relayer):
        actors.deployer.send(Address.parse(account), value=_FUNDS)
    return suite


def accredit(
    accreditor: Session,
    accreditor_id: str,
    person: Session,
    *,
    topics: Sequence[str] = _TYPES,
    valid_for: int = 60 * DAY,
    **terms: Any,
) -> str:
    """The claim issuer behind ``person`` applies for an accreditation and gets it; the claim's id."""
    attributes = {"topics": [*topics], "may_accredit": False, "path_length": 0, **terms}
    wanted = {"claim_issuer": accreditor_id, "claim_type": "CLAIM_ISSUER", "attributes": attributes}
    application = person.post("/v1/applications", wanted)["id"]
    decision = {"outcome": "approve", "valid_for_seconds": valid_for}
    return str(accreditor.post(f"/v1/applications/{application}/decision", decision)["claim"])


def _claim_issuer(session: Session, onchain: Onchain, party: str) -> Mapping[str, Any]:
    chain = str(onchain.devchain.chain)
    content = {"party": party, "name": "Helvetia Claims", "claim_types": [*_TYPES], "chains": [chain]}
    made = session.post("/v1/claim-issuers", content)
    contract = claim_issuer_contract(onchain, made["chains"][chain])
    return dict(session.post(f"/v1/claim-issuers/{made['id']}/contracts", {"chain": chain, "contract": str(contract)}))


def claim_issuer_contract(onchain: Onchain, keys: Mapping[str, str]) -> Address:
    """A stock claim-issuer contract that knows our two keys, as its owner would deploy it."""
    manager = onchain.actors.claim_issuer_manager
    contract = onchain.platform.deploy_claim_issuer(manager, Address.parse(keys["claim_key"]))
    key = key_hash(Address.parse(keys["revocation_key"]))
    manager.do(contract, onchainid.ADD_KEY, key, onchainid.MANAGEMENT, onchainid.ECDSA)
    return contract
