"""Samples of `ops/normalization.py`.

In inference TensorFlow leaves the reserve outputs unset.
"""

from __future__ import annotations

from typing import Any

from tests.samples import Sample, f32, normal, uniform

NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
GRADS = ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")
EMPTY = f32([])


def norm(
    op: str,
    label: str,
    x: tuple[int, ...] = (2, 2, 3, 2),
    training: bool = True,
    moments: bool | None = None,
    dtype: str = "float32",
    error: str | None = None,
    factor: float = 1.0,
    unset: tuple[int, ...] | None = None,
    **more: Any,
) -> Sample:
    """One batch normalisation."""
    data_format = more.get("data_format", "NHWC")
    channels = x[-1] if data_format.endswith("C") else x[1]
    given = not training if moments is None else moments
    inputs = dict(
        x=normal(*x, dtype=dtype),
        scale=normal(channels, seed=1),
        offset=normal(channels, seed=2),
        mean=normal(channels, seed=3) if given else EMPTY,
        variance=uniform(channels, low=0.5, high=2, seed=4) if given else EMPTY,
    )
    for name in ("scale", "offset", "mean", "variance"):
        inputs[name] = more.pop(name, inputs[name])
    attrs = dict(is_training=training, exponential_avg_factor=factor, **more)
    if unset is None:
        unset = () if training else (3, 4)
    return Sample(op, label, inputs, attrs, error, loose=3, unset=unset)


def norm_grad(
    op: str,
    label: str,
    x: tuple[int, ...] = (2, 2, 3, 2),
    dtype: str = "float32",
    error: str | None = None,
    **more: Any,
) -> Sample:
    """One gradient of a batch normalisation."""
    channels = x[-1] if more.get("data_format", "NHWC").endswith("C") else x[1]
    inputs = dict(
        y_backprop=normal(*more.pop("grad", x), seed=5, dtype=dtype),
        x=normal(*x, dtype=dtype),
        scale=normal(more.pop("length", channels), seed=1),
        reserve_space_1=normal(channels, seed=3),
        reserve_space_2=uniform(channels, low=0.5, high=2, seed=4),
    )
    if op.endswith("V3"):
        inputs["reserve_space_3"] = EMPTY
    return Sample(op, label, inputs, more, error, loose=10)


SAMPLES = [
    *(
        sample
        for op in NORMS
        for sample in (
            norm(op, "training"),
            norm(op, "inference", training=False),
            norm(op, "training_averages", moments=True, factor=0.3),
            norm(op, "training_given_moments", moments=True),
            norm(op, "training_one_element", (1, 1, 1, 3)),
            norm(op, "inference_epsilon", training=False, epsilon=0.1),
            norm(op, "inference_nchw", (2, 3, 2, 2), training=False, data_format="NCHW"),
            norm(op, "training_nchw", (2, 3, 2, 2), data_format="NCHW"),
            norm(op, "inference_many_channels", (1, 2, 2, 40), training=False),
            norm(op, "inference_factor", training=False, factor=0.3),
            norm(op, "empty_batch", (0, 2, 3, 2), unset=(3, 4)),
            norm(op, "negative_variance", training=False, variance=f32([-1, 1])),
            norm(op, "rank", (3, 2), error="rank 4"),
            norm(op, "scale", scale=f32([1]), error="scale must have 2"),
            norm(op, "offset", offset=f32([1]), error="offset must have 2"),
            norm(op, "mean", training=False, mean=f32([1]), error="mean must have 2"),
            norm(op, "variance", training=False, variance=f32([1]), error="variance must have 2"),
            norm(op, "mean_missing", factor=0.5, error="mean must have 2"),
        )
    ),
    *(
        norm(op, label, training=label == "half", dtype=dtype)
        for op in NORMS[1:]
        for label, dtype in (
            ("half", "float16"),
            ("half_inference", "float16"),
            ("bfloat16_inference", "bfloat16"),
        )
    ),
    norm("FusedBatchNormV3", "ndhwc", (1, 2, 2, 3, 2), training=False, data_format="NDHWC"),
    norm("FusedBatchNormV3", "ncdhw", (1, 2, 2, 3, 2), training=False, data_format="NCDHW"),
    norm("FusedBatchNormV3", "ndhwc_training", (1, 2, 2, 3, 2), data_format="NDHWC"),
    *(
        sample
        for op in GRADS
        for sample in (
            norm_grad(op, "training"),
            norm_grad(op, "inference", is_training=False),
            norm_grad(op, "nchw", (2, 3, 2, 2), data_format="NCHW"),
            norm_grad(op, "shapes", grad=(1, 2, 3, 2), error="shape"),
            norm_grad(op, "scale", length=1, error="scale must have 2"),
        )
    ),
    norm_grad("FusedBatchNormGradV2", "half", dtype="float16"),
    norm_grad("FusedBatchNormGradV3", "half", dtype="float16"),
    norm_grad("FusedBatchNormGradV3", "ndhwc", (1, 2, 2, 3, 2), data_format="NDHWC"),
]
