"""The seeds of random ops, against what TensorFlow 2.15.1 answers to the same calls."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.api.random_seed import get_seed, set_random_seed
from minihub_runtime.api.session import Session

TOP = (1 << 31) - 1
OP_SEEDS = (None, None, 0, 5, -5, TOP, TOP + 1, (1 << 35) + 3, None)
SECONDS = (0, 1, 0, 5, 2147483642, 0, 1, 19, 2)
UNIFORM = [
    [0.13047122955322266, 0.9760946035385132, 0.012220263481140137],
    [0.16898059844970703, 0.9725481271743774, 0.9003628492355347],
]


@pytest.fixture(autouse=True)
def graph() -> Iterator[Graph]:
    """A fresh default graph."""
    with Graph().as_default() as made:
        yield made


@pytest.mark.parametrize(
    ("seed", "first"),
    [(1, 1), (-1, 2147483646), (TOP + 1, 1), ((1 << 40) + 5, 517), (12345, 12345)],
)
def test_seeds_of_graph_and_op(seed: int, first: int) -> None:
    set_random_seed(seed)
    assert [get_seed(op_seed) for op_seed in OP_SEEDS] == [(first, second) for second in SECONDS]


@pytest.mark.parametrize("seed", [0, TOP])
def test_two_zeros_are_avoided(seed: int) -> None:
    set_random_seed(seed)
    assert [get_seed(op_seed) for op_seed in OP_SEEDS] == [(0, second or TOP) for second in SECONDS]


def test_op_seeds_alone() -> None:
    default = 87654321
    assert [get_seed(op_seed) for op_seed in OP_SEEDS] == [
        (None, None) if op_seed is None else (default, second)
        for op_seed, second in zip(OP_SEEDS, SECONDS, strict=True)
    ]


def test_count_goes_on_when_the_seed_changes() -> None:
    set_random_seed(4)
    assert get_seed(None) == (4, 0)
    set_random_seed(9)
    assert get_seed(None) == (9, 1)
    assert get_default_graph().seed == 9
    set_random_seed(None)
    assert (get_seed(None), get_seed(3)) == ((None, None), (87654321, 3))
    get_default_graph().finalize()
    set_random_seed(4)
    assert get_seed(None) == (4, 2)


def test_every_graph_counts_for_itself() -> None:
    set_random_seed(4)
    assert (get_seed(None), get_seed(None)) == ((4, 0), (4, 1))
    with Graph().as_default():
        set_random_seed(4)
        assert get_seed(None) == (4, 0)


@pytest.mark.parametrize("seed", ["a", 1.5])
def test_seeds_are_integers(seed: object) -> None:
    with pytest.raises(TypeError):
        get_seed(seed)  # type: ignore[arg-type]


def test_numbers_of_a_seeded_graph() -> None:
    """tf.random.uniform([3]) twice after tf.random.set_random_seed(1234), from TensorFlow."""
    set_random_seed(1234)
    drawn = []
    for _ in range(2):
        seed, seed2 = get_seed(None)
        drawn.append(build("RandomUniform", shape=[3], dtype="float32", seed=seed, seed2=seed2))
    with Session() as session:
        found = session.run(drawn)
    np.testing.assert_array_equal(found, np.array(UNIFORM, np.float32))
