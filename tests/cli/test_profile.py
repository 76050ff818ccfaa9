"""`minihub profile`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HALF, IMAGE, TEXT, Cli


def test_a_table_on_made_up_inputs(cli: Cli) -> None:
    ran = cli("profile", IMAGE, "--runs", "1", "--batch", "2", "--top", "1")
    assert ran.code == 0, ran.err
    assert "GFLOP/s" in ran.out
    assert "loading" in ran.out
    assert "1 op more" in ran.out


def test_json_and_a_trace(cli: Cli, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    ran = cli("profile", TEXT, "the cat", "a dog", "--runs", "2", "--json", "--trace", trace)
    told = json.loads(ran.out)
    assert (told["format"], told["handle"], told["runs"]) == (1, TEXT, 2)
    assert "StaticRegexReplace" in {op["op"] for op in told["ops"]}
    assert json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]


def test_inputs_from_a_file_and_by_name(cli: Cli, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("the cat\na dog\nthe end\n", encoding="utf-8")
    told = json.loads(cli("profile", TEXT, f"@{lines}", "--runs", "1", "--json").out)
    shapes = [node["shapes"] for op in told["ops"] for node in op["nodes"]]
    assert any([3] in found for found in shapes)
    assert cli("profile", HALF, "--input", "default=[1, 2]", "--runs", "1").code == 0


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        (2, [HALF, "1", "--batch", "2"], "--batch is for inputs that are made up"),
        (2, [HALF, "--runs", "0"], "must be a whole number, 1 or more"),
        (1, [HALF, "--signature", "none"], "Signature 'none' is missing"),
        (3, ["nowhere"], "nowhere"),
    ],
)
def test_what_is_refused(
    refused: Callable[..., str], code: int, arguments: list[str], message: str
) -> None:
    assert message in refused(code, "profile", *arguments)


def test_a_trace_that_has_no_place(cli: Cli, tmp_path: Path) -> None:
    """It is refused before anything is run, under the name that was given."""
    for path in (tmp_path / "nowhere" / "x", tmp_path, f"{tmp_path}/x/", ""):
        ran = cli("profile", HALF, "--runs", "1", "--trace", path)
        assert ran.code == 3
        assert ".tmp" not in ran.err
        assert "first run" not in ran.out
    assert not list(tmp_path.iterdir())
