"""Variables by handle: operations that read and write take the handle, and a value that was read stays what it was.

Source: tensorflow/python/ops/resource_variable_ops.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, get_default_graph, name_scope
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import Variable, prefixed
from minihub_runtime.api.variables.initial_values import colocated_initializer, guarded
from minihub_runtime.dtypes import DType
from minihub_runtime.protos import VariableDef

__all__ = ["BaseResourceVariable", "ResourceVariable", "UnreadVariable"]


class BaseResourceVariable(Variable):
    """What stands for the variable behind a handle.

    Attributes:
        handle: the resource.
    """

    handle: Tensor
    _dtype: DType
    _shape: TensorShape
    _graph_element: Any = None
    _cached_value: Tensor | None = None
    _caching_device: Any = None
    _validate_shape: bool = True

    @property
    def _own_tensor(self) -> Tensor:
        return self.handle

    @property
    def _snapshot_tensor(self) -> Tensor:
        return self._graph_element if self._cached_value is None else self._cached_value

    @property
    def is_resource(self) -> bool:
        """True."""
        return True

    @property
    def create(self) -> Any:
        """The operation that gives it its first value."""
        return self.initializer

    @property
    def shape(self) -> TensorShape:
        """The shape of its values."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The type of its values."""
        return self._dtype

    def set_shape(self, shape: Any) -> None:
        """Add what the caller knows of the shape."""
        self._shape = self._shape.merge_with(shape)

    def _read_variable_op(self) -> Tensor:
        with contextlib.ExitStack() as stack:
            if self._caching_device is not None:
                graph = get_default_graph()
                stack.enter_context(graph.colocate_with(None, ignore_existing=True))
                stack.enter_context(graph.device(self._caching_device))
            value: Tensor = build("ReadVariableOp", resource=self.handle, dtype=self._dtype)
        return value

    def value(self) -> Tensor:
        """Its value, read now unless there is a cached one."""
        if self._cached_value is not None:
            return self._cached_value
        with get_default_graph().colocate_with(None, ignore_existing=True):
            return self._read_variable_op()

    def read_value(self) -> Tensor:
        """Its value, read after what operations made here wait for."""
        with name_scope("Read"):
            value = self._read_variable_op()
        read: Tensor = build("Identity", input=value)
        return read

    def read_value_no_copy(self) -> Tensor:
        """Its value, read without a copy even where rows of it were read alone before."""
        with name_scope("Read"):
            build("DisableCopyOnRead", resource=self.handle)
            value = self._read_variable_op()
        read: Tensor = build("Identity", input=value)
        return read

    def sparse_read(self, indices: Any, name: str | None = None) -> Tensor:
        """The rows at `indices`."""
        with name_scope(name, "Gather") as scope:
            rows: Tensor = build(
                "ResourceGather",
                name=scope,
                resource=self.handle,
                indices=indices,
                dtype=self._dtype,
            )
        return rows

    def gather_nd(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements or slices at places, int32 or int64 [..., k]."""
        with name_scope(name, "GatherNd") as scope:
            found = build(
                "ResourceGatherNd",
                name=scope,
                resource=self.handle,
                indices=indices,
                dtype=self._dtype,
            )
        read: Tensor = build("Identity", input=found)
        return read

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Whether it has a value, a bool scalar."""
        found: Tensor = build("VarIsInitializedOp", name=name, resource=self.handle)
        return found

    def _dense_value(self, as_ref: bool = False) -> Tensor:
        return self.value()

    def _as_graph_element(self) -> Any:
        return self._graph_element

    def numpy(self) -> Any:
        """Not supported: a graph holds no values."""
        raise NotImplementedError("numpy() is only available when eager execution is enabled.")

    @contextlib.contextmanager
    def _assign_dependencies(self) -> Iterator[None]:
        """Let changes wait for the cached value to be read."""
        cached = [] if self._cached_value is None else [self._cached_value]
        with get_default_graph().control_dependencies(cached):
            yield

    def _lazy_read(self, op: Operation) -> UnreadVariable:
        """The variable after an operation."""
        return UnreadVariable(self.handle, self._dtype, self._shape, op)

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give it a value; see `Variable.assign`.

        Raises:
            ValueError: the type or the shape does not fit.
        """
        tensor = convert_to_tensor(value, self._dtype)
        if not self._shape.is_compatible_with(tensor.shape):
            raise ValueError(
                f"Cannot assign value to variable ' {self.name}': Shape mismatch.The variable shape "
                f"{self._shape}, and the assigned value shape {tensor.shape} are incompatible."
            )
        operation = build(
            "AssignVariableOp",
            name=name,
            resource=self.handle,
            value=tensor,
            validate_shape=self._validate_shape and self._shape.is_fully_defined(),
        )
        return self._lazy_read(operation) if read_value else operation

    def _change(self, op: str, delta: Any, name: str | None, read_value: bool) -> Any:
        with self._assign_dependencies():
            operation = build(
                op, name=name, resource=self.handle, value=convert_to_tensor(delta, self._dtype)
            )
        return self._lazy_read(operation) if read_value else operation

    def assign_add(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to it; arguments as in `assign`."""
        return self._change("AssignAddVariableOp", delta, name, read_value)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from it; arguments as in `assign`."""
        return self._change("AssignSubVariableOp", delta, name, read_value)

    def count_up_to(self, limit: int) -> Tensor:
        """Add one to it unless it has reached `limit`, which is an OutOfRangeError; the value before."""
        before: Tensor = build(
            "ResourceCountUpTo", resource=self.handle, limit=limit, T=self._dtype
        )
        return before

    def _scatter(self, op: str, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        _check_slices(sparse_delta)
        return self._lazy_read(
            build(
                f"ResourceScatter{op}",
                name=name,
                resource=self.handle,
                indices=sparse_delta.indices,
                updates=convert_to_tensor(sparse_delta.values, self._dtype),
            )
        )

    def _scatter_nd(self, op: str, indices: Any, updates: Any, name: str | None) -> Any:
        return self._lazy_read(
            build(
                f"ResourceScatterNd{op}",
                name=name,
                ref=self.handle,
                indices=indices,
                updates=convert_to_tensor(updates, self._dtype),
            )
        )

    def _batch_scatter_update(self, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        _check_slices(sparse_delta)
        return self._lazy_read(super()._batch_scatter_update(sparse_delta, use_locking, name))

    def _strided_slice_assign(self, name: str | None, value: Any, **places: Any) -> Any:
        """Give a part a value, as `x[1:].assign(value)` does."""
        with self._assign_dependencies():
            return self._lazy_read(
                build(
                    "ResourceStridedSliceAssign",
                    name=name,
                    ref=self.handle,
                    value=convert_to_tensor(value, self._dtype),
                    **places,
                )
            )


def _check_slices(sparse_delta: Any) -> None:
    """Raise unless this is an IndexedSlices."""
    if not isinstance(sparse_delta, IndexedSlices):
        raise TypeError(
            f"Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: {sparse_delta}"
        )


class ResourceVariable(BaseResourceVariable):
    """A variable that is reached by a handle; see `Variable`."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Collection[str] | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        variable_def: VariableDef | None = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        self._validate_shape = validate_shape
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError(
                    "The variable_def and initial_value args to `tf.Variable` are mutually "
                    f"exclusive, but got both: variable_def={variable_def},\n"
                    f"initial_value={initial_value}"
                )
            self._load_proto(variable_def, import_scope)
            return
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not "
                "providing a `variable_def`. You provided neither."
            )
        if isinstance(initial_value, Tensor) and initial_value.graph.building_function:
            raise ValueError(
                f"The `initial_value` passed to `tf.Variable` {name} is from inside a control-flow "
                "construct, such as a loop or conditional. When creating a `tf.Variable` inside a "
                "loop or conditional, use a lambda as the `initial_value`. Got: "
                f"initial_value=({initial_value})"
            )
        keys = self._set_options(
            trainable, collections, synchronization, aggregation, constraint, name
        )
        self._caching_device = caching_device
        with init_scope():
            self._make(initial_value, name, dtype, shape)
            get_default_graph().add_to_collections(keys, self)

    def _make(self, initial_value: Any, name: str | None, dtype: Any, shape: Any) -> None:
        """Add the operations."""
        graph = get_default_graph()
        from_function = callable(initial_value)
        with name_scope(name, "Variable", [] if from_function else [initial_value]) as scope:
            with colocated_initializer(scope):
                with graph.name_scope("Initializer"), graph.device(None):
                    value = initial_value() if from_function else initial_value
                    first = convert_to_tensor(value, dtype, "initial_value")
                if shape is not None and not first.shape.is_compatible_with(shape):
                    raise ValueError(
                        "In this `tf.Variable` creation, the initial value's shape "
                        f"({first.shape}) is not compatible with the explicitly supplied `shape` "
                        f"argument ({shape})."
                    )
                self._shape = first.shape if shape is None else TensorShape(shape)
                self._dtype = first.dtype.base_dtype
                self.handle = build(
                    "VarHandleOp",
                    name=scope,
                    shape=self._shape,
                    dtype=self._dtype,
                    shared_name=scope[:-1],
                )
            self._initial_value = first
            with graph.name_scope("IsInitialized"):
                build("VarIsInitializedOp", resource=self.handle)
            with (
                graph.name_scope("Assign") as assigning,
                graph.colocate_with(None, ignore_existing=True),
                graph.device(self.handle.op.device),
            ):
                self._initializer = build(
                    "AssignVariableOp",
                    name=assigning,
                    resource=self.handle,
                    value=guarded(scope, first),
                )
            with graph.name_scope("Read"):
                with graph.device(self.handle.op.device):
                    self._graph_element = build(
                        "ReadVariableOp", resource=self.handle, dtype=self._dtype
                    )
                if self._caching_device is not None:
                    with (
                        graph.colocate_with(None, ignore_existing=True),
                        graph.device(self._caching_device),
                    ):
                        self._cached_value = build("Identity", input=self._graph_element)

    def _load_proto(self, proto: VariableDef, import_scope: str | None) -> None:
        if not proto.is_resource:
            raise ValueError(
                "The `variable_def` you passed to `tf.Variable` is Trying to restore a TF 1.x "
                "Reference Variable as a TF 2.x ResourceVariable. This is unsupported. Got "
                f"variable_def={proto}"
            )
        graph = get_default_graph()
        self.handle = self._set_from_proto(proto, import_scope)
        self._shape = TensorShape(self.handle.op.get_attr("shape"))
        self._dtype = self.handle.op.get_attr("dtype")
        if not proto.snapshot_name:
            self._graph_element = graph.get_tensor_by_name(
                f"{self.handle.op.name}/Read/ReadVariableOp:0"
            )
            return
        snapshot: Tensor = graph.as_graph_element(prefixed(proto.snapshot_name, import_scope))
        if snapshot.op.type != "ReadVariableOp":
            self._cached_value = snapshot
        while snapshot.op.type != "ReadVariableOp":
            snapshot = snapshot.op.inputs[0]
        self._graph_element = snapshot


class UnreadVariable(BaseResourceVariable):
    """A variable after an operation that changed it: what reads it or changes it waits for that.

    Attributes:
        handle: the resource.
    """

    def __init__(
        self, handle: Tensor, dtype: DType, shape: TensorShape, parent_op: Operation
    ) -> None:
        self._set_options(None, None, None, None, None, None)
        self.handle = handle
        self._dtype = dtype
        self._shape = shape
        self._parent_op = parent_op
        self._initial_value = None
        if not get_default_graph().building_function:
            with self._after():
                self._graph_element = build("ReadVariableOp", resource=handle, dtype=dtype)

    def _after(self) -> contextlib.AbstractContextManager[None]:
        """A block whose operations wait for the one that changed it."""
        return get_default_graph().control_dependencies([self._parent_op])

    @property
    def name(self) -> str:
        """The name of the operation."""
        return self._parent_op.name

    @property
    def op(self) -> Operation:
        """The operation that changed it."""
        return self._parent_op

    def value(self) -> Tensor:
        """Its value after the operation."""
        return self._read_variable_op()

    def read_value(self) -> Tensor:
        """Its value after the operation."""
        return self._read_variable_op()

    def _read_variable_op(self) -> Tensor:
        with self._after():
            return super()._read_variable_op()

    def assign(
        self,
        value: Any,
        use_locking: bool | None = None,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give it a value; see `Variable.assign`."""
        with self._after():
            return super().assign(value, use_locking, name, read_value)

    def _change(self, op: str, delta: Any, name: str | None, read_value: bool) -> Any:
        with self._after():
            return super()._change(op, delta, name, read_value)

    def _scatter(self, op: str, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        with self._after():
            return super()._scatter(op, sparse_delta, use_locking, name)

    def _scatter_nd(self, op: str, indices: Any, updates: Any, name: str | None) -> Any:
        with self._after():
            return super()._scatter_nd(op, indices, updates, name)

    def _batch_scatter_update(self, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        with self._after():
            return super()._batch_scatter_update(sparse_delta, use_locking, name)
