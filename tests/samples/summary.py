"""Samples of `ops/summary.py`."""

import numpy as np

from minihub_runtime.protos import Summary, SummaryMetadata
from tests.samples import (
    Sample,
    array,
    b,
    bf16,
    boolean,
    c64,
    f16,
    f32,
    f64,
    i8,
    i32,
    i64,
    normal,
    u64,
)

REALS = [
    "float32",
    "float64",
    "int32",
    "uint8",
    "int16",
    "int8",
    "int64",
    "bfloat16",
    "uint16",
    "float16",
    "uint32",
    "uint64",
]

ONE = Summary(value=[Summary.Value(tag="a", simple_value=1.5)]).SerializeToString()
TWO = Summary(
    value=[Summary.Value(tag="b", simple_value=2), Summary.Value(simple_value=3)]
).SerializeToString()
NAMELESS = Summary(value=[Summary.Value(simple_value=4)]).SerializeToString()
TEXT = SummaryMetadata(
    plugin_data=SummaryMetadata.PluginData(plugin_name="text", content=b"x")
).SerializeToString()


def scalars(label, tags, values, error=None):
    return Sample("ScalarSummary", label, dict(tags=b(tags), values=values), error=error)


def histogram(label, values, tag="h", error=None):
    return Sample("HistogramSummary", label, dict(tag=b(tag), values=values), error=error)


def merge(label, *inputs, error=None):
    return Sample("MergeSummary", label, dict(inputs=list(inputs)), error=error)


def tensor(label, value):
    return Sample("TensorSummary", label, dict(tensor=value))


def tagged(label, value, tag="t", metadata=TEXT, error=None):
    inputs = dict(tag=b(tag), tensor=value, serialized_summary_metadata=b(metadata))
    return Sample("TensorSummaryV2", label, inputs, error=error)


TENSORS = {
    "float32": f32([[1, 2], [3, 4]]),
    "scalar": f64(1.5),
    "empty": i32(np.zeros((0, 3))),
    "int64": i64([1 << 40, -1]),
    "strings": b(["a", "bc"]),
    "string": b("text"),
    "bool": boolean([True, False]),
    "complex": c64([1 + 2j]),
    "float16": f16([0.1, 65504]),
    "bfloat16": bf16([0.1, 3]),
    "int8": i8([-128]),
}

SAMPLES = [
    *[scalars(kind, "tag", array(3, kind)) for kind in REALS],
    scalars("vector", ["a", "b"], f32([1, -2.5])),
    scalars("matrix", [["a"], ["b"]], f64([[np.inf], [np.nan]])),
    scalars("none", np.zeros(0, object), f32([])),
    scalars("zero", "é", f32(0)),
    scalars("large", "t", u64((1 << 64) - 1)),
    scalars("shapes", ["a", "b"], f32([1, 2, 3]), error="tags and values not the same shape"),
    scalars("shape", "a", f32([1]), error=r"not the same shape: .* \(tag 'a'\)"),
    *[histogram(kind, array([0, 1, 2, 3, 3, 100], kind)) for kind in REALS],
    histogram("normal", normal(1000)),
    histogram("doubles", normal(50, 20, dtype="float64")),
    histogram("far", f64([1e-13, -1e-13, 1e25, -1e25, 1e20, 0, -0.0])),
    histogram("edges", f64([1e-12, -1e-12, 1.1e-12])),
    histogram("scalar", f32(-3.5)),
    histogram("none", f32([])),
    histogram("nan", f32([1, np.nan]), error="Nan in summary histogram for: "),
    histogram("infinity", f32([1, -np.inf]), error="Infinity in summary histogram for: "),
    histogram("tags", f32([1]), tag=["a", "b"], error="tags must be"),
    merge("one", b(ONE)),
    merge("two", b(ONE), b(TWO)),
    merge("vectors", b([ONE, TWO]), b([[NAMELESS, NAMELESS]])),
    merge("nothing", b("")),
    merge("twice", b(ONE), b(ONE), error="Duplicate tag a found in summary inputs"),
    merge("not_a_summary", b(b"\xff\xff"), error="Could not parse one of the summary inputs"),
    *[tensor(label, value) for label, value in TENSORS.items()],
    *[tagged(label, value) for label, value in TENSORS.items()],
    tagged("no_metadata", f32([1]), metadata=""),
    tagged("tags", f32([1]), tag=["a"], error="tag must be"),
    tagged("metadata", f32([1]), metadata=["a"], error="serialized_summary_metadata must be"),
]  # fmt: skip
