"""The exponential of matrices.

Source: tensorflow/python/ops/linalg/linalg_impl.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import abs, pow
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import fill
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.linalg.matrices import eye
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.reduction import reduce_max, reduce_sum
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.public import public

__all__ = ["matrix_exponential"]

#: Coefficients of the Padé approximations of order 3, 5, 7, 9 and 13, that of the lowest power first.
PADE: dict[int, tuple[float, ...]] = {
    3: (120.0, 60.0, 12.0),
    5: (30240.0, 15120.0, 3360.0, 420.0, 30.0),
    7: (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0),
    9: (
        17643225600.0,
        8821612800.0,
        2075673600.0,
        302702400.0,
        30270240.0,
        2162160.0,
        110880.0,
        3960.0,
        90.0,
    ),
    13: (
        64764752532480000.0,
        32382376266240000.0,
        7771770303897600.0,
        1187353796428800.0,
        129060195264000.0,
        10559470521600.0,
        670442572800.0,
        33522128640.0,
        1323241920.0,
        40840800.0,
        960960.0,
        16380.0,
        182.0,
    ),
}
#: Types → the largest norm of the last approximation, its order, and the norms up to which the others do.
PLANS: dict[tuple[str, ...], tuple[float, tuple[float, ...], tuple[int, ...]]] = {
    ("float16", "float32", "complex64"): (
        3.925724783138660,
        (4.258730016922831e-1, 1.880152677804762),
        (3, 5, 7),
    ),
    ("float64", "complex128"): (
        5.371920351148152,
        (1.495585217958292e-2, 2.539398330063230e-1, 9.504178996162932e-1, 2.097847961257068),
        (3, 5, 7, 9, 13),
    ),
}


@public("linalg.expm")
def matrix_exponential(input: Any, name: str | None = None) -> Any:
    """The exponentials of matrices `[…, n, n]`.

    Args:
        input: floating-point or complex numbers.
        name: wanted name.

    Returns:
        Matrices of the same shape; NaN for one with an infinite element.

    Raises:
        ValueError: another type.
    """
    with name_scope(name, "matrix_exponential", [input]):
        matrix: Any = convert_to_tensor(input, name="input")
        known = matrix.shape.as_tuple()
        if known is not None and known[-2:] == (0, 0):
            return matrix
        batch: Any = matrix.shape[:-2]
        if not batch.is_fully_defined():
            batch = shape(matrix)[:-2]
        matrix = reshape(matrix, concat(([-1], shape(matrix)[-2:]), axis=0))
        columns = reduce_sum(abs(matrix), axis=size(shape(matrix)) - 2)
        norm = reduce_max(columns, axis=-1)[..., None, None]
        plan = next((p for names, p in PLANS.items() if matrix.dtype.name in names), None)
        if plan is None:
            raise ValueError(f"tf.linalg.expm does not support matrices of type {matrix.dtype}")
        numerator, denominator, squarings = _approximations(matrix, norm, plan)
        result = _squared(matrix, norm, numerator, denominator, squarings)
        if not matrix.shape.is_fully_defined():
            return reshape(result, concat((batch, shape(result)[-2:]), axis=0))
        return reshape(result, batch.concatenate(result.shape[-2:]))


def _approximations(matrix: Any, norm: Any, plan: Any) -> tuple[Any, Any, Any]:
    """The odd and even parts of the approximation that the norm asks for; how often the result is to be squared."""
    largest, limits, orders = plan
    two = constant(2.0, norm.dtype)
    ratio = build("Log", x=norm / constant(largest, norm.dtype)) / build("Log", x=two)
    squarings = build("Maximum", x=build("Floor", x=ratio), y=0)
    pairs = [_pade(matrix, order) for order in orders[:-1]]
    pairs.append(_pade(matrix / cast(pow(two, squarings), matrix.dtype), orders[-1]))
    odd, even = (_chosen(norm, limits, [pair[part] for pair in pairs]) for part in (0, 1))
    return odd, even, squarings


def _chosen(norm: Any, limits: Sequence[float], cases: Sequence[Any]) -> Any:
    """The first case whose limit the norm keeps; the last has none."""
    if not limits:
        return cases[0]
    below = build("Less", x=norm, y=constant(limits[0], norm.dtype))
    return where_v2(below, cases[0], _chosen(norm, limits[1:], cases[1:]))


def _pade(matrix: Any, order: int) -> tuple[Any, Any]:
    """The odd and even parts of the Padé approximation of an order."""
    b: list[Any] = [constant(x, matrix.dtype) for x in PADE[order]]
    sizes: Any = shape(matrix)
    one: Any = eye(sizes[-2], batch_shape=shape(matrix)[:-2], dtype=matrix.dtype)
    powers: list[Any] = [one, matmul(matrix, matrix)]
    for _ in range(2, 4 if order == 13 else order // 2 + 1):
        powers.append(matmul(powers[-1], powers[1]))
    if order == 13:
        square, fourth, sixth = powers[1:]
        inner = matmul(sixth, sixth + b[11] * fourth + b[9] * square)
        odd = matmul(matrix, inner + b[7] * sixth + b[5] * fourth + b[3] * square + b[1] * one)
        high = b[12] * sixth + b[10] * fourth + b[8] * square
        even = matmul(sixth, high) + b[6] * sixth + b[4] * fourth + b[2] * square + b[0] * one
        return odd, even
    inner = powers[-1]
    for place in reversed(range(len(powers) - 1)):
        inner = inner + b[2 * place + 1] * powers[place]
    odd = matmul(matrix, inner)
    even = b[2 * len(powers) - 2] * powers[-1]
    for place in reversed(range(len(powers) - 1)):
        even = even + b[2 * place] * powers[place]
    return odd, even


def _squared(matrix: Any, norm: Any, odd: Any, even: Any, squarings: Any) -> Any:
    """The quotient of the approximation, squared as often as each matrix was halved."""
    is_finite = build("IsFinite", x=reduce_max(norm))
    result: Any = cond(
        is_finite,
        lambda: build("MatrixSolve", matrix=-odd + even, rhs=odd + even),
        lambda: fill(shape(matrix), constant(np.nan, matrix.dtype)),
    )
    most = reduce_max(squarings)

    def goes_on(i: Tensor, _: Tensor) -> Any:
        return cond(is_finite, lambda: build("Less", x=i, y=most), lambda: constant(False))

    def step(i: Any, value: Tensor) -> Any:
        wanted = build("Less", x=i, y=squarings)
        return i + 1, where_v2(wanted, matmul(value, value), value)

    return while_loop(goes_on, step, [constant(0.0, norm.dtype), result])[1]
