"""`import minihub_runtime.contrib.slim as slim`, `from minihub_runtime.compat.v1.nn import relu`: names that are no files.

TensorFlow has a package for each of its namespaces, and programs import from them.  Ours lie in an index (`public`), and
`minihub_runtime.compat.v1` is the package itself; so two finders tell Python which modules such names stand for.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

__all__ = ["install"]

PACKAGE = f"{__package__}."
LONG = f"{__package__}.compat.v1."


class Finder:
    """Answers for names that stand for modules which there are, or are made without a file."""

    def named(self, name: str) -> ModuleType | None:
        """The module that a full name stands for, None if this finder knows none."""
        raise NotImplementedError

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """How to import a module, None if this finder does not know it."""
        if self.named(fullname) is None:
            return None
        loader: Any = self  # The base class of loaders is in a module that takes a while to import.
        return importlib.machinery.ModuleSpec(fullname, loader)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Nothing: an empty module will do, as another takes its place."""

    def exec_module(self, module: ModuleType) -> None:
        """Let the name stand for the module."""
        found = self.named(module.__name__)
        assert found is not None
        sys.modules[module.__name__] = found


class LongNames(Finder):
    """`minihub_runtime.compat.v1.errors` is `minihub_runtime.errors`: a second module of that file would have classes of its own,
    which nothing raises.
    """

    def named(self, name: str) -> ModuleType | None:
        if not name.startswith(LONG):
            return None
        try:
            return importlib.import_module(PACKAGE + name.removeprefix(LONG))
        except ModuleNotFoundError:
            return None


class Namespaces(Finder):
    """`minihub_runtime.nn` is `tf.nn`."""

    def named(self, name: str) -> ModuleType | None:
        if not name.startswith(PACKAGE):
            return None
        from minihub_runtime.public import find

        try:
            found = find(name.removeprefix(PACKAGE))
        except AttributeError:
            return None
        return found if isinstance(found, ModuleType) else None


def install() -> None:
    """Let Python ask for long names first, before it looks for files, and for namespaces last."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, LongNames())
        sys.meta_path.append(Namespaces())
