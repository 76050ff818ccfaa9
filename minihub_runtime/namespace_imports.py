"""`import minihub_runtime.contrib.slim as slim`, `from minihub_runtime.nn import relu`: namespaces are imported as modules are.

TensorFlow has a package for each of its namespaces, and programs import from them.  Ours lie in an index (`public`), so a finder
makes the modules, of which Python then knows under their full names.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

__all__ = ["install"]

PACKAGE = f"{__package__}."
#: Other names of the package itself, below which namespaces are found too.
SPELLINGS = ("compat.v1.",)


class NamespaceFinder:
    """Finds the namespaces of public names and loads them; it is asked where no file of that name is found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where the module of a namespace comes from, None if there is no such namespace."""
        if not fullname.startswith(PACKAGE) or self._namespace(fullname) is None:
            return None
        loader: Any = self  # The base class of loaders is in a module that takes a while to import.
        return importlib.machinery.ModuleSpec(fullname, loader, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """The module, which is the one that `tf.nn` and its like are."""
        return self._namespace(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the names of a namespace are found when they are first used."""

    def _namespace(self, fullname: str) -> ModuleType | None:
        from minihub_runtime.public import find

        name = fullname.removeprefix(PACKAGE)
        for spelling in SPELLINGS:
            name = name.removeprefix(spelling)
        try:
            found = find(name)
        except AttributeError:
            return None
        return found if isinstance(found, ModuleType) else None


def install() -> None:
    """Let Python ask for namespaces, last of all."""
    if not any(isinstance(finder, NamespaceFinder) for finder in sys.meta_path):
        sys.meta_path.append(NamespaceFinder())
