"""The map of standards leads where it says: each module and test that it names exists, and no module with a clause is missing."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from claim_issuers.formats.sd_jwt import DisclosureMismatch, MalformedSdJwt, disclose, reveal

ROOT = Path(__file__).parents[1]
LIBRARY, TESTS = ROOT / "claim_issuers", ROOT / "tests"
DOCUMENT = (ROOT / "docs" / "standards.md").read_text()
HEADER = ["Clause", "What we do", "Module", "Test"]
SPAN = re.compile(r"`([^`]+)`")
# What implements no clause of a standard: our own values, protocols and rules
WITHOUT_CLAUSE = {
    "account_proofs.errors",
    "clock",
    "errors",
    "formats.onchain",
    "formats.token_errors",
    "issuers.issue",
    "issuers.prepared",
    "issuers.profile",
    "orders.errors",
    "orders.signed",
    "trust.ascents",
    "trust.disjoint_paths",
    "trust.independence",
    "trust.quorum",
    "trust.root_threshold",
    "trust.routes",
    "trust.steps",
    "trust.thresholds",
    "verifiers.checks",
}

FOLLOWED = [
    "RFC 9901",
    "SD-JWT VC",
    "VCDM 2.0",
    "VC-JOSE-COSE",
    "RFC 7515",
    "RFC 7517",
    "RFC 7518",
    "RFC 7519",
    "RFC 7638",
    "RFC 8032",
    "RFC 8037",
    "RFC 8812",
    "RFC 8725",
    "RFC 8785",
    "Token Status List",
    "Bitstring Status List",
    "CAIP-2",
    "CAIP-10",
    "EIP-55",
    "EIP-191",
    "EIP-712",
    "EIP-2098",
    "EIP-2",
    "ERC-734",
    "ERC-735",
    "ERC-1271",
    "ERC-6492",
    "EIP-4361",
    "did:key",
    "did:jwk",
    "did:pkh",
    "did:web",
    "RFC 5280",
]


@dataclass(frozen=True)
class Row:
    """One clause of one standard."""

    standard: str
    clause: str
    says: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.standard}: {self.clause}"


def sections() -> Iterator[tuple[str, list[list[str]]]]:
    for section in DOCUMENT.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        lines = [line for line in body.splitlines() if line.startswith("|")]
        yield title, [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def rows() -> list[Row]:
    return [
        Row(title, clause, says, tuple(SPAN.findall(modules)), tuple(SPAN.findall(tests)))
        for title, table in sections()
        for clause, says, modules, tests in table[2:]
    ]


ROWS = rows()


def modules() -> set[str]:
    files = (path.relative_to(LIBRARY).with_suffix("") for path in LIBRARY.rglob("*.py") if path.name != "__init__.py")
    return {".".join(path.parts) for path in files}


def functions(file: str) -> set[str]:
    (path,) = TESTS.rglob(f"{file}.py")
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_every_section_has_one_table_with_the_same_columns():
    for title, table in sections():
        assert table[0] == HEADER, title
        assert all(len(row) == len(HEADER) for row in table[2:]), title
        assert len(table) > 2, title


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_names_modules_and_tests_that_exist(row):
    assert row.modules
    assert set(row.modules) <= modules()
    for test in row.tests:
        file, separator, name = test.partition("::")
        assert separator
        assert name in functions(file), test


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_says_what_is_done_and_what_is_done_has_a_test(row):
    assert row.tests or re.search(r"[Ll]eft out|The caller's|Nothing to do", row.says)


def test_no_clause_and_no_row_stands_twice():
    assert [row for row, count in Counter((row.standard, row.clause) for row in ROWS).items() if count > 1] == []
    assert [says for says, count in Counter((row.standard, row.says) for row in ROWS).items() if count > 1] == []


def test_every_module_that_implements_a_clause_is_named():
    named = {module for row in ROWS for module in row.modules}
    assert modules() - named == WITHOUT_CLAUSE


@pytest.mark.parametrize("standard", FOLLOWED)
def test_a_standard_that_we_say_we_follow_has_rows(standard):
    assert any(standard in row.standard or standard in row.clause for row in ROWS)


# What no other file tests


@pytest.mark.parametrize("payload", [{"address": {"_sd_alg": "sha-256"}}, {"list": [{"_sd_alg": "sha-256"}]}])
def test_a_second_sd_alg_is_refused(payload):
    with pytest.raises(MalformedSdJwt):
        reveal({"_sd_alg": "sha-256", **payload}, ())
    hidden = disclose("_sd_alg", "sha-512", salt=bytes(16))
    with pytest.raises(DisclosureMismatch):
        reveal({"_sd": [hidden.digest], "_sd_alg": "sha-256"}, (hidden,))
