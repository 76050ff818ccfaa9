"""Ranges of values, repeated.

Source: tensorflow/python/ops/ragged/ragged_util.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.types import assert_integer
from minihub_runtime.api.checks.values import assert_equal, assert_non_negative
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.reduction import cumsum
from minihub_runtime.api.repeating import repeat_with_axis
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int64

__all__ = ["assert_splits_match", "lengths_to_splits", "repeat_ranges"]


def assert_splits_match(nested_splits_lists: Any) -> list[Any]:
    """The checks that ragged tensors have the same rows on every level.

    Raises:
        ValueError: they have not the same number of levels.
    """
    message = "Inputs must have identical ragged splits"
    first = nested_splits_lists[0]
    if any(len(splits) != len(first) for splits in nested_splits_lists):
        raise ValueError(message)
    return [
        assert_equal(mine, theirs, message=message)
        for splits in nested_splits_lists[1:]
        for mine, theirs in zip(first, splits)
    ]


def lengths_to_splits(lengths: Any) -> Any:
    """The splits of rows of these lengths."""
    return concat([[0], cumsum(lengths)], axis=-1)


def repeat_ranges(params: Any, splits: Any, repeats: Any) -> Any:
    """The rows that `splits` divide `params` into, each repeated as often as `repeats` says."""
    splits_checks = [
        assert_non_negative(splits, message="Input argument 'splits' must be non-negative"),
        assert_integer(
            splits,
            message=f"Input argument 'splits' must be integer, but got {splits.dtype} instead",
        ),
    ]
    repeats_checks = [
        assert_non_negative(repeats, message="Input argument 'repeats' must be non-negative"),
        assert_integer(
            repeats,
            message=f"Input argument 'repeats' must be integer, but got {repeats.dtype} instead",
        ),
    ]
    splits = with_dependencies(splits_checks, splits)
    repeats = with_dependencies(repeats_checks, repeats)
    if repeats.shape.ndims != 0:
        starts = repeat_with_axis(splits[:-1], repeats, axis=0)
        limits = repeat_with_axis(splits[1:], repeats, axis=0)
    else:
        # Splits repeated side by side: starts and limits are as far apart as they are repeated.
        repeated = repeat_with_axis(splits, repeats, axis=0)
        count = shape(repeated, out_type=repeats.dtype)[0]
        starts = repeated[: count - repeats]
        limits = repeated[repeats:]
    one = ones((), starts.dtype)
    _, offsets = build("RaggedRange", starts=starts, limits=limits, deltas=one, Tsplits=int64)
    return gather(params, offsets)
