"""Activation functions and softmax."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import FLOATS, ROUNDING, Array, op
from minihub_runtime.ops.shape_rules import same


@op(
    "Softmax(logits: T) -> softmax: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/softmax_op_functor.h",
    shape=same,
)
def softmax(logits: Array) -> Array:
    """Exponentials of `logits` along the last axis, scaled to sum to one.

    Shapes: `s` of rank >= 1 -> `s`. The largest logit is subtracted first, so no finite input overflows.
    Raises: InvalidArgumentError for a scalar.
    """
    require(logits.ndim >= 1, "logits must have rank >= 1, not 0")
    scaled = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    scaled /= scaled.sum(axis=-1, keepdims=True)
    return scaled
