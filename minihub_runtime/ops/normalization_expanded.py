"""Batch normalisation of training after a convolution of single taps to many channels, as `passes.fuse_expansion` makes it.

Such a convolution is a product x = a·w of few columns and many.  The moments of x follow from those of a,

    mean(x) = mean(a)·w      variance(x) = diagonal of wᵀ·cov(a)·w

so that they are known before x is: the scale goes into w and the offset becomes a bias, and x itself, which is several times as
large as a, is never made.  Nor is it needed for gradients.  With g that of the normalised x, n rows, ã = a - mean(a), and
f = scale / deviation,

    p = ãᵀ·g      s = sum(g)      q = sum(g·(x - mean(x))) = column sums of w·p
    gradient of w = f·(p - cov(a)·w · q / variance)
    gradient of a = g·(f·w)ᵀ - ã·(w · f·q / (n·variance))·wᵀ - w·(f·s / n)

which passes through g twice, and through nothing else of its size.

Where little remains of large terms, x is made after all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minihub_runtime.memory import contiguous, empty
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.channel_blocks import blocks_of
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolving import correlate_filter, correlate_input, multiply_rows
from minihub_runtime.ops.finishing import finish_with
from minihub_runtime.ops.normalization import (
    averages,
    check_vectors,
    near_zero,
    normalize_batch,
)
from minihub_runtime.ops.normalization_gradient import fused_batch_norm_grad_v3
from minihub_runtime.ops.products import SPEED, multiply, multiply_turned
from minihub_runtime.ops.registry import ROUNDING, Array, op
from minihub_runtime.ops.windows import slide
from minihub_runtime.shapes import Shape, Spec
from minihub_runtime.threads import num_threads, scratch, spread

__all__ = ["TAKEN_IN"]

#: Activations that it takes in; there may be none.
TAKEN_IN = frozenset({"", "Relu", "Relu6"})
#: Rows that tell about where the mean is, and variances that it may be away from that, squared.
GUESSED = 64
FAR = 4
#: As `normalization.NEAR`; what is left of these products is multiplied with weights, whose terms cancel once more.
NEAR = 4
#: A variance may be the sum of terms that are together so many times as large; these are right to six places.
CANCELLED = 1 << 8
#: Bytes of the blocks of rows that are multiplied at a time, and rows, at least.
BLOCK = 1 << 21
ROWS = 256


class _Spread(NamedTuple):
    """The moments of all channels together.

    Attributes:
        mean: `(k,)`, float32.
        covariance: `(k, k)`, float32; not a number where it does not tell variances.
    """

    mean: Array
    covariance: Array


def _spread_of(rows: Array) -> _Spread:
    """The moments of the columns of a contiguous matrix."""
    guess = rows[:GUESSED].mean(axis=0, dtype=np.float64).astype(rows.dtype)
    total, products = _deviations(rows, guess)
    away = total / len(rows)
    covariance = products / len(rows) - np.outer(away, away)
    mean = (guess + away).astype(rows.dtype)
    if not (away * away <= FAR * covariance.diagonal()).all():
        _, products = _deviations(rows, mean)
        covariance = products / len(rows)
    return _Spread(mean, covariance.astype(rows.dtype))


def _deviations(rows: Array, center: Array) -> tuple[Array, Array]:
    """What rows are above a vector, added up, and the products of each two columns of that."""
    channels = len(center)
    blocks = blocks_of(channels, rows.size)
    centers = blocks.repeated(center)
    parts = blocks.parts(rows.size)
    # Of each part.
    sums: list[list[Array]] = [[] for _ in parts]
    products = np.zeros((len(parts), channels, channels), np.float64)

    def compute(number: int) -> None:
        for (block,) in blocks.of(parts[number], rows):
            centered = blocks.centered(block, centers)
            blocks.add_up(sums[number], centered)
            matrix = centered.reshape(-1, channels)
            products[number] += multiply_turned(matrix, matrix, alone=True)

    spread(compute, range(len(parts)), rows.size * channels // SPEED, products=True)
    return blocks.total(sums), products.sum(axis=0)


def _moments(weights: Array, rows: _Spread, epsilon: float) -> tuple[Array, Array] | None:
    """Mean and variance of products with these weights; None where little is left of large terms."""
    products = multiply(rows.covariance, weights)
    terms = np.abs(weights)
    terms *= multiply(np.abs(rows.covariance), terms)
    variance: Array = np.maximum(np.sum(weights * products, axis=0, dtype=np.float64), 0)
    mean = _times(rows.mean, weights)
    # The mean is taken from products that have its size.
    largest = np.maximum(terms.sum(axis=0), np.square(mean))
    if (largest <= CANCELLED * (variance + epsilon)).all():
        return mean.astype(np.float32), variance.astype(np.float32)
    return None


def _times(vector: Array, matrix: Array) -> Array:
    """A vector times a matrix, in float64."""
    left, right = (array.astype(np.float64, copy=False) for array in (vector[np.newaxis], matrix))
    return multiply(left, right)[0]


def _matrix(filter: Array, input: Array) -> Array:
    """The filter as a matrix, if it fits the input.

    Raises:
        InvalidArgumentError: it does not, or has several taps.
    """
    require_rank(input, 4, "input")
    require_rank(filter, 4, "filter")
    if filter.shape[:2] != (1, 1):
        require(False, f"filter must have a single tap, not shape {list(filter.shape)}")
    if filter.shape[2] != input.shape[3]:
        require(
            False,
            f"input depth must equal filter depth {filter.shape[2]}, not {input.shape[3]}",
        )
    return filter.reshape(filter.shape[2:])


def _shape(input: Spec, filter: Spec) -> list[Shape]:
    sizes = (None,) * 4 if input.shape is None else tuple(input.shape)
    depth, width = (None, None) if filter.shape is None else tuple(filter.shape[2:])
    return [(*sizes[:3], width), *[(width,)] * 4, (depth,), (depth, depth)]


@op(
    "_ExpandedBatchNorm(input: float32, filter: float32, scale: float32, offset: float32, mean: float32, "
    "variance: float32) -> y: float32, batch_mean: float32, batch_variance: float32, "
    "reserve_space_1: float32, reserve_space_2: float32, center: float32, covariance: float32",
    precision=ROUNDING,
    source="core/kernels/fused_batch_norm_op.cc",
    shape=_shape,
)
def expanded_batch_norm(
    input: Array,
    filter: Array,
    scale: Array,
    offset: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
    exponential_avg_factor: float = 1.0,
    activation: str = "",
) -> tuple[Array, ...]:
    """Conv2D with a single tap, then FusedBatchNormV3 in training, then what `activation` says, if anything.

    The last two outputs are the moments of the input, for the gradient.

    Shapes: `[n, h, w, k], [1, 1, k, c], [c], [c], [c] or [0], [c] or [0]
        -> [n, h, w, c], [c], [c], [c], [c], [k], [k, k]`.
    Raises: InvalidArgumentError for another rank, several taps, another depth or vectors of another length.
    """
    weights = _matrix(filter, input)
    depth, width = weights.shape
    check_vectors(width, scale, offset, mean, variance, exponential_avg_factor != 1)
    rows = contiguous(input).reshape(-1, depth)
    result = empty((*input.shape[:3], width), np.float32)
    finish = finish_with(None, [activation])
    with np.errstate(all="ignore"):
        inner = _spread_of(rows) if rows.size else None
        found = _moments(weights, inner, epsilon) if inner is not None else None
        if inner is None or found is None:
            if result.size:
                multiply_rows(rows, weights, result.reshape(-1, width), None)
            outputs = normalize_batch(
                result,
                scale,
                offset,
                mean,
                variance,
                epsilon,
                exponential_avg_factor,
                "NHWC",
                True,
                result,
                lambda block: finish(block.reshape(-1, 1)),
            )
            unknown = np.full((depth, depth), np.nan, np.float32)
            return (*outputs, np.zeros(depth, np.float32), unknown)
        batch_mean, batch_variance = found
        factor = scale / np.sqrt(batch_variance + np.float32(epsilon))
        bias = offset - batch_mean * factor
        flat = result.reshape(-1, width)
        multiply_rows(rows, weights * factor, flat, finish_with(bias, [activation]))
        kept = averages(*found, len(rows), mean, variance, exponential_avg_factor)
    return (result, *kept, batch_mean.copy(), batch_variance, *inner)


def _grad_shape(input: Spec, filter: Spec, scale: Spec) -> list[Shape]:
    return [input.shape, scale.shape, scale.shape, filter.shape]


@op(
    "_ExpandedBatchNormGrad(y_backprop: float32, input: float32, filter: float32, scale: float32, "
    "reserve_space_1: float32, reserve_space_2: float32, center: float32, covariance: float32) -> "
    "input_backprop: float32, scale_backprop: float32, offset_backprop: float32, "
    "filter_backprop: float32",
    precision=ROUNDING,
    source="core/kernels/fused_batch_norm_op.cc",
    shape=_grad_shape,
)
def expanded_batch_norm_grad(
    y_backprop: Array,
    input: Array,
    filter: Array,
    scale: Array,
    reserve_space_1: Array,
    reserve_space_2: Array,
    center: Array,
    covariance: Array,
    *,
    epsilon: float = 9.999999747378752e-05,
) -> tuple[Array, ...]:
    """The gradients of `_ExpandedBatchNorm` without activation with respect to `input`, `scale`, `offset` and `filter`.

    Shapes: `[n, h, w, c], [n, h, w, k], [1, 1, k, c], [c], [c], [c], [k], [k, k]
        -> [n, h, w, k], [c], [c], [1, 1, k, c]`.
    Raises: InvalidArgumentError for another rank, several taps, another depth, different sizes or vectors of another length.
    """
    weights = _matrix(filter, input)
    depth, width = weights.shape
    if y_backprop.shape != (*input.shape[:3], width):
        require(
            False,
            f"y_backprop must have shape {[*input.shape[:3], width]}, not {list(y_backprop.shape)}",
        )
    check_vectors(width, scale, scale, reserve_space_1, reserve_space_2, True)
    if center.shape != (depth,):
        require(False, f"center must have {depth} elements, not shape {list(center.shape)}")
    if covariance.shape != (depth, depth):
        require(
            False,
            f"covariance must have shape {[depth, depth]}, not {list(covariance.shape)}",
        )
    with np.errstate(all="ignore"):
        if np.isnan(covariance).any():
            return _made_grad(
                y_backprop, input, filter, scale, reserve_space_1, reserve_space_2, epsilon
            )
        rows, slopes = contiguous(input).reshape(-1, depth), contiguous(y_backprop)
        slopes = slopes.reshape(-1, width)
        projected, offset_grad = _project(rows, slopes, center, covariance.diagonal())
        inverse = 1 / np.sqrt(reserve_space_2 + np.float32(epsilon))
        products = np.add.reduce(weights * projected, axis=0, dtype=np.float64).astype(np.float32)
        factor = scale * inverse
        pull = np.square(inverse) * products
        shift = offset_grad / np.float32(len(rows))
        filter_grad = factor * (projected - multiply(covariance, weights) * pull)
        across = multiply(weights * (factor * pull / np.float32(len(rows))), weights.T)
        rest = _times(center, across) - _times(factor * shift, weights.T)
        back = (weights * factor).T
        input_grad = _pull_back(rows, slopes, back, across, rest.astype(np.float32))
    return (
        input_grad.reshape(input.shape),
        products * inverse,
        offset_grad,
        filter_grad.reshape(filter.shape),
    )


def _made_grad(
    y_backprop: Array,
    input: Array,
    filter: Array,
    scale: Array,
    mean: Array,
    variance: Array,
    epsilon: float,
) -> tuple[Array, ...]:
    """The gradients, by way of what is normalised."""
    windows = [slide(size, 1, 1) for size in input.shape[1:3]]
    depth, width = filter.shape[2:]
    x = empty(y_backprop.shape, np.float32)
    if x.size:
        rows = contiguous(input).reshape(-1, depth)
        multiply_rows(rows, filter.reshape(depth, width), x.reshape(-1, width), None)
    slope, scale_grad, offset_grad, *_ = fused_batch_norm_grad_v3.kernel(
        y_backprop, x, scale, mean, variance, np.zeros((), np.float32), epsilon=epsilon
    )
    return (
        correlate_input(filter, slope, windows, depth),
        scale_grad,
        offset_grad,
        correlate_filter(input, slope, windows, depth),
    )


def _runs_of(rows: Array, slopes: Array) -> list[tuple[int, int]]:
    """Runs of rows that fit the cache, a multiple of the threads."""
    row = (rows.shape[1] + slopes.shape[1]) * rows.itemsize
    return list(runs(len(rows), max(ROWS, BLOCK // row), ROWS))


def _project(rows: Array, slopes: Array, center: Array, variance: Array) -> tuple[Array, Array]:
    """The product of rows, without their mean, and slopes, and the sum of the slopes.

    Args:
        rows: `(n, k)`.
        slopes: `(n, c)`.
        center: the mean of each column of `rows`.
        variance: that of each.
    """
    depth, width = rows.shape[1], slopes.shape[1]
    each = _runs_of(rows, slopes)
    shares = runs(len(each), -(-len(each) // num_threads()))
    # Of each share.
    products = np.zeros((len(shares), depth, width), np.float64)
    sums: list[list[Array]] = [[] for _ in shares]
    blocks = blocks_of(width, slopes.size)
    narrow = blocks_of(depth, rows.size)
    # There are none where rows need not be centred.
    centers = None if near_zero(center, variance, NEAR) else narrow.repeated(center)

    def compute(number: int) -> None:
        for low, high in each[slice(*shares[number])]:
            some, slope = rows[low:high], slopes[low:high]
            if centers is not None:
                room = scratch("centered", some.shape, some.dtype)
                for block, place in narrow.of((0, some.size), some, room):
                    np.subtract(block, centers[: block.shape[1]], out=place)
                some = room
            products[number] += multiply_turned(some, slope, alone=True)
            blocks.add_up(sums[number], slope)

    spread(compute, range(len(shares)), slopes.size * depth // SPEED, products=True)
    projected, total = np.add.reduce(products, axis=0), blocks.total(sums)
    if centers is None:
        projected -= center.astype(np.float64)[:, np.newaxis] * total
    return projected.astype(np.float32), total.astype(np.float32)


def _pull_back(rows: Array, slopes: Array, back: Array, across: Array, rest: Array) -> Array:
    """`slopes · back - rows · across + rest`."""
    result = empty(rows.shape, rows.dtype)
    blocks = blocks_of(len(rest), rows.size)
    rests = blocks.repeated(rest)

    def compute(run: tuple[int, int]) -> None:
        taken = slice(*run)
        place = multiply(slopes[taken], back, result[taken], alone=True)
        room = scratch("centered", place.shape, place.dtype)
        place -= multiply(rows[taken], across, room, alone=True)
        for (block,) in blocks.of((0, place.size), place):
            np.add(block, rests[: block.shape[1]], out=block)

    spread(compute, _runs_of(rows, slopes), slopes.size * rows.shape[1] // SPEED, products=True)
    return result
