"""What people type by mistake, and surroundings that lack something: a clear line, and nothing lost or written where it should not."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minihub.demo import FOLDER as DEMO
from tests.cli.conftest import HALF, Cli
from tests.finetuning.modules import LABELS, SENTENCES

ROOT = Path(__file__).parents[2]
Refused = Callable[..., str]

posix = pytest.mark.skipif(os.name == "nt", reason="a shell closes the streams")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = "".join(f'"{x}",{y}\n' for x, y in zip(SENTENCES, LABELS, strict=True))
    path = tmp_path / "data.csv"
    path.write_text(f"text,label\n{rows}")
    return path


def shell(line: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `$M` is the command, and `$1` … are arguments."""
    return subprocess.run(
        ["/bin/sh", "-c", f'M="{sys.executable} -m minihub"; {line}', "sh", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@posix
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('$M show "$1" >&-', 0),
        ('$M show "$1" --json >&-', 0),
        ('$M run "$1" "a word" >&-', 0),
        ('$M show /nowhere 2>&-', 3),
        ('$M show "$1" >&- 2>&- <&-', 0),
        ("$M show /nowhere 2>/dev/full", 3),
    ],
)  # fmt: skip
def test_closed_output(line: str, code: int) -> None:
    ran = shell(line, DEMO)
    assert (ran.returncode, ran.stderr) == (code, "")
    # What is for standard error does not come out elsewhere.
    assert ran.stdout == ""


@posix
def test_closed_output_does_not_spoil_what_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    ran = shell('$M run "$1" 1 --output "$2" <&- >&- 2>&-', HALF, out)
    assert ran.returncode == 0
    assert out.read_text() == "[2.5]\n"


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_work_goes_on_when_nobody_takes_the_notes(
    table: Path, tmp_path: Path, unbuffered: str
) -> None:
    given = f"PYTHONUNBUFFERED={unbuffered} $M finetune"
    ran = shell(f'{given} "$1" "$2" --out "$3" --epochs 2 2>/dev/full', DEMO, table, tmp_path / "m")
    assert (ran.returncode, ran.stdout.splitlines()[-1]) == (0, str(tmp_path / "m"))
    line = f'{{ {given} "$1" "$2" --out "$3" --epochs 2 2>&1 >/dev/null; echo $? >&2; }} | true'
    ran = shell(line, DEMO, table, tmp_path / "n")
    assert ran.stderr == "0\n"
    assert sorted(os.listdir(tmp_path / "n")) == sorted(os.listdir(tmp_path / "m"))


@posix
def test_closed_input(tmp_path: Path) -> None:
    ran = shell('$M run "$1" - <&-', DEMO)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "minihub: error: - must be standard input, but that is closed\n"
    (tmp_path / ("0" * 40)).mkdir()
    ran = shell('$M --cache-dir "$1" cache remove --all <&-', tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "--all asks on a terminal" in ran.stderr
    assert os.listdir(tmp_path) == ["0" * 40]


def test_empty_paths(
    table: Path, refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    told = refused(2, "--cache-dir", "", "cache", "list")
    assert "the cache folder must have a name" in told
    told = refused(1, "finetune", DEMO, table, "--out", "")
    assert "must have a name, but that is empty" in told
    told = refused(1, "finetune", DEMO, table, "--out", "m", "--checkpoint-dir", "")
    assert "checkpoint_dir must name a folder, but is empty" in told
    assert os.listdir(folder) == []


def test_files_where_folders_are_to_be(table: Path, refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a 1 0\nb 0 1\n")
    told = refused(1, "finetune", DEMO, table, "--out", tmp_path / "m", "--checkpoint-dir", file / "x")  # fmt: skip
    assert "checkpoint_dir must be a folder, but" in told
    assert "file is a file" in told
    told = refused(1, "create", "text-embedding", "--vectors", file, "--out", file / "m")
    assert "must be empty or not be there" in told
    for command in ("show", "run"):
        told = refused(3, command, file, *(["x"] if command == "run" else []))
        assert "file" in told
        assert "is another file" in told or "is a file and contains neither" in told


def test_nothing_is_read_for_what_has_no_place(refused: Refused, tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("a 1 0\nb 0 nonsense\n")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "mine").write_text("")
    told = refused(1, "create", "text-embedding", "--vectors", vectors, "--out", tmp_path / "m")
    assert "must be empty or not be there, but holds 'mine'" in told


@pytest.mark.parametrize("name", ["a b", "ü", "a/b", "a@b", "a\\b"])
def test_names_that_tensorflow_hub_cannot_apply(
    table: Path, refused: Refused, tmp_path: Path, name: str
) -> None:
    told = refused(1, "finetune", DEMO, table, "--out", tmp_path / "m", "--name", name)
    assert "the name of the new signature must be of letters of ASCII" in told
    assert not (tmp_path / "m").exists()


def test_what_is_missing_is_what_is_needed(refused: Refused) -> None:
    assert "the following arguments are required: action (see" in refused(2, "cache")
    assert "a command must be given: show, demo, create" in refused(2)


@pytest.mark.parametrize("name", ["saved_model.pb", "tfhub_module.pb"])
@pytest.mark.parametrize("command", ["show", "run", "create"])
def test_a_file_of_a_module_for_its_folder(refused: Refused, command: str, name: str) -> None:
    more = {"show": [], "run": ["a"], "create": ["--out", "nowhere"]}[command]
    words = [command, *(["from-graph"] if command == "create" else [])]
    told = refused(4, *words, os.path.join(DEMO, name), *more)
    assert f"The handle of a module or SavedModel is its folder, {DEMO}" in told


def test_ops_in_other_capitals(cli: Cli) -> None:
    ran = cli("ops", "relu", "fused_batch_norm")
    assert ran.code == 1
    assert "but there is Relu\n" in ran.out
    assert "but there is FusedBatchNorm\n" in ran.out


def test_json_by_the_option_of_other_commands(cli: Cli) -> None:
    assert json.loads(cli("run", HALF, "1", "2", "--json").out) == [2.5, 3.0]


@pytest.mark.parametrize("column", ["text", "label"])
def test_half_a_character(refused: Refused, tmp_path: Path, column: str) -> None:
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}, {"text": "c", "label": "x"}]
    rows[0][column] = "cut \ud83d"
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    told = refused(1, "finetune", DEMO, path, "--out", tmp_path / "m")
    assert "'cut \\ud83d'" in told
    where = "data.jsonl, line 1, text must" if column == "text" else "labels that are text must"
    assert where in told


def test_text_among_numbers(refused: Refused) -> None:
    assert "input 'default' must be of type float32, not text" in refused(1, "run", HALF, '[1, "a"]')  # fmt: skip
    assert "among them dict" in refused(1, "run", HALF, "[1, {}]")
    assert "among them None" in refused(1, "run", HALF, "[1, null]")


def test_paths_with_blanks_and_letters_of_all_kinds(cli: Cli, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "ein Örtchen" / "모듈"
    data = table.rename(tmp_path / "dätä ü.csv")
    ran = cli("finetune", DEMO, data, "--out", out, "--epochs", 1)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, str(out))
    assert cli("run", out, "日本語", "").code == 0
    assert f"path      {out}\n" in cli("show", out).out


def test_outputs_that_have_no_place_are_found_out_before_anything_runs(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("minihub.cli.run.load", None)
        told = refused(3, "run", HALF, "1", "--output", "nowhere/out.json")
        assert (
            told == f"minihub: error: nowhere/out.json: there is no folder {tmp_path / 'nowhere'}\n"
        )
        assert "--output must name a file, but . is a folder" in refused(3, "run", HALF, "1", "--output", ".")  # fmt: skip
        assert "--output must name a file, but is empty" in refused(3, "run", HALF, "1", "--output", "")  # fmt: skip
        patch.setattr(os, "access", lambda path, mode: False)
        told = refused(3, "run", HALF, "1", "--output", "out.json")
        assert f"out.json: the folder {tmp_path} may not be written to" in told
    assert os.listdir(tmp_path) == []


def test_a_device_as_output(cli: Cli) -> None:
    ran = cli("run", HALF, "1", "--output", os.devnull)
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_file_that_is_given_as_a_value(refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[1]")
    told = refused(1, "run", HALF, file)
    assert told.endswith(f"; @{file} reads the file\n")
    assert "reads the file" not in refused(1, "run", HALF, f"{file}x")


@pytest.mark.parametrize("text", ["x", "nan", "-1", "0", "inf", ""])
def test_timeouts(refused: Refused, text: str) -> None:
    told = refused(2, "run", HALF, "1", "--timeout", text)
    assert f"argument --timeout: must be a positive number of seconds, not {text}" in told


@posix
def test_a_wrong_setting_is_one_of_the_environment() -> None:
    ran = shell('MINIHUB_NUM_THREADS=many $M run "$1" a', DEMO)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "MINIHUB_NUM_THREADS must be a number of threads, not 'many'" in ran.stderr


def test_what_is_no_module(refused: Refused, table: Path, tmp_path: Path) -> None:
    told = refused(1, "finetune", tmp_path, table, "--out", tmp_path / "m")
    assert "must hold tfhub_module.pb, but is something else" in told


@pytest.mark.parametrize("hidden", ["", "variables"])
def test_what_is_hidden_is_not_taken_for_absent(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    """Root sees everything, so the system's answer to others is made here."""
    private = tmp_path / "private"
    shutil.copytree(HALF, private)
    within = os.path.join(private, hidden, "")
    seen = os.lstat

    def lstat(path: Any, **how: Any) -> os.stat_result:
        if os.fspath(path).startswith(within):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return seen(path, **how)

    monkeypatch.setattr(os, "lstat", lstat)
    for command in (["show"], ["run", "1"], ["profile", "1"]):
        told = refused(3, command[0], private, *command[1:])
        assert "Permission denied" in told
        assert "private" in told
    assert "Permission denied" in refused(3, "check", private)
    if not hidden:
        assert "Permission denied" in refused(3, "show", private / "m")
        told = refused(3, "finetune", DEMO, private / "x.csv", "--out", tmp_path / "m")
        assert "Permission denied" in told


def test_one_input_by_name_as_an_object(cli: Cli, refused: Refused) -> None:
    assert json.loads(cli("run", HALF, '{"default": [1, 3]}', "--format", "json").out) == [2.5, 3.5]
    assert "must be a list or a number" in refused(1, "run", HALF, '{"x": [1]}')
    assert "error: INPUT must be a value in JSON" in refused(1, "run", HALF, '{"default": ')
    assert "default" in cli("run", DEMO, '{"default": ["a"]}').out


def test_a_command_is_what_is_missing(refused: Refused) -> None:
    assert "a command must be given: show, demo" in refused(2)
    assert "are required: command (see" in refused(2, "--offline")
