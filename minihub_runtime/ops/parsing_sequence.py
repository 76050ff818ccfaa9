"""Features of serialised tf.SequenceExample protos as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.parsing_example import VALUES, static_dense_shapes
from minihub_runtime.ops.registry import Array, at_least, op, types_list
from minihub_runtime.ops.sequence_example import Dense, Wanted, parse_batch, parse_one
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, show

__all__: list[str] = []

_NO_TYPES: tuple[str, ...] = ()
_SOURCE = "core/kernels/example_parsing_ops.cc"


def _require_lengths(**expected: tuple[int, Sequence[Any]]) -> None:
    """Raise unless each named sequence has its length."""
    for name, (count, found) in expected.items():
        require(len(found) == count, f"{name} must have {count} elements, not {len(found)}")


def _fixed_shapes(shapes: Sequence[Shape], count: int, name: str) -> list[tuple[int, ...]]:
    """Shapes without unknown sizes."""
    require(len(shapes) == count, f"{name} must have {count} elements, not {len(shapes)}")
    found = []
    for shape in shapes:
        require(shape is not None and None not in shape, f"{name} must be known, not {show(shape)}")
        found.append(tuple(n for n in shape or () if n is not None))
    return found


def _encoded(keys: Sequence[str]) -> list[bytes]:
    return [key.encode("utf-8", "surrogateescape") for key in keys]


def _static(
    batch: tuple[int | None, ...],
    context: tuple[int, Sequence[Shape], int],
    lists: tuple[int, Sequence[Shape], int],
    lengths: bool = True,
) -> list[Shape]:
    """The static shapes of all outputs, from numbers of sparse features, shapes of dense ones, numbers of ragged ones."""
    depth = len(batch)
    splits: Shape = tuple(None if n is None else n + 1 for n in batch) if batch else (None,)
    sparse, dense, ragged = context
    found: list[Shape] = [
        shape for shape in ((None, depth + 1), (None,), (depth + 1,)) for _ in range(sparse)
    ]
    found += [None if shape is None else (*batch, *shape) for shape in dense]
    found += [shape for shape in ((None,), splits) for _ in range(ragged)]
    sparse, dense, ragged = lists
    found += [shape for shape in ((None, depth + 2), (None,), (depth + 2,)) for _ in range(sparse)]
    found += [None if shape is None else (*batch, None, *shape) for shape in dense]
    found += [batch] * len(dense) if lengths else []
    return found + [shape for shape in ((None,), splits, (None,)) for _ in range(ragged)]


_TYPES = types_list(VALUES, default=_NO_TYPES)
_SPLITS = types_list("int32 int64", default=_NO_TYPES)
_CONTEXT = (
    "context_sparse_indices: Ncontext_sparse * int64, context_sparse_values: context_sparse_types, "
    "context_sparse_shapes: Ncontext_sparse * int64, context_dense_values: Tcontext_dense"
)
_LISTS = (
    "feature_list_sparse_indices: Nfeature_list_sparse * int64, "
    "feature_list_sparse_values: feature_list_sparse_types, "
    "feature_list_sparse_shapes: Nfeature_list_sparse * int64, "
    "feature_list_dense_values: feature_list_dense_types"
)
_LENGTHS = "feature_list_dense_lengths: Nfeature_list_dense * int64"
_LIMITS: dict[str, Any] = dict(
    Ncontext_sparse=at_least(0, 0),
    Nfeature_list_sparse=at_least(0, 0),
    Nfeature_list_dense=at_least(0, 0),
    context_sparse_types=_TYPES,
    Tcontext_dense=_TYPES,
    feature_list_dense_types=_TYPES,
    feature_list_sparse_types=_TYPES,
    context_dense_shapes=at_least(0),
    feature_list_dense_shapes=at_least(0),
)


@op(
    "ParseSequenceExample(serialized: string, debug_name: string, "
    f"context_dense_defaults: Tcontext_dense) -> {_CONTEXT}, {_LISTS}, {_LENGTHS}",
    feature_list_dense_missing_assumed_empty=at_least(0),
    context_sparse_keys=at_least(0),
    context_dense_keys=at_least(0),
    feature_list_sparse_keys=at_least(0),
    feature_list_dense_keys=at_least(0),
    Ncontext_dense=at_least(0),
    source=_SOURCE,
    **_LIMITS,
)
def parse_sequence_example(
    serialized: Array,
    debug_name: Array,
    context_dense_defaults: Sequence[Array],
    *,
    feature_list_dense_missing_assumed_empty: list[str],
    context_sparse_keys: list[str],
    context_dense_keys: list[str],
    feature_list_sparse_keys: list[str],
    feature_list_dense_keys: list[str],
    Ncontext_sparse: int,
    Ncontext_dense: int = 0,
    Nfeature_list_sparse: int,
    Nfeature_list_dense: int,
    context_sparse_types: list[DType],
    Tcontext_dense: list[DType],
    feature_list_dense_types: list[DType],
    context_dense_shapes: list[Shape] = [],
    feature_list_sparse_types: list[DType],
    feature_list_dense_shapes: list[Shape] = [],
) -> tuple[Array, ...]:
    """Features of a vector of serialised tf.SequenceExample protos.

    Sparse features become sparse matrices with a row per example, those of lists with the steps in between. Dense
    ones have their shapes, those of lists after the steps of the longest, filled with zeros, and the numbers of steps.
    Raises: InvalidArgumentError for bytes that are no SequenceExample, values of another type or number, and a dense
        feature that is missing and has no default.
    """
    require_rank(serialized, 1, "serialized")
    _require_lengths(
        context_sparse_keys=(Ncontext_sparse, context_sparse_keys),
        context_sparse_types=(Ncontext_sparse, context_sparse_types),
        context_dense_keys=(Ncontext_dense, context_dense_keys),
        Tcontext_dense=(Ncontext_dense, Tcontext_dense),
        feature_list_sparse_keys=(Nfeature_list_sparse, feature_list_sparse_keys),
        feature_list_sparse_types=(Nfeature_list_sparse, feature_list_sparse_types),
        feature_list_dense_keys=(Nfeature_list_dense, feature_list_dense_keys),
        feature_list_dense_types=(Nfeature_list_dense, feature_list_dense_types),
    )
    shapes = _fixed_shapes(context_dense_shapes, Ncontext_dense, "context_dense_shapes")
    row_shapes = _fixed_shapes(
        feature_list_dense_shapes, Nfeature_list_dense, "feature_list_dense_shapes"
    )
    keys = _encoded(context_dense_keys)
    rows = zip(keys, Tcontext_dense, shapes, context_dense_defaults, strict=True)
    context = Wanted(
        list(zip(_encoded(context_sparse_keys), context_sparse_types, strict=True)),
        [Dense(*row) for row in rows],
        [],
    )
    lists = Wanted(
        list(zip(_encoded(feature_list_sparse_keys), feature_list_sparse_types, strict=True)),
        [
            Dense(key.encode(), dtype, shape, None, key in feature_list_dense_missing_assumed_empty)
            for key, dtype, shape in zip(
                feature_list_dense_keys, feature_list_dense_types, row_shapes, strict=True
            )
        ],
        [],
    )
    return parse_batch(serialized, debug_name, context, lists)


@parse_sequence_example.shape
def parse_sequence_example_shape(
    serialized: Spec,
    debug_name: Spec,
    Ncontext_sparse: int,
    Tcontext_dense: list[DType],
    context_dense_shapes: list[Shape],
    Nfeature_list_sparse: int,
    feature_list_dense_types: list[DType],
    feature_list_dense_shapes: list[Shape],
) -> list[Shape]:
    """Those of the docstring of ParseSequenceExample."""
    with_rank(debug_name, 1, "debug_name")
    batch = with_rank(serialized, 1, "serialized")
    dense = static_dense_shapes(context_dense_shapes, len(Tcontext_dense))
    rows = static_dense_shapes(feature_list_dense_shapes, len(feature_list_dense_types))
    return _static(batch, (Ncontext_sparse, dense, 0), (Nfeature_list_sparse, rows, 0))


@op(
    "ParseSequenceExampleV2(serialized: string, debug_name: string, context_sparse_keys: string, "
    "context_dense_keys: string, context_ragged_keys: string, feature_list_sparse_keys: string, "
    "feature_list_dense_keys: string, feature_list_ragged_keys: string, "
    "feature_list_dense_missing_assumed_empty: bool, context_dense_defaults: Tcontext_dense) -> "
    f"{_CONTEXT}, context_ragged_values: context_ragged_value_types, "
    f"context_ragged_row_splits: context_ragged_split_types, {_LISTS}, {_LENGTHS}, "
    "feature_list_ragged_values: feature_list_ragged_value_types, "
    "feature_list_ragged_outer_splits: feature_list_ragged_split_types, "
    "feature_list_ragged_inner_splits: feature_list_ragged_split_types",
    context_ragged_value_types=_TYPES,
    context_ragged_split_types=_SPLITS,
    feature_list_ragged_value_types=_TYPES,
    feature_list_ragged_split_types=_SPLITS,
    source=_SOURCE,
    **_LIMITS,
)
def parse_sequence_example_v2(
    serialized: Array,
    debug_name: Array,
    context_sparse_keys: Array,
    context_dense_keys: Array,
    context_ragged_keys: Array,
    feature_list_sparse_keys: Array,
    feature_list_dense_keys: Array,
    feature_list_ragged_keys: Array,
    feature_list_dense_missing_assumed_empty: Array,
    context_dense_defaults: Sequence[Array],
    *,
    Ncontext_sparse: int,
    Tcontext_dense: list[DType],
    context_sparse_types: list[DType],
    context_ragged_value_types: list[DType],
    context_ragged_split_types: list[DType],
    context_dense_shapes: list[Shape] = [],
    Nfeature_list_sparse: int,
    Nfeature_list_dense: int,
    feature_list_dense_types: list[DType],
    feature_list_sparse_types: list[DType],
    feature_list_ragged_value_types: list[DType],
    feature_list_ragged_split_types: list[DType],
    feature_list_dense_shapes: list[Shape] = [],
) -> tuple[Array, ...]:
    """ParseSequenceExample of one proto or a vector of them, and with ragged features: values, and the splits of the
    examples and of the steps.

    Raises: InvalidArgumentError, as ParseSequenceExample.
    Differs: one example has no splits, an empty vector, where TensorFlow says a vector and gives a scalar that it
        does not set.
    """
    require(serialized.ndim <= 1, f"serialized must have rank <= 1, not {show(serialized.shape)}")
    keys: dict[str, list[bytes]] = {}
    for name, array, count in (
        ("context_sparse_keys", context_sparse_keys, Ncontext_sparse),
        ("context_dense_keys", context_dense_keys, len(Tcontext_dense)),
        ("context_ragged_keys", context_ragged_keys, len(context_ragged_value_types)),
        ("feature_list_sparse_keys", feature_list_sparse_keys, Nfeature_list_sparse),
        ("feature_list_dense_keys", feature_list_dense_keys, Nfeature_list_dense),
        (
            "feature_list_ragged_keys",
            feature_list_ragged_keys,
            len(feature_list_ragged_value_types),
        ),
    ):
        keys[name] = array.reshape(-1).tolist()
        _require_lengths(**{name: (count, keys[name])})
    missing = feature_list_dense_missing_assumed_empty.reshape(-1).tolist()
    _require_lengths(
        context_sparse_types=(Ncontext_sparse, context_sparse_types),
        context_ragged_split_types=(len(context_ragged_value_types), context_ragged_split_types),
        feature_list_sparse_types=(Nfeature_list_sparse, feature_list_sparse_types),
        feature_list_dense_types=(Nfeature_list_dense, feature_list_dense_types),
        feature_list_dense_missing_assumed_empty=(Nfeature_list_dense, missing),
        feature_list_ragged_split_types=(
            len(feature_list_ragged_value_types),
            feature_list_ragged_split_types,
        ),
    )
    shapes = _fixed_shapes(context_dense_shapes, len(Tcontext_dense), "context_dense_shapes")
    row_shapes = _fixed_shapes(
        feature_list_dense_shapes, Nfeature_list_dense, "feature_list_dense_shapes"
    )
    dense = zip(
        keys["context_dense_keys"], Tcontext_dense, shapes, context_dense_defaults, strict=True
    )
    rows = zip(
        keys["feature_list_dense_keys"], feature_list_dense_types, row_shapes, missing, strict=True
    )
    context = Wanted(
        list(zip(keys["context_sparse_keys"], context_sparse_types)),
        [Dense(*feature) for feature in dense],
        list(
            zip(keys["context_ragged_keys"], context_ragged_value_types, context_ragged_split_types)
        ),
    )
    lists = Wanted(
        list(zip(keys["feature_list_sparse_keys"], feature_list_sparse_types)),
        [Dense(key, dtype, shape, None, may_miss) for key, dtype, shape, may_miss in rows],
        list(
            zip(
                keys["feature_list_ragged_keys"],
                feature_list_ragged_value_types,
                feature_list_ragged_split_types,
            )
        ),
    )
    return parse_batch(serialized, debug_name, context, lists)


@parse_sequence_example_v2.shape
def parse_sequence_example_v2_shape(
    serialized: Spec,
    Ncontext_sparse: int,
    Tcontext_dense: list[DType],
    context_dense_shapes: list[Shape],
    context_ragged_value_types: list[DType],
    Nfeature_list_sparse: int,
    feature_list_dense_types: list[DType],
    feature_list_dense_shapes: list[Shape],
    feature_list_ragged_value_types: list[DType],
) -> list[Shape]:
    """Those of ParseSequenceExample, without the batch for a scalar."""
    dense = static_dense_shapes(context_dense_shapes, len(Tcontext_dense))
    rows = static_dense_shapes(feature_list_dense_shapes, len(feature_list_dense_types))
    context = (Ncontext_sparse, dense, len(context_ragged_value_types))
    lists = (Nfeature_list_sparse, rows, len(feature_list_ragged_value_types))
    if serialized.shape is None:
        return [None] * len(_static((None,), context, lists))
    require(len(serialized.shape) <= 1, f"serialized must have rank <= 1, not {serialized.rank}")
    return _static(serialized.shape, context, lists)


@op(
    "ParseSingleSequenceExample(serialized: string, feature_list_dense_missing_assumed_empty: string,"
    " context_sparse_keys: Ncontext_sparse * string, context_dense_keys: Ncontext_dense * string, "
    "feature_list_sparse_keys: Nfeature_list_sparse * string, "
    "feature_list_dense_keys: Nfeature_list_dense * string, context_dense_defaults: Tcontext_dense,"
    f" debug_name: string) -> {_CONTEXT}, {_LISTS}",
    Ncontext_dense=at_least(0, 0),
    source=_SOURCE + ":ParseSingleSequenceExampleOp",
    **_LIMITS,
)
def parse_single_sequence_example(
    serialized: Array,
    feature_list_dense_missing_assumed_empty: Array,
    context_sparse_keys: Sequence[Array],
    context_dense_keys: Sequence[Array],
    feature_list_sparse_keys: Sequence[Array],
    feature_list_dense_keys: Sequence[Array],
    context_dense_defaults: Sequence[Array],
    debug_name: Array,
    *,
    context_sparse_types: list[DType],
    Tcontext_dense: list[DType],
    feature_list_dense_types: list[DType],
    context_dense_shapes: list[Shape] = [],
    feature_list_sparse_types: list[DType],
    feature_list_dense_shapes: list[Shape] = [],
) -> tuple[Array, ...]:
    """ParseSequenceExample of one proto; a key may be asked for as two kinds.

    Raises: InvalidArgumentError, as ParseSequenceExample, and for dense features of no kind.
    """
    require_scalar(serialized, "serialized")
    require_rank(
        feature_list_dense_missing_assumed_empty, 1, "feature_list_dense_missing_assumed_empty"
    )
    require_scalar(debug_name, "debug_name")
    for key in (
        *context_sparse_keys,
        *context_dense_keys,
        *feature_list_sparse_keys,
        *feature_list_dense_keys,
    ):
        require_scalar(key, "a key")
    _require_lengths(
        context_sparse_types=(len(context_sparse_keys), context_sparse_types),
        Tcontext_dense=(len(context_dense_keys), Tcontext_dense),
        feature_list_sparse_types=(len(feature_list_sparse_keys), feature_list_sparse_types),
        feature_list_dense_types=(len(feature_list_dense_keys), feature_list_dense_types),
    )
    shapes = _fixed_shapes(context_dense_shapes, len(context_dense_keys), "context_dense_shapes")
    row_shapes = _fixed_shapes(
        feature_list_dense_shapes, len(feature_list_dense_keys), "feature_list_dense_shapes"
    )
    missing = set(feature_list_dense_missing_assumed_empty.tolist())
    dense = zip(context_dense_keys, Tcontext_dense, shapes, context_dense_defaults, strict=True)
    rows = zip(feature_list_dense_keys, feature_list_dense_types, row_shapes, strict=True)
    context = Wanted(
        [(k.item(), dtype) for k, dtype in zip(context_sparse_keys, context_sparse_types)],
        [Dense(k.item(), dtype, shape, default) for k, dtype, shape, default in dense],
        [],
    )
    lists = Wanted(
        [
            (k.item(), dtype)
            for k, dtype in zip(feature_list_sparse_keys, feature_list_sparse_types)
        ],
        [Dense(k.item(), dtype, shape, None, k.item() in missing) for k, dtype, shape in rows],
        [],
    )
    name = debug_name.item().decode("utf-8", "replace")
    return parse_one(serialized.item(), name, context, lists)


@parse_single_sequence_example.shape
def parse_single_sequence_example_shape(
    serialized: Spec,
    feature_list_dense_missing_assumed_empty: Spec,
    context_sparse_types: list[DType],
    Tcontext_dense: list[DType],
    context_dense_shapes: list[Shape],
    feature_list_sparse_types: list[DType],
    feature_list_dense_types: list[DType],
    feature_list_dense_shapes: list[Shape],
) -> list[Shape]:
    """Those of ParseSequenceExampleV2 for a scalar, without lengths."""
    with_rank(serialized, 0, "serialized")
    with_rank(
        feature_list_dense_missing_assumed_empty, 1, "feature_list_dense_missing_assumed_empty"
    )
    dense = static_dense_shapes(context_dense_shapes, len(Tcontext_dense))
    rows = static_dense_shapes(feature_list_dense_shapes, len(feature_list_dense_types))
    context = (len(context_sparse_types), dense, 0)
    return _static((), context, (len(feature_list_sparse_types), rows, 0), lengths=False)
