"""`tf.contrib.image`: images that are warped, and splines between points.

Source: tensorflow_core/contrib/image/python/ops/dense_image_warp.py, interpolate_spline.py, sparse_image_warp.py
(release 1.15); tensorflow_addons/image/ has files of the same names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import pow
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_greater_equal
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones_like, zeros, zeros_like
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.grids import meshgrid
from minihub_runtime.api.image.checking import image_dimensions
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.linalg.matrices import eye, matrix_diag_part
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.ranges import range as number_range
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["dense_image_warp", "interpolate_spline", "sparse_image_warp"]

#: What stands for smaller squares of distances, whose logarithms and roots would have no gradient.
_LEAST = 1e-10


def _sizes(image: Any) -> list[Any]:
    """Batch, height, width and channels: numbers where they are known, else scalars.

    Raises:
        ValueError: the image has not four dimensions.
    """
    image.shape.with_rank(4)
    return image_dimensions(image, 4)


def _places(height: Any, width: Any, dtype: Any) -> Any:
    """Row and column of each pixel, `[height, width, 2]`."""
    grid = meshgrid(number_range(height), number_range(width), indexing="ij")
    return cast(stack(grid, axis=2), dtype)


def _between(x: Any, least: float, most: Any) -> Any:
    # At the ends themselves the gradient stops, because the constant comes first.
    return build("Minimum", x=build("Maximum", x=constant(least, x.dtype), y=x), y=most)


@public("contrib.image.dense_image_warp")
def dense_image_warp(image: Any, flow: Any, name: str = "dense_image_warp") -> Any:
    """Images whose pixels come from elsewhere: that at `(row, column)` from `(row, column) - flow`.

    Between pixels it is interpolated; outside the image the nearest pixel counts.

    Args:
        image: `[batch, height, width, channels]`, at least two pixels high and wide; floating numbers.
        flow: `[batch, height, width, 2]`.
        name: name of the scope.

    Raises:
        ValueError: the image has not four dimensions.
        InvalidArgumentError: it is too small.
    """
    with name_scope(name):
        image, flow = convert_to_tensor(image), convert_to_tensor(flow)
        batch, height, width, channels = _sizes(image)
        points = _places(height, width, flow.dtype) - flow
        least = [
            assert_greater_equal(height, 2, message="Grid height must be at least 2."),
            assert_greater_equal(width, 2, message="Grid width must be at least 2."),
        ]
        with control_dependencies([check for check in least if check is not None]):
            pixels = reshape(image, [-1, channels])
        first = reshape(number_range(batch) * height * width, [batch, 1, 1])

        def around(axis: int, size: Any) -> tuple[Any, Any]:
            """The place of the pixel before each point, and how far behind it the point lies."""
            where = points[..., axis]
            before = _between(build("Floor", x=where), 0.0, cast(size - 2, where.dtype))
            part = _between(cast(where - before, image.dtype), 0.0, 1.0)
            return cast(before, int32), expand_dims(part, -1)

        def pixel(row: Any, column: Any) -> Any:
            return gather(pixels, first + row * width + column)

        def mixed(one: Any, other: Any, part: Any) -> Any:
            return part * (other - one) + one

        top, down = around(0, height)
        left, right = around(1, width)
        upper = mixed(pixel(top, left), pixel(top, left + 1), right)
        lower = mixed(pixel(top + 1, left), pixel(top + 1, left + 1), right)
        return reshape(mixed(upper, lower, down), [batch, height, width, channels])


def _radial(squares: Any, order: int) -> Any:
    """The function of distances, given as squares, that splines of an order are made of."""
    with name_scope("phi"):
        clipped = build("Maximum", x=squares, y=_LEAST)
        if order == 1:
            return build("Sqrt", x=clipped)
        if order % 2:
            return pow(clipped, 0.5 * order)
        powers = squares if order == 2 else pow(squares, 0.5 * order)
        return 0.5 * powers * build("Log", x=clipped)


def _with_one(points: Any) -> Any:
    """Points with a coordinate that is 1, for the constant part of a linear function."""
    return concat([points, ones_like(points[..., :1])], 2)


def _known_size(points: Any, what: str) -> int:
    size: int | None = points.shape[-1].value
    if size is None:
        raise ValueError(f"The dimensionality of the {what} must be statically-inferrable.")
    return size


@public("contrib.image.interpolate_spline")
def interpolate_spline(
    train_points: Any,
    train_values: Any,
    query_points: Any,
    order: int,
    regularization_weight: float = 0.0,
    name: str = "interpolate_spline",
) -> Any:
    """The values at points of a polyharmonic spline through other points, `[batch, queries, values]`.

    Args:
        train_points: `[batch, points, dimensions]`, through which the spline goes; the last size is known.
        train_values: `[batch, points, values]`, the values there; the last size is known.
        query_points: `[batch, queries, dimensions]`.
        order: 1 for distances, 2 for thin plates, 3 for cubes of distances, and so on.
        regularization_weight: how much it counts that the spline bends little; with 0 it meets the points.
        name: name of the scope.

    Raises:
        ValueError: a size is not known.
    """
    with name_scope(name):
        centers, values = convert_to_tensor(train_points), convert_to_tensor(train_values)
        queries = convert_to_tensor(query_points)
        columns = _known_size(centers, "input points (d)") + 1
        outputs = _known_size(values, "output values (k)")
        batch, count = shape_of(centers)[0], shape_of(centers)[1]
        with name_scope("solve"):
            products = matmul(centers, centers, adjoint_b=True)
            # Of the products themselves, so that each point has no distance at all from itself.
            norms = expand_dims(matrix_diag_part(products), 2)
            squares = norms - 2 * products + transpose(norms, [0, 2, 1])
            radial = _radial(squares, order)
            if regularization_weight > 0:
                radial += regularization_weight * expand_dims(eye(count, dtype=centers.dtype), 0)
            linear = _with_one(centers)
            empty = zeros([batch, columns, columns], centers.dtype)
            upper = concat([radial, linear], 2)
            lower = concat([transpose(linear, [0, 2, 1]), empty], 2)
            wanted = concat([values, zeros([batch, columns, outputs], centers.dtype)], 1)
            weights = build("MatrixSolve", matrix=concat([upper, lower], 1), rhs=wanted)
        with name_scope("predict"):
            of_queries = expand_dims(reduce_sum(build("Square", x=queries), 2), 2)
            of_centers = expand_dims(reduce_sum(build("Square", x=centers), 2), 1)
            squares = of_queries - 2 * matmul(queries, centers, adjoint_b=True) + of_centers
            rounded = matmul(_radial(squares, order), weights[:, :count])
            return rounded + matmul(_with_one(queries), weights[:, count:])


@public("contrib.image.sparse_image_warp")
def sparse_image_warp(
    image: Any,
    source_control_point_locations: Any,
    dest_control_point_locations: Any,
    interpolation_order: int = 2,
    regularization_weight: float = 0.0,
    num_boundary_points: int = 0,
    name: str = "sparse_image_warp",
) -> tuple[Any, Any]:
    """Images in which some points move elsewhere, and the rest follows along a spline.

    Args:
        image: `[batch, height, width, channels]`, floating numbers.
        source_control_point_locations: rows and columns of the points, `[batch, points, 2]`.
        dest_control_point_locations: where they go, likewise.
        interpolation_order: see `interpolate_spline`.
        regularization_weight: likewise.
        num_boundary_points: the number of points on each edge, one of its corners among them, that stay in their places.
        name: name of the scope.

    Returns:
        The images, and how far each pixel moves, `[batch, height, width, 2]`.

    Raises:
        ValueError: the image has not four dimensions.
    """
    image = convert_to_tensor(image)
    source = convert_to_tensor(source_control_point_locations)
    points = convert_to_tensor(dest_control_point_locations)
    flows = points - source
    with name_scope(name):
        batch, height, width, _ = _sizes(image)
        grid = reshape(_places(height, width, points.dtype), [1, height * width, 2])
        if num_boundary_points > 0:
            edges = constant(_edges(num_boundary_points), points.dtype)
            ends = cast(stack([height - 1, width - 1]), points.dtype)
            fixed = _repeated(expand_dims(edges * ends, 0), batch)
            points = concat([points, fixed], 1)
            flows = concat([flows, zeros_like(fixed)], 1)
        moved = interpolate_spline(
            points, flows, _repeated(grid, batch), interpolation_order, regularization_weight
        )
        dense = reshape(moved, [batch, height, width, 2])
        return dense_image_warp(image, dense), dense


def _repeated(item: Any, batch: Any) -> Any:
    return build("Tile", input=item, multiples=stack([batch, 1, 1]))


def _edges(count: int) -> Any:
    """Points on the edges of the unit square, as many on each, one of its corners among them."""
    along = np.linspace(0, 1, count + 1)
    places = np.stack(np.meshgrid(along, along, indexing="ij"), -1).reshape(-1, 2)
    return places[((places == 0) | (places == 1)).any(axis=1)]
