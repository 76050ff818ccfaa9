"""Pooling over cells whose sizes are drawn at random, so that their mean need not be a whole number.

A sequence says where the cells of a dimension start, and where the last one ends; overlapping cells take the first
element of the next one too.

Source: tensorflow/core/kernels/fractional_pool_common.cc.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random import permutation
from minihub_runtime.ops.random_fill import uniform_doubles
from minihub_runtime.ops.registry import ROUNDING, Array, Op, at_least, op, types
from minihub_runtime.ops.windows import ranked
from minihub_runtime.shapes import Shape, Spec, dims, merge, show

__all__: list[str] = []

_KINDS = types("float32 float64 int32 int64")


def _pseudo_random_starts(length: int, cells: int, stream: Philox) -> Array:
    """Multiples of the mean size, moved by one random number and rounded up."""
    mean = length / cells
    whole = length // cells
    limit = min((whole + 2) / mean - 1, (length + 1 - whole) / mean - (cells - 1))
    moved = float(uniform_doubles(stream.reserve(1).words(2))[0]) * limit
    starts = np.ceil(mean * (np.arange(cells + 1) + moved)).astype(np.int64) - 1
    starts[0], starts[-1] = 0, length
    return starts


def _random_starts(length: int, cells: int, stream: Philox) -> Array:
    """Cells of two sizes in random order."""
    sizes = np.full(cells, length // cells, np.int64)
    sizes[: length % cells] += 1
    order = permutation(stream.reserve(-(-cells // 4)), cells)
    return np.concatenate([[0], np.cumsum(sizes[order])])


def _ratios(pooling_ratio: list[float]) -> list[np.float32]:
    """The ratios, checked.

    Raises:
        InvalidArgumentError: they are not four, or one is below 1.
        UnimplementedError: one of batch or channels is not 1.
    """
    ratios = [np.float32(ratio) for ratio in pooling_ratio]
    require(len(ratios) == 4, f"pooling_ratio must have 4 values, not {len(ratios)}")
    if not all(ratio >= 1 for ratio in ratios):
        raise InvalidArgumentError(f"pooling_ratio must be at least 1, not {pooling_ratio}")
    if ratios[0] != 1 or ratios[3] != 1:
        raise UnimplementedError(
            f"pooling_ratio must be 1 for batch and channels, not {ratios[0]} and {ratios[3]}"
        )
    return ratios


def _pooled_size(size: int, ratio: np.float32) -> int:
    return math.floor(np.float32(size) / ratio)


def _ends(starts: Array, size: int, overlapping: bool) -> Array:
    """Where the cells end."""
    return np.minimum(starts[1:] + int(overlapping), size)


def _reduced(ufunc: np.ufunc, value: Array, axis: int, starts: Array, overlapping: bool) -> Array:
    """`value` reduced over the cells of one axis."""
    result = ufunc.reduceat(value, starts[:-1], axis=axis, dtype=value.dtype)
    if overlapping:
        inner = tuple(slice(None, -1) if a == axis else slice(None) for a in range(value.ndim))
        result[inner] = ufunc(result[inner], np.take(value, starts[1:-1], axis=axis))
    return result


def _largest(value: Array, rows: Array, columns: Array, overlapping: bool) -> Array:
    """The maxima; NaN counts as the smallest number there is."""
    result = _reduced(np.fmax, value, 1, rows, overlapping)
    result = _reduced(np.fmax, result, 2, columns, overlapping)
    if value.dtype.kind == "f":
        result = np.fmax(result, np.finfo(value.dtype).min)
    return result


def _mean(value: Array, rows: Array, columns: Array, overlapping: bool) -> Array:
    """The means; those of integers are cut."""
    total = _reduced(np.add, value, 1, rows, overlapping)
    total = _reduced(np.add, total, 2, columns, overlapping)
    sizes = [
        (_ends(starts, value.shape[axis], overlapping) - starts[:-1]).astype(value.dtype)
        for axis, starts in ((1, rows), (2, columns))
    ]
    count = (sizes[0][:, None] * sizes[1])[:, :, None]
    if value.dtype.kind == "f":
        return total / count
    return (total - np.fmod(total, count)) // count


def _pooled_shapes(value: Spec, pooling_ratio: list[float]) -> list[Shape]:
    ratios = _ratios(pooling_ratio)
    sizes = ranked(value, 4, "value")
    found = [None if n is None else _pooled_size(n, r) for n, r in zip(sizes, ratios, strict=True)]
    starts: list[Shape] = [(None if n is None else n + 1,) for n in found[1:3]]
    return [tuple(found), *starts]


class _State(NamedTuple):
    """What a node keeps: its stream, and for each height and width the starts of the rows and the columns."""

    stream: Philox
    kept: dict[tuple[int, ...], tuple[Array, ...]]


def _register_pool(name: str, pool: Callable[[Array, Array, Array, bool], Array], doc: str) -> Op:
    def kernel(
        ctx: Context,
        value: Array,
        *,
        pooling_ratio: list[float],
        pseudo_random: bool = False,
        overlapping: bool = False,
        deterministic: bool = False,
        seed: int = 0,
        seed2: int = 0,
    ) -> tuple[Array, Array, Array]:
        ratios = _ratios(pooling_ratio)
        require(
            deterministic or (seed == 0 and seed2 == 0),
            "seed and seed2 must be 0 if deterministic is False",
        )
        require_rank(value, 4, "value")
        sizes = [_pooled_size(n, r) for n, r in zip(value.shape, ratios, strict=True)]
        if min(sizes) < 1:
            require(False, f"value must have sizes >= {pooling_ratio}, not {show(value.shape)}")
        stream, kept = ctx.own(lambda: _State(Philox.from_seeds(seed, seed2), {}))
        known = kept.get(value.shape[1:3])
        if known is None or not deterministic:
            draw = _pseudo_random_starts if pseudo_random else _random_starts
            known = tuple(draw(value.shape[axis], sizes[axis], stream) for axis in (1, 2))
            kept[value.shape[1:3]] = known
        rows, columns = known
        with np.errstate(all="ignore"):
            return pool(value, rows, columns, overlapping), rows.copy(), columns.copy()

    kernel.__doc__ = doc
    return op(
        f"{name}(value: T) -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64",
        T=_KINDS,
        pooling_ratio=at_least(4),
        precision=ROUNDING,
        source=f"core/kernels/{'fractional_max' if 'Max' in name else 'fractional_avg'}_pool_op.cc",
        shape=_pooled_shapes,
    )(kernel)


fractional_max_pool = _register_pool(
    "FractionalMaxPool",
    _largest,
    """The maxima over cells of random sizes, and where the rows and the columns of cells start and end.

    Shapes: `[n, h, w, c] -> [n, floor(h / ratio), floor(w / ratio), c]`, and vectors with one element more than that has
        rows and columns. NaN is no maximum.
    Raises: InvalidArgumentError for other ranks, ratios below 1 or above the sizes, and seeds of a node that is not
        `deterministic`; UnimplementedError for ratios of batch and channels other than 1.
    """,
)
fractional_avg_pool = _register_pool(
    "FractionalAvgPool",
    _mean,
    """The means over cells of random sizes, and where the rows and the columns of cells start and end.

    Shapes and errors: as FractionalMaxPool.
    """,
)


def _require_starts(starts: Array, cells: int, size: int, name: str) -> Array:
    """The starts of so many cells, checked."""
    require_rank(starts, 1, name)
    require(len(starts) > cells, f"{name} must have {cells + 1} elements, not {len(starts)}")
    starts = starts[: cells + 1]
    if starts[0] < 0 or starts[-1] > size or (np.diff(starts) <= 0).any():
        raise InvalidArgumentError(
            f"{name} must rise within [0, {size}], not hold {starts.tolist()[:10]}"
        )
    return starts


def _avg_grad_shape(orig_input_tensor_shape: Spec) -> Shape:
    if orig_input_tensor_shape.value is not None and orig_input_tensor_shape.value.size == 4:
        return dims(orig_input_tensor_shape.value)
    return (None,) * 4


@op(
    "FractionalAvgPoolGrad(orig_input_tensor_shape: int64, out_backprop: T, "
    "row_pooling_sequence: int64, col_pooling_sequence: int64) -> output: T",
    T=_KINDS,
    precision=ROUNDING,
    source="core/kernels/fractional_avg_pool_op.cc:FractionalAvgPoolGradOp",
    shape=_avg_grad_shape,
)
def fractional_avg_pool_grad(
    orig_input_tensor_shape: Array,
    out_backprop: Array,
    row_pooling_sequence: Array,
    col_pooling_sequence: Array,
    *,
    overlapping: bool = False,
) -> Array:
    """The gradient of FractionalAvgPool: each element spread evenly over its cell; of integers it is cut at the end.

    Shapes: `[4], [n, r, s, c], [r + 1], [s + 1] -> orig_input_tensor_shape`.
    Raises: InvalidArgumentError for other shapes, or sequences that do not rise within the input.
    Differs: TensorFlow also takes inputs with a larger batch or depth, longer sequences than the input, and falling ones.
    """
    if orig_input_tensor_shape.shape != (4,):
        require(
            False,
            f"orig_input_tensor_shape must have shape [4], not {show(orig_input_tensor_shape.shape)}",
        )
    require_rank(out_backprop, 4, "out_backprop")
    require(
        out_backprop.size > 0, f"out_backprop must not be empty, not {show(out_backprop.shape)}"
    )
    sizes = allocatable(orig_input_tensor_shape.tolist(), np.dtype(np.float64))
    batch, height, width, depth = sizes
    if (batch, depth) != (out_backprop.shape[0], out_backprop.shape[3]):
        require(
            False,
            f"out_backprop must have the batch and depth of the input, {batch} and {depth}, "
            f"not shape {show(out_backprop.shape)}",
        )
    rows = _require_starts(
        row_pooling_sequence, out_backprop.shape[1], height, "row_pooling_sequence"
    )
    columns = _require_starts(
        col_pooling_sequence, out_backprop.shape[2], width, "col_pooling_sequence"
    )
    result = out_backprop.astype(np.float64)
    ends = [_ends(rows, height, overlapping), _ends(columns, width, overlapping)]
    counts = np.multiply.outer(ends[0] - rows[:-1], ends[1] - columns[:-1])
    with np.errstate(all="ignore"):
        result /= counts[:, :, None]
        for axis, starts in ((2, columns), (1, rows)):
            result = _spread(result, axis, starts, sizes[axis], overlapping)
        return result.astype(out_backprop.dtype)


def _spread(value: Array, axis: int, starts: Array, size: int, overlapping: bool) -> Array:
    """Each element of one axis put at all places of its cell, and summed where cells overlap."""
    value = np.moveaxis(value, axis, 0)
    result = np.zeros((size, *value.shape[1:]), value.dtype)
    result[starts[0] : starts[-1]] = np.repeat(value, np.diff(starts), axis=0)
    if overlapping:
        inner = starts[1:] < size
        result[starts[1:][inner]] += value[inner]
    return np.moveaxis(result, 0, axis)


def _max_grad_shape(orig_input: Spec) -> Shape:
    return merge(orig_input.shape, ranked(orig_input, 4, "orig_input"))


@op(
    "FractionalMaxPoolGrad(orig_input: T, orig_output: T, out_backprop: T, "
    "row_pooling_sequence: int64, col_pooling_sequence: int64) -> output: T",
    T=_KINDS,
    precision=ROUNDING,
    source="core/kernels/fractional_max_pool_op.cc:FractionalMaxPoolGradOp",
    shape=_max_grad_shape,
)
def fractional_max_pool_grad(
    orig_input: Array,
    orig_output: Array,
    out_backprop: Array,
    row_pooling_sequence: Array,
    col_pooling_sequence: Array,
    *,
    overlapping: bool = False,
) -> Array:
    """The gradient of FractionalMaxPool: each element at the first place of its cell's maximum.

    Shapes: `[n, h, w, c],` two of `[n, r, s, c], [r + 1], [s + 1] -> [n, h, w, c]`.
    Raises: InvalidArgumentError for other shapes, sequences that do not rise within the input, or an output that is not
        that of the input.
    Differs: TensorFlow also takes a gradient of another shape than the output's, as far as their elements go.
    """
    for name, array in (("orig_input", orig_input), ("orig_output", orig_output)):
        require_rank(array, 4, name)
        require(array.size > 0, f"{name} must not be empty, not of shape {show(array.shape)}")
    batch, height, width, depth = orig_input.shape
    cells = (batch, *orig_output.shape[1:3], depth)
    for name, array in (("orig_output", orig_output), ("out_backprop", out_backprop)):
        if array.shape != cells:
            require(False, f"{name} must have shape {show(cells)}, not {show(array.shape)}")
    rows = _require_starts(row_pooling_sequence, cells[1], height, "row_pooling_sequence")
    columns = _require_starts(col_pooling_sequence, cells[2], width, "col_pooling_sequence")
    best = np.full(cells, _lowest(orig_input.dtype))
    places = np.zeros(cells, np.int64)
    found = np.zeros(cells, bool)
    heights = _ends(rows, height, overlapping) - rows[:-1]
    widths = _ends(columns, width, overlapping) - columns[:-1]
    for down in range(int(heights.max())):
        r = np.minimum(rows[:-1] + down, height - 1)
        for across in range(int(widths.max())):
            c = np.minimum(columns[:-1] + across, width - 1)
            inside = (down < heights)[:, None, None] & (across < widths)[:, None]
            candidate = orig_input[:, r][:, :, c]
            better = inside & ((candidate > best) | ~found)
            best = np.where(better, candidate, best)
            places = np.where(better, (r[:, None] * width + c)[:, :, None], places)
            found |= inside
    if not np.array_equal(best, orig_output):
        raise InvalidArgumentError("orig_output must be what the pooling of orig_input gives")
    result = np.zeros((batch, height * width, depth), orig_input.dtype)
    with np.errstate(all="ignore"):
        np.add.at(
            result,
            (np.arange(batch)[:, None, None, None], places, np.arange(depth)),
            out_backprop,
        )
    return result.reshape(orig_input.shape)


def _lowest(dtype: np.dtype[Any]) -> Any:
    limits: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return dtype.type(limits.min)


@fractional_max_pool.gradient
def fractional_max_pool_gradient(
    ops: Ops,
    value: Term,
    output: Term,
    row_pooling_sequence: Term,
    col_pooling_sequence: Term,
    grad: Term,
    overlapping: bool,
) -> Term:
    """To the first maximum of each cell."""
    found: Term = ops.FractionalMaxPoolGrad(
        value, output, grad, row_pooling_sequence, col_pooling_sequence, overlapping=overlapping
    )
    return found


@fractional_avg_pool.gradient
def fractional_avg_pool_gradient(
    ops: Ops,
    value: Term,
    row_pooling_sequence: Term,
    col_pooling_sequence: Term,
    grad: Term,
    overlapping: bool,
) -> Term:
    """Evenly over each cell."""
    sizes = ops.Shape(value, out_type="int64")
    found: Term = ops.FractionalAvgPoolGrad(
        sizes, grad, row_pooling_sequence, col_pooling_sequence, overlapping=overlapping
    )
    return found
