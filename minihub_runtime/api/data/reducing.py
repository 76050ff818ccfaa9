"""`tf.data.experimental.group_by_reducer` and tables of the elements of datasets.

Source: tensorflow/python/data/experimental/ops/grouping.py, lookup_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import keeping_cardinality, made, with_options_of
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.data.experimental import assert_cardinality
from minihub_runtime.api.data.functions import ElementFunction
from minihub_runtime.api.data.structure import legacy_shapes, legacy_types
from minihub_runtime.api.graph import GraphKeys, Operation, Tensor, add_to_collection, name_scope
from minihub_runtime.api.lookup.initializers import TableInitializerBase
from minihub_runtime.api.lookup.tables import StaticHashTable
from minihub_runtime.api.lookup.vocabulary import FastHashSpec, HasherSpec, IdTableWithHashBuckets
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import DType, int64, string
from minihub_runtime.public import public

__all__ = [
    "DatasetInitializer",
    "Reducer",
    "group_by_reducer",
    "index_table_from_dataset",
    "table_from_dataset",
]

_GROUP = "tf.data.experimental.group_by_reducer()"


@public("data.experimental.Reducer")
class Reducer:
    """How elements become a state, and that a result.

    Args:
        init_func: takes a key, returns a state, a structure of tensors.
        reduce_func: takes a state and an element, returns the next state.
        finalize_func: takes the parts of a state that is a tuple, or the state; returns a result.
    """

    def __init__(
        self,
        init_func: Callable[..., Any],
        reduce_func: Callable[..., Any],
        finalize_func: Callable[..., Any],
    ) -> None:
        self._init_func = init_func
        self._reduce_func = reduce_func
        self._finalize_func = finalize_func

    @property
    def init_func(self) -> Callable[..., Any]:
        """What a state begins with."""
        return self._init_func

    @property
    def reduce_func(self) -> Callable[..., Any]:
        """What makes the next state."""
        return self._reduce_func

    @property
    def finalize_func(self) -> Callable[..., Any]:
        """What makes a result."""
        return self._finalize_func


@public("data.experimental.group_by_reducer")
def group_by_reducer(
    key_func: Callable[..., Any], reducer: Reducer
) -> Callable[[Dataset], Dataset]:
    """The results of the states of all keys, in the order of keys, when all elements were seen.

    Args:
        key_func: takes an element as for `map`, returns an int64 scalar.
        reducer: how elements of a key become a result.

    Raises:
        ValueError: `key_func` returns something else.
        TypeError: states are of other types or structures than the first.
    """

    def apply(dataset: Dataset) -> Dataset:
        spec, scalar = dataset.element_spec, TensorSpec([], int64)
        key = ElementFunction(key_func, _GROUP, spec)
        if not scalar.is_compatible_with(key.output_spec):
            raise ValueError(
                "Invalid `key_func`. Expected `key_func` to return a scalar tf.int64 tensor, but instead "
                f"`key_func` has output types={legacy_types(key.output_spec)} and "
                f"shapes={legacy_shapes(key.output_spec)}."
            )
        first = ElementFunction(reducer.init_func, _GROUP, scalar)
        following, state = _following(reducer.reduce_func, first.output_spec, spec)
        last = ElementFunction(reducer.finalize_func, _GROUP, state)
        found = made(
            "ExperimentalGroupByReducerDataset",
            last.output_spec,
            input_dataset=dataset._variant_tensor,
            key_func_other_arguments=key.captured,
            init_func_other_arguments=first.captured,
            reduce_func_other_arguments=following.captured,
            finalize_func_other_arguments=last.captured,
            key_func=key.function,
            init_func=first.function,
            reduce_func=following.function,
            finalize_func=last.function,
        )
        return with_options_of(keeping_cardinality(found), dataset)

    return apply


def _following(
    function: Callable[..., Any], state: Any, element: Any
) -> tuple[ElementFunction, Any]:
    """What makes the next state, and what is known of all states.

    Raises:
        TypeError: states are of other types.
    """
    while True:
        found = ElementFunction(function, _GROUP, (state, element))
        nest.assert_same_structure(state, found.output_spec)
        wider = nest.map_structure(
            lambda old, new: old.most_specific_common_supertype([new]), state, found.output_spec
        )
        if any(item is None for item in nest.flatten(wider)):
            raise TypeError(
                f"Invalid `reducer`. The element types for the new state {legacy_types(found.output_spec)} do not "
                f"match the element types of the old state {legacy_types(state)}."
            )
        if wider == state:
            return found, state
        state = wider


_PAIRS = (
    "Datasets used to initialize lookup tables must produce elements in the form (key, value), where the keys and "
    "values are scalar tensors. "
)


def _check_pairs(spec: Any) -> None:
    """Raise ValueError unless elements are pairs of scalars."""
    if len(spec) != 2:
        raise ValueError(
            f"{_PAIRS}However, the given dataset produces {len(spec)} components instead of two (key, value) "
            f"components. Full dataset element spec: {spec}."
        )
    for name, part in zip(("keys", "values"), spec):
        if not isinstance(part, TensorSpec):
            raise ValueError(
                f"{_PAIRS}However, the given dataset produces non-Tensor {name} of type {type(part)}."
            )
    for name, part in zip(("key", "value"), spec):
        if part.shape.ndims not in (None, 0):
            raise ValueError(
                f"{_PAIRS}However, the given dataset produces non-scalar {name} Tensors of rank "
                f"{part.shape.ndims}."
            )


@public("data.experimental.DatasetInitializer")
class DatasetInitializer(TableInitializerBase):
    """Fills a table with the pairs of a dataset.

    Args:
        dataset: pairs of a key and a value, scalars.

    Raises:
        ValueError: elements are something else.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        spec = dataset.element_spec
        _check_pairs(spec)
        super().__init__(spec[0].dtype, spec[1].dtype)

    def initialize(self, table: Any) -> Operation:
        """The operation that fills `table`.

        Raises:
            TypeError: the table has other types.
        """
        self._check(table, self.key_dtype, self.value_dtype)
        operation: Operation = build(
            "InitializeTableFromDataset",
            table_handle=table.resource_handle,
            dataset=self.dataset._variant_tensor,
        )
        add_to_collection(GraphKeys.TABLE_INITIALIZERS, operation)
        return operation


@public("data.experimental.table_from_dataset")
def table_from_dataset(
    dataset: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: Any = None,
    default_value: Any = None,
    hasher_spec: HasherSpec = FastHashSpec,
    key_dtype: DType = string,
    name: str | None = None,
) -> Any:
    """A table of the pairs of a dataset.

    Args:
        dataset: pairs of a key and a value, scalars.
        num_oov_buckets: how many numbers after these other keys get, by their hash.
        vocab_size: how many pairs count; a run fails if there are fewer.
        default_value: the value of other keys if there are no buckets, -1 by default.
        hasher_spec: which hash function.
        key_dtype: the type of the keys that are asked for.
        name: a name of the operations.

    Raises:
        ValueError: elements are something else, values are no numbers and have no default, or a number is out of range.
        TypeError: the type of keys is neither text nor integers.
    """
    spec = dataset.element_spec
    _check_pairs(spec)
    if default_value is None:
        default_value = -1
        if not (spec[1].dtype.is_integer or spec[1].dtype.is_floating):
            raise ValueError(
                "`default_value` must be specified when creating a table from a dataset that produces values "
                f"of type {spec[1].dtype}."
            )
    if num_oov_buckets < 0:
        raise ValueError(
            f"`num_oov_buckets` must be greater than or equal to 0, got {num_oov_buckets}."
        )
    if vocab_size is not None and not isinstance(vocab_size, Tensor) and vocab_size < 1:
        raise ValueError(f"`vocab_size` must be greater than 0, got {vocab_size}.")
    if not key_dtype.is_integer and key_dtype.base_dtype != string:
        raise TypeError(
            f"`key_dtype` must be either an integer or string type, but got {key_dtype}"
        )
    if vocab_size is not None:
        if isinstance(vocab_size, Tensor):
            vocab_size = cast(vocab_size, int64)
        dataset = dataset.take(vocab_size).apply(assert_cardinality(vocab_size))
    with name_scope(name, "string_to_index"):
        initializer = DatasetInitializer(dataset)
        with name_scope(None, "hash_table"):
            table = StaticHashTable(initializer, default_value)
            if not num_oov_buckets:
                return table
            return IdTableWithHashBuckets(table, num_oov_buckets, hasher_spec, key_dtype=key_dtype)


@public("data.experimental.index_table_from_dataset")
def index_table_from_dataset(
    dataset: Any = None,
    num_oov_buckets: int = 0,
    vocab_size: Any = None,
    default_value: Any = -1,
    hasher_spec: HasherSpec = FastHashSpec,
    key_dtype: DType = string,
    name: str | None = None,
) -> Any:
    """A table from the elements of a dataset to their places.

    Args:
        dataset: keys, scalars.
        num_oov_buckets: how many numbers after these other keys get, by their hash.
        vocab_size: how many keys count; a run fails if there are fewer.
        default_value: the number of other keys if there are no buckets.
        hasher_spec: which hash function.
        key_dtype: the type of the keys that are asked for.
        name: a name of the operations.

    Raises:
        ValueError: elements are no scalars, or a number is out of range.
        TypeError: the type of keys is neither text nor integers.
    """
    pairs = dataset.enumerate().map(lambda v, k: (k, v))
    return table_from_dataset(
        pairs, num_oov_buckets, vocab_size, default_value, hasher_spec, key_dtype, name
    )
