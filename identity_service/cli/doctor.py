"""``doctor``: every check that an operator can act on, each with what to do."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from claim_issuers.clock import from_unix_seconds
from claim_issuers.errors import DomainError
from claim_issuers.identifiers.accounts import ChainId
from identity_service.bootstrap import Service, assemble
from identity_service.cli.words import advice, said
from identity_service.settings import Settings, load_settings
from identity_service.storage.migrate import require_current
from identity_service.verification.model import ChainStale
from identity_service.web.phone_probe import probe
from identity_service.web.reachability import advice_for

_Check = Callable[[], str]


def examine_phone(data_directory: Path | None) -> None:
    """Try the public address from here and say whether a phone could open it. Exits 1 when it could not."""
    settings = load_settings(data_directory)
    console = Console(highlight=False, soft_wrap=True)
    raise SystemExit(0 if _phone(console, settings) else 1)


def examine(data_directory: Path | None) -> None:
    """Print a line for each check. Exits 1 when one failed."""
    settings = load_settings(data_directory)
    service = assemble(settings)
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"Identity Information Service, data in {settings.data_directory}"))
    outcomes = list(_outcomes(service, console))
    failed = outcomes.count(False)
    console.print(Text(f"{failed} of {len(outcomes)} checks failed." if failed else "All is well."))
    service.close()
    raise SystemExit(1 if failed else 0)


def _outcomes(service: Service, console: Console) -> Iterator[bool]:
    """Whether each check passed, told as it ends."""
    database_is_well = _told(console, "database", lambda: _database(service))
    yield database_is_well
    of_database = (("audit log", lambda: _audit(service)), ("jobs", lambda: _jobs(service)), ("notices", lambda: _notices(service)))
    for name, check in of_database:
        if database_is_well:
            yield _told(console, name, check)
        else:
            _line(console, "--", name, "not examined: the database comes first")
    yield _told(console, "mail", service.mailer.examine)
    if service.settings.development and advice_for(service.public_url):
        _line(console, "--", "phone", advice_for(service.public_url)[0].en)
    else:
        yield _phone(console, service.settings)
    for chain in service.settings.chains:
        yield _told(console, str(chain), lambda chain=chain: _head(service, chain))  # type: ignore[misc]
    if not service.settings.chains:
        _line(console, "--", "chains", "none in the settings: no token can be registered")


def _told(console: Console, name: str, check: _Check) -> bool:
    try:
        _line(console, "ok", name, check(), "green")
    except DomainError as error:
        place = f" (entry {error.data['seq']})" if "seq" in error.data else ""
        _line(console, "FAIL", name, f"{error.code}: {said(error)}{place}", "bold red")
        _line(console, "", "", f"What to do: {advice(error)}")
        return False
    return True


def _line(console: Console, mark: str, name: str, words: str, style: str = "") -> None:
    console.print(Text.assemble("  ", (f"{mark:<5}", style), f"{name:<20} {words}"))


def _database(service: Service) -> str:
    require_current(service.db)
    return f"{service.db.engine.dialect.name}, up to date"


def _audit(service: Service) -> str:
    with service.db.read() as session:
        return f"intact, entries 1 to {service.audit.check(session)}"


def _jobs(service: Service) -> str:
    with service.db.read() as session:
        counts = service.jobs.counts(session)
    return ", ".join(f"{count} {state.value}" for state, count in counts.items())


def _notices(service: Service) -> str:
    """How many mails stand where; those that failed with their codes, which no operator can mend one by one."""
    with service.db.read() as session:
        counts, failures = service.notices.counts(session), service.notices.failures(session)
    said_states = ", ".join(f"{count} {state.value.replace('_', ' ')}" for state, count in counts.items())
    causes = ", ".join(f"{code}: {count}" for code, count in sorted(failures.items()))
    return f"{said_states} ({causes})" if causes else said_states


def _phone(console: Console, settings: Settings) -> bool:
    """Whether a phone could open the public address, told with every reason against it."""
    url = settings.require_public_url()
    against = advice_for(url, probe(url))
    if not against:
        _line(console, "ok", "phone", f"{url} opens from here, with a certificate that this system trusts", "green")
    for one in against:
        mark, style = ("FAIL", "bold red") if one.always else ("--", "")
        _line(console, mark, "phone", f"{one.code}: {one.en}", style)
        _line(console, "", "", f"What to do: {one.remedy}")
    return not any(one.always for one in against)


def _head(service: Service, chain: ChainId) -> str:
    head = service.chains.on(chain).head()
    age = int((service.world.clock.now() - from_unix_seconds(head.timestamp)).total_seconds())
    oldest = service.settings.chain(chain).oldest_head_seconds
    if age > oldest:
        raise ChainStale(f"block {head.number} is {age} seconds old; the settings allow {oldest}")
    return f"block {head.number}, {max(0, age)} seconds old"
