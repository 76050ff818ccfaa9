"""TF1's own control flow, with the contexts that TensorFlow's gradients need, survives import and export here."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.protos import MetaGraphDef
from tests.api.test_contexts import META

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def _old_ways() -> Any:
    tensorflow.disable_control_flow_v2()
    yield
    tensorflow.enable_control_flow_v2()


def written() -> bytes:
    """The MetaGraph of branches and loops in each other, as TF1 builds them; `MINIHUB_STORE=1` stores it."""
    with tensorflow.Graph().as_default():
        x = tensorflow.placeholder(tensorflow.float32, [], name="x")

        def inner() -> Any:
            return tensorflow.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + x), (0, x))[1]

        y = tensorflow.cond(x > 1.0, lambda: x * 2.0, inner)
        z = tensorflow.while_loop(
            lambda i, a: i < 3,
            lambda i, a: (i + 1, tensorflow.cond(a > 2.0, lambda: a + x, lambda: a - x)),
            (0, y),
        )[1]
        tensorflow.identity(z, "z")
        data: bytes = tensorflow.train.export_meta_graph().SerializeToString(deterministic=True)
    if os.environ.get("MINIHUB_STORE"):
        META.write_bytes(data)
    return data


@pytest.mark.usefixtures("_old_ways")
@pytest.mark.parametrize("scope", [None, "scope"])
def test_tensorflow_takes_back_what_it_wrote(scope: str | None, tmp_path: Path) -> None:
    original = MetaGraphDef.FromString(written())
    with tf.Graph().as_default():
        tf.train.import_meta_graph(original, import_scope=scope)
        tf.train.export_meta_graph(str(tmp_path / "again.meta"))
    prefix = f"{scope}/" if scope else ""
    with tensorflow.Graph().as_default() as graph:
        tensorflow.train.import_meta_graph(str(tmp_path / "again.meta"))
        x, z = (graph.get_tensor_by_name(f"{prefix}{name}:0") for name in "xz")
        gradient = tensorflow.gradients(z, x)[0]
        with tensorflow.Session() as session:
            assert session.run([z, gradient], {x: 3.0}) == [15.0, 5.0]
            assert session.run([z, gradient], {x: 0.5}) == [0.5, 1.0]
