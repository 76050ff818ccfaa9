"""What a serialised tf.SequenceExample holds, as tensors.

A SequenceExample has a context, whose features are like those of an Example, and lists of features, one a step.

Source: tensorflow/core/util/example_proto_fast_parsing.cc:FastParseSequenceExample.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.parsing_example import KINDS, array_of, example_places, part_by_part
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import show, size

__all__ = ["Dense", "Wanted", "parse_batch", "parse_one"]


class Dense(NamedTuple):
    """A dense feature that is asked for.

    Attributes:
        shape: that of one feature.
        default: for the context; empty if the feature must be there.
        may_miss: for lists: whether a missing one has no steps.
    """

    key: bytes
    dtype: DType
    shape: tuple[int, ...]
    default: Array | None = None
    may_miss: bool = False


class Wanted(NamedTuple):
    """The features that are asked for, of the context or of the lists."""

    sparse: list[tuple[bytes, DType]]
    dense: list[Dense]
    ragged: list[tuple[bytes, DType, DType]]

    def require_distinct(self, what: str) -> None:
        """Raise if a key is asked for as two kinds."""
        sparse, ragged = {key for key, _ in self.sparse}, {key for key, _, _ in self.ragged}
        dense = {feature.key for feature in self.dense}
        for key in (sparse & ragged) | (dense & (sparse | ragged)):
            require(False, f"{what} feature {key!r} must be asked for as one kind, not two")


class _Example(NamedTuple):
    """One SequenceExample: features of the context and of the lists by name, and its name in messages."""

    context: Any
    lists: Any
    place: str

    def feature(self, key: bytes) -> Any | None:
        """A feature of the context, None if it is missing."""
        return _found(self.context, key)

    def rows(self, key: bytes) -> Any | None:
        """The features of a list, None if it is missing."""
        found = _found(self.lists, key)
        return None if found is None else found.feature


def _found(features: Any, key: bytes) -> Any | None:
    try:
        return features.get(key.decode("utf-8"))
    except UnicodeDecodeError:
        # A map key of a proto is UTF-8, so no feature has this one.
        return None


def _read(serialized: bytes, place: str) -> _Example:
    from google.protobuf.message import DecodeError

    from minihub_runtime.protos import SequenceExample

    try:
        proto = SequenceExample.FromString(serialized)
    except DecodeError as error:
        raise InvalidArgumentError(
            f"{place} must be a tf.SequenceExample: {error}, not {clip(repr(serialized))}"
        ) from error
    return _Example(proto.context.feature, proto.feature_lists.feature_list, place)


def _values(feature: Any, key: bytes, dtype: DType, place: str, step: int | None = None) -> Any:
    """The values of a feature; none of one without a kind."""
    kind = feature.WhichOneof("kind")
    if kind is None:
        return ()
    if KINDS[kind] is not dtype:
        at = "" if step is None else f"[{step}]"
        require(
            False,
            f"feature {key!r}{at} of {place} must have type {dtype.name}, not {KINDS[kind].name}",
        )
    return getattr(feature, kind).value


def _columns(counts: Array) -> Array:
    """0, 1, … for each count."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _splits(counts: Iterable[int], dtype: DType) -> Array:
    return np.concatenate([[0], np.cumsum(np.array(list(counts), np.int64))]).astype(dtype.numpy)


def _no_splits(dtype: DType) -> Array:
    """Those of one example, which is no row of anything."""
    return np.zeros(0, dtype.numpy)


def _listed(examples: list[_Example], key: bytes, dtype: DType) -> tuple[Array, Array]:
    """All values of a feature of the context, and how many each example has."""
    joined: list[Any] = []
    counts = []
    for example in examples:
        feature = example.feature(key)
        values = () if feature is None else _values(feature, key, dtype, example.place)
        joined.extend(values)
        counts.append(len(values))
    return array_of(joined, dtype), np.array(counts, np.int64)


def _context_sparse(
    examples: list[_Example], key: bytes, dtype: DType, batch: bool
) -> tuple[Array, ...]:
    values, counts = _listed(examples, key, dtype)
    columns = _columns(counts).astype(np.int64)
    longest = counts.max(initial=0)
    if not batch:
        return columns[:, None], values, np.array([longest], np.int64)
    rows = np.repeat(np.arange(len(counts)), counts)
    return np.stack([rows, columns], 1), values, np.array([len(counts), longest], np.int64)


def _context_ragged(
    examples: list[_Example], key: bytes, dtype: DType, splits: DType, batch: bool
) -> tuple[Array, ...]:
    values, counts = _listed(examples, key, dtype)
    return values, _splits(counts.tolist(), splits) if batch else _no_splits(splits)


def _context_dense(examples: list[_Example], feature: Dense, batch: bool) -> Array:
    key, dtype, shape, default, _ = feature
    assert default is not None
    wanted = size(shape)
    if default.size and default.shape != shape:
        require(
            False,
            f"the default of {key!r} must be empty or of shape {show(shape)}, not {show(default.shape)}",
        )
    if not examples and default.size != wanted:
        require(False, f"feature {key!r} must have a default where there are no examples")
    result = np.empty(allocatable((len(examples), wanted), dtype.numpy), dtype.numpy)
    for row, example in zip(result, examples, strict=True):
        found = example.feature(key)
        if found is None:
            if not default.size:
                require(False, f"feature {key!r} of {example.place} must be there, not missing")
            row[:] = default.reshape(-1)
            continue
        values = _values(found, key, dtype, example.place)
        _require_count(values, feature, example.place)
        row[:] = values
    return result.reshape(len(examples), *shape) if batch else result.reshape(shape)


def _require_count(values: Any, feature: Dense, place: str, step: int | None = None) -> None:
    """Raise unless a dense feature has the values of its shape."""
    if len(values) != size(feature.shape):
        at = "" if step is None else f"[{step}]"
        require(
            False,
            f"feature {feature.key!r}{at} of {place} must have {size(feature.shape)} values as shape "
            f"{show(feature.shape)} says, not {len(values)}",
        )


def _list_values(
    examples: list[_Example], key: bytes, dtype: DType
) -> tuple[Array, list[list[int]]]:
    """All values of a list, and how many each step of each example has."""
    joined: list[Any] = []
    counts: list[list[int]] = []
    for example in examples:
        counts.append([])
        for step, feature in enumerate(example.rows(key) or ()):
            values = _values(feature, key, dtype, example.place, step)
            joined.extend(values)
            counts[-1].append(len(values))
    return array_of(joined, dtype), counts


def _list_sparse(
    examples: list[_Example], key: bytes, dtype: DType, batch: bool
) -> tuple[Array, ...]:
    values, counts = _list_values(examples, key, dtype)
    flat = np.array([n for row in counts for n in row], np.int64)
    steps = np.array([step for row in counts for step in range(len(row))], np.int64)
    owners = np.array([place for place, row in enumerate(counts) for _ in row], np.int64)
    indices = [np.repeat(owners, flat), np.repeat(steps, flat), _columns(flat).astype(np.int64)]
    longest = max((len(row) for row in counts), default=0)
    shape = [len(examples), longest, int(flat.max(initial=0))]
    first = 0 if batch else 1
    return np.stack(indices[first:], 1), values, np.array(shape[first:], np.int64)


def _list_ragged(
    examples: list[_Example], key: bytes, dtype: DType, splits: DType, batch: bool
) -> tuple[Array, ...]:
    values, counts = _list_values(examples, key, dtype)
    outer = _splits((len(row) for row in counts), splits) if batch else _no_splits(splits)
    return values, outer, _splits((n for row in counts for n in row), splits)


def _list_dense(examples: list[_Example], feature: Dense, batch: bool) -> tuple[Array, Array]:
    key, dtype, shape, _, may_miss = feature
    found = []
    for example in examples:
        rows = example.rows(key)
        if rows is None and not may_miss:
            require(False, f"feature list {key!r} of {example.place} must be there, not missing")
        found.append([] if rows is None else rows)
    lengths = np.array([len(rows) for rows in found], np.int64)
    sizes = (len(examples), int(lengths.max(initial=0)), size(shape))
    result = zeros(allocatable(sizes, dtype.numpy), dtype)
    for place, (example, rows) in enumerate(zip(examples, found, strict=True)):
        for step, row in enumerate(rows):
            values = _values(row, key, dtype, example.place, step)
            _require_count(values, feature, example.place, step)
            result[place, step] = values
    result = result.reshape(*sizes[:2], *shape)
    return (result, lengths) if batch else (result[0], lengths.reshape(()))


def parse_batch(
    serialized: Array, names: Array, context: Wanted, lists: Wanted
) -> tuple[Array, ...]:
    """The tensors of the context and of the lists, in the order of the outputs of ParseSequenceExampleV2.

    Args:
        serialized: one SequenceExample or a vector of them.
        names: for messages; empty or as many.
        context: the features of the context.
        lists: the features of the lists.

    Raises:
        InvalidArgumentError: a proto is none, or does not hold what is wanted.
    """
    if names.size and names.size != serialized.size:
        require(
            False,
            f"debug_name must be empty or have {serialized.size} elements, not {names.size}",
        )
    context.require_distinct("context")
    lists.require_distinct("list")
    for feature in lists.dense:
        if not size(feature.shape):
            require(
                False, f"the shape of {feature.key!r} must have no 0, not {show(feature.shape)}"
            )
    places = example_places(names.reshape(serialized.shape) if names.size else names, serialized)
    texts = serialized.reshape(-1).tolist()
    examples = [_read(text, place) for text, place in zip(texts, places, strict=True)]
    return _columns_of(examples, context, lists, serialized.ndim == 1, lengths=True)


def parse_one(serialized: bytes, name: str, context: Wanted, lists: Wanted) -> tuple[Array, ...]:
    """`parse_batch` for one proto by the rules of ParseSingleSequenceExample, and without the numbers of steps."""
    example = _read(serialized, f"the example {name}".rstrip())
    for feature in context.dense:
        found = example.feature(feature.key)
        _require_kind(() if found is None else (found,), feature.key, example.place)
    for feature in lists.dense:
        _require_kind(example.rows(feature.key) or (), feature.key, example.place)
    return _columns_of([example], context, lists, batch=False, lengths=False)


def _require_kind(features: Iterable[Any], key: bytes, place: str) -> None:
    for feature in features:
        if feature.WhichOneof("kind") is None:
            require(False, f"feature {key!r} of {place} must have a type, not none")


def _columns_of(
    examples: list[_Example], context: Wanted, lists: Wanted, batch: bool, lengths: bool
) -> tuple[Array, ...]:
    sparse = [_context_sparse(examples, *wanted, batch) for wanted in context.sparse]
    ragged = [_context_ragged(examples, *wanted, batch) for wanted in context.ragged]
    list_sparse = [_list_sparse(examples, *wanted, batch) for wanted in lists.sparse]
    list_dense: list[tuple[Array, ...]] = [
        _list_dense(examples, feature, batch) for feature in lists.dense
    ]
    list_ragged = [_list_ragged(examples, *wanted, batch) for wanted in lists.ragged]
    return (
        *part_by_part(sparse, 3),
        *(_context_dense(examples, feature, batch) for feature in context.dense),
        *part_by_part(ragged, 2),
        *part_by_part(list_sparse, 3),
        *part_by_part(list_dense, 2 if lengths else 1),
        *part_by_part(list_ragged, 3),
    )
