"""Random pipelines of datasets give the same elements, errors, ends and cardinalities in TensorFlow and in minihub_runtime."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import minihub_runtime
from tests.api.programs.dataset_errors import asked
from tests.oracle.pipelines import STEPS, pipeline

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

COUNT, AT_ONCE = 300, 20


def given(tf: Any, seed: int) -> tuple[list[Any], list[str]]:
    """What two epochs of a pipeline give, and what it is made of."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(seed % 17)
        dataset, told = pipeline(tf, seed)
        iterator = tf.data.make_initializable_iterator(dataset)
        following = iterator.get_next()
        shapes = str(tf.data.get_output_shapes(dataset)).replace("Dimension(None)", "?")
        found: list[Any] = [
            shapes,
            int(session.run(tf.data.experimental.cardinality(dataset))),
        ]
        for _ in range(2):
            session.run(iterator.initializer)
            found.append([str(item) for item in asked(tf, session, following, 60)])
    return found, told


@pytest.mark.parametrize("first", range(0, COUNT, AT_ONCE))
def test_the_same_as_tensorflow(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        wanted, told = given(tensorflow, seed)
        found, _ = given(minihub_runtime, seed)
        assert found == wanted, f"pipeline {seed}: {told}"


def test_every_step_is_taken() -> None:
    taken: set[str] = set()
    for seed in range(COUNT):
        with minihub_runtime.Graph().as_default():
            _, told = pipeline(minihub_runtime, seed)
        taken.update(text.split("(")[0] for text in told[1:])
    assert taken == {f"{kind}.{name}" for kind, steps in STEPS.items() for name in steps}
