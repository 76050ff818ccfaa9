"""Numbers of Poisson distributions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import (
    BLOCKS_PER_OUTPUT,
    drawn_shape,
    requested_shape,
    seeded,
    session_stream,
    static_vector,
    tailed_shape,
)
from minihub_runtime.ops.random_lanes import Lanes, Rows, Rule, sample_lanes
from minihub_runtime.ops.registry import INDEX, RANDOM, Array, op, types, without_gradient
from minihub_runtime.ops.special_gamma import log_gamma
from minihub_runtime.shapes import Shape, Spec, size

__all__ = ["require_ending", "to_counts"]

_POISSON = "core/kernels/random_poisson_op.cc"
_REALS = types("float16 float32 float64 int32 int64")


def _highest(dtype: DType) -> float:
    kind = dtype.numpy
    return float(np.finfo(kind).max if kind.kind == "f" else np.iinfo(kind).max)


def _counting(rate: Array, highest: float) -> Rule:
    """Knuth's method for rates below 10: how many uniform numbers it takes until their product is small."""
    limit = np.exp(-rate)
    products = np.ones(len(rate))
    counts = np.zeros(len(rate))

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        products[rows] *= lanes.uniforms.take(rows)
        done = (products[rows] <= limit[rows]) & (counts[rows] <= highest)
        result[rows[done]] = counts[rows[done]]
        counts[rows[~done]] += 1
        return done

    return rule


def _transformed(rate: Array, highest: float) -> Rule:
    """Hörmann's transformed rejection, for rates from 10 on."""
    log_rate = np.log(rate)
    b = 0.931 + 2.53 * np.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    inside = 0.9277 - 3.6224 / (b - 2)

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        u = lanes.uniforms.take(rows) - 0.5
        v = lanes.uniforms.take(rows)
        shifted = 0.5 - np.abs(u)
        k = np.floor((2 * a[rows] / shifted + b[rows]) * u + rate[rows] + 0.43)
        fits = ~(k > highest)
        done = fits & (shifted >= 0.07) & (v <= inside[rows])
        rest = np.nonzero(fits & ~done & ~((k < 0) | ((shifted < 0.013) & (v > shifted))))[0]
        at = rows[rest]
        s = np.log(v[rest] * inverse_alpha[at] / (a[at] / shifted[rest] ** 2 + b[at]))
        t = -rate[at] + k[rest] * log_rate[at] - log_gamma(k[rest] + 1)
        done[rest[s <= t]] = True
        result[rows[done]] = k[done]
        return done

    return rule


def _poisson_rule(rate: Array, highest: float) -> Rule:
    """The rule of each rate's method; an infinite rate gives infinity."""
    few = rate < 10
    with np.errstate(all="ignore"):
        counting = _counting(rate, highest)
        transformed = _transformed(rate, highest)

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        done = np.zeros(len(rows), bool)
        endless = rate[rows] == np.inf
        result[rows[endless]] = np.inf
        with np.errstate(all="ignore"):
            for chosen, method in ((few[rows], counting), (~few[rows] & ~endless, transformed)):
                if chosen.any():
                    done[chosen] = method(lanes, rows[chosen], result)
        return done | endless

    return rule


def _poisson(
    stream: Philox,
    rate: Array,
    per_rate: int,
    dtype: DType,
    check: Callable[[], None] | None = None,
) -> Array:
    """`per_rate` numbers for each rate, as [per_rate, rates]."""
    rates = np.repeat(rate.astype(np.float64).reshape(-1), per_rate)
    highest = _highest(dtype)
    with np.errstate(invalid="ignore"):
        # Fifty deviations below the mean nothing is accepted any more; infinity is a case of its own.
        beyond = np.isfinite(rates) & (rates - 50 * np.sqrt(np.abs(rates)) > highest)
    wrong = np.isnan(rates) | beyond
    if wrong.any():
        raise InvalidArgumentError(
            f"rates must be numbers that {dtype.name} can hold, not {rates[wrong][0]}"
        )
    places = np.arange(len(rates), dtype=np.uint64) * np.uint64(BLOCKS_PER_OUTPUT)
    drawn = sample_lanes(stream, places, lambda part: _poisson_rule(rates[part], highest), check)
    return to_counts(drawn.reshape(rate.size, per_rate).T, dtype)


def to_counts(drawn: Array, dtype: DType) -> Array:
    """Whole numbers in the wanted type; infinity as the largest integer."""
    if dtype.is_floating:
        with np.errstate(over="ignore"):
            return drawn.astype(dtype.numpy)
    top = np.iinfo(dtype.numpy).max
    beyond = drawn >= float(top)
    with np.errstate(invalid="ignore"):
        result = np.where(beyond, 0, drawn).astype(dtype.numpy)
    result[beyond] = top
    return result


def _session_poisson(
    ctx: Context, shape: Array, rate: Array, seed: int, seed2: int, dtype: DType
) -> Array:
    before = requested_shape(shape, dtype)
    sizes = allocatable(before + rate.shape, np.dtype(np.float64))
    stream = session_stream(ctx, seed, seed2).reserve(size(sizes) * BLOCKS_PER_OUTPUT)
    if size(sizes) == 0:
        return np.empty(sizes, dtype.numpy)
    return _poisson(stream, rate, size(before), dtype, ctx.check).reshape(sizes)


@op(
    "RandomPoisson(shape: S, rate: dtype) -> output: dtype",
    S=INDEX,
    dtype=types("float16 float32 float64"),
    stateful=True,
    precision=RANDOM,
    source=_POISSON,
    shape=tailed_shape,
)
def random_poisson(
    ctx: Context, shape: Array, rate: Array, *, seed: int = 0, seed2: int = 0
) -> Array:
    """RandomPoissonV2 with results of the type of `rate`.

    Shapes: `[rank], s -> shape + s`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes.
    Differs: a rate that is NaN is refused, where TensorFlow tries for ever.
    """
    return _session_poisson(ctx, shape, rate, seed, seed2, as_dtype(rate.dtype))


@op(
    "RandomPoissonV2(shape: S, rate: R) -> output: dtype",
    S=INDEX,
    R=_REALS.default_to("float64"),
    dtype=_REALS.default_to("int64"),
    stateful=True,
    precision=RANDOM,
    source=_POISSON,
    shape=tailed_shape,
)
def random_poisson_v2(
    ctx: Context, shape: Array, rate: Array, *, seed: int = 0, seed2: int = 0, dtype: DType
) -> Array:
    """Numbers of the Poisson distributions with means `rate`, `shape` of each.

    Shapes: `[rank], s -> shape + s`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes.
    Differs: a rate that is NaN, or far beyond the result's type, is refused, where TensorFlow tries for ever.
    """
    return _session_poisson(ctx, shape, rate, seed, seed2, dtype)


def require_ending(sizes: tuple[int, ...], tail: tuple[int, ...], name: str) -> None:
    """Raise unless a wanted shape ends with the shape of the parameters."""
    if len(sizes) < len(tail) or sizes[len(sizes) - len(tail) :] != tail:
        raise InvalidArgumentError(
            f"shape {list(sizes)} must end with the shape of {name}, {list(tail)}"
        )


@op(
    "StatelessRandomPoisson(shape: T, seed: Tseed, lam: Rtype) -> output: dtype",
    Rtype=_REALS,
    dtype=_REALS,
    T=INDEX,
    Tseed=INDEX.default_to("int64"),
    precision=RANDOM,
    source="core/kernels/stateless_random_ops.cc:StatelessRandomPoissonOp",
)
def stateless_random_poisson(shape: Array, seed: Array, lam: Array, *, dtype: DType) -> Array:
    """Numbers of the Poisson distributions with means `lam`.

    Shapes: `[rank], [2], s -> shape`, which ends with `s`.
    Raises: InvalidArgumentError for other shapes.
    Differs: a mean that is NaN, or far beyond the result's type, is refused, where TensorFlow tries for ever.
    """
    sizes = requested_shape(shape, dtype)
    stream = seeded(seed)
    if size(sizes) == 0:
        return np.empty(sizes, dtype.numpy)
    require_ending(sizes, lam.shape, "lam")
    return _poisson(stream, lam, size(sizes) // lam.size, dtype).reshape(sizes)


@stateless_random_poisson.shape
def _seeded_shape(shape: Spec, seed: Spec, lam: Spec) -> Shape:
    static_vector(seed, 2, "seed")
    return drawn_shape(shape)


without_gradient("StatelessRandomPoisson")
