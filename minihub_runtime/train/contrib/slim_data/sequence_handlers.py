"""Items of SequenceExamples: boxes and points in each step.

Source: tf_slim/data/tfexample_decoder.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from minihub_runtime.api import composite
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.padding import pad
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.sparse.conversion import sparse_tensor_to_dense
from minihub_runtime.api.sparse.shaping import sparse_concat, sparse_reshape
from minihub_runtime.dtypes import int64
from minihub_runtime.train.contrib.slim_data.item_handlers import (
    ItemHandler,
    Parsed,
    full_keys,
    public_handler,
)

__all__ = ["BoundingBoxSequence", "KeypointsSequence", "NumBoxesSequence"]


class _CoordinatesSequence(ItemHandler):
    """Coordinates, `[steps, most in a step, coordinates]`, each of which is a sparse feature."""

    usual: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        keys: Sequence[str] | None = None,
        prefix: str | None = None,
        return_dense: bool = True,
        default_value: float = -1.0,
    ) -> None:
        self._full_keys = full_keys(type(self).__name__, keys, self.usual, prefix)
        self._return_dense = return_dense
        self._default_value = default_value
        super().__init__(self._full_keys)

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The rows of coordinates."""
        coordinates = []
        for key in self._full_keys:
            value = keys_to_tensors[key]
            shape = concat(
                [cast(shape_of(value), int64, name="ToInt64"), constant([1], dtype=int64)], 0
            )
            coordinates.append(sparse_reshape(value, shape))
        joined = sparse_concat(2, coordinates)
        if not self._return_dense:
            return joined
        return sparse_tensor_to_dense(joined, default_value=self._default_value)


@public_handler
class BoundingBoxSequence(_CoordinatesSequence):
    """Boxes, `[steps, most boxes in a step, 4]`: their top, left, bottom and right side.

    Args:
        keys: the sparse features of the sides; by default ymin, xmin, ymax and xmax.
        prefix: what stands before their names.
        return_dense: whether the item is a dense tensor, rather than a sparse one.
        default_value: what stands in a dense one where there is no box.

    Raises:
        ValueError: these are not four.
    """

    usual = ("ymin", "xmin", "ymax", "xmax")


@public_handler
class KeypointsSequence(_CoordinatesSequence):
    """Points, `[steps, most points in a step, 2]`, from above and from the left.

    Args:
        keys: the sparse features of the coordinates; by default y and x.
        prefix, return_dense, default_value: see `BoundingBoxSequence`.

    Raises:
        ValueError: these are not two.
    """

    usual = ("y", "x")


def _counts(tensor: Any) -> Any:
    """How many values each row of a sparse matrix has."""
    if not isinstance(tensor, composite.SparseTensor):
        raise ValueError("tensor must be of type tf.SparseTensor.")
    indices, shape = tensor.indices, tensor.dense_shape
    numbers = composite.SparseTensor(indices, indices[:, 1], shape)
    dense = sparse_tensor_to_dense(numbers, default_value=-1)
    # A column of zeros, as there may be none.
    return reduce_max(pad(dense + 1, [[0, 0], [0, 1]]), axis=1)


@public_handler
class NumBoxesSequence(ItemHandler):
    """How many boxes there are in each step, int64 `[steps]`.

    Args:
        keys: sparse features of boxes; the first tells how many there are.
        check_consistency: whether it is an error if the others tell something else.

    Raises:
        ValueError: there are no keys.
    """

    def __init__(self, keys: Any = None, check_consistency: bool = True) -> None:
        if not keys:
            raise ValueError("keys must not be empty.")
        self._check_consistency = check_consistency
        super().__init__(keys)

    def tensors_to_item(self, keys_to_tensors: Parsed) -> Any:
        """The numbers of boxes."""
        first, *others = self._keys
        counts = _counts(keys_to_tensors[first])
        checks = []
        if self._check_consistency:
            checks = [assert_equal(counts, _counts(keys_to_tensors[key])) for key in others]
        with control_dependencies(checks):
            return identity(counts)
