"""Gradients of samples along one direction, as the rules have it and as central differences of the kernels have it.

Both orders: the gradient against differences of the output, and the gradient of the gradient against differences of the
gradient.  A sample is taken in float64 where its op allows that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.site import NodeOps, Site
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Graph, Ref
from minihub_runtime.ops.terms import Term
from tests.autodiff.differentiating import flows, weight
from tests.golden import function_gradients, functions
from tests.ops.running import SampleGraph
from tests.samples import Call, Sample

__all__ = ["Differences", "Disagreement", "Singular", "widened"]

#: Type → the step along the direction, and the tolerance relative to the sizes of what is summed.
STEPS = {
    "complex128": (1e-6, 1e-6),
    "complex64": (1e-2, 3e-3),
    "float32": (1e-2, 3e-3),
    "float64": (1e-6, 1e-6),
}
WIDE = {"float16": "float64", "float32": "float64", "complex64": "complex128"}

#: Ops that functions or attributes of their samples hold to the types that they have.
FIXED = (
    "Case",
    "IRFFT",
    "IRFFT2D",
    "If",
    "StatelessCase",
    "StatelessIf",
)


class Disagreement(AssertionError):
    """A gradient is not what the differences say."""


def widened(sample: Sample) -> Sample:
    """The sample in float64 and complex128, if the op allows that; else itself."""

    def wide(value: Any) -> Any:
        if isinstance(value, list):
            return [wide(item) for item in value]
        if isinstance(value, str):
            return WIDE.get(value, value)
        name = getattr(getattr(value, "dtype", None), "name", "")
        return value.astype(WIDE[name]) if name in WIDE else value

    def call(step: Call) -> Call:
        return dataclasses.replace(
            step,
            inputs={k: wide(v) for k, v in step.inputs.items()},
            attrs={k: wide(v) for k, v in step.attrs.items()},
        )

    if sample.op in FIXED:
        return sample
    found = dataclasses.replace(
        sample,
        inputs={k: wide(v) for k, v in sample.inputs.items()},
        attrs={k: wide(v) for k, v in sample.attrs.items()},
        before={k: call(v) for k, v in sample.before.items()},
        after={k: call(v) for k, v in sample.after.items()},
    )
    try:
        Differences(found)
    except OpError:
        return sample
    return found


class Singular(ValueError):
    """A sample lies where something is infinite or no number."""


class Differences:
    """One sample.

    Attributes:
        xs: what is differentiated by.
        narrow: the type whose step and tolerance count.
    """

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.built = SampleGraph(sample)
        self.feeds = {ref: np.asarray(value) for ref, value in self.built.feeds.items()}
        self.xs = [ref for ref in self.feeds if flows(self.built.types[ref])]
        self.ys = [ref for ref in self.built.outputs() if flows(self.built.types[ref])]
        self.site = Site(Graph(self.built.nodes, functions(), function_gradients()))
        for ref, value in self.feeds.items():
            self.site.inference.refine(ref, value.shape)
        self.ops = NodeOps(self.site, "gradients")
        self.values = self.run(self.ys, {})
        names = [self.built.types[ref].base_dtype.name for ref in [*self.xs, *self.ys]]
        self.narrow = min(names, key=lambda name: -STEPS[name][0] if name in STEPS else -np.inf)

    def run(self, refs: Sequence[Ref], moved: Mapping[Ref, Any]) -> list[Any]:
        """The values of tensors, where some inputs are others.  What keeps state begins anew."""
        runner = Runner(self.site.graph, readable=None)
        return list(runner.run(list(refs), {**self.feeds, **moved}, self.built.fetched))

    def drawn(self, refs: Sequence[Ref], values: Sequence[Any], what: str) -> list[Any]:
        """Random numbers like the values of tensors."""
        key = f"{self.sample.key}/{what}"
        return [
            weight(key, place, value, self.site.dtype(ref))
            for place, (ref, value) in enumerate(zip(refs, values, strict=True))
        ]

    def backwards(self, refs: Sequence[Ref], weights: Sequence[Any]) -> list[Term | None]:
        """The gradients of the weighed sum of tensors."""
        given = [self.ops.constant(item) for item in weights]
        return Backprop(self.ops).run(list(refs), given, self.xs)

    def check(self, refs: Sequence[Ref], what: str) -> list[Ref]:
        """Compare the gradient of a weighed sum of tensors along a direction; the gradients.

        Raises:
            Disagreement: they differ.
            LookupError: an op has no gradient.
        """
        weights = self.drawn(refs, self.run(refs, {}), f"{what} weights")
        found = self.backwards(refs, weights)
        present = [(x, g.ref) for x, g in zip(self.xs, found, strict=True) if g is not None]
        gradients = dict(
            zip([x for x, _ in present], self.run([g for _, g in present], {}), strict=True)
        )
        # What gets no gradient stays where it is: which inputs get none is compared with TensorFlow.
        drawn = self.drawn(self.xs, [self.feeds[x] for x in self.xs], f"{what} direction")
        direction = {x: d for x, d in zip(self.xs, drawn, strict=True) if x in gradients}
        step, tolerance = STEPS[self.narrow]
        measured, scale = self._difference(refs, weights, direction, step)
        # How much the difference depends on the step is how far it is from the derivative, where there is one.
        closer, _ = self._difference(refs, weights, direction, step / 2)
        products = [_products(gradients[x], direction[x]) for x in gradients]
        computed = sum(float(part.sum()) for part in products)
        size = sum(float(abs(part).sum()) for part in products)
        eps = float(np.finfo(self.narrow).eps)
        allowed = tolerance * (1 + size) + 32 * eps * scale / step + 2 * abs(measured - closer)
        if not np.isfinite([measured, closer, computed, allowed]).all():
            raise Singular(f"{self.sample}: the {what} is no number here")
        if abs(measured - computed) > allowed:
            raise Disagreement(
                f"{self.sample}: the {what} is {computed!r}, and differences say {measured!r} "
                f"(allowed {allowed:.2g})"
            )
        return [g for _, g in present]

    def _difference(
        self, refs: Sequence[Ref], weights: Sequence[Any], direction: Mapping[Ref, Any], step: float
    ) -> tuple[float, float]:
        """The central difference of the weighed sum of tensors, and the size of what is summed."""
        sums, scale = [], 0.0
        for sign in (1, -1):
            moved = {
                x: (self.feeds[x] + sign * step * d).astype(self.feeds[x].dtype)
                for x, d in direction.items()
            }
            values = self.run(refs, moved)
            parts = [_products(w, v) for w, v in zip(weights, values, strict=True)]
            sums.append(sum(float(part.sum()) for part in parts))
            scale = max(scale, sum(float(abs(part).sum()) for part in parts))
        return (sums[0] - sums[1]) / (2 * step), scale


def _products(left: Any, right: Any) -> Any:
    """The parts of the inner product of two tensors, as real numbers."""
    wide = np.complex128 if left.dtype.kind == "c" or right.dtype.kind == "c" else np.float64
    return (np.conj(left.astype(wide)) * right.astype(wide)).real
