"""The benchmarks run, and everybody in them does the same work; no time is asserted."""

import doctest
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from bench import measure as measuring
from bench import subjects
from bench.__main__ import main
from bench.agreement import NotTheSame, must_equal
from bench.jobs import JOBS
from bench.measure import InProcess, Job, Measured, Pace, Peer, Size, measure
from bench.node_peer import NodePeer, PeerFault
from bench.report import as_json

ONCE = Pace(rounds=2, turn_ns=0, warm_up_ns=0)
HOLDERS = 8


@pytest.fixture(scope="module")
def node() -> Iterator[NodePeer]:
    with NodePeer() as peer:
        yield peer


@pytest.fixture(scope="module")
def jobs(node: NodePeer) -> Iterator[dict[str, list[Job]]]:
    """All jobs made ready; their equalities are checked on the way. Caches are no matter here, so that few holders do."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("sd_jwt_vc", "vc_jwt"):
            patch.setattr(f"bench.jobs.{module}.MANY", HOLDERS)
        yield {name: list(make(node)) for name, make in JOBS.items()}


@pytest.mark.parametrize("name", JOBS)
def test_every_job_runs(name: str, jobs: dict[str, list[Job]]) -> None:
    for job in jobs[name]:
        assert job.name == name
        measured = measure(job, ONCE)
        assert len(measured.micros) == ONCE.rounds
        assert all(len(peer.ratios) == ONCE.rounds and peer.ratio > 0 for peer in measured.peers)
        assert all(size.ours > 0 and size.theirs > 0 for size in job.sizes)


def test_goals_are_those_of_the_issue(jobs: dict[str, list[Job]]) -> None:
    goals = {(name, peer.contender.name): peer.goal for name in jobs for job in jobs[name] for peer in job.peers if peer.goal}
    assert goals == {
        ("four-forms", "four bare signatures"): 0.75,
        ("four-forms", "PyJWT + sd-jwt + eth-account"): 6,
        ("sd-jwt-vc-issue", "@sd-jwt/sd-jwt-vc"): 3.5,
        ("sd-jwt-vc-verify", "@sd-jwt/sd-jwt-vc"): 2.5,
        ("eip712-sign", "eth-account"): 8,
        ("revoke-token-status-list", "zlib, level 9"): 150,
        ("revoke-token-status-list", "zlib, level 6"): 10,
        ("revoke-bitstring-status-list", "gzip, level 9"): 150,
        ("revoke-bitstring-status-list", "gzip, level 6"): 10,
    }
    assert {size.at_most for name in jobs for job in jobs[name] for size in job.sizes} == {1.15}


def test_a_run_prints_every_job_and_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    arguments = ["--rounds", "1", "--turn-ms", "1", "--only", "eip712-sign", "--only", "erc735-sign", "--json", str(file)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "eip712-sign" in result.output
    written = json.loads(file.read_text(encoding="utf-8"))
    assert [job["name"] for job in written["jobs"]] == ["eip712-sign", "erc735-sign"]
    assert written["skipped"] == {}


def test_the_table_can_be_printed_as_the_document_holds_it() -> None:
    result = CliRunner().invoke(main, ["--rounds", "1", "--turn-ms", "1", "--only", "erc735-sign", "--markdown"])
    assert result.exit_code == 0, result.output
    assert "| `erc735-sign` | " in result.output
    assert "[bold]" not in result.output


@pytest.mark.parametrize("module", [measuring, subjects], ids=lambda module: module.__name__)
def test_the_examples_in_the_modules_run(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_contenders_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []
    job = Job(
        name="demo",
        title="demo",
        ours=InProcess("ours", lambda _: order.append("ours"), [0]),
        peers=(Peer(InProcess("a", lambda _: order.append("a"), [0])), Peer(InProcess("b", lambda _: order.append("b"), [0]))),
    )
    measure(job, Pace(rounds=3, turn_ns=0, warm_up_ns=0))
    assert order[3:] == ["ours", "a", "b", "a", "b", "ours", "b", "ours", "a"]


def test_a_missed_goal_is_short_and_a_met_one_is_held() -> None:
    def measured(goal: float) -> Measured:
        ours = InProcess("ours", lambda _: None, [0])
        job = Job(name="demo", title="demo", ours=ours, peers=(Peer(InProcess("theirs", sum, [range(20000)]), goal=goal),))
        return measure(job, ONCE)

    assert measured(goal=0.001).held
    assert not measured(goal=1e12).held
    assert as_json([measured(goal=1e12)], {})["jobs"][0]["peers"][0]["held"] is False


def test_a_size_beyond_its_share_is_short() -> None:
    assert Size(what="x", ours=115, theirs=100, at_most=1.15).held
    assert not Size(what="x", ours=116, theirs=100, at_most=1.15).held


def test_no_claim_is_handed_over_twice() -> None:
    investor = subjects.investors()[0]
    first, second = subjects.fresh_claim(investor), subjects.fresh_claim(investor)
    assert first.digest() != second.digest()


def test_contenders_that_differ_are_not_measured() -> None:
    with pytest.raises(NotTheSame):
        must_equal("signature", b"\x01", b"\x02")


def test_without_node_the_jobs_that_need_it_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.node_peer.which", lambda _name: None)
    with pytest.raises(PeerFault, match="make install"):
        NodePeer().ask("versions")


def test_a_fault_of_the_javascript_peer_is_reported(node: NodePeer) -> None:
    assert shutil.which("node")
    with pytest.raises(PeerFault):
        node.ask("time", job="unknown", calls=1)
