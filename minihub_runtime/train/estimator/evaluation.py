"""The metrics of an evaluation, and what of it is written for TensorBoard.

Source: tensorflow_estimator/python/estimator/estimator.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from minihub_runtime.api.constants import make_tensor_proto
from minihub_runtime.api.graph import GraphKeys
from minihub_runtime.api.grouping import group
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.metrics.means import mean
from minihub_runtime.api.summary.writer import FileWriterCache
from minihub_runtime.dtypes import string
from minihub_runtime.protos import Summary
from minihub_runtime.train.estimator.model_function import LOSS_METRIC_KEY

__all__ = [
    "metric_values_and_update",
    "write_checkpoint_path",
    "write_values",
]


def metric_values_and_update(metrics: Mapping[str, Any], loss: Any) -> tuple[dict[str, Any], Any]:
    """Name → value of the metrics and of the mean loss, and the operation that updates all of them.

    Args:
        metrics: name → (value, update).
        loss: the loss of a batch.

    Raises:
        ValueError: a metric has the name of the loss or of the global step.
    """
    for name, quoted in (
        (LOSS_METRIC_KEY, f'"{LOSS_METRIC_KEY}"'),
        (GraphKeys.GLOBAL_STEP, f"`{GraphKeys.GLOBAL_STEP}`"),
    ):
        if name in metrics:
            raise ValueError(
                f"Metric with name {quoted} is not allowed, because Estimator already defines a default "
                "metric with the same name."
            )
    # By name, so that the graph is the same each time.
    named = dict(sorted({**metrics, LOSS_METRIC_KEY: mean(loss)}.items()))
    values = {name: value for name, (value, _) in named.items()}
    return values, group(*(update for _, update in named.values()))


def write_values(folder: str, values: Mapping[str, Any], step: int) -> None:
    """Write the values of an evaluation as a summary: numbers, serialised summaries and arrays."""
    texts = (f"{key} = {values[key]!s}" for key in sorted(values) if type(values[key]) is not bytes)
    LOGGER.info("Saving dict for global step %d: %s", step, ", ".join(texts))
    summary = Summary()
    for key, value in values.items():
        if value is not None and key != GraphKeys.GLOBAL_STEP:
            _add_value(summary, key, value)
    _write(folder, summary, step)


def _add_value(summary: Any, key: str, value: Any) -> None:
    if isinstance(value, (float, int, np.float32, np.int32, np.int64)):
        summary.value.add(tag=key, simple_value=value)
    elif isinstance(value, bytes):
        try:
            found = Summary.FromString(value)
        except DecodeError:
            LOGGER.warning("Skipping summary for %s, cannot parse string to Summary.", key)
            return
        for number, item in enumerate(found.value):
            item.tag = f"{key}/{number}"
        summary.value.extend(found.value)
    elif isinstance(value, np.ndarray):
        summary.value.add(tag=key, node_name=key, tensor=make_tensor_proto(value))
        LOGGER.info(
            "Summary for np.ndarray is not visible in Tensorboard by default. Consider using a "
            "Tensorboard plugin for visualization"
        )
    else:
        LOGGER.warning(
            "Skipping summary for %s, must be a float, np.float32, np.int64, np.int32 or int or "
            "np.ndarray or a serialized string of Summary.",
            key,
        )


def write_checkpoint_path(folder: str, path: str, step: int) -> None:
    """Write which checkpoint was evaluated as a summary."""
    LOGGER.info("Saving 'checkpoint_path' summary for global step %d: %s", step, path)
    summary = Summary()
    summary.value.add(tag="checkpoint_path", tensor=make_tensor_proto(path, dtype=string))
    _write(folder, summary, step)


def _write(folder: str, summary: Any, step: int) -> None:
    writer = FileWriterCache.get(folder)
    writer.add_summary(summary, step)
    writer.flush()
