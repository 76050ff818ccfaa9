"""`tf.contrib.layers`: normalisation over the batch.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from minihub_runtime.api.cond import smart_cond, smart_constant_value
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import collections_of, named
from minihub_runtime.api.contrib.variables import (
    add_to_named_collections,
    model_getter,
    model_variable,
)
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Tensor, get_default_graph
from minihub_runtime.api.identity import identity
from minihub_runtime.api.initializers import ONES, ZEROS
from minihub_runtime.api.layers.normalization import BatchNormalization
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.moving_average import assign_moving_average
from minihub_runtime.api.nn.moments import (
    batch_normalization,
    fused_batch_norm,
    moments,
    weighted_moments,
)
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.dtypes import DType, float32
from minihub_runtime.public import public

__all__ = ["batch_norm"]

FORMATS = ("NHWC", "NCHW")
#: Initialisers by the names of variables.
STARTS = {"beta": ZEROS, "gamma": ONES, "moving_mean": ZEROS, "moving_variance": ONES}


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
        batch_weights: how much each item counts for the moments, `[batch]`.
        fused: False computes by several ops what one can.
        data_format: "NHWC" or "NCHW".
        zero_debias_moving_mean: let the moving mean be that of what it saw, without the zeros it began with.
        scope: the scope of the variables.
        renorm: batch renormalisation.
        renorm_clipping: its limits.
        renorm_decay: how much of its own moments stays.
        adjustment: see `tf.layers.batch_normalization`.

    Raises:
        ValueError: the format, the rank or the number of channels is not what it must be, or `renorm` is asked for with
            weights, other collections or `zero_debias_moving_mean`.
    """
    if data_format not in FORMATS:
        raise ValueError("data_format has to be either NCHW or NHWC.")
    inputs = convert_to_tensor(inputs)
    rank = inputs.shape.ndims
    beyond_layer = updates_collections != GraphKeys.UPDATE_OPS or zero_debias_moving_mean
    one_op = (
        fused is not False
        and batch_weights is None
        and not renorm
        and adjustment is None
        and (rank == 2 or (rank == 4 and beyond_layer))
    )
    if one_op or beyond_layer or batch_weights is not None:
        parts = _Parts(
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
            zero_debias_moving_mean,
        )
        # The legacy layer has the variables of models from a custom getter, as the one below has.
        getter = None if one_op else model_getter()
        with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse, custom_getter=getter) as sc:
            if one_op:
                outputs = parts.by_one_op(inputs)
            elif renorm:
                raise ValueError(
                    "renorm is not supported with batch_weights, updates_collections or "
                    "zero_debias_moving_mean"
                )
            else:
                outputs = parts.by_moments(inputs, batch_weights)
            if activation_fn is not None:
                outputs = activation_fn(outputs)
            return named(outputs_collections, sc.name, outputs)
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
            beta_initializer=initializers.get("beta", STARTS["beta"]),
            gamma_initializer=initializers.get("gamma", STARTS["gamma"]),
            moving_mean_initializer=initializers.get("moving_mean", STARTS["moving_mean"]),
            moving_variance_initializer=initializers.get(
                "moving_variance", STARTS["moving_variance"]
            ),
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


@dataclasses.dataclass(frozen=True)
class _Parts:
    """What `tf.layers` has no layer for: updates in other collections or before the output, weights of items, matrices in one op.

    Attributes:
        decay, center, scale, epsilon: see `batch_norm`, like all.
    """

    decay: Any
    center: bool
    scale: bool
    epsilon: float
    initializers: Any
    regularizers: Any
    updates_collections: Any
    is_training: Any
    variables_collections: Any
    trainable: bool
    data_format: str
    zero_debias_moving_mean: bool

    def by_one_op(self, inputs: Tensor) -> Tensor:
        """The output of one op for matrices, which are images of one pixel, and images."""
        original = inputs
        rank = inputs.shape.ndims
        if rank == 2:
            channels = inputs.shape.as_list()[-1]
            if channels is None:
                raise ValueError("`C` dimension must be known but is None")
            form = [-1, 1, 1, channels] if self.data_format == "NHWC" else [-1, channels, 1, 1]
            inputs = reshape(inputs, form)
        known = inputs.shape
        params = self._params(known)
        if not params.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined `C` dimension {params}.")
        beta = (
            self._held("beta", params, float32) if self.center else constant(0.0, float32, params)
        )
        gamma = (
            self._held("gamma", params, float32) if self.scale else constant(1.0, float32, params)
        )
        moving = self._moving(params, float32)
        args: dict[str, Any] = {"epsilon": self.epsilon, "data_format": self.data_format}
        outputs, mean, variance = smart_cond(
            self.is_training,
            lambda: fused_batch_norm(inputs, gamma, beta, **args),
            lambda: fused_batch_norm(
                inputs, gamma, beta, mean=moving[0], variance=moving[1], is_training=False, **args
            ),
        )
        if self._may_train():

            def waiting() -> Any:
                with get_default_graph().control_dependencies(
                    self._averaged(moving, (mean, variance))
                ):
                    return identity(outputs)

            if self.updates_collections is None:
                outputs = smart_cond(self.is_training, waiting, lambda: outputs)
            else:
                self._collect(moving, (mean, variance))
        outputs.set_shape(known)
        return outputs if rank != 2 else _as_matrix(outputs, original)

    def by_moments(self, inputs: Tensor, batch_weights: Any) -> Tensor:
        """The output of operations on moments, for inputs of any rank whose items may have weights."""
        known = inputs.shape
        rank = known.ndims
        if rank is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        if batch_weights is not None:
            batch_weights = convert_to_tensor(batch_weights)
            known[0:1].assert_is_compatible_with(batch_weights.shape)
            batch_weights = reshape(batch_weights, [-1] + [1] * (rank - 1))
        first = self.data_format == "NCHW"
        params = self._params(known)
        if not params.is_fully_defined():
            raise ValueError(f"Inputs {inputs.name} has undefined channels dimension {params}.")
        # What stands in the middle of the dimensions is brought there.
        broad = [1, params.as_list()[0], *[1] * (rank - 2)] if first else None
        dtype = inputs.dtype.base_dtype
        beta = self._held("beta", params, dtype, regularized=False) if self.center else None
        gamma = self._held("gamma", params, dtype, regularized=False) if self.scale else None
        moving = self._moving(params, dtype)
        mean, variance = moving
        if self._may_train():
            mean, variance = self._used(moving, self._of_batch(inputs, batch_weights))
        if broad is not None:
            mean, variance = reshape(mean, broad), reshape(variance, broad)
            beta = beta if beta is None else reshape(beta, broad)
            gamma = gamma if gamma is None else reshape(gamma, broad)
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, self.epsilon)
        outputs.set_shape(known)
        return outputs

    def _of_batch(self, inputs: Tensor, batch_weights: Any) -> tuple[Any, Any]:
        """The moments of the batch itself."""
        rank = len(inputs.shape)
        first = self.data_format == "NCHW"
        axes = [0, *range(2, rank)] if first else list(range(rank - 1))
        if batch_weights is None:
            mean, variance = moments(inputs, axes, keep_dims=True if first else None)
        else:
            mean, variance = weighted_moments(
                inputs, axes, batch_weights, keepdims=True if first else None
            )
        return (reshape(mean, [-1]), reshape(variance, [-1])) if first else (mean, variance)

    def _used(self, moving: Any, new: Any) -> Any:
        """The moments of the batch while training, when the moving ones are updated, and those otherwise."""
        if self.updates_collections is not None:
            self._collect(moving, new)
            return smart_cond(self.is_training, lambda: new, lambda: moving)

        def waiting() -> Any:
            with get_default_graph().control_dependencies(self._averaged(moving, new)):
                return tuple(identity(value) for value in new)

        return smart_cond(self.is_training, waiting, lambda: moving)

    def _params(self, known: TensorShape) -> TensorShape:
        """The shape of what there is one of for each channel."""
        part: TensorShape = known[1:2] if self.data_format == "NCHW" else known[-1:]
        return part

    def _held(
        self, name: str, params: Any, dtype: DType, trained: bool = True, regularized: bool = True
    ) -> Any:
        return model_variable(
            name,
            shape=params,
            dtype=dtype,
            initializer=self.initializers.get(name, STARTS[name]),
            regularizer=self.regularizers.get(name) if trained and regularized else None,
            collections=collections_of(self.variables_collections, name),
            trainable=self.trainable if trained else False,
        )

    def _moving(self, params: Any, dtype: DType) -> tuple[Any, Any]:
        """The moving mean and variance, which are never cut."""
        with variable_scope(get_variable_scope()) as scope:
            scope.set_partitioner(None)
            return (
                self._held("moving_mean", params, dtype, trained=False),
                self._held("moving_variance", params, dtype, trained=False),
            )

    def _may_train(self) -> bool:
        chosen = self.is_training
        return isinstance(chosen, Variable) or smart_constant_value(chosen) is not False

    def _averaged(self, moving: Any, new: Any) -> tuple[Any, Any]:
        """Updates of the moving moments."""
        (moving_mean, moving_variance), (mean, variance) = moving, new
        debias = self.zero_debias_moving_mean
        return (
            assign_moving_average(moving_mean, mean, self.decay, zero_debias=debias),
            assign_moving_average(moving_variance, variance, self.decay, zero_debias=False),
        )

    def _collect(self, moving: Any, new: Any) -> None:
        """Leave updates of the moving moments to who runs the collections."""
        updates = smart_cond(self.is_training, lambda: self._averaged(moving, new), lambda: moving)
        for update in updates:
            get_default_graph().add_to_collections(self.updates_collections, update)


def _as_matrix(outputs: Tensor, original: Tensor) -> Tensor:
    """Images of one pixel as the matrix they were."""
    sizes = [-1 if size is None else size for size in original.shape.as_list()]
    return reshape(outputs, shape(original) if sizes.count(-1) > 1 else sizes)
