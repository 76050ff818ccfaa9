"""Normal numbers between two bounds, which may differ from row to row.

Differs: with several threads, TensorFlow's numbers depend on how it shares out the rows; these are the numbers of one
thread.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InternalError, InvalidArgumentError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, unbroadcast
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import (
    drawn_shape,
    requested_shape,
    require_kind,
    seeded,
    session_stream,
    static_vector,
)
from minihub_runtime.ops.random_fill import normal, uniform
from minihub_runtime.ops.random_poisson import require_ending
from minihub_runtime.ops.registry import FLOATS, INDEX, RANDOM, Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec, broadcast, size

__all__: list[str] = []

_SOURCE = "core/kernels/parameterized_truncated_normal_op.cc"
_KINDS = "float16 float32 float64"

# So many tries in a row may be in vain.
_MAX_ITERATIONS = 1000

# Numbers with the same parameters are drawn in parts of this length.
_PART = 100

# Where a bound is this far from the mean, drawing normal numbers and dropping those outside is best.
_FAR = 1.3


#: Candidates and whether each is accepted, from so many steps of the stream; and the blocks of a step.
_Proposal = Callable[[Philox, int], tuple[Array, Array]]


def _method(low: Array, high: Array, dtype: DType) -> tuple[_Proposal, int, int]:
    """How to draw between two bounds, in deviations from the mean.

    Returns:
        The proposal, the blocks a step takes, and how many tries in a row may be in vain.
    """
    kind = dtype.numpy.type
    root = np.sqrt(low * low + kind(4))
    cutoff = kind(2) * np.exp(kind(0.5) + low * (low - root) / kind(4)) / (low + root)
    width = high - low
    per_block = 2 if dtype.size == 8 else 4

    def from_normal(stream: Philox, steps: int) -> tuple[Array, Array]:
        z = normal(stream, steps * per_block, dtype)
        return z, (z >= low) & (z <= high)

    def from_uniform(stream: Philox, steps: int) -> tuple[Array, Array]:
        drawn = uniform(stream, 2 * steps * per_block, dtype).reshape(steps, 2, per_block)
        z = drawn[:, 0] * width + low
        top = kind(0) if low < 0 else low * low
        accepted = drawn[:, 1] <= np.exp((top - z * z) / kind(2))
        return z.reshape(-1), accepted.reshape(-1)

    def from_exponential(stream: Philox, steps: int) -> tuple[Array, Array]:
        alpha = (low + root) / kind(2)
        drawn = uniform(stream, steps * per_block, dtype)
        z = -np.log(drawn[0::2]) / alpha + low
        x = alpha - z if low < alpha else np.full_like(z, low - alpha)
        return z, (drawn[1::2] <= np.exp(-x * x / kind(2))) & (z < high)

    far = kind(_FAR)
    if (low < -far and high >= 0) or (high > far and low <= 0):
        return from_normal, 1, _MAX_ITERATIONS
    if width < cutoff:
        return from_uniform, 2, _MAX_ITERATIONS - 1
    return from_exponential, 1, _MAX_ITERATIONS - 1


class _Bounded:
    """The distribution of one set of parameters."""

    def __init__(self, parameters: tuple[Array, Array, Array, Array], dtype: DType) -> None:
        mean, deviation, least, most = parameters
        require(
            deviation > 0 and least < most and (np.isfinite(least) or np.isfinite(most)),
            "the deviation must be > 0, and the bounds in order and not both infinite, "
            f"not {deviation}, {least} and {most}",
        )
        # A lower bound alone, or bounds above the mean, are what the methods are made for.
        if least == -np.inf or most < mean:
            least, most, deviation = most, least, -deviation
        low, high = (least - mean) / deviation, (most - mean) / deviation
        self._propose, self._blocks, self._patience = _method(low, high, dtype)
        self._mean, self._deviation = mean, deviation

    def draw(self, stream: Philox, count: int, dtype: DType) -> Array:
        """So many numbers; the rest of the last block is lost."""
        result = np.empty(count, dtype.numpy)
        filled = vain = 0
        while filled < count:
            steps = (count - filled) // 2 + 4
            start = stream.copy()
            z, accepted = self._propose(stream, steps)
            places = np.flatnonzero(accepted)[: count - filled]
            gaps = np.diff(places, prepend=-1 - vain) - 1
            left = len(z) - 1 - (int(places[-1]) if len(places) else -1 - vain)
            complete = filled + len(places) == count
            if max(int(gaps.max(initial=0)), 0 if complete else left) > self._patience:
                raise InternalError(
                    "bounds must let numbers be accepted, "
                    f"not none in {self._patience + 1} tries in a row"
                )
            result[filled : filled + len(places)] = z[places] * self._deviation + self._mean
            filled, vain = filled + len(places), left
            if complete:
                used = int(places[-1]) // (len(z) // steps) + 1
                stream.counter = start.counter
                stream.skip(used * self._blocks)
        return result


def _static_shape(shape: Spec, means: Spec, stdevs: Spec, minvals: Spec, maxvals: Spec) -> Shape:
    for spec, name in (
        (means, "means"),
        (stdevs, "stdevs"),
        (minvals, "minvals"),
        (maxvals, "maxvals"),
    ):
        if spec.shape is not None and len(spec.shape) > 1:
            require(False, f"{name} must be a scalar or a vector, not of rank {len(spec.shape)}")
    return drawn_shape(shape)


@op(
    "ParameterizedTruncatedNormal(shape: T, means: dtype, stdevs: dtype, minvals: dtype,"
    " maxvals: dtype) -> output: dtype",
    dtype=FLOATS,
    T=INDEX,
    stateful=True,
    precision=RANDOM,
    source=_SOURCE,
    shape=_static_shape,
)
def parameterized_truncated_normal(
    ctx: Context,
    shape: Array,
    means: Array,
    stdevs: Array,
    minvals: Array,
    maxvals: Array,
    *,
    seed: int = 0,
    seed2: int = 0,
) -> Array:
    """Normal numbers between bounds; each parameter is one number, or one for each row of the result.

    Shapes: `[rank], s, t, u, v -> shape`, where the parameters are `[]`, `[1]` or `[shape[0]]`.
    Raises: InvalidArgumentError for other shapes or bounds that are not in order; InternalError where next to
        nothing is accepted; UnimplementedError for bfloat16.
    """
    dtype = as_dtype(means.dtype)
    require_kind(dtype, _KINDS, "means")
    sizes = requested_shape(shape, dtype)
    require(len(sizes) > 0, "shape must have at least one size, not none")
    count, rows = size(sizes), sizes[0]
    for value, name in zip(
        (means, stdevs, minvals, maxvals), ("means", "stdevs", "minvals", "maxvals"), strict=True
    ):
        if value.ndim > 1:
            require(False, f"{name} must be a scalar or a vector, not of shape {list(value.shape)}")
    alike = means.size == stdevs.size == 1 and minvals.ndim == maxvals.ndim == 0
    if alike:
        parts, each = -(-count // _PART), _PART
    else:
        parts, each = rows, size(sizes[1:])
        for value, name in zip(
            (means, stdevs, minvals, maxvals),
            ("means", "stdevs", "minvals", "maxvals"),
            strict=True,
        ):
            if value.size not in (1, rows):
                require(False, f"{name} must have length 1 or {rows}, not {value.size}")
    stream = session_stream(ctx, seed, seed2).reserve(parts * 2 * _MAX_ITERATIONS * (each + 3) // 4)
    columns = [np.broadcast_to(v.reshape(-1), parts) for v in (means, stdevs, minvals, maxvals)]
    result = np.empty(count, dtype.numpy)
    with np.errstate(all="ignore"):
        for part in range(parts):
            ctx.check()
            here = result[part * each : (part + 1) * each]
            a, b, c, d = (column[part] for column in columns)
            here[:] = _Bounded((a, b, c, d), dtype).draw(stream, len(here), dtype)
    return result.reshape(sizes)


@op(
    "StatelessParameterizedTruncatedNormal(shape: S, seed: Tseed, means: dtype, stddevs: dtype,"
    " minvals: dtype, maxvals: dtype) -> output: dtype",
    S=INDEX,
    Tseed=INDEX.default_to("int64"),
    dtype=types("float16 float32 float64"),
    precision=RANDOM,
    source=_SOURCE,
)
def stateless_parameterized_truncated_normal(
    shape: Array, seed: Array, means: Array, stddevs: Array, minvals: Array, maxvals: Array
) -> Array:
    """Normal numbers between bounds, for parameters that broadcast.

    Shapes: `[rank], [2], s, t, u, v -> shape`, which ends with what the parameters broadcast to.
    Raises: InvalidArgumentError for other shapes or bounds that are not in order; InternalError where next to
        nothing is accepted.
    """
    stream = seeded(seed)
    parameters = (means, stddevs, minvals, maxvals)
    try:
        tail = np.broadcast_shapes(*(value.shape for value in parameters))
    except ValueError as error:
        shown = ", ".join(str(list(value.shape)) for value in parameters)
        raise InvalidArgumentError(f"the parameters must broadcast, not {shown}") from error
    dtype = as_dtype(means.dtype)
    sizes = requested_shape(shape, dtype)
    require_ending(sizes, tail, "the parameters")
    result = np.empty((size(tail), size(sizes[: len(sizes) - len(tail)])), dtype.numpy)
    columns = [np.broadcast_to(value, tail).reshape(-1) for value in parameters]
    if result.size:
        with np.errstate(all="ignore"):
            for row, a, b, c, d in zip(result, *columns, strict=True):
                row[:] = _Bounded((a, b, c, d), dtype).draw(stream, len(row), dtype)
    return np.ascontiguousarray(result.T).reshape(sizes)


@stateless_parameterized_truncated_normal.shape
def _seeded_shape(
    shape: Spec, seed: Spec, means: Spec, stddevs: Spec, minvals: Spec, maxvals: Spec
) -> Shape:
    static_vector(seed, 2, "seed")
    broadcast(means.shape, stddevs.shape, minvals.shape, maxvals.shape)
    return drawn_shape(shape)


without_gradient("ParameterizedTruncatedNormal")


def _normal_distribution(ops: Ops, x: Term) -> Term:
    """The probability that a normal number is smaller than `x`."""
    half = ops.constant(np.sqrt(0.5), x.dtype)
    scaled = x * half
    size = ops.Abs(scaled)
    tail = ops.Select(ops.Greater(scaled, 0.0), 2.0 - ops.Erfc(size), ops.Erfc(size))
    return 0.5 * ops.Select(ops.Less(size, half), 1.0 + ops.Erf(scaled), tail)


@stateless_parameterized_truncated_normal.gradient
def _truncated_normal_gradient(
    ops: Ops,
    grad: Term,
    means: Term,
    stddevs: Term,
    minvals: Term,
    maxvals: Term,
    output: Term,
) -> tuple[Gradient, ...]:
    """The slopes of a sample where its probability stays what it is.

    Source: python/ops/random_grad.py.
    """
    low, high, sample = ((x - means) / stddevs for x in (minvals, maxvals, output))
    below = _normal_distribution(ops, low)
    share = (_normal_distribution(ops, sample) - below) / (_normal_distribution(ops, high) - below)
    limits = np.finfo(means.dtype.numpy)
    share = ops.ClipByValue(share, limits.tiny, 1 - limits.eps)
    slopes = (
        (means, ops.OnesLike(sample)),
        (stddevs, sample),
        (
            minvals,
            ops.Exp(0.5 * (ops.Square(sample) - ops.Square(low)) + ops.Log1p(-share)),
        ),
        (
            maxvals,
            ops.Exp(0.5 * (ops.Square(sample) - ops.Square(high)) + ops.Log(share)),
        ),
    )
    return (
        None,
        None,
        *(unbroadcast(ops, x, output, grad * slope, None)[0] for x, slope in slopes),
    )
