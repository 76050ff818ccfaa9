"""What work that is done again and again leaves in memory, beside what it takes while it goes on."""

from __future__ import annotations

import dataclasses
import gc
import tracemalloc
from collections.abc import Callable

__all__ = ["LEAST_SHARE", "Growth", "growth_of", "peak_of"]

#: Less than this part of what is taken, a few bytes of some thousand, is no object that each time leaves behind.
LEAST_SHARE = 0.002
_BEFORE = 20
_ROUNDS = 3


@dataclasses.dataclass(frozen=True)
class Growth:
    """Bytes that Python and NumPy asked for, as one process measures them.

    Attributes:
        once: what the work takes at most while it is done once.
        left: what is left of one time, on average of the round that left the least: what is made once, and late, is no growth.
    """

    once: int
    left: float

    @property
    def share(self) -> float:
        """The part that stays of what the work takes."""
        return self.left / self.once


def peak_of(work: Callable[[], object]) -> int:
    """The bytes that work takes at most, while memory is traced."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    work()
    return tracemalloc.get_traced_memory()[1] - before


def growth_of(work: Callable[[], object], times: int) -> Growth:
    """Do work that has been done before, once and then so many times.

    Args:
        work: what it gives is dropped.
        times: how often it is done in each round.
    """
    tracemalloc.start()
    try:
        # What is made when it is first traced, such as the lists that free objects wait in.
        for _ in range(_BEFORE):
            work()
        once = peak_of(work)
        rounds = []
        for _ in range(_ROUNDS):
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(times):
                work()
            gc.collect()
            rounds.append(tracemalloc.get_traced_memory()[0] - before)
        return Growth(once, min(rounds) / times)
    finally:
        tracemalloc.stop()
