"""`tf.contrib.layers`: biases of channels, one filter for all channels, and pooling of any kind.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.layers import XAVIER, relu
from minihub_runtime.api.contrib.utils import (
    collections_of,
    last_dimension,
    named,
    positive_integers,
    two_element_tuple,
)
from minihub_runtime.api.contrib.variables import model_variable
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.nn.activation import bias_add as add_bias
from minihub_runtime.api.nn.depthwise import depthwise_conv2d
from minihub_runtime.api.nn.pooling import pool as pool_of
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = ["bias_add", "conv2d_in_plane", "pool"]


@public("contrib.layers.bias_add", "contrib.slim.bias_add")
@add_arg_scope
def bias_add(
    inputs: Any,
    activation_fn: Any = None,
    initializer: Any = ZEROS,
    regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Any:
    """Inputs plus a variable `biases`, a number for each channel.

    Args:
        inputs: a tensor of known rank and number of channels.
        activation_fn: a function of the output.
        initializer: initialiser of the biases.
        regularizer: a function of the biases that is added to the losses.
        reuse: whether the variable exists.
        variables_collections: collections for the variable: a list, or lists by name.
        outputs_collections: collections for the output.
        trainable: whether optimisers change the variable.
        data_format: "NHWC"; or "NCHW", which is for images only.
        scope: the scope of the variable.

    Raises:
        ValueError: the format is none or does not fit, or rank or channels are not known.
    """
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError("Dims of shape must be known but is None")
        if rank != 4 and data_format == "NCHW":
            raise ValueError("Data format NCHW only supports 4D Tensor")
        channels = inputs.shape.as_list()[1 if data_format == "NCHW" else -1]
        if channels is None:
            raise ValueError("`C` dimension must be known but is None")
        biases = model_variable(
            "biases",
            shape=[channels],
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=collections_of(variables_collections, "biases"),
            trainable=trainable,
        )
        outputs = add_bias(inputs, biases, data_format=data_format)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return named(outputs_collections, sc.name, outputs)


@public(
    "contrib.layers.conv2d_in_plane",
    "contrib.layers.convolution2d_in_plane",
    "contrib.slim.conv2d_in_plane",
    "contrib.slim.convolution2d_in_plane",
)
@add_arg_scope
def conv2d_in_plane(
    inputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """A convolution of images in which one filter goes over each channel by itself.

    Args:
        inputs: images of a known number of channels, channels last.
        kernel_size: the size of the filter, one number or two.
        stride: likewise.
        padding: "SAME" or "VALID".
        activation_fn: as in `convolution`, like the arguments that follow.
        normalizer_fn: see above.
        normalizer_params: see above.
        weights_initializer: see above.
        weights_regularizer: see above.
        biases_initializer: see above.
        biases_regularizer: see above.
        reuse: see above.
        variables_collections: see above.
        outputs_collections: see above.
        trainable: see above.
        scope: see above.

    Raises:
        ValueError: sizes or the rank do not fit.
    """

    def held(name: str, shape: list[int], initializer: Any, regularizer: Any) -> Any:
        return model_variable(
            name,
            shape=shape,
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=collections_of(variables_collections, name),
            trainable=trainable,
        )

    with variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as sc:
        height, width = two_element_tuple(kernel_size)
        down, right = two_element_tuple(stride)
        channels = last_dimension(inputs.get_shape(), min_rank=4)
        weights = held("weights", [height, width, 1, 1], weights_initializer, weights_regularizer)
        filters = build("Tile", input=weights, multiples=[1, 1, channels, 1])
        outputs: Any = depthwise_conv2d(inputs, filters, [1, down, right, 1], padding)
        if normalizer_fn is not None:
            outputs = normalizer_fn(outputs, **(normalizer_params or {}))
        elif biases_initializer is not None:
            biases = held("biases", [channels], biases_initializer, biases_regularizer)
            outputs = add_bias(outputs, biases)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return named(outputs_collections, sc.name, outputs)


@public("contrib.layers.pool", "contrib.slim.pool")
@add_arg_scope
def pool(
    inputs: Any,
    kernel_size: Any,
    pooling_type: str,
    padding: str = "VALID",
    data_format: str | None = None,
    dilation_rate: Any = 1,
    stride: Any = 1,
    outputs_collections: Any = None,
    scope: Any = None,
) -> Any:
    """Pooling in as many dimensions as the input has besides batch and channels; see `tf.nn.pool`.

    Args:
        inputs: a tensor of known rank, 3 or more.
        kernel_size: the size of the window, one number or one for each dimension.
        pooling_type: "AVG" or "MAX".
        padding: "SAME" or "VALID".
        data_format: channels first if it starts with "NC".
        dilation_rate: how far apart the elements of a window are, one number or one for each dimension.
        stride: how far apart windows are, likewise.
        outputs_collections: collections for the output.
        scope: the name scope.

    Raises:
        ValueError: the rank is not known or too small, or sizes do not fit.
    """
    with name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None:
            raise ValueError("Rank of inputs must be known")
        if rank < 3:
            raise ValueError("Rank of inputs must be >= 3")
        outputs = pool_of(
            input=inputs,
            window_shape=positive_integers(rank - 2, kernel_size),
            pooling_type=pooling_type,
            padding=padding,
            data_format=data_format,
            dilation_rate=positive_integers(rank - 2, dilation_rate),
            strides=positive_integers(rank - 2, stride),
            name=sc,
        )
        return named(outputs_collections, sc, outputs)
