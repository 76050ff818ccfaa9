"""Dense layers and flattening.

Source: keras/src/legacy_tf_layers/core.py, keras/src/layers/core/dense.py, reshaping/flatten.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layers.settings import (
    activation_of,
    constraint_of,
    data_format_of,
    initializer_of,
)
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.regularizers import find_regularizer
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.tensordot import tensordot
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.public import public

__all__ = ["Dense", "Flatten", "WeightedLayer", "dense", "flatten"]


class WeightedLayer(Layer):
    """A layer with kernels and perhaps a bias.

    Args:
        activation: a function of the output, or its name.
        use_bias: whether there is a bias.
        bias_initializer: its initialiser.
        bias_regularizer: a function of it that is added to the losses.
        bias_constraint: a function of it that optimisers apply.
        **kwargs: arguments of `Layer`.
    """

    def __init__(
        self,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.activation = activation_of(activation)
        self.use_bias = use_bias
        self.bias_initializer = initializer_of(bias_initializer)
        self.bias_regularizer = find_regularizer(bias_regularizer)
        self.bias_constraint = constraint_of(bias_constraint)
        self.bias: Any = None

    def add_kernel(self, kind: str, shape: Any) -> Any:
        """A new kernel, whose initialiser, regularizer and constraint are the attributes that begin with its kind."""
        return self.add_weight(
            name=kind if kind == "kernel" else f"{kind}_kernel",
            shape=shape,
            initializer=getattr(self, f"{kind}_initializer"),
            regularizer=getattr(self, f"{kind}_regularizer"),
            constraint=getattr(self, f"{kind}_constraint"),
            trainable=True,
            dtype=self.dtype,
        )

    def add_bias(self, size: int) -> None:
        """Make the bias, if there is one."""
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(size,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                trainable=True,
                dtype=self.dtype,
            )

    def activated(self, outputs: Any) -> Any:
        """What the activation makes of the output."""
        return outputs if self.activation is None else self.activation(outputs)


def bias_add(value: Any, bias: Any, data_format: str = "NHWC") -> Tensor:
    """`value` plus a vector along its channels."""
    order = "NCHW" if data_format.startswith("NC") else "NHWC"
    result: Tensor = build("BiasAdd", value=value, bias=bias, data_format=order)
    return result


@public("layers.Dense")
class Dense(WeightedLayer):
    """`activation(inputs · kernel + bias)`, along the last dimension; see `dense`."""

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            activity_regularizer=activity_regularizer,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.units = int(units)
        if self.units < 0:
            raise ValueError(
                "Received an invalid value for `units`, expected a positive integer. Received: "
                f"units={units}"
            )
        self.kernel_initializer = initializer_of(kernel_initializer)
        self.kernel_regularizer = find_regularizer(kernel_regularizer)
        self.kernel_constraint = constraint_of(kernel_constraint)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias.

        Raises:
            TypeError: the type is not a floating-point one.
            ValueError: the last dimension is not known.
        """
        dtype = as_dtype(self.dtype or "float32")
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(
                "A Dense layer can only be built with a floating-point dtype. Received: "
                f"dtype={dtype}"
            )
        last = TensorShape(input_shape).as_list()[-1]
        if last is None:
            raise ValueError(
                "The last dimension of the inputs to a Dense layer should be defined. Found None. Full "
                f"input shape received: {TensorShape(input_shape)}"
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: last})
        self.kernel = self.add_kernel("kernel", [last, self.units])
        self.add_bias(self.units)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The output."""
        wanted = as_dtype(self.dtype or "float32")
        if inputs.dtype.base_dtype is not wanted.base_dtype:
            inputs = build("Cast", x=inputs, DstT=wanted)
        rank = inputs.shape.ndims
        if rank in (2, None):
            outputs = matmul(inputs, self.kernel)
        else:
            outputs = tensordot(inputs, self.kernel, [[rank - 1], [0]])
            outputs.set_shape([*inputs.shape.as_list()[:-1], self.kernel.shape.as_list()[-1]])
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return self.activated(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the input with `units` in the place of the last dimension.

        Raises:
            ValueError: that is not known.
        """
        known = TensorShape(input_shape).with_rank_at_least(2)
        if known.as_list()[-1] is None:
            raise ValueError(
                "The last dimension of the input shape of a Dense layer should be defined. Found None. "
                f"Received: input_shape={known}"
            )
        return TensorShape([*known.as_list()[:-1], self.units])


@public("layers.dense")
def dense(
    inputs: Any,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Any:
    """`activation(inputs · kernel + bias)`, along the last dimension.

    Args:
        inputs: a tensor of two or more dimensions, the last of which is known.
        units: the size of the last dimension of the output.
        activation: a function of the output, or its name.
        use_bias: whether there is a bias.
        kernel_initializer: initialiser of the kernel; by default that of the variable scope.
        bias_initializer: initialiser of the bias.
        kernel_regularizer: a function of the kernel that is added to the losses.
        bias_regularizer: likewise of the bias.
        activity_regularizer: likewise of the output.
        kernel_constraint: a function of the kernel that optimisers apply.
        bias_constraint: likewise of the bias.
        trainable: whether optimisers change the variables.
        name: the scope of the variables.
        reuse: whether the variables of that name exist.
    """
    layer = Dense(
        units,
        activation,
        use_bias,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        trainable,
        name,
        _scope=name,
        _reuse=reuse,
    )
    return layer(inputs)


@public("layers.Flatten")
class Flatten(Layer):
    """A matrix with a row for each item of the batch.

    Args:
        data_format: "channels_first" for inputs whose second dimension is moved to the end before.
        **kwargs: arguments of `Layer`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format or "channels_last")
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """The output."""
        rank = inputs.shape.ndims
        if self.data_format == "channels_first" and rank and rank > 1:
            order = [0, *range(2, rank), 1]
            inputs = build("Transpose", name="transpose", x=inputs, perm=order)
        if rank == 1:
            return expand_dims(inputs, axis=1)
        batch, *rest = inputs.shape.as_list() if rank is not None else (None, None)
        if all(size is not None for size in rest):
            return reshape(inputs, constant([-1, math.prod(rest)]))
        if batch is not None:
            return reshape(inputs, constant([batch, -1]))
        return reshape(inputs, [shape(inputs)[0], -1])

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the matrix."""
        known = TensorShape(input_shape).as_list()
        if not known:
            return TensorShape([1, 1])
        rest = known[1:]
        return TensorShape([known[0], None if None in rest else math.prod(rest)])


@public("layers.flatten")
def flatten(inputs: Any, name: Any = None, data_format: str = "channels_last") -> Any:
    """A matrix with a row for each item of the batch.

    Args:
        inputs: a tensor of one or more dimensions.
        name: the scope.
        data_format: "channels_first" to move the second dimension to the end before.
    """
    return Flatten(data_format, name=name)(inputs)
