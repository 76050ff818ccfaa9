"""Samples of `ops/tensor_array.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, Sample, Step, b, f32, i32, i64

A, FLOW = Step("a"), Step("a", 1)
F0 = f32(0)


THREE = i32(3)


def made(size: Any = THREE, dtype: str = "float32", **attrs: Any) -> Call:
    return Call("TensorArrayV3", dict(size=size), dict(dtype=dtype, **attrs))


def write(index: Any, value: Any) -> Call:
    return Call("TensorArrayWriteV3", dict(handle=A, index=i32(index), value=value, flow_in=F0))


def reading(index: Any, dtype: str = "float32") -> Call:
    return Call(
        "TensorArrayReadV3", dict(handle=A, index=i32(index), flow_in=F0), dict(dtype=dtype)
    )


def gathering(indices: Any, dtype: str = "float32", **attrs: Any) -> Call:
    inputs = dict(handle=A, indices=i32(indices), flow_in=F0)
    return Call("TensorArrayGatherV3", inputs, dict(dtype=dtype, **attrs))


def joining(dtype: str = "float32", **attrs: Any) -> Call:
    return Call("TensorArrayConcatV3", dict(handle=A, flow_in=F0), dict(dtype=dtype, **attrs))


def sized() -> Call:
    return Call("TensorArraySizeV3", dict(handle=A, flow_in=F0))


def scattering(indices: Any, value: Any) -> Call:
    inputs = dict(handle=A, indices=i32(indices), value=value, flow_in=F0)
    return Call("TensorArrayScatterV3", inputs)


def splitting(value: Any, lengths: Any) -> Call:
    inputs = dict(handle=A, value=value, lengths=i64(lengths), flow_in=F0)
    return Call("TensorArraySplitV3", inputs)


def sample(
    label: str,
    call: Call,
    *before: Call,
    error: str | None = None,
    after: Any = (),
    array: Call | None = None,
) -> Sample:
    """A call on an array `a` after some calls."""
    earlier = {"a": array or made(), **{f"b{i}": step for i, step in enumerate(before)}}
    later = {} if error else {f"c{i}": step for i, step in enumerate(after)}
    return Sample(call.op, label, call.inputs, call.attrs, error, before=earlier, after=later)


ROW, ROW2, OTHER = f32([1, 2]), f32([3, 4]), f32([1, 2, 3])
WRITTEN = write(0, ROW), write(1, ROW2), write(2, ROW)
SCALARS = made(i32(3), element_shape=[])
KEEPING = made(clear_after_read=False)
GROWING = made(i32(0), dynamic_size=True)
GRAD = Call("TensorArrayGradV3", dict(handle=A, flow_in=F0), dict(source="s"))


def grad_of(
    label: str, *calls: Call, before: Any = (), error: str | None = None, grad: Call = GRAD
) -> Sample:
    """The array of gradients, and calls on it as `g`."""
    steps = {"a": made(), **{f"b{i}": step for i, step in enumerate(before)}, "g": grad}
    *first, last = [
        Call(call.op, {**call.inputs, "handle": Step("g")}, call.attrs) for call in calls
    ]
    steps.update({f"c{i}": step for i, step in enumerate(first)})
    return Sample(last.op, label, last.inputs, last.attrs, error, before=steps)


# TensorArraySizeV3 and TensorArrayCloseV3 refuse nothing but handles of something else.
SAMPLES = [
    Sample(
        "TensorArrayV3",
        "plain",
        dict(size=i32(2)),
        dict(dtype="float32"),
        after=dict(
            size=Call("TensorArraySizeV3", dict(handle=Step("sampled"), flow_in=Step("sampled", 1)))
        ),
    ),
    Sample(
        "TensorArrayV3",
        "negative",
        dict(size=i32(-1)),
        dict(dtype="float32"),
        "Size should be >= 0",
    ),
    Sample("TensorArrayV3", "vector", dict(size=i32([1])), dict(dtype="float32"), "scalar"),
    sample("write", write(0, ROW), after=[reading(0)]),
    sample("string", write(0, b(["x"])), after=[reading(0, "string")], array=made(dtype="string")),
    sample("too_large", write(3, ROW), error="not resizeable"),
    sample("negative", write(-1, ROW), error="index"),
    sample(
        "other_type", write(0, i32([1])), error="dtype is int32 but TensorArray dtype is float32"
    ),
    sample("twice", write(0, ROW), write(0, ROW), error="already been written"),
    sample("after_read", write(0, ROW), write(0, ROW), reading(0), error="already been read"),
    sample(
        "after_kept_read",
        write(0, ROW),
        write(0, ROW),
        reading(0),
        error="already been written",
        array=KEEPING,
    ),
    sample("other_shape", write(0, OTHER), error="incompatible", array=made(element_shape=[2])),
    sample(
        "part_of_the_shape", write(0, OTHER), array=made(element_shape=[None]), after=[reading(0)]
    ),
    sample(
        "identical_shapes",
        write(1, OTHER),
        write(0, ROW),
        error="incompatible",
        array=made(identical_element_shapes=True),
    ),
    sample("differing_shapes", write(1, OTHER), write(0, ROW), after=[reading(1)]),
    sample("grows", write(2, ROW), array=GROWING, after=[sized(), reading(2)]),
    sample("index_vector", write([0], ROW), error="scalar"),
    sample(
        "twice_read", reading(0), write(0, ROW), reading(0), error="cleared after a previous read"
    ),
    sample("kept", reading(0), write(0, ROW), reading(0), array=KEEPING),
    sample("unwritten", reading(1), write(0, ROW), error="element shape"),
    sample("unwritten_known_shape", reading(1), write(0, ROW), array=made(element_shape=[2])),
    sample(
        "unwritten_identical", reading(1), write(0, ROW), array=made(identical_element_shapes=True)
    ),
    sample(
        "unwritten_string",
        reading(1, "string"),
        array=made(dtype="string", element_shape=[2]),
        error="string",
    ),
    sample("too_large", reading(3), error="array size is: 3"),
    sample("negative", reading(-1), error="array size is: 3"),
    sample("other_type", reading(0, "int32"), write(0, ROW), error="requested dtype int32"),
    sample(
        "closed",
        reading(0),
        write(0, ROW),
        Call("TensorArrayCloseV3", dict(handle=A)),
        error="closed",
    ),
    sample("all", gathering([0, 1, 2]), *WRITTEN),
    sample("some_order", gathering([2, 1]), *WRITTEN),
    sample("scalars", gathering([0, 1]), write(0, f32(1)), write(1, f32(2))),
    sample(
        "none_known_to_the_array",
        gathering([]),
        array=made(element_shape=[2]),
        error="not fully defined",
    ),
    sample("none_attr", gathering([], element_shape=[4])),
    sample("none_unknown", gathering([]), error="not fully defined"),
    sample("twice_kept", gathering([0, 0]), *WRITTEN, array=KEEPING),
    sample("twice", gathering([0, 0]), *WRITTEN, error="cleared"),
    sample(
        "inconsistent",
        gathering([0, 1]),
        write(0, ROW),
        write(1, OTHER),
        error="inconsistent shapes",
    ),
    sample("too_large", gathering([0, 3]), *WRITTEN, error="array size is: 3"),
    sample("other_type", gathering([0], "int32"), *WRITTEN, error="requested dtype"),
    sample("matrix", gathering([[0]]), *WRITTEN, error="vector"),
    sample("attr_shape", gathering([0], element_shape=[3]), *WRITTEN, error="shape"),
    sample("unwritten_among", gathering([0, 1]), write(0, ROW), array=made(element_shape=[2])),
    sample(
        "strings",
        gathering([0, 1], "string"),
        write(0, b("x")),
        write(1, b("")),
        array=made(dtype="string"),
    ),
    sample("rows", scattering([2, 0], f32([[1, 2], [3, 4]])), after=[reading(2), reading(0)]),
    sample("scalars", scattering([0, 1], f32([1, 2])), after=[gathering([0, 1])]),
    sample("none", scattering([], f32([]).reshape(0, 2))),
    sample("grows", scattering([3], f32([[1, 2]])), array=GROWING, after=[sized()]),
    sample("too_large", scattering([3], f32([[1, 2]])), error="not resizeable|index"),
    sample("other_count", scattering([0], f32([[1, 2], [3, 4]])), error="length"),
    sample("scalar_value", scattering([0], f32(1)), error="rank"),
    sample("twice", scattering([0, 0], f32([[1, 2], [3, 4]])), error="already been written"),
    sample(
        "other_shape",
        scattering([0], f32([[1, 2]])),
        array=made(element_shape=[3]),
        error="incompatible",
    ),
    sample("rows", joining(), *WRITTEN),
    sample("lengths", joining(), write(0, f32([1])), write(1, f32([])), write(2, f32([1, 2, 3]))),
    sample(
        "matrices",
        joining(),
        write(0, f32([[1, 2]])),
        write(1, f32([[3, 4], [5, 6]])),
        array=made(i32(2)),
    ),
    sample(
        "scalars",
        joining(),
        write(0, f32(1)),
        write(1, f32(1)),
        write(2, f32(1)),
        error="rank|scalar",
    ),
    sample(
        "differing",
        joining(),
        write(0, f32([[1, 2]])),
        write(1, f32([[1]])),
        array=made(i32(2)),
        error="inconsistent",
    ),
    sample("empty_known", joining(element_shape_except0=[2]), array=made(i32(0))),
    sample("empty_unknown", joining(), array=made(i32(0)), error="not fully defined"),
    sample("other_type", joining("int32"), *WRITTEN, error="requested dtype"),
    sample("unwritten", joining(), write(0, ROW), write(2, ROW), error="element shape"),
    sample(
        "pieces",
        splitting(f32([1, 2, 3, 4]), [1, 0, 3]),
        after=[reading(0), reading(2), reading(1)],
    ),
    sample(
        "matrix",
        splitting(f32([[1, 2], [3, 4]]), [1, 1]),
        array=made(i32(2)),
        after=[gathering([0, 1])],
    ),
    sample("grows", splitting(f32([1, 2]), [1, 1]), array=GROWING, after=[sized()]),
    sample("other_count", splitting(f32([1, 2]), [1, 1]), error="size"),
    sample("other_sum", splitting(f32([1, 2]), [1, 1, 1]), error="add up"),
    sample("scalar_value", splitting(f32(1), [1, 0, 0]), error="rank"),
    sample("matrix_lengths", splitting(f32([1]), [[1]]), error="vector"),
    sample("plain", sized()),
    sample("closed", sized(), Call("TensorArrayCloseV3", dict(handle=A)), error="closed"),
    grad_of("adds_to_shape", write(0, OTHER), before=WRITTEN, error="shape"),
    grad_of("of_read", reading(0), before=[write(0, ROW), reading(0)]),
    sample("grown", sized(), write(5, ROW), array=GROWING),
    sample("plain", Call("TensorArrayCloseV3", dict(handle=A)), write(0, ROW)),
    grad_of("adds", write(0, ROW), write(0, ROW2), reading(0)),
    grad_of("adds_other_shape", write(0, ROW), write(0, OTHER), error="shape"),
    grad_of("gradient_unwritten", reading(1), before=WRITTEN),
    grad_of("sized", sized(), before=WRITTEN),
    Sample(
        "TensorArrayGradV3",
        "same_source",
        dict(handle=A, flow_in=F0),
        dict(source="s"),
        before=dict(
            a=made(),
            w=write(0, ROW),
            g=GRAD,
            w2=Call(
                "TensorArrayWriteV3", dict(handle=Step("g"), index=i32(0), value=ROW, flow_in=F0)
            ),
        ),
        after=dict(
            read=Call(
                "TensorArrayReadV3",
                dict(handle=Step("sampled"), index=i32(0), flow_in=F0),
                dict(dtype="float32"),
            )
        ),
    ),
    Sample(
        "TensorArrayGradV3",
        "other_source",
        dict(handle=A, flow_in=F0),
        dict(source="t"),
        before=dict(
            a=made(),
            w=write(0, ROW),
            g=GRAD,
            w2=Call(
                "TensorArrayWriteV3", dict(handle=Step("g"), index=i32(0), value=ROW, flow_in=F0)
            ),
        ),
        after=dict(
            read=Call(
                "TensorArrayReadV3",
                dict(handle=Step("sampled"), index=i32(0), flow_in=F0),
                dict(dtype="float32"),
            )
        ),
    ),
    sample("closed", GRAD, Call("TensorArrayCloseV3", dict(handle=A)), error="closed"),
    grad_of(
        "shaped",
        write(0, f32([[1, 2], [3, 4]])),
        reading(0),
        before=[write(0, ROW)],
        grad=Call(
            "TensorArrayGradWithShape",
            dict(handle=A, flow_in=F0, shape_to_prepend=i32([2])),
            dict(source="s"),
        ),
    ),
    Sample(
        "TensorArrayGradWithShape",
        "plain",
        dict(handle=A, flow_in=F0, shape_to_prepend=i32([2])),
        dict(source="s"),
        before=dict(a=made(element_shape=[2])),
        after=dict(
            read=Call(
                "TensorArrayReadV3",
                dict(handle=Step("sampled"), index=i32(0), flow_in=F0),
                dict(dtype="float32"),
            )
        ),
    ),
    sample(
        "closed",
        Call(
            "TensorArrayGradWithShape",
            dict(handle=A, flow_in=F0, shape_to_prepend=i32([2])),
            dict(source="s"),
        ),
        Call("TensorArrayCloseV3", dict(handle=A)),
        error="closed",
    ),
]
