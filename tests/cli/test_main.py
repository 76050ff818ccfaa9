"""The command line as a whole: help, global options, errors, streams."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import minihub
from minihub.cli import main
from minihub.cli.failures import EXIT_CODES
from tests.cli.conftest import HALF, TEXT, Cli

DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"
PROGRAM = [sys.executable, "-W", "error", "-m", "minihub"]


def test_help_lists_commands_and_exit_codes(cli: Cli) -> None:
    ran = cli("--help")
    assert ran.code == 0
    for word in ("show", "run", "download", "cache", "ops", *map(str, EXIT_CODES)):
        assert word in ran.out


@pytest.mark.parametrize("command", ["show", "run", "download", "cache", "ops"])
def test_every_option_is_documented(cli: Cli, command: str) -> None:
    ran = cli(command, "--help")
    assert ran.code == 0
    text = DOCUMENT.read_text(encoding="utf-8")
    for option in re.findall(r"--[a-z0-9-]+", ran.out):
        assert f"`{option}" in text or f" {option}" in text, option


def test_exit_codes_are_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in text


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"minihub {minihub.__version__}\n"


def test_help_needs_no_numpy_protobuf_or_requests() -> None:
    program = (
        "import sys; from minihub.cli import main; main(['--help']); main(['run', '--help']); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'numpy', 'google', 'requests', 'minihub_runtime'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["show"],
        ["show", HALF, "and", "more"],
        ["show", HALF, "--jso"],
        ["run", HALF, "--format", "xml"],
        ["run", HALF, "--timeout", "0"],
        ["run", HALF, "--timeout", "soon"],
        ["run", HALF, "--batch-size", "-1"],
        ["demo", "--neighbours", "-1"],
        ["run", HALF, "1", "--input", "default=1"],
        ["run", HALF, "--input", "1"],
        ["run", HALF, "--input", "default=1", "--input", "default=2"],
        ["run", HALF, "1", "--format", "npz"],
        ["cache"],
        ["cache", "remove"],
        ["cache", "remove", "x", "--all"],
        ["cache", "list", "--all"],
        ["cache", "path", "a", "b"],
        ["show", ""],
        ["show", "http://"],
        ["download", HALF, "--sha256", "12"],
    ],
    ids=" ".join,
)
def test_usage_errors(refused: Callable[..., str], arguments: list[str]) -> None:
    refused(2, *arguments)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [(["run", HALF, "--batch-size"], 0), (["profile", HALF, "--runs"], 1), (["demo", "--neighbours"], 0)],
)  # fmt: skip
def test_counts(refused: Callable[..., str], arguments: list[str], wanted: int) -> None:
    for text in ("x", "", "1.5"):
        told = refused(2, *arguments, text)
        assert f"{arguments[-1]}: must be a whole number, {wanted} or more, not {text!r} (" in told


def test_what_follows_two_dashes_is_no_option(refused: Callable[..., str], cli: Cli) -> None:
    assert "error: -x does not exist." in refused(3, "show", "--", "-x")
    assert "error: --json does not exist." in refused(3, "--offline", "run", "--", "--json", "1")
    assert cli("--", "run", HALF, "1").out == cli("run", "--", HALF, "1").out


def test_global_options_stand_before_or_after_the_command(refused: Callable[..., str]) -> None:
    address = "http://127.0.0.1:9/module"
    for arguments in (["--offline", "show", address], ["show", address, "--offline"]):
        assert "the network is switched off" in refused(3, *arguments)


def test_a_wrong_setting_is_a_usage_error(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIHUB_OFFLINE", "perhaps")
    assert "MINIHUB_OFFLINE" in refused(2, "show", "http://127.0.0.1:9/module")


def test_traceback_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        main(["--traceback", "show", "nowhere"])
    monkeypatch.setenv("MINIHUB_TRACEBACK", "1")
    with pytest.raises(FileNotFoundError):
        main(["show", "nowhere"])


def test_an_interruption(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("minihub.cli.show.locate", interrupt)
    ran = cli("show", HALF)
    assert (ran.code, ran.out, ran.err) == (130, "", "minihub: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for one process")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_command_as_an_exception(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, code: int
) -> None:
    number = getattr(signal, name)
    mine = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
    before = signal.signal(number, mine)
    seen: list[str] = []

    def end(*_: object) -> None:
        seen.extend(os.listdir(tmp_path))
        os.kill(os.getpid(), number)

    monkeypatch.setattr("minihub.export.sync_folder", end)
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("word 1 2\n")
    try:
        ran = cli("create", "text-embedding", "--vectors", vectors, "--out", tmp_path / "m")
        assert signal.getsignal(number) == mine
    finally:
        signal.signal(number, before)
    assert (ran.code, ran.out, ran.err) == (code, "", "minihub: interrupted\n")
    assert len(seen) > 1
    assert os.listdir(tmp_path) == ["vectors.txt"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
def test_a_signal_that_is_looked_after_by_others_is_left_to_them(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minihub.cli.ops.print_json", lambda _: os.kill(os.getpid(), signal.SIGHUP))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert cli("ops", "Relu", "--json").code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interruption_that_an_import_turned_into_an_error(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise ImportError("a bad install")

    monkeypatch.setattr("minihub.cli.show.locate", fail)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ran = cli("show", HALF)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (ran.code, ran.out, ran.err) == (130, "", "minihub: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_an_interruption_while_the_command_line_itself_is_imported() -> None:
    program = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "argparse":
            os.kill(os.getpid(), signal.SIGINT)

sys.modules.pop("argparse", None)
sys.meta_path.insert(0, Interrupting())
from minihub.cli import main
sys.exit(main(["show", "nowhere"]))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (130, b"minihub: interrupted\n")


def test_an_unexpected_error_names_its_type(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("minihub.cli.show.locate", fail)
    assert "ZeroDivisionError: by zero (--traceback" in refused(1, "show", HALF)


def test_a_closed_pipe_ends_quietly() -> None:
    with subprocess.Popen([*PROGRAM, "ops"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        complaint = ran.stderr.read()
    assert (ran.returncode, complaint) == (141, b"")


@pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="only Linux has a file that is always full"
)
def test_a_full_disk_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run([*PROGRAM, "ops"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 3
    assert ran.stderr == b"minihub: error: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.skipif(
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
    reason="shells let processes in the background ignore SIGINT, and these their children",
)
def test_lines_are_answered_as_they_come_and_control_c_ends_it() -> None:
    command = [*PROGRAM, "run", TEXT, "-", "--batch-size", "1"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:
        assert ran.stdin is not None
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdin.write(b"one\n")
        ran.stdin.flush()
        assert ran.stdout.readline() == b"default  float32 [?, 6]\n"
        assert ran.stdout.readline().startswith(b"[[")
        ran.send_signal(signal.SIGINT)
        complaint = ran.stderr.read()
    assert (ran.returncode, complaint) == (130, b"minihub: interrupted\n")


def test_output_is_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    odd = tmp_path / "模型 ü"
    odd.symlink_to(HALF)
    # The locale is that of the name alone, which has no characters in others.
    settings = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"}
    environment = {**os.environ, **settings}
    ran = subprocess.run(
        [*PROGRAM, "show", str(odd)], capture_output=True, env=environment, check=True
    )
    assert "模型 ü" in ran.stdout.decode("utf-8")
