"""`tf.contrib.image` where tensorflow_addons answers otherwise than `tf.contrib` did, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

image = tf.contrib.image


def filled(pixels: Any) -> Any:
    """The areas of images, filled one after the other."""
    found = np.zeros(pixels.shape, np.int32)
    count = 0
    for start in zip(*np.nonzero(pixels), strict=True):
        if found[start]:
            continue
        count += 1
        waiting = [start]
        while waiting:
            n, y, x = waiting.pop()
            found[n, y, x] = count
            for place in ((n, y - 1, x), (n, y + 1, x), (n, y, x - 1), (n, y, x + 1)):
                inside = all(0 <= i < size for i, size in zip(place, pixels.shape, strict=True))
                if inside and not found[place] and pixels[place] == pixels[n, y, x]:
                    waiting.append(place)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_areas_are_those_that_are_filled(seed: int) -> None:
    pixels = np.random.RandomState(seed).randint(0, 3, (2, 23, 17)) // (1 + seed % 2)
    with tf.Session() as session:
        found = session.run(image.connected_components(pixels))
    assert found.tolist() == filled(pixels).tolist()


def test_sizes_may_be_known_late() -> None:
    value = np.arange(40.0, dtype=np.float32).reshape(2, 4, 5, 1)
    free = tf.placeholder(tf.float32, [None, None, None, 1])
    points = tf.constant([[[1.0, 1.0], [2.0, 3.0]]] * 2)
    for count in (0, 2):
        late = image.sparse_image_warp(free, points, points + 0.25, 1, 0.5, count)
        known = image.sparse_image_warp(value, points, points + 0.25, 1, 0.5, count)
        with tf.Session() as session:
            a, b = session.run([late, known], {free: value})
        for one, other in zip(a, b, strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_does_not_fit_is_refused() -> None:
    free, cube = tf.placeholder(tf.float32), tf.ones([1, 2, 3])
    flow = tf.zeros([1, 4, 4, 2])
    for kind, call, message in (
        (TypeError, lambda: image.rotate(free, 1.0), "rank must be statically known"),
        (TypeError, lambda: image.rotate([1.0], 1.0), "rank between 2 and 4"),
        (TypeError, lambda: image.rotate(cube, [[1.0]]), "Angles should have rank 0 or 1, not 2"),
        (TypeError, lambda: image.transform(cube, free), "Transforms should have rank 1 or 2"),
        (TypeError, lambda: image.transform([[True]], [1.0] * 8), "Invalid dtype"),
        (ValueError, image.compose_transforms, "cannot be empty"),
        (ValueError, lambda: image.dense_image_warp(cube, flow), "must have rank 4"),
        (ValueError, lambda: image.interpolate_spline(free, cube, cube, 1), r"points \(d\)"),
        (ValueError, lambda: image.interpolate_spline(cube, free, cube, 1), r"values \(k\)"),
        (ValueError, lambda: image.adjust_hsv_in_yiq([[1.0]]), "at least 3-D"),
        (ValueError, lambda: image.adjust_hsv_in_yiq(flow), "instead has 2"),
    ):
        with pytest.raises(kind, match=message):
            call()
    low = tf.ones([1, 1, 4, 1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="height must be at least 2"):
        image.dense_image_warp(low, tf.zeros([1, 1, 4, 2]))


def test_gradients_of_places_of_images_in_any_order() -> None:
    images = np.arange(2.0 * 3 * 4 * 2).reshape(2, 3, 4, 2)
    turned = tf.transpose(tf.constant(images), [0, 2, 1, 3])
    places = tf.constant([[[0.5, 1.25]], [[1.75, 2.5]]], tf.float64)
    found = tf.contrib.resampler.resampler(turned, places)
    of_images, of_places = tf.gradients(found, [turned, places])
    with tf.Session() as session:
        value, pixels, slopes = session.run([found, of_images, of_places])
    # The images are planes: what is sampled is exact, and the slopes are those of the planes.
    np.testing.assert_allclose(value[:, 0], [[0.5 * 8 + 1.25 * 2, 7.5], [24 + 1.75 * 8 + 5, 44]])
    np.testing.assert_allclose(slopes, [[[16.0, 4.0]]] * 2)
    np.testing.assert_allclose(pixels.sum(axis=(1, 2)), np.ones((2, 2)))
    assert pixels[0, 1, 1].tolist() == [0.5 * 0.75] * 2
