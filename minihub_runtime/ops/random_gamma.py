"""Numbers of gamma distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import (
    BLOCKS_PER_OUTPUT,
    drawn_shape,
    keyed,
    requested_shape,
    seeded,
    session_stream,
    static_vector,
    tailed_shape,
)
from minihub_runtime.ops.random_lanes import Lanes, Rows, Rule, sample_lanes
from minihub_runtime.ops.random_poisson import require_ending
from minihub_runtime.ops.registry import INDEX, RANDOM, Array, op, types
from minihub_runtime.ops.windows import narrow
from minihub_runtime.shapes import Shape, Spec, size

__all__: list[str] = []

_KINDS = types("float16 float32 float64")
_STATELESS = "core/kernels/stateless_random_gamma_op.cc"

# The squeeze of Marsaglia and Tsang, which accepts most numbers without a logarithm.
_SQUEEZE = 0.0331


def _rule(alpha: Array) -> Rule:
    """The method of Marsaglia and Tsang; below 1 it draws for alpha + 1 and scales."""
    small = alpha < 1
    d = alpha + np.where(small, 2 / 3, -1 / 3)
    c = 1 / 3 / np.sqrt(d)

    def rule(lanes: Lanes, rows: Rows, result: Array) -> Array:
        done = np.zeros(len(rows), bool)
        with np.errstate(all="ignore"):
            simple = alpha[rows] == 1
            if simple.any():
                result[rows[simple]] = -np.log1p(-lanes.uniforms.take(rows[simple]))
                done |= simple
            tried = np.nonzero(~simple)[0]
            x = lanes.normals.take(rows[tried])
            v = 1 + c[rows[tried]] * x
            positive = ~(v <= 0)
            tried, x, v = tried[positive], x[positive], v[positive] ** 3
            at = rows[tried]
            u = lanes.uniforms.take(at)
            accepted = u < 1 - _SQUEEZE * (x * x) * (x * x)
            accepted |= np.log(u) < 0.5 * x * x + d[at] * (1 - v + np.log(v))
            at, v = at[accepted], v[accepted]
            found = d[at] * v
            scaled = small[at]
            lower = at[scaled]
            found[scaled] *= lanes.uniforms.take(lower) ** (1 / alpha[lower])
            result[at] = found
            done[tried[accepted]] = True
        return done

    return rule


def _gamma(
    stream: Philox, alpha: Array, per_alpha: int, check: Callable[[], None] | None = None
) -> Array:
    """`per_alpha` numbers for each alpha, as [per_alpha, alphas]."""
    parameters = np.repeat(to_float(alpha).astype(np.float64).reshape(-1), per_alpha)
    wrong = ~(parameters > -2 / 3)
    if wrong.any():
        raise InvalidArgumentError(
            f"alpha must be > 0 for numbers to be accepted, not {parameters[wrong][0]}"
        )
    places = np.arange(len(parameters), dtype=np.uint64) * np.uint64(BLOCKS_PER_OUTPUT)
    drawn = sample_lanes(stream, places, lambda part: _rule(parameters[part]), check)
    with np.errstate(over="ignore"):
        return narrow(drawn.reshape(alpha.size, per_alpha).T, alpha.dtype)


@op(
    "RandomGamma(shape: S, alpha: T) -> output: T",
    S=INDEX,
    T=_KINDS,
    stateful=True,
    precision=RANDOM,
    source="core/kernels/random_op.cc:RandomGammaOp",
    shape=tailed_shape,
)
def random_gamma(
    ctx: Context, shape: Array, alpha: Array, *, seed: int = 0, seed2: int = 0
) -> Array:
    """Numbers of the gamma distributions with shapes `alpha` and scale 1, `shape` of each.

    Shapes: `[rank], s -> shape + s`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes.
    Differs: an alpha that is NaN or <= -2/3 is refused, where TensorFlow tries for ever.
    """
    before = requested_shape(shape, as_dtype(alpha.dtype))
    sizes = allocatable(before + alpha.shape, np.dtype(np.float64))
    count = size(sizes)
    stream = session_stream(ctx, seed, seed2).reserve(count * BLOCKS_PER_OUTPUT)
    if count == 0:
        return np.empty(sizes, alpha.dtype)
    return _gamma(stream, alpha, size(before), ctx.check).reshape(sizes)


def _ending(make: Callable[[], Philox], shape: Array, alpha: Array) -> Array:
    """Numbers in a shape that ends with alpha's."""
    sizes = requested_shape(shape, as_dtype(alpha.dtype))
    stream = make()
    count = size(sizes)
    if count == 0:
        return np.empty(sizes, alpha.dtype)
    require_ending(sizes, alpha.shape, "alpha")
    return _gamma(stream, alpha, count // alpha.size).reshape(sizes)


@op(
    "StatelessRandomGammaV2(shape: T, seed: Tseed, alpha: dtype) -> output: dtype",
    dtype=_KINDS,
    T=INDEX,
    Tseed=INDEX.default_to("int64"),
    precision=RANDOM,
    source=_STATELESS,
)
def stateless_random_gamma_v2(shape: Array, seed: Array, alpha: Array) -> Array:
    """Numbers of the gamma distributions with shapes `alpha` and scale 1.

    Shapes: `[rank], [2], s -> shape`, which ends with `s`.
    Raises: InvalidArgumentError for other shapes.
    Differs: an alpha that is NaN or <= -2/3 is refused, where TensorFlow tries for ever.
    """
    return _ending(lambda: seeded(seed), shape, alpha)


@stateless_random_gamma_v2.shape
def _seeded_shape(shape: Spec, seed: Spec, alpha: Spec) -> Shape:
    static_vector(seed, 2, "seed")
    return drawn_shape(shape)


@op(
    "StatelessRandomGammaV3(shape: shape_dtype, key: uint64, counter: uint64, alg: int32,"
    " alpha: dtype) -> output: dtype",
    dtype=_KINDS,
    shape_dtype=INDEX.default_to("int32"),
    precision=RANDOM,
    source=_STATELESS,
    ranks={"counter": 1, "alg": 0},
)
def stateless_random_gamma_v3(
    shape: Array, key: Array, counter: Array, alg: Array, alpha: Array
) -> Array:
    """Numbers of the gamma distributions with shapes `alpha` and scale 1.

    Shapes: `[rank], [1], [2], [], s -> shape`, which ends with `s`.
    Raises: InvalidArgumentError for other shapes, or a key, counter or algorithm that is not Philox's.
    Differs: an alpha that is NaN or <= -2/3 is refused, where TensorFlow tries for ever.
    """
    return _ending(lambda: keyed(key, counter, alg), shape, alpha)


@stateless_random_gamma_v3.shape
def _keyed_shape(shape: Spec, key: Spec, counter: Spec, alg: Spec, alpha: Spec) -> Shape:
    static_vector(key, 1, "key")
    return drawn_shape(shape)


def _gamma_gradient(ops: Ops, grad: Term, alpha: Term, output: Term, added: Any) -> Term:
    """The gradient of `alpha` of samples that have `added` dimensions in front of its own."""
    ones = ops.Fill(ops.Reshape(added, [1]), 1)
    spread = ops.Reshape(alpha, ops.ConcatV2([ones, ops.Shape(alpha)], 0))
    return ops.Sum(grad * ops.RandomGammaGrad(spread, output), ops.Range(0, added, 1))


@random_gamma.gradient
def random_gamma_gradient(
    ops: Ops, grad: Term, shape: Term, alpha: Term, output: Term
) -> tuple[None, Term]:
    return None, _gamma_gradient(ops, grad, alpha, output, ops.Size(shape))


@stateless_random_gamma_v2.gradient
def stateless_random_gamma_v2_gradient(
    ops: Ops, grad: Term, shape: Term, alpha: Term, output: Term
) -> tuple[None, None, Term]:
    added = ops.Size(shape) - ops.Rank(alpha)
    return None, None, _gamma_gradient(ops, grad, alpha, output, added)


@stateless_random_gamma_v3.gradient
def stateless_random_gamma_v3_gradient(
    ops: Ops, grad: Term, shape: Term, alpha: Term, output: Term
) -> tuple[None, None, None, None, Term]:
    added = ops.Size(shape) - ops.Rank(alpha)
    return None, None, None, None, _gamma_gradient(ops, grad, alpha, output, added)
