"""A user's file is sound by mypy --strict, runs, and its types are not Any where the package is installed."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

from claim_issuers import __all__ as public_names

API = Path(__file__).parent / "api.py"
ROOT = Path(__file__).parents[2]


def mypy(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_mypy_finds_no_fault_in_the_public_api_as_a_user_writes_it():
    checked = mypy(API)
    assert (checked.stdout, checked.returncode) == ("", 0)


def test_what_it_says_is_true():
    runpy.run_path(str(API))["main"]()


def test_mypy_finds_a_wrong_use(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from claim_issuers import Account, ChainId, StatusArray, verify_vc_jwt\n"
        "Account(ChainId(1), '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed')\n"
        "StatusArray().set('7', 1)\n"
        "verify_vc_jwt('x', keys=lambda did, kid: kid, instant='2026-11-22')\n"
    )
    found = mypy(wrong).stdout
    assert {line.split(":")[1] for line in found.splitlines() if ": error: " in line} == {"2", "3", "4"}


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "claim_issuers" / "py.typed").exists()


def test_every_noun_of_the_package_stands_in_the_file():
    used = API.read_text()
    assert [name for name in public_names if not re.search(rf"\b{name}\b", used)] == []
