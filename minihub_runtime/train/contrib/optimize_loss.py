"""`tf.contrib.layers.optimize_loss`: an optimiser by name, with decay, noise, clipping and summaries.

Source: tf_slim/layers/optimizers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.types import assert_scalar
from minihub_runtime.api.clipping import clip_by_global_norm, global_norm
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import GraphKeys, Tensor, get_default_graph
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.initializers import ZEROS, Constant
from minihub_runtime.api.moving_average import assign_moving_average
from minihub_runtime.api.random_ops import truncated_normal
from minihub_runtime.api.summary.operations import histogram, scalar
from minihub_runtime.api.variables.collections import trainable_variables
from minihub_runtime.api.variables.global_step import assert_global_step, get_global_step
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.adagrad import AdagradOptimizer
from minihub_runtime.train.optimizers.adam import AdamOptimizer
from minihub_runtime.train.optimizers.base import Optimizer
from minihub_runtime.train.optimizers.ftrl import FtrlOptimizer
from minihub_runtime.train.optimizers.gradient_descent import GradientDescentOptimizer
from minihub_runtime.train.optimizers.momentum import MomentumOptimizer
from minihub_runtime.train.optimizers.rmsprop import RMSPropOptimizer

__all__ = ["OPTIMIZER_CLS_NAMES", "OPTIMIZER_SUMMARIES", "adaptive_clipping_fn", "optimize_loss"]

#: (gradient, variable) pairs; a gradient is None where the loss does not depend on the variable.
Pairs = Sequence[tuple[Any, Any]]

#: Name → what makes an optimiser of a learning rate.
OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Optimizer]] = {
    "Adagrad": AdagradOptimizer,
    "Adam": AdamOptimizer,
    "Ftrl": FtrlOptimizer,
    "Momentum": lambda learning_rate: MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": RMSPropOptimizer,
    "SGD": GradientDescentOptimizer,
}
public("contrib.layers.OPTIMIZER_CLS_NAMES", "contrib.slim.OPTIMIZER_CLS_NAMES")(
    OPTIMIZER_CLS_NAMES
)

#: What `optimize_loss` can write summaries of.
OPTIMIZER_SUMMARIES = [
    "learning_rate",
    "loss",
    "gradients",
    "gradient_norm",
    "global_gradient_norm",
]
public("contrib.layers.OPTIMIZER_SUMMARIES", "contrib.slim.OPTIMIZER_SUMMARIES")(
    OPTIMIZER_SUMMARIES
)


@public("contrib.layers.optimize_loss", "contrib.slim.optimize_loss")
def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: float | None = None,
    gradient_multipliers: Any = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
    update_ops: Any = None,
    variables: Any = None,
    name: str | None = None,
    summaries: Sequence[str] | None = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> Any:
    """A tensor of the loss whose value is there when the variables have been changed once.

    Args:
        loss: a scalar.
        global_step: what counts the changes; by default the global step of the graph, if it has one.
        learning_rate: a float, which becomes a variable, or a scalar tensor; None if the optimiser has its own.
        optimizer: a name of `OPTIMIZER_CLS_NAMES`, a class, an optimiser, or a function of the learning rate (of nothing,
            if that is None).
        gradient_noise_scale: what random numbers that are added to gradients are multiplied by.
        gradient_multipliers: variable, or its name → number its gradient is multiplied by.
        clip_gradients: the largest norm of all gradients together, or a function of (gradient, variable) pairs.
        learning_rate_decay_fn: a function of the learning rate and the global step.
        update_ops: what is to run before the loss is read; by default the collection `UPDATE_OPS`.
        variables: what is changed; by default all that are trainable.
        name: the scope.
        summaries: which of `OPTIMIZER_SUMMARIES` to make; by default those of the loss, the learning rate and the norm of
            all gradients.
        colocate_gradients_with_ops: see `Optimizer.minimize`.
        increment_global_step: whether the global step is counted up.

    Raises:
        ValueError: an argument is not what it must be, or there are no gradients.
    """
    loss = convert_to_tensor(loss)
    assert_scalar(loss)
    if global_step is None:
        global_step = get_global_step()
    else:
        assert_global_step(global_step)
    with variable_scope(name, "OptimizeLoss", [loss, global_step]):
        if update_ops is None:
            update_ops = get_default_graph().get_collection(GraphKeys.UPDATE_OPS)
        # An update may stand in the collection several times.
        update_ops = list(dict.fromkeys(update_ops))
        if update_ops:
            loss = with_dependencies(update_ops, loss)
        rate = _learning_rate(learning_rate)
        summaries = _checked(summaries)
        if learning_rate is not None and learning_rate_decay_fn is not None:
            if global_step is None:
                raise ValueError("global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, global_step)
            if "learning_rate" in summaries:
                scalar("learning_rate", rate)
        made = _optimizer(optimizer, rate)
        gradients: Pairs = made.compute_gradients(
            loss,
            trainable_variables() if variables is None else variables,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gradient_noise_scale is not None:
            gradients = [(_noisy(g, gradient_noise_scale), v) for g, v in gradients]
        if gradient_multipliers is not None:
            gradients = [(_multiplied(g, v, gradient_multipliers), v) for g, v in gradients]
            if not gradients:
                raise ValueError(
                    "Empty list of (gradient, var) pairs encountered. This is most likely to be caused "
                    "by an improper value of gradient_multipliers."
                )
        norms = "global_gradient_norm" in summaries or "gradient_norm" in summaries
        if norms:
            scalar("global_norm/gradient_norm", _norm(gradients))
        gradients = _clipped(gradients, clip_gradients)
        if "loss" in summaries:
            scalar("loss", loss)
        for gradient, variable in gradients:
            _summarize(gradient, variable, summaries)
        if clip_gradients is not None and norms:
            scalar("global_norm/clipped_gradient_norm", _norm(gradients))
        update = made.apply_gradients(
            gradients, global_step=global_step if increment_global_step else None, name="train"
        )
        return with_dependencies([update], loss)


def _learning_rate(learning_rate: Any) -> Any:
    """The learning rate as a tensor or a variable.

    Raises:
        ValueError: it is negative, or neither a float nor a scalar tensor.
    """
    if learning_rate is None:
        return None
    if isinstance(learning_rate, Tensor) and learning_rate.shape.ndims == 0:
        return learning_rate
    if not isinstance(learning_rate, float):
        raise ValueError(
            "Learning rate should be 0d Tensor or float. "
            f"Got {learning_rate} of type {type(learning_rate)}"
        )
    if learning_rate < 0.0:
        raise ValueError(f"Invalid learning_rate {learning_rate}.")
    return get_variable("learning_rate", [], trainable=False, initializer=Constant(learning_rate))


def _checked(summaries: Sequence[str] | None) -> Sequence[str]:
    """The names of summaries.

    Raises:
        ValueError: there is none of a name.
    """
    if summaries is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    for name in summaries:
        if name not in OPTIMIZER_SUMMARIES:
            raise ValueError(
                f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided {name}."
            )
    return summaries


def _optimizer(optimizer: Any, rate: Any) -> Optimizer:
    """The optimiser that is meant.

    Raises:
        ValueError: there is none of that name, it is none, or it needs a learning rate.
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    is_class = isinstance(optimizer, type) and issubclass(optimizer, Optimizer)
    if isinstance(optimizer, str) or is_class:
        if rate is None:
            raise ValueError(
                "Learning rate is None, but should be specified if optimizer is "
                f"{'class' if is_class else 'string'} ({optimizer})."
            )
        if not is_class and optimizer not in OPTIMIZER_CLS_NAMES:
            raise ValueError(
                f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided "
                f"{optimizer}."
            )
        make: Callable[..., Optimizer] = optimizer if is_class else OPTIMIZER_CLS_NAMES[optimizer]
        return make(learning_rate=rate)
    if not callable(optimizer):
        raise ValueError(
            "Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of "
            f"Optimizer or function with one argument. Got {optimizer}."
        )
    made = optimizer() if rate is None else optimizer(rate)
    if not isinstance(made, Optimizer):
        raise ValueError(
            f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}."
        )
    return made


def _norm(gradients: Pairs) -> Any:
    return global_norm([gradient for gradient, _ in gradients])


def _scaled(gradient: Any, factor: Any) -> Any:
    """A gradient, which may be slices or None, times a factor."""
    if gradient is None:
        return None
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient * factor


def _noisy(gradient: Any, scale: float) -> Any:
    if gradient is None:
        return None
    sparse = isinstance(gradient, IndexedSlices)
    noise = truncated_normal(gradient.dense_shape if sparse else gradient.shape)
    return convert_to_tensor(gradient) + noise * scale


def _multiplied(gradient: Any, variable: Any, multipliers: Any) -> Any:
    key = variable if variable in multipliers else variable.name
    if gradient is None or key not in multipliers:
        return gradient
    if isinstance(gradient, IndexedSlices):
        return _scaled(gradient, multipliers[key])
    return gradient * cast(multipliers[key], gradient.dtype)


def _clipped(gradients: Pairs, clip: Any) -> Pairs:
    """Gradients that a largest norm, or a function, has limited.

    Raises:
        ValueError: it is neither.
    """
    if clip is None:
        return gradients
    if isinstance(clip, float):
        limited, _ = clip_by_global_norm([gradient for gradient, _ in gradients], clip)
        return [(g, v) for g, (_, v) in zip(limited, gradients, strict=True)]
    if not callable(clip):
        raise ValueError(f"Unknown type {type(clip)} for clip_gradients")
    found: Pairs = clip(gradients)
    return found


def _summarize(gradient: Any, variable: Any, summaries: Sequence[str]) -> None:
    values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
    if values is None:
        return
    name = variable.name.replace(":", "_")
    if "gradients" in summaries:
        histogram(f"gradients/{name}", values)
    if "gradient_norm" in summaries:
        scalar(f"gradient_norm/{name}", global_norm([values]))


@public("contrib.layers.adaptive_clipping_fn", "contrib.slim.adaptive_clipping_fn")
def adaptive_clipping_fn(
    std_factor: float = 2.0,
    decay: Any = 0.95,
    static_max_norm: float | None = None,
    global_step: Any = None,
    report_summary: bool = False,
    epsilon: float = 1e-8,
    name: str | None = None,
) -> Callable[[Pairs], Pairs]:
    """A function that scales gradients down to the usual norm when theirs is far larger.

    It keeps moving averages of the mean and the variance of the logarithm of the norm (https://arxiv.org/abs/1412.1602).

    Args:
        std_factor: how many standard deviations above the mean are still usual.
        decay: how much of the averages stays.
        static_max_norm: a norm that is never exceeded.
        global_step: lets the averages move faster during the first steps.
        report_summary: whether to write the limit into a summary.
        epsilon: a small number added to norms.
        name: the scope of the averages.

    Returns:
        A function of (gradient, variable) pairs, for `clip_gradients` of `optimize_loss`.
    """

    def clip(grads_and_vars: Pairs) -> Pairs:
        norm = _norm(grads_and_vars)
        limit, mean = _usual(norm, std_factor, decay, global_step, epsilon, name)
        if report_summary:
            scalar("global_norm/adaptive_max_gradient_norm", limit)
        factor: Any = where(norm < limit, ones_like(norm), build("Exp", x=mean) / norm)
        if static_max_norm is not None:
            factor = build("Minimum", x=static_max_norm / norm, y=factor)
        return [(_scaled(gradient, factor), variable) for gradient, variable in grads_and_vars]

    return clip


def _usual(
    norm: Any, std_factor: float, decay: Any, global_step: Any, epsilon: float, name: str | None
) -> tuple[Any, Any]:
    """The largest norm that is usual, and the mean of the logarithm."""
    with variable_scope(name, "AdaptiveMaxNorm", [norm]):
        logarithm = build("Log", x=norm + epsilon)
        if global_step is not None:
            step: Any = cast(global_step, float32)
            decay = build("Minimum", x=decay, y=step / (step + 1.0))

        def average(name: str, value: Any) -> Any:
            held = get_variable(
                name,
                shape=value.shape,
                dtype=value.dtype,
                initializer=ZEROS,
                trainable=False,
            )
            return assign_moving_average(held, value, decay, zero_debias=False)

        mean = average("mean", logarithm)
        square = average("sq_mean", build("Square", x=logarithm))
        variance = square - build("Square", x=mean)
        deviation = build("Sqrt", x=build("Maximum", x=epsilon, y=variance))
        return build("Exp", x=mean + std_factor * deviation), mean
