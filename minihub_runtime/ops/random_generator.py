"""Random ops whose stream is a variable: TensorFlow 2's generators.

The variable holds int64 numbers: the counter in two of them, then the key.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops import random_fill
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.random_arguments import (
    BLOCKS_PER_OUTPUT,
    drawn_shape,
    key_and_counter,
    requested_shape,
    require_algorithm,
    require_kind,
)
from minihub_runtime.ops.registry import ANY, EXACT, RANDOM, Array, Op, Precision, op
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.ops.variables import Variable
from minihub_runtime.shapes import Shape, Spec, size

__all__ = ["advance"]

_SOURCE = "core/kernels/stateful_random_ops.cc"
_FLOATS = "float16 bfloat16 float32 float64"
_STATE_SIZE = 3


def advance(resource: Any, algorithm: Array | None, count: int) -> tuple[Philox, Array]:
    """The stream at a variable's position, and the old state; the variable goes ahead for so many numbers.

    Without an algorithm, the variable's first number tells it.
    """
    if not isinstance(resource, Variable):
        raise InvalidArgumentError(f"resource must be a variable, not {type(resource).__name__}")
    if algorithm is not None:
        require_scalar(algorithm, "algorithm")
    with resource.lock:
        state = resource.read()
        if state.dtype != np.int64 or state.ndim != 1:
            raise InvalidArgumentError(
                "the state of a generator must be an int64 vector, "
                f"not {as_dtype(state.dtype).name} of shape {list(state.shape)}"
            )
        tag = 0 if algorithm is not None else 1
        if len(state) < tag + _STATE_SIZE:
            raise InvalidArgumentError(
                f"the state of a generator must have {tag + _STATE_SIZE} numbers, not {len(state)}"
            )
        require_algorithm(state[0] if algorithm is None else algorithm)
        low, high, key = state[tag : tag + _STATE_SIZE].astype(np.uint64).tolist()
        stream = Philox.at(key, low | high << 64)
        ahead = stream.copy()
        ahead.skip(count * BLOCKS_PER_OUTPUT % (1 << 64))
        after = state.copy()
        after[tag : tag + 2] = key_and_counter(ahead)[1].view(np.int64)
        resource.assign(after)
    return stream, state


@op(
    "RngReadAndSkip(resource: resource, alg: int32, delta: uint64) -> value: int64",
    stateful=True,
    source=_SOURCE,
    shape=lambda resource, alg, delta: (_STATE_SIZE,),
    ranks={"alg": 0, "delta": 0},
)
def rng_read_and_skip(resource: Any, alg: Array, delta: Array) -> Array:
    """Counter and key of a generator, which then skips what `delta` numbers would take.

    Shapes: `[], [], [] -> [3]`.
    Raises: InvalidArgumentError unless the algorithm and the state are Philox's.
    Differs: of a longer state the first three numbers are read, where TensorFlow writes beyond the result's end.
    """
    require_scalar(delta, "delta")
    return advance(resource, alg, int(delta))[1][:_STATE_SIZE].copy()


@op(
    "RngSkip(resource: resource, algorithm: int64, delta: int64)",
    stateful=True,
    source=_SOURCE,
    shape=nothing,
    ranks={"algorithm": 0, "delta": 0},
)
def rng_skip(resource: Any, algorithm: Array, delta: Array) -> tuple[()]:
    """Nothing, after the generator skipped what `delta` numbers would take.

    Raises: InvalidArgumentError unless the algorithm and the state are Philox's.
    """
    require_scalar(delta, "delta")
    advance(resource, algorithm, int(delta))
    return ()


def _generator_shape(resource: Spec, algorithm: Spec, shape: Spec) -> Shape:
    if algorithm.shape:
        require_scalar(np.empty(0), "algorithm")
    return drawn_shape(shape)


def _drawing(
    name: str, fill: random_fill.Fill, kinds: str, default: str, precision: Precision, doc: str
) -> Op:
    """An op that draws numbers of one distribution from a generator."""

    def kernel(resource: Any, algorithm: Array, shape: Array, *, dtype: DType) -> Array:
        require_kind(dtype, kinds, "dtype")
        sizes = requested_shape(shape, dtype)
        count = size(sizes)
        return fill(advance(resource, algorithm, count)[0], count, dtype).reshape(sizes)

    kernel.__doc__ = f"""{doc}

    Shapes: `[], [], [rank] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes, and the algorithm and the state are Philox's;
        UnimplementedError for types without a kernel.
    """
    return op(
        f"{name}(resource: resource, algorithm: int64, shape: shape_dtype) -> output: dtype",
        dtype=ANY.default_to(default),
        shape_dtype=ANY.default_to("int64"),
        stateful=True,
        precision=precision,
        source=_SOURCE,
        shape=_generator_shape,
    )(kernel)


stateful_uniform = _drawing(
    "StatefulUniform", random_fill.uniform, _FLOATS, "float32", EXACT, "Numbers in [0, 1)."
)
stateful_standard_normal_v2 = _drawing(
    "StatefulStandardNormalV2",
    random_fill.normal,
    _FLOATS,
    "float32",
    RANDOM,
    "Numbers with mean 0 and variance 1.",
)
stateful_truncated_normal = _drawing(
    "StatefulTruncatedNormal",
    random_fill.truncated_normal,
    _FLOATS,
    "float32",
    RANDOM,
    "Numbers with mean 0 and variance 1, without those beyond -2 and 2.",
)
stateful_uniform_full_int = _drawing(
    "StatefulUniformFullInt",
    random_fill.full_integers,
    "int32 int64 uint32 uint64",
    "uint64",
    EXACT,
    "Integers of the whole range of their type.",
)


@op(
    "StatefulStandardNormal(resource: resource, shape: shape_dtype) -> output: dtype",
    dtype=ANY.default_to("float32"),
    shape_dtype=ANY.default_to("int64"),
    stateful=True,
    precision=RANDOM,
    source=_SOURCE,
    shape=lambda resource, shape: drawn_shape(shape),
)
def stateful_standard_normal(resource: Any, shape: Array, *, dtype: DType) -> Array:
    """StatefulStandardNormalV2 for a generator that keeps its algorithm's number in front of the counter.

    Shapes: `[], [rank] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes, and the state is Philox's; UnimplementedError
        for types without a kernel.
    """
    require_kind(dtype, _FLOATS, "dtype")
    sizes = requested_shape(shape, dtype)
    count = size(sizes)
    return random_fill.normal(advance(resource, None, count)[0], count, dtype).reshape(sizes)


@op(
    "StatefulUniformInt(resource: resource, algorithm: int64, shape: shape_dtype, minval: dtype,"
    " maxval: dtype) -> output: dtype",
    dtype=ANY.default_to("int64"),
    shape_dtype=ANY.default_to("int64"),
    stateful=True,
    source=_SOURCE,
    shape=lambda resource, algorithm, shape, minval, maxval: _generator_shape(
        resource, algorithm, shape
    ),
)
def stateful_uniform_int(
    resource: Any, algorithm: Array, shape: Array, minval: Array, maxval: Array
) -> Array:
    """Integers in [minval, maxval).

    Shapes: `[], [], [rank], [], [] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes, minval < maxval, and the algorithm and the
        state are Philox's; UnimplementedError for types without a kernel.
    """
    dtype = as_dtype(minval.dtype)
    require_kind(dtype, "int32 int64", "minval")
    require_scalar(minval, "minval")
    require_scalar(maxval, "maxval")
    low, high = int(minval), int(maxval)
    if low >= high:
        raise InvalidArgumentError(f"minval must be < maxval, not {low} and {high}")
    sizes = requested_shape(shape, dtype)
    count = size(sizes)
    stream = advance(resource, algorithm, count)[0]
    return random_fill.integers(stream, count, low, high, dtype).reshape(sizes)


@op(
    "NonDeterministicInts(shape: shape_dtype) -> output: dtype",
    dtype=ANY.default_to("int64"),
    shape_dtype=ANY.default_to("int64"),
    stateful=True,
    precision=RANDOM,
    source=_SOURCE,
    shape=drawn_shape,
)
def non_deterministic_ints(shape: Array, *, dtype: DType) -> Array:
    """Integers of the whole range of their type, from the system's entropy.

    Shapes: `[rank] -> shape`.
    Raises: InvalidArgumentError unless `shape` is a vector of sizes; UnimplementedError for types without a kernel.
    """
    require_kind(dtype, "int32 int64 uint32 uint64", "dtype")
    sizes = requested_shape(shape, dtype)
    return random_fill.full_integers(Philox.from_seeds(0, 0), size(sizes), dtype).reshape(sizes)
