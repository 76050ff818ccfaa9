"""`tf.contrib.training` and `tf.contrib.slim.learning`: operations that train, and loops that run them.

Source: tf_slim/training/training.py, tf_slim/learning.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.clipping import clip_by_norm, global_norm
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, get_default_graph, name_scope
from minihub_runtime.api.grouping import no_op, with_dependencies
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.operations import histogram, scalar
from minihub_runtime.api.variables.collections import trainable_variables
from minihub_runtime.api.variables.global_step import get_or_create_global_step
from minihub_runtime.public import public
from minihub_runtime.train.monitored_session import monitored_training_session
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = [
    "GLOBAL_STEP",
    "add_gradients_summaries",
    "clip_gradient_norms",
    "create_train_op",
    "multiply_gradients",
    "summaries_of_gradients",
    "train",
]

#: The default of `global_step`, which stands for the global step of the graph; None stands for none.
GLOBAL_STEP = 0


def _public(name: str) -> Callable[[Any], Any]:
    """The names of what slim has too: slim.training is the module where contrib.training's functions are."""
    return public(f"contrib.training.{name}", f"contrib.slim.training.{name}")


def _changed(gradient: Any, change: Callable[[Any], Any]) -> Any:
    """A gradient, or the rows of one, after a change."""
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(change(gradient.values), gradient.indices, gradient.dense_shape)
    return change(gradient)


def summaries_of_gradients(grads_and_vars: Iterable[tuple[Any, Any]], mark: str) -> list[Any]:
    """A histogram and the norm of each gradient; `mark` stands between the variable's name and "gradient"."""
    summaries = []
    for gradient, variable in grads_and_vars:
        if gradient is None:
            LOGGER.info("Var %s has no gradient", variable.op.name)
            continue
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        name = f"{variable.op.name}{mark}gradient"
        summaries.append(histogram(name, values))
        summaries.append(scalar(f"{name}_norm", global_norm([values])))
    return summaries


@_public("add_gradients_summaries")
def add_gradients_summaries(grads_and_vars: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Summaries of gradients: a histogram and the norm of each.

    Args:
        grads_and_vars: (gradient, variable) pairs.
    """
    return summaries_of_gradients(grads_and_vars, "_")


@_public("clip_gradient_norms")
@public("contrib.slim.learning.clip_gradient_norms")
def clip_gradient_norms(
    gradients_to_variables: Iterable[tuple[Any, Any]], max_norm: Any
) -> list[tuple[Any, Any]]:
    """Gradients of which none has a norm that is larger than `max_norm`.

    Args:
        gradients_to_variables: (gradient, variable) pairs.
        max_norm: the largest norm.
    """
    return [
        (
            None
            if gradient is None
            else _changed(gradient, lambda values: clip_by_norm(values, max_norm)),
            variable,
        )
        for gradient, variable in gradients_to_variables
    ]


@_public("clip_gradient_norms_fn")
def clip_gradient_norms_fn(max_norm: Any) -> Callable[[Any], list[tuple[Any, Any]]]:
    """`clip_gradient_norms` as a function of the pairs alone."""
    return lambda gradients_to_variables: clip_gradient_norms(gradients_to_variables, max_norm)


@_public("multiply_gradients")
@public("contrib.slim.learning.multiply_gradients")
def multiply_gradients(grads_and_vars: Any, gradient_multipliers: Any) -> list[tuple[Any, Any]]:
    """Gradients, some of which are multiplied by numbers.

    Args:
        grads_and_vars: a list of (gradient, variable) pairs.
        gradient_multipliers: variable, or the name of its operation → number or tensor.

    Raises:
        ValueError: one is not of that kind, there are no multipliers, or there is one where there is no gradient.
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError("`grads_and_vars` must be a list.")
    if not gradient_multipliers:
        raise ValueError("`gradient_multipliers` is empty.")
    if not isinstance(gradient_multipliers, dict):
        raise ValueError("`gradient_multipliers` must be a dict.")
    multipliers = gradient_multipliers

    def multiplied(gradient: Any, variable: Any) -> Any:
        key = variable if variable in multipliers else variable.op.name
        if key not in multipliers:
            return gradient
        if gradient is None:
            raise ValueError("Requested multiple of `None` gradient.")
        factor = convert_to_tensor(multipliers[key], gradient.dtype)
        return _changed(gradient, lambda values: values * factor)

    return [(multiplied(gradient, variable), variable) for gradient, variable in grads_and_vars]


@_public("create_train_op")
def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    transform_grads_fn: Callable[[Any], Any] | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> Any:
    """A tensor of the loss whose value is there when the variables have been changed once.

    Args:
        total_loss: the loss.
        optimizer: what changes the variables.
        global_step: what counts the changes; by default the global step, which is made if there is none; None for none.
        update_ops: what is to run before the loss is read; by default the collection `UPDATE_OPS`.
        variables_to_train: what is changed; by default all that are trainable.
        transform_grads_fn: a function of (gradient, variable) pairs.
        summarize_gradients: whether to make summaries of gradients.
        gate_gradients: see `Optimizer.compute_gradients`.
        aggregation_method: likewise.
        colocate_gradients_with_ops: likewise.
        check_numerics: whether a loss that is no number is an error.

    Raises:
        AssertionError: there is nothing to train, or what cannot be trained.
    """
    if global_step is GLOBAL_STEP:
        global_step = get_or_create_global_step()
    graph = get_default_graph()
    known = dict.fromkeys(graph.get_collection(GraphKeys.UPDATE_OPS))
    wanted = known if update_ops is None else dict.fromkeys(update_ops)
    if not known.keys() <= wanted.keys():
        LOGGER.warning(
            "update_ops in create_train_op does not contain all the update_ops in "
            "GraphKeys.UPDATE_OPS"
        )
    if wanted:
        with graph.control_dependencies(list(wanted)):
            barrier = no_op(name="update_barrier")
        total_loss = with_dependencies([barrier], total_loss)
    trainable = trainable_variables()
    if variables_to_train is None:
        variables_to_train = trainable
    if not all(item.trainable or item in trainable for item in variables_to_train):
        raise AssertionError("variables_to_train must be trainable")
    if not variables_to_train:
        raise AssertionError("there must be variables to train")
    gradients: Any = optimizer.compute_gradients(
        total_loss,
        variables_to_train,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn:
        gradients = transform_grads_fn(gradients)
    if summarize_gradients:
        with name_scope("summarize_grads"):
            add_gradients_summaries(gradients)
    update = optimizer.apply_gradients(gradients, global_step=global_step)
    with name_scope("train_op"):
        if check_numerics:
            total_loss = build(
                "CheckNumerics", tensor=total_loss, message="LossTensor is inf or nan"
            )
        train_op = with_dependencies([update], total_loss)
    train_ops = graph.get_collection_ref(GraphKeys.TRAIN_OP)
    if train_op not in train_ops:
        train_ops.append(train_op)
    return train_op


@_public("train")
def train(
    train_op: Any,
    logdir: str | None,
    master: str = "",
    is_chief: bool = True,
    scaffold: Any = None,
    hooks: Any = None,
    chief_only_hooks: Any = None,
    save_checkpoint_secs: float | None = 600,
    save_summaries_steps: int | None = 100,
    config: Any = None,
    max_wait_secs: int = 7200,
    run_metadata: Any = None,
) -> Any:
    """Run an operation until a hook says so; what it gave last.

    Args:
        train_op: what is run.
        logdir: the folder of checkpoints and summaries.
        master: see `MonitoredTrainingSession`, like the arguments that follow.
        is_chief: see above.
        scaffold: see above.
        hooks: see above.
        chief_only_hooks: see above.
        save_checkpoint_secs: see above.
        save_summaries_steps: see above.
        config: see above.
        max_wait_secs: see above.
        run_metadata: see `Session.run`.

    Raises:
        ValueError: something is to be saved without a folder.
    """
    if logdir is None and is_chief:
        if save_summaries_steps:
            raise ValueError("logdir cannot be None when save_summaries_steps is not None")
        if save_checkpoint_secs:
            raise ValueError("logdir cannot be None when save_checkpoint_secs is not None")
    loss = None
    with monitored_training_session(
        master=master,
        is_chief=is_chief,
        checkpoint_dir=logdir,
        scaffold=scaffold,
        hooks=hooks,
        chief_only_hooks=chief_only_hooks,
        save_checkpoint_secs=save_checkpoint_secs,
        save_summaries_steps=save_summaries_steps,
        config=config,
        max_wait_secs=max_wait_secs,
    ) as session:
        while not session.should_stop():
            loss = session.run(train_op, run_metadata=run_metadata)
    return loss
