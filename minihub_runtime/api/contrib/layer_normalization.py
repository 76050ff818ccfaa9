"""`tf.contrib.layers`: normalisation over each item.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import collections_of, named
from minihub_runtime.api.contrib.variables import model_variable
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.initializers import ONES, ZEROS
from minihub_runtime.api.nn.moments import batch_normalization, moments
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.public import public

__all__ = ["layer_norm"]


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
