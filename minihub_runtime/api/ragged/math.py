"""Sums and products of ragged tensors.

Source: tensorflow/python/ops/ragged/ragged_math_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api import reduction as dense
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.map_fn import map_fn
from minihub_runtime.api.matmul import matmul as matmul_dense
from minihub_runtime.api.ragged.elementwise import map_flat_values
from minihub_runtime.api.ragged.row_partition import RowPartition
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.repeating import get_positive_axis, repeat
from minihub_runtime.api.sizes import size
from minihub_runtime.api.type_spec import RaggedTensorSpec

__all__ = ["add_n", "cumsum", "matmul"]


def add_n(inputs: Sequence[Any], name: str | None = None) -> Any:
    """`tf.add_n` of ragged tensors of the same rows."""
    with name_scope(name, "RaggedAddN", inputs):
        return map_flat_values(_add_n, list(inputs))


def _add_n(inputs: Any) -> Any:
    return build("AddN", inputs=inputs)


def cumsum(
    x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Any:
    """`tf.cumsum` of a ragged tensor.

    Raises:
        ValueError: there is no such axis.
    """
    with name_scope(name, "RaggedCumSum", [x, axis, exclusive, reverse]):
        x = convert_to_tensor_or_ragged_tensor(x)
        axis = get_positive_axis(axis, x.shape.ndims, ndims_name="rank")
        depth = x.ragged_rank
        if axis == depth:
            rows = x.nested_row_partitions[-1]
            return x.with_flat_values(_cumsum_rows(rows, x.flat_values, exclusive, reverse))
        if axis > depth:

            def inner(values: Any) -> Any:
                return dense.cumsum(values, axis=axis - depth, exclusive=exclusive, reverse=reverse)

            return map_flat_values(inner, x)
        sums = dense.cumsum(x.to_tensor(), axis, exclusive=exclusive, reverse=reverse, name=name)
        return RaggedTensor.from_tensor(sums, lengths=x.nested_row_lengths())


def _cumsum_rows(rows: RowPartition, values: Any, exclusive: bool, reverse: bool) -> Any:
    """Sums over all values, less what they were where the row begins."""
    if not exclusive:
        return _cumsum_rows(rows, values, True, reverse) + values
    if reverse:
        first = gather(rows.row_splits, rows.value_rowids() + 1) - 1
    else:
        first = gather(rows.row_splits, rows.value_rowids())
    sums = dense.cumsum(values, exclusive=True, reverse=reverse)
    return sums - gather(sums, first)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    name: str | None = None,
) -> Any:
    """`tf.matmul` of tensors of which one or both are ragged; the innermost dimensions must fit.

    Raises:
        ValueError: types or ranks differ, no rank is known, or both a transpose and an adjoint are asked for.
    """
    if transpose_a and adjoint_a:
        raise ValueError("Only one of transpose_a and adjoint_a can be True.")
    if transpose_b and adjoint_b:
        raise ValueError("Only one of transpose_b and adjoint_b can be True.")
    options = {
        "transpose_a": transpose_a,
        "transpose_b": transpose_b,
        "adjoint_a": adjoint_a,
        "adjoint_b": adjoint_b,
        "a_is_sparse": a_is_sparse,
        "b_is_sparse": b_is_sparse,
        "output_type": output_type,
    }
    with name_scope(name, "RaggedMatMul", [a, b]):
        a = convert_to_tensor_or_ragged_tensor(a, name="a")
        b = convert_to_tensor_or_ragged_tensor(b, name="b")
        if a.dtype != b.dtype:
            raise ValueError("`a` and `b` must have the same dtype.")
        rank = _common_rank(a, b)
        if rank > 3:
            return _matmul_batches(a, b, options)
        if rank == 2:
            return _matmul_matrices(a, b, options)
        depth = a.ragged_rank if isinstance(a, RaggedTensor) else 0
        if depth == 1 and not (isinstance(b, RaggedTensor) or transpose_a or adjoint_a):
            return _matmul_rows(a, b, options)
        return _matmul_each(a, b, options)


def _common_rank(a: Any, b: Any) -> int:
    ranks = {tensor.shape.ndims for tensor in (a, b)} - {None}
    if not ranks:
        raise ValueError(
            "matmul requires at least one input to have known rank if either input is ragged."
        )
    if len(ranks) > 1 or min(ranks) < 2:
        raise ValueError("`a` and `b` must have the same rank.")
    rank: int = ranks.pop()
    return rank


def _matmul_batches(a: Any, b: Any, options: dict[str, Any]) -> Any:
    a, b = (
        item if isinstance(item, RaggedTensor) else RaggedTensor.from_tensor(item, ragged_rank=1)
        for item in (a, b)
    )
    message = "Batch dimensions of `a` and `b` do not have the same size."
    check = assert_equal(a.row_splits, b.row_splits, message=message)
    with control_dependencies([check]):
        inner = (a.values, b.values)
        is_ragged = any(isinstance(item, RaggedTensor) for item in inner)
        multiply = matmul if is_ragged else matmul_dense
        return a.with_values(multiply(*inner, **options))


def _matmul_matrices(a: Any, b: Any, options: dict[str, Any]) -> Any:
    """Two matrices, whose rows a run checks to have one length."""
    message = "The matrices in `a` and `b` may not be ragged in their innermost dimension."
    checks = []
    dense = []
    for item in (a, b):
        matrix = item
        if isinstance(item, RaggedTensor):
            count = size(item.flat_values)
            matrix = item.to_tensor()
            checks.append(assert_equal(count, size(matrix), message=message))
        dense.append(matrix)
    with control_dependencies(checks):
        return matmul_dense(*dense, **options)


def _matmul_rows(a: RaggedTensor, b: Any, options: dict[str, Any]) -> RaggedTensor:
    """Each row of each matrix of `a` with the matrix of `b` of the same batch."""
    rows = expand_dims(a.values, 1)
    matrices = repeat(b, a.row_lengths(), axis=0)
    products = matmul_dense(rows, matrices, **options)
    return a.with_values(squeeze(products, axis=1))


def _matmul_each(a: Any, b: Any, options: dict[str, Any]) -> Any:
    """One matrix of each batch after the other."""
    b_turned = options["transpose_b"] or options["adjoint_b"]
    deep = isinstance(b, RaggedTensor) and (b.ragged_rank == 2 or b_turned)

    def multiply(pair: Any) -> Any:
        product = _matmul_matrices(pair[0], pair[1], options)
        return RaggedTensor.from_tensor(product) if deep else product

    ragged = a if isinstance(a, RaggedTensor) else b
    dtype = a.dtype if options["output_type"] is None else options["output_type"]
    spec = RaggedTensorSpec(None, dtype, 1 if deep else 0, ragged.row_splits.dtype)
    result = map_fn(multiply, (a, b), fn_output_signature=spec)
    a_turned = options["transpose_a"] or options["adjoint_a"]
    outer = a.shape[:-2]
    rows = a.shape[-1:] if a_turned else a.shape[-2:-1]
    columns = b.shape[-2:-1] if b_turned else b.shape[-1:]
    result._set_shape(outer.concatenate(rows).concatenate([None]))
    result._set_shape(b.shape[:-2].concatenate([None]).concatenate(columns))
    return result
