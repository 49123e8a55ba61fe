"""What the demo's page remembers of an act: that it plays, that it is over, what it said, and why it failed."""

import threading
import time
from collections.abc import Iterator

import pytest

from identity_service.demo.page_people import JobFailed, People
from identity_service.demo.scenes import SCENES, act, opened, reached
from identity_service.demo.theatre import Act, NotYet, Play, Say, Theatre
from tests.support.playhouse import Playhouse


@pytest.fixture
def theatre(playhouse: Playhouse) -> Iterator[Theatre]:
    with playhouse.evening() as evening:
        yield Theatre(service=evening.service, people=People(evening.setting, evening.transport))


def played(theatre: Theatre, play: Play) -> None:
    """Play an act to its end."""
    assert theatre.start(Act("trial", "Try", play, "anybody"), "a choice")
    while theatre.playing is not None:
        time.sleep(0.01)


def test_one_act_is_played_at_a_time(theatre: Theatre) -> None:
    going_on = threading.Event()
    waiting = Act("waiting", "Wait", lambda theatre, say: going_on.wait() and None, "anybody")
    assert theatre.start(waiting)
    assert (theatre.playing, theatre.start(waiting), theatre.played) == ("waiting", False, set())
    going_on.set()
    while theatre.playing is not None:
        time.sleep(0.01)
    assert theatre.played == {"waiting"}


def test_an_act_is_told_line_by_line_and_knows_the_visitor_s_choice(theatre: Theatre) -> None:
    def tells(theatre: Theatre, say: Say) -> None:
        say("First,")
        say(theatre.choice)

    played(theatre, tells)
    assert theatre.told == {"trial": ["First,", "a choice"]}
    assert (theatre.played, theatre.failed) == ({"trial"}, {})


def test_an_act_that_fails_says_why_and_may_be_played_again(theatre: Theatre) -> None:
    def fails(theatre: Theatre, say: Say) -> None:
        raise JobFailed("the chain is away")

    played(theatre, fails)
    assert (theatre.failed, theatre.played) == ({"trial": "job_failed: the chain is away"}, set())
    played(theatre, lambda theatre, say: None)
    assert (theatre.failed, theatre.played) == ({}, {"trial"})


def test_an_act_that_only_shows_something_is_not_over(theatre: Theatre) -> None:
    def shows(theatre: Theatre, say: Say) -> None:
        theatre.shown["trial"] = "names"
        raise NotYet

    played(theatre, shows)
    assert (theatre.shown, theatre.played, theatre.failed) == ({"trial": "names"}, set(), {})


def test_scenes_open_one_by_one_and_only_the_last_two_stand_open(theatre: Theatre) -> None:
    seen = []
    for scene in SCENES:
        seen.append((reached(theatre), opened(theatre)))
        theatre.played |= {one.key for one in scene.acts}
    assert seen == [(1, 1), *((number, number - 1) for number in range(2, len(SCENES) + 1))]
    assert (reached(theatre), opened(theatre)) == (len(SCENES), len(SCENES) - 1)


def test_every_act_has_a_key_of_its_own() -> None:
    keys = [one.key for scene in SCENES for one in scene.acts]
    assert len(keys) == len(set(keys))
    assert all(act(key) == (scene, one) for scene in SCENES for one in scene.acts for key in [one.key])
    assert act("nothing-like-it") is None
