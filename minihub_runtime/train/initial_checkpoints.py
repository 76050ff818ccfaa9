"""Variables that begin with the values of a checkpoint.

Source: tensorflow/python/training/checkpoint_utils.py:init_from_checkpoint.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Operation, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.saveables import named_saveables, saveables_of
from minihub_runtime.api.variables import Variable
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.api.variables.store import default_variable_store
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import (
    allow_checkpoint,
    checkpoint_prefix,
    load_checkpoint,
)

__all__ = ["init_from_checkpoint", "initialize_from", "parts_of"]


def initialize_from(prefix: str, tensor_name: str, variable: Any) -> None:
    """Let the initialiser of a variable, or of each of its parts, read a checkpoint.

    Args:
        prefix: of the checkpoint.
        tensor_name: the tensor in it.
        variable: the variable, or a list of its parts.

    Raises:
        ValueError: the parts are not of one variable.
    """
    if not isinstance(variable, (list, tuple)):
        _set_initializer(prefix, tensor_name, variable, "")
        return
    whole = None
    for part in variable:
        info = part._save_slice_info
        whole = whole or info.full_name
        if whole != info.full_name:
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
        _set_initializer(prefix, tensor_name, part, info.spec)


def _set_initializer(prefix: str, tensor_name: str, variable: Any, spec: str) -> None:
    graph = get_default_graph()
    allow_checkpoint(graph, prefix)
    with graph.device(variable.device), graph.device("/cpu:0"):
        (restored,) = build(
            "RestoreV2",
            name="checkpoint_initializer",
            prefix=prefix,
            tensor_names=[tensor_name],
            shape_and_slices=[spec],
            dtypes=[variable.dtype.base_dtype],
        )
        named = named_saveables([variable])
        (saveable,) = (one for name, op in named.items() for one in saveables_of(op, name))
    assigned = saveable.restore([restored], None)
    restored.set_shape(variable.shape)
    operation = assigned if isinstance(assigned, Operation) else assigned.op
    variable.initialize_by(operation, restored)


def parts_of(name: str, variables: Mapping[str, Variable]) -> list[Variable] | None:
    """The parts of a partitioned variable by its name, None if there are none."""
    found: list[Variable] = []
    while f"{name}/part_{len(found)}" in variables:
        found.append(variables[f"{name}/part_{len(found)}"])
    return found or None


@public("train.init_from_checkpoint")
def init_from_checkpoint(
    ckpt_dir_or_file: str | os.PathLike[str],
    assignment_map: Mapping[str, Any] | Iterable[tuple[str, Any]],
) -> None:
    """Let variables begin with the values of a checkpoint: their initialisers are replaced.

    The assignment map tells which tensor of the checkpoint is for which variable:

        "name": variable                  a Variable, or the list of the parts of one
        "name": "variable/name"           a variable by its name
        "scope/": "other/scope/"          each variable below a scope gets the tensor of the same name below the other
        "/": "scope/", "scope/": "/"      where one of them is the whole

    Args:
        ckpt_dir_or_file: prefix of the checkpoint, or a folder whose latest counts.
        assignment_map: a mapping, or pairs.

    Raises:
        ValueError: a tensor is not in the checkpoint, or is of another shape, or a scope is not mapped to a scope; there
            is no checkpoint in the folder.
        NotFoundError: there is no such checkpoint.
    """
    prefix = checkpoint_prefix(ckpt_dir_or_file)
    shapes = load_checkpoint(prefix).get_variable_to_shape_map()
    pairs = assignment_map.items() if isinstance(assignment_map, Mapping) else assignment_map
    variables = default_variable_store().variables
    where = os.fsdecode(ckpt_dir_or_file)
    for tensor_name, target in sorted(pairs, key=lambda pair: pair[0]):
        variable = _variable(target, variables)
        if variable is not None:
            if tensor_name not in shapes:
                raise ValueError(
                    f"Tensor {tensor_name} is not found in {where} checkpoint {shapes}"
                )
            _check_shape(variable, tensor_name, shapes[tensor_name])
            initialize_from(prefix, tensor_name, variable)
            LOGGER.debug("Initialize variable %s from checkpoint %s", tensor_name, where)
            continue
        for name, stored in _below(target, tensor_name, variables):
            if stored not in shapes:
                scope = target.rpartition("/")[0]
                raise ValueError(
                    f"Tensor {stored} ({name[len(scope) + 1 :]} in {tensor_name}) is not found in "
                    f"{where} checkpoint"
                )
            initialize_from(prefix, stored, _variable(name, variables))
            LOGGER.debug("Initialize variable %s from checkpoint %s", stored, where)


def _variable(target: Any, variables: Mapping[str, Variable]) -> Any:
    """The variable, or the list of its parts, that a value of an assignment map means; None if it means a scope."""
    if isinstance(target, Variable):
        return target
    if isinstance(target, list) and all(isinstance(item, Variable) for item in target):
        return target
    if isinstance(target, PartitionedVariable):
        return list(target)
    return variables.get(target) or parts_of(target, variables)


def _check_shape(variable: Any, tensor_name: str, shape: Sequence[int]) -> None:
    if isinstance(variable, Variable) and not variable.get_shape().is_compatible_with(shape):
        raise ValueError(
            f"Shape of variable {variable.name} ({variable.get_shape()!s}) doesn't match with shape of "
            f"tensor {tensor_name} ({shape!s}) from checkpoint reader."
        )


def _below(
    target: str, tensor_name: str, variables: Mapping[str, Variable]
) -> list[tuple[str, str]]:
    """Variable and tensor for each variable below a scope.

    Raises:
        ValueError: the tensor's name is that of no scope.
    """
    scope = target.rpartition("/")[0]
    if not tensor_name.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {tensor_name}. "
            "Should be 'scope/': 'other_scope/'."
        )
    names = {
        name.partition("/part_")[0]
        for name in variables
        if not scope or name.startswith(f"{scope}/")
    }
    pairs = []
    for name in sorted(names):
        stored = name[len(scope) :]
        if target != "/":
            stored = stored[1:]
        if tensor_name != "/":
            stored = tensor_name + stored
        pairs.append((name, stored.removesuffix("/")))
    return pairs
