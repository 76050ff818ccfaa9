"""What is done to blocks of a result while they are warm: a bias, an activation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.pointwise import program_of
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import long_rows
from minihub_runtime.threads import scratch

__all__ = ["ACTIVATIONS", "Finish", "activation", "finish_with"]

#: Changes a contiguous block `(n, channels)` in place.
Finish = Callable[[Array], None]


def _relu(block: Array) -> None:
    np.clip(block, 0, np.inf, out=block)


def _relu6(block: Array) -> None:
    np.clip(block, 0, 6, out=block)


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
    repeated: dict[int, Array] = {}

    def change(part: Array) -> None:
        if bias is not None:
            width = part.shape[-1]
            if width not in repeated:
                repeated[width] = np.tile(bias, width // bias.size)
            np.add(part, repeated[width], out=part)
        for function in functions:
            function(part)

    def finish(block: Array) -> None:
        for part in long_rows(block):
            change(part)

    return finish


def _leave(block: Array) -> None:
    """Change nothing."""
