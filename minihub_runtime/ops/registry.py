"""What an op is, and the table of all of them.

    @op("Softmax(logits: T) -> softmax: T", T=FLOATS, source="core/kernels/softmax_op.cc")
    def softmax(logits: Array) -> Array:
        ...

    @softmax.shape
    def softmax_shape(logits: Spec) -> Shape:
        return logits.shape

The first argument is the schema in the notation of TensorFlow's REGISTER_OP: `x: T` one tensor, `xs: N * T` a list of
N tensors of one type, `xs: Tin` a list whose types are the list attribute Tin, `x: Ref(T)` a reference.  Type
attributes are keywords of the decorator.  All other attributes are the keyword-only parameters of the kernel, under
TensorFlow's names, with TensorFlow's defaults; their annotations are the attribute types.  A kernel that wants a type
attribute names it as a keyword-only parameter annotated DType.

Reading a schema costs, so it is done when an op is first used.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime import dtypes
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InternalError, InvalidArgumentError
from minihub_runtime.shapes import Shape, Spec

__all__ = [
    "ANY",
    "ANY_LIST",
    "COMPLEX",
    "EXACT",
    "FLOATS",
    "HALF_FLOATS",
    "INDEX",
    "NUMBERS",
    "RANDOM",
    "REALS",
    "REGISTRY",
    "REQUIRED",
    "ROUNDING",
    "TENSORFLOW_TAG",
    "Arg",
    "Array",
    "Attr",
    "Func",
    "Op",
    "Precision",
    "Registry",
    "Schema",
    "TypeSet",
    "at_least",
    "infer_shapes",
    "op",
    "types",
    "types_list",
]

#: Every `source=` is a path below `tensorflow/` at this tag.
TENSORFLOW_TAG = "v2.15.1"

Array: TypeAlias = NDArray[Any]

#: How results compare with TensorFlow's: bit for bit; to rounding; drawn at random (bit for bit with a seed).
Precision: TypeAlias = Literal["exact", "rounding", "random"]
EXACT: Precision = "exact"
ROUNDING: Precision = "rounding"
RANDOM: Precision = "random"


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
                    f"{_show(found[name])}, not {_show(value)}"
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


def _show(value: Any) -> str:
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


class Op:
    """One op: its schema, and the rules attached to it.

    Calling it runs the kernel on arrays: inputs positional or by name, attributes by name; type and number
    attributes follow from the inputs.

    Attributes:
        name: its name; `names` also has the aliases.
        kernel: the function on arrays.
        source: where TensorFlow says what it does, a path below `tensorflow/`.
        precision: how results compare with TensorFlow's.
        stateful: whether running it twice, or not at all, can be told apart; no pass folds, merges or drops it.
        views: whether the output may be a view of an input.
        wants_context: whether the kernel takes `ctx` first.
        gradient_rule: see `gradient`.
        shape_rule: see `shape`.
        no_gradient: whether the op is known to have no gradient.
    """

    def __init__(
        self,
        spec: str,
        kernel: Callable[..., Any],
        type_attrs: Mapping[str, Any],
        *,
        source: str,
        precision: Precision = EXACT,
        stateful: bool = False,
        views: bool = False,
        shape: Callable[..., Any] | None = None,
    ) -> None:
        match = _SPEC.match(_REF.sub(r"Ref<\1>", " ".join(spec.split())))
        if match is None:
            raise InternalError(f"not an op schema: {spec!r}")
        self.names = tuple(match.group(1).split("|"))
        self.name = self.names[0]
        self._texts = (match.group(2) or "", match.group(3) or "")
        self._type_attrs = type_attrs
        self.kernel = kernel
        self.source = source
        self.precision = precision
        self.stateful = stateful
        self.views = views
        self.shape_rule = shape
        self.gradient_rule: Callable[..., Any] | None = None
        self.no_gradient = False
        code = kernel.__code__ if hasattr(kernel, "__code__") else None
        self.wants_context = bool(code and code.co_argcount and code.co_varnames[0] == "ctx")

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    @functools.cached_property
    def schema(self) -> Schema:
        """Inputs, outputs and attributes, checked against the kernel's parameters."""
        parameters = inspect.signature(self.kernel).parameters
        hints = typing.get_type_hints(self.kernel)
        attrs: dict[str, Attr] = {}
        type_attrs = {k: v for k, v in self._type_attrs.items() if isinstance(v, TypeSet)}
        for name, kinds in type_attrs.items():
            default: Any = REQUIRED
            if kinds.default is not None:
                default = (
                    [as_dtype(n) for n in kinds.default]
                    if kinds.is_list
                    else as_dtype(kinds.default)
                )
            attrs[name] = Attr(
                name,
                "list(type)" if kinds.is_list else "type",
                default,
                tuple(as_dtype(n) for n in kinds.names),
                kinds.minimum if kinds.is_list else None,
            )
        restored = [re.sub(r"Ref<(\w+)>", r"Ref(\1)", text) for text in self._texts]
        inputs, outputs = (_parse_args(text, type_attrs) for text in restored)
        for arg in (*inputs, *outputs):
            if arg.number is not None and arg.number not in attrs:
                declared = self._type_attrs.get(arg.number)
                least = declared if isinstance(declared, at_least) else at_least(1)
                attrs[arg.number] = Attr(arg.number, "int", least.default, (), least.minimum)
        positional = [
            p.name.rstrip("_")
            for p in parameters.values()
            if p.kind is not p.KEYWORD_ONLY and p.kind is not p.VAR_POSITIONAL and p.name != "ctx"
        ]
        takes_all = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
        if positional != [arg.name for arg in inputs] and not takes_all:
            raise InternalError(
                f"{self.name}: the kernel's positional parameters must be "
                f"{[arg.name for arg in inputs]}, not {positional}"
            )
        for p in parameters.values():
            if p.kind is not p.KEYWORD_ONLY or p.name in ("out", *attrs):
                continue
            kind, allowed = _attr_type(hints[p.name])
            default = REQUIRED if p.default is p.empty else p.default
            declared = self._type_attrs.get(p.name)
            minimum = declared.minimum if isinstance(declared, at_least) else None
            attrs[p.name] = Attr(p.name, kind, default, allowed, minimum)
        return Schema(inputs, outputs, attrs)

    @functools.cached_property
    def kernel_attrs(self) -> tuple[str, ...]:
        """The attributes the kernel takes."""
        parameters = inspect.signature(self.kernel).parameters.values()
        return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "out")

    @functools.cached_property
    def accepts_out(self) -> bool:
        """Whether the kernel can write into a given array."""
        return "out" in inspect.signature(self.kernel).parameters

    def bind(self, attrs: Mapping[str, Any], ctx: Any = None) -> Callable[..., Any]:
        """The kernel as a function of the flat inputs alone.

        Args:
            attrs: the node's attributes; absent ones get their defaults.
            ctx: the context, for kernels that want one.

        Raises:
            InvalidArgumentError: an attribute is absent or not allowed.
        """
        full = self.schema.complete(attrs, self.name)
        chosen = {name: full[name] for name in self.kernel_attrs}
        call = self.kernel
        if self.wants_context:
            call = functools.partial(call, ctx)
        if chosen:
            call = functools.partial(call, **chosen)
        if not any(arg.is_list for arg in self.schema.inputs):
            return call
        places = self.schema.input_slices(full)

        def regroup(*flat: Any) -> Any:
            return call(*[flat[place] for place in places])

        return regroup

    def __call__(self, *inputs: Any, ctx: Any = None, **named: Any) -> Any:
        """Run the kernel on arrays; type and number attributes follow from the inputs."""
        schema = self.schema
        given = dict(zip((arg.name for arg in schema.inputs), inputs, strict=False))
        given.update({arg.name: named.pop(arg.name) for arg in schema.inputs if arg.name in named})
        kinds = {
            name: [as_dtype(v.dtype) for v in value]
            if isinstance(value, (list, tuple))
            else as_dtype(value.dtype)
            if isinstance(value, np.ndarray)
            else dtypes.resource
            for name, value in given.items()
        }
        inferred = schema.infer(kinds, self.name)
        attrs = {**inferred, **named}
        for name, attr in schema.attrs.items():
            if name in named and attr.type == "type":
                attrs[name] = as_dtype(named[name])
            elif name in named and attr.type == "list(type)":
                attrs[name] = [as_dtype(item) for item in named[name]]
            if name in inferred and attrs[name] != inferred[name]:
                raise InvalidArgumentError(
                    f"{self.name}: attribute {name!r} must be that of the inputs, "
                    f"{_show(inferred[name])}, not {_show(attrs[name])}"
                )
        flat: list[Any] = []
        for arg in schema.inputs:
            value = given[arg.name]
            flat.extend(value) if arg.is_list else flat.append(value)
        return self.bind(attrs, ctx)(*flat)

    def gradient(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Attach the gradient rule.

        The rule receives `ops`, a namespace in which each op adds a node, then whichever of the op's inputs,
        outputs and attributes it names, and `grad` (or `grads` for several outputs): the gradients of the
        outputs.  It returns one gradient, or None, per input.
        """
        self.gradient_rule = rule
        return rule

    def shape(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Attach the shape rule.

        The rule's parameters are any of the op's inputs (each a Spec, a list argument a list of Specs) and
        attributes.  It returns the Shape of the output or, for several outputs or a list output, a list of
        Shapes, one per flat output.
        """
        self.shape_rule = rule
        return rule


class Registry(Mapping[str, Op]):
    """Op name → Op; asking for an op imports its family, listing the ops imports all of them."""

    def __init__(self) -> None:
        self._ops: dict[str, Op] = {}
        self._complete = False

    def add(self, new: Op) -> None:
        """Add an op under all its names.

        Raises:
            InternalError: a name is taken.
        """
        for name in new.names:
            if name in self._ops:
                raise InternalError(f"op {name!r} is registered twice")
            self._ops[name] = new

    def discard(self, name: str) -> None:
        """Remove an op under all its names; nothing happens if there is none."""
        found = self._ops.get(name)
        for alias in found.names if found else ():
            self._ops.pop(alias, None)

    def registered(self) -> dict[str, Op]:
        """The ops of the families imported so far."""
        return dict(self._ops)

    def _find(self, name: object) -> Op | None:
        """The op of that name.

        A name that the index does not have may be that of an op added since the index was written, so
        all families are imported before the answer is no.
        """
        found = self._ops.get(name)  # type: ignore[call-overload]
        if found is None and not self._complete:
            from minihub_runtime.ops.index import FAMILY_OF

            family = FAMILY_OF.get(name)  # type: ignore[call-overload]
            if family is not None:
                importlib.import_module(f"minihub_runtime.ops.{family}")
            else:
                self._load_all()
            found = self._ops.get(name)  # type: ignore[call-overload]
        return found

    def _load_all(self) -> dict[str, Op]:
        if not self._complete:
            import minihub_runtime.ops as families

            families.load_all()
            self._complete = True
        return self._ops

    def __getitem__(self, name: str) -> Op:
        found = self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._load_all())

    def __len__(self) -> int:
        return len(self._load_all())


REGISTRY = Registry()


def op(
    spec: str,
    *,
    source: str = "",
    precision: Precision = EXACT,
    stateful: bool = False,
    views: bool = False,
    shape: Callable[..., Any] | None = None,
    like: Op | None = None,
    **type_attrs: TypeSet | at_least,
) -> Callable[[Callable[..., Any]], Op]:
    """Decorator that registers a kernel as an op; see the module docstring.

    Args:
        spec: the schema, `Name|Alias(input: T, …) -> output: T, …`; aliases must have the same OpDef.
        source: where TensorFlow says what it does, a path below `tensorflow/`, optionally `:symbol`.
        precision: how results compare with TensorFlow's.
        stateful: whether running it has effects, or it draws at random.
        views: whether the output may be a view of an input.
        shape: the shape rule, if it is one of the common ones in `shape_rules`.
        like: an op whose source, precision, shape and gradient rule this one shares where it says nothing else.
        type_attrs: the type attributes, and `N=at_least(2)` for number attributes.
    """

    def register(kernel: Callable[..., Any]) -> Op:
        new = Op(
            spec,
            kernel,
            type_attrs,
            source=source or (like.source if like else ""),
            precision=like.precision if like and precision == EXACT else precision,
            stateful=stateful or bool(like and like.stateful),
            views=views or bool(like and like.views),
            shape=shape or (like.shape_rule if like else None),
        )
        if like is not None:
            new.gradient_rule, new.no_gradient = like.gradient_rule, like.no_gradient
        REGISTRY.add(new)
        return new

    return register


def infer_shapes(
    schema: Schema,
    rule: Callable[..., Any] | None,
    attrs: Mapping[str, Any],
    inputs: Sequence[Spec],
) -> list[Shape]:
    """The static shapes of the flat outputs; unknown where there is no rule.

    Raises:
        InvalidArgumentError: the rule refuses the inputs.
    """
    count = len(schema.output_dtypes(attrs))
    if rule is None:
        return [None] * count
    named: dict[str, Any] = {
        arg.name: inputs[place] if isinstance(place, int) else list(inputs[place])
        for arg, place in zip(schema.inputs, schema.input_slices(attrs), strict=True)
    }
    wanted = inspect.signature(rule).parameters
    if any(p.kind is p.VAR_POSITIONAL for p in wanted.values()):
        result = rule(*inputs)
    else:
        result = rule(**{n: named[n] if n in named else attrs[n] for n in wanted})
    return result if isinstance(result, list) else [result]
