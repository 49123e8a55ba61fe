"""``doctor``: every check that an operator can act on, each with what to do."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from claim_issuers.errors import DomainError
from identity_service.bootstrap import Service, open_service
from identity_service.settings import load_settings
from identity_service.storage.migrate import require_current


def examine(data_directory: Path | None) -> None:
    """Print a table of checks. Exits 1 when one failed."""
    service = open_service(load_settings(data_directory))
    table = Table(title="Identity Information Service", show_lines=False)
    for heading in ("check", "result", "what to do"):
        table.add_column(heading)
    failed = 0
    for name, check in _checks(service).items():
        try:
            table.add_row(name, f"ok: {check()}", "")
        except DomainError as error:
            failed += 1
            table.add_row(name, f"{error.code}: {error.detail}", _advice(error))
    Console().print(table)
    raise SystemExit(1 if failed else 0)


def _checks(service: Service) -> dict[str, Callable[[], str]]:
    chains = {f"chain {chain}": lambda chain=chain: _head(service, chain) for chain in service.settings.chains}
    return {
        "database": lambda: _database(service),
        "audit log": lambda: _audit(service),
        "jobs": lambda: _jobs(service),
        **chains,
    }


def _database(service: Service) -> str:
    require_current(service.db)
    return "migrated, " + service.db.engine.dialect.name


def _audit(service: Service) -> str:
    with service.db.read() as session:
        return f"{service.audit.check(session)} entries lead to the stored root"


def _jobs(service: Service) -> str:
    with service.db.read() as session:
        counts = service.jobs.counts(session)
    return ", ".join(f"{count} {state.value}" for state, count in counts.items())


def _head(service: Service, chain: object) -> str:
    head = service.chains.on(chain).head()  # type: ignore[arg-type]
    return f"block {head.number}"


def _advice(error: DomainError) -> str:
    from identity_service.web.problems import problem_of

    return problem_of(error).advice
