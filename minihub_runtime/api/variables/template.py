"""Functions that make their variables once, and use the same ones whenever they are called again.

Source: tensorflow/python/ops/template.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.trackable import Trackable
from minihub_runtime.api.variables.scopes import (
    VariableScope,
    pure_variable_scope,
    unique_name_in_scope,
    variable_scope,
)
from minihub_runtime.public import public

__all__ = ["Template", "make_template"]


@public("make_template")
def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Template:
    """A function like `func_` whose calls share the variables that `get_variable` makes in it.

    Args:
        name_: name of the variable scope, made unique.
        func_: the function.
        create_scope_now_: whether the scope is opened now rather than at the first call.
        unique_name_: name of the scope that is not made unique.
        custom_getter_: see `variable_scope`.
        **kwargs: arguments of every call.

    Raises:
        ValueError: there is no name.
    """
    if kwargs:
        func_ = functools.partial(func_, **kwargs)
    return Template(name_, func_, create_scope_now_, unique_name_, custom_getter_)


class Template(Trackable):
    """What `make_template` returns.

    Attributes:
        name: the name that was given.
        func: the function.
        variable_scope: the scope of its variables, None before it is opened.
    """

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Any = None,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self.name = name
        self.func = func
        self.variable_scope: VariableScope | None = None
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._variables_created = False
        self._first_call = True
        self._children: dict[str, Any] = {}
        if create_scope_now:
            scope = unique_name or unique_name_in_scope(name)
            with pure_variable_scope(scope, custom_getter=custom_getter) as opened:
                self.variable_scope = opened

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the function returns in the scope of its variables.

        Raises:
            ValueError: a later call makes a trainable variable.
        """
        if self.variable_scope is not None:
            with variable_scope(self.variable_scope, reuse=not self._first_call):
                return self._call(arguments, keywords)
        with variable_scope(
            self._unique_name, self.name, custom_getter=self._custom_getter
        ) as opened:
            self.variable_scope = opened
            return self._call(arguments, keywords)

    def _call(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if not self._variables_created:
            if not self._first_call:
                return self.func(*arguments, **keywords)
            self._first_call = False
            try:
                with get_default_graph()._variable_creator_scope(self._note):
                    result = self.func(*arguments, **keywords)
            except BaseException:
                self._first_call = True
                raise
            self._variables_created = True
            return result
        trainable = get_default_graph().get_collection_ref(GraphKeys.TRAINABLE_VARIABLES)
        before = len(trainable)
        result = self.func(*arguments, **keywords)
        if len(trainable) != before:
            raise ValueError(
                "Trainable variable created when calling a template after the first time, perhaps you "
                f"used tf.Variable when you meant tf.get_variable: {trainable[before:]}"
            )
        return result

    def _note(
        self,
        next_creator: Callable[..., Any],
        name: str | None = None,
        trackable_parent: Template | None = None,
        **arguments: Any,
    ) -> Any:
        """Make a variable, and depend on it, or on the template inside of this one that does."""
        made = next_creator(name=name, trackable_parent=self, **arguments)
        prefix = self.variable_scope_name or ""
        if name is not None and name.startswith(prefix):
            child, path = made, name
            if trackable_parent is not None:
                child, path = trackable_parent, (trackable_parent.variable_scope_name or "")[:-1]
            if isinstance(child, Trackable):
                self._children[path[len(prefix) :]] = child
        return made

    def _trackable_children(self) -> dict[str, Any]:
        return self._children

    @property
    def var_scope(self) -> VariableScope | None:
        """Older name of `variable_scope`."""
        return self.variable_scope

    @property
    def variable_scope_name(self) -> str | None:
        """The name of the scope with a slash at the end; None before it is opened."""
        if self.variable_scope is None:
            return None
        name = self.variable_scope.name
        return name if not name or name.endswith("/") else f"{name}/"

    def _collected(self, key: str) -> list[Any]:
        if not self._variables_created:
            return []
        return get_default_graph().get_collection(key, self.variable_scope_name)

    @property
    def global_variables(self) -> list[Any]:
        """Its global variables."""
        return self._collected(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        """Its local variables."""
        return self._collected(GraphKeys.LOCAL_VARIABLES)

    @property
    def variables(self) -> list[Any]:
        """Its global variables, then its local ones."""
        return self.global_variables + self.local_variables

    @property
    def trainable_variables(self) -> list[Any]:
        """Its trainable variables."""
        return self._collected(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Its global variables that are not trainable."""
        trainable = set(self.trainable_variables)
        return [variable for variable in self.global_variables if variable not in trainable]

    @property
    def weights(self) -> list[Any]:
        """Its variables."""
        return self.variables

    @property
    def trainable_weights(self) -> list[Any]:
        """Its trainable variables."""
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its global variables that are not trainable."""
        return self.non_trainable_variables
