"""Datasets of the lines and records of files.

Source: tensorflow/python/data/ops/readers.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import AUTOTUNE
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.data.experimental import parallel_interleave
from minihub_runtime.api.graph import Tensor, get_default_graph
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import int64, string
from minihub_runtime.public import public

__all__ = ["FixedLengthRecordDataset", "TFRecordDataset", "TextLineDataset"]

_TEXT = TensorSpec([], string)
#: Bytes that TensorFlow reads ahead.
_BUFFER = 256 * 1024


def _files(filenames: Any) -> Dataset:
    """The dataset of the names of files.

    Raises:
        TypeError: they are not text, or no scalars.
    """
    if isinstance(filenames, Dataset):
        if filenames.output_types != string:
            raise TypeError(
                "The `filenames` argument must contain `tf.string` elements. Got a dataset of "
                f"`{filenames.output_types!r}` elements."
            )
        if not filenames.output_shapes.is_compatible_with(TensorShape([])):
            raise TypeError(
                "The `filenames` argument must contain `tf.string` elements of shape [] (i.e. scalars). "
                f"Got a dataset of element shape {filenames.output_shapes!r}."
            )
        return filenames
    given = nest.map_structure(_plain, filenames)
    tensor = convert_to_tensor(given, dtype_hint=string)
    if tensor.dtype != string:
        raise TypeError(
            f"The `filenames` argument must contain `tf.string` elements. Got `{tensor.dtype!r}` elements."
        )
    flat = build("Reshape", tensor=tensor, shape=[-1], name="flat_filenames")
    variant = build("TensorSliceDataset", components=[flat], output_shapes=[()], is_files=True)
    return Dataset(variant, _TEXT)


def _plain(path: Any) -> Any:
    if isinstance(path, (list, tuple)):
        return [_plain(item) for item in path]
    return os.fspath(path) if isinstance(path, os.PathLike) else path


def _argument(value: Any, name: str, default: Any, dtype: Any) -> Tensor:
    return convert_to_tensor(default if value is None else value, dtype, name)


def _by_program() -> str:
    """The metadata that lets an operation of the program read any file: a message with a name of 32 characters."""
    return f"\n\x20{get_default_graph().node_graph.program_token}"


def _read(filenames: Any, reads: int | None, one: Callable[[Tensor], Tensor]) -> Dataset:
    """The elements of the datasets of files."""

    def read(filename: Any) -> Dataset:
        return Dataset(one(convert_to_tensor(filename, string, "filename")), _TEXT)

    files = _files(filenames)
    if reads is None:
        return files.flat_map(read)
    if reads == AUTOTUNE:
        return files.interleave(read, num_parallel_calls=reads)
    return files.apply(parallel_interleave(read, reads))  # type: ignore[no-any-return]


@public("data.TextLineDataset")
class TextLineDataset(Dataset):
    """The lines of text files, without what ends them.

    The program may read any file; a graph that was read from a file may read those of its module.

    Args:
        filenames: names of files: a string tensor, or a dataset of strings.
        compression_type: "ZLIB", "GZIP", or "" for none.
        buffer_size: written into the graph.
        num_parallel_reads: how many files are read in turn; by default one after the other.
        name: accepted; it has no effect.

    Raises:
        TypeError: the names are no text.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: int | None = None,
        name: str | None = None,
    ) -> None:
        def one(filename: Tensor) -> Tensor:
            made: Tensor = build(
                "TextLineDataset",
                filenames=filename,
                compression_type=_argument(compression_type, "compression_type", "", string),
                buffer_size=_argument(buffer_size, "buffer_size", _BUFFER, int64),
                metadata=_by_program(),
            )
            return made

        found = _read(filenames, num_parallel_reads, one)
        super().__init__(found._variant_tensor, _TEXT)


@public("data.TFRecordDataset")
class TFRecordDataset(Dataset):
    """The records of TFRecord files.

    The program may read any file; a graph that was read from a file may read those of its module.

    Args:
        filenames: names of files: a string tensor, or a dataset of strings.
        compression_type: "ZLIB", "GZIP", or "" for none.
        buffer_size: written into the graph.
        num_parallel_reads: how many files are read in turn; by default one after the other.
        name: accepted; it has no effect.

    Raises:
        TypeError: the names are no text.
    """

    def __init__(
        self,
        filenames: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        num_parallel_reads: int | None = None,
        name: str | None = None,
    ) -> None:
        def one(filename: Tensor) -> Tensor:
            made: Tensor = build(
                "TFRecordDataset",
                filenames=filename,
                compression_type=_argument(compression_type, "compression_type", "", string),
                buffer_size=_argument(buffer_size, "buffer_size", _BUFFER, int64),
                metadata=_by_program(),
            )
            return made

        found = _read(filenames, num_parallel_reads, one)
        super().__init__(found._variant_tensor, _TEXT)


@public("data.FixedLengthRecordDataset")
class FixedLengthRecordDataset(Dataset):
    """The records of one length of binary files, between a header and a footer.

    The program may read any file; a graph that was read from a file may read those of its module.

    Args:
        filenames: names of files: a string tensor, or a dataset of strings.
        record_bytes: bytes of a record.
        header_bytes: bytes before the first record, 0 by default.
        footer_bytes: bytes after the last record, 0 by default.
        buffer_size: written into the graph.
        compression_type: "ZLIB", "GZIP", or "" for none.
        num_parallel_reads: how many files are read in turn; by default one after the other.
        name: accepted; it has no effect.

    Raises:
        TypeError: the names are no text.
    """

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: int | None = None,
        name: str | None = None,
    ) -> None:
        def one(filename: Tensor) -> Tensor:
            made: Tensor = build(
                "FixedLengthRecordDatasetV2",
                filenames=filename,
                header_bytes=_argument(header_bytes, "header_bytes", 0, int64),
                record_bytes=convert_to_tensor(record_bytes, int64, "record_bytes"),
                footer_bytes=_argument(footer_bytes, "footer_bytes", 0, int64),
                buffer_size=_argument(buffer_size, "buffer_size", _BUFFER, int64),
                metadata=_by_program(),
                compression_type=_argument(compression_type, "compression_type", "", string),
            )
            return made

        found = _read(filenames, num_parallel_reads, one)
        super().__init__(found._variant_tensor, _TEXT)
