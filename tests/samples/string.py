"""Samples of `ops/string.py`."""

from tests.samples import Sample, b, f32, i32, i64

WORDS = b(["hello", "wörld", "", "日本語x", b"\x80\x80a\xc3"])
MIXED = b([["ab", "c"], ["", "d"], ["e\0f", "é"]])
BLANKS = b(["  a b\tc  ", "", " ", "x ", "a\x1cb"])
NOTHING = b([]).reshape(0)

SAMPLES = [
    Sample("StringJoin", "two", dict(inputs=[MIXED, MIXED])),
    Sample("StringJoin", "separator", dict(inputs=[MIXED, MIXED, MIXED]), dict(separator=", ")),
    Sample("StringJoin", "scalar_and_matrix", dict(inputs=[b("<"), MIXED, b(">")])),
    Sample("StringJoin", "scalars", dict(inputs=[b("a"), b("b")]), dict(separator="é")),
    Sample("StringJoin", "one", dict(inputs=[MIXED])),
    Sample("StringJoin", "empty", dict(inputs=[NOTHING, b("x")])),
    Sample("StringJoin", "shapes", dict(inputs=[MIXED, b(["a"])]), error="one shape"),
    Sample("ReduceJoin", "last", dict(inputs=MIXED, reduction_indices=i32(-1))),
    Sample(
        "ReduceJoin", "first", dict(inputs=MIXED, reduction_indices=i32([0])), dict(separator="|")
    ),
    Sample(
        "ReduceJoin", "rows", dict(inputs=MIXED, reduction_indices=i32([1, 0])), dict(separator="|")
    ),
    Sample(
        "ReduceJoin",
        "columns",
        dict(inputs=MIXED, reduction_indices=i32([0, -1])),
        dict(separator="|"),
    ),
    Sample(
        "ReduceJoin", "keep", dict(inputs=MIXED, reduction_indices=i32([0])), dict(keep_dims=True)
    ),
    Sample(
        "ReduceJoin",
        "keep_all",
        dict(inputs=MIXED, reduction_indices=i32([0, 1])),
        dict(keep_dims=True),
    ),
    Sample("ReduceJoin", "no_axes", dict(inputs=MIXED, reduction_indices=i32([]))),
    Sample("ReduceJoin", "scalar", dict(inputs=b("a"), reduction_indices=i32([]))),
    Sample(
        "ReduceJoin", "empty_axis", dict(inputs=NOTHING.reshape(2, 0), reduction_indices=i32([1]))
    ),
    Sample(
        "ReduceJoin",
        "matrix_of_axes",
        dict(inputs=MIXED, reduction_indices=i32([[0, 1]])),
        error="rank <= 1",
    ),
    Sample(
        "ReduceJoin",
        "rank3",
        dict(inputs=b([MIXED.tolist(), MIXED.tolist()]), reduction_indices=i32([2, 0])),
        dict(separator="."),
    ),
    Sample(
        "ReduceJoin",
        "axis",
        dict(inputs=MIXED, reduction_indices=i32(2)),
        error="lie in \\[-2, 2\\)",
    ),
    Sample(
        "ReduceJoin",
        "twice",
        dict(inputs=MIXED, reduction_indices=i32([0, -2])),
        error="must differ",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "vector",
        dict(inputs=b(["a", "b", "c", "d"]), segment_ids=i32([1, 0, 1, 3]), num_segments=i32(5)),
        dict(separator=","),
    ),
    Sample(
        "UnsortedSegmentJoin",
        "empty_strings",
        dict(
            inputs=b(["", "a", "", "b", ""]), segment_ids=i64([0, 0, 0, 0, 1]), num_segments=i64(2)
        ),
        dict(separator="x\0y"),
    ),
    Sample(
        "UnsortedSegmentJoin",
        "matrix",
        dict(inputs=MIXED, segment_ids=i32([0, 0, 2]), num_segments=i32(3)),
        dict(separator=":"),
    ),
    Sample(
        "UnsortedSegmentJoin",
        "matrix_of_ids",
        dict(inputs=MIXED, segment_ids=i32([[0, 1], [1, 2], [2, 2]]), num_segments=i32(3)),
    ),
    Sample(
        "UnsortedSegmentJoin",
        "empty",
        dict(inputs=NOTHING, segment_ids=i32([]), num_segments=i32(2)),
    ),
    Sample(
        "UnsortedSegmentJoin",
        "no_segments",
        dict(inputs=NOTHING, segment_ids=i32([]), num_segments=i32(0)),
    ),
    Sample(
        "UnsortedSegmentJoin",
        "id_past",
        dict(inputs=b(["a"]), segment_ids=i32([2]), num_segments=i32(2)),
        error="segment_ids",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "id_negative",
        dict(inputs=b(["a"]), segment_ids=i32([-1]), num_segments=i32(2)),
        error="segment_ids",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "negative",
        dict(inputs=b(["a"]), segment_ids=i32([0]), num_segments=i32(-1)),
        error="sizes >= 0",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "num_vector",
        dict(inputs=NOTHING, segment_ids=i32([]), num_segments=i32([])),
        error="num_segments must be a scalar",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "id_scalar",
        dict(inputs=b("a"), segment_ids=i32(0), num_segments=i32(1)),
        error="rank >= 1",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "id_rank",
        dict(inputs=b(["a"]), segment_ids=i32([[0]]), num_segments=i32(1)),
        error="rank <= 1",
    ),
    Sample(
        "UnsortedSegmentJoin",
        "id_shape",
        dict(inputs=b(["a"]), segment_ids=i32([0, 0]), num_segments=i32(1)),
        error="shape of segment_ids",
    ),
    *[
        Sample(
            "StringSplit",
            f"{name}_{skip}",
            dict(input=b([",a,,b;", "", " x", ";", "é"]), delimiter=b(mark)),
            dict(skip_empty=skip),
        )
        for name, mark in (
            ("comma", ","),
            ("set", ",;"),
            ("same_twice", ",,"),
            ("regex_set", "^]-;"),
            ("empty", ""),
        )
        for skip in (True, False)
    ],
    Sample("StringSplit", "no_strings", dict(input=NOTHING, delimiter=b(" "))),
    Sample(
        "StringSplit",
        "scalar",
        dict(input=b("a"), delimiter=b(" ")),
        error="input must have rank 1",
    ),
    Sample(
        "StringSplit",
        "delimiters",
        dict(input=b(["a"]), delimiter=b([" "])),
        error="delimiter must be a scalar",
    ),
    *[
        Sample(
            "StringSplitV2",
            f"{name}_{count}",
            dict(input=strings, sep=b(mark)),
            dict(maxsplit=count),
        )
        for name, mark, strings in (
            ("white", "", BLANKS),
            ("comma", ",", b([",,a,,b,", "", "é"])),
            ("long", ",,", b([",,a,,b,,,,,", ""])),
        )
        for count in (-1, 0, 1, 2, 4, -7)
    ],
    Sample("StringSplitV2", "no_strings", dict(input=NOTHING, sep=b(""))),
    Sample(
        "StringSplitV2", "scalar", dict(input=b("a"), sep=b(" ")), error="input must have rank 1"
    ),
    Sample(
        "StringSplitV2", "seps", dict(input=b(["a"]), sep=b([" "])), error="sep must be a scalar"
    ),
    Sample(
        "StringStrip", "spaces", dict(input=b([b" \t\n\v\f\r\x1c\x85a\xa0 \0 ", "  ", "a b", ""]))
    ),
    Sample("StringStrip", "matrix", dict(input=MIXED)),
    Sample("StringStrip", "scalar", dict(input=b(" a "))),
    Sample("StringStrip", "empty", dict(input=NOTHING)),
    *[
        Sample(op, f"{label}_{encoding}", dict(input=strings), dict(encoding=encoding))
        for op in ("StringLower", "StringUpper")
        for encoding in ("", "utf-8")
        for label, strings in (
            ("letters", b(["AbC", "ÀÉß ŉ ﬁ ı İ", "ΑΣ ΣΑΣ. ς", "ǅǆ", ""])),
            ("broken", b([b"\xffA\xc3", b"\xed\xa0\x80a", b"A\0B"])),
            ("newer", b(["Ⱟⱟ Ꟁꟁ \U00010570\U00010597aB"])),
            ("matrix", MIXED),
            ("empty", NOTHING),
        )
    ],
    Sample("StringLower", "latin1", dict(input=MIXED), dict(encoding="latin1"), error="'encoding'"),
    Sample("StringUpper", "latin1", dict(input=MIXED), dict(encoding="UTF-8"), error="'encoding'"),
    *[
        Sample("StringLength", f"{label}_{unit}", dict(input=strings), dict(unit=unit))
        for unit in ("BYTE", "UTF8_CHAR")
        for label, strings in (
            ("vector", WORDS),
            ("matrix", MIXED),
            ("scalar", b("né")),
            ("empty", NOTHING),
        )
    ],
    Sample("StringLength", "unit", dict(input=MIXED), dict(unit="char"), error="must be one of"),
    *[
        Sample(
            "Substr",
            f"{unit}_{pos}_{count}",
            dict(input=b(["hello", "wörld", "日本語xyz"]), pos=i32(pos), len=i32(count)),
            dict(unit=unit),
        )
        for unit in ("BYTE", "UTF8_CHAR")
        for pos, count in ((0, 2), (1, 100), (5, 2), (-2, 1), (-3, 9), (2, 0), (1, -1))
    ],
    Sample("Substr", "rest_from_the_end", dict(input=b(["hello"]), pos=i32(-2), len=i32(-1))),
    Sample(
        "Substr",
        "broken_characters",
        dict(input=b([b"\x80\x80a\xc3", b"\xff\x80"]), pos=i64([0, -1]), len=i64([1, 1])),
        dict(unit="UTF8_CHAR"),
    ),
    Sample(
        "Substr", "matrix", dict(input=b([["abc", "def"]]), pos=i32([[0, 1]]), len=i32([[1, 2]]))
    ),
    Sample("Substr", "rank3", dict(input=b([[["abc"]]]), pos=i64([[[1]]]), len=i64([[[1]]]))),
    Sample("Substr", "rank3_scalar", dict(input=b([[["abc"]]]), pos=i64(1), len=i64(1))),
    Sample("Substr", "many_of_one", dict(input=b("hello"), pos=i32([1, 2]), len=i32([1, 2]))),
    Sample(
        "Substr",
        "row_and_column",
        dict(input=b([["abc"], ["def"]]), pos=i32([0, 1, 2]), len=i32([1, 1, 1])),
    ),
    Sample(
        "Substr",
        "rows",
        dict(input=b(["abc", "def"]), pos=i32([[0, 1], [2, 3]]), len=i32([[1, 1], [1, 1]])),
    ),
    Sample("Substr", "empty", dict(input=NOTHING, pos=i32(3), len=i32(1))),
    Sample("Substr", "empty_all", dict(input=NOTHING, pos=i32([]), len=i32([]))),
    Sample(
        "Substr",
        "past",
        dict(input=b(["hello", "a"]), pos=i32(2), len=i32(1)),
        error="inside of the string b'a'",
    ),
    Sample("Substr", "before", dict(input=b(["hello"]), pos=i32(-6), len=i32(1)), error="inside"),
    Sample(
        "Substr",
        "past_utf8",
        dict(input=b(["é"]), pos=i32(2), len=i32(1)),
        dict(unit="UTF8_CHAR"),
        error="inside",
    ),
    Sample(
        "Substr",
        "before_utf8",
        dict(input=b(["é"]), pos=i32(-2), len=i32(1)),
        dict(unit="UTF8_CHAR"),
        error="inside",
    ),
    Sample(
        "Substr",
        "negative_utf8",
        dict(input=b(["hello"]), pos=i32(-2), len=i32(-1)),
        dict(unit="UTF8_CHAR"),
        error="inside",
    ),
    Sample(
        "Substr", "shapes", dict(input=b(["hello"]), pos=i32([1, 2]), len=i32([1])), error="shape"
    ),
    Sample(
        "Substr",
        "no_broadcast",
        dict(input=b(["a", "b", "c"]), pos=i32([1, 2]), len=i32([1, 1])),
        error="broadcast",
    ),
    Sample(
        "Substr",
        "rank3_broadcast",
        dict(input=b([[["hello"]]]), pos=i32([1, 2]), len=i32([1, 2])),
        error="rank <= 2",
    ),
    *[
        Sample(
            "EncodeBase64",
            f"pad_{pad}",
            dict(input=b([["", "f", "fo"], ["foo", b"\xff\xfe\xfb\xef", "é"]])),
            dict(pad=pad),
        )
        for pad in (False, True)
    ],
    Sample("EncodeBase64", "scalar", dict(input=b("a"))),
    Sample("EncodeBase64", "empty", dict(input=NOTHING)),
    Sample(
        "DecodeBase64",
        "good",
        dict(input=b([["", "Zg", "Zg=="], ["Zh", "Zm9v", "Zm8="], ["Zm9vYg==", "-_-_", "_w"]])),
    ),
    Sample("DecodeBase64", "empty", dict(input=NOTHING)),
    *[
        Sample("DecodeBase64", f"bad_{place}", dict(input=b(["Zg", bad])), error="base64")
        for place, bad in enumerate(
            (
                "Z",
                "Zm9vYg=",
                "Zm9vY===",
                "+/+/",
                "Zm 9v",
                "====",
                "a=bc",
                "Zg=",
                "=",
                "==",
                "é",
                "Zg\0\0",
                "Zm9v\n",
            )
        )
    ],
    *(
        Sample(op, "float", dict(input=f32([1])), error="must be string, not float32")
        for op in ("StringStrip", "EncodeBase64")
    ),
]
