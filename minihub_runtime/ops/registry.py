"""What an op is, and the table of all of them.

    @op("Softmax(logits: T) -> softmax: T", T=FLOATS, source="core/kernels/softmax_op.cc")
    def softmax(logits: Array) -> Array:
        ...

    @softmax.shape
    def softmax_shape(logits: Spec) -> Shape:
        return logits.shape

The first argument is the schema; see `ops.schema`.  Type attributes are keywords of the decorator.  All other attributes are
the keyword-only parameters of the kernel, under TensorFlow's names, with TensorFlow's defaults; their annotations are the
attribute types.  A kernel that wants a type attribute names it as a keyword-only parameter annotated DType.

Reading a schema costs, so it is done when an op is first used.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import InternalError, InvalidArgumentError, OpError
from minihub_runtime.ops.schema import (
    ANY,
    ANY_LIST,
    COMPLEX,
    FLOATS,
    HALF_FLOATS,
    INDEX,
    NUMBERS,
    REALS,
    REQUIRED,
    Arg,
    Array,
    Attr,
    Schema,
    TypeSet,
    at_least,
    build_schema,
    names_in,
    shown,
    types,
    types_list,
)
from minihub_runtime.shapes import Shape, Spec, show

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
    "older",
    "op",
    "types",
    "types_list",
    "without_gradient",
]

#: Every `source=` is a path below `tensorflow/` at this tag.
TENSORFLOW_TAG = "v2.15.1"

#: How results compare with TensorFlow's: bit for bit; to rounding; drawn at random (bit for bit with a seed).
Precision: TypeAlias = Literal["exact", "rounding", "random"]
EXACT: Precision = "exact"
ROUNDING: Precision = "rounding"
RANDOM: Precision = "random"


class Op:
    """One op: its schema, and the rules attached to it.

    Calling it runs the kernel on arrays: inputs positional or by name, attributes by name; type and number
    attributes follow from the inputs.

    Attributes:
        name: its name; `names` also has the aliases.
        kernel: the function on arrays.
        source: where TensorFlow says what it does, a path below `tensorflow/`.
        precision: how results compare with TensorFlow's.
        ranks: input → the rank it must have, where the shape rule needs no more of it.
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
        ranks: Mapping[str, int] | None = None,
    ) -> None:
        self.names = names_in(spec)
        self.name = self.names[0]
        self._spec = spec
        self._type_attrs = type_attrs
        self.kernel = kernel
        self.source = source
        self.precision = precision
        self.stateful = stateful
        self.views = views
        self.shape_rule = shape
        self.ranks = ranks or {}
        self.gradient_rule: Callable[..., Any] | None = None
        self.no_gradient = False
        code = kernel.__code__ if hasattr(kernel, "__code__") else None
        self.wants_context = bool(code and code.co_argcount and code.co_varnames[0] == "ctx")

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    @functools.cached_property
    def schema(self) -> Schema:
        """Inputs, outputs and attributes, checked against the kernel's parameters."""
        return build_schema(self._spec, self._type_attrs, self.kernel)

    @functools.cached_property
    def _keywords(self) -> dict[str, Any]:
        """The attributes the kernel takes, private ones too, and their defaults."""
        parameters = inspect.signature(self.kernel).parameters.values()
        return {
            p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "out"
        }

    @functools.cached_property
    def kernel_attrs(self) -> tuple[str, ...]:
        """The attributes the kernel takes."""
        return tuple(name for name in self._keywords if not name.startswith("_"))

    @functools.cached_property
    def private_attrs(self) -> dict[str, Any]:
        """The private attributes the kernel takes, which are no part of the schema, with their defaults."""
        return {name: value for name, value in self._keywords.items() if name.startswith("_")}

    @functools.cached_property
    def takes_references(self) -> bool:
        """Whether it is given references, and so may change what they refer to, stateful or not."""
        return any(arg.is_ref for arg in self.schema.inputs)

    @functools.cached_property
    def accepts_out(self) -> bool:
        """Whether the kernel can write into a given array."""
        return "out" in inspect.signature(self.kernel).parameters

    def private(self, attrs: Mapping[str, Any]) -> dict[str, Any]:
        """The private attributes the kernel takes, absent ones with their defaults.

        Raises:
            InvalidArgumentError: one is of another type.
        """
        found = {name: attrs.get(name, default) for name, default in self.private_attrs.items()}
        for name, value in found.items():
            wanted = type(self.private_attrs[name])
            if type(value) is not wanted:
                raise InvalidArgumentError(
                    f"{self.name}: attribute {name!r} must be {wanted.__name__}, not "
                    f"{type(value).__name__}"
                )
        return found

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
        if self.private_attrs:
            chosen.update(self.private(attrs))
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
                    f"{shown(inferred[name])}, not {shown(attrs[name])}"
                )
        flat: list[Any] = []
        for arg in schema.inputs:
            value = given[arg.name]
            flat.extend(value) if arg.is_list else flat.append(value)
        with np.errstate(all="ignore"):
            return self.bind(attrs, ctx)(*flat)

    def gradient(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Attach the gradient rule.

        The rule receives `ops`, a namespace in which each op adds a node, then whichever of the op's inputs,
        outputs and attributes it names (tensors as terms, see `ops.terms`; `attrs` holds all attributes that
        are no types), and `grad`, the gradient of the first output, or `grads`, a list with the gradients of all: None for one that is of no differentiable
        type.  It returns one gradient, or None, per input: one alone as it is, several as a tuple, a list for
        a list argument.
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
            if name not in self._ops:
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
        found = self._ops.get(name) or self._find(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._ops or self._find(name) is not None

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
    ranks: Mapping[str, int] | None = None,
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
        ranks: input → the rank it must have, for inputs that the shape rule does not look at.
        like: an op whose source, precision, shape, ranks and gradient rule this one shares where it says nothing else.
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
            ranks=ranks or (like.ranks if like else None),
        )
        if like is not None:
            new.gradient_rule, new.no_gradient = like.gradient_rule, like.no_gradient
        REGISTRY.add(new)
        return new

    return register


def older(new: Op, name: str, *absent: str) -> Op:
    """Register an op of older graphs: `new` under its former name, without the attributes that came later.

    Args:
        new: the op as it is now.
        name: its former name.
        absent: the attributes that it did not have; the kernel gets their defaults.
    """
    kernel = new.kernel
    takes_context = new.wants_context

    def former(ctx: Any, *inputs: Any, **attrs: Any) -> Any:
        return kernel(ctx, *inputs, **attrs)

    def stateless(*inputs: Any, **attrs: Any) -> Any:
        return kernel(*inputs, **attrs)

    made = functools.wraps(kernel)(former if takes_context else stateless)
    signature = inspect.signature(kernel)
    kept = [p for p in signature.parameters.values() if p.name not in absent]
    made.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
    made.__doc__ = f"{new.name} of older graphs.\n\n{kernel.__doc__}"
    spec = name + new._spec[new._spec.index("(") :]
    kinds = {key: kind for key, kind in new._type_attrs.items() if key not in absent}
    return op(spec, like=new, **kinds)(made)


def without_gradient(*names: str) -> None:
    """Say of ops that they have no gradient: what they compute is constant, or no number, wherever it is smooth."""
    for name in names:
        REGISTRY[name].no_gradient = True


@functools.cache
def _parameters(rule: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a shape rule."""
    return inspect.signature(rule).parameters


def infer_shapes(op: Op, attrs: Mapping[str, Any], inputs: Sequence[Spec]) -> list[Shape]:
    """The static shapes of the flat outputs; unknown where there is no rule.

    Raises:
        InvalidArgumentError: the rule refuses the inputs, or one has not the rank it must have.
    """
    schema, rule = op.schema, op.shape_rule
    count = len(schema.output_dtypes(attrs))
    if rule is None and not op.ranks:
        return [None] * count
    named: dict[str, Any] = {
        arg.name: inputs[place] if isinstance(place, int) else list(inputs[place])
        for arg, place in zip(schema.inputs, schema.input_slices(attrs), strict=True)
    }
    for name, rank in op.ranks.items():
        found_rank = named[name].rank
        if found_rank not in (rank, None):
            shape = show(named[name].shape)
            raise InvalidArgumentError(f"{name} must have rank {rank}, not shape {shape}")
    if rule is None:
        return [None] * count
    wanted = _parameters(rule)
    try:
        if any(p.kind is p.VAR_POSITIONAL for p in wanted.values()):
            result = rule(*inputs)
        else:
            # Inputs of other versions of the op have a default, as in a kernel.
            result = rule(
                **{
                    n: named[n] if n in named else attrs[n]
                    for n, p in wanted.items()
                    if n in named or n in attrs or p.default is p.empty
                }
            )
    except OpError:
        raise
    except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError) as error:
        # As in a run: the rule's checks come first, so this is an input that no check foresaw.
        shapes = [show(spec.shape) for spec in inputs]
        raise InvalidArgumentError(f"{error} (inputs of shapes {shapes})") from error
    found = result if isinstance(result, list) else [result]
    if len(found) != count:
        # Attributes that no argument ties together, such as a number of features and a list of their types.
        raise InvalidArgumentError(
            f"attributes must agree on the number of outputs, not give {count} and {len(found)}"
        )
    return found
