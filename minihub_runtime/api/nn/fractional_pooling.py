"""Pooling of windows whose sizes vary, so that the output is a fraction of the input.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.public import public

__all__ = ["fractional_avg_pool", "fractional_max_pool"]


@public("nn.fractional_max_pool")
def fractional_max_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
    seed: int = 0,
    seed2: int = 0,
    name: str | None = None,
) -> Any:
    """The largest value of each window.

    Args:
        value: `[batch, height, width, channels]`.
        pooling_ratio: four numbers, of which the first and last are 1: input size over output size.
        pseudo_random: whether the sizes follow a pseudo-random rule rather than being drawn.
        overlapping: whether windows share their border.
        deterministic: whether every run has the same windows.
        seed: the first seed.
        seed2: the second seed.
        name: wanted name.

    Returns:
        `output`, and the borders of the windows, `row_pooling_sequence` and `col_pooling_sequence`.
    """
    return build(
        "FractionalMaxPool",
        name=name,
        value=value,
        pooling_ratio=pooling_ratio,
        pseudo_random=pseudo_random,
        overlapping=overlapping,
        deterministic=deterministic,
        seed=seed,
        seed2=seed2,
    )


@public("nn.fractional_avg_pool")
def fractional_avg_pool(
    value: Any,
    pooling_ratio: Any,
    pseudo_random: bool = False,
    overlapping: bool = False,
    deterministic: bool = False,
    seed: int = 0,
    seed2: int = 0,
    name: str | None = None,
) -> Any:
    """The mean of each window; see `fractional_max_pool`."""
    return build(
        "FractionalAvgPool",
        name=name,
        value=value,
        pooling_ratio=pooling_ratio,
        pseudo_random=pseudo_random,
        overlapping=overlapping,
        deterministic=deterministic,
        seed=seed,
        seed2=seed2,
    )
