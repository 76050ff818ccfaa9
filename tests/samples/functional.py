"""Samples of `ops/functional.py`."""

from __future__ import annotations

from typing import Any

from minihub_runtime.dtypes import float32
from tests.samples import Func, Sample, b, boolean, f32, i32

ROW = f32([1, 2])
START = [ROW, i32(0)]
SLOPE = f32([-3, 0.5])


def call(
    op: str, label: str, function: str, args: Any, Tout: Any, error: str | None = None
) -> Sample:
    return Sample(op, label, dict(args=args), dict(Tout=Tout, f=Func(function)), error)


def branch(
    op: str,
    label: str,
    cond: Any,
    then: str,
    other: str,
    args: Any,
    Tout: Any,
    error: str | None = None,
) -> Sample:
    attrs = dict(Tout=Tout, then_branch=Func(then), else_branch=Func(other))
    return Sample(op, label, dict(cond=cond, input=args), attrs, error)


def case(
    op: str,
    label: str,
    index: Any,
    functions: list[str],
    args: Any,
    Tout: Any,
    error: str | None = None,
) -> Sample:
    attrs = dict(Tout=Tout, branches=[Func(name) for name in functions])
    return Sample(op, label, dict(branch_index=index, input=args), attrs, error)


def loop(op: str, label: str, cond: str, body: str, args: Any, error: str | None = None) -> Sample:
    return Sample(op, label, dict(input=args), dict(cond=Func(cond), body=Func(body)), error)


def counted(
    label: str, start: Any, limit: Any, delta: Any, body: str, args: Any, error: str | None = None
) -> Sample:
    inputs = dict(start=i32(start), limit=i32(limit), delta=i32(delta), input=args)
    return Sample("For", label, inputs, dict(body=Func(body)), error)


def gradient(
    label: str, function: str, args: Any, Tout: Any, error: str | None = None, **attrs: Any
) -> Sample:
    named = Func(function, attrs) if attrs else Func(function)
    return Sample("SymbolicGradient", label, dict(input=args), dict(Tout=Tout, f=named), error)


F, N = "float32", "int32"
BRANCHES = ["twice", "square", "negated"]

#: TensorFlow adds them itself where it calls a function.
SCHEMA_ONLY = ("_Arg", "_Retval")

SAMPLES = [
    *(
        sample
        for op in ("PartitionedCall", "StatefulPartitionedCall")
        for sample in (
            call(op, "one", "twice", [ROW], [F]),
            call(op, "several", "swapped", [ROW, i32(3)], [N, F]),
            call(op, "no_arguments", "constants", [], [F, "string"]),
            call(op, "nested", "twice_twice", [ROW], [F]),
            call(op, "failing", "failing", [ROW], [F], "reshape|elements|99"),
            call(op, "too_many_arguments", "twice", [ROW, ROW], [F], "arguments"),
        )
    ),
    *(
        sample
        for op in ("If", "StatelessIf")
        for sample in (
            branch(op, "true", boolean(True), "twice", "square", [ROW], [F]),
            branch(op, "false", boolean(False), "twice", "square", [ROW], [F]),
            branch(op, "zero", f32(0), "twice", "square", [ROW], [F]),
            branch(op, "nan", f32(float("nan")), "twice", "square", [ROW], [F]),
            branch(op, "vector", i32([0]), "twice", "square", [ROW], [F]),
            branch(op, "empty_vector", i32([]), "twice", "square", [ROW], [F]),
            branch(op, "text", b("x"), "twice", "square", [ROW], [F]),
            branch(op, "empty_text", b(""), "twice", "square", [ROW], [F]),
            branch(op, "two_results", boolean(True), "swapped", "swapped", [ROW, i32(3)], [N, F]),
            branch(op, "failing_untaken", boolean(False), "failing", "square", [ROW], [F]),
            branch(
                op, "failing", boolean(True), "failing", "square", [ROW], [F], "reshape|elements|99"
            ),
        )
    ),
    *(
        sample
        for op in ("Case", "StatelessCase")
        for sample in (
            case(op, "first", i32(0), BRANCHES, [ROW], [F]),
            case(op, "second", i32(1), BRANCHES, [ROW], [F]),
            case(op, "beyond", i32(7), BRANCHES, [ROW], [F]),
            case(op, "negative", i32(-1), BRANCHES, [ROW], [F]),
            case(op, "vector", i32([0]), BRANCHES, [ROW], [F], "scalar"),
        )
    ),
    *(
        sample
        for op in ("While", "StatelessWhile")
        for sample in (
            loop(op, "turns", "below_ten", "step", START),
            loop(op, "none", "never", "step", START),
            loop(op, "number", "below_ten_as_float", "step", START),
            loop(op, "vector", "vector_truth", "step", START),
            loop(op, "growing", "below_ten", "growing", START),
            loop(op, "two_values", "two_values", "step", START, "one value"),
        )
    ),
    counted("up", 0, 5, 1, "add_index", [ROW]),
    counted("steps", 0, 6, 2, "append_index", [ROW]),
    counted("steps_beyond", 1, 6, 2, "append_index", [ROW]),
    counted("down", 5, 0, -2, "append_index", [ROW]),
    counted("none", 3, 3, 1, "append_index", [ROW]),
    counted("wrong_way", 0, 5, -1, "append_index", [ROW], "delta"),
    counted("zero", 0, 5, 0, "append_index", [ROW], "delta"),
    counted("vector", [0], 5, 1, "append_index", [ROW], "scalar"),
    gradient("twice", "twice", [ROW, SLOPE], [F]),
    gradient("square", "square", [ROW, SLOPE], [F]),
    gradient("nested", "twice_twice", [ROW, SLOPE], [F]),
    gradient("through_integers", "swapped", [ROW, i32(3), i32(1), SLOPE], [F, N]),
    gradient("unused_argument", "below_ten_as_float", [ROW, i32(3), f32(1)], [F, N]),
    gradient("two_arguments", "add_index", [i32(3), ROW, SLOPE], [N, F]),
    gradient("joined", "append_index", [i32(3), ROW, f32([1, 2, 3])], [N, F]),
    gradient("registered", "with_gradient", [ROW, SLOPE], [F]),
    gradient("matrices", "product", [f32([[1, 2]]), f32([[3], [4]]), f32([[5]])], [F, F]),
    gradient("of_an_op", "Exp", [ROW, SLOPE], [F], T=float32),
    gradient("no_gradient", "without_gradient", [ROW, SLOPE], [F], "No gradient defined"),
    gradient("no_function", "absent", [ROW, SLOPE], [F], "absent"),
    Sample("FakeParam", "known", {}, dict(dtype=F, shape=(2, 3)), unset=(0,)),
    Sample("FakeParam", "scalar", {}, dict(dtype=N, shape=()), unset=(0,)),
]
