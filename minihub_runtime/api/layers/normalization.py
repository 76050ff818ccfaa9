"""Batch normalisation.

Source: keras/src/legacy_tf_layers/normalization.py, keras/src/layers/normalization/batch_normalization.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.initializers import ONES, ZEROS
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layers.by_training import by_training, known_training
from minihub_runtime.api.layers.settings import constraint_of, initializer_of
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.nn.moments import (
    batch_normalization as normalized,
)
from minihub_runtime.api.nn.moments import fused_batch_norm, moments, weighted_moments
from minihub_runtime.api.regularizers import find_regularizer
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.options import VariableAggregation, VariableSynchronization
from minihub_runtime.api.variables.updates import assign, assign_sub
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.public import public

__all__ = ["BatchNormalization", "batch_normalization"]

#: The formats that the fused op takes: (dimension of the channels, rank) → format.
FUSED_FORMATS = {(1, 4): "NCHW", (1, 5): "NCDHW", (3, 4): "NHWC", (4, 5): "NDHWC"}


def _cast(x: Any, dtype: DType) -> Any:
    return x if x.dtype.base_dtype is dtype.base_dtype else build("Cast", x=x, DstT=dtype)


def _of_type(part: Any, dtype: DType) -> Any:
    """A tensor or a variable as a type, None as None."""
    if part is None or part.dtype.base_dtype is dtype.base_dtype:
        return part
    return _cast(convert_to_tensor(part), dtype)


@public("layers.BatchNormalization")
class BatchNormalization(Layer):
    """Inputs with mean 0 and variance 1, then scaled and shifted; see `batch_normalization`."""

    def __init__(
        self,
        axis: Any = -1,
        momentum: Any = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = ZEROS,
        gamma_initializer: Any = ONES,
        moving_mean_initializer: Any = ZEROS,
        moving_variance_initializer: Any = ONES,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: Any = 0.99,
        fused: bool | None = None,
        trainable: bool = True,
        virtual_batch_size: int | None = None,
        adjustment: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable=trainable, name=name, **kwargs)
        if virtual_batch_size is not None:
            raise NotImplementedError("tf.layers.batch_normalization: virtual_batch_size")
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(
                "Expected an int or a list/tuple of ints for the argument 'axis', but received: "
                f"{axis!r}"
            )
        self.axis: Any = axis
        self.momentum = momentum
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializer_of(beta_initializer)
        self.gamma_initializer = initializer_of(gamma_initializer)
        self.moving_mean_initializer = initializer_of(moving_mean_initializer)
        self.moving_variance_initializer = initializer_of(moving_variance_initializer)
        self.beta_regularizer = find_regularizer(beta_regularizer)
        self.gamma_regularizer = find_regularizer(gamma_regularizer)
        self.beta_constraint = constraint_of(beta_constraint)
        self.gamma_constraint = constraint_of(gamma_constraint)
        self.renorm = renorm
        self.adjustment = adjustment
        self.fused: bool = True if fused is None else fused
        self.renorm_momentum = renorm_momentum
        self.renorm_clipping = dict(renorm_clipping or {})
        wrong = set(self.renorm_clipping) - {"rmax", "rmin", "dmax"}
        if renorm and wrong:
            raise ValueError(
                "Received invalid keys for `renorm_clipping` argument: "
                f"{renorm_clipping}. Supported values: ['rmax', 'rmin', 'dmax']."
            )

    @property
    def _param_dtype(self) -> DType:
        """The type of the variables: small floats are normalised as float32."""
        small = self.dtype in ("float16", "bfloat16")
        return as_dtype("float32" if small else self.dtype or "float32")

    # Variables

    def build(self, input_shape: Any) -> None:
        """Make the variables.

        Raises:
            ValueError: the axes do not fit, or their sizes are not known.
        """
        known = TensorShape(input_shape)
        rank = known.ndims
        if not rank:
            raise ValueError(f"Input has undefined rank. Received: input_shape={known}")
        self.axis = _checked_axes(self.axis, rank)
        self._choose_op(rank)
        sizes = {axis: known.as_list()[axis] for axis in self.axis}
        if None in sizes.values():
            raise ValueError(
                f"Input has undefined `axis` dimension. Received input with shape {known} and "
                f"axis={tuple(self.axis)}"
            )
        self.input_spec = InputSpec(ndim=rank, axes=sizes)
        self._param_shape: Any = (
            tuple(sizes.values())
            if len(sizes) == 1
            else [sizes.get(axis, 1) for axis in range(rank)]
        )
        self.gamma = self._trained("gamma") if self.scale else None
        self.beta = self._trained("beta") if self.center else None
        # Moving moments are never cut.
        partitioner = self._scope.partitioner if self._scope else None
        try:
            if self._scope is not None:
                self._scope.set_partitioner(None)
            self._add_moving_moments()
        finally:
            if partitioner and self._scope is not None:
                self._scope.set_partitioner(partitioner)
        self.built = True

    def _choose_op(self, rank: int) -> None:
        """Decide whether the one op for all of it can be used, and for which format."""
        fits = (
            not self.renorm
            and self.adjustment is None
            and self.axis in ([1], [3], [4])
            and self.dtype in ("float16", "bfloat16", "float32", None)
        )
        self.fused = bool(self.fused) and rank in (4, 5) and fits
        if not self.fused:
            return
        self._format = FUSED_FORMATS.get((self.axis[0], rank), "")
        if not self._format:
            if rank == 4:
                raise ValueError(
                    "Unsupported axis. The use of `fused=True` is only possible with `axis=1` or "
                    f"`axis=3` for 4D input tensors. Received: axis={tuple(self.axis)}"
                )
            self.fused = False

    def _trained(self, kind: str) -> Any:
        return self.add_weight(
            name=kind,
            shape=self._param_shape,
            dtype=self._param_dtype,
            initializer=getattr(self, f"{kind}_initializer"),
            regularizer=getattr(self, f"{kind}_regularizer"),
            constraint=getattr(self, f"{kind}_constraint"),
            trainable=True,
        )

    def _moving(self, name: str, initializer: Any) -> Any:
        return self.add_weight(
            name=name,
            shape=self._param_shape,
            dtype=self._param_dtype,
            initializer=initializer,
            synchronization=VariableSynchronization.ON_READ,
            trainable=False,
            aggregation=VariableAggregation.MEAN,
        )

    def _add_moving_moments(self) -> None:
        self.moving_mean = self._moving("moving_mean", self.moving_mean_initializer)
        self.moving_variance = self._moving("moving_variance", self.moving_variance_initializer)
        if not self.renorm:
            return

        def deviation(*arguments: Any, **keywords: Any) -> Any:
            return build("Sqrt", x=self.moving_variance_initializer(*arguments, **keywords))

        self.moving_stddev = self._moving("moving_stddev", deviation)
        self.renorm_mean = self._moving("renorm_mean", self.moving_mean_initializer)
        self.renorm_stddev = self._moving("renorm_stddev", deviation)

    # Computing

    def call(self, inputs: Any, training: Any = False, mask: Any = None) -> Any:
        """The output.

        Args:
            inputs: what is normalised.
            training: whether the batch's own moments count, a bool or a bool tensor.
            mask: which items of the batch count for its moments.
        """
        if self.fused:
            return self._fused(inputs, training)
        dtype = inputs.dtype.base_dtype
        if dtype.name in ("float16", "bfloat16"):
            inputs = _cast(inputs, as_dtype("float32"))
        known = inputs.shape
        rank = len(known)
        reduced = [axis for axis in range(rank) if axis not in self.axis]
        along = [1] * rank
        along[self.axis[0]] = known.as_list()[self.axis[0]]

        def broadcast(vector: Any) -> Any:
            if vector is None or len(vector.shape) == rank or reduced == list(range(rank - 1)):
                return vector
            return reshape(vector, along)

        scale, offset = broadcast(self.gamma), broadcast(self.beta)
        if known_training(training) is False:
            mean: Any = self.moving_mean
            variance: Any = self.moving_variance
        else:
            if self.adjustment:
                scale, offset = self._adjusted(inputs, training, scale, offset)
            mean, variance = self._moments(inputs, training, reduced, mask)
            new_mean, new_variance = mean, variance
            if self.renorm:
                r, d, new_mean, new_variance = self._renormalized(mean, variance, training)
                r = broadcast(build("StopGradient", name="renorm_r", input=r))
                d = broadcast(build("StopGradient", name="renorm_d", input=d))
                scale, offset = _composed(r, d, scale, offset)
            self._add_updates(training, new_mean, new_variance)
        parts = [_of_type(part, inputs.dtype) for part in (mean, variance, offset, scale)]
        outputs = normalized(
            inputs, broadcast(parts[0]), broadcast(parts[1]), parts[2], parts[3], self.epsilon
        )
        outputs = _cast(outputs, dtype)
        outputs.set_shape(known)
        return outputs

    def _moments(
        self, inputs: Any, training: Any, reduced: list[int], mask: Any
    ) -> tuple[Any, Any]:
        """Mean and variance that count."""
        keep = len(self.axis) > 1
        x = _cast(inputs, self._param_dtype)
        if mask is None:
            batch_mean, batch_variance = moments(x, reduced, keepdims=keep)
        else:
            weights = build("Cast", name="mask_weights", x=mask, DstT=self._param_dtype)
            weights = expand_dims(weights, axis=-1, name="mask_weights_broadcasted")
            batch_mean, batch_variance = weighted_moments(x, reduced, weights, keepdims=keep)
        mean = by_training(
            training, lambda: batch_mean, lambda: convert_to_tensor(self.moving_mean)
        )
        variance = by_training(
            training, lambda: batch_variance, lambda: convert_to_tensor(self.moving_variance)
        )
        return mean, variance

    def _add_updates(self, training: Any, new_mean: Any, new_variance: Any) -> None:
        """Add the updates of the moving moments."""

        def update_mean() -> Any:
            return by_training(
                training,
                lambda: self._averaged(self.moving_mean, new_mean, self.momentum),
                lambda: self.moving_mean,
            )

        def new_moving_variance() -> Any:
            if not self.renorm:
                return self._averaged(self.moving_variance, new_variance, self.momentum)
            root = build("Sqrt", x=new_variance + self.epsilon)
            deviation = self._averaged(self.moving_stddev, root, self.momentum)
            square = build("Relu", features=deviation * deviation - self.epsilon)
            return _assigned(self.moving_variance, square)

        def update_variance() -> Any:
            return by_training(training, new_moving_variance, lambda: self.moving_variance)

        self.add_update(update_mean)
        self.add_update(update_variance)

    def _adjusted(self, inputs: Any, training: Any, scale: Any, offset: Any) -> tuple[Any, Any]:
        """Scale and offset after those that the program's own function gives."""
        own_scale, own_bias = self.adjustment(shape(inputs))
        first = by_training(training, lambda: own_scale, lambda: ones_like(own_scale))
        second = by_training(training, lambda: own_bias, lambda: zeros_like(own_bias))
        return _composed(first, second, scale, offset)

    def _renormalized(self, mean: Any, variance: Any, training: Any) -> tuple[Any, Any, Any, Any]:
        """The correction r and d, and mean and variance after the moments they rest on are updated."""
        graph = get_default_graph()
        deviation = build("Sqrt", x=variance + self.epsilon)
        root = build("Sqrt", x=self.epsilon)
        reference = build("Maximum", x=self.renorm_stddev, y=root)
        r = deviation / reference
        d = (mean - self.renorm_mean) / reference
        with graph.control_dependencies([r, d]):
            mean = build("Identity", input=mean)
            deviation = build("Identity", input=deviation)
        rmin, rmax, dmax = (self.renorm_clipping.get(key) for key in ("rmin", "rmax", "dmax"))
        if rmin is not None:
            r = build("Maximum", x=r, y=rmin)
        if rmax is not None:
            r = build("Minimum", x=r, y=rmax)
        if dmax is not None:
            d = build("Minimum", x=build("Maximum", x=d, y=-dmax), y=dmax)
        clipped_r, clipped_d = r, d
        r = by_training(training, lambda: clipped_r, lambda: ones_like(clipped_r))
        d = by_training(training, lambda: clipped_d, lambda: zeros_like(clipped_d))
        updates = [
            self._update_renormalization(variable, value, training)
            for variable, value in ((self.renorm_mean, mean), (self.renorm_stddev, deviation))
        ]
        with graph.control_dependencies(updates):
            return r, d, build("Identity", input=mean), build("Identity", input=variance)

    def _update_renormalization(self, variable: Any, value: Any, training: Any) -> Any:
        held = build("Identity", input=value)
        return by_training(
            training,
            lambda: self._averaged(variable, held, self.renorm_momentum),
            lambda: build("Identity", input=variable),
        )

    def _fused(self, inputs: Any, training: Any) -> Any:
        """The output, computed by one op."""
        beta = self._or_constant(self.beta, 0.0)
        gamma = self._or_constant(self.gamma, 1.0)

        def compute(is_training: bool) -> Callable[[], Any]:
            return lambda: fused_batch_norm(
                inputs,
                gamma,
                beta,
                mean=self.moving_mean,
                variance=self.moving_variance,
                epsilon=self.epsilon,
                is_training=is_training,
                data_format=self._format,
            )

        output, mean, variance = by_training(training, compute(True), compute(False))
        value = known_training(training)
        if value is not False:
            momentum: Any
            if value is None:
                momentum = by_training(training, lambda: self.momentum, lambda: 1.0)
            else:
                momentum = convert_to_tensor(self.momentum)
            self.add_update(lambda: self._averaged(self.moving_mean, mean, momentum))
            self.add_update(lambda: self._averaged(self.moving_variance, variance, momentum))
        return output

    def _or_constant(self, variable: Any, value: float) -> Any:
        if variable is not None:
            return variable
        return constant(value, self._param_dtype, self._param_shape)

    def _averaged(self, variable: Any, value: Any, momentum: Any) -> Any:
        """Move a variable towards a value."""
        graph = get_default_graph()
        with graph.name_scope("AssignMovingAvg") as scope, graph.colocate_with(variable):
            decay = convert_to_tensor(1.0 - momentum, name="decay")
            decay = _cast(decay, variable.dtype.base_dtype)
            delta = (variable - _cast(value, variable.dtype.base_dtype)) * decay
            return assign_sub(variable, delta, name=scope)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the input."""
        return TensorShape(input_shape)


def _assigned(variable: Any, value: Any) -> Any:
    """Give a variable a value."""
    graph = get_default_graph()
    with graph.name_scope("AssignNewValue") as scope, graph.colocate_with(variable):
        return assign(variable, value, name=scope)


def _composed(scale: Any, offset: Any, then_scale: Any, then_offset: Any) -> tuple[Any, Any]:
    """One scale and offset for two, the second of which may be None."""
    if then_scale is not None:
        scale = scale * then_scale
        offset = offset * then_scale
    if then_offset is not None:
        offset = offset + then_offset
    return scale, offset


def _checked_axes(axis: Any, rank: int) -> list[int]:
    """The axes as a list of numbers from the start.

    Raises:
        ValueError: one is out of range, or given twice.
    """
    given = [axis] if isinstance(axis, int) else list(axis)
    axes = [int(rank + item if item < 0 else item) for item in given]
    if any(not 0 <= item < rank for item in axes):
        raise ValueError(
            f"Invalid value for `axis` argument. Expected 0 <= axis < inputs.rank (with "
            f"inputs.rank={rank}). Received: axis={tuple(axes)}"
        )
    if len(axes) != len(set(axes)):
        raise ValueError(f"Duplicate axis: {tuple(axes)}")
    return axes


@public("layers.batch_normalization")
def batch_normalization(
    inputs: Any,
    axis: Any = -1,
    momentum: Any = 0.99,
    epsilon: float = 1e-3,
    center: bool = True,
    scale: bool = True,
    beta_initializer: Any = ZEROS,
    gamma_initializer: Any = ONES,
    moving_mean_initializer: Any = ZEROS,
    moving_variance_initializer: Any = ONES,
    beta_regularizer: Any = None,
    gamma_regularizer: Any = None,
    beta_constraint: Any = None,
    gamma_constraint: Any = None,
    training: Any = False,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_momentum: Any = 0.99,
    fused: bool | None = None,
    virtual_batch_size: int | None = None,
    adjustment: Any = None,
) -> Any:
    """Inputs with mean 0 and variance 1, then scaled and shifted.

    While training, the moving moments are updated by operations in `GraphKeys.UPDATE_OPS`, which the program runs.

    Args:
        inputs: a tensor of known rank.
        axis: the dimension of the channels, or several.
        momentum: how much of the moving moments stays, a number or a tensor.
        epsilon: a small number added to variances.
        center: whether there is a variable `beta` that is added.
        scale: whether there is a variable `gamma` to multiply by.
        beta_initializer: initialiser of `beta`.
        gamma_initializer: initialiser of `gamma`.
        moving_mean_initializer: initialiser of the moving mean.
        moving_variance_initializer: initialiser of the moving variance.
        beta_regularizer: a function of `beta` that is added to the losses.
        gamma_regularizer: likewise of `gamma`.
        beta_constraint: a function of `beta` that optimisers apply.
        gamma_constraint: likewise of `gamma`.
        training: whether the batch's own moments count, a bool or a bool tensor.
        trainable: whether optimisers change the variables; the updates are collected only then.
        name: the scope of the variables.
        reuse: whether the variables of that name exist.
        renorm: batch renormalisation.
        renorm_clipping: its limits, `rmax`, `rmin` and `dmax`.
        renorm_momentum: how much of its own moments stays.
        fused: False computes by several ops what one can.
        virtual_batch_size: not supported.
        adjustment: a function of the input's shape that returns a scale and a bias for the normalised values.

    Raises:
        NotImplementedError: there is a virtual batch size.
        ValueError: the axes do not fit.
    """
    layer = BatchNormalization(
        axis,
        momentum,
        epsilon,
        center,
        scale,
        beta_initializer,
        gamma_initializer,
        moving_mean_initializer,
        moving_variance_initializer,
        beta_regularizer,
        gamma_regularizer,
        beta_constraint,
        gamma_constraint,
        renorm,
        renorm_clipping,
        renorm_momentum,
        fused,
        trainable,
        virtual_batch_size,
        adjustment,
        name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs, training=training)
