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


def test_inputs() -> None:
    assert parse_input("a") == ("a", 0)
    assert parse_input("a:3") == ("a", 3)
    assert parse_input("^a") == ("a", -1)
    assert parse_input(f"a:{MAX_INDEX}") == ("a", MAX_INDEX)
    with pytest.raises(InvalidArgumentError, match="not a control input"):
        parse_ref("^a")
