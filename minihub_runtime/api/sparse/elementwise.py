"""Functions of the values of sparse tensors.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.public import public

__all__ = ["map_values", "unary"]


def unary(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A function of dense tensors, applied to the values of the sparse tensor that is its first argument."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    first = next(iter(bound.arguments))
    sparse = bound.arguments[first]
    bound.arguments[first] = sparse.values
    values = function(*bound.args, **bound.kwargs)
    return SparseTensor(sparse.indices, values, sparse.dense_shape)


@public("sparse.map_values")
def map_values(op: Callable[..., Any], *args: Any, **kwargs: Any) -> SparseTensor:
    """A function applied to the values of sparse tensors of the same indices.

    Args:
        op: takes the values in the place of each SparseTensor.
        *args: its arguments, among them SparseTensors, also inside lists.
        **kwargs: more of them.

    Raises:
        ValueError: there is no SparseTensor among them.
    """
    found: list[SparseTensor] = []
    inner_args = _replaced(args, found)
    inner_kwargs = _replaced(kwargs, found)
    if not found:
        raise ValueError("No SparseTensor in argument list of map_values")
    with control_dependencies(_assert_same_indices(found)):
        values = op(*inner_args, **inner_kwargs)
        return SparseTensor(found[0].indices, values, found[0].dense_shape)


def _replaced(structure: Any, found: list[SparseTensor]) -> Any:
    """The structure with values in the place of sparse tensors, which are appended to `found`."""
    leaves = nest.flatten(structure)
    found += [leaf for leaf in leaves if isinstance(leaf, SparseTensor)]
    values = [leaf.values if isinstance(leaf, SparseTensor) else leaf for leaf in leaves]
    return nest.pack_sequence_as(structure, values)


def _assert_same_indices(tensors: list[SparseTensor]) -> list[Any]:
    first, *others = tensors
    checks = []
    for other in others:
        checks += [
            assert_equal(first.dense_shape, other.dense_shape, message="Mismatched shapes!"),
            assert_equal(first.indices, other.indices, message="Mismatched indices!"),
        ]
    return checks
