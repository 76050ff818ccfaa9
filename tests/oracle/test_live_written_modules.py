"""Modules written by minihub load in tensorflow_hub and give the same outputs, and the reverse; graphs are the same.

`MINIHUB_STORE=1` stores the answers of `tests/authoring`.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import minihub
import minihub_runtime
from minihub_runtime.codec import tensor_from_proto
from minihub_runtime.protos import SavedModel
from tests.authoring.answers import ANSWERS, WRITTEN, packed, to_json
from tests.authoring.module_fns import CASES
from tests.authoring.running import (
    call_module,
    make_case,
    module_digest,
    same_outputs,
    write_module,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    tensorflow_hub = pytest.importorskip("tensorflow_hub", reason="the oracle environment has it")

pytestmark = pytest.mark.filterwarnings("ignore")

#: Attributes that say nothing of what is computed; releases before TensorFlow 2.10 have no `debug_name` and refuse it.
#: Names of tables are TensorFlow's own business: it draws them, or takes the path of a file.
UNSAID = ("_has_manual_control_dependencies", "_output_shapes", "debug_name")

#: Case → answer and folder, of the cases that went well in this run.
GOOD: dict[str, tuple[Any, Path]] = {}


@pytest.fixture(scope="module", autouse=True)
def _store(_tf1: None) -> Iterator[None]:
    tensorflow.logging.set_verbosity(tensorflow.logging.ERROR)
    yield
    if os.environ.get("MINIHUB_STORE") and GOOD:
        answers = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {}
        answers.update({name: answer for name, (answer, _) in GOOD.items()})
        lines = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(answers[name], separators=(',', ':'))}"
            for name in sorted(answers)
            if name in CASES
        )
        ANSWERS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")
        if len(GOOD) == len(CASES):
            WRITTEN.write_bytes(packed({name: folder for name, (_, folder) in GOOD.items()}))


@pytest.mark.parametrize("name", CASES)
def test_both_ways(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp(name)
    libraries = {
        "ours": (minihub_runtime, minihub),
        "theirs": (tensorflow, tensorflow_hub),
    }
    cases = {}
    for label, (tf, hub) in libraries.items():
        cases[label] = make_case(name, tf, hub, folder / "files")
        write_module(cases[label], tf, hub, folder / label)
    told = []
    for call in cases["ours"].calls:
        wanted = call_module(call, tensorflow, tensorflow_hub, folder / "theirs")
        for reader, (tf, hub) in libraries.items():
            for writer in libraries:
                found = call_module(call, tf, hub, folder / writer)
                difference = same_outputs(found, wanted)
                assert not difference, f"written by {writer}, read by {reader}: {difference}"
        told.append(to_json(wanted))
    ours, theirs = (
        SavedModel.FromString((folder / label / "saved_model.pb").read_bytes())
        for label in libraries
    )
    compare_graphs(ours, theirs, same_ops=cases["ours"].same_ops)
    GOOD[name] = ({"digest": module_digest(folder / "ours"), "outputs": told}, folder / "theirs")


def compare_graphs(ours: Any, theirs: Any, same_ops: bool) -> None:
    """Compare tags, signatures and collections, and the operations where they must be the same."""
    assert len(ours.meta_graphs) == len(theirs.meta_graphs)
    for found, wanted in zip(ours.meta_graphs, theirs.meta_graphs, strict=True):
        assert sorted(found.meta_info_def.tags) == sorted(wanted.meta_info_def.tags)
        assert found.signature_def.keys() == wanted.signature_def.keys()
        assert found.collection_def.keys() >= wanted.collection_def.keys() - {
            "cond_context",
            "while_context",
        }
        for key in ("variables", "trainable_variables", "model_variables"):
            if key in wanted.collection_def:
                names = [
                    sorted(variable_names(proto.collection_def[key])) for proto in (found, wanted)
                ]
                assert names[0] == names[1]
        if same_ops:
            assert nodes(found) == nodes(wanted)


def variable_names(collection: Any) -> list[str]:
    from minihub_runtime.protos import VariableDef

    return [VariableDef.FromString(data).variable_name for data in collection.bytes_list.value]


def attribute(value: Any) -> Any:
    """An attribute as something that compares; a tensor by its elements, which may be written in several ways."""
    if value.WhichOneof("value") == "tensor":
        array = tensor_from_proto(value.tensor)
        return array.dtype.str, array.shape, array.tolist()
    return value.SerializeToString(deterministic=True)


def nodes(proto: Any) -> list[str]:
    """Each node as text: name, op, inputs and attributes."""
    found = []
    for node in proto.graph_def.node:
        attrs = {
            key: attribute(value)
            for key, value in node.attr.items()
            if key not in UNSAID and not (key == "shared_name" and "Table" in node.op)
        }
        found.append(f"{node.name} {node.op} {list(node.input)} {sorted(attrs.items())}")
    return found
