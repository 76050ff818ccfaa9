"""`tf.contrib.framework`: older names of what reads checkpoints and lists variables, and variables set from values.

Source: tensorflow_core/contrib/framework/python/framework/checkpoint_utils.py, ops/variables.py (release 1.15).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.contrib.variables import get_variable_full_name, get_variables
from minihub_runtime.api.grouping import group
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.variables.global_step import (
    assert_global_step,
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import (
    checkpoints_iterator,
    list_variables,
    load_checkpoint,
    load_variable,
    new_checkpoint_reader,
)
from minihub_runtime.train.initial_checkpoints import init_from_checkpoint
from minihub_runtime.train.saver import Saver

__all__ = [
    "assert_or_get_global_step",
    "assign_from_checkpoint",
    "assign_from_checkpoint_fn",
    "assign_from_values",
    "assign_from_values_fn",
    "filter_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
]

for _name, _value in {
    "init_from_checkpoint": init_from_checkpoint,
    "list_variables": list_variables,
    "load_checkpoint": load_checkpoint,
    "load_variable": load_variable,
}.items():
    public(f"contrib.framework.{_name}")(_value)
for _name, _value in {
    "assert_global_step": assert_global_step,
    "create_global_step": create_global_step,
    "get_global_step": get_global_step,
    "get_or_create_global_step": get_or_create_global_step,
}.items():
    public(f"contrib.framework.{_name}", f"contrib.slim.{_name}")(_value)
public("contrib.training.checkpoints_iterator")(checkpoints_iterator)


@public("contrib.framework.get_variables_by_name", "contrib.slim.get_variables_by_name")
def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables that are called so, or so below scopes."""
    return get_variables(scope, f"/{given_name}:|^{given_name}:")


@public("contrib.framework.get_variables_by_suffix", "contrib.slim.get_variables_by_suffix")
def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose names end with `suffix`."""
    return get_variables(scope, suffix)


@public("contrib.framework.filter_variables", "contrib.slim.filter_variables")
def filter_variables(
    var_list: Iterable[Any],
    include_patterns: Iterable[str] | None = None,
    exclude_patterns: Iterable[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """The variables whose names match one of some patterns and none of others.

    Args:
        var_list: variables.
        include_patterns: regular expressions; None for all.
        exclude_patterns: regular expressions.
        reg_search: whether they may match anywhere, rather than from the start.
    """
    import re

    match: Callable[..., Any] = re.search if reg_search else re.match
    included = [
        item
        for item in var_list
        if include_patterns is None or any(match(p, item.name) for p in include_patterns)
    ]
    return [
        item for item in included if not any(match(p, item.name) for p in exclude_patterns or ())
    ]


@public("contrib.framework.assert_or_get_global_step", "contrib.slim.assert_or_get_global_step")
def assert_or_get_global_step(graph: Any = None, global_step_tensor: Any = None) -> Any:
    """A tensor that can be a global step; without one that of the graph, None if it has none.

    Raises:
        TypeError: the tensor cannot be one.
    """
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor


def _assigned(pairs: Iterable[tuple[Any, NDArray[Any]]]) -> tuple[Any, dict[Any, Any]]:
    """An operation that sets variables, and what to feed it."""
    feeds: dict[Any, Any] = {}
    assignments = []
    for item, value in pairs:
        fed = placeholder(item.dtype.base_dtype, item.get_shape(), f"placeholder/{item.op.name}")
        assignments.append(item.assign(fed))
        feeds[fed] = value
    return group(*assignments), feeds


@public("contrib.framework.assign_from_values", "contrib.slim.assign_from_values")
def assign_from_values(var_names_to_values: Mapping[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """An operation that sets global variables to values, and the dictionary that it must be fed.

    Args:
        var_names_to_values: name → array of as many elements as the variable has.

    Raises:
        ValueError: there is no variable of a name, or several but none of just that name.
    """

    def found(name: str) -> Any:
        candidates = get_variables(name)
        if not candidates:
            raise ValueError(f"Variable {name} wasn't found")
        exact = [item for item in candidates if item.op.name == name]
        if len(candidates) > 1 and not exact:
            raise ValueError(f"Variable {name} doesn't uniquely identify a variable")
        return (exact or candidates)[0]

    pairs = ((found(name), value) for name, value in var_names_to_values.items())
    return _assigned((item, value.reshape(item.get_shape().as_list())) for item, value in pairs)


@public("contrib.framework.assign_from_values_fn", "contrib.slim.assign_from_values_fn")
def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A function of a session that sets global variables; see `assign_from_values`."""
    operation, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(operation, feeds)


@public("contrib.framework.assign_from_checkpoint", "contrib.slim.assign_from_checkpoint")
def assign_from_checkpoint(
    model_path: str | os.PathLike[str], var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """An operation that sets variables to what a checkpoint has, and the dictionary that it must be fed.

    Args:
        model_path: prefix of the checkpoint.
        var_list: variables, or name in the checkpoint → variable or list of variables.
        ignore_missing_vars: leave variables that are not in the checkpoint as they are.

    Raises:
        ValueError: a variable is not in the checkpoint, or of another shape there.
        NotFoundError: there is no such checkpoint.
    """
    wanted: dict[str, list[Any]] = {}
    if isinstance(var_list, Mapping):
        for name, items in var_list.items():
            wanted[name] = list(items) if isinstance(items, (list, tuple)) else [items]
    else:
        for item in var_list:
            wanted.setdefault(get_variable_full_name(item), []).append(item)
    reader = new_checkpoint_reader(model_path)

    def values() -> Iterator[tuple[Any, NDArray[Any]]]:
        for name, items in wanted.items():
            if not reader.has_tensor(name):
                if not ignore_missing_vars:
                    raise ValueError(f"Checkpoint is missing variable [{name}]")
                LOGGER.warning("Checkpoint is missing variable [%s]", name)
                continue
            whole = np.asarray(reader.get_tensor(name))
            for item in items:
                part = item._get_save_slice_info()
                value = whole
                if part:
                    ranges = zip(part.var_offset, part.var_shape, strict=True)
                    value = whole[tuple(slice(start, start + size) for start, size in ranges)]
                if tuple(item.get_shape().as_list()) != value.shape:
                    raise ValueError(
                        f"Total size of new array must be unchanged for {name} "
                        f"lh_shape: [{value.shape}], rh_shape: [{item.get_shape()}]"
                    )
                yield item, value

    return _assigned(values())


@public("contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn")
def assign_from_checkpoint_fn(
    model_path: str | os.PathLike[str],
    var_list: Any,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[[Any], None] | None:
    """A function of a session that restores variables.

    Args:
        model_path: prefix of the checkpoint.
        var_list: variables, or name in the checkpoint → variable.
        ignore_missing_vars: leave variables that are not in the checkpoint as they are.
        reshape_variables: give restored values the shapes of the variables.

    Returns:
        The function; None if all variables are missing, and may be.

    Raises:
        ValueError: no variables are given.
        NotFoundError: there is no such checkpoint.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        named = (
            dict(var_list)
            if isinstance(var_list, Mapping)
            else {item.op.name: item for item in var_list}
        )
        reader = new_checkpoint_reader(model_path)
        for name in [name for name in named if not reader.has_tensor(name)]:
            LOGGER.warning("Variable %s missing in checkpoint %s", name, model_path)
            del named[name]
        if not named:
            LOGGER.warning("No Variables to restore")
            return None
        var_list = named
    saver = Saver(var_list, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)
