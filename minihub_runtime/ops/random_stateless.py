"""Random ops without state: equal seeds, or keys and counters, give equal numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.ops import random_fill
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random import permutation
from minihub_runtime.ops.random_arguments import (
    PHILOX,
    drawn_shape,
    key_and_counter,
    keyed,
    requested_shape,
    require_kind,
    seeded,
    static_vector,
)
from minihub_runtime.ops.registry import (
    ANY,
    EXACT,
    FLOATS,
    INDEX,
    RANDOM,
    Array,
    Op,
    Precision,
    TypeSet,
    op,
    types,
    without_gradient,
)
from minihub_runtime.shapes import Shape, Spec, size

__all__: list[str] = []

_SOURCE = "core/kernels/stateless_random_ops.cc"
_SOURCE_V2 = "core/kernels/stateless_random_ops_v2.cc"
_WORDS = types("int32 int64 uint32 uint64")

_SEEDED_DOC = """{}

    Shapes: `[rank], [2] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes and there are two seeds.
    """
_KEYED_DOC = """{}

    Shapes: `[rank], [1], [2], [] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes, and key, counter and algorithm are Philox's.
    """


def _seeded_shape(shape: Spec, seed: Spec) -> Shape:
    static_vector(seed, 2, "seed")
    return drawn_shape(shape)


def _keyed_shape(shape: Spec, key: Spec, counter: Spec, alg: Spec) -> Shape:
    static_vector(key, 1, "key")
    return drawn_shape(shape)


def _drawn(make: Callable[[], Philox], fill: random_fill.Fill, shape: Array, dtype: DType) -> Array:
    sizes = requested_shape(shape, dtype)
    return fill(make(), size(sizes), dtype).reshape(sizes)


def _pair(
    name: str,
    fill: random_fill.Fill,
    precision: Precision,
    doc: str,
    kinds: TypeSet,
    seeds: TypeSet = INDEX,
) -> tuple[Op, Op]:
    """An op that takes seeds, and its second version, which takes key and counter."""

    def from_seed(shape: Array, seed: Array, *, dtype: DType) -> Array:
        return _drawn(lambda: seeded(seed), fill, shape, dtype)

    def from_key(shape: Array, key: Array, counter: Array, alg: Array, *, dtype: DType) -> Array:
        return _drawn(lambda: keyed(key, counter, alg), fill, shape, dtype)

    from_seed.__doc__, from_key.__doc__ = _SEEDED_DOC.format(doc), _KEYED_DOC.format(doc)
    first = op(
        f"{name}(shape: T, seed: Tseed) -> output: dtype",
        dtype=kinds,
        T=INDEX.default_to("int32"),
        Tseed=seeds.default_to("int64"),
        precision=precision,
        source=_SOURCE,
        shape=_seeded_shape,
    )(from_seed)
    second = op(
        f"{name}V2(shape: Tshape, key: uint64, counter: uint64, alg: int32) -> output: dtype",
        dtype=kinds,
        Tshape=INDEX.default_to("int32"),
        precision=precision,
        source=_SOURCE_V2,
        shape=_keyed_shape,
        ranks={"counter": 1, "alg": 0},
    )(from_key)
    return first, second


stateless_random_uniform, stateless_random_uniform_v2 = _pair(
    "StatelessRandomUniform",
    random_fill.uniform,
    EXACT,
    "Numbers in [0, 1).",
    FLOATS.default_to("float32"),
)
stateless_random_normal, stateless_random_normal_v2 = _pair(
    "StatelessRandomNormal",
    random_fill.normal,
    RANDOM,
    "Numbers with mean 0 and variance 1.",
    FLOATS.default_to("float32"),
)
stateless_truncated_normal, stateless_truncated_normal_v2 = _pair(
    "StatelessTruncatedNormal",
    random_fill.truncated_normal,
    RANDOM,
    "Numbers with mean 0 and variance 1, without those beyond -2 and 2.",
    FLOATS.default_to("float32"),
)
stateless_random_uniform_full_int, stateless_random_uniform_full_int_v2 = _pair(
    "StatelessRandomUniformFullInt",
    random_fill.full_integers,
    EXACT,
    "Integers of the whole range of their type.",
    _WORDS.default_to("uint64"),
    _WORDS,
)


def _integers(make: Callable[[], Philox], shape: Array, minval: Array, maxval: Array) -> Array:
    require_scalar(minval, "minval")
    require_scalar(maxval, "maxval")
    dtype = as_dtype(minval.dtype)
    sizes = requested_shape(shape, dtype)
    stream = make()
    count = size(sizes)
    if count == 0:
        return np.empty(sizes, dtype.numpy)
    return random_fill.integers(stream, count, int(minval), int(maxval), dtype).reshape(sizes)


def _static_scalars(*bounds: Spec) -> None:
    for bound, name in zip(bounds, ("minval", "maxval"), strict=True):
        if bound.shape:
            require_scalar(np.empty((0,) * len(bound.shape)), name)


@op(
    "StatelessRandomUniformInt(shape: T, seed: Tseed, minval: dtype, maxval: dtype) -> output: dtype",
    dtype=INDEX,
    T=INDEX,
    Tseed=INDEX.default_to("int64"),
    source=_SOURCE,
)
def stateless_random_uniform_int(shape: Array, seed: Array, minval: Array, maxval: Array) -> Array:
    """Integers in [minval, maxval).

    Shapes: `[rank], [2], [], [] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes, there are two seeds, and minval < maxval or
        the result is empty.
    """
    return _integers(lambda: seeded(seed), shape, minval, maxval)


@stateless_random_uniform_int.shape
def _seeded_int_shape(shape: Spec, seed: Spec, minval: Spec, maxval: Spec) -> Shape:
    _static_scalars(minval, maxval)
    return _seeded_shape(shape, seed)


@op(
    "StatelessRandomUniformIntV2(shape: Tshape, key: uint64, counter: uint64, alg: int32,"
    " minval: dtype, maxval: dtype) -> output: dtype",
    dtype=_WORDS,
    Tshape=INDEX.default_to("int32"),
    source=_SOURCE_V2,
    ranks={"counter": 1, "alg": 0},
)
def stateless_random_uniform_int_v2(
    shape: Array, key: Array, counter: Array, alg: Array, minval: Array, maxval: Array
) -> Array:
    """Integers in [minval, maxval).

    Shapes: `[rank], [1], [2], [], [], [] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes, key, counter and algorithm are Philox's, and
        minval < maxval or the result is empty.  UnimplementedError for unsigned types.
    """
    require_kind(as_dtype(minval.dtype), "int32 int64", "minval")
    return _integers(lambda: keyed(key, counter, alg), shape, minval, maxval)


@stateless_random_uniform_int_v2.shape
def _keyed_int_shape(
    shape: Spec, key: Spec, counter: Spec, alg: Spec, minval: Spec, maxval: Spec
) -> Shape:
    _static_scalars(minval, maxval)
    return _keyed_shape(shape, key, counter, alg)


@op(
    "StatelessRandomGetKeyCounter(seed: Tseed) -> key: uint64, counter: uint64",
    Tseed=INDEX.default_to("int64"),
    source=_SOURCE_V2,
)
def stateless_random_get_key_counter(seed: Array) -> tuple[Array, Array]:
    """The key and the counter that stand for two seeds.

    Shapes: `[2] -> [1], [2]`.
    Raises: InvalidArgumentError unless there are two seeds.
    """
    return key_and_counter(seeded(seed))


@stateless_random_get_key_counter.shape
def _key_counter_shape(seed: Spec) -> list[Shape]:
    static_vector(seed, 2, "seed")
    return [(1,), (2,)]


@op(
    "StatelessRandomGetKeyCounterAlg(seed: Tseed) -> key: uint64, counter: uint64, alg: int32",
    Tseed=INDEX.default_to("int64"),
    source=_SOURCE_V2,
)
def stateless_random_get_key_counter_alg(seed: Array) -> tuple[Array, Array, Array]:
    """The key, the counter and the algorithm that stand for two seeds.

    Shapes: `[2] -> [1], [2], []`.
    Raises: InvalidArgumentError unless there are two seeds.
    """
    return (*key_and_counter(seeded(seed)), np.array(PHILOX, np.int32))


@stateless_random_get_key_counter_alg.shape
def _key_counter_alg_shape(seed: Spec) -> list[Shape]:
    return [*_key_counter_shape(seed), ()]


@op(
    "StatelessRandomGetAlg() -> alg: int32",
    stateful=True,
    source=_SOURCE_V2,
    shape=lambda: (),
)
def stateless_random_get_alg() -> Array:
    """The number of the algorithm that is best on this device: Philox."""
    return np.array(PHILOX, np.int32)


@op(
    "StatelessShuffle(value: T, key: uint64, counter: uint64, alg: int32) -> output: T",
    T=ANY,
    views=True,
    source="core/kernels/stateless_random_ops_v2.cc",
    shape=lambda value, key, counter, alg: value.shape,
)
def stateless_shuffle(value: Array, key: Array, counter: Array, alg: Array) -> Array:
    """The rows of `value` in the random order of a key and a counter; a scalar as it is.

    Shapes: `s, [1], [2], [] -> s`.
    Raises: InvalidArgumentError unless key, counter and algorithm are Philox's.
    """
    stream = keyed(key, counter, alg)
    if value.ndim == 0 or value.size <= 1 or len(value) <= 1:
        return value
    return value[permutation(stream, len(value))]


without_gradient(
    "StatelessRandomNormal",
    "StatelessRandomNormalV2",
    "StatelessRandomUniform",
    "StatelessRandomUniformFullInt",
    "StatelessRandomUniformFullIntV2",
    "StatelessRandomUniformInt",
    "StatelessRandomUniformIntV2",
    "StatelessRandomUniformV2",
    "StatelessTruncatedNormal",
    "StatelessTruncatedNormalV2",
)
