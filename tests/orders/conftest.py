"""The floor of this room's tests."""

import pytest

from tests.orders.floor import Floor
from tests.support.desk import Desk


@pytest.fixture
def floor(desk: Desk) -> Floor:
    """The desk with an office, a network and a token issuer."""
    return Floor.at(desk)
