"""Queues where TensorFlow waits for ever: no run waits for another one here."""

from __future__ import annotations

from typing import Any

import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.engine.state import State
from minihub_runtime.errors import FailedPreconditionError
from minihub_runtime.graph.ir import Graph
from minihub_runtime.ops.queues import PriorityQueue, Queue, ShuffleQueue
from minihub_runtime.ops.registry import REGISTRY
from tests.samples import f32, i32

FLOAT = as_dtype("float32")


def _run(op: str, *inputs: Any, **attrs: Any) -> Any:
    return REGISTRY[op](*inputs, ctx=State(Graph({})).context("", "node"), **attrs)


def test_an_open_queue_without_elements_is_an_error() -> None:
    queue = Queue("q", [FLOAT], [()], -1)
    for name, more in (("", ()), ("Many", (i32(2),)), ("UpTo", (i32(2),))):
        with pytest.raises(FailedPreconditionError, match="has 0; no run waits"):
            _run(f"QueueDequeue{name}V2", queue, *more, component_types=["float32"])


def test_too_few_elements_stay_where_they_are() -> None:
    queue = Queue("q", [FLOAT], [()], -1)
    _run("QueueEnqueueV2", queue, [f32(1)])
    with pytest.raises(FailedPreconditionError, match="must have 2 elements"):
        _run("QueueDequeueManyV2", queue, i32(2), component_types=["float32"])
    assert len(queue) == 1


def test_a_full_queue_is_an_error_and_takes_none() -> None:
    queue = Queue("q", [FLOAT], [()], 2)
    with pytest.raises(FailedPreconditionError, match="room for 3 elements"):
        _run("QueueEnqueueManyV2", queue, [f32([1, 2, 3])])
    assert len(queue) == 0


def test_an_open_shuffle_queue_keeps_its_least() -> None:
    queue = ShuffleQueue("q", [FLOAT], [()], -1, 2, (1, 2))
    _run("QueueEnqueueManyV2", queue, [f32([1, 2])])
    with pytest.raises(FailedPreconditionError, match="has 0"):
        _run("QueueDequeueV2", queue, component_types=["float32"])


def test_what_enters_is_kept_as_it_was() -> None:
    queue = PriorityQueue("q", [FLOAT], [(1,)], -1)
    value = f32([1])
    _run("QueueEnqueueV2", queue, [as_dtype("int64").numpy.type(3) * i32(1).astype("int64"), value])
    value[0] = 7
    found = _run("QueueDequeueV2", queue, component_types=["int64", "float32"])
    assert [x.tolist() for x in found] == [3, [1]]


def test_no_elements_enter_a_queue_that_is_full_or_closed() -> None:
    queue = Queue("q", [FLOAT], [()], 1)
    _run("QueueEnqueueV2", queue, [f32(1)])
    _run("QueueEnqueueManyV2", queue, [f32([])])
    queue.close(cancel=False)
    _run("QueueEnqueueManyV2", queue, [f32([])])
    assert len(queue) == 1
