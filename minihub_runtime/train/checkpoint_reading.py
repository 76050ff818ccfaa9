"""The tensors of a checkpoint, and the checkpoints of a folder as they come.

Source: tensorflow/python/training/checkpoint_utils.py, py_checkpoint_reader.py.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.api.gfile import isdir, local_path
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.checkpoint import finish_interrupted
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.checkpoint_files import old_checkpoint_files, open_checkpoint
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_state import latest_checkpoint

__all__ = [
    "CheckpointReader",
    "allow_checkpoint",
    "checkpoint_prefix",
    "checkpoints_iterator",
    "list_variables",
    "load_checkpoint",
    "load_variable",
    "new_checkpoint_reader",
    "wait_for_new_checkpoint",
]


class CheckpointReader:
    """The tensors of one checkpoint by name, under the methods that TensorFlow's reader has.

    Args:
        filepattern: prefix of the checkpoint.

    Raises:
        NotFoundError: there is none.
        DataLossError: it is damaged.
    """

    def __init__(self, filepattern: str | bytes | os.PathLike[str]) -> None:
        prefix = local_path(filepattern)
        finish_interrupted(prefix)
        self._reader = open_checkpoint(prefix)

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Name → shape, of the whole if a variable is partitioned."""
        return {name: list(self._reader.shape(name)) for name in self._reader.names()}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Name → type."""
        return {name: self._reader.dtype(name) for name in self._reader.names()}

    def has_tensor(self, tensor_str: str | bytes) -> bool:
        """Whether there is a tensor of that name."""
        return self._reader.has(os.fsdecode(tensor_str))

    def get_tensor(self, tensor_str: str | bytes) -> Any:
        """A tensor, put together if it is partitioned; an array of one's own, for scalars a NumPy scalar or bytes.

        Raises:
            NotFoundError: there is none of that name.
            DataLossError: it is damaged.
        """
        value: NDArray[Any] = np.array(self._reader.read(os.fsdecode(tensor_str)))
        return value if value.ndim else value[()]

    def debug_string(self) -> bytes:
        """A line for each tensor: name, type, shape."""
        lines = [
            f"{name} (DT_{self._reader.dtype(name).name.upper()}) {list(self._reader.shape(name))}"
            for name in self._reader.names()
        ]
        return "\n".join(lines).encode("utf-8", "surrogateescape")


def allow_checkpoint(graph: Any, prefix: str) -> None:
    """Let sessions of a graph read a checkpoint."""
    for path in (prefix, *(old_checkpoint_files(prefix) or ())):
        graph.allow_reading(path)


@public("train.NewCheckpointReader")
def new_checkpoint_reader(filepattern: str | bytes | os.PathLike[str]) -> CheckpointReader:
    """The reader of a checkpoint; see `CheckpointReader`."""
    return CheckpointReader(filepattern)


def checkpoint_prefix(ckpt_dir_or_file: str | os.PathLike[str]) -> str:
    """The prefix of a checkpoint, or of the latest one of a folder.

    Raises:
        ValueError: there is none in the folder.
    """
    path = local_path(ckpt_dir_or_file)
    if not isdir(path):
        return path
    found = latest_checkpoint(path)
    if found is None:
        raise ValueError(
            f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}"
        )
    return found


@public("train.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: str | os.PathLike[str]) -> CheckpointReader:
    """The reader of a checkpoint.

    Args:
        ckpt_dir_or_file: prefix of the checkpoint, or a folder whose latest counts.

    Raises:
        ValueError: there is none in the folder.
        NotFoundError: there is none of that prefix.
    """
    return CheckpointReader(checkpoint_prefix(ckpt_dir_or_file))


@public("train.load_variable")
def load_variable(ckpt_dir_or_file: str | os.PathLike[str], name: str) -> Any:
    """The value of a variable in a checkpoint.

    Args:
        ckpt_dir_or_file: see `load_checkpoint`.
        name: its name, with or without `:0`.

    Raises:
        ValueError, NotFoundError: there is no such checkpoint, or no such variable.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


@public("train.list_variables")
def list_variables(ckpt_dir_or_file: str | os.PathLike[str]) -> list[tuple[str, list[int]]]:
    """Names and shapes of the variables in a checkpoint, by sorted name; errors as for `load_checkpoint`."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def wait_for_new_checkpoint(
    checkpoint_dir: str | os.PathLike[str],
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """The latest checkpoint of a folder as soon as it is another one than `last_checkpoint`.

    Args:
        checkpoint_dir: the folder; it may not be there yet.
        last_checkpoint: prefix of the one that is known.
        seconds_to_sleep: how long to wait between two looks.
        timeout: seconds after which to give up, or None.

    Returns:
        Its prefix, None if `timeout` has passed.
    """
    LOGGER.info("Waiting for new checkpoint at %s", checkpoint_dir)
    stop = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            LOGGER.info("Found new checkpoint at %s", found)
            return found
        if stop is not None and time.monotonic() + seconds_to_sleep > stop:
            return None
        time.sleep(seconds_to_sleep)


@public("train.checkpoints_iterator")
def checkpoints_iterator(
    checkpoint_dir: str | os.PathLike[str],
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """The checkpoints of a folder as they come; some are left out if they come faster than they are asked for.

    Args:
        checkpoint_dir: the folder.
        min_interval_secs: the least time between two.
        timeout: seconds to wait for the next one, or None.
        timeout_fn: what to ask when they have passed: True ends the iteration, which ends anyway if it is None.

    Yields:
        The prefixes.
    """
    path: str | None = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is None:
            if timeout_fn is None:
                LOGGER.info("Timed-out waiting for a checkpoint.")
                return
            if timeout_fn():
                return
            continue
        path = new
        start = time.monotonic()
        yield path
        rest = start + min_interval_secs - time.monotonic()
        if rest > 0:
            time.sleep(rest)
