"""Repeating tensors: tile and broadcast, and the rules of broadcasting as tensors."""

from __future__ import annotations

import functools

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.array import scalar_of, shape_of
from minihub_runtime.ops.checking import (
    allocatable,
    require,
    require_rank,
)
from minihub_runtime.ops.gradient_rules import Ops, Term, arange, rank_of, sizes_of, sum_to
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, without_gradient
from minihub_runtime.shapes import Shape, Spec, broadcast, show, size

__all__: list[str] = []

#: Results of up to so many elements are copied.
FEW = 1 << 10


@op(
    "Tile(input: T, multiples: Tmultiples) -> output: T",
    T=ANY,
    Tmultiples=INDEX.default_to("int32"),
    source="core/kernels/tile_ops.cc",
    ranks={"multiples": 1},
)
def tile(input: Array, multiples: Array) -> Array:
    """`input` repeated `multiples[i]` times along axis `i`.

    Raises: InvalidArgumentError unless `multiples` has one element >= 0 per axis.
    """
    require_rank(multiples, 1, "multiples")
    shape = shape_of(input)
    require(
        multiples.size == len(shape),
        f"multiples must have {len(shape)} elements, not {multiples.size}",
    )
    times = multiples.tolist()
    require(min(times, default=0) >= 0, f"multiples must be >= 0, not {times}")
    allocatable((n * m for n, m in zip(shape, times, strict=True)), scalar_of(input).dtype)
    return np.tile(scalar_of(input), times)


@tile.shape
def tile_shape(input: Spec, multiples: Spec) -> Shape:
    asked = multiples.as_shape
    if input.shape is None:
        return None if asked is None else (None,) * len(asked)
    if asked is None:
        asked = (None,) * len(input.shape)
    require(
        len(asked) == len(input.shape),
        f"multiples must have {len(input.shape)} elements, not {len(asked)}",
    )
    return tuple(
        0 if 0 in (n, m) else None if n is None or m is None else n * m
        for n, m in zip(input.shape, asked, strict=True)
    )


@op(
    "BroadcastTo(input: T, shape: Tidx) -> output: T",
    T=ANY,
    Tidx=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/broadcast_to_op.cc",
    ranks={"shape": 1},
)
def broadcast_to(input: Array, shape: Array) -> Array:
    """`input` broadcast to `shape`, as a view.

    Raises: InvalidArgumentError if it does not broadcast.
    """
    if shape.ndim > 1:
        require(False, f"shape must be a vector, not of shape {list(shape.shape)}")
    wanted = allocatable(shape.reshape(-1).tolist(), input.dtype)
    if input.shape == wanted:
        return input
    _check_broadcast(input.shape, wanted)
    if size(wanted) <= FEW:
        # To copy a few numbers takes less time than to make a view of them.
        copied: Array = np.empty(wanted, input.dtype)
        copied[...] = input
        return copied
    return np.broadcast_to(input, wanted)


def _check_broadcast(given: Shape, wanted: Shape) -> None:
    """Raise InvalidArgumentError if a known size of `given` does not broadcast to `wanted`."""
    if given is None or wanted is None:
        return
    pairs = zip(reversed(given), reversed(wanted))
    fits = all(n is None or m is None or n in (1, m) for n, m in pairs)
    if len(given) > len(wanted) or not fits:
        raise InvalidArgumentError(f"{show(given)} must broadcast to {show(wanted)}")


@broadcast_to.shape
def broadcast_to_shape(input: Spec, shape: Spec) -> Shape:
    wanted = shape.as_shape
    _check_broadcast(input.shape, wanted)
    if wanted is None or input.shape is None:
        return wanted
    # A size that is not 1 stays.
    given = (1,) * (len(wanted) - len(input.shape)) + input.shape
    return tuple(n if m is None and n != 1 else m for n, m in zip(given, wanted, strict=True))


@op(
    "BroadcastArgs(s0: T, s1: T) -> r0: T",
    T=INDEX.default_to("int32"),
    source="core/kernels/bcast_ops.cc",
)
def broadcast_args(s0: Array, s1: Array) -> Array:
    """The shape that the shapes `s0` and `s1` broadcast to.

    Raises: InvalidArgumentError unless both are vectors that broadcast.
    """
    _require_shapes(s0, s1)
    shape = broadcast(tuple(s0.tolist()), tuple(s1.tolist()))
    return np.asarray(shape, dtype=s0.dtype)


def _require_shapes(s0: Array, s1: Array) -> None:
    for array, name in ((s0, "s0"), (s1, "s1")):
        require_rank(array, 1, name)


@broadcast_args.shape
def broadcast_args_shape(s0: Spec, s1: Spec) -> Shape:
    for spec, name in ((s0, "s0"), (s1, "s1")):
        require(spec.rank in (1, None), f"{name} must have rank 1, not shape {show(spec.shape)}")
    lengths = [None if spec.shape is None else spec.shape[0] for spec in (s0, s1)]
    known = [n for n in lengths if n is not None]
    return (max(known) if len(known) == 2 else None,)


@op(
    "BroadcastGradientArgs(s0: T, s1: T) -> r0: T, r1: T",
    T=INDEX.default_to("int32"),
    shape=lambda s0, s1: [(None,), (None,)],
    source="core/kernels/bcast_ops.cc",
    ranks={"s0": 1, "s1": 1},
)
def broadcast_gradient_args(s0: Array, s1: Array) -> tuple[Array, Array]:
    """The axes along which the gradients of two broadcast operands are summed.

    Raises: InvalidArgumentError unless both are vectors that broadcast.
    """
    _require_shapes(s0, s1)
    left, right = _summed_axes(tuple(s0.tolist()), tuple(s1.tolist()))
    return np.array(left, s0.dtype), np.array(right, s0.dtype)


# Steps of loops ask for the same few shapes again and again.
@functools.lru_cache(maxsize=1024)
def _summed_axes(s0: tuple[int, ...], s1: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """The axes along which the gradients of operands of two shapes are summed."""
    shape = broadcast(s0, s1)
    assert shape is not None
    if s0 == s1:
        return [], []
    axes = []
    for given in (s0, s1):
        padded = (1,) * (len(shape) - len(given)) + given
        axes.append([axis for axis, n in enumerate(padded) if n == 1])
    return axes[0], axes[1]


@tile.gradient
def tile_gradient(ops: Ops, grad: Term, input: Term, multiples: Term) -> tuple[Term, None]:
    # Each dimension becomes two, the repetitions and the size, of which the first is summed.
    pairs = ops.Pack([multiples, sizes_of(ops, input, multiples.dtype)], axis=1)
    split = ops.Reshape(grad, ops.Reshape(pairs, [-1]))
    return ops.Sum(split, arange(ops, 0, rank_of(ops, input)) * 2), None


@broadcast_to.gradient
def broadcast_to_gradient(ops: Ops, grad: Term, input: Term, shape: Term) -> tuple[Term, None]:
    sizes = sizes_of(ops, input, shape.dtype)
    _, axes = ops.BroadcastGradientArgs(shape, sizes)
    return sum_to(ops, grad, axes, sizes), None


without_gradient("BroadcastArgs", "BroadcastGradientArgs")
