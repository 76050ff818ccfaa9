"""What a loop keeps for its gradient: the number of its turns, and stacks of the values that its gradient reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.autodiff.frames import Frame
from minihub_runtime.autodiff.site import Site
from minihub_runtime.dtypes import int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.structure_loops import MERGE, NEXT, SWITCH

__all__ = ["Stacks"]


class Stacks:
    """Nodes added to a loop that is differentiated.

    Args:
        site: where the loop is.
        frame: the loop.
    """

    def __init__(self, site: Site, frame: Frame) -> None:
        self.site = site
        self.frame = frame
        self._entered: dict[Ref, Ref] = {}
        self._pushes: list[str] = []
        self._guarded: list[str] = []
        self._guards: dict[Ref, tuple[tuple[Ref, int], ...]] = {}
        self._added: Node | None = None

    def _add(
        self,
        op: str,
        inputs: Sequence[Ref],
        attrs: Mapping[str, Any],
        name: str = "",
        controls: Sequence[str] = (),
    ) -> str:
        node = Node(name or self.site.unique_name(op), op, inputs, controls, attrs)
        self.site.add_node(node)
        return node.name

    def _constant(self, value: int) -> Ref:
        array = np.array(value, np.int32)
        return Ref(self._add("Const", [], {"value": array, "dtype": int32}))

    def _enter(self, ref: Ref, frames: Sequence[Frame], constant: bool = True) -> Ref:
        """A tensor from outside all loops, in the innermost of `frames`."""
        dtype = self.site.dtype(ref).base_dtype
        for number, frame in enumerate(frames, start=1):
            attrs = {
                "T": dtype,
                "frame_name": frame.name,
                "is_constant": constant or number < len(frames),
                "parallel_iterations": 10,
            }
            ref = Ref(self._add("Enter", [ref], attrs))
        return ref

    def count(self) -> Ref:
        """The number of turns, for the loop around."""
        number = {"T": int32}
        path = self.frame.path
        first = self._enter(self._constant(0), path, constant=False)
        one = self._enter(self._constant(1), path)
        merge, following = self.site.unique_name("f_count"), self.site.unique_name("NextIteration")
        self._add("Merge", [first, Ref(following)], {"T": int32, "N": 2}, merge)
        condition = Ref(self.frame.condition.name)
        switch = self._add("Switch", [Ref(merge), condition], number)
        added = self._add("Add", [Ref(switch, 1), one], number)
        self._added = self.site.nodes[added]
        self._add("NextIteration", [Ref(added)], number, following)
        left = self._add("Exit", [Ref(switch)], number)
        self.frame.note_left(self.site.nodes[left])
        return Ref(left)

    def push(self, ref: Ref) -> tuple[Ref, tuple[tuple[Ref, int], ...]]:
        """Push a value of each turn on a new stack.

        Returns:
            The stack, and the conditions under which the value is there: tensors, and the sides of their Switches.
        """
        dtype = self.site.dtype(ref).base_dtype
        attrs = {"elem_type": dtype, "stack_name": ""}
        stack = Ref(self._add("StackV2", [self._constant(-1)], attrs))
        inside = self._enter(stack, self.frame.path)
        push = self._add("StackPushV2", [inside, ref], {"T": dtype, "swap_memory": False})
        guards = self._conditions(ref)
        (self._guarded if guards else self._pushes).append(push)
        return stack, guards

    def close(self) -> None:
        """Let the count of turns wait for all that was pushed."""
        assert self._added is not None
        waited = list(self._pushes)
        if self._guarded:
            # A trigger fires though what it waits for was not computed, in a branch that was not taken.
            waited.append(self._add("ControlTrigger", [], {}, "", self._guarded))
        self.site.replace_node(self._added.replace(controls=waited))

    def _conditions(self, ref: Ref) -> tuple[tuple[Ref, int], ...]:
        """The branches that must be taken for a value to be there, outermost first."""
        if ref in self._guards:
            return self._guards[ref]
        self._guards[ref] = ()
        node = self.frame.nodes.get(ref.node)
        if node is None or ref.node in self._structure:
            return ()
        behind = [self._conditions(parent) for parent in node.inputs]
        behind += [self._conditions(Ref(name)) for name in node.controls]
        if node.op in MERGE:
            closed = [
                self._conditions(parent)
                for parent in node.inputs
                if self.frame.nodes.get(parent.node) is None
                or self.frame.nodes[parent.node].op not in NEXT
            ]
            found = tuple(pair for pair in closed[0] if all(pair in other for other in closed))
        else:
            found = tuple(dict.fromkeys(pair for pairs in behind for pair in pairs))
            chooser = self.frame.nodes.get(node.inputs[1].node) if node.op in SWITCH else None
            # The Switches of loops inside this one choose turns, not branches.
            if node.op in SWITCH and (chooser is None or chooser.op != "LoopCond"):
                found = (*found, (node.inputs[1], ref.index))
        self._guards[ref] = found
        return found

    @property
    def _structure(self) -> set[str]:
        """The nodes that are there in every turn."""
        return {
            node.name
            for variable in self.frame.variables
            for node in (variable.enter, variable.merge, variable.switch)
        } | {node.name for node in self.frame.constants}
