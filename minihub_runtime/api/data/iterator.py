"""`tf.data.Iterator`: the place in a dataset that a session has reached.

Source: tensorflow/python/data/ops/iterator_ops.py.
"""

from __future__ import annotations

import warnings
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.optional import Optional
from minihub_runtime.api.data.structure import (
    flat_shapes,
    flat_types,
    from_tensors,
    legacy_classes,
    legacy_shapes,
    legacy_types,
    specs_from_legacy,
)
from minihub_runtime.api.graph import Operation, Tensor, add_to_collection, name_scope
from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.dtypes import as_dtype, string
from minihub_runtime.public import public

__all__ = ["GLOBAL_ITERATORS", "Iterator"]

#: The collection of the handles of all iterators.
GLOBAL_ITERATORS = "iterators"

#: After so many calls of `get_next` the graph probably grows in a loop.
MANY_CALLS = 32


@public("data.Iterator")
class Iterator:
    """An iterator in a graph: its operations give one element after the other.

    Args:
        iterator_resource: the handle.
        initializer: the operation that starts it, or None.
        output_types: a structure of the types of elements.
        output_shapes: a structure of their static shapes.
        output_classes: a structure of their classes, or TypeSpecs.

    Raises:
        ValueError: one of the structures is None.
    """

    def __init__(
        self,
        iterator_resource: Tensor,
        initializer: Operation | None,
        output_types: Any,
        output_shapes: Any,
        output_classes: Any,
    ) -> None:
        if output_types is None or output_shapes is None or output_classes is None:
            raise ValueError(
                "All of `output_types`, `output_shapes`, and `output_classes` must be specified to create "
                f"an iterator. Got `output_types` = {output_types!r}, `output_shapes` = "
                f"{output_shapes!r}, `output_classes` = {output_classes!r}."
            )
        self._iterator_resource = iterator_resource
        self._initializer = initializer
        self._element_spec = specs_from_legacy(output_types, output_shapes, output_classes)
        self._string_handle: Tensor = build(
            "IteratorToStringHandle", resource_handle=iterator_resource
        )
        self._calls = 0
        add_to_collection(GLOBAL_ITERATORS, iterator_resource)

    @staticmethod
    def from_structure(
        output_types: Any,
        output_shapes: Any = None,
        shared_name: str | None = None,
        output_classes: Any = None,
    ) -> Iterator:
        """An iterator for any dataset of this structure; `make_initializer` starts it.

        Args:
            output_types: a structure of the types of elements.
            output_shapes: a structure of their static shapes; unknown by default.
            shared_name: a name under which sessions know it.
            output_classes: a structure of their classes; `Tensor` by default.

        Raises:
            TypeError, ValueError: the structures are not alike.
        """
        legacy = _told(output_types, output_shapes, output_classes)
        spec = specs_from_legacy(*legacy)
        handle = build(
            "IteratorV2",
            container="",
            shared_name=shared_name or "",
            output_types=flat_types(spec),
            output_shapes=flat_shapes(spec),
        )
        return Iterator(handle, None, *legacy)

    @staticmethod
    def from_string_handle(
        string_handle: Any,
        output_types: Any,
        output_shapes: Any = None,
        output_classes: Any = None,
    ) -> Iterator:
        """The iterator that a string finds in each run: what `string_handle()` of another one gave.

        Args:
            string_handle: a string tensor, often a placeholder.
            output_types: a structure of the types of elements.
            output_shapes: a structure of their static shapes; unknown by default.
            output_classes: a structure of their classes; `Tensor` by default.

        Raises:
            TypeError, ValueError: the structures are not alike.
        """
        legacy = _told(output_types, output_shapes, output_classes)
        spec = specs_from_legacy(*legacy)
        handle = build(
            "IteratorFromStringHandleV2",
            string_handle=convert_to_tensor(string_handle, string),
            output_types=flat_types(spec),
            output_shapes=flat_shapes(spec),
        )
        return Iterator(handle, None, *legacy)

    @property
    def initializer(self) -> Operation:
        """The operation that starts it with the first element.

        Raises:
            ValueError: there is none.
        """
        if self._initializer is None:
            raise ValueError(
                "The iterator does not have an initializer. This means it was likely created using "
                "`tf.data.Dataset.make_one_shot_iterator()`. For an initializable iterator, use "
                "`tf.data.Dataset.make_initializable_iterator()` instead."
            )
        return self._initializer

    def make_initializer(self, dataset: Any, name: str | None = None) -> Operation:
        """An operation that starts it with the first element of a dataset.

        Args:
            dataset: a dataset whose elements are of the iterator's types and shapes.
            name: name of the operation.

        Raises:
            TypeError, ValueError: they are not.
        """
        with name_scope(name, "make_initializer") as scope:
            types, shapes = legacy_types(dataset.element_spec), legacy_shapes(dataset.element_spec)
            classes = legacy_classes(dataset.element_spec)
            nest.assert_same_structure(self.output_types, types)
            nest.assert_same_structure(self.output_shapes, shapes)
            for mine, theirs in zip(nest.flatten(self.output_classes), nest.flatten(classes)):
                if mine is not theirs:
                    raise TypeError(
                        f"Expected output classes {self.output_classes!r} but got dataset with output "
                        f"classes {classes!r}."
                    )
            for mine, theirs in zip(nest.flatten(self.output_types), nest.flatten(types)):
                if mine != theirs:
                    raise TypeError(
                        f"Expected output types {self.output_types!r} but got dataset with output types "
                        f"{types!r}."
                    )
            for mine, theirs in zip(nest.flatten(self.output_shapes), nest.flatten(shapes)):
                if not mine.is_compatible_with(theirs):
                    raise TypeError(
                        f"Expected output shapes compatible with {self.output_shapes!r} but got dataset "
                        f"with output shapes {shapes!r}."
                    )
        graph = self._iterator_resource.graph
        with graph.colocate_with(self._iterator_resource):
            made: Operation = build(
                "MakeIterator",
                dataset=dataset._variant_tensor,
                iterator=self._iterator_resource,
                name=scope,
            )
        return made

    def get_next(self, name: str | None = None) -> Any:
        """The next element; each run takes one, and all that is fetched in a run is of the same.

        Call it once, outside of the loop that runs it.

        Args:
            name: name of the operation.
        """
        self._calls += 1
        if self._calls > MANY_CALLS:
            warnings.warn(
                "An unusually high number of `Iterator.get_next()` calls was detected. It should be called "
                "once outside of the loop: each call adds operations to the graph.",
                stacklevel=2,
            )
        with self._iterator_resource.graph.colocate_with(self._iterator_resource):
            tensors = build(
                "IteratorGetNext",
                iterator=self._iterator_resource,
                output_types=flat_types(self._element_spec),
                output_shapes=flat_shapes(self._element_spec),
                name=name,
            )
            return from_tensors(self._element_spec, tensors)

    def get_next_as_optional(self) -> Optional:
        """The next element, or none at the end, where `get_next` raises OutOfRangeError.

        Each run takes an element, and all that is fetched in a run is of the same.
        """
        with self._iterator_resource.graph.colocate_with(self._iterator_resource):
            variant = build(
                "IteratorGetNextAsOptional",
                iterator=self._iterator_resource,
                output_types=flat_types(self._element_spec),
                output_shapes=flat_shapes(self._element_spec),
            )
        return Optional(variant, self._element_spec)

    def string_handle(self, name: str | None = None) -> Tensor:
        """A string tensor whose value finds the iterator; see `from_string_handle`.

        Args:
            name: name of a new operation; by default one that is there already.
        """
        if name is None:
            return self._string_handle
        made: Tensor = build(
            "IteratorToStringHandle", resource_handle=self._iterator_resource, name=name
        )
        return made

    @property
    def element_spec(self) -> Any:
        """A structure of the TypeSpecs of elements."""
        return self._element_spec

    @property
    def output_types(self) -> Any:
        """A structure of the types of elements."""
        return legacy_types(self._element_spec)

    @property
    def output_shapes(self) -> Any:
        """A structure of the static shapes of elements."""
        return legacy_shapes(self._element_spec)

    @property
    def output_classes(self) -> Any:
        """A structure of the classes of elements."""
        return legacy_classes(self._element_spec)


def _told(types: Any, shapes: Any, classes: Any) -> tuple[Any, Any, Any]:
    """Types, shapes and classes in one structure."""
    types = nest.map_structure(as_dtype, types)
    if shapes is None:
        shapes = nest.map_structure(lambda _: TensorShape(None), types)
    else:
        flat = [as_shape(item) for item in nest.flatten_up_to(types, shapes)]
        shapes = nest.pack_sequence_as(types, flat)
    if classes is None:
        classes = nest.map_structure(lambda _: Tensor, types)
    return types, shapes, classes


@public("data.get_output_types")
def get_output_types(dataset_or_iterator: Any) -> Any:
    """A structure of the types of the elements of a dataset or an iterator."""
    return legacy_types(dataset_or_iterator.element_spec)


@public("data.get_output_shapes")
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """A structure of the static shapes of the elements of a dataset or an iterator."""
    return legacy_shapes(dataset_or_iterator.element_spec)


@public("data.get_output_classes")
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """A structure of the classes of the elements of a dataset or an iterator."""
    return legacy_classes(dataset_or_iterator.element_spec)


@public("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """A structure of the TypeSpecs of the elements of a dataset or an iterator.

    Raises:
        TypeError: it is neither.
    """
    try:
        return dataset_or_iterator.element_spec
    except AttributeError:
        raise TypeError(
            "Invalid `dataset_or_iterator`. `dataset_or_iterator` must be a `tf.data.Dataset` or "
            f"tf.data.Iterator object, but got {type(dataset_or_iterator)}."
        ) from None
