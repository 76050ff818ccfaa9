"""Functions of elements: traced once, as functions of the graph's library.

Source: tensorflow/python/data/ops/structured_function.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.structure import flat_specs, from_tensors, spec_of, to_tensors
from minihub_runtime.api.func_graph import FuncGraph, trace, unique_function_name
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.codec import Func

__all__ = ["ElementFunction"]


class ElementFunction:
    """A Python function of an element, as a function of the library.

    Args:
        function: takes the parts of an element that is a tuple, or the element; returns a structure.
        transformation: the public method it is for, for messages.
        element_spec: what is known of an element.

    Attributes:
        function: the name in the library.
        captured: the tensors outside that it takes beside an element.
        output_spec: what is known of its results.

    Raises:
        TypeError: it returns what is no tensor.
    """

    def __init__(
        self, function: Callable[..., Any], transformation: str, element_spec: Any
    ) -> None:
        specs = flat_specs(element_spec)
        self.output_spec: Any = None

        def call(*tensors: Tensor) -> list[Tensor]:
            element = from_tensors(element_spec, tensors)
            # A tuple is passed as several arguments, a named tuple as one.
            found = function(*element) if type(element) is tuple else function(element)
            # A list is no structure, but a function that returns one means its parts.
            result = tuple(found) if isinstance(found, list) else found
            result = nest.map_structure(_value, result)
            try:
                self.output_spec = spec_of(result)
            except (TypeError, ValueError) as error:
                raise TypeError(
                    f"Unsupported return value from function passed to {transformation}: {result}."
                ) from error
            return to_tensors(self.output_spec, result)

        prefix = transformation.replace(".", "_")[:-2]
        name = getattr(function, "__name__", type(function).__name__)
        for symbol in "<>\\' ":
            name = name.replace(symbol, "")
        graph = FuncGraph(unique_function_name("", f"__inference_{prefix}_{name}"))
        graph.inherit_collections()
        graph.in_program_order = True
        trace(graph, call, specs, [f"args_{place}" for place in range(len(specs))])
        self.function: Func = graph.add_to_library()
        self.captured = graph.external_captures


def _value(item: Any) -> Any:
    """The value of a variable; anything else as it is."""
    is_tensor = isinstance(item, (Tensor, CompositeTensor))
    is_variable = hasattr(item, "_as_graph_element") and not is_tensor
    return convert_to_tensor(item) if is_variable else item
