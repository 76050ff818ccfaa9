"""Every signature and tag set of the recorded modules gives TensorFlow's outputs, both ways of calling."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import pytest

import minihub
import minihub as hub
import minihub_runtime as tf
from minihub.evaluation import placeholder_for
from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.errors import OpError
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue
from tests.shared import golden, module_names, needs_shared

pytestmark = needs_shared

#: Relative to the largest value of an output: what two correct float32 implementations differ by.
RELATIVE = 1e-4
#: The same for graphs that normalise by the moments of a small batch: they divide by what is left after cancellation, so that the
#: rounding of the recorded float32 convolutions shows. Convolutions and products in float64 differ from the record by as
#: much as ours (at most 3.7e-4 and 3.6e-4, mobilenet_v1), in the same cases. TensorFlow's own answers moved by up to 1.5e-3
#: (mobilenet_v1) and 2.2e-4 (resnet_v1_50) with oneDNN on instead of off, in the few cases that were measured.
RELATIVE_TRAIN = 5e-4

MODULES = module_names()
CASES = [(name, index) for name in MODULES for index in range(len(golden(name).index["cases"]))]


def case_of(name: str, index: int) -> Any:
    return list(golden(name).cases())[index]


IDS = [
    "-".join(
        [name, *(case := golden(name).index["cases"][i])["tags"], case["signature"], case["label"]]
    )
    for name, i in CASES
]


def ours(value: Any) -> Any:
    """A recorded value as the runtime takes it."""
    kind = type(value).__name__
    if kind == "Sparse":
        return SparseTensorValue(*value)
    if kind == "Ragged":
        return RaggedTensorValue.from_nested_row_splits(value.values, value.row_splits)
    return value


def theirs(value: Any) -> Any:
    """A result of ours as the recorded values are compared."""
    if isinstance(value, RaggedTensorValue):
        return (value.flat_values, value.nested_row_splits)
    if isinstance(value, SparseTensorValue):
        return value
    if isinstance(value, bytes):
        return value
    array = np.asarray(value)
    if array.dtype == object and array.ndim == 0:
        return array.item()
    return to_float(array)


def tolerance(tags: Any, expected: Any) -> float:
    """The allowed absolute error: a share of the largest value."""
    value = expected.value
    if expected.kind in ("sparse", "ragged"):
        value = value.values
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fc" or not value.size:
        return 0.0
    finite = np.abs(value[np.isfinite(value)])
    return (RELATIVE_TRAIN if tags else RELATIVE) * float(finite.max(initial=0.0)) + 1e-6


def check(tags: Any, expected: dict[str, Any], got: dict[str, Any]) -> None:
    assert sorted(got) == sorted(expected)
    for key, value in expected.items():
        if value.kind in ("dense", "string", "sampled") and "dtype" in value.info:
            assert as_dtype(np.asarray(got[key]).dtype).name == value.info["dtype"], key
        value.check(theirs(got[key]), rtol=RELATIVE, atol=tolerance(tags, value))


def inputs_of(case: Any) -> dict[str, Any]:
    return {key: ours(value) for key, value in case.inputs.items()}


@pytest.fixture(autouse=True)
def _counted(request: pytest.FixtureRequest, record_property: Any) -> None:
    """What the summary of `tests/conftest.py` counts."""
    name, index = request.node.callspec.params["name"], request.node.callspec.params["index"]
    case = golden(name).index["cases"][index]
    record_property("recorded module", [name, *case["tags"], case["signature"]])


@pytest.mark.parametrize(("name", "index"), CASES, ids=IDS)
def test_load_gives_the_recorded_outputs(name: str, index: int) -> None:
    case = case_of(name, index)
    module = minihub.load(golden(name).module_path, case.tags)
    if case.error:
        with pytest.raises(OpError):
            module(inputs_of(case), signature=case.signature, as_dict=True)
        return
    for expected in (case.outputs, case.outputs_second_run or case.outputs):
        got = module(inputs_of(case), signature=case.signature, as_dict=True)
        check(case.tags, expected, got)


class Applied(NamedTuple):
    """A graph with a module that is applied once.

    Attributes:
        graph: the graph.
        module: the module.
        fed: name of an input → its placeholder.
        outputs: name → tensor.
        start: what initialises variables and tables.
    """

    graph: tf.Graph
    module: hub.Module
    fed: dict[str, Any]
    outputs: dict[str, Any]
    start: list[Any]


# To build the graph of a large module takes longer than to run it, and cases of one signature follow one another.
@functools.lru_cache(maxsize=4)
def applied(name: str, tags: frozenset[str], signature: str) -> Applied:
    """A module applied to placeholders, to be run in sessions of their own."""
    with tf.Graph().as_default() as graph:
        module = hub.Module(golden(name).module_path, trainable=bool(tags), tags=set(tags))
        infos = module.get_input_info_dict(signature)
        fed = {key: placeholder_for(key, info) for key, info in infos.items()}
        outputs = module(fed, signature=signature, as_dict=True)
        start = [tf.global_variables_initializer(), tf.tables_initializer()]
    return Applied(graph, module, fed, outputs, start)


@pytest.mark.parametrize(("name", "index"), CASES, ids=IDS)
def test_module_in_a_session_gives_the_recorded_outputs(name: str, index: int) -> None:
    case = case_of(name, index)
    graph, _, fed, outputs, start = applied(name, frozenset(case.tags), case.signature)
    feeds = {fed[key]: value for key, value in inputs_of(case).items()}
    with tf.Session(graph=graph) as session:
        session.run(start)
        if case.error:
            with pytest.raises((OpError, ValueError)):
                session.run(outputs, feeds)
            return
        for expected in (case.outputs, case.outputs_second_run or case.outputs):
            check(case.tags, expected, session.run(outputs, feeds))


TRAINED = [
    (name, index)
    for name, index in CASES
    if golden(name).index["cases"][index]["tags"]
    and {"after_update_ops", "update_ops_error", "regularization_losses"}
    & set(golden(name).index["cases"][index])
]


@pytest.mark.parametrize(
    ("name", "index"), TRAINED, ids=[IDS[CASES.index(item)] for item in TRAINED]
)
def test_update_ops_and_regularisation_losses(name: str, index: int) -> None:
    case = case_of(name, index)
    graph, module, fed, _, start = applied(name, frozenset(case.tags), case.signature)
    feeds = {fed[key]: value for key, value in inputs_of(case).items()}
    losses = graph.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    updates = graph.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.Session(graph=graph) as session:
        session.run(start)
        if case.regularization_losses is not None:
            found = [float(value) for value in session.run(losses)]
            np.testing.assert_allclose(found, case.regularization_losses, rtol=1e-5)
        if case.info.get("update_ops_error"):
            with pytest.raises(getattr(tf.errors, case.info["update_ops_error"])):
                session.run(updates, feeds)
            return
        before = {key: session.run(value) for key, value in module.variable_map.items()}
        session.run(updates, feeds)
        for key, value in module.variable_map.items():
            if key in case.after_update_ops:
                expected = case.after_update_ops[key]
                # Cases that were recorded with an empty batch leave NaN in moving averages.
                expected.check(whole(session.run(value)), RELATIVE, tolerance(case.tags, expected))
            else:
                np.testing.assert_array_equal(whole(session.run(value)), whole(before[key]), key)


def whole(value: Any) -> Any:
    """A variable, its partitions put together."""
    return np.concatenate(value) if isinstance(value, list) else np.asarray(value)
