"""Graphs of other projects give TensorFlow's values."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.protos import GraphDef, parse
from minihub_runtime.values import as_array
from tests.shared import SHARED, reader

pytestmark = pytest.mark.skipif(
    not (SHARED / "corpus").is_dir(), reason="../shared is absent: the corpus is not compared"
)

#: Entry → why its values are not compared.
EXCEPTIONS = {
    "mediapipe-graphs/tf_graph_def": "reads and assigns variables in one run, in no stated order",
}


def entries(suite: str) -> list[Any]:
    if not (SHARED / "corpus").is_dir():
        return []
    corpus = reader("corpus/corpus.py").Corpus(str(SHARED / "corpus"), [suite])
    return [entry for entry in corpus if entry.meta["kind"] == "graphdef"]


SUITES = {suite: entries(suite) for suite in ("dl4j", "models")}
CASES = [(suite, i) for suite, found in SUITES.items() for i in range(len(found))]


def feeds_of(run: Any) -> dict[Any, Any]:
    kinds = {feed["name"]: as_dtype(feed["dtype"]) for feed in run.meta["feeds"]}
    return {parse_ref(name): as_array(value, kinds[name]) for name, value in run.feeds.items()}


def outputs_of(runner: Runner, run: Any) -> dict[str, Any]:
    names = [fetch.name for fetch in run.fetches]
    values = runner.run([parse_ref(name) for name in names], feeds_of(run))
    return {name: to_float(value) for name, value in zip(names, values, strict=True)}


@pytest.mark.parametrize(
    ("suite", "index"), CASES, ids=[SUITES[suite][i].name for suite, i in CASES]
)
def test_graph_gives_the_recorded_values(suite: str, index: int) -> None:
    entry = SUITES[suite][index]
    if entry.name in EXCEPTIONS:
        pytest.skip(EXCEPTIONS[entry.name])
    for run in entry.runs:
        if run.expect_error:
            with pytest.raises((OpError, ValueError)):
                start(entry, run, outputs=True)
            continue
        runner = start(entry, run)
        wrong = run.mismatches(outputs_of(runner, run))
        if run.expected_second:
            wrong += run.mismatches_second(outputs_of(runner, run))
        assert not wrong


def start(entry: Any, run: Any, outputs: bool = False) -> Runner:
    """A runner whose variables are initialised."""
    runner = Runner(read_graph(parse(GraphDef, entry.graph_bytes, entry.name)))
    if run.setup:
        runner.run([], targets=run.setup)
    if outputs:
        outputs_of(runner, run)
    return runner


def test_the_corpus_is_counted(record_property: Any) -> None:
    """The number of graphs by suite and control flow, for the report."""
    counts: collections.Counter[str] = collections.Counter()
    for suite, found in SUITES.items():
        counts.update(f"{suite} {entry.meta['control_flow']}" for entry in found)
    for name, count in sorted(counts.items()):
        record_property(name, count)
    print(", ".join(f"{name}: {count}" for name, count in sorted(counts.items())))
    assert sum(counts.values()) > 900
