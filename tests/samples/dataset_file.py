"""Samples of `ops/dataset_file.py`; what a stranger's graph may read is in `tests/ops/test_datasets.py`."""

from __future__ import annotations

from typing import Any

from tests.samples import Call, File, Sample, Step, b, i64
from tests.samples.dataset_source import elements, numbers, typed

FOLDER = "tests/data/records"
TEXT = ["string"]


def of(op: str, label: str, count: int, name: Any, kind: str = "", **more: Any) -> Sample:
    error = more.pop("error", None)
    path = File(f"{FOLDER}/{name}") if isinstance(name, str) else name
    inputs = dict(filenames=path, buffer_size=i64(0), **more)
    if op != "FixedLengthRecordDataset":
        inputs["compression_type"] = b(kind)
    return elements(op, label, inputs, {}, count, TEXT, None, error)


def fixed(
    op: str, label: str, count: int, name: Any, sizes: Any = (2, 3, 1), **more: Any
) -> Sample:
    names = ("header_bytes", "record_bytes", "footer_bytes")
    return of(op, label, count, name, **dict(zip(names, map(i64, sizes))), **more)


def alone(label: str, sizes: Any, error: str | None = None) -> Sample:
    """The one record of a file: TensorFlow's iterators cannot go over the old op, which they do not rewrite."""
    names = ("header_bytes", "record_bytes", "footer_bytes")
    inputs = dict(
        filenames=File(f"{FOLDER}/fixed.bin"),
        buffer_size=i64(0),
        **dict(zip(names, map(i64, sizes))),
    )
    take = Call("DatasetToSingleElement", dict(dataset=Step("sampled")), typed(TEXT, [[]]))
    return Sample("FixedLengthRecordDataset", label, inputs, {}, error, {}, dict(record=take))


def written(op: str, label: str, name: Any, kind: Any, error: str) -> Sample:
    inputs = dict(input_dataset=Step("source"), filename=name, compression_type=kind)
    return Sample(op, label, inputs, {}, error, {"source": numbers(3)})


SAMPLES = [
    *(
        written(op, label, name, kind, "scalar")
        for op in ("DatasetToTFRecord", "ExperimentalDatasetToTFRecord")
        for label, name, kind in [
            ("several names", b(["x", "y"]), b("")),
            ("several compressions", b("x"), b(["", ""])),
        ]
    ),
    of("TextLineDataset", "lines", 5, "lines.txt"),
    of("TextLineDataset", "compressed", 5, "lines.gz", "GZIP"),
    of("TextLineDataset", "end", 6, "lines.txt", error="End of sequence"),
    of("TextLineDataset", "no such file", 1, "missing", error="No such file"),
    of("TextLineDataset", "unknown compression", 1, "lines.gz", "LZ4", error="compression_type"),
    of("TextLineDataset", "names in a matrix", 1, b([["x"]]), error="filenames"),
    of("TFRecordDataset", "records", 3, "whole.tfrecord"),
    of("TFRecordDataset", "compressed", 3, "whole.tfrecord.zlib", "ZLIB"),
    of("TFRecordDataset", "cut", 2, "cut.tfrecord"),
    of("TFRecordDataset", "the record that is cut", 3, "cut.tfrecord", error="truncated"),
    of("TFRecordDataset", "no records", 1, "lines.txt", error="corrupted"),
    of("TFRecordDataset", "unknown compression", 1, "lines.gz", "LZ4", error="compression_type"),
    alone("record", (2, 9, 1)),
    alone("without header and footer", (0, 12, 0)),
    alone("several", (2, 3, 1), error="more than one"),
    alone("no whole number", (1, 3, 1), error="whole number"),
    alone("records of nothing", (1, 0, 1), error="record_bytes"),
    fixed("FixedLengthRecordDatasetV2", "records", 3, "fixed.bin"),
    fixed("FixedLengthRecordDatasetV2", "end", 4, "fixed.bin", error="End of sequence"),
    fixed("FixedLengthRecordDatasetV2", "without header and footer", 4, "fixed.bin", (0, 3, 0)),
    fixed(
        "FixedLengthRecordDatasetV2", "no whole number", 1, "fixed.bin", (1, 3, 1), error="whole"
    ),
    fixed(
        "FixedLengthRecordDatasetV2", "no records", 1, "fixed.bin", (1, 0, 1), error="record_bytes"
    ),
    fixed(
        "FixedLengthRecordDatasetV2", "negative header", 1, "fixed.bin", (-1, 3, 1), error="header"
    ),
    fixed("FixedLengthRecordDatasetV2", "compressed", 3, "fixed.zlib", kind="ZLIB"),
]
