"""A choice between two ways to do the same, made by what they take."""

from __future__ import annotations

__all__ = ["Trials"]


class Trials:
    """Whether work is shared, of which both ways are tried in turn until the shorter is known.

    Args:
        whole: nanoseconds it took without being shared; 0 if that is not known.

    Attributes:
        shares: whether it is shared next time.
        over: whether that is settled.
    """

    def __init__(self, whole: int = 0) -> None:
        self.shares = True
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
        """Whether it is never shared again."""
        return self.over and not self.shares

    def give_up(self) -> None:
        """Share it no more."""
        self._coming.clear()
        self.shares = False

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
