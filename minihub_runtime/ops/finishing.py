"""What is done to blocks of a result while they are warm: a bias, an activation."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.errors import UnimplementedError
from minihub_runtime.memory import contiguous
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.channel_blocks import blocks_of
from minihub_runtime.ops.elementwise import add_v2
from minihub_runtime.ops.limits import bound, clamp
from minihub_runtime.ops.pointwise import program_of
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import scratch, spread

__all__ = [
    "ACTIVATIONS",
    "PART",
    "Addend",
    "Finish",
    "Finishing",
    "activation",
    "add_whole",
    "finish_with",
    "repeated_rows",
    "scale_and_finish",
]

#: Changes a contiguous block `(n, channels)` in place.
Finish = Callable[[Array], None]

#: Elements of a part: it and as many biases stay in the cache that cores share, and calls are few, since threads wait for each
#: other between them.
PART = 1 << 19
#: Elements that rows must have for NumPy to take them as they are: its buffers are as long.
ROW = 1 << 13


def _relu(block: Array) -> None:
    bound(np.maximum, block, 0, block)


def _relu6(block: Array) -> None:
    clamp(block, 0, 6, block)


def _elu(block: Array) -> None:
    np.copyto(block, np.exp(np.minimum(block, 0)) - 1, where=block < 0)


def _tanh(block: Array) -> None:
    np.tanh(block, out=block)


def _sigmoid(block: Array) -> None:
    np.negative(block, out=block)
    np.exp(block, out=block)
    block += 1
    np.reciprocal(block, out=block)


def _swish(block: Array) -> None:
    # x · sigmoid(x) = x / (1 + exp(-x))
    divisor = np.negative(block, out=scratch("finishing", block.shape, block.dtype))
    np.exp(divisor, out=divisor)
    divisor += 1
    np.divide(block, divisor, out=block)


def _swish_of_half(block: Array) -> None:
    # What `_swish` makes of 2 x: x · (1 + tanh(x)).
    factor = np.tanh(block, out=scratch("finishing", block.shape, block.dtype))
    factor += 1
    np.multiply(block, factor, out=block)


def _swish_of_negative(block: Array) -> None:
    # What `_swish` makes of -x: x / (-1 - exp(x)).
    divisor = np.exp(block, out=scratch("finishing", block.shape, block.dtype))
    np.subtract(block.dtype.type(-1), divisor, out=divisor)
    np.divide(block, divisor, out=block)


def _hard_swish(block: Array) -> None:
    factor = np.add(block, 3, out=scratch("finishing", block.shape, block.dtype))
    _relu6(factor)
    block *= factor
    block *= block.dtype.type(1 / 6)


#: Name → what it does.
ACTIVATIONS: dict[str, Finish] = {
    "Elu": _elu,
    "HardSwish": _hard_swish,
    "Relu": _relu,
    "Relu6": _relu6,
    "Sigmoid": _sigmoid,
    "Swish": _swish,
    "SwishOfHalf": _swish_of_half,
    "SwishOfNegative": _swish_of_negative,
    "Tanh": _tanh,
}


#: Activations without exponentials.
QUICK = frozenset({"HardSwish", "LeakyRelu", "Relu", "Relu6"})
#: Nanoseconds that a bias and an activation take for an element, about; those with exponentials, and others.
SLOW, FAST = 2, 0.35


def activation(name: str, leakyrelu_alpha: float = 0.2) -> Finish:
    """The activation of a name, or of the text of a program; see `ops.pointwise`.

    Raises:
        UnimplementedError: it is unknown.
    """
    if name == "LeakyRelu":

        def leaky(block: Array) -> None:
            np.copyto(block, block * block.dtype.type(leakyrelu_alpha), where=block < 0)

        return leaky
    if "%" in name:
        text = name.split("\n")
        lines = tuple(line for line in text if (line[0].isalpha() and "%" in line) or "@" in line)
        numbers = tuple(float(line) for line in text[len(lines) :])
        return program_of(lines, numbers).over_rows
    if name not in ACTIVATIONS:
        raise UnimplementedError(f"fused_ops must name known activations, not {name!r}")
    return ACTIVATIONS[name]


class Finishing:
    """Adds a bias, if there is one, then applies activations, to a contiguous block `(n, channels)` in place.

    All is done to some rows before the next ones are touched.  NumPy's loops are fastest over arrays of one shape, or of long rows,
    so the bias is repeated; what it is repeated to is kept, so that to keep one of these pays.

    Args:
        bias: one number per channel, or one for all.
        names: those of the activations.

    Attributes:
        cost: nanoseconds that it takes for an element, about.
    """

    def __init__(self, bias: Array | None, names: Sequence[str]) -> None:
        self._bias = bias
        self._functions = tuple(activation(name) for name in names)
        self.cost = FAST if all(name in QUICK for name in names) else SLOW
        self._repeated: Array | None = None

    def __call__(self, block: Array) -> None:
        """Change a block."""
        known = self._repeated
        if known is not None and block.size <= known.size:
            # A small block costs little more than the calls.
            flat = block.reshape(-1)
            np.add(flat, known[: flat.size], flat)
            for function in self._functions:
                function(flat)
            return
        if not block.size or (self._bias is None and not self._functions):
            return
        flat = block.reshape(-1)
        if self._bias is None:
            for start in range(0, flat.size, PART):
                part = flat[start : start + PART]
                for function in self._functions:
                    function(part)
            return
        run, parts = _parts(*block.shape)
        repeated = self._biases(run, block.shape[1])[:run]
        for taken, whole in parts:
            part = flat[taken]
            if whole:
                part = part.reshape(-1, run)
                np.add(part, repeated, part)
            else:
                np.add(part, repeated[: part.size], part)
            for function in self._functions:
                function(part)

    def _biases(self, size: int, width: int) -> Array:
        """At least so many biases, those of some rows one after another."""
        found = self._repeated
        if found is None or found.size < size:
            assert self._bias is not None
            found = self._repeated = _repeated(self._bias, size // width, width)
        return found


@functools.lru_cache(maxsize=4096)
def _parts(rows: int, width: int) -> tuple[int, tuple[tuple[slice, bool], ...]]:
    """Elements of rows that are treated as one, and parts of a block that fit the cache, with whether they are such rows."""
    size = rows * width
    run = repeated_rows(rows, width) * width
    step = max(1, PART // run) * run
    found = []
    for start in range(0, size, step):
        stop = min(size, start + step)
        whole = start + (stop - start) // run * run
        if start < whole:
            found.append((slice(start, whole), True))
        if whole < stop:
            found.append((slice(whole, stop), False))
    return run, tuple(found)


@functools.lru_cache(maxsize=4096)
def repeated_rows(rows: int, width: int) -> int:
    """How many rows are treated as one: a divisor of their number, if there is one that is neither too small nor too large."""
    least = -(-ROW // width)
    if rows <= least:
        return max(1, rows)
    return next((n for n in range(least, min(rows, 4 * least) + 1) if rows % n == 0), least)


class Addend(NamedTuple):
    """What is added to a product once all else is done to it, and what becomes of the sum.

    Attributes:
        rows: `(m, n)`, as the product has them.
        finish: what is done to a contiguous block of sums.
    """

    rows: Array
    finish: Finish

    def add_to(self, block: Array, rows: slice, columns: slice = slice(None)) -> None:
        """Add its part to a contiguous block of the product, which has these rows and columns."""
        np.add(block, self.rows[rows, columns], out=block)
        self.finish(block)


def add_whole(result: Array, addend: Array, finish: Finish) -> Array:
    """The sum of a contiguous result of some rank and an array that broadcasts with it, finished; the result may be overwritten.

    Raises:
        InvalidArgumentError: they do not broadcast.
    """
    width = result.shape[-1]
    if addend.shape != result.shape:
        found = add_v2.kernel(result, addend)
        if found.size:
            finish(found.reshape(-1, found.shape[-1]))
        return found
    last, flat = Addend(contiguous(addend).reshape(-1, width), finish), result.reshape(-1, width)

    def add(part: tuple[int, int]) -> None:
        rows = slice(*part)
        last.add_to(flat[rows], rows)

    spread(add, runs(len(flat), max(1, PART // max(1, width))), flat.size)
    return result


def finish_with(bias: Array | None, names: Sequence[str]) -> Finishing:
    """Add a bias, if there is one, then apply the activations of these names, of which empty ones are none."""
    kept = tuple(name for name in names if name)
    return _without_bias(kept) if bias is None else Finishing(bias, kept)


@functools.lru_cache(maxsize=256)
def _without_bias(names: tuple[str, ...]) -> Finishing:
    """One that keeps nothing, so that all may have it."""
    return Finishing(None, names)


def scale_and_finish(x: Array, result: Array, factor: Array, bias: Array, name: str) -> None:
    """Put each channel of `x`, times a factor and plus a bias, into `result`; then apply an activation.

    Args:
        x: contiguous, `(n, channels)`.
        result: the same.
        factor: one number per channel, or one for all.
        bias: the same.
        name: of the activation; may be empty.
    """
    if not x.size:
        return
    functions = [activation(name)] if name else []
    blocks = blocks_of(x.shape[1], x.size)
    factors, biases = blocks.repeated(factor), blocks.repeated(bias)

    def compute(part: tuple[int, int]) -> None:
        for block, place in blocks.of(part, x, result):
            n = block.shape[1]
            np.multiply(block, factors[:n], out=place)
            np.add(place, biases[:n], out=place)
            for function in functions:
                function(place)

    spread(compute, blocks.parts(x.size), 2 * x.size)


def _repeated(bias: Array, rows: int, width: int) -> Array:
    """The biases of so many rows, one after another."""
    found = np.empty((rows, width), bias.dtype)
    found[:] = bias
    return found.reshape(-1)
