"""Sets the stage: chain and contracts, the service's data, the parties that have no wallet, the token."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from claim_issuers.clock import Entropy
from claim_issuers.encodings.base64url import decode
from claim_issuers.formats.erc735 import key_hash
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.hashing import keccak256
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.chain import onchainid, trex
from identity_service.demo import cast
from identity_service.demo.api import Session, Transport, machine, person
from identity_service.demo.devchain import DevChain
from identity_service.demo.post_box import OUTBOX
from identity_service.demo.trex import TokenTerms, TrexPlatform
from identity_service.demo.wallets import Wallet
from identity_service.demo.world import World
from identity_service.installation import ADMINISTRATOR_KEY, prepare, private_jwk
from identity_service.settings import SETTINGS_FILE, load_settings
from identity_service.vault.files import write_new

HOLDER_TOPIC: Final = int.from_bytes(keccak256(b"VERIFIED_HOLDER"), "big")
"""A stock registry demands each of its topics of every holder: this token asks for one that investors and intermediaries share."""

ACCEPTED: Final = ("INVESTOR", "FAMILY_OFFICE", "CUSTODIAN")
DEPLOYER, _TOKEN_OWNER, AGENT, _STRANGER, _FIRST_ISSUER, _FIRST_INTERMEDIARY, _FIRST_CLIENT = 0, 1, 2, 3, 4, 8, 12
_FUNDS: Final = 10 * 10**18


@dataclass(frozen=True, slots=True)
class Credential:
    """A machine client's id, the file with its private key, and its scope."""

    client_id: str
    private_jwk: Path
    scope: str


def write_settings(data_directory: Path, devchain: DevChain, port: int, identity_factory: Address, public_url: str = "") -> None:
    """The data directory's settings: development on loopback, the local chain, blocks final at depth 64.

    ``public_url`` is the https address by which a phone gets here, if any.
    """
    (data_directory / SETTINGS_FILE).write_text(
        f"""development = true
port = {port}
public_url = {json.dumps(public_url or f"http://127.0.0.1:{port}")}
rate_limit = ""
chain_rate_limit = ""

[chains."{devchain.chain}"]
rpc_url = "{devchain.rpc_url}"
finality_depth = 64
confirmations = 1
oldest_head_seconds = 86400
identity_factories = ["{identity_factory}"]
"""
    )


def owner_wallet(devchain: DevChain) -> Wallet:
    """The token issuer's cold wallet, owner of its contracts."""
    return devchain.wallet(_TOKEN_OWNER)


def agent_wallet(devchain: DevChain) -> Wallet:
    """The token agent's wallet: it mints, freezes and pauses."""
    return devchain.wallet(AGENT)


def free_port() -> int:
    """A port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def initialise(data_directory: Path) -> None:
    """What an operator does with ``identity-service init``."""
    prepare(load_settings(data_directory))


def administrator(data_directory: Path, transport: Transport) -> tuple[Session, Credential]:
    """The first administrator, signed in with the key file that ``init`` wrote."""
    file = data_directory / ADMINISTRATOR_KEY
    key = json.loads(file.read_text())
    session = machine(transport, client_id=key["client_id"], signer=Ed25519Signer(decode(key["d"])))
    return session, Credential(key["client_id"], file, "")


@dataclass(slots=True)
class Stage:
    """Builds a World step by step; ``credentials`` are the machine clients by role."""

    devchain: DevChain
    platform: TrexPlatform
    transport: Transport
    entropy: Entropy
    data_directory: Path
    machines: dict[str, Session]
    credentials: dict[str, Credential]
    party: dict[str, str]
    wallet: dict[str, Wallet]
    people: dict[str, Session]

    @classmethod
    def open(
        cls, devchain: DevChain, platform: TrexPlatform, transport: Transport, entropy: Entropy, data_directory: Path
    ) -> "Stage":
        """An empty stage with its administrator."""
        session, credential = administrator(data_directory, transport)
        return cls(
            devchain=devchain,
            platform=platform,
            transport=transport,
            entropy=entropy,
            data_directory=data_directory,
            machines={"administrator": session},
            credentials={"administrator": credential},
            party={},
            wallet={},
            people={},
        )

    def build(self) -> World:
        """Everything up to the moment before the first claim."""
        self._people()
        self._intermediaries()
        self._offices_without_wallets()
        issuers = self._claim_issuers(self.platform)
        world = self._token(self.platform, issuers)
        self._fund(world)
        return world

    def client(self, name: str, role: str, party: str | None) -> None:
        """Register a machine client with a key of its own."""
        seed = self.entropy.token_bytes(32)
        signer = Ed25519Signer(seed)
        registered = self.machines["administrator"].post(
            "/v1/clients", {"role": role, "party": party, "public_jwk": signer.public_jwk()}
        )
        file = self.data_directory / f"{name}.jwk"
        write_new(file, json.dumps({**private_jwk(seed), "client_id": registered["id"]}).encode(), self.entropy)
        self.machines[name] = machine(self.transport, client_id=registered["id"], signer=signer)
        self.credentials[name] = Credential(registered["id"], file, "")

    def _people(self) -> None:
        names = [one.name for one in cast.CLIENTS]
        firms = [one.name for one in cast.INTERMEDIARIES]
        for first, group in ((_FIRST_INTERMEDIARY, firms), (_FIRST_CLIENT, names)):
            for position, name in enumerate(group):
                self._wallet(name, first + position)

    def _wallet(self, name: str, index: int) -> None:
        self.wallet[name] = self.devchain.wallet(index)
        self.people[name] = person(self.transport, self.wallet[name])

    def _intermediaries(self) -> None:
        """Firms enrol with their wallets; the first office also has a machine client."""
        for firm in cast.INTERMEDIARIES:
            enrolled = self.people[firm.name].post("/v1/me", {"kind": "organisation", "legal_name": firm.legal_name})
            self.party[firm.name] = enrolled["party"]
        self.client("family_office", "family_office", self.party[cast.INTERMEDIARIES[0].name])

    def _offices_without_wallets(self) -> None:
        admin = self.machines["administrator"]
        for role, legal_name in (
            ("network", cast.NETWORK),
            ("token_issuer", cast.TOKEN_ISSUER),
            ("transfer_agent", cast.TRANSFER_AGENT),
            ("regulator", cast.REGULATOR),
        ):
            self.party[role] = admin.post("/v1/parties", {"kind": "organisation", "legal_name": legal_name})["id"]
            self.client(role, role, self.party[role])

    def _claim_issuers(self, platform: TrexPlatform) -> dict[str, dict[str, Any]]:
        """The root and two claim issuers: each enrols with its wallet; the two also deploy their contract."""
        named = (("root", cast.ROOT), ("claim_issuer", cast.CLAIM_ISSUERS[0]), ("claim_issuer_2", cast.CLAIM_ISSUERS[1]))
        found = {}
        for position, (name, legal_name) in enumerate(named):
            self._wallet(name, _FIRST_ISSUER + position)
            enrolled = self.people[name].post("/v1/me", {"kind": "organisation", "legal_name": legal_name})
            self.party[name] = enrolled["party"]
            found[name] = self._claim_issuer(name, legal_name, platform)
            self.client(name, "claim_issuer", self.party[name])
        return found

    def _claim_issuer(self, name: str, legal_name: str, platform: TrexPlatform) -> dict[str, Any]:
        admin, is_root = self.machines["administrator"], name == "root"
        made = admin.post(
            "/v1/claim-issuers",
            {
                "party": self.party[name],
                "name": legal_name,
                "claim_types": ["CLAIM_ISSUER"] if is_root else [*ACCEPTED],
                "root": is_root,
                "chains": [] if is_root else [str(self.devchain.chain)],
            },
        )
        if is_root:
            return dict(made)
        keys = made["chains"][str(self.devchain.chain)]
        contract = platform.deploy_claim_issuer(self.wallet[name], Address.parse(keys["claim_key"]))
        revocation_key = key_hash(Address.parse(keys["revocation_key"]))
        self.wallet[name].do(contract, onchainid.ADD_KEY, revocation_key, onchainid.MANAGEMENT, onchainid.ECDSA)
        named = {"chain": str(self.devchain.chain), "contract": str(contract)}
        return dict(admin.post(f"/v1/claim-issuers/{made['id']}/contracts", named))

    def _token(self, platform: TrexPlatform, issuers: dict[str, dict[str, Any]]) -> World:
        chain, owner, agent = str(self.devchain.chain), owner_wallet(self.devchain), agent_wallet(self.devchain)
        contracts = [Address.parse(issuers[name]["chains"][chain]["contract"]) for name in ("claim_issuer", "claim_issuer_2")]
        suite = platform.deploy_suite(
            TokenTerms(
                name="Alpine Infrastructure Bond 2031",
                symbol="ALP31",
                owner=owner.address,
                agents=(agent.address,),
                claim_topics=(HOLDER_TOPIC,),
                trusted_issuers=dict.fromkeys(contracts, (HOLDER_TOPIC,)),
            ),
            unpause_by=agent,
        )
        token = Account(self.devchain.chain, suite.token)
        registered = self.machines["administrator"].post(
            "/v1/tokens",
            {
                "token": str(token),
                "token_issuer": self.party["token_issuer"],
                "accepted_claim_types": [*ACCEPTED],
                "topics": {name: str(HOLDER_TOPIC) for name in ACCEPTED},
                "trusted_factories": [str(suite.id_factory)],
            },
        )
        owner.do(suite.identity_registry, trex.ADD_AGENT, Address.parse(registered["agent"]))
        return World(
            devchain=self.devchain,
            platform=platform,
            transport=self.transport,
            suite=suite,
            token=token,
            agent=agent,
            stranger=self.devchain.wallet(_STRANGER),
            machines=self.machines,
            people=self.people,
            wallet=self.wallet,
            party=self.party,
            claim_issuers=issuers,
            outbox=self.data_directory / OUTBOX,
        )

    def _fund(self, world: World) -> None:
        """Gas for the service's own accounts, which an operator would send them."""
        chain, deployer = str(self.devchain.chain), self.devchain.wallet(DEPLOYER)
        accounts = [one["relayer"] for one in self.machines["administrator"].get("/v1/chains")["items"]]
        accounts.append(self.machines["token_issuer"].get(f"/v1/tokens/{world.token}")["agent"])
        accounts += [world.claim_issuers[name]["chains"][chain]["revocation_key"] for name in ("claim_issuer", "claim_issuer_2")]
        for account in accounts:
            deployer.send(Address.parse(account), value=_FUNDS)
