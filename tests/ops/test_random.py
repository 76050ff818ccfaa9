"""What samples do not show of random ops: sessions, threads, large results, parameters that no draw fits."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from minihub_runtime import dtypes
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import InternalError, InvalidArgumentError, ResourceExhaustedError
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops import random_fill, random_lanes
from minihub_runtime.ops.philox import Philox
from minihub_runtime.ops.registry import REGISTRY


def runner(op: str, *inputs: Any, **attrs: Any) -> tuple[Runner, dict[Ref, Any]]:
    """A session with one node, which is named `drawn`, and its feeds."""
    schema = REGISTRY[op].schema
    arrays = [np.asarray(value) for value in inputs]
    feeds = {Ref(f"in{i}"): value for i, value in enumerate(arrays)}
    kinds = {
        arg.name: dtypes.as_dtype(value.dtype)
        for arg, value in zip(schema.inputs, arrays, strict=True)
    }
    nodes = {
        ref.node: Node(
            ref.node,
            "Placeholder",
            attrs={"dtype": dtypes.as_dtype(value.dtype), "shape": None},
        )
        for ref, value in feeds.items()
    }
    nodes["drawn"] = Node("drawn", op, list(feeds), [], {**schema.infer(kinds, op), **attrs})
    return Runner(Graph(nodes), readable=[]), feeds


def draw(op: str, *inputs: Any, **attrs: Any) -> Any:
    """One run of a new session."""
    session, feeds = runner(op, *inputs, **attrs)
    return session.run([Ref("drawn")], feeds)[0]


SHAPE = np.array([4], np.int32)
SEEDLESS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "RandomUniform": ((SHAPE,), dict(dtype=dtypes.float32)),
    "RandomStandardNormal": ((SHAPE,), dict(dtype=dtypes.float32)),
    "TruncatedNormal": ((SHAPE,), dict(dtype=dtypes.float32)),
    "RandomUniformInt": ((SHAPE, np.int64(0), np.int64(1 << 60)), {}),
    "RandomShuffle": ((np.arange(100),), {}),
    "RandomGamma": ((SHAPE, np.float32(2)), {}),
    "RandomPoissonV2": ((SHAPE, np.float32(1e6)), dict(dtype=dtypes.int64)),
    "Multinomial": ((np.zeros((1, 100), np.float32), np.int32(20)), {}),
    "ParameterizedTruncatedNormal": ((SHAPE, *np.float32([0, 1, -1, 1])), {}),
    "NonDeterministicInts": ((SHAPE,), dict(dtype=dtypes.int64)),
}


@pytest.mark.parametrize("op", SEEDLESS)
def test_without_seeds_every_session_and_run_differs(op: str) -> None:
    inputs, attrs = SEEDLESS[op]
    session, feeds = runner(op, *inputs, **attrs)
    found = [session.run([Ref("drawn")], feeds)[0] for _ in range(2)]
    found.append(draw(op, *inputs, **attrs))
    assert len({value.tobytes() for value in found}) == 3


def test_threads_never_get_the_same_numbers() -> None:
    session, feeds = runner("RandomUniform", SHAPE, dtype=dtypes.float64, seed=1)
    found: list[bytes] = []

    def work() -> None:
        for _ in range(50):
            found.append(session.run([Ref("drawn")], feeds)[0].tobytes())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone, feeds = runner("RandomUniform", SHAPE, dtype=dtypes.float64, seed=1)
    expected = {alone.run([Ref("drawn")], feeds)[0].tobytes() for _ in range(200)}
    assert set(found) == expected
    assert len(expected) == 200


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=lambda d: d.name)
@pytest.mark.parametrize(
    "fill", [random_fill.uniform, random_fill.normal, random_fill.truncated_normal]
)
def test_long_draws_begin_like_short_ones(
    fill: random_fill.Fill, dtype: dtypes.DType, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = fill(Philox(3, 4), 2001, dtype)
    monkeypatch.setattr(random_fill, "_CHUNK", 64)
    np.testing.assert_array_equal(fill(Philox(3, 4), 2001, dtype), at_once)
    np.testing.assert_array_equal(fill(Philox(3, 4), 7, dtype), at_once[:7])


@pytest.mark.parametrize("op", ["RandomGamma", "RandomPoissonV2"])
def test_lanes_do_not_depend_on_each_other(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attrs = dict(dtype=dtypes.float32) if op == "RandomPoissonV2" else {}
    parameters = np.float32([0.5, 1, 20])
    at_once = draw(op, np.int32([50]), parameters, seed=2, **attrs)
    monkeypatch.setattr(random_lanes, "LANES", 7)
    np.testing.assert_array_equal(draw(op, np.int32([50]), parameters, seed=2, **attrs), at_once)


@pytest.mark.parametrize("fill", [random_fill.normal, random_fill.truncated_normal])
def test_normal_numbers_are_normal(fill: random_fill.Fill) -> None:
    drawn = fill(Philox(5, 6), 200_000, dtypes.float64)
    truncated = fill is random_fill.truncated_normal
    assert abs(drawn.mean()) < 0.01
    assert abs(drawn.var() - (0.7737 if truncated else 1)) < 0.01
    assert (np.abs(drawn).max() < 2) == truncated


def test_results_that_do_not_fit_are_refused_before_they_are_drawn() -> None:
    for op in ("RandomUniform", "RandomStandardNormal", "TruncatedNormal"):
        with pytest.raises(ResourceExhaustedError):
            draw(op, np.int64([1 << 40]), dtype=dtypes.float32)
    with pytest.raises(ResourceExhaustedError):
        draw("RandomGamma", np.int64([1 << 40]), np.float32([1]))


@pytest.mark.parametrize(
    ("op", "parameter"),
    [
        ("RandomGamma", np.nan),
        ("RandomGamma", -1),
        ("RandomPoissonV2", np.nan),
        ("RandomPoissonV2", 1e30),
    ],
)
def test_distributions_that_accept_nothing_end(op: str, parameter: float) -> None:
    """TensorFlow draws for ever."""
    attrs = dict(dtype=dtypes.int32) if op == "RandomPoissonV2" else {}
    with pytest.raises(InvalidArgumentError, match="must"):
        draw(op, SHAPE, np.float64(parameter), seed=1, **attrs)


def test_lanes_that_accept_nothing_end() -> None:
    def rule(lanes: random_lanes.Lanes, rows: random_lanes.Rows, result: Any) -> Any:
        return lanes.uniforms.take(rows) > 1

    with pytest.raises(InvalidArgumentError, match="must let numbers be accepted"):
        random_lanes.sample_lanes(Philox(1, 2), np.zeros(3, np.uint64), lambda part: rule)


def test_bounds_that_accept_nothing_end() -> None:
    with pytest.raises(InternalError, match="in a row"):
        draw("ParameterizedTruncatedNormal", SHAPE, *np.float32([0, 1, 1e20, np.inf]), seed=1)
