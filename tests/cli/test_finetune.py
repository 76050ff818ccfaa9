"""`minihub finetune`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
from minihub.demo import FOLDER as DEMO
from tests.cli.conftest import HALF, IMAGE, Cli
from tests.finetuning.modules import LABELS, NORMALIZING, SENTENCES, colours, export, normalizing
from tests.hub.modules import read

ROWS = list(zip(SENTENCES, LABELS, strict=True))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in ROWS))
    return path


def test_a_table(cli: Cli, table: Path, tmp_path: Path) -> None:
    ran = cli("finetune", DEMO, table, "--out", tmp_path / "m", "--learning-rate", 0.05)
    assert ran.code == 0
    assert "epoch  1/30  loss 0." in ran.err
    assert ran.out.startswith("loss        █")
    assert "is kept; its scores on 6 validation examples" in ran.out
    assert ran.out.endswith(f"{tmp_path / 'm'}\n")
    module = minihub.load(tmp_path / "m")
    assert module(["close a file"], signature="classification", as_dict=True)["label"] == [b"files"]
    assert sorted(os.listdir(tmp_path)) == ["data.csv", "m"]


def test_json(cli: Cli, table: Path, tmp_path: Path) -> None:
    ran = cli(
        "finetune", DEMO, table, "--out", tmp_path / "m", "--json", "--epochs", 3, "--patience", 0,
        "--class-weights", "errors=2,files=1", "--hidden-units", "8,4", "--dropout", 0.1, "--name", "kind",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert (told["format"], told["signature"], told["classes"]) == (1, "kind", ["errors", "files"])
    assert [epoch["number"] for epoch in told["history"]] == [1, 2, 3]
    assert set(told["history"][0]) == {"number", "loss", "validation_loss", "score"}
    assert {"accuracy", "f1", "classes", "confusion", "on", "examples"} == set(told["metrics"])
    assert "kind" in minihub.load(tmp_path / "m").signatures


def test_json_lines_and_a_file_to_validate_on(cli: Cli, tmp_path: Path) -> None:
    for name in ("a", "b"):
        lines = [json.dumps({"default": text, "stars": len(text) / 10}) for text, _ in ROWS]
        (tmp_path / f"{name}.jsonl").write_text("\n".join([*lines, ""]))
    ran = cli(
        "finetune", DEMO, tmp_path / "a.jsonl", "--label", "stars", "--validation", tmp_path / "b.jsonl",
        "--out", tmp_path / "m", "--epochs", 2,
    )  # fmt: skip
    assert "its scores on 32 validation examples" in ran.out
    assert "r2" in ran.out
    assert minihub.load(tmp_path / "m")(["x"], signature="regression").shape == (1,)


def test_numbers_in_a_table(cli: Cli, tmp_path: Path) -> None:
    folder = export(normalizing, tmp_path / "base", NORMALIZING)
    rows = [f'"[{i}, 0, 1, 2]"\t{i}' for i in range(20)]
    (tmp_path / "d.tsv").write_text("values\tlabel\n" + "\n".join(rows))
    out = tmp_path / "m"
    base = ("finetune", folder, tmp_path / "d.tsv", "--out", out, "--train-module")
    ran = cli(*base, "--task", "regression", "--epochs", 1, "--input", "x=values")
    assert ran.code == 0
    assert minihub.load(out)([[1, 0, 1, 2]], signature="regression").shape == (1,)


def test_folders_of_images(cli: Cli, refused: Callable[..., str], tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    folder = export(colours, tmp_path / "base")
    for number in range(12):
        kind = tmp_path / "data" / ("red", "grün")[number % 2] / ("", "2024/may")[number % 3 == 0]
        kind.mkdir(parents=True, exist_ok=True)
        colour = np.zeros((8, 8, 3), np.uint8)
        colour[..., number % 2] = 200
        image.fromarray(colour).save(kind / f"{number}.PNG")
    (tmp_path / "data" / "red" / "notes.txt").write_text("no image")
    (tmp_path / "data" / "red" / "._0.png").write_text("no image")
    (tmp_path / "data" / ".thumbnails").mkdir()
    (tmp_path / "data" / ".thumbnails" / "0.png").write_text("no image")
    ran = cli(
        "finetune", folder, tmp_path / "data", "--out", tmp_path / "m", "--json", "--learning-rate", 0.1,
    )  # fmt: skip
    told = json.loads(ran.out)
    assert told["classes"] == ["grün", "red"]
    assert told["metrics"]["accuracy"] == 1.0
    (tmp_path / "data" / "blue").mkdir()
    message = refused(1, "finetune", folder, tmp_path / "data", "--out", tmp_path / "n")
    assert "there are none in ['blue']" in message


def test_a_training_that_is_interrupted_goes_on(
    cli: Cli,
    refused: Callable[..., str],
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = ("finetune", DEMO, table, "--patience", 0, "--epochs", 5)
    whole = cli(*base, "--out", tmp_path / "whole")
    resumed = (*base, "--out", tmp_path / "m", "--checkpoint-dir", tmp_path / "kept")

    with monkeypatch.context() as patched:
        interrupt_at("epoch", 1, patched)
        ran = cli(*base, "--out", tmp_path / "m")
        assert (ran.code, ran.out) == (130, "")
        first, *others = ran.err.splitlines()
        assert first.startswith("epoch 1/5  loss ")
        assert others == [
            "minihub: no module was written; with --checkpoint-dir DIR a training can be gone on with",
            "minihub: interrupted",
        ]
        interrupt_at("progress", 1, patched)
        assert cli(*resumed).err.splitlines()[-2:] == [
            f"minihub: no module was written, and nothing was over to be kept in {tmp_path / 'kept'}",
            "minihub: interrupted",
        ]
    with monkeypatch.context() as patched:
        interrupt_at("progress", 1, patched)
        patched.setattr("minihub.finetuning.kept_features.SECONDS", 0.0)
        assert cli(*resumed).err.splitlines()[-2:] == [
            "minihub: no module was written; the features of 32 examples are kept in "
            f"{tmp_path / 'kept'}. The same command goes on from there",
            "minihub: interrupted",
        ]
    with monkeypatch.context() as patched:
        interrupt_at("epoch", 2, patched)
        ran = cli(*resumed)
        assert (ran.code, ran.out) == (130, "")
        assert ran.err.splitlines()[-2:] == [
            f"minihub: no module was written; 2 epochs of the training are kept in {tmp_path / 'kept'}. The same command goes "
            "on from there; with --epochs 2 it writes the best module so far",
            "minihub: interrupted",
        ]
    # What the message says.
    stopped = cli(*resumed, "--epochs", 2, "--out", tmp_path / "stopped")
    assert "of 2 is kept; its scores" in stopped.out
    ran = cli(*resumed)
    assert ran.err.startswith(
        f"going on after epoch 2, kept in {tmp_path / 'kept'}\nepoch 3/5  loss "
    )
    assert ran.out == whole.out.replace(str(tmp_path / "whole"), str(tmp_path / "m"))
    assert read(tmp_path / "m") == read(tmp_path / "whole")
    message = refused(
        1, *resumed, "--out", tmp_path / "n", "--batch-size", 4, "--json", "--dropout", 0.5
    )
    assert (
        "must go on as it began, with dropout 0.0 instead of 0.5, batch_size 32 instead of 4;"
        in message
    )
    assert not (tmp_path / "n").exists()


def interrupt_at(what: str, call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a call of what is told of the course be interrupted, after it was told."""
    from minihub.cli.finetune import _Course

    told = getattr(_Course, what)
    calls = 0

    def tell(*arguments: Any) -> None:
        nonlocal calls
        told(*arguments)
        calls += 1
        if calls == call:
            raise KeyboardInterrupt

    monkeypatch.setattr(_Course, what, tell)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
    reason="shells let processes in the background ignore SIGINT, and these their children",
)
@pytest.mark.parametrize("kept", [False, True])
def test_control_c_ends_a_training(table: Path, tmp_path: Path, kept: bool) -> None:
    command = [
        *(
            sys.executable,
            "-m",
            "minihub",
            "finetune",
            DEMO,
            str(table),
            "--out",
            str(tmp_path / "m"),
        ),
        *("--epochs", "100000", "--patience", "0"),
        *(("--checkpoint-dir", str(tmp_path / "kept")) if kept else ()),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        for line in ran.stderr:
            if line.startswith("epoch      5/"):
                ran.send_signal(signal.SIGINT)
                break
        rest = [line for line in ran.stderr if not line.startswith("epoch ")]
        assert ran.stdout.read() == ""
    assert ran.returncode == 130
    assert len(rest) == 2
    assert rest[0].startswith("minihub: no module was written; ")
    assert rest[1] == "minihub: interrupted\n"
    assert sorted(os.listdir(tmp_path)) == ["data.csv", *(["kept"] if kept else [])]


def test_pictures_of_the_course(cli: Cli, table: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    options = ("--epochs", 2, "--curves")
    for name in ("c.png", "c.svg"):
        cli("finetune", DEMO, table, "--out", tmp_path / f"m-{name}", *options, tmp_path / name)
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "c.svg").read_bytes()


def test_classes_that_are_numbers_are_weighed_by_name(
    cli: Cli, refused: Callable[..., str], tmp_path: Path
) -> None:
    lines = [json.dumps({"text": text, "label": len(text) % 2}) for text, _ in ROWS]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    base = ("finetune", DEMO, tmp_path / "d.jsonl", "--out", tmp_path / "m", "--epochs", 1)
    assert cli(*base, "--json", "--class-weights", "1=3").code == 0
    base = ("finetune", DEMO, tmp_path / "d.jsonl", "--out", tmp_path / "n", "--epochs", 1)
    assert "classes [0, 1], not of ['2']" in refused(1, *base, "--class-weights", "2=3")


def test_pictures_without_matplotlib(
    refused: Callable[..., str], table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = ("finetune", DEMO, table, "--out", tmp_path / "m", "--curves")
    assert "must be .pdf, .png or .svg, not '.bmp'" in refused(1, *base, "c.bmp")
    assert "there is no folder" in refused(3, *base, tmp_path / "none" / "c.png")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'minihub[plots]'" in refused(1, *base, "c.png")
    assert not (tmp_path / "m").exists()


def test_what_the_command_refuses(refused: Callable[..., str], table: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "m")
    base = ("finetune", DEMO, table, *out)
    assert "--out" in refused(2, "finetune", DEMO, table)
    assert "a share in [0, 1) or a file, not 1.5" in refused(2, *base, "--validation", 1.5)
    assert "numbers with commas" in refused(2, *base, "--hidden-units", "8,x")
    assert "CLASS=WEIGHT, not 'files=x'" in refused(2, *base, "--class-weights", "files=x")
    assert "weigh class 'files' once" in refused(2, *base, "--class-weights", "files=1,files=2")
    assert "not be the column of the labels" in refused(2, *base, "--input", "label")
    assert "once for each input" in refused(2, *base, "--input", "a", "--input", "b")
    assert "must have a column 'stars'" in refused(1, *base, "--label", "stars")
    assert "must have a column 'words'" in refused(1, *base, "--input", "words")
    assert "inputs must be among ['default'], not ['x']" in refused(1, *base, "--input", "x=text")
    assert "is not there" in refused(3, "finetune", DEMO, tmp_path / "none.csv", *out)
    assert "is not there" in refused(3, *base, "--validation", tmp_path / "none.csv")
    assert "a folder of images is for" in refused(1, "finetune", DEMO, tmp_path, *out)
    assert "one folder of images" in refused(1, "finetune", IMAGE, tmp_path, *out)
    assert "does not exist" in refused(3, "finetune", tmp_path / "none", table, *out)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    assert "holds 'x'" in refused(1, "finetune", DEMO, table, "--out", tmp_path / "full")
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.csv", b"", "must hold examples, but has none"),
        ("d.csv", b"text,label\n", "must hold examples, but has none"),
        ("d.csv", b"text,label\na,b,c\n", "line 2 must have 2 values, not 3"),
        ("d.csv", b"text,text\na,b\n", "must name each column once, not ['text']"),
        ("d.csv", b"a,b,label\n1,2,3\n", "which column of"),
        ("d.csv", b'text,label\n"a,b\n', "is malformed"),
        ("d.csv", b"text,label\n\xff,b\n", "must be UTF-8"),
        ("d.csv", b"text,label\na,\n", "there must be a label"),
        ("d.jsonl", b"[1]\n", "line 1 must be a JSON object"),
        ("d.jsonl", b'{"text": "a", "label": 1}\n{', "line 2 must be JSON"),
        ("d.jsonl", b'{"text": "a", "label": 1}\n{"text": "b"}', "line 2 has no 'label'"),
        ("d.jsonl", b'{"text": 1, "label": 1}', "text: must be text, not 1"),
        ("d.txt", b"a", "must be a .csv, .tsv or .jsonl file"),
    ],
)
def test_malformed_files(
    refused: Callable[..., str], tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert message in refused(1, "finetune", DEMO, tmp_path / name, "--out", tmp_path / "m")


def test_empty_lines_before_the_header(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("\n\ntext,label\na,x\n\nb,y\n")
    ran = cli("finetune", DEMO, tmp_path / "d.csv", "--out", tmp_path / "m", "--epochs", 1)
    assert ran.code == 0, ran.err


def test_cells_that_are_no_numbers(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,label\none,a\n")
    base = ("finetune", HALF, tmp_path / "d.csv", "--out", tmp_path / "m")
    assert "line 2, x: must be a number or a JSON list of numbers, not 'one'" in refused(1, *base)
