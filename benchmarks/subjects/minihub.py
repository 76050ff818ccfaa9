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
    if task.kind == "load":
        return _load(task)
    if task.kind == "import":
        return _import
    # A call of a module should not wait for what only programs import.
    from benchmarks.programs import PROGRAMS

    if task.kind in PROGRAMS:
        import minihub as hub
        import minihub_runtime as tf

        return PROGRAMS[task.kind](tf, hub, task, None)
    raise UnsupportedError(f"minihub has no {task.kind}")


def _import() -> dict[str, Any]:
    import minihub as hub
    import minihub_runtime as tf

    # Both packages import what they hold when it is first asked for.
    _ = hub.load, hub.Module, tf.Session
    return {}


def _load(task: Task) -> Work:
    import minihub

    inputs = task.inputs()

    def load() -> dict[str, Any]:
        module = minihub.load(task.folder / "module")
        result: dict[str, Any] = module(inputs, as_dict=True)
        return result

    return load


def _call(task: Task) -> Work:
    import minihub

    module = minihub.load(task.folder / "module")
    inputs = task.inputs()

    def call() -> dict[str, Any]:
        result: dict[str, Any] = module(inputs, as_dict=True)
        return result

    return call
