"""What `tensorflow.compat.v1` has and `minihub_runtime` lacks: `python -m tests.api.coverage`, in TensorFlow's environment.

With `--wrappers` the functions that only add one operation, as rows of `minihub_runtime.api.simple_ops`, and whether the
table has them.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from typing import Any

import minihub_runtime
from minihub_runtime.ops.registry import REGISTRY
from tests.api.compat_names import names, plain_function

__all__: list[str] = []

GENERATED = "tensorflow.python.ops.gen_"


def missing() -> dict[str, list[str]]:
    """Namespace → the last parts of the names that we lack."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names():
        if not is_ours(name):
            space, _, last = name.rpartition(".")
            found[space].append(last)
    return dict(sorted(found.items()))


def is_ours(name: str) -> bool:
    """Whether we have a public name."""
    value: Any = minihub_runtime
    try:
        for part in name.split("."):
            value = getattr(value, part)
    except AttributeError:
        return False
    return True


def wrappers() -> dict[tuple[str, str], list[str]]:
    """Op and signature → public names, of the functions that TensorFlow generates."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, value in names().items():
        if not callable(value) or inspect.isclass(value):
            continue
        function = plain_function(value)
        if str(getattr(function, "__module__", "")).startswith(GENERATED):
            found[_op_of(function), _parameters(function)].append(name)
    return dict(sorted(found.items()))


def _op_of(function: Any) -> str:
    match = re.search(r'_apply_op_helper\(\s*"(\w+)"', inspect.getsource(function))
    assert match is not None, function
    return match.group(1)


def _parameters(function: Any) -> str:
    parts = []
    for parameter in inspect.signature(function).parameters.values():
        default: Any = parameter.default
        if parameter.name == "name" and default is None:
            continue
        text = parameter.name
        if default is not inspect.Parameter.empty:
            text += f"={default.name if hasattr(default, 'as_datatype_enum') else repr(default)}"
        parts.append(text)
    return ", ".join(parts)


def main(arguments: list[str]) -> None:
    """Print the listing."""
    if arguments == ["--wrappers"]:
        for (op, parameters), public in wrappers().items():
            state = "lacks" if op in REGISTRY else "no such op:"
            if all(map(is_ours, public)):
                state = "has"
            print(f"{state} {(op, parameters, ' '.join(sorted(public)))}")
        return
    total = 0
    for space, lacking in missing().items():
        total += len(lacking)
        print(f"{space or 'tf'} ({len(lacking)}): {' '.join(lacking)}")
    print(f"{total} names of {len(names())}")


if __name__ == "__main__":
    main(sys.argv[1:])
