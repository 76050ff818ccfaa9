"""Graphs and models of other projects give TensorFlow's values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minihub
from minihub import loading, saved_model
from minihub_runtime.checkpoint import CheckpointReader
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
    **{
        f"topk/{name}": "asks for the largest elements in no stated order"
        for name in ("rank1_k5", "rank2_k5", "rank3_k3")
    },
}


def entries(suite: str) -> list[Any]:
    if not (SHARED / "corpus").is_dir():
        return []
    return list(reader("corpus/corpus.py").Corpus(str(SHARED / "corpus"), [suite]))


SUITES = {suite: entries(suite) for suite in ("dl4j", "models")}
GRAPHS = [e for found in SUITES.values() for e in found if e.meta["kind"] == "graphdef"]
SAVED_MODELS = [
    e for found in SUITES.values() for e in found if e.meta["kind"].startswith("saved-model")
]
MODULES = [e for found in SUITES.values() for e in found if e.meta["kind"] == "hub-module"]


def name_of(entry: Any) -> str:
    return str(entry.name)


@pytest.fixture(autouse=True)
def _counted(request: pytest.FixtureRequest, record_property: Any) -> None:
    """What the summary of `tests/conftest.py` counts."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None:
        entry = callspec.params["entry"]
        place = [entry.meta["suite"], entry.meta["control_flow"], entry.name]
        record_property("corpus entry", place)


def skip_exceptions(entry: Any) -> None:
    if entry.name in EXCEPTIONS:
        pytest.skip(EXCEPTIONS[entry.name])


def feeds_of(run: Any) -> dict[Any, Any]:
    kinds = {feed["name"]: as_dtype(feed["dtype"]) for feed in run.meta["feeds"]}
    return {parse_ref(name): as_array(value, kinds[name]) for name, value in run.feeds.items()}


def outputs_of(runner: Runner, run: Any) -> dict[str, Any]:
    names = [fetch.name for fetch in run.fetches]
    values = runner.run([parse_ref(name) for name in names], feeds_of(run))
    return {name: to_float(value) for name, value in zip(names, values, strict=True)}


@pytest.mark.parametrize("entry", GRAPHS, ids=name_of)
def test_graph_gives_the_recorded_values(entry: Any) -> None:
    skip_exceptions(entry)
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


def load_as_tf1(folder: str, tags: Any) -> Runner:
    """A SavedModel of either TensorFlow, the way TF1 loads one; `minihub.load` itself refuses those of TF2."""
    graph = saved_model.select(saved_model.read_saved_model(folder), tags)
    prefix = saved_model.variables_prefix(folder)
    runner = Runner(graph.graph, readable=[folder])
    checkpoint = CheckpointReader(prefix) if prefix is not None else None
    loading._restore_saved_model(graph, runner, checkpoint, folder)
    targets = loading._init_targets(graph)
    if targets:
        runner.run([], targets=targets)
    return runner


@pytest.mark.parametrize("entry", SAVED_MODELS, ids=name_of)
def test_saved_model_gives_the_recorded_values(entry: Any, tmp_path: Path) -> None:
    skip_exceptions(entry)
    folder = entry.extract(str(tmp_path))
    for run in entry.runs:
        if run.expect_error:
            with pytest.raises((OpError, ValueError)):
                outputs_of(load_as_tf1(folder, run.tags), run)
            continue
        assert not run.mismatches(outputs_of(load_as_tf1(folder, run.tags), run)), run.signature


@pytest.mark.parametrize(
    "entry", [e for e in SAVED_MODELS if e.meta["kind"] == "saved-model-tf2"], ids=name_of
)
def test_saved_model_of_tf2_is_refused(entry: Any, tmp_path: Path) -> None:
    skip_exceptions(entry)
    with pytest.raises(OpError, match="TF2 SavedModel"):
        minihub.load(entry.extract(str(tmp_path)))


@pytest.mark.parametrize("entry", MODULES, ids=name_of)
def test_hub_module_gives_the_recorded_values(entry: Any, tmp_path: Path) -> None:
    folder = entry.extract(str(tmp_path))
    for run in entry.runs:
        module = minihub.load(folder, tags=run.tags)
        outputs = module(run.feeds, signature=run.signature, as_dict=True)
        assert not run.mismatches({name: to_float(v) for name, v in outputs.items()})


def test_the_corpus_is_whole() -> None:
    """No kind of entry is left out, and hardly any entry is an exception."""
    whole = [entry for found in SUITES.values() for entry in found]
    assert len(GRAPHS) + len(SAVED_MODELS) + len(MODULES) == len(whole) > 900
    assert set(EXCEPTIONS) <= {entry.name for entry in whole}
    assert len(EXCEPTIONS) < 0.01 * len(whole)
