"""Counters for Prometheus, one registry an app, labelled by rule and status and by nothing about a person."""

from collections.abc import Callable

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

_LABELS = ("method", "route", "status")


class Metrics:
    """What this app measures; rooms may register more on ``registry``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("http_requests", "Requests answered.", _LABELS, registry=self.registry)
        self._seconds = Histogram("http_request_seconds", "Time to answer.", ("method", "route"), registry=self.registry)

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request and its duration in seconds."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show ``read()`` under ``name`` whenever the metrics are collected."""
        Gauge(name, help_text, registry=self.registry).set_function(read)


def metrics_blueprint(metrics: Metrics) -> Blueprint:
    """``/metrics`` in the text format; who may reach it is for the proxy in front to say."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def show() -> Response:
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return blueprint
