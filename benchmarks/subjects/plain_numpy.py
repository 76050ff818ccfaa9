"""What NumPy alone takes: the products that a network holds, whose rate its convolutions cannot exceed without tricks, and loops."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.subjects import Task, UnsupportedError, Work

__all__ = ["facts", "prepare"]


def facts() -> dict[str, str]:
    """Versions, and which BLAS."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {"numpy": np.__version__, "blas": f"{blas.get('name')} {blas.get('version')}"}


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind == "adds":
        return _adds(task)
    if task.kind != "call":
        raise UnsupportedError(f"there is no limit for {task.kind}")
    matmuls = task.network_facts()["matmuls"]
    if matmuls is None:
        raise UnsupportedError("how many products there are is not known before a run")
    random = np.random.RandomState(5)
    products: list[tuple[Any, Any, Any]] = []
    for many, m, k, n, count in matmuls:
        # Rows of the batch stand in one product, unless there are several already.
        left = [many * task.batch, m, k] if many > 1 else [m * task.batch, k]
        right = [many * task.batch, k, n] if many > 1 else [k, n]
        for _ in range(count):
            a, b = (random.standard_normal(shape).astype(np.float32) for shape in (left, right))
            products.append((a, b, np.empty([*left[:-1], n], np.float32)))

    def call() -> dict[str, Any]:
        for a, b, out in products:
            np.matmul(a, b, out=out)
        return {}

    return call


def _adds(task: Task) -> Work:
    """The chain of `programs` as a loop written by hand."""
    x = np.ones(4, np.float32)

    def work() -> dict[str, Any]:
        y = x
        for _ in range(task.size):
            y = y + x
        return {"default": y}

    return work
