"""Samples of `ops/gradient_descent.py`."""

from tests.samples import Call, Sample, Step, bf16, c64, f16, f32, f64

V = Step("v")


def steps(value, dtype, reference) -> dict:
    """A variable that has a value."""
    kind = dict(dtype=dtype, shape=value.shape)
    if reference:
        return dict(v=Call("VariableV2", {}, kind), set=Call("Assign", dict(ref=V, value=value)))
    return dict(
        v=Call("VarHandleOp", {}, kind),
        set=Call("AssignVariableOp", dict(resource=V, value=value)),
    )


def descent(reference, label, value, alpha, delta, dtype="float32", error=None) -> Sample:
    """One step, and what the variable is after it."""
    inputs = dict(var=V, alpha=alpha, delta=delta)
    before = steps(value, dtype, reference)
    if reference:
        return Sample("ApplyGradientDescent", label, inputs, {}, error, before)
    after = dict(read=Call("ReadVariableOp", dict(resource=V), dict(dtype=dtype)))
    return Sample("ResourceApplyGradientDescent", label, inputs, {}, error, before, after)


SAMPLES = [
    sample
    for reference in (True, False)
    for sample in (
        *(
            descent(
                reference, dtype, make([[1, 2], [3, 4]]), make(0.5), make([[1, 0], [-1, 3]]), dtype
            )
            for dtype, make in (
                ("float32", f32),
                ("float64", f64),
                ("float16", f16),
                ("bfloat16", bf16),
                ("complex64", c64),
            )
        ),
        descent(reference, "scalar", f32(1), f32(0.25), f32(2)),
        descent(reference, "not_finite", f32([1, 2]), f32(float("inf")), f32([0, 1])),
        descent(reference, "shapes", f32([1, 2]), f32(1), f32([1]), error="the variable's shape"),
        descent(reference, "alpha", f32([1]), f32([1]), f32([1]), error="alpha must be a scalar"),
    )
]
