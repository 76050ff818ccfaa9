"""The file `checkpoint` beside the checkpoints: which is the latest, and which are kept.

    model_checkpoint_path: "model-300"
    all_model_checkpoint_paths: "model-200"
    all_model_checkpoint_paths: "model-300"

Source: tensorflow/python/checkpoint/checkpoint_management.py.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence

from minihub_runtime.api.gfile import local_path, matching, remove, stat
from minihub_runtime.api.graph_io import write_proto
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.checkpoint import finish_interrupted
from minihub_runtime.checkpoint.bundle import index_filename
from minihub_runtime.checkpoint.files import sync_files
from minihub_runtime.errors import NotFoundError, OpError
from minihub_runtime.files import read_regular_file
from minihub_runtime.protos import CheckpointState, SaverDef
from minihub_runtime.public import public

__all__ = [
    "checkpoint_exists",
    "generate_checkpoint_state_proto",
    "get_checkpoint_mtimes",
    "get_checkpoint_state",
    "latest_checkpoint",
    "meta_graph_filename",
    "remove_checkpoint",
    "remove_tensors",
    "sync_checkpoint",
    "update_checkpoint_state",
    "write_checkpoint_state",
]

#: What the file is called unless somebody says otherwise.
STATE_FILENAME = "checkpoint"


@public("train.generate_checkpoint_state_proto")
def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> CheckpointState:
    """What the file says, as a message.

    Args:
        save_dir: the folder of the file; if it is relative, so are the paths in the file, to it.
        model_checkpoint_path: prefix of the latest checkpoint.
        all_model_checkpoint_paths: prefixes of all that are kept, the latest last; it is added if it is missing.
        all_model_checkpoint_timestamps: when each was written.
        last_preserved_timestamp: when the last one was written that is kept for ever.

    Raises:
        ValueError: there are not as many times as paths.
    """
    paths = list(all_model_checkpoint_paths or ())
    if not paths or paths[-1] != model_checkpoint_path:
        LOGGER.info(
            "%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path
        )
        paths.append(model_checkpoint_path)
    times = all_model_checkpoint_timestamps
    if times and len(times) != len(paths):
        raise ValueError(
            "Checkpoint timestamps, if provided, must match checkpoint paths (got paths "
            f"{paths} and timestamps {times})"
        )
    if not os.path.isabs(save_dir):
        model_checkpoint_path = _relative(model_checkpoint_path, save_dir)
        paths = [_relative(path, save_dir) for path in paths]
    return CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp,
    )


def _relative(path: str, folder: str) -> str:
    return path if os.path.isabs(path) else os.path.relpath(path, folder or ".")


@public("train.update_checkpoint_state")
def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the file.

    Args:
        save_dir: its folder.
        model_checkpoint_path: see `generate_checkpoint_state_proto`.
        all_model_checkpoint_paths: see there.
        latest_filename: its name, `checkpoint` if None.
        all_model_checkpoint_timestamps: see `generate_checkpoint_state_proto`.
        last_preserved_timestamp: see there.

    Raises:
        RuntimeError: the checkpoint has the name of the file.
        ValueError: there are not as many times as paths.
        OpError: the file cannot be written.
    """
    write_checkpoint_state(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        False,
        all_model_checkpoint_timestamps,
        last_preserved_timestamp,
    )


def write_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: Sequence[str] | None = None,
    latest_filename: str | None = None,
    save_relative_paths: bool = False,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """`update_checkpoint_state`; with `save_relative_paths` the folder may be moved."""
    path = model_checkpoint_path
    paths = list(all_model_checkpoint_paths or ())
    if save_relative_paths:
        path, *paths = (
            os.path.relpath(item, save_dir) if os.path.isabs(item) else item
            for item in (path, *paths)
        )
    state = generate_checkpoint_state_proto(
        save_dir, path, paths, all_model_checkpoint_timestamps, last_preserved_timestamp
    )
    filename = os.path.join(save_dir, latest_filename or STATE_FILENAME)
    if filename == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state.  "
            "Please use a different save path."
        )
    write_proto(state, filename, as_text=True)


@public("train.get_checkpoint_state")
def get_checkpoint_state(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> CheckpointState | None:
    """What the file says, its paths completed by that of the folder; None if there is no file, or it is not readable.

    Args:
        checkpoint_dir: the folder.
        latest_filename: name of the file, `checkpoint` if None.

    Raises:
        ValueError: the file names no checkpoint.
    """
    from google.protobuf import text_format

    folder = local_path(checkpoint_dir)
    filename = os.path.join(folder, latest_filename or STATE_FILENAME)
    state = CheckpointState()
    try:
        text_format.Merge(read_regular_file(filename).decode("utf-8"), state)
    except NotFoundError:
        return None
    except (OpError, text_format.ParseError, UnicodeDecodeError) as error:
        LOGGER.warning("%s: %s", type(error).__name__, error)
        LOGGER.warning("%s: Checkpoint ignored", filename)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {checkpoint_dir!s}")
    state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    paths = [os.path.join(folder, path) for path in state.all_model_checkpoint_paths]
    state.all_model_checkpoint_paths[:] = paths
    return state


@public("train.latest_checkpoint")
def latest_checkpoint(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> str | None:
    """The prefix of the latest checkpoint of a folder; None if there is none.

    Args:
        checkpoint_dir: the folder.
        latest_filename: name of the file that tells, `checkpoint` if None.

    Raises:
        ValueError: the file names no checkpoint.
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    if not checkpoint_exists(state.model_checkpoint_path):
        LOGGER.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
        return None
    return state.model_checkpoint_path


def _file_of(checkpoint_prefix: str) -> str | None:
    """A file that every checkpoint of that prefix has: the index of a new one, or an old one itself."""
    index = index_filename(checkpoint_prefix)
    for path in (index, checkpoint_prefix):
        if os.path.isfile(path):
            return path
    # The old format had a file for each shard, and a pattern for all.
    return next(iter((*matching(index), *matching(checkpoint_prefix))), None)


@public("train.checkpoint_exists")
def checkpoint_exists(checkpoint_prefix: str | os.PathLike[str]) -> bool:
    """Whether there is a checkpoint of that prefix.

    One whose writer died after everything was written, while the files took their names, is completed.
    """
    prefix = local_path(checkpoint_prefix)
    finish_interrupted(prefix)
    return _file_of(prefix) is not None


@public("train.get_checkpoint_mtimes")
def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str]) -> list[float]:
    """When the checkpoints were written, in seconds since 1970; those that are not there are left out."""
    files = (_file_of(local_path(prefix)) for prefix in checkpoint_prefixes)
    return [stat(path).mtime_nsec / 1e9 for path in files if path is not None]


@public("train.remove_checkpoint")
def remove_checkpoint(
    checkpoint_prefix: str,
    checkpoint_format_version: int = SaverDef.V2,
    meta_graph_suffix: str = "meta",
) -> None:
    """Delete the files of a checkpoint, its MetaGraph first.

    Args:
        checkpoint_prefix: of the checkpoint.
        checkpoint_format_version: `SaverDef.V2` or an older one.
        meta_graph_suffix: of the file of the MetaGraph.

    Raises:
        OpError: a file cannot be deleted.
    """
    prefix = local_path(checkpoint_prefix)
    patterns = [glob.escape(meta_graph_filename(prefix, meta_graph_suffix))]
    if checkpoint_format_version == SaverDef.V2:
        patterns += _patterns(prefix)
    else:
        patterns.append(prefix)
    _remove_matching(patterns)


def remove_tensors(checkpoint_prefix: str) -> None:
    """Delete the files of a checkpoint that has no MetaGraph.

    Raises:
        OpError: a file cannot be deleted.
    """
    _remove_matching(_patterns(local_path(checkpoint_prefix)))


def _remove_matching(patterns: Iterable[str]) -> None:
    for pattern in patterns:
        for path in matching(pattern):
            try:
                remove(path)
            except NotFoundError:
                LOGGER.warning("somebody else deleted %s at the same time", path)


def sync_checkpoint(checkpoint_prefix: str) -> None:
    """Wait until the files of a checkpoint are on the disk; at once if the system has written them.

    Raises:
        OpError: the system cannot write one.
    """
    prefix = local_path(checkpoint_prefix)
    patterns = [*_patterns(prefix), prefix]
    sync_files([path for pattern in patterns for path in matching(pattern)])


def _patterns(prefix: str) -> list[str]:
    """Patterns of the files of a checkpoint of the V2 format."""
    exactly = glob.escape(prefix)
    return [index_filename(exactly), f"{exactly}.data-?????-of-?????"]


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """The file of the MetaGraph that belongs to a checkpoint."""
    whole = re.sub(r"-[\d\?]+-of-\d+$", "", checkpoint_filename)
    return f"{whole}.{meta_graph_suffix}"
