"""Batch normalisation of training and the activation after it, in one go over the images: what `passes.fuse_normalization` makes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.ops.normalization import FLAT, fused_batch_norm_v3, normalize_batch
from minihub_runtime.ops.registry import ROUNDING, Array, op

__all__ = ["LIMITS"]

#: Activation → what it limits numbers to, above 0.
LIMITS: dict[str, float] = {"Relu": np.inf, "Relu6": 6}


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
        finish=_bounds(LIMITS[activation]),
    )
    return (*found, np.zeros((), np.float32))


def _bounds(limit: float) -> Callable[[Array], None]:
    """What puts the numbers of a flat block between 0 and a limit, in place."""
    # With rows of limits NumPy compares several times faster than with single ones.
    low = np.zeros(FLAT, np.float32)
    high = None if limit == np.inf else np.full(FLAT, limit, np.float32)

    def bound(block: Array) -> None:
        for start in range(0, block.size, FLAT):
            part = block[start : start + FLAT]
            np.maximum(part, low[: part.size], out=part)
            if high is not None:
                np.minimum(part, high[: part.size], out=part)

    return bound
