"""Tables for terminals of any width."""

from __future__ import annotations

import json

import pytest

from minihub.cli.layout import columns_of, escape_json, paragraph, printable, size_text, table, wrap

ROWS = [
    ["module/layer_1/kernel", "float32", "[1024, 1024]"],
    ["b", "int64", "[]"],
    ["名前/変数", "string", "[?]"],
]


def test_columns_line_up() -> None:
    assert table([["a", "10"], ["bbb", "2"]], ["x", "n"], width=None, indent=1, right=[1]) == (
        " x     n\n a    10\n bbb   2"
    )


@pytest.mark.parametrize("width", range(1, 60))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width: int) -> None:
    shown = table(ROWS, ["name", "dtype", "shape"], width=width, indent=2)
    lines = shown.split("\n")
    # A character of two columns behind two blanks needs four.
    assert all(columns_of(line) <= max(width, 4) for line in lines)
    letters = "".join(shown.split())
    for row in ROWS:
        for cell in row:
            for letter in cell.replace(" ", ""):
                assert letter in letters


def test_text_breaks_at_separators() -> None:
    assert wrap("module/layer/kernel", 13) == ["module/layer/", "kernel"]
    assert wrap("", 5) == [""]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]


def test_wide_and_combining_characters_are_counted() -> None:
    assert columns_of("名a") == 3
    assert columns_of("e\u0301") == 1


def test_paragraphs_are_wrapped() -> None:
    assert paragraph("one two three", 9, 2) == "  one two\n  three"
    assert paragraph("one two", None, 2) == "  one two"


def test_control_characters_are_escaped() -> None:
    assert printable("a\x1b[31m\x9b\n") == "a\\x1b[31m\\x9b\\n"
    text = json.dumps("\x9b\u202e\udc80ü", ensure_ascii=False)
    assert escape_json(text) == '"\\u009b\\u202e\\udc80ü"'
    assert json.loads(escape_json(text)) == "\x9b\u202e\udc80ü"


def test_sizes() -> None:
    assert [size_text(n) for n in (None, 0, 999, 1000, 2_500_000)] == [
        "missing",
        "0 B",
        "999 B",
        "1.0 kB",
        "2.5 MB",
    ]
