"""tract, through its Python package, on the ONNX file."""

from __future__ import annotations

from typing import Any

from benchmarks.subjects import Task, UnsupportedError, Work
from benchmarks.subjects.onnxruntime import onnx_file

__all__ = ["facts", "prepare"]


def facts() -> dict[str, str]:
    """Versions."""
    import tract

    return {"tract": str(tract.version())}


def prepare(task: Task) -> Work:
    """The function that does a task once."""
    if task.kind != "call":
        raise UnsupportedError(f"tract has no {task.kind}")
    path = onnx_file(task)
    import tract

    inputs = task.inputs()
    described = task.network_facts()
    try:
        model = tract.onnx().load(path)
        order = [model.input_name(i) for i in range(model.input_count())]
        by_tensor = {f"{described['inputs'][key]['tensor']}:0": v for key, v in inputs.items()}
        arrays = [by_tensor[name] for name in order]
        for i, array in enumerate(arrays):
            shape = ",".join(map(str, array.shape))
            kind = {"float32": "f32", "int32": "i32", "int64": "i64"}[array.dtype.name]
            model.set_input_fact(i, f"{shape},{kind}")
        runnable = model.into_model().into_runnable()
    except tract.TractError as error:
        raise UnsupportedError(f"tract: {str(error).splitlines()[0]}") from error
    names = list(described["outputs"])

    def call() -> dict[str, Any]:
        results = runnable.run(arrays)
        return {name: value.to_numpy() for name, value in zip(names, results, strict=True)}

    return call
