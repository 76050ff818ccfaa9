"""Numbers of binomial distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import (
    drawn_shape,
    requested_shape,
    require_kind,
    seeded,
    static_vector,
)
from minihub_runtime.ops.random_generator import advance
from minihub_runtime.ops.random_lanes import Lanes, Rows, Rule, sample_lanes
from minihub_runtime.ops.random_poisson import require_ending, to_counts
from minihub_runtime.ops.registry import INDEX, RANDOM, Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec, size

__all__: list[str] = []

_REALS = types("float16 float32 float64 int32 int64")

# Blocks set aside for a number, by method.
_TRANSFORMED_BLOCKS, _GEOMETRIC_BLOCKS = 256, 42


def _geometric(count: Array, prob: Array) -> Rule:
    """How many geometric numbers fit into `count`: for means below 10."""
    sums, fitting = np.zeros(len(count)), np.zeros(len(count))
    scale = np.log1p(-prob)

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        sums[rows] += np.ceil(np.log(lanes.uniforms.take(rows)) / scale[rows])
        done = sums[rows] > count[rows]
        result[rows[done]] = fitting[rows[done]]
        fitting[rows[~done]] += 1
        return done

    return rule


_STIRLING = np.array(
    [
        *(0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509),
        *(0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720),
        *(0.00925546218271273, 0.00833056343336287),
    ]
)


def _stirling_error(k: Array) -> Array:
    """What Stirling's formula for log(k!) leaves out."""
    square = (k + 1) * (k + 1)
    far = (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
    return np.where(k <= 9, _STIRLING[np.clip(k, 0, 9).astype(np.intp)], far)


def _transformed(count: Array, prob: Array) -> Rule:
    """Hörmann's transformed rejection, for means from 10 on."""
    deviation = np.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c = count * prob + 0.5
    inside = 0.92 - 4.2 / b
    odds = prob / (1 - prob)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = np.floor((count + 1) * prob)

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        u = lanes.uniforms.take(rows)
        v = lanes.uniforms.take(rows)
        u -= 0.5
        shifted = 0.5 - np.abs(u)
        k = np.floor((2 * a[rows] / shifted + b[rows]) * u + c[rows])
        done = (shifted >= 0.07) & (v <= inside[rows])
        rest = np.nonzero(~done & ~((k < 0) | (k > count[rows])))[0]
        at, near = rows[rest], k[rest]
        n, m, r = count[at], mode[at], odds[at]
        height = np.log(v[rest] * alpha[at] / (a[at] / shifted[rest] ** 2 + b[at]))
        bound = (
            (m + 0.5) * np.log((m + 1) / (r * (n - m + 1)))
            + (n + 1) * np.log((n - m + 1) / (n - near + 1))
            + (near + 0.5) * np.log(r * (n - near + 1) / (near + 1))
            + _stirling_error(m)
            + _stirling_error(n - m)
            - _stirling_error(near)
            - _stirling_error(n - near)
        )
        done[rest[height <= bound]] = True
        result[rows[done]] = k[done]
        return done

    return rule


def _rule(count: Array, prob: Array, transforms: Array) -> Rule:
    """The rule of each number's method."""
    with np.errstate(all="ignore"):
        geometric = _geometric(count, prob)
        transformed = _transformed(count, prob)

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        done = np.zeros(len(rows), bool)
        chosen = transforms[rows]
        with np.errstate(all="ignore"):
            for places, method in ((chosen, transformed), (~chosen, geometric)):
                if places.any():
                    done[places] = method(lanes, rows[places], result)
        return done

    return rule


@op(
    "StatelessRandomBinomial(shape: S, seed: Tseed, counts: T, probs: T) -> output: dtype",
    S=INDEX,
    Tseed=INDEX.default_to("int64"),
    T=_REALS.default_to("float64"),
    dtype=_REALS.default_to("int64"),
    precision=RANDOM,
    source="core/kernels/random_binomial_op.cc",
)
def stateless_random_binomial(
    shape: Array, seed: Array, counts: Array, probs: Array, *, dtype: DType
) -> Array:
    """How many of `counts` tries succeed, each with probability `probs`.

    Shapes: `[rank], [2], s, t -> shape`, which ends with what `s` and `t` broadcast to.
    Raises: InvalidArgumentError for other shapes; UnimplementedError for integer counts.
    """
    return _binomial(lambda batches, each: seeded(seed), shape, counts, probs, dtype)


def _binomial(
    make: Callable[[int, int], Philox], shape: Array, counts: Array, probs: Array, dtype: DType
) -> Array:
    """Numbers in a shape that ends with that of the parameters.

    Args:
        make: the stream, from the number of parameters and how many numbers each gets.
        shape: the sizes.
        counts: tries.
        probs: their probabilities; broadcasts with `counts`.
        dtype: type of the result.
    """
    require_kind(as_dtype(counts.dtype), "float16 float32 float64", "counts")
    try:
        tail = np.broadcast_shapes(counts.shape, probs.shape)
    except ValueError as error:
        raise InvalidArgumentError(
            f"counts and probs must broadcast, not {list(counts.shape)} and {list(probs.shape)}"
        ) from error
    sizes = requested_shape(shape, dtype)
    require_ending(sizes, tail, "counts and probs")
    batches = size(tail)
    each = size(sizes[: len(sizes) - len(tail)])
    stream = make(batches, each)
    if size(sizes) == 0:
        return np.empty(sizes, dtype.numpy)
    n = np.repeat(np.broadcast_to(counts, tail).reshape(-1), each)
    p = np.repeat(np.broadcast_to(probs, tail).reshape(-1), each)
    return to_counts(_draw(stream, n, p).reshape(batches, each).T, dtype).reshape(sizes)


def _draw(stream: Philox, count: Array, prob: Array) -> Array:
    """A number for each count and probability, which are of one length."""
    one = prob.dtype.type(1)
    with np.errstate(all="ignore"):
        likely = prob > prob.dtype.type(0.5)
        rarer = np.where(likely, one - prob, prob)
        transforms = count * rarer >= count.dtype.type(10)
    n = count.astype(np.float64)
    result = np.where(prob >= one, n, 0.0)
    result[(n <= 0) | (prob <= 0)] = 0
    result[(n > 0) & np.isnan(prob)] = np.nan
    wanted = np.nonzero((n > 0) & (prob > 0) & (prob < one))[0]
    blocks = np.where(transforms[wanted], _TRANSFORMED_BLOCKS, _GEOMETRIC_BLOCKS)
    counts, probs = n[wanted], rarer[wanted].astype(np.float64)
    chosen = transforms[wanted]
    drawn = sample_lanes(
        stream,
        wanted.astype(np.uint64) * blocks.astype(np.uint64),
        lambda part: _rule(counts[part], probs[part], chosen[part]),
    )
    result[wanted] = np.where(likely[wanted], counts - drawn, drawn)
    return result


@stateless_random_binomial.shape
def _seeded_shape(shape: Spec, seed: Spec, counts: Spec, probs: Spec) -> Shape:
    static_vector(seed, 2, "seed")
    return drawn_shape(shape)


@op(
    "StatefulRandomBinomial(resource: resource, algorithm: int64, shape: S, counts: T, probs: T)"
    " -> output: dtype",
    S=INDEX,
    T=_REALS.default_to("float64"),
    dtype=_REALS.default_to("int64"),
    stateful=True,
    precision=RANDOM,
    source="core/kernels/random_binomial_op.cc:RandomBinomialOp",
)
def stateful_random_binomial(
    resource: Any, algorithm: Array, shape: Array, counts: Array, probs: Array, *, dtype: DType
) -> Array:
    """StatelessRandomBinomial from a generator, which then skips what the numbers may take.

    Shapes: `[], [], [rank], s, t -> shape`, which ends with what `s` and `t` broadcast to.
    Differs: TensorFlow leaves the generator where it is if another tensor shares the memory of its state.
    Raises: InvalidArgumentError for other shapes, or a state or an algorithm that is not Philox's;
        UnimplementedError for integer counts.
    """

    def make(batches: int, each: int) -> Philox:
        return advance(resource, algorithm, batches * 2 * 100 * (each + 3) // 4)[0]

    return _binomial(make, shape, counts, probs, dtype)


@stateful_random_binomial.shape
def _generator_shape(
    resource: Spec, algorithm: Spec, shape: Spec, counts: Spec, probs: Spec
) -> Shape:
    return drawn_shape(shape)


without_gradient("StatelessRandomBinomial")
