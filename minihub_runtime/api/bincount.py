"""How often each number occurs.

Source: tensorflow/python/ops/bincount_ops.py, sparse_ops.py, ragged/ragged_bincount_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.sizes import size
from minihub_runtime.dtypes import DType, as_dtype, int32
from minihub_runtime.public import public

__all__ = ["bincount", "dense_weights", "ragged_bincount", "sparse_bincount"]


@public("bincount", "math.bincount")
def bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = int32,
) -> Tensor:
    """How often each number occurs, from 0 to the largest.

    Args:
        arr: non-negative integers; a dense, sparse or ragged tensor.
        weights: what each counts instead of 1, a tensor of the same kind and shape.
        minlength: how many numbers the result has at least.
        maxlength: how many at most; larger numbers do not count.
        dtype: the type of the result if there are no weights.

    Returns:
        A vector; element `i` tells how often `i` occurs.

    Raises:
        ValueError: weights are of another kind than `arr`.
    """
    with name_scope("bincount"):
        arr = convert_to_tensor(arr, name="arr")
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
        arr = _as_integers(arr)
        nonempty = size(arr) > 0
        length = cast(nonempty, arr.dtype) * (reduce_max(arr) + 1)
        length = _limited(length, minlength, maxlength, arr.dtype)
        if weights is not None:
            weights = reshape(weights, [-1])
        return _counted(reshape(arr, [-1]), length, weights, dtype)


def ragged_bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = int32,
) -> Tensor:
    """`bincount` of a ragged tensor."""
    from minihub_runtime.api.ragged.reductions import reduce_max as ragged_max
    from minihub_runtime.api.ragged.shaping import size as ragged_size
    from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
    from minihub_runtime.api.sparse.counting import ragged_weights

    with name_scope("bincount"):
        arr = convert_to_tensor_or_ragged_tensor(arr, name="arr")
        if weights is not None:
            weights = convert_to_tensor_or_ragged_tensor(weights, name="weights")
        arr = _as_integers(arr)
        nonempty = ragged_size(arr) > 0
        length = cast(nonempty, arr.dtype) * (ragged_max(arr) + 1)
        length = _limited(length, minlength, maxlength, arr.dtype)
        while isinstance(arr, RaggedTensor):
            if weights is not None:
                weights = ragged_weights(arr, weights, dtype)
            arr = arr.values
        return _counted(arr, length, weights, dtype)


def sparse_bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = int32,
) -> Tensor:
    """`bincount` of a sparse tensor."""
    from minihub_runtime.api.sparse.counting import sparse_weights

    with name_scope("bincount"):
        arr = _as_integers(arr)
        nonempty = size(arr) > 0
        # Without values the largest is the type's lowest number.
        largest = build("Maximum", x=reduce_max(arr.values), y=-1)
        length = cast(nonempty, arr.dtype) * (largest + 1)
        length = _limited(length, minlength, maxlength, arr.dtype)
        if weights is not None:
            weights = sparse_weights(arr, weights, dtype)
        return _counted(arr.values, length, weights, dtype)


def _as_integers(arr: Any) -> Any:
    return arr if arr.dtype.is_integer else cast(arr, int32)


def _limited(length: Any, minlength: Any, maxlength: Any, dtype: DType) -> Any:
    """The length of the result, within what the caller wants."""
    for op, limit, name in (
        ("Maximum", minlength, "minlength"),
        ("Minimum", maxlength, "maxlength"),
    ):
        if limit is not None:
            length = build(op, x=convert_to_tensor(limit, dtype, name), y=length)
    return length


def _counted(arr: Tensor, length: Any, weights: Any, dtype: Any) -> Tensor:
    return build(  # type: ignore[no-any-return]
        "DenseBincount",
        input=arr,
        size=length,
        weights=dense_weights(arr, weights, dtype),
        binary_output=False,
    )


def dense_weights(values: Tensor, weights: Any, dtype: Any = None) -> Tensor:
    """What each number counts; empty if nothing is said.

    Raises:
        ValueError: the weights are no dense tensor.
    """
    if weights is None:
        return constant([], as_dtype(dtype) if dtype else values.dtype)
    if not isinstance(weights, Tensor):
        raise ValueError(
            "Argument `weights` must be a tf.Tensor if `values` is a tf.Tensor. Received weights="
            f"{weights} of type: {type(weights).__name__}"
        )
    return weights
