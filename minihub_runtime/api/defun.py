"""`Defun`: TF1's functions with declared types, called as operations of their own name.

    @Defun(tf.float32, func_name="Double", noinline=True)
    def double(x):
        return x + x

    y = double(x)          # adds an operation of type Double

Source: tensorflow/python/framework/function.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.func_graph import FuncGraph
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import default_variable_store
from minihub_runtime.codec import attr_to_proto
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.graph.functions import called_functions
from minihub_runtime.protos import FunctionDef
from minihub_runtime.public import public

__all__ = ["DefinedFunction", "Defun", "OverloadedFunction"]

#: How types are told in the names of functions that take several.
TYPE_NAMES = {
    "bfloat16": "b16",
    "bool": "b",
    "complex128": "c128",
    "complex64": "c64",
    "float16": "f16",
    "float32": "f32",
    "float64": "f64",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "int8": "i8",
    "qint16": "qi16",
    "qint32": "qi32",
    "qint8": "qi8",
    "quint16": "qu16",
    "quint8": "qu8",
    "string": "s",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "uint8": "i8",
}


@public("framework.function.Defun")
class Defun:
    """A decorator that makes a Python function a function of the graph's library.

    Args:
        *input_types: the types of the arguments; without them the function is defined for the types it is called with.
        func_name: its name; by default the Python function's, with a digest of its content.
        grad_func: another function made by Defun, of the arguments and the gradients of the results, that returns the
            gradients of the arguments; it is written into the graph.
        python_grad_func: a Python function of the operation and the gradients of its outputs that adds the gradients of its
            inputs to the graph.
        out_names: names of the results.
        shape_func: a function of the operation that returns the static shapes of its outputs.
        noinline: whether TensorFlow shall keep the call as it is.
        capture_by_value: not supported.
        **kwargs: `experimental_…` attributes, written into the function.
    """

    def __init__(self, *input_types: Any, **kwargs: Any) -> None:
        self._input_types = [as_dtype(dtype) for dtype in input_types]
        self._kwargs = kwargs

    def __call__(self, func: Callable[..., Any]) -> Any:
        """The function.

        Raises:
            ValueError: `func` cannot be called, has defaults or keyword arguments, or takes another number of arguments.
        """
        if not callable(func):
            raise ValueError(f"Function {func} must be a callable.")
        parameters = list(inspect.signature(func).parameters.values())
        positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        if any(
            p.kind in (p.VAR_KEYWORD, p.KEYWORD_ONLY) or p.default is not p.empty
            for p in parameters
        ):
            raise ValueError(
                "Functions with argument defaults or keywords arguments are not supported. "
                f"{func} has {inspect.signature(func)}."
            )
        names = [p.name for p in positional]
        count = len(self._input_types)
        if self._input_types and (count < len(names) or (count > len(names) and not several)):
            raise ValueError(
                "The number of tf.function input types is not compatible with the allowed arguments "
                f"of {func}. The tf.function have {count} input types, while the python function "
                f"allows minimum {len(names)} and maximum {1000000 if several else len(names)} "
                "arguments."
            )
        if self._input_types or not (names or several):
            return DefinedFunction(func, names, self._input_types, **self._kwargs)
        return OverloadedFunction(func, names, **self._kwargs)


class _DefunGraph(FuncGraph):
    """The graph of a function made by Defun: it reads variables outside, and takes their values."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._scope = get_variable_scope()

    def _named(self, name: str) -> dict[str, str]:
        return {"name": name} if name else {}

    def captured_name(self, tensor: Tensor) -> str:
        """None: captured tensors have no names here."""
        return ""

    def get_variable(self, getter: Any, name: str, **arguments: Any) -> Any:
        """What `get_variable` gives inside: the value of a variable that is made outside."""
        keys = (
            "shape",
            "dtype",
            "initializer",
            "reuse",
            "trainable",
            "collections",
            "use_resource",
        )
        with self.outer_graph.as_default():
            variable = self._scope.get_variable(
                default_variable_store(),
                name,
                **{key: arguments[key] for key in keys if key in arguments},
            )
            return variable.value() if variable.is_resource else variable


class DefinedFunction:
    """A function of declared types.

    Attributes:
        declared_input_types: the types of the arguments.
        python_grad_func: see `Defun`.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        names: Sequence[str],
        input_types: Sequence[DType],
        func_name: str | None = None,
        grad_func: DefinedFunction | None = None,
        python_grad_func: Callable[..., Any] | None = None,
        out_names: Sequence[str] | None = None,
        shape_func: Callable[[Operation], Sequence[Any]] | None = None,
        capture_by_value: bool = False,
        **kwargs: Any,
    ) -> None:
        if capture_by_value:
            raise NotImplementedError("Defun: capture_by_value is not supported")
        self._func = func
        self._names = [names[i] if i < len(names) else f"arg{i}" for i in range(len(input_types))]
        self._func_name = func_name
        self._grad_func = grad_func
        self._out_names = list(out_names or ())
        self._shape_func = shape_func
        self._kwargs = kwargs
        self._graph: FuncGraph | None = None
        self._function: FunctionDef | None = None
        self.declared_input_types = tuple(input_types)
        self.python_grad_func = python_grad_func

    @property
    def name(self) -> str:
        """The name in the library."""
        name: str = self.definition.signature.name
        return name

    @property
    def definition(self) -> FunctionDef:
        """The FunctionDef."""
        return self._defined()[1]

    @property
    def captured_inputs(self) -> list[Tensor]:
        """The tensors outside that it takes beside its arguments."""
        return self._defined()[0].external_captures

    @property
    def grad_func_name(self) -> str | None:
        """The name of the function that computes its gradients."""
        return None if self._grad_func is None else self._grad_func.name

    def set_grad_func(self, grad_func: DefinedFunction) -> None:
        """Say which function computes its gradients."""
        assert self._grad_func is None
        self._grad_func = grad_func

    def _defined(self) -> tuple[FuncGraph, FunctionDef]:
        """The graph and the FunctionDef, made when they are first asked for."""
        if self._graph is None or self._function is None:
            graph = self._traced()
            if self._grad_func is not None and not self._func_name:
                graph.name += f"_{self._grad_func.name}"
            proto = graph.definition(self._out_names, exact_name=bool(self._func_name))
            proto.signature.description = self._func.__doc__ or ""
            for key, value in _call_attrs(self._kwargs).items():
                proto.attr[key].CopyFrom(attr_to_proto(value))
            self._graph, self._function = graph, proto
        return self._graph, self._function

    def _traced(self) -> FuncGraph:
        name = self._func_name or str(getattr(self._func, "__name__", "function"))
        graph = _DefunGraph(name)
        graph.inherit_collections()
        with graph.as_default():
            arguments = [
                graph.argument(TensorSpec(None, dtype), name)
                for dtype, name in zip(self.declared_input_types, self._names, strict=True)
            ]
            with variable_scope("", custom_getter=graph.get_variable):
                found = self._func(*arguments)
            results = found if isinstance(found, (list, tuple)) else [found]
            if found is None:
                results = []
            elif any(item is None for item in results):
                raise ValueError(f"Function {graph.name} can not return None.")
            graph.outputs = [graph.capture(convert_to_tensor(item)) for item in results]
        return graph

    def add_to_graph(self, graph: Graph) -> None:
        """Add it to the library of a graph, with the functions it calls and those of its gradients."""
        traced, function = self._defined()
        library = traced.node_graph.functions
        for name in called_functions(library, [function]):
            graph.add_function(library[name])
        graph.add_function(function)
        graph.defined_functions[self.name] = self
        if self._grad_func is not None:
            self._grad_func.add_to_graph(graph)
            gradients = graph.node_graph.gradients
            assert isinstance(gradients, dict)
            gradients[self.name] = self._grad_func.name

    def __call__(self, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
        """Call it: add an operation of its name to the default graph.

        Args:
            *args: the arguments.
            name: name of the operation, by default the function's.
            **kwargs: `noinline`, written into the operation.

        Returns:
            The output; a tuple of several; the operation if there are none.

        Raises:
            ValueError: the number of arguments is another.
        """
        graph = get_default_graph()
        self.add_to_graph(graph)
        inputs = [convert_to_tensor(item) for item in args] + self.captured_inputs
        wanted = len(self.definition.signature.input_arg)
        if len(inputs) != wanted:
            raise ValueError(f"Expected {wanted} arguments, got {len(inputs)}.")
        operation = graph.create_op(
            self.name, [graph.capture(item) for item in inputs], _call_attrs(kwargs), name
        )
        if self._shape_func is not None:
            shapes = self._shape_func(operation)
            if len(shapes) != len(operation.outputs):
                raise ValueError(
                    f"shape_func {self._shape_func} produced {len(shapes)} shapes, which does not "
                    f"match {len(operation.outputs)} outputs."
                )
            for tensor, shape in zip(operation.outputs, shapes, strict=True):
                tensor.set_shape(shape)
        outputs = operation.outputs
        if len(outputs) == 1:
            return outputs[0]
        return tuple(outputs) if outputs else operation


class OverloadedFunction:
    """A function that is defined for the types it is called with."""

    def __init__(
        self,
        func: Callable[..., Any],
        names: Sequence[str],
        func_name: str | None = None,
        grad_func: OverloadedFunction | None = None,
        **kwargs: Any,
    ) -> None:
        self._func = func
        self._names = list(names)
        self._func_name = func_name
        self._grad_func = grad_func
        self._kwargs = kwargs
        self._overloads: dict[tuple[DType, ...], DefinedFunction] = {}

    def instantiate(self, input_types: Sequence[Any]) -> DefinedFunction:
        """The function for arguments of these types.

        Raises:
            ValueError: there are no names for some of them.
        """
        key = tuple(as_dtype(dtype) for dtype in input_types)
        if key not in self._overloads:
            strange = [dtype.name for dtype in key if dtype.name not in TYPE_NAMES]
            if strange:
                raise ValueError(f"Unsupported dtypes {strange} in `types`.")
            suffix = "".join(TYPE_NAMES[dtype.name] for dtype in key)
            name = None if self._func_name is None else f"{self._func_name}_{suffix}"
            defined = DefinedFunction(self._func, self._names, key, name, **self._kwargs)
            results = [as_dtype(arg.type) for arg in defined.definition.signature.output_arg]
            if self._grad_func is not None:
                defined.set_grad_func(self._grad_func.instantiate([*key, *results]))
            self._overloads[key] = defined
        return self._overloads[key]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function for the types of these arguments; see `DefinedFunction.__call__`."""
        tensors = [convert_to_tensor(item) for item in args]
        return self.instantiate([tensor.dtype for tensor in tensors])(*tensors, **kwargs)


def _call_attrs(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that options of a function or of a call stand for.

    Raises:
        ValueError: there is no such option.
    """
    attrs: dict[str, Any] = {"_disable_call_shape_inference": True}
    for key, value in kwargs.items():
        if key == "noinline":
            if value is not None:
                attrs["_noinline"] = bool(value)
        elif key == "compiled":
            if value is not None:
                attrs["_XlaCompile"] = bool(value)
        elif key.startswith("experimental_") or key in ("_implements", "_reference"):
            attrs[key] = value
        elif key != "separate_compiled_gradients":
            raise ValueError(f"Unknown keyword arguments: {key}.")
    return attrs
