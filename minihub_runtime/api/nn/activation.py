"""Biases, activations and softmax.

Source: tensorflow/python/ops/nn_ops.py, nn_impl.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import transpose
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sizes import rank
from minihub_runtime.dtypes import float32
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.public import public

__all__ = [
    "bias_add",
    "crelu",
    "leaky_relu",
    "log_softmax",
    "relu6",
    "relu_layer",
    "silu",
    "softmax",
    "xw_plus_b",
]


@public("nn.bias_add")
def bias_add(
    value: Any, bias: Any, data_format: str | None = None, name: str | None = None
) -> Tensor:
    """`value` with a number added for each channel.

    Args:
        value: a batch with channels last, or first for NC….
        bias: a number for each channel.
        data_format: `N…C` or `NC…`.
        name: wanted name.

    Raises:
        ValueError: the format is another, or shapes do not fit.
    """
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        if data_format is not None:
            if data_format.startswith("NC"):
                data_format = "NCHW"
            elif data_format.startswith("N") and data_format.endswith("C"):
                data_format = "NHWC"
            else:
                raise ValueError(
                    "`data_format` must be of the form `N...C` or `NC...`. "
                    f"Received: data_format={data_format}"
                )
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        made: Tensor = build("BiasAdd", name=scope, value=value, bias=bias, data_format=data_format)
        return made


@public("nn.xw_plus_b")
def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`x @ weights + biases`, of `[batch, in]`, `[in, out]` and `[out]`."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        return bias_add(matmul(x, weights), biases, name=scope)


@public("nn.relu_layer")
def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`relu(x @ weights + biases)`, of `[batch, in]`, `[in, out]` and `[out]`."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(weights, name="weights")
        biases = convert_to_tensor(biases, name="biases")
        made: Tensor = build("Relu", name=scope, features=bias_add(matmul(x, weights), biases))
        return made


@public("nn.crelu")
def crelu(features: Any, name: str | None = None, axis: int = -1) -> Tensor:
    """The positive parts of `features` and of their negatives, joined along `axis`."""
    with name_scope(name, "CRelu", [features]) as scope:
        features = convert_to_tensor(features, name="features")
        made: Tensor = build("Relu", features=concat([features, -features], axis, name=scope))
        return made


@public("nn.relu6")
def relu6(features: Any, name: str | None = None) -> Tensor:
    """`min(max(features, 0), 6)`."""
    made: Tensor = build("Relu6", name=name, features=features)
    return made


@public("nn.leaky_relu")
def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> Tensor:
    """`features` where they are positive, `alpha · features` elsewhere; integers become float32."""
    with name_scope(name, "LeakyRelu", [features, alpha]) as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = cast(features, float32)
        if isinstance(alpha, np.ndarray):
            alpha = alpha.item()
        made: Tensor = build("LeakyRelu", name=scope, features=features, alpha=alpha)
        return made


@public("nn.silu", "nn.swish")
def silu(features: Any, beta: Any = 1.0) -> Tensor:
    """`features · sigmoid(beta · features)`."""
    features = convert_to_tensor(features, name="features")
    beta = cast(convert_to_tensor(beta, name="beta"), features.dtype)
    found = features * build("Sigmoid", x=beta * features)
    build("Identity", input=found)
    made: Tensor = build("IdentityN", input=[found, features, beta])[0]
    return made


@public("nn.softmax", "math.softmax")
def softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """Exponentials of `logits`, scaled to sum to one along an axis.

    Args:
        logits: of rank one or more.
        axis: the axis, by default the last.
        name: wanted name.
        dim: another name of `axis`.

    Raises:
        InvalidArgumentError: there is no such axis.
        ValueError: `axis` and `dim` are both given.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    return _along(logits, "Softmax", -1 if axis is None else axis, name)


@public("nn.log_softmax", "math.log_softmax")
def log_softmax(logits: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """The logarithm of `softmax`, with its arguments."""
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    return _along(logits, "LogSoftmax", -1 if axis is None else axis, name)


def _along(inputs: Any, op: str, axis: Any, name: str | None) -> Tensor:
    """An op of the last axis, applied to another, which is swapped with the last before and after."""
    inputs = convert_to_tensor(inputs)
    shape = inputs.shape
    if isinstance(axis, int) and (axis == -1 or (shape.rank and axis == shape.rank - 1)):
        made: Tensor = build(op, name=name, logits=inputs)
        return made
    known = constant_value(axis) if isinstance(axis, Tensor) else axis
    if known is not None and not -shape.rank <= known < shape.rank:
        raise InvalidArgumentError(
            f"`dim` must be in the range [{-shape.rank}, {shape.rank}) where {shape.rank} is the "
            f"number of dimensions in the input. Received: dim={known}"
        )
    ranks = rank(inputs)
    if isinstance(axis, Tensor):
        axis = where(build("Less", x=axis, y=0), axis + ranks, axis)
    elif axis < 0:
        axis = axis + ranks
    last = rank(inputs)
    place = axis % shape.rank
    swapped = _swap(inputs, place, build("Sub", x=last, y=1), "transpose")
    found = build(op, logits=swapped)
    result = _swap(found, place, build("Sub", x=last, y=1), name or "transpose")
    result.set_shape(shape)
    return result


def _swap(tensor: Tensor, axis: Any, last: Any, name: str) -> Tensor:
    order = concat([range(axis), [last], range(axis + 1, last), [axis]], 0)
    return transpose(tensor, order, name=name)
