"""`tf.data.experimental.TFRecordWriter`: the elements of a dataset, written to a file.

Source: tensorflow/python/data/experimental/ops/writers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.graph import Operation
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = ["TFRecordWriter"]


@public("data.experimental.TFRecordWriter")
class TFRecordWriter:
    """Writes datasets of strings to a file of records.

    Args:
        filename: the file, a string scalar; it is replaced.
        compression_type: "ZLIB", "GZIP", or "" for none.
    """

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        kind = "" if compression_type is None else compression_type
        self._filename = convert_to_tensor(filename, string, "filename")
        self._compression_type = convert_to_tensor(kind, string, "compression_type")

    def write(self, dataset: Dataset) -> Operation:
        """An operation that writes the elements of a dataset.

        It writes where the program that made it runs it; in a graph that was read from a file it is refused.

        Args:
            dataset: elements are scalar strings.

        Raises:
            TypeError: it is no dataset, or of other elements.
        """
        if not isinstance(dataset, Dataset):
            raise TypeError(
                f"Invalid `dataset.` Expected a `tf.data.Dataset` object but got {type(dataset)}."
            )
        spec = dataset.element_spec
        if not isinstance(spec, TensorSpec) or not spec.is_compatible_with(TensorSpec([], string)):
            raise TypeError(
                "Invalid `dataset`. Expected a `dataset` that produces scalar `tf.string` elements, but got "
                f"a dataset which produces elements with shapes {dataset.output_shapes} and types "
                f"{dataset.output_types}."
            )
        made: Operation = build(
            "DatasetToTFRecord",
            input_dataset=dataset._variant_tensor,
            filename=self._filename,
            compression_type=self._compression_type,
        )
        return made
