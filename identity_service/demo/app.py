"""The demo's application: the real service with one more set of pages, in which a visitor can be anybody. Test mode only."""

from functools import cache
from pathlib import Path

from flask import Flask

from identity_service.access.page_gate import PageGate
from identity_service.bootstrap import Service, open_service
from identity_service.demo.api import Transport
from identity_service.demo.page import Stage, blueprint, switcher
from identity_service.demo.page_people import People
from identity_service.demo.page_setting import PageSetting
from identity_service.demo.post_box import OUTBOX
from identity_service.demo.theatre import Theatre
from identity_service.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application of the demo's data directory. Raises TestModeOnly outside the development switch."""
    settings = settings or load_settings()
    settings.require_development()
    service = open_service(settings)
    return with_pages(service.app(), service, settings.data_directory)


def with_pages(app: Flask, service: Service, data_directory: Path) -> Flask:
    """``app`` with the demo's pages and the role switcher above every page."""
    stage = _stage(service, data_directory)
    gate = PageGate(db=service.db, access=service.access, public_url=service.public_url)
    app.register_blueprint(blueprint(gate, stage, service.settings.outbox or data_directory / OUTBOX))
    app.jinja_env.globals.update(test_mode=True, role_switcher=lambda: switcher(stage))
    return app


def _stage(service: Service, data_directory: Path) -> Stage:
    """Looks for the stage until it is set, then keeps it."""
    world = service.world

    @cache
    def theatre(setting: PageSetting) -> Theatre:
        transport = Transport(service.public_url, world.egress, world.clock, world.entropy, reached_at=setting.reached_at)
        return Theatre(service=service, people=People(setting, transport))

    def look() -> Theatre | None:
        setting = PageSetting.read(data_directory)
        return None if setting is None else theatre(setting)

    return look
