"""The players of the page, each with a wallet and a signed-in session on the public API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from claim_issuers.clock import Clock
from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import Account, Address
from claim_issuers.keys.signers import Secp256k1Signer
from identity_service.chain import onchainid
from identity_service.chain.client import ChainClient
from identity_service.chain.rpc import JsonRpc
from identity_service.demo import actions
from identity_service.demo.api import Session, Transport, person
from identity_service.demo.devchain import well_known_secret
from identity_service.demo.page_setting import PageSetting
from identity_service.demo.roles import Player
from identity_service.demo.wallets import Wallet

_PATIENCE: Final = timedelta(seconds=60)
_POLL: Final = timedelta(milliseconds=200)
AGENT: Final = Player("agent", "Token agent", "Token agent", 2)


class JobFailed(Unavailable):
    """What was asked for on chain did not come about; ``kind`` and the job's own words say more."""

    code = "job_failed"


@dataclass(slots=True)
class People:
    """Wallets and sessions by player, made when they are first needed."""

    setting: PageSetting
    transport: Transport
    _chain: ChainClient | None = None
    _sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        return self.transport.clock

    @property
    def token(self) -> Account:
        return Account.parse(self.setting.token)

    @property
    def chain(self) -> ChainClient:
        """The development chain."""
        if self._chain is None:
            rpc = JsonRpc(self.setting.rpc_url, egress=self.transport.egress, chain=self.token.chain, timeout=timedelta(seconds=60))
            self._chain = ChainClient(rpc)
        return self._chain

    def wallet(self, player: Player) -> Wallet:
        """The player's wallet."""
        return Wallet(self.chain, Secp256k1Signer(well_known_secret(player.index)))

    def account(self, player: Player) -> Account:
        """The player's account."""
        return self.wallet(player).account

    def session(self, player: Player) -> Session:
        """The player's session on the API: signed in with the wallet, with the rights of the player's seat."""
        if player.key not in self._sessions:
            self._sessions[player.key] = person(self.transport, self.wallet(player))
        return self._sessions[player.key]

    def finished(self, player: Player, job: str) -> Mapping[str, Any]:
        """The job once it is done. Raises JobFailed."""
        deadline = self.clock.now() + _PATIENCE
        while self.clock.now() < deadline:
            found = self.session(player).get(f"/v1/jobs/{job}")
            if found["state"] == "done":
                return dict(found)
            if found["state"] == "failed":
                raise JobFailed(f"{found['kind']}: {found['error']} {found['detail']}")
            self.clock.sleep(_POLL)
        raise JobFailed(f"job {job} took too long")

    def put_on_chain(self, holder: Player, claim: str, *, officer: Player, agent: Player) -> None:
        """Identity contract, claim and registration for a holder: what the token demands before it lets the wallet receive."""
        desk, account = self.session(officer), str(self.account(holder))
        made = self.finished(officer, desk.post("/v1/identity-contracts", {"account": account})["job"])
        identity_contract = Account.parse(made["receipts"][0]["reference"]).address
        relayer = Address.parse(desk.get("/v1/chains")["items"][0]["relayer"])
        actions.add_key(self.wallet(holder), identity_contract, relayer, onchainid.CLAIM)
        form = desk.post(f"/v1/claims/{claim}/forms", {"format": "erc735", "token": self.setting.token})["id"]
        self.finished(officer, desk.post(f"/v1/claims/{claim}/forms/{form}/relay")["job"])
        queue = f"/v1/tokens/{self.setting.token}/registrations"
        read = {one["account"]: one["revision"] for one in self.session(agent).get(f"{queue}?limit=200")["items"]}
        entry = self.session(agent).post(queue, {"account": account, "revision": read.get(account)})
        self.finished(agent, entry["job"])
