"""The fixtures of the web's tests."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from claim_issuers.clock import FixedClock
from tests.web.tiny_service import World


@pytest.fixture
def world() -> World:
    return World(FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC)))


@pytest.fixture
def client(world: World) -> FlaskClient:
    return world.client()
