"""Samples of `ops/string_format.py`."""

import numpy as np

from tests.samples import (
    Sample,
    array,
    b,
    bf16,
    boolean,
    f16,
    f32,
    f64,
    i8,
    i32,
    i64,
    normal,
    quantized,
    u8,
    u64,
)

ODD = f64([np.inf, -np.inf, np.nan, -np.nan, 0.0, -0.0, 1.5, -1e300, 5e-324])
INTEGERS = {
    name: array([low, 0, 7, high], name)
    for name, low, high in (
        ("int8", -128, 127),
        ("int16", -(2**15), 2**15 - 1),
        ("int32", -(2**31), 2**31 - 1),
        ("int64", -(2**63), 2**63 - 1),
        ("uint8", 1, 255),
        ("uint16", 1, 2**16 - 1),
        ("uint32", 1, 2**32 - 1),
        ("uint64", 1, 2**64 - 1),
    )
}
FLOATS = {
    name: array([1, -0.0, 3.14159265, 1e4, -2.5e-3, 60000], name)
    for name in ("float16", "bfloat16", "float32", "float64")
}
COMPLEX = {
    name: array([1.5 - 2j, complex(-0.0, np.nan), complex(np.inf, -1)], name)
    for name in ("complex64", "complex128")
}
PRINTED = (
    {},
    dict(width=12, fill="0"),
    dict(width=8, fill="-"),
    dict(fill="+"),
    dict(fill=" ", width=3),
    dict(fill="#", precision=0),
    dict(precision=2, width=0),
    dict(scientific=True, precision=3, width=14),
    dict(scientific=True),
    dict(shortest=True),
    dict(shortest=True, fill="#", precision=3),
    dict(precision=-3, width=-3),
)
TEXTS = b(["ab\0cdef", "é", ""])
D = b(["aa", "bb", "cc", "dd", "ee"])


def ngrams(label: str, splits, widths, pad, short, data=D, error=None, dtype=i64) -> Sample:
    attrs = dict(
        separator="|",
        ngram_widths=widths,
        left_pad="LP",
        right_pad="R",
        pad_width=pad,
        preserve_short_sequences=short,
    )
    inputs = dict(data=data, data_splits=dtype(splits))
    return Sample("StringNGrams", label, inputs, attrs, error=error)


def shown(label: str, *inputs, error=None, **attrs) -> Sample:
    return Sample("StringFormat", label, dict(inputs=list(inputs)), attrs, error=error)


SAMPLES = [
    *[
        Sample("AsString", f"{name}_{number}", dict(input=values), attrs)
        for name, values in {**FLOATS, **COMPLEX, "odd": ODD}.items()
        for number, attrs in enumerate(PRINTED)
    ],
    *[
        Sample("AsString", f"{name}_{number}", dict(input=values), attrs)
        for name, values in INTEGERS.items()
        for number, attrs in enumerate(
            (
                {},
                dict(width=8),
                dict(width=8, fill="0"),
                dict(fill="+"),
                dict(fill=" "),
                dict(width=5, fill="-"),
                dict(fill="#"),
            )
        )
    ],
    *[
        Sample("AsString", f"bool_{number}", dict(input=boolean([[True], [False]])), attrs)
        for number, attrs in enumerate(({}, dict(width=8, fill="0")))
    ],
    *[
        Sample("AsString", f"string_{number}", dict(input=TEXTS), attrs)
        for number, attrs in enumerate(
            (
                {},
                dict(width=8, fill="0"),
                dict(width=8, fill="-"),
                dict(width=0),
                dict(precision=1),
                dict(width=3, precision=1),
                dict(width=3, precision=0),
                dict(shortest=True),
                dict(fill="+"),
            )
        )
    ],
    Sample("AsString", "scalar", dict(input=f32(2.5))),
    Sample("AsString", "empty", dict(input=f32([]).reshape(0, 3))),
    Sample("AsString", "matrix", dict(input=normal(3, 2))),
    Sample("AsString", "percent", dict(input=i32(1)), dict(fill="%"), error="'fill'"),
    Sample("AsString", "long_fill", dict(input=i32(1)), dict(fill="00"), error="'fill'"),
    Sample("AsString", "int_precision", dict(input=i32(1)), dict(precision=1), error="precision"),
    Sample(
        "AsString",
        "bool_scientific",
        dict(input=boolean(True)),
        dict(scientific=True),
        error="scientific",
    ),
    Sample("AsString", "int_shortest", dict(input=u8(1)), dict(shortest=True), error="shortest"),
    Sample(
        "AsString", "both", dict(input=f32(1)), dict(shortest=True, scientific=True), error="both"
    ),
    shown("vector", i32([1, 2, 3, 4, 5, 6, 7, 8]), template="a%sb"),
    shown("cube", i32(np.arange(64).reshape(4, 4, 4)), summarize=1),
    shown("all", i32(np.arange(12).reshape(3, 4)), summarize=-1),
    shown("none", i32(np.arange(12).reshape(3, 4)), summarize=0),
    shown("scalar_none", i32(5), summarize=0),
    shown("many_ends", i32(np.arange(8).reshape(2, 2, 2)), summarize=5),
    shown(
        "strings", b(["a\n\"'\\\x01é\x7f", b"\xff\0z"]), b("x"), template="{}-{}", placeholder="{}"
    ),
    shown(
        "floats",
        f32(
            [
                1.5,
                0.1,
                1 / 3,
                1e10,
                1e-10,
                np.nan,
                -np.nan,
                np.inf,
                -np.inf,
                -0.0,
                123456789,
                16777217,
                3.4028235e38,
                1e-45,
            ]
        ),
        summarize=-1,
    ),
    shown("random", normal(50), normal(3, dtype="float64"), template="%s|%s", summarize=-1),
    shown(
        "doubles",
        f64(
            [
                1.5,
                0.1,
                1 / 3,
                1e10,
                1e-10,
                np.nan,
                np.inf,
                -0.0,
                123456789.123,
                1e15,
                1e16,
                1e17,
                5e-324,
            ]
        ),
        summarize=-1,
    ),
    shown("halves", f16([0.1, 65504, 1 / 3]), bf16([0.1, 1 / 3, 3e38]), template="%s %s"),
    shown("bools", boolean([True, False]), boolean(True), template="%s %s"),
    shown("integers", i8([[1, 2], [3, -4]]), u8(200), u64(2**64 - 1), template="%s %s %s"),
    shown(
        "complex", array([1 + 2j, 3, 4, 5], "complex64"), array(1j, "complex128"), template="%s %s"
    ),
    shown("quantized", quantized([1, 255], "quint8"), quantized([-3], "qint32"), template="%s %s"),
    shown("empty", f32([]).reshape(0, 3), f32([]).reshape(3, 0), f32([]), template="%s|%s|%s"),
    shown("nothing", template="abc"),
    shown("nul", i32(1), template="a\0b%sc\0d"),
    shown("overlap", i32(1), template="aXXXb", placeholder="XX"),
    shown("no_placeholder", i32(1), i32(2), template="abc", placeholder=""),
    shown("too_many", i32(1), i32(2), template="%s", error="one placeholder per input, 2, not 1"),
    shown("too_few", i32(1), template="%s%s", error="one placeholder per input, 1, not 2"),
    *[
        ngrams(
            f"{'_'.join(map(str, widths)) or 'none'}_pad{pad}_{short}",
            [0, 1, 1, 5],
            widths,
            pad,
            short,
        )
        for widths in ([1], [2], [3], [2, 3], [7], [])
        for pad in (0, 1, -1, 5)
        for short in (False, True)
        if (widths, pad, short) != ([], -1, True)
    ],
    ngrams("int32", [0, 5], [2], 0, False, dtype=i32),
    ngrams("empty", [0, 0], [2], 1, False, data=b([]).reshape(0)),
    ngrams("no_rows", [], [2], 1, False, data=b([]).reshape(0)),
    ngrams("no_splits", [], [2], 1, False),
    ngrams("dynamic_short", [0, 5], [], -1, True, error="pad_width must be >= 0"),
    ngrams("begin", [1, 5], [2], 0, False, error="begin with 0"),
    ngrams("end", [0, 4], [2], 0, False, error="end with"),
    ngrams("past", [0, 8], [3], 0, False, error="lie in \\[0, 5\\]"),
    ngrams("falling", [0, 3, 2, 5], [2], 0, False, error="lie in \\[3, 5\\]"),
    ngrams("width", [0, 5], [2, 0], 0, False, error="positive"),
    ngrams("negative_width", [0, 5], [-80, 1], 100, False, error="positive"),
    ngrams("matrix", [0, 2], [2], 0, False, data=b([["a", "b"]]), error="shape"),
]
