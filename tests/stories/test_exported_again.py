"""Recorded modules that are loaded and written again unchanged are what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

import minihub as hub
import minihub_runtime as tf
from minihub_runtime.protos import SavedModel
from minihub_runtime.protos.canonical import canonical_bytes
from tests.hub.modules import read
from tests.shared import SHARED, module_names, needs_shared

pytestmark = needs_shared


def export_again(source: Path, target: Path) -> None:
    """Load a module, give its variables their values, and write it."""
    spec = hub.load_module_spec(str(source))
    with tf.Graph().as_default():
        module = hub.Module(spec, tags=spec.get_tags()[0])
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            module.export(target, session)


@pytest.mark.parametrize("name", module_names())
def test_the_same_module(name: str, tmp_path: Path) -> None:
    """The checkpoint and the assets byte for byte; graphs, signatures, tags, collections and attached messages as messages."""
    source = SHARED / "modules" / name / "module"
    export_again(source, tmp_path / "again")
    before, after = read(source), read(tmp_path / "again")
    assert sorted(before) == sorted(after)
    graphs = [SavedModel.FromString(files.pop("saved_model.pb")) for files in (before, after)]
    assert before == after
    # Messages of any type, as those attached are, are compared as bytes: their types need not be known to protobuf.
    same = canonical_bytes(graphs[0]) == canonical_bytes(graphs[1])
    assert same, "the graphs differ"
