"""The signature of an op: names and types of inputs, outputs and attributes.

A schema is written in the notation of TensorFlow's REGISTER_OP: `x: T` is one tensor, `xs: N * T` a list of N tensors of one
type, `xs: Tin` a list whose types are the list attribute Tin, `x: Ref(T)` a reference.  Type attributes are `TypeSet`s; all other
attributes are the keyword-only parameters of the kernel.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime import dtypes
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InternalError, InvalidArgumentError
from minihub_runtime.shapes import Shape

__all__ = [
    "ANY",
    "ANY_LIST",
    "COMPLEX",
    "FLOATS",
    "HALF_FLOATS",
    "INDEX",
    "NUMBERS",
    "REALS",
    "REQUIRED",
    "Arg",
    "Array",
    "Attr",
    "Schema",
    "TypeSet",
    "at_least",
    "build_schema",
    "names_in",
    "shown",
    "types",
    "types_list",
]

Array: TypeAlias = NDArray[Any]

#: A node may not have more inputs or outputs than this, whatever its number attributes say.
MAX_COUNT = 1 << 20


class _Required:
    """The default of an attribute that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


class TypeSet(typing.NamedTuple):
    """The values a type attribute may have.

    Attributes:
        names: TensorFlow's type names in the order of the OpDef; empty means any.
        default: name of the default, or None; for a list a tuple of names.
        is_list: whether the attribute is a list of types.
        minimum: the smallest length of the list.
    """

    names: tuple[str, ...] = ()
    default: str | tuple[str, ...] | None = None
    is_list: bool = False
    minimum: int = 0

    def default_to(self, name: str | tuple[str, ...]) -> TypeSet:
        """These types with a default."""
        return self._replace(default=name)


def types(names: str, default: str | None = None) -> TypeSet:
    """A set of types from their names, separated by blanks."""
    return TypeSet(tuple(as_dtype(name).name for name in names.split()), default)


def types_list(
    names: str = "", default: tuple[str, ...] | None = None, minimum: int = 0
) -> TypeSet:
    """A list attribute of types."""
    return TypeSet(tuple(as_dtype(n).name for n in names.split()), default, True, minimum)


class at_least(typing.NamedTuple):
    """The smallest value of a number attribute, where it is not 1, and its default: `N=at_least(2)`."""

    minimum: int
    default: Any = REQUIRED


ANY = TypeSet()
ANY_LIST = TypeSet(is_list=True)
HALF_FLOATS = types("float16 bfloat16 float32")
FLOATS = types("float16 bfloat16 float32 float64")
COMPLEX = types("complex64 complex128")
INDEX = types("int32 int64")
REALS = types("float32 float64 int32 uint8 int16 int8 int64 bfloat16 uint16 float16 uint32 uint64")
NUMBERS = types(
    "float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 "
    "qint16 quint16 uint16 complex128 float16 uint32 uint64"
)


class Arg(typing.NamedTuple):
    """One input or output of a schema.

    Attributes:
        name: TensorFlow's name.
        type: a fixed DType, or the name of the attribute that holds it.
        number: name of the attribute that holds the length of a list, or None.
        is_list: whether several tensors stand here.
        is_ref: whether it is a reference to a variable.
    """

    name: str
    type: DType | str
    number: str | None = None
    is_list: bool = False
    is_ref: bool = False

    def dtypes(self, attrs: Mapping[str, Any]) -> list[DType]:
        """The types of the tensors that stand here."""
        if self.is_list and self.number is None:
            return list(attrs[typing.cast("str", self.type)])
        dtype = self.type if isinstance(self.type, DType) else attrs[self.type]
        if self.is_ref:
            dtype = dtype.ref
        if self.number is None:
            return [dtype]
        count = int(attrs[self.number])
        if count > MAX_COUNT:
            raise InvalidArgumentError(
                f"attribute {self.number!r} must be at most {MAX_COUNT}, not {count}"
            )
        return [dtype] * count


#: Type of an attribute → the Python types of its values.
_KINDS: Mapping[str, tuple[type, ...]] = {
    "bool": (bool,),
    "float": (float,),
    "func": (Func,),
    "int": (int,),
    "shape": (tuple, type(None)),
    "string": (str,),
    "tensor": (np.ndarray,),
    "type": (DType,),
}


class Attr(typing.NamedTuple):
    """One attribute of a schema.

    Attributes:
        name: TensorFlow's name.
        type: `int`, `float`, `bool`, `string`, `type`, `shape`, `tensor`, `func`, or `list(…)` of one.
        default: its default, or REQUIRED.
        allowed: the allowed strings or DTypes; empty means any.
        minimum: the smallest number or list length, or None.
    """

    name: str
    type: str
    default: Any = REQUIRED
    allowed: tuple[Any, ...] = ()
    minimum: int | None = None

    def holds(self, value: Any) -> bool:
        """Whether a value is of this attribute's type, as those that are read from files may not be."""
        if self.type.startswith("list("):
            kind = _KINDS[self.type[5:-1]]
            return isinstance(value, list) and all(type(item) in kind for item in value)
        return type(value) in _KINDS[self.type]

    def check(self, value: Any) -> Any:
        """`value`, if this attribute may have it.

        Raises:
            InvalidArgumentError: it may not.
        """
        if self.type == "list(type)":
            if self.allowed and any(item not in self.allowed for item in value):
                self._refuse([item.name for item in value])
        elif self.allowed and value not in self.allowed:
            self._refuse(value.name if isinstance(value, DType) else value)
        if self.minimum is not None:
            count = len(value) if self.type.startswith("list(") else value
            if count < self.minimum:
                raise InvalidArgumentError(
                    f"attribute {self.name!r} must be at least {self.minimum}, not {count}"
                )
        return value

    def _refuse(self, value: Any) -> None:
        shown = ", ".join(
            item.name if isinstance(item, DType) else repr(item) for item in self.allowed
        )
        raise InvalidArgumentError(f"attribute {self.name!r} must be one of {shown}, not {value!r}")


class Schema(typing.NamedTuple):
    """Names and types of an op's inputs, outputs and attributes: TensorFlow's OpDef."""

    inputs: tuple[Arg, ...]
    outputs: tuple[Arg, ...]
    attrs: Mapping[str, Attr]

    def complete(self, attrs: Mapping[str, Any], op_name: str) -> dict[str, Any]:
        """`attrs` checked, with the defaults of those that are absent; unknown ones are dropped.

        Raises:
            InvalidArgumentError: one without a default is absent, or a value is not allowed.
        """
        full = {}
        for name, attr in self.attrs.items():
            if name in attrs:
                full[name] = attr.check(attrs[name])
            elif attr.default is REQUIRED:
                raise InvalidArgumentError(f"{op_name} must have the attribute {name!r}")
            else:
                full[name] = attr.default
        return full

    def input_dtypes(self, attrs: Mapping[str, Any]) -> list[DType]:
        """The types of the flat inputs."""
        return [dtype for arg in self.inputs for dtype in arg.dtypes(attrs)]

    def output_dtypes(self, attrs: Mapping[str, Any]) -> list[DType]:
        """The types of the flat outputs."""
        return [dtype for arg in self.outputs for dtype in arg.dtypes(attrs)]

    def input_slices(self, attrs: Mapping[str, Any]) -> list[slice | int]:
        """Where each input lies among the flat ones: an index, or a slice for a list."""
        return _slices(self.inputs, attrs)

    def output_slices(self, attrs: Mapping[str, Any]) -> list[slice | int]:
        """Where each output lies among the flat ones: an index, or a slice for a list."""
        return _slices(self.outputs, attrs)

    def infer(self, inputs: Mapping[str, Any], op_name: str) -> dict[str, Any]:
        """The type and number attributes that the dtypes of `inputs` determine.

        Args:
            inputs: by name, a DType or, for a list argument, a sequence of DTypes.
            op_name: for the error message.

        Raises:
            InvalidArgumentError: two inputs disagree.
        """
        found: dict[str, Any] = {}

        def learn(name: str, value: Any, arg: Arg) -> None:
            if found.setdefault(name, value) != value:
                raise InvalidArgumentError(
                    f"{op_name}: input {arg.name!r} must agree with {name} = "
                    f"{shown(found[name])}, not {shown(value)}"
                )

        for arg in self.inputs:
            if arg.name not in inputs:
                continue
            value = inputs[arg.name]
            if arg.number is not None:
                learn(arg.number, len(value), arg)
                if isinstance(arg.type, str):
                    for dtype in value:
                        learn(arg.type, dtype.base_dtype, arg)
            elif arg.is_list:
                learn(typing.cast("str", arg.type), [dtype.base_dtype for dtype in value], arg)
            elif isinstance(arg.type, str):
                learn(arg.type, value.base_dtype, arg)
            for dtype in value if arg.is_list else (value,):
                _require_fixed(arg, dtype, op_name)
        return found


def _require_fixed(arg: Arg, found: DType, op_name: str) -> None:
    """Raise InvalidArgumentError if an input of one certain type has another."""
    # Arrays of objects stand for strings, handles and variants alike.
    objects = ("string", "resource", "variant")
    if not isinstance(arg.type, DType) or found.base_dtype is arg.type:
        return
    if arg.type.name not in objects or found.base_dtype.name not in objects:
        raise InvalidArgumentError(
            f"{op_name}: input {arg.name!r} must be {arg.type.name}, not {found.base_dtype.name}"
        )


def shown(value: Any) -> str:
    """An attribute value for a message."""
    return value.name if isinstance(value, DType) else repr(value)


def _slices(args: tuple[Arg, ...], attrs: Mapping[str, Any]) -> list[slice | int]:
    places: list[slice | int] = []
    position = 0
    for arg in args:
        if arg.is_list:
            count = int(attrs[arg.number]) if arg.number else len(attrs[str(arg.type)])
            places.append(slice(position, position + count))
            position += count
        else:
            places.append(position)
            position += 1
    return places


_SPEC = re.compile(r"([\w>|]+)\((.*?)\)\s*(?:->\s*(.*))?$", re.DOTALL)
_REF = re.compile(r"Ref\(\s*(\w+)\s*\)")
_FIXED = {name for name in dtypes._BY_NAME if not name.startswith("DT_")}


def _parse_args(text: str, type_attrs: Mapping[str, Any]) -> tuple[Arg, ...]:
    args = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, kind = (piece.strip() for piece in part.partition(":"))
        number, star, kind = (piece.strip() for piece in kind.rpartition("*"))
        number_name = number if star else None
        is_ref = kind.startswith("Ref(")
        if is_ref:
            kind = kind[4:-1].strip()
        declared = type_attrs.get(kind)
        if declared is None and kind not in _FIXED:
            raise InternalError(f"argument {name!r}: {kind!r} must be a type or a type attribute")
        is_list = number_name is not None or (declared is not None and declared.is_list)
        dtype = kind if declared is not None else as_dtype(kind)
        args.append(Arg(name, dtype, number_name, is_list, is_ref))
    return tuple(args)


def _attr_type(annotation: Any) -> tuple[str, tuple[Any, ...]]:
    """The attribute type of a parameter's annotation, and the allowed values."""
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return "string", typing.get_args(annotation)
    if origin in (list, Sequence):
        kind, allowed = _attr_type(typing.get_args(annotation)[0])
        return f"list({kind})", allowed
    simple = {int: "int", float: "float", bool: "bool", str: "string", DType: "type", Func: "func"}
    if annotation in simple:
        return simple[annotation], ()
    if annotation in (Shape, tuple[int | None, ...] | None):
        return "shape", ()
    if annotation == Array:
        return "tensor", ()
    raise InternalError(f"no attribute type for the annotation {annotation!r}")


def names_in(spec: str) -> tuple[str, ...]:
    """The names of an op; the rest of its schema is looked at by `build_schema`.

    Raises:
        InternalError: it has none.
    """
    names = tuple(spec.partition("(")[0].strip().split("|"))
    if not all(name.replace(">", "_").isidentifier() for name in names):
        raise InternalError(f"not an op schema: {spec!r}")
    return names


def build_schema(
    spec: str,
    declarations: Mapping[str, Any],
    kernel: Callable[..., Any],
) -> Schema:
    """The schema that a decorator and a kernel state together.

    Args:
        spec: names, inputs and outputs, the latter in the notation of REGISTER_OP.
        declarations: the type attributes, and the limits of numbers.
        kernel: its keyword-only parameters are the other attributes; those with an underscore are private ones, which
            have a default and are no part of the schema.  Inputs that it takes for other versions of the op have a default.

    Raises:
        InternalError: they do not fit together.
    """
    match = _SPEC.match(_REF.sub(r"Ref<\1>", " ".join(spec.split())))
    if match is None:
        raise InternalError(f"not an op schema: {spec!r}")
    op_name, texts = names_in(spec)[0], (match.group(2) or "", match.group(3) or "")
    parameters = inspect.signature(kernel).parameters
    attrs: dict[str, Attr] = {}
    type_attrs = {k: v for k, v in declarations.items() if isinstance(v, TypeSet)}
    for name, kinds in type_attrs.items():
        default: Any = REQUIRED
        if kinds.default is not None:
            default = (
                [as_dtype(n) for n in kinds.default] if kinds.is_list else as_dtype(kinds.default)
            )
        attrs[name] = Attr(
            name,
            "list(type)" if kinds.is_list else "type",
            default,
            tuple(as_dtype(n) for n in kinds.names),
            kinds.minimum if kinds.is_list else None,
        )
    restored = [re.sub(r"Ref<(\w+)>", r"Ref(\1)", text) for text in texts]
    inputs, outputs = (_parse_args(text, type_attrs) for text in restored)
    for arg in (*inputs, *outputs):
        if arg.number is not None and arg.number not in attrs:
            declared = declarations.get(arg.number)
            least = declared if isinstance(declared, at_least) else at_least(1)
            attrs[arg.number] = Attr(arg.number, "int", least.default, (), least.minimum)
    taken = [
        p
        for p in parameters.values()
        if p.kind is not p.KEYWORD_ONLY and p.kind is not p.VAR_POSITIONAL and p.name != "ctx"
    ]
    # Inputs that only later versions of the op have stand at the end.
    while len(taken) > len(inputs) and taken[-1].default is not inspect.Parameter.empty:
        taken.pop()
    positional = [p.name.rstrip("_") for p in taken]
    takes_all = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    if positional != [arg.name for arg in inputs] and not takes_all:
        raise InternalError(
            f"{op_name}: the kernel's positional parameters must be "
            f"{[arg.name for arg in inputs]}, not {positional}"
        )
    for p in parameters.values():
        if p.kind is p.KEYWORD_ONLY and p.name.startswith("_") and p.default is p.empty:
            raise InternalError(f"{op_name}: the private attribute {p.name!r} must have a default")
    others = [
        p
        for p in parameters.values()
        if p.kind is p.KEYWORD_ONLY
        and p.name != "out"
        and p.name not in attrs
        and not p.name.startswith("_")
    ]
    # To evaluate annotations takes longer than all the rest, and few ops have attributes of their own.
    hints = typing.get_type_hints(kernel) if others else {}
    for p in others:
        kind, allowed = _attr_type(hints[p.name])
        default = REQUIRED if p.default is p.empty else p.default
        declared = declarations.get(p.name)
        minimum = declared.minimum if isinstance(declared, at_least) else None
        attrs[p.name] = Attr(p.name, kind, default, allowed, minimum)
    return Schema(inputs, outputs, attrs)
