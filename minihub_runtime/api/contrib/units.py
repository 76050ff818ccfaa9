"""`tf.contrib.layers`: norms of units, the largest of several units, and gradients that are scaled.

Source: tf_slim/layers/layers.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import div
from minihub_runtime.api.building import build
from minihub_runtime.api.contrib.arg_scope import add_arg_scope
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.custom_gradient import custom_gradient
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.reduction import reduce_max, reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.slicing import strided_slice
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["maxout", "poincare_normalize", "scale_gradient", "unit_norm"]


@public("contrib.layers.unit_norm", "contrib.slim.unit_norm")
@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """Inputs divided by their Euclidean norm along one dimension.

    Args:
        inputs: a tensor of known rank.
        dim: the dimension.
        epsilon: a small number added to the squares.
        scope: the scope.

    Raises:
        ValueError: the rank is not known, or there is no such dimension.
    """
    with variable_scope(scope, "UnitNorm", [inputs]):
        rank = inputs.get_shape().ndims
        if not rank:
            raise ValueError("The input rank must be known.")
        if not 0 <= dim < rank:
            raise ValueError("dim must be positive but smaller than the input rank.")
        squares = build("Square", x=inputs)
        lengths = build("Sqrt", x=epsilon + reduce_sum(squares, dim, True))
        multiples = [ones([dim], int32)] if dim > 0 else []
        multiples.append(strided_slice(shape(inputs), [dim], [dim + 1]))
        if dim < rank - 1:
            multiples.append(ones([rank - 1 - dim], int32))
        return div(inputs, build("Tile", input=lengths, multiples=concat(multiples, 0)))


@public("contrib.layers.maxout", "contrib.slim.maxout")
@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Any:
    """The largest of each group of neighbouring features.

    Args:
        inputs: a tensor of known rank and number of features.
        num_units: the number of groups.
        axis: the dimension of the features.
        scope: the scope.

    Raises:
        ValueError: the features do not make so many groups of one size.
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        sizes: list[Any] = inputs.shape.as_list()
        features = sizes[axis]
        if features % num_units:
            raise ValueError(
                f"number of features({features}) is not a multiple of num_units({num_units})"
            )
        sizes[axis] = num_units
        sizes.append(features // num_units)
        sizes = [shape(inputs)[i] if size is None else size for i, size in enumerate(sizes)]
        return reduce_max(reshape(inputs, sizes), -1, keepdims=False)


@public("contrib.layers.poincare_normalize")
def poincare_normalize(
    x: Any, axis: int = 1, epsilon: float = 1e-5, name: str | None = None
) -> Any:
    """Vectors whose Euclidean norm is at most `1 - epsilon`: longer ones are shortened.

    Args:
        x: a tensor.
        axis: the dimension of the vectors.
        epsilon: see above.
        name: wanted name.
    """
    with name_scope(name, "poincare_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        squares = reduce_sum(build("Square", x=x), axis, keepdims=True)
        factor = (1.0 - epsilon) * build("Rsqrt", x=squares)
        return build("Mul", name=scope, x=x, y=build("Minimum", x=factor, y=1.0))


@public("contrib.layers.scale_gradient", "contrib.slim.scale_gradient")
@custom_gradient
def scale_gradient(inputs: Any, gradient_multiplier: Any) -> Any:
    """The tensor as it is; its gradient is multiplied by a number.

    Args:
        inputs: a tensor.
        gradient_multiplier: the number, or a tensor.
    """
    return inputs, lambda upstream: [upstream * gradient_multiplier, None]
