"""Convolutions take in the sum that alone reads them, as shortcuts end, and the activation after that.

    c = _PreparedConv2D(x, p)
    s = AddV2(c, z)                      →    y = _SummedConv2D(x, p, z, activation=Relu)
    y = Relu(s)

The same is done for separable convolutions.  Rows are added while they are warm, by the threads that have made them.

Source: tensorflow/core/grappler/optimizers/remapper.cc, which does so for the CPU.
"""

from __future__ import annotations

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.region import Region

__all__ = ["sum_convolutions"]

#: Convolution → what takes in a sum.
SUMMED = {
    "_PreparedConv2D": "_SummedConv2D",
    "_SeparableConv2D": "_SummedSeparableConv2D",
}
SUMS = frozenset({"Add", "AddV2"})
ACTIVATIONS = frozenset({"Relu", "Relu6"})
KEPT = ("strides", "padding", "explicit_paddings", "dilations")


def sum_convolutions(region: Region) -> None:
    """Let all convolutions of a region with the channels last take in such sums."""
    for node in region.in_order():
        if node.op in SUMS:
            if node.attrs.get("T") is float32:
                _fuse(region, node, "")
        elif node.op == "_Pointwise" and len(node.inputs) == 2:
            activation = _activated_sum(node)
            if activation:
                _fuse(region, node, activation)


def _activated_sum(node: Node) -> str:
    """The activation of a sum of two tensors that a program is; empty if it is something else."""
    program = node.attrs["program"]
    if len(program) != 2 or node.attrs.get("numbers"):
        return ""
    op, *operands = program[0].split()
    last, *of = program[1].split()
    if op not in SUMS or {*operands} != {"%0", "%1"} or of != ["@0"]:
        return ""
    return last if last in ACTIVATIONS else ""


def _fuse(region: Region, node: Node, activation: str) -> None:
    """Let one of the convolutions that a sum reads take it in."""
    first, second = node.inputs
    if first == second:
        return
    for place, other in ((first, second), (second, first)):
        convolution = region.producer(place, *SUMMED)
        if convolution is None or convolution.controls:
            continue
        attrs = convolution.attrs
        if (
            region.only_reader(convolution) is not node
            or attrs.get("data_format", "NHWC") != "NHWC"
        ):
            continue
        kept = {name: attrs[name] for name in KEPT if name in attrs}
        region.put(
            Node(
                node.name,
                SUMMED[convolution.op],
                (*convolution.inputs, other),
                node.controls,
                {**kept, "T": float32, "activation": activation},
                node.device,
            )
        )
        return
