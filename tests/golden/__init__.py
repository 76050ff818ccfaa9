"""TensorFlow's answers to `tests/samples`, one `<family>.json` and `<family>.npz` a family.

The JSON maps `Op/label` to `{"outputs": [[value, …] per run], "static": [shape, …], "folded": [shape, …]}` or to
`{"error": class name}`.  A value is `{"dtype", "array"}` (array: a name in the .npz; bfloat16 and quantised values as the
integers that carry them) or `{"dtype": "string", "shape", "bytes", "lengths"}`.  `static` holds the output
shapes TensorFlow infers when inputs are placeholders of known shape, `folded` when they are constants.
`generate.py` writes them and needs TensorFlow; reading needs NumPy.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype, from_bits
from minihub_runtime.protos import FunctionDefLibrary
from tests.samples import families

__all__ = ["FOLDER", "answer", "answers", "decode", "function_gradients", "functions", "outputs"]

FOLDER = Path(__file__).parent


@functools.cache
def _load(family: str) -> tuple[dict[str, Any], dict[str, Any]]:
    path = FOLDER / f"{family}.json"
    if not path.exists():
        return {}, {}
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
        return json.loads(path.read_text(encoding="utf-8")), dict(arrays)


@functools.cache
def answers() -> dict[str, tuple[str, dict[str, Any]]]:
    """`Op/label` → (family, stored answer)."""
    return {
        key: (family, found) for family in families() for key, found in _load(family)[0].items()
    }


def answer(key: str) -> dict[str, Any]:
    """The stored answer of a sample.

    Raises:
        KeyError: there is none; run `python -m tests.golden.generate`.
    """
    return answers()[key][1]


@functools.cache
def _library() -> Any:
    return FunctionDefLibrary.FromString((FOLDER / "functions.pb").read_bytes())


def functions() -> dict[str, Any]:
    """The functions that samples may name, as TensorFlow wrote them: name → FunctionDef."""
    return {function.signature.name: function for function in _library().function}


def function_gradients() -> dict[str, str]:
    """Function → the function that is its gradient, where TensorFlow wrote one."""
    return {pair.function_name: pair.gradient_func for pair in _library().gradient}


def outputs(key: str, run: int = 0) -> list[Any]:
    """TensorFlow's outputs of a sample, as the runtime's arrays."""
    family, found = answers()[key]
    return [decode(value, _load(family)[1]) for value in found["outputs"][run]]


def decode(value: dict[str, Any], arrays: dict[str, Any]) -> Any:
    """A stored value as the runtime's array."""
    dtype = as_dtype(value["dtype"])
    if dtype.name == "string":
        text, ends = arrays[value["bytes"]].tobytes(), np.cumsum(arrays[value["lengths"]])
        flat = np.empty(len(ends), dtype=object)
        starts = [0, *ends[:-1]]
        flat[:] = [text[start:end] for start, end in zip(starts, ends, strict=False)]
        return flat.reshape(value["shape"])
    stored = arrays[value["array"]]
    return stored if dtype.numpy.names is None else from_bits(stored, dtype)
