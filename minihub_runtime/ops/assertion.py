"""Ops that check or print their input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.registry import ANY, Array, op, types_list
from minihub_runtime.ops.shape_rules import nothing, same


def summarize(value: Any, count: int) -> str:
    """The first elements of a tensor as text, `[1 2 3...]`; all of them for a negative count.

    Source: core/framework/tensor.cc:SummarizeValue.
    """
    flat = np.asarray(value).reshape(-1)
    shown = flat if count < 0 else flat[:count]
    words = [
        f'"{x.decode("utf-8", "replace")}"'
        if isinstance(x, bytes)
        else str(x).lower()
        if isinstance(x, (bool, np.bool_))
        else f"{x:g}"
        if isinstance(x, np.floating)
        else str(x)
        for x in shown
    ]
    more = "..." if len(shown) < len(flat) else ""
    if np.ndim(value) == 0:
        return words[0] if words else more
    return f"[{' '.join(words)}{more}]"


@op(
    "Assert(condition: bool, data: T)",
    T=types_list(minimum=1),
    stateful=True,
    source="core/kernels/logging_ops.cc",
    shape=nothing,
)
def assert_(condition: Array, data: Sequence[Any], *, summarize: int = 3) -> tuple[()]:
    """Nothing, if `condition` holds.

    Raises: InvalidArgumentError with the first values of `data` if not.
    """
    require_scalar(condition, "condition")
    if not condition:
        shown = " ".join(_summary(value, summarize) for value in data)
        raise InvalidArgumentError(f"assertion failed: {shown}")
    return ()


_summary = summarize


@op(
    "Print(input: T, data: U) -> output: T",
    T=ANY,
    U=types_list(),
    stateful=True,
    source="core/kernels/logging_ops.cc",
    views=True,
    shape=same,
)
def print_(
    input: Any, data: Sequence[Any], *, message: str = "", first_n: int = -1, summarize: int = 3
) -> Any:
    """`input`, after writing `message` and `data` to the standard error stream."""
    sys.stderr.write(message + "".join(_summary(value, summarize) for value in data) + "\n")
    return input


@op(
    "PrintV2(input: string)",
    stateful=True,
    source="core/kernels/logging_ops.cc:PrintV2Op",
    shape=nothing,
)
def print_v2(input: Array, *, output_stream: str = "stderr", end: str = "\n") -> tuple[()]:
    """Nothing, after writing a string to a standard stream.

    Raises: InvalidArgumentError unless `input` is a scalar and the stream a standard one.
    Differs: TensorFlow also writes to files and to its log; a graph may do neither here, except that the log levels go
    to the standard error stream.
    """
    require_scalar(input, "input")
    streams = {"stdout": sys.stdout, "stderr": sys.stderr}
    streams.update(dict.fromkeys(("log(info)", "log(warning)", "log(error)"), sys.stderr))
    if output_stream not in streams:
        raise InvalidArgumentError(f"output_stream must be a standard one, not {output_stream!r}")
    streams[output_stream].write(input.item().decode("utf-8", "replace") + end)
    return ()
