"""`tf.estimator.inputs`: batches from arrays and from pandas' tables, through a queue.

Source: tensorflow_estimator/python/estimator/inputs/numpy_io.py, pandas_io.py, queues/feeding_functions.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.queues import FIFOQueue, QueueBase, RandomShuffleQueue
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.dtypes import as_dtype, float32
from minihub_runtime.errors import CancelledError, OutOfRangeError
from minihub_runtime.public import public
from minihub_runtime.train.queue_runners import QueueRunner, add_queue_runner

__all__ = ["numpy_input_fn", "pandas_input_fn"]

#: What the only feature is called within the queue, and the only label.
_ONLY_FEATURE, _ONLY_LABEL = "__direct_np_input__", "__target_key__"


@public("estimator.inputs.numpy_input_fn")
def numpy_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int = 1000,
    num_threads: int = 1,
) -> Callable[[], Any]:
    """An input function that gives rows of arrays in batches.

    Differs: with `shuffle`, rows come in the same order each time if the graph has a seed; in TensorFlow threads decide.

    Args:
        x: an array, or name → array.
        y: the labels: an array, or name → array; none if None.
        batch_size: rows of a batch.
        num_epochs: how often all rows are given; for ever if None.  The last batch may have fewer rows.
        shuffle: whether rows are mixed.
        queue_capacity: among how many they are.
        num_threads: how many times all of it is given.

    Raises:
        ValueError: `shuffle` is no bool; when it is called, arrays are empty, of different lengths, or named alike.
        TypeError: when it is called, `x` is something else.
    """
    _check_shuffle(shuffle)

    def input_fn() -> Any:
        features = _features(x)
        labels, columns = _labels(y, features), dict(features)
        common = set(features) & set(labels)
        if common:
            raise ValueError(f"{len(common)} duplicate keys are found in both x and y: {common}")
        columns.update(labels)
        _check_lengths(features, labels, y)
        batch = _batch(columns, batch_size, num_epochs, shuffle, queue_capacity, num_threads)
        named = {key: batch[key] for key in features}
        given = named[_ONLY_FEATURE] if isinstance(x, np.ndarray) else named
        return _with_labels(given, y, {key: batch[key] for key in labels})

    return input_fn


@public("estimator.inputs.pandas_input_fn")
def pandas_input_fn(
    x: Any,
    y: Any = None,
    batch_size: int = 128,
    num_epochs: int | None = 1,
    shuffle: bool | None = None,
    queue_capacity: int | None = 1000,
    num_threads: int = 1,
    target_column: str = "target",
) -> Callable[[], Any]:
    """An input function that gives rows of a DataFrame in batches, by the names of its columns.

    Args:
        x: a pandas DataFrame.
        y: the labels: a Series, or a DataFrame; none if None.
        batch_size: see `numpy_input_fn`.
        num_epochs: see `numpy_input_fn`.
        shuffle: see `numpy_input_fn`.
        queue_capacity: see `numpy_input_fn`; enough for all rows if None.
        num_threads: see `numpy_input_fn`.
        target_column: a name that is none of a column of `x`.

    Raises:
        ValueError: `shuffle` is no bool; the index of `y` is not that of `x`, or `x` has a column of that name.
        TypeError: `x` is no DataFrame, or the name no text.
    """
    if not (hasattr(x, "columns") and hasattr(x, "index")):
        raise TypeError(f"x must be a pandas DataFrame; got {type(x).__name__}")
    _check_shuffle(shuffle)
    if not isinstance(target_column, str):
        raise TypeError("target_column must be a string type")
    features = {name: np.array(x[name]) for name in x.columns}
    labels: dict[Any, Any] = {}
    if y is not None:
        if target_column in features:
            raise ValueError(
                f"Cannot use name {target_column} for target column: DataFrame already has a column with "
                f"that name: {x.columns}"
            )
        if not np.array_equal(x.index, y.index):
            raise ValueError(
                f"Index for x and y are mismatched.\nIndex for x: {x.index}\nIndex for y: {y.index}\n"
            )
        labels = {target_column: np.array(y)}
        if hasattr(y, "columns"):
            labels = {name: np.array(y[name]) for name in y.columns}
    if queue_capacity is None:
        queue_capacity = len(x.index) * (4 if shuffle else 1)

    def input_fn() -> Any:
        # Labels may have names of features.
        columns = {("x", name): array for name, array in features.items()}
        columns.update((("y", name), array) for name, array in labels.items())
        batch = _batch(columns, batch_size, num_epochs, shuffle, queue_capacity, num_threads)
        given, wanted = (
            {name: tensor for (kind, name), tensor in batch.items() if kind == which}
            for which in ("x", "y")
        )
        if y is None:
            return given
        return given, wanted if hasattr(y, "columns") else wanted[target_column]

    return input_fn


def _check_shuffle(shuffle: Any) -> None:
    if not isinstance(shuffle, bool):
        raise ValueError(
            "shuffle must be provided and explicitly set as boolean (it is recommended to set it as True "
            f"for training); got {shuffle}"
        )


def _features(x: Any) -> dict[str, Any]:
    """Arrays by sorted name."""
    if isinstance(x, dict):
        if not x:
            raise ValueError("x cannot be an empty dict")
        return dict(sorted(x.items()))
    if isinstance(x, np.ndarray):
        if x.size == 0:
            raise ValueError("x cannot be an empty array")
        return {_ONLY_FEATURE: x}
    raise TypeError(f"x must be a dict or array; got {type(x).__name__}")


def _labels(y: Any, features: Mapping[str, Any]) -> dict[str, Any]:
    if y is None:
        return {}
    if isinstance(y, dict):
        if not y:
            raise ValueError("y cannot be empty dict, use None instead.")
        return dict(sorted(y.items()))
    name = _ONLY_LABEL
    while name in features:
        name += "_n"
    return {name: y}


def _check_lengths(features: Mapping[str, Any], labels: Mapping[str, Any], y: Any) -> None:
    arrays = [*features.values(), *labels.values()]
    if len({array.shape[0] for array in arrays}) > 1:
        shapes = {name: array.shape for name, array in labels.items()}
        of_labels = None if y is None else shapes if isinstance(y, dict) else y.shape
        raise ValueError(
            "Length of tensors in x and y is mismatched. All elements in x and y must have the same length.\n"
            f"Shapes in x: { {name: array.shape for name, array in features.items()} }\n"
            f"Shapes in y: {of_labels}\n"
        )


def _with_labels(features: Any, y: Any, labels: Mapping[str, Any]) -> Any:
    if y is None:
        return features
    return features, dict(labels) if isinstance(y, dict) else next(iter(labels.values()))


class _Rows:
    """Rows of columns in order, so many at a time, so many times."""

    def __init__(
        self, columns: Sequence[Any], batch_size: int, num_epochs: int | None, random_start: bool
    ) -> None:
        self._columns = columns
        self._length = len(columns[0])
        self._batch_size = batch_size
        self._next = 0
        if random_start:
            # With a seed of the graph the rows come in the same order each time.
            self._next = random.Random(get_default_graph().seed).randrange(self._length)
        self._left = None if num_epochs is None else num_epochs * self._length

    def take(self) -> list[Any]:
        """The numbers of the next rows, and these rows of each column.

        Raises:
            OutOfRangeError: all were given.
        """
        count = self._batch_size
        if self._left is not None:
            if not self._left:
                raise OutOfRangeError("all rows were given as often as they were to be")
            count = min(count, self._left)
            self._left -= count
        rows = np.arange(self._next, self._next + count) % self._length
        self._next = (self._next + count) % self._length
        return [rows, *(column[rows] for column in self._columns)]


class _FeedingQueueRunner(QueueRunner):
    """A queue runner that feeds its operations.

    An exported graph holds it as a plain one, as TensorFlow writes it: what is fed is not in the graph.
    """

    def __init__(self, queue: Any, enqueue_ops: Sequence[Any], feeds: Sequence[Callable[[], Any]]):
        super().__init__(
            queue, enqueue_ops, queue_closed_exception_types=(OutOfRangeError, CancelledError)
        )
        self._functions = feeds

    def _feeds(self, number: int) -> Any:
        return self._functions[number]()


def _batch(
    columns: Mapping[Any, Any],
    batch_size: int,
    num_epochs: int | None,
    shuffle: bool | None,
    capacity: int,
    num_threads: int,
) -> dict[Any, Any]:
    """Name → tensor of a batch."""
    if num_threads > 1 and num_epochs is not None:
        LOGGER.warning(
            "num_epochs is applied per thread, so this will produce more epochs than you probably intend. If "
            "you want to limit epochs, use one thread."
        )
    queue = _filled_queue(columns, batch_size, num_epochs, bool(shuffle), capacity, num_threads)
    if num_epochs is None:
        tensors = queue.dequeue_many(batch_size)
    else:
        tensors = queue.dequeue_up_to(batch_size)
    return dict(zip(columns, tensors[1:], strict=True))


def _filled_queue(
    columns: Mapping[Any, Any],
    batch_size: int,
    num_epochs: int | None,
    shuffle: bool,
    capacity: int,
    num_threads: int,
) -> QueueBase:
    """A queue of the numbers of rows and the rows, and the queue runner that fills it."""
    arrays = [_without_objects(array) for array in columns.values()]
    with name_scope("enqueue_input"):
        types = [as_dtype(np.int64), *(as_dtype(array.dtype) for array in arrays)]
        shapes = [(), *(array.shape[1:] for array in arrays)]
        least = int(capacity / 4) if shuffle else 0
        queue: QueueBase
        if shuffle:
            queue = RandomShuffleQueue(capacity, least, types, shapes)
        else:
            queue = FIFOQueue(capacity, types, shapes)
        operations, functions = [], []
        for _ in range(num_threads):
            placeholders = [placeholder(dtype) for dtype in types]
            operations.append(queue.enqueue_many(placeholders))
            rows = _Rows(arrays, batch_size, num_epochs, shuffle)
            functions.append(
                lambda rows=rows, keys=placeholders: dict(zip(keys, rows.take(), strict=True))
            )
        add_queue_runner(_FeedingQueueRunner(queue, operations, functions))
        room = capacity - least
        above = build("Maximum", x=0, y=queue.size() - least)
        full = cast(above, float32) * (1.0 / room)
        scalar(f"queue/{queue.name}fraction_over_{least}_of_{room}_full", full)
    return queue


def _without_objects(array: Any) -> Any:
    """Python's strings as NumPy's, which have a type; other objects stay, and are refused."""
    found = np.asarray(array)
    if found.dtype.kind == "O" and all(isinstance(item, (str, bytes)) for item in found.flat):
        texts = [item.encode() if isinstance(item, str) else item for item in found.flat]
        made = np.empty(len(texts), object)
        made[:] = texts
        return made.reshape(found.shape)
    return found
