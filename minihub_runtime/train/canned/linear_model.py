"""Linear models of feature columns, with summaries.

Source: tensorflow_estimator/python/estimator/canned/linear.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.feature_column.layers import LinearColumns, have_state
from minihub_runtime.api.feature_column.linear_model import LinearModel
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.nn.moments import zero_fraction
from minihub_runtime.api.sizes import size
from minihub_runtime.api.summary.operations import histogram, scalar
from minihub_runtime.api.variables.partitioned import parts_of
from minihub_runtime.dtypes import float32, int64
from minihub_runtime.public import public

__all__ = ["linear_logit_fn_builder"]


@public("estimator.experimental.linear_logit_fn_builder")
def linear_logit_fn_builder(
    units: int, feature_columns: Any, sparse_combiner: str = "sum"
) -> Callable[..., Any]:
    """A function of `features` that builds the logits of a linear model.

    Args:
        units: how many logits there are.
        feature_columns: dense and categorical columns.
        sparse_combiner: how the weights of the categories of an example are combined: "sum", "mean" or "sqrtn".
    """

    def linear_logit_fn(features: dict[Any, Any]) -> Any:
        logits, bias, weights = _linear_model(features, units, feature_columns, sparse_combiner)
        if units > 1:
            histogram("bias", bias)
        else:
            scalar("bias", bias[0][0])
        scalar("fraction_of_zero_weights", _fraction_of_zeros(weights))
        return logits

    return linear_logit_fn


def _linear_model(
    features: dict[Any, Any], units: int, feature_columns: Any, sparse_combiner: str
) -> tuple[Any, list[Any], list[Any]]:
    """The logits, the parts of the bias, and the parts of the other variables."""
    if have_state(feature_columns):
        model = LinearColumns(feature_columns, units, sparse_combiner)
        logits = model(features)
        return logits, _parts([model.bias]), _parts(model.variables)
    older = LinearModel(feature_columns, units, sparse_combiner)
    logits = older(features)
    variables = dict(older.cols_to_vars)
    bias = variables.pop("bias")
    return logits, bias, _parts([part for parts in variables.values() for part in parts])


def _parts(variables: list[Any]) -> list[Any]:
    return [part for variable in variables for part in parts_of(variable)]


def _fraction_of_zeros(variables: list[Any]) -> Any:
    """Which part of the elements of variables is zero."""
    with name_scope("zero_fraction"):
        with name_scope("total_size"):
            sizes = [size(variable, out_type=int64) for variable in variables]
            total = add_n(sizes)
        with name_scope("total_zero"):
            zeros = add_n([_zeros(*pair) for pair in zip(variables, sizes, strict=True)])
        with name_scope("compute"):
            found = zeros / cast(total, dtype=float32, name="float32_size")
        return identity(found, name="zero_fraction_or_nan")


def _zeros(variable: Any, count: Any) -> Any:
    """How many elements of a variable are zero."""
    return cond(
        build("Equal", x=count, y=constant(0, dtype=int64)),
        true_fn=lambda: constant(0, dtype=float32),
        false_fn=lambda: zero_fraction(variable) * cast(count, dtype=float32),
        name="zero_count",
    )
