"""`tf.contrib.layers.recompute_grad`: a function that its gradient computes anew.

Source: tf_slim/layers/rev_block_lib.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.arg_scope import arg_scope, current_arg_scope
from minihub_runtime.api.custom_gradient import custom_gradient, trainable_variables_read
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.gradients import gradients
from minihub_runtime.api.graph import Tensor, control_dependencies, get_default_graph
from minihub_runtime.api.grouping import tuple_
from minihub_runtime.api.identity import identity, stop_gradient
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.public import public

__all__ = ["recompute_grad"]

_OTHER_VARIABLES = (
    "The variables used on recompute were different than the variables originally used. The function "
    "wrapped with @recompute_grad likely creates its own variable scope with a default name and has been "
    "called twice in the same enclosing scope. To fix, ensure each call to the function happens in its "
    "own unique variable scope."
)


@public("contrib.layers.recompute_grad", "contrib.slim.recompute_grad")
def recompute_grad(
    fn: Callable[..., Any] | None = None,
    use_data_dep: bool | None = None,
    tupleize_grads: bool = False,
) -> Any:
    """Decorator for a function that its gradient computes anew, so that nothing of it is kept.

    Args:
        fn: takes tensors, and returns one or several.  If it has an argument `is_recomputing`, that is True when the
            gradient calls it: what changes a state must not happen twice.  Its variables must be resource variables.
        use_data_dep: whether what is computed anew depends on the arriving gradients as data, not as control inputs.
        tupleize_grads: whether no gradient is there before all are.

    Raises:
        ValueError: `fn` reaches for a tensor or variable around it, which would get no gradient; an argument of a call is
            no tensor; or variables are other ones in the second call.
    """
    if fn is None:
        return functools.partial(
            recompute_grad, use_data_dep=use_data_dep, tupleize_grads=tupleize_grads
        )
    _check_closure(fn)
    function = fn
    tells = "is_recomputing" in inspect.signature(fn).parameters

    def called(inputs: Sequence[Any], again: bool) -> tuple[Any, set[int]]:
        """What the function returns, and the variables that it reads, by identity."""
        graph = get_default_graph()
        first = len(graph.nodes)
        outputs = function(*inputs, **({"is_recomputing": again} if tells else {}))
        return outputs, set(map(id, trainable_variables_read(graph, first)))

    @custom_gradient
    def recomputed(*args: Any) -> Any:
        scope, defaults = get_variable_scope(), current_arg_scope()
        outputs, read = called(args, False)

        def gradient(*arriving: Any, variables: Sequence[Any] = ()) -> Any:
            if set(map(id, variables)) != read:
                raise ValueError(_OTHER_VARIABLES)
            inputs = [identity(arg) for arg in args]
            with control_dependencies([item for item in arriving if item is not None]):
                if use_data_dep:
                    inputs = _awaiting(arriving, inputs)
                with arg_scope(defaults), variable_scope(scope, reuse=True):
                    outputs, read_again = called(inputs, True)
            if read_again != read:
                raise ValueError(_OTHER_VARIABLES)
            ys = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
            found = gradients(ys, [*inputs, *variables], list(arriving), stop_gradients=inputs)
            if tupleize_grads:
                found = _awaiting(found, found) if use_data_dep else tuple_(found)
            of_inputs, of_variables = found[: len(inputs)], found[len(inputs) :]
            return (of_inputs, of_variables) if variables else of_inputs

        return outputs, gradient

    @functools.wraps(fn)
    def wrapped(*args: Any) -> Any:
        if not all(isinstance(arg, (Tensor, Variable)) for arg in args):
            raise ValueError("All inputs to function must be Tensors")
        return recomputed(*args)

    return wrapped


def _check_closure(fn: Any) -> None:
    """Raise ValueError if a function reaches for a tensor or a variable around it."""
    code = getattr(fn, "__code__", None)
    for name, cell in zip(code.co_freevars if code else (), fn.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if isinstance(value, (Tensor, Variable)):
            raise ValueError(
                f"fn decorated with @recompute_grad closes over Tensor {value.name} (local variable "
                f"name: {name}). The decorated fn must not close over Tensors or Variables because "
                "gradients will NOT be computed for them through fn. To ensure correct gradients, make "
                "the Tensor an input to fn."
            )


def _awaiting(awaited: Sequence[Any], tensors: Sequence[Any]) -> list[Any]:
    """Tensors of the same values that depend on all of others as data: a number too small to count is added.

    Raises:
        ValueError: the rank of one that is awaited is not known, or it is not of floating numbers.
    """

    def first(x: Any) -> Any:
        rank = x.shape.ndims
        if rank is None:
            raise ValueError(f"Rank of Tensor {x} must be known")
        return reshape(build("Slice", input=x, begin=[0] * rank, size=[1] * rank), [])

    total = add_n([first(x) for x in awaited if x is not None])
    if not total.dtype.is_floating:
        raise ValueError("A dependency on data must be one on floating numbers.")
    least = np.finfo(total.dtype.as_numpy_dtype).tiny
    zero = stop_gradient(least * total)
    return [None if x is None else identity(x) + zero for x in tensors]
