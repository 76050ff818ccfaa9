"""Samples of `ops/string_unicode.py`."""

import numpy as np

from tests.samples import Sample, b, f32, i32, i64

GOOD = b([["aé", "", "日本😀"], ["\0\x1f\x7f\x80\u2028", "\ufeffa", "z"]])
BROKEN = b(
    [
        b"\xe2\x82",
        b"\xe2\x82x",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98x",
        b"\xf4\x90\x80\x80",
        b"\xc0\x80\xff",
        b"\x80a",
        b"\xf8\x88\x80\x80\x80",
        b"\xef\xbf\xbd",
        b"ok\n",
        b"\xe0\x80\x80",
    ]
)
SPLIT = b([b"a\xe2", b"\x82\xac"])
UTF16 = b(
    [
        b"\0a\0b",
        b"\0a\0",
        b"\xd8\x3d\xde\x00",
        b"\xd8\x3d\0a",
        b"\xde\0\0a",
        b"\xd8\x3d",
        b"\xd8\x3d\xde",
        b"\xd8\x3d\xd8\x3d\xde\0",
        b"",
    ]
)
MARKED = b(
    [
        b"\xff\xfea\0b\0",
        b"\xfe\xff\0a",
        b"\0a",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xff",
        b"\xfe\xff\xfe\xff\0a",
        b"\xff\xfe\x3d\xd8\0\xdea",
        b"",
    ]
)
UTF32 = b(
    [
        b"\0\0\0a\0\x01\xf6\0",
        b"\0\0\0",
        b"\0\0\xd8\0\0\0\0a",
        b"\x7f\0\0\0\0\0\0a",
        b"\0\x11\0\0",
        b"\0\0\0a\0\0",
    ]
)
MARKED32 = b(
    [b"\0\0\xfe\xff\0\0\0a", b"\xff\xfe\0\0a\0\0\0", b"\0\0\0a", b"a\0\0\0", b"\0\0\xfe\xff"]
)
BYTES = b([bytes(range(256)), b"a"])
SINGLE = [
    "us-ascii", "ISO-8859-1", "latin1", "iso-8859-2", "iso-8859-7", "iso-8859-8", "iso-8859-15", "windows-1250",
    "windows-1251", "windows-1252", "windows-1253", "windows-1257", "windows-1258", "koi8-r", "KOI8-U", "macintosh",
    "x-mac-cyrillic", "ibm437", "cp850", "ibm866", "ibm-862",
]  # fmt: skip
EAST = (
    ("shift_jis", [b"\x82\xa0\x82x", b"\x82", b"\x82 ", b"\x81\xffa", b"\x80", "日本ｱ".encode("cp932")]),
    ("gb18030", ["你好𝄞€".encode("gb18030"), b"\x81\x30\x81", b"\x81\x30a", b"\x81", b"\xff\xff", b"\x81 "]),
    ("GBK", ["你好a".encode("gbk"), b"\xc4"]),
    ("gb2312", ["你好a".encode("gb2312"), b"\x81a"]),
    ("Big5", ["你好a".encode("big5"), b"\xa7"]),
    ("EUC-JP", ["日本ｱ".encode("euc_jp"), b"\x8f\xb0\xa1\xff", b"\x81"]),
    ("EUC-KR", ["한글a".encode("euc_kr"), b"\xb0"]),
)  # fmt: skip
EVERY = list(range(0, 0x110000, 997))


def encoded(label, values, splits, error=None, splits_type=i64, **attrs) -> Sample:
    attrs = {"output_encoding": "UTF-8", **attrs}
    inputs = dict(input_values=i32(values), input_splits=splits_type(splits))
    return Sample("UnicodeEncode", label, inputs, attrs, error=error)


SAMPLES = [
    *[
        Sample(
            "UnicodeTranscode",
            f"{name}_{to}_{mode}",
            dict(input=strings),
            dict(input_encoding=encoding, output_encoding=to, errors=mode),
        )
        for name, strings, encoding in (
            ("good", GOOD, "UTF-8"),
            ("broken", BROKEN, "utf8"),
            ("split", SPLIT, "UTF-8"),
            ("utf16", UTF16, "UTF-16-BE"),
            ("utf32", UTF32, "UTF-32-BE"),
            ("latin1", BYTES, "latin1"),
        )
        for to in ("UTF-8", "UTF-16-BE", "UTF-32-BE")
        for mode in ("replace", "ignore")
    ],
    *[
        Sample(
            "UnicodeTranscode",
            f"controls_{mode}",
            dict(input=GOOD),
            dict(
                input_encoding="UTF-8",
                output_encoding="UTF-8",
                errors=mode,
                replace_control_characters=True,
            ),
        )
        for mode in ("replace", "ignore")
    ],
    *[
        Sample(
            "UnicodeTranscode",
            f"replacement_{char:x}_{to}",
            dict(input=b([b"a\xffb"])),
            dict(input_encoding="UTF-8", output_encoding=to, replacement_char=char),
        )
        for char in (0x1F600, 0xD800, 0, 0x10FFFF)
        for to in ("UTF-8", "UTF-16-BE", "UTF-32-BE")
    ],
    Sample(
        "UnicodeTranscode",
        "strict",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", output_encoding="UTF-8", errors="strict"),
    ),
    Sample(
        "UnicodeTranscode",
        "empty",
        dict(input=b([])),
        dict(input_encoding="UTF-8", output_encoding="UTF-8"),
    ),
    Sample(
        "UnicodeTranscode",
        "scalar",
        dict(input=b("é")),
        dict(input_encoding="UTF-8", output_encoding="UTF-16-BE"),
    ),
    Sample(
        "UnicodeTranscode",
        "strict_broken",
        dict(input=BROKEN),
        dict(input_encoding="UTF-8", output_encoding="UTF-8", errors="strict"),
        error="well-formed",
    ),
    Sample(
        "UnicodeTranscode",
        "strict_control",
        dict(input=GOOD),
        dict(
            input_encoding="UTF-8",
            output_encoding="UTF-8",
            errors="strict",
            replace_control_characters=True,
        ),
        error="well-formed",
    ),
    Sample(
        "UnicodeTranscode",
        "encoding",
        dict(input=GOOD),
        dict(input_encoding="nonsense", output_encoding="UTF-8"),
        error="must name an encoding",
    ),
    Sample(
        "UnicodeTranscode",
        "no_encoding",
        dict(input=GOOD),
        dict(input_encoding="", output_encoding="UTF-8"),
        error="must name an encoding",
    ),
    Sample(
        "UnicodeTranscode",
        "large_replacement",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", output_encoding="UTF-8", replacement_char=0x110000),
        error="replacement_char",
    ),
    Sample(
        "UnicodeTranscode",
        "negative_replacement",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", output_encoding="UTF-8", replacement_char=-1),
        error="replacement_char",
    ),
    Sample(
        "UnicodeTranscode",
        "output",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", output_encoding="latin1"),
        error="output_encoding",
    ),
    *[
        Sample(
            op, f"{name}_{mode}", dict(input=strings), dict(input_encoding=encoding, errors=mode)
        )
        for op in ("UnicodeDecode", "UnicodeDecodeWithOffsets")
        for name, strings, encoding in (
            ("good", GOOD, "UTF-8"),
            ("broken", BROKEN, "UTF-8"),
            ("split", SPLIT, "UTF-8"),
            ("utf16", UTF16, "UTF-16-BE"),
            *((f"marked{n}", b([text]), "UTF-16") for n, text in enumerate(MARKED)),
            ("little", b([b"a\0\x3d\xd8\0\xde"]), "UTF-16-LE"),
            ("utf32", UTF32, "UTF-32-BE"),
            *((f"marked32_{n}", b([text]), "UTF-32") for n, text in enumerate(MARKED32)),
        )
        for mode in ("replace", "ignore")
    ],
    *[
        Sample(
            "UnicodeDecodeWithOffsets",
            encoding,
            dict(input=BYTES),
            dict(input_encoding=encoding, replacement_char=63),
        )
        for encoding in SINGLE
    ],
    *[
        Sample(
            "UnicodeDecodeWithOffsets",
            encoding,
            dict(input=b(strings)),
            dict(input_encoding=encoding),
        )
        for encoding, strings in EAST
    ],
    Sample(
        "UnicodeDecode",
        "controls",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", replace_control_characters=True),
    ),
    Sample(
        "UnicodeDecode",
        "strict_controls",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", replace_control_characters=True, errors="strict"),
    ),
    Sample(
        "UnicodeDecodeWithOffsets",
        "ignored_controls",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", replace_control_characters=True, errors="ignore"),
    ),
    Sample(
        "UnicodeDecode", "scalar", dict(input=b("é")), dict(input_encoding="UTF-8", Tsplits="int32")
    ),
    Sample("UnicodeDecode", "empty", dict(input=b([])), dict(input_encoding="UTF-8")),
    Sample(
        "UnicodeDecodeWithOffsets",
        "empty",
        dict(input=b([]).reshape(0, 2)),
        dict(input_encoding="UTF-16"),
    ),
    Sample(
        "UnicodeDecode",
        "strict_broken",
        dict(input=BROKEN),
        dict(input_encoding="UTF-8", errors="strict"),
        error="well-formed",
    ),
    Sample(
        "UnicodeDecode",
        "encoding",
        dict(input=GOOD),
        dict(input_encoding="utf-8-sig"),
        error="must name an encoding",
    ),
    Sample(
        "UnicodeDecodeWithOffsets",
        "strict_broken",
        dict(input=UTF16),
        dict(input_encoding="UTF-16-BE", errors="strict"),
        error="well-formed",
    ),
    Sample(
        "UnicodeDecodeWithOffsets",
        "replacement",
        dict(input=GOOD),
        dict(input_encoding="UTF-8", replacement_char=-5),
        error="replacement_char",
    ),
    *[
        encoded(
            f"{name}_{mode}_{to}", values, [0, 2, 2, len(values)], errors=mode, output_encoding=to
        )
        for name, values in (
            ("good", [72, 0x1F600, 0xE9, 0]),
            ("outside", [72, 0x110000, -1, 65, 2**31 - 1, -(2**31)]),
            ("surrogates", [72, 0xD800, 65, 0xD83D, 0xDE00]),
            ("noncharacters", [0xFFFE, 0xFFFF, 0xFDD0, 0xFDEF, 0x1FFFE, 0x10FFFF, 0xFFFD]),
        )
        for mode in ("replace", "ignore")
        for to in ("UTF-8", "UTF-16-BE", "UTF-32-BE")
    ],
    encoded("strict", [72, 0x1F600], [0, 1, 2], errors="strict"),
    encoded("replacement", [72, -1], [0, 2], replacement_char=63, splits_type=i32),
    encoded("no_strings", [], [0]),
    encoded("empty_strings", [], [0, 0, 0]),
    encoded("strict_outside", [72, -1], [0, 2], errors="strict", error="not -1"),
    encoded("strict_surrogate", [0xD800], [0, 1], errors="strict", error="'strict'"),
    encoded("strict_noncharacter", [0xFFFE], [0, 1], errors="strict", error="'strict'"),
    encoded("past", [72], [0, 2], error="input_splits must rise"),
    encoded("begin", [72, 73], [1, 2], error="input_splits must rise"),
    encoded("end", [72, 73], [0, 1], error="input_splits must rise"),
    encoded("falling", [72, 73], [0, 2, 1, 2], error="input_splits must rise"),
    encoded("negative", [72, 73], [0, -1, 2], error="input_splits must rise"),
    encoded("no_splits", [], [], error="not be empty"),
    encoded("matrix", [[72]], [0, 1], error="rank 1"),
    encoded("large_replacement", [72], [0, 1], replacement_char=0x110000, error="replacement_char"),
    Sample("UnicodeScript", "spread", dict(input=i32(EVERY))),
    Sample(
        "UnicodeScript",
        "edges",
        dict(input=i32([-(2**31), -1, 0, 0x10FFFF, 0x110000, 2**31 - 1, 0xD800, 0x41, 0x3B1])),
    ),
    Sample("UnicodeScript", "matrix", dict(input=i32(np.arange(0x300, 0x3F0).reshape(4, -1)))),
    Sample("UnicodeScript", "scalar", dict(input=i32(0x0416))),
    Sample("UnicodeScript", "empty", dict(input=i32([]))),
    Sample("UnicodeScript", "float", dict(input=f32([1])), error="must be int32, not float32"),
]
