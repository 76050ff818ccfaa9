"""A choice between two ways to do the same, made by what they take."""

from __future__ import annotations

__all__ = ["Pause", "Trials"]

#: Runs after which a choice is made anew at first, how many times as many it takes each time after that, and at most.
FIRST, GROWTH, LONGEST = 32, 4, 1 << 14


class Trials:
    """Whether work is shared, of which both ways are tried in turn until the shorter is known.

    Args:
        whole: nanoseconds it took without being shared; 0 if that is not known.

    Attributes:
        shares: whether it is shared next time.
        over: whether that is settled.
        refused: whether it can never be shared.
    """

    def __init__(self, whole: int = 0) -> None:
        self.shares = True
        self.refused = False
        #: Shortest time of the whole, and of what is shared.
        self._best = {False: whole, True: 0}
        #: Runs to come that are compared; the first one that shares does things for the first time, and is not.
        self._coming = [True, True, False, True, False, True]

    @property
    def over(self) -> bool:
        """Whether nothing more is tried."""
        return not self._coming

    @property
    def lost(self) -> bool:
        """Whether it is not shared any more."""
        return self.over and not self.shares

    def give_up(self) -> None:
        """Share it never again."""
        self._coming.clear()
        self.shares = False
        self.refused = True

    def note(self, shared: bool, taken: int) -> None:
        """Choose for the next run, from the nanoseconds that this one took."""
        if self.over:
            return
        self._coming.pop(0)
        if len(self._coming) < 5:
            best = self._best[shared]
            self._best[shared] = min(best, taken) if best else taken
        if self._coming:
            self.shares = self._coming[0]
        else:
            self.shares = self._best[True] < self._best[False]


class Pause:
    """How many runs pass before what was slower is tried again: the machine may have been busy with something else then.

    Each pause is longer than the one before, so that trials cost a small part of all runs.
    """

    def __init__(self) -> None:
        self._length = FIRST
        self._left = 0

    def begin(self) -> None:
        """Wait from the next run on, unless that is so already."""
        if self._left:
            return
        self._left = self._length
        self._length = min(self._length * GROWTH, LONGEST)

    def ends(self) -> bool:
        """Count a run; whether this is the one in which to try again."""
        if not self._left:
            return False
        self._left -= 1
        return not self._left
