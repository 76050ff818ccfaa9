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
from minihub.pages.bodies import Bodies
from minihub.pages.drawing import origins
from minihub.pages.summaries import summarize
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import Node, Ref
from tests.engine.cases import Case
from tests.pages.recursion import recursive_graph
from tests.shared import SHARED, needs_shared

MODULES = Path(__file__).parents[1] / "data" / "modules"


def named(nodes: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(node for node in nodes if node["name"] == name)


def only(nodes: list[dict[str, Any]], op: str) -> dict[str, Any]:
    """The node of an op; in functions, names of nodes are not those they were given."""
    (found,) = [node for node in nodes if node["op"] == op]
    return found


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


def test_bodies_with_the_values_of_the_last_call(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [])
        weight = tf.get_variable("w", initializer=3.0, use_resource=True)
        scaled = tf.function(lambda x: tf.multiply(x, weight))
        _, last = tf.while_loop(
            lambda i, x: tf.less(i, 4),
            lambda i, x: (i + 1, tf.raw_ops.Add(x=x, y=x)),
            [tf.constant(0), scaled(x)],
            name="loop",
        )
        minihub.add_signature(inputs=x, outputs=scaled(last))

    told = minihub.page(exported(module_fn, tmp_path), np.float32(2), runs=1).contents
    functions, graph = told["functions"], told["graph"]
    loop = named(graph, "loop")
    bodies = {role: functions[number]["nodes"] for role, number, first in loop["bodies"]}
    assert [first for _, _, first in loop["bodies"]] == [0, 0]
    twice, test = only(bodies["body"], "Add"), only(bodies["cond"], "Less")
    assert (twice["calls"], twice["outputs"][0]["elements"]) == (4, ["96"])
    assert (test["calls"], test["outputs"][0]["elements"]) == (5, [False])
    # Arguments are what the last turn began with; the engine leaves out the counter that nothing needs.
    given = [node for node in bodies["body"] if node["op"] == "_Arg"]
    assert [[told["elements"] for told in node["outputs"]] for node in given] == [
        [],
        [],
        [[3]],
        [["48"]],
    ]
    # Called in two places, told once.
    calls = [node for node in graph if node["op"].endswith("PartitionedCall")]
    ((_, shared, first),) = calls[0]["bodies"]
    assert [node["bodies"] for node in calls] == [[["f", shared, first]]] * 2
    assert (functions[shared]["callers"], first) == (2, 0)
    nodes = functions[shared]["nodes"]
    assert only(nodes, "Mul")["outputs"][0]["elements"] == ["288"]
    assert {node["kind"] for node in nodes if node["op"] == "_Arg"} == {"input", "variable"}
    for nodes in (function["nodes"] for function in functions):
        for i, node in enumerate(nodes):
            assert all(0 <= source < i for source, _ in node["inputs"])
    assert not told["run"][-1].get("bodies")


def test_the_branch_that_is_taken_has_values(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [])
        chosen = tf.switch_case(
            tf.cast(x, tf.int32),
            [lambda: tf.negative(x), lambda: tf.square(x)],
        )
        minihub.add_signature(inputs=x, outputs=chosen)

    told = minihub.page(exported(module_fn, tmp_path), np.float32(1.5), runs=1).contents
    (case,) = [node for node in told["graph"] if node["op"].endswith("Case")]
    assert [(role, first) for role, _, first in case["bodies"]] == [
        ("branches[0]", 1),
        ("branches[1]", 1),
    ]
    minus, squared = (told["functions"][number]["nodes"] for _, number, _ in case["bodies"])
    assert only(squared, "Square")["outputs"][0]["elements"] == ["2.25"]
    assert (only(minus, "Neg")["outputs"], only(minus, "Neg")["calls"]) == ([], 0)


def test_recursion_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "graph.pb").write_bytes(recursive_graph())
    told = minihub.page(minihub.load(tmp_path / "graph.pb"), np.float32(5), runs=1).contents
    assert told["graph"][-1]["outputs"][0]["elements"] == ["3"]
    assert [(f["name"], f["callers"]) for f in told["functions"]] == [
        ("halved", 2),
        ("again", 1),
        ("over", 1),
    ]
    again = told["functions"][1]["nodes"]
    assert named(again, "rest")["bodies"] == [["f", 0, 0]]
    # The innermost call begins last and ends first: values are those of the call that gave them last.
    assert named(again, "half")["outputs"][0]["elements"] == ["0.625"]
    assert named(again, "more")["outputs"][0]["elements"] == ["3"]


def test_no_more_functions_than_a_page_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minihub.pages.bodies.MOST", 2)
    (tmp_path / "graph.pb").write_bytes(recursive_graph())
    told = minihub.page(minihub.load(tmp_path / "graph.pb"), np.float32(5), runs=1).contents
    assert [function["name"] for function in told["functions"]] == ["halved", "again"]
    choice = named(told["functions"][0]["nodes"], "choice")
    assert choice["functions"] == ["again", "over"]
    assert choice["bodies"] == [["then_branch", 1, 1]]


def test_a_function_that_is_malformed_and_not_called(tmp_path: Path) -> None:
    graph = recursive_graph().replace(b"none:y:0", b"gone:y:0")
    (tmp_path / "graph.pb").write_bytes(graph)
    module = minihub.load(tmp_path / "graph.pb")
    bodies = Bodies(module.runner.graph, module.runner.body)
    nodes = {"y": module.runner.graph.nodes["y"]}
    bodies.collect(nodes, [{"name": "y"}])
    assert [body.name for body in bodies.all] == ["halved", "again", "over"]
    assert [bool(body.drawn) for body in bodies.all] == [True, True, False]
    assert "'gone:y:0' must name a tensor" in bodies.all[2].refused


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
