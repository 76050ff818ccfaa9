"""What a recurrent cell does between its products, in one step.

    i, j, f, o = Split(1, BiasAdd(product, bias))         c, h = _Cell(product, bias, state, program: BiasAdd %0 %1
    c = AddV2(Mul(Sigmoid(f), state),                →                                            Part:0/4:1 @0
              Mul(Sigmoid(i), Tanh(j)))                                                           Sigmoid @1 …)
    h = Mul(Sigmoid(o), Tanh(c))

The gradients of the gates, put side by side for the products that follow, too; between them lies what sums the gradient of an
operand that may have been broadcast, which none of a cell is.  So a turn of a loop runs a few steps instead of dozens.

What is taken together has no node outside between it: all nodes with so many steps of the other kind before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.dtypes import DType, bool_, float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.pointwise import POINTWISE
from minihub_runtime.passes.prune import topological
from minihub_runtime.passes.region import Region

__all__ = ["fuse_cells"]

#: Ops that become lines as they are.
LINES = POINTWISE | {"AddN", "BiasAdd", "Select", "SelectV2", "SigmoidGrad", "TanhGrad"}
#: What gates are made by, and their gradients.
GATES = frozenset({"Sigmoid", "SigmoidGrad", "Tanh", "TanhGrad"})
#: What takes gates apart, and puts their gradients together.
SIDES = frozenset({"ConcatV2", "Split"})
#: What a sum to the shape of an operand needs.
HELPERS = frozenset({"BroadcastGradientArgs", "Shape", "Sum"})


def fuse_cells(region: Region) -> None:
    """Fuse the cells of a region."""
    moved: dict[Ref, Ref] = {}
    ops = {node.op for node in region.nodes.values()}
    if ops.isdisjoint(GATES) or ops.isdisjoint(SIDES):
        return
    fed = {ref.node for ref in region.feeds}
    order = topological(region.live(), region.feeds)
    lines = {node.name: line for node in order if (line := _line(region, node, fed)) is not None}
    groups = [(members, {node.op for node in members}) for members in _groups(region, order, lines)]
    cells = [not ops.isdisjoint(GATES) and not ops.isdisjoint(SIDES) for _, ops in groups]
    for (members, ops), is_cell in zip(groups, cells, strict=True):
        # In a turn of a loop, cells are followed by what chooses between old and new states.
        if is_cell or (any(cells) and "Select" in ops and len(members) > 1):
            _replace(region, members, lines, moved)


class _Line(NamedTuple):
    """The line that a node becomes.

    Attributes:
        word: its op.
        operands: what it reads.
    """

    word: str
    operands: tuple[Ref, ...]


def _line(region: Region, node: Node, fed: set[str]) -> _Line | None:
    """The line that a node becomes; None if it becomes none."""
    if node.controls or region.static(Ref(node.name)) or node.name in region.awaited:
        return None
    read = any(region.readers(Ref(node.name, index)) for index in range(_outputs(node)))
    if node.name in fed or not (read or Ref(node.name) in region.fetches):
        return None
    if node.attrs.get("T") is not float32 or any(region.is_reference(r) for r in node.inputs):
        return None
    if node.op in LINES:
        plain = node.op != "BiasAdd" or node.attrs.get("data_format", "NHWC") == "NHWC"
        return _Line(node.op, node.inputs) if plain else None
    if node.op == "Split" and _axis(region, node.inputs[0]):
        # A result that is fetched has the name of its node.
        if any(Ref(node.name, index) in region.fetches for index in range(_outputs(node))):
            return None
        return _Line("Part", node.inputs[1:])
    if node.op == "ConcatV2" and _axis(region, node.inputs[-1]):
        return _Line("Join:1", node.inputs[:-1])
    if node.op == "Reshape":
        operands = _summed(region, node)
        return None if operands is None else _Line("Like", operands)
    return None


def _outputs(node: Node) -> int:
    return int(node.attrs["num_split"]) if node.op == "Split" else 1


def _axis(region: Region, ref: Ref) -> bool:
    """Whether a tensor is known to be the number of the axis behind the first."""
    value = region.value(ref)
    return value is not None and np.ravel(value).tolist() == [1]


def _summed(region: Region, node: Node) -> tuple[Ref, Ref, Ref] | None:
    """A gradient, the operand of whose shape a node makes it, and the other operand: what `unbroadcast` adds."""
    sizes = region.producer(node.inputs[1], "Shape")
    total = region.producer(node.inputs[0], "Sum")
    # Whether it kept the axes makes no difference: they are of one element.
    if sizes is None or total is None or total.controls:
        return None
    places = total.inputs[1]
    axes = region.node(places)
    if axes is None or axes.op != "BroadcastGradientArgs" or axes.controls:
        return None
    both = [region.producer(ref, "Shape") for ref in axes.inputs]
    mine, other = both[places.index], both[1 - places.index]
    if mine is None or other is None or mine.inputs != sizes.inputs:
        return None
    if any(shape.attrs["T"] is not float32 for shape in (mine, other)):
        return None
    return total.inputs[0], mine.inputs[0], other.inputs[0]


def _groups(region: Region, order: Sequence[Node], lines: Mapping[str, _Line]) -> list[list[Node]]:
    """Lines that belong together, in order."""
    stage: dict[str, int] = {}
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for node in order:
        inside = node.name in lines
        # Shapes and sums that a line stands for are no steps between.
        sources = lines[node.name].operands if inside else node.inputs
        before = [r.node for r in sources if r not in region.feeds and r.node in stage]
        before += [name for name in node.controls if name in stage]
        here = [stage[name] + (not inside and name in lines) for name in before]
        stage[node.name] = max(here, default=0)
        if inside:
            leader[node.name] = node.name
            for name in before:
                if name in lines and stage[name] == stage[node.name]:
                    leader[find(name)] = find(node.name)
    groups: dict[str, list[Node]] = {}
    for node in order:
        if node.name in lines:
            groups.setdefault(find(node.name), []).append(node)
    return list(groups.values())


def _replace(
    region: Region, members: Sequence[Node], lines: Mapping[str, _Line], moved: dict[Ref, Ref]
) -> None:
    """Put one node in the place of a group.

    Args:
        region: what they are in.
        members: the group.
        lines: what its nodes become.
        moved: what groups before gave, and where it is now.
    """
    text: list[str] = []
    made: dict[Ref, int] = {}
    inputs: dict[Ref, int] = {}
    kinds: list[DType] = []

    def operand(ref: Ref, kind: DType) -> str:
        if ref in made:
            return f"@{made[ref]}"
        value = region.value(ref)
        if value is not None and value.ndim == 0 and value.dtype == np.float32:
            return f"${float(value)!r}"
        source = moved.get(ref, ref)
        if source not in inputs:
            inputs[source] = len(inputs)
            kinds.append(kind)
        return f"%{inputs[source]}"

    for node in members:
        word, operands = lines[node.name]
        chooses = word in ("Select", "SelectV2")
        given = " ".join(
            operand(ref, bool_ if chooses and not place else float32)
            for place, ref in enumerate(operands)
        )
        for index in range(_outputs(node)):
            made[Ref(node.name, index)] = len(text)
            detail = f":{index}/{_outputs(node)}:1" if word == "Part" else ""
            text.append(f"{word}{detail} {given}")
    inside = _with_helpers(region, members, lines)
    outside = [
        ref
        for ref in made
        if ref in region.fetches or any(r.name not in inside for r in region.readers(ref))
    ]
    name = f"{members[-1].name}/cell"
    program = "\n".join([*text, f"-> {' '.join(str(made[ref]) for ref in outside)}"])
    attrs = {"Tin": kinds, "Tout": [float32] * len(outside), "program": program}
    for member in inside:
        region.drop(member)
    region.put(Node(name, "_Cell", inputs, (), attrs))
    for place, ref in enumerate(outside):
        moved[ref] = Ref(name, place)
        region.redirect(ref, moved[ref])
        if ref in region.fetches:
            region.put(Node(ref.node, "Identity", (moved[ref],), (), {"T": float32}))


def _with_helpers(
    region: Region, members: Sequence[Node], lines: Mapping[str, _Line]
) -> dict[str, None]:
    """The names of a group, and of the nodes that nobody else needs: sums, and the shapes that they are told."""
    inside = {node.name: None for node in members}
    # What is fed, as arguments of loops are, is made by no node.
    waiting = [
        (found, 1)
        for node in members
        if lines[node.name].word == "Like"
        for ref in node.inputs
        if (found := region.node(ref)) is not None
    ]
    # Sums first, then what tells them the axes, then shapes.
    for node, depth in waiting:
        refs = (Ref(node.name, index) for index in range(2))
        if any(reader.name not in inside for ref in refs for reader in region.readers(ref)):
            continue
        if node.op in HELPERS and region.hidden(node) and node.name not in inside:
            inside[node.name] = None
            places = node.inputs[1:] if node.op == "Sum" else node.inputs
            if depth < len(HELPERS):
                made = [found for ref in places if (found := region.node(ref)) is not None]
                waiting += [(found, depth + 1) for found in made]
    return inside
