"""`minihub page`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import HALF, IMAGE, TEXT, Cli


def test_a_page_on_inputs_that_are_given_or_made_up(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    ran = cli("page", TEXT, "the cat", "a dog", "--runs", "1", "--output", path)
    assert (ran.code, ran.out, ran.err) == (0, f"{path}\n", "")
    assert "the cat" in path.read_text(encoding="utf-8")
    assert cli("page", IMAGE, "--batch", "2", "--runs", "1", "--output", path).code == 0
    assert TEXT not in path.read_text(encoding="utf-8")
    assert [*tmp_path.iterdir()] == [path]


def test_refusals(cli: Cli, refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert "--output" in refused(2, "page", HALF)
    assert "--batch" in refused(2, "page", HALF, "[1]", "--batch", "2", "--output", path)
    assert "no folder" in refused(3, "page", HALF, "--output", tmp_path / "none" / "page.html")
    assert "none" in refused(1, "page", HALF, "--signature", "none", "--output", path)
    assert not path.exists()
