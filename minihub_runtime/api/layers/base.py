"""What layers have in common: variables in a scope of their own, losses and updates in collections.

Source: keras/src/legacy_tf_layers/base.py, keras/src/engine/base_layer_v1.py, input_spec.py.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import GraphKeys, Operation, Tensor, get_default_graph
from minihub_runtime.api.initializers import GlorotUniform, Zeros
from minihub_runtime.api.layers.held_variables import HeldVariables
from minihub_runtime.api.layers.settings import constraint_of, initializer_of
from minihub_runtime.api.regularizers import find_regularizer
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.trackable import Trackable
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.collections import global_variables, trainable_variables
from minihub_runtime.api.variables.options import VariableAggregation, VariableSynchronization
from minihub_runtime.api.variables.partitioned import PartitionedVariable, parts_of
from minihub_runtime.api.variables.scopes import VariableScope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

__all__ = ["InputSpec", "Layer"]

_COUNTS_KEY = ("__layer_names",)


@public("layers.InputSpec")
class InputSpec:
    """What the input of a layer must be.

    Attributes:
        dtype: name of the type, or None.
        shape: a shape, or None.
        ndim: the number of dimensions, or None.
        max_ndim: the most dimensions, or None.
        min_ndim: the fewest dimensions, or None.
        axes: dimension → size.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, Any] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
    ) -> None:
        self.dtype = None if dtype is None else as_dtype(dtype).name
        self.shape = TensorShape(shape).as_tuple()
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name

    def check(self, x: Any, index: int, layer: str) -> None:
        """Raise ValueError unless `x`, the input of that number of a layer, is such."""
        found = TensorShape(x.shape).as_tuple()
        if found is None:
            return
        beginning = f'Input {index} of layer "{layer}" is incompatible with the layer: expected'
        rank = len(found)
        wrong = ""
        if self.ndim is not None and rank != self.ndim:
            wrong = f"ndim={self.ndim}, found ndim={rank}. Full shape received: {found}"
        elif self.max_ndim is not None and rank > self.max_ndim:
            wrong = f"max_ndim={self.max_ndim}, found ndim={rank}"
        elif self.min_ndim is not None and rank < self.min_ndim:
            wrong = f"min_ndim={self.min_ndim}, found ndim={rank}. Full shape received: {found}"
        elif self.dtype is not None and x.dtype.name != self.dtype:
            wrong = f"dtype={self.dtype}, found dtype={x.dtype}"
        else:
            for axis, size in self.axes.items():
                if size is not None and found[axis] not in (size, None):
                    wrong = (
                        f"axis {axis} of input shape to have value {size}, but received input with "
                        f"shape {found}"
                    )
            if self.shape is not None and not TensorShape(self.shape).is_compatible_with(found):
                wrong = f"shape={self.shape}, found shape={found}"
        if wrong:
            raise ValueError(f"{beginning} {wrong}")


class _Calls(threading.local):
    """The `training` of the layers that are being called, outermost first."""

    def __init__(self) -> None:
        self.training: list[Any] = []


_CALLS = _Calls()


def _snake_case(name: str) -> str:
    parted = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name))
    return parted.lower() if not parted.startswith("_") else f"private{parted.lower()}"


@public("layers.Layer")
class Layer(HeldVariables, Trackable):
    """A layer: `build` makes its variables when it is first called, `call` computes.

    Args:
        trainable: whether its variables go to the collection of trainable variables.
        name: name of its scope; by default the class's, made unique.
        dtype: type of its variables; by default that of its first input.
        activity_regularizer: a function of its outputs whose mean over the batch is added to the losses.
    """

    def __init__(
        self,
        trainable: bool = True,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        scope = kwargs.pop("_scope", None)
        self._reuse = kwargs.pop("_reuse", None)
        activity_regularizer = kwargs.pop("activity_regularizer", None)
        kwargs.pop("autocast", None)
        if kwargs:
            raise TypeError(f"Keyword argument not understood: {', '.join(sorted(kwargs))}")
        super().__init__(trainable)
        self.stateful = False
        self.input_spec: Any = None
        self.activity_regularizer = find_regularizer(activity_regularizer)
        self._updates: list[Any] = []
        self._losses: list[Any] = []
        self._callable_losses: list[Callable[[], Any]] = []
        self._dtype: DType | None = None if dtype is None else as_dtype(dtype)
        self._use_resource_variables = False
        self._variables_by_name: dict[str, Any] = {}
        self._set_name(name)
        self._scope: VariableScope | None = None
        self._current_scope: VariableScope | None = None
        if scope:
            with variable_scope(scope) as captured:
                self._scope = captured

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A layer with the same settings and layers inside; one that is built has the same variables and scope."""
        made = type(self).__new__(type(self))
        memo[id(self)] = made
        vars(made).update((name, _copied(value, memo)) for name, value in vars(self).items())
        return made

    def _set_name(self, name: Any) -> None:
        own = _snake_case(type(self).__name__)
        if name and not isinstance(name, VariableScope):
            self._name = self._base_name = name
            return
        counts = get_default_graph().get_collection_ref(_COUNTS_KEY)
        if not counts:
            counts.append({})
        counts[0][own] = counts[0].get(own, 0) + 1
        self._name = f"{own}_{counts[0][own]}"
        self._base_name = name.name if name else own

    @property
    def dtype(self) -> str | None:
        """The name of the type of its variables; None before it is known."""
        return None if self._dtype is None else self._dtype.name

    @property
    def scope_name(self) -> str:
        """The name of its variable scope.

        Raises:
            ValueError: it has not been called yet.
        """
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self.name}" has not been '
                "used yet. The scope name  is determined the first time the layer instance is "
                "called. You must therefore call the layer before querying `scope_name`."
            )
        return self._scope.name

    # What subclasses define

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The output for the input, which comes first."""
        return args[0]

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The static shape of the output for one of the input."""
        raise NotImplementedError(f"{type(self).__name__} does not tell its output shape")

    # Variables

    def _set_scope(self, scope: Any = None) -> None:
        if self._scope is not None:
            return
        if self._reuse:
            opened = variable_scope(self._base_name if scope is None else scope)
        else:
            opened = variable_scope(scope, default_name=self._base_name)
        with opened as captured:
            self._scope = captured

    def add_weight(
        self,
        name: str,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: bool | None = None,
        constraint: Any = None,
        use_resource: bool | None = None,
        synchronization: Any = VariableSynchronization.AUTO,
        aggregation: Any = VariableAggregation.NONE,
        partitioner: Any = None,
        **kwargs: Any,
    ) -> Any:
        """A new variable of the layer, or the one that its scope has.

        Args:
            name: name in the scope of the layer.
            shape: its shape.
            dtype: its type; by default that of the layer.
            initializer: see `tf.get_variable`.
            regularizer: a function of the variable that is added to the losses.
            trainable: whether optimisers change it, if the layer is trainable.
            constraint: a function of the value that optimisers apply after each step.
            use_resource: whether it is reached by a handle.
            synchronization: when replicas are brought together; there is one.
            aggregation: how replicas are brought together.
            partitioner: see `tf.get_variable`.
            **kwargs: `experimental_autocast`, which has no effect here.

        Raises:
            TypeError: another keyword is given.
            ValueError: a trainable variable is to be synchronised when it is read.
        """
        kwargs.pop("experimental_autocast", None)
        if kwargs:
            raise TypeError("Unknown keyword argument:", *kwargs)
        if synchronization is VariableSynchronization.ON_READ:
            if trainable:
                raise ValueError(
                    "Synchronization value can be set to VariableSynchronization.ON_READ only for "
                    "non-trainable variables. You have specified trainable=True and "
                    "synchronization=VariableSynchronization.ON_READ."
                )
            trainable = False
        elif trainable is None:
            trainable = True
        existing = set(global_variables())
        kind = as_dtype(dtype or self._dtype or float32)
        if self._dtype is None:
            self._dtype = kind.base_dtype
        self._set_scope()
        with variable_scope(
            self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False
        ) as scope:
            self._current_scope = scope
            with get_default_graph().name_scope(scope.original_name_scope):
                variable = get_variable(
                    name,
                    shape=() if shape is None else shape,
                    dtype=kind,
                    initializer=_chosen_initializer(initializer, scope, kind),
                    trainable=trainable and self.trainable,
                    constraint=constraint_of(constraint),
                    partitioner=partitioner,
                    use_resource=use_resource or self._use_resource_variables or scope.use_resource,
                    synchronization=synchronization,
                    aggregation=aggregation,
                )
                parts = parts_of(variable)
                if regularizer and not any(part in existing for part in parts):
                    for part in parts:
                        self.add_loss(functools.partial(_regularized, name, part, regularizer))
        if isinstance(variable, Variable):
            self._variables_by_name[name] = variable
        held = trainable and self.trainable
        if held and variable not in trainable_variables() and len(parts) == 1:
            held = False
        (self._trainable_weights if held else self._non_trainable_weights).extend(parts)
        return variable

    def add_variable(self, *arguments: Any, **keywords: Any) -> Any:
        """Older name of `add_weight`."""
        return self.add_weight(*arguments, **keywords)

    def _trackable_children(self) -> dict[str, Any]:
        return self._variables_by_name

    # Losses and updates

    @property
    def losses(self) -> list[Any]:
        """Its losses; those of variables are built anew."""
        made = [loss() for loss in self._callable_losses]
        return [*self._losses, *(loss for loss in made if loss is not None)]

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add losses, tensors or functions that build them, to the layer and to `REGULARIZATION_LOSSES`.

        Args:
            losses: one or several.
            inputs: the tensors they depend on, None for none; it has no effect here.
        """
        new = []
        for loss in nest.flatten(losses):
            if callable(loss):
                self._callable_losses.append(loss)
                made = loss()
            elif loss is not None:
                made = loss if hasattr(loss, "op") else convert_to_tensor(loss, float32)
                self._losses.append(made)
            else:
                made = None
            if made is not None:
                new.append(made)
        _collect(new, GraphKeys.REGULARIZATION_LOSSES)

    @property
    def updates(self) -> list[Any]:
        """Its updates; none if it is not trainable."""
        return list(self._updates) if self.trainable or self.stateful else []

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Add operations that belong to a step of training; a call adds them to `UPDATE_OPS`.

        Args:
            updates: operations, tensors, variables, or functions that return one; one or several.
            inputs: the tensors they depend on; it has no effect here.
        """
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            found = update() if callable(update) else update
            self._updates.append(found if isinstance(found, Operation) else found.op)

    # Calls

    def apply(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self(*args, **kwargs)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The output for `inputs`, which are tensors or arrays; at the first call the variables are made.

        Args:
            inputs: as `call` takes them.
            *args: further arguments of `call`.
            **kwargs: likewise, and `scope`, the variable scope.

        Raises:
            ValueError: an input is not what the layer takes, or `call` returns nothing.
        """
        self._set_scope(kwargs.pop("scope", None))
        reuse = True if self.built else self._reuse
        with variable_scope(self._scope, reuse=reuse, auxiliary_name_scope=False) as scope:
            self._current_scope = scope
            if "scope" in inspect.signature(self.call).parameters:
                kwargs["scope"] = scope
            outputs = self._called(inputs, scope, args, kwargs)
        _collect(self.updates, GraphKeys.UPDATE_OPS)
        return outputs

    def _called(
        self, inputs: Any, scope: VariableScope, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        inputs = nest.map_structure(_as_tensor, inputs)
        with _training(self.call, args, kwargs) as keywords:
            self._check_inputs(inputs)
            with get_default_graph().name_scope(scope.original_name_scope):
                self._maybe_build(inputs)
                outputs = self.call(inputs, *args, **keywords)
                if outputs is None:
                    raise ValueError(
                        "A layer's `call` method should return a Tensor or a list of Tensors, not None "
                        f"(layer: {self.name})."
                    )
                if self.activity_regularizer is not None:
                    self._regularize_activity(outputs)
        return outputs

    def _check_inputs(self, inputs: Any) -> None:
        if self.input_spec is None:
            return
        specs, given = nest.flatten(self.input_spec), nest.flatten(inputs)
        if len(specs) != len(given):
            raise ValueError(
                f'Layer "{self.name}" expects {len(specs)} input(s), but it received {len(given)} '
                f"input tensors. Inputs received: {given}"
            )
        for index, (x, spec) in enumerate(zip(given, specs, strict=True)):
            if spec is not None:
                spec.check(x, index, self.name)

    def _maybe_build(self, inputs: Any) -> None:
        if self.built:
            return
        flat = nest.flatten(inputs)
        if flat and self._dtype is None:
            found = getattr(flat[0], "dtype", None)
            self._dtype = None if found is None else found.base_dtype
        self.build(nest.map_structure(lambda x: getattr(x, "shape", None), inputs))
        self.built = True

    def _regularize_activity(self, outputs: Any) -> None:
        with get_default_graph().name_scope("ActivityRegularizer"):
            for output in nest.flatten(outputs):
                loss = convert_to_tensor(self.activity_regularizer(output))
                count = build("Cast", x=shape(output)[0], DstT=loss.dtype)
                self.add_loss(loss / count)


def _as_tensor(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, (np.ndarray, float, int)) else value


def _chosen_initializer(initializer: Any, scope: VariableScope, dtype: DType) -> Any:
    """The initialiser that is given, that of the scope, or the one for the type."""
    found = initializer_of(scope.initializer if initializer is None else initializer)
    if found is not None:
        return found
    if dtype.is_floating:
        return GlorotUniform()
    return Zeros() if dtype.is_integer or dtype.is_bool else None


def _regularized(name: str, variable: Any, regularizer: Callable[[Any], Any]) -> Any:
    """The loss of a variable, or None."""
    with get_default_graph().name_scope(f"{name}/Regularizer"):
        return regularizer(variable)


@contextlib.contextmanager
def _training(
    call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The keywords of a call, with the `training` of the layer around if it is not given."""
    parameters = inspect.signature(call).parameters
    names = list(parameters)
    passed = "training" in kwargs or ("training" in names and names.index("training") <= len(args))
    keywords = dict(kwargs)
    around = _CALLS.training[-1] if _CALLS.training else None
    value = keywords.get("training") if "training" in keywords else around
    if "training" not in names:
        if not any(item.kind is item.VAR_KEYWORD for item in parameters.values()):
            keywords.pop("training", None)
    elif (not passed or keywords.get("training", 0) is None) and around is not None:
        keywords["training"] = around
    _CALLS.training.append(value)
    try:
        yield keywords
    finally:
        _CALLS.training.pop()


def _collect(items: Any, key: str) -> None:
    """Add items to a collection that does not have them yet."""
    collection = get_default_graph().get_collection_ref(key)
    known = {id(item) for item in collection}
    for item in items:
        if id(item) not in known:
            collection.append(item)


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    """A deep copy but for what belongs to a graph."""
    if isinstance(value, (Tensor, Operation, Variable, PartitionedVariable, variable_scope)):
        return value
    if isinstance(value, VariableScope):
        return copy.copy(value)
    if type(value) in (list, tuple):
        return type(value)(_copied(item, memo) for item in value)
    if type(value) is dict:
        return {key: _copied(item, memo) for key, item in value.items()}
    if type(value) is functools.partial:
        # What regularizers tell of variables.
        return functools.partial(
            _copied(value.func, memo), *_copied(value.args, memo), **_copied(value.keywords, memo)
        )
    return copy.deepcopy(value, memo)
