"""Checks of ranks.

Source: tensorflow/python/ops/check_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.messages import message_prefix
from minihub_runtime.api.checks.types import assert_type
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import no_op, with_dependencies
from minihub_runtime.api.sizes import rank as rank_of
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["assert_rank", "assert_rank_at_least", "assert_rank_in"]


@public("debugging.assert_rank", "assert_rank")
def assert_rank(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Any:
    """Check that a tensor has a rank.

    Args:
        x: a tensor or a sparse tensor.
        rank: a scalar of int32.
        data: what is printed if it does not hold.
        summarize: how many elements of each tensor are printed.
        message: what the error message begins with.
        name: wanted name.

    Returns:
        An operation that raises InvalidArgumentError in a run; one that does nothing if the ranks are known.

    Raises:
        ValueError: the ranks are known and differ, or `rank` is no scalar.
    """
    with name_scope(name, "assert_rank", [x, rank, *(data or [])]):
        x, shown = _checked(x)
        wanted = convert_to_tensor(rank, name="rank")
        prefix = message_prefix(message)
        if data is None:
            data = [prefix, f"Tensor {shown} must have rank", wanted, "Received shape: ", shape(x)]
        failure = _static_failure(x, [wanted], lambda own, given: own == given[0])
        if failure is not None:
            raise ValueError(
                f"{prefix}Tensor {shown} must have rank {failure[0]}.  Received rank "
                f"{x.shape.ndims}, shape {x.shape}"
            )
        return _check(x, [wanted], lambda own: build("Equal", x=own, y=wanted), data, summarize)


@public("debugging.assert_rank_at_least", "assert_rank_at_least")
def assert_rank_at_least(
    x: Any,
    rank: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Any:
    """Check that a tensor has at least a rank.

    Args:
        x: a tensor.
        rank: a scalar of int32.
        data: what is printed if it does not hold.
        summarize: how many elements of each tensor are printed.
        message: what the error message begins with.
        name: wanted name.

    Returns:
        An operation that raises InvalidArgumentError in a run; one that does nothing if the ranks are known.

    Raises:
        ValueError: the rank is known and is too small, or `rank` is no scalar.
    """
    with name_scope(name, "assert_rank_at_least", [x, rank, *(data or [])]):
        x = convert_to_tensor(x, name="x")
        wanted = convert_to_tensor(rank, name="rank")
        prefix = message_prefix(message)
        if data is None:
            data = [
                prefix,
                f"Tensor {x.name} must have rank at least",
                wanted,
                "Received shape: ",
                shape(x),
            ]
        failure = _static_failure(x, [wanted], lambda own, given: own >= given[0])
        if failure is not None:
            raise ValueError(
                f"{prefix}Tensor {x.name} must have rank at least {failure[0]}.  Received rank "
                f"{x.shape.ndims}, shape {x.shape}"
            )
        return _check(
            x, [wanted], lambda own: build("GreaterEqual", x=own, y=wanted), data, summarize
        )


@public("debugging.assert_rank_in", "assert_rank_in")
def assert_rank_in(
    x: Any,
    ranks: Any,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Any:
    """Check that a tensor has one of several ranks.

    Args:
        x: a tensor or a sparse tensor.
        ranks: scalars of int32.
        data: what is printed if it does not hold.
        summarize: how many elements of each tensor are printed.
        message: what the error message begins with.
        name: wanted name.

    Returns:
        An operation that raises InvalidArgumentError in a run; one that does nothing if the ranks are known.

    Raises:
        ValueError: the ranks are known and differ, or one of `ranks` is no scalar.
    """
    with name_scope(name, "assert_rank_in", [x, *ranks, *(data or [])]):
        x, shown = _checked(x)
        wanted = [convert_to_tensor(rank, name="rank") for rank in ranks]
        prefix = message_prefix(message)
        if data is None:
            data = [
                prefix,
                f"Tensor {shown} must have rank in",
                *wanted,
                "Received shape: ",
                shape(x),
            ]
        failure = _static_failure(x, wanted, lambda own, given: own in given)
        if failure is not None:
            raise ValueError(
                f"{prefix}Tensor {shown} must have rank in {tuple(failure)}.  Received rank "
                f"{x.shape.ndims}, shape {x.shape}"
            )
        return _check(x, wanted, lambda own: _is_one_of(own, wanted), data, summarize)


def _checked(x: Any) -> tuple[Any, str]:
    """What is checked, and its name for messages."""
    if isinstance(x, SparseTensor):
        return x, ""
    tensor = convert_to_tensor(x, name="x")
    return tensor, tensor.name


def _is_one_of(own: Tensor, ranks: Sequence[Tensor]) -> Any:
    if not ranks:
        return convert_to_tensor(False)
    result = build("Equal", x=ranks[0], y=own)
    for other in ranks[1:]:
        result = build("LogicalOr", x=result, y=build("Equal", x=other, y=own))
    return result


def _static_failure(
    x: Any, ranks: Sequence[Tensor], holds: Callable[[int, list[Any]], bool]
) -> list[Any] | None:
    """The known ranks that contradict the known rank of `x`; None if nothing does."""
    for rank in ranks:
        assert_type(rank, int32)
    known = [constant_value(rank) for rank in ranks]
    if any(value is None for value in known):
        return None
    if any(value.ndim for value in known):
        raise ValueError("Rank must be a scalar.")
    own = x.shape.ndims
    return known if own is not None and not holds(own, known) else None


def _check(
    x: Any,
    ranks: Sequence[Tensor],
    condition_of: Callable[[Tensor], Any],
    data: Any,
    summarize: int | None,
) -> Any:
    """The operation that checks what is not known."""
    unknown = [rank for rank in ranks if constant_value(rank) is None]
    if not unknown and x.shape.ndims is not None:
        return no_op("static_checks_determined_all_ok")
    condition = condition_of(rank_of(x))
    for rank in unknown:
        scalar = assert_rank(rank, 0, data=["Rank must be a scalar. Received rank: ", rank])
        condition = with_dependencies([scalar], condition)
    return Assert(condition, data, summarize=summarize)
