"""What the story's buttons do for somebody, done by hand in the pages of those who may do it."""

from typing import Any

import pytest

from identity_service.demo.roles import PLAYERS
from tests.support.playhouse import Playhouse

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def seen(playhouse: Playhouse) -> Seen:
    """What investor, officer and regulator saw, and the story's page after them."""
    with playhouse.evening() as evening:
        return evening.run("by_hand.mjs", token=evening.setting.token)


def test_the_invitation_offers_the_test_wallet_of_every_player(seen: Seen) -> None:
    assert sorted(seen["wallets"]) == sorted(f"Test wallet: {one.who}" for one in PLAYERS)


def test_the_investor_waits_for_the_officer_on_a_page_that_moves_on_by_itself(seen: Seen) -> None:
    assert "A person at the claim issuer looks at it." in seen["waiting"]
    assert seen["caseHeading"].startswith("Iris Calloway asks for an investor claim")
    assert "Your claim is there" not in seen["waiting"]
    assert "stated by Helvetia Claims AG" in seen["issued"]


def test_the_story_goes_on_from_what_was_done_by_hand(seen: Seen) -> None:
    assert "Claim applied for" in seen["accepted"]["text"]
    assert "Claim Investor live On chain verified" in seen["played"]["text"]
    assert (seen["accepted"]["alerts"], seen["played"]["alerts"]) == ([], [])


def test_the_cap_table_follows_when_the_client_cancels_the_allowance_on_her_own_page(seen: Seen) -> None:
    assert "Meridian Family Office AG can move 400 ABN33 of an allowance of 500." in seen["right"].replace("\u202f", " ")
    assert "custodian Meridian Family Office AG" in seen["before"]
    assert "can move 400 of an allowance of 500" in seen["before"]
    assert "Nobody but you may move your tokens." in seen["cancelled"]
    assert "Meridian" not in seen["after"]
    assert "nobody" in seen["after"]
