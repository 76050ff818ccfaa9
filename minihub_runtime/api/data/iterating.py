"""Methods of datasets that make iterators.

Source: tensorflow/python/data/ops/dataset_ops.py (DatasetV1).
"""

from __future__ import annotations

from minihub_runtime.api.building import build
from minihub_runtime.api.data.base import DatasetBase
from minihub_runtime.api.data.iterator import Iterator
from minihub_runtime.api.data.one_shot import copied_into_function
from minihub_runtime.api.data.structure import flat_shapes, flat_types
from minihub_runtime.api.graph import Operation, Tensor
from minihub_runtime.api.random_seed import get_seed

__all__ = ["DatasetIterating"]


class DatasetIterating(DatasetBase):
    """The methods that make iterators."""

    def make_one_shot_iterator(self) -> Iterator:
        """An iterator that starts by itself and cannot be started again.

        Raises:
            ValueError: the dataset depends on variables, tables or placeholders.
        """
        # TensorFlow gives the function a seed, which counts for the ops after it.
        get_seed(None)
        try:
            factory = copied_into_function(self._variant_tensor)
        except ValueError as error:
            if "Cannot capture a stateful node" not in str(error):
                raise
            raise ValueError(
                f"{error}: A likely cause of this error is that the dataset for which you are calling "
                "`make_one_shot_iterator()` captures a stateful object, such as a `tf.Variable` or "
                "`tf.lookup.StaticHashTable`, which is not supported. Use "
                "`make_initializable_iterator()` instead."
            ) from None
        with self._variant_tensor.graph.colocate_with(self._variant_tensor):
            handle = build(
                "OneShotIterator",
                dataset_factory=factory,
                output_types=flat_types(self.element_spec),
                output_shapes=flat_shapes(self.element_spec),
            )
            return self._iterator(handle, None)

    def make_initializable_iterator(self, shared_name: str | None = None) -> Iterator:
        """An iterator that its `initializer` starts, as often as one likes.

        Args:
            shared_name: a name under which sessions know it.
        """
        with self._variant_tensor.graph.colocate_with(self._variant_tensor):
            handle = build(
                "IteratorV2",
                container="",
                shared_name=shared_name or "",
                output_types=flat_types(self.element_spec),
                output_shapes=flat_shapes(self.element_spec),
            )
            start = build("MakeIterator", dataset=self._variant_tensor, iterator=handle)
            return self._iterator(handle, start)

    def _iterator(self, handle: Tensor, start: Operation | None) -> Iterator:
        return Iterator(handle, start, self.output_types, self.output_shapes, self.output_classes)
