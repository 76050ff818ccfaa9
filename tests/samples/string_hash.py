"""Samples of `ops/string_hash.py`."""

import numpy as np

from tests.samples import Sample, array, b, bf16, boolean, f32, i32, i64, normal, quantized

_RANDOM = np.random.default_rng(7)
LENGTHS = b([_RANDOM.bytes(n) for n in range(70)])
LONG = b(
    [_RANDOM.bytes(n) for n in (127, 128, 129, 191, 192, 193, 64, 65, 256, 1000, 3, 0, 1023, 1025)]
)
WORDS = b([["hello", "wörld", ""], ["a", "日本語", "x" * 40]])
LARGE = 2**63 - 1
KEY = [0x0123456789ABCDEF, -(2**63)]
OPS = (
    ("StringToHashBucket", "string_tensor", {}),
    ("StringToHashBucketFast", "input", {}),
    ("StringToHashBucketStrong", "input", dict(key=KEY)),
)
METHOD = b("farmhash64")

SAMPLES = [
    *[
        Sample(op, label, {name: strings}, dict(num_buckets=buckets, **attrs))
        for op, name, attrs in OPS
        for label, strings, buckets in (
            ("every_length", LENGTHS, LARGE),
            ("long", LONG, LARGE),
            ("matrix", WORDS, 1000),
            ("scalar", b("hello"), 7),
            ("one_bucket", WORDS, 1),
            ("empty", b([]).reshape(0, 2), 3),
        )
    ],
    *[
        Sample(op, "no_buckets", {name: WORDS}, dict(num_buckets=0, **attrs), error="at least 1")
        for op, name, attrs in OPS
    ],
    Sample(
        "StringToHashBucketStrong",
        "zero_key",
        dict(input=LENGTHS),
        dict(num_buckets=10**12, key=[0, 0]),
    ),
    Sample(
        "StringToHashBucketStrong",
        "short_key",
        dict(input=WORDS),
        dict(num_buckets=10, key=[1]),
        error="2 elements",
    ),
    Sample("Fingerprint", "strings", dict(data=LENGTHS, method=METHOD)),
    Sample("Fingerprint", "matrix_of_strings", dict(data=WORDS, method=METHOD)),
    Sample("Fingerprint", "column_of_strings", dict(data=b([["a"], ["b"]]), method=METHOD)),
    *[
        Sample(
            "Fingerprint",
            str(values.dtype.names[0] if values.dtype.names else values.dtype),
            dict(data=values, method=METHOD),
        )
        for values in (
            normal(3, 40),
            normal(2, 3, dtype="float64"),
            i32([1, -2, 3]),
            i64([[2**40, 3], [4, 5]]),
            boolean([[True, False], [True, True]]),
            bf16([[1, 2], [3, 4]]),
            quantized([[1, 2], [3, 4]], "qint8"),
            array([1 + 2j, 3], "complex64"),
        )
    ],
    Sample("Fingerprint", "rank3", dict(data=normal(2, 3, 4), method=METHOD)),
    Sample("Fingerprint", "empty", dict(data=f32([]).reshape(0, 3), method=METHOD)),
    Sample("Fingerprint", "empty_rows", dict(data=f32([]).reshape(2, 0), method=METHOD)),
    Sample("Fingerprint", "no_strings", dict(data=b([]).reshape(0), method=METHOD)),
    Sample("Fingerprint", "scalar", dict(data=f32(1), method=METHOD), error="rank >= 1"),
    Sample("Fingerprint", "method", dict(data=f32([1]), method=b("md5")), error="farmhash64"),
    Sample("Fingerprint", "methods", dict(data=f32([1]), method=b(["farmhash64"])), error="scalar"),
]
