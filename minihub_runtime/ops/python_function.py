"""Python functions of the program that built the graph, as ops.

Source: tensorflow/python/lib/core/py_func.cc, tensorflow/python/ops/script_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import (
    InternalError,
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    ResourceExhaustedError,
    UnimplementedError,
    UnknownError,
)
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import ANY_LIST, Array, op, without_gradient
from minihub_runtime.shapes import Shape
from minihub_runtime.values import as_array

#: What a function raises → what that is for who runs the graph; anything else is unknown.
_MEANING: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[OpError]], ...] = (
    ((TypeError, ValueError), InvalidArgumentError),
    (StopIteration, OutOfRangeError),
    (MemoryError, ResourceExhaustedError),
    (NotImplementedError, UnimplementedError),
)


def _untold(Tout: list[Any]) -> list[Shape]:
    return [None] * len(Tout)


def _called(function: Callable[..., Any], arguments: Sequence[Any]) -> list[Array]:
    """What a function returns, as arrays."""
    # The function may change what it gets, which others read, too; scalars are no arrays for it.
    values = function(*(item[()] if item.ndim == 0 else item.copy() for item in arguments))
    if values is None:
        return []
    return [_array(value) for value in (values if isinstance(values, (list, tuple)) else [values])]


def _array(value: Any) -> Array:
    array = np.asarray(value)
    if array.dtype.kind == "O":
        for item in array.flat:
            if not isinstance(item, (bytes, str)):
                raise InternalError(f"Unsupported object type {type(item).__name__}")
    # What the function returned it may go on changing.
    return as_array(np.array(array) if array is value else array)


def _results(ctx: Context, arguments: Sequence[Any], token: str, types: list[DType]) -> list[Array]:
    function = ctx.python_function(token)
    try:
        found = _called(function, arguments)
    except InternalError:
        raise
    except Exception as error:
        # Errors of ours are also ValueErrors and the like, but TensorFlow's are not.
        meanings = (own for kinds, own in _MEANING if isinstance(error, kinds))
        kind = UnknownError if isinstance(error, OpError) else next(meanings, UnknownError)
        raise kind(f"{type(error).__name__}: {error}") from error
    if len(found) != len(types):
        raise InvalidArgumentError(
            f"{token} returns {len(found)} values, but expects to see {len(types)} values."
        )
    for place, (array, wanted) in enumerate(zip(found, types)):
        if as_dtype(array.dtype) != wanted:
            raise InvalidArgumentError(
                f"{place}-th value returned by {token} is {as_dtype(array.dtype).name}, but expects "
                f"{wanted.name}"
            )
    return found


@op(
    "PyFunc(input: Tin) -> output: Tout",
    Tin=ANY_LIST,
    Tout=ANY_LIST,
    stateful=True,
    source="python/lib/core/py_func.cc",
    shape=_untold,
)
def py_func(
    ctx: Context, input: Sequence[Any], *, token: str, Tout: list[DType]
) -> tuple[Array, ...]:
    """What the Python function that the graph keeps under a name returns for `input`.

    Shapes: not known.
    Raises: NotFoundError for a graph without that function, such as one that was read from a file;
        InvalidArgumentError for other numbers or types of results, and for a TypeError or ValueError of the function.
    """
    return tuple(_results(ctx, input, token, Tout))


@op(
    "PyFuncStateless(input: Tin) -> output: Tout",
    Tin=ANY_LIST,
    Tout=ANY_LIST,
    source="python/lib/core/py_func.cc",
    shape=_untold,
)
def py_func_stateless(
    ctx: Context, input: Sequence[Any], *, token: str, Tout: list[DType]
) -> tuple[Array, ...]:
    """`PyFunc` of a function that always returns the same for the same.

    Shapes: not known.
    Raises: as `PyFunc`.
    """
    return tuple(_results(ctx, input, token, Tout))


without_gradient("PyFunc", "PyFuncStateless")
