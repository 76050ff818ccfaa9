"""Vocabulary files give TensorFlow's map or its error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Graph, Node, Ref
from tests.shared import SHARED

FILE = SHARED / "faults" / "vocab_cases.jsonl"
CASES: dict[str, dict[str, Any]] = {}
if FILE.is_file():
    for line in FILE.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        CASES[found["id"]] = found


def read(
    path: Path, key: tuple[int, str], value: tuple[int, str], folders: list[Path], **attrs: Any
) -> dict[Any, Any]:
    """The map that a table has after it was filled from a file."""
    kinds = {"key_dtype": as_dtype(key[1]), "value_dtype": as_dtype(value[1])}
    name = np.array(str(path).encode(), dtype=object)
    columns = {"key_index": key[0], "value_index": value[0]}
    nodes = [
        Node("table", "HashTableV2", attrs=kinds),
        Node("name", "Placeholder", attrs={"dtype": as_dtype("string")}),
        Node(
            "init",
            "InitializeTableFromTextFileV2",
            [Ref("table"), Ref("name")],
            attrs={**columns, **attrs},
        ),
        Node(
            "export",
            "LookupTableExportV2",
            [Ref("table")],
            ["init"],
            {"Tkeys": kinds["key_dtype"], "Tvalues": kinds["value_dtype"]},
        ),
    ]
    runner = Runner(Graph({node.name: node for node in nodes}), folders)
    keys, values = runner.run([Ref("export"), Ref("export", 1)], {Ref("name"): name})
    return dict(zip(keys.tolist(), values.tolist(), strict=True))


@pytest.mark.skipif(not CASES, reason="../shared is absent: no vocabulary files to read")
@pytest.mark.parametrize("name", sorted(CASES))
def test_recorded_vocabulary(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / name
    if case["content_hex"] == "DIR":
        path.mkdir()
    else:
        path.write_bytes(bytes.fromhex(case["content_hex"]))
    key = case["key_index"], case["key_dtype"]
    value = case["value_index"], case["value_dtype"]
    attrs = {"vocab_size": case["vocab_size"], "delimiter": case["delimiter"]}
    theirs = case["tf_2_15_1"]
    if theirs["stage"] == "error":
        with pytest.raises(OpError) as caught:
            read(path, key, value, [tmp_path], **attrs)
        assert type(caught.value).__name__ == theirs["error"]
        return
    got = read(path, key, value, [tmp_path], **attrs)
    assert len(got) == theirs["size"]
    for (k, v), (their_key, their_value) in zip(
        sorted(got.items(), key=repr), sorted(theirs["map"]), strict=True
    ):
        # The record shows the beginning of a long key.
        assert repr(k).startswith(their_key[:-1]) if len(their_key) >= 40 else repr(k) == their_key
        assert repr(v) == their_value


LINES = (-2, "string"), (-1, "int64")
COLUMNS = (0, "string"), (1, "int64")
FLOATS = (0, "string"), (1, "float32")

#: content, columns, attributes → what TensorFlow 2.15.1 gives: a map, or the class of its error.
ANSWERS: list[tuple[bytes, Any, dict[str, Any], Any]] = [
    (b"a\nb\nc\n", LINES, {"vocab_size": 2}, {b"a": 0, b"b": 1}),
    (b"a\nb\nc\n", LINES, {"vocab_size": 4}, "InvalidArgumentError"),
    (b"a\nb\nc\n", LINES, {"vocab_size": 0}, "OutOfRangeError"),
    (b"a\nb\nc\n", LINES, {"offset": 5}, {b"a": 5, b"b": 6, b"c": 7}),
    (b"a\nb\nc\n", LINES, {"offset": -1}, {b"a": -1, b"b": 0, b"c": 1}),
    (b"a\n\nb\n", LINES, {"vocab_size": 1}, {b"a": 0}),
    (b"a\n\nb\n", LINES, {"vocab_size": 2}, "InvalidArgumentError"),
    (b"a\n\n", LINES, {}, "InvalidArgumentError"),
    (b"\n", LINES, {}, "InvalidArgumentError"),
    (b"", LINES, {"vocab_size": 1}, "InvalidArgumentError"),
    (b"a\r\n\r\nb\r\n", LINES, {}, "InvalidArgumentError"),
    (b"a\r\rb\r\r\n", LINES, {}, {b"a\r\rb\r": 0}),
    (b"a\r", LINES, {}, {b"a": 0}),
    (b"a\na\n", LINES, {}, "FailedPreconditionError"),
    (b"a\t1\na\t1\n", COLUMNS, {}, {b"a": 1}),
    (b"a\t1\nb\t2x\n", COLUMNS, {}, "InvalidArgumentError"),
    (b"a\t1\nb\t\n", COLUMNS, {}, "InvalidArgumentError"),
    (b"a,1\nb,2", COLUMNS, {"delimiter": ","}, {b"a": 1, b"b": 2}),
    (b"a,1\nb,2", COLUMNS, {"delimiter": ",,"}, "InvalidArgumentError"),
    (b"x\ta\ny\n", ((1, "string"), (0, "string")), {"vocab_size": 1}, {b"a": b"x"}),
    (b"x\ta\ny\tb\n", ((-1, "int64"), (1, "string")), {"offset": 1}, {1: b"a", 2: b"b"}),
    (b"a\t1\n", ((0, "string"), (1, "bool")), {}, "InvalidArgumentError"),
    (b"a\t1\n", ((0, "string"), (-1, "int32")), {}, "InvalidArgumentError"),
    (b"a\t1\n", ((-2, "int64"), (-1, "int64")), {}, "InvalidArgumentError"),
    (b"1\t2\n", ((0, "int32"), (1, "float32")), {}, {1: 2.0}),
    *(
        (b"a\t" + text + b"\n", COLUMNS, {}, {b"a": number})
        for text, number in [
            (b"7 ", 7),
            (b"-0", 0),
            (b"007", 7),
            (b"\x0b7", 7),
            (b"9223372036854775807", (1 << 63) - 1),
            (b"-9223372036854775808", -(1 << 63)),
        ]
    ),
    *(
        (b"a\t" + text + b"\n", COLUMNS, {}, "InvalidArgumentError")
        for text in (b"- 7", b"0x10", b"1_0", b"1e3", b"1.0")
    ),
    *(
        (b"a\t" + text + b"\n", FLOATS, {}, {b"a": number})
        for text, number in [
            (b" 1.5 ", 1.5),
            (b"1e39", float("inf")),
            (b"1e400", float("inf")),
            (b"INF", float("inf")),
            (b"+1.5", 1.5),
            (b".5", 0.5),
            (b"5.", 5.0),
            (b"1e-50", 0.0),
        ]
    ),
    *(
        (b"a\t" + text + b"\n", FLOATS, {}, "InvalidArgumentError")
        for text in (b"-Infinity", b"1_0", b"1e", b"infx", b"nan(1)", b"1f", b"++1", b"")
    ),
]


@pytest.mark.parametrize(("content", "columns", "attrs", "expected"), ANSWERS)
def test_vocabulary(
    content: bytes, columns: Any, attrs: dict[str, Any], expected: Any, tmp_path: Path
) -> None:
    path = tmp_path / "vocabulary"
    path.write_bytes(content)
    if isinstance(expected, str):
        with pytest.raises(OpError) as caught:
            read(path, *columns, [tmp_path], **attrs)
        assert type(caught.value).__name__ == expected
    else:
        assert read(path, *columns, [tmp_path], **attrs) == expected


def test_a_vocabulary_outside_the_module_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outside"
    path.write_bytes(b"a\n")
    with pytest.raises(OpError, match="files of its module only"):
        read(path, *LINES, [tmp_path / "inside"])
