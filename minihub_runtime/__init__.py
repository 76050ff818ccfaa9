"""A small dataflow-graph engine for TensorFlow 1 graphs, on NumPy.

    import minihub_runtime as tf            # was: import tensorflow.compat.v1 as tf

    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        y = 2.0 * x
        with tf.Session() as session:
            session.run(y, {x: [1, 2, 3]})

`tf.compat.v1` is this same namespace.  Everything is imported when it is first used; `python -m minihub_runtime.api` prints
the names and where each is defined.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

#: Public names that are modules of their own, or stand in a layer that knows nothing of public names.
_MODULES = {
    "compat": "minihub_runtime.compat",
    "dtypes": "minihub_runtime.dtypes",
    "errors": "minihub_runtime.errors",
}

#: TensorFlow's versions, which programs look at; `minihub_runtime.versions` says what they are told.
_VERSIONS = {
    "__compiler_version__": "COMPILER_VERSION",
    "__git_version__": "GIT_VERSION",
    "__version__": "VERSION",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    from minihub_runtime.public import find, names_below

    if name == "__all__":
        return sorted({*names_below(""), *_MODULES, "register_op"})
    if name == "register_op":
        value: Any = importlib.import_module("minihub_runtime.ops.registry").op
    elif name.startswith("__") and name not in _VERSIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        value = find(_VERSIONS.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})


class _Finder:
    """Lets import statements name modules that are no files of that name.

    Args:
        knows: whether a name is one of them.
        get: gives the module of a name.
    """

    def __init__(self, knows: Callable[[str], bool], get: Callable[[str], ModuleType]) -> None:
        self._knows = knows
        self._get = get

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to import a module; None for all that it does not know."""
        if not self._knows(name):
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self)  # type: ignore[arg-type]  # a loader by what it can do

    def create_module(self, spec: ModuleSpec) -> None:
        """An empty module will do, as another takes its place."""

    def exec_module(self, module: ModuleType) -> None:
        """Let the name stand for the module that there is."""
        sys.modules[module.__name__] = self._get(module.__name__)


_LONG = f"{__name__}.compat.v1."


def _is_long(name: str) -> bool:
    return name.startswith(_LONG)


def _by_long_name(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name[len(_LONG) :]}")


def _is_namespace(name: str) -> bool:
    package, _, below = name.partition(".")
    if package != __name__ or not below:
        return False
    from minihub_runtime.public import is_namespace

    return is_namespace(below)


def _namespace(name: str) -> ModuleType:
    found = sys.modules[__name__]
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    return found


# `minihub_runtime.compat.v1` is this package.  What lies below it lies here, and must not be loaded once more under the longer
# name, as its classes would be others: so this finder comes before the one for files.
sys.meta_path.insert(0, _Finder(_is_long, _by_long_name))
# `from minihub_runtime.contrib import slim`, where there is no file.
sys.meta_path.append(_Finder(_is_namespace, _namespace))
