"""``identity-service demo``: the whole story on a local chain, then the service stays up for you to try."""

import json
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click

from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.errors import DomainError
from identity_service.access.model import ROLE_SCOPES, Role
from identity_service.demo import cast
from identity_service.demo.api import Transport
from identity_service.demo.devchain import DevChain
from identity_service.demo.page_stage import set_page
from identity_service.demo.processes import serving
from identity_service.demo.setup import DEPLOYER, Stage, free_port, initialise, write_settings
from identity_service.demo.story import STORY, CheckFailed, Step
from identity_service.demo.trex import TrexPlatform
from identity_service.demo.world import World
from identity_service.egress.client import EgressClient
from identity_service.web.reachability import advice_for

_RUNS: Final = Path(".demo")
_ROLES: Final = ("administrator", "claim_issuer", "family_office", "network", "token_issuer", "transfer_agent", "regulator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """By what address others get here: none, that of a proxy or tunnel, or https of our own with a certificate."""

    public_url: str = ""
    certificate: Path | None = None
    key: Path | None = None

    def require_whole(self, port: int) -> None:
        """Raises click.UsageError when a part is missing, or when ``port`` is to be two services at once."""
        if (self.certificate is None) != (self.key is None) or (self.certificate is not None and not self.public_url):
            raise click.UsageError("give --public-url, --tls-certificate and --tls-key together, or --public-url alone")
        if self.certificate is not None and port == self._port:
            raise click.UsageError("--port is for this machine alone: choose another one than that of --public-url")

    @property
    def _port(self) -> int:
        return urlsplit(self.public_url).port or 443

    def processes(self, data_directory: Path) -> Mapping[str, Sequence[str]]:
        """The process that speaks https to the network, on the public address's port; none without a certificate."""
        if self.certificate is None:
            return {}
        everywhere = "0.0.0.0"  # noqa: S104 - a phone is another machine
        arguments = (data_directory, everywhere, self._port, self.certificate.absolute(), self.key and self.key.absolute())
        return {"serve-https": ["identity_service.demo", *map(str, arguments)]}


def run(*, once: bool, json_file: Path | None, port: int, address: Address | None = None) -> None:
    """Run the story; exits 1 when a step fails."""
    address = address or Address()
    address.require_whole(port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as on Ctrl-C, with the processes we started
    clock, entropy = SystemClock(), SystemEntropy()
    root = Path.cwd()
    data_directory = fresh_directory(root / _RUNS)
    click.echo("TEST MODE: a local chain with well-known keys and invented names; the data vanish with the next run.\n")
    with DevChain.start(project_root=root, clock=clock) as devchain:
        platform = TrexPlatform.deploy(devchain.wallet(DEPLOYER), project_root=root)
        port = port or free_port()
        write_settings(data_directory, devchain, port, platform.id_factory, address.public_url)
        initialise(data_directory)
        egress = EgressClient(clock=clock, allow_loopback=True)
        reached_at = f"http://127.0.0.1:{port}"
        transport = Transport(_base_url(data_directory), egress, clock, entropy, reached_at=reached_at)
        with serving(data_directory, transport, address.processes(data_directory)):
            stage = Stage.open(devchain, platform, transport, entropy, data_directory)
            world = stage.build()
            steps = tell(world)
            if json_file is not None:
                json_file.write_text(json.dumps(report(stage, world, steps), indent=2) + "\n")
            _close(world, steps, data_directory)
            if not once:
                _open_page(stage, world)
                _tell_about_phones(address, reached_at)
                _wait(clock)
    if not all(step["ok"] for step in steps):
        raise SystemExit(1)


def fresh_directory(runs: Path) -> Path:
    """An empty directory for this run; those of earlier runs go."""
    shutil.rmtree(runs, ignore_errors=True)
    directory = runs / "data"
    directory.mkdir(parents=True, mode=0o700)
    return directory


def tell(world: World) -> list[dict[str, Any]]:
    """Run every step and print its line; a failed step ends the story."""
    told: list[dict[str, Any]] = []
    for number, step in enumerate(STORY, start=1):
        told.append(_told(world, step))
        mark = "ok  " if told[-1]["ok"] else "FAIL"
        click.echo(f"{number:2d} {mark} {step.name}: {told[-1]['evidence']}")
        if not told[-1]["ok"]:
            break
    return told


def report(stage: Stage, world: World, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """What ``--json`` writes."""
    return {
        "base_url": world.transport.base_url,
        "rpc_url": world.devchain.rpc_url,
        "chain_id": world.devchain.chain_id,
        "contracts": {
            "token": str(world.suite.token),
            "identity_registry": str(world.suite.identity_registry),
            "identity_registry_storage": str(world.suite.identity_registry_storage),
            "trusted_issuers_registry": str(world.suite.trusted_issuers_registry),
            "claim_topics_registry": str(world.suite.claim_topics_registry),
            "compliance": str(world.suite.compliance),
            "identity_factory": str(world.suite.id_factory),
            "identity_gateway": str(world.suite.gateway),
        },
        "credentials": {
            role: {
                "client_id": stage.credentials[role].client_id,
                "private_jwk": str(stage.credentials[role].private_jwk.absolute()),
                "scope": " ".join(sorted(ROLE_SCOPES[Role(role)])),
            }
            for role in _ROLES
        },
        "parties": _parties(world),
        "steps": steps,
    }


def _parties(world: World) -> dict[str, Any]:
    def entry(name: str, kind: str, office: str | None) -> dict[str, Any]:
        account = str(world.wallet[name].account) if name in world.wallet else None
        return {"id": world.party.get(name), "account": account, "kind": kind, "office": office}

    firms = {one.name: entry(one.name, one.claim_type.lower(), None) for one in cast.INTERMEDIARIES}
    clients = {one.name: entry(one.name, "client", one.office) for one in cast.CLIENTS}
    issuers = {name: entry(name, "claim_issuer", None) for name in ("root", "claim_issuer", "claim_issuer_2")}
    offices = {name: entry(name, name, None) for name in ("network", "token_issuer", "transfer_agent", "regulator")}
    return {**firms, **clients, **issuers, **offices}


def _told(world: World, step: Step) -> dict[str, Any]:
    try:
        return {"name": step.name, "ok": True, "evidence": step.run(world)}
    except (CheckFailed, DomainError) as error:
        return {"name": step.name, "ok": False, "evidence": f"{type(error).__name__}: {error}"}


def _close(world: World, steps: list[dict[str, Any]], data_directory: Path) -> None:
    url = world.transport.base_url
    held = sum(step["ok"] for step in steps)
    click.echo(f"\n{held} of {len(STORY)} steps held. API: {url}/docs   chain: {world.devchain.rpc_url}   keys: {data_directory}")


def _open_page(stage: Stage, world: World) -> None:
    """Set the page's stage and say where it is; nothing opens by itself."""
    click.echo("\nSetting the page's stage:")
    set_page(stage, world, lambda part: click.echo(f"   {part}"))
    url = world.transport.base_url
    click.echo(f"\nThe same story to click through, as any role:  {url}/demo")
    click.echo(f"The API:  {url}/docs   curl {url}/v1/claim-issuers")
    click.echo("TEST MODE, data vanishes.")


def _tell_about_phones(address: Address, reached_at: str) -> None:
    """Whether a phone could open the page, as far as its address tells, and what to do."""
    found = advice_for(address.public_url or reached_at)
    for advice in found:
        click.echo(f"Phones: {advice.en} ({advice.code})\n   {advice.remedy}")
    if not found and address.certificate is None:
        click.echo(f"Phones: let your proxy or tunnel lead {address.public_url} to {reached_at}.")


def _base_url(data_directory: Path) -> str:
    from identity_service.settings import load_settings

    return load_settings(data_directory).require_public_url()


def _wait(clock: SystemClock) -> None:
    click.echo("Serving until you press Ctrl-C.")
    try:
        while True:
            clock.sleep(timedelta(hours=1))
    except KeyboardInterrupt:
        click.echo("\nGoodbye.")
