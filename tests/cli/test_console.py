"""Streams."""

from __future__ import annotations

import io
import logging
import sys
import warnings

import pytest

from minihub.cli.console import Counter, prepare_streams, reporting


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_what_it_lacks_as_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    prepare_streams()
    print("ü 名", end="", flush=True)
    assert stream.buffer.getvalue() == b"\xfc \\u540d"  # type: ignore[attr-defined]


def test_a_file_gets_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    prepare_streams()
    print("ü 名 \udc80", end="", flush=True)
    assert stream.buffer.getvalue() == "ü 名 \\udc80".encode()  # type: ignore[attr-defined]


def test_examples_are_counted_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, expected in ((Terminal, "3 examples, "), (io.TextIOWrapper, "")):
        stream = kind(io.BytesIO(), encoding="utf-8")
        monkeypatch.setattr(sys, "stderr", stream)
        counter = Counter("examples")
        counter.advance(3)
        counter.close()
        stream.flush()
        written = stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
        assert expected in written
        assert bool(expected) == bool(written)


def test_warnings_and_log_messages_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting():
        warnings.warn("two\nlines\x1b", stacklevel=1)
        logging.getLogger("minihub").warning("of %s", "the cache")
    assert capsys.readouterr().err == (
        "minihub: warning: two lines\\x1b\nminihub: warning: of the cache\n"
    )
    assert not logging.getLogger("minihub").handlers
