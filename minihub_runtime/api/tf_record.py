"""TFRecord files: one record of bytes after the other, each with its length and checksums.

    length (8 bytes) · masked CRC-32C of the length (4) · data · masked CRC-32C of the data (4)

all little-endian; the whole file may be compressed.

Source: tensorflow/python/lib/io/tf_record.py, tensorflow/core/lib/io/record_reader.cc, record_writer.cc.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO

from minihub_runtime.errors import FailedPreconditionError, NotFoundError
from minihub_runtime.files import open_regular_file
from minihub_runtime.ops.record_files import compressor, framed, records
from minihub_runtime.public import public

__all__ = ["TFRecordCompressionType", "TFRecordOptions", "TFRecordWriter", "tf_record_iterator"]


@public("io.TFRecordCompressionType", "python_io.TFRecordCompressionType")
class TFRecordCompressionType:
    """How a file is compressed."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


@public("io.TFRecordOptions", "python_io.TFRecordOptions")
class TFRecordOptions:
    """How a file is compressed, and the settings of zlib."""

    compression_type_map = {
        TFRecordCompressionType.ZLIB: "ZLIB",
        TFRecordCompressionType.GZIP: "GZIP",
        TFRecordCompressionType.NONE: "",
    }

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: int | None = None,
        input_buffer_size: int | None = None,
        output_buffer_size: int | None = None,
        window_bits: int | None = None,
        compression_level: int | None = None,
        compression_method: int | None = None,
        mem_level: int | None = None,
        compression_strategy: int | None = None,
    ) -> None:
        self.get_compression_type_string(compression_type)
        self.compression_type = compression_type
        self.flush_mode = flush_mode
        self.input_buffer_size = input_buffer_size
        self.output_buffer_size = output_buffer_size
        self.window_bits = window_bits
        self.compression_level = compression_level
        self.compression_method = compression_method
        self.mem_level = mem_level
        self.compression_strategy = compression_strategy

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """`"ZLIB"`, `"GZIP"` or the empty string.

        Args:
            options: TFRecordOptions, a TFRecordCompressionType, one of those strings, or None.

        Raises:
            ValueError: it is none of these.
        """
        if not options:
            return ""
        if isinstance(options, TFRecordOptions):
            return cls.get_compression_type_string(options.compression_type)
        if options in cls.compression_type_map:
            return cls.compression_type_map[options]
        if options in cls.compression_type_map.values():
            return str(options)
        raise ValueError(f'Not a valid compression_type: "{options}"')

    def _compressor(self) -> Any:
        """What compresses the stream; None if nothing does."""
        return compressor(
            self.get_compression_type_string(self.compression_type),
            self.compression_level,
            self.compression_method,
            self.window_bits,
            self.mem_level,
            self.compression_strategy,
        )


@public("io.TFRecordWriter", "python_io.TFRecordWriter")
class TFRecordWriter:
    """Writes records to a new file; a context manager that closes it.

    Args:
        path: the file, replaced if it is there.
        options: TFRecordOptions, or a kind of compression.

    Raises:
        NotFoundError: the folder is not there.
        ValueError: there is no such compression.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        if not isinstance(options, TFRecordOptions):
            options = TFRecordOptions(compression_type=options)
        self._compressor = options._compressor()
        name = os.fspath(path)
        try:
            self._file: BinaryIO | None = open(name, "wb")  # noqa: SIM115 (closed by close)
        except FileNotFoundError:
            raise NotFoundError(f"{os.fsdecode(name)}; No such file or directory") from None

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise FailedPreconditionError("Writer is closed.")
        return self._file

    def write(self, record: Any) -> None:
        """Append a record: bytes, or text as UTF-8.

        Raises:
            FailedPreconditionError: the writer is closed.
            TypeError: it is neither.
        """
        file = self._open_file()
        if isinstance(record, str):
            record = record.encode()
        if not isinstance(record, (bytes, bytearray)):
            raise TypeError(f"a record must be bytes, not {type(record).__name__}")
        frame = framed(bytes(record))
        file.write(frame if self._compressor is None else self._compressor.compress(frame))

    def flush(self) -> None:
        """Bring what was written to the file.

        Raises:
            FailedPreconditionError: the writer is closed.
        """
        file = self._open_file()
        if self._compressor is not None:
            file.write(self._compressor.flush(zlib.Z_SYNC_FLUSH))
        file.flush()

    def close(self) -> None:
        """End the file."""
        if self._file is None:
            return
        if self._compressor is not None:
            self._file.write(self._compressor.flush())
        self._file.close()
        self._file = None

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@public("io.tf_record_iterator", "python_io.tf_record_iterator")
def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a file, one by one; a header cut short at the end is the end.

    Args:
        path: the file.
        options: TFRecordOptions, or a kind of compression.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a record is corrupted or truncated.
        ValueError: there is no such compression.
    """
    kind = TFRecordOptions.get_compression_type_string(options)
    return records(os.fdopen(open_regular_file(path), "rb"), kind)
