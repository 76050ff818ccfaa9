"""Sampling by rejection for many numbers at once: each number has a lane, a stream of its own.

A number's lane starts at a place of the stream that only its index decides, so that results do not depend on how many
draws the others took.  A lane reads doubles in pairs, and of each pair the second first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_fill import normal_doubles, uniform_doubles
from minihub_runtime.ops.registry import Array

__all__ = ["LANES", "Lanes", "Rows", "Rule", "sample_lanes"]

Rows = NDArray[np.intp]

#: Lanes that are worked on at a time.
LANES = 1 << 14

# A distribution that accepts one draw in a hundred would not reach this once in the age of the universe.
_MAX_ROUNDS = 1 << 12


class _Pairs:
    """Doubles of one distribution for each lane, two from a block."""

    def __init__(self, lanes: Lanes, transform: Callable[[Array], Array]) -> None:
        self._lanes = lanes
        self._transform = transform
        self._values = np.empty((len(lanes.positions), 2))
        self._left = np.zeros(len(lanes.positions), np.int8)

    def take(self, rows: Rows) -> Array:
        """The next number of these lanes."""
        empty = rows[self._left[rows] == 0]
        if empty.size:
            self._values[empty] = self._transform(self._lanes.next_blocks(empty))
            self._left[empty] = 2
        self._left[rows] -= 1
        taken: Array = self._values[rows, self._left[rows]]
        return taken


class Lanes:
    """Streams side by side.

    Attributes:
        positions: the number of the next block of each lane, from the stream's position on.
        uniforms: numbers in [0, 1) for each lane.
        normals: normal numbers for each lane.
    """

    def __init__(self, stream: Philox, positions: NDArray[np.uint64]) -> None:
        self._stream = stream
        self.positions = positions
        self.uniforms = _Pairs(self, uniform_doubles)
        self.normals = _Pairs(self, normal_doubles)

    def next_blocks(self, rows: Rows) -> Array:
        """The next block of these lanes."""
        blocks = self._stream.blocks_at(self.positions[rows])
        self.positions[rows] += np.uint64(1)
        return blocks


#: One round: the lanes, which of them still want a number, and the results to write to; which of them got theirs.
Rule = Callable[[Lanes, Rows, Array], Any]


def sample_lanes(
    stream: Philox,
    positions: NDArray[np.uint64],
    make_rule: Callable[[slice], Rule],
    check: Callable[[], None] | None = None,
) -> NDArray[np.float64]:
    """A number for each position, after as many rounds as it takes.

    Args:
        stream: where the lanes are, which stays where it is.
        positions: the first block of each lane.
        make_rule: the rule for a part of the lanes.
        check: raises if the run has passed its deadline.

    Raises:
        InvalidArgumentError: the distribution accepts next to nothing, for example with a parameter that is NaN.
    """
    result = np.empty(len(positions))
    for start in range(0, len(positions), LANES):
        part = slice(start, min(start + LANES, len(positions)))
        rule = make_rule(part)
        lanes = Lanes(stream, positions[part].copy())
        pending = np.arange(part.stop - part.start)
        rounds = 0
        while pending.size:
            if rounds == _MAX_ROUNDS:
                raise InvalidArgumentError(
                    "the parameters of a distribution must let numbers be accepted, "
                    f"not none in {rounds} tries"
                )
            if check is not None and rounds % 64 == 0:
                check()
            done = rule(lanes, pending, result[part])
            pending = pending[~done]
            rounds += 1
    return result
