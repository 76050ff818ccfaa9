"""Write a case's module and call it, in `minihub` or in tensorflow_hub alike; the namespaces are arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.authoring.module_fns import CASES, Call, Case, values_of

__all__ = ["as_array", "call_module", "make_case", "module_digest", "same_outputs", "write_module"]

WORDS = "red\ngreen\nblue\nyellow\nblack\nwhite\n"


def make_case(name: str, tf: Any, hub: Any, folder: Path) -> Case:
    """The case of that name; files it reads lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "words.txt").write_text(WORDS, encoding="utf-8", newline="\n")
    return CASES[name](tf, hub, folder)


def write_module(case: Case, tf: Any, hub: Any, target: Path) -> None:
    """Export the module with values in its variables that are the same everywhere."""
    spec = hub.create_module_spec(case.module_fn, case.tags_and_args)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            for value in module.variable_map.values():
                parts = value if isinstance(value, list) else [value]
                for part in parts:
                    part.load(_value_of(part), session)
            module.export(str(target), session)


def _value_of(variable: Any) -> Any:
    """The values of a variable; a partition has its part of the values of the whole."""
    info = variable._save_slice_info
    dtype = variable.dtype.base_dtype.as_numpy_dtype
    if info is None:
        return values_of(tuple(variable.shape.as_list()), dtype)
    whole = values_of(tuple(info.full_shape), dtype)
    place = zip(info.var_offset, info.var_shape, strict=True)
    return whole[tuple(slice(start, start + length) for start, length in place)]


def call_module(call: Call, tf: Any, hub: Any, folder: Path) -> dict[str, Any]:
    """Output name → array, or the arrays of a sparse or ragged one, of a call in a graph and session of its own."""
    with tf.Graph().as_default():
        module = hub.Module(str(folder), tags=set(call.tags))
        inputs = {name: _input(value, tf) for name, value in call.inputs.items()}
        outputs = module(inputs, signature=call.signature, as_dict=True)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            found = session.run(outputs)
    return {name: output_parts(value) for name, value in found.items()}


def _input(value: Any, tf: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    kind, *parts = value
    if kind == "sparse":
        return tf.SparseTensor(*parts)
    return tf.RaggedTensor.from_row_splits(*parts)


def output_parts(value: Any) -> list[Any]:
    """An output as arrays: itself, or the parts of a sparse or ragged value."""
    if hasattr(value, "dense_shape"):
        return [as_array(part) for part in value]
    if hasattr(value, "row_splits"):
        return [as_array(value.values), as_array(value.row_splits)]
    return [as_array(value)]


def as_array(value: Any) -> Any:
    """An array of numbers, or of bytes as objects; texts become bytes."""
    array = np.asarray(value)
    if array.dtype.kind not in "SUO":
        return array
    flat = [
        item.encode() if isinstance(item, str) else item
        for item in array.astype(object).reshape(-1)
    ]
    found = np.empty(len(flat), object)
    found[:] = flat
    return found.reshape(array.shape)


def same_outputs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """How two results differ; empty if they do not.  Floats compare to rounding, all else exactly."""
    if found.keys() != wanted.keys():
        return f"outputs {sorted(found)}, not {sorted(wanted)}"
    for name in wanted:
        for got, want in zip(found[name], wanted[name], strict=True):
            if got.dtype.kind != want.dtype.kind or got.shape != want.shape:
                return f"{name}: {got.dtype} {got.shape}, not {want.dtype} {want.shape}"
            if want.dtype.kind in "fc":
                if got.dtype != want.dtype:
                    return f"{name}: {got.dtype}, not {want.dtype}"
                scale = float(np.max(np.abs(want), initial=0)) if np.isfinite(want).all() else 1.0
                limit = 2e-3 if want.dtype == np.float16 else 2e-5
                if not np.allclose(got, want, rtol=limit, atol=limit * scale, equal_nan=True):
                    return f"{name}: {got}, not {want}"
            elif not np.array_equal(got, want):
                return f"{name}: {got}, not {want}"
    return ""


def module_digest(folder: Path) -> str:
    """The hash of all files of a module, names included."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(data)}\n".encode() + data)
    return digest.hexdigest()
