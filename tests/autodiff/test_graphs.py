"""Gradients of loops, branches and calls in graphs that TensorFlow wrote, against TensorFlow's gradients of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minihub_runtime as tf

FOLDER = Path(__file__).parent / "graphs"
tf.RegisterGradient("OfTheTests")(lambda op, dy: dy * 2 * op.inputs[0] + op.outputs[0] * 0.1)
NAMES = sorted(path.stem for path in FOLDER.glob("*.pb"))


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_tensorflows(name: str) -> None:
    definition = tf.GraphDef.FromString((FOLDER / f"{name}.pb").read_bytes())
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
        feeds = {
            f"{key.removeprefix('feed/')}:0": value
            for key, value in arrays.items()
            if key.startswith("feed/")
        }
        asked = sorted(key for key in arrays if not key.startswith("feed/"))
        xs = [graph.get_tensor_by_name(f"{key.split('/', 2)[2]}:0") for key in asked]
        y = graph.get_tensor_by_name("y:0")
        gradients, later = tf.gradients(y, xs), tf.gradients(y, xs)
        absent = [key for key in asked if key.startswith("none/")]
        for some in (gradients, later):
            assert [key for key, g in zip(asked, some, strict=True) if g is None] == absent
        wanted = [key for key in asked if key.startswith("x/")]
        found = [tf.convert_to_tensor(g) for g in gradients if g is not None]
        again = [tf.convert_to_tensor(g) for g in later if g is not None]
        with tf.Session() as session:
            for values in session.run([found, again], feeds):
                for key, value in zip(wanted, values, strict=True):
                    np.testing.assert_allclose(value, arrays[key], rtol=2e-5, atol=1e-6)
