"""TensorFlow's checkpoints, the tensor bundles of V2 and what was before them, as named arrays and back.

    reader = CheckpointReader("module/variables/variables")
    reader.read("embeddings")
    write_checkpoint("export/variables/variables", {"embeddings": array})

Reading order:

    crc32c     checksums
    varint     integers of seven bits a byte
    snappy     compressed blocks
    table      the index file: sorted keys and values
    slices     slices of partitioned tensors, and their keys in the index
    bundle     the messages of the index, checked; the bytes of string tensors
    files      opening, mapping and replacing files with care
    verified   what this process compared with its checksum before
    interrupted   what is left of a writer that died
    reader     CheckpointReader
    writer     write_checkpoint, write_shards, Part, Sliced, Streamed
    old_format     OldCheckpointReader, of files of the V1 format
    old_writer     write_old_file
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from minihub_runtime.checkpoint.reader import CheckpointReader

if TYPE_CHECKING:
    from minihub_runtime.checkpoint.interrupted import finish_interrupted
    from minihub_runtime.checkpoint.old_format import OldCheckpointReader
    from minihub_runtime.checkpoint.old_writer import write_old_file
    from minihub_runtime.checkpoint.writer import (
        Part,
        Sliced,
        Streamed,
        write_checkpoint,
        write_shards,
    )

__all__ = [
    "CheckpointReader",
    "OldCheckpointReader",
    "Part",
    "Sliced",
    "Streamed",
    "finish_interrupted",
    "write_checkpoint",
    "write_old_file",
    "write_shards",
]

#: Where what is not in `writer` is.
_PLACES = {
    "OldCheckpointReader": "old_format",
    "finish_interrupted": "interrupted",
    "write_old_file": "old_writer",
}


def __getattr__(name: str) -> Any:
    """What writes, and reads old files, imported when it is first used: most programs only read new ones."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _PLACES.get(name, "writer")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
