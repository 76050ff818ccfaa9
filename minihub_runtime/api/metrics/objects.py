"""Metrics as objects: means, and how often predictions are right.

    Metric             variables, what takes a batch in, and the value
    ├─ Mean            of numbers
    ├─ Accuracy        of predictions that are the labels
    ├─ BinaryAccuracy  of predictions that lie on the right side of a threshold
    └─ `counting_objects` has those that count at thresholds

The public heads evaluate with these; they are the kinds of `tf.keras.metrics` that TensorFlow's heads use.

Source: keras/src/metrics/base_metric.py, accuracy_metrics.py.
"""

from __future__ import annotations

import abc
from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.grouping import group
from minihub_runtime.api.metrics.accumulating import matched
from minihub_runtime.api.reduction import reduce_mean, reduce_sum
from minihub_runtime.api.sizes import size
from minihub_runtime.api.variables import Variable
from minihub_runtime.api.variables.options import VariableAggregation, VariableSynchronization
from minihub_runtime.api.weights import broadcast_weights
from minihub_runtime.dtypes import float32

__all__ = ["Accuracy", "BinaryAccuracy", "Mean", "Metric"]


class Metric(abc.ABC):
    """Variables in which batches are gathered, and a value that follows from them.

    The variables are in no collection; an EstimatorSpec adds those of its metrics to `GraphKeys.LOCAL_VARIABLES` and
    `GraphKeys.METRIC_VARIABLES`.

    Args:
        name: of the metric.

    Attributes:
        name: see above.
        variables: float32 variables.
        updates: the operations that `update_state` made.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.variables: list[Any] = []
        self.updates: list[Any] = []

    @abc.abstractmethod
    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """The operation that takes a batch in, which is noted in `updates`."""

    @abc.abstractmethod
    def result(self) -> Any:
        """The value, float32, a scalar."""

    def _variable(self, name: str, shape: list[int]) -> Any:
        made = Variable(
            lambda: zeros(shape, float32),
            trainable=False,
            collections=[],
            name=name,
            use_resource=True,
            synchronization=VariableSynchronization.ON_READ,
            aggregation=VariableAggregation.SUM,
        )
        self.variables.append(made)
        return made

    def _updated(self, *updates: Any) -> Any:
        update = group(*updates)
        self.updates.append(update)
        return update


class _Gathered(Metric):
    """The mean of numbers, zero if there are none.

    Args:
        name: of the metric.

    Attributes:
        total: the sum of the numbers times their weights.
        count: the sum of the weights.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.total = self._variable("total", [])
        self.count = self._variable("count", [])

    def _take(self, values: Any, sample_weight: Any) -> Any:
        """The operation that takes numbers in."""
        values = cast(values, float32)
        if sample_weight is None:
            count = cast(size(values), float32)
        else:
            values, _, weights = matched(values, None, cast(sample_weight, float32))
            weights = broadcast_weights(weights, values)
            values, count = build("Mul", x=values, y=weights), reduce_sum(weights)
        added = self.total.assign_add(reduce_sum(values), read_value=False)
        with control_dependencies([added]):
            return self._updated(self.count.assign_add(count, read_value=False))

    def result(self) -> Any:
        """The mean, float32, a scalar."""
        return div_no_nan(self.total, self.count)


class Mean(_Gathered):
    """The mean of numbers, zero if there are none; attributes as in `_Gathered`.

    Args:
        name: of the metric.
    """

    def __init__(self, name: str = "mean") -> None:
        super().__init__(name)

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """The operation that takes numbers in.

        Args:
            values: numbers.
            sample_weight: how much each counts: a number, or numbers that broadcast to `values`; ones by default.

        Raises:
            ValueError: the weights do not broadcast.
        """
        return self._take(values, sample_weight)


class Accuracy(_Gathered):
    """How often predictions are the labels.

    Args:
        name: of the metric.
    """

    def __init__(self, name: str = "accuracy") -> None:
        super().__init__(name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The operation that takes labels and predictions in.

        Args:
            y_true: labels, numbers.
            y_pred: predictions, of the same shape.
            sample_weight: see `Mean`.

        Raises:
            ValueError: shapes do not fit.
        """
        y_pred, y_true, _ = matched(cast(y_pred, float32), cast(y_true, float32), None)
        return self._take(build("Equal", x=y_true, y=y_pred), sample_weight)


class BinaryAccuracy(_Gathered):
    """How often predictions lie on the right side of a threshold: the mean over last dimensions, and then over these.

    Args:
        name: of the metric.
        threshold: a prediction above it counts as 1.
    """

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(name)
        self._threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The operation that takes labels and predictions in.

        Args:
            y_true: labels, 0 or 1, `[D0, …, DN]`.
            y_pred: predictions, of the same shape.
            sample_weight: numbers that broadcast to `[D0, …, DN-1]`; see `Mean`.

        Raises:
            ValueError: shapes do not fit.
        """
        y_pred, y_true, _ = matched(cast(y_pred, float32), cast(y_true, float32), None)
        positive = cast(build("Greater", x=y_pred, y=self._threshold), float32)
        right = cast(build("Equal", x=y_true, y=positive), float32)
        return self._take(reduce_mean(right, axis=-1), sample_weight)
