"""The real ERC-3643 contracts on a development chain: ONCHAINID 2.2.1 and T-REX 4.1.6, deployed through their own factories.

    >>> platform = TrexPlatform.deploy(chain.wallet(0), project_root=Path("."))              # doctest: +SKIP
    >>> suite = platform.deploy_suite(TokenTerms(name="Bond", symbol="BND", owner=..., ...))  # doctest: +SKIP

The artifacts are read from the npm packages at run time (they are GPL-3.0 and no part of this product).
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from claim_issuers.errors import Unavailable
from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Address
from identity_service.chain import onchainid
from identity_service.chain.asking import ask
from identity_service.chain.contracts import Function
from identity_service.chain.reads import TokenReads
from identity_service.demo.wallets import Wallet

# Under web3, py_ecc raises the recursion limit to 100,000 for the whole process. Deeply nested input would then overflow the C
# stack instead of raising RecursionError, so the limit is put back.
_RECURSION_LIMIT = sys.getrecursionlimit()
from web3 import Web3  # noqa: E402
from web3.contract import Contract  # noqa: E402

sys.setrecursionlimit(_RECURSION_LIMIT)

_ONCHAINID = Path("node_modules/@onchain-id/solidity/artifacts/contracts")
_TREX = Path("node_modules/@tokenysolutions/t-rex/artifacts/contracts")
_NOBODY = Address(bytes(20))
_VERSION = (4, 1, 6)

# The order is that of the version struct of TREXImplementationAuthority.
_IMPLEMENTATIONS = (
    _TREX / "token/Token.sol/Token.json",
    _TREX / "registry/implementation/ClaimTopicsRegistry.sol/ClaimTopicsRegistry.json",
    _TREX / "registry/implementation/IdentityRegistry.sol/IdentityRegistry.json",
    _TREX / "registry/implementation/IdentityRegistryStorage.sol/IdentityRegistryStorage.json",
    _TREX / "registry/implementation/TrustedIssuersRegistry.sol/TrustedIssuersRegistry.json",
    _TREX / "compliance/modular/ModularCompliance.sol/ModularCompliance.json",
)

_USE_VERSION = Function(
    "addAndUseTREXVersion((uint8,uint8,uint8),(address,address,address,address,address,address))",
)
_SET_FACTORY = Function("setTREXFactory(address)")
_SET_AUTHORITY_FACTORY = Function("setIAFactory(address)")
_TRANSFER_OWNERSHIP = Function("transferOwnership(address)")
_DEPLOY_SUITE = Function(
    "deployTREXSuite(string,"
    "(address,string,string,uint8,address,address,address[],address[],address[],bytes[]),"
    "(uint256[],address[],uint256[][]))"
)
_GET_TOKEN = Function("getToken(string)", "address")
_UNPAUSE = Function("unpause()")


class ArtifactMissing(Unavailable):
    """An npm package with the contracts is not installed in the project (``artifact``)."""

    code = "artifact_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTerms:
    """What a token is to be: ``trusted_issuers`` maps claim issuers' contracts to the topics each is trusted for.

    ``agents`` are agents of token and registry; the factory allows five, and five topics and issuers.
    """

    name: str
    symbol: str
    owner: Address
    agents: tuple[Address, ...]
    decimals: int = 0
    claim_topics: tuple[int, ...] = ()
    trusted_issuers: Mapping[Address, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrexSuite:
    """The contracts of one token. ``deployed_block`` is where its events begin."""

    token: Address
    identity_registry: Address
    identity_registry_storage: Address
    trusted_issuers_registry: Address
    claim_topics_registry: Address
    compliance: Address
    id_factory: Address
    gateway: Address
    deployed_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrexPlatform:
    """The contracts that many tokens share: identity factory, its gateway, the token factory."""

    deployer: Wallet
    project_root: Path
    id_factory: Address
    gateway: Address
    trex_factory: Address

    @classmethod
    def deploy(cls, deployer: Wallet, *, project_root: Path) -> "TrexPlatform":
        """Deploy implementations and factories, and hand the identity factory to its gateway.

        The token factory must be known to the identity factory before: afterwards only the gateway may tell it anything.
        """
        make = _Maker(deployer, project_root)
        id_factory = _identity_factory(make)
        trex_factory = _token_factory(make, id_factory)
        deployer.do(id_factory, onchainid.ADD_TOKEN_FACTORY, trex_factory)
        gateway = make(_ONCHAINID / "gateway/Gateway.sol/Gateway.json", id_factory, [])
        deployer.do(id_factory, _TRANSFER_OWNERSHIP, gateway)
        return cls(deployer=deployer, project_root=project_root, id_factory=id_factory, gateway=gateway, trex_factory=trex_factory)

    def deploy_suite(self, terms: TokenTerms, *, unpause_by: Wallet | None = None) -> TrexSuite:
        """Deploy a token with its registries and compliance; it is paused until an agent (``unpause_by``) opens it."""
        salt = f"{terms.symbol}-{self.deployer.client.nonce(self.deployer.address)}"
        receipt = self.deployer.do(self.trex_factory, _DEPLOY_SUITE, salt, _token_details(terms), _claim_details(terms))
        block = self.deployer.client.block(receipt.block_number)
        token = ask(self.deployer.client, self.trex_factory, _GET_TOKEN, block, salt)
        if unpause_by is not None:
            unpause_by.do(token, _UNPAUSE)
        wiring = TokenReads(self.deployer.client, token).wiring(block)
        return TrexSuite(
            token=token,
            identity_registry=wiring.identity_registry,
            identity_registry_storage=wiring.identity_storage,
            trusted_issuers_registry=wiring.issuers_registry,
            claim_topics_registry=wiring.topics_registry,
            compliance=wiring.compliance,
            id_factory=self.id_factory,
            gateway=self.gateway,
            deployed_block=receipt.block_number,
        )

    def deploy_claim_issuer(self, owner: Wallet, claim_signer: Address) -> Address:
        """Deploy a stock ClaimIssuer managed by ``owner``, and give ``claim_signer`` the CLAIM purpose."""
        make = _Maker(owner, self.project_root)
        contract = make(_ONCHAINID / "ClaimIssuer.sol/ClaimIssuer.json", owner.address)
        owner.do(contract, onchainid.ADD_KEY, key_hash(claim_signer), onchainid.CLAIM, onchainid.ECDSA)
        return contract

    def deploy_identity(self, holder: Address) -> Address:
        """Deploy an identity contract through the gateway, managed by ``holder`` and linked to it by the factory."""
        receipt = self.deployer.do(self.gateway, onchainid.DEPLOY_IDENTITY_FOR_WALLET, holder)
        block = self.deployer.client.block(receipt.block_number)
        found: Address = ask(self.deployer.client, self.id_factory, onchainid.GET_IDENTITY, block, holder)
        return found


class _Maker:
    """Deploys artifacts with one wallet: path and constructor arguments in, address out."""

    def __init__(self, wallet: Wallet, project_root: Path) -> None:
        self.wallet = wallet
        self._project_root = project_root

    def __call__(self, artifact: Path, *arguments: Any) -> Address:
        factory = _contract(self._project_root / artifact)
        plain = [argument.checksum if isinstance(argument, Address) else argument for argument in arguments]
        code = factory.constructor(*plain).data_in_transaction
        return self.wallet.create(bytes.fromhex(code.removeprefix("0x")))


@cache
def _contract(artifact: Path) -> type[Contract]:
    if not artifact.is_file():
        raise ArtifactMissing("install the npm packages of the project", artifact=artifact.name)
    found = json.loads(artifact.read_bytes())
    return Web3().eth.contract(abi=found["abi"], bytecode=found["bytecode"])


def _identity_factory(make: _Maker) -> Address:
    identity = make(_ONCHAINID / "Identity.sol/Identity.json", make.wallet.address, True)
    authority = make(_ONCHAINID / "proxy/ImplementationAuthority.sol/ImplementationAuthority.json", identity)
    return make(_ONCHAINID / "factory/IdFactory.sol/IdFactory.json", authority)


def _token_factory(make: _Maker, id_factory: Address) -> Address:
    wallet = make.wallet
    implementations = [make(artifact) for artifact in _IMPLEMENTATIONS]
    authority_artifact = _TREX / "proxy/authority/TREXImplementationAuthority.sol/TREXImplementationAuthority.json"
    authority = make(authority_artifact, True, _NOBODY, _NOBODY)
    wallet.do(authority, _USE_VERSION, _VERSION, implementations)
    factory = make(_TREX / "factory/TREXFactory.sol/TREXFactory.json", authority, id_factory)
    wallet.do(authority, _SET_FACTORY, factory)
    authority_factory = make(_TREX / "proxy/authority/IAFactory.sol/IAFactory.json", factory)
    wallet.do(authority, _SET_AUTHORITY_FACTORY, authority_factory)
    return factory


def _token_details(terms: TokenTerms) -> tuple[Any, ...]:
    agents = list(terms.agents)
    return (terms.owner, terms.name, terms.symbol, terms.decimals, _NOBODY, _NOBODY, agents, agents, [], [])


def _claim_details(terms: TokenTerms) -> tuple[Any, ...]:
    return (list(terms.claim_topics), list(terms.trusted_issuers), [list(topics) for topics in terms.trusted_issuers.values()])
