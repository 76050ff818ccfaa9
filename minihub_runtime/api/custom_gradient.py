"""Functions that come with their gradients.

Source: tensorflow/python/ops/custom_gradient.py.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.composite_gradients import differentiated, replaced
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.func_graph import without_variables
from minihub_runtime.api.gradients import gradients
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.nest import flatten, map_structure, pack_sequence_as
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.autodiff.rules import find_rule, register
from minihub_runtime.codec import Func
from minihub_runtime.public import public

__all__ = ["custom_gradient", "grad_pass_through", "recompute_grad", "trainable_variables_read"]

#: Numbers of the gradients that `custom_gradient` registers.
_NUMBERS = itertools.count()
#: Operations that read variables.
READING = frozenset({"ReadVariableOp", "ResourceGather", "ResourceGatherNd"})
#: Operations that make variables.
MAKING = frozenset({"VarHandleOp", "VariableV2"})


@public("custom_gradient")
def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """Decorator for a function, or a method, that gives its gradient too.

    Args:
        f: takes tensors, ragged ones too, in any structures, and returns `(y, grad_fn)`.  `grad_fn` takes the gradients of
            the tensors of `y`, and returns those of the arguments of `f`; if `f` reads variables it takes a keyword
            `variables` too, and returns a pair of the gradients of the arguments and a list of those of the variables.

    Returns:
        A function that returns `y` alone, whose gradient is what `grad_fn` says, also inside branches, loops and functions.

    Raises:
        ValueError: it is called with keyword arguments, or with sparse tensors.
        TypeError: `f` reads variables, and `grad_fn` does not take `variables`; `f` makes a variable that is reached by
            reference.
    """
    return custom_gradient if f is None else _Differentiated(f)


class _Differentiated:
    """A function with a gradient."""

    def __init__(self, f: Callable[..., Any]) -> None:
        functools.update_wrapper(self, f)
        self._f = f

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """The method of an instance."""
        return self if instance is None else _Differentiated(self._f.__get__(instance, owner))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        return _with_gradient(self._f, args)


@public("grad_pass_through")
def grad_pass_through(f: Callable[..., Any]) -> Any:
    """A function whose gradient is that of the identity: gradients of its results are those of its arguments.

    Args:
        f: takes tensors and returns as many, of the same shapes.
    """

    @custom_gradient
    @functools.wraps(f)
    def passing(*args: Any) -> Any:
        def passed(*arriving: Any, variables: Sequence[Any] | None = None) -> Any:
            return arriving if variables is None else (arriving, [None] * len(variables))

        return f(*args), passed

    return passing


@public("recompute_grad")
def recompute_grad(f: Callable[..., Any]) -> Any:
    """A function that its gradient computes anew, so that nothing of it is kept for the gradient.

    Args:
        f: takes tensors, and returns a tensor or a list of them.
    """

    @custom_gradient
    @functools.wraps(f)
    def recomputed(*args: Any) -> Any:
        scope = get_variable_scope()

        def again(*arriving: Any, variables: Sequence[Any] | None = None) -> Any:
            # Not before the gradient is there: what is computed twice would be computed once.
            some = build("Reshape", tensor=arriving[0], shape=[-1])[:1]
            truth = build("Cast", x=build("Max", input=some, reduction_indices=[0]), DstT="bool")
            same = build("Equal", x=truth, y=truth)
            zero = build("SelectV2", condition=same, t=np.float32(0), e=np.float32(np.nan))

            def late(item: Tensor) -> Tensor:
                cast = build("Cast", x=zero, DstT=item.dtype.base_dtype)
                tensor: Tensor = build("AddV2", x=build("Identity", input=item), y=cast)
                return tensor

            given = map_structure(late, list(args))
            with variable_scope(scope):
                results = f(*given)
            xs = flatten(given)
            found = gradients(
                flatten(results),
                [*xs, *(variables or ())],
                list(arriving),
                unconnected_gradients="zero",
            )
            return found[: len(xs)] if variables is None else (found[: len(xs)], found[len(xs) :])

        return f(*args), again

    return recomputed


def _with_gradient(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    graph = get_default_graph()
    given = map_structure(_converted, without_variables(list(args)))
    before, first = set(map(id, _variables(graph))), len(graph.nodes)
    result, grad_fn = f(*given)
    if not all(v.is_resource for v in _variables(graph) if id(v) not in before):
        raise TypeError(
            "All variables used by a function wrapped with @custom_gradient must be "
            "`ResourceVariable`s. Ensure that no `variable_scope` is created with "
            "`use_resource=False`."
        )
    results = [_converted(item) for item in flatten(result)]
    outputs, inputs = differentiated(results), differentiated(flatten(given))
    variables = _trainable(_read_by(graph, first) | _behind(outputs, inputs))
    parameters = inspect.signature(grad_fn).parameters
    takes_variables = "variables" in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
    if variables and not takes_variables:
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function "
            f"uses variables: {variables}"
        )

    def gradient(operation: Operation, *found: Any) -> list[Any]:
        arriving = replaced(results, found[: len(outputs)])
        if variables:
            of_inputs, of_variables = grad_fn(*arriving, variables=variables)
            if len(of_variables) != len(variables):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient grad_fn."
                )
        else:
            of_inputs, of_variables = grad_fn(*arriving), []
        # The outputs go through the operation too, and pass nothing on.
        return [None] * len(outputs) + differentiated(flatten(of_inputs)) + list(of_variables)

    name = f"CustomGradient-{next(_NUMBERS)}"
    register(name, gradient)
    with graph.gradient_override_map({"IdentityN": name}):
        passed = build("IdentityN", input=[*outputs, *inputs, *variables])
    return pack_sequence_as(result, replaced(results, passed[: len(outputs)]))


def _converted(item: Any) -> Any:
    return item if isinstance(item, CompositeTensor) else convert_to_tensor(item)


def _variables(graph: Graph) -> list[Any]:
    return [
        *graph.get_collection(GraphKeys.GLOBAL_VARIABLES),
        *graph.get_collection(GraphKeys.LOCAL_VARIABLES),
    ]


def _found(operation: Operation, graph: Graph) -> dict[str, Any]:
    """The variable that an operation makes, by its name; none if it makes none.

    Raises:
        ValueError: no global variable is known for it.
    """
    if operation.type not in MAKING:
        return {}
    for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES):
        if getattr(variable, "op", None) is not None and variable.op.name == operation.name:
            return {operation.name: variable}
    raise ValueError(f"Unsuccessful at finding variable {operation.name}.")


def _outside(tensor: Tensor) -> Tensor:
    """The tensor that an argument of a function, of one inside another too, brings in."""
    outside = tensor.graph.captured_as(tensor)
    return tensor if outside is None else _outside(outside)


def trainable_variables_read(graph: Graph, first: int) -> list[Any]:
    """The trainable variables that operations read, or let a function read, by name.

    Args:
        graph: the graph.
        first: the number of the first operation that counts.
    """
    return _trainable(_read_by(graph, first))


def _trainable(variables: Mapping[str, Any]) -> list[Any]:
    return sorted((v for v in variables.values() if v.trainable), key=lambda v: str(v.name))


def _read_by(graph: Graph, first: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in list(graph.nodes)[first:]:
        operation = graph.get_operation_by_name(name)
        calls = any(isinstance(operation.node.attrs[key], Func) for key in operation.node.attrs)
        if operation.type in READING or calls:
            for tensor in operation.inputs:
                if tensor.dtype.name == "resource":
                    found |= _found(_outside(tensor).op, graph)
    return found


def _behind(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> dict[str, Any]:
    """The variables on differentiable ways to `outputs` that do not lead through `inputs`, by name."""
    found: dict[str, Any] = {}
    ends = set(map(id, inputs))
    stack, seen = [tensor for tensor in outputs if id(tensor) not in ends], set[int]()
    while stack:
        tensor = _outside(stack.pop())
        operation = tensor.op
        if id(operation) in seen:
            continue
        seen.add(id(operation))
        found |= _found(operation, tensor.graph)
        if _passes(operation):
            stack.extend(item for item in operation.inputs if id(item) not in ends)
    return found


def _passes(operation: Operation) -> bool:
    """Whether the type of an operation has a gradient."""
    try:
        return find_rule(operation.node) is not None
    except LookupError:
        return False
