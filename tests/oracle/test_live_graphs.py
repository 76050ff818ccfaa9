"""Small programs build the same graphs, give the same results and the same errors in TensorFlow and in minihub_runtime."""

from __future__ import annotations

import functools
import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

import minihub_runtime
from tests.api.programs import PROGRAMS, outcome
from tests.api.test_programs import ANSWERS, answers, as_json, difference

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]


@pytest.fixture(scope="module", autouse=True)
def _devices_are_known(_tf1: None) -> None:
    """Keras asks for the devices once in a process, and adds nodes for that to the graph that is built then."""
    with tensorflow.Graph().as_default():
        images = tensorflow.placeholder(tensorflow.float32, [1, 2, 3, 4])
        tensorflow.layers.conv2d_transpose(images, 1, 1, data_format="channels_first")


@functools.cache
def of_tensorflow(name: str) -> tuple[Any, Any]:
    """The graph that a program builds in TensorFlow, and what it gives."""
    return as_json(outcome(tensorflow, PROGRAMS[name]))


def _in_groups(values: Mapping[str, str]) -> list[Any]:
    """Parameters, of which those of one subject are tested in one process, where TensorFlow runs each program once."""
    return [pytest.param(value, marks=pytest.mark.xdist_group(of)) for value, of in values.items()]


@pytest.mark.parametrize("name", _in_groups({name: p.subject for name, p in PROGRAMS.items()}))
def test_the_same_as_tensorflow(name: str) -> None:
    expected, wanted = of_tensorflow(name)
    found, got = as_json(outcome(minihub_runtime, PROGRAMS[name]))
    assert not difference(got, wanted)
    assert not difference(found, expected)


@pytest.mark.parametrize("subject", _in_groups({p.subject: p.subject for p in PROGRAMS.values()}))
def test_the_stored_answers_are_tensorflows(subject: str) -> None:
    """`MINIHUB_STORE=1` writes them."""
    programs = {name: p for name, p in PROGRAMS.items() if p.subject == subject}
    found = {p.name: of_tensorflow(name) for name, p in programs.items()}
    if os.environ.get("MINIHUB_STORE"):
        lines = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(item)}" for name, item in found.items()
        )
        ANSWERS.mkdir(exist_ok=True)
        path = ANSWERS / f"{subject}.json"
        path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8", newline="\n")
        answers.cache_clear()
    assert not difference(answers(subject), found)
