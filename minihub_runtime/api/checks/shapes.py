"""Checks of shapes against each other.

Source: tensorflow/python/ops/check_ops.py, numerics.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.messages import message_prefix
from minihub_runtime.api.checks.ranks import assert_rank, assert_rank_at_least, assert_rank_in
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Operation, control_dependencies, get_default_graph, name_scope
from minihub_runtime.api.grouping import group
from minihub_runtime.api.sizes import rank as rank_of
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import float16, float32, float64
from minihub_runtime.public import public

__all__ = ["add_check_numerics_ops", "assert_shapes"]


class _Sizes(NamedTuple):
    """The sizes that a tensor has, and what stands for them."""

    x: Any
    open_ended: bool
    actual: Any
    symbols: tuple[Any, ...]


@public("debugging.assert_shapes")
def assert_shapes(
    shapes: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Operation:
    """Check that sizes that have one symbol are the same in all tensors.

    Args:
        shapes: pairs of a tensor and its shape, or a mapping: numbers, any symbols, `None` or `.` for any size, and
            `...` or `*` in the first place for any further dimensions.
        data: what is printed if it does not hold.
        summarize: how many elements of each tensor are printed.
        message: what the error message begins with.
        name: wanted name.

    Returns:
        An operation that raises InvalidArgumentError in a run.

    Raises:
        ValueError: known sizes differ, or a shape is none.
    """
    pairs = list(shapes.items()) if isinstance(shapes, dict) else list(shapes)
    prefix = message_prefix(message)
    with name_scope(name, "assert_shapes", [shapes, data]):
        found = [
            _sizes(x if isinstance(x, SparseTensor) else convert_to_tensor(x), wanted, prefix)
            for x, wanted in pairs
            if wanted is not None
        ]
        options = {"data": data, "summarize": summarize, "message": message, "name": name}
        ranks = [check for check in (_rank_check(item, options) for item in found) if check]
        checks: list[Any] = []
        known: dict[Any, tuple[Any, Any, int]] = {}
        for item in found:
            for place, symbol in enumerate(item.symbols):
                if symbol in (None, "."):
                    continue
                at = place - len(item.symbols) if item.open_ended else place
                with control_dependencies(ranks):
                    actual = item.actual[at]
                if not _is_number(symbol) and symbol not in known:
                    known[symbol] = (actual, item.x, at)
                    continue
                checks.extend(_size_check(item, at, actual, symbol, known, prefix, options))
    with control_dependencies(ranks):
        return group(checks)


def _shown(x: Any) -> str:
    if isinstance(x, SparseTensor):
        return f"shape={x.shape} dtype={x.dtype.name}"
    return str(x.name)


def _sizes(x: Any, wanted: Any, prefix: str) -> _Sizes:
    if not (hasattr(wanted, "__iter__") or hasattr(wanted, "__getitem__")):
        raise ValueError(
            f"{prefix}Tensor {_shown(x)}.  Specified shape must be an iterable.  An iterable has "
            f"the attribute `__iter__` or `__getitem__`.  Received specified shape: {wanted}"
        )
    symbols = tuple(wanted)
    for place, symbol in enumerate(symbols):
        if symbol in (Ellipsis, "*") and place:
            raise ValueError(
                f"{prefix}Tensor {_shown(x)} specified shape index {place}.  Symbol `...` or `*` for "
                "a variable number of unspecified dimensions is only allowed as the first entry"
            )
    open_ended = bool(symbols) and symbols[0] in (Ellipsis, "*")
    if open_ended:
        symbols = symbols[1:]
    return _Sizes(x, open_ended, _actual_sizes(x), symbols or (1,))


def _actual_sizes(x: Any) -> Any:
    """The sizes, numbers where they are known; a scalar counts as one of size one."""
    in_a_run: Any = shape(x)
    known = x.shape.as_tuple()
    if known == ():
        return (1,)
    if known is not None:
        return [in_a_run[i] if n is None else n for i, n in enumerate(known)]
    is_scalar = build("Equal", x=rank_of(x), y=0)
    return cond(is_scalar, lambda: constant([1]), lambda: in_a_run)


def _rank_check(item: _Sizes, options: dict[str, Any]) -> Any:
    count = len(item.symbols)
    if item.open_ended:
        return None if count <= 1 else assert_rank_at_least(item.x, count, **options)
    if count <= 1:
        return assert_rank_in(item.x, [0, 1], **options)
    return assert_rank(item.x, count, **options)


def _is_number(size: Any) -> bool:
    try:
        int(size)
    except (TypeError, ValueError):
        return False
    return True


def _size_check(
    item: _Sizes,
    at: int,
    actual: Any,
    symbol: Any,
    known: dict[Any, tuple[Any, Any, int]],
    prefix: str,
    options: dict[str, Any],
) -> list[Any]:
    """The operations that check one size; none if it is known to be right."""
    if _is_number(symbol):
        wanted, reason = int(symbol), "Specified explicitly"
    else:
        wanted, other, place = known[symbol]
        reason = f"Specified by tensor {_shown(other)} dimension {place}"
    if _is_number(actual) and _is_number(wanted):
        if int(actual) != int(wanted):
            raise ValueError(
                f"{prefix}{reason}.  Tensor {_shown(item.x)} dimension {at} must have size {wanted}."
                f"  Received size {actual}, shape {item.x.shape}"
            )
        return []
    holds = build("Equal", x=convert_to_tensor(actual), y=convert_to_tensor(wanted))
    data = options["data"]
    if data is None:
        data = [
            prefix,
            reason,
            f"Tensor {_shown(item.x)} dimension",
            at,
            "must have size",
            wanted,
            "Received shape: ",
            shape(item.x),
        ]
    return [Assert(holds, data, summarize=options["summarize"])]


@public("add_check_numerics_ops")
def add_check_numerics_ops() -> Operation:
    """An operation that checks that no floating-point tensor of the graph holds infinities or NaN."""
    checks: list[Any] = []
    for operation in get_default_graph().get_operations():
        for output in operation.outputs:
            if output.dtype in (float16, float32, float64):
                with control_dependencies(checks):
                    message = f"{operation.name}:{output.value_index}"
                    checks = [build("CheckNumerics", tensor=output, message=message)]
    return group(*checks)
