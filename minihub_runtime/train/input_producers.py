"""Queues of names of files, of numbers and of rows, which queue runners fill epoch by epoch.

Source: tensorflow/python/training/input.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import GraphKeys, Tensor, get_default_graph, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.queues import FIFOQueue
from minihub_runtime.api.random_sampling import random_shuffle
from minihub_runtime.api.ranges import range as number_range
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.dtypes import float32, int64, string
from minihub_runtime.public import public
from minihub_runtime.train.queue_runners import QueueRunner, add_queue_runner

__all__ = [
    "converted",
    "input_producer",
    "limit_epochs",
    "match_filenames_once",
    "range_input_producer",
    "slice_input_producer",
    "string_input_producer",
]


@public("io.match_filenames_once", "train.match_filenames_once")
def match_filenames_once(pattern: Any, name: str | None = None) -> Any:
    """The files that match a pattern, in a local variable that is initialised with them.

    Args:
        pattern: a pattern, or a vector of them.
        name: name of the variable.
    """
    with name_scope(name, "matching_filenames", [pattern]) as scope:
        return Variable(
            name=scope,
            initial_value=build("MatchingFiles", pattern=pattern),
            trainable=False,
            validate_shape=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )


@public("train.limit_epochs")
def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """A tensor that can be read so many times and is an OutOfRangeError then; a local variable counts.

    Args:
        tensor: the tensor.
        num_epochs: how many times; for ever if None.
        name: wanted name.

    Raises:
        ValueError: `num_epochs` is not positive.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        epochs: Any = Variable(
            constant(0, int64),
            name="epochs",
            trainable=False,
            collections=[GraphKeys.LOCAL_VARIABLES],
        )
        with get_default_graph().control_dependencies([epochs.count_up_to(num_epochs)]):
            return identity(tensor, name=scope)


@public("train.input_producer")
def input_producer(
    input_tensor: Any,
    element_shape: Any = None,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    summary_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue that is filled with the rows of a tensor, epoch by epoch.

    Args:
        input_tensor: the rows.
        element_shape: the shape of a row, where it is not known.
        num_epochs: how many times each row comes; for ever if None.  A local variable counts.
        shuffle: whether the rows of an epoch are mixed.
        seed: of the order.
        capacity: of the queue.
        shared_name: of the queue.
        summary_name: of a summary of how full the queue is; none if None.
        name: of the queue.
        cancel_op: what closes the queue when the program stops.

    Raises:
        ValueError: the shape of a row is not known, or `num_epochs` not positive.
    """
    with name_scope(name, "input_producer", [input_tensor]):
        rows = convert_to_tensor(input_tensor, name="input_tensor")
        row_shape = rows.shape[1:].merge_with(element_shape)
        if not row_shape.is_fully_defined():
            raise ValueError(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be "
                "specified"
            )
        if shuffle:
            rows = random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(
            capacity, [rows.dtype.base_dtype], [row_shape], shared_name=shared_name, name=name
        )
        runner = QueueRunner(queue, [queue.enqueue_many([rows])], cancel_op=cancel_op)
        add_queue_runner(runner)
        if summary_name is not None:
            scalar(summary_name, cast(queue.size(), float32) * (1.0 / capacity))
        return queue


@public("train.string_input_producer")
def string_input_producer(
    string_tensor: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
    cancel_op: Any = None,
) -> FIFOQueue:
    """A queue of strings, such as names of files; arguments and errors as for `input_producer`.

    Args:
        string_tensor: a vector of strings; where it is empty in a run, that fails.
        num_epochs: see `input_producer`.
        shuffle: see `input_producer`.
        seed: see `input_producer`.
        capacity: see `input_producer`.
        shared_name: see `input_producer`.
        name: see `input_producer`.
        cancel_op: see `input_producer`.

    Raises:
        ValueError: there are no strings.
    """
    message = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, (Tensor, Variable)) and not string_tensor:
        raise ValueError(message)
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        strings = convert_to_tensor(string_tensor, dtype=string)
        checked = Assert(build("Greater", x=size(strings), y=0), [message])
        with get_default_graph().control_dependencies([checked]):
            strings = identity(strings)
        return input_producer(
            strings,
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
            cancel_op,
        )


@public("train.range_input_producer")
def range_input_producer(
    limit: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> FIFOQueue:
    """A queue of the numbers from 0 to before `limit`; other arguments and errors as for `input_producer`."""
    with name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(
            number_range(limit),
            [],
            num_epochs,
            shuffle,
            seed,
            capacity,
            shared_name,
            f"fraction_of_{capacity}_full",
            scope,
        )


@public("train.slice_input_producer")
def slice_input_producer(
    tensor_list: Any,
    num_epochs: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    capacity: int = 32,
    shared_name: str | None = None,
    name: str | None = None,
) -> list[Any]:
    """One row of each of several tensors, the same of each; other arguments and errors as for `input_producer`.

    Raises:
        ValueError: there is no tensor.
    """
    with name_scope(name, "input_producer", tensor_list):
        tensors = converted(tensor_list)
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        queue = range_input_producer(
            shape(tensors[0])[0],
            num_epochs=num_epochs,
            shuffle=shuffle,
            seed=seed,
            capacity=capacity,
            shared_name=shared_name,
        )
        row = queue.dequeue()
        return [gather(tensor, row) for tensor in tensors]


def converted(values: Any) -> list[Any]:
    """Values as tensors, but for None and what is made of several tensors.

    Raises:
        TypeError: they cannot be iterated over, or one is no tensor.
    """
    if not isinstance(values, Iterable):
        raise TypeError("Argument `values` must be iterable.")
    return [
        value if value is None or isinstance(value, CompositeTensor) else convert_to_tensor(value)
        for value in values
    ]
