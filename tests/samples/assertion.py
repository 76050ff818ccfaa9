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
        error=r"assertion failed: \[x must be\] \[1 2.5 3...\]",
    ),
    Sample(
        "Assert",
        "summarize",
        dict(condition=NO, data=[i32([[1, 2], [3, 4]])]),
        dict(summarize=-1),
        error=r"assertion failed: \[\[1 2\]\[3 4\]\]",
    ),
    *(
        Sample("Assert", label, dict(condition=NO, data=[value]), error=error + r"(?:\n|\Z)")
        for label, value, error in [
            ("matrix", i32([[1, 2], [3, 4]]), r"failed: \[\[1 2\]\[3...\]...\]"),
            (
                "cube",
                i32([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
                r"failed: \[\[\[1 2\]\[3...\]\]...\]",
            ),
            ("empty", i32([]), r"failed: \[\]"),
            ("bool", boolean([True, False]), r"failed: \[1 0\]"),
            ("escapes", b('x\n"'), r"failed: \[x\\n\\\"\]"),
            ("floats", f32([1e-10, 1e20, 123456789]), r"failed: \[1e-10 1e\+20 123456792\]"),
            ("odd", f32([float("nan"), float("-inf")]), r"failed: \[nan -inf\]"),
        ]
    ),
    Sample("Assert", "vector", dict(condition=boolean([True]), data=[f32(1)]), error="scalar"),
    Sample(
        "Print", "passes", dict(input=f32([1, 2]), data=[i32(1), b("x")]), dict(message="samples: ")
    ),
    Sample(
        "Print", "strings", dict(input=b("x"), data=[]), dict(message="samples", first_n=2), runs=3
    ),
    Sample("Timestamp", "now", runs=2, differs="another time"),
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
