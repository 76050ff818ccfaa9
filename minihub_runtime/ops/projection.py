"""Products with a matrix of which one half is known before a loop: what `passes.hoist_products` makes of recurrent cells.

A cell multiplies [input, state] by one matrix in each turn.  The products of the inputs do not depend on the loop: all of them
are one product, which reads the matrix once instead of once a turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.matmul import multiply_matrices
from minihub_runtime.ops.panels import LEAST_ROWS, Panels, panels_of
from minihub_runtime.ops.products import multiply
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.tensor_array import TensorArray
from minihub_runtime.shapes import Shape, Spec, show

__all__ = ["Projection", "project"]

#: More bytes of products are not held at once; then one turn takes so long that reading the matrix counts for little.
MAX_BYTES = 64 << 20


#: In fewer turns to lay out the matrix in panels takes longer than it saves.
FEW_TURNS = 4


class Projection:
    """The products of the tensors of an array with the first rows of a matrix.

    Attributes:
        items: the tensors.
        products: their products, along a new first axis.
        panels: the other rows of the matrix in panels, if products with them gain by that.
    """

    def __init__(self, items: list[Array], products: Array, panels: Panels | None) -> None:
        self.items = items
        self.products = products
        self.panels = panels


def project(array: Any, weights: Array) -> Projection | None:
    """The products of all tensors of an array, of one shape [m, k], with the first k rows of `weights`.

    None where there is nothing to gain, or something is other than the loop expects; its turns see to that.
    """
    if not isinstance(array, TensorArray) or array.closed or weights.ndim != 2:
        return None
    with array.lock:
        items = array.present()
    if len(items) < 2 or items[0].ndim != 2 or items[0].dtype != weights.dtype:
        return None
    shape = items[0].shape
    total = len(items) * shape[0] * weights.shape[1] * weights.itemsize
    if shape[1] > weights.shape[0] or total > MAX_BYTES or not total:
        return None
    if any(item.shape != shape or item.dtype != weights.dtype for item in items):
        return None
    products = multiply(np.concatenate(items), weights[: shape[1]])
    often = len(items) >= FEW_TURNS and shape[0] >= LEAST_ROWS
    panels = panels_of(weights[shape[1] :]) if often else None
    return Projection(items, products.reshape(len(items), shape[0], weights.shape[1]), panels)


def _product_shape(first: Spec, second: Spec, weights: Spec) -> Shape:
    rows = first.shape[0] if first.shape else None
    return (rows, weights.shape[1] if weights.shape else None)


@op(
    "_ProjectedMatMul(first: T, second: T, weights: T, index: int32, projection: variant) "
    "-> product: T",
    T=types("float32 float64"),
    stateful=True,
    precision=ROUNDING,
    source="core/kernels/matmul_op_impl.h",
    shape=_product_shape,
)
def projected_mat_mul(
    first: Array, second: Array, weights: Array, index: Array, projection: Projection | None
) -> Array:
    """`[first, second] · weights`, where `projection` may hold the product of `first`, its item number `index`.

    Shapes: `[m, j]`, `[m, k]`, `[j + k, n]`, `[]` -> `[m, n]`. Raises: InvalidArgumentError for other shapes.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[0] != second.shape[0]:
        raise InvalidArgumentError(
            "first and second must be matrices of as many rows, not of shapes "
            f"{show(first.shape)} and {show(second.shape)}"
        )
    if isinstance(projection, Projection) and index.ndim == 0:
        place = int(index)
        if 0 <= place < len(projection.items) and projection.items[place] is first:
            panels = projection.panels
            if panels is not None and second.shape[1] == panels.shape[0]:
                product = multiply(second, panels)
            else:
                product = multiply_matrices(second, weights[first.shape[1] :])
            product += projection.products[place]
            return product
    return multiply_matrices(np.concatenate((first, second), axis=1), weights)
