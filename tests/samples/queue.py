"""Samples of `ops/queue.py`: what comes out of queues after some steps.

What TensorFlow waits for ever for has no answer; `tests/ops/test_queue.py` has that.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, f32, i32, i64

Q = Step("q")
F = ["float32"]


def make(kind: str, version: str, types: list[str], shapes: Any = (), **attrs: Any) -> Call:
    return Call(f"{kind}{version}", {}, dict(component_types=types, shapes=list(shapes), **attrs))


def put(version: str, *components: Any) -> Call:
    return Call(f"QueueEnqueue{version}", dict(handle=Q, components=list(components)))


def put_many(version: str, *components: Any) -> Call:
    return Call(f"QueueEnqueueMany{version}", dict(handle=Q, components=list(components)))


def get(version: str, *types: str) -> Call:
    return Call(f"QueueDequeue{version}", dict(handle=Q), dict(component_types=list(types)))


def get_many(version: str, n: int, *types: str) -> Call:
    return Call(
        f"QueueDequeueMany{version}", dict(handle=Q, n=i32(n)), dict(component_types=list(types))
    )


def close(version: str) -> Call:
    return Call(f"QueueClose{version}", dict(handle=Q))


def use(
    op: str, label: str, before: list[Call], error: str | None = None, after: Any = (), **more: Any
) -> Sample:
    """An op on the queue that the first step makes."""
    steps = dict(q=before[0], **{f"step_{n}": call for n, call in enumerate(before[1:])})
    inputs = dict(handle=Q, **{k: more.pop(k) for k in ("components", "n") if k in more})
    later = {f"after_{n}": call for n, call in enumerate(after)}
    return Sample(op, label, inputs, more, error, steps, later)


def samples(v: str) -> list[Sample]:
    """What both forms of queues are given."""
    fifo = make("FIFOQueue", v, F, [[]])
    loose = make("FIFOQueue", v, ["float32", "string"])
    padding = make("PaddingFIFOQueue", v, ["float32", "string"], [[None, 2], []])
    priority = make("PriorityQueue", v, ["string"], [[]])
    shuffle = make("RandomShuffleQueue", v, ["int32"], [[]], seed=3, seed2=4)
    seven = put_many(v, i32(list(range(7))))
    abc = put_many(v, i64([3, 1, 2]), b(["c", "a", "b"]))
    pair = [f32([[1, 2]]), b("x")], [f32([[3, 4], [5, 6]]), b("y")]
    size, dequeue, many, up_to = (
        f"Queue{n}{v}" for n in ("Size", "Dequeue", "DequeueMany", "DequeueUpTo")
    )
    enqueue, enqueue_many, closing = (f"Queue{n}{v}" for n in ("Enqueue", "EnqueueMany", "Close"))
    return [
        use(size, "empty", [fifo]),
        use(size, "two", [fifo, put_many(v, f32([1, 2]))]),
        use(f"QueueIsClosed{v}", "no", [fifo]),
        use(f"QueueIsClosed{v}", "yes", [fifo, close(v)]),
        use(
            dequeue,
            "first",
            [fifo, put_many(v, f32([1, 2]))],
            component_types=F,
            after=[get(v, *F)],
        ),
        use(
            dequeue,
            "any_shapes",
            [loose, put(v, f32([1, 2]), b("x"))],
            component_types=["float32", "string"],
        ),
        use(dequeue, "padding", [padding, put(v, *pair[0])], component_types=["float32", "string"]),
        use(
            dequeue,
            "priority",
            [priority, abc],
            component_types=["int64", "string"],
            after=[get_many(v, 2, "int64", "string")],
        ),
        use(
            dequeue,
            "shuffled",
            [shuffle, seven],
            component_types=["int32"],
            after=[get_many(v, 6, "int32")],
        ),
        use(dequeue, "left_when_closed", [fifo, put(v, f32(1)), close(v)], component_types=F),
        use(
            dequeue, "closed", [fifo, close(v)], "is closed and has insufficient", component_types=F
        ),
        use(
            dequeue,
            "types",
            [fifo, put(v, f32(1))],
            "component_types must be",
            component_types=["int32"],
        ),
        use(many, "two", [fifo, put_many(v, f32([1, 2, 3]))], n=i32(2), component_types=F),
        use(many, "none", [make("FIFOQueue", v, F, [[2]])], n=i32(0), component_types=F),
        use(
            many,
            "padded",
            [padding, put(v, *pair[0]), put(v, *pair[1])],
            n=i32(2),
            component_types=["float32", "string"],
        ),
        use(many, "padded_none", [padding], n=i32(0), component_types=["float32", "string"]),
        use(
            many,
            "shuffled_to_the_end",
            [
                make(
                    "RandomShuffleQueue",
                    v,
                    ["int32"],
                    [[]],
                    min_after_dequeue=4,
                    capacity=9,
                    seed=7,
                ),
                seven,
                close(v),
            ],
            n=i32(7),
            component_types=["int32"],
        ),
        use(
            many,
            "shuffled_above_the_least",
            [make("RandomShuffleQueue", v, ["int32"], [[]], min_after_dequeue=4, seed2=7), seven],
            n=i32(3),
            component_types=["int32"],
            after=[Call(size, dict(handle=Q))],
        ),
        use(
            many,
            "without_shapes",
            [loose],
            "must have shapes",
            n=i32(0),
            component_types=["float32", "string"],
        ),
        use(
            many,
            "closed",
            [fifo, put(v, f32(1)), close(v)],
            "insufficient elements",
            n=i32(2),
            component_types=F,
        ),
        use(many, "negative", [fifo], "n must be >= 0", n=i32(-1), component_types=F),
        use(up_to, "all", [fifo, put_many(v, f32([1, 2, 3]))], n=i32(2), component_types=F),
        use(
            up_to,
            "what_is_left",
            [fifo, put_many(v, f32([1, 2, 3])), close(v)],
            n=i32(5),
            component_types=F,
        ),
        use(
            up_to,
            "padded",
            [padding, put(v, *pair[1]), put(v, *pair[0]), close(v)],
            n=i32(9),
            component_types=["float32", "string"],
        ),
        use(
            up_to, "closed", [fifo, close(v)], "insufficient elements", n=i32(2), component_types=F
        ),
        use(enqueue, "one", [fifo], components=[f32(1)], after=[Call(size, dict(handle=Q))]),
        use(enqueue, "closed", [fifo, close(v)], "is closed", components=[f32(1)]),
        use(enqueue, "shape", [fifo], "Shape mismatch", components=[f32([1])]),
        use(enqueue, "padding_rank", [padding], "Shape mismatch", components=[f32([1]), b("x")]),
        use(enqueue, "type", [fifo], "must be float32", components=[i32(1)]),
        use(enqueue, "count", [fifo], "must have 1 components", components=[f32(1), f32(2)]),
        use(enqueue, "priority_type", [priority], "must be int64", components=[i32(1), b("x")]),
        use(
            enqueue, "priority_vector", [priority], "Shape mismatch", components=[i64([1]), b("x")]
        ),
        use(enqueue_many, "two", [fifo], components=[f32([1, 2])], after=[get_many(v, 2, *F)]),
        use(enqueue_many, "none", [fifo], components=[f32([])], after=[Call(size, dict(handle=Q))]),
        use(enqueue_many, "scalar", [fifo], "as many elements|Shape", components=[f32(1)]),
        use(
            enqueue_many,
            "uneven",
            [make("FIFOQueue", v, F * 2, [[], []])],
            "as many elements",
            components=[f32([1]), f32([1, 2])],
        ),
        use(enqueue_many, "shape", [fifo], "Shape mismatch", components=[f32([[1]])]),
        use(closing, "open", [fifo], after=[Call(f"QueueIsClosed{v}", dict(handle=Q))]),
        use(closing, "twice", [fifo, close(v)], "already closed"),
        use(
            size,
            "shared",
            [
                make("FIFOQueue", v, F, shared_name="s"),
                put(v, f32(1)),
                make("FIFOQueue", v, F, shared_name="s"),
            ],
        ),
    ]


def handle(
    kind: str, label: str, v: str, types: list[str], error: str | None = None, **attrs: Any
) -> Sample:
    """A queue alone, and its size."""
    after = {} if error else dict(size=Call(f"QueueSize{v}", dict(handle=Step("sampled"))))
    return Sample(f"{kind}{v}", label, {}, dict(component_types=types, **attrs), error, {}, after)


SAMPLES = [sample for version in ("", "V2") for sample in samples(version)]
SAMPLES += [
    sample
    for v in ("", "V2")
    for sample in (
        *(
            handle(kind, "new", "V2", ["float32"], shapes=[[2]])
            for kind in ("FIFOQueue", "PaddingFIFOQueue", "PriorityQueue", "RandomShuffleQueue")
            if v
        ),
        handle("FIFOQueue", "too_many_shapes", v, ["float32"], "as many", shapes=[[], []]),
        handle("FIFOQueue", "unknown_shape", v, ["float32"], "must be known", shapes=[[None]]),
        handle("PaddingFIFOQueue", "no_shapes", v, ["float32"], "given for all", shapes=[]),
        handle("PriorityQueue", "no_shapes", v, ["float32"], "as many", shapes=[]),
        handle(
            "RandomShuffleQueue",
            "least",
            v,
            ["float32"],
            "less than",
            capacity=3,
            min_after_dequeue=5,
        ),
        handle(
            "RandomShuffleQueue", "negative_least", v, ["float32"], ">= 0", min_after_dequeue=-1
        ),
    )
]
SAMPLES += [
    Sample(
        "FIFOQueueV2",
        "shared_with_another_type",
        {},
        dict(component_types=["int32"], shared_name="s"),
        "one kind",
        dict(q=make("FIFOQueue", "V2", F, shared_name="s")),
    ),
]
