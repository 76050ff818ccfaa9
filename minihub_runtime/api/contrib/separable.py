"""`tf.contrib.layers`: convolutions of channels one by one, with and without a mix of channels after it.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.layers import XAVIER, finished, order_of, relu
from minihub_runtime.api.contrib.utils import (
    channel_dimension,
    collections_of,
    named,
    two_element_tuple,
)
from minihub_runtime.api.contrib.variables import model_getter, model_variable
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.layers.separable import SeparableConv2D
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.nn.depthwise import depthwise_conv2d
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = ["separable_conv2d"]

NAMES = {
    "bias": "biases",
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
}


@public(
    "contrib.layers.separable_conv2d",
    "contrib.layers.separable_convolution2d",
    "contrib.slim.separable_conv2d",
    "contrib.slim.separable_convolution2d",
)
@add_arg_scope
def separable_conv2d(
    inputs: Any,
    num_outputs: int | None,
    kernel_size: Any,
    depth_multiplier: int = 1,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Any = 1,
    activation_fn: Any = relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = XAVIER,
    pointwise_initializer: Any = None,
    weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    """A separable convolution of images, or only the first half of it, which does not mix channels, as in MobileNets.

    Args:
        inputs: images, `[batch, height, width, channels]`, or channels first for NCHW.
        num_outputs: the number of channels of the output; None leaves the mix of channels out.
        kernel_size: the size of the filters, one number or two.
        depth_multiplier: how many channels are made of each.
        stride: how far apart windows are, one number or two.
        padding: "SAME" or "VALID".
        data_format: "NHWC" or "NCHW".
        rate: the distances of the filters' elements; only one of it and `stride` may be larger than one.
        activation_fn: as in `convolution`, like the arguments that follow.
        normalizer_fn: see above.
        normalizer_params: see above.
        weights_initializer: see above.
        pointwise_initializer: initialiser of the weights that mix channels; None for that of the others.
        weights_regularizer: see above.
        biases_initializer: see above.
        biases_regularizer: see above.
        reuse: see above.
        variables_collections: see above.
        outputs_collections: see above.
        trainable: see above.
        scope: see above.

    Raises:
        ValueError: the format is none, or sizes or the rank do not fit.
    """
    order = order_of(data_format, ("NHWC", "NCHW"))
    with variable_scope(
        scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=model_getter(NAMES)
    ) as sc:
        inputs = convert_to_tensor(inputs)
        if num_outputs is None:
            outputs = _each_channel(
                inputs,
                two_element_tuple(kernel_size),
                depth_multiplier,
                two_element_tuple(stride),
                padding,
                two_element_tuple(rate),
                data_format,
                weights={
                    "initializer": weights_initializer,
                    "regularizer": weights_regularizer,
                    "trainable": trainable,
                    "collections": collections_of(variables_collections, "weights"),
                },
                biases=None
                if normalizer_fn is not None or biases_initializer is None
                else {
                    "initializer": biases_initializer,
                    "regularizer": biases_regularizer,
                    "trainable": trainable,
                    "collections": collections_of(variables_collections, "biases"),
                },
            )
            if normalizer_fn is not None:
                outputs = normalizer_fn(outputs, **(normalizer_params or {}))
            if activation_fn is not None:
                outputs = activation_fn(outputs)
            return named(outputs_collections, sc.name, outputs)
        layer = SeparableConv2D(
            num_outputs,
            kernel_size,
            strides=stride,
            padding=padding,
            data_format=order,
            dilation_rate=two_element_tuple(rate),
            depth_multiplier=depth_multiplier,
            use_bias=bool(not normalizer_fn and biases_initializer),
            depthwise_initializer=weights_initializer,
            pointwise_initializer=pointwise_initializer or weights_initializer,
            bias_initializer=biases_initializer,
            depthwise_regularizer=weights_regularizer,
            pointwise_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            trainable=trainable,
            name=sc.name,
            dtype=inputs.dtype.base_dtype,
            _scope=sc,
            _reuse=reuse,
        )
        outputs = layer(inputs)
        return finished(
            layer,
            ("depthwise_kernel", "pointwise_kernel"),
            outputs,
            activation_fn,
            normalizer_fn,
            normalizer_params,
            variables_collections,
            outputs_collections,
            sc.name,
        )


def _each_channel(
    inputs: Tensor,
    kernel_size: tuple[int, int],
    depth_multiplier: int,
    stride: tuple[int, int],
    padding: str,
    rate: tuple[int, int],
    data_format: str,
    weights: dict[str, Any],
    biases: dict[str, Any] | None,
) -> Tensor:
    """A convolution of each channel by itself, whose variables are made with these arguments."""
    first = data_format == "NCHW"
    channels = channel_dimension(
        inputs.shape, "channels_first" if first else "channels_last", min_rank=4
    )
    filters = model_variable(
        "depthwise_weights",
        shape=[*kernel_size, channels, depth_multiplier],
        dtype=inputs.dtype.base_dtype,
        **weights,
    )
    strides = [1, 1, *stride] if first else [1, *stride, 1]
    outputs = depthwise_conv2d(
        inputs, filters, strides, padding, rate=rate, data_format=data_format
    )
    if biases is None:
        return outputs
    added = model_variable(
        "biases", shape=[depth_multiplier * channels], dtype=inputs.dtype.base_dtype, **biases
    )
    return bias_add(outputs, added, data_format=data_format)
