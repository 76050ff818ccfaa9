"""The largest elements, and places in sorted rows."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.dtypes import DType, bits, int32, to_float
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term, product, sizes_of
from minihub_runtime.ops.registry import (
    ANY,
    INDEX,
    REALS,
    Array,
    at_least,
    op,
    types,
    without_gradient,
)
from minihub_runtime.shapes import Shape, Spec, show

__all__ = ["top_places"]


def _descending(keys: Array) -> Array:
    """The places of each row's elements from the largest to the smallest, equal ones in their order."""
    turned = np.argsort(keys[:, ::-1], axis=1, kind="stable")[:, ::-1]
    return keys.shape[1] - 1 - turned


def top_places(keys: Array, k: int) -> Array:
    """The places of the `k` largest elements of each row, largest first, equal ones in their order.

    A NaN is smaller than everything else.
    """
    columns = keys.shape[1]
    if keys.dtype.kind == "f":
        missing = np.isnan(keys)
        if missing.any():
            # Sorting by (is a number, value) puts -inf before NaN.
            order = np.lexsort((-np.arange(columns) + np.zeros_like(keys), keys, ~missing), axis=1)
            return order[:, ::-1][:, :k]
    if k == 1 and columns:
        return keys.argmax(axis=1)[:, None]
    if k == 0 or 4 * k > columns or columns < 64:
        return _descending(keys)[:, :k]
    limit = np.partition(keys, columns - k, axis=1)[:, columns - k, None]
    chosen = keys > limit
    equal = keys == limit
    wanted = k - chosen.sum(axis=1, keepdims=True)
    chosen |= equal & (equal.cumsum(axis=1) <= wanted)
    places = np.nonzero(chosen)[1].reshape(len(keys), k)
    order = _descending(np.take_along_axis(keys, places, axis=1))
    return np.take_along_axis(places, order, axis=1)


def _top_k(input: Array, k: int, index_type: DType) -> tuple[Array, Array]:
    require(input.ndim >= 1, "input must have rank >= 1, not 0")
    require(k >= 0, f"k must be >= 0, not {k}")
    columns = input.shape[-1]
    require(columns >= k, f"input must have at least k = {k} columns, not {columns}")
    shape = (*input.shape[:-1], k)
    if input.size == 0 or k == 0:
        return np.empty(shape, input.dtype), np.empty(shape, index_type.numpy)
    rows = input.reshape(-1, columns)
    places = top_places(bits(to_float(rows)), k)
    values = np.take_along_axis(rows, places, axis=1)
    return values.reshape(shape), places.reshape(shape).astype(index_type.numpy)


def _top_k_shape(input: Spec, k: int | None) -> list[Shape]:
    if input.shape is None:
        return [None, None]
    require(len(input.shape) >= 1, "input must have rank >= 1, not 0")
    columns = input.shape[-1]
    require(k is None or k >= 0, f"k must be >= 0, not {k}")
    if k is not None and columns is not None:
        require(columns >= k, f"input must have at least k = {k} columns, not {columns}")
    shape = (*input.shape[:-1], k)
    return [shape, shape]


@op(
    "TopK(input: T) -> values: T, indices: int32",
    k=at_least(0),
    T=REALS,
    source="core/kernels/topk_op.cc",
    shape=_top_k_shape,
)
def top_k(input: Array, *, k: int, sorted: bool = True) -> tuple[Array, Array]:
    """As TopKV2, with `k` as an attribute."""
    return _top_k(input, k, int32)


@op(
    "TopKV2(input: T, k: Tk) -> values: T, indices: index_type",
    T=REALS,
    Tk=types("int16 int32 int64", default="int32"),
    index_type=types("int16 int32 int64", default="int32"),
    source="core/kernels/topk_op.cc",
)
def top_k_v2(
    input: Array, k: Array, *, index_type: DType, sorted: bool = True
) -> tuple[Array, Array]:
    """The `k` largest elements of each row and their places, largest first; of equal ones the first.

    Differs: with `sorted` false TensorFlow gives them in the order of a heap, here they are sorted all the same.
    Differs: a NaN is smaller than everything; in TensorFlow its place depends on the algorithm for that size.
    Raises: InvalidArgumentError unless `k` is a scalar >= 0 and a row has that many elements.
    """
    require_scalar(k, "k")
    return _top_k(input, int(k), index_type)


@top_k_v2.shape
def top_k_v2_shape(input: Spec, k: Spec) -> list[Shape]:
    require(k.rank in (0, None), f"k must be a scalar, not of shape {show(k.shape)}")
    return _top_k_shape(input, None if k.value is None else int(k.value))


@op("NthElement(input: T, n: int32) -> values: T", T=REALS, source="core/kernels/nth_element_op.cc")
def nth_element(input: Array, n: Array, *, reverse: bool = False) -> Array:
    """The element of each row that would stand at place `n` if the row were sorted.

    Raises: InvalidArgumentError unless `n` is a scalar in [0, length of a row).
    """
    require_scalar(n, "n")
    require(input.ndim >= 1, "input must have rank >= 1, not 0")
    columns, place = input.shape[-1], int(n)
    require(0 <= place < columns, f"n must lie in [0, {columns}), not {place}")
    keys = bits(to_float(input)).reshape(-1, columns)
    if reverse:
        place = columns - 1 - place
    chosen = np.argpartition(keys, place, axis=1)[:, place, None]
    rows = input.reshape(-1, columns)
    return np.take_along_axis(rows, chosen, axis=1).reshape(input.shape[:-1])


@nth_element.shape
def nth_element_shape(input: Spec, n: Spec) -> Shape:
    if input.shape is None:
        return None
    require(len(input.shape) >= 1, "input must have rank >= 1, not 0")
    require(n.rank in (0, None), f"n must be a scalar, not of shape {show(n.shape)}")
    columns = input.shape[-1]
    if n.value is not None and columns is not None:
        require(0 <= int(n.value) < columns, f"n must lie in [0, {columns}), not {int(n.value)}")
    return input.shape[:-1]


def _bounds_shape(sorted_inputs: Spec, values: Spec) -> Shape:
    for name, spec in (("sorted_inputs", sorted_inputs), ("values", values)):
        require(spec.rank in (2, None), f"{name} must have rank 2, not shape {show(spec.shape)}")
    return values.shape if values.shape is not None else (None, None)


def _bounds(name: str, side: Literal["left", "right"]) -> None:
    """Register one of the two ops, which differ in the side alone."""

    def kernel(sorted_inputs: Array, values: Array, *, out_type: DType) -> Array:
        """Where each value would be inserted into its sorted row, before (lower) or after (upper) equal ones.

        Raises: InvalidArgumentError unless both are matrices of as many rows.
        """
        require_rank(sorted_inputs, 2, "sorted_inputs")
        require_rank(values, 2, "values")
        rows, columns = sorted_inputs.shape
        if values.shape[0] != rows:
            raise InvalidArgumentError(f"values must have {rows} rows, not {values.shape[0]}")
        limit = np.iinfo(out_type.numpy).max
        require(columns <= limit, f"a row must have at most {limit} columns, not {columns}")
        found = np.empty(values.shape, dtype=out_type.numpy)
        keys, wanted = bits(to_float(sorted_inputs)), bits(to_float(values))
        for row in range(rows):
            found[row] = np.searchsorted(keys[row], wanted[row], side)
        return found

    op(
        f"{name}(sorted_inputs: T, values: T) -> output: out_type",
        T=ANY,
        out_type=INDEX.default_to("int32"),
        shape=_bounds_shape,
        source="core/kernels/searchsorted_op.cc",
    )(kernel)


_bounds("LowerBound", "left")
_bounds("UpperBound", "right")


def _placed(ops: Ops, grad: Term, input: Term, indices: Term) -> Term:
    """`grad` at the places along the last axis that `indices` name, zeros elsewhere."""
    sizes, count = sizes_of(ops, input), ops.Shape(indices)[-1]
    rows = ops.Reshape(ops.Cast(indices, DstT="int32"), [-1, count])
    starts = ops.Range(0, ops.Shape(rows)[0], 1) * sizes[-1]
    flat = ops.Reshape(rows + ops.ExpandDims(starts, -1), [-1, 1])
    length = ops.Reshape(product(ops, sizes), [1])
    return ops.Reshape(ops.ScatterNd(flat, ops.Reshape(grad, [-1]), length), sizes)


@top_k.gradient
def top_k_gradient(ops: Ops, grad: Term, input: Term, indices: Term) -> Term:
    return _placed(ops, grad, input, indices)


@top_k_v2.gradient
def top_k_v2_gradient(ops: Ops, grad: Term, input: Term, indices: Term) -> tuple[Term, None]:
    return _placed(ops, grad, input, indices), None


@nth_element.gradient
def nth_element_gradient(ops: Ops, grad: Term, input: Term, values: Term) -> tuple[Term, None]:
    # Elements that are equally large share the gradient.
    chosen = ops.Cast(ops.Equal(ops.ExpandDims(values, -1), input), DstT=grad.dtype)
    count = ops.Sum(chosen, [-1], keep_dims=True)
    return chosen / count * ops.ExpandDims(grad, -1), None


without_gradient("LowerBound", "UpperBound")
