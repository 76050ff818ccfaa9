"""Variable scopes: names, and defaults for `get_variable`.

Source: tensorflow/python/ops/variable_scope.py.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph, graph_of
from minihub_runtime.api.variables.options import VariableAggregation, VariableSynchronization
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "AUTO_REUSE",
    "VariableScope",
    "cached_reads",
    "get_variable_scope",
    "no_regularizer",
    "pure_variable_scope",
    "unique_name_in_scope",
    "unique_variable_scope_name",
    "variable_creator_scope",
    "variable_op_scope",
    "variable_scope",
]


class _ReuseMode(enum.Enum):
    """How a scope treats variables that exist, besides True, False and None."""

    AUTO_REUSE = 1


#: `reuse=tf.AUTO_REUSE`: a variable that exists is returned, one that does not is made.
AUTO_REUSE = public("AUTO_REUSE")(_ReuseMode.AUTO_REUSE)

#: The properties that `variable_scope` takes and scopes below inherit, in the order of `VariableScope`.
INHERITED = (
    "initializer",
    "regularizer",
    "caching_device",
    "partitioner",
    "custom_getter",
    "dtype",
    "use_resource",
)


@public("no_regularizer")
def no_regularizer(_: Any) -> None:
    """A regularizer that stops the one of the scope around."""


@public("VariableScope")
class VariableScope:
    """Where variables get their names, and defaults for `get_variable`.

    Attributes:
        name: the scope, without a slash at the end.
        original_name_scope: the name scope it was opened in, with a slash.
        reuse: True, False, None or AUTO_REUSE.
        initializer: default initializer.
        regularizer: default regularizer.
        caching_device: default device to read from.
        partitioner: default partitioner.
        custom_getter: what `get_variable` goes through.
        dtype: default type.
        use_resource: whether variables are resources; None leaves it open.
        constraint: default constraint.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: Any = float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ) -> None:
        self.name = name
        self.original_name_scope = name_scope
        self.reuse = reuse
        self.initializer = initializer
        self.regularizer = regularizer
        self.caching_device = caching_device
        self.partitioner = partitioner
        self.custom_getter = custom_getter
        self.dtype = dtype
        self.use_resource = use_resource
        self.constraint = constraint

    def reuse_variables(self) -> None:
        """Let `get_variable` return variables that exist, from now on."""
        self.reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Set the default initializer."""
        self.initializer = initializer

    def set_dtype(self, dtype: Any) -> None:
        """Set the default type."""
        self.dtype = dtype

    def set_use_resource(self, use_resource: bool | None) -> None:
        """Set whether variables are resources."""
        self.use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        """Set the default regularizer."""
        self.regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        """Set the default device to read from."""
        self.caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Set the default partitioner."""
        self.partitioner = partitioner

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Set what `get_variable` goes through."""
        self.custom_getter = custom_getter

    def get_collection(self, name: str) -> list[Any]:
        """The items of a collection whose names lie in this scope."""
        return get_default_graph().get_collection(name, f"{self.name}/" if self.name else "")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables of this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """The global variables of this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """The local variables of this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def get_variable(
        self,
        var_store: Any,
        name: str,
        shape: Any = None,
        dtype: Any = None,
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
        """The variable of that name in this scope, from `var_store`; see `tf.get_variable`.

        Raises:
            ValueError: `dtype` is not that of the initial value.
        """
        from minihub_runtime.api.conversion import convert_to_tensor

        # Names of variables depend on variable scopes only.
        with get_default_graph().name_scope(None):
            if dtype is not None and initializer is not None and not callable(initializer):
                found = convert_to_tensor(initializer).dtype.base_dtype
                if found != dtype:
                    raise ValueError(
                        f"Initializer type '{found}' and explicit dtype '{dtype}' don't match."
                    )

            def chosen(key: str, value: Any) -> Any:
                return getattr(self, key) if value is None else value

            return var_store.get_variable(
                f"{self.name}/{name}" if self.name else name,
                shape=shape,
                dtype=chosen("dtype", dtype),
                initializer=chosen("initializer", initializer),
                regularizer=chosen("regularizer", regularizer),
                reuse=chosen("reuse", reuse),
                trainable=trainable,
                collections=collections,
                caching_device=chosen("caching_device", caching_device),
                partitioner=chosen("partitioner", partitioner),
                validate_shape=validate_shape,
                use_resource=chosen("use_resource", use_resource),
                custom_getter=chosen("custom_getter", custom_getter),
                constraint=chosen("constraint", constraint),
                synchronization=synchronization,
                aggregation=aggregation,
            )

    def __repr__(self) -> str:
        return f"<VariableScope {self.name!r}>"


# The scopes that are open

_SCOPES_KEY = ("__varscope",)


class _Scopes(threading.local):
    """The variable scopes of one graph in one thread: the current one, and how often each name was opened."""

    def __init__(self) -> None:
        self.current = VariableScope(False)
        self.opened: dict[str, int] = {}

    def open(self, name: str) -> None:
        """Note that a scope was opened."""
        self.opened[name] = self.opened.get(name, 0) + 1

    def close_below(self, name: str) -> None:
        """Forget what was opened in a scope."""
        for known in self.opened:
            if known.startswith(f"{name}/"):
                self.opened[known] = 0

    def unique(self, name: str) -> str:
        """`name`, with `_1`, `_2` … if a scope of that name was opened in the current one."""
        full = f"{self.current.name}/{name}" if self.current.name else name
        if not self.opened.get(full):
            return name
        number = 1
        while self.opened.get(f"{full}_{number}"):
            number += 1
        return f"{name}_{number}"


def _scopes() -> _Scopes:
    found = get_default_graph().get_collection_ref(_SCOPES_KEY)
    if not found:
        found.append(_Scopes())
    scopes: _Scopes = found[0]
    return scopes


@public("get_variable_scope")
def get_variable_scope() -> VariableScope:
    """The current variable scope of the default graph."""
    return _scopes().current


def unique_name_in_scope(default_name: str) -> str:
    """The name below the current scope that `variable_scope(None, default_name)` would open; nothing is opened."""
    return _scopes().unique(default_name)


def unique_variable_scope_name(default_name: str) -> str:
    """The full name that `variable_scope(None, default_name)` would open; nothing is opened."""
    scope = get_variable_scope().name
    return (
        f"{scope}/{unique_name_in_scope(default_name)}"
        if scope
        else unique_name_in_scope(default_name)
    )


@contextlib.contextmanager
def pure_variable_scope(
    name_or_scope: str | VariableScope,
    reuse: Any = None,
    old_name_scope: str | None = None,
    constraint: Any = None,
    **properties: Any,
) -> Iterator[VariableScope]:
    """A variable scope that opens no name scope.

    Args:
        name_or_scope: name below the current scope, or a scope to open again.
        reuse: see `variable_scope`.
        old_name_scope: the name scope it is opened in, with a slash.
        constraint: default constraint; it is not inherited.
        **properties: those of `INHERITED`, None to keep what is inherited.

    Raises:
        RuntimeError: scopes are closed in another order than they were opened.
    """
    scopes = _scopes()
    before = scopes.current
    if isinstance(name_or_scope, VariableScope):
        parent = name_or_scope
        name, name_scope = parent.name, parent.original_name_scope
        opened = dict(scopes.opened)
    else:
        parent = before
        name = f"{before.name}/{name_or_scope}" if before.name else name_or_scope
        name_scope = name_or_scope if old_name_scope is None else old_name_scope
    scope = VariableScope(
        reuse or parent.reuse,
        name=name,
        name_scope=name_scope,
        constraint=constraint,
        **{key: getattr(parent, key) for key in INHERITED},
    )
    for key, value in properties.items():
        if value is not None:
            setattr(scope, key, value)
    if properties.get("custom_getter") is not None and parent.custom_getter is not None:
        scope.custom_getter = _around(properties["custom_getter"], parent.custom_getter)
    scopes.open(name)
    if isinstance(name_or_scope, VariableScope):
        opened[name] = scopes.opened[name]
    scopes.current = scope
    try:
        yield scope
    finally:
        if scopes.current is not scope:
            raise RuntimeError("Improper nesting of variable_scope.")
        if isinstance(name_or_scope, VariableScope):
            scopes.opened = opened
        else:
            scopes.close_below(name)
        scopes.current = before


def _around(custom_getter: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    """A getter that goes through `custom_getter`, which gets `inner` around the true getter."""

    def both(getter: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        return custom_getter(functools.partial(inner, getter), *arguments, **keywords)

    return both


@public("variable_scope")
class variable_scope:
    """A scope for the names of variables, and for those of operations.

        with tf.variable_scope("layer", reuse=tf.AUTO_REUSE) as scope:
            weights = tf.get_variable("weights", [3, 4])

    Args:
        name_or_scope: name below the current scope, or a scope to open again.
        default_name: made unique, if there is no name.
        values: tensors that tell which graph is meant.
        initializer: default initializer for what is below; None inherits, here and for all that follow.
        regularizer: default regularizer.
        caching_device: default device to read from.
        partitioner: default partitioner.
        custom_getter: a function `(getter, name, **arguments)` that `get_variable` goes through.
        reuse: True returns variables that exist, AUTO_REUSE makes those that do not, None inherits.
        dtype: default type.
        use_resource: whether variables are resources.
        constraint: default constraint; scopes below do not inherit it.
        auxiliary_name_scope: whether to open a name scope of that name too.

    Raises:
        TypeError: neither a name nor a default is given, or an argument is of another type.
        ValueError: `reuse` is none of the values above, or True without a name.
    """

    def __init__(
        self,
        name_or_scope: str | VariableScope | None,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        # False stands for None: a scope inside one that reuses cannot stop that.
        self._reuse = None if reuse is False else reuse
        if not any(self._reuse is known for known in (True, None, AUTO_REUSE)):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(
                f"The auxiliary_name_scope must be `True` or `False`, while get {auxiliary_name_scope}"
            )
        self._name_or_scope = name_or_scope
        self._default_name = default_name
        self._graph = graph_of(values or ())
        self._auxiliary_name_scope = auxiliary_name_scope
        self._properties = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "custom_getter": custom_getter,
            "dtype": dtype,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._made_name: str | None = None
        self._old_name_scope: str | None = None
        self._entered: list[contextlib.ExitStack] = []

    def __enter__(self) -> VariableScope:
        with contextlib.ExitStack() as stack:
            if not get_default_graph().building_function:
                stack.enter_context(self._graph.as_default())
            scope = self._enter(stack)
            self._entered.append(stack.pop_all())
        return scope

    def __exit__(self, *details: Any) -> None:
        self._entered.pop().__exit__(*details)

    def _enter(self, stack: contextlib.ExitStack) -> VariableScope:
        wanted = self._name_or_scope
        if wanted is not None and not isinstance(wanted, (VariableScope, str)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if wanted is None and self._reuse:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        name_scope = self._enter_name_scope(stack)
        if self._old_name_scope is None:
            self._old_name_scope = name_scope
        if wanted is None:
            # Opened again, the same scope keeps its name.
            if self._made_name is None:
                self._made_name = unique_name_in_scope(self._default_name or "")
            wanted = self._made_name
        if not isinstance(wanted, VariableScope):
            self._reuse = self._reuse or get_variable_scope().reuse
        return stack.enter_context(
            pure_variable_scope(
                wanted,
                reuse=self._reuse,
                old_name_scope=self._old_name_scope,
                **self._properties,
            )
        )

    def _enter_name_scope(self, stack: contextlib.ExitStack) -> str | None:
        """Open the name scope that belongs to it, if any; its name with a slash."""
        graph = get_default_graph()
        if not self._auxiliary_name_scope:
            current = graph.get_name_scope()
            return stack.enter_context(graph.name_scope(f"{current}/" if current else ""))
        wanted = self._name_or_scope
        if wanted is None:
            return stack.enter_context(graph.name_scope(self._default_name))
        name = wanted.name.rpartition("/")[2] if isinstance(wanted, VariableScope) else wanted
        # The root scope opens none.
        return stack.enter_context(graph.name_scope(name)) if name else None


@public("variable_op_scope")
@contextlib.contextmanager
def variable_op_scope(
    values: Any,
    name_or_scope: str | VariableScope | None,
    default_name: str | None = None,
    initializer: Any = None,
    regularizer: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    reuse: Any = None,
    dtype: Any = None,
    use_resource: bool | None = None,
    constraint: Any = None,
) -> Iterator[VariableScope]:
    """`variable_scope` with its arguments in another order."""
    with variable_scope(
        name_or_scope,
        default_name,
        values,
        initializer,
        regularizer,
        caching_device,
        partitioner,
        custom_getter,
        reuse,
        dtype,
        use_resource,
        constraint,
    ) as scope:
        yield scope


@contextlib.contextmanager
def cached_reads() -> Iterator[None]:
    """Let variables made inside be read once, outside of the loop that uses them, unless the scope says otherwise."""
    scope = get_variable_scope()
    if scope.caching_device is not None:
        yield
        return
    scope.set_caching_device(lambda op: op.device)
    try:
        yield
    finally:
        scope.set_caching_device(None)


@public("variable_creator_scope")
@contextlib.contextmanager
def variable_creator_scope(variable_creator: Callable[..., Any]) -> Iterator[None]:
    """Let a function make the variables inside.

    Args:
        variable_creator: takes `next_creator`, which makes the variable, and the arguments of `tf.Variable` by name;
            returns a variable.
    """
    with get_default_graph()._variable_creator_scope(variable_creator):
        yield
