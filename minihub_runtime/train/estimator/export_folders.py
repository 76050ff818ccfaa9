"""Folders that are called after the second they were begun in, so that later ones sort after earlier ones.

Source: tensorflow/python/saved_model/model_utils/export_utils.py, tensorflow_estimator/python/estimator/gc.py.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.gfile import exists, isdir, listdir, local_path, makedirs, rename, rmtree
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.errors import NotFoundError

__all__ = ["complete_folder", "keep_latest", "timestamped_folder"]

_ATTEMPTS = 10
_DIGITS = 10


def timestamped_folder(base: Any) -> str:
    """A path below `base` that is called after this second, or one of the next, and is not there yet.

    Raises:
        RuntimeError: there is none after ten attempts.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        path = os.path.join(local_path(base), str(int(time.time())))
        if not exists(path):
            return path
        time.sleep(1)
        LOGGER.warning(
            "Export directory %s already exists; retrying (attempt %d/%d)", path, attempt, _ATTEMPTS
        )
    raise RuntimeError(
        f"Failed to obtain a unique export directory name after {_ATTEMPTS} attempts."
    )


@contextlib.contextmanager
def complete_folder(path: str) -> Iterator[str]:
    """A folder to write into, which gets the name `path` when all is written; an error leaves none.

    What a killed program leaves is called `temp-` and the name, which no reader takes for an export.
    """
    parent, name = os.path.split(path)
    temporary = os.path.join(parent, f"temp-{name}")
    if isdir(temporary):
        rmtree(temporary)
    makedirs(parent)
    try:
        yield temporary
        rename(temporary, path)
    except BaseException:
        if isdir(temporary):
            rmtree(temporary)
        raise


def keep_latest(base: Any, count: int | None) -> None:
    """Delete all but the latest `count` folders that are called after a second; all are kept if it is None."""
    if count is None:
        return
    names = [name for name in listdir(base) if len(name) == _DIGITS and name.isdigit()]
    for name in sorted(names)[:-count]:
        path = os.path.join(local_path(base), name)
        try:
            rmtree(path)
        except NotFoundError as error:
            LOGGER.warning("Can not delete %s recursively: %s", path, error)
