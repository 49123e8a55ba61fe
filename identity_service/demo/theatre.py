"""What the page remembers between two clicks: which acts were played, what each showed, and what is being played now.

An act takes seconds, since real transactions wait for real blocks; it runs in a thread of its own and says how far it is. It
lives in the process that serves the demo, which is one, and goes with it: nothing of the product depends on it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from claim_issuers.errors import DomainError
from identity_service.bootstrap import Service
from identity_service.demo.page_people import People

Say = Callable[[str], None]
Play = Callable[["Theatre", Say], None]


class NotYet(Exception):
    """The act showed something, but the story is not further for it: its button stays."""


@dataclass(frozen=True, slots=True)
class Act:
    """One button: ``play`` does it through the public API and leaves what it found in ``Theatre.shown``.

    ``choices`` are values and labels among which the visitor answers ``question`` first; the answer is in ``Theatre.choice``.
    """

    key: str
    label: str
    play: Play
    who: str
    question: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Theatre:
    """The state of the page. ``shown`` holds by key what panels draw; ``told`` what each act did, line by line."""

    service: Service
    people: People
    shown: dict[str, Any] = field(default_factory=dict)
    played: set[str] = field(default_factory=set)
    told: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    playing: str | None = None
    choice: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, act: Act, choice: str = "") -> bool:
        """Begin an act, unless another one is being played."""
        with self._lock:
            if self.playing is not None:
                return False
            self.playing, self.choice = act.key, choice
        self.told[act.key], _ = [], self.failed.pop(act.key, None)
        threading.Thread(target=self._play, args=(act,), name=f"act-{act.key}", daemon=True).start()
        return True

    def _play(self, act: Act) -> None:
        try:
            act.play(self, self.told[act.key].append)
            self.played.add(act.key)
        except NotYet:
            pass
        except DomainError as error:
            self.failed[act.key] = f"{error.code}: {error.detail}" if error.detail else error.code
        except Exception as error:
            self.failed[act.key] = f"{type(error).__name__}: {error}"
            raise
        finally:
            self.playing = None
