"""Slices that are left out.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.public import public

__all__ = ["sparse_mask"]


@public("sparse.mask", "sparse_mask")
def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The slices whose indices are not among `mask_indices`.

    Args:
        a: slices.
        mask_indices: indices of slices to leave out.
        name: a name of the operations.
    """
    with name_scope(name, "sparse_mask", [a, mask_indices]) as scope:
        indices, places = build("ListDiff", x=a.indices, y=mask_indices)
        return IndexedSlices(gather(a.values, places, name=scope), indices, a.dense_shape)
