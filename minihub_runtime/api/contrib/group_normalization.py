"""`tf.contrib.layers`: normalisation of the channels of each item, one by one or in groups.

Source: tf_slim/layers/normalization.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import collections_of, named
from minihub_runtime.api.contrib.variables import model_variable
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.initializers import ONES, ZEROS
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.moments import (
    batch_normalization,
    moments,
    normalize_moments,
    sufficient_statistics,
)
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = ["group_norm", "instance_norm"]


def _held(
    name: str,
    default: Any,
    inputs: Any,
    sizes: Any,
    form: list[int] | None,
    initializers: Any,
    collections: Any,
    trainable: bool,
) -> Any:
    """A variable with a number for each channel, in the shape that it is broadcast from."""
    made = model_variable(
        name,
        shape=sizes,
        dtype=inputs.dtype.base_dtype,
        initializer=(initializers or {}).get(name, default),
        collections=collections_of(collections, name),
        trainable=trainable,
    )
    return made if form is None else reshape(made, form)


@public("contrib.layers.instance_norm", "contrib.slim.instance_norm")
@add_arg_scope
def instance_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    data_format: str = "NHWC",
    scope: Any = None,
) -> Any:
    """Each channel of each item with mean 0 and variance 1, then scaled and shifted.

    Args:
        inputs: a tensor of known rank and number of channels.
        center: whether there is a variable `beta` that is added.
        scale: whether there is a variable `gamma` to multiply by.
        epsilon: a small number added to variances.
        activation_fn: a function of the output.
        param_initializers: initialisers for `beta` and `gamma`.
        reuse: whether the variables exist.
        variables_collections: collections for the variables: a list, or lists by name.
        outputs_collections: collections for the output.
        trainable: whether optimisers change the variables.
        data_format: "NHWC" or "NCHW".
        scope: the scope of the variables.

    Raises:
        ValueError: the format is none, or rank or channels are not known.
    """
    inputs = convert_to_tensor(inputs)
    known = inputs.shape
    rank = known.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if data_format not in ("NCHW", "NHWC"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as sc:
        axis = 1 if data_format == "NCHW" else rank - 1
        sizes = known[axis : axis + 1]
        if not sizes.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {sizes}.")
        form = [1, *sizes.as_list(), *[1] * (rank - 2)] if data_format == "NCHW" else None

        def held(name: str, default: Any) -> Any:
            return _held(
                name,
                default,
                inputs,
                sizes,
                form,
                param_initializers,
                variables_collections,
                trainable,
            )

        beta = held("beta", ZEROS) if center else None
        gamma = held("gamma", ONES) if scale else None
        axes = [i for i in range(1, rank) if i != axis]
        mean, variance = moments(inputs, axes, keep_dims=True)
        outputs = batch_normalization(
            inputs, mean, variance, beta, gamma, epsilon, name="instancenorm"
        )
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return named(outputs_collections, sc.name, outputs)


@public("contrib.layers.group_norm", "contrib.slim.group_norm")
@add_arg_scope
def group_norm(
    inputs: Any,
    groups: int = 32,
    channels_axis: int = -1,
    reduction_axes: Sequence[int] = (-3, -2),
    center: bool = True,
    scale: bool = True,
    epsilon: float = 1e-6,
    activation_fn: Any = None,
    param_initializers: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Any:
    """Each group of channels of each item with mean 0 and variance 1, then scaled and shifted.

    Args:
        inputs: a tensor of known rank and number of channels.
        groups: the number of groups, which are of one size.
        channels_axis: the dimension of the channels.
        reduction_axes: the dimensions that are normalised over besides, of known sizes.
        center: whether there is a variable `beta` that is added.
        scale: whether there is a variable `gamma` to multiply by.
        epsilon: a small number added to variances.
        activation_fn: a function of the output.
        param_initializers: initialisers for `beta` and `gamma`.
        reuse: whether the variables exist.
        variables_collections: collections for the variables: a list, or lists by name.
        outputs_collections: collections for the output.
        trainable: whether optimisers change the variables.
        scope: the scope of the variables.
        mean_close_to_zero: compute moments from sums, which is exact where means are near zero.

    Raises:
        ValueError: rank or sizes are not known, or axes or groups do not fit.
    """
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    if rank is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    if channels_axis > rank - 1:
        raise ValueError("Axis is out of bounds.")
    found = shape(inputs)
    known = inputs.shape.as_list()
    sizes = [found[i] if size is None else size for i, size in enumerate(known)]
    channels_axis %= rank
    channels = known[channels_axis]
    if channels is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channel dimension: {channels_axis}.")
    axes = [axis + rank if axis < 0 else axis for axis in reduction_axes]
    for axis in axes:
        if axis >= rank:
            raise ValueError("Axis is out of bounds.")
        if known[axis] is None:
            raise ValueError(f"Inputs {inputs.name} has undefined dimensions {axis}.")
        if axis == channels_axis:
            raise ValueError("reduction_axis must be mutually exclusive with channels_axis")
    if groups > channels:
        raise ValueError(f"Invalid groups {groups} for {channels} channels.")
    if channels % groups:
        raise ValueError(f"{channels} channels is not commensurate with {groups} groups.")
    before, after = sizes[:channels_axis], sizes[channels_axis + 1 :]
    split = [groups, channels // groups]
    form = [1] * len(before) + split + [1] * len(after)
    inputs = reshape(inputs, before + split + after)
    # The channels of a group have a dimension of their own now.
    axes = [channels_axis + 1, *(axis + 1 if axis > channels_axis else axis for axis in axes)]
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as sc:

        def held(name: str, default: Any) -> Any:
            return _held(
                name,
                default,
                inputs,
                [channels],
                form,
                param_initializers,
                variables_collections,
                trainable,
            )

        beta = held("beta", ZEROS) if center else None
        gamma = held("gamma", ONES) if scale else None
        if mean_close_to_zero:
            count, total, squares, _ = sufficient_statistics(inputs, axes, keep_dims=True)
            mean, variance = normalize_moments(count, total, squares, shift=None)
        else:
            mean, variance = moments(inputs, axes, keep_dims=True)
        gain = build("Rsqrt", x=variance + epsilon)
        offset = -mean * gain
        if gamma is not None:
            gain *= gamma
            offset *= gamma
        if beta is not None:
            offset += beta
        outputs = reshape(inputs * gain + offset, sizes)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return named(outputs_collections, sc.name, outputs)
