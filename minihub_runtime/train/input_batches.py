"""Batches of examples that come one by one or several at a time, through a queue that a queue runner fills.

    batch               in order                              maybe_batch               those that `keep_input` wants
    batch_join          of several lists of tensors           maybe_batch_join
    shuffle_batch       mixed                                 maybe_shuffle_batch
    shuffle_batch_join  of several lists of tensors, mixed    maybe_shuffle_batch_join

Source: tensorflow/python/training/input.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import smart_cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.queues import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.api.tensor_shape import as_shape
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public
from minihub_runtime.train.input_producers import converted
from minihub_runtime.train.input_sparse import restored, stored
from minihub_runtime.train.queue_runners import QueueRunner, add_queue_runner

__all__ = [
    "batch",
    "batch_join",
    "maybe_batch",
    "maybe_batch_join",
    "maybe_shuffle_batch",
    "maybe_shuffle_batch_join",
    "shuffle_batch",
    "shuffle_batch_join",
]


@dataclasses.dataclass(frozen=True)
class _Batches:
    """How batches are made.

    Attributes:
        scope: the usual name.
        batch_size, capacity, enqueue_many, shapes, allow_smaller_final_batch, shared_name, name: see `batch`.
        make_queue: makes the queue of given types and shapes.
        least: how many examples stay in the queue, so that they are mixed; None if they are not.
    """

    scope: str
    batch_size: Any
    capacity: int
    enqueue_many: bool
    shapes: Any
    allow_smaller_final_batch: bool
    shared_name: str | None
    name: str | None
    make_queue: Callable[..., QueueBase]
    least: int | None = None

    def of(self, tensors: Any, keep_input: Any, num_threads: int) -> Any:
        """Batches of one set of tensors."""
        values = _in_order(tensors)
        with name_scope(self.name, self.scope, [*values, keep_input]) as scope:
            if self.least is not None and self.capacity <= self.least:
                raise ValueError(
                    f"capacity {self.capacity} must be bigger than min_after_dequeue {self.least}."
                )
            values = converted(values)
            if not values:
                raise ValueError("Expected at least one tensor in batch().")
            return _as_given(tensors, self._through_queue([values], keep_input, num_threads, scope))

    def joined(self, tensors_list: Any, keep_input: Any) -> Any:
        """Batches of examples of several sets of tensors."""
        sets = _all_in_order(tensors_list)
        every = [value for values in sets for value in values]
        with name_scope(self.name, self.scope, [*every, keep_input]) as scope:
            sets = [converted(values) for values in sets]
            return _as_given(tensors_list[0], self._through_queue(sets, keep_input, 1, scope))

    def _through_queue(
        self, sets: list[list[Any]], keep_input: Any, num_threads: int, scope: str
    ) -> Any:
        keep = _kept(keep_input, self.enqueue_many)
        sets, sparse = stored(sets, self.enqueue_many, keep)
        queue = self.make_queue(
            capacity=self.capacity,
            dtypes=_types(sets),
            shapes=_shapes(sets, self.enqueue_many) if self.shapes is None else self.shapes,
            shared_name=self.shared_name,
        )
        operations = [self._enqueued(queue, values, keep) for values in sets]
        add_queue_runner(QueueRunner(queue, operations * num_threads))
        self._summarize(queue)
        dequeue = queue.dequeue_up_to if self.allow_smaller_final_batch else queue.dequeue_many
        return restored(dequeue(self.batch_size, name=scope), sparse)

    def _enqueued(self, queue: QueueBase, values: list[Any], keep: Tensor) -> Any:
        enqueue = queue.enqueue_many if self.enqueue_many else queue.enqueue
        if keep.shape.ndims == 1:
            chosen = cast(keep, int32)
            return enqueue(
                [
                    build("DynamicPartition", data=value, partitions=chosen, num_partitions=2)[1]
                    for value in values
                ]
            )
        return smart_cond(keep, lambda: enqueue(values), no_op)

    def _summarize(self, queue: QueueBase) -> None:
        """Tell how full the queue is."""
        if self.least is None:
            scalar(
                f"fraction_of_{self.capacity}_full",
                cast(queue.size(), float32) * (1.0 / self.capacity),
            )
        else:
            room = self.capacity - self.least
            above = build("Maximum", x=0, y=queue.size() - self.least)
            full = cast(above, float32) * (1.0 / room)
            scalar(f"fraction_over_{self.least}_of_{room}_full", full)


def _in_order(tensors: Any) -> Any:
    """The values of a dict, sorted by name."""
    if isinstance(tensors, dict):
        return [tensors[key] for key in sorted(tensors, key=str)]
    return tensors


def _all_in_order(tensors_list: Any) -> Any:
    if not tensors_list:
        raise ValueError("Expected at least one set of tensors")
    if not isinstance(tensors_list[0], dict):
        return tensors_list
    if any(set(tensors) != set(tensors_list[0]) for tensors in tensors_list[1:]):
        raise ValueError("All dictionaries in tensors_list must have the same keys")
    return [_in_order(tensors) for tensors in tensors_list]


def _as_given(tensors: Any, batches: Any) -> Any:
    """Batches by the names of a dict."""
    if not isinstance(tensors, dict):
        return batches
    if len(tensors) == 1:
        batches = [batches]
    return dict(zip(sorted(tensors, key=str), batches, strict=True))


def _kept(keep_input: Any, enqueue_many: bool) -> Tensor:
    keep = convert_to_tensor(keep_input)
    rank = keep.shape.ndims
    if rank is None:
        raise ValueError("`keep_input` dimensions must be known at graph construction.")
    if not enqueue_many and rank == 1:
        raise ValueError("`keep_input` cannot be a vector when `enqueue_many=False`.")
    if rank > 1:
        raise ValueError("`keep_input` must be 0 or 1 dimensions.")
    return keep


def _types(sets: list[list[Any]]) -> list[Any]:
    """The types of the tensors, which are those of all sets."""
    first, *others = [[tensor.dtype for tensor in tensors] for tensors in sets]
    for types in others:
        if types != first:
            raise TypeError(
                f"Expected types to be consistent: {', '.join(dtype.name for dtype in first)} vs. "
                f"{', '.join(dtype.name for dtype in types)}."
            )
    return first


def _shapes(sets: list[list[Any]], enqueue_many: bool) -> list[Any]:
    """The shapes of one example, which are those of the first set."""
    for tensors in sets:
        for tensor in tensors[: len(sets[0])]:
            if tensor.shape.ndims is None:
                raise ValueError(f"Cannot infer Tensor's rank: {tensor}")
    return [
        _common([tensors[i].shape for tensors in sets], enqueue_many) for i in range(len(sets[0]))
    ]


def _common(shapes: Sequence[Any], enqueue_many: bool) -> list[int | None]:
    found = [as_shape(shape) for shape in shapes]
    if enqueue_many:
        found = [shape.with_rank_at_least(1)[1:] for shape in found]
    for shape in found[1:]:
        found[0].merge_with(shape)
    sizes: list[int | None] = found[0].as_list()
    return sizes


def _in_line(dynamic_pad: bool) -> Callable[..., QueueBase]:
    return PaddingFIFOQueue if dynamic_pad else FIFOQueue


def _mixed(min_after_dequeue: int, seed: int | None) -> Callable[..., QueueBase]:
    def make(**options: Any) -> QueueBase:
        return RandomShuffleQueue(min_after_dequeue=min_after_dequeue, seed=seed, **options)

    return make


@public("train.batch")
def batch(
    tensors: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Examples in batches.

    Args:
        tensors: a list or a dict of tensors, sparse ones among them: an example.
        batch_size: how many examples a batch has.
        num_threads: how many times the operation that adds an example is run in turn.
        capacity: how many examples the queue holds.
        enqueue_many: whether the rows of the tensors are examples.
        shapes: of an example, where they are not known.
        dynamic_pad: whether sizes may be unknown; examples are padded then.
        allow_smaller_final_batch: whether a last batch has what is left; otherwise that is lost.
        shared_name: of the queue.
        name: wanted name.

    Returns:
        A list, or a dict, of batches; one tensor alone without a list.

    Raises:
        ValueError: there are no tensors, or their shapes are not known.
    """
    return maybe_batch(
        tensors,
        True,
        batch_size,
        num_threads,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@public("train.maybe_batch")
def maybe_batch(
    tensors: Any,
    keep_input: Any,
    batch_size: Any,
    num_threads: int = 1,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch`, of some examples only.

    Args:
        tensors: see `batch`.
        keep_input: whether an example is taken; with `enqueue_many` perhaps a vector, for each.
        batch_size: see `batch`.
        num_threads: see `batch`.
        capacity: see `batch`.
        enqueue_many: see `batch`.
        shapes: see `batch`.
        dynamic_pad: see `batch`.
        allow_smaller_final_batch: see `batch`.
        shared_name: see `batch`.
        name: see `batch`.

    Raises:
        ValueError: see `batch`; or the rank of `keep_input` does not fit.
    """
    return _Batches(
        "batch",
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        _in_line(dynamic_pad),
    ).of(tensors, keep_input, num_threads)


@public("train.batch_join")
def batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch`, of examples of several lists or dicts of tensors, which take turns.

    Raises:
        ValueError: see `batch`; or dicts have other names.
        TypeError: types differ.
    """
    return maybe_batch_join(
        tensors_list,
        True,
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        dynamic_pad,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@public("train.maybe_batch_join")
def maybe_batch_join(
    tensors_list: Any,
    keep_input: Any,
    batch_size: Any,
    capacity: int = 32,
    enqueue_many: bool = False,
    shapes: Any = None,
    dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `batch_join`, of some examples only; see `maybe_batch`."""
    return _Batches(
        "batch_join",
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        _in_line(dynamic_pad),
    ).joined(tensors_list, keep_input)


@public("train.shuffle_batch")
def shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """Examples in batches, mixed.

    Args:
        tensors: see `batch`.
        batch_size: see `batch`.
        capacity: see `batch`.
        min_after_dequeue: among how many examples more those of a batch are drawn.
        num_threads: see `batch`.
        seed: of the order.
        enqueue_many: see `batch`.
        shapes: see `batch`.
        allow_smaller_final_batch: see `batch`.
        shared_name: see `batch`.
        name: see `batch`.

    Raises:
        ValueError: see `batch`; or `capacity` is not larger than `min_after_dequeue`.
    """
    return maybe_shuffle_batch(
        tensors,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        num_threads,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@public("train.maybe_shuffle_batch")
def maybe_shuffle_batch(
    tensors: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    num_threads: int = 1,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `shuffle_batch`, of some examples only; see `maybe_batch`."""
    return _Batches(
        "shuffle_batch",
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        _mixed(min_after_dequeue, seed),
        min_after_dequeue,
    ).of(tensors, keep_input, num_threads)


@public("train.shuffle_batch_join")
def shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `shuffle_batch`, of examples of several lists or dicts of tensors, which take turns; see `batch_join`."""
    return maybe_shuffle_batch_join(
        tensors_list,
        batch_size,
        capacity,
        min_after_dequeue,
        True,
        seed,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
    )


@public("train.maybe_shuffle_batch_join")
def maybe_shuffle_batch_join(
    tensors_list: Any,
    batch_size: Any,
    capacity: int,
    min_after_dequeue: int,
    keep_input: Any,
    seed: int | None = None,
    enqueue_many: bool = False,
    shapes: Any = None,
    allow_smaller_final_batch: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> Any:
    """As `shuffle_batch_join`, of some examples only; see `maybe_batch`."""
    return _Batches(
        "shuffle_batch_join",
        batch_size,
        capacity,
        enqueue_many,
        shapes,
        allow_smaller_final_batch,
        shared_name,
        name,
        _mixed(min_after_dequeue, seed),
        min_after_dequeue,
    ).joined(tensors_list, keep_input)
