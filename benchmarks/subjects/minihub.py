"""minihub, as a user calls it."""

from __future__ import annotations

from typing import Any

from benchmarks.subjects import Task, UnsupportedError, Work

__all__ = ["facts", "prepare"]


def facts() -> dict[str, str]:
    """Versions."""
    import numpy as np

    import minihub

    return {"minihub": minihub.__version__, "numpy": np.__version__}


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind == "call":
        return _call(task)
    raise UnsupportedError(f"minihub has no {task.kind}")


def _call(task: Task) -> Work:
    import minihub

    module = minihub.load(task.folder / "module")
    inputs = task.inputs()

    def call() -> dict[str, Any]:
        result: dict[str, Any] = module(inputs, as_dict=True)
        return result

    return call
