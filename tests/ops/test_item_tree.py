"""Sequences that share what they have in common behave as tuples."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from minihub_runtime.ops.item_tree import WIDTH, ItemTree

#: Sizes around those at which a tree grows by a level.
SIZES = [0, 1, WIDTH - 1, WIDTH, WIDTH + 1, WIDTH**2 - 1, WIDTH**2, WIDTH**2 + 1]

STEPS = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(["replaced", "appended", "without_last", "resized"]),
        strategies.integers(0, WIDTH**2 + 2),
    ),
    max_size=12,
)


def changed(tree: ItemTree, model: tuple[object, ...], step: str, number: int) -> ItemTree:
    """The tree after a step, which is compared with what a tuple would be."""
    if step == "appended":
        after, wanted = tree.appended(number), (*model, number)
    elif step == "resized":
        after = tree.resized(number)
        wanted = (*model[:number], *(None,) * (number - len(model)))
    elif not model:
        return tree
    elif step == "without_last":
        after, wanted = tree.without_last(), model[:-1]
    else:
        place = number % len(model)
        after = tree.replaced(place, -number)
        wanted = (*model[:place], -number, *model[place + 1 :])
    assert tuple(after) == wanted
    return after


@given(strategies.sampled_from(SIZES), STEPS)
def test_trees_are_what_tuples_are(size: int, steps: list[tuple[str, int]]) -> None:
    tree = ItemTree(range(size))
    for step, number in steps:
        model = tuple(tree)
        before, tree = tree, changed(tree, model, step, number)
        assert tuple(before) == model, "the tree that was changed must stay as it was"
        assert [tree[i] for i in range(len(tree))] == list(tree)


def test_items_that_are_not_set_take_no_room() -> None:
    tree = ItemTree.unset(WIDTH**4)
    assert (len(tree), tree[0], tree[-1]) == (WIDTH**4, None, None)
    assert nodes(tree) < 10


def test_a_copy_shares_all_nodes_but_those_on_the_way_to_the_change() -> None:
    tree = ItemTree(range(WIDTH**3))
    kept = all_nodes(tree)
    new = [node for node in all_nodes(tree.replaced(5, "x")).values() if id(node) not in kept]
    assert len(new) == 3


def all_nodes(tree: ItemTree) -> dict[int, object]:
    """The nodes of a tree by identity, held so that no other takes their place."""
    found: dict[int, object] = {}
    row = {id(tree._root): tree._root}
    while row:
        found.update(row)
        row = {
            id(child): child for node in row.values() for child in node if isinstance(child, list)
        }
    return found


def nodes(tree: ItemTree) -> int:
    return len(all_nodes(tree))


def test_places_outside_are_refused() -> None:
    tree = ItemTree("ab")
    for place in (-3, 2):
        with pytest.raises(IndexError, match="must be less than 2"):
            tree[place]
