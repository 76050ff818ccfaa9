"""Features of serialised tf.Example protos as tensors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.registry import Array, at_least, op, types_list
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, compatible, show, size

__all__ = [
    "KINDS",
    "VALUES",
    "array_of",
    "example_parser",
    "example_places",
    "part_by_part",
    "static_dense_shapes",
]

VALUES = "float32 int64 string"
KINDS = {
    "bytes_list": dtypes.string,
    "float_list": dtypes.float32,
    "int64_list": dtypes.int64,
}


@dataclasses.dataclass(frozen=True)
class _Dense:
    """A dense feature that is asked for; `shape` begins with None if its length varies."""

    key: bytes
    dtype: DType
    shape: tuple[int | None, ...]
    default: Array

    @property
    def varies(self) -> bool:
        return bool(self.shape) and self.shape[0] is None

    @property
    def inner(self) -> tuple[int, ...]:
        """The fixed sizes."""
        return tuple(n for n in self.shape if n is not None)


def static_dense_shapes(shapes: Sequence[Shape], count: int) -> list[tuple[int | None, ...]]:
    """The shapes of `count` dense features, of which only first sizes may be unknown."""
    if len(shapes) != count:
        require(False, f"dense_shapes must have {count} elements, not {len(shapes)}")
    found = []
    for number, shape in enumerate(shapes):
        if shape is None or None in shape[1:]:
            require(
                False,
                f"dense_shapes[{number}] must be known except in its first size, not {show(shape)}",
            )
        found.append(tuple(shape or ()))
    return found


def _dense_features(
    keys: Sequence[bytes],
    defaults: Sequence[Array],
    types: Sequence[DType],
    shapes: Sequence[Shape],
) -> list[_Dense]:
    if not len(keys) == len(defaults) == len(types):
        require(
            False,
            "dense_keys and dense_defaults must have one length, "
            f"not {len(keys)} and {len(defaults)}",
        )
    found = []
    for key, default, dtype, shape in zip(
        keys, defaults, types, static_dense_shapes(shapes, len(keys)), strict=True
    ):
        feature = _Dense(key, dtype, shape, default)
        if feature.varies and default.size != 1:
            require(
                False,
                f"the default of {key!r} must hold one value, with which rows are filled, "
                f"not shape {list(default.shape)}",
            )
        if not feature.varies and default.size and not compatible(shape, default.shape):
            require(
                False,
                f"the default of {key!r} must be empty or of shape {show(shape)}, "
                f"not {list(default.shape)}",
            )
        found.append(feature)
    return found


def _read(serialized: bytes, place: str) -> Any:
    """The feature map of one Example."""
    from google.protobuf.message import DecodeError

    from minihub_runtime.protos import Example

    try:
        return Example.FromString(serialized).features.feature
    except DecodeError as error:
        raise InvalidArgumentError(
            f"{place} must be a tf.Example: {error}, not {clip(repr(serialized))}"
        ) from error


def _values(features: Any, key: bytes, dtype: DType, place: str) -> Any | None:
    """The values of a feature, None if it is absent or empty of any kind."""
    try:
        name = key.decode("utf-8")
    except UnicodeDecodeError:
        # A map key of a proto is UTF-8, so no feature has this one.
        return None
    if name not in features:
        return None
    feature = features[name]
    kind = feature.WhichOneof("kind")
    if kind is None:
        return None
    if KINDS[kind] is not dtype:
        require(
            False,
            f"feature {name!r} of {place} must have type {dtype.name}, not {KINDS[kind].name}",
        )
    return getattr(feature, kind).value


def array_of(values: Sequence[Any], dtype: DType) -> Array:
    """A vector of the values of features."""
    result = np.empty(len(values), dtype=dtype.numpy)
    result[:] = values
    return result


def _dense_column(examples: list[Any], places: list[str], feature: _Dense) -> Array:
    """The values of one dense feature, a row per example."""
    found = [
        _values(example, feature.key, feature.dtype, place)
        for example, place in zip(examples, places, strict=True)
    ]
    stride = size(feature.inner)
    if feature.varies:
        for values, place in zip(found, places, strict=True):
            if values is not None and len(values) and (not stride or len(values) % stride):
                require(
                    False,
                    f"feature {feature.key!r} of {place} must have a multiple of {stride} values, "
                    f"not {len(values)}",
                )
        longest = max((len(values) for values in found if values is not None), default=0)
        result = np.empty((len(found), longest), dtype=feature.dtype.numpy)
        result[...] = feature.default.reshape(())
        for row, values in zip(result, found, strict=True):
            if values is not None:
                row[: len(values)] = values
        rows = longest // stride if stride else 0
        return result.reshape(len(found), rows, *feature.inner)
    result = np.empty((len(found), stride), dtype=feature.dtype.numpy)
    for row, values, place in zip(result, found, places, strict=True):
        if values is None:
            if not feature.default.size:
                require(False, f"feature {feature.key!r} of {place} must be there, not missing")
            row[:] = feature.default.reshape(-1)
        elif len(values) != stride:
            require(
                False,
                f"feature {feature.key!r} of {place} must have {stride} values as shape "
                f"{show(feature.shape)} says, not {len(values)}",
            )
        else:
            row[:] = values
    return result.reshape(len(found), *feature.inner)


def _listed(
    examples: list[Any], places: list[str], key: bytes, dtype: DType
) -> tuple[Array, Array]:
    """All values of one feature, and how many each example has."""
    joined: list[Any] = []
    lengths = []
    for example, place in zip(examples, places, strict=True):
        values = _values(example, key, dtype, place)
        joined.extend(values or ())
        lengths.append(len(values) if values is not None else 0)
    return array_of(joined, dtype), np.array(lengths, dtype=np.int64)


def _sparse_column(
    examples: list[Any], places: list[str], key: bytes, dtype: DType
) -> tuple[Array, Array, Array]:
    """One feature as a sparse matrix with a row per example."""
    values, lengths = _listed(examples, places, key, dtype)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    columns = np.arange(len(values)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    shape = np.array([len(lengths), lengths.max(initial=0)], dtype=np.int64)
    return np.column_stack([rows, columns]).astype(np.int64), values, shape


def example_places(names: Array, serialized: Array) -> list[str]:
    """What messages call each example."""
    if names.size and names.shape != serialized.shape:
        require(
            False,
            f"names must be empty or have shape {list(serialized.shape)}, not {list(names.shape)}",
        )
    given = names.reshape(-1).tolist() if names.size else None
    return [
        f"example {number}" + (f" ({given[number].decode('utf-8', 'replace')})" if given else "")
        for number in range(serialized.size)
    ]


def part_by_part(columns: list[tuple[Array, ...]], count: int) -> list[Array]:
    """The first `count` parts of several columns, part by part."""
    return [column[part] for part in range(count) for column in columns]


@op(
    "ParseExample(serialized: string, names: string, sparse_keys: Nsparse * string, "
    "dense_keys: Ndense * string, dense_defaults: Tdense) -> sparse_indices: Nsparse * int64, "
    "sparse_values: sparse_types, sparse_shapes: Nsparse * int64, dense_values: Tdense",
    Nsparse=at_least(0),
    Ndense=at_least(0),
    sparse_types=types_list(VALUES),
    Tdense=types_list(VALUES),
    dense_shapes=at_least(0),
    source="core/kernels/example_parsing_ops.cc",
)
def parse_example(
    serialized: Array,
    names: Array,
    sparse_keys: Sequence[Array],
    dense_keys: Sequence[Array],
    dense_defaults: Sequence[Array],
    *,
    sparse_types: list[DType],
    Tdense: list[DType],
    dense_shapes: list[Shape],
) -> tuple[Array, ...]:
    """Features of a vector of serialised tf.Example protos.

    Sparse features become sparse matrices with a row per example. Dense ones have the shape the attribute says, or
    with an unknown first size the length of the longest, filled with the default.
    Raises: InvalidArgumentError for bytes that are no Example, values of another type or number, and a dense
    feature that is missing and has no default.
    """
    require_rank(serialized, 1, "serialized")
    for key in (*sparse_keys, *dense_keys):
        require_scalar(key, "a key")
    return _parse_batch(
        serialized,
        names,
        [key.item() for key in sparse_keys],
        sparse_types,
        _dense_features([key.item() for key in dense_keys], dense_defaults, Tdense, dense_shapes),
        [],
        [],
        [],
    )


def _parse_batch(
    serialized: Array,
    names: Array,
    sparse_keys: Sequence[bytes],
    sparse_types: Sequence[DType],
    dense: Sequence[_Dense],
    ragged_keys: Sequence[bytes],
    ragged_types: Sequence[DType],
    split_types: Sequence[DType],
) -> tuple[Array, ...]:
    _check_counts(sparse_keys, sparse_types, ragged_keys, ragged_types, split_types)
    places = example_places(names, serialized)
    texts = serialized.reshape(-1).tolist()
    examples = [_read(text, place) for text, place in zip(texts, places, strict=True)]
    sparse = [
        _sparse_column(examples, places, key, dtype)
        for key, dtype in zip(sparse_keys, sparse_types, strict=True)
    ]
    ragged: list[tuple[Array, ...]] = []
    for key, dtype, splits in zip(ragged_keys, ragged_types, split_types, strict=True):
        values, lengths = _listed(examples, places, key, dtype)
        row_splits = np.concatenate([[0], np.cumsum(lengths)]).astype(splits.numpy)
        ragged.append((values, row_splits))
    return (
        *part_by_part(list(sparse), 3),
        *(_dense_column(examples, places, feature) for feature in dense),
        *part_by_part(ragged, 2),
    )


def _parse_one(
    serialized: Array,
    sparse_keys: Sequence[bytes],
    sparse_types: Sequence[DType],
    dense: Sequence[_Dense],
    ragged_keys: Sequence[bytes],
    ragged_types: Sequence[DType],
    split_types: Sequence[DType],
) -> tuple[Array, ...]:
    """The features of one Example, without a dimension for the batch."""
    _check_counts(sparse_keys, sparse_types, ragged_keys, ragged_types, split_types)
    place = "the example"
    examples, places = [_read(serialized.item(), place)], [place]
    sparse: list[tuple[Array, ...]] = []
    for key, dtype in zip(sparse_keys, sparse_types, strict=True):
        values, lengths = _listed(examples, places, key, dtype)
        sparse.append((np.arange(len(values), dtype=np.int64)[:, None], values, lengths))
    ragged: list[tuple[Array, ...]] = []
    for key, dtype, splits in zip(ragged_keys, ragged_types, split_types, strict=True):
        values, _ = _listed(examples, places, key, dtype)
        # One row has no splits in TensorFlow's answer.
        ragged.append((values, np.zeros(0, dtype=splits.numpy)))
    return (
        *part_by_part(sparse, 3),
        *(_dense_column(examples, places, feature)[0, ...] for feature in dense),
        *part_by_part(ragged, 2),
    )


def _check_counts(
    sparse_keys: Sequence[bytes],
    sparse_types: Sequence[DType],
    ragged_keys: Sequence[bytes],
    ragged_types: Sequence[DType],
    split_types: Sequence[DType],
) -> None:
    if len(sparse_keys) != len(sparse_types):
        require(
            False,
            f"sparse_keys must have {len(sparse_types)} elements like sparse_types, "
            f"not {len(sparse_keys)}",
        )
    if not len(ragged_keys) == len(ragged_types) == len(split_types):
        require(
            False,
            f"ragged_keys must have {len(ragged_types)} elements like ragged_value_types and "
            f"{len(split_types)} like ragged_split_types, not {len(ragged_keys)}",
        )


def _batched_shapes(
    batch: tuple[int | None, ...],
    sparse: int,
    dense_shapes: Sequence[Shape],
    dense: int,
    ragged: int,
) -> list[Shape]:
    depth = len(batch) + 1
    found: list[Shape] = [(None, depth)] * sparse + [(None,)] * sparse + [(depth,)] * sparse
    found += [(*batch, *shape) for shape in static_dense_shapes(dense_shapes, dense)]
    splits: Shape = (None if batch[0] is None else batch[0] + 1,) if batch else (None,)
    return found + [(None,)] * ragged + [splits] * ragged


@parse_example.shape
def parse_example_shape(
    serialized: Spec,
    names: Spec,
    sparse_types: list[DType],
    Tdense: list[DType],
    dense_shapes: list[Shape],
) -> list[Shape]:
    """Sparse matrices, and a row per example for dense features."""
    with_rank(names, 1, "names")
    batch = with_rank(serialized, 1, "serialized")
    return _batched_shapes(batch, len(sparse_types), dense_shapes, len(Tdense), 0)


def example_parser(
    sparse_keys: Sequence[bytes],
    sparse_types: Sequence[DType],
    dense_keys: Sequence[bytes],
    dense_defaults: Sequence[Array],
    dense_types: Sequence[DType],
    dense_shapes: Sequence[Shape],
    ragged_keys: Sequence[bytes],
    ragged_types: Sequence[DType],
    split_types: Sequence[DType],
) -> Callable[[Array, Array], tuple[Array, ...]]:
    """What makes the results of ParseExampleV2 of serialised examples and their names.

    Raises:
        InvalidArgumentError: keys, types, shapes and defaults do not fit each other.
    """
    _check_counts(sparse_keys, sparse_types, ragged_keys, ragged_types, split_types)
    dense = _dense_features(dense_keys, dense_defaults, dense_types, dense_shapes)

    def parse(serialized: Array, names: Array) -> tuple[Array, ...]:
        return _parse_batch(
            serialized,
            names,
            sparse_keys,
            sparse_types,
            dense,
            ragged_keys,
            ragged_types,
            split_types,
        )

    return parse


@op(
    "ParseExampleV2(serialized: string, names: string, sparse_keys: string, dense_keys: string, "
    "ragged_keys: string, dense_defaults: Tdense) -> sparse_indices: num_sparse * int64, "
    "sparse_values: sparse_types, sparse_shapes: num_sparse * int64, dense_values: Tdense, "
    "ragged_values: ragged_value_types, ragged_row_splits: ragged_split_types",
    Tdense=types_list(VALUES),
    num_sparse=at_least(0),
    sparse_types=types_list(VALUES),
    ragged_value_types=types_list(VALUES),
    ragged_split_types=types_list("int32 int64"),
    dense_shapes=at_least(0),
    source="core/kernels/example_parsing_ops.cc",
)
def parse_example_v2(
    serialized: Array,
    names: Array,
    sparse_keys: Array,
    dense_keys: Array,
    ragged_keys: Array,
    dense_defaults: Sequence[Array],
    *,
    Tdense: list[DType],
    num_sparse: int,
    sparse_types: list[DType],
    ragged_value_types: list[DType],
    ragged_split_types: list[DType],
    dense_shapes: list[Shape],
) -> tuple[Array, ...]:
    """Features of one serialised tf.Example or a vector of them; like ParseExample, and ragged ones.

    Differs: a key that is asked for twice is found twice; TensorFlow finds neither.
    """
    for name, keys in (
        ("sparse_keys", sparse_keys),
        ("dense_keys", dense_keys),
        ("ragged_keys", ragged_keys),
    ):
        require_rank(keys, 1, name)
    if serialized.ndim > 1:
        require(False, f"serialized must have rank <= 1, not shape {list(serialized.shape)}")
    if len(sparse_keys) != num_sparse:
        require(False, f"sparse_keys must have {num_sparse} elements, not {len(sparse_keys)}")
    dense = _dense_features(dense_keys.tolist(), dense_defaults, Tdense, dense_shapes)
    wanted = (
        sparse_keys.tolist(),
        sparse_types,
        dense,
        ragged_keys.tolist(),
        ragged_value_types,
        ragged_split_types,
    )
    if serialized.ndim:
        return _parse_batch(serialized, names, *wanted)
    example_places(names, serialized)
    return _parse_one(serialized, *wanted)


@parse_example_v2.shape
def parse_example_v2_shape(
    serialized: Spec,
    num_sparse: int,
    Tdense: list[DType],
    ragged_value_types: list[DType],
    dense_shapes: list[Shape],
) -> list[Shape]:
    """Those of ParseExample, without the batch for a scalar."""
    ragged = len(ragged_value_types)
    if serialized.shape is None:
        found: list[Shape] = [*[(None, None)] * num_sparse, *[(None,)] * 2 * num_sparse]
        static_dense_shapes(dense_shapes, len(Tdense))
        return found + [None] * len(Tdense) + [(None,)] * 2 * ragged
    require(len(serialized.shape) <= 1, f"serialized must have rank <= 1, not {serialized.rank}")
    return _batched_shapes(serialized.shape, num_sparse, dense_shapes, len(Tdense), ragged)


@op(
    "ParseSingleExample(serialized: string, dense_defaults: Tdense) "
    "-> sparse_indices: num_sparse * int64, sparse_values: sparse_types, "
    "sparse_shapes: num_sparse * int64, dense_values: Tdense",
    num_sparse=at_least(0),
    sparse_keys=at_least(0),
    dense_keys=at_least(0),
    sparse_types=types_list(VALUES),
    Tdense=types_list(VALUES),
    dense_shapes=at_least(0),
    source="core/kernels/example_parsing_ops.cc",
)
def parse_single_example(
    serialized: Array,
    dense_defaults: Sequence[Array],
    *,
    num_sparse: int,
    sparse_keys: list[str],
    dense_keys: list[str],
    sparse_types: list[DType],
    Tdense: list[DType],
    dense_shapes: list[Shape],
) -> tuple[Array, ...]:
    """Features of one serialised tf.Example; like ParseExample without the dimension of the batch."""
    require_scalar(serialized, "serialized")
    if not num_sparse == len(sparse_keys) == len(sparse_types):
        require(
            False,
            f"num_sparse must be the length of sparse_keys ({len(sparse_keys)}) and sparse_types "
            f"({len(sparse_types)}), not {num_sparse}",
        )
    keys = [key.encode("utf-8", "surrogateescape") for key in dense_keys]
    return _parse_one(
        serialized,
        [key.encode("utf-8", "surrogateescape") for key in sparse_keys],
        sparse_types,
        _dense_features(keys, dense_defaults, Tdense, dense_shapes),
        [],
        [],
        [],
    )


@parse_single_example.shape
def parse_single_example_shape(
    serialized: Spec, num_sparse: int, Tdense: list[DType], dense_shapes: list[Shape]
) -> list[Shape]:
    """Sparse vectors and the dense shapes."""
    with_rank(serialized, 0, "serialized")
    return _batched_shapes((), num_sparse, dense_shapes, len(Tdense), 0)
