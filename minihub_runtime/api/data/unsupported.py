"""What is not there of `tf.data`: datasets that run in other processes, or keep their elements in files of TensorFlow's own.

Source: tensorflow/python/data/experimental/ops/snapshot.py, iterator_ops.py, random_access.py.
"""

from __future__ import annotations

from typing import Any, NoReturn

from minihub_runtime.public import public

__all__ = ["NotInFiles"]

_INSTEAD = (
    "write its elements with tf.data.experimental.TFRecordWriter, and read them with "
    "tf.data.TFRecordDataset"
)


class NotInFiles:
    """The methods of datasets that keep elements in TensorFlow's files, or look at values while a graph is built."""

    def save(
        self,
        path: Any,
        compression: Any = None,
        shard_func: Any = None,
        checkpoint_args: Any = None,
    ) -> NoReturn:
        """Not supported: raises NotImplementedError."""
        raise NotImplementedError(f"Dataset.save is not supported: to keep a dataset, {_INSTEAD}")

    @staticmethod
    def load(
        path: Any, element_spec: Any = None, compression: Any = None, reader_func: Any = None
    ) -> NoReturn:
        """Not supported: raises NotImplementedError."""
        raise NotImplementedError(f"Dataset.load is not supported: to keep a dataset, {_INSTEAD}")

    def snapshot(
        self,
        path: Any,
        compression: Any = "AUTO",
        reader_func: Any = None,
        shard_func: Any = None,
        name: str | None = None,
    ) -> NoReturn:
        """Not supported: raises NotImplementedError."""
        raise NotImplementedError(
            f"Dataset.snapshot is not supported: to keep a dataset, {_INSTEAD}; cache() keeps elements in memory"
        )

    def as_numpy_iterator(self) -> NoReturn:
        """There are no values while a graph is built: raises RuntimeError."""
        raise RuntimeError(
            "`tf.data.Dataset.as_numpy_iterator()` is only supported in eager mode; run what "
            "`make_one_shot_iterator().get_next()` returns."
        )


@public("data.experimental.snapshot")
def snapshot(
    path: Any, compression: Any = "AUTO", reader_func: Any = None, shard_func: Any = None
) -> NoReturn:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(f"snapshot is not supported: to keep a dataset, {_INSTEAD}")


@public("data.experimental.make_saveable_from_iterator")
def make_saveable_from_iterator(iterator: Any, external_state_policy: Any = None) -> NoReturn:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(
        "make_saveable_from_iterator is not supported: checkpoints hold no places in datasets; skip(count) begins "
        "behind the elements that were used"
    )


@public("data.experimental.CheckpointInputPipelineHook")
class CheckpointInputPipelineHook:
    """Not supported: raises NotImplementedError."""

    def __init__(self, estimator: Any, external_state_policy: Any = None) -> None:
        raise NotImplementedError(
            "CheckpointInputPipelineHook is not supported: checkpoints hold no places in datasets; skip(count) "
            "begins behind the elements that were used"
        )


@public("data.experimental.enable_debug_mode")
def enable_debug_mode() -> NoReturn:
    """Functions of datasets are traced, never called with values: raises ValueError, as TensorFlow does with graphs."""
    raise ValueError("`enable_debug_mode() is only supported in eager mode.")
