"""Ragged tensors as elements of variant tensors, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.ops.broadcasting import elementwise
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.ragged import check_nested, from_lengths
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, dims, size

__all__ = ["RaggedVariant"]


@dataclasses.dataclass(frozen=True, eq=False)
class RaggedVariant:
    """A ragged tensor as one element of a variant tensor.

    Attributes:
        nested_splits: the splits, outermost first.
        values: the flat values, of rank >= 1.
    """

    nested_splits: tuple[Array, ...]
    values: Array

    def zeros_like(self) -> RaggedVariant:
        """Zeros in rows of the same lengths."""
        return RaggedVariant(self.nested_splits, np.zeros(self.values.shape, self.values.dtype))

    def plus(self, other: Any) -> RaggedVariant:
        """The sums of the values.

        Raises:
            InvalidArgumentError: the rows have other lengths.
        """
        require(
            isinstance(other, RaggedVariant)
            and len(other.nested_splits) == len(self.nested_splits)
            and all(map(np.array_equal, self.nested_splits, other.nested_splits))
            and other.values.shape == self.values.shape,
            "ragged tensors that are added must have the same rows",
        )
        return RaggedVariant(self.nested_splits, elementwise(np.add, self.values, other.values))


@op(
    "RaggedTensorToVariant(rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: Tvalues) "
    "-> encoded_ragged: variant",
    RAGGED_RANK=at_least(0),
    Tvalues=ANY,
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/ragged_tensor_to_variant_op.cc",
)
def ragged_tensor_to_variant(
    rt_nested_splits: Sequence[Array], rt_dense_values: Array, *, batched_input: bool
) -> Array:
    """A ragged tensor as a variant scalar, or with `batched_input` a vector with one element per row.

    Differs: without splits the static shape is that of the result; TensorFlow infers one row less.
    """
    require(rt_dense_values.ndim >= 1, "rt_dense_values must have rank >= 1, not 0")
    if not batched_input:
        whole: Array = np.empty((), dtype=object)
        whole[()] = RaggedVariant(tuple(rt_nested_splits), rt_dense_values)
        return whole
    if not rt_nested_splits:
        rows: Array = np.empty(len(rt_dense_values), dtype=object)
        for row in range(len(rows)):
            rows[row] = RaggedVariant((), np.array(rt_dense_values[row]))
        return rows
    check_nested(rt_nested_splits, rt_dense_values)
    top, *deeper = rt_nested_splits
    result: Array = np.empty(len(top) - 1, dtype=object)
    for row, ends in enumerate(zip(top[:-1].tolist(), top[1:].tolist(), strict=True)):
        begin, end = ends
        parts = []
        for splits in deeper:
            part = splits[begin : end + 1]
            parts.append(part - part[0])
            begin, end = int(part[0]), int(part[-1])
        result[row] = RaggedVariant(tuple(parts), rt_dense_values[begin:end].copy())
    return result


@ragged_tensor_to_variant.shape
def ragged_tensor_to_variant_shape(
    rt_nested_splits: list[Spec], rt_dense_values: Spec, batched_input: bool
) -> Shape:
    """A scalar, or as many as there are rows."""
    require(rt_dense_values.shape != (), "rt_dense_values must have rank >= 1, not 0")
    counts = [with_rank(splits, 1, "rt_nested_splits")[0] for splits in rt_nested_splits]
    if not batched_input:
        return ()
    if not counts:
        return rt_dense_values.shape[:1] if rt_dense_values.shape is not None else (None,)
    require(counts[0] != 0, "rt_nested_splits[0] must not be empty")
    return (None if counts[0] is None else counts[0] - 1,)


@op(
    "RaggedTensorFromVariant(encoded_ragged: variant) "
    "-> output_nested_splits: output_ragged_rank * Tsplits, output_dense_values: Tvalues",
    input_ragged_rank=at_least(-1),
    output_ragged_rank=at_least(0),
    Tvalues=ANY,
    Tsplits=INDEX.default_to("int64"),
    views=True,
    source="core/kernels/ragged_tensor_from_variant_op.cc",
)
def ragged_tensor_from_variant(
    encoded_ragged: Array,
    *,
    input_ragged_rank: int,
    output_ragged_rank: int,
    Tvalues: DType,
    Tsplits: DType,
) -> tuple[Array, ...]:
    """The ragged tensor that variant elements make when they are stacked.

    Raises: InvalidArgumentError unless every element is a ragged tensor of the ranks and types asked for.
    """
    inner = (
        output_ragged_rank - encoded_ragged.ndim if input_ragged_rank == -1 else input_ragged_rank
    )
    if inner < 0 or inner + encoded_ragged.ndim != output_ragged_rank:
        require(
            False,
            f"output_ragged_rank must be input_ragged_rank + {encoded_ragged.ndim}, "
            f"not {output_ragged_rank} for {input_ragged_rank}",
        )
    parts: list[RaggedVariant] = encoded_ragged.reshape(-1).tolist()
    for number, part in enumerate(parts):
        _check_variant(part, number, inner, Tvalues, Tsplits)
    if not encoded_ragged.ndim:
        return (*parts[0].nested_splits, parts[0].values)
    found = []
    for axis in range(encoded_ragged.ndim - 1):
        rows = np.arange(encoded_ragged.shape[axis] + 1, dtype=Tsplits.numpy)
        found.append(rows * Tsplits.numpy.type(encoded_ragged.shape[axis + 1]))
    heights = [
        len(part.nested_splits[0]) - 1 if part.nested_splits else len(part.values) for part in parts
    ]
    found.append(from_lengths(np.array(heights, dtype=np.int64), Tsplits.numpy))
    for level in range(inner):
        lengths = [np.diff(part.nested_splits[level]) for part in parts]
        joined = np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int64)
        found.append(from_lengths(joined, Tsplits.numpy))
    if not parts:
        return (*found, np.zeros(0, dtype=Tvalues.numpy))
    shapes = {part.values.shape[1:] for part in parts}
    if len(shapes) > 1:
        require(False, f"the values of all elements must have one inner shape, not {shapes}")
    return (*found, np.concatenate([part.values for part in parts]))


def _check_variant(part: Any, number: int, rank: int, values: DType, splits: DType) -> None:
    if not isinstance(part, RaggedVariant):
        require(
            False, f"encoded_ragged[{number}] must be a ragged tensor, not {type(part).__name__}"
        )
    if len(part.nested_splits) != rank:
        require(
            False,
            f"encoded_ragged[{number}] must have ragged rank {rank}, not {len(part.nested_splits)}",
        )
    require(part.values.ndim > 0, f"encoded_ragged[{number}] must have rank >= 1, not 0")
    found = as_dtype(part.values.dtype)
    if found is not values:
        require(False, f"encoded_ragged[{number}] must hold {values.name}, not {found.name}")
    for row in part.nested_splits:
        if row.dtype != splits.numpy or row.ndim != 1 or not len(row):
            require(
                False,
                f"encoded_ragged[{number}] must have {splits.name} vectors as splits, "
                f"not {row.dtype} of shape {list(row.shape)}",
            )


@ragged_tensor_from_variant.shape
def ragged_tensor_from_variant_shape(
    encoded_ragged: Spec, input_ragged_rank: int, output_ragged_rank: int
) -> list[Shape]:
    """Splits of unknown length and values of unknown shape."""
    if encoded_ragged.shape is not None and input_ragged_rank >= 0:
        with_rank(encoded_ragged, output_ragged_rank - input_ragged_rank, "encoded_ragged")
    return [*([(None,)] * output_ragged_rank), None]


@op(
    "RaggedTensorToVariantGradient(encoded_ragged_grad: variant, row_splits: Tsplits, "
    "dense_values_shape: int32) -> dense_values_grad: Tvalues",
    Tvalues=ANY,
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/ragged_tensor_to_variant_op.cc:RaggedTensorToVariantGradientOp",
    shape=lambda dense_values_shape: dims(dense_values_shape.value),
)
def ragged_tensor_to_variant_gradient(
    encoded_ragged_grad: Array, row_splits: Array, dense_values_shape: Array, *, Tvalues: DType
) -> Array:
    """The values of ragged tensors, one after the other, in the shape of what was encoded.

    Raises: InvalidArgumentError if they are of another type, or not as many as the shape wants.
    """
    require_rank(dense_values_shape, 1, "dense_values_shape, a vector,")
    rows: list[RaggedVariant] = encoded_ragged_grad.reshape(-1).tolist()
    for row in rows:
        require(isinstance(row, RaggedVariant), f"a {type(row).__name__} must be a ragged tensor")
        found = as_dtype(row.values.dtype)
        require(found is Tvalues, f"the gradient must hold {Tvalues.name}, not {found.name}")
    parts = [row.values.reshape(-1) for row in rows]
    flat = np.concatenate(parts) if parts else np.zeros(0, Tvalues.numpy)
    shape = dense_values_shape.tolist()
    require(
        flat.size == size(shape), f"the gradient must have {size(shape)} values, not {flat.size}"
    )
    return flat.reshape(shape)


@ragged_tensor_to_variant.gradient
def ragged_tensor_to_variant_rule(
    ops: Ops, grad: Term, rt_nested_splits: list[Term], rt_dense_values: Term
) -> tuple[None, Term]:
    splits = rt_nested_splits[0] if rt_nested_splits else ops.constant(0, "int64")
    return None, ops.RaggedTensorToVariantGradient(
        grad, splits, ops.Shape(rt_dense_values), Tvalues=rt_dense_values.dtype
    )


@ragged_tensor_from_variant.gradient
def ragged_tensor_from_variant_rule(
    ops: Ops,
    grads: list[Term],
    encoded_ragged: Term,
    output_nested_splits: list[Term],
    output_ragged_rank: int,
) -> Term:
    rank = encoded_ragged.rank
    if rank is not None and rank > 1:
        raise ValueError(
            "Unable to compute gradient: RaggedTensorToVariant can currently only generate 0D or 1D "
            "output."
        )
    batched = output_ragged_rank > 0 if rank is None else rank == 1
    return ops.RaggedTensorToVariant(output_nested_splits, grads[-1], batched_input=batched)
