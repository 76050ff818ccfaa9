"""The contexts of TF1's own branches and loops: kept on import, exported again."""

from __future__ import annotations

from pathlib import Path

import pytest

import minihub_runtime as tf
from minihub_runtime.protos import CondContextDef, MetaGraphDef, WhileContextDef

#: Written by `tests/oracle/test_live_contexts.py`.
META = Path(__file__).parents[1] / "data" / "graphs" / "old_control_flow.meta"


def contexts(meta_graph: MetaGraphDef) -> list[CondContextDef | WhileContextDef]:
    kinds = {"cond_context": CondContextDef, "while_context": WhileContextDef}
    return [
        kind.FromString(data)
        for key, kind in kinds.items()
        for data in meta_graph.collection_def[key].bytes_list.value
    ]


@pytest.mark.parametrize("scope", [None, "scope", "a/b"])
def test_contexts_come_back(scope: str | None) -> None:
    original = MetaGraphDef.FromString(META.read_bytes())
    prefix = f"{scope}/" if scope else ""
    with tf.Graph().as_default() as graph:
        tf.train.import_meta_graph(original, import_scope=scope)
        whole = tf.train.export_meta_graph()
        relative = tf.train.export_meta_graph(export_scope=scope)
        with tf.Session() as session:
            x, z = f"{prefix}x:0", f"{prefix}z:0"
            assert [session.run(z, {x: value}) for value in (3.0, 0.5)] == [15.0, 0.5]
        frames = {
            op.node.attrs["frame_name"] for op in graph.get_operations() if op.type == "Enter"
        }
    assert len(contexts(original)) == 3
    assert contexts(relative) == contexts(original)
    names = {context.context_name for context in contexts(whole)}
    assert names == {prefix + context.context_name for context in contexts(original)}
    # TensorFlow's gradients find the frames of loops by the names of contexts.
    assert all(frame.startswith(prefix) for frame in frames)
    assert len(frames) == 2
