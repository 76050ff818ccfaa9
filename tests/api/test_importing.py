"""GraphDefs that are malformed, old, or were looked at, on their way into a graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format

import minihub_runtime as tf
from minihub_runtime.errors import DataLossError
from minihub_runtime.values import RaggedTensorValue

FLOAT = 'attr { key: "T" value { type: DT_FLOAT } }'
FED = 'node { name: "a" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } %s }'
SCALAR = 'attr { key: "shape" value { shape { } } }'


def parsed(text: str) -> Any:
    return text_format.Parse(text, tf.GraphDef())


def imported(text: str, **arguments: Any) -> Any:
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(parsed(text), name="", **arguments)
    return graph


@pytest.mark.parametrize(
    "text",
    [
        'node { name: "a" op: "NoOp" input: "^a" }',
        f'node {{ name: "b" op: "Identity" input: "a" {FLOAT} }} node {{ name: "a" op: "Identity" input: "b" {FLOAT} }}',
    ],
)
def test_nodes_that_go_in_circles(text: str) -> None:
    with pytest.raises(ValueError, match="cycle"):
        imported(text)


def test_shapes_of_functions_whose_nodes_go_in_circles() -> None:
    body = "".join(
        f'node_def {{ name: "{name}" op: "Identity" input: "{other}:output:0" {FLOAT} }}'
        for name, other in ("ab", "ba")
    )
    graph = imported(
        f"""library {{ function {{
            signature {{ name: "f" output_arg {{ name: "y" type: DT_FLOAT }} }}
            {body} ret {{ key: "y" value: "a:output:0" }} }} }}
        node {{ name: "c" op: "f" }}"""
    )
    assert graph.get_tensor_by_name("c:0").shape.rank is None


def test_an_identity_without_an_input() -> None:
    with pytest.raises(ValueError, match="1 inputs, not 0"):
        imported(f'node {{ name: "b" op: "Identity" {FLOAT} }}')


def test_control_inputs_are_no_elements() -> None:
    with pytest.raises(ValueError, match="not found in graph def"):
        imported('node { name: "a" op: "NoOp" }', return_elements=["^a"])


def test_attributes_that_were_looked_at() -> None:
    """A message holds an attribute without a value for each that was only read; it counts as absent."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2, 3], name="x")
        tf.matmul(x, tf.ones([3, 1]), name="y")
    proto = graph.as_graph_def()
    for node in proto.node:
        assert not node.attr["_class"].list.s
        assert not node.attr["_output_shapes"].list.shape
        node.attr["transpose_a"].Clear()
    with tf.Graph().as_default() as other:
        tf.import_graph_def(proto, name="")
    y = other.get_tensor_by_name("y:0")
    assert y.shape.as_list() == [2, 1]
    assert tf.Session(graph=other).run(y, {"x:0": [[1, 2, 3], [4, 5, 6]]}).tolist() == [[6], [15]]


@pytest.mark.parametrize(("producer", "rank"), [(0, None), (21, None), (22, 0), (134, 0)])
def test_scalars_of_old_graphs_may_be_anything(producer: int, rank: int | None) -> None:
    """Up to version 21 a Placeholder of unknown shape was written as one of a scalar."""
    graph = imported(FED % SCALAR + f"versions {{ producer: {producer} }}")
    assert graph.get_tensor_by_name("a:0").shape.rank == rank


def test_a_graph_is_of_its_oldest_producer() -> None:
    with tf.Graph().as_default() as graph:
        assert graph.as_graph_def().versions.producer == 134
        for producer, oldest in ((30, 30), (40, 30), (7, 7)):
            tf.import_graph_def(parsed(f"versions {{ producer: {producer} }}"))
            assert graph.as_graph_def().versions.producer == oldest


def test_meta_graphs_and_saved_models_that_are_nested_too_deeply(tmp_path: Path) -> None:
    deep = 2000
    meta_graph = "object_graph_def { " + "x { " * deep + "} " * deep + "}"
    (tmp_path / "a.meta").write_text(meta_graph)
    with pytest.raises(DataLossError, match=r"a\.meta") as caught:
        tf.train.import_meta_graph(str(tmp_path / "a.meta"))
    assert isinstance(caught.value, OSError)
    (tmp_path / "saved_model.pbtxt").write_text("meta_graphs { graph_def { node { attr { " * deep)
    with tf.Session(graph=tf.Graph()) as session, pytest.raises(DataLossError, match="pbtxt"):
        tf.saved_model.load(session, ["serve"], str(tmp_path))


@pytest.mark.parametrize("splits", [[0, 1.5], [0.0, 2.0], [False, True], ["0", "1"]])
def test_row_splits_are_integers(splits: Any) -> None:
    with pytest.raises(TypeError, match="row_splits must be integers"):
        RaggedTensorValue([1, 2], splits)


def attribute(name: str, value: str) -> str:
    return f'attr {{ key: "{name}" value {{ {value} }} }}'


def neg(*inputs: str, attrs: str = FLOAT, op: str = "Neg") -> str:
    return (
        f"""node {{ name: "b" op: "{op}" {" ".join(f'input: "{i}"' for i in inputs)} {attrs} }}"""
    )


INT, TEXT = (attribute("T", f"type: DT_{name}") for name in ("INT32", "STRING"))
LIBRARY = f"""library {{ function {{ signature {{
    name: "f" input_arg {{ name: "x" type: DT_INT32 }} output_arg {{ name: "y" type: DT_INT32 }} }}
    node_def {{ name: "n" op: "Neg" input: "x" {INT} }} ret {{ key: "y" value: "n:y:0" }} }} }}"""

#: What does not fit → its text, and what the error says; TensorFlow 2.15.1 raises ValueError for each.
MISFITS: dict[str, tuple[str, str]] = {
    "type": (
        neg("a", attrs=INT),
        "Input 0 of node p/b was passed float32 from a:0 incompatible with expected int32.",
    ),
    "type of one input": (
        neg("a", "a", attrs=FLOAT + attribute("index_type", "type: DT_INT32"), op="Fill"),
        "Input 0 of node p/b was passed float32 from a:0 incompatible with expected int32.",
    ),
    "value for a reference": (
        neg("a", "a", op="Assign"),
        "Input 0 of node p/b was passed float32 from a:0 incompatible with expected float32_ref.",
    ),
    "type in a list": (
        neg("a", attrs=attribute("T", "list { type: DT_INT32 }"), op="IdentityN"),
        "Input 0 of node p/b was passed float32 from a:0 incompatible with expected int32.",
    ),
    "argument of a function": (
        neg("a", attrs="", op="f") + LIBRARY,
        "Input 0 of node p/b was passed float32 from a:0 incompatible with expected int32.",
    ),
    "result of a function": (
        f'node {{ name: "i" op: "Placeholder" {attribute("dtype", "type: DT_INT32")} }}'
        'node { name: "called" op: "f" input: "i" }' + neg("called") + LIBRARY,
        "Input 0 of node p/b was passed int32 from called:0 incompatible with expected float32.",
    ),
    "type that is not allowed": (
        neg("a", attrs=TEXT),
        "Node 'p/b': attribute 'T' must be one of bfloat16, .*, not 'string'",
    ),
    "text that is not allowed": (
        neg("a", "a", attrs=FLOAT + attribute("data_format", 's: "ABC"'), op="BiasAdd"),
        "Node 'p/b': attribute 'data_format' must be one of 'NHWC', 'NCHW', not 'ABC'",
    ),
    "number that is too small": (
        neg("a", attrs=FLOAT + attribute("N", "i: 0"), op="Pack"),
        "Node 'p/b': attribute 'N' must be at least 1, not 0",
    ),
    "attribute of another type": (
        neg("a", attrs=attribute("T", "i: 1")),
        "Node 'p/b': attribute 'T' of Neg must be type, not i",
    ),
    "absent attribute": (neg("a", attrs=""), "Node 'p/b': Neg must have the attribute 'T'"),
    "absent value": (
        neg(attrs=attribute("dtype", "type: DT_FLOAT"), op="Const"),
        "Node 'p/b': Const must have the attribute 'value'",
    ),
    "no input": (neg(), "Node 'p/b': Neg must have 1 inputs, not 0"),
    "an input too many": (neg("a", "a"), "Node 'p/b': Neg must have 1 inputs, not 2"),
    "output that is not there": (
        neg("a:1"),
        "Node 'p/b': Connecting to invalid output 1 of source node p/a which has 1 outputs.",
    ),
    "later consumer": (
        "versions { producer: 21 min_consumer: 99999 }",
        "min_consumer version of a GraphDef must be <= 1645, .*, not 99999",
    ),
    "consumer that is disallowed": (
        "versions { producer: 21 bad_consumers: 5 bad_consumers: 1645 }",
        "the bad_consumers of a GraphDef must not have 1645",
    ),
    "no producer": (
        "versions { producer: -1 }",
        "the producer version of a GraphDef must be >= 0, not -1",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_is_refused_whole(case: str) -> None:
    text, message = MISFITS[case]
    with tf.Graph().as_default() as graph:
        with pytest.raises(ValueError, match=message):
            tf.import_graph_def(parsed(FED % SCALAR + text), name="p")
        assert graph.get_operations() == []


@pytest.mark.parametrize(
    "text",
    [
        neg("a") + "versions { producer: 99999 min_consumer: 12 bad_consumers: 5 }",
        neg("a", attrs=FLOAT + attribute("later", "i: 3") + attribute("_mark", "i: 3")),
        neg("a", "a", "a", attrs=INT, op="OfAnotherProgram"),
        neg("a", attrs=attribute("T", "list { type: DT_FLOAT }"), op="IdentityN"),
        "".join(
            (
                'node { name: "v" op: "VariableV2" ',
                attribute("dtype", "type: DT_FLOAT"),
                attribute("shape", "shape { }"),
                "}",
                neg("v"),
            )
        ),
    ],
)
def test_what_fits_or_is_not_known_is_taken(text: str) -> None:
    assert "b" in {node.name for node in imported(FED % SCALAR + text).get_operations()}
