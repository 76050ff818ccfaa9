"""OpenCV's DNN module, on the frozen graph, or else on the ONNX file."""

from __future__ import annotations

from typing import Any

from benchmarks.subjects import Task, UnsupportedError, Work
from benchmarks.subjects.onnxruntime import onnx_file

__all__ = ["facts", "prepare"]


def facts() -> dict[str, str]:
    """Versions."""
    import cv2

    return {"opencv": cv2.__version__}


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind != "call":
        raise UnsupportedError(f"OpenCV has no {task.kind}")
    if not (task.folder / "frozen.pb").exists():
        raise UnsupportedError("strings, tables and loops are not known to OpenCV")
    import cv2

    cv2.setNumThreads(task.threads)
    reasons = []
    for name, reader in {"TensorFlow": _from_tensorflow, "ONNX": _from_onnx}.items():
        try:
            work = reader(task)
            work()
        except cv2.error as error:
            reasons.append(f"{name}: {error.err or error}")
        except UnsupportedError as error:
            reasons.append(f"{name}: {error}")
        else:
            return work
    raise UnsupportedError("; ".join(reasons))


def _from_tensorflow(task: Task) -> Work:
    """The frozen graph; images lie channels first there."""
    import cv2

    net = cv2.dnn.readNetFromTensorflow(str(task.folder / "frozen.pb"))
    facts = task.network_facts()
    blobs = {facts["inputs"][key]["tensor"]: _first(v) for key, v in task.inputs().items()}
    return _working(net, blobs, list(facts["outputs"]), channels_first=True)


def _first(value: Any) -> Any:
    """Channels before height and width."""
    return value.transpose(0, 3, 1, 2).copy() if value.ndim == 4 else value


def _from_onnx(task: Task) -> Work:
    """The ONNX file, which takes images as TensorFlow does."""
    import cv2

    net = cv2.dnn.readNetFromONNX(onnx_file(task))
    facts = task.network_facts()
    blobs = {f"{facts['inputs'][key]['tensor']}:0": v for key, v in task.inputs().items()}
    return _working(net, blobs, list(facts["outputs"]), channels_first=False)


def _working(net: Any, blobs: dict[str, Any], names: list[str], *, channels_first: bool) -> Work:
    # The importer drops the identities that give outputs their names.
    tensors = list(net.getUnconnectedOutLayersNames())
    if len(tensors) != len(names):
        raise UnsupportedError(f"there are outputs {tensors}, and {names} are wanted")

    def call() -> dict[str, Any]:
        for tensor, blob in blobs.items():
            net.setInput(blob, tensor)
        results = dict(zip(names, net.forward(tensors), strict=True))
        if not channels_first:
            return results
        return {
            name: value.transpose(0, 2, 3, 1) if value.ndim == 4 else value
            for name, value in results.items()
        }

    return call
