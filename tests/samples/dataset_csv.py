"""Samples of `ops/dataset_csv.py`; what a stranger's graph may read is in `tests/ops/test_csv_datasets.py`."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.samples import Call, File, Sample, Step, b, boolean, f32, f64, i32, i64
from tests.samples.dataset_source import elements
from tests.samples.dataset_source import typed as attributes

FOLDER = "tests/data/records"
HEADER = dict(header=boolean(True))
#: NumPy's name of a type → TensorFlow's.
KINDS = {name: name for name in ("float32", "float64", "int32", "int64")} | {"object": "string"}
MIXED = [b(["default"]), i64([-1]), f32([0])]
TWO = [i32([]), i32([])]


def of(op: str, label: str, count: int, name: Any, defaults: list[Any], **more: Any) -> Sample:
    """The first `count` records of a file."""
    error, shapes = more.pop("error", None), more.pop("shapes", [[]] * len(defaults))
    inputs = dict(
        filenames=File(f"{FOLDER}/{name}") if isinstance(name, str) else name,
        compression_type=b(""),
        buffer_size=i64(16),
        header=boolean(False),
        field_delim=b(","),
        use_quote_delim=boolean(True),
        na_value=b(""),
        select_cols=i64([]),
        record_defaults=defaults,
    )
    if op == "CSVDatasetV2":
        inputs["exclude_cols"] = i64([])
    inputs.update(more)
    types = [KINDS[str(value.dtype)] for value in defaults]
    return elements(op, label, inputs, dict(output_shapes=shapes), count, types, None, error)


def v2(label: str, count: int, name: Any, defaults: list[Any], **more: Any) -> Sample:
    return of("CSVDatasetV2", label, count, name, defaults, **more)


def passing(label: str, count: int, name: str, defaults: list[Any], **more: Any) -> Sample:
    """The first `count` records of a file that are not wrong."""
    sample = v2(label, count, name, defaults, **more)
    types = [KINDS[str(value.dtype)] for value in defaults]
    unknown = attributes(types, [None] * len(types))
    good = Call("IgnoreErrorsDataset", dict(input_dataset=Step("sampled")), unknown)
    start = Call("MakeIterator", dict(dataset=Step("good"), iterator=Step("iterator")))
    return dataclasses.replace(sample, after={"good": good, **sample.after, "start": start})


SAMPLES = [
    v2("records", 3, "plain.csv", MIXED, **HEADER),
    v2("end", 4, "plain.csv", MIXED, **HEADER, error="End of sequence"),
    v2("header as a record", 1, "plain.csv", MIXED, error="Field 1 .* not a valid int64: 'n'"),
    v2("some columns", 3, "plain.csv", [b([]), f64([7])], select_cols=i64([0, 2]), **HEADER),
    v2("all but one column", 3, "plain.csv", [b([]), f64(7)], exclude_cols=i64([1]), **HEADER),
    v2("compressed", 3, "plain.csv.gz", MIXED, compression_type=b("GZIP"), **HEADER),
    v2("deflated", 3, "plain.csv.zlib", MIXED, compression_type=b("ZLIB"), **HEADER),
    v2("not compressed", 1, "plain.csv", MIXED, compression_type=b("GZIP"), error="inflate"),
    v2("unknown compression", 1, "plain.csv", MIXED, compression_type=b("LZ4"), error="LZ4"),
    v2("line ends", 2, "crlf.csv", TWO),
    v2("empty line", 3, "crlf.csv", TWO, error="Field 0 is required but missing"),
    passing("after an empty line", 4, "crlf.csv", TWO),
    passing("only good ones", 2, "wrong.csv", TWO),
    passing("with defaults", 3, "wrong.csv", [i32([9]), i32([])]),
    passing("quotes as characters", 4, "wrong.csv", [b([]), b([])], use_quote_delim=boolean(False)),
    v2("no number", 2, "wrong.csv", TWO, error="Field 0 .* not a valid int32: 'x'"),
    v2(
        "all missing",
        3,
        "semicolon.csv",
        [i64([5]), b(["none"]), f64([])],
        field_delim=b(";"),
        na_value=b("NA"),
    ),
    v2("missing", 1, "plain.csv", [b([]), i64([])], select_cols=i64([1, 2]), error="Field 1"),
    v2("no such file", 1, "missing.csv", TWO, error="No such file"),
    v2("two defaults", 1, "plain.csv", [i32([1, 2])], error="default"),
    v2("matrix of defaults", 1, "plain.csv", [i32([[1]])], error="1 default per field"),
    v2("names in a matrix", 1, b([["x"]]), TWO, error="filenames"),
    v2("nothing buffered", 1, "plain.csv", TWO, buffer_size=i64(0), error="buffer_size"),
    v2("two delimiters", 1, "plain.csv", TWO, field_delim=b("::"), error="only 1 char"),
    v2("columns out of order", 1, "plain.csv", TWO, select_cols=i64([1, 0]), error="increasing"),
    v2("negative column", 1, "plain.csv", TWO, select_cols=i64([-1, 0]), error="non-negative"),
    v2("too many columns", 1, "plain.csv", TWO, select_cols=i64([0, 1, 2]), error="output size"),
    v2("column alone", 1, "plain.csv", TWO, select_cols=i64(0), error="must be a vector"),
    v2("same column out", 1, "plain.csv", TWO, exclude_cols=i64([1, 1]), error="increasing"),
    v2("out column alone", 1, "plain.csv", TWO, exclude_cols=i64(0), error="must be a vector"),
    v2(
        "columns in and out",
        1,
        "plain.csv",
        TWO,
        select_cols=i64([0, 1]),
        exclude_cols=i64([2]),
        error="Either select_cols or exclude_cols",
    ),
    v2("shapes of others", 1, "plain.csv", TWO, shapes=[[], [2]], error="Incompatible shapes"),
    v2("too few shapes", 1, "plain.csv", TWO, shapes=[[]], error="expected 2 shapes"),
    v2("header in a vector", 1, "plain.csv", TWO, header=boolean([True]), error="header"),
]
for _op in ("CSVDataset", "ExperimentalCSVDataset"):
    SAMPLES += [
        of(_op, "records", 3, "plain.csv", MIXED, **HEADER),
        of(_op, "column", 3, "plain.csv", [b([])], select_cols=i64([0])),
        of(_op, "too many fields", 1, "plain.csv", TWO, error="Field 0"),
        of(_op, "column alone", 1, "plain.csv", TWO, select_cols=i64(0), error="must be a vector"),
    ]
