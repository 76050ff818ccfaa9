"""Samples of `ops/parsing.py`."""

from typing import Any

import numpy as np

from tests.samples import Sample, b, bf16, boolean, c64, f16, f32, f64, i32, i64

GOOD_FLOATS = [
    *(" ", "1", " 1 ", "+1", "-1", "1.", ".5", "1e3", "1.e5", "-2.5E-3", "0x1F", "-0x1f", "0X1f "),
    *("inf", "-INF", "+Inf", "nan", "NaN ", "1e400", "1e39", "-1e400", "1e-400", "00012", "-0"),
    *("1" * 31, "0." + "1" * 29, "16777217", "0x1000001", "0x1000001000000001", "\v1\f\r\n\t"),
    *("1.000000178813934326171875", "1.00000017881393432617187500001", "0.1", "3.4028236e38"),
    *(
        "1.0000000596046448",
        "1.00000005960464477540",
        "1e-45",
        "7e-46",
        "4.9e-324",
        "1e-38",
        "-1e-39",
    ),
]
GOOD_INTEGERS = ["1", " 1 ", "-1", "00012", "-0", "\v1\f", "2147483647", "-2147483648"]
LARGE = ["9223372036854775807", "-9223372036854775808", "0" * 40 + "7"]


def number(text: Any, dtype: str, label: str = "") -> Sample:
    """A text that is no number of a type."""
    name = label or repr(text).strip("b'").replace(" ", "_")
    return Sample(
        "StringToNumber",
        f"{dtype}_refuses_{name}",
        dict(string_tensor=b([text])),
        dict(out_type=dtype),
        error="must be a",
    )


def table(records: Any, *defaults: Any) -> dict[str, Any]:
    """The inputs of DecodeCSV."""
    return dict(records=b(records), record_defaults=list(defaults))


TEXT = b([""])
SEVEN = i32([7])
NO_TEXT = b([])

SAMPLES = [
    Sample("StringToNumber", "float", dict(string_tensor=b(GOOD_FLOATS))),
    Sample(
        "StringToNumber", "double", dict(string_tensor=b(GOOD_FLOATS)), dict(out_type="float64")
    ),
    Sample("StringToNumber", "int32", dict(string_tensor=b(GOOD_INTEGERS)), dict(out_type="int32")),
    Sample(
        "StringToNumber",
        "int64",
        dict(string_tensor=b([GOOD_INTEGERS + LARGE])),
        dict(out_type="int64"),
    ),
    Sample("StringToNumber", "scalar", dict(string_tensor=b("2.5"))),
    Sample("StringToNumber", "empty", dict(string_tensor=b([]).reshape(0, 2))),
    *(
        number(text, "float32")
        for text in (
            *("", "- 1", "+ 1", "1_0", ".", "1e", "1e+", "e3", ".e5", "0x", "0x1.8p1", "Infinity"),
            *("nan(1)", "1f", "1,0", "0b1", "--1", "1 2", "x"),
        )
    ),
    number("1" * 32, "float32", "32_digits"),
    number("0." + "1" * 30, "float64", "32_bytes"),
    number(b"1\x002", "float32", "nul"),
    number("\u0661", "float64", "arabic_digit"),
    number("\u00a01", "float32", "no_break_space"),
    *(
        number(text, "int32")
        for text in ("", " ", "+1", "1.", "1.0", "0x1F", "1_0", "- 1", "--1", "1e3")
    ),
    number("2147483648", "int32"),
    number("-2147483649", "int32"),
    number("9223372036854775808", "int64"),
    number("-9223372036854775809", "int64"),
    number("9" * 5000, "int64", "5000_digits"),
    number("\u0661", "int64", "arabic_digit"),
    *(
        Sample(
            "DecodeRaw",
            dtype,
            dict(bytes=b([bytes(range(1, 17)), bytes(range(65, 81))])),
            dict(out_type=dtype),
        )
        for dtype in (
            "float16",
            "float32",
            "float64",
            "int32",
            "uint16",
            "uint8",
            "int16",
            "int8",
            "int64",
            "complex64",
            "complex128",
            "bfloat16",
        )
    ),
    *(
        Sample(
            "DecodeRaw",
            f"{dtype}_big_endian",
            dict(bytes=b([[bytes(range(1, 17))]])),
            dict(out_type=dtype, little_endian=False),
        )
        for dtype in ("float16", "float32", "int32", "int64", "complex64", "bfloat16", "uint8")
    ),
    Sample("DecodeRaw", "booleans", dict(bytes=b(b"\0\1\1")), dict(out_type="bool")),
    Sample("DecodeRaw", "no_strings", dict(bytes=b([]).reshape(2, 0)), dict(out_type="int32")),
    Sample("DecodeRaw", "empty_strings", dict(bytes=b(["", ""])), dict(out_type="int32")),
    Sample(
        "DecodeRaw", "length", dict(bytes=b(["abc"])), dict(out_type="int32"), error="divisible"
    ),
    Sample(
        "DecodeRaw",
        "lengths",
        dict(bytes=b(["abcd", "ab"])),
        dict(out_type="int16"),
        error="length 4",
    ),
    Sample(
        "DecodePaddedRaw",
        "cut_and_filled",
        dict(input_bytes=b(["abc", "abcdefghij", ""]), fixed_length=i32(8)),
        dict(out_type="uint16"),
    ),
    Sample(
        "DecodePaddedRaw",
        "big_endian",
        dict(input_bytes=b([["abcdefgh"]]), fixed_length=i32(8)),
        dict(out_type="int32", little_endian=False),
    ),
    Sample(
        "DecodePaddedRaw",
        "bytes",
        dict(input_bytes=b("ab"), fixed_length=i32(3)),
        dict(out_type="uint8"),
    ),
    Sample(
        "DecodePaddedRaw",
        "bfloat16",
        dict(input_bytes=b(["\0?"]), fixed_length=i32(2)),
        dict(out_type="bfloat16"),
    ),
    Sample(
        "DecodePaddedRaw",
        "no_strings",
        dict(input_bytes=b([]), fixed_length=i32(8)),
        dict(out_type="float64"),
    ),
    Sample(
        "DecodePaddedRaw",
        "length",
        dict(input_bytes=b(["a"]), fixed_length=i32(3)),
        dict(out_type="uint16"),
        error="divisible",
    ),
    Sample(
        "DecodePaddedRaw",
        "zero",
        dict(input_bytes=b(["a"]), fixed_length=i32(0)),
        dict(out_type="uint16"),
        error="> 0",
    ),
    Sample(
        "DecodePaddedRaw",
        "vector",
        dict(input_bytes=b(["a"]), fixed_length=i32([1])),
        dict(out_type="uint8"),
        error="scalar",
    ),
    Sample(
        "DecodeCSV",
        "types",
        table(["1,2,3,4,x", " -1 , 2.5 ,-7,8,y y"], SEVEN, f32([1]), i64([1]), f64([1]), TEXT),
    ),
    Sample("DecodeCSV", "defaults", table([",,", "1,x,2.5"], SEVEN, b(["none"]), f32([0.5]))),
    Sample("DecodeCSV", "scalar_default", table(",", i32(3), TEXT)),
    Sample("DecodeCSV", "matrix", table([["1,2"], ["3,4"]], SEVEN, SEVEN)),
    Sample("DecodeCSV", "no_records", table([], SEVEN, TEXT)),
    Sample(
        "DecodeCSV",
        "quotes",
        table(['"a,b",1', '"a""b",2', '"",3', '"\n",4', '"a""",5'], TEXT, SEVEN),
    ),
    Sample("DecodeCSV", "no_quotes", table(['a"b,1'], TEXT, SEVEN), dict(use_quote_delim=False)),
    Sample("DecodeCSV", "line_ends_before_fields", table(["\na,\r\nb"], TEXT, TEXT)),
    Sample("DecodeCSV", "na_value", table(["NA,2", ",NA"], SEVEN, SEVEN), dict(na_value="NA")),
    Sample("DecodeCSV", "delimiter", table(["1\t2"], SEVEN, SEVEN), dict(field_delim="\t")),
    Sample(
        "DecodeCSV", "selected", table(["1,2,3", '4,"x",6'], SEVEN, SEVEN), dict(select_cols=[0, 2])
    ),
    Sample("DecodeCSV", "selected_last", table(["1,2,"], SEVEN), dict(select_cols=[2])),
    Sample("DecodeCSV", "selected_first", table(["1,2,3x\n"], SEVEN), dict(select_cols=[0])),
    Sample("DecodeCSV", "hexadecimal", table(["0x1f,0x1f"], f32([1]), f64([1]))),
    *(
        Sample("DecodeCSV", label, table([record], *defaults), attrs, error=error)
        for label, record, defaults, attrs, error in [
            ("few_fields", "1", [SEVEN, SEVEN], {}, "2 fields"),
            ("many_fields", "1,2,3", [SEVEN, SEVEN], {}, "2 fields"),
            ("no_fields", "", [SEVEN], {}, "1 fields"),
            ("missing", ",1", [i32([]), SEVEN], {}, "not be missing"),
            ("not_int", "1.5", [SEVEN], {}, "int32 number"),
            ("too_large", "9999999999", [SEVEN], {}, "int32 number"),
            ("not_float", "x", [f32([])], {}, "float32 number"),
            ("open_quote", '"a', [TEXT], {}, "end with a quote"),
            ("lone_quote", '"', [TEXT], {}, "end with a quote"),
            ("inner_quote", '"a"b', [TEXT], {}, "doubled"),
            ("quote_in_plain", 'a"b', [TEXT], {}, "unquoted"),
            ("line_end_in_plain", "a\n", [TEXT], {}, "unquoted"),
            ("long_delimiter", "1;;2", [SEVEN, SEVEN], dict(field_delim=";;"), "one character"),
            ("select_order", "1,2", [SEVEN, SEVEN], dict(select_cols=[1, 0]), "ascend"),
            ("select_negative", "1,2", [SEVEN], dict(select_cols=[-1]), "ascend"),
            ("select_count", "1,2", [SEVEN], dict(select_cols=[0, 1]), "select_cols"),
            ("select_beyond", "1,2", [SEVEN], dict(select_cols=[2]), "1 fields"),
            ("two_defaults", "1", [i32([1, 2])], {}, "at most one value"),
            ("default_rank", "1", [i32([[1]])], {}, "at most one value"),
        ]
    ),
    *(
        Sample("SerializeTensor", label, dict(tensor=value))
        for label, value in [
            ("floats", f32([[1, 2], [3, 4]])),
            ("scalar", f32(1)),
            ("strings", b(["a", "", b"\xff"])),
            ("no_strings", b([])),
            ("empty", np.zeros((0, 2), np.int64)),
            ("booleans", boolean([True, False])),
            ("halves", f16([1, 2])),
            ("bfloat16", bf16([1, 2])),
            ("complex", c64([1j])),
        ]
    ),
    *(
        Sample("ParseTensor", label, dict(serialized=b(text)), dict(out_type=dtype), error=error)
        for label, text, dtype, error in [
            (
                "floats",
                b"\x08\x01\x12\x04\x12\x02\x08\x02\x22\x08\0\0\x80\x3f\0\0\0\x40",
                "float32",
                None,
            ),
            ("repeated_value", b"\x08\x03\x12\x04\x12\x02\x08\x03\x3a\x01\x07", "int32", None),
            ("strings", b"\x08\x07\x12\x04\x12\x02\x08\x02\x42\x01a\x42\x00", "string", None),
            ("scalar", b"\x08\x09\x12\x00\x52\x01\x05", "int64", None),
            ("type", b"\x08\x09\x12\x00\x52\x01\x05", "int32", "of type int32"),
            ("bytes", b"abc", "int32", "must be a TensorProto"),
            ("nothing", b"", "float32", "must be a TensorProto|of type"),
            (
                "content_length",
                b"\x08\x01\x12\x04\x12\x02\x08\x02\x22\x06\0\0\x80\x3f\0\0",
                "float32",
                "must be a TensorProto",
            ),
            (
                "negative_size",
                b"\x08\x01\x12\x0d\x12\x0b\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                "float32",
                "must be a TensorProto",
            ),
        ]
    ),
    Sample(
        "ParseTensor",
        "vector",
        dict(serialized=b(["", ""])),
        dict(out_type="int32"),
        error="scalar",
    ),
    Sample(
        "SerializeTensor",
        "other_type",
        dict(tensor=f32([1])),
        dict(T="int32"),
        error="'T' must be that of the inputs",
    ),
]
