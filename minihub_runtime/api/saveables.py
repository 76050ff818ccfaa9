"""What a checkpoint saves: variables, slices of variables, and other objects that say how.

Source: tensorflow/python/training/saving/saveable_object.py, saveable_object_util.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, get_default_graph
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables import Variable
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.dtypes import DType

__all__ = [
    "ReferenceVariableSaveable",
    "ResourceVariableSaveable",
    "SaveSpec",
    "SaveableObject",
    "named_saveables",
    "saveables_of",
    "validated_saveables",
]

_REFERENCE_OPS = frozenset({"AutoReloadVariable", "Variable", "VariableV2"})
_VARIABLE_OPS = _REFERENCE_OPS | {"ReadVariableOp", "VarHandleOp"}


class SaveSpec:
    """One tensor of a checkpoint.

    Attributes:
        slice_spec: full shape and place of a slice, such as `8 16 0,4:0,16`; empty for a whole tensor.
        name: its name in the checkpoint.
        dtype: its type.
        device: where it is.

    Args:
        tensor: the tensor, or a function that adds it to the graph; this needs `dtype` and `device`.
        slice_spec: see above.
        name: see above.
        dtype: see above.
        device: see above.

    Raises:
        ValueError: a function comes without type or device.
    """

    def __init__(
        self,
        tensor: Tensor | Callable[[], Tensor],
        slice_spec: str,
        name: str,
        dtype: DType | None = None,
        device: str | None = None,
    ) -> None:
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        if callable(tensor):
            if dtype is None or device is None:
                raise ValueError(
                    "When passing a callable `tensor` to a SaveSpec, an explicit dtype and device must "
                    "be provided."
                )
            self.dtype: DType = dtype
            self.device: str = device
        else:
            self.dtype = tensor.dtype
            self.device = tensor.op.device if device is None else device

    @property
    def tensor(self) -> Tensor:
        """The tensor, added to the graph now if a function makes it."""
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """An object whose state is one or more tensors.

    Attributes:
        op: what its identity is: the variable or operation.
        specs: its tensors.
        name: its name.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = specs
        self.name = name

    @property
    def device(self) -> str:
        """The device of its tensors."""
        return self.specs[0].device

    def restore(
        self, restored_tensors: Sequence[Tensor], restored_shapes: Sequence[Any] | None
    ) -> Any:
        """Add the operation that gives the object the values of a checkpoint.

        Args:
            restored_tensors: the values, one for each of `specs`.
            restored_shapes: the shapes to give them, or None to leave them as they are.

        Raises:
            ValueError: the class does not say how.
        """
        raise ValueError("Calling an abstract method.")


class ReferenceVariableSaveable(SaveableObject):
    """A reference variable: its reference, or the Variable."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        spec = SaveSpec(var, slice_spec, name, var.dtype, var.op.device)
        super().__init__(var, [spec], name)

    def restore(
        self, restored_tensors: Sequence[Tensor], restored_shapes: Sequence[Any] | None
    ) -> Any:
        """The operation Assign."""
        value = _reshaped(restored_tensors[0], restored_shapes)
        return build(
            "Assign",
            ref=self.op,
            value=value,
            validate_shape=restored_shapes is None and self.op.get_shape().is_fully_defined(),
        )


class ResourceVariableSaveable(SaveableObject):
    """A variable by handle: what was read from it, or the Variable, which is read when it is saved."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        self._shape: TensorShape = var.shape
        self._device: str = var.op.device
        if isinstance(var, Tensor):
            self.handle: Tensor = var.op.inputs[0]
            tensor: Any = var
        elif isinstance(var, BaseResourceVariable):
            self.handle = var.handle
            tensor = lambda: _read_to_save(var)  # noqa: E731
        else:
            raise ValueError(
                f"Saveable is neither a resource variable nor a read operation. Got: {var!r}"
            )
        spec = SaveSpec(tensor, slice_spec, name, var.dtype, self._device)
        super().__init__(var, [spec], name)

    def restore(
        self, restored_tensors: Sequence[Tensor], restored_shapes: Sequence[Any] | None
    ) -> Any:
        """The operation AssignVariableOp.

        Raises:
            ValueError: the value is known to have another shape.
        """
        value = _reshaped(restored_tensors[0], restored_shapes)
        with get_default_graph().device(self._device):
            value = build("Identity", input=value)
            if not self._shape.is_compatible_with(value.shape):
                raise ValueError(
                    f"Received incompatible tensor with shape {value.shape} when attempting to "
                    f"restore variable with shape {self._shape} and name {self.name}."
                )
            return build("AssignVariableOp", resource=self.handle, value=value)


def _reshaped(value: Tensor, shapes: Sequence[Any] | None) -> Tensor:
    if shapes is None:
        return value
    reshaped: Tensor = build("Reshape", tensor=value, shape=shapes[0])
    return reshaped


def _read_to_save(var: BaseResourceVariable) -> Tensor:
    """What TensorFlow reads of a slice by handle: without a copy, passed to the CPU."""
    graph = get_default_graph()
    with graph.device(var.op.device):
        passed = var.read_value_no_copy()
        with graph.device("/device:CPU:0"):
            result: Tensor = build("Identity", input=passed)
            return result


def saveables_of(op: Any, name: str) -> Iterator[SaveableObject]:
    """What is saved under one name.

    Args:
        op: a variable, a partitioned variable or a list of its parts, a SaveableObject, or the tensor of a variable.
        name: the name.

    Raises:
        TypeError: `name` is no text, or `op` is nothing of these.
        ValueError: parts are not of one variable.
    """
    if not isinstance(name, str):
        raise TypeError(
            "names_to_saveables must be a dict mapping string names to trackable operations. Name is "
            f"not a string: {name}"
        )
    if isinstance(op, SaveableObject):
        yield op
    elif isinstance(op, (list, tuple, PartitionedVariable)):
        yield from _slices(op, name)
    else:
        tensor = _variable_tensor(op)
        if not _comes_from_variable(tensor):
            raise TypeError(
                "names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a "
                f"variable: {tensor}"
            )
        if tensor.op.type in _REFERENCE_OPS:
            yield ReferenceVariableSaveable(tensor, "", name)
        else:
            yield ResourceVariableSaveable(tensor, "", name)


def _slices(parts: Iterable[Any], name: str) -> Iterator[SaveableObject]:
    whole = None
    for part in parts:
        if isinstance(part, SaveableObject):
            yield part
            continue
        if not isinstance(part, Variable):
            raise ValueError(f"Slices must all be Variables: {part}")
        info = part._save_slice_info
        if info is None:
            raise ValueError(f"Slices must all be slices: {part}")
        whole = whole or info.full_name
        if whole != info.full_name:
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
        kind = ResourceVariableSaveable if part.is_resource else ReferenceVariableSaveable
        yield kind(part, info.spec, name)


def _variable_tensor(op: Any) -> Tensor:
    """The reference of a variable; for one by handle the tensor that was read when it was made."""
    if isinstance(op, BaseResourceVariable):
        read: Tensor = op._as_graph_element()
        return read
    return convert_to_tensor(op, as_ref=True)


def _comes_from_variable(tensor: Any) -> bool:
    return isinstance(tensor, Tensor) and tensor.op.type in _VARIABLE_OPS


def named_saveables(op_list: Any) -> dict[str, Any]:
    """Name in the checkpoint → what is saved under it.

    Args:
        op_list: list, tuple or set of what `saveables_of` takes; parts of one variable come together under its name.

    Raises:
        TypeError: it is no list, or something in it is no variable.
        ValueError: two have the same name.
    """
    if not isinstance(op_list, (list, tuple, set)):
        raise TypeError(f"Variables to save should be passed in a dict or a list. Got {op_list}")
    named: dict[str, Any] = {}
    for item in sorted(nest.flatten(list(op_list)), key=lambda item: item.name):
        if isinstance(item, SaveableObject):
            named[item.name] = item
        elif isinstance(item, PartitionedVariable):
            _add_whole(named, item.name, item)
        elif isinstance(item, Variable) and item._save_slice_info is not None:
            parts = named.setdefault(item._save_slice_info.full_name, [])
            if not isinstance(parts, list):
                raise ValueError(
                    "Mixing slices and non-slices with the same name: "
                    f"{item._save_slice_info.full_name}"
                )
            parts.append(item)
        else:
            tensor = _variable_tensor(item)
            if not _comes_from_variable(tensor):
                raise TypeError(f"Variable to save is not a Variable: {tensor}")
            by_handle = tensor.op.type == "ReadVariableOp"
            _add_whole(named, (tensor.op.inputs[0].op if by_handle else tensor.op).name, tensor)
    return named


def _add_whole(named: dict[str, Any], name: str, item: Any) -> None:
    if name in named:
        raise ValueError(f"At least two variables have the same name: {name}")
    named[name] = item


def validated_saveables(names_to_saveables: Mapping[str, Any]) -> list[SaveableObject]:
    """The objects to save, by sorted name.

    Raises:
        TypeError: something is no variable.
        ValueError: the same one has two names.
    """
    found: list[SaveableObject] = []
    seen: set[int] = set()
    for name, op in sorted(names_to_saveables.items(), key=lambda item: item[0]):
        for saveable in saveables_of(op, name):
            # The saveables found keep what they save alive, so numbers of objects are not given twice.
            key = id(saveable.op)
            if saveable.op is not None and key in seen:
                raise ValueError(
                    f"The same saveable will be restored with two names: {saveable.name}"
                )
            seen.add(key)
            found.append(saveable)
    return found
