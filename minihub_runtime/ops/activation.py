"""Activation functions, their gradients, and softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.memory import contiguous
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.limits import bound, clamp
from minihub_runtime.ops.registry import (
    EXACT,
    FLOATS,
    REALS,
    REGISTRY,
    ROUNDING,
    Array,
    Op,
    Precision,
    TypeSet,
    op,
    types,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.ops.windows import allocate, narrow, require_plain, widen
from minihub_runtime.shapes import Shape, Spec, merge
from minihub_runtime.threads import num_threads, scratch, spread

__all__ = ["keep_between"]

#: Elements of the blocks that are worked on at a time.
FLAT = 1 << 18
#: The constants of self-normalising networks, with which activations keep mean 0 and variance 1.
SELU_SCALE = 1.0507009873554804934193349852946
SELU_SCALE_ALPHA = 1.7580993408473768599402175208123


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
    require_plain(features, "features")
    x = contiguous(widen(features))
    result = allocate(x.shape, x.dtype, out)
    bound(np.maximum, x, 0, result)
    return narrow(result, features.dtype)


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
    x = contiguous(widen(features))
    result = allocate(x.shape, x.dtype, out)
    clamp(x, 0, 6, result)
    return narrow(result, features.dtype)


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


def _rounded(x: Any, dtype: np.dtype[Any]) -> Array:
    """`x` as it is in the element type: where a sum cancels, 16 bits leave little of it."""
    return widen(narrow(x, dtype))


def _elu(x: Array, dtype: np.dtype[Any]) -> Array:
    return np.where(x < 0, _rounded(np.exp(np.minimum(x, 0)), dtype) - 1, x)


def _selu(x: Array, dtype: np.dtype[Any]) -> Array:
    kind = x.dtype.type
    scale, limit = (_rounded(kind(number), dtype) for number in (SELU_SCALE, SELU_SCALE_ALPHA))
    return np.where(x < 0, _rounded(_elu(x, dtype), dtype) * limit, x * scale)


def _softplus(x: Array, dtype: np.dtype[Any]) -> Array:
    # Beyond this 1 is lost against exp(x), and the sum is exp(x) itself.
    limit = -math.log(np.finfo(x.dtype).eps) - 2
    return np.where(x > limit, x, np.log1p(np.exp(np.minimum(x, limit))))


def _softsign(x: Array, dtype: np.dtype[Any]) -> Array:
    return x / (1 + np.abs(x))


def _make_unary(name: str, rule: Callable[[Array, np.dtype[Any]], Array], doc: str) -> Op:
    def kernel(features: Array) -> Array:
        x = widen(features)
        with np.errstate(all="ignore"):
            return narrow(np.asarray(rule(x, features.dtype)), features.dtype)

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


def _elu_grad(g: Array, y: Array, dtype: np.dtype[Any]) -> Array:
    return np.where(y < 0, _rounded(y + 1, dtype) * g, g)


def _selu_grad(g: Array, y: Array, dtype: np.dtype[Any]) -> Array:
    kind = g.dtype.type
    scale, limit = (_rounded(kind(x), dtype) for x in (SELU_SCALE, SELU_SCALE_ALPHA))
    return np.where(y < 0, g * _rounded(y + limit, dtype), g * scale)


def _relu_grad(g: Array, x: Array) -> Array:
    return _where_between(g, x, None)


def _relu6_grad(g: Array, x: Array) -> Array:
    return _where_between(g, x, 6)


def _where_between(g: Array, x: Array, limit: float | None) -> Array:
    """`g` times 1 where `x` lies between 0 and the limit, times 0 elsewhere."""
    result = allocate(g.shape, g.dtype)
    gradients, features, places = (contiguous(a).reshape(-1) for a in (g, x, result))

    def compute(part: tuple[int, int]) -> None:
        taken = slice(*part)
        keep_between(gradients[taken], features[taken], limit, places[taken])

    spread(compute, runs(g.size, -(-g.size // num_threads()), FLAT), 2 * g.size)
    return result


def keep_between(gradients: Array, features: Array, limit: float | None, out: Array) -> None:
    """Put gradients times 1 where features lie between 0 and a limit, times 0 elsewhere, into `out`, in this thread.

    Args:
        gradients: contiguous.
        features: the same.
        limit: there may be none.
        out: the same; may be the gradients themselves.
    """
    all_slopes, all_features, places = (x.reshape(-1) for x in (gradients, features, out))
    length = min(len(places), FLAT) or 1
    inside, below = scratch("inside", (2, length), np.bool_)
    for start in range(0, len(places), length):
        block = all_features[start : start + length]
        n = len(block)
        np.greater(block, 0, out=inside[:n])
        if limit is not None:
            np.less(block, limit, out=below[:n])
            inside[:n] &= below[:n]
        np.multiply(all_slopes[start : start + n], inside[:n], out=places[start : start + n])


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
    return _apply_grad(_elu_grad, gradients, outputs, gradients.dtype)


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
    return _apply_grad(_selu_grad, gradients, outputs, gradients.dtype)


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


@softmax.gradient
def softmax_gradient(ops: Ops, grad: Term, softmax: Term) -> Term:
    return (grad - ops.Sum(grad * softmax, [-1], keep_dims=True)) * softmax


@log_softmax.gradient
def log_softmax_gradient(ops: Ops, grad: Term, logsoftmax: Term) -> Term:
    return grad - ops.Sum(grad, [-1], keep_dims=True) * ops.Exp(logsoftmax)


@leaky_relu.gradient
def leaky_relu_gradient(ops: Ops, grad: Term, features: Term, alpha: float) -> Term:
    return ops.LeakyReluGrad(grad, features, alpha=alpha)


@leaky_relu_grad.gradient
def leaky_relu_grad_gradient(
    ops: Ops, grad: Term, features: Term, alpha: float
) -> tuple[Term, Term]:
    return ops.LeakyReluGrad(grad, features, alpha=alpha), ops.ZerosLike(features)


@softplus_grad.gradient
def softplus_grad_gradient(
    ops: Ops, grad: Term, gradients: Term, features: Term
) -> tuple[Term, Term]:
    slope = grad * gradients / (ops.Exp(-features) + 2.0 + ops.Exp(features))
    return ops.SoftplusGrad(grad, features), slope


@elu_grad.gradient
def elu_grad_gradient(ops: Ops, grad: Term, gradients: Term, outputs: Term) -> tuple[Term, Term]:
    return ops.EluGrad(grad, outputs), _where_negative(ops, outputs, grad * gradients)


@selu_grad.gradient
def selu_grad_gradient(ops: Ops, grad: Term, gradients: Term, outputs: Term) -> tuple[Term, Term]:
    return ops.SeluGrad(grad, outputs), _where_negative(ops, outputs, grad * gradients)


def _where_negative(ops: Ops, x: Term, value: Term) -> Term:
    return ops.Select(ops.Less(x, 0), value, ops.ZerosLike(x))


_RULES: dict[str, Callable[..., Any]] = {
    "Elu": lambda ops, grad, activations: ops.EluGrad(grad, activations),
    "Relu": lambda ops, grad, activations: ops.ReluGrad(grad, activations),
    "Relu6": lambda ops, grad, activations: ops.Relu6Grad(grad, activations),
    "Relu6Grad": lambda ops, grad, features: (
        ops.Relu6Grad(grad, features),
        ops.ZerosLike(features),
    ),
    "ReluGrad": lambda ops, grad, features: (
        ops.ReluGrad(grad, features),
        ops.ZerosLike(features),
    ),
    "Selu": lambda ops, grad, activations: ops.SeluGrad(grad, activations),
    "Softplus": lambda ops, grad, features: grad * ops.Sigmoid(features),
    "Softsign": lambda ops, grad, features: ops.SoftsignGrad(grad, features),
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)
