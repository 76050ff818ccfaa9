"""`minihub page`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import minihub
import minihub_runtime as tf
from tests.cli.conftest import HALF, IMAGE, TEXT, Cli
from tests.pages.reading import unpacked
from tests.pages.test_contents import exported


def test_a_page_on_inputs_that_are_given_or_made_up(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    ran = cli("page", TEXT, "the cat", "a dog", "--runs", "1", "--output", path)
    assert (ran.code, ran.out, ran.err) == (0, f"{path}\n", "")
    assert "the cat" in json.dumps(unpacked(path.read_text(encoding="utf-8")))
    assert cli("page", IMAGE, "--batch", "2", "--runs", "1", "--output", path).code == 0
    told = unpacked(path.read_text(encoding="utf-8"))
    assert told["made_up"]
    assert TEXT not in json.dumps(told)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("command", [["page", "--output", "page.html"], ["profile"]])
def test_inputs_that_were_made_up_and_are_refused(
    refused: Callable[..., str], tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.string, [None])
        minihub.add_signature(inputs=x, outputs=tf.io.decode_base64(x))

    monkeypatch.chdir(tmp_path)
    numbers = exported(module_fn, tmp_path)
    said = refused(1, *command, numbers)
    assert "made up" in said
    assert "--input NAME=VALUE" in said
    assert "--batch" in said
    assert "made up" not in refused(1, *command, numbers, "words")


def test_refusals(cli: Cli, refused: Callable[..., str], tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert "--output" in refused(2, "page", HALF)
    assert "--batch" in refused(2, "page", HALF, "[1]", "--batch", "2", "--output", path)
    assert "no folder" in refused(3, "page", HALF, "--output", tmp_path / "none" / "page.html")
    assert "none" in refused(1, "page", HALF, "--signature", "none", "--output", path)
    assert not path.exists()
