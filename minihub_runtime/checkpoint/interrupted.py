"""Checkpoints whose writer died while the files took their names."""

from __future__ import annotations

import os

from minihub_runtime.checkpoint.bundle import (
    MAX_INDEX_BYTES,
    data_filename,
    header_of,
    index_filename,
)
from minihub_runtime.checkpoint.files import NEXT, read_file, take_names, translated
from minihub_runtime.checkpoint.table import read_table
from minihub_runtime.errors import DataLossError, NotFoundError, clip

__all__ = ["finish_interrupted"]


def finish_interrupted(prefix: str) -> None:
    """Let the files of a checkpoint that was written whole take their names, if they have not.

    Only for checkpoints of the program's own: files are renamed.

    Args:
        prefix: path of the files without `.index` and `.data-…`.

    Raises:
        OpError: the files are not what they should be, or cannot be renamed.
    """
    index = index_filename(prefix)
    waiting = f"{index}{NEXT}"
    if not os.path.lexists(waiting):
        return
    try:
        table = read_table(read_file(waiting, MAX_INDEX_BYTES), waiting)
    except NotFoundError:
        return  # somebody else was faster
    if not table or table[0][0]:
        raise DataLossError(f"{clip(waiting)} must begin with a header, but has none")
    shards = header_of(table[0][1], waiting).num_shards
    data = [data_filename(prefix, shard, shards) for shard in range(shards)]
    try:
        take_names([*data, index])
    except OSError as error:
        raise translated(error, waiting, "renamed") from error
