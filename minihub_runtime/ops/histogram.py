"""Counts of values."""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, require, require_scalar
from minihub_runtime.ops.registry import INDEX, ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__: list[str] = []

_WEIGHTS = types("int32 int64 float32 float64")


def _length(size: Spec, name: str = "size") -> int | None:
    """The length a constant scalar asks for, None if it is unknown."""
    if size.shape is not None and size.shape != ():
        raise InvalidArgumentError(f"{name} must be a scalar, not of shape {show(size.shape)}")
    if size.value is None:
        return None
    length = int(size.value)
    require(length >= 0, f"{name} must not be negative, found {length}")
    return length


def _checked(size: Array, values: Array, rows: bool = False) -> int:
    require_scalar(size, "size")
    length = int(size)
    require(length >= 0, f"size must not be negative, found {length}")
    allocatable((*values.shape[:-1], length) if rows else (length,), np.int64, "the bins")
    if values.size and values.min() < 0:
        raise InvalidArgumentError(f"values must not be negative, found {int(values.min())}")
    return length


def _counts(places: Array, length: int, weights: Array, chosen: Array) -> Array:
    """Sums of the chosen weights, or counts without weights, in bins 0 … length - 1."""
    if weights.size == 0:
        return np.bincount(places, minlength=length).astype(weights.dtype)
    picked = weights.reshape(-1)[chosen]
    if weights.dtype.kind == "f":
        return np.bincount(places, picked, minlength=length).astype(weights.dtype)
    bins = np.zeros(length, dtype=weights.dtype)
    np.add.at(bins, places, picked)
    return bins


@op(
    "Bincount(arr: int32, size: int32, weights: T) -> bins: T",
    T=_WEIGHTS,
    precision=ROUNDING,
    source="core/kernels/bincount_op.cc",
    shape=lambda arr, size, weights: (_length(size),),
)
def bincount(arr: Array, size: Array, weights: Array) -> Array:
    """How often each of 0 … size - 1 stands in `arr`, or the sums of `weights` there; larger values are dropped.

    Raises: InvalidArgumentError for a negative value or size, or where `weights` is neither empty nor as long as `arr`.
    """
    length = _checked(size, arr)
    if weights.size not in (0, arr.size):
        raise InvalidArgumentError(
            f"weights must be empty or have {arr.size} elements, not {weights.size}"
        )
    flat = arr.reshape(-1)
    chosen = flat < length
    return _counts(flat[chosen], length, weights, chosen)


def _dense_shape(input: Spec, size: Spec, weights: Spec) -> Shape:
    length = _length(size)
    if input.shape is None:
        return None
    if len(input.shape) not in (1, 2):
        raise InvalidArgumentError(f"input must have rank 1 or 2, not {len(input.shape)}")
    return (*input.shape[:-1], length)


@op(
    "DenseBincount(input: Tidx, size: Tidx, weights: T) -> output: T",
    Tidx=INDEX,
    T=_WEIGHTS,
    precision=ROUNDING,
    source="core/kernels/bincount_op.cc",
    shape=_dense_shape,
)
def dense_bincount(
    input: Array, size: Array, weights: Array, *, binary_output: bool = False
) -> Array:
    """Bincount of a vector or of each row of a matrix; with `binary_output` 1 for values that occur.

    Differs: TensorFlow writes out of bounds for negative values in a matrix; here they are refused.
    Raises: InvalidArgumentError for a negative value or size, a wrong rank, or weights of another shape.
    """
    if input.ndim not in (1, 2):
        raise InvalidArgumentError(f"input must have rank 1 or 2, not {input.ndim}")
    length = _checked(size, input, rows=True)
    if weights.size and weights.shape != input.shape:
        raise InvalidArgumentError(
            f"weights must be empty or of shape {show(input.shape)}, not {show(weights.shape)}"
        )
    rows = input.shape[0] if input.ndim == 2 else 1
    chosen = input < length
    places = input[chosen]
    if input.ndim == 2:
        places = places + np.nonzero(chosen)[0] * length
    if binary_output:
        bins = np.zeros(rows * length, dtype=weights.dtype)
        bins[places] = 1
    else:
        bins = _counts(places, rows * length, weights, chosen.reshape(-1))
    return bins.reshape(*input.shape[:-1], length)


def _fixed_width_shape(values: Spec, value_range: Spec, nbins: Spec) -> Shape:
    merge(value_range.shape, (2,))
    return (_length(nbins, "nbins"),)


@op(
    "HistogramFixedWidth(values: T, value_range: T, nbins: int32) -> out: dtype",
    T=_WEIGHTS,
    dtype=INDEX.default_to("int32"),
    source="core/kernels/histogram_op.cc",
    shape=_fixed_width_shape,
)
def histogram_fixed_width(
    values: Array, value_range: Array, nbins: Array, *, dtype: DType
) -> Array:
    """How many values fall into each of `nbins` equal parts of the range; the outer bins take what lies outside.

    Differs: a range of integers that is too wide for their type is refused; TensorFlow's width of a bin overflows.
    Raises: InvalidArgumentError for NaN, a range that is not two rising values, or nbins < 1.
    """
    require_scalar(nbins, "nbins")
    require(value_range.shape == (2,), f"value_range must have shape [2], not {value_range.shape}")
    low, high = value_range
    require(low < high, f"value_range must rise, not {low}, {high}")
    count = int(nbins)
    require(count > 0, f"nbins must be positive, not {count}")
    allocatable((count,), np.int64, "the bins")
    if values.dtype.kind == "f":
        require(not np.isnan(values).any(), "values must not be NaN")
    else:
        limit = int(np.iinfo(values.dtype).max)
        span = int(high) - int(low)
        require(span <= limit, f"value_range must span at most {limit}, not {span}")
    with np.errstate(all="ignore"):
        width = float(high - low) / count
        raised = np.clip(values.reshape(-1), low, high) - low
        bins = np.minimum(raised.astype(np.float64) / width, count - 1).astype(np.int64)
    return np.bincount(bins, minlength=count).astype(dtype.numpy)
