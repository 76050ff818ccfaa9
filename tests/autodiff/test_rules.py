"""The gradient of every op: its samples against TensorFlow's stored gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.site import NodeOps, Site
from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Graph
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

#: Ops whose rules TensorFlow 1 has in tf.contrib, and TensorFlow 2 does not.
CONTRIB = ("GRUBlockCell", "LSTMBlockCell")

#: Ops whose gradients differ by the shape of what is differentiated.
WANT_SHAPES = ("MatrixSolveLs", "Qr", "Svd")

SAMPLES = {
    family: [sample for sample in samples if sample.key in stored_gradients(family)]
    for family, samples in sampled_gradients().items()
}
ANSWERED = [
    pytest.param(family, sample, id=sample.key)
    for family, samples in SAMPLES.items()
    for sample in samples
    if not isinstance(stored_gradients(family)[sample.key], str)
]

#: Samples of ops of which TensorFlow says nothing.
UNKNOWN = [
    pytest.param(sample, id=sample.key)
    for family, samples in SAMPLES.items()
    for sample in samples
    if stored_gradients(family)[sample.key] == "LookupError"
    if sample.op not in CONTRIB and sample.op != "PreventGradient"
]


def gradients(sample: Sample, known: bool) -> list[Any]:
    """Our gradients of a sample, None where there is none; the shapes of what is fed may be known before."""
    built = SampleGraph(sample)
    site = Site(Graph(built.nodes, functions(), function_gradients()))
    for ref, value in built.feeds.items() if known else ():
        site.inference.refine(ref, np.asarray(value).shape)
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


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize(("family", "sample"), ANSWERED)
def test_gradient_matches_tensorflow(family: str, sample: Sample, known: bool) -> None:
    expected = stored_gradients(family)[sample.key]
    try:
        got = gradients(sample, known)
    except NotImplementedError:
        if sample.op in WANT_SHAPES and not known:
            pytest.skip("TensorFlow wants to know the shape too")
        raise
    assert [g is None for g in got] == [g is None for g in expected]
    for place, (ours, theirs) in enumerate(zip(got, expected, strict=True)):
        if theirs is not None:
            loose = LOOSE * sample.loose * NARROW.get(sample.key, 1)
            assert_same(ours, theirs, "rounding", loose, f"{sample} x {place}")


@pytest.mark.parametrize("sample", UNKNOWN)
def test_op_without_gradient_is_named(sample: Sample) -> None:
    calls = [sample, *sample.before.values(), *sample.after.values()]
    names = "|".join(call.op for call in calls)
    with pytest.raises(LookupError, match=rf"defined for operation '\w+' \(op type: ({names})\)"):
        gradients(sample, False)
