"""Values that follow from constants and known shapes, for shape rules that ask for them.

Source: tensorflow/core/common_runtime/eval_const_tensor.cc, shape_refiner.cc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.shapes import Shape, concrete, dims, size

if TYPE_CHECKING:
    from minihub_runtime.graph.inference import Inference

__all__ = ["KnownTensor", "KnownValues"]

Array = NDArray[Any]

#: Only tensors of up to this many elements are worked out: larger ones are data, not shapes.
MAX_ELEMENTS = 4096
#: Ops that a run may give another value than their inputs tell: what is fed, and control flow.
OPEN_OPS = frozenset(
    [
        "Enter",
        "Exit",
        "LoopCond",
        "Merge",
        "NextIteration",
        "Placeholder",
        "PlaceholderV2",
        "PlaceholderWithDefault",
        "Switch",
    ]
)
#: Ops whose value follows from their input's shape alone, if that is known.
SHAPE_OPS = frozenset({"Rank", "Shape", "Size"})


class KnownValues:
    """Small constant values of the tensors of one graph."""

    def __init__(self, graph: Graph, inference: Inference) -> None:
        self._graph = graph
        self._inference = inference
        self._found: dict[Ref, Array | None] = {}

    def value(self, ref: Ref) -> Array | None:
        """The value of a tensor, None if it is not known or large."""
        if ref not in self._found:
            self._found[ref] = None
            for behind in self._unknown_behind(ref):
                self._found[behind] = self._evaluate(behind)
        return self._found[ref]

    def _unknown_behind(self, ref: Ref) -> list[Ref]:
        """The tensors to work out, inputs first."""
        order: list[Ref] = []
        seen: set[Ref] = set()
        stack = [(ref, False)]
        while stack:
            current, ready = stack.pop()
            if ready:
                order.append(current)
                continue
            node = self._graph.nodes.get(current.node)
            if current in seen or node is None or not _may_be_constant(node):
                continue
            seen.add(current)
            stack.append((current, True))
            if node.op not in SHAPE_OPS or self._of_shape(node) is None:
                stack.extend((parent, False) for parent in node.inputs if parent not in self._found)
        return order

    def _input(self, ref: Ref) -> Array | None:
        """The value of an input of a node whose inputs are worked out."""
        if ref.node in self._graph.nodes:
            return self._found.get(ref)
        return self._inference.value(ref)

    def _evaluate(self, ref: Ref) -> Array | None:
        node = self._graph.nodes[ref.node]
        if node.op in SHAPE_OPS:
            found = self._of_shape(node)
            if found is not None:
                return found
        known = concrete(self._inference.shape(ref))
        if known is not None and size(known) > MAX_ELEMENTS:
            return None
        if node.op == "Const":
            constant: Array = node.attrs["value"]
            return constant
        values = [self._input(parent) for parent in node.inputs]
        if any(value is None for value in values):
            return self._one_size(node, ref)
        try:
            with np.errstate(all="ignore"):
                result = REGISTRY[node.op].bind(node.attrs)(*values)
        except (OpError, ValueError, TypeError, IndexError, ArithmeticError):
            # Whatever is wrong with it shows in a run.
            return None
        value: Array = result[ref.index] if isinstance(result, tuple) else result
        return value if value.size <= MAX_ELEMENTS else None

    def _of_shape(self, node: Node) -> Array | None:
        """The value of Rank, Shape or Size."""
        known = self._inference.shape(node.inputs[0])
        if node.op == "Rank":
            return None if known is None else np.array(len(known), np.int32)
        shape = concrete(known)
        if shape is None:
            return None
        return np.array(shape if node.op == "Shape" else size(shape), _out_type(node))

    def _one_size(self, node: Node, ref: Ref) -> Array | None:
        """A single known size of a shape of which others may be unknown."""
        if node.op not in ("StridedSlice", "Unpack") or not node.inputs:
            return None
        behind = self._graph.nodes.get(node.inputs[0].node)
        shape = None
        if behind is not None and behind.op == "Shape":
            shape = self._inference.shape(behind.inputs[0])
        if behind is None or shape is None:
            return None
        place = ref.index
        if node.op == "StridedSlice":
            begin = self._input(node.inputs[1])
            if begin is None or begin.size != 1 or node.attrs.get("shrink_axis_mask", 0) != 1:
                return None
            place = int(begin.reshape(-1)[0])
        found = shape[place] if -len(shape) <= place < len(shape) else None
        return None if found is None else np.array(found, _out_type(behind))

    def as_shape(self, ref: Ref) -> Shape:
        """What is known of the shape whose sizes are the elements of a vector."""
        node = self._graph.nodes[ref.node]
        length = self._inference.shape(ref)
        if length is not None and len(length) != 1:
            return None
        # What is known of a tensor's shape counts for Shape: its value is not worked out from the tensor's.
        value = None if node.op in ("Shape", "ShapeN") else self.value(ref)
        if value is not None and value.ndim == 0:
            return None
        found = self._partial_shape(node, ref) if value is None else dims(value)
        if found is None and length is not None and length[0] is not None:
            return (None,) * length[0]
        return found

    def _partial_shape(self, node: Node, ref: Ref) -> Shape:
        as_shape = self._inference.as_shape
        if node.op == "Cast":
            return as_shape(node.inputs[0])
        if node.op in ("Shape", "ShapeN"):
            return self._inference.shape(node.inputs[ref.index])
        if node.op == "Pack" and not node.attrs.get("axis", 0):
            sizes = [self._inference.value(parent) for parent in node.inputs]
            return tuple(None if n is None or n < 0 else int(n) for n in sizes)
        if node.op in ("Concat", "ConcatV2"):
            joined = node.inputs[1:] if node.op == "Concat" else node.inputs[:-1]
            parts = [as_shape(parent) for parent in joined]
            return None if None in parts else tuple(n for part in parts for n in part or ())
        if node.op == "StridedSlice":
            return self._sliced_shape(node)
        if node.op == "VariableShape":
            behind = self._inference.behind(node.inputs[0])
            return None if behind is None else behind.shape
        return None

    def _sliced_shape(self, node: Node) -> Shape:
        """Part of a partly known shape."""
        whole = self._inference.as_shape(node.inputs[0])
        bounds = [self._inference.value(parent) for parent in node.inputs[1:]]
        masks = ("ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
        if whole is None or any(node.attrs.get(mask, 0) for mask in masks):
            return None
        if any(bound is None or bound.size != 1 for bound in bounds):
            return None
        begin, end, step = (int(bound.reshape(-1)[0]) for bound in bounds if bound is not None)
        begin_open, end_open = node.attrs.get("begin_mask", 0), node.attrs.get("end_mask", 0)
        return whole[slice(None if begin_open else begin, None if end_open else end, step)]


class KnownTensor:
    """What a graph tells of one tensor."""

    def __init__(self, inference: Inference, ref: Ref) -> None:
        self._inference = inference
        self._ref = ref

    def value(self) -> Array | None:
        """The value, None if it is not known."""
        return self._inference.value(self._ref)

    def as_shape(self) -> Shape:
        """What is known of the shape whose sizes are the elements."""
        return self._inference.as_shape(self._ref)


def _may_be_constant(node: Node) -> bool:
    if node.op not in REGISTRY or node.op in OPEN_OPS:
        return False
    # What wants a context calls functions or has state.
    return not REGISTRY[node.op].stateful and not REGISTRY[node.op].wants_context


def _out_type(node: Node) -> np.dtype[Any]:
    dtype: np.dtype[Any] = node.attrs.get("out_type", as_dtype("int32")).numpy
    return dtype
