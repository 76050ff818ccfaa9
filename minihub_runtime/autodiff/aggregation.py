"""How the gradients that several consumers give one tensor become one.

Source: tensorflow/python/ops/gradients_util.py (_AggregatedGrads), tensorflow/python/eager/backprop_util.py
(AggregateIndexedSlicesGradients), tensorflow/python/ops/unconnected_gradients.py.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from minihub_runtime.ops.terms import Ops, Slices, Term

__all__ = ["AggregationMethod", "UnconnectedGradients", "aggregate", "check_method"]


class AggregationMethod:
    """How gradients of one tensor are summed: by one AddN, or in pairs, which holds less memory."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


class UnconnectedGradients(enum.Enum):
    """What stands for the gradient of a tensor that nothing depends on: None, or zeros of its shape."""

    NONE = "none"
    ZERO = "zero"


def check_method(method: int | None) -> int:
    """`method`, or the default.

    Raises:
        ValueError: there is no such method.
    """
    if method is None:
        return AggregationMethod.DEFAULT
    known = (
        AggregationMethod.ADD_N,
        AggregationMethod.EXPERIMENTAL_TREE,
        AggregationMethod.EXPERIMENTAL_ACCUMULATE_N,
    )
    if method not in known:
        raise ValueError(
            f"Invalid `aggregation_method` specified {method}. Accepted values are {list(known)}."
        )
    return method


def aggregate(
    ops: Ops, gradients: Sequence[Term], method: int = AggregationMethod.DEFAULT
) -> Term | None:
    """The sum of the gradients of one tensor, slices where all are; None if there are none."""
    # Zeros that nothing computed yet need no computing.
    found = [g for g in gradients if not g.known_zero] or list(gradients[:1])
    if len(found) < 2:
        return found[0] if found else None
    if all(g.sliced for g in found):
        return _joined(ops, [g for g in found if isinstance(g, Slices)])
    if method == AggregationMethod.ADD_N or any(g.sliced for g in found):
        total: Term = ops.AddN(found)
        return total
    total = found[0]
    for gradient in found[1:]:
        total = ops.AddN([total, gradient])
    return total


def _joined(ops: Ops, parts: Sequence[Slices]) -> Slices:
    """All slices one after the other; indices of different types become int64."""
    types = {part.indices.dtype for part in parts}
    indices = [
        ops.Cast(part.indices, DstT="int64")
        if len(types) > 1 and part.indices.dtype.name != "int64"
        else part.indices
        for part in parts
    ]
    return Slices(
        ops.ConcatV2([part.values for part in parts], 0),
        ops.ConcatV2(indices, 0),
        parts[0].dense_shape,
    )
