"""A convolution or product and what follows it, element by element, in one step.

    p = Pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    c = Conv2D(p, w, padding=VALID)                     y = _AffineConv2D(x, w · factor, bias, padding=EXPLICIT,
    b = FusedBatchNorm(c, scale, offset, mean, var)  →                     activation=Relu6)
    y = Relu6(b)

What comes after may be biases, factors and batch norms with moments that are given, in any number, then one activation.  Their
numbers must be static (see `Region.static`): weights are scaled and biases summed up once, not in each run.  Batch norms that
follow something else become `_Affine`, with their activation.

Source: tensorflow/core/grappler/optimizers/remapper.cc does the same for single pairs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fuse_affine"]

BATCH_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
ADDITIONS = ("Add", "AddV2")
ACTIVATIONS = {
    "Elu": "Elu",
    "Relu": "Relu",
    "Relu6": "Relu6",
    "Sigmoid": "Sigmoid",
    "Tanh": "Tanh",
    "_HardSwish": "HardSwish",
    "_Swish": "Swish",
}


class _Kind(NamedTuple):
    """How an op that has weights is fused.

    Attributes:
        fused: the op it becomes.
        axes: how many axes of the weights count outputs.
        axis: the last of them.
        kept: its attributes that go over.
    """

    fused: str
    axes: int
    axis: int
    kept: tuple[str, ...]


_WINDOWS = ("strides", "padding", "data_format", "dilations")
KINDS = {
    "Conv2D": _Kind("_AffineConv2D", 1, 3, (*_WINDOWS, "explicit_paddings")),
    "Conv3D": _Kind("_AffineConv3D", 1, 4, _WINDOWS),
    "DepthwiseConv2dNative": _Kind(
        "_AffineDepthwiseConv2dNative", 2, 3, (*_WINDOWS, "explicit_paddings")
    ),
    "MatMul": _Kind("_AffineMatMul", 1, 1, ("transpose_a", "transpose_b")),
}


def fuse_affine(region: Region) -> None:
    """Fuse all chains of a region."""
    found = [node for node in region.nodes.values() if node.op in KINDS and _is_float32(node)]
    for node in found:
        if not (node.op == "MatMul" and node.attrs.get("transpose_b")):
            _Chain(region, node).fuse()
    # What no chain has taken in.
    for node in list(region.live().values()):
        if node.op in BATCH_NORMS and _is_float32(node):
            _fuse_lone_batch_norm(region, node)


def _is_float32(node: Node) -> bool:
    return node.attrs.get("T") is float32 and node.attrs.get("U", float32) is float32


class _Chain:
    """An op with weights, and what was found behind it so far.

    Attributes:
        last: the node whose place the fused one takes.
        taken: the nodes before it.
        weights: the scaled weights.
        bias: the sum of the biases, None if there is none yet.
    """

    def __init__(self, region: Region, node: Node) -> None:
        self.region = region
        self.node = self.last = node
        self.kind = KINDS[node.op]
        self.weights = node.inputs[1]
        self.bias: Ref | None = None
        self.taken: list[Node] = []

    def fuse(self) -> None:
        """Put the fused node in the place of the last one, if there is something to gain."""
        while self.step():
            pass
        reader = self.region.only_reader(self.last)
        activation = ""
        if reader is not None and reader.op in ACTIVATIONS and not reader.controls:
            activation = ACTIVATIONS[reader.op]
            self.take(reader)
        source, changes = _unpadded(self.region, self.node)
        if self.last is self.node and not changes:
            return
        attrs = {name: self.node.attrs[name] for name in self.kind.kept if name in self.node.attrs}
        attrs |= changes
        if self.last is self.node:
            # Padding alone: the op stays what it was.
            self.region.put(
                self.node.replace(
                    inputs=(source, *self.node.inputs[1:]), attrs=_changed(self.node, changes)
                )
            )
            return
        if self.bias is None:
            self.bias = self.region.constant(self.node.name, np.zeros(0, np.float32))
        inputs = (source, self.weights, self.bias)
        for node in self.taken:
            self.region.drop(node.name)
        self.region.put(
            Node(
                self.last.name,
                self.kind.fused,
                inputs,
                self.node.controls,
                {**attrs, "T": float32, "activation": activation},
            )
        )

    def step(self) -> bool:
        """Take one more node into the chain."""
        region, last = self.region, self.last
        reader = region.only_reader(last)
        if reader is None or reader.controls or not _is_float32(reader):
            return False
        if reader.op in BATCH_NORMS and reader.inputs[0] == Ref(last.name):
            found = _moments(region, reader)
            if found is None or reader.attrs.get("data_format", "NHWC") != self.data_format:
                return False
            if not region.static(self.weights):
                return False
            self.scale(*found)
        elif reader.op == "BiasAdd" and reader.inputs[0] == Ref(last.name):
            if not region.static(reader.inputs[1]):
                return False
            if (
                reader.attrs.get("data_format", "NHWC")
                != self.data_format[:1] + self.data_format[-3:]
            ):
                return False
            self.scale(None, reader.inputs[1])
        elif reader.op in (*ADDITIONS, "Mul"):
            other = reader.inputs[1] if reader.inputs[0] == Ref(last.name) else reader.inputs[0]
            if not self.fits(other):
                return False
            if reader.op == "Mul" and not region.static(self.weights):
                return False
            factor, shift = (other, None) if reader.op == "Mul" else (None, other)
            self.scale(factor, shift)
        else:
            return False
        self.take(reader)
        return True

    def take(self, reader: Node) -> None:
        """Let a node be the last."""
        self.taken.append(self.last)
        self.last = reader

    @property
    def data_format(self) -> str:
        """Where the channels are."""
        default = {"Conv3D": "NDHWC", "MatMul": "NHWC"}.get(self.node.op, "NHWC")
        return str(self.node.attrs.get("data_format", default))

    def fits(self, other: Ref) -> bool:
        """Whether a tensor is one number per output, or one for all, and static."""
        if not self.region.static(other):
            return False
        shape = _vector_shape(self.region, other)
        if shape is None or any(length != 1 for length in shape[:-1]):
            return False
        # A vector runs along the last axis; more axes than the result has would make it larger.
        rank = {"Conv3D": 5, "MatMul": 2}.get(self.node.op, 4)
        if len(shape) > rank or (shape and shape[-1] != 1 and not self.data_format.endswith("C")):
            return False
        return not shape or shape[-1] == 1 or shape[-1] == self.width()

    def width(self) -> int | None:
        """The number of outputs, if it is known."""
        shape = self.region.shape(self.node.inputs[1])
        if shape is None or None in shape:
            return None
        taken = shape[self.kind.axis - self.kind.axes + 1 : self.kind.axis + 1]
        return int(np.prod([n or 0 for n in taken]))

    def scale(self, factor: Ref | None, shift: Ref | None) -> None:
        """Let the outputs be multiplied, then shifted."""
        region, near = self.region, self.node.name
        if factor is not None:
            self.weights = region.add(
                near,
                "_ScaledFilter",
                (self.weights, factor),
                T=float32,
                axes=self.kind.axes,
                axis=self.kind.axis,
            )
        if self.bias is None:
            self.bias = shift
            return
        zero, one = (region.constant(near, np.float32(value)) for value in (0, 1))
        inputs = (self.bias, factor or one, shift or zero)
        self.bias = region.add(near, "_ShiftedBias", inputs, T=float32)


def _vector_shape(region: Region, ref: Ref) -> tuple[int | None, ...] | None:
    shape = region.shape(ref)
    return None if shape is None or None in shape else shape


def _moments(region: Region, node: Node) -> tuple[Ref, Ref] | None:
    """Factor and shift of a batch norm whose moments are given; None if they are not, or its other outputs are read."""
    if node.attrs.get("is_training", True) or node.controls:
        return None
    _, scale, offset, mean, variance = node.inputs
    if not all(region.static(ref) for ref in node.inputs[1:]):
        return None
    if any(region.readers(Ref(node.name, i)) for i in range(1, 6)):
        return None
    epsilon = node.attrs.get("epsilon", 9.999999747378752e-05)
    factor = region.add(
        node.name, "_BatchNormFactor", (scale, variance), T=float32, epsilon=epsilon
    )
    minus = region.add(node.name, "Neg", (mean,), T=float32)
    shift = region.add(node.name, "_ShiftedBias", (minus, factor, offset), T=float32)
    return factor, shift


def _fuse_lone_batch_norm(region: Region, node: Node) -> None:
    """A batch norm with given moments that follows no convolution."""
    if not node.attrs.get("data_format", "NHWC").endswith("C"):
        return
    found = _moments(region, node)
    if found is None:
        return
    last, activation = node, ""
    reader = region.only_reader(node)
    if reader is not None and reader.op in ACTIVATIONS and not reader.controls:
        last, activation = reader, ACTIVATIONS[reader.op]
    region.put(
        Node(
            last.name,
            "_Affine",
            (node.inputs[0], *found),
            node.controls,
            {"T": float32, "activation": activation},
        )
    )


def _unpadded(region: Region, node: Node) -> tuple[Ref, dict[str, Any]]:
    """The input of a convolution before zeros were put around it, and the attributes that do so."""
    source = node.inputs[0]
    if node.op not in ("Conv2D", "DepthwiseConv2dNative") or node.attrs.get("padding") != "VALID":
        return source, {}
    pad = region.producer(source, "Pad")
    if pad is None or pad.controls or node.attrs.get("data_format", "NHWC") != "NHWC":
        return source, {}
    amounts = region.value(pad.inputs[1])
    if amounts is None or amounts.shape != (4, 2) or amounts[[0, 3]].any() or (amounts < 0).any():
        return source, {}
    explicit = [int(amount) for amount in amounts.reshape(-1)]
    return pad.inputs[0], {"padding": "EXPLICIT", "explicit_paddings": explicit}


def _changed(node: Node, changes: dict[str, Any]) -> Any:
    return node.attrs.changed(**changes)
