"""What a feature column is.

Source: tensorflow/python/feature_column/feature_column_v2_types.py, feature_column_v2.py.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from minihub_runtime.api.feature_column.state import StateManager
    from minihub_runtime.api.feature_column.transformation import FeatureTransformationCache
    from minihub_runtime.api.tensor_shape import TensorShape

__all__ = [
    "CategoricalColumn",
    "DenseColumn",
    "FeatureColumn",
    "IdWeightPair",
    "SequenceDenseColumn",
    "TensorSequenceLengthPair",
]


class IdWeightPair(NamedTuple):
    """What a categorical column gives.

    Attributes:
        id_tensor: a SparseTensor of int64.
        weight_tensor: a SparseTensor of floats at the same places, or None for ones.
    """

    id_tensor: Any
    weight_tensor: Any


class TensorSequenceLengthPair(NamedTuple):
    """What a column of sequences gives.

    Attributes:
        dense_tensor: `[batch, steps, ...]`.
        sequence_length: int64, `[batch]`.
    """

    dense_tensor: Any
    sequence_length: Any


class FeatureColumn(metaclass=abc.ABCMeta):
    """A feature and what becomes of it.  Columns are values: hashable, and equal if their arguments are.

    Subclasses are named tuples of their arguments.
    """

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Used for variable scopes and names of operations."""

    @property
    @abc.abstractmethod
    def parse_example_spec(self) -> dict[Any, Any]:
        """Key of a feature → how `tf.parse_example` reads it."""

    @property
    @abc.abstractmethod
    def parents(self) -> list[Any]:
        """The columns and keys of features it is made of."""

    @abc.abstractmethod
    def transform_feature(
        self, transformation_cache: FeatureTransformationCache, state_manager: StateManager | None
    ) -> Any:
        """What other columns can be made of: a tensor, a sparse one, or several.

        Args:
            transformation_cache: the features of the batch.
            state_manager: what holds variables and tables; None if nothing is to be kept.
        """

    @property
    def var_scope_name(self) -> str:
        """The variable scope that `input_layer` opens for it."""
        return self.name

    def create_state(self, state_manager: StateManager) -> None:  # noqa: B027 - most have no state
        """Make its variables and resources; most columns have none."""

    def get_config(self) -> dict[str, Any]:
        """Its arguments, as `from_config` takes them.

        Raises:
            NotImplementedError: the class cannot be written down.
        """
        raise NotImplementedError("Must be implemented in subclasses.")

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
        columns_by_name: dict[str, FeatureColumn] | None = None,
    ) -> Any:
        """A column of these arguments.

        Args:
            config: what `get_config` gave.
            custom_objects: name → class or function that `config` names and this package does not know.
            columns_by_name: the columns made so far, which are used again.

        Raises:
            NotImplementedError: the class cannot be written down.
        """
        raise NotImplementedError("Must be implemented in subclasses.")

    # Columns are sorted beside strings, as keys of a dictionary of features.

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    def __gt__(self, other: object) -> bool:
        return str(self) > str(other)


class DenseColumn(FeatureColumn):
    """A column that gives numbers, as many for every example."""

    @property
    @abc.abstractmethod
    def variable_shape(self) -> TensorShape:
        """The shape of the numbers of one example."""

    @abc.abstractmethod
    def get_dense_tensor(
        self, transformation_cache: FeatureTransformationCache, state_manager: StateManager | None
    ) -> Any:
        """The numbers: `[batch] + variable_shape`."""


class CategoricalColumn(FeatureColumn):
    """A column that gives any number of categories for every example."""

    @property
    @abc.abstractmethod
    def num_buckets(self) -> int:
        """How many categories there are."""

    @abc.abstractmethod
    def get_sparse_tensors(
        self, transformation_cache: FeatureTransformationCache, state_manager: StateManager | None
    ) -> IdWeightPair:
        """The categories of each example, and their weights."""


class SequenceDenseColumn(FeatureColumn):
    """A column that gives numbers for each step of a sequence."""

    @abc.abstractmethod
    def get_sequence_dense_tensor(
        self, transformation_cache: FeatureTransformationCache, state_manager: StateManager | None
    ) -> TensorSequenceLengthPair:
        """The numbers of each step, and how many steps each example has."""
