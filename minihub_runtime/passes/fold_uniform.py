"""Tensors that hold one number everywhere are not filled, summed up or multiplied element by element.

    w = Mul(1.0, Fill(Shape(x), 1.0))
    n = Sum(w, every axis)                 →    n = Cast(Size(x))
    y = Mul(x, 1.0)                             y = x
    g = Mul(ExpandDims(BroadcastTo(s, Shape(loss)), 1), backprop)    →    g = Mul(s, backprop)

where `loss` and `backprop` are the two results of a cross entropy, so that they have as many rows.  What `tf.losses` does about
weights where nobody gives any, and the gradients of that, are full of it.

Source: tensorflow/core/grappler/optimizers/constant_folding.cc:SimplifyArithmeticOperations, which leaves out products with ones;
tensorflow/python/ops/losses/losses_impl.py:_num_present, which counts.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from minihub_runtime.dtypes import float32, float64, int32, int64
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.registry import Array
from minihub_runtime.passes.drop_idle import drop_idle
from minihub_runtime.passes.region import Region

__all__ = ["fold_uniform"]

CROSS_ENTROPIES = frozenset(
    {"SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"}
)
#: Types whose arrays hold the numbers themselves, as those of bfloat16 do not.
KINDS = (float32, float64, int32, int64)
#: Copies and products with a number that are followed from a tensor to what fills it.
MAX_STEPS = 8


class _Uniform(NamedTuple):
    """A tensor that holds one number everywhere.

    Attributes:
        shape: the node that gives its shape.
        number: the number, a scalar of its type.
        waits: what the nodes wait for that make it.
    """

    shape: Node
    number: Array
    waits: list[str]


def fold_uniform(region: Region) -> None:
    """Do once what a region does for each element of such tensors."""
    idle = False
    for name in [node.name for node in region.in_order() if node.op in ("Mul", "Sum")]:
        node = region.nodes[name]
        if node.attrs.get("T") not in KINDS:
            continue
        if node.op == "Sum":
            _count(region, node)
        elif not _leave_out_one(region, node):
            idle |= _scale_rows(region, node)
    if idle:
        # What `tuple` waits for is read by nobody now.
        drop_idle(region)


def _leave_out_one(region: Region, node: Node) -> bool:
    """Put a copy in the place of a product with the scalar 1; whether it is one."""
    for source, factor in (node.inputs, node.inputs[::-1]):
        value = region.value(factor)
        if value is None or value.ndim or value != 1 or region.is_reference(source):
            continue
        attrs = {"T": node.attrs["T"]}
        region.put(Node(node.name, "Identity", (source,), node.controls, attrs, node.device))
        return True
    return False


def _count(region: Region, node: Node) -> None:
    """Find the sum of one number everywhere from how many elements there are."""
    source, axes = node.inputs
    shape, value = region.shape(source), region.value(axes)
    if shape is None or value is None or node.attrs.get("keep_dims", False):
        return
    rank, given = len(shape), value.reshape(-1).tolist()
    if any(not -rank <= axis < rank for axis in given):
        return
    found = _uniform(region, source) if {axis % rank for axis in given} == {*range(rank)} else None
    if found is None or not np.isfinite(found.number):
        # None of what is no number, or infinite, is 0.
        return
    kind, (like,) = node.attrs["T"], found.shape.inputs
    size = region.add(node.name, "Size", (like,), T=found.shape.attrs["T"], out_type=int32)
    count = region.add(node.name, "Cast", (size,), SrcT=int32, DstT=kind)
    controls = dict.fromkeys([*node.controls, *found.waits])
    inputs = (count, region.constant(node.name, found.number))
    region.put(Node(node.name, "Mul", inputs, controls, {"T": kind}, node.device))
    _leave_out_one(region, region.nodes[node.name])


def _uniform(region: Region, ref: Ref) -> _Uniform | None:
    """What is known of a tensor that holds one number everywhere; None if that is not known."""
    factors: list[Array] = []
    waits: list[str] = []
    for _ in range(MAX_STEPS):
        node = region.producer(ref, "Fill", "Identity", "Mul")
        if node is None:
            return None
        waits += node.controls
        if node.op == "Identity":
            (ref,) = node.inputs
            continue
        first, second = node.inputs
        number, other = region.value(second), first
        if node.op == "Mul" and (number is None or number.ndim):
            number, other = region.value(first), second
        if number is None or number.ndim:
            return None
        factors.append(number)
        if node.op == "Mul":
            ref = other
            continue
        shape = region.producer(first, "Shape")
        if shape is None or shape.controls:
            return None
        # As the graph multiplies them, what fills the tensor first.
        with np.errstate(all="ignore"):
            product = functools.reduce(np.multiply, reversed(factors))
        return _Uniform(shape, np.asarray(product), waits)
    return None


def _scale_rows(region: Region, node: Node) -> bool:
    """Multiply the gradients of a cross entropy with a number instead of with one for each row, if all these are it; whether they are."""
    for rows, backprop in (node.inputs, node.inputs[::-1]):
        entropy = region.node(backprop)
        if entropy is None or entropy.op not in CROSS_ENTROPIES or backprop.index != 1:
            continue
        column, waits = _original(region, rows)
        expanded = region.producer(column, "ExpandDims")
        if expanded is None or region.value(expanded.inputs[1]) not in (1, -1):
            continue
        vector, more = _original(region, expanded.inputs[0])
        spread = region.producer(vector, "BroadcastTo")
        shape = None if spread is None else region.producer(spread.inputs[1], "Shape")
        if spread is None or shape is None or shape.controls:
            continue
        loss, _ = _original(region, shape.inputs[0])
        if loss != Ref(entropy.name, 0) or region.shape(spread.inputs[0]) not in ((), (1,)):
            continue
        controls = [*node.controls, *waits, *expanded.controls, *more, *spread.controls]
        inputs = (spread.inputs[0], backprop)
        region.put(node.replace(inputs=inputs, controls=dict.fromkeys(controls)))
        return True
    return False


def _original(region: Region, ref: Ref) -> tuple[Ref, list[str]]:
    """What a tensor is a copy of, and what its copies wait for."""
    waits: list[str] = []
    while (copy := region.producer(ref, "Identity")) is not None:
        waits += copy.controls
        (ref,) = copy.inputs
    return ref, waits
