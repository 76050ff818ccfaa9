"""`tf.data.experimental.SqlDataset`: what a query of a database gives.

Source: tensorflow/python/data/experimental/ops/readers.py (SqlDatasetV1).
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.data import nest
from minihub_runtime.api.data.dataset import Dataset
from minihub_runtime.api.data.structure import flat_shapes, flat_types
from minihub_runtime.api.type_spec import TensorSpec
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = ["SqlDataset"]


@public("data.experimental.SqlDataset")
class SqlDataset(Dataset):
    """The rows of a query of an SQLite database: structures of scalars, one for each column.

    The query runs where the program that made the dataset runs it; in a graph that was read from a file it is refused.

    Args:
        driver_name: "sqlite".
        data_source_name: the name of the file.
        query: the query, which reads only.
        output_types: a structure of the types of the columns: integers, bool, float64 or string.
    """

    def __init__(
        self, driver_name: Any, data_source_name: Any, query: Any, output_types: Any
    ) -> None:
        spec = nest.map_structure(lambda dtype: TensorSpec([], dtype), output_types)
        variant = build(
            "SqlDataset",
            driver_name=convert_to_tensor(driver_name, string, "driver_name"),
            data_source_name=convert_to_tensor(data_source_name, string, "data_source_name"),
            query=convert_to_tensor(query, string, "query"),
            output_types=flat_types(spec),
            output_shapes=flat_shapes(spec),
        )
        super().__init__(variant, spec)
