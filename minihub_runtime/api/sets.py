"""Sets that lie along the last dimension of tensors.

Source: tensorflow/python/ops/sets_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = ["set_difference", "set_intersection", "set_size", "set_union"]

TYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "string")


def _tensor(value: Any, name: str) -> Any:
    """A tensor, or a sparse one."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    return value if isinstance(value, SparseTensor) else convert_to_tensor(value, name=name)


@public("sets.set_size", "sets.size")
def set_size(a: Any, validate_indices: bool = True) -> Tensor:
    """How many different elements each set has.

    Args:
        a: a sparse tensor.
        validate_indices: whether a run checks the order and range of indices.

    Raises:
        TypeError: it is not sparse, or of another type than integers and texts.
    """
    a = _tensor(a, "a")
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    if a.values.dtype.base_dtype.name not in TYPES:
        raise TypeError(f"Invalid dtype `{a.values.dtype}` not in supported dtypes: `{TYPES}`.")
    result: Tensor = build(
        "SetSize",
        set_indices=a.indices,
        set_values=a.values,
        set_shape=a.dense_shape,
        validate_indices=validate_indices,
    )
    return result


@public("sets.intersection", "sets.set_intersection")
def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in both sets.

    Args:
        a: sets, dense or sparse.
        b: as many sets.
        validate_indices: whether a run checks the order and range of indices.

    Raises:
        TypeError: the types differ, or are other than integers and texts.
    """
    first, second, _ = _pair(a, b)
    return _operation(first, second, "intersection", validate_indices)


@public("sets.difference", "sets.set_difference")
def set_difference(
    a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True
) -> SparseTensor:
    """The elements that are in one set and not in the other.

    Args:
        a: sets, dense or sparse.
        b: as many sets.
        aminusb: whether those of `a` are meant that are not in `b`, else the other way around.
        validate_indices: whether a run checks the order and range of indices.

    Raises:
        TypeError: the types differ, or are other than integers and texts.
    """
    first, second, flipped = _pair(a, b)
    operation = "a-b" if aminusb != flipped else "b-a"
    return _operation(first, second, operation, validate_indices)


@public("sets.set_union", "sets.union")
def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in one set or in the other.

    Args:
        a: sets, dense or sparse.
        b: as many sets.
        validate_indices: whether a run checks the order and range of indices.

    Raises:
        TypeError: the types differ, or are other than integers and texts.
    """
    first, second, _ = _pair(a, b)
    return _operation(first, second, "union", validate_indices)


def _pair(a: Any, b: Any) -> tuple[Any, Any, bool]:
    """Both as the ops take them, a dense one first; and whether they changed places."""
    a = _tensor(a, "a")
    if a.dtype.base_dtype.name not in TYPES:
        raise TypeError(f"'a' has invalid dtype `{a.dtype}` not in supported dtypes: `{TYPES}`.")
    b = _tensor(b, "b")
    if b.dtype.base_dtype is not a.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype} vs {b.dtype}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        return b, a, True
    return a, b, False


def _operation(a: Any, b: Any, set_operation: str, validate_indices: bool) -> SparseTensor:
    arguments: dict[str, Any] = {
        "set_operation": set_operation,
        "validate_indices": validate_indices,
    }
    for number, item in (("1", a), ("2", b)):
        if isinstance(item, SparseTensor):
            arguments[f"set{number}_indices"] = item.indices
            arguments[f"set{number}_values"] = item.values
            arguments[f"set{number}_shape"] = item.dense_shape
        else:
            arguments[f"set{number}"] = item
    kinds = ["Sparse" if isinstance(item, SparseTensor) else "Dense" for item in (a, b)]
    return SparseTensor(*build(f"{kinds[0]}To{kinds[1]}SetOperation", **arguments))
