"""Colocation of operations, which outlives its purpose here: there is one device, but TensorFlow reads what is exported.

An operation that shall share a device with y says `loc:@y` in its attribute `_class`.  Applying a module puts other tensors in
the place of its inputs and of its state; what was colocated with those must follow.

Source: tensorflow_hub/native_module.py:fix_colocation_after_import, find_state_op_colocation_error,
find_signature_input_colocation_error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minihub.native import is_state
from minihub_runtime.api.graph import Graph, Tensor
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import parse_ref

__all__ = ["check_signature_inputs", "check_state_nodes", "follow_inputs"]

_PREFIX = "loc:@"


def check_state_nodes(graph: Graph, tags: Iterable[str] | None = None) -> None:
    """Refuse state that is colocated with what is no state: an application could not tell where it belongs.

    Args:
        graph: a module's graph.
        tags: its tags, to be named in the message.

    Raises:
        ValueError: a node that holds state is.
    """
    state = {op.name: op for op in graph.get_operations() if is_state(op.type)}
    for op in state.values():
        for group in op.colocation_groups():
            name = group.decode("utf-8", "surrogateescape").removeprefix(_PREFIX)
            if name not in state:
                where = "" if tags is None else f"in the graph for tags {list(tags)}, "
                raise InvalidArgumentError(
                    "A state-holding node x of a module's graph (e.g., a Variable op) must not be "
                    "subject to a tf.colocate_with(y) constraint unless y is also a state-holding "
                    f"node.\nDetails: {where}node '{op.name}' has op '{op.type}', which counts as "
                    f"state-holding, but Operation.colocation_groups() == {op.colocation_groups()}."
                )


def check_signature_inputs(signature: str, inputs: Iterable[tuple[str, Tensor]]) -> None:
    """Refuse inputs that are colocated with something: what takes their place would have to be, too.

    Args:
        signature: its name, for the message.
        inputs: name and tensor of each, composite ones in parts.

    Raises:
        ValueError: an input is.
    """
    for name, tensor in inputs:
        groups = tensor.op.colocation_groups()
        if groups != [f"{_PREFIX}{tensor.op.name}".encode()]:
            raise InvalidArgumentError(
                "A tensor x used as input in a signature must not be subject to a "
                "tf.colocate_with(y) constraint. (The reverse would be allowed.)\n"
                f"Details: tensor '{tensor}' appears as input '{name}' of signature '{signature}' "
                f"but has Tensor.op.colocation_groups() == {groups}"
            )


class _Replacement:
    """What takes the place of the outputs of one operation, and why."""

    def __init__(self) -> None:
        self.groups: list[bytes] | None = None
        self.reason = ""
        self.clash = ""

    def add(self, groups: list[bytes], reason: str) -> None:
        if self.groups is None:
            self.groups, self.reason = groups, reason
        elif self.groups != groups and not self.clash:
            self.clash = (
                f"{self.reason} has colocation_groups = {self.groups}, but {reason} has "
                f"colocation_groups = {groups}"
            )


def follow_inputs(graph: Graph, scope: str, fed: Mapping[str, Tensor]) -> None:
    """Colocate what was imported under `scope` with what was fed, where it was colocated with what that replaces.

    Args:
        graph: the graph.
        scope: where the module's graph was imported, absolute, without a slash at the end.
        fed: name of a tensor in the module's graph → the tensor in its place.

    Raises:
        ValueError: some outputs of an operation are replaced and others are not, or by tensors of several places, and something
            is colocated with it.
    """
    replaced: dict[str, _Replacement] = {}
    outputs: dict[str, set[int]] = {}
    for name, tensor in fed.items():
        ref = parse_ref(name)
        entry = replaced.setdefault(f"{_PREFIX}{scope}/{ref.node}", _Replacement())
        entry.add(
            tensor.op.colocation_groups(),
            f"input '{scope}/{name}' is substituted by '{tensor.name}', which",
        )
        outputs.setdefault(ref.node, set()).add(ref.index)
    for name, used in outputs.items():
        operation = graph.get_operation_by_name(f"{scope}/{name}")
        left = sorted(set(range(len(operation.outputs))) - used)
        if left:
            key = f"{_PREFIX}{operation.name}"
            shown = ",".join(map(str, left))
            replaced[key].add(
                [key.encode()],
                f"tensor '{operation.name}:{shown}' is not substituted by inputs, and",
            )
    for operation in graph.get_operations():
        node = operation.node
        if operation.name.startswith(f"{scope}/") and "_class" in node.attrs:
            groups = _rewritten(operation.name, node.attrs["_class"], replaced)
            if groups != node.attrs["_class"]:
                graph.replace_node(node.replace(attrs=node.attrs.changed(_class=groups)))


def _rewritten(name: str, groups: list[str], replaced: Mapping[str, _Replacement]) -> list[str]:
    found: dict[str, None] = {}
    for group in groups:
        entry = replaced.get(group)
        if entry is None:
            found[group] = None
            continue
        if entry.clash:
            raise InvalidArgumentError(
                "Failed to rewrite colocation constraints while applying hub.Module:\nThe module "
                f"graph contains a node '{name}' that has a colocation constraint '{group}' with "
                "ambiguous rewriting: " + entry.clash
            )
        found.update({item.decode("utf-8", "surrogateescape"): None for item in entry.groups or ()})
    return list(found)
