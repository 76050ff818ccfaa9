"""Examples and sequences of them, parsed.

Source: tensorflow/python/ops/parsing_ops.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.parsing.features import (
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
    SparseFeature,
    VarLenFeature,
)
from minihub_runtime.api.parsing.parameters import Parameters
from minihub_runtime.api.parsing.partitions import compose_features
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.sizes import rank
from minihub_runtime.public import public

__all__ = [
    "OF_EXAMPLE",
    "parse_example",
    "parse_sequence_example",
    "parse_single_example",
    "parse_single_sequence_example",
    "with_steps",
]

#: What may be expected of an Example.
OF_EXAMPLE = (
    VarLenFeature,
    SparseFeature,
    FixedLenFeature,
    FixedLenSequenceFeature,
    RaggedFeature,
)
_OF_CONTEXT = (VarLenFeature, FixedLenFeature, RaggedFeature)
_OF_SEQUENCE = (VarLenFeature, FixedLenSequenceFeature, RaggedFeature)


@public("io.parse_example", "parse_example")
def parse_example(
    serialized: Any,
    features: Mapping[str, Any] | None,
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """The features of serialised `tf.train.Example`s.

    Args:
        serialized: string [n], or a scalar for one example.
        features: name → what is expected: FixedLenFeature, VarLenFeature, SparseFeature, RaggedFeature or
            FixedLenSequenceFeature.
        name: a name of the operations.
        example_names: string [n], for messages.

    Returns:
        Name → Tensor, SparseTensor or RaggedTensor, one row for each example.

    Raises:
        ValueError: no feature is expected, or what is expected of one contradicts itself.
    """
    if not features:
        raise ValueError("Argument `features` cannot be None.")
    features = with_steps(features)
    parameters = Parameters(features, OF_EXAMPLE)
    if not parameters.count:
        raise ValueError("Must provide at least one feature key.")
    with name_scope(name, "ParseExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, name="serialized")
        _check_rank(serialized, bool(parameters.ragged))
        *sparse, dense, ragged_values, ragged_splits = build(
            "ParseExampleV2",
            name=name,
            serialized=serialized,
            names=[] if example_names is None else example_names,
            sparse_keys=list(parameters.sparse),
            dense_keys=list(parameters.dense),
            ragged_keys=list(parameters.ragged),
            dense_defaults=parameters.default_tensors(),
            num_sparse=len(parameters.sparse),
            sparse_types=list(parameters.sparse.values()),
            ragged_value_types=[types[0] for types in parameters.ragged.values()],
            ragged_split_types=[types[1] for types in parameters.ragged.values()],
            dense_shapes=[shape for shape, _ in parameters.dense.values()],
        )
        rows = _rows(serialized, ragged_values, ragged_splits)
        parsed = _by_name(parameters, sparse, dense, rows)
    return compose_features(features, parsed)


def with_steps(features: Mapping[str, Any]) -> dict[str, Any]:
    """The features, with a dimension for the steps of sequences.

    Raises:
        ValueError: a sequence may not be missing.
    """
    changed = {}
    for key, feature in features.items():
        if isinstance(feature, FixedLenSequenceFeature):
            if not feature.allow_missing:
                raise ValueError(
                    "Unsupported: FixedLenSequenceFeature requires allow_missing to be True."
                )
            feature = feature._replace(shape=[None, *feature.shape])  # noqa: PLW2901
        changed[key] = feature
    return changed


def _check_rank(serialized: Tensor, has_ragged: bool) -> None:
    if has_ragged and serialized.shape.ndims is None:
        raise ValueError("serialized must have statically-known rank to parse ragged features.")


def _rows(
    serialized: Tensor, values: Sequence[Any], splits: Sequence[Any], inner: Any = None
) -> list[Any]:
    """Ragged features: the values of one example, or a row of values for each."""
    if inner is not None:
        values = [
            RaggedTensor.from_row_splits(part, ends, validate=False)
            for part, ends in zip(values, inner)
        ]
    if serialized.shape.ndims == 0:
        return list(values)
    return [
        RaggedTensor.from_row_splits(part, ends, validate=False)
        for part, ends in zip(values, splits)
    ]


def _by_name(
    parameters: Parameters, sparse: Sequence[Any], dense: Sequence[Any], ragged: Sequence[Any]
) -> dict[str, Any]:
    """Name → feature, of what an op gave: indices, values and shapes of sparse features; dense and ragged ones."""
    names = [*parameters.sparse, *parameters.dense, *parameters.ragged]
    tensors = [SparseTensor(*parts) for parts in zip(*sparse)]
    return dict(zip(names, [*tensors, *dense, *ragged]))


@public("io.parse_single_example", "parse_single_example")
def parse_single_example(
    serialized: Any,
    features: Mapping[str, Any] | None,
    name: str | None = None,
    example_names: Any = None,
) -> dict[str, Any]:
    """The features of one serialised `tf.train.Example`.

    Args:
        serialized: a scalar string.
        features: name → what is expected, as in `parse_example`.
        name: a name of the operations.
        example_names: a scalar string, for messages.

    Returns:
        Name → Tensor, SparseTensor or RaggedTensor.

    Raises:
        ValueError: no feature is expected, what is expected of one contradicts itself, or `serialized` is no scalar.
    """
    if not features:
        raise ValueError("Invalid argument: features cannot be None.")
    with name_scope(name, "ParseSingleExample", [serialized, example_names]):
        serialized = convert_to_tensor(serialized, name="serialized")
        serialized = _assert_scalar(serialized, "serialized")
        return parse_example(serialized, features, name, example_names)


def _assert_scalar(value: Tensor, name: str) -> Tensor:
    """The tensor, which a run checks to be a scalar if that is not known."""
    known = value.shape.ndims
    if known == 0:
        return value
    if known is not None:
        raise ValueError(f"Input {name} must be a scalar")
    check = Assert(
        build("Equal", x=rank(value), y=0),
        [f"Input {name} must be a scalar"],
        name=f"{name.capitalize()}IsScalar",
    )
    result: Tensor = with_dependencies([check], value, name=f"{name}Dependencies")
    result.set_shape([])
    return result


@public("io.parse_sequence_example")
def parse_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_names: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The features of serialised `tf.train.SequenceExample`s.

    Args:
        serialized: string [n].
        context_features: name → what is expected of each example: FixedLenFeature, VarLenFeature or RaggedFeature.
        sequence_features: name → what is expected of each step: FixedLenSequenceFeature, VarLenFeature or
            RaggedFeature.
        example_names: string [n], for messages.
        name: a name of the operations.

    Returns:
        The features of the examples, those of the steps, and the number of steps of each dense one of these.

    Raises:
        ValueError: no feature is expected, or what is expected of one contradicts itself.
    """
    _check_any(context_features, sequence_features)
    context = Parameters(context_features, _OF_CONTEXT)
    steps = Parameters(sequence_features, _OF_SEQUENCE)
    with name_scope(name, "ParseSequenceExample", [serialized, example_names]):
        parsed = _parse_sequences(serialized, example_names, context, steps, name)
        return (
            _composed(context_features, context, parsed[0]),
            _composed(sequence_features, steps, parsed[1]),
            parsed[2],
        )


def _check_any(context: Any, sequence: Any) -> None:
    if not (context or sequence):
        raise ValueError(
            "Both `context_features` and `sequence_features` argument are None, but at least one "
            "should have values."
        )


def _composed(
    features: Mapping[str, Any] | None, parameters: Parameters, parsed: dict[str, Any]
) -> dict[str, Any]:
    return compose_features(features or {}, parsed) if parameters.ragged else parsed


def _parse_sequences(
    serialized: Any, names: Any, context: Parameters, steps: Parameters, name: str | None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    if not context.count + steps.count:
        raise ValueError("Must provide at least one feature key.")
    with name_scope(name, "ParseSequenceExample", [serialized]):
        for key, default in steps.dense_defaults.items():
            if default is not None:
                raise ValueError(f"Value feature_list.dense_defaults[{key}] must be None")
        serialized = convert_to_tensor(serialized, name="serialized")
        _check_rank(serialized, bool(context.ragged or steps.ragged))
        parts = build(
            "ParseSequenceExampleV2",
            name=name,
            serialized=serialized,
            debug_name=[] if names is None else names,
            context_sparse_keys=list(context.sparse),
            context_dense_keys=list(context.dense),
            context_ragged_keys=list(context.ragged),
            feature_list_sparse_keys=list(steps.sparse),
            feature_list_dense_keys=list(steps.dense),
            feature_list_ragged_keys=list(steps.ragged),
            feature_list_dense_missing_assumed_empty=[
                key in steps.dense_defaults for key in steps.dense
            ],
            context_dense_defaults=context.default_tensors(),
            Ncontext_sparse=len(context.sparse),
            Nfeature_list_sparse=len(steps.sparse),
            Nfeature_list_dense=len(steps.dense),
            context_sparse_types=list(context.sparse.values()),
            context_ragged_value_types=[types[0] for types in context.ragged.values()],
            context_ragged_split_types=[types[1] for types in context.ragged.values()],
            feature_list_dense_types=[dtype for _, dtype in steps.dense.values()],
            feature_list_sparse_types=list(steps.sparse.values()),
            feature_list_ragged_value_types=[types[0] for types in steps.ragged.values()],
            feature_list_ragged_split_types=[types[1] for types in steps.ragged.values()],
            context_dense_shapes=[shape for shape, _ in context.dense.values()],
            feature_list_dense_shapes=[shape for shape, _ in steps.dense.values()],
        )
        context_rows = _rows(serialized, parts[4], parts[5])
        step_rows = _rows(serialized, parts[11], parts[12], parts[13])
        context_parsed = _by_name(context, parts[0:3], parts[3], context_rows)
        steps_parsed = _by_name(steps, parts[6:9], parts[9], step_rows)
        return context_parsed, steps_parsed, dict(zip(steps.dense, parts[10]))


@public("io.parse_single_sequence_example", "parse_single_sequence_example")
def parse_single_sequence_example(
    serialized: Any,
    context_features: Mapping[str, Any] | None = None,
    sequence_features: Mapping[str, Any] | None = None,
    example_name: Any = None,
    name: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of one serialised `tf.train.SequenceExample`.

    Args:
        serialized: a scalar string.
        context_features: name → what is expected of the example, as in `parse_sequence_example`.
        sequence_features: name → what is expected of each step.
        example_name: a scalar string, for messages.
        name: a name of the operations.

    Returns:
        The features of the example, and those of its steps.

    Raises:
        ValueError: no feature is expected, what is expected of one contradicts itself, or `serialized` is no scalar.
    """
    _check_any(context_features, sequence_features)
    context = Parameters(context_features, _OF_CONTEXT)
    steps = Parameters(sequence_features, _OF_SEQUENCE)
    with name_scope(name, "ParseSingleSequenceExample", [serialized, example_name]):
        with name_scope(name, "ParseSingleExample", [serialized, example_name]):
            serialized = convert_to_tensor(serialized, name="serialized")
            serialized = _assert_scalar(serialized, "serialized")
        parsed = _parse_sequences(serialized, example_name, context, steps, name)
        return (
            _composed(context_features, context, parsed[0]),
            _composed(sequence_features, steps, parsed[1]),
        )
