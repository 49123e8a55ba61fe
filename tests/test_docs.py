"""The documents say what is so: their Python runs, and every command, target, path and file they name exists."""

import ast
import json
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click
import pytest
import yaml

import claim_issuers
import identity_service
from claim_issuers.clock import SystemClock, SystemEntropy
from claim_issuers.encodings.base64url import encode
from claim_issuers.identifiers.accounts import ChainId
from claim_issuers.keys.signers import Ed25519Signer
from identity_service.access.model import Role
from identity_service.access.oauth import ClientAuthenticator
from identity_service.access.service import Access
from identity_service.access.single_use import SingleUse
from identity_service.cli import main
from identity_service.demo.story import STORY
from identity_service.settings import load_settings
from identity_service.storage import Database

ROOT = Path(__file__).parents[1]
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ADRS])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
FENCE = re.compile(r"^```(?P<language>[a-z]*)(?: title=(?P<title>\S+))?\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
# The folders of the tree, and the files at its top, as a code span names them; `…/{id}` and the like are paths of the API.
TREE_PATH = re.compile(r"(?:claim_issuers|identity_service|tests|docs|\.ci)/[\w./-]*|[\w-]+\.(?:md|toml|yaml|lock)|Makefile")
API_PATH = re.compile(r"(?:\$BASE|(?<![\w.]))(/v1/[^\s\"?`]+|/oauth/[a-z]+)")
MADE_BY_THE_READER = {"demo.json", "data/settings.toml", "settings.toml"}
# sha256 of the licence as the Apache Software Foundation publishes it (LICENSE-2.0.txt)
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    language: str
    title: str | None
    code: str


def text(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(name: str, language: str) -> list[Block]:
    found = (Block(match["language"], match["title"], match["code"]) for match in FENCE.finditer(text(name)))
    return [block for block in found if block.language == language]


def block(name: str, language: str, title: str | None = None) -> str:
    return next(one.code for one in blocks(name, language) if one.title == title)


def prose(name: str) -> str:
    return FENCE.sub("", text(name))


def links(name: str) -> list[str]:
    return [target for target in LINK.findall(prose(name)) if not target.startswith("https://")]


def code_spans(name: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(name))


def shell_lines(name: str) -> Iterator[str]:
    for one in blocks(name, "sh"):
        yield from one.code.replace("\\\n", " ").splitlines()
    yield from code_spans(name)


def commands_of_ours(name: str) -> Iterator[list[str]]:
    for line in shell_lines(name):
        found = re.search(r"(?:^|\s)(?:\.venv/bin/)?identity-service (?P<rest>.+)", line)
        if found:
            yield shlex.split(found["rest"], comments=True)


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def rooms(package: Path) -> set[str]:
    return {path.parent.name for path in package.glob("*/__init__.py")}


def printed_by(arguments: list[str]) -> str:
    ended = subprocess.run(
        [sys.executable, *arguments], env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True, text=True, timeout=60
    )
    return ended.stdout.strip()


# What runs


@pytest.mark.parametrize("name", [name for name in NAMES if blocks(name, "python")])
def test_the_python_of_a_document_runs(name: str, tmp_path: Path) -> None:
    for number, one in enumerate(blocks(name, "python")):
        script = tmp_path / f"{number}.py"
        script.write_text(one.code)
        runpy.run_path(str(script))


def test_the_readme_s_first_two_commands_are_the_demo_and_the_tests() -> None:
    commands = [line for one in blocks("README.md", "sh") for line in one.code.splitlines()]
    assert commands[:2] == ["make demo", "make test"]


def test_the_service_takes_the_client_assertion_that_the_readme_shows_how_to_make(db: Database, tmp_path: Path) -> None:
    base_url, seed = "https://claims.example", bytes(range(32))
    clock, entropy = SystemClock(), SystemEntropy()
    access = Access(clock, entropy)
    with db.write() as session:
        client = access.register_client(session, role=Role.REGULATOR, party_id=None, public_jwk=Ed25519Signer(seed).public_jwk())
    script, demo, key = tmp_path / "assertion.py", tmp_path / "demo.json", tmp_path / "regulator.jwk"
    script.write_text(block("README.md", "python", title="assertion.py"))
    key.write_text(json.dumps({**Ed25519Signer(seed).public_jwk(), "d": encode(seed)}))
    credentials = {"regulator": {"client_id": client.id, "private_jwk": str(key), "scope": "cap-table:read"}}
    demo.write_text(json.dumps({"base_url": base_url, "credentials": credentials}))
    assertion = printed_by([str(script), str(demo), "regulator"])
    authenticator = ClientAuthenticator(access, SingleUse(clock, entropy), clock, frozenset({f"{base_url}/oauth/token"}))
    with db.write() as session:
        assert authenticator.authenticate(session, assertion) == client


def test_the_settings_that_the_readme_shows_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(block("README.md", "toml"))
    settings = load_settings(tmp_path)
    assert settings.require_public_url() == "https://claims.example"
    assert settings.chain(ChainId(1)).confirmations == 12


def test_the_readme_tells_the_demo_s_story_step_by_step() -> None:
    section = text("README.md").split("## What the demo shows")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| .+ \|$", section, re.MULTILINE)
    assert rows[1:] == [step.name for step in STORY]


# What exists


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    named = {found for line in shell_lines(name) for found in re.findall(r"^make ([a-z-]+)", line)}
    assert named <= targets


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_exists(name: str) -> None:
    for words in commands_of_ours(name):
        command: click.Command = main
        options = {option for parameter in command.get_params(click.Context(command)) for option in parameter.opts}
        for word in words:
            below = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
            if below is not None:
                command = below
                options |= {option for parameter in below.get_params(click.Context(below)) for option in parameter.opts}
            else:
                assert word.startswith("--") or not isinstance(command, click.Group), f"no command {words}"
            assert not word.startswith("--") or word in options, f"no option {word} in {words}"


def test_the_readme_names_every_command() -> None:
    assert set(main.commands) <= {words[0] for words in commands_of_ours("README.md")} | {"demo"}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    here = ROOT / name
    for target in links(name):
        path, _, anchor = target.partition("#")
        there = (here.parent / path).resolve() if path else here
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_document_names_exists(name: str) -> None:
    named = {span for span in code_spans(name) if TREE_PATH.fullmatch(span)} - MADE_BY_THE_READER
    missing = {span for span in named if not (ROOT / span).exists()}
    assert not missing


def test_every_path_of_the_api_is_described() -> None:
    described = {re.sub(r"\{[^}]*\}", "*", path) for path in yaml.safe_load(text("openapi.yaml"))["paths"]}
    found = {path for name in NAMES for line in shell_lines(name) for path in API_PATH.findall(line)}
    named = {re.sub(r"\{[^}]*\}|\$[A-Z]+", "*", path) for path in found}
    assert named
    assert named <= described


@pytest.mark.parametrize("package", [claim_issuers, identity_service])
def test_the_architecture_has_a_sentence_for_each_room_and_for_no_other(package: object) -> None:
    folder = Path(str(package.__file__)).parent  # type: ignore[attr-defined]
    heading = "## Rooms of the library" if package is claim_issuers else "## Rooms of the service"
    section = text("docs/architecture.md").split(heading)[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \| \S", section, re.MULTILINE)) == rooms(folder)


@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_reached_from_another(name: str) -> None:
    linked = {
        (ROOT / one).parent.joinpath(target.partition("#")[0]).resolve() for one in NAMES if one != name for target in links(one)
    }
    path = (ROOT / name).resolve()
    assert name == "README.md" or path in linked or path.parent in linked


def public_things(path: Path) -> Iterator[tuple[str, str | None]]:
    def inside(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, str | None]]:
        for one in node.body:
            if isinstance(one, ast.FunctionDef | ast.ClassDef) and not one.name.startswith("_"):
                yield f"{prefix}{one.name}", ast.get_docstring(one)
                if isinstance(one, ast.ClassDef):
                    yield from inside(one, f"{prefix}{one.name}.")

    return inside(ast.parse(path.read_text()), f"{path.name}: ")


def test_every_public_thing_of_the_library_has_a_docstring() -> None:
    files = (ROOT / "claim_issuers").rglob("*.py")
    assert [name for path in files for name, docstring in public_things(path) if not docstring] == []


# What they are


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_shows_what_drove_it_its_options_and_its_cost(path: Path) -> None:
    number = int(path.stem.partition("-")[0])
    assert path.read_text().startswith(f"# {number}. ")
    titles = re.findall(r"^## (\w+)", path.read_text(), re.MULTILINE)
    assert [title for title in ("Drivers", "Options", "Decision", "Cost") if title not in titles] == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.stem.partition("-")[0]) for path in ADRS] == list(range(1, len(ADRS) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_no_document_names_a_registry_or_a_path_of_somebody_s_machine(name: str) -> None:
    assert not re.search(r"(?<![\w.$])/(?:root|home|tmp|work|Users|opt)/|pypi\.org|pythonhosted|registry\.npmjs", text(name))


@pytest.mark.parametrize("name", ["package-lock.json", "requirements.lock"])
def test_no_lock_names_an_address(name: str) -> None:
    assert re.findall(r"\w+://\S+", text(name)) == []


def test_the_licence_is_the_whole_apache_2_0() -> None:
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0


def test_the_changelog_names_the_version_of_the_package() -> None:
    version = re.search(r'^version = "([^"]+)"$', text("pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert f"{version[1]}" in text("CHANGELOG.md")
