"""Variables, their scopes and initialisers.

Source: tensorflow/python/ops/variables.py, resource_variable_ops.py, ref_variable.py, variable_scope.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.defaults import default_session
from minihub_runtime.api.graph import (
    Graph,
    GraphKeys,
    Operation,
    Tensor,
    get_default_graph,
    name_scope,
)
from minihub_runtime.api.operators import Operators
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType
from minihub_runtime.protos import VariableDef
from minihub_runtime.public import public

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
    "variable_scope",
    "variables_initializer",
]

REFERENCE_OPS = ("VariableV2", "Variable")


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
        full_name: str,
        full_shape: Sequence[int],
        var_offset: Sequence[int],
        var_shape: Sequence[int],
    ) -> None:
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


@public("Variable")
class Variable(Operators):
    """A variable: by handle (a resource) or by reference.

    Attributes:
        handle: the resource, or the reference.
        initializer: the operation that gives it its first value.
        initial_value: that value.
        trainable: whether optimisers change it.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        collections: Iterable[str] | None = None,
        validate_shape: bool = True,
        name: str | None = None,
        dtype: Any = None,
        shape: Any = None,
        use_resource: bool = False,
    ) -> None:
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        graph = get_default_graph()
        with graph.control_dependencies(None), name_scope(name, "Variable") as scope:
            node_name = scope or "Variable/"
            self.initial_value = self._first_value(initial_value, dtype, use_resource)
            known = self.initial_value.shape if shape is None else TensorShape(shape)
            attrs: dict[str, Any] = {
                "dtype": self.initial_value.dtype.base_dtype,
                "shape": known.as_tuple() if validate_shape else None,
            }
            if use_resource:
                attrs["shared_name"] = node_name[:-1]
                self.handle: Tensor = build("VarHandleOp", name=node_name, **attrs)
                with graph.name_scope("IsInitialized"):
                    build("VarIsInitializedOp", resource=self.handle)
                self.initializer: Operation = build(
                    "AssignVariableOp",
                    name="Assign",
                    resource=self.handle,
                    value=self.initial_value,
                )
                with graph.name_scope("Read"):
                    self._snapshot = self._read()
            else:
                self.handle = build("VariableV2", name=node_name, **attrs)
                self.initializer = build(
                    "Assign",
                    name="Assign",
                    ref=self.handle,
                    value=self.initial_value,
                    validate_shape=validate_shape,
                ).op
                with graph.colocate_with(self.handle):
                    self._snapshot = build("Identity", name="read", input=self.handle)
        self.trainable = trainable
        self._save_slice_info: SaveSliceInfo | None = None
        keys = list(collections) if collections is not None else [GraphKeys.GLOBAL_VARIABLES]
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        graph.add_to_collections(keys, self)

    @staticmethod
    def _first_value(initial_value: Any, dtype: Any, use_resource: bool) -> Tensor:
        """The first value; a function, and all values of resource variables, in a scope of their own."""
        if not (use_resource or callable(initial_value)):
            return convert_to_tensor(initial_value, dtype, "initial_value")
        with get_default_graph().name_scope("Initializer"):
            value = initial_value() if callable(initial_value) else initial_value
            return convert_to_tensor(value, dtype, "initial_value")

    @classmethod
    def from_proto(cls, proto: VariableDef, import_scope: str = "") -> Variable:
        """The variable a VariableDef describes, in the default graph.

        Args:
            proto: the definition.
            import_scope: scope under which its graph was imported.

        Raises:
            KeyError: the graph does not hold it.
        """
        graph = get_default_graph()

        def scoped(name: str) -> str:
            return f"{import_scope}/{name}" if import_scope else name

        self = cls.__new__(cls)
        self.handle = graph.get_tensor_by_name(scoped(proto.variable_name))
        self.initializer = graph.as_graph_element(scoped(proto.initializer_name))
        if isinstance(self.initializer, Tensor):
            self.initializer = self.initializer.op
        initial = proto.initial_value_name
        self.initial_value = graph.get_tensor_by_name(scoped(initial)) if initial else None  # type: ignore[assignment]
        self._snapshot = graph.get_tensor_by_name(scoped(proto.snapshot_name))
        self.trainable = proto.trainable
        self._save_slice_info = None
        if proto.HasField("save_slice_info_def"):
            info = proto.save_slice_info_def
            self._save_slice_info = SaveSliceInfo(
                scoped(info.full_name), info.full_shape, info.var_offset, info.var_shape
            )
        return self

    def to_proto(self, export_scope: str | None = None) -> VariableDef:
        """The VariableDef; names relative to `export_scope`."""
        prefix = f"{export_scope}/" if export_scope else ""

        def relative(name: str) -> str:
            return name.removeprefix(prefix)

        proto = VariableDef(
            variable_name=relative(self.handle.name),
            initializer_name=relative(self.initializer.name),
            snapshot_name=relative(self._snapshot.name),
            is_resource=self.is_resource,
            trainable=self.trainable,
        )
        if self.initial_value is not None:
            proto.initial_value_name = relative(self.initial_value.name)
        if self._save_slice_info is not None:
            info = self._save_slice_info
            proto.save_slice_info_def.full_name = relative(info.full_name)
            proto.save_slice_info_def.full_shape.extend(info.full_shape)
            proto.save_slice_info_def.var_offset.extend(info.var_offset)
            proto.save_slice_info_def.var_shape.extend(info.var_shape)
        return proto

    @property
    def is_resource(self) -> bool:
        """Whether it is reached by a handle rather than by reference."""
        return self.handle.op.type not in REFERENCE_OPS

    @property
    def name(self) -> str:
        """`variable:0`."""
        return self.handle.name

    @property
    def op(self) -> Operation:
        """The operation that makes the handle."""
        return self.handle.op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.handle.graph

    @property
    def dtype(self) -> DType:
        """The type of its values; a reference type for a reference variable."""
        dtype: DType = self.op.node.attrs["dtype"]
        return dtype if self.is_resource else dtype.ref

    @property
    def shape(self) -> TensorShape:
        """The shape of its values."""
        return TensorShape(self.op.node.attrs["shape"])

    def get_shape(self) -> TensorShape:
        """The shape of its values."""
        return self.shape

    def _read(self) -> Tensor:
        dtype = self.op.node.attrs["dtype"]
        tensor: Tensor = build("ReadVariableOp", resource=self.handle, dtype=dtype)
        tensor.set_shape(self.shape)
        return tensor

    def value(self) -> Tensor:
        """Its value, read now."""
        return self._read() if self.is_resource else self._snapshot

    def read_value(self) -> Tensor:
        """Its value after what this operation waits for."""
        if self.is_resource:
            return self._read()
        result: Tensor = build("Identity", input=self.handle)
        return result

    def initialized_value(self) -> Tensor:
        """The value it is initialised with."""
        return self.initial_value

    def _dense_value(self, as_ref: bool = False) -> Tensor:
        return self.handle if as_ref and not self.is_resource else self.value()

    def _as_graph_element(self) -> Tensor:
        return self._snapshot

    @property
    def _fixed_shape(self) -> bool:
        return self.shape.is_fully_defined()

    def _assigning(
        self, resource_op: str, reference_op: str, value: Any, use_locking: bool, name: Any
    ) -> Any:
        if not self.is_resource:
            return build(
                reference_op, name=name, ref=self.handle, value=value, use_locking=use_locking
            )
        tensor = convert_to_tensor(value, self.dtype.base_dtype)
        checked = {} if resource_op != "AssignVariableOp" else {"validate_shape": self._fixed_shape}
        operation = build(resource_op, name=name, resource=self.handle, value=tensor, **checked)
        with self.graph.control_dependencies([operation]):
            return self._read()

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """A tensor of the new value, after giving it."""
        return self._assigning("AssignVariableOp", "Assign", value, use_locking, name)

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """A tensor of the new value, after adding to it."""
        return self._assigning("AssignAddVariableOp", "AssignAdd", delta, use_locking, name)

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None) -> Any:
        """A tensor of the new value, after subtracting from it."""
        return self._assigning("AssignSubVariableOp", "AssignSub", delta, use_locking, name)

    def _operand(self) -> Tensor:
        # What takes part in arithmetic is the value.
        return self.value()

    def __getitem__(self, key: Any) -> Tensor:
        from minihub_runtime.api.slicing import get_item

        return get_item(self.value(), key, self)

    def _strided_slice_assign(
        self, begin: Any, end: Any, strides: Any, value: Any, name: str | None, **masks: int
    ) -> Any:
        """Give a part a value, as `x[1:].assign(value)` does."""
        places = {"begin": begin, "end": end, "strides": strides, **masks}
        if not self.is_resource:
            return build("StridedSliceAssign", name=name, ref=self.handle, value=value, **places)
        tensor = convert_to_tensor(value, self.dtype.base_dtype)
        operation = build(
            "ResourceStridedSliceAssign", name=name, ref=self.handle, value=tensor, **places
        )
        with self.graph.control_dependencies([operation]):
            return self._read()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.read_value())

    def load(self, value: Any, session: Any = None) -> None:
        """Give it a value in a session, now."""
        session = default_session(session, self.graph)
        session.run(self.initializer, {self.initializer.inputs[1]: value})

    def eval(self, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return self._snapshot.eval(session=session)

    def __repr__(self) -> str:
        return f"<tf.Variable '{self.name}' shape={self.shape} dtype={self.dtype.name}>"

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


# Scopes

_SCOPE_KEY = ("__variable_scope",)


class VariableScope:
    """Where variables get their names.

    Attributes:
        name: the scope, without a slash at the end.
        original_name_scope: the name scope it was opened in, with a slash.
    """

    def __init__(self, name: str, original_name_scope: str = "") -> None:
        self.name = name
        self.original_name_scope = original_name_scope

    def __repr__(self) -> str:
        return f"<VariableScope {self.name!r}>"


class _ScopeState:
    """The variable scopes of one graph: the current one, and how often each name was opened."""

    def __init__(self) -> None:
        self.current = VariableScope("")
        self.opened: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """`name`, with `_1`, `_2` … if a scope of that name was opened in the current one."""
        prefix = f"{self.current.name}/" if self.current.name else ""
        if not self.opened.get(prefix + name):
            return name
        number = 1
        while self.opened.get(f"{prefix}{name}_{number}"):
            number += 1
        return f"{name}_{number}"

    def open(self, full: str) -> None:
        """Note that a scope was opened, and forget what was opened in it before."""
        self.opened[full] = self.opened.get(full, 0) + 1
        for name in self.opened:
            if full and name.startswith(f"{full}/"):
                self.opened[name] = 0


def _scope_state(graph: Graph) -> _ScopeState:
    found = graph.get_collection_ref(_SCOPE_KEY)
    if not found:
        found.append(_ScopeState())
    state: _ScopeState = found[0]
    return state


@public("get_variable_scope")
def get_variable_scope() -> VariableScope:
    """The current variable scope of the default graph."""
    return _scope_state(get_default_graph()).current


@public("variable_scope")
@contextlib.contextmanager
def variable_scope(
    name_or_scope: str | VariableScope | None = None,
    default_name: str | None = None,
    values: Any = None,
    auxiliary_name_scope: bool = True,
    **unused: Any,
) -> Iterator[VariableScope]:
    """A scope for the names of variables, and for those of operations.

    Args:
        name_or_scope: name below the current scope, or a scope to open again.
        default_name: made unique, if there is no name.
        values: tensors that tell which graph is meant.
        auxiliary_name_scope: whether to open a name scope of that name too.
        **unused: further arguments of TensorFlow's, of which none may be set.

    Raises:
        TypeError: neither a name nor a default is given, or an argument is not supported.
    """
    given = {key: value for key, value in unused.items() if value not in (None, False)}
    if set(given) - {"use_resource"}:
        raise TypeError(f"variable_scope does not support {sorted(set(given) - {'use_resource'})}")
    graph = get_default_graph()
    state = _scope_state(graph)
    before = state.current
    made_up = name_or_scope is None
    if isinstance(name_or_scope, VariableScope):
        full, short = name_or_scope.name, name_or_scope.name.rsplit("/", 1)[-1]
    else:
        if name_or_scope is None:
            if default_name is None:
                raise TypeError("If default_name is None then name_or_scope is required")
            short = state.unique(default_name)
        else:
            short = name_or_scope
        full = f"{before.name}/{short}" if before.name and short else before.name or short
    state.open(full)
    with contextlib.ExitStack() as stack:
        scope = graph.get_name_scope()
        original = f"{scope}/" if scope else ""
        if auxiliary_name_scope and short:
            # The two kinds of scopes are made unique each for itself.
            original = stack.enter_context(graph.name_scope(default_name if made_up else short))
        if isinstance(name_or_scope, VariableScope):
            original = name_or_scope.original_name_scope
        state.current = VariableScope(full, original)
        try:
            yield state.current
        finally:
            state.current = before


def unique_variable_scope_name(default_name: str) -> str:
    """The full name that `variable_scope(None, default_name)` would open; nothing is opened."""
    state = _scope_state(get_default_graph())
    prefix = f"{state.current.name}/" if state.current.name else ""
    return prefix + state.unique(default_name)


# Collections and initialisers


@public("global_variables")
def global_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that checkpoints hold."""
    return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


@public("local_variables")
def local_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that checkpoints do not hold."""
    return get_default_graph().get_collection(GraphKeys.LOCAL_VARIABLES, scope)


@public("model_variables")
def model_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that inference reads."""
    return get_default_graph().get_collection(GraphKeys.MODEL_VARIABLES, scope)


@public("trainable_variables")
def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables of the default graph that optimisers change."""
    return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@public("no_op")
def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing."""
    operation: Operation = build("NoOp", name=name)
    return operation


@public("group")
def group(*inputs: Any, name: str | None = None) -> Operation:
    """An operation that waits for all inputs."""
    flat: list[Any] = []
    for item in inputs:
        flat.extend(item) if isinstance(item, (list, tuple)) else flat.append(item)
    graph = get_default_graph()
    with graph.control_dependencies([item for item in flat if item is not None]):
        return no_op(name or "group_deps")


@public("variables_initializer")
def variables_initializer(var_list: Iterable[Any], name: str = "init") -> Operation:
    """An operation that runs the initialisers of the variables."""
    return group(*[variable.initializer for variable in var_list], name=name)


@public("global_variables_initializer")
def global_variables_initializer() -> Operation:
    """An operation that initialises all global variables."""
    return variables_initializer(global_variables(), "init")


@public("local_variables_initializer")
def local_variables_initializer() -> Operation:
    """An operation that initialises all local variables."""
    return variables_initializer(local_variables(), "init_1")


@public("tables_initializer")
def tables_initializer(name: str = "init_all_tables") -> Operation:
    """An operation that fills all lookup tables."""
    return group(*get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS), name=name)
