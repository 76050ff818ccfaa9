from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from minihub.cli import main
from tests.hub.server import Server

MODULES = Path(__file__).parents[1] / "data" / "modules"
HALF = str(MODULES / "half_plus_two")
TEXT = str(MODULES / "text")
IMAGE = str(MODULES / "image")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine reach a test, and its cache is never touched."""
    for name in os.environ:
        if re.match(r"TFHUB_|MINIHUB_|XDG_CACHE|COLUMNS|.*_proxy$", name, re.I):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@dataclass
class Ran:
    """What one run of the command line gave."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs the command line in this process: `cli("show", handle, stdin=b"…")`."""

    def run(*arguments: object, stdin: bytes | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def refused(cli: Cli) -> Callable[..., str]:
    """Runs what must fail with `code`: one line on standard error, which is returned, and nothing on standard output."""

    def run(code: int, *arguments: object, stdin: bytes | None = None) -> str:
        ran = cli(*arguments, stdin=stdin)
        assert ran.code == code, ran.err
        assert ran.out == ""
        assert ran.err.startswith("minihub: error: ")
        assert ran.err.count("\n") == 1
        assert "Traceback" not in ran.err
        return ran.err

    return run


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running
