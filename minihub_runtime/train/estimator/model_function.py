"""What a model function returns, and which arguments it may take.

Source: tensorflow_estimator/python/estimator/model_fn.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from minihub_runtime.api import nest
from minihub_runtime.api.graph import (
    GraphKeys,
    Operation,
    Tensor,
    add_to_collection,
    get_collection,
    get_default_graph,
)
from minihub_runtime.api.grouping import group
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.metrics.objects import Metric
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables import Variable
from minihub_runtime.public import public
from minihub_runtime.train.estimator.calling import accepted, argument_names
from minihub_runtime.train.estimator.export_outputs import serving_outputs
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.scaffold import Scaffold

__all__ = ["LOSS_METRIC_KEY", "EstimatorSpec", "call_logit_fn", "verify_model_fn_args"]

LOSS_METRIC_KEY = "loss"
_MODEL_FN_ARGS = frozenset({"config", "features", "labels", "mode", "params", "self"})


class _EstimatorSpec(NamedTuple):
    mode: str
    predictions: Any
    loss: Any
    train_op: Any
    eval_metric_ops: dict[str, Any]
    export_outputs: Any
    training_chief_hooks: tuple[SessionRunHook, ...]
    training_hooks: tuple[SessionRunHook, ...]
    scaffold: Scaffold
    evaluation_hooks: tuple[SessionRunHook, ...]
    prediction_hooks: tuple[SessionRunHook, ...]


@public("estimator.EstimatorSpec")
class EstimatorSpec(_EstimatorSpec):
    """What a model function returns: the parts of the graph that an Estimator runs.

    What the mode does not need may be given all the same, and is not used.

    Args:
        mode: one of the ModeKeys.
        predictions: a tensor, or name → tensor; for prediction.
        loss: a tensor with one element; for training and evaluation.
        train_op: an operation or tensor that makes one step; for training.
        eval_metric_ops: name → (value, update) as functions of `tf.metrics` return, or a metric of a `tf.estimator.Head`.
        export_outputs: name of a signature → ExportOutput; by default a PredictOutput of `predictions`.
        training_chief_hooks: hooks for training.
        training_hooks: hooks for training.
        scaffold: a `tf.train.Scaffold`.
        evaluation_hooks: hooks for evaluation.
        prediction_hooks: hooks for prediction.

    Raises:
        ValueError: what the mode needs is not given, the loss is no scalar, or something is not in the default graph.
        TypeError: something is of another type.
    """

    def __new__(
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metric_ops: dict[str, Any] | None = None,
        export_outputs: Any = None,
        training_chief_hooks: Iterable[SessionRunHook] | None = None,
        training_hooks: Iterable[SessionRunHook] | None = None,
        scaffold: Scaffold | None = None,
        evaluation_hooks: Iterable[SessionRunHook] | None = None,
        prediction_hooks: Iterable[SessionRunHook] | None = None,
    ) -> EstimatorSpec:
        """Check all of it."""
        train_op = _checked_train_op(train_op, mode)
        loss = _checked_loss(loss, mode)
        predictions = _checked_predictions(predictions, mode)
        if mode == ModeKeys.PREDICT:
            export_outputs = serving_outputs(export_outputs, predictions)
        scaffold = scaffold or Scaffold()
        if not isinstance(scaffold, Scaffold):
            raise TypeError(f"scaffold must be tf.train.Scaffold. Given: {scaffold}")
        return super().__new__(
            cls,
            mode,
            predictions,
            loss,
            train_op,
            _checked_metrics(eval_metric_ops),
            export_outputs,
            _checked_hooks(training_chief_hooks),
            _checked_hooks(training_hooks),
            scaffold,
            _checked_hooks(evaluation_hooks),
            _checked_hooks(prediction_hooks),
        )

    def _replace(self, **kwds: Any) -> EstimatorSpec:
        if kwds.get("mode", self.mode) != self.mode:
            raise ValueError("mode of EstimatorSpec cannot be changed.")
        return EstimatorSpec(**{**self._asdict(), **kwds})


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (Tensor, Variable))


def _require_tensor(value: Any, what: str) -> Any:
    if not _is_tensor(value):
        raise TypeError(f"{what} must be Tensor, given: {value}")
    return value


def _require_default_graph(value: Any, what: str, name: str | None = None) -> None:
    if value.graph is not get_default_graph():
        raise ValueError(
            f'{what} with "{name or value.name}" must be from the default graph. Possible causes of this '
            f"error include: \n\n1) {what} was created outside the context of the default graph.\n\n2) The "
            'object passed through to EstimatorSpec was not created in the most recent call to "model_fn".'
        )


def _checked_train_op(train_op: Any, mode: str) -> Any:
    if train_op is None:
        if mode == ModeKeys.TRAIN:
            raise ValueError("Missing train_op.")
        return None
    if not isinstance(train_op, Operation) and not _is_tensor(train_op):
        raise TypeError(f"train_op must be Operation or Tensor, given: {train_op}")
    if isinstance(train_op, Variable):
        train_op = train_op.op
    _require_default_graph(train_op, "train_op")
    return train_op


def _checked_loss(loss: Any, mode: str) -> Any:
    if loss is None:
        if mode in (ModeKeys.TRAIN, ModeKeys.EVAL):
            raise ValueError("Missing loss.")
        return None
    _require_tensor(loss, "loss")
    shape = loss.get_shape()
    if shape.num_elements() not in (None, 1):
        raise ValueError(f"Loss must be scalar, given: {loss}")
    if not shape.is_compatible_with(TensorShape([])):
        loss = reshape(loss, [])
    _require_default_graph(loss, "loss")
    return loss


def _checked_predictions(predictions: Any, mode: str) -> Any:
    if predictions is None:
        if mode == ModeKeys.PREDICT:
            raise ValueError("Missing predictions.")
        return {}
    if not isinstance(predictions, dict):
        _require_tensor(predictions, "predictions")
        _require_default_graph(predictions, "prediction values")
        return predictions
    for key, value in predictions.items():
        _require_tensor(value, f"predictions[{key}]")
    for key, value in predictions.items():
        _require_default_graph(value, "prediction values", f"{key}: {value.name}")
    return dict(predictions)


def _checked_metrics(metrics: Any) -> dict[str, Any]:
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise TypeError(f"eval_metric_ops must be a dict, given: {metrics}")
    found = {
        key: _pair(key, value) if isinstance(value, Metric) else value
        for key, value in metrics.items()
    }
    for key, value in found.items():
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError(
                "Values of eval_metric_ops must be (metric_value, update_op) tuples, given: "
                f"{value} for key: {key}"
            )
    for key, value in found.items():
        for part in nest.flatten(value):
            _require_default_graph(part, "eval_metric_ops", f"{key}: {part.name}")
    for metric in metrics.values():
        if isinstance(metric, Metric):
            for variable in metric.variables:
                for collection in (GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES):
                    if not any(variable is other for other in get_collection(collection)):
                        add_to_collection(collection, variable)
    return found


def _pair(key: Any, metric: Metric) -> tuple[Any, Any]:
    """The value of a metric, and the operation that takes a batch in."""
    if not metric.updates:
        raise ValueError(f'Please call update_state(...) on the "{metric.name}" metric')
    for update in metric.updates:
        _require_default_graph(update, "eval_metric_ops", f"{key}: {update.name}")
    return metric.result(), group(*metric.updates)


def _checked_hooks(hooks: Iterable[SessionRunHook] | None) -> tuple[SessionRunHook, ...]:
    found = tuple(hooks or ())
    for hook in found:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be SessionRunHook instances, given: {hook}")
    return found


@public("estimator.experimental.call_logit_fn")
def call_logit_fn(
    logit_fn: Callable[..., Any],
    features: Any,
    mode: str,
    params: Mapping[str, Any] | None,
    config: Any,
) -> Any:
    """What a function returns that computes logits, called with those of the arguments that it takes.

    Args:
        logit_fn: the function of `features`, and of `mode`, `params` and `config` if it has these names.
        features: see above.
        mode: see above.
        params: see above.
        config: see above.

    Raises:
        ValueError: it returns neither a tensor nor name → tensor.
    """
    logits = logit_fn(
        features=features, **accepted(logit_fn, mode=mode, params=params, config=config)
    )
    if isinstance(logits, dict):
        valid = all(
            isinstance(key, str) and isinstance(value, Tensor) for key, value in logits.items()
        )
    else:
        valid = isinstance(logits, Tensor)
    if not valid:
        raise ValueError(
            "logit_fn should return a Tensor or a dictionary mapping strings to Tensors.  logit_fn "
            f"returned: {logits}"
        )
    return logits


def verify_model_fn_args(model_fn: Callable[..., Any], params: Any) -> None:
    """Raise ValueError unless a function takes what a model function is given."""
    names = set(argument_names(model_fn))
    if "features" not in names:
        raise ValueError(f"model_fn ({model_fn}) must include features argument.")
    if params is not None and "params" not in names:
        raise ValueError(
            f"model_fn ({model_fn}) does not include params argument, but params ({params}) is passed to "
            "Estimator."
        )
    if params is None and "params" in names:
        LOGGER.warning(
            "Estimator's model_fn (%s) includes params argument, but params are not passed to Estimator.",
            model_fn,
        )
    unexpected = sorted(names - _MODEL_FN_ARGS)
    if unexpected:
        raise ValueError(f"model_fn ({model_fn}) has following not expected args: {unexpected}")
