"""`tf.contrib.layers`: layers whose variables are model variables named weights and biases.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.initializers import xavier_initializer
from minihub_runtime.api.contrib.utils import named
from minihub_runtime.api.contrib.variables import add_to_named_collections, model_getter
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.layers.convolution import Conv1D, Conv2D, Conv3D
from minihub_runtime.api.layers.core import Dense
from minihub_runtime.api.layers.core import flatten as flattened
from minihub_runtime.api.layers.dropout import Dropout
from minihub_runtime.api.layers.pooling import (
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling2D,
    MaxPooling3D,
)
from minihub_runtime.api.layers.transposed import Conv2DTranspose, Conv3DTranspose
from minihub_runtime.api.nn.activation import relu6
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = [
    "XAVIER",
    "avg_pool2d",
    "conv2d",
    "conv2d_transpose",
    "convolution",
    "dropout",
    "finished",
    "flatten",
    "fully_connected",
    "max_pool2d",
    "order_of",
    "relu",
    "repeat",
    "stack",
]

XAVIER = xavier_initializer()
NAMES = {"bias": "biases", "kernel": "weights"}


def relu(x: Any) -> Any:
    """The activation where nothing else is said."""
    return build("Relu", features=x)


def order_of(data_format: str | None, allowed: tuple[str, ...]) -> str:
    """A format as layers name it.

    Raises:
        ValueError: it is none of those that are allowed.
    """
    if data_format not in allowed:
        raise ValueError(f"data_format has to be either {' or '.join(reversed(allowed))}.")
    return "channels_first" if data_format.startswith("NC") else "channels_last"


def finished(
    layer: Layer,
    kernels: tuple[str, ...],
    outputs: Any,
    activation_fn: Any,
    normalizer_fn: Any,
    normalizer_params: Any,
    variables_collections: Any,
    outputs_collections: Any,
    scope_name: str,
) -> Any:
    """What normaliser and activation make of the output of a layer, whose variables are added to collections."""
    for kernel in kernels:
        add_to_named_collections(getattr(layer, kernel), variables_collections or (), "weights")
    bias = getattr(layer, "bias", None)
    if bias is not None:
        add_to_named_collections(bias, variables_collections or (), "biases")
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return named(outputs_collections, scope_name, outputs)


@public("contrib.layers.fully_connected", "contrib.slim.fully_connected")
@add_arg_scope
def fully_connected(
    inputs: Any,
    num_outputs: int,
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
    """`activation_fn(inputs · weights + biases)`, along the last dimension.

    Args:
        inputs: a tensor of two or more dimensions, the last of which is known.
        num_outputs: the size of the last dimension of the output.
        activation_fn: a function of the output, None for none.
        normalizer_fn: a function of the output that takes the place of biases.
        normalizer_params: its further arguments.
        weights_initializer: initialiser of the weights.
        weights_regularizer: a function of the weights that is added to the losses.
        biases_initializer: initialiser of the biases, None for no biases.
        biases_regularizer: a function of the biases that is added to the losses.
        reuse: whether the variables exist.
        variables_collections: collections for the variables: a list, or lists for `weights` and `biases`.
        outputs_collections: collections for the output.
        trainable: whether optimisers change the variables.
        scope: the scope of the variables.

    Raises:
        ValueError: `num_outputs` is no integer.
    """
    if not isinstance(num_outputs, int):
        raise ValueError(
            f"num_outputs type should be one of [<class 'int'>], got {type(num_outputs)}."
        )
    with variable_scope(
        scope, "fully_connected", [inputs], reuse=reuse, custom_getter=model_getter(NAMES)
    ) as sc:
        inputs = convert_to_tensor(inputs)
        layer = Dense(
            num_outputs,
            use_bias=bool(not normalizer_fn and biases_initializer),
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
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
            ("kernel",),
            outputs,
            activation_fn,
            normalizer_fn,
            normalizer_params,
            variables_collections,
            outputs_collections,
            sc.name,
        )


linear = public("contrib.layers.linear", "contrib.slim.linear")(
    functools.partial(fully_connected, activation_fn=None)
)
public("contrib.layers.relu", "contrib.slim.relu")(
    functools.partial(fully_connected, activation_fn=relu)
)
public("contrib.layers.elu", "contrib.slim.elu")(
    functools.partial(fully_connected, activation_fn=lambda x: build("Elu", features=x))
)
public("contrib.layers.relu6", "contrib.slim.relu6")(
    functools.partial(fully_connected, activation_fn=relu6)
)


@public("contrib.layers.convolution", "contrib.slim.convolution")
@add_arg_scope
def convolution(
    inputs: Any,
    num_outputs: int,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Any = 1,
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
    conv_dims: int | None = None,
) -> Any:
    """A convolution in as many dimensions as the input has besides batch and channels.

    Args:
        inputs: a tensor of rank 3, 4 or 5.
        num_outputs: the number of channels of the output.
        kernel_size: one number or one for each dimension.
        stride: likewise.
        padding: "SAME" or "VALID".
        data_format: "NHWC" or the like, or "NCHW" or the like.
        rate: the distance of the kernel's elements; only one of it and `stride` may be larger than one.
        activation_fn: as in `fully_connected`, like the arguments that follow.
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
        conv_dims: the number of dimensions, if it must be a certain one.

    Raises:
        ValueError: rank or format do not fit.
    """
    if data_format not in (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW"):
        raise ValueError(f"Invalid data_format: {data_format!r}")
    with variable_scope(
        scope, "Conv", [inputs], reuse=reuse, custom_getter=model_getter(NAMES)
    ) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if conv_dims is not None and conv_dims + 2 != rank:
            raise ValueError(f"Convolution expects input with rank {conv_dims + 2}, got {rank}")
        kinds: dict[Any, Any] = {3: Conv1D, 4: Conv2D, 5: Conv3D}
        if rank not in kinds:
            raise ValueError("Convolution not supported for input with rank", rank)
        first = data_format is not None and data_format.startswith("NC")
        layer = kinds[rank](
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format="channels_first" if first else "channels_last",
            dilation_rate=rate,
            use_bias=bool(not normalizer_fn and biases_initializer),
            kernel_initializer=weights_initializer,
            bias_initializer=biases_initializer,
            kernel_regularizer=weights_regularizer,
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
            ("kernel",),
            outputs,
            activation_fn,
            normalizer_fn,
            normalizer_params,
            variables_collections,
            outputs_collections,
            sc.name,
        )


def _of_dimensions(count: int) -> Callable[..., Any]:
    """`convolution` of inputs of one rank."""

    def convolved(
        inputs: Any, num_outputs: int, kernel_size: Any, *args: Any, **kwargs: Any
    ) -> Any:
        kwargs["conv_dims"] = count
        return convolution(inputs, num_outputs, kernel_size, *args, **kwargs)

    convolved.__name__ = convolved.__qualname__ = f"convolution{count}d"
    convolved.__doc__ = f"As `convolution`, in {count} dimensions."
    names = [
        f"contrib.{place}.{name}{count}d"
        for place in ("layers", "slim")
        for name in ("conv", "convolution")
    ]
    return public(*names)(add_arg_scope(convolved))


conv1d = _of_dimensions(1)
conv2d = _of_dimensions(2)
conv3d = _of_dimensions(3)


def _transposed(kind: Any, default_name: str, allowed: tuple[str, ...]) -> Callable[..., Any]:
    """A function that makes a transposed convolution of a kind and calls it."""

    def transposed(
        inputs: Any,
        num_outputs: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: str = "SAME",
        data_format: str = allowed[0],
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
        with variable_scope(
            scope, default_name, [inputs], reuse=reuse, custom_getter=model_getter(NAMES)
        ) as sc:
            order = order_of(data_format, allowed)
            inputs = convert_to_tensor(inputs)
            layer = kind(
                filters=num_outputs,
                kernel_size=kernel_size,
                strides=stride,
                padding=padding,
                data_format=order,
                use_bias=bool(not normalizer_fn and biases_initializer),
                kernel_initializer=weights_initializer,
                bias_initializer=biases_initializer,
                kernel_regularizer=weights_regularizer,
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
                ("kernel",),
                outputs,
                activation_fn,
                normalizer_fn,
                normalizer_params,
                variables_collections,
                outputs_collections,
                sc.name,
            )

    transposed.__doc__ = "A transposed convolution; the arguments are those of `convolution`."
    transposed.__name__ = transposed.__qualname__ = default_name.lower()
    count = default_name[4:6]
    names = [
        f"contrib.{place}.{name}{count}_transpose"
        for place in ("layers", "slim")
        for name in ("conv", "convolution")
    ]
    return public(*names)(add_arg_scope(transposed))


conv2d_transpose = _transposed(Conv2DTranspose, "Conv2d_transpose", ("NHWC", "NCHW"))
conv3d_transpose = _transposed(Conv3DTranspose, "Conv3d_transpose", ("NDHWC", "NCDHW"))


def _pooling(
    kind: Any, default_name: str, name_of: str, allowed: tuple[str, ...]
) -> Callable[..., Any]:
    """A function that makes a pooling layer of a kind and calls it."""

    def pooled(
        inputs: Any,
        kernel_size: Any,
        stride: Any = 2,
        padding: str = "VALID",
        data_format: str = allowed[0],
        outputs_collections: Any = None,
        scope: Any = None,
    ) -> Any:
        order = order_of(data_format, allowed)
        with name_scope(scope, default_name, [inputs]) as sc:
            inputs = convert_to_tensor(inputs)
            layer = kind(kernel_size, stride, padding, order, _scope=sc)
            return named(outputs_collections, sc, layer(inputs))

    pooled.__doc__ = f"""Pooling; see `tf.layers.{name_of.replace("pool", "pooling")}`.

    Args:
        inputs: a tensor with dimensions for batch and channels.
        kernel_size: the size of the window, one number or one for each dimension.
        stride: how far apart windows are, likewise.
        padding: "SAME" or "VALID".
        data_format: {" or ".join(allowed)}.
        outputs_collections: collections for the output.
        scope: the name scope.
    """
    pooled.__name__ = pooled.__qualname__ = name_of
    return public(f"contrib.layers.{name_of}", f"contrib.slim.{name_of}")(add_arg_scope(pooled))


avg_pool2d = _pooling(AveragePooling2D, "AvgPool2D", "avg_pool2d", ("NHWC", "NCHW"))
avg_pool3d = _pooling(AveragePooling3D, "AvgPool3D", "avg_pool3d", ("NDHWC", "NCDHW"))
max_pool2d = _pooling(MaxPooling2D, "MaxPool2D", "max_pool2d", ("NHWC", "NCHW"))
max_pool3d = _pooling(MaxPooling3D, "MaxPool3D", "max_pool3d", ("NDHWC", "NCDHW"))


@public("contrib.layers.dropout", "contrib.slim.dropout")
@add_arg_scope
def dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: int | None = None,
) -> Any:
    """Some numbers become zero while training; see `tf.layers.dropout`.

    Args:
        inputs: a tensor of floating-point numbers.
        keep_prob: the part that stays.
        noise_shape: the shape of what is drawn.
        is_training: whether anything is done.
        outputs_collections: collections for the output.
        scope: the scope.
        seed: the op's seed.
    """
    with variable_scope(scope, "Dropout", [inputs], custom_getter=model_getter()) as sc:
        inputs = convert_to_tensor(inputs)
        layer = Dropout(1 - keep_prob, noise_shape, seed, sc.name, _scope=sc)
        return named(outputs_collections, sc.name, layer(inputs, training=is_training))


@public("contrib.layers.flatten", "contrib.slim.flatten")
@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """A matrix with a row for each item of the batch, added to collections."""
    with name_scope(scope, "Flatten", [inputs]) as sc:
        return named(outputs_collections, sc, flattened(convert_to_tensor(inputs)))


def _name_of(layer: Any, otherwise: str) -> str:
    return str(
        getattr(layer, "__name__", getattr(getattr(layer, "func", None), "__name__", otherwise))
    )


@public("contrib.layers.repeat", "contrib.slim.repeat")
def repeat(
    inputs: Any, repetitions: int, layer: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """Apply a layer several times, each time with variables of its own.

    Args:
        inputs: the input of the first.
        repetitions: how often.
        layer: a function of an input and `scope`.
        *args: its further arguments.
        **kwargs: likewise; the `scope` gets a number.
    """
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        outputs = convert_to_tensor(inputs)
        name = scope or _name_of(layer, "repeat")
        for number in range(1, repetitions + 1):
            outputs = layer(outputs, *args, **{**kwargs, "scope": f"{name}_{number}"})
        return outputs


@public("contrib.layers.stack", "contrib.slim.stack")
def stack(inputs: Any, layer: Callable[..., Any], stack_args: Any, **kwargs: Any) -> Any:
    """Apply a layer once for each item of `stack_args`, which are its arguments.

    Args:
        inputs: the input of the first.
        layer: a function of an input, these arguments and `scope`.
        stack_args: a list of arguments, or of lists of them.
        **kwargs: further arguments; the `scope` gets a number.

    Raises:
        ValueError: `stack_args` is no list.
    """
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError("stack_args need to be a list or tuple")
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Stack", [inputs]):
        outputs = convert_to_tensor(inputs)
        name = scope or _name_of(layer, "stack")
        for number, item in enumerate(stack_args, 1):
            own = item if isinstance(item, (list, tuple)) else [item]
            outputs = layer(outputs, *own, **{**kwargs, "scope": f"{name}_{number}"})
        return outputs
