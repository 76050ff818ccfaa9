"""Datasets of the features of serialised examples.

Source: tensorflow/core/kernels/data/experimental/parse_example_dataset_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.datasets import (
    MANY,
    TYPES,
    Dataset,
    Element,
    Iteration,
    compatible,
    dataset_of,
    number,
    variant,
)
from minihub_runtime.ops.parsing_example import VALUES, example_parser
from minihub_runtime.ops.ragged_variant import RaggedVariant
from minihub_runtime.ops.registry import Array, at_least, older, op, types_list
from minihub_runtime.ops.shape_rules import scalar
from minihub_runtime.ops.sparse_serialization import serialize_sparse
from minihub_runtime.shapes import Shape

_NONE: Array = np.zeros(0, dtype=object)


class _Parsed(Dataset):
    """The features of batches of examples."""

    def __init__(
        self,
        source: Dataset,
        parse: Callable[[Array], Element],
        types: Sequence[DType],
        shapes: Sequence[Shape],
    ) -> None:
        super().__init__(types, shapes, source)
        self._parse = parse

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The features."""
        return _Parsing(self.inputs[0].iterate(iteration), self._parse)

    def cardinality(self) -> int:
        """That of the input."""
        return self.inputs[0].cardinality()


class _Parsing(Iterator[Element]):
    def __init__(self, source: Iterator[Element], parse: Callable[[Array], Element]) -> None:
        self._source = source
        self._parse = parse

    def __next__(self) -> Element:
        (serialized,) = next(self._source)
        return self._parse(serialized)


@op(
    "ParseExampleDatasetV2(input_dataset: variant, num_parallel_calls: int64, dense_defaults: Tdense) "
    "-> handle: variant",
    Tdense=types_list(VALUES),
    sparse_types=types_list(VALUES),
    dense_shapes=at_least(0),
    ragged_value_types=types_list(VALUES, default=()),
    ragged_split_types=types_list("int32 int64", default=()),
    output_types=TYPES,
    output_shapes=MANY,
    source="core/kernels/data/experimental/parse_example_dataset_op.cc",
    shape=scalar,
)
def parse_example_dataset_v2(
    input_dataset: Array,
    num_parallel_calls: Array,
    dense_defaults: Sequence[Array],
    *,
    sparse_keys: list[str],
    dense_keys: list[str],
    sparse_types: list[DType],
    Tdense: list[DType],
    dense_shapes: list[Shape],
    output_types: list[DType],
    output_shapes: list[Shape],
    deterministic: str = "default",
    ragged_keys: list[str] = [],
    ragged_value_types: list[DType] = [],
    ragged_split_types: list[DType] = [],
) -> Array:
    """The features of vectors of serialised tf.Examples, in the order of their names; sparse and ragged ones as variants.

    Raises: InvalidArgumentError unless elements are vectors of text, `num_parallel_calls` is positive, or -1, and keys,
        types, shapes and defaults fit each other; for an example that is none, when elements are asked for.
    """
    source = dataset_of(input_dataset)
    calls = number(num_parallel_calls, "num_parallel_calls")
    require(calls > 0 or calls == -1, f"num_parallel_calls must be greater than zero, not {calls}.")
    require(
        source.types == (dtypes.string,) and compatible(source.shapes[0], (None,)),
        "elements must be vectors of serialised examples, not of types "
        f"{[dtype.name for dtype in source.types]}",
    )
    keys = [[key.encode() for key in part] for part in (sparse_keys, dense_keys, ragged_keys)]
    names = [key for part in keys for key in part]
    require(len(set(names)) == len(names), f"a key must be asked for once: {names}")
    require(
        len(names) == len(output_types),
        f"output_types must be as many as there are keys, {len(names)}, not {len(output_types)}",
    )
    parser = example_parser(
        keys[0],
        sparse_types,
        keys[1],
        dense_defaults,
        Tdense,
        dense_shapes,
        keys[2],
        ragged_value_types,
        ragged_split_types,
    )
    order = sorted(range(len(names)), key=names.__getitem__)
    sparse, dense, ragged = map(len, keys)

    def parse(serialized: Array) -> Element:
        require(
            serialized.ndim == 1,
            f"Expected input to be a vector, but got shape {list(serialized.shape)}",
        )
        found = parser(serialized, _NONE)
        at = 3 * sparse
        parts = [found[place:at:sparse] for place in range(sparse)]
        made: list[Any] = [
            serialize_sparse.kernel(*part, out_type=dtypes.variant) for part in parts
        ]
        made += found[at : at + dense]
        values, splits = found[at + dense : at + dense + ragged], found[at + dense + ragged :]
        made += [_whole(*pair) for pair in zip(values, splits, strict=True)]
        return tuple(made[place] for place in order)

    return variant(_Parsed(source, parse, output_types, output_shapes))


def _whole(values: Array, splits: Array) -> Array:
    result: Array = np.empty((), dtype=object)
    result[()] = RaggedVariant((splits,), values)
    return result


@op(
    "ParseExampleDataset(input_dataset: variant, num_parallel_calls: int64, dense_defaults: Tdense) "
    "-> handle: variant",
    Tdense=types_list(VALUES),
    sparse_types=types_list(VALUES),
    dense_shapes=at_least(0),
    ragged_value_types=types_list(VALUES, default=()),
    ragged_split_types=types_list("int32 int64", default=()),
    output_types=TYPES,
    output_shapes=MANY,
    like=parse_example_dataset_v2,
)
def parse_example_dataset(
    input_dataset: Array,
    num_parallel_calls: Array,
    dense_defaults: Sequence[Array],
    *,
    sloppy: bool = False,
    sparse_keys: list[str],
    dense_keys: list[str],
    sparse_types: list[DType],
    Tdense: list[DType],
    dense_shapes: list[Shape],
    output_types: list[DType],
    output_shapes: list[Shape],
    ragged_keys: list[str] = [],
    ragged_value_types: list[DType] = [],
    ragged_split_types: list[DType] = [],
) -> Array:
    """As ParseExampleDatasetV2, in the same order, sloppy or not.

    Raises: InvalidArgumentError where that does.
    """
    return parse_example_dataset_v2.kernel(
        input_dataset,
        num_parallel_calls,
        dense_defaults,
        sparse_keys=sparse_keys,
        dense_keys=dense_keys,
        sparse_types=sparse_types,
        Tdense=Tdense,
        dense_shapes=dense_shapes,
        output_types=output_types,
        output_shapes=output_shapes,
        ragged_keys=ragged_keys,
        ragged_value_types=ragged_value_types,
        ragged_split_types=ragged_split_types,
    )


older(
    parse_example_dataset,
    "ExperimentalParseExampleDataset",
    "ragged_keys",
    "ragged_value_types",
    "ragged_split_types",
)
