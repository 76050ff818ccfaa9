"""Variables, their scopes, and the functions that make and change them."""

from minihub_runtime.api.grouping import group, no_op, tables_initializer
from minihub_runtime.api.variables.base import SaveSliceInfo, Variable
from minihub_runtime.api.variables.collections import (
    global_variables,
    global_variables_initializer,
    local_variables,
    local_variables_initializer,
    model_variables,
    trainable_variables,
    variables_initializer,
)
from minihub_runtime.api.variables.scopes import (
    VariableScope,
    get_variable_scope,
    unique_variable_scope_name,
    variable_scope,
)

__all__ = [
    "SaveSliceInfo",
    "Variable",
    "VariableScope",
    "get_variable_scope",
    "global_variables",
    "global_variables_initializer",
    "group",
    "local_variables",
    "local_variables_initializer",
    "model_variables",
    "no_op",
    "tables_initializer",
    "trainable_variables",
    "unique_variable_scope_name",
    "variable_scope",
    "variables_initializer",
]
