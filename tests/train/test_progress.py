"""The line that tells how far training is: on a terminal only, and what it says."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime import terminal
from minihub_runtime.train import progress
from tests.train.estimator.models import input_function, model_function


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Each look is so many seconds later."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds = 0.0, seconds

    def monotonic(self) -> float:
        self.now += self.seconds
        return self.now


def trained(stream: Any, seconds: float, monkeypatch: pytest.MonkeyPatch, **options: Any) -> str:
    """What is written while four steps are made."""
    monkeypatch.setattr(progress, "time", Clock(seconds))
    with tf.Graph().as_default():
        step = tf.train.create_global_step()
        loss = 1 / (tf.cast(step, tf.float32) + 2)
        with tf.control_dependencies([loss]):
            train_op = step.assign_add(1)
        hooks = [
            tf.train.StopAtStepHook(num_steps=4),
            progress.ProgressHook(loss, stream=stream, **options),
        ]
        with tf.train.MonitoredSession(hooks=hooks) as session:
            while not session.should_stop():
                session.run(train_op)
    return stream.getvalue() if isinstance(stream, io.StringIO) else ""


def test_step_speed_loss_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    text = trained(Terminal(), 0.5, monkeypatch, num_steps=4)
    lines = text.rstrip("\n").split("\r")[1:]
    assert [line.rstrip() for line in lines] == [
        "step 1 of 4  [######..................]   25%  2 steps/s  loss 0.5  0:02 left",
        "step 2 of 4  [############............]   50%  2 steps/s  loss 0.3333  0:01 left",
        "step 3 of 4  [##################......]   75%  2 steps/s  loss 0.25  0:00 left",
        "step 4 of 4  [########################]  100%  2 steps/s  loss 0.2",
    ]
    assert text.endswith("\n")


def test_lines_are_drawn_ten_times_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    text = trained(Terminal(), 0.04, monkeypatch, last_step=4)
    assert [line.split("  ")[0] for line in text.split("\r")[1:]] == ["step 3 of 4", "step 4 of 4"]


def test_without_a_known_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = trained(Terminal(), 0.005, monkeypatch)
    assert text == ""
    text = trained(Terminal(), 0.2, monkeypatch)
    assert text.split("\r")[1] == "step 1  5 steps/s  loss 0.5"


def test_nothing_is_written_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trained(io.StringIO(), 1, monkeypatch, num_steps=4) == ""
    monkeypatch.setattr(sys, "stderr", None)
    assert trained(None, 1, monkeypatch) == ""


@pytest.mark.parametrize("level", [tf.logging.WARN, tf.logging.INFO])
def test_estimators_show_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "time", Clock(1))
    estimator = tf.estimator.Estimator(model_function(tf), str(tmp_path), params={"rate": 0.1})
    before = tf.logging.get_verbosity()
    tf.logging.set_verbosity(level)
    try:
        estimator.train(input_function(tf), steps=2).train(input_function(tf), max_steps=3)
    finally:
        tf.logging.set_verbosity(before)
    drawn = [line.split("  ")[0] for line in stream.getvalue().split("\r")[1:]]
    wanted = ["step 1 of 2", "step 2 of 2", "step 3 of 3"]
    assert drawn == (wanted if level == tf.logging.WARN else [])


def test_clocks_and_bars() -> None:
    assert [terminal.clock(seconds) for seconds in (0, 65, 3600)] == ["0:00", "1:05", "1:00:00"]
    assert terminal.bar(0.5) == "[############............]"
    assert terminal.bar(2) == "[########################]"
