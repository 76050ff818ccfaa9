"""The gradient of a TF1 loop; see `autodiff.frames`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.autodiff.frames import Frame, Variable
from minihub_runtime.autodiff.region import Region
from minihub_runtime.autodiff.rules import is_trainable
from minihub_runtime.autodiff.site import NodeOps, Site
from minihub_runtime.autodiff.stacks import Stacks
from minihub_runtime.dtypes import DType, int32
from minihub_runtime.errors import clip
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Slices, Term

__all__ = ["loop_gradients"]


class _Accumulator:
    """What a turn backwards adds to the gradient of a constant of the loop: a sum, or more slices."""

    def __init__(self, enter: Node, dtype: DType) -> None:
        self.enter = enter
        self.dtype = dtype


def loop_gradients(
    ops: NodeOps, frame: Frame, given: Mapping[Ref, Term], method: int
) -> list[tuple[Ref, Term]]:
    """The gradients of what enters a loop.

    Args:
        ops: adds the nodes.
        frame: the loop.
        given: the gradients of its exits.
        method: how gradients of one tensor are summed.

    Returns:
        Pairs of a tensor outside the loop and a gradient of it.
    """
    return _LoopGradient(ops, frame, method).build(given)


class _LoopGradient:
    """The state of building one backward loop."""

    def __init__(self, ops: NodeOps, frame: Frame, method: int) -> None:
        self.ops = ops
        self.site: Site = ops.site
        self.frame = frame
        self.method = method
        self.region = Region(self.site, frame)
        self.inner = NodeOps(self.region, ops.source)

    def dtype(self, node: Node) -> DType:
        """The type of what a node of the loop hands on."""
        return self.site.dtype(Ref(node.name)).base_dtype

    def build(self, given: Mapping[Ref, Term]) -> list[tuple[Ref, Term]]:
        """Add the loop; the gradients of what enters."""
        frame = self.frame
        active = [
            v
            for v in frame.variables
            if v.merge.name in frame.between and is_trainable(self.dtype(v.merge))
        ]
        constants = [
            enter
            for enter in frame.constants
            if enter.name in frame.between and is_trainable(self.dtype(enter))
        ]
        seeds = [self._seed(v) for v in active]
        found = self._body(active, constants, seeds)
        results = [
            # What the next turn does not depend on has a gradient of zero.
            self.inner.zeros_like(self.inner.term(Ref(v.switch.name, 1))) if g is None else g
            for v, g in zip(active, found, strict=False)
        ]
        first = [self._arriving(v, given) for v in active]
        loop = _Backward(self)
        for seed, arriving in zip(seeds, first, strict=True):
            loop.variable(seed, arriving)
        accumulators = []
        for enter, gradient in zip(constants, found[len(active) :], strict=True):
            if gradient is not None:
                accumulators.append((enter, self._accumulate(loop, enter, gradient, results)))
        exits = loop.close([result.ref for result in results])
        pairs = [(v.enter.inputs[0], self.ops.term(exits[i])) for i, v in enumerate(active)]
        for enter, places in accumulators:
            parts = [self.ops.term(exits[place]) for place in places]
            outside = enter.inputs[0]
            gradient = (
                parts[0]
                if len(parts) == 1
                else Slices(parts[0], parts[1], self._shape(self.ops.term(outside)))
            )
            pairs.append((outside, gradient))
        return pairs

    def _seed(self, variable: Variable) -> Ref:
        """What stands in the layer for the gradient that arrives at the next value of a variable."""
        return self.region_argument(self.dtype(variable.merge))

    def region_argument(self, dtype: DType) -> Ref:
        """A new tensor of the layer whose value the backward loop gives."""
        name = self.region.unique_name("arriving")
        self.region.add_node(Node(name, "_Arg", attrs={"T": dtype, "index": 0}))
        return Ref(name)

    def _body(
        self, active: Sequence[Variable], constants: Sequence[Node], seeds: Sequence[Ref]
    ) -> list[Term | None]:
        """The gradients of the variables' values in a turn, then of the constants."""
        from minihub_runtime.autodiff.reverse import Backprop

        frame = self.frame
        boundary = {Ref(v.switch.name, 1) for v in frame.variables}
        boundary |= {Ref(node.name) for node in frame.constants}
        tested = [Ref(v.merge.name) for v in frame.variables]
        xs = [Ref(v.switch.name, 1) for v in active] + [Ref(node.name) for node in constants]
        found = Backprop(self.inner, {*boundary, *tested}, self.method).run(
            [v.following for v in active],
            [self.inner.term(seed) for seed in seeds],
            [*xs, *(ref for ref in tested if is_trainable(self.region.dtype(ref)))],
        )
        if any(gradient is not None for gradient in found[len(xs) :]):
            raise NotImplementedError(
                f"the gradient of loop {clip(frame.name)!r}, whose body reads what the test reads"
            )
        return found[: len(xs)]

    def _arriving(self, variable: Variable, given: Mapping[Ref, Term]) -> Term:
        """The gradient of the last value of a variable, zeros if there is none."""
        if variable.exit is not None and Ref(variable.exit.name) in given:
            return given[Ref(variable.exit.name)]
        if variable.exit is None:
            forward = self.site.forward
            name = forward.unique_name("Exit")
            attrs = {"T": self.dtype(variable.merge)}
            forward.add_node(Node(name, "Exit", [Ref(variable.switch.name)], attrs=attrs))
            self.frame.note_left(forward.nodes[name])
            return self.ops.zeros_like(self.ops.term(Ref(name)))
        return self.ops.zeros_like(self.ops.term(Ref(variable.exit.name)))

    def _shape(self, outside: Term) -> Term:
        """The shape of a tensor, or of the value of a variable."""
        found: Term = (
            self.ops.VariableShape(outside)
            if outside.dtype.name == "resource"
            else self.ops.Shape(outside)
        )
        return found

    def _accumulate(
        self, loop: _Backward, enter: Node, gradient: Term, results: list[Term]
    ) -> list[int]:
        """Add the variables that sum up the gradient of a constant; their places among the exits."""
        outside = self.ops.term(enter.inputs[0])
        if isinstance(gradient, Slices):
            shape = self._shape(outside)
            none = self.ops.constant([0])
            empty = self.ops.Fill(
                self.ops.ConcatV2([none, shape[1:]], 0),
                self.ops.constant(0, gradient.dtype),
            )
            places = self.ops.Fill(none, self.ops.constant(0, gradient.indices.dtype))
            parts = [(gradient.values, empty), (gradient.indices, places)]
        else:
            parts = [(gradient, self.ops.zeros_like(outside))]
        found = []
        for part, first in parts:
            seed = self.region_argument(part.dtype)
            before = self.inner.term(seed)
            after = self.inner.ConcatV2([before, part], 0) if len(parts) == 2 else before + part
            loop.variable(seed, first)
            found.append(len(results))
            results.append(after)
        return found


class _Backward:
    """The backward loop while its nodes are added."""

    def __init__(self, owner: _LoopGradient) -> None:
        self.owner = owner
        self.site = owner.site
        self.name = self.site.unique_name(f"{owner.frame.name.rsplit('/', 1)[-1]}_frame")
        self.seeds: list[Ref] = []
        self.first: list[Term] = []
        self.entered: dict[Ref, Ref] = {}
        self.stacks = Stacks(self.site.forward, owner.frame)

    def add(
        self,
        op: str,
        inputs: Sequence[Ref],
        attrs: Mapping[str, Any],
        name: str = "",
        controls: Sequence[str] = (),
    ) -> str:
        """Add a node that waits for nothing but its inputs and `controls`."""
        node = Node(name or self.site.unique_name(op), op, inputs, controls, attrs)
        self.site.add_node(node)
        return node.name

    def variable(self, seed: Ref, first: Term) -> None:
        """Add a variable: what stands for it in the layer, and its first value."""
        self.seeds.append(seed)
        self.first.append(first)

    def enter(self, ref: Ref, constant: bool = True) -> Ref:
        """A tensor from outside, in the loop."""
        if constant and ref in self.entered:
            return self.entered[ref]
        attrs = {
            "T": self.site.dtype(ref).base_dtype,
            "frame_name": self.name,
            "is_constant": constant,
            "parallel_iterations": 10,
        }
        found = Ref(self.add("Enter", [ref], attrs))
        if constant:
            self.entered[ref] = found
        return found

    def constant(self, value: Any) -> Ref:
        """A constant, in the loop."""
        return self.enter(self.owner.ops.constant_ref(np.asarray(value, np.int32)))

    def close(self, results: Sequence[Ref]) -> list[Ref]:
        """Add all nodes of the loop.

        Args:
            results: what the layer computes as the next values of the variables.

        Returns:
            The last values of the variables.
        """
        number = {"T": int32}
        count = self.enter(self.stacks.count(), constant=False)
        counting, next_count = (
            self.site.unique_name("Merge"),
            self.site.unique_name("NextIteration"),
        )
        self.add("Merge", [count, Ref(next_count)], {"T": int32, "N": 2}, counting)
        one = self.constant(1)
        more = self.add("GreaterEqual", [Ref(counting), one], number)
        condition = Ref(self.add("LoopCond", [Ref(more)], {}))
        counted = self.add("Switch", [Ref(counting), condition], number)
        switches, following = [], []
        for first, seed in zip(self.first, self.seeds, strict=True):
            dtype = {"T": self.site.dtype(first.ref).base_dtype}
            entered = self.enter(first.ref, constant=False)
            merge, nexts = self.site.unique_name("Merge"), self.site.unique_name("NextIteration")
            self.add("Merge", [entered, Ref(nexts)], {**dtype, "N": 2}, merge)
            switches.append(self.add("Switch", [Ref(merge), condition], dtype))
            following.append((nexts, dtype))
            self.entered[seed] = Ref(switches[-1], 1)
        moved = _Move(self)
        for (nexts, dtype), result in zip(following, results, strict=True):
            self.add("NextIteration", [moved.ref(result)], dtype, nexts)
        left = self.add("Sub", [Ref(counted, 1), one], number, "", moved.pops)
        self.add("NextIteration", [Ref(left)], number, next_count)
        self.stacks.close()
        return [
            Ref(self.add("Exit", [Ref(name)], {"T": self.site.dtype(Ref(name)).base_dtype}))
            for name in switches
        ]


class _Move:
    """Moves the nodes of the layer into the backward loop."""

    def __init__(self, loop: _Backward) -> None:
        self.loop = loop
        self.layer = loop.owner.region.added
        self.names: dict[str, str] = {}
        self.pops: list[str] = []
        self.popped: dict[Ref, Ref] = {}
        self._consts: dict[str, Ref] = {}
        seeds = {seed.node for seed in loop.seeds}
        for name, node in self.layer.items():
            if name in seeds:
                continue
            if node.op == "Const":
                outside = loop.owner.ops.constant_ref(node.attrs["value"])
                self._consts[name] = loop.enter(outside)
            else:
                self.names[name] = loop.site.unique_name(name.rsplit("/", 1)[-1])
        for name, moved in self.names.items():
            node = self.layer[name]
            controls = [
                self.names.get(control) or self.ref(Ref(control)).node for control in node.controls
            ]
            loop.site.add_node(
                node.replace(
                    name=moved, inputs=[self.ref(ref) for ref in node.inputs], controls=controls
                )
            )

    def ref(self, ref: Ref) -> Ref:
        """What stands in the backward loop for a tensor of the layer, of the body or from outside."""
        if ref.node in self._consts:
            return self._consts[ref.node]
        if ref.node in self.names:
            return Ref(self.names[ref.node], ref.index)
        if ref in self.loop.entered:
            return self.loop.entered[ref]
        frame = self.loop.owner.frame
        node = frame.nodes.get(ref.node)
        if node is None:
            return self.loop.enter(ref)
        if any(node is constant for constant in frame.constants):
            return self.loop.enter(node.inputs[0])
        if node.op == "Const":
            return self.loop.enter(self.loop.owner.ops.constant_ref(node.attrs["value"]))
        if ref not in self.popped:
            self.popped[ref] = self._pop(ref)
        return self.popped[ref]

    def _pop(self, ref: Ref) -> Ref:
        """What a tensor of the body was in the turn that is undone."""
        handle, guards = self.loop.stacks.push(ref)
        place = self.loop.enter(handle)
        for condition, side in guards:
            # What a branch computed was pushed only where the branch was taken.
            taken = self.loop.add(
                "Switch", [place, self.ref(condition)], {"T": self.loop.site.dtype(handle)}
            )
            place = Ref(taken, side)
        dtype = self.loop.site.dtype(ref).base_dtype
        popped = self.loop.add("StackPopV2", [place], {"elem_type": dtype})
        if not guards:
            self.pops.append(popped)
        return Ref(popped)
