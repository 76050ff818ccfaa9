"""Gradients that are summed until there are enough of them, and given out together.

    Accumulator            of dense gradients
    └─ SparseAccumulator   of rows: indices and values

An accumulator has a time step: gradients computed at an earlier one are dropped.  Runs do not wait for each other here: to ask for
more gradients than there are is an error, where TensorFlow waits for another run to apply them.

Source: tensorflow/core/kernels/conditional_accumulator_base.h, conditional_accumulator.h, sparse_conditional_accumulator.h.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import WouldWaitError, clip
from minihub_runtime.ops.checking import allocatable, indices_in_range, require, require_rank
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Shape, compatible, show

__all__ = ["Accumulator", "Rows", "SparseAccumulator"]

#: Indices and values of rows, and the shape of the whole, if it is known.
Rows = tuple[Array, Array, Array | None]

LOGGER = logging.getLogger("tensorflow")


class Accumulator:
    """An accumulator of dense gradients.

    Attributes:
        name: for messages.
        dtype: of the gradients.
        shape: of the gradients.
        mean: whether the mean is given out, or the sum.
        step: the time step; gradients of earlier ones are dropped.
        count: how many gradients are in the sum.
        lock: held while the others change.
    """

    kind = "ConditionalAccumulator"

    def __init__(self, name: str, dtype: DType, shape: Shape, mean: bool) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.mean = mean
        self.step = 0
        self.count = 0
        self.lock = threading.Lock()
        self._sum: Any = None

    def __repr__(self) -> str:
        return f"<{self.kind} {clip(self.name)} of {self.count}>"

    def require_type(self, dtype: DType) -> None:
        """Raise InvalidArgumentError unless gradients are of this type."""
        if dtype is not self.dtype:
            require(
                False,
                f"dtype must be that of accumulator {clip(self.name)!r}, {self.dtype.name}, not {dtype.name}",
            )

    def apply(self, gradient: Any, step: int) -> None:
        """Add a gradient that was computed at a time step, unless that has passed.

        Raises:
            InvalidArgumentError: its shape does not fit.
        """
        with self.lock:
            if step < self.step:
                return
            self.check(gradient)
            self._sum = self.add(self._sum, gradient) if self.count else self.begin(gradient)
            self.count += 1

    def take(self, required: int) -> Any:
        """The mean or sum of the gradients, of which there must be so many; the next time step begins.

        Raises:
            InvalidArgumentError: the number is not positive.
            WouldWaitError: there are fewer.
        """
        require(required > 0, f"num_required must be > 0, not {required}")
        with self.lock:
            if self.count < required:
                raise WouldWaitError(
                    f"{self.kind} {clip(self.name)!r} must have {required} gradients to give, but has {self.count}; "
                    "no run waits for another one to apply them"
                )
            result = self.give(self._sum)
            self.step += 1
            self.count, self._sum = 0, None
            return result

    def set_step(self, step: int) -> None:
        """Begin a time step."""
        with self.lock:
            if step < self.step:
                LOGGER.warning(
                    "Attempt to set current_global_step_ to smaller value: current_global_step_ = "
                    "%d >= %d = new_global_step.",
                    self.step,
                    step,
                )
            self.step = step

    def check(self, gradient: Any) -> None:
        """Raise InvalidArgumentError unless a gradient can be added."""
        if self.count and self._sum.shape != gradient.shape:
            require(
                False,
                f"Shape mismatch: gradient must have the shape of the others, {show(self._sum.shape)}, not "
                f"{show(gradient.shape)}",
            )
        if not compatible(self.shape, gradient.shape):
            require(
                False,
                f"Shape mismatch: gradient must have shape {show(self.shape)}, not {show(gradient.shape)}",
            )

    def begin(self, gradient: Any) -> Any:
        """The sum of one gradient, which is the accumulator's own."""
        return gradient.copy()

    def add(self, before: Any, gradient: Any) -> Any:
        """The sum with one gradient more."""
        return np.add(before, gradient, out=before)

    def give(self, total: Any) -> Any:
        """What is given out for a sum."""
        return np.asarray(total / self.dtype.numpy.type(self.count)) if self.mean else total


class SparseAccumulator(Accumulator):
    """An accumulator of rows; its mean divides each row by how many gradients had it."""

    kind = "SparseConditionalAccumulator"

    def check(self, gradient: Rows) -> None:
        """Raise InvalidArgumentError unless rows can be added."""
        indices, values, shape = gradient
        require_rank(indices, 1, "gradient_indices")
        require(values.ndim > 0, "gradient_values must have a row for each index, not be a scalar")
        if len(values) != len(indices):
            require(
                False,
                f"gradient_values must have {len(indices)} rows, one for each index, not {len(values)}",
            )
        if shape is not None:
            require_rank(shape, 1, "gradient_shape")
            self._check_sizes("gradient_shape", shape.tolist(), 0)
        if self.shape and self.shape[0] is not None:
            indices_in_range(np.maximum(indices, 0), self.shape[0], "gradient_indices")
        if self.count:
            before = self._sum[1].shape
            if values.ndim != len(before) or values.shape[1:] != before[1:]:
                require(
                    False,
                    f"Shape mismatch: gradient_values must have rows of shape {show(before[1:])}, not "
                    f"{show(values.shape[1:])}",
                )
        else:
            self._check_sizes("gradient_values", values.shape, 1)

    def _check_sizes(self, name: str, found: Sequence[int], first: int) -> None:
        """Raise unless sizes from the `first` on begin with those of the accumulator."""
        wanted = self.shape or ()
        if len(found) < len(wanted) or not compatible(
            tuple(wanted[first:]), tuple(found[first : len(wanted)])
        ):
            require(
                False, f"Shape mismatch: {name} must begin as {show(self.shape)}, not {list(found)}"
            )

    def begin(self, gradient: Rows) -> Any:
        """The sum of one gradient: indices, values, and how many gradients had each row."""
        indices, values, _ = gradient
        return indices.copy(), values.copy(), np.ones(len(indices), np.int64)

    def add(self, before: Any, gradient: Rows) -> Any:
        """The sum with one gradient more; both have their rows in ascending order, as TensorFlow supposes too."""
        old, new = _merged(before[0].tolist(), gradient[0].tolist())
        indices, values, counts = before
        rows = np.zeros(allocatable((len(old), *values.shape[1:]), values.dtype), values.dtype)
        merged, many = np.empty(len(old), np.int64), np.zeros(len(old), np.int64)
        is_old, is_new = old >= 0, new >= 0
        merged[is_new], merged[is_old] = gradient[0][new[is_new]], indices[old[is_old]]
        many[is_old] = counts[old[is_old]]
        rows[is_old] = values[old[is_old]]
        both = is_old & is_new
        rows[both] += gradient[1][new[both]]
        only = is_new & ~is_old
        rows[only] = gradient[1][new[only]]
        many[is_new] += 1
        return merged, rows, many

    def give(self, total: Any) -> Any:
        """Indices, values and shape of the whole."""
        indices, values, counts = total
        if self.mean:
            divisors = counts.astype(values.dtype).reshape(-1, *[1] * (values.ndim - 1))
            values = values / divisors
        first = self.shape[0] if self.shape else None
        shape = [-1 if first is None else first, *values.shape[1:]]
        return indices, values, np.array(shape, np.int64)


def _merged(old: list[int], new: list[int]) -> tuple[Array, Array]:
    """Two ascending lists as one: the place of each of its numbers in the first and in the second, -1 for none."""
    places: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        a, b = old[i], new[j]
        places.append((i if a <= b else -1, j if b <= a else -1))
        i, j = i + (a <= b), j + (b <= a)
    places += [(k, -1) for k in range(i, len(old))]
    places += [(-1, k) for k in range(j, len(new))]
    both = np.array(places, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
