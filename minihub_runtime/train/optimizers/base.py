"""The base of all optimisers.

Source: tensorflow/python/training/optimizer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.gradients import gradients
from minihub_runtime.api.graph import (
    GraphKeys,
    Operation,
    Tensor,
    get_default_graph,
    name_scope,
)
from minihub_runtime.api.grouping import group, tuple_
from minihub_runtime.api.indexed_slices import (
    IndexedSlices,
    convert_to_tensor_or_indexed_slices,
)
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.trackable import Trackable
from minihub_runtime.api.variables.base import Variable, make_variable
from minihub_runtime.api.variables.collections import trainable_variables
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.dtypes import DType, bfloat16, float16, float32, float64
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.slots import create_slot, create_zeros_slot

__all__ = ["Optimizer"]


def _summed(values: Any, indices: Any) -> tuple[Any, Any]:
    """Rows, those of one index added up, and their indices."""
    distinct, places = build("Unique", x=indices)
    summed = build(
        "UnsortedSegmentSum",
        data=values,
        segment_ids=places,
        num_segments=shape_of(distinct)[0],
    )
    return summed, distinct


def _key(variable: Any) -> tuple[Any, str]:
    """What stands for a variable among the slots."""
    return variable.op.graph, variable.op.name


def _target(item: Any) -> Any:
    """What to differentiate with respect to.

    Raises:
        NotImplementedError: it is neither a variable nor a tensor.
    """
    if isinstance(item, Variable):
        return item if item.is_resource else item._own_tensor
    if isinstance(item, Tensor):
        return item
    raise NotImplementedError("Trying to optimize unsupported type ", item)


@public("train.Optimizer")
class Optimizer(Trackable):
    """What all optimisers have in common.

        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        session.run(step)

    `minimize` is `compute_gradients` followed by `apply_gradients`; what lies between may change the gradients.

    A subclass implements `_apply_dense` and `_apply_sparse` for variables by reference and `_resource_apply_dense` and
    `_resource_apply_sparse` for those by handle; if need be `_create_slots`, `_prepare`, `_finish` and `_valid_dtypes`.

    Args:
        use_locking: written into the operations; updates never interrupt each other anyway.
        name: the scope of the operations, and the default name of slots.

    Raises:
        ValueError: the name is empty.
    """

    #: Let gradients flow on as they come.
    GATE_NONE = 0
    #: Let all gradients of an operation be there before one flows on.
    GATE_OP = 1
    #: Let all gradients be there before a variable changes.
    GATE_GRAPH = 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        #: Name of the slot → variable → slot.
        self._slots: dict[str, dict[tuple[Any, str], Any]] = {}
        #: (name, graph) → variable that belongs to no other.
        self._non_slot_dict: dict[tuple[str, Any], Any] = {}

    def get_name(self) -> str:
        """The name it was given."""
        return self._name

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """An operation that changes variables once so that the loss falls.

        Args:
            loss: float16, bfloat16, float32 or float64, the tensor to minimise, or a function that makes it.
            global_step: an integer variable to add 1 to, after the change.
            var_list: the variables to change; by default those of `GraphKeys.TRAINABLE_VARIABLES`.
            gate_gradients: GATE_NONE, GATE_OP or GATE_GRAPH.
            aggregation_method: how gradients of one tensor are summed, one of `tf.AggregationMethod`.
            colocate_gradients_with_ops: accepted and ignored: there is one device.
            name: wanted name of the operation, by default that of the optimiser.
            grad_loss: the gradient that arrives at the loss, by default ones.

        Raises:
            ValueError: there are no variables, none that the loss depends on, or an argument does not fit.
        """
        grads_and_vars = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(gradient is None for gradient, _ in grads_and_vars):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {[str(v) for _, v in grads_and_vars]} and "
                f"loss {loss}."
            )
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """The gradients of the loss; arguments as for `minimize`.

        Returns:
            (gradient, variable) pairs.  A gradient is a Tensor, an IndexedSlices if only rows of the variable were
            read, or None if the loss does not depend on the variable.

        Raises:
            ValueError: there are no variables, or an argument does not fit.
            NotImplementedError: an item of `var_list` is neither a variable nor a tensor.
        """
        from_function = callable(loss)
        if from_function:
            loss = loss()
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss] if grad_loss is None else [loss, grad_loss])
        if var_list is None:
            resources = get_default_graph().get_collection(GraphKeys.TRAINABLE_RESOURCE_VARIABLES)
            variables = [*trainable_variables(), *resources]
        else:
            variables = nest.flatten(var_list)
        targets = [_target(variable) for variable in variables]
        if not variables:
            raise ValueError("No variables to optimize.")
        found: Sequence[Any] = gradients(
            loss,
            targets,
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == self.GATE_GRAPH:
            found = tuple_(found)
        pairs = list(zip(found, variables, strict=True))
        self._assert_valid_dtypes(
            [v for gradient, v in pairs if gradient is not None and v.dtype.name != "resource"]
        )
        if from_function and var_list is None:
            # What a function read is what it depends on.
            return [(gradient, v) for gradient, v in pairs if gradient is not None]
        return pairs

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
        skip_gradients_aggregation: bool = False,
    ) -> Any:
        """An operation that changes variables by their gradients; it is added to `GraphKeys.TRAIN_OP`.

        Args:
            grads_and_vars: (gradient, variable) pairs as `compute_gradients` gives them; those whose gradient is None
                are left out.
            global_step: an integer variable to add 1 to, after the change.
            name: wanted name of the operation, by default that of the optimiser.
            skip_gradients_aggregation: accepted and ignored: there are no replicas.

        Raises:
            TypeError: a gradient is neither a tensor nor an IndexedSlices, nor None.
            ValueError: there are no variables, or no gradients.
            NotImplementedError: what is to be changed is no variable.
            RuntimeError: a variable with a constraint has a gradient of rows only.
        """
        pairs = [
            (None if gradient is None else _gradient(gradient), v)
            for gradient, v in tuple(grads_and_vars)
        ]
        if not pairs:
            raise ValueError("No variables provided.")
        for _, v in pairs:
            _target(v)
        given = [v for gradient, v in pairs if gradient is not None]
        if not given:
            raise ValueError(
                f"No gradients provided for any variable: {[str(v) for _, v in pairs]}."
            )
        with init_scope():
            self._create_slots(given)
        updates = []
        graph = get_default_graph()
        with name_scope(name, self._name) as scope:
            self._prepare()
            for gradient, v in pairs:
                if gradient is not None:
                    with name_scope(f"update_{v.op.name}"), graph.colocate_with(v):
                        updates.append(self._update(gradient, v))
            if global_step is None:
                applied = self._finish(updates, scope)
            else:
                with (
                    graph.control_dependencies([self._finish(updates, "update")]),
                    graph.colocate_with(global_step),
                ):
                    applied = _add_one(global_step, scope)
        if isinstance(applied, Tensor):
            applied = applied.op
        train_ops = graph.get_collection_ref(GraphKeys.TRAIN_OP)
        if applied not in train_ops:
            train_ops.append(applied)
        return applied

    def _update(self, gradient: Any, v: Any) -> Any:
        """Change a variable, and bring it back to where its constraint wants it."""
        if not isinstance(v, Variable):
            raise NotImplementedError("Trying to update a Tensor ", v)
        if isinstance(gradient, IndexedSlices):
            if v.constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            if v.is_resource:
                return self._resource_apply_sparse_duplicate_indices(
                    gradient.values, v, gradient.indices
                )
            return self._apply_sparse_duplicate_indices(gradient, v)
        apply = self._resource_apply_dense if v.is_resource else self._apply_dense
        update = apply(gradient, v)
        if v.constraint is None:
            return update
        with get_default_graph().control_dependencies([update]):
            return v.assign(v.constraint(v))

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot of that name for a variable, None if there is none."""
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self) -> list[str]:
        """The names of the kinds of slots it made, sorted."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The variables of its own in the default graph, by name: slots and others."""
        graph = get_default_graph()
        own = [*self._non_slot_variables()]
        for slots in self._slots.values():
            own.extend(slots.values())
        return sorted((v for v in own if v.op.graph is graph), key=lambda v: str(v.name))

    # What subclasses may want

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """A variable of its own that belongs to no other; made once for a graph.

        Args:
            initial_value: its first value.
            name: its name.
            colocate_with: the variable it lies beside, and whose kind it has.
        """
        graph = colocate_with.graph
        found = self._non_slot_dict.get((name, graph))
        if found is None:
            with graph.colocate_with(colocate_with):
                found = make_variable(
                    initial_value,
                    name=name,
                    trainable=False,
                    use_resource=isinstance(colocate_with, BaseResourceVariable),
                )
            self._non_slot_dict[name, graph] = found
        return found

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        """A variable that `_create_non_slot_variable` made, None if there is none."""
        return self._non_slot_dict.get((name, graph))

    def _non_slot_variables(self) -> Iterable[Any]:
        """The variables of its own that belong to no other."""
        return self._non_slot_dict.values()

    def _trackable_children(self) -> dict[str, Any]:
        # Of each graph one has variables of its own; slots belong to what they are slots of, too.
        graph = get_default_graph()
        own = {name: v for (name, of), v in self._non_slot_dict.items() if of is graph}
        return dict(sorted(own.items()))

    def _slot_dict(self, slot_name: str) -> dict[tuple[Any, str], Any]:
        """Variable → its slot of that name."""
        return self._slots.setdefault(slot_name, {})

    def _slot(self, var: Any, slot_name: str, make: Callable[[], Any]) -> Any:
        slots = self._slot_dict(slot_name)
        if _key(var) not in slots:
            slots[_key(var)] = make()
        return slots[_key(var)]

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        """The slot of a variable, made with a tensor as its first value; its variable is `<var>/<op_name>`."""
        return self._slot(var, slot_name, lambda: create_slot(var, val, op_name))

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        """The slot of a variable, made by an initialiser; its variable is `<var>/<op_name>`."""
        return self._slot(
            var, slot_name, lambda: create_slot(var, initializer, op_name, shape, dtype)
        )

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """The slot of a variable, made of zeros; its variable is `<var>/<op_name>`."""
        return self._slot(var, slot_name, lambda: create_zeros_slot(var, op_name))

    def _call_if_callable(self, param: Any) -> Any:
        """What a function returns, anything else itself."""
        return param() if callable(param) else param

    def _valid_dtypes(self) -> set[DType]:
        """The types that loss, gradients and variables may have."""
        return {float16, bfloat16, float32, float64}

    def _assert_valid_dtypes(self, tensors: Iterable[Any]) -> None:
        """Raise unless all have one of the valid types.

        Raises:
            ValueError: one has not.
        """
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(
                    f"Invalid type {dtype!r} for {tensor.name}, expected: {list(valid)}."
                )

    # What subclasses implement

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Make the slots of variables; there are none unless a subclass says so."""

    def _prepare(self) -> None:
        """Make the tensors that all updates read, in the scope of the operation."""

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        """An operation that changes a variable by reference; `grad` has its shape."""
        raise NotImplementedError

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        """An operation that changes a variable by handle; `grad` has its shape."""
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        """An operation that changes rows of a variable by reference; `grad` is an IndexedSlices, no index twice."""
        raise NotImplementedError

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        """An operation that changes rows of a variable by handle; no index comes twice."""
        raise NotImplementedError

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        """`_apply_sparse` where indices may come twice: their rows are added up first."""
        values, indices = _summed(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(self, grad: Any, handle: Any, indices: Any) -> Any:
        """`_resource_apply_sparse` where indices may come twice: their rows are added up first."""
        values, distinct = _summed(grad, indices)
        return self._resource_apply_sparse(values, handle, distinct)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        """An operation of that name that waits for the updates, and does what comes after them."""
        return group(*update_ops, name=name_scope)


def _gradient(value: Any) -> Any:
    """A gradient as a tensor or IndexedSlices.

    Raises:
        TypeError: it can be neither.
    """
    try:
        gradient = convert_to_tensor_or_indexed_slices(value)
    except TypeError:
        raise TypeError(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {value}"
        ) from None
    if not isinstance(gradient, (Tensor, IndexedSlices)):
        raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {gradient}")
    return gradient


def _add_one(global_step: Any, name: str) -> Operation | Tensor:
    """Count a step."""
    if not isinstance(global_step, BaseResourceVariable):
        counted: Tensor = assign_add(global_step, 1, name=name)
        return counted
    one = convert_to_tensor(1, dtype=global_step.dtype)
    operation: Operation = build(
        "AssignAddVariableOp", name=name, resource=global_step.handle, value=one
    )
    return operation
