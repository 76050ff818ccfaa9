"""MetaGraphs that minihub_runtime writes are read by TensorFlow, and the reverse."""

from __future__ import annotations

import importlib
import re
import warnings
from typing import Any

import pytest

import minihub_runtime
from minihub_runtime.api.meta_graph import create_meta_graph_def
from minihub_runtime.api.meta_graph_import import import_scoped_meta_graph
from minihub_runtime.codec import tensor_from_proto
from minihub_runtime.protos import MetaGraphDef
from tests.api.programs import PROGRAMS, describe
from tests.api.test_programs import as_json, difference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    from tensorflow.python.framework import meta_graph

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

# Savers are known to collections when their module is there.
importlib.import_module("minihub_runtime.train.saver")

GRAPHS = [name for name, which in PROGRAMS.items() if which.same_graph]
#: Some operations wait for ones that were made after them; TensorFlow imports those in another order.
REORDERED = ("critical_sections.a_section_is_executed",)


def exported(tf: Any, name: str) -> bytes:
    """The MetaGraph of the graph that a program leaves in a namespace."""
    with tf.Graph().as_default():
        PROGRAMS[name].function(tf)
        create = (
            create_meta_graph_def if tf is minihub_runtime else meta_graph.create_meta_graph_def
        )
        return create().SerializeToString()


def imported(tf: Any, data: bytes) -> Any:
    """What a MetaGraph becomes in a namespace: the graph, its collections, its variables."""
    with tf.Graph().as_default() as graph:
        if tf is minihub_runtime:
            variables = import_scoped_meta_graph(MetaGraphDef.FromString(data))
        else:
            variables = meta_graph.import_scoped_meta_graph(tf.MetaGraphDef.FromString(data))
        return as_json([describe(graph), collections(graph), sorted(variables)])


def collections(graph: Any) -> dict[str, list[str]]:
    """The collections of a graph, their items by name."""
    return {
        key: [str(getattr(item, "name", type(item).__name__)) for item in graph.get_collection(key)]
        for key in sorted(graph.get_all_collection_keys())
        if graph.get_collection(key)
    }


@pytest.mark.parametrize("name", GRAPHS)
def test_each_reads_what_the_other_writes(name: str) -> None:
    data = exported(tensorflow, name)
    try:
        wanted = imported(tensorflow, data)
    except ValueError as error:
        if not re.search("invalid characters|colocated with unknown node", str(error)):
            raise
        pytest.skip("TensorFlow cannot read its own graph")
    ours = exported(minihub_runtime, name)
    for tf, written in ((minihub_runtime, data), (tensorflow, ours), (minihub_runtime, ours)):
        found = imported(tf, written)
        if name in REORDERED:
            for nodes in (found[0], wanted[0]):
                nodes.sort(key=lambda node: node[0])
        assert not difference(found, wanted)


def default(attr: Any) -> Any:
    """The default of an attribute; a tensor by its elements, which may be written in several ways."""
    if attr.default_value.WhichOneof("value") == "tensor":
        return tensor_from_proto(attr.default_value.tensor).tolist()
    return attr.default_value.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", GRAPHS)
def test_both_say_the_same_of_a_graph(name: str) -> None:
    """Collections, versions and the list of ops; nodes are compared by the tests above."""
    ours, theirs = (
        MetaGraphDef.FromString(exported(tf, name)) for tf in (minihub_runtime, tensorflow)
    )
    assert dict(ours.collection_def) == dict(theirs.collection_def)
    found, wanted = (
        {op.name: op for op in proto.meta_info_def.stripped_op_list.op} for proto in (ours, theirs)
    )
    assert sorted(found) == sorted(wanted)
    for op, definition in found.items():
        named = {attr.name: attr for attr in wanted[op].attr}
        assert {attr.name: default(attr) for attr in definition.attr} == {
            attr: default(item) for attr, item in named.items()
        }
        for field in ("input_arg", "output_arg"):
            assert [
                (arg.name, arg.type, arg.type_attr, arg.number_attr, arg.type_list_attr, arg.is_ref)
                for arg in getattr(definition, field)
            ] == [
                (arg.name, arg.type, arg.type_attr, arg.number_attr, arg.type_list_attr, arg.is_ref)
                for arg in getattr(wanted[op], field)
            ]
