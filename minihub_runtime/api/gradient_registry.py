"""Gradients that a program defines: for its own ops, for names that operations refer to, for parts of a graph.

Source: tensorflow/python/framework/ops.py (RegisterGradient, no_gradient), tensorflow/python/ops/custom_gradient.py.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, get_default_graph
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.nest import flatten, map_structure, pack_sequence_as
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.autodiff.rules import register
from minihub_runtime.public import public

__all__ = ["RegisterGradient", "custom_gradient", "no_gradient"]

F = TypeVar("F", bound=Callable[..., Any])

#: Numbers of the gradients that `custom_gradient` registers.
_NUMBERS = itertools.count()


@public("RegisterGradient")
class RegisterGradient:
    """Decorator that registers the gradient of an op type, or one under a name for `gradient_override_map`.

    The function takes the operation and the gradient of each output, and returns one gradient, or None, per input.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: F) -> F:
        """Register `f`.

        Raises:
            KeyError: there is one of that name.
        """
        register(self._op_type, f)
        return f


@public("no_gradient", "NotDifferentiable", "NoGradient")
def no_gradient(op_type: str) -> None:
    """Say that operations of a type have no gradient: nothing flows through them.

    Raises:
        TypeError: `op_type` is no text.
        KeyError: something is said about it already.
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    register(op_type, None)


@public("custom_gradient")
def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """Decorator for a function that gives its gradient too.

    Args:
        f: returns `(y, grad_fn)`.  `grad_fn` takes the gradients of the tensors of `y`, and returns those of the
            arguments of `f`; if `f` reads variables it takes a keyword `variables` too, and returns a pair of the
            gradients of the arguments and a list of those of the variables.

    Returns:
        A function that returns `y` alone, whose gradient is what `grad_fn` says.

    Raises:
        ValueError: it is called with keyword arguments.
        TypeError: `f` reads variables, and `grad_fn` does not take `variables`.
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise ValueError(
                "The custom_gradient decorator currently supports keywords arguments only when "
                "eager execution is enabled."
            )
        return _with_gradient(f, args)

    return decorated


def _with_gradient(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    given = map_structure(convert_to_tensor, list(args))
    result, grad_fn = f(*given)
    outputs = [convert_to_tensor(item) for item in flatten(result)]
    inputs = flatten(given)
    variables = _read_variables(outputs, inputs)
    parameters = inspect.signature(grad_fn).parameters
    takes_variables = "variables" in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
    if variables and not takes_variables:
        raise TypeError(
            "@tf.custom_gradient grad_fn must accept keyword argument 'variables', since function "
            f"uses variables: {variables}"
        )

    def gradient(operation: Operation, *gradients: Any) -> list[Any]:
        arriving = gradients[: len(outputs)]
        if variables:
            of_inputs, of_variables = grad_fn(*arriving, variables=variables)
            if len(of_variables) != len(variables):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient grad_fn."
                )
        else:
            of_inputs, of_variables = grad_fn(*arriving), []
        # The outputs go through the operation too, and pass nothing on.
        return [None] * len(outputs) + _flat(of_inputs) + list(of_variables)

    name = f"CustomGradient-{next(_NUMBERS)}"
    register(name, gradient)
    handles = [variable.handle for variable in variables]
    with get_default_graph().gradient_override_map({"IdentityN": name}):
        passed = build("IdentityN", input=[*outputs, *inputs, *handles])
    return pack_sequence_as(result, passed[: len(outputs)])


def _flat(gradients: Any) -> list[Any]:
    """One gradient, or several in any structure, as a list."""
    if not isinstance(gradients, (list, tuple)):
        return [gradients]
    return [item for part in gradients for item in _flat(part)]


def _read_variables(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor]
) -> list[BaseResourceVariable]:
    """The variables that lie behind `outputs` but not behind `inputs`, sorted by name."""
    graph = get_default_graph()
    seen = {tensor.op.name for tensor in inputs}
    stack = [tensor.op.name for tensor in outputs]
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            stack.extend(ref.node for ref in graph.nodes[name].inputs)
    given = {tensor.op.name for tensor in inputs}
    known = [
        *graph.get_collection(GraphKeys.GLOBAL_VARIABLES),
        *graph.get_collection(GraphKeys.LOCAL_VARIABLES),
    ]
    found = {
        variable.name: variable
        for variable in known
        if isinstance(variable, BaseResourceVariable) and variable.op.name in seen - given
    }
    return [found[name] for name in sorted(found)]
