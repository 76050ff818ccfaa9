"""Samples of `ops/assertion.py`."""

from __future__ import annotations

from tests.samples import Sample, b, boolean, f32, i32

YES, NO = boolean(True), boolean(False)
# Print refuses nothing.
SAMPLES = [
    Sample("Assert", "true", dict(condition=YES, data=[f32(1)])),
    Sample(
        "Assert",
        "false",
        dict(condition=NO, data=[b("x must be"), f32([1, 2.5, 3, 4])]),
        error=r"assertion failed: x? ?.*must be. \[1 2.5 3...\]",
    ),
    Sample(
        "Assert",
        "summarize",
        dict(condition=NO, data=[i32([[1, 2], [3, 4]])]),
        dict(summarize=-1),
        error="assertion failed",
    ),
    Sample("Assert", "vector", dict(condition=boolean([True]), data=[f32(1)]), error="scalar"),
    Sample(
        "Print", "passes", dict(input=f32([1, 2]), data=[i32(1), b("x")]), dict(message="samples: ")
    ),
    Sample(
        "Print", "strings", dict(input=b("x"), data=[]), dict(message="samples", first_n=2), runs=3
    ),
    Sample("PrintV2", "plain", dict(input=b("samples"))),
    Sample("PrintV2", "end", dict(input=b("samples")), dict(end="")),
    Sample("PrintV2", "vector", dict(input=b(["samples"])), error="scalar"),
    Sample(
        "PrintV2",
        "stream",
        dict(input=b("samples")),
        dict(output_stream="nowhere"),
        error="output_stream",
    ),
]
