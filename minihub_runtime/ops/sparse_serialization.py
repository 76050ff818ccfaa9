"""Sparse tensors as three strings or variants each: the indices, the values and the shape.

Source: tensorflow/core/kernels/serialize_sparse_op.cc, deserialize_sparse_string_op.cc.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, int64, string
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, indices_in_range, require, require_rank
from minihub_runtime.ops.parsing import parse_tensor, serialize_tensor
from minihub_runtime.ops.registry import ANY, Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge

__all__ = ["Sparse", "check_parts", "rows_of", "stacked"]

_FORMS = types("string variant", "string")

Sparse = tuple[Array, Array, Array]


def _check_ranks(indices: Array, values: Array, shape: Array) -> None:
    require_rank(indices, 2, "sparse_indices")
    require_rank(values, 1, "sparse_values")
    require_rank(shape, 1, "sparse_shape")


def check_parts(indices: Array, values: Array, shape: Array) -> None:
    """Raise InvalidArgumentError unless these are the parts of a sparse tensor, whatever its indices."""
    _check_ranks(indices, values, shape)
    if len(indices) != len(values) or indices.shape[1] != len(shape):
        require(
            False,
            f"sparse_indices must have shape {[len(values), len(shape)]}, not {list(indices.shape)}",
        )


def _serialized(parts: Sparse, out_type: DType) -> list[Any]:
    if out_type.name == "variant":
        return [part.copy() for part in parts]
    return [
        _packed(part)
        if part.dtype == object
        else serialize_tensor.kernel(part, T=as_dtype(part.dtype)).item()
        for part in parts
    ]


def _varint(value: int) -> bytes:
    """An integer in groups of seven bits, the lowest first."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def _packed(strings: Array) -> bytes:
    """A vector of strings as a TensorProto whose content is all lengths, then all bytes."""
    from minihub_runtime.codec import shape_to_proto
    from minihub_runtime.protos import TensorProto

    flat = strings.tolist()
    proto = TensorProto(dtype=string.as_datatype_enum, tensor_shape=shape_to_proto(strings.shape))
    proto.tensor_content = b"".join([_varint(len(item)) for item in flat] + flat)
    data: bytes = proto.SerializeToString()
    return data


def _as_vector(items: list[Any]) -> Array:
    result = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        result[place] = item
    return result


def _one_shape(sparse_indices: Spec, sparse_values: Spec, sparse_shape: Spec) -> Shape:
    merge(sparse_indices.shape, (None, None))
    merge(sparse_values.shape, (None,))
    merge(sparse_shape.shape, (None,))
    return (3,)


@op(
    "SerializeSparse(sparse_indices: int64, sparse_values: T, sparse_shape: int64)"
    " -> serialized_sparse: out_type",
    T=ANY,
    out_type=_FORMS,
    source="core/kernels/serialize_sparse_op.cc",
    shape=_one_shape,
)
def serialize_sparse(
    sparse_indices: Array, sparse_values: Array, sparse_shape: Array, *, out_type: DType
) -> Array:
    """The three parts, each as a TensorProto or as a variant; whether they fit is for whoever reads them.

    Raises: InvalidArgumentError for parts of other ranks.
    """
    _check_ranks(sparse_indices, sparse_values, sparse_shape)
    return _as_vector(_serialized((sparse_indices, sparse_values, sparse_shape), out_type))


def _many_shape(sparse_indices: Spec, sparse_values: Spec, sparse_shape: Spec) -> Shape:
    _one_shape(sparse_indices, sparse_values, sparse_shape)
    return (None, 3)


@op(
    "SerializeManySparse(sparse_indices: int64, sparse_values: T, sparse_shape: int64)"
    " -> serialized_sparse: out_type",
    T=ANY,
    out_type=_FORMS,
    source="core/kernels/serialize_sparse_op.cc",
    shape=_many_shape,
)
def serialize_many_sparse(
    sparse_indices: Array, sparse_values: Array, sparse_shape: Array, *, out_type: DType
) -> Array:
    """Each row of a batch as a sparse tensor of a rank less.

    Shapes: `[n, r], [n], [r] -> [batch, 3]`.
    Raises: InvalidArgumentError for parts that do not fit each other, a rank below 2, indices outside `sparse_shape`,
    out of order or repeated.
    """
    rows = rows_of(sparse_indices, sparse_values, sparse_shape)
    items = [item for row in rows for item in _serialized(row, out_type)]
    return _as_vector(items).reshape(-1, 3)


def rows_of(sparse_indices: Array, sparse_values: Array, sparse_shape: Array) -> list[Sparse]:
    """The rows of a sparse tensor, each as one of a rank less.

    Raises:
        InvalidArgumentError: parts do not fit each other, the rank is below 2, or indices lie outside `sparse_shape`, out
            of order or repeated.
    """
    check_parts(sparse_indices, sparse_values, sparse_shape)
    require(len(sparse_shape) >= 2, f"sparse_shape must have >= 2 sizes, not {len(sparse_shape)}")
    batch = int(sparse_shape[0])
    allocatable((batch, 3), object, "serialized_sparse")
    for column, limit in enumerate(sparse_shape.tolist()):
        indices_in_range(sparse_indices[:, column], limit, f"sparse_indices column {column}")
    steps = np.diff(sparse_indices, axis=0)
    # The first column in which two neighbours differ decides about their order.
    first = np.take_along_axis(steps, (steps != 0).argmax(axis=1)[:, None], axis=1)
    require(bool((first > 0).all()), "sparse_indices must be in order, each once")
    bounds = np.searchsorted(sparse_indices[:, 0], np.arange(batch + 1)).tolist()
    return [
        (sparse_indices[low:high, 1:], sparse_values[low:high], sparse_shape[1:])
        for low, high in itertools.pairwise(bounds)
    ]


def _restored(item: Any, dtype: DType) -> Array:
    if isinstance(item, np.ndarray):
        if as_dtype(item.dtype) is not dtype:
            require(False, f"a part must be {dtype.name}, not {as_dtype(item.dtype).name}")
        return item
    if not isinstance(item, bytes):
        raise InvalidArgumentError("serialized_sparse must hold tensors")
    array: Array = parse_tensor.kernel(_as_vector([item]).reshape(()), out_type=dtype)
    return array


def _parts(row: list[Any], dtype: DType) -> Sparse:
    indices, values, shape = (
        _restored(item, kind) for item, kind in zip(row, (int64, dtype, int64), strict=True)
    )
    check_parts(indices, values, shape)
    return indices, values, shape


def _deserialized(serialized_sparse: Array, dtype: DType) -> Sparse:
    outer = serialized_sparse.shape[:-1]
    require(
        serialized_sparse.ndim >= 1 and serialized_sparse.shape[-1] == 3,
        f"serialized_sparse must have a last size of 3, not shape {list(serialized_sparse.shape)}",
    )
    require(serialized_sparse.size > 0, "serialized_sparse must hold a sparse tensor")
    found = [_parts(list(row), dtype) for row in serialized_sparse.reshape(-1, 3)]
    return stacked(found, outer) if outer else found[0]


def stacked(found: list[Sparse], outer: tuple[int, ...]) -> Sparse:
    """Sparse tensors, at least one, with the sizes `outer` in front, wide enough for each.

    Raises:
        InvalidArgumentError: they are of several ranks.
    """
    rank = len(found[0][2])
    for _, _, shape in found:
        require(len(shape) == rank, f"all must have rank {rank}, not {len(shape)}")
    places = np.unravel_index(
        np.repeat(np.arange(len(found)), [len(values) for _, values, _ in found]), outer
    )
    inner = np.concatenate([indices for indices, _, _ in found])
    shape = np.maximum.reduce([shape for _, _, shape in found])
    return (
        np.concatenate([np.stack(places, axis=1).astype(np.int64), inner], axis=1),
        np.concatenate([values for _, values, _ in found]),
        np.concatenate([np.array(outer, np.int64), shape]),
    )


def _sparse_shapes(serialized_sparse: Spec) -> list[Shape]:
    shape = serialized_sparse.shape
    if shape is not None:
        require(len(shape) >= 1, "serialized_sparse must have rank >= 1, not 0")
        merge(shape[-1:], (3,))
    return [(None, None), (None,), (None,)]


@op(
    "DeserializeSparse(serialized_sparse: Tserialized)"
    " -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64",
    dtype=ANY,
    Tserialized=_FORMS,
    source="core/kernels/deserialize_sparse_string_op.cc",
    shape=_sparse_shapes,
)
def deserialize_sparse(serialized_sparse: Array, *, dtype: DType) -> Sparse:
    """What SerializeSparse made; of several, a sparse tensor with their sizes in front, wide enough for each.

    Raises: InvalidArgumentError for anything but three parts each that fit, of type `dtype`, of one rank.
    """
    return _deserialized(serialized_sparse, dtype)


def _batch_shapes(serialized_sparse: Spec) -> list[Shape]:
    merge(serialized_sparse.shape, (None, 3))
    return [(None, None), (None,), (None,)]


@op(
    "DeserializeManySparse(serialized_sparse: string)"
    " -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64",
    dtype=ANY,
    source="core/kernels/deserialize_sparse_string_op.cc",
    shape=_batch_shapes,
)
def deserialize_many_sparse(serialized_sparse: Array, *, dtype: DType) -> Sparse:
    """What SerializeManySparse made.

    Raises: InvalidArgumentError as DeserializeSparse, and for anything but a matrix.
    """
    require_rank(serialized_sparse, 2, "serialized_sparse")
    return _deserialized(serialized_sparse, dtype)
