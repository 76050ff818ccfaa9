"""Random numbers that follow from a seed alone.

Source: tensorflow/python/ops/stateless_random_ops.py, random_ops_util.py.
"""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.padding import pad
from minihub_runtime.api.random_ops import shape_tensor
from minihub_runtime.api.random_sampling import class_type
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.dtypes import as_dtype, float32, int32, int64, uint32, uint64
from minihub_runtime.public import public

__all__ = [
    "Algorithm",
    "fold_in",
    "index_shuffle",
    "split",
    "stateless_categorical",
    "stateless_multinomial",
    "stateless_parameterized_truncated_normal",
    "stateless_random_binomial",
    "stateless_random_gamma",
    "stateless_random_normal",
    "stateless_random_poisson",
    "stateless_random_uniform",
    "stateless_shuffle",
    "stateless_truncated_normal",
]

UNIFORM_TYPES = ("float16", "bfloat16", "float32", "float64", "int32", "int64", "uint32", "uint64")


@public("random.Algorithm", "random.experimental.Algorithm")
class Algorithm(enum.Enum):
    """Algorithms of random numbers."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def key_counter_alg(seed: Any, alg: Any) -> tuple[Any, Any, int]:
    """The key, the counter and the number of the algorithm that a seed stands for.

    Raises:
        ValueError: there is no such algorithm.
        NotImplementedError: ThreeFry, which no kernel on a CPU has.
    """
    number = _number_of(alg)
    if number == Algorithm.AUTO_SELECT.value:
        key, counter = build("StatelessRandomGetKeyCounter", seed=seed)
        return key, counter, number
    if number == Algorithm.PHILOX.value:
        key, counter = _scrambled(seed)
        return key, counter, number
    if number == Algorithm.THREEFRY.value:
        raise NotImplementedError("the ThreeFry algorithm is not supported")
    raise ValueError(_unsupported(alg))


def _number_of(alg: Any) -> int:
    if alg is None:
        return Algorithm.AUTO_SELECT.value
    if isinstance(alg, Algorithm):
        return int(alg.value)
    if isinstance(alg, int):
        return alg
    if not isinstance(alg, str):
        raise TypeError(
            f"Can't convert argument `alg` (of value {alg} and type {type(alg)}) to int."
        )
    name = alg.strip().lower().replace("-", "").replace("_", "")
    found = {item.name.lower().replace("_", ""): item for item in Algorithm}.get(name)
    if found is None:
        raise ValueError(_unsupported(alg))
    return int(found.value)


def _unsupported(alg: Any) -> str:
    shown = [item.value if isinstance(alg, int) else item.name.lower() for item in Algorithm]
    return (
        f"Argument `alg` got unsupported value {alg}. Supported values are {shown[0]} for the "
        f"Philox algorithm, {shown[1]} for the ThreeFry algorithm, and {shown[2]} for "
        "auto-selection."
    )


def _scrambled(seed: Any) -> tuple[Any, Any]:
    key = constant([0x02461E293EC8F720], uint64)
    counter = cast(seed, uint64)
    mix = build(
        "StatelessRandomUniformFullIntV2",
        shape=[4],
        key=key,
        counter=counter,
        dtype=uint32,
        alg=Algorithm.PHILOX.value,
    )
    key = reshape(_joined(mix[:2]), [1])
    return key, stack([0, _joined(mix[2:])], axis=0)


def _joined(x: Any) -> Any:
    """Two uint32 as one uint64, the low one first."""
    low = cast(x[0], uint64)
    high = build("LeftShift", x=cast(x[1], uint64), y=constant(32, uint64))
    return build("BitwiseOr", x=low, y=high)


def _drawn(op: str, shape: Any, seed: Any, alg: Any, **attrs: Any) -> Any:
    key, counter, number = key_counter_alg(seed, alg)
    return build(op, shape=shape, key=key, counter=counter, alg=number, **attrs)


@public("random.stateless_uniform")
def stateless_random_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Uniformly distributed numbers in [minval, maxval).

    Args:
        shape: the shape of the result.
        seed: two integers.
        minval: the lower limit; None, with `maxval`, for all integers of the type.
        maxval: the upper limit, 1 for floating-point types by default.
        dtype: a floating-point or integer type.
        name: wanted name.
        alg: the algorithm.

    Raises:
        ValueError: the type is not among these, or only one limit is None.
    """
    wanted = as_dtype(dtype)
    if wanted.name not in UNIFORM_TYPES:
        accepted = tuple(as_dtype(item) for item in UNIFORM_TYPES)
        raise ValueError(
            f"Argument `dtype` got invalid value {wanted}. Accepted dtypes are {accepted}."
        )
    if wanted.is_integer:
        if (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer `dtype` argument {wanted}, argument `minval` and `maxval` must be both "
                f"None or not None. Got `minval`={minval} and `maxval`={maxval}."
            )
        if minval is not None and wanted in (uint32, uint64):
            raise ValueError(
                f"Argument `dtype` got invalid value {wanted} when argument `minval` is not None. "
                "Please don't use unsigned integers in this case."
            )
    elif maxval is None:
        maxval = 1
    with name_scope(name, "stateless_random_uniform", [shape, seed, minval, maxval]) as scope:
        sizes = shape_tensor(shape)
        if wanted.is_integer and minval is None:
            key, counter, number = key_counter_alg(seed, alg)
            return build(
                "StatelessRandomUniformFullIntV2",
                name=scope,
                shape=sizes,
                key=key,
                counter=counter,
                dtype=wanted,
                alg=number,
            )
        low: Any = convert_to_tensor(minval, wanted, "min")
        high: Any = convert_to_tensor(maxval, wanted, "max")
        key, counter, number = key_counter_alg(seed, alg)
        source = {"shape": sizes, "key": key, "counter": counter, "alg": number}
        if wanted.is_integer:
            return build(
                "StatelessRandomUniformIntV2", name=scope, minval=low, maxval=high, **source
            )
        drawn = build("StatelessRandomUniformV2", dtype=wanted, **source)
        return add(drawn * (high - low), low, name=scope)


def _scaled(
    op: str,
    default_name: str,
    shape: Any,
    seed: Any,
    mean: Any,
    stddev: Any,
    dtype: Any,
    name: str | None,
    alg: Any,
) -> Any:
    with name_scope(name, default_name, [shape, seed, mean, stddev]) as scope:
        sizes = shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype, "mean")
        stddev = convert_to_tensor(stddev, dtype, "stddev")
        drawn = _drawn(op, sizes, seed, alg, dtype=dtype)
        return add(drawn * stddev, mean, name=scope)


@public("random.stateless_normal")
def stateless_random_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Normally distributed numbers.

    Args:
        shape: the shape of the result.
        seed: two integers.
        mean: the mean.
        stddev: the standard deviation.
        dtype: a floating-point type.
        name: wanted name.
        alg: the algorithm.
    """
    return _scaled(
        "StatelessRandomNormalV2",
        "stateless_random_normal",
        shape,
        seed,
        mean,
        stddev,
        dtype,
        name,
        alg,
    )


@public("random.stateless_truncated_normal")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """Normally distributed numbers at most two standard deviations from the mean.

    Args:
        shape: the shape of the result.
        seed: two integers.
        mean: the mean.
        stddev: the standard deviation before the tails are cut off.
        dtype: a floating-point type.
        name: wanted name.
        alg: the algorithm.
    """
    return _scaled(
        "StatelessTruncatedNormalV2",
        "stateless_truncated_normal",
        shape,
        seed,
        mean,
        stddev,
        dtype,
        name,
        alg,
    )


@public("random.stateless_gamma")
def stateless_random_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> Any:
    """Numbers of Gamma distributions, whose parameters are broadcast to the shape of the result."""
    with name_scope(name, "stateless_random_gamma", [shape, seed, alpha, beta]):
        sizes = shape_tensor(shape)
        alpha = convert_to_tensor(alpha, dtype, "alpha")
        beta = convert_to_tensor(1 if beta is None else beta, dtype, "beta")
        whole = build("BroadcastArgs", s0=shape_of(alpha), s1=shape_of(beta))
        alphas = build("BroadcastTo", input=alpha, shape=whole)
        drawn = _drawn("StatelessRandomGammaV3", sizes, seed, None, alpha=alphas)
        least = np.finfo(alpha.dtype.as_numpy_dtype).tiny
        return build("Maximum", x=least, y=drawn / beta)


@public("random.stateless_poisson")
def stateless_random_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = int32, name: str | None = None
) -> Tensor:
    """Numbers of Poisson distributions, whose rates are broadcast to the shape of the result."""
    with name_scope(name, "stateless_random_poisson", [shape, seed, lam]):
        sizes = shape_tensor(shape)
        result: Tensor = build(
            "StatelessRandomPoisson", shape=sizes, seed=seed, lam=lam, dtype=dtype
        )
        return result


@public("random.stateless_binomial")
def stateless_random_binomial(
    shape: Any,
    seed: Any,
    counts: Any,
    probs: Any,
    output_dtype: Any = int32,
    name: str | None = None,
) -> Tensor:
    """Numbers of binomial distributions.

    Args:
        shape: the shape of the result.
        seed: two integers.
        counts: how often each is tried.
        probs: the probabilities of success.
        output_dtype: the type of the result.
        name: wanted name.
    """
    with name_scope(name, "stateless_random_binomial", [shape, seed, counts, probs]):
        sizes = shape_tensor(shape)
        probs = convert_to_tensor(probs, name="probs", preferred_dtype=float32)
        counts = convert_to_tensor(counts, name="counts", preferred_dtype=probs.dtype)
        result: Tensor = build(
            "StatelessRandomBinomial",
            shape=sizes,
            seed=seed,
            counts=counts,
            probs=probs,
            dtype=output_dtype,
        )
        return result


@public("random.stateless_multinomial")
def stateless_multinomial(
    logits: Any, num_samples: Any, seed: Any, output_dtype: Any = int64, name: str | None = None
) -> Tensor:
    """Classes drawn by their logits, [n, num_samples]; see `multinomial`."""
    with name_scope(name, "stateless_multinomial", [logits, seed]):
        return _classes(logits, num_samples, output_dtype, seed)


@public("random.stateless_categorical")
def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = int64, name: str | None = None
) -> Tensor:
    """Classes drawn by their logits, [n, num_samples]; see `multinomial`."""
    with name_scope(name, "stateless_categorical", [logits, seed]):
        return _classes(logits, num_samples, dtype, seed)


def _classes(logits: Any, num_samples: Any, dtype: Any, seed: Any) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    wanted = class_type(dtype)
    result: Tensor = build(
        "StatelessMultinomial",
        logits=logits,
        num_samples=num_samples,
        seed=seed,
        output_dtype=wanted,
    )
    return result


@public("random.stateless_parameterized_truncated_normal")
def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers between two limits; the parameters are broadcast to the shape."""
    values = [shape, means, stddevs, minvals, maxvals]
    with name_scope(name, "stateless_parameterized_truncated_normal", values):
        result: Tensor = build(
            "StatelessParameterizedTruncatedNormal",
            shape=shape_tensor(shape),
            means=convert_to_tensor(means, name="means"),
            stddevs=convert_to_tensor(stddevs, name="stddevs"),
            minvals=convert_to_tensor(minvals, name="minvals"),
            maxvals=convert_to_tensor(maxvals, name="maxvals"),
            seed=seed,
        )
        return result


@public("random.experimental.stateless_shuffle")
def stateless_shuffle(
    value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None
) -> Tensor:
    """The rows of a tensor in a random order that follows from the seed."""
    with name_scope(name, "stateless_shuffle", [value, seed]):
        key, counter, number = key_counter_alg(seed, alg)
        result: Tensor = build(
            "StatelessShuffle", value=value, key=key, counter=counter, alg=number
        )
        return result


@public("random.experimental.index_shuffle")
def index_shuffle(index: Any, seed: Any, max_index: Any) -> Tensor:
    """Where an index of `[0, max_index]` stands in a random order that follows from a seed of two integers."""
    seed = convert_to_tensor(seed)
    dims = seed.shape.ndims
    before = [[1, 0]] if dims is None else [[1, 0], *([[0, 0]] * (dims - 1))]
    seed = pad(seed, before, constant_values=498247692)
    result: Tensor = build(
        "RandomIndexShuffle", index=index, seed=seed, max_index=max_index, rounds=4
    )
    return result


@public("random.experimental.stateless_split", "random.split")
def split(seed: Any, num: Any = 2, alg: Any = "auto_select") -> Any:
    """`num` seeds, [num, 2], that follow from one."""
    seed = convert_to_tensor(seed)
    return stateless_random_uniform(
        shape=[num, 2], seed=seed, dtype=seed.dtype, minval=None, maxval=None, alg=alg
    )


@public("random.experimental.stateless_fold_in", "random.fold_in")
def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Any:
    """A seed that follows from another and from a number."""
    data = convert_to_tensor(data)
    first = stateless_random_uniform(
        shape=[], seed=seed, dtype=data.dtype, minval=None, maxval=None, alg=alg
    )
    return stack([first, data])
