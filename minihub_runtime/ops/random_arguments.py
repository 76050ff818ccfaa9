"""What the random ops ask of their arguments: a shape, and where the random numbers come from.

Source: tensorflow/core/util/guarded_philox_random.cc, tensorflow/core/kernels/stateless_random_ops.cc:GenerateKey,
tensorflow/core/kernels/stateless_random_ops_v2_util.h.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.checking import allocatable, require, require_rank, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Shape, Spec

__all__ = [
    "BLOCKS_PER_OUTPUT",
    "PHILOX",
    "drawn_shape",
    "key_and_counter",
    "keyed",
    "requested_shape",
    "require_algorithm",
    "require_kind",
    "seeded",
    "session_stream",
    "static_vector",
    "tailed_shape",
]

#: How far a stateful stream goes ahead for each number that is drawn, however few blocks that takes.
BLOCKS_PER_OUTPUT = 256

#: The number of the Philox algorithm, and the one that leaves the choice to the runtime.
PHILOX, AUTO_SELECT = 1, 3

_SCRAMBLING_KEY = 0x02461E29_3EC8F720
_MASK64 = (1 << 64) - 1


def requested_shape(shape: Array, dtype: DType, name: str = "shape") -> tuple[int, ...]:
    """The shape a vector of sizes asks for.

    Raises:
        InvalidArgumentError: it is not a vector of sizes.
        ResourceExhaustedError: an array of that shape would be too large.
    """
    require_rank(shape, 1, name)
    return allocatable(shape.tolist(), dtype.numpy, name)


def drawn_shape(shape: Spec) -> Shape:
    """The static shape that a vector of sizes asks for."""
    if shape.shape is not None and len(shape.shape) != 1:
        raise InvalidArgumentError(f"shape must have rank 1, not {len(shape.shape)}")
    return shape.as_shape


def tailed_shape(*inputs: Spec) -> Shape:
    """The static shape of a result that has the second input's shape after the sizes the first asks for."""
    shape, tail = inputs
    before = drawn_shape(shape)
    return None if before is None or tail.shape is None else before + tail.shape


def static_vector(spec: Spec, length: int, name: str) -> None:
    """Raise if an input is known not to be a vector of that length."""
    if spec.shape is not None and not (len(spec.shape) == 1 and spec.shape[0] in (None, length)):
        raise InvalidArgumentError(f"{name} must have shape [{length}], not {list(spec.shape)}")


def require_kind(dtype: DType, kinds: str, name: str) -> None:
    """Raise unless TensorFlow has a kernel for the type."""
    if dtype.name not in kinds.split():
        raise UnimplementedError(f"{name} must be one of {kinds}, not {dtype.name}")


def session_stream(ctx: Context, seed: int, seed2: int) -> Philox:
    """The stream of a node in its session."""
    return ctx.own(lambda: Philox.from_seeds(seed, seed2))


def seeded(seed: Array) -> Philox:
    """The stream of two seeds, of which either may be weak: they are scrambled first.

    Raises:
        InvalidArgumentError: there are not two of them, or they are unsigned.
    """
    require(seed.shape == (2,), f"seed must have shape [2], not {list(seed.shape)}")
    require(seed.dtype.kind == "i", f"seed must be int32 or int64, not {seed.dtype}")
    first, second = (int(part) & _MASK64 for part in seed.tolist())
    mixed = [int(word) for word in Philox.at(_SCRAMBLING_KEY, first | second << 64).words(4)]
    return Philox.at(mixed[0] | mixed[1] << 32, (mixed[2] | mixed[3] << 32) << 64)


def require_algorithm(algorithm: Any, auto: bool = False) -> None:
    """Raise unless a number stands for Philox; `auto` allows the one that leaves the choice open."""
    if int(algorithm) != PHILOX and not (auto and int(algorithm) == AUTO_SELECT):
        allowed = f"{PHILOX} (Philox)" + (f" or {AUTO_SELECT} (any)" if auto else "")
        raise InvalidArgumentError(f"the algorithm must be {allowed}, not {int(algorithm)}")


def keyed(key: Array, counter: Array, alg: Array) -> Philox:
    """The stream of a key from a counter on.

    Differs: a counter of less than two numbers is refused, where TensorFlow reads beyond its end.

    Raises:
        InvalidArgumentError: a shape or the algorithm does not fit.
    """
    require_scalar(alg, "alg")
    require_algorithm(alg, auto=True)
    require(key.shape == (1,), f"key must have shape [1], not {list(key.shape)}")
    if counter.ndim != 1 or len(counter) < 2:
        require(False, f"counter must have shape [2], not {list(counter.shape)}")
    return Philox.at(int(key[0]), int(counter[0]) | int(counter[1]) << 64)


def key_and_counter(stream: Philox) -> tuple[Array, Array]:
    """A stream's position as the arrays that `keyed` takes."""
    counter = np.array([stream.counter & _MASK64, stream.counter >> 64], np.uint64)
    return np.array([stream.key], np.uint64), counter
