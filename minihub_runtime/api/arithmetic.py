"""Sums, products, quotients and powers, as functions and behind Python's operators.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.matmul import matmul
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.public import public

__all__ = [
    "OPERATORS",
    "SPARSE_OPERATORS",
    "abs",
    "add",
    "div",
    "div_no_nan",
    "divide",
    "floordiv",
    "logical_xor",
    "multiply_no_nan",
    "pow",
    "truediv",
]

#: The type that the two sides of a true quotient are cast to; types that are not listed have none.
QUOTIENT_TYPES = {
    **{as_dtype(name): as_dtype("float32") for name in ("uint8", "int8", "uint16", "int16")},
    **{as_dtype(name): as_dtype("float64") for name in ("uint32", "int32", "uint64", "int64")},
    **{
        as_dtype(name): as_dtype(name)
        for name in ("bfloat16", "float16", "float32", "float64", "complex64", "complex128")
    },
}


@public("math.abs", "abs")
def abs(x: Any, name: str | None = None) -> Any:
    """Absolute values; those of complex numbers are real."""
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return build("ComplexAbs", name=scope, x=x, Tout=x.dtype.real_dtype)
        return build("Abs", name=scope, x=x)


@public("math.add", "add")
def add(x: Any, y: Any, name: str | None = None) -> Any:
    """`x + y` element by element; texts are joined."""
    with name_scope(name, "Add", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", preferred_dtype=x.dtype.base_dtype)
        return build(_add_op(x), name=scope, x=x, y=y)


def _add_op(x: Tensor) -> str:
    return "Add" if x.dtype.base_dtype.name == "string" else "AddV2"


def _plus(x: Any, y: Any, name: str | None = None) -> Any:
    """`x + y` of a tensor `x`."""
    if not isinstance(y, (Tensor, SparseTensor)):
        y = convert_to_tensor(y, name="y", preferred_dtype=x.dtype.base_dtype)
    return build(_add_op(x), name=name, x=x, y=y)


def _minus(x: Any, y: Any, name: str | None = None) -> Any:
    return build("Sub", name=name, x=x, y=y)


def _times(x: Any, y: Any, name: str | None = None) -> Any:
    """`x * y`; sparse if `y` is."""
    if isinstance(y, SparseTensor):
        values = _sparse_times(y.indices, y.values, y.dense_shape, x, name)
        return SparseTensor(y.indices, values, y.dense_shape)
    return build("Mul", name=name, x=x, y=y)


@public("math.pow", "pow")
def pow(x: Any, y: Any, name: str | None = None) -> Any:
    """`x ** y` element by element."""
    with name_scope(name, "Pow", [x]) as scope:
        return build("Pow", name=scope, x=x, y=y)


@public("math.divide", "divide")
def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y` as Python 3 divides."""
    if name is not None:
        return truediv(x, y, name)
    if not isinstance(x, Tensor):
        x = convert_to_tensor(x, y.dtype.base_dtype if isinstance(y, Tensor) else None)
    return x / y


@public("math.truediv", "truediv")
def truediv(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y` of numbers of one type; integers are cast to floats first.

    Raises:
        TypeError: the types differ, or cannot be divided.
    """
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", preferred_dtype=x.dtype.base_dtype)
        x, y = _to_divide(x, y, "__truediv__")
        return build("RealDiv", name=scope, x=x, y=y)


def _to_divide(x: Tensor, y: Tensor, where: str) -> tuple[Any, Any]:
    """Both sides as a true quotient takes them."""
    common = _common_type(x, y)
    dtype = QUOTIENT_TYPES.get(common)
    if dtype is None:
        raise TypeError(
            f"Invalid dtype {x.dtype.base_dtype!r} in {where}. Expected one of "
            f"{{{', '.join(map(repr, QUOTIENT_TYPES))}}}."
        )
    # References are no other type.
    return (x, y) if dtype is common else (cast(x, dtype), cast(y, dtype))


def _common_type(x: Tensor, y: Tensor) -> DType:
    """The type of both."""
    if x.dtype.base_dtype is not y.dtype.base_dtype:
        raise TypeError(
            f"`x` and `y` must have the same dtype, got {x.dtype.base_dtype!r} != "
            f"{y.dtype.base_dtype!r}."
        )
    return x.dtype.base_dtype


@public("div")
def div(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y` as Python 2 divides: quotients of integers are integers, rounded down."""
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, x.dtype.base_dtype, "y")
        dtype = _common_type(x, y)
        op = "RealDiv" if dtype.is_floating or dtype.is_complex else "FloorDiv"
        return build(op, name=scope, x=x, y=y)


@public("math.divide_no_nan", "div_no_nan")
def div_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y`, and 0 where `y` is 0.

    Raises:
        TypeError: the types differ, or cannot be divided.
    """
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        if isinstance(y, Tensor) and not isinstance(x, Tensor):
            x = convert_to_tensor(x, y.dtype.base_dtype, "x")
        else:
            x = convert_to_tensor(x, name="x")
            y = convert_to_tensor(y, name="y", preferred_dtype=x.dtype.base_dtype)
        x, y = _to_divide(x, y, "tf.math.divide_no_nan")
        return build("DivNoNan", name=scope, x=x, y=y)


@public("math.multiply_no_nan")
def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> Any:
    """`x * y`, and 0 where `y` is 0, whatever `x` is."""
    with name_scope(name, "multiply_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, x.dtype.base_dtype, "y")
        return build("MulNoNan", name=scope, x=x, y=y)


@public("math.floordiv", "floordiv")
def floordiv(x: Any, y: Any, name: str | None = None) -> Any:
    """`x // y`, rounded down."""
    with name_scope(name, "floordiv", [x, y]) as scope:
        return build("FloorDiv", name=scope, x=x, y=y)


def _mod(x: Any, y: Any, name: str | None = None) -> Any:
    with name_scope(name, "mod", [x, y]) as scope:
        return build("FloorMod", name=scope, x=x, y=y)


@public("math.logical_xor", "logical_xor")
def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> Any:
    """Whether exactly one of two truth values is true."""
    either = build("LogicalOr", x=x, y=y)
    both = build("LogicalAnd", x=x, y=y)
    return build("LogicalAnd", name=name, x=either, y=build("LogicalNot", x=both))


def _logical_or_bitwise(logical: Callable[..., Any], bitwise: str) -> Callable[..., Any]:
    """An operator that means one op for truth values and another for integers."""

    def function(x: Any, y: Any, name: str | None = None) -> Any:
        if x.dtype.base_dtype.is_bool:
            return logical(x, y, name)
        # TensorFlow does not pass the name on.
        return build(bitwise, x=x, y=y)

    return function


def _logical_and(x: Any, y: Any, name: str | None) -> Any:
    return build("LogicalAnd", name=name, x=x, y=y)


def _logical_or(x: Any, y: Any, name: str | None) -> Any:
    return build("LogicalOr", name=name, x=x, y=y)


#: Name of an operator → the function behind it.
OPERATORS: dict[str, Callable[..., Any]] = {
    "add": _plus,
    "and": _logical_or_bitwise(_logical_and, "BitwiseAnd"),
    "floordiv": floordiv,
    "matmul": matmul,
    "mod": _mod,
    "mul": _times,
    "or": _logical_or_bitwise(_logical_or, "BitwiseOr"),
    "pow": pow,
    "sub": _minus,
    "truediv": truediv,
    "xor": _logical_or_bitwise(logical_xor, "BitwiseXor"),
}


def _sparse_times(
    sp_indices: Any, sp_values: Any, sp_shape: Any, dense: Any, name: str | None = None
) -> Any:
    return build(
        "SparseDenseCwiseMul",
        name=name,
        sp_indices=sp_indices,
        sp_values=sp_values,
        sp_shape=sp_shape,
        dense=dense,
    )


def _sparse_divided(
    sp_indices: Any, sp_values: Any, sp_shape: Any, dense: Any, name: str | None = None
) -> Any:
    with name_scope(name, "truediv", [sp_indices, sp_values, sp_shape, dense]) as scope:
        sp_values, dense = _to_divide(sp_values, dense, "__truediv__")
        return build(
            "SparseDenseCwiseDiv",
            name=scope,
            sp_indices=sp_indices,
            sp_values=sp_values,
            sp_shape=sp_shape,
            dense=dense,
        )


#: Name of an operator of a sparse and a dense tensor → the values of the sparse result.
SPARSE_OPERATORS: dict[str, Callable[..., Any]] = {
    "mul": _sparse_times,
    "truediv": _sparse_divided,
}
