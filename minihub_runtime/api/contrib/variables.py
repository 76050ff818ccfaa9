"""`tf.contrib.framework`: variables of models, and lists of variables.

Source: tf_slim/ops/variables.py.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.contrib.utils import collections_of
from minihub_runtime.api.device import DeviceSpec
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.variables.base import make_variable
from minihub_runtime.api.variables.options import VariableAggregation, VariableSynchronization
from minihub_runtime.api.variables.partitioned import parts_of
from minihub_runtime.api.variables.scopes import VariableScope, get_variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "VariableDeviceChooser",
    "add_model_variable",
    "add_to_named_collections",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "global_variable",
    "local_variable",
    "model_getter",
    "model_variable",
    "variable",
]


#: The arguments that custom getters of layers hand on.
PASSED = (
    "shape",
    "dtype",
    "initializer",
    "regularizer",
    "collections",
    "trainable",
    "caching_device",
    "partitioner",
    "use_resource",
    "synchronization",
    "aggregation",
)


@public("contrib.framework.variable", "contrib.slim.variable")
@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """As `tf.get_variable`; `device` is written into the graph, and `custom_getter` takes the arguments alone."""
    keys = [GraphKeys.GLOBAL_VARIABLES] if collections is None else collections
    getter: Callable[..., Any] = get_variable
    if custom_getter is not None:
        getter = functools.partial(custom_getter, reuse=get_variable_scope().reuse)
    with get_default_graph().device(device or ""):
        return getter(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=list(dict.fromkeys(keys)),
            caching_device=caching_device,
            partitioner=partitioner,
            use_resource=use_resource,
            synchronization=synchronization,
            aggregation=aggregation,
        )


@public("contrib.framework.model_variable", "contrib.slim.model_variable")
@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = float32,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """As `variable`, of a variable that also goes to the collection of model variables."""
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=[
            *(collections or []),
            GraphKeys.GLOBAL_VARIABLES,
            GraphKeys.MODEL_VARIABLES,
        ],
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def model_getter(renamed: dict[str, str] | None = None) -> Callable[..., Any]:
    """A custom getter that makes model variables, some of which get other names."""

    def layer_getter(getter: Callable[..., Any], name: str, **keywords: Any) -> Any:
        scope, slash, last = name.rpartition("/")
        return model_variable(
            f"{scope}{slash}{(renamed or {}).get(last, last)}",
            custom_getter=getter,
            **{key: keywords[key] for key in PASSED if key in keywords},
        )

    return layer_getter


def add_to_named_collections(item: Any, collections: Any, name: str) -> None:
    """Add a variable to collections: those of a list, or those that a mapping has for its name."""
    keys = collections_of(collections, name)
    graph = get_default_graph()
    parts = parts_of(item)
    for key in keys or ():
        for part in parts:
            if part not in graph.get_collection(key):
                graph.add_to_collection(key, part)


def _plain(collection: str, doc: str) -> Callable[..., Any]:
    """A function that makes a variable no optimiser changes, in one collection."""

    def made(
        initial_value: Any,
        validate_shape: bool = True,
        name: str | None = None,
        use_resource: bool | None = None,
    ) -> Any:
        return make_variable(
            initial_value,
            trainable=False,
            collections=[collection],
            validate_shape=validate_shape,
            use_resource=use_resource,
            name=name,
        )

    made.__doc__ = doc
    return made


local_variable = public("contrib.framework.local_variable", "contrib.slim.local_variable")(
    _plain(GraphKeys.LOCAL_VARIABLES, "A local variable; the arguments are those of `tf.Variable`.")
)
global_variable = public("contrib.framework.global_variable", "contrib.slim.global_variable")(
    _plain(
        GraphKeys.GLOBAL_VARIABLES,
        "A global variable that is not trained; the arguments are those of `tf.Variable`.",
    )
)


@public("contrib.framework.add_model_variable", "contrib.slim.add_model_variable")
def add_model_variable(var: Any) -> None:
    """Add a variable to the collection of model variables, unless it is there."""
    graph = get_default_graph()
    if var not in graph.get_collection(GraphKeys.MODEL_VARIABLES):
        graph.add_to_collection(GraphKeys.MODEL_VARIABLES, var)


@public("contrib.framework.get_variable_full_name", "contrib.slim.get_variable_full_name")
def get_variable_full_name(var: Any) -> str:
    """The name of a variable in checkpoints: that of the whole if it is a part."""
    slices = var._get_save_slice_info()
    return str(slices.full_name if slices else var.op.name)


@public("contrib.framework.get_unique_variable", "contrib.slim.get_unique_variable")
def get_unique_variable(var_op_name: str) -> Any:
    """The global variable of a name.

    Raises:
        ValueError: there is none.
    """
    candidates = get_variables(var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


@public("contrib.framework.VariableDeviceChooser", "contrib.slim.VariableDeviceChooser")
class VariableDeviceChooser:
    """A function for `tf.device` that gives variables to the tasks of a job in turn.

    Args:
        num_tasks: the number of tasks; with 0 no job is named.
        job_name: the job.
        device_type: "CPU" or another.
        device_index: which of that type.
        replica: the replica.
    """

    def __init__(
        self,
        num_tasks: int = 0,
        job_name: str = "ps",
        device_type: str = "CPU",
        device_index: int = 0,
        replica: int | None = None,
    ) -> None:
        self._device = DeviceSpec(
            replica=replica, device_type=device_type, device_index=device_index
        )
        self._job = job_name
        self._tasks = itertools.cycle(range(num_tasks))

    def __call__(self, op: Any) -> str:
        """The device of the next variable."""
        task = next(self._tasks, None)
        if task is None:
            return self._device.to_string()
        return self._device.replace(job=self._job, task=task).to_string()


@public("contrib.framework.get_variables", "contrib.slim.get_variables")
def get_variables(
    scope: Any = None, suffix: str | None = None, collection: str = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """The variables of a collection.

    Args:
        scope: a variable scope or the beginning of names.
        suffix: the end of names.
        collection: the collection.
    """
    if isinstance(scope, VariableScope):
        scope = scope.name
    if suffix is not None:
        suffix = suffix if ":" in suffix else f"{suffix}:"
        scope = f"{scope or ''}.*{suffix}"
    return get_default_graph().get_collection(collection, scope)


@public("contrib.framework.get_model_variables", "contrib.slim.get_model_variables")
def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The model variables; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


@public("contrib.framework.get_trainable_variables", "contrib.slim.get_trainable_variables")
def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The trainable variables; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


@public("contrib.framework.get_local_variables", "contrib.slim.get_local_variables")
def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """The local variables; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


@public("contrib.framework.get_variables_to_restore", "contrib.slim.get_variables_to_restore")
def get_variables_to_restore(include: Any = None, exclude: Any = None) -> list[Any]:
    """The global variables of some scopes without those of others.

    Args:
        include: beginnings of names; None for all.
        exclude: beginnings of names.

    Raises:
        TypeError: one of them is no list.
    """
    for name, value in (("include", include), ("exclude", exclude)):
        if value is not None and not isinstance(value, (list, tuple)):
            raise TypeError(f"{name} is provided but is not a list or a tuple.")
    found = (
        get_variables()
        if include is None
        else [item for scope in include for item in get_variables(scope)]
    )
    left_out = {item for scope in exclude or () for item in get_variables(scope)}
    return [item for item in found if item not in left_out]
