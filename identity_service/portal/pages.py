"""The start page, and who vouches for whom."""

from flask import Blueprint, Response

from identity_service.access.page_gate import PageGate, viewer
from identity_service.portal.navigation import first_page
from identity_service.web.documents import page
from identity_service.web.pages import pages


def blueprint(gate: PageGate) -> Blueprint:
    """``/``."""
    routes = pages("portal", __name__)

    @routes.get("/")
    @gate.visitor
    def home() -> Response:
        return page("portal/home.html", first_page=first_page(viewer()))

    return routes
