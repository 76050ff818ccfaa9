"""The same elements in another shape or order.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.sizes import rank
from minihub_runtime.public import public

__all__ = [
    "expand_dims",
    "matrix_transpose",
    "reshape",
    "reverse_sequence",
    "roll",
    "squeeze",
    "transpose",
]


@public("reshape", "manip.reshape")
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The elements of `tensor` in another shape; one size may be -1, which stands for what is left."""
    result: Tensor = build("Reshape", name=name, tensor=tensor, shape=shape)
    return result


@public("expand_dims")
def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """`input` with a dimension of size one before dimension `axis`.

    Raises:
        ValueError: there is no axis, or it is given as `dim` too.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    result: Tensor = build("ExpandDims", name=name, input=input, dim=axis)
    return result


@public("squeeze")
def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor:
    """`input` without its dimensions of size one, or without those that `axis` lists.

    Raises:
        ValueError: the axes are given as `squeeze_dims` too, or one has another size.
    """
    axis = deprecated_argument_lookup("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    result: Tensor = build("Squeeze", name=name, input=input, squeeze_dims=axis)
    return result


@public("transpose")
def transpose(
    a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Tensor:
    """`a` with its dimensions in another order.

    Args:
        a: a tensor.
        perm: dimension i of the result is dimension `perm[i]` of `a`; by default the order is reversed.
        name: wanted name.
        conjugate: take the conjugates of complex numbers too.
    """
    with name_scope(name, "transpose", [a]) as scope:
        if not isinstance(a, Tensor):
            a = convert_to_tensor(a, name="a")
        op = "ConjugateTranspose" if conjugate and a.dtype.is_complex else "Transpose"
        if perm is None:
            known = a.shape.ndims
            if known is None:
                perm = build("Range", start=build("Rank", input=a) - 1, limit=-1, delta=-1)
            else:
                perm = np.arange(known - 1, -1, -1, dtype=np.int32)
        result: Tensor = build(op, name=scope, x=a, perm=perm)
        return result


@public("linalg.matrix_transpose", "linalg.transpose", "matrix_transpose")
def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """Matrices `[…, n, m]` as `[…, m, n]`; with `conjugate` their adjoints.

    Raises:
        ValueError: the rank is below 2.
    """
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        known = a.shape.ndims
        perm: Any
        if known is None:
            count = rank(a)
            batch = build("Range", start=0, limit=count - 2, delta=1)
            perm = concat((batch, [count - 1, count - 2]), 0)
        elif known < 2:
            raise ValueError(
                f"Argument `a` should be a (batch) matrix with rank >= 2.  Received `a` = {a} with "
                f"shape: {a.shape}"
            )
        else:
            perm = [*range(known - 2), known - 1, known - 2]
        return transpose(a, perm=perm, conjugate=conjugate)


@public("roll", "manip.roll")
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """`input` with its elements moved along dimensions; those moved out come in on the other side."""
    result: Tensor = build("Roll", name=name, input=input, shift=shift, axis=axis)
    return result


@public("reverse_sequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
    seq_dim: int | None = None,
    batch_dim: int | None = None,
) -> Tensor:
    """Sequences whose first `seq_lengths[i]` elements are reversed.

    Args:
        input: the sequences.
        seq_lengths: a length for each.
        seq_axis: the dimension along which they lie.
        batch_axis: the dimension that tells sequences apart, 0 by default.
        name: wanted name.
        seq_dim: an older name of `seq_axis`.
        batch_dim: an older name of `batch_axis`.

    Raises:
        ValueError: an argument is given under both of its names.
    """
    result: Tensor = build(
        "ReverseSequence",
        name=name,
        input=input,
        seq_lengths=seq_lengths,
        seq_dim=deprecated_argument_lookup("seq_axis", seq_axis, "seq_dim", seq_dim),
        batch_dim=deprecated_argument_lookup("batch_axis", batch_axis, "batch_dim", batch_dim),
    )
    return result
