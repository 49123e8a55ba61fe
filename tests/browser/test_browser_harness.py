"""The browser of these tests sees what it must: otherwise every other test here would pass on any page."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.browser import run_browser
from tests.support.http_server import LocalServer, Reply, Request, serving

STRICT = {"Content-Security-Policy": "default-src 'none'; img-src *; connect-src *", "Content-Type": "text/html; charset=utf-8"}
SOUND = "<!doctype html><html lang=en><title>Sound</title><link rel=icon href=data:,><main><h1>Sound</h1>{}</main>"
ELSEWHERE = "192.0.2.1"  # RFC 5737: an address for documents, nobody's

Faults = Callable[[str], str]


@pytest.fixture
def witness() -> Iterator[LocalServer]:
    """Another service on this machine, which must hear nothing."""
    with serving(lambda request: Reply(headers={"Access-Control-Allow-Origin": "*"})) as server:
        yield server


def tour(folder: Path, body: str, headers: dict[str, str] | None = None) -> dict[str, object]:
    """A tour of one page with this body; fails as ``run_browser`` does."""

    def page(request: Request) -> Reply:
        sent = {"Content-Type": "text/html; charset=utf-8"} if headers is None else headers
        return Reply(body=SOUND.format(body).encode(), headers=sent) if request.path == "/" else Reply(status=404)

    with serving(page) as server:
        (seen,) = run_browser("tour.mjs", base=server.url, out=str(folder), stops=[{"path": "/"}])["seen"]
        return dict(seen)


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """What ``run_browser`` says about a page with this body under a strict policy."""

    def told(body: str) -> str:
        with pytest.raises(AssertionError) as refused:
            tour(tmp_path, body, STRICT)
        return str(refused.value)

    return told


def test_a_sound_page_has_no_fault(tmp_path: Path) -> None:
    assert tour(tmp_path, "<p>Hello.</p>")["axe"] == []


def test_a_script_in_the_page_is_told_as_a_violation_of_the_policy(faults: Faults) -> None:
    assert re.search(r"CSP: script-src-elem forbids inline", faults("<script>document.title = 'changed'</script>"))


def test_a_style_in_the_page_is_told_as_a_violation_of_the_policy(faults: Faults) -> None:
    assert re.search(r"CSP: style-src-attr forbids inline", faults("<p style='color: red'>Hello.</p>"))


def test_an_answer_that_is_an_error_is_told(faults: Faults) -> None:
    assert "answer 404: GET /missing.png" in faults("<img alt='' src=/missing.png>")


def test_an_error_in_a_script_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"script: .*out of order"):
        tour(tmp_path, "<script>throw new Error('out of order')</script>")


def test_words_in_the_console_are_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="console warning: mind the gap"):
        tour(tmp_path, "<script>console.warn('mind the gap')</script>")


@pytest.mark.parametrize("url", [f"http://{ELSEWHERE}/x.png", "http://localhost:1/x.png", "https://claims.example/x.png"])
def test_a_request_that_leaves_this_machine_is_refused_and_told(faults: Faults, url: str) -> None:
    told = faults(f"<img alt='' src='{url}'>")
    assert f"request leaves the service: GET {url}" in told
    assert f"request failed: GET {url} net::ERR_BLOCKED_BY_CLIENT" in told


def test_a_request_to_another_service_of_this_machine_is_refused_and_told(tmp_path: Path, witness: LocalServer) -> None:
    with pytest.raises(AssertionError, match=f"request leaves the service: GET {witness.url}/told"):
        tour(tmp_path, f"<script>fetch('{witness.url}/told').catch(() => 0)</script>")
    assert witness.requests == []


def test_a_redirect_cannot_lead_out_of_this_machine(tmp_path: Path) -> None:
    away = f"http://{ELSEWHERE}/"
    redirect = Reply(status=302, headers={"Location": away})
    with serving(lambda request: redirect) as server, pytest.raises(AssertionError) as refused:
        run_browser("tour.mjs", base=server.url, out=str(tmp_path), stops=[{"path": "/"}])
    assert f"request leaves the service: GET {away}" in str(refused.value)
    assert "ERR_PROXY_CONNECTION_FAILED" in str(refused.value)


def test_axe_finds_weak_contrast_and_missing_words(tmp_path: Path) -> None:
    body = "<img src=data:image/gif;base64,R0lGODlhAQABAAAAACw=><p style='color: #bbb; background: #fff'>Can you read this?</p>"
    found = "\n".join(map(str, tour(tmp_path, body)["axe"]))  # type: ignore[arg-type]
    assert "phone-light: color-contrast at p" in found
    assert "desktop-dark: image-alt at img" in found


def test_a_page_that_is_wider_than_a_phone_is_told(tmp_path: Path) -> None:
    seen = tour(tmp_path, "<div style='width: 600px'>Wide.</div>")
    overflow = seen["overflow"]
    assert isinstance(overflow, dict)
    assert overflow["phone-light"] >= 600 - 390
    assert overflow["desktop-light"] == 0


def test_a_fault_that_was_expected_must_occur(tmp_path: Path) -> None:
    page = Reply(body=SOUND.encode(), headers={"Content-Type": "text/html"})
    with serving(lambda request: page) as server, pytest.raises(AssertionError, match=r"did not occur.*GET /nothing"):
        run_browser("tour.mjs", base=server.url, out=str(tmp_path), stops=[{"path": "/"}], expected_faults=["GET /nothing"])
