"""Structures of elements of datasets: tuples, named tuples and mappings; a list is one tensor.

Source: tensorflow/python/data/util/nest.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api import nest

__all__ = [
    "assert_same_structure",
    "flatten",
    "flatten_up_to",
    "is_nested",
    "map_structure",
    "pack_sequence_as",
]


def is_nested(value: Any) -> bool:
    """Whether a value is a structure."""
    return isinstance(value, (tuple, Mapping)) and nest.is_nested(value) and not _is_value(value)


def _is_value(value: Any) -> bool:
    """Whether a named tuple is a sparse value."""
    from minihub_runtime.values import SparseTensorValue

    return isinstance(value, SparseTensorValue)


def _parts(structure: Any) -> list[Any]:
    if isinstance(structure, Mapping):
        return [structure[key] for key in sorted(structure)]
    return list(structure)


def flatten(structure: Any) -> list[Any]:
    """The leaves of a structure, in order; of mappings in the order of sorted keys."""
    if not is_nested(structure):
        return [structure]
    return [leaf for part in _parts(structure) for leaf in flatten(part)]


def pack_sequence_as(structure: Any, flat: Sequence[Any]) -> Any:
    """The leaves in `flat` in a structure like `structure`."""
    return _packed(structure, iter(flat))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    return nest.sequence_like(structure, [_packed(part, leaves) for part in _parts(structure)])


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """A structure of the results for the leaves of structures.

    Raises:
        TypeError, ValueError: they are not alike.
    """
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    flat = [function(*leaves) for leaves in zip(*map(flatten, structures))]
    return pack_sequence_as(structures[0], flat)


def flatten_up_to(shallow: Any, structure: Any) -> list[Any]:
    """What stands in `structure` in the places of the leaves of `shallow`.

    Raises:
        TypeError, ValueError: `structure` has not the structure of `shallow`.
    """
    if not is_nested(shallow):
        return [structure]
    _require_alike(shallow, structure)
    return [
        leaf
        for part, deep in zip(_parts(shallow), _parts(structure))
        for leaf in flatten_up_to(part, deep)
    ]


def assert_same_structure(first: Any, second: Any) -> None:
    """Raise unless two structures are alike.

    Raises:
        TypeError: one has another kind of structure than the other.
        ValueError: one has other parts than the other.
    """
    if is_nested(first) != is_nested(second):
        raise ValueError(
            "The two structures don't have the same nested structure.\n\nFirst structure: "
            f"{first}\n\nSecond structure: {second}"
        )
    if not is_nested(first):
        return
    _require_alike(first, second)
    for one, other in zip(_parts(first), _parts(second)):
        assert_same_structure(one, other)


def _require_alike(first: Any, second: Any) -> None:
    if not is_nested(second):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"'{type(second).__name__}'."
        )
    mappings = isinstance(first, Mapping) and isinstance(second, Mapping)
    if type(first) is not type(second) and not mappings:
        raise TypeError(
            "The two structures don't have the same sequence type. First structure has type "
            f"{type(first)}, while second structure has type {type(second)}."
        )
    if len(first) != len(second):
        raise ValueError(
            "The two structures don't have the same number of elements. First structure has "
            f"{len(first)}, second structure has {len(second)}."
        )
    if mappings and set(first) != set(second):
        raise ValueError(
            "The two dictionaries don't have the same set of keys. First structure has keys "
            f"{sorted(first)}, while second structure has keys {sorted(second)}."
        )
