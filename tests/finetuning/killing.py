"""Fine-tunes in children that are killed at each step of keeping an epoch in turn; run as a program.

    python -m tests.finetuning.killing FOLDER

For every step it prints a JSON line: the call before which the child died, the epochs that were trained when a second child went on,
whether what that wrote is the module of a training that was left alone, and what is left beside the checkpoint.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from unittest import mock

import minihub
from tests.finetuning.modules import NORMALIZING, export, normalizing, points
from tests.hub.faults import counted
from tests.hub.modules import read

EPOCHS = 2
CALLS = ("fsync", "replace")
CALLERS = ("/minihub_runtime/checkpoint/files", "/minihub_runtime/checkpoint/writer")


def train(base: str, out: str, checkpoint_dir: str | None, trained: str | None = None) -> None:
    """Fine-tune a module; the numbers of the epochs that are trained are written to a file."""
    numbers: list[int] = []
    minihub.finetune(
        base, *points(30), out=out, train_module=True, dropout=0.3, epochs=EPOCHS, checkpoint_dir=checkpoint_dir,
        on_epoch=lambda epoch: numbers.append(epoch.number),
    )  # fmt: skip
    if trained is not None:
        with open(trained, "w", encoding="utf-8") as file:
            json.dump(numbers, file)


def in_child(act: Callable[[], None]) -> bool:
    """Act in a child; whether it was killed.  No work is done in this process, as threads do not live on in children."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        assert os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def main(root: str) -> None:
    # No machine goes down here, so nothing need reach the disk.
    mock.patch.object(os, "fsync").start()
    base = f"{root}/base"
    in_child(lambda: print(export(normalizing, base, NORMALIZING), file=sys.stderr))
    in_child(lambda: train(base, f"{root}/whole", None))
    whole = read(f"{root}/whole")
    step = 0
    while True:
        step += 1
        place = f"{root}/{step}"
        os.mkdir(place)

        def killed(at: int = step, place: str = place) -> None:
            with counted(at, lambda: os.kill(os.getpid(), signal.SIGKILL), CALLS, CALLERS):
                train(base, f"{place}/first", f"{place}/kept")

        def gone_on(place: str = place) -> None:
            train(base, f"{place}/m", f"{place}/kept", f"{place}/trained")

        if not in_child(killed):
            return
        assert not in_child(gone_on)
        with open(f"{place}/trained", encoding="utf-8") as file:
            trained = json.load(file)
        same = read(f"{place}/m") == whole
        line = {"step": step, "trained": trained, "same": same, "rest": sorted(os.listdir(f"{place}/kept"))}  # fmt: skip
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
