"""Flags that a program defines by absl itself, beside those of `tf.flags`, which are absl's in TensorFlow."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

import minihub_runtime as tf


@pytest.fixture(params=["another", "absl"])
def others(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Flags of the kind that absl has, and absl's own where it is installed."""
    if request.param == "absl":
        loaded = pytest.importorskip("absl.flags")
        values = loaded.FlagValues()
        loaded.DEFINE_string("name_elsewhere", "default", "A name.", flag_values=values)
        error = loaded.Error
    else:
        values, error = tf.flags.FlagValues(), tf.flags.Error
        tf.flags.DEFINE_string("name_elsewhere", "default", "A name.", flag_values=values)
    module = types.SimpleNamespace(FLAGS=values, Error=error)
    monkeypatch.setitem(sys.modules, "absl.flags", module)
    tf.flags.DEFINE_integer("steps_here", 3, "Steps.")
    yield values
    del tf.flags.FLAGS.steps_here
    tf.flags.FLAGS.unparse_flags()


def run(*arguments: str) -> list[Any]:
    """What a program finds among its arguments."""
    found: list[Any] = []

    def main(argv: list[str]) -> None:
        flags = tf.flags.FLAGS
        found.extend([argv[1:], flags.steps_here, flags.name_elsewhere])

    with pytest.raises(SystemExit) as ended:
        tf.app.run(main, ["program", *arguments])
    return found or [ended.value.code]


def test_running_parses_the_flags_of_both(others: Any) -> None:
    assert run("--name_elsewhere=x", "--steps_here", "5", "rest") == [["rest"], 5, "x"]
    assert others.name_elsewhere == "x"


def test_defaults_are_there_once_a_program_runs(others: Any) -> None:
    assert run() == [[], 3, "default"]
    assert others.name_elsewhere == "default"


def test_what_follows_two_dashes_is_no_flag_of_either(others: Any) -> None:
    arguments = ["--steps_here=4", "--", "--name_elsewhere=x", "--steps_here=5"]
    assert run(*arguments) == [arguments[2:], 4, "default"]


def test_flags_of_both_are_set(others: Any) -> None:
    run()
    tf.flags.FLAGS.name_elsewhere = "set"
    assert others.name_elsewhere == "set"
    with pytest.raises(AttributeError):
        tf.flags.FLAGS.name_nowhere = "set"


def test_a_value_that_is_refused_elsewhere_ends_the_program(
    others: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--name_elsewhere") == [1]
    assert "FATAL Flags parsing error" in capsys.readouterr().err


def test_other_values_take_no_flags_from_elsewhere(others: Any) -> None:
    values = tf.flags.FlagValues()
    with pytest.raises(tf.flags.UnrecognizedFlagError):
        values(["program", "--name_elsewhere=x"])
