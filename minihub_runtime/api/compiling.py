"""`tf.xla.experimental.jit_scope`, which `tf.contrib.compiler` has too: operations marked for a compiler that is not here.

Source: tensorflow/python/compiler/xla/jit.py; tensorflow/contrib/compiler/jit.py (release 1.15).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.protos import AttrValue
from minihub_runtime.public import public

__all__ = ["jit_scope"]

#: The collection of a graph in which its counter stands.
_KEY = ("__xla_scope",)


class _Scopes:
    """How many scopes a graph has had, and how many are open."""

    def __init__(self) -> None:
        self.count = self.depth = 0


def _marking(compile_ops: Callable[[Any], bool]) -> Callable[[Any], Any]:
    """A function that gives the attribute of each operation."""
    return lambda node_def: AttrValue(b=compile_ops(node_def))


@public("xla.experimental.jit_scope", "contrib.compiler.jit.experimental_jit_scope")
@contextlib.contextmanager
def jit_scope(
    compile_ops: bool | Callable[[Any], bool] = True, separate_compiled_gradients: bool = False
) -> Iterator[None]:
    """A context whose operations TensorFlow compiles together if it likes; here they run as all others do.

    They get the attributes `_XlaCompile`, `_XlaSeparateCompiledGradients` and `_XlaScope`, so that a graph that is written
    has them where TensorFlow reads it.

    Differs: the operations of gradients that are built outside have none of these.

    Args:
        compile_ops: whether; or a function of a NodeDef that says so.
        separate_compiled_gradients: whether each gradient is compiled by itself.
    """
    compiled: Any = _marking(compile_ops) if callable(compile_ops) else AttrValue(b=compile_ops)
    attrs = {
        "_XlaCompile": compiled,
        "_XlaSeparateCompiledGradients": AttrValue(b=bool(separate_compiled_gradients)),
    }
    graph = get_default_graph()
    collection = graph.get_collection_ref(_KEY)
    if not collection:
        collection.append(_Scopes())
    scopes = collection[0]
    # Scopes inside of others belong to the same compilation.
    if scopes.depth == 0:
        attrs["_XlaScope"] = AttrValue(s=f"jit_scope_{scopes.count}".encode())
        scopes.count += 1
    scopes.depth += 1
    try:
        with graph._attr_scope(attrs):
            yield
    finally:
        scopes.depth -= 1
