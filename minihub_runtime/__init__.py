"""A small dataflow-graph engine for TensorFlow 1 graphs, on NumPy.

    import minihub_runtime as tf            # was: import tensorflow.compat.v1 as tf

    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None])
        y = tf.raw_ops.Mul(x=x, y=2.0)
        with tf.Session() as session:
            session.run(y, {x: [1, 2, 3]})

`tf.compat.v1` is this same namespace.  Everything is imported when it is first used.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

_API: dict[str, tuple[str, ...]] = {
    "minihub_runtime.api.building": ("raw_ops",),
    "minihub_runtime.api.composite": (
        "RaggedTensor",
        "SparseTensor",
        "placeholder",
        "placeholder_with_default",
        "sparse_placeholder",
    ),
    "minihub_runtime.api.conversion": ("constant", "convert_to_tensor"),
    "minihub_runtime.api.defaults": ("get_default_session",),
    "minihub_runtime.api.graph": (
        "Graph",
        "GraphKeys",
        "Operation",
        "Tensor",
        "add_to_collection",
        "control_dependencies",
        "get_collection",
        "get_default_graph",
        "name_scope",
        "reset_default_graph",
    ),
    "minihub_runtime.api.importing": ("import_graph_def",),
    "minihub_runtime.api.random_seed": ("get_seed", "set_random_seed"),
    "minihub_runtime.api.session": (
        "InteractiveSession",
        "RunOptions",
        "Session",
    ),
    "minihub_runtime.api.tensor_shape": ("Dimension", "TensorShape"),
    "minihub_runtime.api.variables": (
        "Variable",
        "get_variable_scope",
        "global_variables",
        "global_variables_initializer",
        "group",
        "local_variables",
        "local_variables_initializer",
        "model_variables",
        "no_op",
        "tables_initializer",
        "trainable_variables",
        "variable_scope",
        "variables_initializer",
    ),
    "minihub_runtime.dtypes": (
        "DType",
        "as_dtype",
        "bfloat16",
        "complex64",
        "complex128",
        "float16",
        "float32",
        "float64",
        "half",
        "int8",
        "int16",
        "int32",
        "int64",
        "qint8",
        "qint16",
        "qint32",
        "quint8",
        "quint16",
        "resource",
        "string",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "variant",
    ),
    "minihub_runtime.protos": (
        "AttrValue",
        "GraphDef",
        "MetaGraphDef",
        "NodeDef",
        "SavedModel",
        "TensorProto",
    ),
    "minihub_runtime.values": ("RaggedTensorValue", "SparseTensorValue"),
}

_HOMES = {name: home for home, names in _API.items() for name in names}

__all__ = sorted([*_HOMES, "bool", "compat", "errors", "register_op"])  # noqa: PLE0605 (listed by home above)

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "compat":
        # Both spellings of TF1 code run: `tf.X` and `tf.compat.v1.X`.
        value: Any = types.SimpleNamespace(v1=sys.modules[__name__])
    elif name == "bool":
        value = importlib.import_module("minihub_runtime.dtypes").bool_
    elif name == "register_op":
        value = importlib.import_module("minihub_runtime.ops.registry").op
    elif name == "errors":
        value = importlib.import_module("minihub_runtime.errors")
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
