"""Samples of `ops/parsing_json.py`."""

from typing import Any

from tests.samples import Sample, b

LISTS = (
    '{"int64List": {"value": ["1", 2, -3, 1.0]}}',
    '{"int64_list": {"value": [9223372036854775807, "-9223372036854775808"]}}',
    '{"floatList": {"value": [1.5, "NaN", -1e-3, "-Infinity", "2.5"]}}',
    '{"bytesList": {"value": ["YQ==", "", "AP8="]}}',
    '{"bytesList": {}}',
    '{"int64List": {"value": 7}}',
    '{"bytesList": {"value": ["-_8"]}}',
    '{"floatList": {"value": null}}',
    '{"floatList": null}',
    "{}",
)
WRONG = (
    ("nothing", ""),
    ("word", "x"),
    ("list", "[]"),
    ("rest", "{} x"),
    ("field", '{"bad": 1}'),
    ("deep", "[" * 2000),
    ("large_number", '{"features": {"feature": {"a": {"floatList": {"value": [1e400]}}}}}'),
    ("large_float", '{"features": {"feature": {"a": {"floatList": {"value": [1e39]}}}}}'),
    ("large_int", '{"features": {"feature": {"a": {"int64List": {"value": [1e19]}}}}}'),
    ("fraction", '{"features": {"feature": {"a": {"int64List": {"value": [1.5]}}}}}'),
    ("two_lists", '{"features": {"feature": {"a": {"int64List": {}, "floatList": {}}}}}'),
    ("spare_bits", '{"features": {"feature": {"a": {"bytesList": {"value": ["a_-"]}}}}}'),
    ("word_for_float", '{"features": {"feature": {"a": {"floatList": {"value": ["x"]}}}}}'),
    ("word_for_int", '{"features": {"feature": {"a": {"int64List": {"value": ["x"]}}}}}'),
    ("bool", '{"features": {"feature": {"a": {"int64List": {"value": [true]}}}}}'),
    ("not_base64", '{"features": {"feature": {"a": {"bytesList": {"value": ["%%"]}}}}}'),
)


def decode(label: str, texts: Any, error: str | None = None) -> Sample:
    """Examples as JSON."""
    return Sample("DecodeJSONExample", label, dict(json_examples=b(texts)), error=error)


SAMPLES = [
    decode("lists", [f'{{"features": {{"feature": {{"a": {text}}}}}}}' for text in LISTS]),
    decode(
        "order", ['{"features": {"feature": {"b": {}, "a": {"int64List": {"value": 1}}, "c": {}}}}']
    ),
    decode("empty", ["{}", '{"features": null}', '{"features": {}}']),
    decode("scalar", "{}"),
    decode("matrix", [["{}"], [' {\n"features":{"feature":{"é":{}}} } ']]),
    decode("none", []),
    *(decode(label, [text], "Error while parsing JSON") for label, text in WRONG),
]
