"""`tf.estimator.add_metrics`: an Estimator that evaluates with more metrics.

Source: tensorflow_estimator/python/estimator/extenders.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.public import public
from minihub_runtime.train.estimator.calling import accepted, argument_names
from minihub_runtime.train.estimator.estimator import Estimator
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec

__all__ = ["add_metrics"]

_ARGUMENTS = {"config", "features", "labels", "predictions"}


@public("estimator.add_metrics")
def add_metrics(estimator: Estimator, metric_fn: Callable[..., Mapping[str, Any]]) -> Estimator:
    """An Estimator of the same model and folder that evaluates with more metrics.

    Args:
        estimator: the one it is made from.
        metric_fn: a function of `features`, `labels`, `predictions` and `config`, as far as it has arguments of these names,
            that returns name → (value, update); its metrics replace others of the same names.

    Raises:
        ValueError: `metric_fn` has other arguments.
    """
    unexpected = sorted(set(argument_names(metric_fn)) - _ARGUMENTS)
    if unexpected:
        raise ValueError(f"metric_fn ({metric_fn}) has following not expected args: {unexpected}")

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        spec = estimator.model_fn(features, labels, mode, config)
        if mode != ModeKeys.EVAL:
            return spec
        offered = {
            "features": features,
            "labels": labels,
            "predictions": spec.predictions,
            "config": config,
        }
        added = metric_fn(**accepted(metric_fn, **offered))
        return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **added})

    return Estimator(
        model_fn,
        model_dir=estimator.model_dir,
        config=estimator.config,
        warm_start_from=estimator._warm_start_settings,
    )
