"""What heads of classes predict from logits, and what of it is served.

Source: tensorflow_estimator/python/estimator/canned/head.py, head/binary_class_head.py, head/multi_class_head.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from minihub_runtime.api.elementwise import sigmoid
from minihub_runtime.api.filling import zeros_like
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.nn.activation import softmax
from minihub_runtime.api.reduction import argmax
from minihub_runtime.train.estimator.export_outputs import (
    ExportOutput,
    PredictOutput,
    RegressionOutput,
)
from minihub_runtime.train.estimator.heads.classes import (
    Vocabulary,
    all_class_ids,
    all_classes,
    class_names,
    classification_output,
)
from minihub_runtime.train.estimator.heads.keys import (
    CLASSIFY_KEY,
    PREDICT_KEY,
    REGRESS_KEY,
    SERVING_KEY,
    PredictionKeys,
)

__all__ = [
    "BINARY_KEYS",
    "MULTI_CLASS_KEYS",
    "binary_predictions",
    "classifying_outputs",
    "multi_class_predictions",
    "regressing_outputs",
]

_KEYS = PredictionKeys

#: What `multi_class_predictions` can give, in order.
MULTI_CLASS_KEYS = (
    _KEYS.LOGITS,
    _KEYS.PROBABILITIES,
    _KEYS.CLASS_IDS,
    _KEYS.CLASSES,
    _KEYS.ALL_CLASS_IDS,
    _KEYS.ALL_CLASSES,
)
#: What `binary_predictions` can give, in order.
BINARY_KEYS = (_KEYS.LOGITS, _KEYS.LOGISTIC, *MULTI_CLASS_KEYS[1:])


def binary_predictions(
    logits: Any, vocabulary: Vocabulary, keys: Collection[str] = BINARY_KEYS
) -> dict[str, Any]:
    """Key → what is predicted of two classes.

    Args:
        logits: `[D0, …, DN, 1]`, float32.
        vocabulary: the names of the classes, or None.
        keys: which are wanted.
    """
    found: dict[str, Any] = {}
    if _KEYS.LOGISTIC in keys:
        found[_KEYS.LOGISTIC] = sigmoid(logits, name=_KEYS.LOGISTIC)
    both = concat((zeros_like(logits), logits), axis=-1, name="two_class_logits")
    if _KEYS.PROBABILITIES in keys:
        found[_KEYS.PROBABILITIES] = softmax(both, name=_KEYS.PROBABILITIES)
    class_ids = _chosen(both, keys)
    found.update(_known(logits, 2, vocabulary, keys))
    found.update(_named(class_ids, vocabulary, keys))
    return _ordered(found, logits, BINARY_KEYS, keys)


def multi_class_predictions(
    logits: Any, n_classes: int, vocabulary: Vocabulary, keys: Collection[str] = MULTI_CLASS_KEYS
) -> dict[str, Any]:
    """Key → what is predicted of more classes.

    Args:
        logits: `[D0, …, DN, n_classes]`, float32.
        n_classes: how many there are.
        vocabulary: the names of the classes, or None.
        keys: which are wanted.
    """
    found = _known(logits, n_classes, vocabulary, keys)
    found.update(_named(_chosen(logits, keys), vocabulary, keys))
    if _KEYS.PROBABILITIES in keys:
        found[_KEYS.PROBABILITIES] = softmax(logits, name=_KEYS.PROBABILITIES)
    return _ordered(found, logits, MULTI_CLASS_KEYS, keys)


def _chosen(logits: Any, keys: Collection[str]) -> Any:
    """`[D0, …, DN, 1]`: the number of the class with the largest logit; None if it is not wanted."""
    if _KEYS.CLASS_IDS not in keys and _KEYS.CLASSES not in keys:
        return None
    return expand_dims(argmax(logits, axis=-1, name=_KEYS.CLASS_IDS), axis=-1)


def _named(class_ids: Any, vocabulary: Vocabulary, keys: Collection[str]) -> dict[str, Any]:
    found = {} if class_ids is None else {_KEYS.CLASS_IDS: class_ids}
    if _KEYS.CLASSES in keys:
        found[_KEYS.CLASSES] = class_names(class_ids, vocabulary)
    return found


def _known(
    logits: Any, n_classes: int, vocabulary: Vocabulary, keys: Collection[str]
) -> dict[str, Any]:
    """What is the same for all examples."""
    found = {}
    if _KEYS.ALL_CLASS_IDS in keys:
        found[_KEYS.ALL_CLASS_IDS] = all_class_ids(logits, n_classes)
    if _KEYS.ALL_CLASSES in keys:
        found[_KEYS.ALL_CLASSES] = all_classes(logits, n_classes, vocabulary)
    return found


def _ordered(
    found: Mapping[str, Any], logits: Any, order: Collection[str], keys: Collection[str]
) -> dict[str, Any]:
    return {key: logits if key == _KEYS.LOGITS else found[key] for key in order if key in keys}


def classifying_outputs(
    predictions: dict[str, Any], n_classes: int, vocabulary: Vocabulary
) -> dict[str, ExportOutput]:
    """Name of a signature → its output, of a head that tells classes, from all its predictions."""
    output = classification_output(predictions[_KEYS.PROBABILITIES], n_classes, vocabulary)
    found: dict[str, ExportOutput] = {SERVING_KEY: output, CLASSIFY_KEY: output}
    if _KEYS.LOGISTIC in predictions:
        found[REGRESS_KEY] = RegressionOutput(predictions[_KEYS.LOGISTIC])
    found[PREDICT_KEY] = PredictOutput(predictions)
    return found


def regressing_outputs(predictions: dict[str, Any]) -> dict[str, ExportOutput]:
    """Name of a signature → its output, of a head that finds numbers, from all its predictions."""
    output = RegressionOutput(predictions[_KEYS.PREDICTIONS])
    return {SERVING_KEY: output, REGRESS_KEY: output, PREDICT_KEY: PredictOutput(predictions)}
