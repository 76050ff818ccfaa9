"""A convolution of single taps to many channels and the batch normalisation of training after it, as one op, and their gradients as one.

    x = Conv2D(a, w)                                          z, … = _ExpandedBatchNorm(a, w, scale, offset, …)
    z, … = _ActivatedBatchNorm(x, scale, offset, …)
                                                          →
    s, s', s" = FusedBatchNormGradV3(g, x, scale, …)          a', w', s', s" = _ExpandedBatchNormGrad(g, a, w, scale, …)
    w' = Conv2DBackpropFilter(a, shape of w, s)
    a' = Conv2DBackpropInput(shape of a, w, s)

What is between them, several times as large as `a`, is not made; see `ops.normalization_expanded`.

Source: tensorflow/python/ops/nn_grad.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fuse_expansion"]

NORMS = {"FusedBatchNormV3": "", "_ActivatedBatchNorm": "activation"}
GRADIENT = "FusedBatchNormGradV3"
KEPT = ("epsilon", "exponential_avg_factor", "activation")
#: Times that a convolution must widen the channels: the products of all channels with each other are extra work.
WIDER = 2


class _Gradient(NamedTuple):
    """The gradients of one normalisation and the convolution before it.

    Attributes:
        norm: that of the normalisation.
        filter: that with respect to the filter.
        input: that with respect to the input.
        between: the nodes between them.
    """

    norm: Node
    filter: Node
    input: Node
    between: list[Node]


def fuse_expansion(region: Region) -> None:
    """Fuse all such convolutions of a region that nothing else reads."""
    for norm in list(region.live().values()):
        # To find out shapes takes long, and few graphs have any normalisation left.
        node = region.producer(norm.inputs[0], "Conv2D") if norm.op in NORMS else None
        if node is not None and _expands(region, node):
            _fuse(region, node)


def _expands(region: Region, node: Node) -> bool:
    """Whether a convolution is a product, of a matrix with a wide one."""
    attrs = node.attrs
    if attrs.get("T") is not float32 or attrs.get("data_format", "NHWC") != "NHWC":
        return False
    if attrs.get("padding") not in ("SAME", "VALID"):
        return False
    if {*attrs.get("strides", [0]), *attrs.get("dilations", [1])} != {1}:
        return False
    shape, images = region.shape(node.inputs[1]), region.shape(node.inputs[0])
    if shape is None or images is None or len(shape) != 4 or shape[:2] != (1, 1):
        return False
    depth, width = shape[2:]
    if depth is None or width is None or images[-1] != depth:
        return False
    return width >= WIDER * depth and region.hidden(node)


def _fuse(region: Region, node: Node) -> None:
    x = Ref(node.name)
    readers = region.readers(x)
    norms = [reader for reader in readers if reader.op in NORMS and reader.inputs[0] == x]
    slopes = [reader for reader in readers if reader.op == GRADIENT and reader.inputs[1] == x]
    if len(norms) != 1 or len(slopes) > 1 or len(readers) != len(norms) + len(slopes):
        return
    norm, attrs = norms[0], norms[0].attrs
    if x in norm.inputs[1:] or attrs.get("U", float32) is not float32:
        return
    if not attrs.get("is_training", True) or attrs.get("data_format", "NHWC") != "NHWC":
        return
    gradient = None
    if slopes:
        gradient = _gradient_of(region, node, norm, slopes[0])
        if gradient is None:
            return
    reserved = [reader for place in (3, 4, 5) for reader in region.readers(Ref(norm.name, place))]
    if any(gradient is None or reader is not gradient.norm for reader in reserved):
        return
    if any(Ref(norm.name, place) in region.fetches | region.feeds for place in (3, 4, 5)):
        return
    given = {name: attrs[name] for name in KEPT if name in attrs}
    region.put(
        Node(
            norm.name,
            "_ExpandedBatchNorm",
            (*node.inputs, *norm.inputs[1:]),
            (*node.controls, *norm.controls),
            given,
            norm.device,
        )
    )
    if gradient is not None:
        _put_gradient(region, node, norm.name, gradient)


def _gradient_of(region: Region, node: Node, norm: Node, slope: Node) -> _Gradient | None:
    """The gradients of a convolution and the normalisation after it, if nothing else reads what is between them."""
    attrs = slope.attrs
    if attrs.get("U", float32) is not float32 or not attrs.get("is_training", True):
        return None
    if attrs.get("data_format", "NHWC") != "NHWC":
        return None
    if slope.inputs[2:5] != (norm.inputs[1], Ref(norm.name, 3), Ref(norm.name, 4)):
        return None
    if attrs.get("epsilon") != norm.attrs.get("epsilon") or slope.inputs[0] == Ref(node.name):
        return None
    wanted = region.fetches | region.feeds
    if any(Ref(slope.name, place) in wanted for place in (0, 3, 4)):
        return None
    if any(region.readers(Ref(slope.name, place)) for place in (3, 4)):
        return None
    found = list(_readers_through(region, Ref(slope.name)))
    between = [reader for reader, _ in found if reader.op == "Identity"]
    ends = {reader.op: (reader, source) for reader, source in found if reader.op != "Identity"}
    if len(ends) + len(between) != len(found) or {*ends} != {
        "Conv2DBackpropFilter",
        "Conv2DBackpropInput",
    }:
        return None
    if not all(region.hidden(reader) for reader in between):
        return None
    of_filter, source = ends["Conv2DBackpropFilter"]
    if of_filter.inputs[0] != node.inputs[0] or of_filter.inputs[2] != source:
        return None
    of_input, source = ends["Conv2DBackpropInput"]
    if of_input.inputs[1] != node.inputs[1] or of_input.inputs[2] != source:
        return None
    if not all(_same_windows(each) for each in (of_filter, of_input)):
        return None
    return _Gradient(slope, of_filter, of_input, between)


def _same_windows(node: Node) -> bool:
    """Whether the gradient of a convolution is that of a product."""
    attrs = node.attrs
    if attrs.get("data_format", "NHWC") != "NHWC" or attrs.get("padding") not in ("SAME", "VALID"):
        return False
    return {*attrs.get("strides", [0]), *attrs.get("dilations", [1])} == {1}


def _readers_through(region: Region, ref: Ref) -> Iterator[tuple[Node, Ref]]:
    """What reads a tensor, itself or what hands it on, and as what."""
    for reader in region.readers(ref):
        yield reader, ref
        if reader.op == "Identity":
            yield from _readers_through(region, Ref(reader.name))


def _put_gradient(region: Region, node: Node, norm: str, gradient: _Gradient) -> None:
    """Put one op in the place of all gradients."""
    slope = gradient.norm
    inputs = (slope.inputs[0], *node.inputs, *slope.inputs[2:5], Ref(norm, 5), Ref(norm, 6))
    given = {name: slope.attrs[name] for name in ("epsilon",) if name in slope.attrs}
    # Whoever waits for one of them waits for the others, as before.
    waits = tuple({name: None for each in gradient.between for name in each.controls})
    copy = {"T": float32}
    for place, old in ((0, gradient.input), (3, gradient.filter)):
        source = Ref(slope.name, place)
        controls = (*old.controls, *waits)
        region.put(Node(old.name, "Identity", (source,), controls, copy, old.device))
    region.put(
        Node(slope.name, "_ExpandedBatchNormGrad", inputs, slope.controls, given, slope.device)
    )
