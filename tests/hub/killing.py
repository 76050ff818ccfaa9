"""Resolves one handle again and again in children that are killed at each step in turn; run as a program.

    python -m tests.hub.killing URL FOLDER ARCHIVE

For every step it prints a JSON line: the call before which the child died, whether a second process then found or fetched the module
whole, and what the cache held at the end, after a further module (ARCHIVE) was stored.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import requests  # noqa: F401 (imported once here rather than in every child)

from minihub.resolve import Settings, resolve
from minihub.resolve.cache import list_entries
from tests.hub.faults import CALLS, counted
from tests.hub.modules import module_files, read


def main(url: str, folder: str, archive: str) -> None:
    os.fsync = lambda descriptor: None  # type: ignore[assignment, misc]
    files = module_files(weights())
    # Before a file is closed things look as they did after the call before.
    calls = tuple(call for call in CALLS if call != "close")
    step = 0
    while True:
        step += 1
        settings = Settings.read({}, cache_dir=os.path.join(folder, str(step)), min_rate=100.0)
        handle = f"{url}/{step}"
        child = os.fork()
        if child == 0:
            with counted(step, lambda: os.kill(os.getpid(), signal.SIGKILL), calls) as made:
                resolve(handle, settings=settings)
            os._exit(0 if len(made) < step else 1)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0
            return
        path = resolve(handle, settings=settings)
        whole = read(path) == files
        resolve(archive, settings=settings)
        states = sorted(entry.state for entry in list_entries(settings.cache_dir))
        rest = sorted(
            name.partition(".")[2]
            for name in os.listdir(settings.cache_dir)
            if not name.endswith((".manifest.json", ".descriptor.txt"))
        )
        print(
            json.dumps({"step": step, "whole": whole, "states": states, "rest": rest}), flush=True
        )


def weights() -> bytes:
    """Enough that a body comes in several pieces."""
    import random

    return random.Random(0).randbytes(20_000)


if __name__ == "__main__":
    main(*sys.argv[1:])
