"""Convolution and pooling of quantised images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from minihub_runtime.dtypes import DType, bits, from_bits
from minihub_runtime.ops.checking import allocatable, require, require_rank, require_scalar
from minihub_runtime.ops.quantization import QUANTIZED, limits, one_range, range_of_products
from minihub_runtime.ops.quantized_math import SUM, needs, scalars, sums, zero
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.ops.windows import output_size, slide
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_Padding: TypeAlias = Literal["SAME", "VALID"]


def _four(values: Sequence[int], name: str) -> tuple[int, int]:
    if len(values) != 4 or values[0] != 1 or values[3] != 1:
        require(False, f"{name} must be [1, height, width, 1], not {list(values)}")
    return values[1], values[2]


@op(
    "QuantizedConv2D(input: Tinput, filter: Tfilter, min_input: float32, max_input: float32, "
    "min_filter: float32, max_filter: float32) -> output: out_type, min_output: float32, "
    "max_output: float32",
    Tinput=QUANTIZED,
    Tfilter=QUANTIZED,
    out_type=SUM,
    source="core/kernels/quantized_conv_ops.cc",
)
def quantized_conv2d(
    input: Array,
    filter: Array,
    min_input: Array,
    max_input: Array,
    min_filter: Array,
    max_filter: Array,
    *,
    Tinput: DType,
    Tfilter: DType,
    out_type: DType,
    strides: list[int],
    padding: _Padding,
    dilations: list[int] = [1, 1, 1, 1],
) -> tuple[Array, Array, Array]:
    """The convolution of levels, less those of zero, as 32-bit sums with their range.

    Shapes: input [batch, height, width, depth], filter [height, width, depth, count]. Windows are centred also where
    VALID padding leaves a rest.
    """
    needs(Tinput, "quint8", "QuantizedConv2D")
    needs(Tfilter, "quint8", "QuantizedConv2D with a filter")
    needs(out_type, "qint32", "QuantizedConv2D with a result")
    require(list(dilations) == [1, 1, 1, 1], f"dilations must be 1, not {list(dilations)}")
    stride, other = _four(strides, "strides")
    require(stride == other, f"strides must be equal in height and width, not {list(strides)}")
    require_rank(input, 4, "input")
    require_rank(filter, 4, "filter")
    require(filter.size > 0, "filter must not be empty")
    if input.shape[3] != filter.shape[2]:
        require(
            False,
            f"filter must have input's depth {input.shape[3]}, not {filter.shape[2]}",
        )
    ends = one_range(min_input, max_input, "min_input max_input")
    filter_ends = one_range(min_filter, max_filter, "min_filter max_filter")
    kinds = limits(Tinput), limits(Tfilter)
    with np.errstate(all="ignore"):
        low, high = range_of_products(ends, kinds[0], filter_ends, kinds[1], limits(out_type))
        # Doubles hold these sums exactly, and their matrix product is much faster than that of integers.
        centred = bits(input).astype(np.float64) - zero(ends, Tinput)
        weights = bits(filter).astype(np.float64) - zero(filter_ends, Tfilter)
    rows = slide(input.shape[1], filter.shape[0], stride, padding=padding)
    columns = slide(input.shape[2], filter.shape[1], stride, padding=padding)
    shape = (input.shape[0], rows.outputs, columns.outputs, filter.shape[3])
    total = np.zeros(allocatable(shape, np.dtype(np.float64), "output"))
    rows, columns = (
        # C++ truncates where Python floors.
        window._replace(before=int((window.reach - window.size) / 2))
        for window in (rows, columns)
    )
    for y in range(filter.shape[0]):
        out_y, in_y = rows.valid(y)
        for x in range(filter.shape[1]):
            out_x, in_x = columns.valid(x)
            total[:, out_y, out_x] += centred[:, in_y, in_x] @ weights[y, x]
    return sums(total.astype(np.int64)), low, high


def _image_shape(
    input: Spec, taps: tuple[int | None, int | None], strides: tuple[int, int], padding: str
) -> tuple[int | None, ...]:
    batch, height, width, _ = with_rank(input, 4, "input")
    return (
        batch,
        output_size(height, taps[0], strides[0], 1, padding),
        output_size(width, taps[1], strides[1], 1, padding),
    )


@quantized_conv2d.shape
def quantized_conv2d_shape(
    input: Spec,
    filter: Spec,
    min_input: Spec,
    max_input: Spec,
    min_filter: Spec,
    max_filter: Spec,
    strides: list[int],
    padding: str,
) -> list[Shape]:
    """Batch, the places of windows, filters."""
    scalars(min_input, max_input, min_filter, max_filter)
    height, width, depth, count = with_rank(filter, 4, "filter")
    merge((with_rank(input, 4, "input")[3],), (depth,))
    found = _image_shape(input, (height, width), _four(strides, "strides"), padding)
    return [(*found, count), (), ()]


def _steps(strides: Sequence[int]) -> tuple[int, int]:
    """How pooling windows move; TensorFlow's kernels ignore the stride over depth."""
    require(len(strides) == 4, f"strides must have 4 values, not {len(strides)}")
    return _four([*strides[:3], 1], "strides")


def _pooling(name: str, average: bool) -> None:
    """Register QuantizedMaxPool or QuantizedAvgPool."""

    def kernel(
        input: Array,
        min_input: Array,
        max_input: Array,
        *,
        T: DType,
        ksize: list[int],
        strides: list[int],
        padding: _Padding,
    ) -> tuple[Array, Array, Array]:
        needs(T, "quint8 qint8", name)
        require_rank(input, 4, "input")
        require_scalar(min_input, "min_input")
        require_scalar(max_input, "max_input")
        taps, steps = _four(ksize, "ksize"), _steps(strides)
        require(min(taps) > 0, f"ksize must be positive, not {list(ksize)}")
        rows, columns = (
            slide(extent, tap, step, padding=padding)
            for extent, tap, step in zip(input.shape[1:3], taps, steps, strict=True)
        )
        shape = (input.shape[0], rows.outputs, columns.outputs, input.shape[3])
        allocatable(shape, np.dtype(np.int64), "output")
        levels = bits(input).astype(np.int64)
        result = np.full(shape, 0 if average else limits(T).low, dtype=np.int64)
        seen = np.zeros((rows.outputs, columns.outputs, 1), dtype=np.int64)
        # A window may be far longer than the input; only the taps that reach it matter.
        down, across = (window.trimmed()[1] for window in (rows, columns))
        for y in range(down.start, down.stop):
            out_y, in_y = rows.valid(y)
            for x in range(across.start, across.stop):
                out_x, in_x = columns.valid(x)
                place = result[:, out_y, out_x]
                combine = np.add if average else np.maximum
                combine(place, levels[:, in_y, in_x], out=place)
                seen[out_y, out_x] += 1
        if average:
            # C++ rounds quotients towards zero.
            result = np.sign(result) * (np.abs(result) // np.maximum(seen, 1))
        return from_bits(result.astype(T.numpy[0]), T), min_input, max_input

    kernel.__doc__ = f"The {'average' if average else 'largest'} level of each window, with the range of the input."
    op(
        f"{name}(input: T, min_input: float32, max_input: float32) -> output: T, "
        "min_output: float32, max_output: float32",
        T=QUANTIZED,
        views=True,
        source="core/kernels/quantized_pooling_ops.cc",
        shape=_pooling_shape,
    )(kernel)


def _pooling_shape(
    input: Spec,
    min_input: Spec,
    max_input: Spec,
    ksize: list[int],
    strides: list[int],
    padding: str,
) -> list[Shape]:
    scalars(min_input, max_input)
    found = _image_shape(input, _four(ksize, "ksize"), _steps(strides), padding)
    return [(*found, with_rank(input, 4, "input")[3]), (), ()]


_pooling("QuantizedMaxPool", False)
_pooling("QuantizedAvgPool", True)
