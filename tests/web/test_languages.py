"""Pages in English and German: the catalogue is whole, nothing in scope is left out of it, and each visitor gets their language."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from jinja2 import Environment, nodes
from werkzeug.test import TestResponse

from identity_service.web.countries import COUNTRY_NAMES, country_options
from identity_service.web.languages import COOKIE, LANGUAGES
from identity_service.web.pages import local_path
from tests.conftest import ONE_ENGINE
from tests.support.browsing import visit
from tests.support.messages import SERVICE, catalogue, extracted
from tests.support.stand import Stand

ENGINES = ONE_ENGINE

IN_SCOPE = (
    "access/sign_in",
    "onboarding/_allowance",
    "onboarding/_form",
    "onboarding/_live",
    "onboarding/_state",
    "onboarding/invited",
    "openid4vci/_choice",
    "openid4vci/_offer_button",
    "openid4vci/_offer_progress",
    "openid4vci/_offer_state",
    "openid4vci/authorize",
    "openid4vci/offer",
    "portal/_on_chain_state",
    "portal/_opened",
    "portal/_readings",
    "portal/my_claims",
    "portal/no_claims",
    "portal/on_chain",
    "portal/opened",
    "portal/readings",
    "web/fields",
    "web/layout",
    "web/refusal",
)
NAMES = {"API", "Identity Information Service"}
"""What is the same in every language."""
SPOKEN = {"alt", "aria-label", "data-label", "placeholder", "title"}
"""Attributes that people hear or read."""
TRANSLATE = {"_", "gettext", "ngettext"}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
GERMAN = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}


def source(name: str) -> str:
    (path,) = SERVICE.glob(f"*/templates/{name}.html")
    return path.read_text(encoding="utf-8")


def parsed(name: str) -> nodes.Template:
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True)
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return environment.parse(source(name))


def literals(expression: nodes.Node) -> Iterator[str]:
    """The text that an expression may print by itself: not what a call, a filter or a test takes."""
    if isinstance(expression, nodes.TemplateData):
        yield expression.data
    elif isinstance(expression, nodes.Const) and isinstance(expression.value, str):
        yield expression.value
    elif isinstance(expression, nodes.CondExpr):
        yield from (text for branch in (expression.expr1, expression.expr2) if branch for text in literals(branch))
    elif isinstance(expression, nodes.Or | nodes.And):
        yield from (text for branch in (expression.left, expression.right) for text in literals(branch))
    elif isinstance(expression, nodes.Concat):
        yield from (text for one in expression.nodes for text in literals(one))


class Read(HTMLParser):
    """Everything that people read or hear in a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def untranslated(template: nodes.Template) -> set[str]:
    printed = "".join(text for output in template.find_all(nodes.Output) for part in output.nodes for text in literals(part))
    read = Read()
    read.feed(printed)
    said = {" ".join(text.split()).strip(" ·:,.()") for text in read.texts}
    return {text for text in said if re.search(r"[A-Za-z]{2}", text) and not text.startswith("aria-")} - NAMES


@pytest.mark.parametrize("name", IN_SCOPE)
def test_a_page_in_scope_says_nothing_but_messages(name: str) -> None:
    assert untranslated(parsed(name)) == set()


def test_every_template_that_translates_is_in_scope() -> None:
    """A page half in another language would be none: whoever begins to translate a template adds it above."""
    paths = [path for path in SERVICE.glob("*/templates/*/*.html") if re.search(r"{% trans|{{ _\(", path.read_text("utf-8"))]
    assert {f"{path.parent.name}/{path.stem}" for path in paths} == set(IN_SCOPE)


@pytest.mark.parametrize("name", IN_SCOPE)
def test_only_literals_are_taken_for_messages(name: str) -> None:
    """What comes in a variable goes through ``told``: ``_`` would take it for markup."""
    calls = [
        call for call in parsed(name).find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATE
    ]
    assert all(isinstance(call.args[0], nodes.Const) for call in calls)


def test_the_check_finds_what_is_left_out() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    planted = '<p class="{{ "good" if x }}">Plain words {{ "either" if x else "or" }} <img alt="A picture">{{ _("Said") }}</p>'
    assert untranslated(environment.parse(planted)) == {"Plain words eitheror", "A picture"}


def test_the_catalogue_holds_every_message_and_no_other() -> None:
    wanted, found = ({one.id for one in source if one.id} for source in (extracted(), catalogue("de")))
    assert wanted == found, "python -m tests.support.messages brings the catalogue up to date"


def test_every_message_is_translated_with_the_same_placeholders() -> None:
    for one in catalogue("de"):
        if not one.id:
            continue
        ids, texts = (tuple(part) if isinstance(part, list | tuple) else (part,) for part in (one.id, one.string))
        assert all(texts), one.id
        assert not one.fuzzy, one.id
        assert len(ids) == len(texts), one.id
        for message, text in zip(ids, texts, strict=True):
            assert set(PLACEHOLDER.findall(message)) == set(PLACEHOLDER.findall(text)), message
            assert text.strip() == text, message
            assert (message[-1] in ".?!…:") == (text[-1] in ".?!…:"), message


def test_what_scripts_say_goes_through_the_catalogue() -> None:
    for name in ("live.js", "wallet.js"):
        script = (SERVICE / "web" / "assets" / name).read_text(encoding="utf-8")
        assert not re.findall(r'(?:textContent = |new Error\(|alertIn\(\w+, )["`]\w', script), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_has_its_name_in_each_language(language: str) -> None:
    options = country_options(language)
    assert {code for code, _ in options} == set(COUNTRY_NAMES)
    assert all(name.endswith(f" ({code})") for code, name in options)


def opened(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def language_of(answer: TestResponse) -> tuple[str, str]:
    found = re.search(r'<html lang="(\w+)"', answer.text)
    assert found
    return found.group(1), answer.headers["Content-Language"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.5", "de"),
        ("fr,en;q=0.3", "en"),
        ("fr", "en"),
        ("de;q=0.1,en", "en"),
        ("%", "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(stand: Stand, accepted: str, language: str) -> None:
    answer = opened(visit(stand), "/sign-in", Accept_Language=accepted)
    assert language_of(answer) == (language, language)
    assert {"Accept-Language", "Cookie"} <= {one.strip() for one in answer.headers["Vary"].split(",")}
    assert ("Wählen Sie eine Wallet" in answer.text) == (language == "de")


def choose(client: FlaskClient, language: str, **form: Any) -> TestResponse:
    return client.post("/language", data={"language": language, **form})


def test_a_choice_outlives_what_the_browser_asks_for(stand: Stand) -> None:
    client = visit(stand)
    answer = choose(client, "de", next="/sign-in?next=/my-claims")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/my-claims")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert language_of(opened(client, "/sign-in", Accept_Language="en")) == ("de", "de")
    choose(client, "en")
    assert language_of(opened(client, "/sign-in", **{"Accept-Language": "de"})) == ("en", "en")


@pytest.mark.parametrize("language", ["", "fr", "de\r\nX: y", "<b>"])
def test_a_language_that_we_do_not_speak_changes_nothing(stand: Stand, language: str) -> None:
    client = visit(stand)
    answer = choose(client, language)
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    client.set_cookie(COOKIE, "fr")
    assert language_of(opened(client, "/sign-in")) == ("en", "en")


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_choosing_a_language_leads_nowhere_else(stand: Stand, path: str) -> None:
    assert choose(visit(stand), "de", next=path).location == local_path(path, "/") == "/"


@pytest.mark.parametrize(
    ("asked", "led_back"),
    [
        ("/sign-in", "/sign-in"),
        ("/sign-in?next=/my-claims%3Fpage%3D2", "/sign-in?next=/my-claims%3Fpage%3D2"),
        ("/sign-in?next=https://evil.example", "/sign-in"),
        ("/sign-in?next=%2F%2Fevil.example", "/sign-in"),
        ("/sign-in?next=/%5Cevil.example&a=b", "/sign-in"),
        ("/sign-in?https://evil.example=1", "/sign-in"),
    ],
)
def test_the_choice_of_a_language_leads_back_to_the_same_page_and_repeats_nothing_that_is_not_ours(
    stand: Stand, asked: str, led_back: str
) -> None:
    shown = visit(stand).get(asked).text
    assert unescape(re.findall(r'name="next" value="([^"]*)"', shown)[-1]) == led_back
    assert "evil" not in shown


def test_a_page_that_is_not_translated_stays_english_as_a_whole(stand: Stand) -> None:
    answer = visit(stand).get("/mesh", headers=GERMAN)
    assert language_of(answer) == ("en", "en")
    assert "Skip to the content" in answer.text
    assert "/language" not in answer.text


def test_a_problem_is_told_in_the_visitors_language_where_its_words_are_there(stand: Stand) -> None:
    lost = visit(stand).get("/nowhere", headers=GERMAN)
    assert lost.status_code == 404
    assert "Hier gibt es nichts" in lost.text
    unknown = visit(stand).get("/i/aaaaaaaaaaaaaaaaaaaaaaaaaa", headers=GERMAN)
    assert "Diese Einladung gibt es nicht" in unknown.text
    assert 'lang="en">The code' in unknown.text or 'lang="en"' in unknown.text


def test_scripts_are_told_their_words_in_the_visitors_language(stand: Stand) -> None:
    assert "data-words='{" in visit(stand).get("/sign-in", headers=GERMAN).text
    assert "data-words" not in visit(stand).get("/sign-in").text
