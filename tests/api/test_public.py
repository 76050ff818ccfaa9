"""The public names: where each is found, and that using one imports no other."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import minihub_runtime as tf
from minihub_runtime.api import index
from minihub_runtime.errors import InternalError
from minihub_runtime.public import Namespace, public

WRITE = "from minihub_runtime.api.__main__ import index; print(index(), end='')"


def test_the_index_is_what_the_modules_define() -> None:
    written = subprocess.run(
        [sys.executable, "-c", WRITE], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout
    stored = Path(index.__file__).read_text(encoding="utf-8")
    assert stored == written, "run python -m minihub_runtime.api --write-index"


@pytest.mark.parametrize("name", index.HOME_OF)
def test_each_name_is_found(name: str) -> None:
    value = tf
    for part in name.split("."):
        assert part in dir(value)
        value = getattr(value, part)
    # `tf.newaxis` is Python's None.
    assert (value is None) == (name == "newaxis")


def test_namespaces_are_modules() -> None:
    assert isinstance(tf.ragged, Namespace)
    assert "placeholder" in tf.ragged.__all__
    with pytest.raises(
        AttributeError, match=r"'minihub_runtime\.ragged' has no attribute 'no_such'"
    ):
        _ = tf.ragged.no_such


def test_a_name_is_taken_once() -> None:
    assert tf.Graph
    with pytest.raises(InternalError, match=r"'Graph' is defined in minihub_runtime\.api\.graph"):
        public("Graph")(object())


def test_all_spellings_of_the_import() -> None:
    v1 = importlib.import_module("minihub_runtime.compat.v1")
    assert v1 is tf
    assert tf.compat.v1 is tf


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("minihub_runtime.nn", "relu"),
        ("minihub_runtime.contrib.slim", "conv2d"),
        ("minihub_runtime.train", "AdamOptimizer"),
        ("minihub_runtime.compat.v1.layers", "dense"),
        ("minihub_runtime.dtypes", "cast"),
    ],
)
def test_namespaces_are_imported_like_modules(module: str, name: str) -> None:
    imported = importlib.import_module(module)
    value = tf
    for part in module.removeprefix("minihub_runtime.").removeprefix("compat.v1.").split("."):
        value = getattr(value, part)
    assert getattr(imported, name) is getattr(value, name)


def test_what_is_no_namespace_is_no_module() -> None:
    for name in (
        "minihub_runtime.no_such",
        "minihub_runtime.nn.relu",
        "minihub_runtime.nn.no_such",
    ):
        with pytest.raises(ModuleNotFoundError, match=f"'{name}'"):
            importlib.import_module(name)


def test_a_namespace_is_one_module() -> None:
    script = (
        "from minihub_runtime.contrib import slim\n"
        "import minihub_runtime as tf, minihub_runtime.contrib.slim as imported\n"
        "assert slim is imported is tf.contrib.slim and tf.contrib.slim.conv2d\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
