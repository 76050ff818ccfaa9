"""Samples of `ops/compression.py`."""

import gzip
import zlib

from tests.samples import Sample, b

TEXT = b"hello, \x00\xff" * 30
ZLIB = zlib.compress(TEXT)
GZIP = gzip.compress(TEXT, mtime=0)


def compressed(label, strings, kind, error=None) -> Sample:
    """One tensor of strings of one kind."""
    return Sample(
        "DecodeCompressed", label, dict(bytes=b(strings)), dict(compression_type=kind), error
    )


SAMPLES = [
    compressed("zlib", [[ZLIB, zlib.compress(b"")], [zlib.compress(TEXT, 0), ZLIB]], "ZLIB"),
    compressed("gzip", [GZIP, gzip.compress(b"", mtime=0)], "GZIP"),
    compressed("scalar", ZLIB, "ZLIB"),
    compressed("plain", [TEXT, b""], ""),
    compressed("no_strings", [], "ZLIB"),
    compressed("no_bytes", [b"", b""], "ZLIB"),
    compressed("broken_off", [ZLIB[:-3], ZLIB[:-12]], "ZLIB"),
    compressed("broken_off_gzip", [GZIP[:-3], GZIP[:14]], "GZIP"),
    compressed("more_after_zlib", [ZLIB + b"junk", ZLIB + ZLIB], "ZLIB"),
    compressed("two_members", [GZIP + GZIP], "GZIP"),
    compressed("no_zlib", [TEXT], "ZLIB", "must be ZLIB"),
    compressed("zlib_as_gzip", [ZLIB], "GZIP", "must be GZIP"),
    compressed("other_kind", [ZLIB], "SNAPPY", "compression_type must be"),
]
