"""Samples of `ops/identity.py`."""

from tests.samples import (
    Sample,
    b,
    bf16,
    boolean,
    f32,
    i32,
    i64,
    normal,
)

# What only passes its input on takes every value, but not a type that is not the value's.
SAMPLES = [
    *(
        Sample(op, label, dict(input=value))
        for op in ("Identity", "StopGradient", "PreventGradient", "Snapshot", "Copy", "CopyHost")
        for label, value in (
            ("scalar", f32(1.5)),
            ("empty", i64([]).reshape(0, 3)),
            ("bool", boolean([True, False])),
        )
    ),
    *(
        Sample(op, label, dict(input=value))
        for op in ("Identity", "StopGradient", "PreventGradient", "Copy", "CopyHost")
        for label, value in (("string", b(["a", "bc"])), ("bfloat16", bf16([1, 2])))
    ),
    Sample("DebugIdentity", "matrix", dict(input=normal(2, 3)), dict(tensor_name="x:0")),
    Sample("GuaranteeConst", "matrix", dict(input=normal(2, 3))),
    Sample("GuaranteeConst", "string", dict(input=b("x"))),
    Sample("PreventGradient", "message", dict(input=f32([1])), dict(message="no")),
    Sample("IdentityN", "two_types", dict(input=[f32([1, 2]), b("x")])),
    Sample("IdentityN", "one", dict(input=[i32(3)])),
    Sample("DeepCopy", "matrix", dict(x=normal(2, 3))),
    Sample("DeepCopy", "string", dict(x=b(["a", "b"]))),
    Sample("Placeholder", "unfed", {}, dict(dtype="float32"), error="must feed a value"),
    Sample(
        "Placeholder", "unfed_shape", {}, dict(dtype="int32", shape=(2,)), error="'sampled'.*int32"
    ),
    Sample(
        "PlaceholderV2",
        "unfed",
        {},
        dict(dtype="float32", shape=(2,)),
        error="must feed a value",
        producer=22,
    ),
    Sample("PlaceholderWithDefault", "same_shape", dict(input=f32([1, 2])), dict(shape=(2,))),
    Sample("PlaceholderWithDefault", "open_shape", dict(input=f32([1, 2])), dict(shape=(None,))),
    Sample("EnsureShape", "exact", dict(input=normal(2, 3)), dict(shape=(2, 3))),
    Sample("EnsureShape", "open", dict(input=normal(2, 3)), dict(shape=(None, 3))),
    Sample("EnsureShape", "scalar", dict(input=f32(3)), dict(shape=())),
    Sample(
        "EnsureShape", "other_size", dict(input=normal(2, 3)), dict(shape=(2, 4)), error="shape"
    ),
    Sample("EnsureShape", "other_rank", dict(input=normal(2, 3)), dict(shape=(6,)), error="shape"),
    *(
        Sample(op, "other_type", dict(input=f32([1])), dict(T="int32"), error="'T' must be")
        for op in (
            "Identity",
            "StopGradient",
            "PreventGradient",
            "Snapshot",
            "GuaranteeConst",
            "Copy",
            "CopyHost",
            "DebugIdentity",
        )
    ),
    Sample("DeepCopy", "other_type", dict(x=f32([1])), dict(T="int32"), error="'T' must be"),
    Sample("IdentityN", "none", dict(input=[]), error="'T' must be at least 1"),
    Sample(
        "PlaceholderWithDefault",
        "other_type",
        dict(input=f32([1])),
        dict(dtype="int32", shape=(1,)),
        error="'dtype' must be",
    ),
]
