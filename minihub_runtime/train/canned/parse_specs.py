"""What `tf.parse_example` needs to know to read the features, the label and the weight of an example.

Source: tensorflow_estimator/python/estimator/canned/parsing_utils.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.feature_column.input_layer import make_parse_example_spec
from minihub_runtime.api.feature_column.numeric import NumericColumn, numeric_column
from minihub_runtime.api.parsing.features import FixedLenFeature
from minihub_runtime.dtypes import float32, int64
from minihub_runtime.public import public

__all__ = ["classifier_parse_example_spec", "regressor_parse_example_spec"]


@public("estimator.classifier_parse_example_spec")
def classifier_parse_example_spec(
    feature_columns: Any,
    label_key: str,
    label_dtype: Any = int64,
    label_default: Any = None,
    weight_column: Any = None,
) -> dict[Any, Any]:
    """Key → how it is read, of the features of columns and of the label of a class.

    Args:
        feature_columns: an iterable of columns.
        label_key: the key of the label.
        label_dtype: its type; that of strings with a vocabulary of labels.
        label_default: the label of an example without one; None if it must have one.
        weight_column: the key or numeric column of weights of examples.

    Raises:
        ValueError: the label or the weight is a feature as well, or a column is none.
    """
    label = FixedLenFeature((1,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


@public("estimator.regressor_parse_example_spec")
def regressor_parse_example_spec(
    feature_columns: Any,
    label_key: str,
    label_dtype: Any = float32,
    label_default: Any = None,
    label_dimension: int = 1,
    weight_column: Any = None,
) -> dict[Any, Any]:
    """Key → how it is read, of the features of columns and of the numbers to find.

    Args:
        feature_columns: an iterable of columns.
        label_key: the key of the label.
        label_dtype: its type.
        label_default: the label of an example without one; None if it must have one.
        label_dimension: how many numbers it has.
        weight_column: the key or numeric column of weights of examples.

    Raises:
        ValueError: the label or the weight is a feature as well, or a column is none.
    """
    label = FixedLenFeature((label_dimension,), label_dtype, label_default)
    return _with_label(feature_columns, label_key, label, weight_column)


def _with_label(
    feature_columns: Any, label_key: str, label: FixedLenFeature, weight_column: Any
) -> dict[Any, Any]:
    spec = make_parse_example_spec(feature_columns)
    if label_key in spec:
        raise ValueError(
            f"label should not be used as feature. label_key: {label_key}, features: {spec.keys()}"
        )
    spec[label_key] = label
    if weight_column is None:
        return spec
    if isinstance(weight_column, str):
        weight_column = numeric_column(weight_column)
    if not isinstance(weight_column, NumericColumn):
        raise ValueError(
            "weight_column should be an instance of tf.feature_column.numeric_column. "
            f"Given type: {type(weight_column)} value: {weight_column}"
        )
    if weight_column.key in spec:
        raise ValueError(
            "weight_column should not be used as feature. "
            f"weight_column: {weight_column.key}, features: {spec.keys()}"
        )
    spec.update(weight_column.parse_example_spec)
    return spec
