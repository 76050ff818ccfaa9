"""How often numbers occur.

Source: tensorflow/python/ops/sparse_ops.py, tensorflow/python/ops/ragged/ragged_bincount_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.bincount import dense_weights
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.dtypes import DType
from minihub_runtime.public import public

__all__ = ["ragged_weights", "sparse_bincount", "sparse_weights"]


@public("sparse.bincount")
def sparse_bincount(
    values: Any,
    weights: Any = None,
    axis: int | None = 0,
    minlength: int | None = None,
    maxlength: int | None = None,
    binary_output: bool = False,
    name: str | None = None,
) -> SparseTensor:
    """How often each number occurs, as a sparse tensor.

    Args:
        values: non-negative integers: a dense, sparse or ragged tensor of rank 1 or 2.
        weights: what each counts instead of 1, a tensor of the same kind and shape.
        axis: 0 for all rows together, -1 for each.
        minlength: how many numbers the result has at least.
        maxlength: how many at most; larger numbers do not count.
        binary_output: whether the result is 1 where a number occurs; not together with weights.
        name: a name of the operations.

    Raises:
        ValueError: an argument is out of range, or weights are of another kind.
    """
    with name_scope(name, "count", [values, weights]):
        if not isinstance(values, SparseTensor):
            values = convert_to_tensor_or_ragged_tensor(values, name="values")
        if weights is not None and not isinstance(weights, SparseTensor):
            weights = convert_to_tensor_or_ragged_tensor(weights, name="weights")
        if weights is not None and binary_output:
            raise ValueError(
                "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only one."
            )
        axis = 0 if axis is None else axis
        if axis not in (0, -1):
            raise ValueError(
                f"Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
            )
        if axis == 0:
            values, weights = _flattened(values, weights)
        op, inputs = _counted(values, weights)
        return SparseTensor(
            *build(
                op,
                **inputs,
                minlength=-1 if minlength is None else minlength,
                maxlength=-1 if maxlength is None else maxlength,
                binary_output=binary_output,
            )
        )


def _flattened(values: Any, weights: Any) -> tuple[Any, Any]:
    """All numbers, and what each counts, without rows."""
    if isinstance(values, SparseTensor):
        if weights is not None:
            weights = sparse_weights(values, weights)
        return values.values, weights
    if isinstance(values, RaggedTensor):
        if weights is not None:
            weights = ragged_weights(values, weights)
        return values.values, weights
    if weights is not None:
        weights = reshape(weights, [-1])
    return reshape(values, [-1]), weights


def _counted(values: Any, weights: Any) -> tuple[str, dict[str, Any]]:
    """The op that counts, and its inputs."""
    if isinstance(values, SparseTensor):
        return "SparseCountSparseOutput", {
            "indices": values.indices,
            "values": values.values,
            "dense_shape": values.dense_shape,
            "weights": sparse_weights(values, weights),
        }
    if isinstance(values, RaggedTensor):
        return "RaggedCountSparseOutput", {
            "splits": values.row_splits,
            "values": values.values,
            "weights": ragged_weights(values, weights),
        }
    return "DenseCountSparseOutput", {
        "values": values,
        "weights": dense_weights(values, weights),
    }


def sparse_weights(values: SparseTensor, weights: Any, dtype: DType | None = None) -> Tensor:
    """What each element of a sparse tensor counts; empty if nothing is said.

    Raises:
        ValueError: the weights are no sparse tensor.
    """
    if weights is None:
        return constant([], values.values.dtype if dtype is None else dtype)
    if not isinstance(weights, SparseTensor):
        raise ValueError(
            "Argument `weights` must be a SparseTensor if `values` is a SparseTensor. Received "
            f"weights={weights} of type: {type(weights).__name__}"
        )
    checks = []
    if weights.dense_shape is not values.dense_shape:
        message = "'weights' and 'values' must have the same dense shape."
        checks.append(assert_equal(weights.dense_shape, values.dense_shape, message=message))
    if weights.indices is not values.indices:
        message = "'weights' and 'values' must have the same indices."
        checks.append(assert_equal(weights.indices, values.indices, message=message))
    checked: Tensor = _after(checks, weights.values)
    return checked


def ragged_weights(values: RaggedTensor, weights: Any, dtype: DType | None = None) -> Any:
    """What each value of a ragged tensor counts; empty if nothing is said.

    Raises:
        ValueError: the weights are no ragged tensor.
    """
    if weights is None:
        return constant([], values.values.dtype if dtype is None else dtype)
    if not isinstance(weights, RaggedTensor):
        raise ValueError(
            "`weights` must be a RaggedTensor if `values` is a RaggedTensor. Received argument weights="
            f"{weights} of type: {type(weights).__name__}."
        )
    checks = []
    if weights.row_splits is not values.row_splits:
        message = "'weights' and 'values' must have the same row splits."
        checks.append(assert_equal(weights.row_splits, values.row_splits, message=message))
    return _after(checks, weights.values)


def _after(checks: list[Any], tensor: Tensor) -> Any:
    if not checks:
        return tensor
    with control_dependencies(checks):
        return build("Identity", input=tensor)
