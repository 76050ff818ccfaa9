"""Nested structures: lists, tuples, named tuples and mappings, one inside the other, with anything else as leaves.

Mappings are walked in the order of their sorted keys.  With `expand_composites`, tensors that consist of several tensors
are structures, too.

Source: tensorflow/python/util/nest.py, nest_util.py, util.cc.
"""

from __future__ import annotations

import collections
import collections.abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.type_spec import CompositeTensor, TensorSpec, TypeSpec
from minihub_runtime.public import public

__all__ = [
    "assert_same_structure",
    "assert_shallow_structure",
    "flatten",
    "flatten_dict_items",
    "flatten_up_to",
    "flatten_with_joined_string_paths",
    "flatten_with_tuple_paths",
    "get_traverse_shallow_structure",
    "is_nested",
    "is_nested_or_composite",
    "map_structure",
    "map_structure_up_to",
    "map_structure_with_tuple_paths_up_to",
    "pack_sequence_as",
    "sequence_like",
]

_VIEWS = (collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)


# What a structure is


@public("nest.is_nested", "contrib.framework.nest.is_nested", "contrib.framework.nest.is_sequence")
def is_nested(seq: Any) -> bool:
    """Whether a value is a structure: a sequence that is no text, or a mapping."""
    if isinstance(seq, (str, bytes)):
        return False
    return (
        isinstance(seq, (list, tuple, dict, bytearray, Sequence, Mapping, *_VIEWS))
        or _attrs_fields(seq) is not None
    )


def is_nested_or_composite(seq: Any) -> bool:
    """Whether a value is a structure, a tensor that consists of several, or the spec of one."""
    return is_nested(seq) or _is_composite(seq)


def _is_composite(value: Any) -> bool:
    return isinstance(value, CompositeTensor) or (
        isinstance(value, TypeSpec) and not isinstance(value, TensorSpec)
    )


def _test(expand_composites: bool) -> Callable[[Any], bool]:
    return is_nested_or_composite if expand_composites else is_nested


def _attrs_fields(value: Any) -> list[str] | None:
    """The names of the fields of an object whose class the package `attrs` made, else None."""
    fields = getattr(type(value), "__attrs_attrs__", None)
    return None if fields is None else [field.name for field in fields]


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and isinstance(getattr(value, "_fields", None), tuple)


def _sorted_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    try:
        return sorted(mapping)
    except TypeError:
        raise TypeError("nest only supports dicts with sortable keys.") from None


def _items(structure: Any) -> list[tuple[Any, Any]]:
    """Key and part of each part of a structure."""
    if isinstance(structure, Mapping):
        return [(key, structure[key]) for key in _sorted_keys(structure)]
    if _is_namedtuple(structure):
        return list(zip(structure._fields, structure))
    if isinstance(structure, CompositeTensor):
        spec = structure._type_spec
        return [(spec.value_type.__name__, spec._to_components(structure))]
    if isinstance(structure, TypeSpec):
        return [(structure.value_type.__name__, structure._component_specs)]
    fields = _attrs_fields(structure)
    if fields is not None:
        return [(name, getattr(structure, name)) for name in fields]
    return list(enumerate(structure))


def sequence_like(instance: Any, args: Sequence[Any]) -> Any:
    """A structure of the kind of `instance` with other parts.

    Args:
        instance: a structure.
        args: the parts, in the order of `flatten`.

    Raises:
        TypeError: a mapping whose class does not take pairs of keys and values.
    """
    if isinstance(instance, Mapping):
        parts = dict(zip(_sorted_keys(instance), args))
        pairs = [(key, parts[key]) for key in instance]
        if isinstance(instance, collections.defaultdict):
            return type(instance)(instance.default_factory, pairs)
        kind: Any = type(instance)
        if isinstance(instance, collections.abc.MutableMapping):
            filled = kind()
            for key, part in pairs:
                filled[key] = part
            return filled
        try:
            return kind(pairs)
        except TypeError as error:
            raise TypeError(
                f"Error creating an object of type {kind} like {instance}. Note that it must accept a "
                "single positional argument representing an iterable of key-value pairs, in "
                f"addition to self. Cause: {error}"
            ) from error
    if _is_namedtuple(instance) or _attrs_fields(instance) is not None:
        return type(instance)(*args)
    if isinstance(instance, CompositeTensor):
        return instance._type_spec._from_components(args[0])
    if isinstance(instance, TypeSpec):
        return instance._from_components(args[0])
    if isinstance(instance, (range, *_VIEWS)):
        return list(args)
    return type(instance)(args)


# Flattening and packing


@public("nest.flatten", "contrib.framework.nest.flatten")
def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves of a structure, in order; the value itself if it is none.

    Args:
        structure: a structure or a leaf.
        expand_composites: whether tensors that consist of several tensors are structures.

    Raises:
        TypeError: the keys of a mapping cannot be sorted.
    """
    nested = _test(expand_composites)
    leaves: list[Any] = []
    _collect(structure, nested, leaves)
    return leaves


def _collect(structure: Any, nested: Callable[[Any], bool], leaves: list[Any]) -> None:
    if not nested(structure):
        leaves.append(structure)
        return
    for _, part in _items(structure):
        _collect(part, nested, leaves)


@public("contrib.framework.nest.flatten_dict_items")
def flatten_dict_items(dictionary: Mapping[Any, Any]) -> dict[Any, Any]:
    """A mapping whose keys are no structures: the leaves of a key go with the leaves of its value.

    Raises:
        TypeError: it is no mapping.
        ValueError: a key and its value have different numbers of leaves, or a leaf is a key twice.
    """
    if not isinstance(dictionary, Mapping):
        raise TypeError("input must be a dictionary")
    items: dict[Any, Any] = {}
    for key, value in dictionary.items():
        nested = is_nested(key)
        keys, values = (flatten(key), flatten(value)) if nested else ([key], [value])
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} elements. "
                f"Key: {keys}, value: {values}."
            )
        for leaf, part in zip(keys, values, strict=True):
            if leaf in items:
                raise ValueError(f"Could not flatten dictionary: key '{leaf}' is not unique.")
            items[leaf] = part
    return items


@public("nest.pack_sequence_as", "contrib.framework.nest.pack_sequence_as")
def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """Leaves put into the places of those of a structure.

    Args:
        structure: a structure, whose own leaves do not count.
        flat_sequence: as many leaves, in the order of `flatten`.
        expand_composites: whether tensors that consist of several tensors are structures.

    Raises:
        TypeError: `flat_sequence` is no structure.
        ValueError: it has another length.
    """
    nested = _test(expand_composites)
    if not nested(flat_sequence):
        raise TypeError(
            f"Attempted to pack value:\n  {_cut(flat_sequence)}\ninto a structure, but found "
            f"incompatible type `{type(flat_sequence)}` instead."
        )
    if not nested(structure):
        if len(flat_sequence) != 1:
            raise ValueError(
                f"The target structure is of type `{type(structure)}`\n  {_cut(structure)}\n"
                f"However the input is a sequence ({type(flat_sequence)}) of length "
                f"{len(flat_sequence)}.\n  {_cut(flat_sequence)}\n"
                "nest cannot guarantee that it is safe to map one to the other."
            )
        return flat_sequence[0]
    atoms = len(flatten(structure, expand_composites))
    if atoms != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {atoms} atoms, but flat_sequence had "
            f"{len(flat_sequence)} items.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    return _packed(structure, iter(flat_sequence), nested)


def _packed(structure: Any, leaves: Iterator[Any], nested: Callable[[Any], bool]) -> Any:
    parts = [
        _packed(part, leaves, nested) if nested(part) else next(leaves)
        for _, part in _items(structure)
    ]
    return sequence_like(structure, parts)


def _cut(value: Any) -> str:
    text = str(value)
    return text[:100] + (text[100:] and "...")


@public("nest.map_structure", "contrib.framework.nest.map_structure")
def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """A structure like the first, of the results of `func` on the leaves of all.

    Args:
        func: a function of as many arguments as there are structures.
        *structure: structures of the same form.
        **kwargs: `check_types`, whether sequences must have the same type (True), and `expand_composites`, whether
            tensors that consist of several tensors are structures (False).

    Raises:
        TypeError: `func` cannot be called, or types differ.
        ValueError: forms differ, no structure is given, or an unknown keyword is.
    """
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    check_types = kwargs.pop("check_types", True)
    expand_composites = kwargs.pop("expand_composites", False)
    if kwargs:
        raise ValueError(
            "Only valid keyword arguments are `check_types` and `expand_composites`, not: "
            f"`{'`, `'.join(kwargs)}`"
        )
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand_composites)
    leaves = zip(*(flatten(item, expand_composites) for item in structure))
    results = [func(*item) for item in leaves]
    return pack_sequence_as(structure[0], results, expand_composites)


# Comparing


@public("nest.assert_same_structure", "contrib.framework.nest.assert_same_structure")
def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raise unless two structures have the same form.

    Args:
        nest1: a structure or a leaf.
        nest2: another.
        check_types: whether sequences must have the same type, and mappings the same keys.
        expand_composites: whether tensors that consist of several tensors are structures.

    Raises:
        ValueError: lengths, nesting or keys differ.
        TypeError: types differ.
    """
    found = _difference(nest1, nest2, check_types, _test(expand_composites))
    if found is None:
        return
    kind, text = found
    first, second = (map_structure(lambda _: _DOT, item) for item in (nest1, nest2))
    raise kind(
        f"The two structures don't have the same nested structure.\n\nFirst structure: {_told(nest1)}"
        f"\n\nSecond structure: {_told(nest2)}\n\nMore specifically: {text}\n"
        f"Entire first structure:\n{first}\nEntire second structure:\n{second}"
    )


class _Dot:
    """A leaf in a message."""

    def __repr__(self) -> str:
        return "."


_DOT = _Dot()


def _told(value: Any) -> str:
    return f"type={type(value).__name__} str={value}"


def _difference(
    first: Any, second: Any, check_types: bool, nested: Callable[[Any], bool]
) -> tuple[type[Exception], str] | None:
    """The kind of error and what differs first; None if nothing does."""
    is_structure = nested(first)
    if is_structure != nested(second):
        deep, flat = (first, second) if is_structure else (second, first)
        return (
            ValueError,
            f'Substructure "{_told(deep)}" is a sequence, while substructure "{_told(flat)}" is not',
        )
    if not is_structure:
        return None
    if check_types:
        found = _type_difference(first, second)
        if found:
            return found
    if _is_composite(first) and _is_composite(second):
        specs = [
            item._type_spec if isinstance(item, CompositeTensor) else item
            for item in (first, second)
        ]
        specs = [spec._without_tensor_names() for spec in specs]
        if specs[0].most_specific_common_supertype(specs[1:]) is None:
            return (
                ValueError,
                f"Incompatible CompositeTensor TypeSpecs: {_told(specs[0])} vs. {_told(specs[1])}",
            )
    parts = [[part for _, part in _items(item)] for item in (first, second)]
    if len(parts[0]) != len(parts[1]):
        return (
            ValueError,
            "The two structures don't have the same number of elements. First structure: "
            f"{_told(first)}. Second structure: {_told(second)}",
        )
    for left, right in zip(*parts):
        found = _difference(left, right, check_types, nested)
        if found:
            return found
    return None


def _type_difference(first: Any, second: Any) -> tuple[type[Exception], str] | None:
    kinds = type(first), type(second)
    if _is_namedtuple(first) and _is_namedtuple(second):
        same = kinds[0].__name__ == kinds[1].__name__ and first._fields == second._fields
    else:
        same = (
            kinds[0] is kinds[1]
            or all(isinstance(item, list) for item in (first, second))
            or all(isinstance(item, Mapping) for item in (first, second))
            or all(_is_composite(item) for item in (first, second))
        )
    if not same:
        return (
            TypeError,
            "The two namedtuples don't have the same sequence type. First structure "
            f"{_told(first)} has type {kinds[0].__name__}, while second structure {_told(second)} "
            f"has type {kinds[1].__name__}",
        )
    if isinstance(first, Mapping) and set(first) != set(second):
        return (
            ValueError,
            "The two dictionaries don't have the same set of keys. First structure has keys "
            f"{_told(list(first))}, while second structure has keys {_told(list(second))}",
        )
    return None


# Structures that end where a shallower one does


@public("contrib.framework.nest.assert_shallow_structure")
def assert_shallow_structure(
    shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """Raise unless `input_tree` has the form of `shallow_tree`, with any structure for its leaves.

    Raises:
        TypeError: types differ.
        ValueError: lengths or keys differ.
    """
    nested = _test(expand_composites)
    if not nested(shallow_tree):
        return
    if not nested(input_tree):
        raise TypeError(
            "If shallow structure is a sequence, input must also be a sequence. Input has type: "
            f"{type(input_tree)}."
        )
    if check_types and not isinstance(input_tree, type(shallow_tree)):
        found = _type_difference(shallow_tree, input_tree)
        if found and found[0] is TypeError:
            raise TypeError(
                "The two structures don't have the same sequence type. Input structure has type "
                f"{type(input_tree)}, while shallow structure has type {type(shallow_tree)}."
            )
    if not _is_composite(shallow_tree) and len(input_tree) != len(shallow_tree):
        raise ValueError(
            "The two structures don't have the same sequence length. Input structure has length "
            f"{len(input_tree)}, while shallow structure has length {len(shallow_tree)}."
        )
    if isinstance(shallow_tree, Mapping):
        absent = set(shallow_tree) - set(input_tree)
        if absent:
            raise ValueError(
                "The shallow_tree's keys are not a subset of the input_tree's keys. The "
                "shallow_tree has the following keys that are not in the input_tree: "
                f"{sorted(absent)}."
            )
    for (_, inner), (_, part) in zip(_items(shallow_tree), _items(input_tree)):
        assert_shallow_structure(inner, part, check_types, expand_composites)


def _walk_up_to(
    shallow: Any, tree: Any, nested: Callable[[Any], bool], path: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Path and value of each part of `tree` that stands where `shallow` has a leaf."""
    if not nested(shallow):
        yield path, tree
        return
    parts = dict(_items(tree))
    for key, inner in _items(shallow):
        yield from _walk_up_to(inner, parts[key], nested, (*path, key))


@public("contrib.framework.nest.flatten_up_to")
def flatten_up_to(
    shallow_tree: Any, input_tree: Any, check_types: bool = True, expand_composites: bool = False
) -> list[Any]:
    """The parts of `input_tree` that stand where `shallow_tree` has leaves, in order.

    Raises:
        TypeError, ValueError: as in `assert_shallow_structure`.
    """
    assert_shallow_structure(shallow_tree, input_tree, check_types, expand_composites)
    return [part for _, part in _walk_up_to(shallow_tree, input_tree, _test(expand_composites))]


@public("contrib.framework.nest.flatten_with_tuple_paths")
def flatten_with_tuple_paths(
    structure: Any, expand_composites: bool = False
) -> list[tuple[tuple[Any, ...], Any]]:
    """Path, as a tuple of keys, and value of each leaf."""
    return list(_walk_up_to(structure, structure, _test(expand_composites)))


@public("contrib.framework.nest.flatten_with_joined_string_paths")
def flatten_with_joined_string_paths(
    structure: Any, separator: str = "/", expand_composites: bool = False
) -> list[tuple[str, Any]]:
    """Path, as keys joined by `separator`, and value of each leaf."""
    return [
        (separator.join(map(str, path)), leaf)
        for path, leaf in flatten_with_tuple_paths(structure, expand_composites)
    ]


@public("contrib.framework.nest.map_structure_up_to")
def map_structure_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """A structure like `shallow_tree` of the results of `func` on the parts of `inputs` at its leaves.

    Args:
        shallow_tree: a structure.
        func: a function of as many arguments as there are inputs.
        *inputs: structures that go at least as deep.
        **kwargs: `check_types` and `expand_composites`, as in `map_structure`.

    Raises:
        TypeError, ValueError: as in `assert_shallow_structure`.
    """
    return map_structure_with_tuple_paths_up_to(
        shallow_tree, lambda _, *parts: func(*parts), *inputs, **kwargs
    )


def map_structure_with_tuple_paths_up_to(
    shallow_tree: Any, func: Callable[..., Any], *inputs: Any, **kwargs: Any
) -> Any:
    """As `map_structure_up_to`; `func` takes the path to the leaf, a tuple of keys, first."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    check_types = kwargs.pop("check_types", True)
    expand_composites = kwargs.pop("expand_composites", False)
    flat = [flatten_up_to(shallow_tree, tree, check_types, expand_composites) for tree in inputs]
    paths = [path for path, _ in _walk_up_to(shallow_tree, inputs[0], _test(expand_composites))]
    results = [func(*parts, **kwargs) for parts in zip(paths, *flat)]
    return pack_sequence_as(shallow_tree, results, expand_composites)


@public("contrib.framework.nest.get_traverse_shallow_structure")
def get_traverse_shallow_structure(
    traverse_fn: Callable[[Any], Any], structure: Any, expand_composites: bool = False
) -> Any:
    """A structure of truth values that tells which parts of `structure` a function wants to see.

    Args:
        traverse_fn: a function of a part that returns whether it is wanted, or a structure that tells it of its parts.
        structure: any structure.
        expand_composites: whether sparse and ragged tensors are structures, too.

    Raises:
        TypeError: the function returns something else.
    """
    nested = _test(expand_composites)
    wanted = traverse_fn(structure)
    if not nested(structure):
        if not isinstance(wanted, bool):
            raise TypeError(
                f"traverse_fn returned structure: {wanted} for non-structure: {structure}"
            )
        return wanted
    parts = [part for _, part in _items(structure)]
    if isinstance(wanted, bool):
        if not wanted:
            return False
        chosen = [True] * len(parts)
    elif nested(wanted):
        assert_shallow_structure(wanted, structure, expand_composites=expand_composites)
        chosen = [choice for _, choice in _items(wanted)]
    else:
        raise TypeError(f"traverse_fn returned a non-bool scalar: {wanted} for input: {structure}")
    found = []
    for choice, part in zip(chosen, parts, strict=True):
        if not isinstance(choice, bool):
            raise TypeError(
                f"traverse_fn didn't return a depth=1 structure of bools.  saw: {wanted}  for "
                f"structure: {structure}"
            )
        found.append(
            get_traverse_shallow_structure(traverse_fn, part, expand_composites)
            if choice
            else False
        )
    return sequence_like(structure, found)
