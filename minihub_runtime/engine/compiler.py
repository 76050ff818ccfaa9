"""Graphs become plans: pruned, rewritten by the passes, ordered, each node bound to its kernel.

A value that a Switch sends nowhere is DEAD: kernels downstream of a Switch are wrapped so that a dead input makes dead
outputs, and a Merge takes what is alive.

Source: tensorflow/core/common_runtime/executor.cc, propagator_state.cc (deadness).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.engine.loops import bind_loop
from minihub_runtime.engine.plan import Kernel, Plan, Prelude, Step, names_of
from minihub_runtime.engine.references import dereference, dereference_later
from minihub_runtime.errors import (
    InvalidArgumentError,
    OpError,
    UnsupportedOpsError,
    clip,
)
from minihub_runtime.graph.functions import function_args
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.graph.node_types import check_kinds
from minihub_runtime.graph.support import missing_ops
from minihub_runtime.ops.control_flow import DEAD
from minihub_runtime.ops.registry import REGISTRY, infer_shapes
from minihub_runtime.ops.variables import Variable, read_side_by_side
from minihub_runtime.passes.effects import effect_of
from minihub_runtime.passes.narrow_calls import needed_results
from minihub_runtime.passes.pipeline import rewrite
from minihub_runtime.passes.prune import prune
from minihub_runtime.passes.read_again import read_again
from minihub_runtime.passes.region import HANDLES, READS, Region
from minihub_runtime.passes.structure_loops import structure_loops
from minihub_runtime.shapes import Spec, concrete, size

__all__ = ["DEAD", "compile_plan"]

#: Results of constant folding larger than this are computed in each run instead.
MAX_FOLDED_BYTES = 64 << 20

#: Makes the context of a kernel from the name of its node and the results of functions that the node needs.
BindContext = Callable[[str, Mapping[str, tuple[int, ...]]], Any]
#: A kernel, the slots of its inputs, the slots of its outputs, and whose it is.
_Call = tuple[Kernel, list[int], "int | tuple[int, ...]", Node]

#: Kernel, input types, output types, attributes and statefulness of a node; never changed.
_Bound = tuple[Kernel, "list[DType | None]", "list[DType | None]", "dict[str, Any]", bool]

#: Ops that name a table, which lives as long as the session.
TABLES = frozenset({"HashTable", "HashTableV2"})
SWITCH = ("Switch", "RefSwitch")
MERGE = ("Merge", "RefMerge")


def compile_plan(
    graph: Graph,
    feeds: Sequence[Ref],
    fetches: Sequence[Ref],
    targets: Sequence[str],
    bind_context: BindContext,
    passes: Collection[str] | None = None,
) -> Plan:
    """The plan that computes `fetches` and runs `targets`.

    Args:
        graph: the nodes and the function library.
        feeds: tensors whose values are given.
        fetches: tensors whose values are wanted.
        targets: nodes that must run.
        bind_context: makes the contexts of kernels.
        passes: names of the passes that rewrite the graph before, all of `passes.pipeline` by default.  Without any, constants are not
            folded either: each node is a step.

    Raises:
        UnsupportedOpsError: ops that are not registered, all of them.
        InvalidArgumentError: the graph is malformed.
    """
    fed = set(feeds)
    roots = [*(ref.node for ref in fetches if ref not in fed), *targets]
    nodes = prune(graph.nodes, roots, fed)
    missing = missing_ops(graph, nodes.values())
    if missing:
        raise UnsupportedOpsError(missing)
    return _Compiler(graph, bind_context, targets, passes).compile(nodes, feeds, fetches)


class _Compiler:
    """The state of one compilation."""

    def __init__(
        self,
        graph: Graph,
        bind_context: BindContext,
        targets: Iterable[str] = (),
        passes: Collection[str] | None = None,
    ) -> None:
        self.graph = graph
        self.passes = passes
        self.bind_context = bind_context
        self.awaited: set[str] = set(targets)
        self.read: set[Ref] = set()
        self.slots: list[Any] = []
        self.place: dict[Ref, int] = {}
        self.dtype: dict[Ref, DType | None] = {}
        self.constant: dict[Ref, Any] = {}
        self.bound: dict[Any, _Bound] = {}
        self.controls: dict[str, int] = {}
        self.mortal: set[str] = set()
        self.steps: list[_Call] = []
        self.prelude: list[_Call] = []
        #: Where `add` puts steps now.
        self.target = self.steps
        #: The variables that the prelude reads.
        self.variables: list[Any] = []

    def slot(self, value: Any = None) -> int:
        """A new slot."""
        self.slots.append(value)
        return len(self.slots) - 1

    def compile(self, nodes: dict[str, Node], feeds: Sequence[Ref], fetches: Sequence[Ref]) -> Plan:
        """The plan for pruned nodes."""
        feed_slots = {ref: self.slot() for ref in feeds}
        for ref in feeds:
            self.dtype.setdefault(ref, self.fed_type(ref))
        self.place.update(feed_slots)
        structured = structure_loops(nodes, feed_slots)
        for ref in (*fetches, *map(Ref, self.awaited)):
            if ref.node in nodes and ref.node not in structured and ref not in feed_slots:
                raise InvalidArgumentError(
                    f"what is fetched must lie outside of loops, but {clip(ref.node)!r} has a value in each turn of one"
                )
        region = Region(self.graph, structured, feed_slots, fetches, self.awaited)
        # A cycle is found before passes would walk in it.
        region.in_order()
        references = [r for r in feeds if (dtype := self.dtype.get(r)) is not None and dtype.is_ref]
        read_again(region, references)
        try:
            rewrite(region, self.passes)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # A malformed node misleads passes; without them, the plan says what is wrong with it.
            _Compiler(self.graph, self.bind_context, self.awaited, ()).compile(
                nodes, feeds, fetches
            )
            raise
        order = _reads_first(region.in_order(), references)
        self.awaited |= region.awaited.union(*(node.controls for node in order))
        self.read = {*fetches, *(ref for node in order for ref in node.inputs)}
        for node in order:
            static = bool(feeds or fetches) and region.static(Ref(node.name))
            self.target = self.prelude if static else self.steps
            try:
                self.add(node)
            except OpError as error:
                raise error.at(*names_of(node)) from None
        for ref in fetches:
            if ref not in self.place:
                raise InvalidArgumentError(f"{clip(str(ref))!r} must be an output of its node")
        self.read_ahead()
        self.target = self.steps
        fetch_slots = [self.readable(ref) for ref in fetches]
        types = [self.dtype.get(ref) for ref in fetches]
        kept = {*fetch_slots, *(place for _, inputs, _, _ in self.steps for place in inputs)}
        settled = [p for _, _, outputs, _ in self.prelude for p in _places(outputs) if p in kept]
        prelude = Prelude(self.finish(self.prelude, settled), self.slots, settled, self.variables)
        steps = self.finish(self.steps, [*fetch_slots, *settled])
        effect = functools.partial(effect_of, self.graph)
        return Plan(steps, self.slots, feed_slots, fetch_slots, types, prelude, effect)

    def read_ahead(self) -> None:
        """Let the prelude begin with reading the deferred variables whose values it wants."""
        wanted = [
            self.slots[inputs[0]]
            for kernel, inputs, _, node in self.prelude
            if node.op in READS or kernel is dereference
        ]
        deferred = [v for v in wanted if isinstance(v, Variable) and v.deferred_bytes]
        if len(deferred) > 1:
            kernel = functools.partial(read_side_by_side, deferred)
            self.prelude.insert(0, (kernel, [], (), Node("read_ahead", "_ReadAhead")))

    def fed_type(self, ref: Ref) -> DType | None:
        """The type of a tensor that takes its value from a feed; None where only the feed knows."""
        node = self.graph.nodes.get(ref.node)
        if node is None:
            return None
        if node.op == "_Arg":
            argument: DType = node.attrs["T"]
            return argument
        if node.op not in REGISTRY:
            return None
        op = REGISTRY[node.op]
        check_kinds(node, op.schema)
        produced = op.schema.output_dtypes(op.schema.complete(node.attrs, op.name))
        if ref.index >= len(produced):
            raise InvalidArgumentError(f"{clip(str(ref))!r} must be an output of its node")
        return produced[ref.index].base_dtype

    def readable(self, ref: Ref) -> int:
        """The slot of a fetched tensor's value: variables behind references are read at the end."""
        place = self.place[ref]
        dtype = self.dtype.get(ref)
        if dtype is not None and dtype.is_ref:
            target = self.slot()
            self.steps.append((dereference, [place], target, self._producer(ref)))
            return target
        return place

    def _producer(self, ref: Ref) -> Node:
        return self.graph.nodes.get(ref.node, Node(ref.node, "_Read"))

    def finish(self, calls: Sequence[_Call], kept: Iterable[int]) -> list[Step]:
        """The steps of calls, with their frees."""
        last: dict[int, int] = {}
        for number, (_, inputs, outputs, _) in enumerate(calls):
            for place in inputs:
                last[place] = number
            for place in _places(outputs):
                last.setdefault(place, number)
        keep = set(kept) | {place for place, value in enumerate(self.slots) if value is not None}
        frees: dict[int, list[int]] = {}
        for place, number in last.items():
            if place not in keep:
                frees.setdefault(number, []).append(place)
        return [
            Step(kernel, tuple(inputs), outputs, tuple(frees.get(number, ())), node)
            for number, (kernel, inputs, outputs, node) in enumerate(calls)
        ]

    def context(self, node: Node) -> Any:
        """The context of a node's kernel."""
        awaited = node.name in self.awaited
        return self.bind_context(node.name, needed_results(self.graph, node, self.read, awaited))

    def add(self, node: Node) -> None:
        """Append the steps of one node."""
        if node.op == "Const" and self.take_constant(node):
            return
        if node.op == "_Loop":
            kernel, wanted, produced = bind_loop(
                node,
                [self.dtype.get(ref) for ref in node.inputs],
                self.sub_plan,
                self.context(node).check,
            )
            attrs: dict[str, Any] = {}
            stateful = True
        else:
            kernel, wanted, produced, attrs, stateful = self.bind(node)
        self.check_edges(node, wanted)
        if (node.op in TABLES or node.op in HANDLES) and self.take_handle(node, kernel, produced):
            if self.target is self.prelude and node.op in HANDLES:
                self.variables.append(self.slots[self.place[Ref(node.name)]])
            return
        if self.fold(node, kernel, produced, attrs, stateful):
            return
        read = dereference_later if node.op in CHOOSING else dereference
        inputs = [
            self.input(ref, dtype, read) for ref, dtype in zip(node.inputs, wanted, strict=True)
        ]
        mortal = node.op in SWITCH
        if self.mortal and not mortal:
            before = (*(ref.node for ref in node.inputs), *node.controls)
            mortal = any(name in self.mortal for name in before)
        places = tuple([self.slot() for _ in produced])
        for index, (place, dtype) in enumerate(zip(places, produced, strict=True)):
            ref = Ref(node.name, index)
            self.place.setdefault(ref, place)
            self.dtype[ref] = dtype
        single = self.single(node, produced)
        outputs: int | tuple[int, ...] = places[0] if single else places
        if mortal:
            self.mortal.add(node.name)
            alive = [self.controls[name] for name in node.controls if name in self.controls]
            count = len(inputs)
            if node.op not in (*MERGE, "ControlTrigger"):
                inputs += alive
                kernel = _guard(kernel, count, len(produced), single)
            if node.name in self.awaited:
                self.controls[node.name] = self.slot()
                kernel = _with_signal(kernel, single)
                outputs = (*places, self.controls[node.name])
        self.target.append((kernel, inputs, outputs, node))

    def take_constant(self, node: Node) -> bool:
        """Put a constant in its slot; whether that was done."""
        ref = Ref(node.name)
        if node.controls or node.inputs or ref in self.place:
            return False
        schema = REGISTRY["Const"].schema
        check_kinds(node, schema)
        attrs = schema.complete(node.attrs, "Const")
        dtype, value = attrs["dtype"], attrs["value"]
        if value.dtype != dtype.numpy:
            return False
        value = _unchanging(value)
        self.place[ref] = self.slot(value)
        self.dtype[ref] = dtype
        self.constant[ref] = value
        return True

    def take_handle(self, node: Node, kernel: Kernel, produced: Sequence[DType | None]) -> bool:
        """Look up a table or variable once for all runs; whether that was done."""
        ref = Ref(node.name)
        if node.controls or ref in self.place:
            return False
        try:
            handle = kernel()
        except OpError:
            # Where nobody runs it that is no error; if someone does, the run raises the same one.
            return False
        self.place[ref] = self.slot(handle)
        self.dtype[ref] = produced[0]
        return True

    def single(self, node: Node, produced: Sequence[DType | None]) -> bool:
        """Whether the kernel returns the value itself, not a sequence of values."""
        if len(produced) != 1 or node.op == "_Loop" or node.op in self.graph.functions:
            return False
        return not any(arg.is_list for arg in REGISTRY[node.op].schema.outputs)

    def bind(self, node: Node) -> _Bound:
        """Kernel, input types, output types, attributes and statefulness of a node."""
        if node.op in self.graph.functions:
            signature = self.graph.functions[node.op].signature
            context = self.context(node)
            function = Func(node.op, dict(node.attrs))
            wanted, produced = (
                [dtype for arg in function_args(args) for dtype in arg.dtypes(node.attrs)]
                for args in (signature.input_arg, signature.output_arg)
            )
            return lambda *inputs: context.call(function, inputs), [*wanted], [*produced], {}, True
        op = REGISTRY[node.op]
        attrs_key = None if op.wants_context or node.op == "Const" else node.attrs.key
        key = None if attrs_key is None else (node.op, attrs_key)
        if key is not None and key in self.bound:
            return self.bound[key]
        check_kinds(node, op.schema)
        attrs = op.schema.complete(node.attrs, op.name)
        if node.op == "Const":
            attrs["value"] = _unchanging(attrs["value"])
        context = self.context(node) if op.wants_context else None
        known = {**attrs, **op.private(node.attrs)} if op.private_attrs else attrs
        kernel = op.bind(known, context)
        stateful = op.stateful or op.wants_context
        types = op.schema.input_dtypes(attrs), op.schema.output_dtypes(attrs)
        bound: _Bound = kernel, [*types[0]], [*types[1]], attrs, stateful
        if key is not None:
            self.bound[key] = bound
        return bound

    def check_edges(self, node: Node, wanted: Sequence[DType | None]) -> None:
        """Raise unless the inputs have the number and types that the op wants."""
        if len(node.inputs) != len(wanted):
            raise InvalidArgumentError(
                f"{node.op} must have {len(wanted)} inputs, not {len(node.inputs)}"
            )
        for ref, dtype in zip(node.inputs, wanted, strict=True):
            if ref not in self.place:
                raise InvalidArgumentError(f"{clip(str(ref))!r} must be an output of its node")
            found = self.dtype.get(ref)
            if found is dtype or found is None or dtype is None:
                continue
            if found.base_dtype is not dtype.base_dtype or (dtype.is_ref and not found.is_ref):
                raise InvalidArgumentError(
                    f"input {clip(str(ref))!r} of {node.op} must be {dtype.name}, not {found.name}"
                )

    def input(self, ref: Ref, dtype: DType | None, read: Callable[[Any], Any]) -> int:
        """The slot of an input; a reference is read for kernels that want the value."""
        place = self.place[ref]
        found = self.dtype.get(ref)
        if found is not None and found.is_ref and not (dtype is not None and dtype.is_ref):
            target = self.slot()
            self.target.append((read, [place], target, self._producer(ref)))
            return target
        return place

    def fold(
        self,
        node: Node,
        kernel: Kernel,
        produced: Sequence[DType | None],
        attrs: Mapping[str, Any],
        stateful: bool,
    ) -> bool:
        """Compute a node now if nothing it depends on can change; whether that was done."""
        if self.passes is not None and not self.passes:
            return False
        if stateful or node.controls or not produced or node.op in (*SWITCH, *MERGE):
            return False
        for ref in node.inputs:
            if ref not in self.constant:
                return False
        if any(Ref(node.name, i) in self.place for i in range(len(produced))):
            return False
        values = [self.constant[ref] for ref in node.inputs]
        if not all(isinstance(value, np.ndarray) for value in values):
            # It is computed once, too, but in a run: what a pass has prepared says nothing of sizes.
            return False
        try:
            if not self.small_enough(node, attrs, values, produced):
                return False
            with np.errstate(all="ignore"):
                result = kernel(*values)
        except (OpError, ArithmeticError, ValueError, TypeError, IndexError, MemoryError):
            # It may be in a branch that is never taken; if not, the run raises the same error.
            return False
        results = [result] if self.single(node, produced) else list(result)
        for index, (value, dtype) in enumerate(zip(results, produced, strict=True)):
            if isinstance(value, np.ndarray) and value.flags.writeable:
                value.flags.writeable = False
            ref = Ref(node.name, index)
            self.place[ref] = self.slot(value)
            self.dtype[ref] = dtype
            self.constant[ref] = value
        return True

    def small_enough(
        self,
        node: Node,
        attrs: Mapping[str, Any],
        values: Sequence[Any],
        produced: Sequence[DType | None],
    ) -> bool:
        """Whether the results are known to stay below MAX_FOLDED_BYTES, or are likely to."""
        if node.op == "Const":
            return True
        op = REGISTRY[node.op]
        specs = [Spec(as_dtype(value.dtype), value.shape, value) for value in values]
        shapes = infer_shapes(op, attrs, specs)
        total = 0
        for shape, dtype in zip(shapes, produced, strict=True):
            known = concrete(shape)
            if known is not None and dtype is not None:
                total += size(known) * dtype.size
        return total <= MAX_FOLDED_BYTES

    def sub_plan(
        self, nodes: Mapping[str, Node], feeds: Mapping[Ref, DType | None], fetches: Sequence[Ref]
    ) -> Plan:
        """A plan for part of the graph: a piece of a loop."""
        inner = _Compiler(self.graph, self.bind_context, passes=self.passes)
        for ref, dtype in feeds.items():
            if dtype is not None:
                inner.dtype[ref] = dtype
        return inner.compile(dict(nodes), list(feeds), fetches)


#: Ops that hand their inputs to one of several functions, which may use others.
CHOOSING = frozenset({"Case", "If", "StatelessCase", "StatelessIf"})


def _reads_first(order: Sequence[Node], references: Iterable[Ref]) -> list[Node]:
    """Nodes in an order in which reads of variables that wait for nothing come first.

    So it comes about in TensorFlow, though nothing promises it: a variable fetched beside the step that changes it has the
    value from before the step, and gradients that nothing holds together are all those of the same values.  Variables by
    reference are read by an Identity.
    """
    handles = {node.name for node in order if node.op in HANDLES and not node.controls}
    handles.update(ref.node for ref in references)
    early = [
        node
        for node in order
        if node.name in handles
        or (
            (node.op in READS or node.op == "Identity")
            and not node.controls
            and node.inputs
            and node.inputs[0][0] in handles
        )
    ]
    names = {node.name for node in early}
    return [*early, *(node for node in order if node.name not in names)] if early else [*order]


def _unchanging(value: Any) -> Any:
    """The value of a constant: a copy if the array is the graph builder's, who may go on changing it."""
    if value.flags.writeable:
        value = value.copy()
        value.flags.writeable = False
    return value


def _guard(kernel: Kernel, count: int, produced: int, single: bool) -> Kernel:
    """`kernel` with DEAD results where one of the inputs or control signals is DEAD."""
    dead: Any = DEAD if single else (DEAD,) * produced

    def guarded(*inputs: Any) -> Any:
        for value in inputs:
            if value is DEAD:
                return dead
        return kernel(*inputs[:count])

    return guarded


def _with_signal(kernel: Kernel, single: bool) -> Kernel:
    """`kernel` with one more result: DEAD if the node was, for nodes that wait for it.

    A Switch is alive when one of its sides is; a node without outputs signals by returning None.
    """

    def signalled(*inputs: Any) -> tuple[Any, ...]:
        result = kernel(*inputs)
        values = (result,) if single else tuple(result) if result is not None else ()
        if values:
            alive = any(value is not DEAD for value in values)
        else:
            alive = all(value is not DEAD for value in inputs)
        return (*values, None if alive else DEAD)

    return signalled


def _places(outputs: int | tuple[int, ...]) -> tuple[int, ...]:
    return (outputs,) if isinstance(outputs, int) else outputs
