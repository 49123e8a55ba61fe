"""The npm libraries, started once."""

from collections.abc import Iterator

import pytest

from tests.wallets.libraries import Libraries, open_libraries


@pytest.fixture(scope="session")
def libraries() -> Iterator[Libraries]:
    with open_libraries() as opened:
        yield opened
