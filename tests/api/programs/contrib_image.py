"""`tf.contrib.image`; TensorFlow has it no more, its successor tensorflow_addons has the same functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.api.programs import attempt, results


class Addons:
    """tensorflow_addons behind the signatures of `tf.contrib.image`, as far as the programs below use them."""

    def __init__(self) -> None:
        reason = "tensorflow_addons is in the oracle environment"
        self.own = pytest.importorskip("tensorflow_addons", reason=reason).image

    def __getattr__(self, name: str) -> Any:
        for place in ("transform_ops", "translate_ops"):
            if hasattr(getattr(self.own, place), name):
                return getattr(getattr(self.own, place), name)
        return getattr(self.own, name)

    def compose_transforms(self, *transforms: Any) -> Any:
        return self.own.compose_transforms(transforms)

    def transform(
        self, images: Any, transforms: Any, interpolation: str = "NEAREST", output_shape: Any = None
    ) -> Any:
        return self.own.transform(images, transforms, interpolation, output_shape=output_shape)


def image_tools(tf: Any) -> Any:
    """`tf.contrib.image`, or what took its place."""
    return tf.contrib.image if hasattr(tf, "contrib") else Addons()


def pixels(*shape: int) -> Any:
    return (np.arange(int(np.prod(shape))).reshape(shape) * 7 % 31).astype(np.float32)


def values(tf: Any, *tensors: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return [[(t.dtype.name, str(t.shape)) for t in tensors], session.run(tensors, feeds)]


@results
def turned_images(tf: Any) -> Any:
    image = image_tools(tf)
    batch = pixels(2, 4, 5, 2)
    return [
        values(
            tf,
            image.rotate(batch, 0.5),
            image.rotate(batch, [0.5, -2.0], interpolation="BILINEAR"),
            image.rotate(batch[0], np.pi / 2),
            image.rotate(batch[0, :, :, 0].astype(np.uint8), 1.0),
            image.rotate(batch.astype(np.float64), [3.0, 0.1], "BILINEAR"),
            image.translate(batch, [1.0, -1.0]),
            image.translate(batch.astype(np.int32), [[1.0, 0.0], [0.5, 2.0]]),
            image.translate(batch[0, :, :, 0], [0.25, 0.5], interpolation="BILINEAR"),
        ),
        attempt(lambda: image.rotate([["a"]], 0.5)),
        attempt(lambda: image.translate(batch, 1.0)),
        attempt(lambda: image.translate(batch, tf.placeholder(tf.float32))),
    ]


@results
def transformed_images(tf: Any) -> Any:
    image = image_tools(tf)
    batch = pixels(2, 4, 5, 2)
    free = tf.placeholder(tf.float32, [None, None, None, 2])
    one = [1.0, 0.5, -1.0, 0.25, 1.0, 0.5, 0.0, 0.125]
    two = [[0.5, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0], one]
    x = tf.constant(batch)
    y = image.transform(x, two, interpolation="BILINEAR")
    return [
        values(
            tf,
            image.transform(batch, one),
            image.transform(batch, two, "BILINEAR"),
            image.transform(batch[0], one, output_shape=[3, 7]),
            image.transform(free, two, output_shape=tf.constant([2, 2])),
            image.transform(free, one),
            tf.gradients(tf.reduce_sum(y * y), x)[0],
            feeds={free: batch},
        ),
        attempt(lambda: image.transform(batch, one, output_shape=[1, 2, 3])),
    ]


@results
def written_transforms(tf: Any) -> Any:
    image = image_tools(tf)
    one = [1.0, 0.5, -1.0, 0.25, 1.0, 0.5, 0.0, 0.125]
    other = [[0.5, 0.0, 2.0, 0.0, 2.0, 1.0, 0.5, 0.0]]
    matrices = image.flat_transforms_to_matrices([one, one])
    free = tf.placeholder(tf.float32, [None])
    return [
        values(
            tf,
            image.angles_to_projective_transforms(0.5, 4.0, 6.0),
            image.angles_to_projective_transforms(free, 4, 5),
            image.translations_to_projective_transforms([1.0, 2.0]),
            image.translations_to_projective_transforms([[1.0, 2.0], [-3.0, 0.5]]),
            image.compose_transforms(one),
            image.compose_transforms(one, other, one),
            matrices,
            image.matrices_to_flat_transforms(matrices * 2.0),
            image.matrices_to_flat_transforms(np.eye(3)),
            feeds={free: [0.25, 1.0, -3.0]},
        ),
        attempt(lambda: image.flat_transforms_to_matrices([[one]])),
        attempt(lambda: image.matrices_to_flat_transforms(one)),
    ]


@results
def warped_images(tf: Any) -> Any:
    image = image_tools(tf)
    batch = pixels(2, 4, 5, 3)
    flow = (pixels(2, 4, 5, 2)[:, ::-1] / 10 - 1.5).copy()
    free = tf.placeholder(tf.float32, [None, None, None, 3])
    x, f = tf.constant(batch), tf.constant(flow)
    y = image.dense_image_warp(x, f)
    return values(
        tf,
        y,
        image.dense_image_warp(batch.astype(np.float64), flow),
        image.dense_image_warp(tf.constant(batch, tf.float16), tf.constant(flow, tf.float64)),
        image.dense_image_warp(free, f),
        *tf.gradients(tf.reduce_sum(y * y), [x, f]),
        feeds={free: batch},
    )


@results
def splines(tf: Any) -> Any:
    image = image_tools(tf)
    points = np.array(
        [[[0, 0], [1, 0.25], [0.5, 2], [3, 1], [2, 2]], [[0, 1], [2, 0], [1, 1.5], [3, 3], [0, 3]]]
    )
    points = points.astype(np.float64)
    wanted = pixels(2, 5, 2).astype(np.float64) / 8
    queries = pixels(2, 4, 2).astype(np.float64) / 10
    found = [
        image.interpolate_spline(points, wanted, queries, order, weight)
        for order in (1, 2, 3, 4, 5, 6)
        for weight in (0.0, 0.25)
    ]
    at_points = image.interpolate_spline(points, wanted, points, 2)
    c, v, q = map(tf.constant, (points, wanted, queries))
    y = image.interpolate_spline(c, v, q, 3)
    return values(tf, *found, at_points, *tf.gradients(tf.reduce_sum(y * y), [c, v, q]))


@results
def images_warped_by_points(tf: Any) -> Any:
    image = image_tools(tf)
    batch = pixels(2, 6, 5, 2).astype(np.float64)
    source = np.array([[[1, 1], [4, 3]], [[2, 2], [3, 1]]], np.float64)
    moved = source + np.array([[0.5, -0.25], [-1, 1]])
    three = np.array([[[0, 0], [5, 0], [2, 4]]] * 2, np.float64)
    found = [
        *image.sparse_image_warp(batch, source, moved, num_boundary_points=1),
        *image.sparse_image_warp(batch, source, moved, 1, 0.5, num_boundary_points=3),
        *image.sparse_image_warp(batch, three, three + 0.5, interpolation_order=1),
    ]
    return values(tf, *found)


@results
def colors_in_yiq(tf: Any) -> Any:
    image = image_tools(tf)
    rgb = pixels(2, 3, 3) / 31
    found = [
        image.adjust_hsv_in_yiq(rgb),
        image.adjust_hsv_in_yiq(rgb, 0.5, 1.5, 0.75),
        image.adjust_hsv_in_yiq((rgb * 255).astype(np.uint8), -1.0, 0.5),
        image.adjust_hsv_in_yiq(np.stack([rgb, rgb[::-1]]), tf.constant(2.0), scale_value=2.0),
        image.random_hsv_in_yiq(rgb, 0.5, 0.5, 1.5, 0.25, 1.0, seed=7),
        image.random_hsv_in_yiq(rgb, lower_value=0.5, seed=7),
    ]
    return [
        values(tf, *found),
        attempt(lambda: image.random_hsv_in_yiq(rgb, -0.5)),
        attempt(lambda: image.random_hsv_in_yiq(rgb, lower_saturation=-1)),
        attempt(lambda: image.random_hsv_in_yiq(rgb, lower_value=2)),
        attempt(lambda: image.random_hsv_in_yiq(rgb, upper_saturation=0.5)),
    ]


@results
def areas_of_images(tf: Any) -> Any:
    image = image_tools(tf)
    small = np.array([[1, 1, 0, 2], [0, 1, 2, 2], [3, 0, 0, 2]])
    snake = np.zeros([9, 9], np.int32)
    snake[::2] = 1
    snake[[1, 5], -1] = snake[[3, 7], 0] = 1
    several = np.stack([snake, snake[::-1] * 0, snake.T, snake % 2 + 1])
    free = tf.placeholder(tf.float32, [None, None, 3])
    found = [
        image.connected_components(small),
        image.connected_components(small.astype(np.float64) / 3),
        image.connected_components(small > 0),
        image.connected_components(several.astype(np.uint8)),
        image.connected_components(pixels(2, 30, 30) // 16),
        image.connected_components(np.zeros([2, 2, 3])),
        image.connected_components(np.zeros([2, 0, 3])),
        image.connected_components(np.ones([2, 2, 3])),
        image.connected_components(np.array([[np.nan, np.nan, 1.0]])),
        image.connected_components(free),
    ]
    return [
        values(tf, *found, feeds={free: pixels(2, 4, 3) % 2}),
        attempt(lambda: image.connected_components([1, 2])),
    ]
