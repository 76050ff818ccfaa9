"""What is refused when a GraphDef is read."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import MAX_INDEX, parse_input, parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.protos import GraphDef


def read(text: str) -> list[str]:
    return list(read_graph(text_format.Parse(text, GraphDef())).nodes)


@pytest.mark.parametrize("name", ["a", "a>b", "a/", ".a", "a>.b", "9a", "A_-./x"])
def test_names_that_tensorflow_takes(name: str) -> None:
    assert read(f'node {{ name: "{name}" op: "NoOp" }}') == [name]


@pytest.mark.parametrize(
    "name", ["", "a>", "a>_b", ">a", "a b", "a\\\\b", "a>/b", "_a", "-a", "^a", "a:0", "é", "a\\n"]
)
def test_names_that_tensorflow_refuses(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="name"):
        read(f'node {{ name: "{name}" op: "NoOp" }}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('node { name: "a" }', "has no op"),
        ('node { name: "a" op: "NoOp" } node { name: "a" op: "NoOp" }', "unique"),
        ('node { name: "a" op: "NoOp" input: "b" }', "must be a node"),
        ('node { name: "a" op: "NoOp" input: "^b" }', "must be a node"),
        (
            'node { name: "b" op: "NoOp" } node { name: "a" op: "Neg" input: "^b" input: "b" }',
            "before control",
        ),
        ('node { name: "a" op: "NoOp" input: "" }', "must be an input"),
        ('node { name: "a" op: "NoOp" input: "a:99999999999" }', "must be an input"),
        (
            'library { function { signature { name: "f" } } function { signature { name: "f" } } }',
            "unique",
        ),
        ('library { function { signature { name: "Relu" } } }', "name of an op"),
    ],
)
def test_malformed_graphs(text: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("op", "name", "value", "message"),
    [
        ("MatMul", "T", "b: true", "must be of type type in a MatMul, not bool"),
        ("MatMul", "transpose_a", "i: 1", "must be of type bool in a MatMul, not int"),
        ("ConcatV2", "N", 's: "2"', "must be of type int in a ConcatV2, not str"),
        ("ConcatV2", "N", 'placeholder: "N"', "must be of type int in a ConcatV2, not Placeholder"),
        ("Conv2D", "strides", "i: 1", r"must be of type list\(int\) in a Conv2D, not int"),
        (
            "Conv2D",
            "strides",
            "list { f: 1 }",
            r"must be of type list\(int\) in a Conv2D, not list",
        ),
        ("Const", "value", "type: DT_FLOAT", "must be of type tensor in a Const, not DType"),
        ("Placeholder", "shape", "i: 1", "must be of type shape in a Placeholder, not int"),
        ("While", "body", 's: "f"', "must be of type func in a While, not str"),
        (
            "LRN",
            "_class",
            "list { type: DT_INT32 }",
            r"must be of type list\(string\) in a LRN, not list",
        ),
        ("LRN", "_output_shapes", "i: 1", r"must be of type list\(shape\) in a LRN, not int"),
        ("LRN", "alpha", "i: 1", "must be of type float in a LRN, not int"),
    ],
)
def test_attributes_of_another_type(op: str, name: str, value: str, message: str) -> None:
    text = f'node {{ name: "a" op: "{op}" attr {{ key: "{name}" value {{ {value} }} }} }}'
    attrs = read_graph(text_format.Parse(text, GraphDef())).nodes["a"].attrs
    with pytest.raises(InvalidArgumentError, match=f"attribute '{name}': it {message}"):
        attrs[name]


def test_attributes_of_the_type() -> None:
    text = """node { name: "a" op: "Conv2D" attr { key: "strides" value { list { i: 1 } } }
        attr { key: "explicit_paddings" value { list { } } } attr { key: "T" value { type: DT_HALF } }
        attr { key: "_mark" value { b: true } } attr { key: "unknown" value { b: true } } }
        node { name: "b" op: "Placeholder" attr { key: "shape" value { shape { unknown_rank: true } } } }
        node { name: "c" op: "NoSuchOp" attr { key: "T" value { b: true } } }"""
    nodes = read_graph(text_format.Parse(text, GraphDef())).nodes
    found = dict(nodes["a"].attrs)
    assert found.pop("T").name == "float16"
    assert found == {"strides": [1], "explicit_paddings": [], "_mark": True, "unknown": True}
    assert nodes["b"].attrs["shape"] is None
    assert nodes["c"].attrs["T"] is True


def test_inputs() -> None:
    assert parse_input("a") == ("a", 0)
    assert parse_input("a:3") == ("a", 3)
    assert parse_input("^a") == ("a", -1)
    assert parse_input(f"a:{MAX_INDEX}") == ("a", MAX_INDEX)
    with pytest.raises(InvalidArgumentError, match="not a control input"):
        parse_ref("^a")
