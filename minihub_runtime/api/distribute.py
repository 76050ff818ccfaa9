"""`tf.distribute` of a program that does not distribute anything: one replica, which is the program.

    if tf.distribute.has_strategy(): …
    tf.distribute.get_replica_context().merge_call(function)

Source: tensorflow/python/distribute/distribute_lib.py, distribution_strategy_context.py, reduce_util.py.
"""

from __future__ import annotations

import contextlib
import enum
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.identity import identity
from minihub_runtime.api.reduction import reduce_mean, reduce_sum
from minihub_runtime.public import public

__all__ = [
    "ReduceOp",
    "ReplicaContext",
    "Strategy",
    "get_replica_context",
    "get_strategy",
    "has_strategy",
    "in_cross_replica_context",
]


@public("distribute.ReduceOp")
class ReduceOp(enum.Enum):
    """How the values of replicas become one."""

    SUM = "SUM"
    MEAN = "MEAN"


class Strategy:
    """What there is when no strategy was chosen; a program is given it by `get_strategy`."""

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas there are: one."""
        return 1

    def scope(self) -> contextlib.AbstractContextManager[Strategy]:
        """A context that changes nothing."""
        return contextlib.nullcontext(self)

    def run(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Any = None,
        options: Any = None,
    ) -> Any:
        """What a function returns."""
        return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op: ReduceOp | str, value: Any, axis: int | None) -> Any:
        """A value of the replica; with an axis, its sum or mean along that."""
        if axis is None:
            return value
        reduced = reduce_sum if ReduceOp(reduce_op) is ReduceOp.SUM else reduce_mean
        return reduced(value, axis=axis)

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The values of all replicas."""
        return (value,)


class ReplicaContext:
    """What a replica knows of itself: it is the only one."""

    @property
    def strategy(self) -> Strategy:
        """The strategy."""
        return get_strategy()

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas there are: one."""
        return 1

    @property
    def replica_id_in_sync_group(self) -> int:
        """Its number: zero."""
        return 0

    def merge_call(
        self,
        merge_fn: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """What a function of the strategy and of other arguments returns, called outside of replicas."""
        with _outside():
            return merge_fn(self.strategy, *args, **(kwargs or {}))

    def all_reduce(self, reduce_op: ReduceOp | str, value: Any, options: Any = None) -> Any:
        """The values of all replicas as one: the tensors of a structure as they are."""
        return nest.map_structure(lambda item: identity(convert_to_tensor(item)), value)


class _Place(threading.local):
    """Whether a thread is outside of replicas."""

    outside = False


_STRATEGY, _CONTEXT, _PLACE = Strategy(), ReplicaContext(), _Place()


@contextlib.contextmanager
def _outside() -> Iterator[None]:
    """A context that is outside of replicas."""
    before, _PLACE.outside = _PLACE.outside, True
    try:
        yield
    finally:
        _PLACE.outside = before


@public("distribute.has_strategy")
def has_strategy() -> bool:
    """Whether a strategy was chosen: it cannot be."""
    return False


@public("distribute.get_strategy")
def get_strategy() -> Strategy:
    """The strategy that there is when none was chosen."""
    return _STRATEGY


@public("distribute.in_cross_replica_context")
def in_cross_replica_context() -> bool:
    """Whether the program is outside of replicas, in a function of `merge_call`."""
    return _PLACE.outside


@public("distribute.get_replica_context")
def get_replica_context() -> ReplicaContext | None:
    """What the replica knows of itself; None outside of replicas."""
    return None if _PLACE.outside else _CONTEXT
