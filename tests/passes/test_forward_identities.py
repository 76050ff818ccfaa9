"""Copies that nobody would miss are left out, in whatever order they stand."""

from __future__ import annotations

import itertools

import pytest

from minihub_runtime.passes.forward_identities import forward_identities
from minihub_runtime.passes.region import Region
from tests.engine.graphs import graph, node, placeholder, ref

LINES = ("a = Identity(x)", "b = Identity(a)", "c = Identity(b)", "y = Neg(c)")


@pytest.mark.parametrize("order", list(itertools.permutations(LINES)))
def test_copies_of_copies(order: tuple[str, ...]) -> None:
    made = graph(*order, placeholder("x"))
    region = Region(made, made.nodes, [], [ref("y")], [])
    forward_identities(region)
    assert {name: [*map(str, n.inputs)] for name, n in region.live().items()} == {
        "x": [],
        "y": ["x:0"],
    }


def test_copies_that_are_fetched_or_waited_for_stay() -> None:
    made = graph(placeholder("x"), *LINES[:3], node("y = Neg(c, ^b)"))
    region = Region(made, made.nodes, [], [ref("y"), ref("a")], [])
    forward_identities(region)
    assert set(region.live()) == {"x", "a", "b", "y"}
