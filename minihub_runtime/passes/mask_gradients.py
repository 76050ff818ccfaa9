"""Gradients of convolutions take in the slopes of the activations that made their inputs, and the zeros around these.

    p = Pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    f = Conv2DBackpropFilter(p, sizes, s, VALID)              f = Conv2DBackpropFilter(x, sizes, s, EXPLICIT)
    a = Conv2DBackpropInput(Shape(p), w, s, VALID)        →   a = Conv2DBackpropInput(Shape(x), w, s, EXPLICIT)
    g = Slice(a, [0, 1, 1, 0], Shape(x))

    a = Conv2DBackpropInput(sizes, w, s)                      g = _MaskedConv2DBackpropInput(sizes, w, s, y)
    g = Relu6Grad(a, y)                                   →

The same is done for depthwise convolutions.  As in `fuse_normalization`, what counts is how often images pass through memory.

Source: tensorflow/core/kernels/conv_grad_ops.h.
"""

from __future__ import annotations

from minihub_runtime.dtypes import float32, int64
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["mask_gradients"]

#: Op → the activation that it is the gradient of.
SLOPES = {"ReluGrad": "Relu", "Relu6Grad": "Relu6"}
#: Op → the one that masks its result.
MASKED = {
    "Conv2DBackpropInput": "_MaskedConv2DBackpropInput",
    "DepthwiseConv2dNativeBackpropInput": "_MaskedDepthwiseConv2dNativeBackpropInput",
}
OF_FILTER = ("Conv2DBackpropFilter", "DepthwiseConv2dNativeBackpropFilter")
KEPT = ("strides", "padding", "explicit_paddings", "dilations")


def mask_gradients(region: Region) -> None:
    """Take in all zeros around inputs, and then all slopes, of a region."""
    for node in list(region.live().values()):
        if node.op in OF_FILTER and _is_plain(node):
            _take_in_zeros_of_filter(region, node)
        elif node.op in MASKED and _is_plain(node):
            _take_in_zeros(region, node)
    for node in list(region.live().values()):
        if node.op in SLOPES and node.attrs.get("T") is float32:
            _take_in_slope(region, node)


def _is_plain(node: Node) -> bool:
    attrs = node.attrs
    return attrs.get("T") is float32 and attrs.get("data_format", "NHWC") == "NHWC"


def _padding(region: Region, pad: Node) -> list[int] | None:
    """The zeros that surround images, if none surround the batch or the channels."""
    amounts = region.value(pad.inputs[1])
    if amounts is None or amounts.shape != (4, 2) or amounts[[0, 3]].any() or (amounts < 0).any():
        return None
    return [int(amount) for amount in amounts.reshape(-1)]


def _padded(node: Node, explicit: list[int], inputs: tuple[Ref, ...]) -> Node:
    attrs = node.attrs.changed(padding="EXPLICIT", explicit_paddings=explicit)
    return node.replace(inputs=inputs, attrs=attrs)


def _take_in_zeros_of_filter(region: Region, node: Node) -> None:
    pad = region.producer(node.inputs[0], "Pad")
    if pad is None or pad.controls or node.attrs.get("padding") != "VALID":
        return
    explicit = _padding(region, pad)
    if explicit is not None:
        region.put(_padded(node, explicit, (pad.inputs[0], *node.inputs[1:])))


def _take_in_zeros(region: Region, node: Node) -> None:
    """Where all that is read of a gradient is what lies inside of the zeros, let it be that of the images alone."""
    sizes = region.producer(node.inputs[0], "Shape")
    last = _last_of_copies(region, node)
    if sizes is None or last is None or node.attrs.get("padding") != "VALID":
        return
    pad = region.producer(sizes.inputs[0], "Pad")
    readers = region.readers(Ref(last.name))
    if pad is None or len(readers) != 1 or readers[0].op != "Slice":
        return
    inside = readers[0]
    shape = region.producer(inside.inputs[2], "Shape")
    explicit = _padding(region, pad)
    if shape is None or shape.inputs[0] != pad.inputs[0] or shape.attrs.get("out_type") is int64:
        return
    if explicit is None or inside.inputs[0] != Ref(last.name):
        return
    if not _begins_inside(region, inside.inputs[1], pad.inputs[1]):
        return
    region.put(_padded(node, explicit, (inside.inputs[2], *node.inputs[1:])))
    region.put(_copy(inside, Ref(last.name)))


def _begins_inside(region: Region, begin: Ref, paddings: Ref) -> bool:
    """Whether a vector is what the gradient of padding makes of the first column of paddings."""
    flat = region.producer(begin, "Reshape")
    column = None if flat is None else region.producer(flat.inputs[0], "Slice")
    if column is None or column.inputs[0] != paddings:
        return False
    # They may wait for something, as all of a step does for updates of moments.
    start, size = (region.producer(ref, "Const") for ref in column.inputs[1:])
    if start is None or size is None:
        return False
    first, counts = (node.attrs["value"].tolist() for node in (start, size))
    return first == [0, 0] and counts in ([-1, 1], [4, 1])


def _last_of_copies(region: Region, node: Node) -> Node | None:
    """What hands on the result of a node that nothing else reads, or the node itself; None where something else does."""
    while True:
        ref = Ref(node.name)
        if ref in region.fetches or ref in region.feeds:
            return None
        readers = region.readers(ref)
        if len(readers) != 1:
            return None
        if readers[0].op != "Identity":
            return node
        node = readers[0]


def _copy(node: Node, source: Ref) -> Node:
    return Node(node.name, "Identity", (source,), node.controls, {"T": float32}, node.device)


def _take_in_slope(region: Region, node: Node) -> None:
    slopes, features = node.inputs
    gradient = region.node(slopes)
    while gradient is not None and gradient.op == "Identity":
        gradient = region.node(gradient.inputs[0])
    if gradient is None or gradient.op not in MASKED or not _is_plain(gradient):
        return
    last = _last_of_copies(region, gradient)
    if last is None or slopes != Ref(last.name) or features == slopes:
        return
    given = {name: gradient.attrs[name] for name in KEPT if name in gradient.attrs}
    region.put(
        Node(
            gradient.name,
            MASKED[gradient.op],
            (*gradient.inputs, features),
            gradient.controls,
            {**given, "activation": SLOPES[node.op]},
            gradient.device,
        )
    )
    region.put(_copy(node, slopes))
