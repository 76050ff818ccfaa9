"""What can be asked of variables: how replicas share them, and whether they are resources.

Source: tensorflow/python/ops/variables.py, variable_scope.py.
"""

from __future__ import annotations

import enum
from typing import Any

from minihub_runtime.public import public

__all__ = [
    "VariableAggregation",
    "VariableSynchronization",
    "checked_options",
    "disable_resource_variables",
    "enable_resource_variables",
    "resource_variables_enabled",
]


@public("VariableSynchronization")
class VariableSynchronization(enum.Enum):
    """When the replicas of a variable are brought together; there is one replica here."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


@public("VariableAggregation")
class VariableAggregation(enum.Enum):
    """How the replicas of a variable are brought together; there is one replica here."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
    ONLY_FIRST_TOWER = 3


def checked_options(
    synchronization: Any, aggregation: Any, trainable: bool | None, name: str | None
) -> tuple[VariableSynchronization, VariableAggregation, bool]:
    """The three options as members of the enumerations; None gives the default.

    Raises:
        ValueError: a value is not one of the enumeration.
    """
    try:
        how = VariableAggregation(0 if aggregation is None else aggregation)
    except ValueError:
        raise ValueError(
            f"Invalid variable aggregation mode: {aggregation} for variable: {name}"
        ) from None
    try:
        when = VariableSynchronization(0 if synchronization is None else synchronization)
    except ValueError:
        raise ValueError(
            f"Invalid variable synchronization mode: {synchronization} for variable: {name}"
        ) from None
    if trainable is None:
        trainable = when is not VariableSynchronization.ON_READ
    return when, how, trainable


_resources_by_default = True


@public("enable_resource_variables")
def enable_resource_variables() -> None:
    """Let variables be resources where nothing else is said; so it is from the start."""
    global _resources_by_default
    _resources_by_default = True


@public("disable_resource_variables")
def disable_resource_variables() -> None:
    """Let variables be reached by reference where nothing else is said, as in TensorFlow 1."""
    global _resources_by_default
    _resources_by_default = False


@public("resource_variables_enabled")
def resource_variables_enabled() -> bool:
    """Whether variables are resources where nothing else is said."""
    return _resources_by_default
