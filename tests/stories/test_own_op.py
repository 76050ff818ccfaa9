"""A user registers an op of their own, as docs/own-ops.md tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub_runtime.errors import UnsupportedOpsError
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import GraphDef

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own-ops.md"


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """graph.pb with one node of the op, in the current folder."""
    proto = GraphDef()
    x = proto.node.add(name="x", op="Placeholder")
    x.attr["dtype"].type = tf.float32.as_datatype_enum
    node = proto.node.add(name="features/Bucketize3", op="Bucketize3", input=["x"])
    node.attr["T"].type = tf.float32.as_datatype_enum
    node.attr["Tout"].type = tf.int64.as_datatype_enum
    node.attr["boundaries"].list.f.extend([1.0, 2.0])
    (tmp_path / "graph.pb").write_bytes(proto.SerializeToString())
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "graph.pb"
    REGISTRY.discard("Bucketize3")


def test_own_op_of_the_documentation_runs(graph: Path) -> None:
    with pytest.raises(UnsupportedOpsError, match=r"Bucketize3 \(1 node"):
        minihub.load(graph)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(blocks[0], names)
    assert names["model"](x=[0.5, 1.0, 2.5]).tolist() == [0, 1, 2]  # type: ignore[operator]
    result = eval(blocks[1].partition("#")[0], names)
    np.testing.assert_array_equal(result, np.array([0, 2]))
