"""What a page tells of a module."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub.pages.drawing import origins
from minihub.pages.summaries import summarize
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import Node, Ref
from tests.engine.cases import Case
from tests.shared import SHARED, needs_shared

MODULES = Path(__file__).parents[1] / "data" / "modules"


def named(nodes: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(node for node in nodes if node["name"] == name)


def exported(module_fn: Callable[[], None], folder: Path) -> Path:
    spec = minihub.create_module_spec(module_fn)
    with tf.Graph().as_default(), tf.Session() as session:
        module = minihub.Module(spec)
        session.run(tf.global_variables_initializer())
        module.export(str(folder / "module"), session)
    return folder / "module"


@pytest.fixture(scope="module")
def text() -> dict[str, Any]:
    return minihub.page(MODULES / "text", ["the cat", "a dog"], runs=1).contents


def test_the_graph_with_the_values_of_a_run(text: dict[str, Any]) -> None:
    assert (text["signature"], text["made_up"], text["format"]) == ("default", False, 1)
    (given,) = [node for node in text["graph"] if node["feeds"]]
    assert given["kind"] == "input"
    assert given["outputs"][0]["elements"] == ["the cat", "a dog"]
    (last,) = [node for node in text["graph"] if node["fetches"]]
    result = minihub.load(MODULES / "text")(["the cat", "a dog"])
    told = last["outputs"][0]
    assert told["shape"] == [*result.shape]
    assert told["elements"] == [f"{value:.6g}" for value in result.ravel()[:12]]
    assert told["range"] == [result.min(), result.max()]
    assert told["mean"] == pytest.approx(result.mean(), rel=1e-5)
    assert sum(told["bars"]) == result.size
    assert all(node["calls"] == 1 for node in text["graph"] if node["op"] == "StaticRegexReplace")


def test_edges_lead_to_nodes_before(text: dict[str, Any]) -> None:
    for nodes in (text["graph"], text["run"]):
        assert any(node["inputs"] for node in nodes)
        for i, node in enumerate(nodes):
            assert all(0 <= source < i for source, _ in node["inputs"])


def test_steps_stand_for_nodes_and_take_time(text: dict[str, Any]) -> None:
    steps = [node for node in text["run"] if node["kind"] == "op"]
    assert len(steps) < len([node for node in text["graph"] if node["kind"] == "op"])
    assert sum(step["share"] for step in steps) == pytest.approx(1)
    assert all(step["seconds"] > 0 for step in steps)
    (fused,) = [step for step in steps if step["op"] == "_EmbeddingLookupSparse"]
    inside = {text["graph"][i]["op"] for i in fused["nodes"]}
    assert {"Unique", "ResourceGather", "SparseSegmentSqrtN"} <= inside


def test_weights_and_pictures() -> None:
    told = minihub.page(MODULES / "image", batch=2, runs=1).contents
    assert told["made_up"]
    kinds = {node["kind"] for node in told["graph"]}
    assert {"input", "variable", "op"} <= kinds
    weights = next(node for node in told["graph"] if node["op"] == "VarHandleOp")
    assert weights["outputs"][0]["range"]
    (images,) = [node for node in told["graph"] if node["feeds"]]
    pictures = images["outputs"][0]["pictures"]
    size = pictures["height"] * pictures["width"] * pictures["channels"]
    assert len(base64.b64decode(pictures["shades"])) == size


def test_a_page_is_json_and_one_file(tmp_path: Path) -> None:
    page = minihub.page(MODULES / "half_plus_two", [1.0, float("nan")], runs=1)
    assert json.loads(json.dumps(page.contents, allow_nan=False)) == page.contents
    page.write(tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html()
    assert "srcdoc" in page._repr_html_()


def test_what_lies_on_a_branch_that_is_not_taken_has_no_value(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [])
        no, yes = tf.raw_ops.Switch(data=x, pred=x > 0)
        minihub.add_signature(
            inputs=x, outputs=tf.raw_ops.Merge(inputs=[tf.abs(no), tf.sqrt(yes)])[0]
        )

    told = minihub.page(exported(module_fn, tmp_path), np.float32(4), runs=1).contents
    assert named(told["graph"], "Sqrt")["outputs"][0]["elements"] == ["2"]
    assert named(told["graph"], "Abs")["outputs"] in ([], [{"dtype": "Dead"}])


@pytest.mark.parametrize("case", ["counts", "two_exits"])
def test_what_enters_and_leaves_a_loop(tmp_path: Path, case: str) -> None:
    (tmp_path / "graph.pb").write_bytes(Case(case).proto.SerializeToString())
    module = minihub.load(tmp_path / "graph.pb")
    graph = minihub.page(module, np.int32(3), runs=1).contents["graph"]
    for node in graph:
        if node["op"] in ("Enter", "NextIteration"):
            assert node["outputs"] == graph[node["inputs"][0][0]]["outputs"] != []
        if node["op"] == "Exit":
            assert node["outputs"][0]["elements"]
    results = module(np.int32(3), as_dict=True)
    shown = {name: node["outputs"][0]["elements"] for node in graph for name in node["fetches"]}
    assert {name: float(value) for name, (value,) in shown.items()} == results


def test_weights_that_are_read_often_are_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 200])
        weights = tf.get_variable("weights", [200, 200], use_resource=True)
        y = x
        for _ in range(5):
            y = tf.matmul(y, weights.read_value())
        minihub.add_signature(inputs=x, outputs=y)

    looked: list[Any] = []

    def looking(value: Any) -> dict[str, Any]:
        looked.append(getattr(value, "shape", None))
        return summarize(value)

    monkeypatch.setattr("minihub.pages.contents.summarize", looking)
    graph = minihub.page(exported(module_fn, tmp_path), runs=1).contents["graph"]
    reads = [node["outputs"] for node in graph if node["op"] == "ReadVariableOp"]
    assert len(reads) == 5
    assert all(outputs == reads[0] for outputs in reads)
    # The variable itself, and what is read of it.
    assert looked.count((200, 200)) == 2


def test_what_others_only_wait_for_has_no_value(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [])
        no, yes = tf.raw_ops.Switch(data=x, pred=x > 0)
        with tf.control_dependencies([tf.identity(yes, name="pivot")]):
            nothing = tf.no_op(name="nothing")
        with tf.control_dependencies([nothing]):
            kept = tf.identity(yes, name="kept")
        minihub.add_signature(
            inputs=x, outputs=tf.raw_ops.Merge(inputs=[tf.abs(no), kept], name="merged")[0]
        )

    graph = minihub.page(exported(module_fn, tmp_path), np.float32(5), runs=1).contents["graph"]
    assert named(graph, "nothing")["outputs"] == []
    assert [told["elements"] for told in named(graph, "pivot")["outputs"]] == [["5"]]


def test_functions_that_a_node_calls(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [])
        y = tf.function(lambda x: x + 1)(x)
        minihub.add_signature(inputs=x, outputs=y)

    graph = minihub.page(exported(module_fn, tmp_path), np.float32(5), runs=1).contents["graph"]
    (call,) = [node for node in graph if node["functions"]]
    assert call["op"].endswith("PartitionedCall")
    assert call["attributes"]["f"] == call["functions"][0]
    assert call["outputs"][0]["elements"] == ["6"]


@pytest.mark.parametrize("arguments", [{"runs": 0}, {"batch": 0}, {"signature": "nothing"}])
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        minihub.page(MODULES / "half_plus_two", [1.0], **arguments)


@needs_shared
@pytest.mark.parametrize("name", ["control_flow_v2", "elmo", "key_value_table", "sparse_ragged"])
def test_recorded_modules(name: str) -> None:
    module = minihub.load(SHARED / "modules" / name / "module")
    for signature in sorted(module.signatures)[:3]:
        told = minihub.page(module, signature=signature, runs=1).contents
        ran = [node for node in told["graph"] if node["calls"]]
        assert ran
        assert all(node["outputs"] for node in ran if node["fetches"])
        assert json.dumps(told, allow_nan=False)
    if name == "elmo":
        # Each turn of a loop of TF1 runs the nodes of its body.
        assert max(node["calls"] for node in told["graph"]) > 1


def test_steps_that_passes_made_up_stand_for_the_node_whose_name_they_begin_or_end_with() -> None:
    nodes = {
        node.name: node
        for node in (
            Node("x", "Placeholder"),
            Node("a/b", "Neg", [Ref("x")]),
            Node("a/c", "Exp", [Ref("a/b")]),
            Node("y", "Abs", [Ref("a/c")]),
        )
    }
    assert origins([Node("a/c/_made", "_"), Node("y", "Abs")], nodes, ["x"]) == [
        ["a/c", "a/b"],
        ["y"],
    ]
    assert origins([Node("y/all/a/c", "_"), Node("y", "Abs")], nodes, ["x"]) == [
        ["a/c", "a/b"],
        ["y"],
    ]
    assert origins([Node("other/_made", "_")], nodes, ["x"]) == [[]]


def test_what_is_behind_each_result_of_a_step_belongs_to_the_step() -> None:
    nodes = {
        node.name: node
        for node in (
            Node("x", "Placeholder"),
            Node("body", "Neg", [Ref("x")]),
            Node("exit", "Exp", [Ref("body")]),
            Node("exit_1", "Log", [Ref("body")]),
            Node("y", "Add", [Ref("exit"), Ref("exit_1")]),
        )
    }
    loop = Node("exit/_loop", "_Loop", [Ref("x")])
    last = Node("y", "Add", [Ref(loop.name), Ref(loop.name, 1)])
    assert origins([loop, last], nodes, ["x"]) == [["exit", "body"], ["y", "exit_1"]]


def test_nodes_that_depend_on_constants_alone_have_values(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None])
        minihub.add_signature(inputs=x, outputs=x + tf.sqrt(tf.constant(9.0), name="root"))

    told = minihub.page(exported(module_fn, tmp_path), [1.0], runs=1).contents
    assert named(told["graph"], "root")["outputs"][0]["elements"] == ["3"]


def test_filters_are_no_pictures_of_an_example(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 8, 8, 2])
        filters = tf.get_variable("filters", [4, 4, 5, 2])
        y = tf.nn.conv2d_transpose(x, filters, [1, 8, 8, 5], 1)
        minihub.add_signature(inputs=x, outputs=y)

    told = minihub.page(exported(module_fn, tmp_path), runs=1).contents
    pictured = {
        node["op"] for node in told["graph"] for output in node["outputs"] if "pictures" in output
    }
    assert "Conv2DBackpropInput" in pictured
    assert not {"VarHandleOp", "VariableV2", "ReadVariableOp"} & pictured


def test_a_handle_that_is_no_text(tmp_path: Path) -> None:
    page = minihub.page(MODULES / "half_plus_two", [1.0], runs=1)
    page.contents["handle"] = "module\udcff"
    page.write(tmp_path / "page.html")
    assert "<title>module?" in (tmp_path / "page.html").read_text(encoding="utf-8")
