"""`tf.train.CheckpointOptions`.

Source: tensorflow/python/checkpoint/checkpoint_options.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.public import public

__all__ = ["CheckpointOptions"]


@public("train.CheckpointOptions")
class CheckpointOptions:
    """How a Checkpoint is written.

    Args:
        experimental_io_device: accepted; files are this machine's.
        experimental_enable_async_checkpoint: older name of `enable_async`.
        experimental_write_callbacks: functions that are called, with the prefix if they take an argument, when it is written.
        enable_async: accepted; everything is written when `save` returns.

    Raises:
        AssertionError: a function takes more than one argument.
    """

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: Iterable[Callable[..., Any]] | None = None,
        enable_async: bool = False,
    ) -> None:
        self.experimental_io_device = experimental_io_device
        self.enable_async = experimental_enable_async_checkpoint or enable_async
        self.experimental_enable_async_checkpoint = self.enable_async
        self.experimental_write_callbacks = experimental_write_callbacks
        if not all(_arguments(callback) <= 1 for callback in experimental_write_callbacks or ()):
            raise AssertionError(
                "functions that are called after a save must take one argument at most"
            )

    def written(self, prefix: str) -> None:
        """Call the functions.

        Raises:
            AssertionError: one takes more than one argument.
        """
        for callback in self.experimental_write_callbacks or ():
            count = _arguments(callback)
            if count > 1:
                raise AssertionError(
                    "Callback functions for checkpoint are required to have 0 or 1parameters, but this "
                    f"has {count} parameters: {callback}"
                )
            callback(*[prefix][:count])


def _arguments(callback: Callable[..., Any]) -> int:
    return len(inspect.signature(callback).parameters)
