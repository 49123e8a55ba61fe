"""``identity-service demo`` as a newcomer runs it: what it says, and how soon a browser without scripts has the first claim."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import urllib3

from tests.support.browser import run_browser
from tests.support.devchain import PROJECT_ROOT

ALLOWED_SECONDS: Final = 60
STOP_SECONDS: Final = 30
READY: Final = "Serving until you press Ctrl-C."
FIRST_CLAIM: Final = "Approve the application"
ACTS: Final = (
    "Look at the public table",
    "Read it as the regulator",
    "Invite the client",
    "Let the test wallet accept",
    FIRST_CLAIM,
    "Put the claim on chain",
    "Approve 500 to Meridian",
)
# By what a program would open a browser: the variable that Python's webbrowser obeys, and the commands that it looks for.
OPENERS: Final = ("browser", "xdg-open", "open", "gio", "x-www-browser", "www-browser", "sensible-browser", "firefox", "chromium")


@dataclass(frozen=True, slots=True)
class Told:
    """What the command had printed when it was ready, when it had been started, and what was opened meanwhile."""

    output: str
    started: float
    opened: bool
    played: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The command, ready and played on up to the allowance; it is ended as a person ends it."""
    directory = tmp_path_factory.mktemp("demo")
    (directory / "node_modules").symlink_to(PROJECT_ROOT / "node_modules")
    started = time.time()
    process = _start(directory)
    try:
        output = _until_ready(process, directory / "output")
        base = re.findall(r"(http://\S+)/demo$", output, re.MULTILINE)[0]
        played = run_browser("unscripted.mjs", base=base, acts=ACTS)
        yield Told(output, started, (directory / "opened").exists(), played)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def _start(directory: Path) -> "subprocess.Popen[bytes]":
    """The command on a machine whose every way to open a browser leaves a mark."""
    traps = directory / "bin"
    traps.mkdir()
    for name in OPENERS:
        (traps / name).write_text(f"#!/bin/sh\ntouch '{directory / 'opened'}'\n")
        (traps / name).chmod(0o755)
    path = f"{traps}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT), "PATH": path, "BROWSER": str(traps / "browser"), "DISPLAY": ":0"}
    with (directory / "output").open("wb") as output:
        command = [sys.executable, "-m", "identity_service", "demo"]
        return subprocess.Popen(command, cwd=directory, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _until_ready(process: "subprocess.Popen[bytes]", output: Path) -> str:
    deadline = time.monotonic() + 2 * ALLOWED_SECONDS
    while READY not in (said := output.read_text()):
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
    return said


PAGE = r"http://127\.0\.0\.1:\d+/demo$"
API = r"/docs +curl http://127\.0\.0\.1:\d+/v1/\S+$"


def test_it_ends_with_the_page_s_address_a_curl_and_that_the_data_vanish(told: Told) -> None:
    lines = told.output.splitlines()
    page, api = (next(number for number, line in enumerate(lines) if re.search(end, line)) for end in (PAGE, API))
    assert any("This address works on this computer only" in line for line in lines)
    assert page < api
    assert lines.index("TEST MODE, data vanishes.") > api
    assert lines[-1] == READY


def test_the_curl_that_it_prints_works(told: Told) -> None:
    found = re.search(r"\bcurl (\S+)$", told.output, re.MULTILINE)
    assert found
    answer = urllib3.request("GET", found[1])
    assert answer.status == 200
    assert {"Helvetia Claims AG", "Mesh Root Authority"} <= {one["name"] for one in answer.json()["items"]}


def test_it_opens_nothing_by_itself(told: Told) -> None:
    assert not told.opened


def test_the_first_claim_in_the_page_is_there_within_a_minute_of_the_start(told: Told) -> None:
    seconds = told.played["over"][FIRST_CLAIM] - told.started
    assert seconds <= ALLOWED_SECONDS, f"it took {seconds:.1f} s"


def test_without_scripts_the_first_two_scenes_play_with_a_link_to_refresh(told: Told) -> None:
    assert told.played["refreshed"] > 0
    assert told.played["alerts"] == []
    assert told.played["scenes"] == 3
    assert "Claim Investor live On chain verified" in told.played["claim"]
    assert "Meridian Family Office, up to 500" in told.played["claim"]
