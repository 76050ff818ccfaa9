"""Ops that check or print their input, or tell the time."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, Array, op, types_list, without_gradient
from minihub_runtime.ops.shape_rules import nothing, same, scalar


def summarize(value: Any, count: int) -> str:
    """The first elements of a tensor as text, `1 2 3...` or `[1 2][3...]...`; all of them for a negative count.

    Source: core/framework/tensor.cc:SummarizeArray.
    """
    array = np.asarray(value)
    limit = array.size if count < 0 else min(count, array.size)
    words = [_word(x) for x in array.reshape(-1)[:limit].tolist()] if limit else []
    if array.dtype.kind == "f":
        words = [_float_word(x) for x in array.reshape(-1)[:limit]]
    more = "..." if limit < array.size else ""
    if array.ndim == 0:
        return "".join(words) + more
    position = 0

    def part(axis: int) -> str:
        nonlocal position
        pieces: list[str] = []
        for _ in range(array.shape[axis]):
            if position >= limit:
                if axis == array.ndim - 1 and axis:
                    return " ".join(pieces) + "..."
                break
            if axis == array.ndim - 1:
                pieces.append(words[position])
                position += 1
            else:
                pieces.append(f"[{part(axis + 1)}]")
        return (" " if axis == array.ndim - 1 else "").join(pieces)

    return part(0) + more


def _word(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1").encode("unicode_escape").decode().replace('"', '\\"')
    return str(int(value)) if isinstance(value, (bool, int)) else str(value)


def _float_word(value: Any) -> str:
    """As few digits as give the number back, of six or nine (fifteen or seventeen for float64)."""
    short, full = (15, 17) if value.dtype == np.float64 else (6, 9)
    text = f"{value:.{short}g}"
    same = np.isnan(value) or value.dtype.type(text) == value
    return text if same else f"{value:.{full}g}"


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
        shown = " ".join(f"[{_summary(value, summarize)}]" for value in data)
        raise InvalidArgumentError(f"assertion failed: {shown}")
    return ()


_summary = summarize


@op(
    "Timestamp() -> ts: float64",
    stateful=True,
    source="core/kernels/logging_ops.cc:TimestampOp",
    shape=scalar,
)
def timestamp() -> Array:
    """The seconds since 1970."""
    return np.array(time.time())


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
    ctx: Context,
    input: Any,
    data: Sequence[Any],
    *,
    message: str = "",
    first_n: int = -1,
    summarize: int = 3,
) -> Any:
    """`input`, after writing `message` and `data` to the standard error stream, in the first `first_n` runs."""
    if first_n >= 0:
        printed = ctx.own(itertools.count)
        if next(printed) >= first_n:
            return input
    sys.stderr.write(message + "".join(f"[{_summary(value, summarize)}]" for value in data) + "\n")
    return input


@op(
    "PrintV2(input: string)",
    stateful=True,
    source="core/kernels/logging_ops.cc:PrintV2Op",
    shape=nothing,
    ranks={"input": 0},
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


without_gradient("Assert")


@print_.gradient
def _print_gradient(ops: Ops, grad: Term) -> tuple[Term, None]:
    return grad, None
