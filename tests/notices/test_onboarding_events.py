"""Onboarding events: codes with instants, bounded, and nothing else."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from identity_service import openid4vci
from identity_service.notices.event_words import EVENT_WORDS, MendedBy, words_for
from identity_service.notices.events import MOST_KEPT, OnboardingEventInvalid
from identity_service.openid4vci.protocol_errors import WalletProtocolError
from identity_service.openid4vci.steps import event_code
from identity_service.storage import Database
from tests.conftest import ONE_ENGINE
from tests.notices.post_room import PostRoom

ENGINES = ONE_ENGINE
INVITATION, APPLICATION = "inv_aaaaaaaaaaaaaaaaaaaaaaaaaa", "app_aaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def room(db: Database, tmp_path: Path) -> PostRoom:
    return PostRoom.build(db, tmp_path)


def test_the_newest_fifty_of_each_subject_are_kept(room: PostRoom) -> None:
    with room.house.db.write() as session:
        room.events.record(session, subject=APPLICATION, step="token", code="tx_code_wrong")
        for number in range(MOST_KEPT + 7):
            room.events.record(session, subject=INVITATION, step="credential", code=f"code_{number}")
            room.house.clock.advance(timedelta(seconds=1))
    with room.house.db.read() as session:
        kept = room.events.of(session, INVITATION, limit=1000)
        assert [one.code for one in kept] == [f"code_{number}" for number in reversed(range(7, MOST_KEPT + 7))]
        assert [one.code for one in room.events.of(session, INVITATION, limit=2)] == ["code_56", "code_55"]
        both = room.events.of_all(session, [INVITATION, APPLICATION], limit=1000)
        assert (len(both), both[-1].code, both[-1].step, both[-1].subject) == (51, "tx_code_wrong", "token", APPLICATION)
        assert room.events.of_all(session, []) == []


def test_a_step_that_repeats_itself_pushes_nothing_out(room: PostRoom) -> None:
    said = [("token", "token_issued"), *[("token", "tx_code_wrong"), ("authorize", "access_denied")] * MOST_KEPT]
    with room.house.db.write() as session:
        for step, code in [*said, ("token", "token_issued")]:
            room.events.record(session, subject=APPLICATION, step=step, code=code)
            room.house.clock.advance(timedelta(seconds=1))
        room.events.record(session, subject=INVITATION, step="token", code="token_issued")
    with room.house.db.read() as session:
        kept = [one.code for one in room.events.of(session, APPLICATION)]
        assert kept == ["token_issued", "access_denied", "tx_code_wrong", "token_issued"]
        assert len(room.events.of(session, INVITATION)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "anna@example.org"},
        {"subject": ""},
        {"step": "Anna Feldkirch"},
        {"code": "0x" + "11" * 20},
        {"code": "a" * 65},
        {"code": "no such party: Anna"},
        {"code": "nonce_expired\n"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_nothing_but_a_word_of_ours_gets_in(room: PostRoom, wrong: dict[str, str]) -> None:
    usual = {"subject": INVITATION, "step": "token", "code": "invalid_grant"}
    with room.house.db.write() as session, pytest.raises(OnboardingEventInvalid):
        room.events.record(session, **{**usual, **wrong})


def refusals_of(branch: type[WalletProtocolError]) -> Iterator[type[WalletProtocolError]]:
    for one in branch.__subclasses__():
        yield one
        yield from refusals_of(one)


def test_whatever_a_wallet_is_refused_for_has_words_and_somebody_who_can_mend_it() -> None:
    for module in pkgutil.iter_modules(openid4vci.__path__):
        importlib.import_module(f"identity_service.openid4vci.{module.name}")
    codes = {event_code(one()) for one in refusals_of(WalletProtocolError)}
    assert codes >= {"invalid_proof", "invalid_nonce", "tx_code_wrong"}
    assert codes - EVENT_WORDS.keys() == set()
    assert {EVENT_WORDS[code].mended_by for code in codes} <= {MendedBy.HOLDER, MendedBy.WALLET, MendedBy.CLAIM_ISSUER}


def test_every_code_has_a_sentence_in_both_languages() -> None:
    assert list(EVENT_WORDS) == sorted(EVENT_WORDS)
    for words in EVENT_WORDS.values():
        assert words.en.endswith(".")
        assert words.de.endswith(".")
        assert words.en != words.de
        assert (words.said("en"), words.said("de"), words.said("fr")) == (words.en, words.de, words.en)
    assert words_for("something_new").mended_by is MendedBy.OPERATOR
