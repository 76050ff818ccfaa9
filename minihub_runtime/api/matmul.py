"""Products of matrices.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import as_dtype, bfloat16
from minihub_runtime.public import public

__all__ = ["conj", "matmul"]


@public("math.conj", "conj")
def conj(x: Any, name: str | None = None) -> Any:
    """The complex conjugate; real numbers as they are.

    Raises:
        TypeError: `x` is not numeric.
    """
    if isinstance(x, Tensor) and (x.dtype.base_dtype.is_floating or x.dtype.base_dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        base = x.dtype.base_dtype
        if base.is_complex or base.name == "variant":
            return build("Conj", name=scope, input=x)
        if base.is_floating or base.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}.")


@public("linalg.matmul", "matmul")
def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    name: str | None = None,
) -> Any:
    """The product of matrices, or of stacks of matrices, `[…, n, k]` and `[…, k, m]`.

    Args:
        a: the left matrices, of rank 2 or more.
        b: the right matrices.
        transpose_a: take the transposed of `a`.
        transpose_b: take the transposed of `b`.
        adjoint_a: take the conjugate transposed of `a`.
        adjoint_b: take the conjugate transposed of `b`.
        a_is_sparse: `a` has many zeros; matrices of float32 and bfloat16 are then multiplied by SparseMatMul.
        b_is_sparse: `b` has many zeros.
        output_type: the type of the result, if it is another than that of the operands.
        name: wanted name.

    Raises:
        ValueError: a matrix is to be transposed and adjoint, or the shapes do not fit.
    """
    with name_scope(name, "MatMul", [a, b]) as scope:
        for side, transpose, adjoint in (
            ("a", transpose_a, adjoint_a),
            ("b", transpose_b, adjoint_b),
        ):
            if transpose and adjoint:
                raise ValueError(
                    f"Only one of `transpose_{side}` and `adjoint_{side}` can be True. Received "
                    f"`transpose_{side}`={transpose}, `adjoint_{side}`={adjoint}."
                )
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b", preferred_dtype=a.dtype.base_dtype)
        output_type = None if output_type is None else as_dtype(output_type)
        types = {a.dtype.base_dtype, b.dtype.base_dtype}
        is_mixed = output_type is not None and types != {output_type}
        may_be_stack = any(x.shape.ndims is None or x.shape.ndims > 2 for x in (a, b))
        if may_be_stack and not (a_is_sparse or b_is_sparse):
            # The op for stacks knows adjoints only.
            if transpose_a:
                a, adjoint_a = conj(a), True
            if transpose_b:
                b, adjoint_b = conj(b), True
            return _stack_product(a, b, adjoint_a, adjoint_b, output_type, is_mixed, scope)
        # The ops for single matrices know transposition only.
        if adjoint_a:
            a, transpose_a = conj(a), True
        if adjoint_b:
            b, transpose_b = conj(b), True
        if _for_sparse_product(a, b, a_is_sparse or b_is_sparse):
            product = build(
                "SparseMatMul",
                name=scope,
                a=a,
                b=b,
                transpose_a=transpose_a,
                transpose_b=transpose_b,
                a_is_sparse=a_is_sparse,
                b_is_sparse=b_is_sparse,
            )
            return cast(product, bfloat16) if types == {bfloat16} else product
        if is_mixed:
            return _stack_product(
                a, b, adjoint_a or transpose_a, adjoint_b or transpose_b, output_type, True, scope
            )
        return build(
            "MatMul", name=scope, a=a, b=b, transpose_a=transpose_a, transpose_b=transpose_b
        )


def _stack_product(
    a: Tensor, b: Tensor, adj_x: bool, adj_y: bool, output_type: Any, is_mixed: bool, scope: str
) -> Any:
    if is_mixed:
        return build(
            "BatchMatMulV3", name=scope, x=a, y=b, adj_x=adj_x, adj_y=adj_y, Tout=output_type
        )
    return build("BatchMatMulV2", name=scope, x=a, y=b, adj_x=adj_x, adj_y=adj_y)


def _for_sparse_product(a: Tensor, b: Tensor, is_sparse: bool) -> bool:
    """Whether SparseMatMul takes the product: one matrix is said to be sparse, or bfloat16 meets another type."""
    names = {a.dtype.base_dtype.name, b.dtype.base_dtype.name}
    if is_sparse and names <= {"bfloat16", "float32"}:
        return True
    return len(names) == 2 and "bfloat16" in names and not names & {"int8", "uint8"}
