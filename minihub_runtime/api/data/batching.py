"""Methods of datasets that put elements together, and take them apart.

Source: tensorflow/python/data/ops/batch_op.py, padded_batch_op.py, sparse_batch_op.py, rebatch_op.py, unbatch_op.py, window_op.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from minihub_runtime.api.batchable import boxed
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.base import (
    DatasetBase,
    keeping_cardinality,
    new,
    number,
    told,
    with_options_of,
)
from minihub_runtime.api.data.held import DatasetSpec, HeldSpec
from minihub_runtime.api.data.padding import padded_shapes_of, padding_values_of, sizes_of
from minihub_runtime.api.data.structure import (
    batch_spec,
    flat_shapes,
    rows_of,
    unbatch_spec,
)
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.tensor_shape import Dimension, TensorShape
from minihub_runtime.api.type_spec import RaggedTensorSpec, SparseTensorSpec, TensorSpec
from minihub_runtime.dtypes import bool_, int64

if TYPE_CHECKING:
    from minihub_runtime.api.data.dataset import Dataset

__all__ = ["DatasetBatching"]


class DatasetBatching(DatasetBase):
    """The methods that make elements of several, and several of one."""

    def batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Several elements at a time, stacked along a new first dimension.

        Args:
            batch_size: how many; they must have one shape.
            drop_remainder: whether fewer elements at the end are left out.
            num_parallel_calls: written into the graph; batches are made one after the other.
            deterministic: the order is always that of the elements.
            name: accepted; it has no effect.
        """
        size = number(batch_size, "batch_size")
        drop = convert_to_tensor(drop_remainder, bool_, "drop_remainder")
        arguments: dict[str, Any] = {}
        op = "BatchDatasetV2"
        if num_parallel_calls is not None:
            op = "ParallelBatchDataset"
            arguments["num_parallel_calls"] = number(num_parallel_calls, "num_parallel_calls")
            arguments["deterministic"] = told(deterministic)
        spec = batch_spec(self.element_spec, _known_size(size, drop))
        return self._made(
            op,
            spec,
            batch_size=size,
            drop_remainder=drop,
            **arguments,
        )

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Dataset:
        """Several elements at a time, padded to one shape.

        Args:
            batch_size: how many.
            padded_shapes: a structure of the shapes to pad to; None in one stands for the largest size of a batch.  By
                default what is not known of the elements is padded so.
            padding_values: a structure of scalars to pad with, or one for all; zeros and empty strings by default.
            drop_remainder: whether fewer elements at the end are left out.
            name: accepted; it has no effect.

        Raises:
            TypeError: components are no dense tensors, or paddings are of other types.
            ValueError: a shape does not fit, or a rank is not known.
        """
        size = number(batch_size, "batch_size")
        values = padding_values_of(padding_values, self.element_spec)
        shapes, rows = padded_shapes_of(padded_shapes, self.element_spec)
        drop = convert_to_tensor(drop_remainder, bool_, "drop_remainder")
        spec = batch_spec(rows, _known_size(size, drop))
        variant = build(
            "PaddedBatchDatasetV2",
            input_dataset=self._variant_tensor,
            batch_size=size,
            padded_shapes=shapes,
            padding_values=values,
            drop_remainder=drop,
            output_shapes=flat_shapes(spec),
        )
        found = keeping_cardinality(new(variant, spec), self._keeps_cardinality)
        return with_options_of(found, self)

    def ragged_batch(
        self,
        batch_size: Any,
        drop_remainder: Any = False,
        row_splits_dtype: Any = int64,
        name: str | None = None,
    ) -> Dataset:
        """Several elements at a time: tensors some of whose sizes are not known become ragged tensors.

        Components whose shapes are known in full are put together as by `batch`, and so are those of unknown rank.

        Args:
            batch_size: how many.
            drop_remainder: whether fewer elements at the end are left out.
            row_splits_dtype: int32 or int64, the type of the splits of new ragged tensors.  TensorFlow fails with int32 where
                sizes behind the first are unknown.
            name: accepted; it has no effect.
        """

        def ragged_spec(spec: Any) -> Any:
            if not isinstance(spec, TensorSpec) or spec.shape.ndims is None:
                return spec
            unknown = [axis for axis, n in enumerate(spec.shape.as_list()) if n is None]
            if not unknown:
                return spec
            return RaggedTensorSpec(spec.shape, spec.dtype, max(unknown), row_splits_dtype)

        def as_variant(value: Any) -> Any:
            spec = ragged_spec(TensorSpec.from_tensor(value)) if isinstance(value, Tensor) else None
            if not isinstance(spec, RaggedTensorSpec):
                return value
            if spec.ragged_rank > 0:
                value = RaggedTensor.from_tensor(
                    value, ragged_rank=spec.ragged_rank, row_splits_dtype=row_splits_dtype
                )
            return boxed(spec, value)

        spec = self.element_spec
        if type(spec) is tuple:
            mapped = cast("Dataset", self).map(lambda *value: nest.map_structure(as_variant, value))
        else:
            mapped = cast("Dataset", self).map(lambda value: nest.map_structure(as_variant, value))
        ragged = new(mapped._variant_tensor, nest.map_structure(ragged_spec, spec))
        with_options_of(ragged, self)
        return keeping_cardinality(ragged).batch(batch_size, drop_remainder)

    def sparse_batch(self, batch_size: Any, row_shape: Any, name: str | None = None) -> Dataset:
        """Several elements at a time as the rows of a sparse tensor, with all their entries, zeros too.

        Args:
            batch_size: how many.
            row_shape: the shape of a row; None in it stands for the largest size of a batch.  A run fails for elements that are
                larger, or of another rank.
            name: accepted; it has no effect.

        Raises:
            TypeError: elements are no single component.
        """
        spec = self.element_spec
        if nest.is_nested(spec) or isinstance(spec, HeldSpec):
            raise TypeError(
                "`dense_to_sparse_batch` requires an input dataset whose elements have a single component, but "
                f"the given dataset has the following component types: {self.output_types}."
            )
        batches = SparseTensorSpec(TensorShape([None]).concatenate(row_shape), spec.dtype)
        found = self._made(
            "DenseToSparseBatchDataset",
            batches,
            batch_size=batch_size,
            row_shape=sizes_of(row_shape, "The given shape"),
        )
        return keeping_cardinality(found)

    def rebatch(
        self, batch_size: Any, drop_remainder: Any = False, name: str | None = None
    ) -> Dataset:
        """The rows of elements in batches of another size.

        Args:
            batch_size: how many rows; a vector of several numbers, which come in turn.
            drop_remainder: whether fewer rows at the end are left out.
            name: accepted; it has no effect.

        Raises:
            ValueError: scalars are among the components, numbers of rows differ, or `batch_size` is a matrix.
        """
        spec = self.element_spec
        sizes = convert_to_tensor(batch_size, int64, "batch_sizes")
        drop = convert_to_tensor(drop_remainder, bool_, "drop_remainder")
        rows = _known_rows(spec, sizes, drop)
        together = batch_spec(unbatch_spec(spec), rows)
        found = self._rows()._made(
            "RebatchDatasetV2", together, batch_sizes=batch_size, drop_remainder=drop_remainder
        )
        return keeping_cardinality(found)

    def _rows(self) -> Dataset:
        """The tensors that keep the rows of each element."""
        spec = self.element_spec

        def normalize(*element: Any) -> list[Tensor]:
            return rows_of(spec, element if type(spec) is tuple else element[0])

        return cast("Dataset", self).map(normalize)

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of each element.

        Args:
            name: accepted; it has no effect.

        Raises:
            ValueError: scalars are among the components, or numbers of rows differ.
        """
        spec = self.element_spec
        rows = self._rows()
        known = Dimension(None)
        for item in nest.flatten(spec):
            shape = getattr(item, "shape", TensorShape(None))
            if shape.ndims == 0:
                raise ValueError("Cannot unbatch an input with scalar components.")
            if shape.ndims is not None:
                try:
                    known = known.merge_with(shape[0])
                except ValueError:
                    raise ValueError(
                        "`unbatch()` is only supported for datasets of elements whose components have a "
                        f"matching leading dimension. Encountered both {known} and {shape[0]}."
                    ) from None
        return rows._made("UnbatchDataset", unbatch_spec(spec))

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: Any = False,
        name: str | None = None,
    ) -> Dataset:
        """Datasets of a few elements each, one for each component.

        Args:
            size: how many elements a window has.
            shift: how many elements later the next window begins; by default `size`.
            stride: how far the elements of a window lie apart.
            drop_remainder: whether windows with fewer elements at the end are left out.
            name: accepted; it has no effect.
        """
        spec = nest.map_structure(DatasetSpec, self.element_spec)
        return self._made(
            "WindowDataset",
            spec,
            size=number(size, "size"),
            shift=number(size if shift is None else shift, "shift"),
            stride=number(stride, "stride"),
            drop_remainder=convert_to_tensor(drop_remainder, bool_, "drop_remainder"),
        )


def _known_size(size: Tensor, drop: Tensor) -> Any:
    """The number of rows of every batch, None if that is not known."""
    return constant_value(size) if constant_value(drop) else None


def _known_rows(spec: Any, sizes: Tensor, drop: Tensor) -> Any:
    """The number of rows of every batch of `Dataset.rebatch`, None if that is not known.

    Raises:
        ValueError: scalars are among the components, numbers of rows differ, or sizes are a matrix.
    """
    known = constant_value(sizes)
    if known is None:
        return None
    if known.ndim > 1:
        raise ValueError(
            "Invalid `batch_sizes`. Expected `batch_sizes` to be a scalar or a vector. Received "
            f"`batch_sizes` of rank {known.ndim}."
        )
    size, *others = {int(n) for n in known.reshape(-1)} or {0}
    if others:
        return None
    if constant_value(drop):
        return size
    given = []
    for item in nest.flatten(spec):
        shape = getattr(item, "shape", TensorShape(None))
        if shape.ndims == 0:
            raise ValueError(
                "Invalid `batch_sizes`. Expected dataset with rank of >= 1 but found a dataset with scalar "
                "elements. Fix the issue by adding the `batch` transformation to the dataset."
            )
        if shape.ndims is not None and shape[0].value is not None:
            given.append(shape[0].value)
    if len(set(given)) > 1:
        raise ValueError(
            f"Invalid `input_dataset`. The batch dimensions of components differ: {given}."
        )
    return size if given and size and given[0] % size == 0 else None
