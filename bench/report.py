"""What a run says: a table for people, JSON for programs."""

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.measure import Measured, MeasuredPeer, Size

LIBRARIES = ("PyNaCl", "coincurve", "PyJWT", "joserfc", "sd-jwt", "jwcrypto", "cryptography", "eth-account", "orjson")
_VERDICTS = {True: "[green]held[/]", False: "[red]short[/]", None: ""}


def print_results(console: Console, results: Iterable[Measured], skipped: Mapping[str, str]) -> None:
    """The table, then what a reader must know about its rows."""
    console.print(_table(results := list(results)))
    for measured in results:
        for note in measured.job.notes:
            console.print(f"[dim]{measured.job.name}: {note}[/]")
    for name, reason in skipped.items():
        console.print(f"[yellow]{name}: not measured: {reason}[/]")


def as_markdown(results: Iterable[Measured]) -> str:
    """The table as docs/performance.md holds it."""
    lines = ["| Job | Ours, µs | Beside | Theirs, µs | Times | Quartiles | Goal | |", "|---|--:|---|--:|--:|--:|--:|---|"]
    for measured in results:
        ours = _number(median(measured.micros))
        rows = [(ours, *_peer_cells(peer)) for peer in measured.peers]
        rows += [(f"{size.ours:,} B", *_size_cells(size)) for size in measured.job.sizes]
        lines += [f"| `{measured.job.name}` | " + " | ".join(Text.from_markup(cell).plain for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def as_json(results: Iterable[Measured], skipped: Mapping[str, str]) -> dict[str, Any]:
    """The whole run: times in microseconds a call, one for each round."""
    return {
        "cpu": cpu_model(),
        "python": python_version(),
        "libraries": library_versions(),
        "jobs": [_job_json(measured) for measured in results],
        "skipped": dict(skipped),
    }


def cpu_model() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def library_versions() -> dict[str, str]:
    """The installed versions of the libraries that take part."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _table(results: Iterable[Measured]) -> Table:
    table = Table(title="microseconds a call; times = peer by ours, medians of the rounds, quartiles in brackets")
    for heading in ("job", "ours", "beside", "theirs", "times", "spread", "goal", ""):
        table.add_column(heading, justify="left" if heading in ("job", "beside", "") else "right", no_wrap=True)
    for measured in results:
        _add_job(table, measured)
    return table


def _add_job(table: Table, measured: Measured) -> None:
    ours = _number(median(measured.micros))
    for place, peer in enumerate(measured.peers):
        first = place == 0
        table.add_row(measured.job.name if first else "", ours if first else "", *_peer_cells(peer))
    for size in measured.job.sizes:
        table.add_row("", f"{size.ours:,} B", *_size_cells(size))
    table.add_section()


def _peer_cells(peer: MeasuredPeer) -> tuple[str, ...]:
    low, high = peer.spread
    goal = "" if peer.goal is None else f"≥ {peer.goal:g}"
    spread = f"[dim]{_times(low)}–{_times(high)}[/]"
    return peer.name, _number(median(peer.micros)), f"[bold]{_times(peer.ratio)}[/]", spread, goal, _VERDICTS[peer.held]


def _size_cells(size: Size) -> tuple[str, ...]:
    return size.what, f"{size.theirs:,} B", f"{size.share:.3f}", "", f"≤ {size.at_most:g}", _VERDICTS[size.held]


def _number(micros: float) -> str:
    return f"{micros:,.0f}" if micros >= 1000 else f"{micros:.1f}"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def _job_json(measured: Measured) -> dict[str, Any]:
    return {
        "name": measured.job.name,
        "title": measured.job.title,
        "held": measured.held,
        "median_us": median(measured.micros),
        "us": list(measured.micros),
        "peers": [_peer_json(peer) for peer in measured.peers],
        "sizes": [_size_json(size) for size in measured.job.sizes],
        "notes": list(measured.job.notes),
    }


def _peer_json(peer: MeasuredPeer) -> dict[str, Any]:
    return {
        "name": peer.name,
        "median_us": median(peer.micros),
        "us": list(peer.micros),
        "times": peer.ratio,
        "quartiles": list(peer.spread),
        "goal": peer.goal,
        "held": peer.held,
    }


def _size_json(size: Size) -> dict[str, Any]:
    return {
        "what": size.what,
        "ours": size.ours,
        "theirs": size.theirs,
        "share": size.share,
        "at_most": size.at_most,
        "held": size.held,
    }
