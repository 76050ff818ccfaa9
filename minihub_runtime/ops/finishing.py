"""What is done to blocks of a result while they are warm: a bias, an activation."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.pointwise import program_of
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import LONG_ROW
from minihub_runtime.threads import scratch

__all__ = ["ACTIVATIONS", "Finish", "activation", "finish_with", "scale_and_finish"]

#: Changes a contiguous block `(n, channels)` in place.
Finish = Callable[[Array], None]

#: Elements of a part: it and as many biases stay in the cache of one core, and calls are few, since threads wait for each other
#: between them.
PART = 1 << 17


@functools.lru_cache(maxsize=8)
def _zeros(dtype: np.dtype[Any]) -> Array:
    zeros = np.zeros(PART, dtype)
    zeros.flags.writeable = False
    return zeros


def _relu(block: Array) -> None:
    # NumPy compares with as many zeros several times faster than with one.
    if block.size <= PART:
        np.maximum(block, _zeros(block.dtype)[: block.size].reshape(block.shape), out=block)
    else:
        np.maximum(block, 0, out=block)


def _relu6(block: Array) -> None:
    kind = block.dtype.type
    block.clip(kind(0), kind(6), block)


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
    "Tanh": _tanh,
}


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


def finish_with(bias: Array | None, names: Sequence[str]) -> Finish:
    """Add a bias, if there is one, then apply activations.

    Rows of few channels are joined, with the bias repeated, so that NumPy's inner loops are long, and all is done to some rows
    before the next ones are touched.
    """
    functions = [activation(name) for name in names if name]
    if bias is None and not functions:
        return _leave

    def finish(block: Array) -> None:
        for part, biases in _parts(block, bias):
            if biases is not None:
                np.add(part, biases, out=part)
            for function in functions:
                function(part)

    return finish


def _parts(block: Array, bias: Array | None) -> Iterator[tuple[Array, Array | None]]:
    """Parts of a block that fit the cache, each with the bias as it is added to it.

    NumPy's loops are fastest over two arrays of one shape, so the bias is repeated for all of a part; where there is only one
    part, for a row that is long enough.
    """
    count, width = block.shape
    if block.size <= PART:
        if bias is None:
            yield block.reshape(-1), None
            return
        joined = max(1, min(count, -(-LONG_ROW // max(1, width))))
        whole = count // joined * joined
        biases = _repeated(bias, joined, width)
        if whole:
            yield block[:whole].reshape(-1, joined * width), biases
        if whole < count:
            yield block[whole:], biases[:width]
        return
    rows = max(1, PART // width)
    repeated = None if bias is None else _repeated(bias, rows, width)
    flat = block.reshape(-1)
    step = rows * width
    for start in range(0, flat.size, step):
        part = flat[start : start + step]
        yield part, None if repeated is None else repeated[: part.size]


def scale_and_finish(x: Array, result: Array, factor: Array, bias: Array, name: str) -> None:
    """Put each channel of `x`, times a factor and plus a bias, into `result`; then apply an activation.

    Args:
        x: contiguous, `(n, channels)`.
        result: the same.
        factor: one number per channel, or one for all.
        bias: the same.
        name: of the activation; may be empty.
    """
    functions = [activation(name)] if name else []
    count, width = x.shape
    rows = max(1, PART // width)
    if count > rows:
        factor, bias = _repeated(factor, rows, width), _repeated(bias, rows, width)
        x, result = x.reshape(-1), result.reshape(-1)
        rows *= width
    for start in range(0, len(x), rows):
        place = result[start : start + rows]
        several = x.ndim == 1
        np.multiply(x[start : start + rows], factor[: len(place)] if several else factor, out=place)
        np.add(place, bias[: len(place)] if several else bias, out=place)
        for function in functions:
            function(place)


def _repeated(bias: Array, rows: int, width: int) -> Array:
    """The biases of so many rows, one after another."""
    found = np.empty((rows, width), bias.dtype)
    found[:] = bias
    return found.reshape(-1)


def _leave(block: Array) -> None:
    """Change nothing."""
