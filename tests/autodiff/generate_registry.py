"""Store what TensorFlow says of the gradients of ops.

    python -m tests.autodiff.generate_registry

writes `registry.json`: op → "rule"; "zero" where its rule gives no input a gradient, whatever it gets; "none" where
TensorFlow declares that there is none.  Ops that it says nothing about are absent.  Runs where `tests.golden.generate` runs.

Source: tensorflow/python/framework/ops.py (_gradient_registry).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_def_registry, ops
from tensorflow.python.framework.registry import _TYPE_TAG as TYPE

from tests.golden.generate import write_lines

FILE = Path(__file__).parent / "registry.json"


def kind(name: str, rule: Any) -> str:
    """What a rule gives: one that looks at nothing it gets and returns None gives no gradient."""
    if rule is None:
        return "none"
    definition = op_def_registry.get(name)
    if definition is None:
        return "rule"
    try:
        found = rule(object(), *(object() for _ in definition.output_arg))
    except Exception:
        # It looked at the operation or at the gradients.
        return "rule"
    given = found if isinstance(found, (list, tuple)) else [found]
    return "zero" if all(item is None for item in given) else "rule"


def main() -> None:
    """Write the registry."""
    with tf.Graph().as_default():
        registered = ops._gradient_registry._registry
        found = {name: kind(name, registered[name][TYPE]) for name in sorted(registered)}
    write_lines(str(FILE), found)
    print(f"{len(found)} ops")


if __name__ == "__main__":
    main()
