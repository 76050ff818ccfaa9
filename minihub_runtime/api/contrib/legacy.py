"""`tf.contrib.layers.legacy_fully_connected`, whose variables are no model variables.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

import functools
from typing import Any

from minihub_runtime.api.contrib.layers import XAVIER, relu
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.joining import stack, unstack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["legacy_fully_connected"]


@public("contrib.layers.legacy_fully_connected", "contrib.slim.legacy_fully_connected")
def legacy_fully_connected(
    x: Any,
    num_output_units: int,
    activation_fn: Any = None,
    weight_init: Any = XAVIER,
    bias_init: Any = ZEROS,
    name: str | None = None,
    weight_collections: Any = (GraphKeys.WEIGHTS,),
    bias_collections: Any = (GraphKeys.BIASES,),
    output_collections: Any = (GraphKeys.ACTIVATIONS,),
    trainable: bool = True,
    weight_regularizer: Any = None,
    bias_regularizer: Any = None,
) -> Any:
    """`activation_fn(x · weights + bias)`, along the last dimension.

    Args:
        x: a tensor of two or more dimensions, the last of which is known.
        num_output_units: the size of the last dimension of the output.
        activation_fn: a function of the output.
        weight_init: initialiser of the weights.
        bias_init: initialiser of the bias, None for none.
        name: the scope of the variables.
        weight_collections: further collections for the weights.
        bias_collections: likewise for the bias.
        output_collections: likewise for the output, which is one of `ACTIVATIONS`.
        trainable: whether optimisers change the variables.
        weight_regularizer: a function of the weights that is added to the losses.
        bias_regularizer: likewise of the bias.

    Raises:
        ValueError: the rank or the last dimension does not fit.
    """

    def held(name: str, sizes: list[int], start: Any, keys: Any, regularizer: Any) -> Any:
        return get_variable(
            name,
            shape=sizes,
            dtype=x.dtype.base_dtype,
            initializer=start,
            collections=list(dict.fromkeys([*(keys or ()), GraphKeys.GLOBAL_VARIABLES])),
            regularizer=regularizer,
            trainable=trainable,
        )

    with variable_scope(name, "fully_connected", [x]):
        x = convert_to_tensor(x)
        rank = x.shape.ndims
        if rank is None:
            raise ValueError("dims of x must be known but is None")
        if rank < 2:
            raise ValueError(f"rank of x must be at least 2 not: {rank}")
        *outer, count = x.shape.as_list()
        if count is None:
            raise ValueError("last dimension of x must be known but is None")
        weights = held(
            "weights",
            [count, num_output_units],
            weight_init,
            weight_collections,
            weight_regularizer,
        )
        y: Any = matmul(x if rank == 2 else reshape(x, [-1, count]), weights)
        if bias_init is not None:
            bias = held("bias", [num_output_units], bias_init, bias_collections, bias_regularizer)
            y = bias_add(y, bias)
        if rank > 2:
            sizes = unstack(shape(x))
            y = reshape(y, stack([*sizes[:-1], num_output_units]))
            y.set_shape([*outer, num_output_units])
        if activation_fn is not None:
            y = activation_fn(y)
        keys = [*(output_collections or ()), GraphKeys.ACTIVATIONS]
        get_default_graph().add_to_collections(keys, y)
        return y


public("contrib.layers.legacy_relu", "contrib.slim.legacy_relu")(
    functools.partial(legacy_fully_connected, activation_fn=relu)
)
public("contrib.layers.legacy_linear", "contrib.slim.legacy_linear")(
    functools.partial(legacy_fully_connected, activation_fn=None)
)
