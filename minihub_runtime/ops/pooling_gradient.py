"""Gradients of pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.pooling import (
    Pool,
    asked_window,
    box_taps,
    first_maximum,
    pool_of,
    window_sizes,
)
from minihub_runtime.ops.registry import FLOATS, HALF_FLOATS, REALS, ROUNDING, Array, at_least, op
from minihub_runtime.ops.shape_rules import same_of_rank
from minihub_runtime.ops.windows import Window, allocate, narrow, widen
from minihub_runtime.shapes import Shape, Spec

__all__ = ["check_pooled"]

Padding = Literal["SAME", "VALID"]
ExplicitPadding = Literal["SAME", "VALID", "EXPLICIT"]
Format2D = Literal["NHWC", "NCHW"]
Format3D = Literal["NDHWC", "NCDHW"]


def check_pooled(
    sizes: Sequence[int], pool: Pool, arrays: Sequence[tuple[Array, str]]
) -> tuple[list[Window], list[Array]]:
    """The windows over an input of this channels-last shape, and `arrays` channels last, of the result's shape."""
    windows = pool.windows(sizes[1:-1])
    shape = (sizes[0], *(window.outputs for window in windows), sizes[-1])
    found = []
    for array, name in arrays:
        last = pool.layout.channels_last(array)
        if last.shape != shape:
            require(
                False, f"{name} must have the pooled shape {list(shape)}, not {list(last.shape)}"
            )
        found.append(last)
    return windows, found


def _max_pool_grad(orig_input: Array, orig_output: Array, grad: Array, pool: Pool) -> Array:
    layout = pool.layout
    for array, name in (
        (orig_input, "orig_input"),
        (orig_output, "orig_output"),
        (grad, "grad"),
    ):
        require_rank(array, layout.rank, name)
    x = layout.channels_last(widen(orig_input))
    windows, (_, slopes) = check_pooled(
        x.shape, pool, [(orig_output, "orig_output"), (widen(grad), "grad")]
    )
    total = allocate(x.shape, slopes.dtype, zero=True)
    if total.size and slopes.size:
        _, place = first_maximum(x, windows)
        rows = np.arange(len(x)).reshape(-1, *(1,) * (x.ndim - 1))
        np.add.at(total.reshape(len(x), -1), (rows, place), slopes)
    return layout.restore(narrow(total, grad.dtype))


@op(
    "MaxPoolGrad(orig_input: T, orig_output: T, grad: T) -> output: T",
    ksize=at_least(4),
    strides=at_least(4),
    T=REALS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/maxpooling_op.cc:MaxPoolingGradOp",
    shape=same_of_rank(4),
)
def max_pool_grad(
    orig_input: Array,
    orig_output: Array,
    grad: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
) -> Array:
    """The gradient of MaxPool: each window's gradient goes to its first largest value.

    Shapes: `[n, h, w, c], [n, h', w', c], [n, h', w', c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError where MaxPool of those shapes would refuse or have another shape.
    Differs: NCHW runs on the CPU.
    """
    pool = pool_of(data_format, padding, ksize, strides, explicit_paddings)
    return _max_pool_grad(orig_input, orig_output, grad, pool)


@op(
    "MaxPoolGradV2(orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32) -> output: T",
    T=REALS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/maxpooling_op.cc:MaxPoolingGradOp",
    shape=same_of_rank(4),
)
def max_pool_grad_v2(
    orig_input: Array,
    orig_output: Array,
    grad: Array,
    ksize: Array,
    strides: Array,
    *,
    padding: Padding,
    data_format: Format2D = "NHWC",
) -> Array:
    """Like MaxPoolGrad, with window and strides as tensors."""
    window, steps = asked_window(ksize, "ksize"), asked_window(strides, "strides")
    return _max_pool_grad(
        orig_input, orig_output, grad, pool_of(data_format, padding, window, steps)
    )


@op(
    "MaxPool3DGrad(orig_input: TInput, orig_output: TInput, grad: T) -> output: T",
    ksize=at_least(5),
    strides=at_least(5),
    T=HALF_FLOATS.default_to("float32"),
    TInput=HALF_FLOATS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/pooling_ops_3d.cc:MaxPooling3dGradOp",
    shape=same_of_rank(5),
)
def max_pool3d_grad(
    orig_input: Array,
    orig_output: Array,
    grad: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
) -> Array:
    """The gradient of MaxPool3D: each window's gradient goes to every value equal to its largest.

    Shapes: `[n, d, h, w, c], [n, d', h', w', c], [n, d', h', w', c] -> [n, d, h, w, c]`.
    Raises: InvalidArgumentError where MaxPool3D of those shapes would refuse or have another shape.
    Differs: NCDHW runs on the CPU.
    """
    pool = pool_of(data_format, padding, ksize, strides)
    layout = pool.layout
    for array, name in (
        (orig_input, "orig_input"),
        (orig_output, "orig_output"),
        (grad, "grad"),
    ):
        require_rank(array, 5, name)
    x = layout.channels_last(widen(orig_input))
    windows, (best, slopes) = check_pooled(
        x.shape, pool, [(widen(orig_output), "orig_output"), (widen(grad), "grad")]
    )
    total = allocate(x.shape, slopes.dtype, zero=True)
    for _, outputs, inputs in box_taps(windows):
        total[inputs] += np.where(x[inputs] == best[outputs], slopes[outputs], 0)
    return layout.restore(narrow(total, grad.dtype))


def _avg_pool_grad(orig_input_shape: Array, grad: Array, pool: Pool) -> Array:
    layout = pool.layout
    rank = layout.rank
    require(
        orig_input_shape.shape == (rank,),
        f"orig_input_shape must have {rank} values, not shape {list(orig_input_shape.shape)}",
    )
    sizes = [int(n) for n in orig_input_shape]
    require(min(sizes) >= 0, f"orig_input_shape must not be negative, not {sizes}")
    require_rank(grad, rank, "grad")
    shape = [sizes[0], *(sizes[a] for a in layout.spatial_axes), sizes[layout.channel_axis]]
    windows, (slopes,) = check_pooled(shape, pool, [(widen(grad), "grad")])
    total = allocate(shape, slopes.dtype, zero=True)
    shares = slopes / window_sizes(windows).astype(slopes.dtype)
    for _, outputs, inputs in box_taps(windows):
        total[inputs] += shares[outputs]
    return layout.restore(narrow(total, grad.dtype))


def _asked_shape(orig_input_shape: Spec, ksize: list[int]) -> Shape:
    length = orig_input_shape.dim(0)
    require(
        length in (None, len(ksize)),
        f"orig_input_shape must have {len(ksize)} values, not {length}",
    )
    return orig_input_shape.as_shape or (None,) * len(ksize)


@op(
    "AvgPoolGrad(orig_input_shape: int32, grad: T) -> output: T",
    ksize=at_least(4),
    strides=at_least(4),
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/avgpooling_op.cc:AvgPoolingGradOp",
    shape=_asked_shape,
    ranks={"orig_input_shape": 1},
)
def avg_pool_grad(
    orig_input_shape: Array,
    grad: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format2D = "NHWC",
) -> Array:
    """The gradient of AvgPool: each window's gradient is shared by the values it sees.

    Shapes: `[4], [n, h', w', c] -> [n, h, w, c]`.
    Raises: InvalidArgumentError where AvgPool of `orig_input_shape` would refuse or have another shape than `grad`.
    Differs: NCHW runs on the CPU; TensorFlow reads past the end of a `grad` of another shape.
    """
    return _avg_pool_grad(orig_input_shape, grad, pool_of(data_format, padding, ksize, strides))


@op(
    "AvgPool3DGrad(orig_input_shape: int32, grad: T) -> output: T",
    ksize=at_least(5),
    strides=at_least(5),
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/pooling_ops_3d.cc:AvgPooling3dGradOp",
    shape=_asked_shape,
    ranks={"orig_input_shape": 1},
)
def avg_pool3d_grad(
    orig_input_shape: Array,
    grad: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
) -> Array:
    """The gradient of AvgPool3D; see AvgPoolGrad.

    Shapes: `[5], [n, d', h', w', c] -> [n, d, h, w, c]`.
    """
    return _avg_pool_grad(orig_input_shape, grad, pool_of(data_format, padding, ksize, strides))


@avg_pool_grad.gradient
def avg_pool_grad_gradient(ops: Ops, grad: Term, attrs: Attrs) -> tuple[None, Term]:
    return None, ops.AvgPool(grad, **attrs)


@avg_pool3d_grad.gradient
def avg_pool3d_grad_gradient(ops: Ops, grad: Term, attrs: Attrs) -> tuple[None, Term]:
    return None, ops.AvgPool3D(grad, **attrs)


@max_pool_grad.gradient
def max_pool_grad_gradient(
    ops: Ops, grad: Term, orig_input: Term, orig_output: Term, attrs: Attrs
) -> tuple[Term, Term, Term]:
    kept = {name: value for name, value in attrs.items() if name != "explicit_paddings"}
    return (
        ops.ZerosLike(orig_input),
        ops.ZerosLike(orig_output),
        ops.MaxPoolGradGrad(orig_input, orig_output, grad, **kept),
    )


@max_pool_grad_v2.gradient
def max_pool_grad_v2_gradient(
    ops: Ops,
    grad: Term,
    orig_input: Term,
    orig_output: Term,
    ksize: Term,
    strides: Term,
    attrs: Attrs,
) -> tuple[Term, Term, Term, None, None]:
    return (
        ops.ZerosLike(orig_input),
        ops.ZerosLike(orig_output),
        ops.MaxPoolGradGradV2(orig_input, orig_output, grad, ksize, strides, **attrs),
        None,
        None,
    )


@max_pool3d_grad.gradient
def max_pool3d_grad_gradient(
    ops: Ops, grad: Term, orig_input: Term, orig_output: Term, attrs: Attrs
) -> tuple[Term, Term, Term]:
    return (
        ops.ZerosLike(orig_input),
        ops.ZerosLike(orig_output),
        ops.MaxPool3DGradGrad(orig_input, orig_output, grad, **attrs),
    )
