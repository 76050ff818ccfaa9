"""Variables by reference, as TensorFlow 1 makes them: one operation holds the value, and others write to it.

Source: tensorflow/python/ops/ref_variable.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, get_default_graph, name_scope
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.base import Variable, prefixed
from minihub_runtime.api.variables.initial_values import colocated_initializer, guarded
from minihub_runtime.dtypes import DType
from minihub_runtime.protos import VariableDef

__all__ = ["RefVariable"]


class RefVariable(Variable):
    """A variable that is reached by reference; see `Variable`."""

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        collections: Collection[str] | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: VariableDef | None = None,
        dtype: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
    ) -> None:
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._variable = self._set_from_proto(variable_def, import_scope)
            self._snapshot: Tensor = get_default_graph().as_graph_element(
                prefixed(variable_def.snapshot_name, import_scope)
            )
            return
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        keys = self._set_options(
            trainable, collections, synchronization, aggregation, constraint, name
        )
        self._caching_device = caching_device
        with init_scope():
            self._make(initial_value, validate_shape, name, dtype, shape)
            get_default_graph().add_to_collections(keys, self)

    def _make(
        self, initial_value: Any, validate_shape: bool, name: str | None, dtype: Any, shape: Any
    ) -> None:
        """Add the operations."""
        graph = get_default_graph()
        from_function = callable(initial_value)
        with name_scope(name, "Variable", [] if from_function else [initial_value]) as scope:
            with contextlib.ExitStack() as stack:
                if from_function:
                    stack.enter_context(colocated_initializer(scope))
                    with graph.name_scope("Initializer"), graph.device(None):
                        first = convert_to_tensor(initial_value(), dtype, "initial_value")
                else:
                    first = convert_to_tensor(initial_value, dtype, "initial_value")
                    if first.graph.building_function:
                        raise ValueError(
                            f"Initializer for variable {scope} is from inside a control-flow "
                            "construct, such as a loop or conditional. When creating a variable "
                            "inside a loop or conditional, use a lambda as the initializer."
                        )
                if shape is None:
                    shape = first.shape if validate_shape else None
                self._variable = build(
                    "VariableV2", name=scope, shape=shape, dtype=first.dtype.base_dtype
                )
            if validate_shape and not first.shape.is_fully_defined():
                raise ValueError(f"initial_value must have a shape specified: {first}")
            self._initial_value = first
            self._initializer = build(
                "Assign",
                ref=self._variable,
                value=guarded(scope, first),
                validate_shape=validate_shape,
            ).op
            beside: Any = (
                graph.colocate_with(self._variable)
                if self._caching_device is None
                else graph.device(self._caching_device)
            )
            with beside:
                self._snapshot = build("Identity", name="read", input=self._variable)

    @property
    def _own_tensor(self) -> Tensor:
        return self._variable

    @property
    def _snapshot_tensor(self) -> Tensor:
        return self._snapshot

    @property
    def is_resource(self) -> bool:
        """False."""
        return False

    @property
    def shape(self) -> TensorShape:
        """The shape of its values."""
        return self._variable.shape

    @property
    def dtype(self) -> DType:
        """The type of its values, as a reference type."""
        return self._variable.dtype

    def set_shape(self, shape: Any) -> None:
        """Add what the caller knows of the shape."""
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    def _ref(self) -> Tensor:
        """The reference. TensorFlow's has this, too, and programs with custom getters read it."""
        return self._variable

    def value(self) -> Tensor:
        """Its value, read by the one operation that was made with it."""
        return self._snapshot

    def read_value(self) -> Tensor:
        """Its value, read after what operations made here wait for."""
        read: Tensor = build("Identity", name="read", input=self._variable)
        return read

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Whether it has a value, a bool scalar."""
        found: Tensor = build("IsVariableInitialized", name=name, ref=self._variable)
        return found

    def _dense_value(self, as_ref: bool = False) -> Tensor:
        return self._variable if as_ref else self._snapshot

    def _as_graph_element(self) -> Tensor:
        return self._variable

    def _write(self, op: str, name: str | None, read_value: bool = True, **arguments: Any) -> Any:
        """Add an operation that writes to it; the reference to the new value, or the operation."""
        reference = build(op, name=name, ref=self._variable, **arguments)
        return reference if read_value else reference.op

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give it a value; see `Variable.assign`."""
        return self._write("Assign", name, read_value, value=value, use_locking=use_locking)

    def assign_add(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Add to it; arguments as in `assign`."""
        return self._write("AssignAdd", name, read_value, value=delta, use_locking=use_locking)

    def assign_sub(
        self,
        delta: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Subtract from it; arguments as in `assign`."""
        return self._write("AssignSub", name, read_value, value=delta, use_locking=use_locking)

    def count_up_to(self, limit: int) -> Tensor:
        """Add one to it unless it has reached `limit`, which is an OutOfRangeError; the value before."""
        before: Tensor = build("CountUpTo", ref=self._variable, limit=limit)
        return before

    def _scatter(
        self, op: str, sparse_delta: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        """Change rows by those of an IndexedSlices."""
        if not isinstance(sparse_delta, IndexedSlices):
            raise TypeError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return self._write(
            f"Scatter{op}",
            name,
            indices=sparse_delta.indices,
            updates=sparse_delta.values,
            use_locking=use_locking,
        )

    def _scatter_nd(self, op: str, indices: Any, updates: Any, name: str | None = None) -> Any:
        """Change elements or slices at places."""
        return self._write(
            f"ScatterNd{op}", name, indices=indices, updates=updates, use_locking=True
        )

    def _strided_slice_assign(self, name: str | None, value: Any, **places: Any) -> Any:
        """Give a part a value, as `x[1:].assign(value)` does."""
        return self._write("StridedSliceAssign", name, value=value, **places)
