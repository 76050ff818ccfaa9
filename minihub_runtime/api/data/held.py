"""What is known of the elements of datasets that one variant tensor holds as they are: datasets, and optionals.

Source: tensorflow/python/data/ops/dataset_ops.py (DatasetSpec), optional_ops.py (OptionalSpec).
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.data import nest
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import TensorSpec, TypeSpec, type_spec_from_value
from minihub_runtime.dtypes import variant
from minihub_runtime.public import public

__all__ = ["DatasetSpec", "HeldSpec", "OptionalSpec", "spec_of_held"]


class HeldSpec(TypeSpec):
    """What is known of a value that one variant tensor holds.

    Attributes:
        element_spec: a structure of the TypeSpecs of what the value holds in its turn.
    """

    element_spec: Any

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether one value could be described by both."""
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            held = hasattr(other, "_variant_tensor")
            other = spec_of_held(other) if held else type_spec_from_value(other)
        if type(self) is not type(other):
            return False
        try:
            nest.assert_same_structure(self.element_spec, other.element_spec)
        except (TypeError, ValueError):
            return False
        mine, theirs = nest.flatten(self.element_spec), nest.flatten(other.element_spec)
        return all(a.is_compatible_with(b) for a, b in zip(mine, theirs))

    def __hash__(self) -> int:
        # Structures of specs may hold mappings.
        return hash(type(self))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._serialize() == other._serialize()

    def _to_components(self, value: Any) -> Any:
        return value._variant_tensor


@public("data.DatasetSpec", "data.experimental.DatasetStructure")
class DatasetSpec(HeldSpec):
    """What is known of a dataset that is an element of another.

    Attributes:
        element_spec: a structure of the TypeSpecs of its elements.
        dataset_shape: the shape of the tensor that holds it, or several.
    """

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self.element_spec = element_spec
        self.dataset_shape = TensorShape(dataset_shape)

    @property
    def value_type(self) -> type:
        """`Dataset`."""
        from minihub_runtime.api.data.dataset import Dataset

        return Dataset

    @staticmethod
    def from_value(value: Any) -> DatasetSpec:
        """The spec of a dataset."""
        return DatasetSpec(value.element_spec)

    def _serialize(self) -> tuple[Any, ...]:
        return (self.element_spec, self.dataset_shape)

    @property
    def _component_specs(self) -> TensorSpec:
        return TensorSpec(self.dataset_shape, variant)

    def _from_components(self, components: Any) -> Any:
        from minihub_runtime.api.data.base import keeping_cardinality, new

        return keeping_cardinality(new(components, self.element_spec))


@public("OptionalSpec", "data.experimental.OptionalStructure")
class OptionalSpec(HeldSpec):
    """What is known of an optional.

    Attributes:
        element_spec: a structure of the TypeSpecs of its value.
    """

    def __init__(self, element_spec: Any) -> None:
        self.element_spec = element_spec

    @property
    def value_type(self) -> type:
        """`Optional`."""
        from minihub_runtime.api.data.optional import Optional

        return Optional

    @staticmethod
    def from_value(value: Any) -> OptionalSpec:
        """The spec of an optional."""
        return OptionalSpec(value.element_spec)

    def _serialize(self) -> tuple[Any, ...]:
        return (self.element_spec,)

    @property
    def _component_specs(self) -> TensorSpec:
        return TensorSpec([], variant)

    def _from_components(self, components: Any) -> Any:
        from minihub_runtime.api.data.optional import Optional

        return Optional(components, self.element_spec)


def spec_of_held(value: Any) -> HeldSpec:
    """The spec of a dataset or an optional."""
    kind = OptionalSpec if isinstance(value, OptionalSpec(None).value_type) else DatasetSpec
    return kind.from_value(value)
