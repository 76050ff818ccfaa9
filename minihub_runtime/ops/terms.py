"""What gradient rules compute with: terms, and a namespace of ops on them.

    @softplus.gradient
    def softplus_gradient(ops: Ops, grad: Term, features: Term) -> Term:
        return ops.SoftplusGrad(grad, features)

A `Term` stands for a tensor.  It has the arithmetic of Python, a `dtype`, and, as far as they are known before anything
runs, a `shape` and a `value`.  `ops.MatMul(a, b, transpose_b=True)` applies an op: inputs by position or name, attributes by
name, numbers, lists and arrays in the place of inputs.  Where the values come from is the business of a subclass of `Ops`:
one adds nodes to a graph, one computes with arrays at once.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, float_to_bfloat16
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.registry import REGISTRY, Op, Schema
from minihub_runtime.shapes import Shape

__all__ = ["Ops", "Slices", "Term", "Zeros"]


class Term:
    """A tensor as a gradient rule sees it.

    Attributes:
        ops: the namespace it was made in.
        known_zero: whether all its elements are zero, and nothing was computed for it.
        sliced: whether it is given by some of its slices; see `Slices`.
    """

    # NumPy shall leave arithmetic of an array and a term to the term.
    __array_ufunc__ = None
    __slots__ = ("_ref", "ops")

    known_zero = False
    sliced = False

    def __init__(self, ops: Ops, ref: Any) -> None:
        self.ops = ops
        self._ref = ref

    @property
    def ref(self) -> Any:
        """What stands for the tensor where its ops come from."""
        return self._ref

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self.ops.dtype_of(self.ref)

    @property
    def shape(self) -> Shape:
        """What is known of the shape."""
        return self.ops.shape_of(self.ref)

    @property
    def rank(self) -> int | None:
        """The number of dimensions, None if unknown."""
        shape = self.shape
        return None if shape is None else len(shape)

    @property
    def value(self) -> Any:
        """The value if it is a small constant, else None."""
        return self.ops.value_of(self.ref)

    @property
    def parts(self) -> tuple[Term, ...]:
        """The tensors that it is given by."""
        return (self,)

    def with_parts(self, parts: Sequence[Term]) -> Term:
        """A term of the same kind that is given by other tensors."""
        return parts[0]

    def map_values(self, function: Callable[[Term], Term]) -> Term:
        """`function`, which maps zero to zero element by element, of this tensor."""
        return function(self)

    def __add__(self, other: Any) -> Term:
        return self.ops.AddV2(self, other)

    def __radd__(self, other: Any) -> Term:
        return self.ops.AddV2(other, self)

    def __sub__(self, other: Any) -> Term:
        return self.ops.Sub(self, other)

    def __rsub__(self, other: Any) -> Term:
        return self.ops.Sub(other, self)

    def __mul__(self, other: Any) -> Term:
        return self.ops.Mul(self, other)

    def __rmul__(self, other: Any) -> Term:
        return self.ops.Mul(other, self)

    def __truediv__(self, other: Any) -> Term:
        return self.ops.RealDiv(self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return self.ops.RealDiv(other, self)

    def __floordiv__(self, other: Any) -> Term:
        return self.ops.FloorDiv(self, other)

    def __mod__(self, other: Any) -> Term:
        return self.ops.FloorMod(self, other)

    def __neg__(self) -> Term:
        return self.ops.Neg(self)

    def __getitem__(self, items: Any) -> Term:
        """The part that integers, terms and slices select, one per dimension from the first on, or beside `...`."""
        chosen = items if isinstance(items, tuple) else (items,)
        begin, end = [], []
        begin_mask = end_mask = ellipsis_mask = shrink_axis_mask = 0
        for axis, item in enumerate(chosen):
            bit = 1 << axis
            if item is Ellipsis:
                begin.append(0)
                end.append(0)
                ellipsis_mask |= bit
            elif isinstance(item, slice):
                if item.step is not None:
                    raise InvalidArgumentError("a term's slices must have no step")
                begin.append(0 if item.start is None else item.start)
                end.append(0 if item.stop is None else item.stop)
                begin_mask |= bit * (item.start is None)
                end_mask |= bit * (item.stop is None)
            else:
                begin.append(item)
                end.append(item + 1)
                # -1 + 1 is not the end.
                end_mask |= bit * (isinstance(item, int) and item == -1)
                shrink_axis_mask |= bit
        return self.ops.StridedSlice(
            self,
            begin,
            end,
            [1] * len(chosen),
            begin_mask=begin_mask,
            end_mask=end_mask,
            ellipsis_mask=ellipsis_mask,
            shrink_axis_mask=shrink_axis_mask,
        )


class Zeros(Term):
    """The gradient of an output that nothing depends on; no op is applied before a rule computes with it."""

    __slots__ = ("_like",)

    known_zero = True

    def __init__(self, like: Term) -> None:
        super().__init__(like.ops, None)
        self._like = like

    @property
    def ref(self) -> Any:
        """A tensor of zeros."""
        if self._ref is None:
            self._ref = self.ops.zeros_like(self._like).ref
        return self._ref


class Slices(Term):
    """Slices along the first axis of a tensor that is zero elsewhere; slices of one index are summed.

    It is a term like any other; only ops that need the whole tensor make it.

    Attributes:
        values: the slices, stacked.
        indices: their places.
        dense_shape: the shape of the whole.
    """

    __slots__ = ("dense_shape", "indices", "values")

    sliced = True

    def __init__(self, values: Term, indices: Term, dense_shape: Term | None) -> None:
        super().__init__(values.ops, None)
        self.values = values
        self.indices = indices
        self.dense_shape = dense_shape

    @property
    def ref(self) -> Any:
        """The whole tensor.

        Raises:
            ValueError: the shape of the whole is not known.
        """
        if self._ref is None:
            if self.dense_shape is None:
                raise ValueError(
                    "Tensor conversion requested for IndexedSlices without dense_shape: "
                    f"values of type {self.dtype.name}"
                )
            self._ref = self.ops.UnsortedSegmentSum(
                self.values, self.indices, self.dense_shape[0]
            ).ref
        return self._ref

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self.values.dtype

    @property
    def parts(self) -> tuple[Term, ...]:
        """The tensors that it is given by: `values`, `indices` and, if it is known, `dense_shape`."""
        whole = () if self.dense_shape is None else (self.dense_shape,)
        return (self.values, self.indices, *whole)

    def with_parts(self, parts: Sequence[Term]) -> Slices:
        """Slices that are given by other tensors."""
        values, indices, *whole = parts
        return Slices(values, indices, whole[0] if whole else None)

    def map_values(self, function: Callable[[Term], Term]) -> Term:
        """`function`, which maps zero to zero element by element, of this tensor."""
        return Slices(function(self.values), self.indices, self.dense_shape)

    def __neg__(self) -> Term:
        return self.map_values(lambda values: -values)


class Ops(abc.ABC):
    """Ops as functions of terms.

    Attributes:
        source: what tells the gradients of one call from those of another.
    """

    source = ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in REGISTRY:
            raise AttributeError(f"there is no op {name!r}")
        return functools.partial(self._build, REGISTRY[name])

    @abc.abstractmethod
    def apply(self, op: Op, inputs: Sequence[Any], attrs: Mapping[str, Any]) -> Sequence[Any]:
        """The refs of the flat outputs of `op` on refs."""

    @abc.abstractmethod
    def constant_ref(self, array: Any) -> Any:
        """The ref of a constant."""

    @abc.abstractmethod
    def dtype_of(self, ref: Any) -> DType:
        """The element type of a ref."""

    @abc.abstractmethod
    def shape_of(self, ref: Any) -> Shape:
        """What is known of the shape of a ref."""

    @abc.abstractmethod
    def value_of(self, ref: Any) -> Any:
        """The value of a ref if it is a small constant, else None."""

    @abc.abstractmethod
    def after(self, term: Term, first: Term) -> Term:
        """`term`, not there before `first` is."""

    @abc.abstractmethod
    def gradients(
        self, ys: Sequence[Term], xs: Sequence[Term], arriving: Sequence[Term]
    ) -> list[Term | None]:
        """The gradients of `xs`, made from those that arrive at `ys`: for a rule that composes an op of others."""

    def constant(self, value: Any, dtype: DType | str | None = None) -> Term:
        """A constant; without `dtype` an array's own, int32 for integers and float32 for floats."""
        return Term(
            self, self.constant_ref(_array(value, None if dtype is None else as_dtype(dtype)))
        )

    def zeros_like(self, term: Term) -> Term:
        """Zeros of the shape and type of a tensor, or of a variable's value if `term` is its handle."""
        return self.ZerosLike(term)

    def tensor(self, value: Any, dtype: DType | None = None) -> Term:
        """A term, a constant, or a stack of them."""
        if isinstance(value, Term):
            return value
        if isinstance(value, (list, tuple)) and any(isinstance(item, Term) for item in value):
            known = next(item.dtype for item in value if isinstance(item, Term))
            return self.Pack([self.tensor(item, dtype or known) for item in value])
        return self.constant(value, dtype)

    def _build(self, op: Op, *inputs: Any, **named: Any) -> Any:
        schema = op.schema
        given = dict(zip((arg.name for arg in schema.inputs), inputs, strict=False))
        given.update({arg.name: named.pop(arg.name) for arg in schema.inputs if arg.name in named})
        attrs = {name: _attr(schema, name, value) for name, value in named.items()}
        terms = self._inputs(schema, given, attrs)
        kinds = {
            name: [t.dtype for t in value] if isinstance(value, list) else value.dtype
            for name, value in terms.items()
        }
        attrs.update(schema.infer(kinds, op.name))
        full = schema.complete(attrs, op.name)
        flat = [t for v in terms.values() for t in (v if isinstance(v, list) else [v])]
        outputs = [Term(self, ref) for ref in self.apply(op, [t.ref for t in flat], attrs)]
        places = schema.output_slices(full)
        parts: list[Any] = [
            outputs[place] if isinstance(place, int) else list(outputs[place]) for place in places
        ]
        return parts[0] if len(parts) == 1 else tuple(parts)

    def _inputs(
        self, schema: Schema, given: Mapping[str, Any], attrs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The inputs as terms; numbers take the type that attributes or other inputs give."""
        known: dict[str, DType] = {k: v for k, v in attrs.items() if isinstance(v, DType)}
        found: dict[str, Any] = {}
        for arg in sorted(schema.inputs, key=lambda arg: not _holds_term(given[arg.name])):
            value = given[arg.name]
            wanted: DType | None = None
            if isinstance(arg.type, DType):
                wanted = arg.type
            elif arg.type in known:
                wanted = known[arg.type]
            elif not _holds_term(value) and not hasattr(value, "dtype"):
                default = schema.attrs[arg.type].default
                wanted = default if isinstance(default, DType) else None
            if arg.is_list:
                if arg.number is not None and wanted is None:
                    wanted = next((v.dtype for v in value if isinstance(v, Term)), None)
                found[arg.name] = [self.tensor(item, wanted) for item in value]
                uniform = arg.number is not None and found[arg.name]
                first = found[arg.name][0].dtype if uniform else None
            else:
                found[arg.name] = self.tensor(value, wanted)
                first = found[arg.name].dtype
            if isinstance(arg.type, str) and first is not None:
                known.setdefault(arg.type, first.base_dtype)
        return {arg.name: found[arg.name] for arg in schema.inputs}


def _holds_term(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_term(item) for item in value)
    return isinstance(value, Term)


def _array(value: Any, dtype: DType | None) -> Any:
    """A constant's array: numbers take `dtype`, or int32 and float32."""
    if dtype is not None and dtype.name == "bfloat16" and np.asarray(value).dtype.names is None:
        return float_to_bfloat16(np.asarray(value, np.float32))
    if dtype is not None:
        return np.asarray(value, dtype.base_dtype.numpy)
    array = np.asarray(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return array
    # An empty list is a list of integers: axes, sizes.
    if array.dtype == np.int64 or not array.size:
        return array.astype(np.int32)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _attr(schema: Schema, name: str, value: Any) -> Any:
    """An attribute's value; types may be given by name."""
    if name not in schema.attrs:
        raise InvalidArgumentError(f"there is no attribute {name!r}")
    kind = schema.attrs[name].type
    if kind == "type":
        return as_dtype(value).base_dtype
    if kind == "list(type)":
        return [as_dtype(item).base_dtype for item in value]
    return value
