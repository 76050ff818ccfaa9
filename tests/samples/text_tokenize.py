"""Samples of `ops/text_tokenize.py`; TensorFlow's answers need tensorflow-text."""

from minihub_runtime.ops.text_tokenize import WHITE_SPACE
from tests.samples import Sample, b, i32, i64

TEXT = " ab,c  дa1 日本ゝa e\u0301!?\u3000d\n\u00a0e\u200b f  \u0301x"
VALUES = [ord(char) for char in TEXT]
EDGES = sorted({code + step for code in WHITE_SPACE.tolist() for step in (-1, 0, 1)})
SENTENCES = b(["hello there", "  a b ", "", ",,a,", "日本, é"])


def split(label, pattern, keep="", strings=SENTENCES, error=None) -> Sample:
    inputs = dict(input=strings, delim_regex_pattern=b(pattern), keep_delim_regex_pattern=b(keep))
    return Sample("RegexSplitWithOffsets", label, inputs, error=error)


SAMPLES = [
    *[
        Sample(op, f"{label}_{number}", dict(input_values=i32(values), input_splits=splits), attrs)
        for op, choices in (
            ("WhitespaceTokenizeWithOffsets", ({},)),
            (
                "UnicodeScriptTokenizeWithOffsets",
                (dict(keep_whitespace=False), dict(keep_whitespace=True)),
            ),
        )
        for number, attrs in enumerate(choices)
        for label, values, splits in (
            ("rows", VALUES, i64([0, 3, 3, 7, len(VALUES)])),
            ("int32", VALUES, i32([0, len(VALUES)])),
            ("edges", EDGES, i64([0, len(EDGES)])),
            ("letters", [*range(0x41, 0x60), 0x3B1, 0x3B2, 0x10FFFF, 0xE000], i64([0, 10, 20, 35])),
            ("numbers", [ord(char) for char in "1 2, a 3  4 ,b"], i64([0, 3, 14])),
            ("ogham_space", [0x1680, 0x20, 0x20, 0x1680, 0x1681, 0x1680, 0x41], i64([0, 7])),
            ("space_rows", [32, 32, 65], i64([0, 1, 2, 3])),
        )
    ],
    Sample(
        "WhitespaceTokenizeWithOffsets",
        "matrix",
        dict(input_values=i32([[65]]), input_splits=i64([0, 1])),
        error="rank 1",
    ),
    Sample(
        "UnicodeScriptTokenizeWithOffsets",
        "matrix",
        dict(input_values=i32([[65]]), input_splits=i64([0, 1])),
        dict(keep_whitespace=False),
        error="rank 1",
    ),
    split("no_group", r"\s"),
    split("spaces", r"(\s)"),
    split("keep", r"(\s|,)", ","),
    split("keep_all", r"(\s|,)", ".*"),
    split("inner_group", r"\s*(,)\s*", ","),
    split("begin", r"(^.)", "."),
    split("word", r"(\b[a-z])", "."),
    split("long", r"(\pL+)", r"\pL*"),
    split("no_strings", r"(,)", strings=b([]).reshape(0)),
    split("pattern", "(", error="missing \\)"),
    split("kept", "(a)", "[", error="a pattern must"),
    split("matrix", "(a)", strings=b([["a"]]), error="rank 1"),
]
