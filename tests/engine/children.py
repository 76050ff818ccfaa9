"""Processes that run what may hang, crash or take a heap of memory, one case a line.

A case is limited by the processor time it takes, which other processes of a busy machine do not change; a limit by the
clock stands far beyond it, for a case that waits for what never comes.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

__all__ = ["DEADLINE", "Child", "limit_memory", "limit_time"]

ROOT = Path(__file__).resolve().parents[2]

#: Seconds by the clock that a case may take at most, waiting included.
PATIENCE = 600.0

#: Seconds by the clock that a run is given; no case that is right comes near.
DEADLINE = PATIENCE / 2


class Child:
    """A process that answers cases, JSON objects, with JSON objects; a new one after a crash or a hang.

    Args:
        module: what the process runs: it says "ready", then answers each line of its input with a line.
        patience: seconds by the clock after which a case counts as hung.
    """

    def __init__(self, module: str, patience: float = PATIENCE) -> None:
        self.module = module
        self.patience = patience
        self.process: subprocess.Popen[str] | None = None

    def ask(self, case: dict[str, Any]) -> dict[str, Any]:
        """The answer to a case.

        Raises:
            AssertionError: the process hung or crashed.
        """
        process = self.process or subprocess.Popen(
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        waited = threading.Event()
        watch = threading.Timer(self.patience, lambda: (waited.set(), process.kill()))
        watch.start()
        try:
            if self.process is None:
                self.process = process
                assert process.stdout.readline() == "ready\n"
            process.stdin.write(json.dumps(case) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            process.wait()
            status = process.returncode
            self.stop()
            if waited.is_set():
                raise AssertionError(f"hung: no answer after {self.patience} s")
            if status == -signal.SIGXCPU:
                raise AssertionError("hung: it took all the processor time that it was given")
            raise AssertionError(f"crashed, exit status {status}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def limit_memory(size: int) -> None:
    """Let this process have `size` more bytes than it has now; not every system can."""
    try:
        import resource
    except ImportError:
        return
    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = mapped * resource.getpagesize() + size
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_time(seconds: int) -> None:
    """End this process when it has taken `seconds` more of processor time; not every system can."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    # The hard limit stays: a later case needs a later limit.
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    # The signal that ends the process would leave its memory in a file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
