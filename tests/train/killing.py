"""Saves checkpoints in children that are killed at each step in turn; run as a program.

    python -m tests.train.killing FOLDER

For each way of saving and each step it prints a JSON line: the way, the calls that were made, what a later program restores
(`old`, `new` or the error), and the names of the files that are left when the same save has been done again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import minihub_runtime as tf
from tests.hub.faults import CALLS, counted

CALLERS = ("/minihub_runtime/checkpoint/", "/minihub_runtime/train/", "/minihub_runtime/api/g")


def graph(value: float, sharded: bool) -> tuple[Any, Any]:
    """A graph with two variables on two devices, and its saver."""
    with tf.Graph().as_default() as made:
        for number in range(2):
            with tf.device(f"/device:CPU:{number}"):
                tf.get_variable(f"v{number}", initializer=np.full(50, value, np.float32))
        return made, tf.train.Saver(sharded=sharded, max_to_keep=2)


def save(folder: str, value: float, sharded: bool, step: int | None) -> None:
    """Save a checkpoint whose variables all have one value."""
    made, saver = graph(value, sharded)
    with tf.Session(graph=made) as session:
        session.run([variable.initializer for variable in made.get_collection("variables")])
        state = tf.train.get_checkpoint_state(folder)
        if state is not None:
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        saver.save(session, os.path.join(folder, "model"), global_step=step)


def restored(folder: str, sharded: bool) -> str:
    """What the latest checkpoint of a folder holds."""
    path = tf.train.latest_checkpoint(folder)
    if path is None:
        return "nothing"
    made, saver = graph(0.0, sharded)
    with tf.Session(graph=made) as session:
        saver.restore(session, path)
        values = session.run(made.get_collection("variables"))
    found = {float(value) for array in values for value in array}
    return {frozenset({1.0}): "old", frozenset({2.0}): "new"}.get(frozenset(found), "mixed")


WAYS: dict[str, Callable[[str, float], None]] = {
    "one file, the same name": lambda folder, value: save(folder, value, False, None),
    "two shards, the same name": lambda folder, value: save(folder, value, True, None),
    "numbered": lambda folder, value: save(folder, value, False, int(value)),
}


def main(root: str) -> None:
    os.fsync = lambda descriptor: None  # type: ignore[assignment, misc]
    calls = tuple(call for call in CALLS if call != "close")
    for way, act in WAYS.items():
        step = 0
        while True:
            step += 1
            folder = os.path.join(root, f"{way} {step}")
            os.mkdir(folder)
            act(folder, 1.0)
            child = os.fork()
            if child == 0:
                with counted(
                    step, lambda: os.kill(os.getpid(), signal.SIGKILL), calls, CALLERS
                ) as made:
                    act(folder, 2.0)
                os._exit(0 if len(made) < step else 1)
            _, status = os.waitpid(child, 0)
            if not os.WIFSIGNALED(status):
                assert os.waitstatus_to_exitcode(status) == 0
                break
            try:
                found = restored(folder, way.startswith("two"))
            except tf.errors.OpError as error:
                found = str(error)
            act(folder, 2.0)
            again = restored(folder, way.startswith("two"))
            rest = sorted(name for name in os.listdir(folder) if not name.startswith("."))
            line = {"way": way, "step": step, "found": found, "again": again, "rest": rest}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
