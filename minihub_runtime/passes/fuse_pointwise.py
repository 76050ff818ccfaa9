"""Elementwise ops that feed one another in one step.

    a = Exp(Neg(x))                        y = _Pointwise(x, program: Neg %0
    b = Mul(a, 0.5)                 →                                 Exp @0
    y = Sqrt(AddV2(b, x))                                             Mul @1 $0
                                                                      AddV2 @2 %0
                                                                      Sqrt @3)

What only reads one another is taken together, whatever it spells out: gelu, swish, a normalisation with the means along the last
axis, which are part of the program as `Mean:-1 %0`.  Squares and cubes may be spelled as powers.  If all comes from one convolution
or product that nothing else reads, it becomes its activation.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.pointwise import POINTWISE, REDUCTIONS, gives_whole
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.program_algebra import simplify
from minihub_runtime.passes.region import Region

__all__ = ["fuse_pointwise"]

#: Ops that pass their first input on.
PASSING = frozenset({"Identity", "IdentityN", "Snapshot", "StopGradient"})
#: What becomes an activation of these is applied to blocks of their results.
AFFINE = frozenset(
    {"_Affine", "_AffineConv2D", "_AffineConv3D", "_AffineDepthwiseConv2dNative", "_AffineMatMul"}
)
#: Programs that are activations with names, which cost less.
ACTIVATIONS = {
    **{f"Sigmoid %0\n{last}": "Swish" for last in ("Mul %0 @0", "Mul @0 %0")},
    # Swish with a factor inside that is one.
    **{
        f"{first}\nSigmoid @0\n{last}\n1.0": "Swish"
        for first in ("Mul $0 %0", "Mul %0 $0")
        for last in ("Mul %0 @1", "Mul @1 %0")
    },
}
#: Exponents of powers that are products.
POWERS = (2.0, 3.0)
#: A program of more lines is cut.
MAX_LINES = 40


def fuse_pointwise(region: Region) -> None:
    """Fuse all groups of a region."""
    nodes = region.live()
    found = {name: node for name, node in nodes.items() if _is_pointwise(region, node)}
    axes = {name: axis for name, node in nodes.items() if (axis := _axis(region, node)) is not None}
    plain = {name for name, node in nodes.items() if _takes_activation(region, node)}
    if axes and plain:
        # What becomes an activation is no part of what reduces its results.
        _fuse_groups(region, found, {}, plain)
        found = {name: node for name, node in found.items() if region.nodes.get(name) is node}
    _fuse_groups(region, found, axes)


def _fuse_groups(
    region: Region,
    found: Mapping[str, Node],
    axes: Mapping[str, int],
    activated: Collection[str] | None = None,
) -> None:
    """Fuse the groups of these nodes, and of nodes that reduce an axis; only activations of `activated`, if that is given."""
    taken: set[str] = set()
    members = {**found, **{name: region.nodes[name] for name in axes}}
    for node in _roots_first(region, members):
        if node.name in taken or node.name in axes or region.nodes.get(node.name) is not node:
            continue
        group = _Group(region, node, members, axes)
        if group.count < 2 or (activated is not None and not group.reads_one_of(activated)):
            continue
        group.write()
        if group.reduces and not gives_whole(group.lines):
            group = _Group(region, node, found, {})
            if group.count < 2:
                continue
            group.write()
        if _replace(region, group, activated is not None):
            taken.update(group.members)


def _roots_first(region: Region, found: Mapping[str, Node]) -> Iterator[Node]:
    """Elementwise nodes, those that are read by no other of them first."""

    def inner(node: Node) -> bool:
        readers = region.readers(Ref(node.name)) if region.hidden(node) else ()
        return bool(readers) and all(reader.name in found for reader in readers)

    inside = {name for name, node in found.items() if inner(node)}
    yield from (node for name, node in found.items() if name not in inside)
    yield from (node for name, node in found.items() if name in inside)


def _takes_activation(region: Region, node: Node) -> bool:
    return node.op in AFFINE and not node.attrs["activation"] and region.hidden(node)


def _is_pointwise(region: Region, node: Node) -> bool:
    return (
        (node.op in POINTWISE or _exponent(region, node) in POWERS)
        and len(node.inputs) == len(REGISTRY[node.op].schema.inputs)
        and not node.controls
        and node.attrs.get("T") is float32
        and not region.static(Ref(node.name))
    )


def _exponent(region: Region, node: Node) -> float | None:
    """That of a power of float32, if it is one number that is known."""
    if node.op != "Pow" or len(node.inputs) != 2 or node.attrs.get("T") is not float32:
        return None
    value = region.value(node.inputs[1])
    return float(value) if value is not None and value.ndim == 0 else None


def _axis(region: Region, node: Node) -> int | None:
    """The axis that a node reduces to length one; None if it is none of the kind.

    The first axis is never the last of whole rows, and others from the back are rare.
    """
    if node.op not in REDUCTIONS or not node.attrs.get("keep_dims", False) or node.controls:
        return None
    if node.attrs.get("T") is not float32 or region.static(Ref(node.name)):
        return None
    axes = region.value(node.inputs[1])
    if axes is None or axes.size != 1 or not (axes.item() == -1 or axes.item() > 0):
        return None
    return int(axes.item())


class _Group:
    """Nodes that are computed together, grown from the one that others read.

    Args:
        region: where they are.
        root: the one that others read.
        candidates: what may be part of it, beside what passes its input on.
        axes: which axis those of them reduce that reduce one.

    Attributes:
        root: that one.
        members: the nodes by their names.
        count: how many ops are done.
        lines: the program.
        inputs: the tensors it reads.
        numbers: its numbers.
    """

    def __init__(
        self,
        region: Region,
        root: Node,
        candidates: Mapping[str, Node],
        axes: Mapping[str, int],
    ) -> None:
        self.region = region
        self._candidates = candidates
        self._axes = axes
        self.root = root
        self.members = {root.name: root}
        self._grow()
        self.count = sum(node.op not in PASSING for node in self.members.values())
        self.lines: list[str] = []
        self.inputs: list[Ref] = []
        self.numbers: list[float] = []
        #: Member → its line, or the operand that it passes on.
        self._made: dict[str, str] = {}
        #: Tensor from outside → the operand that stands for it.
        self._operands: dict[Ref, str] = {}

    def reads_one_of(self, names: Collection[str]) -> bool:
        """Whether a member reads the result of one of these nodes."""
        return any(source.node in names for node in self.members.values() for source in node.inputs)

    @property
    def reduces(self) -> bool:
        """Whether it reduces axes."""
        return not self._axes.keys().isdisjoint(self.members)

    def _grow(self) -> None:
        """Take in nodes that only members read, until there are no more."""
        waiting = [self.root]
        while waiting and len(self.members) < MAX_LINES:
            node = waiting.pop()
            for source in self._sources(node):
                inner = self.region.node(source)
                if inner is None or source.index or inner.name in self.members:
                    continue
                if self._joins(inner):
                    self.members[inner.name] = inner
                    # A node whose last reader this is may join now.
                    waiting += [inner, node]

    def _sources(self, node: Node) -> tuple[Ref, ...]:
        one = node.op in PASSING or node.op in REDUCTIONS or node.op == "Pow"
        return node.inputs[:1] if one else node.inputs

    def _joins(self, node: Node) -> bool:
        region, out = self.region, Ref(node.name)
        if node.controls or not region.hidden(node):
            return False
        if node.op in PASSING:
            if region.static(out) or any(region.readers(Ref(node.name, i)) for i in range(1, 4)):
                return False
        elif self._candidates.get(node.name) is not node:
            return False
        return all(reader.name in self.members for reader in region.readers(out))

    def write(self) -> None:
        """Write the program: operands before what needs them."""
        made, stack = self._made, [self.root]
        while stack:
            node = stack[-1]
            if node.name in made:
                stack.pop()
                continue
            sources = self._sources(node)
            inner = [
                self.members[source.node]
                for source in sources
                if self._inside(source) and source.node not in made
            ]
            if inner:
                stack += inner
                continue
            stack.pop()
            operands = [
                made[source.node] if self._inside(source) else self._operand(source)
                for source in sources
            ]
            if node.op in PASSING:
                made[node.name] = operands[0]
                continue
            if node.op == "Pow":
                square = f"@{len(self.lines)}"
                self.lines.append(f"Square {operands[0]}")
                if _exponent(self.region, node) != 2:
                    self.lines.append(f"Mul {square} {operands[0]}")
                made[node.name] = f"@{len(self.lines) - 1}"
                continue
            made[node.name] = f"@{len(self.lines)}"
            axis = self._axes.get(node.name)
            name = node.op if axis is None else f"{node.op}:{axis}"
            self.lines.append(" ".join([name, *operands]))

    def _inside(self, source: Ref) -> bool:
        return source.node in self.members and not source.index and source not in self.region.feeds

    def _operand(self, source: Ref) -> str:
        """What stands for a tensor from outside."""
        found = self._operands.get(source)
        if found is None:
            found = self._operands[source] = self._new_operand(source)
        return found

    def _new_operand(self, source: Ref) -> str:
        value = self.region.value(source)
        if value is not None and value.size == 1 and value.ndim == 0:
            number = float(value)
            # Zeros have signs.
            known = [(each, math.copysign(1, each)) for each in self.numbers]
            found = number, math.copysign(1, number)
            if found not in known:
                self.numbers.append(number)
                known.append(found)
            return f"${known.index(found)}"
        self.inputs.append(source)
        return f"%{len(self.inputs) - 1}"


def _replace(region: Region, group: _Group, activations_only: bool) -> bool:
    """Put one node in the place of a group; whether that was to be done."""
    root = group.root
    source = region.node(group.inputs[0]) if len(group.inputs) == 1 else None
    is_activation = (
        source is not None
        and _takes_activation(region, source)
        and not group.reduces
        and all(reader.name in group.members for reader in region.readers(Ref(source.name)))
    )
    if activations_only and not is_activation:
        return False
    for name in group.members:
        region.drop(name)
    lines, numbers = simplify(group.lines, group.numbers)
    if source is not None and is_activation:
        region.drop(source.name)
        text = "\n".join([*lines, *map(repr, numbers)])
        activation = ACTIVATIONS.get(text, text)
        region.put(
            source.replace(name=root.name, attrs=source.attrs.changed(activation=activation))
        )
        return True
    attrs = {
        "T": float32,
        "N": len(group.inputs),
        "program": lines,
        "numbers": numbers,
    }
    region.put(Node(root.name, "_Pointwise", group.inputs, (), attrs))
    return True
