"""The API's description and the page that shows it."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from claim_issuers.clock import SystemClock, SystemEntropy
from identity_service.web.app import WebConfig, build_web
from identity_service.web.docs import docs_blueprint
from identity_service.web.refusals import DescriptionMissing
from tests.web.reading_html import elements


def serve(description: Path) -> FlaskClient:
    app = build_web(
        WebConfig(public_url="https://claims.example"), clock=SystemClock(), entropy=SystemEntropy(), description=description
    )
    return app.test_client()


def test_the_description_is_served_with_an_etag(tmp_path: Path) -> None:
    description = tmp_path / "openapi.yaml"
    description.write_text("openapi: 3.1.0\n")
    client = serve(description)
    answer = client.get("/openapi.yaml")
    assert (answer.content_type, answer.text) == ("application/yaml; charset=utf-8", "openapi: 3.1.0\n")
    assert client.get("/openapi.yaml", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_an_installation_without_a_description_says_so() -> None:
    app = Flask("t", static_folder=None)
    app.register_blueprint(docs_blueprint(None))
    app.testing = True
    with pytest.raises(DescriptionMissing):
        app.test_client().get("/openapi.yaml")


def test_the_docs_page_has_its_own_policy_and_no_inline_script(client: FlaskClient) -> None:
    answer = client.get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "<script>" not in answer.text
    assert not [name for name in elements(answer.text).attributes if name.startswith("on")]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/docs/favicon-32x32.png", "image/png"),
        ("/assets/docs.js", "text/javascript; charset=utf-8"),
        ("/assets/service.css", "text/css; charset=utf-8"),
    ],
)
def test_what_the_pages_need_is_served_and_may_be_cached(client: FlaskClient, path: str, content_type: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, content_type)
    assert answer.headers["Cache-Control"].startswith("public")
    assert answer.data


@pytest.mark.parametrize(
    "path", ["/docs/oauth2-redirect.html", "/docs/LICENSE", "/assets/nothing.css", "/assets/..%2fapp.py", "/assets/__init__.py"]
)
def test_nothing_else_of_the_packages_is_served(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json["code"]) == (404, "route_unknown")
