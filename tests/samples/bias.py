"""Samples of `ops/bias.py`."""

from __future__ import annotations

from tests.samples import Sample, c64, f16, f32, i32, normal, typed

SAMPLES = [
    *(
        sample
        for op in ("BiasAdd", "BiasAddV1")
        for sample in (
            Sample(op, "matrix", dict(value=normal(2, 3), bias=normal(3))),
            Sample(op, "rank4", dict(value=normal(2, 3, 1, 4), bias=normal(4))),
            Sample(op, "rank6", dict(value=normal(1, 2, 1, 2, 1, 2), bias=normal(2))),
            Sample(op, "int32", dict(value=i32([[1, 2**31 - 1]]), bias=i32([1, 1]))),
            Sample(op, "complex64", dict(value=c64([[1j, 2]]), bias=c64([1, 1j]))),
            Sample(op, "half", dict(value=normal(2, 3, dtype="float16"), bias=f16([1, 2, 3]))),
            Sample(
                op,
                "bfloat16",
                dict(value=normal(2, 3, dtype="bfloat16"), bias=normal(3, dtype="bfloat16")),
            ),
            Sample(op, "empty", dict(value=f32([]).reshape(0, 3), bias=normal(3))),
            Sample(op, "length", dict(value=normal(2, 3), bias=normal(2)), error="3 elements"),
            Sample(op, "bias_rank", dict(value=normal(2, 3), bias=normal(1, 3)), error="rank 1"),
            Sample(op, "vector", dict(value=normal(3), bias=normal(3)), error="rank >= 2"),
        )
    ),
    *(
        Sample(
            "BiasAdd",
            f"nchw_rank{rank}",
            dict(value=normal(*(1, 2, 3, 2, 1)[:rank]), bias=normal(2)),
            dict(data_format="NCHW"),
        )
        for rank in (3, 4, 5)
    ),
    *(
        Sample(
            "BiasAdd",
            dtype,
            dict(value=typed([[1, 2], [3, 4]], dtype), bias=typed([5, 6], dtype)),
        )
        for dtype in ("int8", "uint8", "int16", "uint16", "uint32", "int64", "float64")
    ),
    Sample("BiasAddGrad", "matrix", dict(out_backprop=normal(2, 3))),
    Sample("BiasAddGrad", "nchw", dict(out_backprop=normal(2, 3, 2, 2)), dict(data_format="NCHW")),
    Sample(
        "BiasAddGrad", "nchw_rank3", dict(out_backprop=normal(2, 3, 4)), dict(data_format="NCHW")
    ),
    Sample("BiasAddGrad", "empty", dict(out_backprop=f32([]).reshape(0, 3))),
    Sample("BiasAddGrad", "half", dict(out_backprop=normal(9, 3, dtype="float16"))),
    Sample("BiasAddGrad", "int8_wraps", dict(out_backprop=typed([[100], [100]], "int8"))),
    Sample("BiasAddGrad", "vector", dict(out_backprop=normal(3)), error="rank >= 2"),
]
