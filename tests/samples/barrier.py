"""Samples of `ops/barrier.py`: what comes out of barriers after some steps.

What TensorFlow waits for ever for has no answer; `tests/ops/test_barrier.py` has that.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, f32, i32

B = Step("b")
BOTH = ["float32", "string"]
NEW = Call("Barrier", {}, dict(component_types=BOTH, shapes=[[2], []]))


def insert(component: int, keys: Any, values: Any) -> Call:
    inputs = dict(handle=B, keys=b(keys), values=values)
    return Call("BarrierInsertMany", inputs, dict(component_index=component))


def take(count: Any, types: Any = BOTH, **attrs: Any) -> Call:
    inputs = dict(handle=B, num_elements=i32(count))
    return Call("BarrierTakeMany", inputs, dict(component_types=types, **attrs))


def close(cancel: bool = False) -> Call:
    return Call("BarrierClose", dict(handle=B), dict(cancel_pending_enqueues=cancel))


READY, INCOMPLETE = (Call(f"Barrier{n}Size", dict(handle=B)) for n in ("Ready", "Incomplete"))


def use(call: Call, label: str, before: Any, error: str | None = None, after: Any = ()) -> Sample:
    steps = dict(b=NEW, **{f"step_{n}": step for n, step in enumerate(before)})
    later = {f"after_{n}": step for n, step in enumerate(after)}
    return Sample(call.op, label, call.inputs, call.attrs, error, steps, later)


AC = insert(0, ["a", "c"], f32([[1, 2], [3, 4]]))
CX = insert(1, ["c", "x"], b(["C", "X"]))
XA = insert(0, ["x"], f32([[5, 6]])), insert(1, ["a"], b(["A"]))
ALL = [AC, CX, *XA]

SAMPLES = [
    Sample("Barrier", "no_shapes", {}, dict(component_types=BOTH), "must be specified"),
    Sample(
        "Barrier",
        "capacity",
        {},
        dict(component_types=["float32"], shapes=[[]], capacity=3),
        "capacity=-1",
    ),
    use(AC, "new", [], after=[READY, INCOMPLETE]),
    use(CX, "some_complete", [AC], after=[READY, INCOMPLETE]),
    use(insert(0, ["q", "a"], f32([[1, 2], [1, 2]])), "twice", [AC], "already has a value"),
    use(insert(0, [], f32([]).reshape(0, 2)), "none", [], after=[INCOMPLETE]),
    use(insert(0, ["a"], f32([[]]).reshape(1, 0)), "no_elements", [], "not supported"),
    use(insert(1, ["a"], f32([1])), "type", [], "must be string"),
    use(insert(2, ["a"], f32([1])), "component", [], "out of range"),
    use(
        insert(0, ["a"], f32([[1, 2, 3]])), "shape", [insert(1, ["a"], b(["A"]))], "Shape mismatch"
    ),
    use(insert(0, [["a"]], f32([[1, 2]])), "keys", [], "rank 1"),
    use(insert(0, ["a", "b"], f32([[1, 2]])), "count", [], "row for each|compatible"),
    use(insert(1, ["a"], b(["A"])), "closed", [AC, close()], after=[READY, take(1)]),
    use(insert(1, ["z"], b(["Z"])), "closed_and_new", [AC, close()], "brand new key"),
    use(insert(1, ["a"], b(["A"])), "cancelled", [AC, close(True)], "is closed"),
    use(take(3), "by_first_insertion", ALL),
    use(take(2), "some", ALL, after=[take(1), READY]),
    use(take(0), "none", []),
    use(take(1, ["float32"]), "types", ALL, "component_types"),
    use(take([1, 2]), "vector", ALL, "scalar|rank"),
    use(take(4), "closed", [AC, CX, close()], "insufficient elements"),
    use(take(4, allow_small_batch=True), "closed_and_small", [*ALL, close()]),
    use(take(1, allow_small_batch=True), "empty", [close()], "insufficient elements"),
    use(close(), "open", [AC, CX], after=[READY, INCOMPLETE]),
    use(close(), "twice", [close()], "already closed"),
    use(close(True), "after_all", [AC, close()], after=[INCOMPLETE]),
    use(READY, "empty", []),
    use(INCOMPLETE, "empty", []),
]
