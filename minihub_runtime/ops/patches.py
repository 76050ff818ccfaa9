"""Patches of images and volumes: the pixels of each window as one pixel's depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term, concat, product, sizes_of
from minihub_runtime.ops.registry import REALS, Array, at_least, op, types
from minihub_runtime.ops.space import times
from minihub_runtime.shapes import Shape, Spec, show, size

__all__: list[str] = []

Padding = Literal["SAME", "VALID"]


def _windows(n: int, kernel: int, stride: int, rate: int, padding: str) -> tuple[int, int, int]:
    """How many windows fit an axis, and the padding before and after it.

    Raises: InvalidArgumentError if the window is larger than the axis and nothing is padded.
    """
    span = kernel + (kernel - 1) * (rate - 1)
    if padding == "VALID":
        count = -(-(n - span + 1) // stride)
        require(count >= 0, f"a window of {span} must fit the axis, which has size {n}")
        return count, 0, 0
    count = -(-n // stride)
    total = max(0, (count - 1) * stride + span - n)
    return count, total // 2, total - total // 2


def _per_axis(values: list[int], rank: int, name: str) -> list[int]:
    """The values of an attribute for the inner axes.

    Raises: InvalidArgumentError unless it has one number >= 1 per axis, 1 for batch and depth.
    """
    require(len(values) == rank, f"{name} must have {rank} elements, not {values}")
    require(
        values[0] == values[-1] == 1, f"{name} must be 1 for batch and depth, not {list(values)}"
    )
    require(min(values) >= 1, f"{name} must be >= 1, not {values}")
    return values[1:-1]


def _patches(
    input: Array, kernels: Sequence[int], strides: Sequence[int], rates: Sequence[int], padding: str
) -> Array:
    inner = len(kernels)
    require_rank(input, inner + 2, "the input")
    found = [
        _windows(n, kernel, stride, rate, padding)
        for n, kernel, stride, rate in zip(input.shape[1:-1], kernels, strides, rates, strict=True)
    ]
    batch, depth = input.shape[0], input.shape[-1]
    counts = [count for count, _, _ in found]
    allocatable((batch, *counts, size(kernels) * depth), input.dtype)
    if 0 in (batch, depth, *counts):
        return np.zeros((batch, *counts, size(kernels) * depth), dtype=input.dtype)
    if any(before or after for _, before, after in found):
        edges = [(0, 0), *((before, after) for _, before, after in found), (0, 0)]
        wide = np.zeros([n + p + q for n, (p, q) in zip(input.shape, edges)], dtype=input.dtype)
        wide[tuple(slice(p, p + n) for n, (p, _) in zip(input.shape, edges))] = input
    else:
        wide = input
    steps = wide.strides
    view = np.lib.stride_tricks.as_strided(
        wide,
        (batch, *counts, *kernels, depth),
        (
            steps[0],
            *(step * stride for step, stride in zip(steps[1:-1], strides)),
            *(step * rate for step, rate in zip(steps[1:-1], rates)),
            steps[-1],
        ),
        writeable=False,
    )
    return np.ascontiguousarray(view).reshape(batch, *counts, size(kernels) * depth)


def _patches_shape(
    shape: Shape,
    kernels: Sequence[int],
    strides: Sequence[int],
    rates: Sequence[int],
    padding: str,
) -> Shape:
    rank = len(kernels) + 2
    if shape is None:
        return (None,) * rank
    require(len(shape) == rank, f"the input must have rank {rank}, not shape {show(shape)}")
    counts = [
        None if n is None else _windows(n, kernel, stride, rate, padding)[0]
        for n, kernel, stride, rate in zip(shape[1:-1], kernels, strides, rates, strict=True)
    ]
    return (shape[0], *counts, times(shape[-1], size(kernels)))


@op(
    "ExtractImagePatches(images: T) -> patches: T",
    views=True,
    ksizes=at_least(4),
    strides=at_least(4),
    rates=at_least(4),
    T=types(
        "bfloat16 float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "complex64 complex128 bool"
    ),
    source="core/kernels/extract_image_patches_op.cc",
)
def extract_image_patches(
    images: Array, *, ksizes: list[int], strides: list[int], rates: list[int], padding: Padding
) -> Array:
    """The pixels of each window as the depth of one pixel.

    Shapes: NHWC images; result [batch, rows, columns, window rows × window columns × depth].
    Raises: InvalidArgumentError for another rank, sizes < 1, and windows larger than the image (VALID).
    """
    kernels = _per_axis(ksizes, 4, "ksizes")
    return _patches(
        images, kernels, _per_axis(strides, 4, "strides"), _per_axis(rates, 4, "rates"), padding
    )


@extract_image_patches.shape
def extract_image_patches_shape(
    images: Spec, ksizes: list[int], strides: list[int], rates: list[int], padding: str
) -> Shape:
    kernels = _per_axis(ksizes, 4, "ksizes")
    return _patches_shape(
        images.shape,
        kernels,
        _per_axis(strides, 4, "strides"),
        _per_axis(rates, 4, "rates"),
        padding,
    )


@op(
    "ExtractVolumePatches(input: T) -> patches: T",
    views=True,
    ksizes=at_least(5),
    strides=at_least(5),
    T=REALS,
    source="core/kernels/extract_volume_patches_op.cc",
)
def extract_volume_patches(
    input: Array, *, ksizes: list[int], strides: list[int], padding: Padding
) -> Array:
    """As ExtractImagePatches, for NDHWC volumes."""
    kernels = _per_axis(ksizes, 5, "ksizes")
    return _patches(input, kernels, _per_axis(strides, 5, "strides"), [1, 1, 1], padding)


@extract_volume_patches.shape
def extract_volume_patches_shape(
    input: Spec, ksizes: list[int], strides: list[int], padding: str
) -> Shape:
    kernels = _per_axis(ksizes, 5, "ksizes")
    steps = _per_axis(strides, 5, "strides")
    return _patches_shape(input.shape, kernels, steps, [1, 1, 1], padding)


def _spread_back(ops: Ops, grad: Term, x: Term, patches: Term) -> Term:
    """The sum, for each element of `x`, of the gradients of the patches it is in.

    Args:
        ops: the namespace.
        grad: the gradient of the patches.
        x: the images or volumes, channels last.
        patches: the same patches of the positions' numbers, which start at 1; padding is 0.
    """
    sizes = sizes_of(ops, x)
    places = ops.Reshape(ops.Cast(patches, DstT="int64"), [-1]) - 1
    batch, channels = sizes[0], sizes[-1]
    split = ops.Reshape(grad, [batch, -1, channels])
    # Each position's gradient stands in a row of its own, all images and channels beside each other.
    rows = ops.Reshape(ops.Transpose(split, [1, 0, 2]), [-1, batch * channels])
    total = ops.UnsortedSegmentSum(rows, places, product(ops, sizes[1:-1]))
    moved = ops.Transpose(ops.Reshape(total, [-1, batch, channels]), [1, 0, 2])
    return ops.Reshape(moved, sizes)


def _numbered(ops: Ops, x: Term, dtype: str) -> Term:
    """One image or volume whose elements are numbered from 1."""
    inner = sizes_of(ops, x)[1:-1]
    numbers = ops.Range(1, product(ops, inner) + 1, 1)
    shape = concat(ops, [[1], inner, [1]])
    return ops.Reshape(ops.Cast(numbers, DstT=dtype), shape)


@extract_image_patches.gradient
def extract_image_patches_gradient(ops: Ops, grad: Term, images: Term, attrs: Attrs) -> Term:
    patches = ops.ExtractImagePatches(_numbered(ops, images, "float32"), **attrs)
    return _spread_back(ops, grad, images, patches)


@extract_volume_patches.gradient
def extract_volume_patches_gradient(ops: Ops, grad: Term, input: Term, attrs: Attrs) -> Term:
    patches = ops.ExtractVolumePatches(_numbered(ops, input, "int64"), **attrs)
    return _spread_back(ops, grad, input, patches)
