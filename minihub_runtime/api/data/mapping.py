"""Methods of datasets that take functions of elements.

Source: tensorflow/python/data/ops/map_op.py, filter_op.py, flat_map_op.py, interleave_op.py, scan_op.py, take_while_op.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import AUTOTUNE, DatasetBase, keeping_cardinality, number, told
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.held import DatasetSpec
from minihub_runtime.api.data.structure import (
    flat_shapes,
    flat_types,
    from_tensors,
    legacy_types,
    normalized,
    spec_of,
    to_tensors,
)
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import bool_, int64

if TYPE_CHECKING:
    from minihub_runtime.api.data.dataset import Dataset

__all__ = ["DatasetMapping", "dataset_function"]


class DatasetMapping(DatasetBase):
    """The methods that take functions of elements."""

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The results of a function of each element.

        Args:
            map_func: takes the parts of a tuple, or the element; returns a structure of tensors.
            num_parallel_calls: written into the graph; elements are computed one after the other.
            deterministic: the order is always that of the elements.
            name: accepted; it has no effect.
        """
        function = ElementFunction(map_func, "Dataset.map()", self.element_spec)
        arguments: dict[str, Any] = {"preserve_cardinality": self._keeps_cardinality}
        op = "MapDataset"
        if num_parallel_calls is not None:
            op = "ParallelMapDatasetV2"
            arguments["num_parallel_calls"] = number(num_parallel_calls, "num_parallel_calls")
            arguments["deterministic"] = told(deterministic)
        return self._made(
            op,
            function.output_spec,
            other_arguments=function.captured,
            f=function.function,
            **arguments,
        )

    def map_with_legacy_function(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
    ) -> Dataset:
        """`map`, under a name for functions that TensorFlow traces in an older way; there is one way here.

        Args:
            map_func: as for `map`.
            num_parallel_calls: as for `map`.
            deterministic: as for `map`.
        """
        return self.map(map_func, num_parallel_calls, deterministic)

    def filter_with_legacy_function(self, predicate: Callable[..., Any]) -> Dataset:
        """`filter`, under a name for functions that TensorFlow traces in an older way; there is one way here.

        Args:
            predicate: as for `filter`.

        Raises:
            ValueError: it returns something else than a bool scalar.
        """
        return keeping_cardinality(self.filter(predicate))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which a function is true.

        Args:
            predicate: takes an element as for `map`, returns a bool scalar.
            name: accepted; it has no effect.

        Raises:
            ValueError: it returns something else.
        """
        function = _predicate(predicate, "Dataset.filter()", self.element_spec)
        return self._next(
            "FilterDataset", other_arguments=function.captured, predicate=function.function
        )

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the datasets that a function makes, one dataset after the other.

        Args:
            map_func: takes an element as for `map`, returns a dataset.
            name: accepted; it has no effect.

        Raises:
            TypeError: it returns something else.
        """
        function, spec = dataset_function(map_func, "Dataset.flat_map()", self.element_spec)
        return self._made(
            "FlatMapDataset",
            spec,
            other_arguments=function.captured,
            f=function.function,
        )

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of the datasets that a function makes, a few of each in turn.

        Args:
            map_func: takes an element as for `map`, returns a dataset.
            cycle_length: how many datasets take turns; by default as many as there are processors.
            block_length: how many elements one gives in its turn, 1 by default.
            num_parallel_calls: written into the graph; elements are computed one after the other.
            deterministic: the order is always that of turns.
            name: accepted; it has no effect.

        Raises:
            TypeError: the function returns something else.
        """
        function, spec = dataset_function(map_func, "Dataset.interleave()", self.element_spec)
        arguments: dict[str, Any] = {
            "cycle_length": number(cycle_length, "cycle_length", AUTOTUNE),
            "block_length": number(block_length, "block_length", 1),
        }
        op = "InterleaveDataset"
        if num_parallel_calls is not None:
            op = "ParallelInterleaveDatasetV4"
            arguments["buffer_output_elements"] = number(AUTOTUNE, "buffer_output_elements")
            arguments["prefetch_input_elements"] = number(AUTOTUNE, "prefetch_input_elements")
            arguments["num_parallel_calls"] = number(num_parallel_calls, "num_parallel_calls")
            arguments["deterministic"] = told(deterministic)
        return self._made(
            op,
            spec,
            other_arguments=function.captured,
            f=function.function,
            **arguments,
        )

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements up to the first for which a function is false.

        Args:
            predicate: takes an element as for `map`, returns a bool scalar.
            name: accepted; it has no effect.

        Raises:
            ValueError: it returns something else.
        """
        function = _predicate(predicate, "Dataset.take_while()", self.element_spec)
        found = self._next(
            "TakeWhileDataset", other_arguments=function.captured, predicate=function.function
        )
        return keeping_cardinality(found)

    def scan(
        self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None
    ) -> Dataset:
        """The results of a function that also gets what it returned for the element before.

        Args:
            initial_state: a structure of tensors: the state before the first element.
            scan_func: takes a state and an element, returns the next state and a result.
            name: accepted; it has no effect.

        Raises:
            TypeError: the function returns something else.
        """
        state = normalized(initial_state)
        function, state_spec = _state_function(
            scan_func, "Dataset.scan()", spec_of(state), self.element_spec, _first_of_two
        )
        found = self._made(
            "ScanDataset",
            function.output_spec[1],
            initial_state=to_tensors(state_spec, state),
            other_arguments=function.captured,
            f=function.function,
            preserve_cardinality=True,
        )
        return keeping_cardinality(found)

    def reduce(
        self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None
    ) -> Any:
        """What is left of a state when a function has made another one of it for each element.

        Args:
            initial_state: a structure of tensors.
            reduce_func: takes a state and an element, returns the next state.
            name: accepted; it has no effect.

        Raises:
            TypeError: the function returns something else.
        """
        state = normalized(initial_state)
        function, state_spec = _state_function(
            reduce_func, "Dataset.reduce()", spec_of(state), self.element_spec, lambda found: found
        )
        tensors = build(
            "ReduceDataset",
            input_dataset=self._variant_tensor,
            initial_state=to_tensors(state_spec, state),
            other_arguments=function.captured,
            f=function.function,
            output_types=flat_types(state_spec),
            output_shapes=flat_shapes(state_spec),
        )
        return from_tensors(state_spec, tensors)

    def group_by_window(
        self,
        key_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        window_size: Any = None,
        window_size_func: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements of the datasets that a function makes of elements with the same key.

        Args:
            key_func: takes an element as for `map`, returns an int64 scalar.
            reduce_func: takes a key and a dataset of elements, returns a dataset.
            window_size: how many elements of a key come together; fewer at the end.
            window_size_func: takes a key, returns that number.
            name: accepted; it has no effect.

        Raises:
            ValueError: not exactly one of `window_size` and `window_size_func` is given, or a function returns something else.
            TypeError: `reduce_func` returns no dataset.
        """
        if (window_size is None) == (window_size_func is None):
            raise ValueError(
                "Either the `window_size` argument or the `window_size_func` argument must be specified."
            )
        if window_size_func is None:
            window_size_func = _constantly(window_size)
        scalar = TensorSpec([], int64)
        key = ElementFunction(
            _as_int64(key_func, "key_func_wrapper"), "Dataset.group_by_window()", self.element_spec
        )
        size = ElementFunction(
            _as_int64(window_size_func, "window_size_func_wrapper"),
            "Dataset.group_by_window()",
            scalar,
        )
        for argument, result in (("key_func", key), ("window_size_func", size)):
            if not scalar.is_compatible_with(result.output_spec):
                raise ValueError(
                    f"Invalid `{argument}`. `{argument}` must return a single `tf.int64` scalar tensor, "
                    f"but its return type is {result.output_spec}."
                )
        window = (scalar, DatasetSpec(self.element_spec))
        function, spec = dataset_function(reduce_func, "Dataset.group_by_window()", window)
        found = self._made(
            "GroupByWindowDataset",
            spec,
            key_func_other_arguments=key.captured,
            reduce_func_other_arguments=function.captured,
            window_size_func_other_arguments=size.captured,
            key_func=key.function,
            reduce_func=function.function,
            window_size_func=size.function,
        )
        return keeping_cardinality(found)


def _as_int64(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A function whose result is int64, by the name that TensorFlow has for it."""

    def call(*arguments: Any) -> Any:
        return convert_to_tensor(function(*arguments), int64)

    call.__name__ = name
    return call


def _constantly(value: Any) -> Callable[[Any], Any]:
    def size(key: Any) -> Any:
        del key
        return convert_to_tensor(value, int64)

    return size


def _first_of_two(found: Any) -> Any:
    """The state that a function returned beside a result."""
    if not (isinstance(found, tuple) and len(found) == 2):
        raise TypeError(
            "Invalid `scan_func`. `scan_func` should return a pair consisting of new state and the output "
            f"value but its return type is {found}."
        )
    return found[0]


def _state_function(
    function: Callable[..., Any],
    transformation: str,
    state_spec: Any,
    element_spec: Any,
    state_of: Callable[[Any], Any],
) -> tuple[ElementFunction, Any]:
    """A function of a state and an element, and what is known of all states that it returns.

    Raises:
        TypeError: the states are of other types or structures.
    """
    while True:
        found = ElementFunction(function, transformation, (state_spec, element_spec))
        after = state_of(found.output_spec)
        nest.assert_same_structure(state_spec, after)
        wider = nest.map_structure(
            lambda old, new: old.most_specific_common_supertype([new]), state_spec, after
        )
        if any(item is None for item in nest.flatten(wider)):
            raise TypeError(
                "The element types for the new state must match the initial state. Expected "
                f"{legacy_types(state_spec)} but got {legacy_types(after)}."
            )
        if wider == state_spec:
            return found, state_spec
        state_spec = wider


def _predicate(function: Callable[..., Any], transformation: str, spec: Any) -> ElementFunction:
    found = ElementFunction(function, transformation, spec)
    result = found.output_spec
    if not isinstance(result, TensorSpec) or not result.is_compatible_with(TensorSpec([], bool_)):
        raise ValueError(
            "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return "
            f"type is {result}."
        )
    return found


def dataset_function(
    function: Callable[..., Any], transformation: str, spec: Any
) -> tuple[ElementFunction, Any]:
    """A function that makes datasets, and what is known of their elements."""
    found = ElementFunction(function, transformation, spec)
    if not isinstance(found.output_spec, DatasetSpec):
        raise TypeError(
            f"The `map_func` argument must return a `Dataset` object. Got {found.output_spec!r}."
        )
    return found, found.output_spec.element_spec
