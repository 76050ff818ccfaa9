"""Features put together of others: sparse ones of indices and values, ragged ones of values and rows.

Source: tensorflow/python/ops/parsing_config.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.parsing.features import (
    RaggedFeature,
    RowLengths,
    RowLimits,
    RowSplits,
    RowStarts,
    SparseFeature,
    UniformRowLength,
    ValueRowIds,
)
from minihub_runtime.api.ragged.reductions import reduce_max
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.reduction import cumsum
from minihub_runtime.api.repeating import repeat
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.sparse.shaping import sparse_merge

__all__ = ["compose_features"]

_MAKERS: dict[type, Any] = {
    RowLengths: RaggedTensor.from_row_lengths,
    RowLimits: RaggedTensor.from_row_limits,
    RowSplits: RaggedTensor.from_row_splits,
    RowStarts: RaggedTensor.from_row_starts,
    ValueRowIds: RaggedTensor.from_value_rowids,
}


def compose_features(features: Mapping[str, Any], parsed: Mapping[str, Any]) -> dict[str, Any]:
    """The features that were asked for, of those that were parsed."""
    composed = dict(parsed)
    for key in sorted(features):
        feature = features[key]
        if isinstance(feature, SparseFeature):
            ids = feature.index_key
            composed[key] = sparse_merge(
                parsed[ids] if isinstance(ids, str) else [parsed[name] for name in ids],
                parsed[feature.value_key],
                vocab_size=feature.size,
                already_sorted=feature.already_sorted,
            )
        elif isinstance(feature, RaggedFeature):
            composed[key] = _divided(key, feature, parsed)
    return {key: value for key, value in composed.items() if key in features}


def _divided(key: str, feature: RaggedFeature, parsed: Mapping[str, Any]) -> Any:
    """The values of a ragged feature, divided into rows."""
    values = parsed[key if feature.value_key is None else feature.value_key]
    validate = feature.validate
    if not isinstance(values, RaggedTensor):
        for partition in reversed(feature.partitions):
            values = _of_one(values, partition, parsed, feature.row_splits_dtype, validate)
        return values
    outer = None
    if values.ragged_rank > 1:
        outer, values = values.row_splits, values.values
    for partition in reversed(feature.partitions):
        values = _of_batch(values, partition, parsed, key, validate, outer)
    if outer is None:
        return values
    return RaggedTensor.from_row_splits(values, outer, validate=validate)


def _of_one(
    values: Any, partition: Any, parsed: Mapping[str, Any], dtype: Any, validate: bool
) -> Any:
    """The values of one example in rows."""
    if isinstance(partition, UniformRowLength):
        if isinstance(values, RaggedTensor):
            length = convert_to_tensor(partition.length, dtype)
            return RaggedTensor.from_uniform_row_length(values, length, validate=validate)
        return _in_rows_of(values, partition.length)
    rows = cast(parsed[partition.key], dtype)
    return _MAKERS[type(partition)](values, rows, validate=validate)


def _in_rows_of(values: Any, length: int) -> Any:
    return reshape(values, concat([[-1, length], shape(values)[1:]], axis=0))


def _of_batch(
    values: RaggedTensor,
    partition: Any,
    parsed: Mapping[str, Any],
    key: str,
    validate: bool,
    outer: Any,
) -> RaggedTensor:
    """The values of several examples, each example's in rows."""
    if isinstance(partition, UniformRowLength):
        return _uniform_of_batch(values, partition.length, validate)
    rows = parsed[partition.key]
    if rows.values.dtype != values.row_splits.dtype:
        rows = cast(rows, values.row_splits.dtype)
    checks = []
    if outer is not None:
        if validate:
            message = f"Feature {key}: values and partitions are not aligned"
            checks.append(assert_equal(outer, rows.row_splits, message=message))
        rows = rows.values
    with control_dependencies(checks):
        if isinstance(partition, RowLengths):
            inner = RaggedTensor.from_row_lengths(values.values, rows.values, validate=validate)
            return rows.with_values(inner)  # type: ignore[no-any-return]
        if isinstance(partition, ValueRowIds):
            return _by_row_numbers(values, rows, validate)
        if isinstance(partition, RowSplits):
            rows = rows[:, 1:]
        make = (
            RaggedTensor.from_row_starts
            if isinstance(partition, RowStarts)
            else RaggedTensor.from_row_limits
        )
        places = rows.values + repeat(values.row_starts(), rows.row_lengths())
        return rows.with_values(make(values.values, places, validate=validate))  # type: ignore[no-any-return]


def _uniform_of_batch(values: RaggedTensor, length: int, validate: bool) -> RaggedTensor:
    if values.ragged_rank > 1:
        size = convert_to_tensor(length, values.row_splits.dtype)
        inner = RaggedTensor.from_uniform_row_length(values.values, size, validate=validate)
        return RaggedTensor.from_row_splits(inner, values.row_splits // size, validate=validate)
    inner = _in_rows_of(values.values, length)
    return RaggedTensor.from_row_splits(inner, values.row_splits // length, validate=validate)


def _by_row_numbers(values: RaggedTensor, rows: RaggedTensor, validate: bool) -> RaggedTensor:
    """Row numbers begin anew with each example."""
    counts = build("Maximum", x=reduce_max(rows + 1, axis=1), y=0)
    ids = rows.values + repeat(cumsum(counts, exclusive=True), rows.row_lengths())
    inner = RaggedTensor.from_value_rowids(values.values, ids, validate=validate)
    return RaggedTensor.from_row_lengths(inner, counts, validate=validate)
