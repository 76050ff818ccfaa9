"""Distances of sequences.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = ["edit_distance"]


@public("edit_distance")
def edit_distance(
    hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance"
) -> Tensor:
    """How many insertions, deletions and substitutions make one sequence of another.

    Args:
        hypothesis: a sparse tensor of sequences along its last dimension.
        truth: a sparse tensor of as many sequences.
        normalize: divide by the length of the true sequence.
        name: wanted name.

    Raises:
        TypeError: one is not sparse.
    """
    for what, value in (("Hypothesis", hypothesis), ("Truth", truth)):
        if not isinstance(value, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"{what} must be a SparseTensor.")
    result: Tensor = build(
        "EditDistance",
        name=name,
        hypothesis_indices=hypothesis.indices,
        hypothesis_values=hypothesis.values,
        hypothesis_shape=hypothesis.dense_shape,
        truth_indices=truth.indices,
        truth_values=truth.values,
        truth_shape=truth.dense_shape,
        normalize=normalize,
    )
    return result
