"""`tf.contrib.layers`: normalisation over the batch, and over each item.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.cond import smart_cond, smart_constant_value
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import collections_of, named
from minihub_runtime.api.contrib.variables import (
    add_to_named_collections,
    model_getter,
    model_variable,
)
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, get_default_graph, name_scope
from minihub_runtime.api.initializers import ONES, ZEROS
from minihub_runtime.api.layers.normalization import BatchNormalization
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.moments import batch_normalization, fused_batch_norm, moments
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.updates import assign_sub
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["batch_norm", "layer_norm"]

FORMATS = ("NHWC", "NCHW")


@public("contrib.layers.batch_norm", "contrib.slim.batch_norm")
@add_arg_scope
def batch_norm(
    inputs: Any,
    decay: Any = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: float = 0.001,
    activation_fn: Any = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: bool | None = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_decay: Any = 0.99,
    adjustment: Any = None,
) -> Any:
    """Inputs with mean 0 and variance 1, then shifted and perhaps scaled.

    Args:
        inputs: a tensor of known rank.
        decay: how much of the moving moments stays.
        center: whether there is a variable `beta` that is added.
        scale: whether there is a variable `gamma` to multiply by.
        epsilon: a small number added to variances.
        activation_fn: a function of the output.
        param_initializers: initialisers for `beta`, `gamma`, `moving_mean` and `moving_variance`.
        param_regularizers: regularizers for `beta` and `gamma`.
        updates_collections: collections for the updates; None makes the output wait for them.
        is_training: whether the batch's own moments count, a bool or a bool tensor.
        reuse: whether the variables exist.
        variables_collections: collections for the variables: a list, or lists by name.
        outputs_collections: collections for the output.
        trainable: whether optimisers change the variables.
        batch_weights: not supported.
        fused: False computes by several ops what one can.
        data_format: "NHWC" or "NCHW".
        zero_debias_moving_mean: not supported.
        scope: the scope of the variables.
        renorm: batch renormalisation.
        renorm_clipping: its limits.
        renorm_decay: how much of its own moments stays.
        adjustment: see `tf.layers.batch_normalization`.

    Raises:
        NotImplementedError: what is asked for is not supported.
        ValueError: the format, the rank or the number of channels is not what it must be.
    """
    if batch_weights is not None:
        raise NotImplementedError("contrib.layers.batch_norm: batch_weights")
    if zero_debias_moving_mean:
        raise NotImplementedError("contrib.layers.batch_norm: zero_debias_moving_mean")
    if data_format not in FORMATS:
        raise ValueError("data_format has to be either NCHW or NHWC.")
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    own_updates = updates_collections != GraphKeys.UPDATE_OPS
    if (
        fused is not False
        and not renorm
        and adjustment is None
        and (rank == 2 or (rank == 4 and own_updates))
    ):
        with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as sc:
            outputs = _fused(
                inputs,
                decay,
                center,
                scale,
                epsilon,
                param_initializers or {},
                param_regularizers or {},
                updates_collections,
                is_training,
                variables_collections,
                trainable,
                data_format,
            )
            if activation_fn is not None:
                outputs = activation_fn(outputs)
            return named(outputs_collections, sc.name, outputs)
    if own_updates:
        raise NotImplementedError(
            "contrib.layers.batch_norm: updates_collections for inputs that are not normalised by one "
            "op"
        )
    initializers, regularizers = param_initializers or {}, param_regularizers or {}
    with variable_scope(
        scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=model_getter()
    ) as sc:
        layer = BatchNormalization(
            axis=1 if data_format == "NCHW" else -1,
            momentum=decay,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=initializers.get("beta", ZEROS),
            gamma_initializer=initializers.get("gamma", ONES),
            moving_mean_initializer=initializers.get("moving_mean", ZEROS),
            moving_variance_initializer=initializers.get("moving_variance", ONES),
            beta_regularizer=regularizers.get("beta"),
            gamma_regularizer=regularizers.get("gamma"),
            trainable=trainable,
            renorm=renorm,
            renorm_clipping=renorm_clipping,
            renorm_momentum=renorm_decay,
            adjustment=adjustment,
            name=sc.name,
            fused=True if fused is None else fused,
            _scope=sc,
            _reuse=reuse,
        )
        outputs = layer(inputs, training=is_training)
        for name in ("moving_mean", "moving_variance", "beta", "gamma"):
            held = getattr(layer, name)
            if held is not None:
                add_to_named_collections(held, variables_collections or (), name)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return named(outputs_collections, sc.name, outputs)


def _fused(
    inputs: Any,
    decay: Any,
    center: bool,
    scale: bool,
    epsilon: float,
    initializers: Any,
    regularizers: Any,
    updates_collections: Any,
    is_training: Any,
    variables_collections: Any,
    trainable: bool,
    data_format: str,
) -> Any:
    """The output, computed by one op; matrices are images of one pixel."""
    original = inputs
    rank = inputs.shape.ndims
    if rank == 2:
        channels = inputs.shape.as_list()[-1]
        if channels is None:
            raise ValueError("`C` dimension must be known but is None")
        form = [-1, 1, 1, channels] if data_format == "NHWC" else [-1, channels, 1, 1]
        inputs = reshape(inputs, form)
    known = inputs.shape
    params = known[-1:] if data_format == "NHWC" else known[1:2]
    if not params.is_fully_defined():
        raise ValueError(f"Inputs {inputs.name} has undefined `C` dimension {params}.")

    def held(name: str, default: Any, trained: bool) -> Any:
        return model_variable(
            name,
            shape=params,
            dtype=float32,
            initializer=initializers.get(name, default),
            regularizer=regularizers.get(name) if trained else None,
            collections=collections_of(variables_collections, name),
            trainable=trainable if trained else False,
        )

    beta = held("beta", ZEROS, True) if center else constant(0.0, float32, params)
    gamma = held("gamma", ONES, True) if scale else constant(1.0, float32, params)
    # Moving moments are never cut.
    with variable_scope(get_variable_scope()) as local_scope:
        local_scope.set_partitioner(None)
        moving_mean = held("moving_mean", ZEROS, False)
        moving_variance = held("moving_variance", ONES, False)
    outputs, mean, variance = smart_cond(
        is_training,
        lambda: fused_batch_norm(inputs, gamma, beta, epsilon=epsilon, data_format=data_format),
        lambda: fused_batch_norm(
            inputs,
            gamma,
            beta,
            mean=moving_mean,
            variance=moving_variance,
            epsilon=epsilon,
            is_training=False,
            data_format=data_format,
        ),
    )
    value = None if isinstance(is_training, Variable) else smart_constant_value(is_training)
    if value is not False:
        outputs = _updated(
            outputs,
            (moving_mean, moving_variance),
            (mean, variance),
            decay,
            is_training,
            updates_collections,
        )
    outputs.set_shape(known)
    return outputs if rank != 2 else _as_matrix(outputs, original)


def _updated(
    outputs: Any, moving: Any, new: Any, decay: Any, is_training: Any, collections: Any
) -> Any:
    """The output, with the updates of the moving moments in collections, or waiting for them."""
    graph = get_default_graph()

    def update() -> Any:
        return tuple(
            _averaged(variable, value, decay) for variable, value in zip(moving, new, strict=True)
        )

    if collections is None:

        def waiting() -> Any:
            with graph.control_dependencies(update()):
                return build("Identity", input=outputs)

        return smart_cond(is_training, waiting, lambda: outputs)
    for made in smart_cond(is_training, update, lambda: moving):
        graph.add_to_collections(collections, made)
    return outputs


def _averaged(variable: Any, value: Any, decay: Any) -> Any:
    """Move a variable towards a value."""
    with name_scope(None, "AssignMovingAvg", [variable, value, decay]) as scope:
        rest = convert_to_tensor(1.0 - decay, name="decay")
        if rest.dtype.base_dtype is not variable.dtype.base_dtype:
            rest = build("Cast", x=rest, DstT=variable.dtype.base_dtype)
        with get_default_graph().colocate_with(variable):
            return assign_sub(variable, (variable - value) * rest, name=scope)


def _as_matrix(outputs: Any, original: Any) -> Any:
    """Images of one pixel as the matrix they were."""
    sizes = [-1 if size is None else size for size in original.shape.as_list()]
    return reshape(outputs, shape(original) if sizes.count(-1) > 1 else sizes)


@public("contrib.layers.layer_norm", "contrib.slim.layer_norm")
@add_arg_scope
def layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:
    """Each item with mean 0 and variance 1, then scaled and shifted.

    Args:
        inputs: a tensor of known rank.
        center: whether there is a variable `beta` that is added.
        scale: whether there is a variable `gamma` to multiply by.
        activation_fn: a function of the output.
        reuse: whether the variables exist.
        variables_collections: collections for the variables: a list, or lists by name.
        outputs_collections: collections for the output.
        trainable: whether optimisers change the variables.
        begin_norm_axis: the first dimension that is normalised over.
        begin_params_axis: the first dimension that `beta` and `gamma` have.
        scope: the scope of the variables.

    Raises:
        ValueError: the rank is not known, or the axes do not fit.
    """
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        known = inputs.shape
        rank = known.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        if begin_norm_axis < 0:
            begin_norm_axis = rank + begin_norm_axis
        if begin_params_axis >= rank or begin_norm_axis >= rank:
            raise ValueError(
                f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin_norm_axis}) "
                f"must be < rank(inputs) ({rank})"
            )
        params = known[begin_params_axis:]
        if not params.is_fully_defined():
            raise ValueError(
                f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: "
                f"{known}"
            )

        def held(name: str, initializer: Any) -> Any:
            return model_variable(
                name,
                shape=params,
                dtype=inputs.dtype.base_dtype,
                initializer=initializer,
                collections=collections_of(variables_collections, name),
                trainable=trainable,
            )

        beta = held("beta", ZEROS) if center else None
        gamma = held("gamma", ONES) if scale else None
        axes = list(range(begin_norm_axis, rank))
        mean, variance = moments(inputs, axes, keep_dims=True)
        small = 1e-3 if inputs.dtype.base_dtype.name == "float16" else 1e-12
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, small)
        outputs.set_shape(known)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return named(outputs_collections, sc.name, outputs)
