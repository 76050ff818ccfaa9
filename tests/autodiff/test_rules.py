"""The gradient of every op: its samples against TensorFlow's stored gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.site import NodeOps, Site
from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Graph
from minihub_runtime.ops.registry import REGISTRY
from tests.autodiff.answers import stored_gradients
from tests.autodiff.differentiating import flows, sampled_gradients, weight
from tests.golden import function_gradients, functions, outputs
from tests.ops.comparison import assert_same
from tests.ops.running import SampleGraph
from tests.samples import Sample

#: Gradients are sums and chains of what the ops compute, so they may differ by some roundings more.
LOOSE = 10.0

#: Samples that compute in a narrower type than that of their gradients → a factor on the tolerance.
NARROW = {
    "ImageProjectiveTransformV2/float64": 1e5,
    "ImageProjectiveTransformV3/float64": 1e5,
}

SAMPLES = {
    family: [sample for sample in samples if sample.key in stored_gradients(family)]
    for family, samples in sampled_gradients().items()
}
ANSWERED = [
    pytest.param(family, sample, id=sample.key)
    for family, samples in SAMPLES.items()
    for sample in samples
    if not isinstance(stored_gradients(family)[sample.key], str)
    if REGISTRY[sample.op].gradient_rule is not None or REGISTRY[sample.op].no_gradient
]


def gradients(sample: Sample) -> list[Any]:
    """Our gradients of a sample, None where there is none."""
    built = SampleGraph(sample)
    site = Site(Graph(built.nodes, functions(), function_gradients()))
    ops = NodeOps(site, "gradients")
    ys, weights = [], []
    for place, (ref, value) in enumerate(zip(built.outputs(), outputs(sample.key), strict=True)):
        dtype = built.types[ref]
        if flows(dtype):
            ys.append(ref)
            weights.append(ops.constant(weight(sample.key, place, value, dtype)))
    xs = [ref for ref in built.feeds if flows(built.types[ref])]
    found = Backprop(ops).run(ys, weights, xs)
    runner = Runner(site.graph, readable=None)
    feeds = {ref: np.asarray(value) for ref, value in built.feeds.items()}
    values = iter(runner.run([g.ref for g in found if g is not None], feeds, built.fetched))
    return [None if g is None else next(values) for g in found]


@pytest.mark.parametrize(("family", "sample"), ANSWERED)
def test_gradient_matches_tensorflow(family: str, sample: Sample) -> None:
    expected = stored_gradients(family)[sample.key]
    got = gradients(sample)
    assert [g is None for g in got] == [g is None for g in expected]
    for place, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        if theirs is not None:
            loose = LOOSE * sample.loose * NARROW.get(sample.key, 1)
            assert_same(ours, theirs, "rounding", loose, f"{sample} x {place}")
