"""Samples of `ops/convolution.py`.

TensorFlow's CPU kernels refuse NCHW, dilated depthwise and dilated or grouped 3-D convolutions, so no answers
exist for them; `tests/ops/test_convolution.py` has them.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f32, normal, uniform

ONE = [1, 1, 1, 1]
TWO = [1, 2, 2, 1]
ONE3 = [1] * 5
TWO3 = [1, 2, 2, 2, 1]


def conv(
    label: str,
    x: tuple[int, ...],
    filter: tuple[int, ...],
    strides: list[int] = ONE,
    padding: str = "SAME",
    dtype: str = "float32",
    error: str | None = None,
    op: str = "Conv2D",
    **attrs: Any,
) -> Sample:
    """One convolution of normal values."""
    draw = uniform if dtype == "int32" else normal
    more: dict[str, Any] = dict(low=-9, high=9) if dtype == "int32" else {}
    inputs = dict(
        input=draw(*x, dtype=dtype, **more), filter=draw(*filter, seed=1, dtype=dtype, **more)
    )
    attrs = dict(strides=strides, padding=padding, **attrs)
    return Sample(op, label, inputs, attrs, error, loose=10)


def fused(label: str, fused_ops: list[str], error: str | None = None, **more: Any) -> Sample:
    """One fused convolution."""
    width = more.pop("width", 3)
    batch_norm = fused_ops[0] == "FusedBatchNorm"
    args = [uniform(width, low=0.5, high=2, seed=n) for n in range(4 if batch_norm else 1)]
    return Sample(
        "_FusedConv2D",
        label,
        dict(
            input=normal(1, 4, 4, 2),
            filter=normal(3, 3, 2, 3, seed=1),
            args=args,
            host_args=[],
        ),
        dict(
            num_args=len(args),
            strides=ONE,
            padding="SAME",
            explicit_paddings=[],
            data_format="NHWC",
            filter_format="HWIO",
            dilations=ONE,
            use_cudnn_on_gpu=True,
            fused_ops=fused_ops,
            epsilon=more.get("epsilon", 0.0001),
            leakyrelu_alpha=more.get("leakyrelu_alpha", 0.2),
        ),
        error,
        loose=10,
    )


EXPLICIT = [0, 0, 1, 2, 3, 0, 0, 0]

#: Its kernels are oneDNN's, which give no reference.
SCHEMA_ONLY = ("_FusedDepthwiseConv2dNative",)

SAMPLES = [
    conv("same", (2, 5, 4, 3), (3, 3, 3, 2)),
    conv("valid", (2, 5, 4, 3), (3, 2, 3, 2), padding="VALID"),
    conv("same_stride2_even", (1, 6, 6, 2), (3, 3, 2, 4), TWO),
    conv("same_stride2_odd", (1, 7, 5, 2), (3, 3, 2, 4), TWO),
    conv("valid_stride3", (1, 8, 7, 2), (2, 3, 2, 3), [1, 3, 3, 1], "VALID"),
    conv("stride_longer_than_filter", (1, 7, 7, 2), (2, 2, 2, 3), [1, 4, 3, 1]),
    conv("unequal_strides", (1, 6, 6, 2), (3, 3, 2, 2), [1, 1, 2, 1]),
    conv("explicit", (1, 5, 4, 2), (3, 3, 2, 2), padding="EXPLICIT", explicit_paddings=EXPLICIT),
    conv(
        "explicit_wide",
        (1, 3, 3, 1),
        (2, 2, 1, 2),
        TWO,
        "EXPLICIT",
        explicit_paddings=[0, 0, 4, 3, 2, 5, 0, 0],
    ),
    conv("dilated", (1, 6, 6, 2), (3, 3, 2, 2), dilations=[1, 2, 2, 1]),
    conv("dilated_past_the_input", (1, 3, 3, 1), (3, 3, 1, 1), dilations=[1, 5, 4, 1]),
    conv("dilated_valid", (1, 7, 6, 2), (3, 2, 2, 2), TWO, "VALID", dilations=[1, 3, 2, 1]),
    conv("pointwise", (2, 3, 4, 5), (1, 1, 5, 3)),
    conv("pointwise_stride2", (1, 5, 4, 3), (1, 1, 3, 2), TWO),
    conv("groups", (1, 4, 4, 4), (2, 3, 2, 6)),
    conv("groups_dilated_strided", (2, 5, 5, 6), (2, 2, 2, 3), TWO, dilations=[1, 2, 2, 1]),
    conv("groups_of_one", (1, 4, 4, 3), (3, 3, 1, 6), padding="VALID"),
    conv("groups_pointwise", (1, 3, 3, 4), (1, 1, 2, 2)),
    conv("filter_larger_than_input", (1, 2, 2, 1), (5, 5, 1, 2)),
    conv("even_filter", (1, 5, 5, 1), (4, 2, 1, 2)),
    conv("half", (1, 4, 4, 2), (3, 3, 2, 2), dtype="float16"),
    conv("bfloat16", (1, 4, 4, 2), (3, 3, 2, 2), dtype="bfloat16"),
    conv("double", (1, 4, 4, 2), (3, 3, 2, 2), dtype="float64"),
    conv("int32", (1, 4, 4, 2), (3, 3, 2, 2), dtype="int32"),
    conv("empty_batch", (0, 4, 4, 2), (3, 3, 2, 2)),
    conv("empty_rows", (1, 0, 4, 2), (3, 3, 2, 2)),
    conv("no_outputs", (1, 4, 4, 2), (3, 3, 2, 0)),
    Sample(
        "Conv2D",
        "nan_and_inf",
        dict(
            input=f32([[[[1], [float("nan")], [2], [3], [float("inf")]]]]),
            filter=f32([1, 2]).reshape(1, 2, 1, 1),
        ),
        dict(strides=ONE, padding="VALID"),
    ),
    conv("rank", (4, 4, 2), (3, 3, 2, 2), error="rank 4"),
    conv("filter_rank", (1, 4, 4, 2), (3, 3, 2), error="rank 4"),
    conv("depth", (1, 4, 4, 3), (3, 3, 2, 2), error="multiple of filter depth 2"),
    conv("group_width", (1, 4, 4, 4), (3, 3, 2, 3), error="number of groups 2"),
    conv("empty_filter", (1, 4, 4, 2), (0, 3, 2, 2), error="only dimensions above 0"),
    conv("no_depth", (1, 4, 4, 0), (3, 3, 0, 2), error="only dimensions above 0"),
    conv("too_long", (1, 2, 4, 1), (5, 2, 1, 1), padding="VALID", error="must fit"),
    conv("stride_zero", (1, 4, 4, 1), (2, 2, 1, 1), [1, 0, 1, 1], error="positive"),
    conv("stride_batch", (1, 4, 4, 1), (2, 2, 1, 1), [2, 1, 1, 1], error="1 for batch"),
    conv("strides_short", (1, 4, 4, 1), (2, 2, 1, 1), [1, 1, 1], error="4 values"),
    conv("dilation_zero", (1, 4, 4, 1), (2, 2, 1, 1), dilations=[1, 0, 1, 1], error="positive"),
    conv("dilation_depth", (1, 4, 4, 1), (2, 2, 1, 1), dilations=[1, 1, 1, 2], error="1 for batch"),
    conv(
        "explicit_negative",
        (1, 4, 4, 1),
        (2, 2, 1, 1),
        padding="EXPLICIT",
        explicit_paddings=[0, 0, -1, 0, 0, 0, 0, 0],
        error="negative",
    ),
    conv(
        "explicit_batch",
        (1, 4, 4, 1),
        (2, 2, 1, 1),
        padding="EXPLICIT",
        explicit_paddings=[1, 0, 0, 0, 0, 0, 0, 0],
        error="0 for batch",
    ),
    conv(
        "explicit_missing",
        (1, 4, 4, 1),
        (2, 2, 1, 1),
        padding="EXPLICIT",
        error="must have 8 values",
    ),
    conv(
        "explicit_with_same",
        (1, 4, 4, 1),
        (2, 2, 1, 1),
        explicit_paddings=[0, 0, 1, 1, 0, 0, 0, 0],
        error="must be empty",
    ),
    conv("same", (1, 3, 4, 3, 2), (2, 3, 3, 2, 2), ONE3, op="Conv3D"),
    conv("valid_strided", (2, 4, 5, 5, 2), (2, 3, 2, 2, 3), TWO3, "VALID", op="Conv3D"),
    conv("same_strided", (1, 4, 3, 5, 1), (3, 3, 3, 1, 2), [1, 1, 2, 3, 1], op="Conv3D"),
    conv("pointwise", (1, 2, 3, 2, 3), (1, 1, 1, 3, 2), ONE3, op="Conv3D"),
    conv("double", (1, 2, 3, 2, 1), (2, 2, 2, 1, 2), ONE3, dtype="float64", op="Conv3D"),
    conv("half", (1, 2, 3, 2, 1), (2, 2, 2, 1, 2), ONE3, dtype="float16", op="Conv3D"),
    conv("bfloat16", (1, 2, 3, 2, 1), (2, 2, 2, 1, 2), ONE3, dtype="bfloat16", op="Conv3D"),
    conv("empty_batch", (0, 2, 3, 2, 1), (2, 2, 2, 1, 2), ONE3, op="Conv3D"),
    conv("rank", (2, 3, 2, 1), (2, 2, 2, 1, 2), ONE3, error="rank 5", op="Conv3D"),
    conv("depth", (1, 2, 3, 2, 3), (2, 2, 2, 2, 2), ONE3, error="multiple", op="Conv3D"),
    conv("no_outputs", (1, 2, 3, 2, 2), (2, 2, 2, 2, 0), ONE3, error="above 0", op="Conv3D"),
    conv(
        "stride_zero",
        (1, 2, 3, 2, 2),
        (2, 2, 2, 2, 1),
        [1, 0, 1, 1, 1],
        error="positive",
        op="Conv3D",
    ),
    conv("too_long", (1, 2, 3, 2, 2), (5, 2, 2, 2, 1), ONE3, "VALID", error="fit", op="Conv3D"),
    conv("same", (2, 5, 4, 3), (3, 3, 3, 1), op="DepthwiseConv2dNative"),
    conv("valid", (1, 5, 4, 3), (2, 3, 3, 1), padding="VALID", op="DepthwiseConv2dNative"),
    conv(
        "valid_unpadded_rows",
        (2, 4, 5, 2),
        (1, 3, 2, 1),
        padding="VALID",
        op="DepthwiseConv2dNative",
    ),
    conv("multiplier", (1, 4, 4, 2), (3, 3, 2, 3), op="DepthwiseConv2dNative"),
    conv("stride2", (1, 6, 6, 2), (3, 3, 2, 1), TWO, op="DepthwiseConv2dNative"),
    conv("stride2_odd", (1, 7, 5, 2), (3, 3, 2, 2), TWO, op="DepthwiseConv2dNative"),
    conv(
        "stride3_valid",
        (1, 8, 9, 1),
        (2, 2, 1, 2),
        [1, 3, 3, 1],
        "VALID",
        op="DepthwiseConv2dNative",
    ),
    conv(
        "explicit",
        (1, 5, 4, 2),
        (3, 3, 2, 1),
        padding="EXPLICIT",
        explicit_paddings=EXPLICIT,
        op="DepthwiseConv2dNative",
    ),
    conv("pointwise", (1, 3, 3, 2), (1, 1, 2, 1), op="DepthwiseConv2dNative"),
    conv("half", (1, 4, 4, 2), (3, 3, 2, 1), dtype="float16", op="DepthwiseConv2dNative"),
    conv("bfloat16", (1, 4, 4, 2), (2, 2, 2, 1), dtype="bfloat16", op="DepthwiseConv2dNative"),
    conv("double", (1, 4, 4, 2), (3, 3, 2, 1), dtype="float64", op="DepthwiseConv2dNative"),
    conv("empty_batch", (0, 4, 4, 2), (3, 3, 2, 1), op="DepthwiseConv2dNative"),
    conv("no_channels", (1, 4, 4, 0), (3, 3, 0, 1), op="DepthwiseConv2dNative"),
    conv("empty_filter", (1, 4, 4, 1), (0, 3, 1, 1), op="DepthwiseConv2dNative"),
    conv(
        "depth", (1, 4, 4, 2), (3, 3, 1, 1), error="equal filter depth", op="DepthwiseConv2dNative"
    ),
    conv("rank", (4, 4, 2), (3, 3, 2, 1), error="rank 4", op="DepthwiseConv2dNative"),
    conv(
        "stride_zero",
        (1, 4, 4, 2),
        (3, 3, 2, 1),
        [1, 0, 0, 1],
        error="positive",
        op="DepthwiseConv2dNative",
    ),
    conv(
        "too_long",
        (1, 2, 4, 1),
        (5, 2, 1, 1),
        padding="VALID",
        error="fit",
        op="DepthwiseConv2dNative",
    ),
    fused("bias", ["BiasAdd"]),
    fused("relu", ["BiasAdd", "Relu"]),
    fused("relu6", ["BiasAdd", "Relu6"]),
    fused("elu", ["BiasAdd", "Elu"]),
    fused("leaky_relu", ["BiasAdd", "LeakyRelu"], leakyrelu_alpha=0.3),
    fused("batch_norm", ["FusedBatchNorm"], epsilon=0.01),
    fused("batch_norm_relu", ["FusedBatchNorm", "Relu"]),
    fused("unknown", ["BiasAdd", "Cosh"], error="known activations"),
]
