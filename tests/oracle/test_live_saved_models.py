"""SavedModels that one program writes are loaded by the other, with the same numbers."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime
from tests.api.programs.saved_models import model

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

BOTH = [(minihub_runtime, tensorflow), (tensorflow, minihub_runtime)]


def write(tf: Any, folder: Path, as_text: bool) -> str:
    """A SavedModel with a variable, an asset and a main operation."""
    path = str(folder / "model")
    with tf.Graph().as_default():
        x, y, _, main = model(tf, str(folder))
        builder = tf.saved_model.Builder(path)
        signature = tf.saved_model.predict_signature_def({"x": x}, {"y": y})
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            builder.add_meta_graph_and_variables(
                session,
                [tf.saved_model.SERVING],
                {tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
                assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
                main_op=main,
            )
        builder.save(as_text)
    os.remove(folder / "words.txt")
    return path


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(("writer", "reader"), BOTH, ids=["to", "fro"])
def test_each_loads_what_the_other_wrote(
    writer: Any, reader: Any, as_text: bool, tmp_path: Path
) -> None:
    path = write(writer, tmp_path, as_text)
    with reader.Graph().as_default(), reader.Session() as session:
        proto = reader.saved_model.load(session, {"serve"}, path)
        signature = proto.signature_def["serving_default"]
        y = session.run(signature.outputs["y"].name, {signature.inputs["x"].name: [[1.0, -1.0]]})
        np.testing.assert_array_equal(y, [[-2.0, -2.0]])
        (content,) = reader.local_variables()
        assert session.run(content) == b"some\nwords\n"


def test_tensorflow_2_loads_what_is_written_here(tmp_path: Path) -> None:
    import tensorflow as tf2

    loaded = tf2.saved_model.load(write(minihub_runtime, tmp_path, as_text=False))
    found = loaded.signatures["serving_default"](x=tf2.constant([[1.0, -1.0]]))
    np.testing.assert_array_equal(found["y"], [[-2.0, -2.0]])
