"""The one table of problems is whole, and people can read it."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest
from flask.testing import FlaskClient

import claim_issuers
import identity_service
from claim_issuers.errors import DomainError
from identity_service.web.problem_table import BY_BRANCH
from identity_service.web.problems import BRANCH_STATUS, PROBLEMS
from tests.web.reading_html import elements


def import_everything(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.startswith("identity_service.storage.migrations") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def subclasses(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def product_errors() -> list[type[DomainError]]:
    import_everything(claim_issuers)
    import_everything(identity_service)
    ours = {error for error in subclasses(DomainError) if error.__module__.split(".")[0] in ("claim_issuers", "identity_service")}
    return sorted(ours, key=lambda error: (error.__module__, error.__qualname__))


ERRORS = product_errors()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.__module__}.{error.__qualname__}")
def test_every_error_has_words_in_the_row_of_its_branch(error: type[DomainError]) -> None:
    branch = next(branch for branch in BRANCH_STATUS if issubclass(error, branch))
    assert error.code in BY_BRANCH[branch], f"add {error.code} to the table of {branch.__name__}"


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in ERRORS]
    assert {code for code in codes if codes.count(code) > 1} == set()


def test_no_row_has_outlived_its_error() -> None:
    assert set(PROBLEMS) - {error.code for error in ERRORS} == {DomainError.code}


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_row_is_a_title_and_a_sentence_of_advice(code: str) -> None:
    problem = PROBLEMS[code]
    assert 400 <= problem.status < 600
    assert not problem.title.endswith(".")
    assert problem.advice.endswith(".")


def test_the_page_of_all_problems_links_to_each(client: FlaskClient) -> None:
    answer = client.get("/problems")
    assert answer.content_type == "text/html; charset=utf-8"
    assert {f"/problems/{code}" for code in PROBLEMS} <= elements(answer.text).links


@pytest.mark.parametrize("path", ["/problems", "/problems/conflict"])
def test_problem_pages_need_no_script_and_no_inline_style(client: FlaskClient, path: str) -> None:
    found = elements(client.get(path).text)
    assert not {"script", "style"} & found.names
    assert not {name for name in found.attributes if name == "style" or name.startswith("on")}


def test_a_problems_type_leads_to_its_page(client: FlaskClient) -> None:
    problem = client.get("/v1/raise/conflict").json
    page = client.get(problem["type"].removeprefix("https://claims.example"))
    assert problem["title"] in page.text
    assert page.status_code == 200


def test_an_unknown_problem_is_a_404(client: FlaskClient) -> None:
    answer = client.get("/problems/<script>")
    assert (answer.status_code, answer.json["code"]) == (404, "problem_type_unknown")
