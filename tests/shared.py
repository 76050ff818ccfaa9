"""Where the shared material lies: modules written by TensorFlow, graphs of other projects, faulty inputs.

It stands beside the repository, not in it; tests that want it are skipped, and say so, where it is absent.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import pytest

__all__ = ["SHARED", "golden", "module_names", "needs_shared", "reader"]

SHARED = Path(__file__).resolve().parents[1].parent / "shared"

needs_shared = pytest.mark.skipif(
    not (SHARED / "modules").is_dir(),
    reason="../shared is absent: recorded modules are not compared",
)


def module_names() -> list[str]:
    """The recorded modules."""
    folder = SHARED / "modules"
    if not folder.is_dir():
        return []
    return sorted(path.parent.name for path in folder.glob("*/golden.json"))


@functools.cache
def reader(path: str) -> Any:
    """A reader script of the shared material as a module, for example `modules/read_golden.py`."""
    place = SHARED / path
    spec = importlib.util.spec_from_file_location(place.stem, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def golden(name: str) -> Any:
    """The recorded answers of one module."""
    return reader("modules/read_golden.py").Golden(str(SHARED / "modules" / name))
