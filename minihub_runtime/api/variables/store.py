"""`get_variable`: variables by name, made when they are first asked for.

Source: tensorflow/python/ops/variable_scope.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import Variable, make_variable
from minihub_runtime.api.variables.lazy import LazyTensor
from minihub_runtime.api.variables.options import (
    VariableAggregation,
    VariableSynchronization,
    checked_options,
    resource_variables_enabled,
)
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.api.variables.scopes import get_variable_scope
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

__all__ = ["VariableStore", "default_variable_store", "get_local_variable", "get_variable"]

_STORE_KEY = ("__variable_store",)


class VariableStore:
    """The variables of a graph that `get_variable` made.

    Attributes:
        variables: full name → variable.
        partitioned: full name → partitioned variable.
    """

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}
        self.partitioned: dict[str, PartitionedVariable] = {}

    def get_variable(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        custom_getter: Any = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """The variable of a full name; see `tf.get_variable`.

        Raises:
            ValueError: the custom getter cannot be called, or what `_get` raises.
        """
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        dtype = as_dtype(dtype).base_dtype
        synchronization, aggregation, trainable = checked_options(
            synchronization, aggregation, trainable, name
        )
        arguments = {
            "name": name,
            "shape": shape,
            "dtype": dtype,
            "initializer": initializer,
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        if custom_getter is None:
            return self._get(**arguments, constraint=constraint)
        # Getters from before there were constraints do not know the argument.
        if _takes(custom_getter, "constraint"):
            arguments["constraint"] = constraint
        return custom_getter(getter=self._get, **arguments)

    def _get(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = float32,
        initializer: Any = None,
        regularizer: Any = None,
        reuse: Any = None,
        trainable: bool | None = None,
        collections: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        validate_shape: bool = True,
        use_resource: bool | None = None,
        constraint: Any = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
    ) -> Any:
        """The getter that custom getters get.

        Raises:
            ValueError: the variable exists and should not, or the other way round, or it is not of that shape or type.
        """
        arguments: dict[str, Any] = {
            "name": name,
            "shape": shape,
            "dtype": dtype,
            "initializer": initializer,
            "regularizer": regularizer,
            "reuse": reuse,
            "trainable": trainable,
            "collections": collections,
            "caching_device": caching_device,
            "validate_shape": validate_shape,
            "use_resource": use_resource,
            "constraint": constraint,
            "synchronization": synchronization,
            "aggregation": aggregation,
        }
        is_scalar = isinstance(shape, Sequence) and not len(shape)
        if partitioner is not None and not is_scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with get_default_graph().name_scope(None):
                return self.get_partitioned(partitioner=partitioner, **arguments)
        if reuse is True and partitioner is None and name in self.partitioned:
            return self.get_partitioned(partitioner=None, **arguments)
        if f"{name}/part_0" in self.variables:
            raise ValueError(
                "No partitioner was provided, but a partitioned version of the variable was found: "
                f"{name}/part_0. Perhaps a variable of the same name was already created with "
                "partitioning?"
            )
        return self.get_single(**arguments)

    def get_partitioned(self, name: str, partitioner: Any, **arguments: Any) -> PartitionedVariable:
        """The partitioned variable of a full name; arguments as in `get_variable`."""
        from minihub_runtime.api.variables.partitions import get_partitioned

        return get_partitioned(self, name, partitioner, **arguments)

    def _existing(self, name: str, shape: TensorShape | None, dtype: DType, reuse: Any) -> Variable:
        """The variable of that name, if it may be used again."""
        found = self.variables[name]
        if reuse is False:
            raise ValueError(
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        if shape is not None and not shape.is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shape} and found shape "
                f"{found.shape}."
            )
        if dtype.base_dtype is not found.dtype.base_dtype:
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype "
                f"{found.dtype.name}."
            )
        return found

    def get_single(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = float32,
        initializer: Any = None,
        regularizer: Any = None,
        partition_info: Any = None,
        reuse: Any = None,
        use_resource: bool | None = None,
        **options: Any,
    ) -> Variable:
        """The unpartitioned variable of a full name.

        Args:
            name: the full name.
            shape: as in `get_variable`, like the next ones.
            dtype: see above.
            initializer: see above.
            regularizer: see above.
            partition_info: which part of a whole it is, for initialisers.
            reuse: True, False, None or AUTO_REUSE.
            use_resource: see above.
            **options: arguments of `tf.Variable`.

        Raises:
            ValueError: as in `get_variable`.
        """
        if shape is not None and initializer is not None and not callable(initializer):
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype = as_dtype(dtype)
        known = None if shape is None else TensorShape(shape)
        if name in self.variables:
            return self._existing(name, known, dtype, reuse)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you "
                "mean to set reuse=tf.AUTO_REUSE in VarScope?"
            )
        if initializer is None:
            if known is None:
                raise ValueError(
                    f"Variable {name} did not get an initializer, so its `shape` argument must be "
                    "specified."
                )
            initializer = default_initializer(name, dtype)
        with init_scope():
            first, variable_dtype = _first_value(initializer, known, dtype, partition_info)
        variable: Variable = make_variable(
            initial_value=first,
            name=name,
            dtype=variable_dtype,
            use_resource=resource_variables_enabled() if use_resource is None else use_resource,
            shape=known,
            **options,
        )
        self.variables[name] = variable
        if regularizer:
            _regularize(variable, name, regularizer)
        return variable


def _takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function takes an argument of that name."""
    parameters = inspect.signature(function).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def default_initializer(name: str, dtype: DType) -> Any:
    """The initialiser of a variable that is given none.

    Raises:
        ValueError: there is none for the type.
    """
    from minihub_runtime.api.initializers import GlorotUniform, Zeros

    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_unsigned or dtype.is_bool or dtype.name == "string":
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype!r} is required")


def _first_value(
    initializer: Any, shape: TensorShape | None, dtype: DType, partition_info: Any
) -> tuple[Any, DType | None]:
    """What a variable is initialised with, and the type it must get, None if that follows.

    Raises:
        ValueError: the initialiser needs a shape, and there is none.
    """
    if not callable(initializer):
        return initializer, None
    if inspect.isclass(initializer):
        initializer = initializer()
    if shape is not None and shape.is_fully_defined():
        keywords = {"dtype": dtype}
        if "partition_info" in inspect.signature(initializer).parameters:
            keywords["partition_info"] = partition_info
        return functools.partial(initializer, shape.as_list(), **keywords), dtype.base_dtype
    parameters = inspect.signature(initializer).parameters.values()
    if all(
        p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters
    ):
        return initializer, None
    raise ValueError(
        "The initializer passed is not valid. It should be a callable with no arguments and the shape "
        "should not be provided or an instance of `tf.keras.initializers.*' and `shape` should be "
        "fully defined."
    )


def _regularize(variable: Variable, name: str, regularizer: Callable[[Any], Any]) -> None:
    """Add the loss of a variable to the collection of such losses, if there is one."""
    graph = get_default_graph()

    def loss() -> Any:
        with graph.colocate_with(variable), graph.name_scope(f"{name}/Regularizer/"):
            return regularizer(variable)

    # As in TensorFlow the loss is built once to see whether there is one, and anew wherever it is used.
    if regularizer(variable) is not None:
        graph.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, LazyTensor(loss))


def default_variable_store() -> VariableStore:
    """The variable store of the default graph."""
    found = get_default_graph().get_collection_ref(_STORE_KEY)
    if not found:
        found.append(VariableStore())
    store: VariableStore = found[0]
    return store


@public("get_variable")
def get_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool | None = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """The variable of that name in the current variable scope: made, or, where the scope reuses, found.

    Args:
        name: name in the scope.
        shape: the shape of its values.
        dtype: their type; by default that of the scope, float32.
        initializer: a function of shape, `dtype` and `partition_info` such as `tf.zeros_initializer()`, its class, a
            function without arguments, or a value; by default that of the scope, then Glorot's for floats and zeros
            for integers, booleans and strings.
        regularizer: a function of the variable; what it returns goes to `GraphKeys.REGULARIZATION_LOSSES`.
        trainable: whether optimisers change it.
        collections: the collections it is added to; by default that of global variables.
        caching_device: a device to read it from; written into the graph.
        partitioner: a function of shape and dtype that says into how many parts each dimension is cut.
        validate_shape: False lets the shape be unknown.
        use_resource: whether it is reached by a handle.
        custom_getter: a function `(getter, name, **arguments)` that makes the variable, as a rule by `getter`.
        constraint: a function of the value that optimisers apply after each step.
        synchronization: when replicas are brought together; there is one.
        aggregation: how replicas are brought together.

    Returns:
        A Variable, or a PartitionedVariable if there is a partitioner.

    Raises:
        ValueError: the variable exists and the scope does not reuse, or the other way round; it is not of that shape
            or type; shape or initialiser are missing.
    """
    return get_variable_scope().get_variable(
        default_variable_store(),
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=collections,
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )


@public("get_local_variable")
def get_local_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: bool = False,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: bool | None = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = VariableSynchronization.AUTO,
    aggregation: Any = VariableAggregation.NONE,
) -> Any:
    """As `get_variable`, of a variable that checkpoints do not hold and optimisers do not change."""
    return get_variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=False,
        collections=[*(collections or []), GraphKeys.LOCAL_VARIABLES],
        caching_device=caching_device,
        partitioner=partitioner,
        validate_shape=validate_shape,
        use_resource=use_resource,
        custom_getter=custom_getter,
        constraint=constraint,
        synchronization=synchronization,
        aggregation=aggregation,
    )
