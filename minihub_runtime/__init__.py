"""A small dataflow-graph engine for TensorFlow 1 graphs, on NumPy.

    import minihub_runtime as tf            # was: import tensorflow.compat.v1 as tf

    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        y = 2.0 * x
        with tf.Session() as session:
            session.run(y, {x: [1, 2, 3]})

`tf.compat.v1` is this same namespace.  Everything is imported when it is first used; `python -m minihub_runtime.api` prints
the names and where each is defined.  Namespaces are imported like modules: `from minihub_runtime.nn import relu`.
"""

from __future__ import annotations

import importlib
from typing import Any

from minihub_runtime.namespace_imports import install

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


install()
