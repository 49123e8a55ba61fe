"""What one decision may look at, however many claims and links it is handed: a purse that its searches share.

>>> purse = Steps(10)
>>> purse.spend(4), purse.left, purse.gave_up
(True, 6, False)
>>> share = purse.share(of=2)
>>> share.left, share.spend(1)
(3, True)
>>> purse.take_back(share)
>>> purse.left
5
"""

from dataclasses import dataclass

# Some tenths of a second. Only somebody who signs thousands of accreditations, no two with the same terms, gets there.
MAX_STEPS = 250_000


@dataclass(slots=True)
class Steps:
    """How much a search may still look at; below zero it had to give up."""

    left: int = MAX_STEPS

    @property
    def gave_up(self) -> bool:
        """Whether there was more to look at than it may: then there may be something that it did not find."""
        return self.left < 0

    def spend(self, steps: int = 1) -> bool:
        """Whether there were so many left."""
        self.left -= steps
        return self.left >= 0

    def share(self, *, of: int) -> "Steps":
        """One of ``of`` equal shares of what is left, taken out; ``take_back`` returns what is not spent."""
        part = max(self.left, 0) // of
        self.left -= part
        return Steps(part)

    def take_back(self, share: "Steps") -> None:
        """Move the rest of a share back; a share that gave up keeps saying so."""
        self.left += max(share.left, 0)
        share.left = min(share.left, 0)
