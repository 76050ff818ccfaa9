"""Modules evaluated on arrays with tensorflow_hub's function for it, in a graph and a session of their own.

Source: tensorflow_hub/module.py:eval_function_for_module.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

import minihub_runtime.api.session as sessions
from minihub.binding import named_inputs
from minihub.errors import UnknownNameError
from minihub.module import Module
from minihub.spec import as_module_spec
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.api.composite import SparseTensor, placeholder
from minihub_runtime.api.graph import Graph
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.variables import (
    global_variables_initializer,
    tables_initializer,
    variable_scope,
)

__all__ = ["eval_function_for_module", "placeholder_for"]


@contextlib.contextmanager
def eval_function_for_module(
    spec: Any, tags: Collection[str] | None = None
) -> Iterator[Callable[..., Any]]:
    """A function that evaluates the signatures of a module on arrays.

    Every signature is applied once, in a graph and a session of their own; the default graph stays what it was.

        with hub.eval_function_for_module(handle) as f:
            f(["a sentence"], signature="default", as_dict=True)

    Args:
        spec: a ModuleSpec, or the handle of one.
        tags: which of its graphs.

    Yields:
        The function `f(inputs=None, signature=None, as_dict=None)`.

    Raises:
        ValueError: there is no graph with these tags.
    """
    module_spec = as_module_spec(spec)
    graph = Graph()
    applied: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    with graph.as_default():
        module = Module(module_spec, tags=tags)
        for name in module.get_signature_names():
            with variable_scope(name.replace(":", "_")):
                infos = module.get_input_info_dict(name)
                inputs = {key: placeholder_for(key, info) for key, info in infos.items()}
                applied[name] = (inputs, module(inputs, signature=name, as_dict=True))
        initializers = [global_variables_initializer(), tables_initializer()]
        graph.finalize()
    session = sessions.Session(graph=graph)
    session.run(initializers)

    def evaluate(
        inputs: Any = None,
        _sentinel: Any = None,
        signature: str | None = None,
        as_dict: bool | None = None,
    ) -> Any:
        name = signature or "default"
        if name not in applied:
            raise UnknownNameError(f"Signature {name!r} is missing from meta graph.")
        tensors, outputs = applied[name]
        values = named_inputs(inputs, module_spec.get_input_info_dict(name, tags))
        feeds = {tensors[key]: value for key, value in values.items()}
        fetched: dict[str, Any] = session.run(outputs, feeds)
        if as_dict:
            return fetched
        if "default" not in fetched:
            raise TypeError("There is no output named 'default'. Use as_dict=True.")
        return fetched["default"]

    try:
        yield evaluate
    finally:
        session.close()


def placeholder_for(name: str, info: ParsedTensorInfo) -> Any:
    """A placeholder for an input; parts of a composite one are called `name.component_i`."""
    if info.kind == "sparse":
        rank = None if info.shape is None else len(info.shape)
        indices = placeholder("int64", [None, rank], f"{name}/indices")
        values = placeholder(info.dtype, [None], f"{name}/values")
        return SparseTensor(indices, values, placeholder("int64", [rank], f"{name}/dense_shape"))
    if info.kind == "ragged":
        assert info.ragged is not None
        shape = info.shape
        flat = None if shape is None else [None, *shape[info.ragged.ragged_rank + 1 :]]
        parts: list[Any] = [placeholder(info.dtype, flat, f"{name}.component_0")]
        for level in range(info.ragged.ragged_rank):
            splits = info.ragged.row_splits_dtype
            parts.append(placeholder(splits, [None], f"{name}.component_{level + 1}"))
        return RaggedTensor.from_nested_row_splits(parts[0], parts[1:], validate=False)
    return placeholder(info.dtype, info.shape, name)
