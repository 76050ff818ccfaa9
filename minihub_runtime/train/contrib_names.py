"""`tf.contrib.framework`: older names of what reads checkpoints and lists variables.

Source: tensorflow_core/contrib/framework/python/framework/checkpoint_utils.py, ops/variables.py (release 1.15).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minihub_runtime.api.contrib.variables import get_variables
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
)
from minihub_runtime.train.initial_checkpoints import init_from_checkpoint
from minihub_runtime.train.saver import Saver

__all__ = [
    "assign_from_checkpoint_fn",
    "filter_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
]

for _name, _value in {
    "assert_global_step": assert_global_step,
    "create_global_step": create_global_step,
    "get_global_step": get_global_step,
    "get_or_create_global_step": get_or_create_global_step,
    "init_from_checkpoint": init_from_checkpoint,
    "list_variables": list_variables,
    "load_checkpoint": load_checkpoint,
    "load_variable": load_variable,
}.items():
    public(f"contrib.framework.{_name}")(_value)
public("contrib.training.checkpoints_iterator")(checkpoints_iterator)


@public("contrib.framework.get_variables_by_name", "contrib.slim.get_variables_by_name")
def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """The variables whose last name is `given_name`."""
    found = get_variables(scope)
    return [item for item in found if item.op.name.rpartition("/")[2] == given_name]


@public("contrib.framework.get_variables_by_suffix", "contrib.slim.get_variables_by_suffix")
def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """The variables whose names end with `suffix`."""
    return [item for item in get_variables(scope) if item.op.name.endswith(suffix)]


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


@public("contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn")
def assign_from_checkpoint_fn(
    model_path: str | os.PathLike[str],
    var_list: Any,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[[Any], None]:
    """A function of a session that restores variables.

    Args:
        model_path: prefix of the checkpoint.
        var_list: variables, or name in the checkpoint → variable.
        ignore_missing_vars: leave variables that are not in the checkpoint as they are.
        reshape_variables: give restored values the shapes of the variables.

    Raises:
        ValueError: there is nothing to restore.
        NotFoundError: there is no such checkpoint.
    """
    named: dict[str, Any] = {}
    if isinstance(var_list, Mapping):
        named.update(var_list)
    else:
        named.update({item.op.name: item for item in var_list})
    if ignore_missing_vars:
        reader = load_checkpoint(model_path)
        named = {name: item for name, item in named.items() if reader.has_tensor(name)}
    if not named:
        raise ValueError("No variables to restore")
    saver = Saver(named, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)
