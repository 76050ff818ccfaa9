"""Samples of `ops/staging.py`: what comes out of areas after some steps.

What TensorFlow waits for ever for has no answer; `tests/ops/test_staging.py` has that.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, b, f32, i32, i64

BOTH = ["float32", "string"]


def at(op: str, inputs: Any = (), types: Any = BOTH, **attrs: Any) -> Call:
    """A call on an area of one name."""
    if op != "Stage":
        # That op has the types of its inputs.
        attrs["dtypes"] = types
    return Call(op, dict(inputs), dict(shared_name="area", **attrs))


def put(value: Any, text: Any) -> Call:
    return at("Stage", dict(values=[f32(value), b(text)]))


def use(call: Call, label: str, before: Any, error: str | None = None, after: Any = ()) -> Sample:
    steps = {f"step_{n}": step for n, step in enumerate(before)}
    later = {f"after_{n}": step for n, step in enumerate(after)}
    return Sample(call.op, label, call.inputs, call.attrs, error, steps, later)


TWO = [put(1, "a"), put([2, 3], ["b", "c"])]
SIZE, CLEAR, TAKE = at("StageSize"), at("StageClear"), at("Unstage")


def peek(index: Any) -> Call:
    return at("StagePeek", dict(index=i32(index)))


SAMPLES = [
    use(put(1, "a"), "one", [], after=[SIZE, TAKE, SIZE]),
    use(
        at("Stage", dict(values=[f32([1, 2, 3])]), ["float32"], memory_limit=8),
        "too_large",
        [],
        "memory limit",
    ),
    use(TAKE, "first", TWO, after=[TAKE, SIZE]),
    use(at("Unstage", types=["float32"]), "fewer", TWO, "Mismatch stage/unstage"),
    use(peek(1), "second", TWO, after=[SIZE, peek(0)]),
    use(peek([0, 1]), "vector", TWO, "must be scalar"),
    use(at("StagePeek", dict(index=i32(0)), ["float32"]), "fewer", TWO, "Mismatch stage/unstage"),
    use(SIZE, "empty", []),
    use(SIZE, "two", TWO),
    use(CLEAR, "two", TWO, after=[SIZE]),
    use(CLEAR, "empty", [], after=[SIZE]),
]


def map_samples(prefix: str) -> list[Sample]:
    """What both kinds of areas with keys are given."""

    def stage(key: Any, places: Any, *values: Any, **attrs: Any) -> Call:
        inputs = dict(key=i64(key), indices=i32(places), values=list(values))
        return at(f"{prefix}Stage", inputs, **attrs)

    def of(name: str, key: Any, places: Any, types: Any = BOTH) -> Call:
        return at(f"{prefix}{name}", dict(key=i64(key), indices=i32(places)), types)

    def any_key(places: Any, types: Any = BOTH) -> Call:
        return at(f"{prefix}UnstageNoKey", dict(indices=i32(places)), types)

    seven = stage(7, [0, 1], f32([1, 2]), b("a"))
    three = stage(3, [0, 1], f32(5), b(["x", "y"]))
    half = stage(5, [1], b("half"))
    size, incomplete, clear = (at(f"{prefix}{n}") for n in ("Size", "IncompleteSize", "Clear"))
    return [
        use(seven, "whole", [], after=[size, of("Unstage", 7, [0, 1]), size]),
        use(half, "half", [], after=[size, incomplete]),
        use(stage(5, [0], f32(2)), "other_half", [half], after=[size, incomplete, any_key([0, 1])]),
        use(stage(7, [0, 1], f32(9), b("z")), "again", [seven], after=[size, of("Peek", 7, [0, 1])]),
        use(stage(5, [1], b("z")), "half_again", [half], "already initialized"),
        use(stage(5, [1, 0], b("z"), f32(1)), "order", [], "strictly ordered"),
        use(stage(5, [], f32(1)), "no_places", [], "Indices are empty"),
        use(stage(5, [2], f32(1)), "outside", [], "out of bounds"),
        use(stage([5, 6], [0, 1], f32(1), b("a")), "keys", [], "key"),
        use(stage(5, [0, 1], f32([1, 2, 3]), b("a"), memory_limit=8), "too_large", [], "memory limit"),
        use(of("Peek", 7, [0, 1]), "whole", [seven, three], after=[size]),
        use(of("Peek", 3, [1], ["string"]), "part", [seven, three], after=[size]),
        use(of("Peek", 3, [1, 0]), "order", [seven, three], "strictly ordered"),
        use(of("Peek", 3, [2], ["string"]), "outside", [seven, three], "out of bounds"),
        use(of("Unstage", 7, [0, 1]), "whole", [seven, three], after=[size]),
        use(
            of("Unstage", 3, [1], ["string"]),
            "part",
            [seven, three],
            after=[size, of("Unstage", 3, [0], ["float32"]), size],
        ),
        use(
            of("Unstage", 3, [1], ["string"]),
            "part_again",
            [three, of("Unstage", 3, [1], ["string"])],
            "already been removed",
        ),
        use(any_key([0, 1]), "one", [seven], after=[size]),
        use(any_key([1], ["string"]), "part", [seven], after=[size, any_key([0], ["float32"])]),
        use(any_key([1, 0]), "order", [seven], "strictly ordered"),
        use(size, "two", [seven, half, three]),
        use(incomplete, "one", [seven, half, three]),
        use(clear, "all", [seven, half, three], after=[size, incomplete]),
    ]  # fmt: skip


SAMPLES += map_samples("Map") + map_samples("OrderedMap")
SAMPLES += [
    use(
        at("OrderedMapUnstageNoKey", dict(indices=i32([0])), ["float32"]),
        "smallest",
        [
            at(
                "OrderedMapStage",
                dict(key=i64(key), indices=i32([0]), values=[f32(key)]),
                ["float32"],
            )
            for key in (7, -3, 5)
        ],
    )
]
