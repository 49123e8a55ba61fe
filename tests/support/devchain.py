"""Fixtures: one development chain a session, with the real T-REX contracts, put back as they were after each test.

``onchain`` is the whole scene; ``suite``, ``platform``, ``claim_issuer`` and ``actors`` are its parts. ``devchain`` alone is
the bare chain: a test that changes it without ``onchain`` changes it for others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from claim_issuers.clock import SystemClock
from claim_issuers.formats import erc735
from claim_issuers.identifiers.accounts import Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.chain.client import ChainClient
from identity_service.chain.identity_reads import IdentityReads
from identity_service.chain.reads import TokenReads
from identity_service.demo import actions
from identity_service.demo.devchain import DevChain
from identity_service.demo.trex import TokenTerms, TrexPlatform, TrexSuite
from identity_service.demo.wallets import Wallet

PROJECT_ROOT = Path(__file__).parents[2]
INVESTOR = int.from_bytes(keccak256(b"INVESTOR"), "big")
FAMILY_OFFICE = int.from_bytes(keccak256(b"FAMILY_OFFICE"), "big")
SWITZERLAND = 756


@dataclass(frozen=True, slots=True, kw_only=True)
class Actors:
    """Everybody on the chain. ``claim_issuer_manager`` is the claim issuer's cold key, ``claim_signer`` the one that signs."""

    deployer: Wallet
    token_owner: Wallet
    agent: Wallet
    claim_issuer_manager: Wallet
    claim_signer: Secp256k1Signer
    office: Wallet
    alice: Wallet
    bob: Wallet
    carol: Wallet
    stranger: Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class Onchain:
    """A token that demands an INVESTOR claim, one trusted claim issuer, and people without any identity yet."""

    devchain: DevChain
    platform: TrexPlatform
    suite: TrexSuite
    claim_issuer: Address
    actors: Actors

    @property
    def client(self) -> ChainClient:
        return self.devchain.client

    @property
    def token(self) -> TokenReads:
        return TokenReads(self.devchain.client, self.suite.token)

    @property
    def identities(self) -> IdentityReads:
        return IdentityReads(self.devchain.client)

    def sign_claim(self, identity_contract: Address, data: bytes, topic: int = INVESTOR) -> bytes:
        """The claim issuer's signature, 65 bytes."""
        return erc735.sign(identity_contract, topic, data, self.actors.claim_signer)

    def add_claim(self, holder: Wallet, identity_contract: Address, data: bytes, topic: int = INVESTOR) -> bytes:
        """Sign a claim and let the holder add it; gives the signature."""
        signature = self.sign_claim(identity_contract, data, topic)
        actions.add_claim(holder, identity_contract, topic=topic, claim_issuer=self.claim_issuer, signature=signature, data=data)
        return signature

    def register(self, holder: Wallet, identity_contract: Address, country: int = SWITZERLAND) -> None:
        """Let the agent enter the holder in the token's identity registry."""
        actions.register(self.actors.agent, self.suite.identity_registry, holder.address, identity_contract, country)

    def verify(self, holder: Wallet, data: bytes = b"\x44" * 31) -> Address:
        """Give the holder an identity contract with a valid INVESTOR claim, registered; gives the identity contract."""
        identity_contract = self.platform.deploy_identity(holder.address)
        self.add_claim(holder, identity_contract, data)
        self.register(holder, identity_contract)
        return identity_contract


@pytest.fixture(scope="session")
def devchain() -> Iterator[DevChain]:
    """One development chain for the session."""
    with DevChain.start(project_root=PROJECT_ROOT, clock=SystemClock()) as chain:
        yield chain


def actors_on(devchain: DevChain) -> Actors:
    """Well-known accounts in their parts."""
    return Actors(
        deployer=devchain.wallet(0),
        token_owner=devchain.wallet(1),
        agent=devchain.wallet(2),
        claim_issuer_manager=devchain.wallet(3),
        claim_signer=devchain.signer(4),
        office=devchain.wallet(5),
        alice=devchain.wallet(6),
        bob=devchain.wallet(7),
        carol=devchain.wallet(8),
        stranger=devchain.wallet(9),
    )


def deploy_on(devchain: DevChain, actors: Actors) -> Onchain:
    """The scene as first deployed."""
    platform = TrexPlatform.deploy(actors.deployer, project_root=PROJECT_ROOT)
    claim_issuer = platform.deploy_claim_issuer(actors.claim_issuer_manager, actors.claim_signer.address)
    terms = TokenTerms(
        name="Alpine Bond 2031",
        symbol="ALP31",
        owner=actors.token_owner.address,
        agents=(actors.agent.address,),
        claim_topics=(INVESTOR,),
        trusted_issuers={claim_issuer: (INVESTOR, FAMILY_OFFICE)},
    )
    suite = platform.deploy_suite(terms, unpause_by=actors.agent)
    return Onchain(devchain=devchain, platform=platform, suite=suite, claim_issuer=claim_issuer, actors=actors)


@pytest.fixture(scope="session")
def actors(devchain: DevChain) -> Actors:
    """Well-known accounts in their parts."""
    return actors_on(devchain)


@pytest.fixture(scope="session")
def deployed(devchain: DevChain, actors: Actors) -> Onchain:
    """The scene as first deployed; take ``onchain`` in tests, which puts it back afterwards."""
    return deploy_on(devchain, actors)


@pytest.fixture
def onchain(deployed: Onchain) -> Iterator[Onchain]:
    """The scene, put back as first deployed after the test."""
    snapshot = deployed.devchain.snapshot()
    yield deployed
    deployed.devchain.revert(snapshot)


@pytest.fixture
def suite(onchain: Onchain) -> TrexSuite:
    """The token's contracts."""
    return onchain.suite


@pytest.fixture
def platform(onchain: Onchain) -> TrexPlatform:
    """The factories."""
    return onchain.platform


@pytest.fixture
def claim_issuer(onchain: Onchain) -> Address:
    """The trusted claim issuer's contract."""
    return onchain.claim_issuer
