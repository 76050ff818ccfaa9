"""Reverse accumulation: gradients flow from the ys against the edges to the xs.

Units are visited when all gradients of their outputs are there; a unit is a node, or a loop as a whole (`autodiff.frames`).
What lies on no path of differentiable tensors between an x and a y is not visited.

Source: tensorflow/python/ops/gradients_util.py (_GradientsHelper, _PendingCount, _StopOps).
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from minihub_runtime.autodiff.aggregation import AggregationMethod, aggregate
from minihub_runtime.autodiff.frames import Frame, find_frames
from minihub_runtime.autodiff.loops import loop_gradients
from minihub_runtime.autodiff.nodes import node_gradients
from minihub_runtime.autodiff.rules import is_trainable
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.errors import OpError, clip
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Term
from minihub_runtime.passes.prune import prune

__all__ = ["Backprop"]

Gate: TypeAlias = "Callable[[Sequence[Term | None]], Sequence[Term | None]]"


class Backprop:
    """One pass backwards.

    Args:
        ops: adds the nodes.
        boundary: tensors behind which nothing is differentiated, whatever produces them.
        method: how the gradients of one tensor are summed; see `AggregationMethod`.
        gate: what is done to the gradients of the inputs of a node before they flow on.
    """

    def __init__(
        self,
        ops: NodeOps,
        boundary: Collection[Ref] = (),
        method: int = AggregationMethod.DEFAULT,
        gate: Gate | None = None,
    ) -> None:
        self.ops = ops
        self.boundary = boundary
        self.method = method
        self.gate = gate
        self._gradients: dict[Ref, list[Term]] = {}

    def run(
        self,
        ys: Sequence[Ref],
        gradients: Sequence[Term],
        xs: Sequence[Ref],
        stop: Collection[str] = (),
    ) -> list[Term | None]:
        """The gradients of `xs`, None for one that no y depends on.

        Args:
            ys: what is differentiated.
            gradients: one per y.
            xs: with respect to what.
            stop: nodes that count as constants.

        Raises:
            LookupError: a node between has no gradient.
        """
        site = self.ops.site
        roots = list(dict.fromkeys(y.node for y in ys if y not in self.boundary))
        # Copied: rules add nodes, and may put others in the place of those that are differentiated.
        nodes = prune(site.nodes, roots, self.boundary)
        between = self._between(nodes, roots, xs)
        frames = find_frames(nodes, self.boundary, between, site.frame)
        unit_of: dict[str, str | Frame] = {name: name for name in between}
        for frame in frames:
            unit_of.update(dict.fromkeys(frame.names, frame))
        pending = self._pending(nodes, between, unit_of)
        first = {x.node for x in xs}
        stopped = {
            name
            for name in first & set(between)
            if not any(pending[unit_of[p]] for p in self._parents(nodes[name]) if p in between)
        } | set(stop)
        for y, gradient in zip(ys, gradients, strict=True):
            self._gradients.setdefault(y, []).append(gradient)
        queue = collections.deque(
            dict.fromkeys(unit_of[r] for r in roots if r in between and not pending[unit_of[r]])
        )
        while queue:
            unit = queue.popleft()
            if isinstance(unit, str):
                members: Iterable[str] = (unit,)
                self._visit(nodes, unit, unit in stopped)
            else:
                members = [name for name in unit.names if name in between]
                self._visit_frame(unit)
            for name in members:
                for parent in self._parents(nodes[name]):
                    target = unit_of.get(parent) if parent in between else None
                    if target is None or target == unit:
                        continue
                    pending[target] -= 1
                    if not pending[target]:
                        queue.append(target)
        return [self._total(x) for x in xs]

    def _parents(self, node: Node) -> list[str]:
        return [ref.node for ref in node.inputs if ref not in self.boundary]

    def _between(
        self, nodes: Mapping[str, Node], roots: Sequence[str], xs: Sequence[Ref]
    ) -> dict[str, None]:
        """The nodes on paths from `xs` to `roots` through differentiable tensors, in TensorFlow's order."""
        consumers: dict[Ref, list[str]] = {}
        for node in nodes.values():
            for ref in node.inputs:
                consumers.setdefault(ref, []).append(node.name)
        reached: set[str] = set()
        stack: list[str] = []
        for x in xs:
            if x in self.boundary:
                stack.extend(consumers.get(x, ()))
            elif x.node in nodes:
                stack.append(x.node)
        dtypes = self.ops.site.output_dtypes
        while stack:
            name = stack.pop()
            if name in reached:
                continue
            reached.add(name)
            for index, dtype in enumerate(dtypes(name)):
                if is_trainable(dtype):
                    stack.extend(consumers.get(Ref(name, index), ()))
        between: dict[str, None] = {}
        queue = collections.deque(roots)
        while queue:
            name = queue.popleft()
            if name in reached and name not in between:
                between[name] = None
                queue.extend(self._parents(nodes[name]))
        return between

    def _pending(
        self,
        nodes: Mapping[str, Node],
        between: Mapping[str, None],
        unit_of: Mapping[str, str | Frame],
    ) -> collections.Counter[str | Frame]:
        """For each unit how many edges lead from others into it."""
        pending: collections.Counter[str | Frame] = collections.Counter()
        for name in between:
            for parent in self._parents(nodes[name]):
                if parent in between and unit_of[parent] != unit_of[name]:
                    pending[unit_of[parent]] += 1
        return pending

    def _total(self, ref: Ref) -> Term | None:
        """The sum of the gradients of a tensor, which replaces them."""
        found = self._gradients.get(ref, [])
        if len(found) > 1:
            total = aggregate(self.ops, found, self.method)
            self._gradients[ref] = [] if total is None else [total]
        return self._gradients[ref][0] if self._gradients.get(ref) else None

    def _visit(self, nodes: Mapping[str, Node], name: str, stopped: bool) -> None:
        site = self.ops.site
        node = site.nodes[name]
        outputs = [self._total(Ref(name, i)) for i in range(len(site.output_dtypes(name)))]
        if stopped or not any(outputs):
            return
        with site.scope(f"{name}_grad"):
            try:
                found = node_gradients(self.ops, node, outputs)
            except LookupError as error:
                if isinstance(error, (IndexError, KeyError)):
                    raise
                raise LookupError(f"{error}{self._path(nodes, name)}") from error
            if self.gate is not None:
                found = self.gate(found)
        self._flow(node, found)

    def _flow(self, node: Node, gradients: Sequence[Term | None]) -> None:
        """Give the inputs of a node their gradients."""
        site = self.ops.site
        # A rule may have given the node more inputs, which keep what it computes.
        for index, (ref, gradient) in enumerate(zip(node.inputs, gradients, strict=False)):
            if gradient is None:
                continue
            plain = not gradient.sliced and not gradient.known_zero
            if plain and site.dtype(ref).base_dtype.name not in ("resource", "variant"):
                shape = site.inference.shape(ref)
                try:
                    site.inference.refine(gradient.ref, shape)
                except OpError as error:
                    raise ValueError(
                        "Incompatible shapes between op input and calculated input gradient. "
                        f"Forward operation: {clip(node.name)}. Input index: {index}. "
                        f"Original input shape: {shape}. "
                        f"Calculated input gradient shape: {gradient.shape}"
                    ) from error
            self._gradients.setdefault(ref, []).append(gradient)

    def _visit_frame(self, frame: Frame) -> None:
        exits = {ref: self._total(ref) for ref in frame.exits}
        given = {ref: gradient for ref, gradient in exits.items() if gradient is not None}
        if not given:
            return
        with self.ops.site.scope(f"{frame.name}_grad"):
            for ref, gradient in loop_gradients(self.ops, frame, given, self.method):
                self._gradients.setdefault(ref, []).append(gradient)

    def _path(self, nodes: Mapping[str, Node], name: str) -> str:
        """The way on which a node was reached."""
        path = [name]
        while len(path) < 6:
            reader = next(
                (n.name for n in nodes.values() if any(r.node == path[-1] for r in n.inputs)), None
            )
            if reader is None or reader in path:
                break
            path.append(reader)
        if len(path) == 1:
            return ""
        return " It was reached through " + " <- ".join(clip(item) for item in reversed(path)) + "."
