"""Features and labels from what an input function returns.

Source: tensorflow_estimator/python/estimator/util.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.data.dataset import Dataset, make_initializable_iterator
from minihub_runtime.api.graph import GraphKeys, Tensor, get_default_graph
from minihub_runtime.train.run_hooks import SessionRunHook

__all__ = ["features_and_labels", "is_finite"]


class _DatasetInitializerHook(SessionRunHook):
    """Starts the iterator of a dataset with each session."""

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def begin(self) -> None:
        """Find the operation that starts it."""
        self._initializer = self._iterator.initializer

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Run it."""
        session.run(self._initializer)


def features_and_labels(result: Any) -> tuple[Any, Any, list[SessionRunHook]]:
    """Features, labels (None if there are none) and hooks.

    Args:
        result: a tf.data.Dataset, a pair of features and labels, or features.

    Raises:
        ValueError: it is a sequence, but no pair.
    """
    hooks: list[SessionRunHook] = []
    if isinstance(result, Dataset):
        iterator = make_initializable_iterator(result)
        hooks.append(_DatasetInitializerHook(iterator))
        result = iterator.get_next()
    if not isinstance(result, (list, tuple)):
        return result, None, hooks
    if len(result) != 2:
        raise ValueError("input_fn should return (features, labels) as a len 2 tuple.")
    return result[0], result[1], hooks


def is_finite(features: Any) -> bool:
    """Whether features can come to an end: they are a dataset's, or the graph has queue runners."""
    tensors = [item for item in nest.flatten(features) if isinstance(item, Tensor)]
    if any(tensor.op.type == "IteratorGetNext" for tensor in tensors):
        return True
    return bool(get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS))
