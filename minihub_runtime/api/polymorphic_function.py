"""`tf.function`: a Python function as a function of the graph's library, traced anew for each kind of arguments.

A call adds one operation, PartitionedCall or StatefulPartitionedCall.  What the function builds runs in the order in which it is
built, as far as it has effects.  Python's own statements stay Python's: there is no AutoGraph that turns `if` and `while`
into branches and loops of the graph.

Source: tensorflow/python/eager/polymorphic_function/polymorphic_function.py, concrete_function.py, atomic_function.py.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api import nest
from minihub_runtime.api.branching import has_effects, tell_behind
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.func_graph import FuncGraph, pack_like, trace, unique_function_name
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph, graph_of
from minihub_runtime.api.program_order import READ_ONLY_ATTR, read_only_arguments
from minihub_runtime.api.type_spec import (
    CompositeTensor,
    TypeSpec,
    type_spec_from_value,
)
from minihub_runtime.public import public

__all__ = ["ConcreteFunction", "Function", "do_not_convert", "function"]


class ConcreteFunction:
    """A function traced for one kind of arguments.

    Attributes:
        graph: its graph.
        function: the name in the library, as an attribute of operations.
    """

    def __init__(self, graph: FuncGraph, structure: Any) -> None:
        self.graph = graph
        self.function = graph.add_to_library()
        self.structured_input_signature = structure

    @property
    def name(self) -> str:
        """The name in the library."""
        return self.function.name

    @property
    def inputs(self) -> list[Tensor]:
        """The placeholders of its arguments, then of what it captured."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[Tensor]:
        """Its flat results, inside."""
        return self.graph.outputs

    @property
    def structured_outputs(self) -> Any:
        """Its results as the Python function returned them, inside."""
        return self.graph.structured_outputs

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors outside that it takes beside its arguments."""
        return self.graph.external_captures

    @property
    def function_def(self) -> Any:
        """The FunctionDef."""
        return self.graph.node_graph.functions[self.name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for arguments in the structure that it was traced for, or for its tensors alone.

        Raises:
            TypeError: the number of tensors is another.
        """
        given = nest.flatten((args, kwargs))
        traced = nest.flatten(self.structured_input_signature)
        if len(given) == len(traced):
            given = [
                value
                for value, spec in zip(given, traced, strict=True)
                if isinstance(spec, TypeSpec)
            ]
        return self.call_flat(nest.flatten(given, expand_composites=True))

    def call_flat(self, tensors: Sequence[Any]) -> Any:
        """The results for the flat tensors of the arguments."""
        arguments = self.graph.inputs[: len(self.graph.inputs) - len(self.graph.captures)]
        if len(tensors) != len(arguments):
            raise TypeError(
                f"{self.name} must get {len(arguments)} tensors, not {len(tensors)}: "
                f"{[str(tensor) for tensor in arguments]}"
            )
        given = [
            convert_to_tensor(value, argument.dtype)
            for value, argument in zip(tensors, arguments, strict=True)
        ]
        effects = has_effects(self.graph)
        outer = graph_of([*given, *self.graph.external_captures])
        with outer.as_default(), outer.control_dependencies(list(self.graph.control_captures)):
            result = build(
                "StatefulPartitionedCall" if effects else "PartitionedCall",
                args=[outer.capture(item) for item in (*given, *self.graph.external_captures)],
                Tout=self.graph.output_types,
                f=self.function,
            )
        outputs: list[Tensor] = [] if isinstance(result, Operation) else result
        operation = outputs[0].op if outputs else result
        if isinstance(operation, Operation):
            reading = read_only_arguments(self.graph)
            outer.set_attrs(operation.name, **{READ_ONLY_ATTR: reading})
        for tensor, inside in zip(outputs, self.graph.outputs, strict=True):
            tensor.set_shape(inside.shape)
            tell_behind(tensor, [inside])
        values = iter(outputs)
        flat = [
            None if item is None else next(values)
            for item in nest.flatten(self.graph.structured_outputs, expand_composites=True)
        ]
        return pack_like(self.graph.structured_outputs, flat)

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self.name}>"


#: Specs of the tensors → the function traced for them.
_Traces = list[tuple[list[TypeSpec], ConcreteFunction]]


class Function:
    """A Python function that is traced when it is called; see `function`.

    Attributes:
        python_function: the function itself.
        input_signature: TypeSpecs of the arguments, None if any will do.
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        input_signature: Any = None,
        name: str | None = None,
    ) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = None if input_signature is None else tuple(input_signature)
        self._name = name or getattr(python_function, "__name__", "function")
        self._signature = inspect.signature(python_function)
        self._traced: weakref.WeakKeyDictionary[Graph, dict[Any, _Traces]] = (
            weakref.WeakKeyDictionary()
        )
        self._bound: weakref.WeakKeyDictionary[Any, Function] = weakref.WeakKeyDictionary()

    def __get__(self, instance: Any, owner: Any = None) -> Function:
        """The method of an instance."""
        if instance is None:
            return self
        if instance not in self._bound:
            method = self.python_function.__get__(instance, owner)
            self._bound[instance] = Function(method, self.input_signature, self._name)
        return self._bound[instance]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for these arguments.

        Raises:
            TypeError: the function cannot be called so, or the arguments do not fit the input signature.
        """
        arguments = self._arguments(args, kwargs)
        tensors = arguments.tensors()
        with graph_of(tensors).as_default():
            return self._concrete(arguments).call_flat(tensors)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The function traced for these arguments, of which tensors may be told by their TypeSpecs.

        Raises:
            TypeError: as a call does.
        """
        if not (args or kwargs) and self.input_signature is not None:
            args = self.input_signature
        return self._concrete(self._arguments(args, kwargs))

    def experimental_get_tracing_count(self) -> int:
        """How often it was traced."""
        return sum(len(found) for traced in self._traced.values() for found in traced.values())

    def _arguments(self, args: Any, kwargs: Any) -> _Arguments:
        try:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return _Arguments(bound, self.input_signature)
        except TypeError as error:
            raise TypeError(
                f"Binding inputs to tf.function failed due to `{error}`. Received args: {args} and "
                f"kwargs: {kwargs} for signature: {self._shown_signature()}."
            ) from error

    def _shown_signature(self) -> str:
        if self.input_signature is None:
            return str(self._signature)
        names = list(self._signature.parameters)
        pairs = zip(names, self.input_signature, strict=False)
        return f"({', '.join(f'{name}: {spec}' for name, spec in pairs)})"

    def _concrete(self, arguments: _Arguments) -> ConcreteFunction:
        # What a function captures belongs to the graph in which it is called.
        traced = self._traced.setdefault(get_default_graph(), {}).setdefault(arguments.key, [])
        fitting = [
            (specs, found)
            for specs, found in traced
            if all(map(_is_within, arguments.specs, specs))
        ]
        for specs, found in fitting:
            if all(all(map(_is_within, specs, others)) for others, _ in fitting):
                return found
        graph = FuncGraph(unique_function_name("", f"__inference_{self._name}"))
        graph.inherit_collections()
        graph.in_program_order = True

        def call(*tensors: Any) -> Any:
            bound = arguments.filled(tensors)
            return self.python_function(*bound.args, **bound.kwargs)

        trace(graph, call, arguments.specs, arguments.names)
        made = ConcreteFunction(graph, arguments.structure)
        traced.append((arguments.specs, made))
        return made

    def __repr__(self) -> str:
        return f"<tf.function {self._name}{self._signature}>"


class _Arguments:
    """The arguments of one call: tensors, which are passed, and Python values, for which the function is traced.

    Attributes:
        key: what calls have in common that share a trace: all but the specs of the tensors.
        specs: the TypeSpecs of the tensors, in order.
        names: the names of the arguments they stand in.
        structure: positional and named arguments, TypeSpecs in the places of tensors.
    """

    def __init__(self, bound: inspect.BoundArguments, signature: Sequence[Any] | None) -> None:
        self._bound = bound
        self._values: list[Any] = []
        self.specs: list[TypeSpec] = []
        self.names: list[str] = []
        given = dict(bound.arguments)
        if signature is not None:
            given = self._cast(given, signature)
        self._given = {name: self._visited(value, name) for name, value in given.items()}
        self.key = tuple((name, _key(value)) for name, value in self._given.items())
        filled = self.filled(self.specs)
        self.structure = (filled.args, filled.kwargs)

    def _cast(self, given: Mapping[str, Any], signature: Sequence[Any]) -> dict[str, Any]:
        """The arguments as the input signature wants them.

        Raises:
            TypeError: one is not what its spec says.
        """
        if len(given) < len(signature):
            raise TypeError(f"{len(signature)} arguments must be given, not {len(given)}")
        result = dict(given)
        for name, wanted in zip(given, signature, strict=False):
            result[name] = nest.map_structure_up_to(wanted, _cast, wanted, given[name])
        return result

    def _visited(self, value: Any, name: str) -> Any:
        """A value with a place in its structure for each tensor."""
        return nest.map_structure(lambda item: self._leaf(item, name), value)

    def _leaf(self, item: Any, name: str) -> Any:
        if isinstance(item, (np.ndarray, np.generic)):
            item = convert_to_tensor(item)
        if isinstance(item, _Cast):
            spec, item = item.spec, item.value
        elif isinstance(item, (Tensor, CompositeTensor, TypeSpec)):
            spec = type_spec_from_value(item)._without_tensor_names()
        else:
            return item
        self.specs.append(spec)
        self.names.append(name)
        self._values.append(item)
        return _Place(len(self.specs) - 1, spec)

    def tensors(self) -> list[Any]:
        """The flat tensors."""
        return [
            part for value in self._values for part in nest.flatten(value, expand_composites=True)
        ]

    def filled(self, tensors: Sequence[Any]) -> inspect.BoundArguments:
        """The arguments with other tensors."""
        arguments = {
            name: nest.map_structure(
                lambda item: tensors[item.index] if isinstance(item, _Place) else item, value
            )
            for name, value in self._given.items()
        }
        return inspect.BoundArguments(self._bound.signature, arguments)


class _Place:
    """Where a tensor goes."""

    def __init__(self, index: int, spec: TypeSpec) -> None:
        self.index = index
        self.spec = spec


class _Cast:
    """A value, and what an input signature says of it."""

    def __init__(self, value: Any, spec: TypeSpec) -> None:
        self.value = value
        self.spec = spec


def _cast(spec: Any, value: Any) -> _Cast:
    if not isinstance(value, (Tensor, CompositeTensor, TypeSpec)):
        value = convert_to_tensor(value, spec.dtype)
    found = type_spec_from_value(value)
    if not found._without_tensor_names().is_subtype_of(spec._without_tensor_names()):
        raise TypeError(f"Can not cast {found} to {spec}")
    return _Cast(value, spec)


def _is_within(narrow: TypeSpec, wide: TypeSpec) -> bool:
    return narrow.is_subtype_of(wide)


def _key(value: Any) -> Any:
    """What two values have in common for which a trace may be the same."""
    if isinstance(value, _Place):
        return type(value)
    if isinstance(value, Mapping):
        return (dict, tuple((key, _key(value[key])) for key in sorted(value)))
    if nest.is_nested(value):
        return (type(value), tuple(_key(item) for item in value))
    try:
        hash(value)
    except TypeError:
        return id(value)
    return (type(value), value)


@public("autograph.experimental.do_not_convert")
def do_not_convert(func: Any = None) -> Any:
    """Decorator of functions whose statements are not to be converted, as here none are.

    Args:
        func: the function; None for a decorator.
    """
    return do_not_convert if func is None else func


@public("function")
def function(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """A Python function as a function of the graph, or a decorator that makes one.

    Args:
        func: takes tensors of any kind, variables and Python values in any structure; returns tensors, TensorArrays or
            None in any structure.  It is called once for each kind of tensors and each other value.
        input_signature: TypeSpecs of the arguments; then it is called once.
        autograph: accepted; statements are not converted: use tf.cond and tf.while_loop.
        jit_compile: accepted; it has no effect.
        reduce_retracing: accepted; it has no effect.
        experimental_implements: not supported.
        experimental_autograph_options: accepted; it has no effect.
        experimental_attributes: not supported.
        experimental_relax_shapes: accepted; it has no effect.
        experimental_compile: accepted; it has no effect.
        experimental_follow_type_hints: accepted; it has no effect.

    Raises:
        NotImplementedError: attributes of the function are asked for.
    """
    del autograph, jit_compile, reduce_retracing, experimental_autograph_options
    del experimental_relax_shapes, experimental_compile, experimental_follow_type_hints
    if experimental_implements is not None or experimental_attributes is not None:
        raise NotImplementedError(
            "tf.function: experimental_implements and experimental_attributes are not supported"
        )
    if func is None:
        return functools.partial(function, input_signature=input_signature)
    return Function(func, input_signature)
