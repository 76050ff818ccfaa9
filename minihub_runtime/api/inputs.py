"""The inputs of an op from what a caller gives: tensors whose types fit together.

Source: tensorflow/python/framework/op_def_library.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.attributes import check_type, function_name
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.schema import Arg, Schema

__all__ = ["Inputs", "check_lists"]


def check_lists(op_name: str, schema: Schema, arguments: Mapping[str, Any]) -> None:
    """Check that lists of one type are lists, and of one length where the op says so.

    Raises:
        TypeError: an argument is no list.
        ValueError: two lists have different lengths.
    """
    lengths: dict[str, tuple[int, str]] = {}
    for arg in schema.inputs:
        if arg.number is None:
            continue
        value = arguments[arg.name]
        if not isinstance(value, (list, tuple)):
            raise TypeError(
                f"Expected list for '{arg.name}' argument to '{function_name(op_name)}' Op, not "
                f"{value!r}."
            )
        length, first = lengths.setdefault(arg.number, (len(value), arg.name))
        if len(value) != length:
            raise ValueError(
                f"List argument '{arg.name}' to '{function_name(op_name)}' Op with length "
                f"{len(value)} must match length {length} of argument '{first}'."
            )


class Inputs:
    """The inputs of one op; each determines types and numbers that those after it must agree with.

    Attributes:
        tensors: the tensors, flat.
        attrs: the attributes that they determine.
    """

    def __init__(self, op_name: str, schema: Schema) -> None:
        self.tensors: list[Tensor] = []
        self.attrs: dict[str, Any] = {}
        self._op_name = op_name
        self._schema = schema
        self._inferred_from: dict[str, str] = {}

    def add(self, arg: Arg, value: Any) -> None:
        """Add the value of one argument.

        Raises:
            TypeError: it has no type that fits.
            ValueError: a list is too short.
        """
        tensors = self._converted_list(arg, value) if arg.is_list else [self._converted(arg, value)]
        self._learn(arg, tensors)
        if arg.is_ref and not all(tensor.dtype.is_ref for tensor in tensors):
            raise TypeError(
                f"'{self._op_name}' Op requires that input '{arg.name}' be a mutable tensor (e.g.: "
                "a tf.Variable)"
            )
        self.tensors.extend(tensors)

    def _default_type(self, arg: Arg) -> DType | None:
        if not isinstance(arg.type, str):
            return None
        default = self._schema.attrs[arg.type].default
        return default if isinstance(default, DType) else None

    def _known_type(self, arg: Arg) -> DType | None:
        """The type that the op, or an input before it, gives an argument."""
        return arg.type if isinstance(arg.type, DType) else self.attrs.get(arg.type)

    def _converted(self, arg: Arg, value: Any) -> Tensor:
        dtype = self._known_type(arg)
        default = self._default_type(arg) if dtype is None else None
        try:
            if default is not None and self._schema.attrs[str(arg.type)].allowed:
                return self._with_default(arg, value, default)
            return convert_to_tensor(
                value, dtype, arg.name, preferred_dtype=default, as_ref=arg.is_ref
            )
        except TypeError as error:
            if dtype is None:
                raise
            raise TypeError(
                f"Expected {dtype.name} passed to parameter '{arg.name}' of op '{self._op_name}', "
                f"got {value!r} of type '{type(value).__name__}' instead. Error: {error}"
            ) from error
        except ValueError as error:
            raise self._mismatch(arg, value) from error

    def _with_default(self, arg: Arg, value: Any, default: DType) -> Tensor:
        """The value with its own type if that is allowed, else with the default."""
        try:
            found = convert_to_tensor(value, name=arg.name, as_ref=arg.is_ref)
        except TypeError:
            # A list of sizes, say, has no type of its own.
            pass
        else:
            if found.dtype in self._schema.attrs[str(arg.type)].allowed:
                return found
        return convert_to_tensor(value, name=arg.name, preferred_dtype=default, as_ref=arg.is_ref)

    def _mismatch(self, arg: Arg, value: Any) -> Exception:
        """What to raise for a value of a type that the argument cannot have."""
        try:
            observed = convert_to_tensor(value, as_ref=arg.is_ref).dtype.name
        except ValueError as error:
            return ValueError(
                f"Tried to convert '{arg.name}' to a tensor and failed. Error: {error}"
            )
        has = f"Input '{arg.name}' of '{self._op_name}' Op has type {observed} that does not match"
        if isinstance(arg.type, DType):
            return TypeError(f"{has} expected type of {arg.type.name}.")
        source = self._inferred_from.get(arg.type, "Default in OpDef")
        dtype = self.attrs.get(arg.type) or self._default_type(arg)
        return TypeError(f"{has} type {dtype.name if dtype else None} of argument '{source}'.")

    def _converted_list(self, arg: Arg, values: Sequence[Any]) -> list[Tensor]:
        if not isinstance(values, (list, tuple)):
            raise TypeError(
                f"Expected list for '{arg.name}' argument to '{self._op_name}' Op, not {values}."
            )
        dtype, default = None, None
        if isinstance(arg.type, DType):
            dtype = arg.type
        elif arg.number:
            dtype = self.attrs.get(arg.type)
            if dtype is None:
                dtype = next((item.dtype for item in values if isinstance(item, Tensor)), None)
            if dtype is None:
                default = self._default_type(arg)
        wanted = dtype.base_dtype if dtype is not None and not arg.is_ref else dtype
        try:
            tensors = [
                convert_to_tensor(
                    item, wanted, f"{arg.name}_{i}", preferred_dtype=default, as_ref=arg.is_ref
                )
                for i, item in enumerate(values)
            ]
            if arg.number and len({tensor.dtype.base_dtype for tensor in tensors}) > 1:
                raise TypeError("the types differ")
        except (TypeError, ValueError) as error:
            raise self._list_mismatch(arg, values, wanted) from error
        return tensors

    def _list_mismatch(self, arg: Arg, values: Sequence[Any], dtype: DType | None) -> TypeError:
        observed = []
        for item in values:
            try:
                observed.append(convert_to_tensor(item, as_ref=arg.is_ref).dtype.base_dtype.name)
            except (TypeError, ValueError):
                observed.append("<NOT CONVERTIBLE TO TENSOR>")
        have = (
            f"Tensors in list passed to '{arg.name}' of '{self._op_name}' Op have types "
            f"[{', '.join(observed)}] that"
        )
        if not arg.number:
            return TypeError(f"{have} are invalid. Tensors: {values}")
        if dtype is None or (isinstance(arg.type, str) and arg.type not in self.attrs):
            return TypeError(f"{have} don't all match.")
        if isinstance(arg.type, DType):
            return TypeError(f"{have} do not match expected type {dtype.name}.")
        return TypeError(f"{have} do not match type {dtype.name} inferred from earlier arguments.")

    def _learn(self, arg: Arg, tensors: Sequence[Tensor]) -> None:
        """Note what an argument determines, or check that it agrees with what is known."""
        types = [tensor.dtype.base_dtype for tensor in tensors]
        if arg.number:
            self._learn_number(arg, len(tensors))
            if isinstance(arg.type, str) and arg.type not in self.attrs:
                if types:
                    self._learn_type(arg, types[0])
                elif self._default_type(arg) is None:
                    raise TypeError(
                        "Don't know how to infer type variable from empty input list passed to "
                        f"input '{arg.name}' of '{self._op_name}' Op."
                    )
        elif arg.is_list:
            self._learn_types(arg, types)
        elif isinstance(arg.type, str):
            if arg.type not in self.attrs:
                self._learn_type(arg, types[0])
            elif self.attrs[arg.type] is not types[0]:
                raise TypeError(
                    f"Input '{arg.name}' of '{self._op_name}' Op has type {types[0].name} that "
                    f"does not match type {self.attrs[arg.type].name} of argument "
                    f"'{self._inferred_from[arg.type]}'."
                )

    def _learn_type(self, arg: Arg, dtype: DType) -> None:
        name = str(arg.type)
        check_type(self._schema.attrs[name], dtype, arg.name)
        self.attrs[name] = dtype
        self._inferred_from[name] = arg.name

    def _learn_types(self, arg: Arg, types: list[DType]) -> None:
        name = str(arg.type)
        if name not in self.attrs:
            for dtype in types:
                check_type(self._schema.attrs[name], dtype, arg.name)
            self.attrs[name] = types
            self._inferred_from[name] = arg.name
        elif self.attrs[name] != types:
            actual, expected = (
                ", ".join(dtype.name for dtype in found) for found in (types, self.attrs[name])
            )
            raise TypeError(
                f"Input '{arg.name}' of '{self._op_name}' Op has type list of {actual} that does "
                f"not match type list {expected} of argument '{self._inferred_from[name]}'."
            )

    def _learn_number(self, arg: Arg, count: int) -> None:
        name = str(arg.number)
        self.attrs[name] = count
        minimum = self._schema.attrs[name].minimum
        if minimum is not None and count < minimum:
            raise ValueError(
                f"List argument '{arg.name}' to '{self._op_name}' Op with length {count} shorter "
                f"than minimum length {minimum}."
            )
