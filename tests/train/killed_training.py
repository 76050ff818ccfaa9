"""Trains in children that are killed, and goes on; run as a program: `python -m tests.train.killed_training FOLDER`.

For each way of training and each kill it prints a JSON line: the way, after which step or at which call the child was killed,
the step of the checkpoint that was left, and whether a run that goes on from it ends with the weights of one that was never
killed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import minihub_runtime as tf
from tests.hub.faults import CALLS, counted

STEPS, SAVE_EVERY, ROWS, BATCH = 7, 3, 12, 4
CALLERS = ("/minihub_runtime/checkpoint/", "/minihub_runtime/train/", "/minihub_runtime/api/")
#: Every so many calls of a run one is killed in; with the number of calls it has no divisor in common.
STRIDE = 7


class Report(tf.train.SessionRunHook):  # type: ignore[misc, name-defined]
    """Tells of each step, before anything is saved after it, and waits a little to be killed."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def begin(self) -> None:
        """Find the step."""
        self._step = tf.train.get_global_step()

    def after_run(self, run_context: Any, run_values: Any) -> None:
        """Tell of the step."""
        os.write(self._pipe, bytes([run_context.session.run(self._step)]))


def loss_of(features: Any, labels: Any) -> Any:
    """A small network."""
    hidden = tf.layers.dense(features, 3, tf.nn.tanh, name="hidden")
    return tf.losses.mean_squared_error(labels, tf.layers.dense(hidden, 1, name="out"))


def batch() -> tuple[Any, Any]:
    """Rows that the global step tells."""
    x = np.linspace(-1, 1, 2 * ROWS).reshape(ROWS, 2).astype(np.float32)
    start = tf.cast(tf.mod(tf.train.get_global_step() * BATCH, ROWS), tf.int32)
    rows = tf.constant(x)[start : start + BATCH]
    return rows, tf.reduce_sum(rows, 1, keepdims=True)


def step_of(loss: Any) -> Any:
    """A step of Adam, whose slots must be restored, too."""
    return tf.train.AdamOptimizer(0.1).minimize(loss, global_step=tf.train.get_global_step())


def in_a_session(folder: str, hooks: list[Any]) -> None:
    """Train in a session of one's own."""
    if weights(folder).get("global_step") == STEPS:
        # As in TensorFlow, a hook ends a loop after a run, so that there would be one more.
        return
    with tf.Graph().as_default():
        tf.set_random_seed(3)
        tf.train.create_global_step()
        train_op = step_of(loss_of(*batch()))
        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=folder,
            save_checkpoint_steps=SAVE_EVERY,
            hooks=[tf.train.StopAtStepHook(last_step=STEPS), *hooks],
        ) as session:
            while not session.should_stop():
                session.run(train_op)


def in_an_estimator(folder: str, hooks: list[Any]) -> None:
    """Train an Estimator."""

    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        loss = loss_of(features, labels)
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=step_of(loss))

    config = tf.estimator.RunConfig(
        folder, tf_random_seed=3, save_checkpoints_steps=SAVE_EVERY, save_summary_steps=2
    )
    tf.estimator.Estimator(model_fn, config=config).train(batch, hooks, max_steps=STEPS)


WAYS: Mapping[str, Callable[[str, list[Any]], None]] = {
    "session": in_a_session,
    "estimator": in_an_estimator,
}


def child(act: Callable[[], Any]) -> int:
    """The number of a child that does something and ends."""
    number = os.fork()
    if number == 0:
        try:
            act()
        finally:
            # A result that nobody takes for a good one, unless all was done.
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return number


def was_killed(number: int) -> bool:
    """Whether a child was killed; it must have ended well else."""
    _, status = os.waitpid(number, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def kill_after(step: int, act: Callable[[list[Any]], None]) -> None:
    """Kill a child when it tells of a step."""
    reading, writing = os.pipe()
    number = child(lambda: act([Report(writing)]))
    os.close(writing)
    while os.read(reading, 1) not in (bytes([step]), b""):
        pass
    os.kill(number, signal.SIGKILL)
    os.close(reading)
    was_killed(number)


def kill_in_call(at: int, act: Callable[[list[Any]], None]) -> bool:
    """Whether a child made so many calls of the system, and was killed in place of the last."""
    calls = tuple(call for call in CALLS if call != "close")

    def run() -> None:
        with counted(at, lambda: os.kill(os.getpid(), signal.SIGKILL), calls, CALLERS):
            act([])

    return was_killed(child(run))


def weights(folder: str) -> dict[str, Any]:
    """What the latest checkpoint of a folder holds; nothing if there is none."""
    path = tf.train.latest_checkpoint(folder)
    if path is None:
        return {}
    return {name: tf.train.load_variable(path, name) for name, _ in tf.train.list_variables(path)}


def kills(root: str, way: str) -> Iterator[dict[str, Any]]:
    """Folder and description of each kill."""
    for step in range(1, STEPS + 1, 2):
        folder = os.path.join(root, f"{way} after {step}")
        kill_after(step, lambda hooks, folder=folder: WAYS[way](folder, hooks))  # type: ignore[misc]
        yield {"way": way, "after": step, "folder": folder}
    for call in range(1, 10_000, STRIDE):
        folder = os.path.join(root, f"{way} in {call}")
        if not kill_in_call(call, lambda hooks, folder=folder: WAYS[way](folder, hooks)):  # type: ignore[misc]
            return
        yield {"way": way, "call": call, "folder": folder}


def main(root: str) -> None:
    """Kill, go on, compare."""
    os.fsync = lambda descriptor: None  # type: ignore[assignment, misc]
    for way, act in WAYS.items():
        whole = os.path.join(root, f"{way} whole")
        act(whole, [])
        wanted = weights(whole)
        assert wanted["global_step"] == STEPS
        for line in kills(root, way):
            folder = line.pop("folder")
            left = weights(folder)
            line["left"] = int(left["global_step"]) if left else None
            act(folder, [])
            found = weights(folder)
            line["same"] = found.keys() == wanted.keys() and all(
                np.array_equal(found[name], value) for name, value in wanted.items()
            )
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
