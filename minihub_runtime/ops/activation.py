"""Activation functions, softmax, and adding a bias."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.registry import (
    EXACT,
    FLOATS,
    NUMBERS,
    REALS,
    ROUNDING,
    Array,
    Op,
    Precision,
    TypeSet,
    op,
    types,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.ops.windows import allocate, narrow, over_rows, widen
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__: list[str] = []

#: The constants of self-normalising networks, with which activations keep mean 0 and variance 1.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_SCALE_ALPHA = 1.7580993408473768599402175208123

Format2D = Literal["NHWC", "NCHW"]


def _plain(array: Array, name: str) -> None:
    """Raise for a quantised array."""
    if array.dtype.names is not None and as_dtype(array.dtype).is_quantized:
        raise UnimplementedError(f"{name} must not be quantised, not {as_dtype(array.dtype).name}")


@op(
    "Relu(features: T) -> activations: T",
    T=types(
        "float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 float16 uint32 uint64 qint8"
    ),
    source="core/kernels/relu_op_functor.h",
    shape=same,
)
def relu(features: Array, *, out: Array | None = None) -> Array:
    """The larger of 0 and each element; NaN stays.

    Shapes: `s -> s`.
    Raises: UnimplementedError for qint8, which TensorFlow's CPU kernels refuse too.
    """
    _plain(features, "features")
    x = widen(features)
    return narrow(np.maximum(x, 0, out=allocate(x.shape, x.dtype, out)), features.dtype)


@op(
    "Relu6(features: T) -> activations: T",
    T=REALS,
    source="core/kernels/relu_op_functor.h",
    shape=same,
)
def relu6(features: Array, *, out: Array | None = None) -> Array:
    """Each element, or the nearer end of [0, 6]; NaN stays.

    Shapes: `s -> s`.
    """
    x = widen(features)
    result = np.maximum(x, 0, out=allocate(x.shape, x.dtype, out))
    return narrow(np.minimum(result, 6, out=result), features.dtype)


@op(
    "LeakyRelu(features: T) -> activations: T",
    T=FLOATS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/relu_op_functor.h",
    shape=same,
)
def leaky_relu(
    features: Array, *, alpha: float = 0.20000000298023224, out: Array | None = None
) -> Array:
    """Positive elements as they are, the others times `alpha`.

    Shapes: `s -> s`.
    """
    x = widen(features)
    result = allocate(x.shape, x.dtype, out)
    with np.errstate(all="ignore"):
        np.multiply(x, x.dtype.type(alpha), out=result)
    if 0 <= alpha <= 1:
        # The larger of the two is the right one, and NaN stays.
        np.maximum(x, result, out=result)
    else:
        np.copyto(result, x, where=x > 0)
    return narrow(result, features.dtype)


def _elu(x: Array) -> Array:
    return np.where(x < 0, np.exp(np.minimum(x, 0)) - 1, x)


def _selu(x: Array) -> Array:
    kind = x.dtype.type
    below = (np.exp(np.minimum(x, 0)) - 1) * kind(SELU_SCALE_ALPHA)
    return np.where(x < 0, below, x * kind(SELU_SCALE))


def _softplus(x: Array) -> Array:
    # Beyond this 1 is lost against exp(x), and the sum is exp(x) itself.
    limit = -math.log(np.finfo(x.dtype).eps) - 2
    return np.where(x > limit, x, np.log1p(np.exp(np.minimum(x, limit))))


def _softsign(x: Array) -> Array:
    return x / (1 + np.abs(x))


def _make_unary(name: str, rule: Callable[[Array], Array], doc: str) -> Op:
    def kernel(features: Array) -> Array:
        x = widen(features)
        with np.errstate(all="ignore"):
            return narrow(np.asarray(rule(x)), features.dtype)

    kernel.__name__ = name.lower()
    kernel.__doc__ = f"{doc}\n\n    Shapes: `s -> s`.\n    "
    return op(
        f"{name}(features: T) -> activations: T",
        T=FLOATS,
        precision=ROUNDING,
        source=f"core/kernels/{name.lower()}_op.h"
        if "Soft" in name
        else "core/kernels/relu_op_functor.h",
        shape=same,
    )(kernel)


elu = _make_unary("Elu", _elu, "exp(x) - 1 for negative elements, the others as they are.")
selu = _make_unary("Selu", _selu, "The scaled Elu of self-normalising networks.")
softplus = _make_unary("Softplus", _softplus, "log(1 + exp(x)), without overflow.")
softsign = _make_unary("Softsign", _softsign, "x / (1 + |x|).")


def _leaky_relu_grad(g: Array, x: Array, alpha: float) -> Array:
    return np.where(x > 0, g, g * g.dtype.type(alpha))


def _elu_grad(g: Array, y: Array) -> Array:
    return np.where(y < 0, (y + 1) * g, g)


def _selu_grad(g: Array, y: Array) -> Array:
    kind = g.dtype.type
    return np.where(y < 0, g * (y + kind(SELU_SCALE_ALPHA)), g * kind(SELU_SCALE))


def _relu_grad(g: Array, x: Array) -> Array:
    return g * (x > 0)


def _relu6_grad(g: Array, x: Array) -> Array:
    return g * ((x > 0) & (x < 6))


def _softplus_grad(g: Array, x: Array) -> Array:
    return g / (np.exp(-x) + 1)


def _softsign_grad(g: Array, x: Array) -> Array:
    return g / np.square(1 + np.abs(x))


def _apply_grad(rule: Callable[..., Array], gradients: Array, other: Array, *more: Any) -> Array:
    if gradients.shape != other.shape:
        require(
            False,
            f"gradients must have shape {list(other.shape)}, not {list(gradients.shape)}",
        )
    with np.errstate(all="ignore"):
        found = rule(widen(gradients), widen(other), *more)
        return narrow(np.asarray(found), gradients.dtype)


def _merged(gradients: Spec, features: Spec) -> Shape:
    return merge(gradients.shape, features.shape)


def _merged_outputs(gradients: Spec, outputs: Spec) -> Shape:
    return merge(gradients.shape, outputs.shape)


def _make_grad(
    name: str,
    rule: Callable[..., Array],
    kinds: TypeSet = FLOATS,
    precision: Precision = ROUNDING,
) -> Op:
    forward = name.removesuffix("Grad")
    doc = f"""The gradient of {forward}.

    Shapes: `s, s -> s`.
    Raises: InvalidArgumentError for different shapes.
    """

    def of_features(gradients: Array, features: Array) -> Array:
        return _apply_grad(rule, gradients, features)

    of_features.__doc__, of_features.__name__ = doc, f"{forward.lower()}_grad"
    return op(
        f"{name}(gradients: T, features: T) -> backprops: T",
        T=kinds,
        precision=precision,
        source="core/kernels/relu_op.h"
        if "elu" in name
        else f"core/kernels/{forward.lower()}_op.h",
        shape=_merged,
    )(of_features)


relu_grad = _make_grad("ReluGrad", _relu_grad, REALS, EXACT)
relu6_grad = _make_grad("Relu6Grad", _relu6_grad, REALS, EXACT)
softplus_grad = _make_grad("SoftplusGrad", _softplus_grad)
softsign_grad = _make_grad("SoftsignGrad", _softsign_grad)


@op(
    "LeakyReluGrad(gradients: T, features: T) -> backprops: T",
    T=FLOATS.default_to("float32"),
    precision=ROUNDING,
    source="core/kernels/relu_op.h",
    shape=_merged,
)
def leaky_relu_grad(
    gradients: Array, features: Array, *, alpha: float = 0.20000000298023224
) -> Array:
    """The gradient of LeakyRelu.

    Shapes: `s, s -> s`.
    Raises: InvalidArgumentError for different shapes.
    """
    return _apply_grad(_leaky_relu_grad, gradients, features, alpha)


@op(
    "EluGrad(gradients: T, outputs: T) -> backprops: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/relu_op.h",
    shape=_merged_outputs,
)
def elu_grad(gradients: Array, outputs: Array) -> Array:
    """The gradient of Elu, from its result.

    Shapes: `s, s -> s`.
    Raises: InvalidArgumentError for different shapes.
    """
    return _apply_grad(_elu_grad, gradients, outputs)


@op(
    "SeluGrad(gradients: T, outputs: T) -> backprops: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/relu_op.h",
    shape=_merged_outputs,
)
def selu_grad(gradients: Array, outputs: Array) -> Array:
    """The gradient of Selu, from its result.

    Shapes: `s, s -> s`.
    Raises: InvalidArgumentError for different shapes.
    """
    return _apply_grad(_selu_grad, gradients, outputs)


def _at_least_a_vector(logits: Spec) -> Shape:
    if logits.shape == ():
        require(False, "logits must have rank >= 1, not 0")
    return logits.shape


@op(
    "Softmax(logits: T) -> softmax: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/softmax_op_functor.h",
    shape=_at_least_a_vector,
)
def softmax(logits: Array, *, out: Array | None = None) -> Array:
    """Exponentials of `logits` along the last axis, scaled to sum to one.

    Shapes: `s` of rank >= 1 -> `s`. The largest logit is subtracted first, so no finite input overflows.
    Raises: InvalidArgumentError for a scalar.
    """
    require(logits.ndim >= 1, "logits must have rank >= 1, not 0")
    x = widen(logits)
    result = allocate(x.shape, x.dtype, out)
    with np.errstate(all="ignore"):
        np.subtract(x, x.max(axis=-1, keepdims=True, initial=-np.inf), out=result)
        np.exp(result, out=result)
        result /= result.sum(axis=-1, keepdims=True)
    return narrow(result, logits.dtype)


@op(
    "LogSoftmax(logits: T) -> logsoftmax: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/softmax_op_functor.h",
    shape=_at_least_a_vector,
)
def log_softmax(logits: Array) -> Array:
    """The logarithm of Softmax, exact where Softmax itself is too small to hold.

    Shapes: `s` of rank >= 1 -> `s`.
    Raises: InvalidArgumentError for a scalar.
    """
    require(logits.ndim >= 1, "logits must have rank >= 1, not 0")
    x = widen(logits)
    with np.errstate(all="ignore"):
        shifted = x - x.max(axis=-1, keepdims=True, initial=-np.inf)
        shifted -= np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return narrow(shifted, logits.dtype)


def _bias_axis(rank: int, data_format: str) -> int:
    return rank - 1 if data_format == "NHWC" else 1


def _add_bias(value: Array, bias: Array, data_format: str, out: Array | None) -> Array:
    _plain(value, "value")
    if value.ndim < 2:
        require(False, f"value must have rank >= 2, not shape {list(value.shape)}")
    require_rank(bias, 1, "bias")
    axis = _bias_axis(value.ndim, data_format)
    if value.shape[axis] != len(bias):
        require(False, f"bias must have {value.shape[axis]} elements, not {len(bias)}")
    x, b = widen(value), widen(bias)
    result = allocate(x.shape, x.dtype, out)
    if axis == value.ndim - 1 and x.flags.c_contiguous:
        over_rows(_add, x, result, b)
    elif axis == value.ndim - 1:
        np.add(x, b, out=result)
    else:
        np.add(x, b.reshape(-1, *(1,) * (value.ndim - 2)), out=result)
    return narrow(result, value.dtype)


def _add(x: Array, result: Array, bias: Array) -> None:
    np.add(x, bias, out=result)


def _bias_shape(value: Spec, bias: Spec, data_format: str = "NHWC") -> Shape:
    if value.shape is None:
        return None
    if len(value.shape) < 2:
        require(False, f"value must have rank >= 2, not shape {show(value.shape)}")
    axis = _bias_axis(len(value.shape), data_format)
    known: list[int | None] = [None] * len(value.shape)
    known[axis] = bias.dim(0) if bias.rank else None
    return merge(value.shape, tuple(known))


@op(
    "BiasAdd(value: T, bias: T) -> output: T",
    T=NUMBERS,
    source="core/kernels/bias_op.cc",
    shape=_bias_shape,
)
def bias_add(
    value: Array, bias: Array, *, data_format: Format2D = "NHWC", out: Array | None = None
) -> Array:
    """`value` plus a vector along the channels: the last axis, or with NCHW the second.

    Shapes: `[…, c], [c] -> […, c]`, or with NCHW `[n, c, …], [c] -> [n, c, …]`.
    Raises: InvalidArgumentError for rank < 2 or a bias of another length; UnimplementedError for quantised types.
    """
    return _add_bias(value, bias, data_format, out)


@op("BiasAddV1(value: T, bias: T) -> output: T", T=NUMBERS, like=bias_add)
def bias_add_v1(value: Array, bias: Array, *, out: Array | None = None) -> Array:
    """BiasAdd along the last axis."""
    return _add_bias(value, bias, "NHWC", out)


@bias_add_v1.shape
def bias_add_v1_shape(value: Spec, bias: Spec) -> Shape:
    """The shape of `value`."""
    return _bias_shape(value, bias)


@op(
    "BiasAddGrad(out_backprop: T) -> output: T",
    T=NUMBERS,
    precision=ROUNDING,
    source="core/kernels/bias_op.cc",
)
def bias_add_grad(out_backprop: Array, *, data_format: Format2D = "NHWC") -> Array:
    """The sum over all axes but the channels.

    Shapes: `[…, c] -> [c]`, or with NCHW `[n, c, …] -> [c]`.
    Raises: InvalidArgumentError for rank < 2; UnimplementedError for quantised types.
    """
    _plain(out_backprop, "out_backprop")
    rank = out_backprop.ndim
    require(rank >= 2, f"out_backprop must have rank >= 2, not shape {list(out_backprop.shape)}")
    axis = _bias_axis(rank, data_format)
    others = tuple(n for n in range(rank) if n != axis)
    x = widen(out_backprop)
    return narrow(x.sum(axis=others, dtype=x.dtype), out_backprop.dtype)


@bias_add_grad.shape
def bias_add_grad_shape(out_backprop: Spec, data_format: str) -> Shape:
    """The number of channels."""
    if out_backprop.shape is None:
        return (None,)
    rank = len(out_backprop.shape)
    require(rank >= 2, f"out_backprop must have rank >= 2, not shape {show(out_backprop.shape)}")
    return (out_backprop.shape[_bias_axis(rank, data_format)],)
