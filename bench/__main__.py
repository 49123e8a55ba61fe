"""``python -m bench``: measures, prints a table, and may write JSON."""

import json
import sys
from os import cpu_count, getloadavg
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.agreement import NotTheSame
from bench.jobs import JOBS
from bench.measure import Measured, Pace, measure
from bench.node_peer import NodePeer, PeerFault
from bench.report import as_json, as_markdown, cpu_model, print_results


@click.command(help="Measure the claim library beside the libraries one would use without it.")
@click.option("--rounds", default=Pace().rounds, show_default=True, type=click.IntRange(1), help="Rounds of each job.")
@click.option("--turn-ms", default=25, show_default=True, type=click.IntRange(1), help="Milliseconds of each turn in a round.")
@click.option("--only", "names", multiple=True, type=click.Choice(list(JOBS)), help="This job; may be given again.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the whole run here.")
@click.option("--markdown", is_flag=True, help="Print the table as docs/performance.md holds it.")
@click.option("--strict", is_flag=True, help="Exit with 1 when a goal is missed or a job could not be measured.")
def main(rounds: int, turn_ms: int, names: tuple[str, ...], file: Path | None, markdown: bool, strict: bool) -> None:
    """Run the chosen jobs, or all."""
    console, pace = Console(width=None if sys.stdout.isatty() else 132), Pace(rounds=rounds, turn_ns=turn_ms * 1_000_000)
    results, skipped = run(names or tuple(JOBS), pace, console)
    console.print(f"{cpu_model()}, load {getloadavg()[0]:.1f} on {cpu_count()} cores; {rounds} rounds, {turn_ms} ms a turn")
    if markdown:
        click.echo(as_markdown(results))
    else:
        print_results(console, results, skipped)
    if file is not None:
        file.write_text(json.dumps(as_json(results, skipped), indent=1) + "\n", encoding="utf-8")
    if strict and (skipped or not all(measured.held for measured in results)):
        sys.exit(1)


def run(names: tuple[str, ...], pace: Pace, console: Console) -> tuple[list[Measured], dict[str, str]]:
    """The measured jobs, and the names of those that could not be with the reason."""
    results: list[Measured] = []
    skipped: dict[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with NodePeer() as node, Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(names) * pace.rounds)
        for name in names:
            progress.update(bar, description=f"{name}: making ready")
            try:
                for job in JOBS[name](node):
                    progress.update(bar, description=job.title)
                    results.append(measure(job, pace, after_round=lambda: progress.advance(bar)))
            except (PeerFault, NotTheSame) as fault:
                skipped[name] = str(fault)
    return results, skipped


if __name__ == "__main__":
    main()
