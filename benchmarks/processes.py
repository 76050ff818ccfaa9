"""Processes of engines: started with their Python and number of threads, asked, and ended."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.subjects import SUBJECTS, Task, UnsupportedError

__all__ = ["Once", "Process", "Setting", "WorkError"]

ROOT = Path(__file__).resolve().parents[1]
#: Seconds after which a process that has not answered is ended.
PATIENCE = 900.0
#: Each library reads one of them, before it starts its threads.
_THREADS = (
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "MINIHUB_NUM_THREADS",
)


class WorkError(Exception):
    """An engine raised an error, or its process ended."""


class Setting:
    """How processes are started.

    Args:
        pythons: environment → its interpreter.
        threads: how many each may use.
    """

    def __init__(self, pythons: Mapping[str, str], threads: int) -> None:
        self.pythons = pythons
        self.threads = threads

    def missing(self, subject: str) -> str:
        """Why a subject cannot be started; "" if it can."""
        python = self.pythons[SUBJECTS[subject].environment]
        return (
            "" if Path(python).exists() else f"there is no {SUBJECTS[subject].environment} Python"
        )

    def command(self, subject: str, *arguments: str) -> list[str]:
        """The command of a worker."""
        python = self.pythons[SUBJECTS[subject].environment]
        return [python, "-m", "benchmarks.worker", subject, *arguments]

    def environment(self, subject: str) -> dict[str, str]:
        """The environment variables of a worker; bytecode is written, as an installed package has it."""
        threads = dict.fromkeys(_THREADS, str(self.threads))
        path = {"PYTHONPATH": str(ROOT)}
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, **path, **threads, **SUBJECTS[subject].variables}


def _checked(line: str, subject: str, noise: Any) -> dict[str, Any]:
    """An answer.

    Raises:
        UnsupportedError: the engine cannot do it.
        WorkError: it failed.
    """
    if not line:
        noise.seek(0)
        last = noise.read()[-2000:].decode(errors="replace").strip().splitlines()[-1:]
        raise WorkError(f"{subject} ended: {' '.join(last)}")
    answer: dict[str, Any] = json.loads(line)
    if "unsupported" in answer:
        raise UnsupportedError(answer["unsupported"])
    if "error" in answer:
        raise WorkError(answer["error"])
    return answer


class Process:
    """A worker that lives until it is closed."""

    def __init__(self, setting: Setting, subject: str) -> None:
        self.subject = subject
        # Nobody reads what libraries print unless the process ends.
        self._noise = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close()
        self._process = subprocess.Popen(
            setting.command(subject),
            env=setting.environment(subject),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            text=True,
            encoding="utf-8",
        )

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """What the worker answers.

        Raises:
            UnsupportedError: the engine cannot do it.
            WorkError: it raised an error, or ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watch = threading.Timer(PATIENCE, self._process.kill)
        watch.start()
        try:
            print(json.dumps({"do": do, **request}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            self._process.kill()
            self._process.wait()
        return _checked(line, self.subject, self._noise)

    def answer(self, key: str) -> dict[str, np.ndarray[Any, Any]]:
        """The results of one run of what was prepared."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "answer.npz")
            self.ask("answer", key=key, path=path)
            return _load(path)

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._noise.close()


def _load(path: str) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


class Once:
    """A task done once in a process of its own.

    Attributes:
        seconds: from the start of the process to its result.
        memory: the most bytes it held until then.
        answer: the results.
    """

    def __init__(self, setting: Setting, subject: str, task: Task) -> None:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as noise:
            path = os.path.join(folder, "answer.npz")
            command = setting.command(subject, json.dumps(vars(task)), path)
            started = time.perf_counter()
            with subprocess.Popen(
                command,
                env=setting.environment(subject),
                stdout=subprocess.PIPE,
                stderr=noise,
                text=True,
                encoding="utf-8",
            ) as process:
                assert process.stdout is not None
                watch = threading.Timer(PATIENCE, process.kill)
                watch.start()
                try:
                    line = process.stdout.readline()
                    self.seconds = time.perf_counter() - started
                    _checked(line, subject, noise)
                    line = process.stdout.readline()
                    self.memory: int = _checked(line, subject, noise)["memory"]
                    self.answer = _load(path)
                finally:
                    watch.cancel()
                    process.kill()
