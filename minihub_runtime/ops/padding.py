"""Padding with a constant or a mirror image."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from minihub_runtime.dtypes import as_dtype, bfloat16, float_to_bfloat16, to_float
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.memory import empty
from minihub_runtime.ops.array import filled, zeros
from minihub_runtime.ops.checking import allocatable, require, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term, sizes_of
from minihub_runtime.ops.registry import ANY, INDEX, ROUNDING, Array, op
from minihub_runtime.shapes import Shape, Spec, show

__all__ = ["pairs_of"]

Mode = Literal["REFLECT", "SYMMETRIC"]


def pairs_of(paddings: Array, rank: int, name: str = "paddings") -> list[tuple[int, int]]:
    """`paddings` as Python integers.

    Raises: InvalidArgumentError unless there is a pair of numbers >= 0 for each of `rank` axes.
    """
    require(
        paddings.shape == (rank, 2),
        f"{name} must have shape [{rank}, 2], not {list(paddings.shape)}",
    )
    pairs = [(before, after) for before, after in paddings.tolist()]
    require(all(min(pair) >= 0 for pair in pairs), f"{name} must be >= 0, not {pairs}")
    return pairs


def _pad_shape(input: Spec, paddings: Spec, sign: int = 1) -> Shape:
    shape = paddings.shape
    require(
        shape is None or (len(shape) == 2 and shape[1] in (2, None)),
        f"paddings must have shape [rank, 2], not {show(shape)}",
    )
    rank = input.rank if shape is None or shape[0] is None else shape[0]
    if input.rank is not None and rank != input.rank:
        raise InvalidArgumentError(f"paddings must have {input.rank} rows, not {rank}")
    if rank is None:
        return None
    if paddings.value is None or input.shape is None:
        return (None,) * rank
    pairs = pairs_of(paddings.value, rank)
    return tuple(
        None if n is None else n + sign * sum(pair)
        for n, pair in zip(input.shape, pairs, strict=True)
    )


def _padded_rule(input: Spec, paddings: Spec) -> Shape:
    return _pad_shape(input, paddings)


def _inner(shape: tuple[int, ...], pairs: list[tuple[int, int]]) -> tuple[slice, ...]:
    """Where the input lies in the padded array."""
    return tuple(slice(before, before + n) for n, (before, _) in zip(shape, pairs, strict=True))


def _padded_shape(input: Array, pairs: list[tuple[int, int]]) -> tuple[int, ...]:
    return allocatable(
        (n + sum(pair) for n, pair in zip(input.shape, pairs, strict=True)), input.dtype
    )


def _limit_rank(input: Array, limit: int) -> None:
    require(input.ndim <= limit, f"input must have rank <= {limit}, not {input.ndim}")


@op(
    "Pad(input: T, paddings: Tpaddings) -> output: T",
    T=ANY,
    Tpaddings=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/pad_op.cc",
    shape=_padded_rule,
)
def pad(input: Array, paddings: Array) -> Array:
    """`input` with `paddings[i]` zeros (or empty strings) before and after it along axis `i`.

    Raises: InvalidArgumentError unless there is a pair of numbers >= 0 for each axis, at most 8.
    """
    _limit_rank(input, 8)
    pairs = pairs_of(paddings, input.ndim)
    if not any(map(any, pairs)):
        return input
    shape = _padded_shape(input, pairs)
    if input.dtype.kind not in "biufc":
        result = zeros(shape, as_dtype(input.dtype))
    else:
        result = empty(shape, input.dtype)
        for axis, (before, after) in enumerate(pairs):
            # Only the border is zeroed; what the axes before have zeroed of it is not zeroed again.
            inner = _inner(input.shape, pairs)[:axis]
            for border in (slice(0, before), slice(shape[axis] - after, None)):
                place: tuple[slice, ...] = (*inner, border)
                result[place] = 0
    result[_inner(input.shape, pairs)] = input
    return result


@op(
    "PadV2(input: T, paddings: Tpaddings, constant_values: T) -> output: T",
    T=ANY,
    Tpaddings=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/pad_op.cc",
    shape=_padded_rule,
)
def pad_v2(input: Array, paddings: Array, constant_values: Array) -> Array:
    """As Pad, with the scalar `constant_values` in place of zeros."""
    _limit_rank(input, 8)
    pairs = pairs_of(paddings, input.ndim)
    require_scalar(constant_values, "constant_values")
    if not any(map(any, pairs)):
        return input
    result = filled(_padded_shape(input, pairs), constant_values)
    result[_inner(input.shape, pairs)] = input
    return result


def _check_mirror(sizes: Any, pairs: list[tuple[int, int]], mode: str) -> None:
    """Raise InvalidArgumentError if a mirror image is longer than what it mirrors."""
    for axis, (n, pair) in enumerate(zip(sizes, pairs, strict=True)):
        limit = n if mode == "SYMMETRIC" else n - 1
        if max(pair) > limit:
            raise InvalidArgumentError(
                f"paddings of axis {axis} must be <= {limit} in mode {mode}, not {list(pair)}"
            )


@op(
    "MirrorPad(input: T, paddings: Tpaddings) -> output: T",
    T=ANY,
    Tpaddings=INDEX.default_to("int32"),
    views=True,
    source="core/kernels/mirror_pad_op.cc",
    shape=_padded_rule,
)
def mirror_pad(input: Array, paddings: Array, *, mode: Mode) -> Array:
    """`input` continued by its mirror image; REFLECT does not repeat the border, SYMMETRIC does.

    Raises: InvalidArgumentError if a padding is longer than the mirror image, or the rank over 5.
    """
    _limit_rank(input, 5)
    pairs = pairs_of(paddings, input.ndim)
    _check_mirror(input.shape, pairs, mode)
    if not any(map(any, pairs)):
        return input
    _padded_shape(input, pairs)
    return np.pad(input, pairs, mode="reflect" if mode == "REFLECT" else "symmetric")


@op(
    "MirrorPadGrad(input: T, paddings: Tpaddings) -> output: T",
    T=ANY,
    Tpaddings=INDEX.default_to("int32"),
    precision=ROUNDING,
    source="core/kernels/mirror_pad_op.cc",
)
def mirror_pad_grad(input: Array, paddings: Array, *, mode: Mode) -> Array:
    """The gradient of MirrorPad: the mirror images added to what they mirror.

    Raises: InvalidArgumentError if a padding is longer than the mirror image, or the rank over 5.
    """
    _limit_rank(input, 5)
    pairs = pairs_of(paddings, input.ndim)
    sizes = [n - sum(pair) for n, pair in zip(input.shape, pairs, strict=True)]
    require(min(sizes, default=0) >= 0, f"paddings must fit {list(input.shape)}, not {pairs}")
    _check_mirror(sizes, pairs, mode)
    result = to_float(input)
    skip = 1 if mode == "REFLECT" else 0
    with np.errstate(all="ignore"):
        for axis, (before, after) in enumerate(pairs):
            moved = np.moveaxis(result, axis, 0)
            end = len(moved) - after
            inner = moved[before:end].copy()
            if before:
                inner[skip : skip + before] += moved[:before][::-1]
            if after:
                stop = len(inner) - skip
                inner[stop - after : stop] += moved[end:][::-1]
            result = np.moveaxis(inner, 0, axis)
    result = np.ascontiguousarray(result).reshape(sizes)
    return float_to_bfloat16(result) if input.dtype == bfloat16.numpy else result


@mirror_pad_grad.shape
def mirror_pad_grad_shape(input: Spec, paddings: Spec) -> Shape:
    return _pad_shape(input, paddings, sign=-1)


def _inside(ops: Ops, grad: Term, input: Term, paddings: Term) -> Term:
    """The part of `grad` that is not padding."""
    begin = ops.Reshape(ops.Slice(paddings, [0, 0], [-1, 1]), [-1])
    return ops.Slice(grad, begin, sizes_of(ops, input, paddings.dtype))


@pad.gradient
def pad_gradient(ops: Ops, grad: Term, input: Term, paddings: Term) -> tuple[Term, None]:
    return _inside(ops, grad, input, paddings), None


@pad_v2.gradient
def pad_v2_gradient(ops: Ops, grad: Term, input: Term, paddings: Term) -> tuple[Term, None, None]:
    # TensorFlow gives the constant no gradient.
    return _inside(ops, grad, input, paddings), None, None


@mirror_pad.gradient
def mirror_pad_gradient(ops: Ops, grad: Term, paddings: Term, mode: str) -> tuple[Term, None]:
    return ops.MirrorPadGrad(grad, paddings, mode=mode), None


@mirror_pad_grad.gradient
def mirror_pad_grad_gradient(ops: Ops, grad: Term, paddings: Term, mode: str) -> tuple[Term, None]:
    return ops.MirrorPad(grad, paddings, mode=mode), None
