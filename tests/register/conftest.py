"""A chain for each module: these tests ask about old blocks and undo many, which the session's chain has thousands of."""

from collections.abc import Iterator

import pytest

from claim_issuers.clock import SystemClock
from identity_service.demo.devchain import DevChain
from tests.support.devchain import PROJECT_ROOT, Actors, Onchain, actors_on, deploy_on


@pytest.fixture(scope="module")
def devchain() -> Iterator[DevChain]:
    with DevChain.start(project_root=PROJECT_ROOT, clock=SystemClock()) as chain:
        yield chain


@pytest.fixture(scope="module")
def actors(devchain: DevChain) -> Actors:
    return actors_on(devchain)


@pytest.fixture(scope="module")
def deployed(devchain: DevChain, actors: Actors) -> Onchain:
    return deploy_on(devchain, actors)
