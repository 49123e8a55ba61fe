"""Who vouches for whom: open to everybody, because trust in a claim rests on it."""

from flask import Blueprint, Response

from claim_issuers.clock import Clock
from identity_service.access.page_gate import PageGate
from identity_service.mesh.service import Mesh
from identity_service.portal.mesh_picture import BOX_HEIGHT, BOX_WIDTH
from identity_service.portal.mesh_view import shown_mesh
from identity_service.web.documents import page
from identity_service.web.pages import pages


def blueprint(gate: PageGate, mesh: Mesh, clock: Clock) -> Blueprint:
    """``/mesh``."""
    routes = pages("mesh", __name__)

    @routes.get("/mesh")
    @gate.visitor
    def show() -> Response:
        with gate.db.read() as session:
            found = shown_mesh(session, mesh, instant=clock.now())
        return page("portal/mesh.html", mesh=found, box_width=BOX_WIDTH, box_height=BOX_HEIGHT)

    return routes
