"""ONNX Runtime, on the network as tf2onnx converts it."""

from __future__ import annotations

from typing import Any

from benchmarks.subjects import Task, UnsupportedError, Work

__all__ = ["facts", "onnx_file", "prepare"]


def facts() -> dict[str, str]:
    """Versions."""
    import onnxruntime

    return {"onnxruntime": onnxruntime.__version__}


def onnx_file(task: Task) -> str:
    """The ONNX file of a network.

    Raises:
        UnsupportedError: there is none.
    """
    described = task.network_facts()["onnx"]
    if described is None:
        raise UnsupportedError("strings and TF1 loops are not converted to ONNX")
    if described:
        raise UnsupportedError(f"tf2onnx: {described}")
    return str(task.folder / "model.onnx")


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind != "call":
        raise UnsupportedError(f"ONNX Runtime has no {task.kind}")
    path = onnx_file(task)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    described = task.network_facts()
    feeds = {
        f"{described['inputs'][key]['tensor']}:0": value for key, value in task.inputs().items()
    }
    outputs = {key: f"{info['tensor']}:0" for key, info in described["outputs"].items()}

    def call() -> dict[str, Any]:
        return dict(zip(outputs, session.run(list(outputs.values()), feeds), strict=True))

    return call
