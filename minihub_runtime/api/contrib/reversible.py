"""`tf.contrib.layers`: reversible residual layers, whose gradients keep no activations.

A layer adds to each half of its input what a function makes of the other half, so that the input follows from the output:
the gradient works it out anew, layer by layer from the last.

Source: tf_slim/layers/rev_block_lib.py; Gomez, Ren, Urtasun, Grosse: The Reversible Residual Network (2017).
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.custom_gradient import custom_gradient, trainable_variables_read
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.gradients import gradients
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.grouping import tuple_
from minihub_runtime.api.identity import stop_gradient
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.public import public

__all__ = ["RevBlock", "rev_block"]


def _sum(terms: Sequence[Any]) -> Any:
    """The sum of gradients, of which some may be None; None of none."""
    given = [term for term in terms if term is not None]
    return add_n(given) if given else None


def _called(function: Callable[..., Any], x: Any, sides: Sequence[Any]) -> Any:
    return function(x, list(sides)) if sides else function(x)


class _Part(NamedTuple):
    """What one function of a layer adds, as the gradient needs it.

    Attributes:
        function: takes a tensor, and the side inputs if there are any.
        sides: the side inputs.
        variables: what it reads.
    """

    function: Callable[..., Any]
    sides: Sequence[Any]
    variables: Sequence[Any]

    def again(self, x: Any, arriving: Any) -> tuple[Any, Any, list[Any]]:
        """The result for `x` computed anew, and the gradients of `x` and of the side inputs and variables."""
        # How `x` and the side inputs came about is not differentiated here.
        x, *sides = [stop_gradient(tensor) for tensor in (x, *self.sides)]
        result = _called(self.function, x, sides)
        of_x, *of_others = gradients(result, [x, *sides, *self.variables], arriving)
        return result, of_x, of_others


@public("contrib.layers.RevBlock", "contrib.slim.RevBlock")
class RevBlock(Layer):
    """Reversible layers, one after the other; see `rev_block`.

    Args:
        f: see `rev_block`.
        g: likewise.
        num_layers: likewise.
        f_side_input: likewise.
        g_side_input: likewise.
        use_efficient_backprop: whether the gradient works out the activations anew.
        name: see `Layer`.
        **kwargs: likewise.

    Raises:
        ValueError: there are not as many functions as layers.
    """

    def __init__(
        self,
        f: Any,
        g: Any,
        num_layers: int = 1,
        f_side_input: Any = None,
        g_side_input: Any = None,
        use_efficient_backprop: bool = True,
        name: Any = "revblock",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.f = _in_scopes("f", f, num_layers)
        self.g = _in_scopes("g", g, num_layers)
        self.num_layers = num_layers
        self.f_side_input = f_side_input or []
        self.g_side_input = g_side_input or []
        self._use_efficient_backprop = use_efficient_backprop

    def call(self, inputs: Any, forward: bool = True) -> Any:
        """The outputs for two inputs, or the inputs for two outputs."""
        scope = get_variable_scope()
        before = len(scope.global_variables())
        if not forward:
            found = self._inputs_of(*inputs)
        elif self._use_efficient_backprop:
            found = self._with_gradient(*inputs)
        else:
            found = self._outputs_of(*inputs)
        trainable = set(map(id, scope.trainable_variables()))
        for variable in scope.global_variables()[before:]:
            held = id(variable) in trainable
            (self._trainable_weights if held else self._non_trainable_weights).append(variable)
        return found

    def forward(self, x1: Any, x2: Any) -> Any:
        """The outputs for two inputs."""
        return self.apply([x1, x2])

    def backward(self, y1: Any, y2: Any) -> Any:
        """The inputs for two outputs."""
        return self.apply([y1, y2], forward=False)

    def _outputs_of(self, x1: Any, x2: Any) -> tuple[Any, Any]:
        for f, g in zip(self.f, self.g, strict=True):
            x1 = x1 + _called(f, x2, self.f_side_input)
            x2 = x2 + _called(g, x1, self.g_side_input)
        return x1, x2

    def _inputs_of(self, y1: Any, y2: Any) -> tuple[Any, Any]:
        for f, g in zip(reversed(self.f), reversed(self.g), strict=True):
            y2 = y2 - _called(g, y1, self.g_side_input)
            y1 = y1 - _called(f, y2, self.f_side_input)
        return y1, y2

    def _with_gradient(self, x1: Any, x2: Any) -> Any:
        """As `_outputs_of`, but the gradient keeps the outputs of the last layer alone."""
        graph, scope = get_default_graph(), get_variable_scope()

        @custom_gradient
        def block(y1: Any, y2: Any, *sides: Any) -> Any:
            of_f, of_g = sides[: len(self.f_side_input)], sides[len(self.f_side_input) :]
            parts = []

            def added(function: Callable[..., Any], x: Any, sides: Sequence[Any]) -> Any:
                first = len(graph.nodes)
                result = _called(function, x, sides)
                parts.append(_Part(function, sides, trainable_variables_read(graph, first)))
                return result

            for f, g in zip(self.f, self.g, strict=True):
                y1 = y1 + added(f, y2, of_f)
                y2 = y2 + added(g, y1, of_g)
                y1, y2 = tuple_([y1, y2])

            def gradient(*arriving: Any, variables: Sequence[Any] = ()) -> Any:
                of_sides = [list[Any]() for _ in sides]
                terms = of_sides[: len(of_f)], of_sides[len(of_f) :]
                with variable_scope(scope, reuse=True):
                    of_x1, of_x2, of_read = _gradients(parts, (y1, y2), arriving, *terms)
                of_inputs = [of_x1, of_x2, *map(_sum, of_sides)]
                of_variables = [_sum(of_read[id(variable)]) for variable in variables]
                return (of_inputs, of_variables) if variables else of_inputs

            return (y1, y2), gradient

        return block(x1, x2, *self.f_side_input, *self.g_side_input)


def _gradients(
    parts: Sequence[_Part],
    ys: tuple[Any, Any],
    arriving: Sequence[Any],
    sides_of_f: Sequence[list[Any]],
    sides_of_g: Sequence[list[Any]],
) -> tuple[Any, Any, dict[int, list[Any]]]:
    """The gradients of the two inputs, and the terms of those of variables, by identity.

    Args:
        parts: what the layers add, first `f` and then `g` of each.
        ys: the outputs of the last layer.
        arriving: their gradients.
        sides_of_f: where to put the terms of the gradients of the side inputs.
        sides_of_g: likewise.
    """
    y1, y2 = ys
    of_y1, of_y2 = arriving
    of_read = defaultdict[int, list[Any]](list)
    for f, g in zip(parts[-2::-2], parts[::-2], strict=True):
        result, through_g, of_g = g.again(y1, of_y2)
        y2 = y2 - result
        of_y1 = _sum([of_y1, through_g])
        result, through_f, of_f = f.again(y2, of_y1)
        y1 = y1 - result
        of_y2 = _sum([of_y2, through_f])
        # A layer ends before the one before it begins, so that the activations of one alone are there.
        y1, y2, of_y1, of_y2, *rest = tuple_([y1, y2, of_y1, of_y2, *of_f, *of_g])
        read_by_f, read_by_g = (
            [of_read[id(variable)] for variable in part.variables] for part in (f, g)
        )
        takers = [*sides_of_f, *read_by_f, *sides_of_g, *read_by_g]
        for terms, term in zip(takers, rest, strict=True):
            terms.append(term)
    return of_y1, of_y2, of_read


def _in_scopes(name: str, functions: Any, count: int) -> list[Callable[..., Any]]:
    """A function for each layer, in a variable scope of its own.

    Args:
        name: the last part of the scope.
        functions: one for all layers, or a list.
        count: the number of layers.
    """
    each = functions if isinstance(functions, list) else [functions] * count
    if len(each) != count:
        raise ValueError(
            f"There must be {count} functions {name}, one for each layer, not {len(each)}"
        )
    return [
        functools.partial(_in_scope, f"revlayer_{number}/{name}", function)
        for number, function in enumerate(each)
    ]


def _in_scope(scope: str, function: Callable[..., Any], *args: Any) -> Any:
    with variable_scope(scope, use_resource=True):
        return function(*args)


@public("contrib.layers.rev_block", "contrib.slim.rev_block")
def rev_block(
    x1: Any,
    x2: Any,
    f: Any,
    g: Any,
    num_layers: int = 1,
    f_side_input: Any = None,
    g_side_input: Any = None,
    is_training: bool = True,
) -> Any:
    """Reversible layers, one after the other: `y1 = x1 + f(x2)`, `y2 = x2 + g(y1)`.

    Args:
        x1: one half of the input.
        x2: the other, of the same shape.
        f: a function that returns a tensor of the shape that it takes, or a list of one for each layer.  It is called again
            for the gradient, and must take other tensors as side inputs.
        g: likewise.
        num_layers: the number of layers.
        f_side_input: a list of tensors that `f` takes as its second argument, or None.
        g_side_input: a list of tensors that `g` takes as its second argument, or None.
        is_training: whether the gradient works out the activations anew.

    Raises:
        ValueError: there are not as many functions as layers.
    """
    block = RevBlock(
        f=f,
        g=g,
        num_layers=num_layers,
        f_side_input=f_side_input,
        g_side_input=g_side_input,
        use_efficient_backprop=is_training,
        _reuse=get_variable_scope().reuse,
    )
    return block.forward(x1, x2)
