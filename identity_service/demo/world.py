"""The demo's world while it runs: chain, token, sessions, and the little that steps hand to each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from claim_issuers.clock import Clock
from claim_issuers.errors import Unavailable
from claim_issuers.identifiers.accounts import Account, Address
from identity_service.chain.blocks import BlockRef
from identity_service.chain.client import ChainClient
from identity_service.chain.identity_reads import IdentityReads
from identity_service.chain.reads import TokenReads
from identity_service.demo.api import Session, Transport
from identity_service.demo.devchain import DevChain
from identity_service.demo.wallets import Wallet

if TYPE_CHECKING:  # the process that serves the demo's page needs no contract deployed, and so not the library that does it
    from identity_service.demo.trex import TrexPlatform, TrexSuite

_PATIENCE: Final = timedelta(seconds=60)
_POLL: Final = timedelta(milliseconds=150)


class TookTooLong(Unavailable):
    """What the demo waited for did not happen; ``what`` and the last state say more."""

    code = "took_too_long"


@dataclass(slots=True)
class World:
    """Everything the story acts on. ``party`` holds party ids by name, ``wallet`` the wallets that people use.

    ``outbox`` is the directory where the service leaves its mail, ``application`` holds the id of what each last applied for.
    """

    devchain: DevChain
    platform: "TrexPlatform"
    transport: Transport
    suite: "TrexSuite"
    token: Account
    agent: Wallet
    stranger: Wallet
    machines: dict[str, Session]
    people: dict[str, Session]
    wallet: dict[str, Wallet]
    party: dict[str, str]
    claim_issuers: dict[str, dict[str, Any]]
    outbox: Path
    application: dict[str, str] = field(default_factory=dict)
    claim: dict[str, str] = field(default_factory=dict)
    form: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    identity_contract: dict[str, Address] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        return self.transport.clock

    @property
    def chain(self) -> ChainClient:
        return self.devchain.client

    @property
    def head(self) -> BlockRef:
        return self.chain.head()

    @property
    def reads(self) -> TokenReads:
        return TokenReads(self.chain, self.suite.token)

    @property
    def identities(self) -> IdentityReads:
        return IdentityReads(self.chain)

    def finished(self, session: Session, job: str) -> Mapping[str, Any]:
        """The job once it is done. Raises TookTooLong, also when it failed."""
        found = self.until(lambda: session.get(f"/v1/jobs/{job}"), lambda state: state["state"] in ("done", "failed"), f"job {job}")
        if found["state"] == "failed":
            raise TookTooLong(f"job {found['kind']} failed: {found['error']} {found['detail']}")
        return dict(found)

    def until(self, look: Callable[[], Any], done: Callable[[Any], bool], what: str) -> Any:
        """What ``look`` sees once it is ``done``. Raises TookTooLong."""
        deadline = self.clock.now() + _PATIENCE
        while True:
            seen = look()
            if done(seen):
                return seen
            if self.clock.now() > deadline:
                raise TookTooLong(f"waited for {what}; last seen: {str(seen)[:400]}")
            self.clock.sleep(_POLL)

    def cap_table(self, role: str, purpose: str) -> Mapping[str, Any]:
        """The cap table as this role reads it, once the register has reached the chain's present head.

        Waiting looks at the bare table, which names nobody: only the last reading leaves disclosures.
        """
        head, path = self.head.number, f"/v1/tokens/{self.token}/cap-table"
        self.until(
            lambda: self.machines["family_office"].get(path, purpose="client_service", limit=1)["as_of"],
            lambda as_of: as_of["block_number"] >= head,
            "the register",
        )
        return dict(self.machines[role].get(path, purpose=purpose, limit=500))

    def eligibility(self, name: str) -> Mapping[str, Any]:
        """What the service tells a reader about this account."""
        path = f"/v1/tokens/{self.token}/eligibility/{self.wallet[name].account}"
        return dict(self.machines["token_issuer"].get(path))
