"""The public names: `tf.X` and `tf.nn.X`, written where X is defined and found without importing anything else.

    @public("math.reduce_sum", "reduce_sum")
    def reduce_sum(…): …

`python -m minihub_runtime.api --write-index` notes in `api/index.py` which module defines each name, so that
`tf.nn.relu` imports that module alone.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any, TypeVar

from minihub_runtime.api.dispatch import dispatched
from minihub_runtime.errors import InternalError

__all__ = ["EXPORTED", "HOMES", "Namespace", "also_names_below", "find", "names_below", "public"]

T = TypeVar("T")

#: Public name → what it names, of the modules imported so far.
EXPORTED: dict[str, Any] = {}
#: Public name → the module that defines it, of the modules imported so far.
HOMES: dict[str, str] = {}
#: Namespaces used so far: `tf.nn` is one module, however it was come by.
NAMESPACES: dict[str, Namespace] = {}


def public(*names: str) -> Callable[[T], T]:
    """Decorator that gives a function, class or value its public names.

    A function that has versions for ragged or sparse tensors calls them where it gets such; see `api.dispatch`.

    Args:
        *names: dotted names below `tf`, such as `"nn.relu"`.

    Raises:
        InternalError: a name is taken.
    """
    # Functions of one module may be made by a factory of another, so what counts is whose import is running.
    frame = sys._getframe(1)
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    home = str(frame.f_globals["__name__"])

    def note(value: T) -> T:
        value = dispatched(value, names)
        for name in names:
            if name in EXPORTED and HOMES[name] != home:
                raise InternalError(f"the public name {name!r} is defined in {HOMES[name]} already")
            EXPORTED[name] = value
            HOMES[name] = home
        return value

    return note


def find(name: str) -> Any:
    """What a public name names; a namespace if other names lie below it.

    Raises:
        AttributeError: there is no such name.
    """
    from minihub_runtime.api.index import HOME_OF

    if name in HOME_OF:
        module = importlib.import_module(HOME_OF[name])
        if name in EXPORTED:
            return EXPORTED[name]
        # Layers below the API know nothing of public names; what Python has itself carries an underscore there.
        return getattr(module, name) if hasattr(module, name) else getattr(module, f"{name}_")
    if any(known.startswith(f"{name}.") for known in HOME_OF):
        return NAMESPACES.setdefault(name, Namespace(name))
    parent, _, last = name.rpartition(".")
    where = f"minihub_runtime.{parent}" if parent else "minihub_runtime"
    raise AttributeError(f"module {where!r} has no attribute {last!r}")


def names_below(prefix: str) -> list[str]:
    """The names and namespaces directly below `prefix`, sorted; the empty one is `tf` itself."""
    from minihub_runtime.api.index import HOME_OF

    start = f"{prefix}." if prefix else ""
    return sorted({name[len(start) :].split(".")[0] for name in HOME_OF if name.startswith(start)})


def also_names_below(prefix: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module that is called as a namespace is: `minihub_runtime.dtypes` and `tf.dtypes`.

    A module that has it lists, in its `__dir__`, `names_below(prefix)` too.
    """

    def find_below(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'minihub_runtime.{prefix}' has no attribute {name!r}")
        return find(f"{prefix}.{name}")

    return find_below


class Namespace(types.ModuleType):
    """`tf.nn` and its like: a module whose content is imported when it is first used."""

    def __init__(self, name: str) -> None:
        super().__init__(f"minihub_runtime.{name}", f"The public names below `tf.{name}`.")
        self.__dict__["_below"] = name
        # Makes it a package to import statements; see `namespace_imports`.
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return names_below(self.__dict__["_below"])
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = find(f"{self.__dict__['_below']}.{name}")
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return names_below(self.__dict__["_below"])
