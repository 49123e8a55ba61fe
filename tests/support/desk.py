"""``desk``: a claim issuer, accredited by a root, at work for a token that trusts it; and everything one does at such a desk.

The token is the session's (it demands INVESTOR); its people have no identity contract yet and nobody has applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from claim_issuers.claims.vocabulary import CLAIM_TYPES
from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain import onchainid, trex
from identity_service.chain.contracts import Function
from identity_service.demo import actions
from identity_service.demo.api import Session
from identity_service.demo.setup import administrator
from identity_service.demo.wallets import Wallet
from tests.support.devchain import Onchain
from tests.support.stand import Stand

ADD_TRUSTED_ISSUER = Function("addTrustedIssuer(address,uint256[])")
INVESTOR_TOPIC = CLAIM_TYPES["INVESTOR"].topic
DAY = 24 * 3600
RETAIL = {"classification": "retail"}
SOMEBODY = {"kind": "natural_person", "legal_name": "Maya Rosenthal", "country": "CH"}
_FUNDS = 10**18
_TYPES = ("INVESTOR", "FAMILY_OFFICE", "CUSTODIAN")
_CLAIM_ISSUER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``session`` is the claim issuer's machine client, ``root`` the root's, ``agent`` the token issuer's.

    ``accreditation`` is the claim that lets the claim issuer issue, ``contract`` its contract on chain.
    """

    stand: Stand
    administrator: Session
    root: Session
    root_did: str
    accreditation: str
    session: Session
    agent: Session
    issuer: Mapping[str, Any]
    contract: Address
    token: Account

    @property
    def onchain(self) -> Onchain:
        return self.stand.onchain

    @property
    def chain(self) -> str:
        return str(self.token.chain)

    def apply(self, wallet: Wallet, claim_type: str = "INVESTOR", attributes: Mapping[str, Any] = RETAIL) -> str:
        """The wallet's owner applies; the application's id."""
        content = {"claim_issuer": self.issuer["id"], "claim_type": claim_type, "attributes": dict(attributes), "party": SOMEBODY}
        return str(self.stand.person(wallet).post("/v1/applications", content)["id"])

    def approve(self, application: str, valid_for: int = 30 * DAY) -> str:
        """The desk approves; the claim's id."""
        content = {"outcome": "approve", "valid_for_seconds": valid_for}
        return str(self.session.post(f"/v1/applications/{application}/decision", content)["claim"])

    def claim(self, wallet: Wallet, *, valid_for: int = 30 * DAY, claim_type: str = "INVESTOR", **more: Any) -> str:
        """The wallet's owner applies and the desk approves; the claim's id."""
        return self.approve(self.apply(wallet, claim_type, **more), valid_for)

    def identity(self, wallet: Wallet) -> Address:
        """The service has the wallet's identity contract deployed or found."""
        job = self.session.post("/v1/identity-contracts", {"account": str(wallet.account)})["job"]
        return Account.parse(self.finished(self.session, job)["receipts"][0]["reference"]).address

    def form(self, claim: str, topic: int | None = None) -> dict[str, Any]:
        """The claim's form for the chain, signed."""
        wanted = {"format": "erc735"} | ({} if topic is None else {"topic": str(topic)})
        made = self.session.post(f"/v1/claims/{claim}/forms", wanted)["id"]
        return dict(self.session.get(f"/v1/claims/{claim}/forms/{made}"))

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

    def register(self, wallet: Wallet) -> None:
        """The token issuer has the account registered."""
        made = self.agent.post(f"/v1/tokens/{self.token}/registrations", {"account": str(wallet.account)})
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

    def finished(self, session: Session, job: str) -> dict[str, Any]:
        """The job once it is done."""
        found = self.ended(session, job)
        assert found["state"] == "done", found
        return found

    def ended(self, session: Session, job: str) -> dict[str, Any]:
        """The job once it is done or has failed."""
        for _ in range(60):
            found = dict(session.get(f"/v1/jobs/{job}"))
            if found["state"] in ("done", "failed"):
                return found
            self.stand.work(0.4)
        raise AssertionError(f"the job does not end: {found}")


@pytest.fixture
def desk(stand: Stand) -> Desk:
    """The desk, open, with funds for the service's accounts."""
    onchain = stand.onchain
    session, _ = administrator(stand.settings.data_directory, stand.transport)
    token_issuer = session.post("/v1/parties", {"kind": "organisation", "legal_name": "Alpine Infrastructure SA"})["id"]
    wallet = onchain.devchain.wallet(_CLAIM_ISSUER)
    person = stand.person(wallet)
    party = person.post("/v1/me", {"kind": "organisation", "legal_name": "Helvetia Claims AG"})["party"]
    issuer = _claim_issuer(session, onchain, party)
    root_party = session.post("/v1/parties", {"kind": "organisation", "legal_name": "Mesh Root Authority"})["id"]
    root_issuer = {"party": root_party, "name": "Mesh Root", "claim_types": ["CLAIM_ISSUER"], "root": True, "chains": []}
    made_root = session.post("/v1/claim-issuers", root_issuer)
    root = stand.machine("claim_issuer", root_party)
    accreditation = accredit(root, made_root["id"], person)
    token = Account(onchain.devchain.chain, onchain.suite.token)
    agent = stand.machine("token_issuer", token_issuer)
    made = session.post(
        "/v1/tokens",
        {
            "token": str(token),
            "token_issuer": token_issuer,
            "accepted_claim_types": ["INVESTOR", "FAMILY_OFFICE"],
            "topics": {"FAMILY_OFFICE": str(INVESTOR_TOPIC)},
            "trusted_factories": [str(onchain.suite.id_factory)],
        },
    )
    keys = issuer["chains"][str(token.chain)]
    contract = Address.parse(keys["contract"])
    owner, deployer = onchain.actors.token_owner, onchain.actors.deployer
    owner.do(onchain.suite.trusted_issuers_registry, ADD_TRUSTED_ISSUER, contract, [INVESTOR_TOPIC])
    owner.do(onchain.suite.identity_registry, trex.ADD_AGENT, Address.parse(made["agent"]))
    relayer = session.get("/v1/chains")["items"][0]["relayer"]
    for account in (made["agent"], keys["revocation_key"], relayer):
        deployer.send(Address.parse(account), value=_FUNDS)
    return Desk(
        stand=stand,
        administrator=session,
        root=root,
        root_did=made_root["did"],
        accreditation=accreditation,
        session=stand.machine("claim_issuer", party),
        agent=agent,
        issuer=issuer,
        contract=contract,
        token=token,
    )


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
