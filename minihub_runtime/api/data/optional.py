"""`tf.data.experimental.Optional`: a value that may be there.

Source: tensorflow/python/data/ops/optional_ops.py, iterator_ops.py.
"""

from __future__ import annotations

from typing import Any, NoReturn

from minihub_runtime.api.building import build
from minihub_runtime.api.data.held import OptionalSpec
from minihub_runtime.api.data.structure import (
    flat_shapes,
    flat_types,
    from_tensors,
    spec_of,
    to_tensors,
)
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.public import public

__all__ = ["Optional"]


@public("data.experimental.Optional", "experimental.Optional")
class Optional(CompositeTensor):
    """A value that may be there: the next element of an iterator, or none at its end.

    It is made by `from_value`, `empty` and `Iterator.get_next_as_optional`.

    Attributes:
        element_spec: a structure of the TypeSpecs of the value.
    """

    def __init__(self, variant_tensor: Tensor, element_spec: Any) -> None:
        self._variant_tensor = variant_tensor
        self._element_spec = element_spec

    @staticmethod
    def empty(element_spec: Any) -> Optional:
        """One without a value.

        Args:
            element_spec: a structure of the TypeSpecs that a value would have.
        """
        return Optional(build("OptionalNone"), element_spec)

    @staticmethod
    def from_value(value: Any) -> Optional:
        """One with a value, a structure of tensors, or of what converts to them."""
        with name_scope("optional") as scope:
            with name_scope("value"):
                spec = spec_of(value)
                tensors = to_tensors(spec, value)
            return Optional(build("OptionalFromValue", components=tensors, name=scope), spec)

    def has_value(self, name: str | None = None) -> Tensor:
        """Whether there is a value, a bool scalar.

        Args:
            name: name of the operation.
        """
        with self._variant_tensor.graph.colocate_with(self._variant_tensor):
            found: Tensor = build("OptionalHasValue", optional=self._variant_tensor, name=name)
        return found

    def get_value(self, name: str | None = None) -> Any:
        """The value; a run fails if there is none.

        Args:
            name: name of the operation.
        """
        with name_scope(name, "OptionalGetValue", [self._variant_tensor]) as scope:
            with self._variant_tensor.graph.colocate_with(self._variant_tensor):
                tensors = build(
                    "OptionalGetValue",
                    optional=self._variant_tensor,
                    name=scope,
                    output_types=flat_types(self._element_spec),
                    output_shapes=flat_shapes(self._element_spec),
                )
            return from_tensors(self._element_spec, tensors)

    @property
    def element_spec(self) -> Any:
        """A structure of the TypeSpecs of the value."""
        return self._element_spec

    @property
    def _type_spec(self) -> OptionalSpec:
        return OptionalSpec(self._element_spec)

    @property
    def components(self) -> tuple[Tensor, ...]:
        """The tensor that holds it."""
        return (self._variant_tensor,)

    def to_value(self, parts: Any) -> NoReturn:
        """An optional has no value outside of a graph: raises TypeError."""
        raise TypeError(f"an optional cannot be fetched: run `get_value()` of {self} instead")

    def to_parts(self, value: Any) -> NoReturn:
        """An optional has no value outside of a graph: raises TypeError."""
        raise TypeError(f"an optional cannot be fed: {self}")

    def __repr__(self) -> str:
        return f"<Optional element_spec={self._element_spec}>"


@public("data.experimental.get_next_as_optional")
def get_next_as_optional(iterator: Any) -> Optional:
    """The next element of an iterator: `Iterator.get_next_as_optional`."""
    found: Optional = iterator.get_next_as_optional()
    return found
