"""Our functions take what those of `tensorflow.compat.v1` take: names, order and defaults.

`signatures.json` holds TensorFlow's; `python -m tests.api.signatures` writes it.
"""

from __future__ import annotations

import enum
import functools
import inspect
import json
import sys
from typing import Any

import pytest

from minihub_runtime.public import find
from tests.api.compat_names import signature_of
from tests.api.signatures import PATH

#: Names whose signature is another → why.
DIFFERENT = {
    "DType": "programs get types, they do not make them",
    "data.Dataset": "made by its static methods",
    "data.experimental.Optional": "made by its static methods",
    "data.experimental.RandomDataset": "takes a seed alone, as in TensorFlow, which shows the arguments of another",
    "experimental.Optional": "made by its static methods",
    "OpError": "takes a message alone as well",
    "Operation": "programs get operations, they do not make them",
    "RaggedTensor": "made by its class methods",
    "RunOptions": "a protocol message in TensorFlow",
    "Tensor": "programs get tensors, they do not make them",
}


@functools.cache
def stored() -> dict[str, list[list[str]]]:
    """TensorFlow's signatures."""
    found: dict[str, list[list[str]]] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def ours() -> list[str]:
    """The public names that TensorFlow has as well, but for those that stand for protocol messages."""
    from minihub_runtime.api.index import HOME_OF

    return sorted(
        name for name, home in HOME_OF.items() if name in stored() and not home.endswith("protos")
    )


def undocumented(extra: list[list[str]], value: Any) -> list[str]:
    """The parameters beyond TensorFlow's that the docstring does not tell of."""
    text = inspect.getdoc(value) or ""
    return [item[0] for item in extra if f"{item[0]}:" not in text or len(item) < 3]


@pytest.mark.parametrize("name", ours())
def test_the_signature_is_tensorflows(name: str) -> None:
    value = find(name)
    if sys.version_info < (3, 11) and inspect.isclass(value) and issubclass(value, enum.Enum):
        pytest.skip("the names of arguments of enumerations are those of Python 3.11")
    found, wanted = signature_of(value), stored()[name]
    assert found is not None
    same = found[: len(wanted)] == wanted and not undocumented(found[len(wanted) :], value)
    if name in DIFFERENT:
        assert not same, f"{name} need not be in DIFFERENT any more"
    else:
        assert found[: len(wanted)] == wanted
        assert not undocumented(found[len(wanted) :], value)
