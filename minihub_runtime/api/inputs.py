"""The inputs of an operation from Python values.

They are converted in the order of the schema, so that constants get their names in TensorFlow's order; a type attribute is
known from the first input that it types.

Source: tensorflow/python/framework/op_def_library.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.schema import Arg, Schema

__all__ = ["input_tensors"]


def input_tensors(
    op: str, schema: Schema, arguments: Mapping[str, Any], attrs: Mapping[str, Any]
) -> dict[str, Any]:
    """Argument → tensor, or list of tensors.

    Args:
        op: its type.
        schema: its schema.
        arguments: the values of the inputs, by name.
        attrs: the attributes that are given.

    Raises:
        TypeError: a value is no tensor, or of a type that its argument cannot have.
        ValueError: a value cannot become a tensor.
    """
    types = _Types(op, schema, attrs)
    return {
        arg.name: types.list_of(arg, arguments[arg.name])
        if arg.is_list
        else types.single(arg, arguments[arg.name])
        for arg in schema.inputs
    }


class _Types:
    """The type attributes known so far, and where they are known from."""

    def __init__(self, op: str, schema: Schema, attrs: Mapping[str, Any]) -> None:
        self.op = op
        self.schema = schema
        self.known = {name: value for name, value in attrs.items() if isinstance(value, DType)}
        self.told_by = dict.fromkeys(self.known, "")

    def wanted(self, arg: Arg) -> DType | None:
        """The type an argument must have, if that is known."""
        return arg.type if isinstance(arg.type, DType) else self.known.get(arg.type)

    def default(self, arg: Arg) -> DType | None:
        """The type that Python values get if nothing else tells one."""
        if isinstance(arg.type, DType):
            return None
        default = self.schema.attrs[arg.type].default
        return default if isinstance(default, DType) else None

    def learn(self, arg: Arg, dtype: DType) -> None:
        """Note the type of an argument.

        Raises:
            TypeError: its attribute allows others only.
        """
        if isinstance(arg.type, DType) or arg.type in self.known:
            return
        allowed = self.schema.attrs[arg.type].allowed
        if allowed and dtype.base_dtype not in allowed:
            raise TypeError(
                f"Value passed to parameter '{arg.name}' has DataType {dtype.base_dtype.name} not in "
                f"list of allowed values: {', '.join(item.name for item in allowed)}"
            )
        self.known[arg.type] = dtype.base_dtype
        self.told_by[arg.type] = arg.name

    def single(self, arg: Arg, value: Any) -> Tensor:
        """The tensor of an argument that is no list."""
        wanted, default = self.wanted(arg), self.default(arg)
        try:
            tensor = self._free(arg, value, default) if wanted is None else None
            if tensor is None:
                tensor = convert_to_tensor(
                    value, wanted, arg.name, preferred_dtype=default, as_ref=arg.is_ref
                )
        except TypeError as error:
            if wanted is None:
                raise
            raise TypeError(
                f"Expected {wanted.name} passed to parameter '{arg.name}' of op '{self.op}', got "
                f"{value!r} of type '{type(value).__name__}' instead. Error: {error}"
            ) from error
        except ValueError as error:
            raise self._other_type(arg, value, wanted, error) from error
        self.learn(arg, tensor.dtype)
        return tensor

    def _free(self, arg: Arg, value: Any, default: DType | None) -> Tensor | None:
        """The tensor of a value of its own type, if the attribute has a default but allows that type too."""
        if default is None or isinstance(arg.type, DType):
            return None
        allowed = self.schema.attrs[arg.type].allowed
        if not allowed:
            return None
        try:
            tensor = convert_to_tensor(value, name=arg.name, as_ref=arg.is_ref)
        except TypeError:
            # Some values, as lists of dimensions, are no tensor until a type is given.
            return None
        return tensor if tensor.dtype.base_dtype in allowed else None

    def _other_type(
        self, arg: Arg, value: Any, wanted: DType | None, cause: Exception
    ) -> Exception:
        try:
            found = convert_to_tensor(value, as_ref=arg.is_ref).dtype.name
        except ValueError as error:
            return ValueError(
                f"Tried to convert '{arg.name}' to a tensor and failed. Error: {error}"
            )
        if wanted is None:
            return cause
        text = f"Input '{arg.name}' of '{self.op}' Op has type {found} that does not match"
        if isinstance(arg.type, DType):
            return TypeError(f"{text} expected type of {wanted.name}.")
        return TypeError(f"{text} type {wanted.name} of argument '{self.told_by[arg.type]}'.")

    def list_of(self, arg: Arg, values: Any) -> list[Tensor]:
        """The tensors of an argument that is a list."""
        if not isinstance(values, (list, tuple)):
            raise TypeError(
                f"Expected list for '{arg.name}' argument to '{self.op}' Op, not {values}."
            )
        wanted = self.wanted(arg) if arg.number or isinstance(arg.type, DType) else None
        default = None
        if arg.number and wanted is None:
            wanted = next((v.dtype.base_dtype for v in values if isinstance(v, Tensor)), None)
            default = self.default(arg) if wanted is None else None
        try:
            tensors = [
                convert_to_tensor(
                    value,
                    wanted,
                    f"{arg.name}_{place}",
                    preferred_dtype=default,
                    as_ref=arg.is_ref,
                )
                for place, value in enumerate(values)
            ]
            found = {tensor.dtype.base_dtype for tensor in tensors}
            if arg.number and len(found) > 1:
                raise TypeError(f"Not all types matched for {arg.name} for {self.op}. Got {found}")
        except (TypeError, ValueError) as error:
            raise self._other_types(arg, values, wanted) from error
        if arg.number and tensors:
            self.learn(arg, tensors[0].dtype)
        return tensors

    def _other_types(self, arg: Arg, values: Any, wanted: DType | None) -> TypeError:
        observed = []
        for value in values:
            try:
                observed.append(convert_to_tensor(value, as_ref=arg.is_ref).dtype.base_dtype.name)
            except (TypeError, ValueError):
                observed.append("<NOT CONVERTIBLE TO TENSOR>")
        text = (
            f"Tensors in list passed to '{arg.name}' of '{self.op}' Op have types "
            f"[{', '.join(observed)}]"
        )
        if arg.number is None:
            return TypeError(f"{text} that are invalid. Tensors: {values}")
        if isinstance(arg.type, DType):
            return TypeError(f"{text} that do not match expected type {arg.type.name}.")
        if arg.type in self.known and wanted is not None:
            return TypeError(
                f"{text} that do not match type {wanted.name} inferred from earlier arguments."
            )
        return TypeError(f"{text} that don't all match.")
