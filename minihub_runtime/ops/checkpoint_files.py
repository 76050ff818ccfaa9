"""The reader of a checkpoint, of whichever format it is.

Source: tensorflow/core/util/tensor_slice_reader.cc, core/kernels/save_restore_v2_ops.cc:RestoreV2.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.checkpoint.bundle import index_filename
from minihub_runtime.errors import NotFoundError, clip
from minihub_runtime.ops.file_patterns import matching_paths

if TYPE_CHECKING:
    from minihub_runtime.checkpoint import OldCheckpointReader

__all__ = ["old_checkpoint_files", "open_checkpoint"]


def old_checkpoint_files(prefix: str) -> list[str] | None:
    """The files of a checkpoint of the V1 format, whose prefix may be a pattern; None if it is one of V2.

    Args:
        prefix: of the checkpoint.
    """
    if os.path.lexists(index_filename(prefix)):
        return None
    return matching_paths(prefix) or None


def open_checkpoint(
    prefix: str, files: list[str] | None = None
) -> CheckpointReader | OldCheckpointReader:
    """The reader of a checkpoint.

    Args:
        prefix: of the checkpoint.
        files: what `old_checkpoint_files` says, if the caller knows.

    Raises:
        NotFoundError: there is none.
        OpError: its files cannot be read, or are damaged.
    """
    files = files or old_checkpoint_files(prefix)
    if files is not None:
        from minihub_runtime.checkpoint import OldCheckpointReader

        return OldCheckpointReader(prefix, files)
    try:
        return CheckpointReader(prefix)
    except NotFoundError as error:
        raise NotFoundError(
            "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for "
            f"{clip(prefix)}"
        ) from error
