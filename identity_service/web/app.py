"""Puts the web together; a process may build as many apps as it likes.

>>> from io import StringIO
>>> from claim_issuers.clock import SystemClock, SystemEntropy
>>> config = WebConfig(public_url="https://claims.example")
>>> app = build_web(config, clock=SystemClock(), entropy=SystemEntropy(), log_stream=StringIO())
>>> app.test_client().get("/livez").json
{'status': 'alive'}
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import TextIO

from flask import Blueprint, Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from claim_issuers.clock import Clock, Entropy
from identity_service.web.docs import docs_blueprint, find_description
from identity_service.web.documents import assets_blueprint
from identity_service.web.errors import ErrorForm, install_error_handlers
from identity_service.web.health import Check, health_blueprint
from identity_service.web.language_pages import languages_blueprint
from identity_service.web.languages import install_languages
from identity_service.web.limits import install_limits
from identity_service.web.logging import build_logger
from identity_service.web.metrics import Metrics, metrics_blueprint
from identity_service.web.pages import install_filters, this_page
from identity_service.web.problem_pages import problems_blueprint
from identity_service.web.refusals import MalformedRequest
from identity_service.web.request_log import install_request_log
from identity_service.web.responses import CompactJson
from identity_service.web.security_headers import install_security_headers

MAX_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """What the web needs to know of the settings.

    ``rate_limit`` is for each caller over all routes, empty for none; ``proxy_hops`` counts the trusted proxies in front whose
    X-Forwarded-* headers we believe; ``development`` lets exception texts into the log.
    """

    public_url: str
    rate_limit: str = ""
    proxy_hops: int = 0
    log_level: str = "info"
    development: bool = False


def build_web(
    config: WebConfig,
    *,
    clock: Clock,
    entropy: Entropy,
    blueprints: Iterable[Blueprint] = (),
    readiness: Mapping[str, Check] | None = None,
    error_forms: Mapping[str, ErrorForm] | None = None,
    metrics: Metrics | None = None,
    description: Traversable | None = None,
    log_stream: TextIO | None = None,
) -> Flask:
    """An app that serves ``blueprints`` and what every service needs beside them.

    ``readiness`` names the checks of ``/readyz``, each a callable that raises when it fails. ``error_forms`` maps path prefixes
    to the error form of their protocol. ``description`` is the OpenAPI file, found by itself when not given. Logs go to
    ``log_stream`` or standard output.
    """
    metrics = metrics or Metrics()
    stream = log_stream or sys.stdout
    logger = build_logger(clock=clock, stream=stream, level=config.log_level, messages=config.development)
    app = _bare_app(config)
    install_request_log(app, clock=clock, entropy=entropy, logger=logger, metrics=metrics)
    install_security_headers(app, https=config.public_url.startswith("https://"))
    install_error_handlers(app, logger=logger, base_url=config.public_url, forms=error_forms)
    _refuse_unreadable_paths(app)
    watched = (health_blueprint(readiness or {}, logger), metrics_blueprint(metrics))
    choosing = languages_blueprint(secure=config.public_url.startswith("https://"))
    read = (problems_blueprint(), assets_blueprint(), docs_blueprint(description or find_description()), choosing)
    for blueprint in (*watched, *read, *blueprints):
        app.register_blueprint(blueprint)
    install_limits(app, config.rate_limit, exempt=watched)
    return app


def _bare_app(config: WebConfig) -> Flask:
    app = Flask("identity_service.web", static_folder=None, template_folder="templates")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = 100
    app.json = CompactJson(app)
    # A redirect to another spelling of the path would be built from the Host header, which the caller chooses.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.jinja_env.autoescape = True
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(viewer=lambda: None, navigation=lambda: (), test_mode=False)  # the rooms above know more
    install_filters(app.jinja_env.filters)
    app.jinja_env.globals.update(this_page=this_page)
    install_languages(app)
    if config.proxy_hops:
        hops = config.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0)  # type: ignore[method-assign]
    return app


def _refuse_unreadable_paths(app: Flask) -> None:
    @app.before_request
    def readable() -> None:
        """Werkzeug shows bytes that are not UTF-8 as U+FFFD; no path of ours holds that or a control character."""
        if any(character < " " or character in "\x7f\ufffd" for character in request.path):
            raise MalformedRequest("the path cannot be read as percent-encoded UTF-8 text")
