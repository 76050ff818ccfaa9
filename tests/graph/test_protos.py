"""Messages are the same with protobuf compiled and with protobuf written in Python, as boards without a compiled one have it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Every class that has others inside it, as what there is.
CLASSES = """
from google.protobuf.internal import api_implementation
import minihub_runtime.protos as protos
def inside(cls):
    for inner in cls.DESCRIPTOR.nested_types:
        found = getattr(cls, inner.name)
        assert found.DESCRIPTOR.full_name == inner.full_name
        yield inner.full_name
        yield from inside(found)
print(api_implementation.Type())
for name in protos.__all__:
    if name not in ("Message", "parse", "parse_text"):
        for each in inside(getattr(protos, name)):
            print(each)
"""
#: A module is written, read again and called.
MODULE = """
import sys
import numpy as np
import minihub
import minihub_runtime as tf
def module_fn():
    x = tf.placeholder(tf.float32, [None])
    w = tf.get_variable("w", [], initializer=tf.ones_initializer())
    minihub.add_signature(inputs=x, outputs=tf.where(x > 0, x * w, tf.map_fn(lambda e: e - 1, x)))
with tf.Graph().as_default(), tf.Session() as session:
    module = minihub.Module(minihub.create_module_spec(module_fn))
    session.run(tf.global_variables_initializer())
    module.export(sys.argv[1], session)
print(minihub.load(sys.argv[1])(np.float32([1, -1])).tolist())
"""
#: Which protobuf it is to be.
VARIABLE = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"


def run(in_python: bool, code: str, *arguments: str) -> list[str]:
    """The lines that a fresh interpreter prints, with protobuf written in Python or as it is installed."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    if in_python:
        environment[VARIABLE] = "python"
    told = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.splitlines()


def test_classes_inside_classes() -> None:
    kind, *found = run(True, CLASSES)
    assert kind == "python"
    assert "tensorflow.OpDef.ArgDef" in found
    assert "sentencepiece.ModelProto.SentencePiece" in found
    assert run(False, CLASSES)[1:] == found


def test_a_module(tmp_path: Path) -> None:
    """Byte for byte the same, names of functions included."""
    files = []
    for in_python in (True, False):
        folder = tmp_path / str(in_python)
        assert run(in_python, MODULE, str(folder)) == ["[1.0, -2.0]"]
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        files.append({str(path.relative_to(folder)): path.read_bytes() for path in found})
    assert "saved_model.pb" in files[0]
    assert files[0] == files[1]


def test_what_names_them_at_import() -> None:
    code = "import minihub_runtime.api.op_defs, minihub_runtime.text.sentencepiece as s; print(s.__name__)"
    assert run(True, code) == ["minihub_runtime.text.sentencepiece"]
