"""Batch normalisation of training and the activation after it, in one go over the images: what `passes.fuse_normalization` makes."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.finishing import finish_with
from minihub_runtime.ops.normalization import fused_batch_norm_v3, normalize_batch
from minihub_runtime.ops.registry import ROUNDING, Array, op

__all__: list[str] = []


@op(
    "_ActivatedBatchNorm(x: float32, scale: float32, offset: float32, mean: float32, variance: float32) -> "
    "y: float32, batch_mean: float32, batch_variance: float32, reserve_space_1: float32, "
    "reserve_space_2: float32, reserve_space_3: float32",
    precision=ROUNDING,
    source="core/kernels/fused_batch_norm_op.cc",
    shape=fused_batch_norm_v3.shape_rule,
)
def activated_batch_norm(
    x: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    exponential_avg_factor: float = 1.0,
    data_format: str = "NHWC",
    is_training: bool = True,
    activation: str,
) -> tuple[Array, ...]:
    """FusedBatchNormV3, then what `activation` says, Relu or Relu6, of `y`.

    Raises: as FusedBatchNormV3.
    """
    finish = finish_with(None, [activation])
    found = normalize_batch(
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon,
        exponential_avg_factor,
        data_format,
        is_training,
        finish=lambda block: finish(block.reshape(-1, 1)),
    )
    return (*found, np.zeros((), np.float32))
