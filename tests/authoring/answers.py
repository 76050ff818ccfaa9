"""TensorFlow's outputs of the cases, the hashes of the modules it read, and the modules it wrote.

answers.json   case → hash of the module that minihub writes, and for each call the outputs that TensorFlow computed from it
written.zip    <case>/… as tensorflow_hub wrote it
"""

from __future__ import annotations

import functools
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ANSWERS", "WRITTEN", "answer_of", "packed", "stored_outputs", "to_json", "unpack"]

ANSWERS = Path(__file__).with_name("answers.json")
WRITTEN = Path(__file__).with_name("written.zip")


def to_json(outputs: Mapping[str, Any]) -> Any:
    """Outputs as JSON: dtype, shape and flat values of each array."""
    return {
        name: [[part.dtype.str, list(part.shape), _flat(part)] for part in parts]
        for name, parts in sorted(outputs.items())
    }


def _flat(array: Any) -> list[Any]:
    if array.dtype == object:
        return [item.decode("latin-1") for item in array.reshape(-1)]
    if array.dtype.kind == "c":
        return [[float(item.real), float(item.imag)] for item in array.reshape(-1)]
    if array.dtype.kind == "f":
        # Nine digits tell every float32 apart; doubles are compared to rounding anyway.
        return [float(f"{item:.9g}") for item in array.reshape(-1).astype(np.float64)]
    return list(array.reshape(-1).tolist())


def stored_outputs(told: Any) -> dict[str, Any]:
    """The outputs that `to_json` told."""
    return {name: [_array(*part) for part in parts] for name, parts in told.items()}


def _array(dtype: str, shape: list[int], flat: list[Any]) -> Any:
    kind = np.dtype(dtype)
    if kind.kind == "O":
        array = np.empty(len(flat), object)
        array[:] = [text.encode("latin-1") for text in flat]
        return array.reshape(shape)
    if kind.kind == "c":
        return np.array([complex(*pair) for pair in flat], kind).reshape(shape)
    return np.array(flat, kind).reshape(shape)


@functools.cache
def _answers() -> Any:
    return json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}


def answer_of(name: str) -> Any:
    """The stored answer of a case, None if there is none."""
    return _answers().get(name)


def packed(folders: Mapping[str, Path]) -> bytes:
    """Modules by name as a zip that is the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, folder in sorted(folders.items()):
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                info = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}")
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


def unpack(name: str, target: Path) -> Path:
    """The module that tensorflow_hub wrote for a case."""
    with zipfile.ZipFile(WRITTEN) as archive:
        members = [member for member in archive.namelist() if member.startswith(f"{name}/")]
        archive.extractall(target, members)
    return target / name
