"""Bytes of messages do not depend on the order that protobuf gives to maps."""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from minihub_runtime.protos import (
    FunctionDef,
    MetaGraphDef,
    NodeDef,
    SignatureDef,
    TensorShapeProto,
)
from minihub_runtime.protos.canonical import _ordered, canonical_bytes

NAMES = st.lists(st.text("aTé_", max_size=3), unique=True, max_size=4)
NUMBERS = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 300), unique=True, max_size=4)
SEEDS = st.randoms(use_true_random=False)


def node(name: str, inner: Iterable[str]) -> bytes:
    """A NodeDef with one attribute: a list of a function that has these attributes itself, functions."""
    proto = NodeDef()
    listed = proto.attr[name].list.func.add(name="f")
    for each in inner:
        listed.attr[each].func.name = "g"
    return bytes(proto.SerializeToString())


def with_input(name: str) -> bytes:
    """A SignatureDef with one input."""
    proto = SignatureDef()
    proto.inputs[name].name = "tensor"
    return bytes(proto.SerializeToString())


def with_argument(number: int) -> bytes:
    """A FunctionDef with the attributes of one argument."""
    proto = FunctionDef()
    proto.arg_attr[number].attr["x"].i = 1
    return bytes(proto.SerializeToString())


def function(names: list[str], numbers: list[int], source: random.Random) -> bytes:
    """A FunctionDef whose maps have these keys, each in an order of its own."""

    def some_order(keys: list[str]) -> list[str]:
        return source.sample(keys, len(keys))

    made = FunctionDef()
    nodes = [node(name, some_order(names)) for name in some_order(names)]
    # One message after the other is a message that has all fields.
    made.node_def.add(name="n", op="Op", input=["a"]).MergeFromString(b"".join(nodes))
    results = [FunctionDef(ret={name: "r"}).SerializeToString() for name in some_order(names)]
    arguments = [with_argument(number) for number in source.sample(numbers, len(numbers))]
    return b"".join([made.SerializeToString(), *results, *arguments])


@given(NAMES, NUMBERS, SEEDS)
def test_any_order_gives_the_same_bytes(
    names: list[str], numbers: list[int], source: random.Random
) -> None:
    some, other = function(names, numbers, source), function(names, numbers, source)
    wanted = canonical_bytes(FunctionDef.FromString(some))
    assert canonical_bytes(FunctionDef.FromString(other)) == wanted
    assert FunctionDef.FromString(wanted) == FunctionDef.FromString(some)
    # Also where protobuf wrote another order.
    assert _ordered(some, FunctionDef.DESCRIPTOR) == _ordered(other, FunctionDef.DESCRIPTOR)
    assert _ordered(wanted, FunctionDef.DESCRIPTOR) == wanted


def test_the_order_of_texts() -> None:
    names = ["T", "Tidx", "U", "", "S", "é"]
    data = b"".join(map(with_input, names))
    found = _ordered(data, SignatureDef.DESCRIPTOR)
    assert found == b"".join(map(with_input, ["S", "Tidx", "T", "U", "é", ""]))
    assert canonical_bytes(SignatureDef.FromString(data)) == found


def test_the_order_of_numbers() -> None:
    numbers = [0, 128, 1, 300, 2]
    data = b"".join(map(with_argument, numbers))
    found = _ordered(data, FunctionDef.DESCRIPTOR)
    assert found == b"".join(map(with_argument, sorted(numbers, reverse=True)))
    assert canonical_bytes(FunctionDef.FromString(data)) == found


def test_maps_of_messages_with_maps() -> None:
    def written(names: list[str]) -> bytes:
        proto = MetaGraphDef()
        for name in names:
            for other in names:
                proto.signature_def[name].inputs[other].name = "tensor"
        function = proto.graph_def.library.function.add()
        function.ret.update(dict.fromkeys(names, "r"))
        return canonical_bytes(proto)

    names = ["b", "a", "ab", "c", "abc"]
    assert written(names) == written(names[::-1]) == written(sorted(names))


def test_fields_that_are_not_known_stay_at_the_end() -> None:
    known = node("b", "x") + node("a", "x")
    # Field 100 as a number of four bytes, then of eight, field 101 as a group with a field 5 inside.
    unknown = b"\xa5\x06abcd" + b"\xa1\x06abcdefgh" + b"\xab\x06\x2a\x01x\xac\x06"
    found = _ordered(known + unknown, NodeDef.DESCRIPTOR)
    assert found == node("a", "x") + node("b", "x") + unknown


def test_a_message_without_maps() -> None:
    proto = TensorShapeProto()
    proto.dim.add(size=3)
    proto.dim.add(name="b")
    data = proto.SerializeToString()
    assert canonical_bytes(proto) == data
    assert _ordered(data, TensorShapeProto.DESCRIPTOR) == data
