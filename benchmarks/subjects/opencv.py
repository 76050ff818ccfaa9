"""OpenCV's DNN module, on the frozen graph."""

from __future__ import annotations

from typing import Any

from benchmarks.subjects import Task, UnsupportedError, Work

__all__ = ["facts", "prepare"]


def facts() -> dict[str, str]:
    """Versions."""
    import cv2

    return {"opencv": cv2.__version__}


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind != "call":
        raise UnsupportedError(f"OpenCV has no {task.kind}")
    path = task.folder / "frozen.pb"
    if not path.exists():
        raise UnsupportedError("strings and tables are not known to OpenCV")
    import cv2

    cv2.setNumThreads(task.threads)
    try:
        net = cv2.dnn.readNetFromTensorflow(str(path))
    except cv2.error as error:
        raise UnsupportedError(f"readNetFromTensorflow: {error.err or error}") from error
    described = task.network_facts()
    # Images lie channels first there.
    blobs = {
        described["inputs"][key]["tensor"]: value.transpose(0, 3, 1, 2).copy()
        if value.ndim == 4
        else value
        for key, value in task.inputs().items()
    }
    names = list(described["outputs"])
    # The importer drops the identities that give outputs their names.
    tensors = list(net.getUnconnectedOutLayersNames())
    if len(tensors) != len(names):
        raise UnsupportedError(f"the network has outputs {tensors} there, not {len(names)}")

    def call() -> dict[str, Any]:
        for tensor, blob in blobs.items():
            net.setInput(blob, tensor)
        results = dict(zip(names, net.forward(tensors), strict=True))
        return {
            name: value.transpose(0, 2, 3, 1) if value.ndim == 4 else value
            for name, value in results.items()
        }

    try:
        call()
    except cv2.error as error:
        raise UnsupportedError(f"forward: {error.err or error}") from error
    return call
