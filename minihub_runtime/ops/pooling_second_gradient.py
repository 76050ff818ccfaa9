"""Gradients of the gradients of pooling, and the gradient of a pooling that notes where its maxima are."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.pooling import Pool, asked_window, box_taps, pool_of
from minihub_runtime.ops.pooling_gradient import check_pooled
from minihub_runtime.ops.registry import (
    INDEX,
    REALS,
    ROUNDING,
    Array,
    at_least,
    op,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.ops.windows import allocate, narrow, widen
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

Padding = Literal["SAME", "VALID"]
Format2D = Literal["NHWC", "NCHW"]
Format3D = Literal["NDHWC", "NCDHW"]


def _gathered(orig_input: Array, orig_output: Array, grad: Array, pool: Pool) -> Array:
    """For each window what `grad` has where the input is first equal to the window's output; 0 if it nowhere is."""
    layout = pool.layout
    for array, name in ((orig_input, "orig_input"), (orig_output, "orig_output"), (grad, "grad")):
        require_rank(array, layout.rank, name)
    require(
        grad.shape == orig_input.shape,
        f"grad must have the shape of orig_input {list(orig_input.shape)}, not {list(grad.shape)}",
    )
    x, slopes = (layout.channels_last(widen(array)) for array in (orig_input, grad))
    windows, (best,) = check_pooled(x.shape, pool, [(widen(orig_output), "orig_output")])
    found = allocate(best.shape, slopes.dtype, zero=True)
    missing = np.ones(best.shape, np.bool_)
    for _, outputs, inputs in box_taps(windows):
        hit = (x[inputs] == best[outputs]) & missing[outputs]
        np.copyto(found[outputs], slopes[inputs], where=hit)
        missing[outputs] &= ~hit
    return layout.restore(narrow(found, grad.dtype))


def _pooled_shape(
    orig_input: Spec,
    orig_output: Spec,
    grad: Spec,
    ksize: list[int],
    strides: list[int],
    padding: str,
    data_format: str,
) -> Shape:
    merge(orig_input.shape, grad.shape)
    pooled = pool_of(data_format, padding, ksize, strides).shape(orig_input)
    return merge(orig_output.shape, pooled)


@op(
    "MaxPoolGradGrad(orig_input: T, orig_output: T, grad: T) -> output: T",
    ksize=at_least(4),
    strides=at_least(4),
    T=REALS,
    precision=ROUNDING,
    source="core/kernels/maxpooling_op.cc:MaxPoolingGradGradOp",
    shape=_pooled_shape,
)
def max_pool_grad_grad(
    orig_input: Array,
    orig_output: Array,
    grad: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format2D = "NHWC",
) -> Array:
    """The gradient of MaxPoolGrad for its `grad`: each window takes what `grad` has at its largest value.

    Shapes: `[n, h, w, c], [n, h', w', c], [n, h, w, c] -> [n, h', w', c]`.
    Raises: InvalidArgumentError where MaxPool of those shapes would refuse or have another shape.
    Differs: NCHW runs on the CPU.
    """
    return _gathered(orig_input, orig_output, grad, pool_of(data_format, padding, ksize, strides))


@op(
    "MaxPoolGradGradV2(orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32)"
    " -> output: T",
    T=REALS,
    like=max_pool_grad_grad,
    ranks={"orig_input": 4, "ksize": 1, "strides": 1},
)
def max_pool_grad_grad_v2(
    orig_input: Array,
    orig_output: Array,
    grad: Array,
    ksize: Array,
    strides: Array,
    *,
    padding: Padding,
    data_format: Format2D = "NHWC",
) -> Array:
    """Like MaxPoolGradGrad, with window and strides as tensors."""
    window, steps = asked_window(ksize, "ksize"), asked_window(strides, "strides")
    return _gathered(orig_input, orig_output, grad, pool_of(data_format, padding, window, steps))


@max_pool_grad_grad_v2.shape
def max_pool_grad_grad_v2_shape(
    orig_input: Spec,
    orig_output: Spec,
    grad: Spec,
    ksize: Spec,
    strides: Spec,
    padding: str,
    data_format: str,
) -> Shape:
    """As MaxPoolGradGrad, if window and strides are constants."""
    if ksize.value is None or strides.value is None:
        merge(orig_input.shape, grad.shape)
        return orig_output.shape
    window, steps = asked_window(ksize.value, "ksize"), asked_window(strides.value, "strides")
    return _pooled_shape(orig_input, orig_output, grad, window, steps, padding, data_format)


@op(
    "MaxPool3DGradGrad(orig_input: T, orig_output: T, grad: T) -> output: T",
    ksize=at_least(5),
    strides=at_least(5),
    T=REALS,
    precision=ROUNDING,
    source="core/kernels/pooling_ops_3d.cc:MaxPooling3dGradGradOp",
    shape=_pooled_shape,
)
def max_pool3d_grad_grad(
    orig_input: Array,
    orig_output: Array,
    grad: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
) -> Array:
    """The gradient of MaxPool3DGrad for its `grad`: each window takes what `grad` has at its largest value.

    Shapes: `[n, d, h, w, c], [n, d', h', w', c], [n, d, h, w, c] -> [n, d', h', w', c]`.
    Raises: InvalidArgumentError where MaxPool3D of those shapes would refuse or have another shape.
    Differs: NCDHW runs on the CPU.
    """
    return _gathered(orig_input, orig_output, grad, pool_of(data_format, padding, ksize, strides))


@op(
    "MaxPoolGradWithArgmax(input: T, grad: T, argmax: Targmax) -> output: T",
    ksize=at_least(4),
    strides=at_least(4),
    Targmax=INDEX,
    T=REALS,
    precision=ROUNDING,
    source="core/kernels/maxpooling_op.cc:MaxPoolingGradWithArgmaxOp",
    shape=same,
    ranks={"input": 4},
)
def max_pool_grad_with_argmax(
    input: Array,
    grad: Array,
    argmax: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    include_batch_in_index: bool = False,
    Targmax: DType,
) -> Array:
    """The gradient of MaxPoolWithArgmax: each window's gradient goes to the place `argmax` names.

    Shapes: `[n, h, w, c], [n, h', w', c], [n, h', w', c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError for places outside the input, or shapes that are not those of the pooling.
    """
    for array, name in ((input, "input"), (grad, "grad"), (argmax, "argmax")):
        require_rank(array, 4, name)
    pool = pool_of("NHWC", padding, ksize, strides)
    check_pooled(input.shape, pool, [(grad, "grad"), (argmax, "argmax")])
    places = argmax.astype(np.int64)
    if not include_batch_in_index:
        size = input[:1].size
        places = places + np.arange(len(input)).reshape(-1, 1, 1, 1) * size
    outside = (places < 0) | (places >= input.size)
    if outside.any():
        require(False, f"argmax must name places of the input, not {int(argmax[outside].flat[0])}")
    slopes = widen(grad)
    total = np.zeros(input.size, slopes.dtype)
    np.add.at(total, places.reshape(-1), slopes.reshape(-1))
    return narrow(total.reshape(input.shape), input.dtype)


@max_pool_grad_grad.gradient
def max_pool_grad_grad_gradient(
    ops: Ops, grad: Term, orig_input: Term, orig_output: Term, attrs: Attrs
) -> tuple[Term, Term, Term]:
    return (
        ops.ZerosLike(orig_input),
        ops.ZerosLike(orig_output),
        ops.MaxPoolGrad(orig_input, orig_output, grad, **attrs),
    )


@max_pool3d_grad_grad.gradient
def max_pool3d_grad_grad_gradient(
    ops: Ops, grad: Term, orig_input: Term, orig_output: Term, attrs: Attrs
) -> tuple[Term, Term, Term]:
    return (
        ops.ZerosLike(orig_input),
        ops.ZerosLike(orig_output),
        ops.MaxPool3DGrad(orig_input, orig_output, grad, **attrs),
    )
