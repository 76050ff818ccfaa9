"""`tf.while_loop`: one function runs again and again as long as another one says so.

Both are traced into graphs of their own.  Their arguments are a counter of turns, the maximum of turns, the loop variables, and what
the functions use of the graphs outside, which keeps its value during the loop.

Source: tensorflow/python/ops/while_loop.py, while_v2.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.branching import has_effects
from minihub_runtime.api.building import build
from minihub_runtime.api.cond import as_scalar
from minihub_runtime.api.control_flow_switches import control_flow_v2_enabled
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.func_graph import (
    FuncGraph,
    flatten,
    trace,
    unique_function_name,
    without_variables,
)
from minihub_runtime.api.graph import Tensor, get_default_graph, name_scope
from minihub_runtime.api.indexed_slices import convert_to_tensor_or_indexed_slices
from minihub_runtime.api.program_order import READ_ONLY_ATTR, read_only_arguments
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import TensorSpec, TypeSpec, type_spec_from_value
from minihub_runtime.dtypes import int32, resource
from minihub_runtime.public import public
from minihub_runtime.shapes import Shape, includes

__all__ = ["while_loop"]

#: The counter of turns and the maximum of turns come before the loop variables.
OWN_VARIABLES = 2


@public("while_loop")
def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """The loop variables after calling `body` as long as `cond` is true.

    Both functions are called once, now; what they build runs in every turn.

    Args:
        cond: takes the loop variables, and returns a scalar of type bool.
        body: takes the loop variables, and returns their values in the next turn, in the same structure.
        loop_vars: a list or tuple of structures of tensors of any kind and TensorArrays: the first values.
        shape_invariants: structures like `loop_vars` of TensorShapes or TypeSpecs: what holds of a variable in every turn; by
            default the shape of its first value.  For a SparseTensor the shape of `dense_shape`, for IndexedSlices that of
            the values.
        parallel_iterations: written into the graph; turns run one after the other.
        back_prop: whether gradients flow through the loop.
        swap_memory: accepted; it has no effect.
        name: name of the operation, by default `while`.
        maximum_iterations: a scalar, after how many turns the loop ends in any case; or None.
        return_same_structure: whether a single loop variable is returned in its list.

    Raises:
        TypeError: a function cannot be called or returns what is no tensor; types change in a turn; structures differ.
        ValueError: a shape changes in a turn, or structures differ.
    """
    del swap_memory
    if not callable(cond):
        raise TypeError("'cond' must be callable.")
    if not callable(body):
        raise TypeError("'body' must be callable.")
    if parallel_iterations < 1:
        raise TypeError("'parallel_iterations' must be a positive integer.")
    loop = _Loop(cond, body, loop_vars, shape_invariants)
    first = nest.flatten(loop.first, expand_composites=True)
    with name_scope(name or "while", values=first) as scope:
        outputs = loop.build(scope, maximum_iterations, parallel_iterations)
        if not get_default_graph().building_function:
            # What is fetched behind an Identity runs only what it needs.
            outputs = [build("Identity", input=tensor) for tensor in outputs]
    own = outputs[OWN_VARIABLES : OWN_VARIABLES + len(loop.invariants)]
    if not back_prop:
        own = [build("StopGradient", input=tensor) for tensor in own]
    result = loop.packed(own)
    if not control_flow_v2_enabled():
        # Loops of Switch and Merge have the structure of what the body returns.
        result = nest.pack_sequence_as(loop.returned, nest.flatten(result))
        return result[0] if len(own) == 1 and not return_same_structure else result
    if return_same_structure:
        return result
    flat = nest.flatten(result, expand_composites=True)
    return flat[0] if len(flat) == 1 else result


class _Loop:
    """One loop while it is built.

    Attributes:
        original: the first values, as the caller gave them.
        first: the first values as tensors, in the same structure.
        signature: what holds of the values in every turn, in the same structure.
        invariants: the shapes of the flat values.
        returned: what the body returned.
    """

    def __init__(
        self,
        condition: Callable[..., Any],
        body: Callable[..., Any],
        loop_vars: Any,
        shape_invariants: Any,
    ) -> None:
        self.condition, self.body = condition, body
        self.returned: Any = None
        self.original = without_variables(loop_vars)
        self._arrays = nest.flatten(self.original, expand_composites=True)
        self.first = nest.map_structure(
            convert_to_tensor_or_indexed_slices,
            nest.pack_sequence_as(self.original, flatten(self.original), expand_composites=True),
            expand_composites=True,
        )
        if shape_invariants is None:
            self.signature = nest.map_structure(type_spec_from_value, self.first)
        else:
            self.signature = nest.map_structure(_spec_of, self.first, shape_invariants)
        self.invariants: list[Shape] = [
            spec.shape.as_tuple() for spec in nest.flatten(self.signature, expand_composites=True)
        ]

    def packed(self, values: Any) -> Any:
        """Values of the loop variables in their structure, flows as TensorArrays."""
        flat = nest.flatten(values, expand_composites=True)
        for place, original in enumerate(self._arrays):
            if hasattr(original, "build_with_flow"):
                flat[place] = original.build_with_flow(flat[place])
        return nest.pack_sequence_as(self.signature, flat, expand_composites=True)

    def build(self, scope: str, maximum_iterations: Any, parallel_iterations: int) -> list[Tensor]:
        """Add the operation; its outputs, those of what was captured included."""
        names = [unique_function_name(scope, kind) for kind in ("cond", "body")]
        limited = maximum_iterations is not None
        maximum = convert_to_tensor(
            maximum_iterations if limited else -1, int32, "maximum_iterations"
        )
        counter = constant(0, maximum.dtype if limited else None, name="loop_counter")
        first = [counter, maximum, *nest.flatten(self.first, expand_composites=True)]
        test, turns = (FuncGraph(name) for name in names)

        def go_on(turn: Tensor, most: Tensor, *values: Any) -> Any:
            pred = self.condition(*self.packed(values))
            if isinstance(pred, Tensor):
                pred = as_scalar(pred)
            return build("LogicalAnd", x=build("Less", x=turn, y=most), y=pred) if limited else pred

        def next_turn(turn: Tensor, most: Tensor, *values: Any) -> Any:
            _tell_behind(first, turns.inputs)
            for tensor in test.external_captures:
                turns.capture(tensor)
            following = self._following(self.body(*self.packed(values)))
            return [build("AddV2", name="add", x=turn, y=1), most, *following]

        signature = [*map(TensorSpec.from_tensor, (counter, maximum)), *self.signature]
        for graph, function in ((test, go_on), (turns, next_turn)):
            graph.be_part()
            trace(graph, function, signature)
        test.read_what_is_written_in(turns)
        turns.read_what_is_written_in(test)
        turns.outputs.extend(turns.internal_captures)
        _unify_inputs(test, turns)
        self._check(turns, first)
        return self._add(
            scope, test, turns, [*first, *turns.external_captures], parallel_iterations
        )

    def _following(self, values: Any) -> list[Any]:
        """What the body returns, flows for TensorArrays, as a list of structures like those of the loop variables."""
        values = values if nest.is_nested(values) else [values]
        values = self.returned = without_variables(values)
        # Lists and tuples count as the same.
        nest.assert_same_structure(values, self.original, check_types=False, expand_composites=True)
        flows = nest.pack_sequence_as(values, flatten(values), expand_composites=True)
        return list(flows)

    def _check(self, turns: FuncGraph, first: Sequence[Tensor]) -> None:
        """Raise unless shapes and types stay what they are in a turn."""
        for result, invariant, tensor in zip(
            turns.outputs[OWN_VARIABLES:], self.invariants, first[OWN_VARIABLES:], strict=False
        ):
            if not includes(invariant, result.shape.as_tuple()):
                raise ValueError(
                    f"Input tensor `{tensor.name}` enters the loop with shape "
                    f"{TensorShape(invariant)}, but has shape {result.shape} after one iteration. To "
                    "allow the shape to vary across iterations, use the `shape_invariants` argument "
                    "of tf.while_loop to specify a less-specific shape."
                )
        for argument, result, tensor in zip(turns.inputs, turns.outputs, first, strict=False):
            if argument.dtype is not result.dtype.base_dtype:
                raise TypeError(
                    f"Loop var {tensor.name} enters the loop with type {argument.dtype} but has type "
                    f"{result.dtype} after 1 iteration. {tensor.name} type should remain constant."
                )

    def _add(
        self,
        scope: str,
        test: FuncGraph,
        turns: FuncGraph,
        inputs: Sequence[Tensor],
        parallel_iterations: int,
    ) -> list[Tensor]:
        outer = get_default_graph()
        effects = has_effects(test) or has_effects(turns)
        shapes: list[Shape] = [tensor.shape.as_tuple() for tensor in turns.outputs]
        shapes[OWN_VARIABLES : OWN_VARIABLES + len(self.invariants)] = self.invariants
        with outer.control_dependencies([*test.control_captures, *turns.control_captures]):
            outputs: list[Tensor] = build(
                "While" if effects else "StatelessWhile",
                name=scope,
                input=list(inputs),
                cond=test.add_to_library(),
                body=turns.add_to_library(),
                output_shapes=shapes,
                parallel_iterations=parallel_iterations,
            )
        reading = set(read_only_arguments(test)) & set(read_only_arguments(turns))
        outer.set_attrs(
            outputs[0].op.name,
            _lower_using_switch_merge=True,
            _num_original_outputs=len(outputs),
            **{READ_ONLY_ATTR: sorted(reading)},
        )
        return outputs


def _spec_of(value: Any, invariant: Any) -> TypeSpec:
    """What holds of a loop variable in every turn.

    Raises:
        TypeError: the invariant is no TensorShape or TypeSpec, or one that the first value does not have.
    """
    if invariant is None:
        return type_spec_from_value(value)
    if isinstance(invariant, TypeSpec):
        if not invariant.is_compatible_with(value):
            raise TypeError(f"TypeSpec {invariant!r} is not compatible with {value!r}")
        return invariant
    if not isinstance(invariant, TensorShape):
        raise TypeError(
            f"'shape' must be one of TypeSpec, TensorShape or None. Received: {type(invariant)}"
        )
    if isinstance(value, Tensor):
        return TensorSpec(invariant, value.dtype)
    found: TypeSpec = value._shape_invariant_to_type_spec(invariant)
    return found


def _tell_behind(outside: Sequence[Tensor], inside: Sequence[Tensor]) -> None:
    """Note what is known of the variables whose handles are loop variables."""
    for one, other in zip(outside, inside, strict=True):
        behind = one.graph.inference.behind(one.ref_in_graph) if one.dtype is resource else None
        if behind is not None:
            other.graph.inference.tell_behind(other.ref_in_graph, behind)


def _unify_inputs(test: FuncGraph, turns: FuncGraph) -> None:
    """Let the condition take what the body captured; it captured first what the condition did."""
    more = turns.external_captures[len(test.captures) :]
    prefix = test.unique_name(f"{test.name}___redundant_placeholder")
    for number, tensor in enumerate(more):
        test.add_capture(tensor, test.placeholder(tensor.dtype, None, f"{prefix}{number}"))
