"""Rows of tensors, picked and reduced by segments, and rows that are left out.

Source: tensorflow/python/ops/math_ops.py, tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.public import public

__all__ = ["sparse_mask", "sparse_segment_mean", "sparse_segment_sqrt_n", "sparse_segment_sum"]


def _segment(op: str, what: str, *names: str) -> Callable[..., Tensor]:
    """A function that reduces segments of picked rows."""

    def function(
        data: Any,
        indices: Any,
        segment_ids: Any,
        name: str | None = None,
        num_segments: Any = None,
        sparse_gradient: bool = False,
    ) -> Tensor:
        if sparse_gradient:
            raise NotImplementedError(f"{names[-1]}: sparse_gradient is not supported")
        given = {"data": data, "indices": indices, "segment_ids": segment_ids}
        if num_segments is None:
            return build(op, name=name, **given)  # type: ignore[no-any-return]
        return build(  # type: ignore[no-any-return]
            f"{op}WithNumSegments", name=name, num_segments=num_segments, **given
        )

    function.__name__ = function.__qualname__ = names[-1]
    function.__doc__ = f"""{what} of the rows of each segment.

    Args:
        data: the rows.
        indices: which rows count, int32 or int64.
        segment_ids: for each of these its segment, ascending.
        name: a name of the operation.
        num_segments: the number of segments; by default one more than the last of `segment_ids`.
        sparse_gradient: not supported: whether the gradient is that of the rows that count alone.

    Raises:
        NotImplementedError: a sparse gradient is asked for.
    """
    return public(*names)(function)


sparse_segment_mean = _segment(
    "SparseSegmentMean", "The mean", "sparse.segment_mean", "sparse_segment_mean"
)
sparse_segment_sqrt_n = _segment(
    "SparseSegmentSqrtN",
    "The sum, divided by the root of their number,",
    "sparse.segment_sqrt_n",
    "sparse_segment_sqrt_n",
)
sparse_segment_sum = _segment(
    "SparseSegmentSum", "The sum", "sparse.segment_sum", "sparse_segment_sum"
)


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
