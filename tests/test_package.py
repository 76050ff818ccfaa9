"""The public names, and what importing costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


@pytest.mark.parametrize("package", ["minihub", "minihub_runtime"])
def test_the_public_names_are_true(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name), name
        assert name in dir(module)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'no_such_name'"):
        _ = module.no_such_name


def test_a_star_import_gives_the_public_names() -> None:
    names = run(
        "import builtins; before = set(dir()); from minihub_runtime import *; from minihub import *; "
        "builtins.print(len(set(dir()) - before) > 80)"
    )
    assert names == "True\n"


@pytest.mark.parametrize("package", ["minihub", "minihub_runtime"])
def test_importing_brings_in_nothing_heavy(package: str) -> None:
    loaded = run(f"import sys, {package}; print(*sorted(sys.modules))").split()
    heavy = (
        "requests",
        "urllib3",
        "google",
        "numpy",
        "minihub_runtime.",
        "minihub.",
        "concurrent",
        "email",
        "http",
    )
    light = (package, "minihub_runtime.namespace_imports")
    assert [name for name in loaded if name.startswith(heavy) and name not in light] == []


def test_loading_a_local_module_needs_no_network_library() -> None:
    loaded = run(
        "import sys, minihub; minihub.load('tests/data/modules/half_plus_two'); print(*sys.modules)"
    ).split()
    assert "requests" not in loaded
    assert "minihub.cli" not in loaded


def test_both_spellings_of_the_namespace() -> None:
    import minihub_runtime as tf

    assert tf.compat.v1 is tf
    assert tf.compat.v1.placeholder is tf.placeholder
    assert tf.errors.OpError is importlib.import_module("minihub_runtime.errors").OpError


def test_the_versions() -> None:
    import minihub
    import minihub_runtime
    from minihub_runtime.versions import RELEASE

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{minihub.__version__}"' in project
    assert minihub.__version__ == RELEASE
    assert minihub_runtime.__version__ == minihub_runtime.VERSION == minihub_runtime.version.VERSION
    assert RELEASE in minihub_runtime.__git_version__
