"""The public names, and what importing costs."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
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
        timeout=600,
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


@pytest.mark.parametrize("place", ["minihub_runtime", "minihub_runtime.compat.v1"])
def test_namespaces_can_be_imported(place: str) -> None:
    code = f"""
    from {place}.contrib import slim
    import {place}.contrib.slim as same
    from {place}.keras.layers import DenseFeatures
    from {place}.estimator import *
    import {place}.nn
    import {place} as tf, minihub_runtime
    assert minihub_runtime is tf
    assert slim is same is tf.contrib.slim
    assert DenseFeatures is tf.keras.layers.DenseFeatures
    assert Estimator is tf.estimator.Estimator
    print(slim.conv2d is tf.contrib.layers.conv2d, {place}.nn is tf.nn)
    """
    assert run(textwrap.dedent(code)) == "True True\n"


@pytest.mark.parametrize(
    "name",
    [
        "common_signatures",
        "demo",
        "errors",
        "estimator",
        "feature_column",
        "image_util",
        "module",
        "tensor_info",
    ],
)
def test_modules_that_need_no_import(name: str) -> None:
    code = f"""
    import minihub as hub
    attribute = hub.{name}
    from minihub import {name}
    import minihub.{name} as module
    print(module is attribute is {name})
    """
    assert run(textwrap.dedent(code)) == "True\n"


@pytest.mark.parametrize("package", ["api", "ops"])
def test_a_list_whose_reader_goes_away(package: str) -> None:
    command = [sys.executable, "-m", f"minihub_runtime.{package}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        complaint = ran.stderr.read()
    assert (ran.returncode, complaint) == (141, b"")


def test_a_longer_name_imports_no_module_once_more() -> None:
    # Files lie below `minihub_runtime`, so a finder of files would load them anew as parts of `compat.v1`.
    code = """
    from minihub_runtime.compat.v1.errors import FailedPreconditionError
    from minihub_runtime.compat.v1.train import Saver
    import minihub_runtime as tf
    assert FailedPreconditionError.__module__ == "minihub_runtime.errors"
    assert Saver is tf.train.Saver
    try:
        tf.Session().run(tf.get_variable("v", []))
    except FailedPreconditionError:
        print("caught")
    """
    assert run(textwrap.dedent(code)) == "caught\n"


@pytest.mark.parametrize("name", ["nosuch", "contrib.nosuch", "compat.v1.nosuch", "nn.relu"])
def test_what_is_no_module_cannot_be_imported(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name.rpartition(".")[2]):
        importlib.import_module(f"minihub_runtime.{name}")


def test_the_packages_work_in_a_zip_file(tmp_path: Path) -> None:
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for package in ("minihub", "minihub_runtime"):
            for path in (ROOT / package).rglob("*.*"):
                if path.suffix != ".pyc":
                    file.write(path, path.relative_to(ROOT))
    code = """
    import minihub
    import minihub_runtime as tf
    found = minihub.load("half_plus_two")([3.0])
    letters = tf.strings.regex_full_match(["\N{GREEK SMALL LETTER ALPHA}", "a"], r"\\p{Greek}")
    print(minihub.__file__, found, tf.Session().run(letters))
    """
    shutil.copytree(
        ROOT / "tests" / "data" / "modules" / "half_plus_two", tmp_path / "half_plus_two"
    )
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    ).stdout
    assert found == f"{archive / 'minihub' / '__init__.py'} [3.5] [ True False]\n"


def test_names_of_tensorflow_2_are_told_from_typing_errors() -> None:
    import minihub

    assert not hasattr(minihub, "KerasLayer")
    with pytest.raises(AttributeError, match=r"TensorFlow 2.*minihub\.load"):
        _ = minihub.KerasLayer


def test_the_versions() -> None:
    import minihub
    import minihub_runtime
    from minihub_runtime.versions import RELEASE

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{minihub.__version__}"' in project
    assert minihub.__version__ == RELEASE
    assert minihub_runtime.__version__ == minihub_runtime.VERSION == minihub_runtime.version.VERSION
    assert RELEASE in minihub_runtime.__git_version__


@pytest.mark.parametrize("package", ["api", "ops"])
def test_a_list_says_how_it_is_asked_for(package: str) -> None:
    command = [sys.executable, "-m", f"minihub_runtime.{package}", "--help"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"usage: python -m minihub_runtime.{package}" in ran.stdout + ran.stderr
