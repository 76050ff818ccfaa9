"""Variables: what those by reference and those by handle have in common.

Source: tensorflow/python/ops/variables.py, variable_v1.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from minihub_runtime.api.defaults import get_default_session
from minihub_runtime.api.graph import Graph, GraphKeys, Operation, Tensor, get_default_graph
from minihub_runtime.api.operators import Operators
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.trackable import Trackable
from minihub_runtime.api.variables.options import (
    VariableAggregation,
    VariableSynchronization,
    checked_options,
    resource_variables_enabled,
)
from minihub_runtime.api.variables.scattering import Scattering
from minihub_runtime.dtypes import DType
from minihub_runtime.protos import SaveSliceInfoDef, VariableDef
from minihub_runtime.public import public

__all__ = ["SaveSliceInfo", "Variable", "make_variable", "prefixed", "without_scope"]


def without_scope(name: str, export_scope: str | None) -> str:
    """A name without the scope it stands in."""
    return name.removeprefix(f"{export_scope.rstrip('/')}/") if export_scope else name


def prefixed(name: str, import_scope: str | None) -> str:
    """A name in a scope."""
    return f"{import_scope.rstrip('/')}/{name}" if import_scope else name


class SaveSliceInfo:
    """Where a partition lies in the whole variable.

    Attributes:
        full_name: name of the whole.
        full_shape: its shape.
        var_offset: offset of the partition in each dimension.
        var_shape: shape of the partition.
    """

    def __init__(
        self,
        full_name: str = "",
        full_shape: Sequence[int] = (),
        var_offset: Sequence[int] = (),
        var_shape: Sequence[int] = (),
        save_slice_info_def: SaveSliceInfoDef | None = None,
        import_scope: str | None = None,
    ) -> None:
        if save_slice_info_def is not None:
            full_name = prefixed(save_slice_info_def.full_name, import_scope)
            full_shape = save_slice_info_def.full_shape
            var_offset = save_slice_info_def.var_offset
            var_shape = save_slice_info_def.var_shape
        self.full_name = full_name
        self.full_shape = list(full_shape)
        self.var_offset = list(var_offset)
        self.var_shape = list(var_shape)

    @property
    def spec(self) -> str:
        """The form RestoreV2 takes: `8 16 0,4:0,16`."""
        shape = " ".join(str(n) for n in self.full_shape)
        parts = zip(self.var_offset, self.var_shape, strict=True)
        return f"{shape} {':'.join(f'{offset},{length}' for offset, length in parts)}"

    def to_proto(self, export_scope: str | None = None) -> SaveSliceInfoDef | None:
        """The SaveSliceInfoDef; None if the whole lies outside `export_scope`."""
        if export_scope is not None and not self.full_name.startswith(export_scope):
            return None
        return SaveSliceInfoDef(
            full_name=without_scope(self.full_name, export_scope),
            full_shape=self.full_shape,
            var_offset=self.var_offset,
            var_shape=self.var_shape,
        )


class _VariableType(type):
    """`tf.Variable(…)` asks the creators of the open scopes, and makes a variable of the wanted kind."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        if cls is not Variable:
            return super().__call__(*arguments, **keywords)
        return make_variable(*arguments, **keywords)


def make_variable(*arguments: Any, **keywords: Any) -> Any:
    """What `tf.Variable(…)` gives: a variable, or what a creator makes in its place."""
    create: Callable[..., Any] = _create
    for creator in get_default_graph()._variable_creators:
        create = functools.partial(creator, create)
    given = inspect.signature(Variable.__init__).bind(None, *arguments, **keywords)
    given.apply_defaults()
    named = {**given.arguments}
    del named["self"]
    if named["aggregation"] is None:
        named["aggregation"] = VariableAggregation.NONE
    return create(**named)


def _create(**arguments: Any) -> Variable:
    """The variable that no creator made otherwise."""
    from minihub_runtime.api.variables.reference import RefVariable
    from minihub_runtime.api.variables.resource import ResourceVariable
    from minihub_runtime.api.variables.scopes import get_variable_scope

    use_resource = arguments.pop("use_resource", None)
    if use_resource is None:
        use_resource = get_variable_scope().use_resource
    if use_resource is None:
        use_resource = resource_variables_enabled()
    arguments.pop("expected_shape", None)
    # Templates inside of each other tell this one another.
    arguments.pop("trackable_parent", None)
    kind: type[Variable] = ResourceVariable if use_resource else RefVariable
    return kind(**arguments)


@public("Variable")
class Variable(Scattering, Operators, Trackable, metaclass=_VariableType):
    """A value that stays from run to run.

    `tf.Variable(…)` makes a ResourceVariable or, by `use_resource=False`, a RefVariable.

    Args:
        initial_value: what it is initialised with: anything that can be a tensor, or a function that makes it.
        trainable: whether optimisers change it; by default yes, unless `synchronization` is ON_READ.
        collections: the collections it is added to; by default that of global variables.  A trainable one is added to
            that of trainable variables, too.
        validate_shape: False lets the shape be unknown, or change.
        caching_device: a device to read it from; written into the graph.
        name: wanted name.
        variable_def: a VariableDef; the variable then is one that the graph holds already.
        dtype: the type of its values; by default that of the initial value.
        expected_shape: accepted and ignored.
        import_scope: scope of the names in `variable_def`.
        constraint: a function of the value that optimisers apply after each step.
        use_resource: whether it is reached by a handle; by default what the variable scope says.
        synchronization: when replicas are brought together; there is one.
        aggregation: how replicas are brought together.
        shape: the shape of its values; by default that of the initial value.

    Raises:
        ValueError: there is no initial value, or an argument does not fit.
    """

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
        expected_shape: Any = None,
        import_scope: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        shape: Any = None,
    ) -> None:
        raise NotImplementedError("tf.Variable(…) makes a variable of one of the two kinds")

    _initializer: Any = None
    _initial_value: Tensor | None
    _constraint: Callable[[Any], Any] | None
    _caching_device: Any
    _save_slice_info: SaveSliceInfo | None = None
    _trainable: bool
    _synchronization: VariableSynchronization
    _aggregation: VariableAggregation

    @staticmethod
    def from_proto(variable_def: VariableDef, import_scope: str | None = None) -> Variable:
        """The variable a VariableDef describes, in the default graph.

        Args:
            variable_def: the definition.
            import_scope: scope under which its graph was imported.

        Raises:
            KeyError: the graph does not hold it.
        """
        made: Variable = make_variable(
            variable_def=variable_def,
            import_scope=import_scope,
            use_resource=variable_def.is_resource,
        )
        return made

    def _set_options(
        self,
        trainable: bool | None,
        collections: Collection[str] | None,
        synchronization: Any,
        aggregation: Any,
        constraint: Any,
        name: str | None,
    ) -> list[str]:
        """Check and keep what both kinds are told in the same way; the collections to add it to."""
        if collections is None:
            collections = [GraphKeys.GLOBAL_VARIABLES]
        if not isinstance(collections, (list, tuple, set)):
            raise ValueError(
                "collections argument to Variable constructor must be a list, tuple, or set. Got "
                f"{collections} of type {type(collections)}"
            )
        if constraint is not None and not callable(constraint):
            raise ValueError("The `constraint` argument must be a callable.")
        self._synchronization, self._aggregation, self._trainable = checked_options(
            synchronization, aggregation, trainable, name
        )
        self._constraint = constraint
        keys = list(collections)
        if self._trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        return keys

    def _set_from_proto(self, proto: VariableDef, import_scope: str | None) -> Tensor:
        """Take what both kinds find in a VariableDef; the tensor of the variable itself."""
        graph = get_default_graph()
        initializer = graph.as_graph_element(prefixed(proto.initializer_name, import_scope))
        self._initializer = initializer.op if isinstance(initializer, Tensor) else initializer
        self._initial_value = None
        if proto.initial_value_name:
            self._initial_value = graph.as_graph_element(
                prefixed(proto.initial_value_name, import_scope)
            )
        self._set_options(
            proto.trainable, None, proto.synchronization, proto.aggregation, None, None
        )
        self._caching_device = None
        if proto.HasField("save_slice_info_def"):
            self._save_slice_info = SaveSliceInfo(
                save_slice_info_def=proto.save_slice_info_def, import_scope=import_scope
            )
        handle: Tensor = graph.as_graph_element(prefixed(proto.variable_name, import_scope))
        return handle

    def to_proto(self, export_scope: str | None = None) -> VariableDef | None:
        """The VariableDef, its names relative to `export_scope`; None if it lies outside."""
        own = self._own_tensor
        if export_scope is not None and not own.name.startswith(export_scope):
            return None

        def relative(item: Any) -> str:
            return without_scope(item.name, export_scope)

        proto = VariableDef(
            variable_name=relative(own),
            initializer_name=relative(self.initializer),
            snapshot_name=relative(self._snapshot_tensor),
            is_resource=self.is_resource,
            trainable=self.trainable,
            synchronization=self.synchronization.value,
            aggregation=self.aggregation.value,
        )
        if self._initial_value is not None:
            proto.initial_value_name = relative(self._initial_value)
        if self._save_slice_info is not None:
            info = self._save_slice_info.to_proto(export_scope)
            if info is not None:
                proto.save_slice_info_def.CopyFrom(info)
        return proto

    def _gather_saveables_for_checkpoint(self) -> dict[str, Any]:
        return {"VARIABLE_VALUE": self}

    # What each kind knows

    @property
    def _own_tensor(self) -> Tensor:
        """The handle, or the reference."""
        raise NotImplementedError

    @property
    def _snapshot_tensor(self) -> Tensor:
        """The tensor that a VariableDef names as its value."""
        raise NotImplementedError

    @property
    def is_resource(self) -> bool:
        """Whether it is reached by a handle rather than by reference."""
        raise NotImplementedError

    @property
    def shape(self) -> TensorShape:
        """The shape of its values."""
        raise NotImplementedError

    @property
    def dtype(self) -> DType:
        """The type of its values; a reference type for a reference variable."""
        raise NotImplementedError

    def set_shape(self, shape: Any) -> None:
        """Add what the caller knows of the shape."""
        raise NotImplementedError

    def value(self) -> Tensor:
        """Its value: where there is a snapshot of it that."""
        raise NotImplementedError

    def read_value(self) -> Tensor:
        """Its value, read now: after what operations made here wait for."""
        raise NotImplementedError

    def _as_graph_element(self) -> Any:
        """What a session fetches and feeds for it."""
        raise NotImplementedError

    def assign(
        self,
        value: Any,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Any:
        """Give it a value.

        Args:
            value: the new value.
            use_locking: accepted; assignments never interrupt each other.
            name: wanted name of the operation.
            read_value: whether to return the variable's new value rather than the operation.
        """
        raise NotImplementedError

    def is_initialized(self, name: str | None = None) -> Tensor:
        """Whether it has a value, a bool scalar."""
        raise NotImplementedError

    # What is the same for both

    @property
    def name(self) -> str:
        """`variable:0`."""
        return self._own_tensor.name

    @property
    def op(self) -> Operation:
        """The operation that makes the handle or the reference."""
        return self._own_tensor.op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self._own_tensor.graph

    @property
    def device(self) -> str:
        """The device it was made for; it says nothing to sessions."""
        return self._own_tensor.op.device

    @property
    def initializer(self) -> Any:
        """The operation that gives it its first value."""
        return self._initializer

    @property
    def initial_value(self) -> Any:
        """The tensor it is initialised with; None if it was made of a VariableDef without one."""
        return self._initial_value

    @property
    def trainable(self) -> bool:
        """Whether optimisers change it."""
        return self._trainable

    @property
    def synchronization(self) -> VariableSynchronization:
        """When replicas are brought together."""
        return self._synchronization

    @property
    def aggregation(self) -> VariableAggregation:
        """How replicas are brought together."""
        return self._aggregation

    @property
    def constraint(self) -> Callable[[Any], Any] | None:
        """The function that optimisers apply after each step."""
        return self._constraint

    @property
    def _shared_name(self) -> str:
        """Its name without the output."""
        return self.name.partition(":")[0]

    def get_shape(self) -> TensorShape:
        """The shape of its values."""
        return self.shape

    def initialize_by(self, initializer: Operation, initial_value: Tensor) -> None:
        """Let another operation give it its first value."""
        self._initializer = initializer
        self._initial_value = initial_value

    def _set_save_slice_info(self, save_slice_info: SaveSliceInfo | None) -> None:
        """Note which part of a whole it is."""
        self._save_slice_info = save_slice_info

    def _get_save_slice_info(self) -> SaveSliceInfo | None:
        """Which part of a whole it is, None if it is whole."""
        return self._save_slice_info

    def _batch_scatter_update(self, sparse_delta: Any, use_locking: bool, name: str | None) -> Any:
        from minihub_runtime.api.variables.updates import batch_scatter_update

        return batch_scatter_update(
            self, sparse_delta.indices, sparse_delta.values, use_locking, name
        )

    def initialized_value(self) -> Any:
        """Its value where it has one, else its initial value: what other initial values may rest on."""
        from minihub_runtime.api.variables.initial_values import initialized_value

        return initialized_value(self)

    def eval(self, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return self._as_graph_element().eval(session=session)

    def load(self, value: Any, session: Any = None) -> None:
        """Give it a value in a session, now.

        Raises:
            ValueError: there is no session.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError(
                "Either session argument should be provided or default session should be established"
            )
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    def ref(self) -> Any:
        """A hashable stand-in."""
        return self

    experimental_ref = ref

    def _operand(self) -> Tensor:
        # What takes part in arithmetic is the value.
        return self.value()

    def __getitem__(self, key: Any) -> Tensor:
        from minihub_runtime.api.slicing import get_item

        return get_item(self.value(), key, self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.read_value())

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


Variable.SaveSliceInfo = SaveSliceInfo  # type: ignore[attr-defined]
