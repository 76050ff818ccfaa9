"""Images: flipped, cut, resized, adjusted."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program


def run(tf: Any, *fetches: Any) -> Any:
    with tf.Session() as session:
        return session.run(list(fetches))


def picture(tf: Any, dtype: Any = None, channels: int = 3) -> Any:
    """An image of 4 rows and 5 columns."""
    values = np.arange(20 * channels).reshape(4, 5, channels) * 3
    if dtype is None or dtype.is_floating:
        return tf.constant(values / 200.0, dtype or tf.float32)
    return tf.constant(values, dtype)


def batch(tf: Any, dtype: Any = None) -> Any:
    image = picture(tf, dtype)
    return tf.stack([image, image])


def loose(tf: Any, tensor: Any, rank: int | None = None) -> Any:
    """A tensor of which only the rank is known, or not even that."""
    return tf.placeholder_with_default(tensor, None if rank is None else [None] * rank)


def shapes(tensors: Any) -> Any:
    return [str(t.shape) for t in tensors]


@program
def flips(tf: Any) -> Any:
    image = tf.image
    results = [
        image.flip_left_right(picture(tf)), image.flip_up_down(picture(tf)), image.flip_left_right(batch(tf)),
        image.flip_up_down(batch(tf)), image.flip_left_right(loose(tf, picture(tf), 3)), image.transpose(picture(tf)),
        image.transpose_image(batch(tf), name="turned"),
    ]  # fmt: skip
    return [
        run(tf, *results), shapes(results), message(lambda: image.flip_left_right([1.0])), attempt(lambda: image.transpose([[1]])),
        message(lambda: image.flip_up_down(np.zeros((0, 1, 1)))), attempt(lambda: image.flip_up_down(np.zeros((1, 1, 1, 1, 1)))),
    ]  # fmt: skip


@program
def flips_of_unknown_rank(tf: Any) -> Any:
    free = loose(tf, picture(tf))
    results = [tf.image.flip_left_right(free), tf.image.transpose(free)]
    return [run(tf, *results), shapes(results)]


@program
def flips_by_chance(tf: Any) -> Any:
    tf.set_random_seed(7)
    image = tf.image
    results = [
        image.random_flip_left_right(picture(tf), seed=1), image.random_flip_up_down(picture(tf), seed=2),
        image.random_flip_left_right(batch(tf)), image.random_flip_up_down(batch(tf, tf.uint8), seed=4),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        attempt(lambda: image.random_flip_up_down(np.zeros((1, 1, 1, 1, 1)))),
    ]


@program
def turns(tf: Any) -> Any:
    image = tf.image
    results = [
        image.rot90(picture(tf)),
        image.rot90(picture(tf), 2, name="half"),
        image.rot90(batch(tf), k=-1),
        image.rot90(picture(tf), tf.constant(4)),
    ]
    return [
        run(tf, *results),
        shapes(results),
        attempt(lambda: image.rot90([[1]])),
        attempt(lambda: image.rot90(picture(tf), [1])),
    ]


@program
def middles(tf: Any) -> Any:
    crop = tf.image.central_crop
    results = [
        crop(picture(tf), 0.5), crop(batch(tf), 0.6), crop(picture(tf), 1.0), crop(loose(tf, picture(tf), 3), 0.5),
        crop(loose(tf, batch(tf), 4), 0.75), crop(picture(tf), tf.placeholder_with_default(0.5, [])),
    ]  # fmt: skip
    return [
        run(tf, *results), shapes(results), message(lambda: crop(picture(tf), 0.0)), message(lambda: crop(picture(tf), 1.5)),
        message(lambda: crop([[[[[1.0]]]]], 0.5)),
    ]  # fmt: skip


@program
def borders(tf: Any) -> Any:
    image = tf.image
    free, flat = loose(tf, picture(tf), 3), loose(tf, batch(tf), 4)
    results = [
        image.pad_to_bounding_box(picture(tf), 1, 2, 6, 8), image.pad_to_bounding_box(batch(tf), 0, 0, 4, 6),
        image.pad_to_bounding_box(free, 1, 1, 6, 7), image.crop_to_bounding_box(picture(tf), 1, 2, 2, 3),
        image.crop_to_bounding_box(batch(tf), 0, 0, 1, 1), image.crop_to_bounding_box(flat, 1, 0, 2, 2),
        image.crop_to_bounding_box(picture(tf), tf.constant(1), 0, 2, tf.constant(3)),
        image.pad_to_bounding_box(loose(tf, picture(tf)), 0, 1, 4, 7), image.crop_to_bounding_box(loose(tf, picture(tf)), 0, 1, 2, 2),
    ]  # fmt: skip
    return [
        run(tf, *results), shapes(results), message(lambda: image.pad_to_bounding_box(picture(tf), -1, 0, 9, 9)),
        message(lambda: image.pad_to_bounding_box(picture(tf), 0, 0, 3, 9)), message(lambda: image.pad_to_bounding_box(picture(tf), 0, -1, 9, 9)),
        message(lambda: image.crop_to_bounding_box(picture(tf), 0, 0, 9, 1)), message(lambda: image.crop_to_bounding_box(picture(tf), 0, 0, 0, 1)),
        message(lambda: image.crop_to_bounding_box(picture(tf), 0, 4, 1, 3)), attempt(lambda: image.crop_to_bounding_box([[1]], 0, 0, 1, 1)),
    ]  # fmt: skip


@program
def cuts_and_borders(tf: Any) -> Any:
    fit = tf.image.resize_image_with_crop_or_pad
    results = [
        fit(picture(tf), 2, 7), tf.image.resize_with_crop_or_pad(batch(tf), 6, 2), fit(picture(tf), 4, 5), fit(loose(tf, picture(tf), 3), 3, 6),
        fit(picture(tf), tf.constant(3), 3),
    ]  # fmt: skip
    return [
        run(tf, *results), shapes(results), message(lambda: fit(picture(tf), 0, 1)), message(lambda: fit(picture(tf), 1, -1)),
        attempt(lambda: fit([[1]], 1, 1)),
    ]  # fmt: skip


@program
def sizes(tf: Any) -> Any:
    image = tf.image
    methods = image.ResizeMethod
    free = loose(tf, batch(tf), 4)
    results = [
        image.resize_images(picture(tf), [2, 3]), image.resize(batch(tf), [8, 10], methods.NEAREST_NEIGHBOR),
        image.resize(picture(tf), (3, 3), methods.BICUBIC, align_corners=True, name="cubic"), image.resize(picture(tf), [2, 2], methods.AREA),
        image.resize(picture(tf), [4, 5]), image.resize(picture(tf, tf.uint8), tf.constant([2, 2]), "nearest"),
        image.resize(picture(tf), [8, 8], preserve_aspect_ratio=True), image.resize(free, [8, 6], preserve_aspect_ratio=True),
        image.resize(free, tf.placeholder_with_default([2, 2], [2])), image.resize(batch(tf), [3, 2], "bilinear"),
        image.resize(batch(tf), [3, 2], "area"), image.resize_bilinear(batch(tf), [3, 3]),
        image.resize_bicubic(batch(tf), [3, 3], align_corners=True), image.resize_nearest_neighbor(batch(tf), [3, 3], name="n"),
        image.resize_area(batch(tf), [2, 2]), image.resize_bilinear(batch(tf), [3, 3], half_pixel_centers=True),
    ]  # fmt: skip
    return [
        run(tf, *results), shapes(results), message(lambda: image.resize(loose(tf, picture(tf)), [1, 1])),
        message(lambda: image.resize([[1.0]], [1, 1])), message(lambda: image.resize(picture(tf), [1, 2, 3])),
        message(lambda: image.resize(picture(tf), ["a", "b"])), message(lambda: image.resize(picture(tf), [1, 1], 9)),
    ]  # fmt: skip


@program
def sizes_with_borders(tf: Any) -> Any:
    fit = tf.image.resize_image_with_pad
    results = [
        fit(picture(tf), 6, 6),
        fit(batch(tf), 2, 9, method=1),
        fit(loose(tf, picture(tf), 3), 3, 3, align_corners=True),
    ]
    return [
        run(tf, *results),
        shapes(results),
        message(lambda: fit(picture(tf), 0, 1)),
        attempt(lambda: fit([[1]], 1, 1)),
    ]


@program
def types(tf: Any) -> Any:
    convert = tf.image.convert_image_dtype
    results = [
        convert(picture(tf), tf.uint8), convert(picture(tf, tf.uint8), tf.float32), convert(picture(tf, tf.uint8), tf.uint16, name="wide"),
        convert(picture(tf, tf.uint16), tf.uint8), convert(picture(tf, tf.uint16), tf.uint8, saturate=True), convert(picture(tf), tf.float64),
        convert(picture(tf), tf.float32), convert(tf.constant([[[2.0]]]), tf.uint8, saturate=True), convert(picture(tf, tf.uint8), tf.int32, saturate=True),
        convert(picture(tf, tf.int32), tf.float16), convert(picture(tf), tf.int32, True, "n"),
    ]  # fmt: skip
    return [
        run(tf, *results), attempt_attribute(lambda: convert(picture(tf), tf.string)), attempt_attribute(lambda: convert(["a"], tf.float32)),
    ]  # fmt: skip


def attempt_attribute(function: Any) -> Any:
    try:
        return function()
    except AttributeError as error:
        return str(error)


@program
def adjustments(tf: Any) -> Any:
    image = tf.image
    results = [
        image.adjust_brightness(picture(tf), 0.1), image.adjust_brightness(picture(tf, tf.uint8), tf.constant(-0.1)),
        image.adjust_contrast(picture(tf), 1.5), image.adjust_contrast(batch(tf, tf.uint8), 0.5), image.adjust_gamma(picture(tf), 2.0),
        image.adjust_gamma(picture(tf, tf.uint8), gamma=0.5, gain=2), image.adjust_gamma(picture(tf), tf.constant(2.0)),
        image.adjust_hue(picture(tf), 0.1), image.adjust_hue(picture(tf, tf.uint8), -0.2, name="hue"), image.adjust_saturation(picture(tf), 0.5),
        image.adjust_saturation(picture(tf, tf.uint8), 2.0, name="s"), image.per_image_standardization(picture(tf)),
        image.per_image_standardization(batch(tf, tf.uint8)), image.per_image_standardization(loose(tf, picture(tf), 3)),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        message(lambda: image.adjust_gamma(picture(tf), -1)),
    ]


@program
def adjustments_by_chance(tf: Any) -> Any:
    tf.set_random_seed(3)
    image = tf.image
    results = [
        image.random_brightness(picture(tf), 0.2, seed=1), image.random_contrast(picture(tf), 0.5, 1.5, seed=2),
        image.random_hue(picture(tf), 0.3), image.random_saturation(picture(tf), 0.5, 2.0, seed=5),
    ]  # fmt: skip
    return [
        run(tf, *results), message(lambda: image.random_brightness(picture(tf), -1)), message(lambda: image.random_contrast(picture(tf), 2, 1)),
        message(lambda: image.random_contrast(picture(tf), -2, 1)), message(lambda: image.random_hue(picture(tf), 0.6)),
        message(lambda: image.random_hue(picture(tf), -0.1)), message(lambda: image.random_saturation(picture(tf), 1, 1)),
        message(lambda: image.random_jpeg_quality(picture(tf), -1, 5)), message(lambda: image.random_jpeg_quality(picture(tf), 7, 5)),
    ]  # fmt: skip


@program
def jpeg_quality(tf: Any) -> Any:
    image = tf.image.adjust_jpeg_quality(picture(tf), 75)
    other = tf.image.random_jpeg_quality(picture(tf, tf.uint8), 50, 60, seed=1)
    return [shapes([image, other]), image.dtype, run(tf, tf.shape(image), tf.shape(other))]


@program
def colors(tf: Any) -> Any:
    image = tf.image
    grey = picture(tf, channels=1)
    results = [
        image.rgb_to_grayscale(picture(tf)), image.rgb_to_grayscale(picture(tf, tf.uint8), name="g"), image.grayscale_to_rgb(grey),
        image.grayscale_to_rgb(loose(tf, grey, 3), name="rgb"), image.rgb_to_yiq(picture(tf)), image.yiq_to_rgb(picture(tf)),
        image.rgb_to_yuv(batch(tf)), image.yuv_to_rgb(picture(tf, tf.float64)), image.rgb_to_hsv(picture(tf)), image.hsv_to_rgb(picture(tf)),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        message(lambda: image.grayscale_to_rgb(picture(tf))),
        attempt(lambda: image.grayscale_to_rgb(tf.constant([1.0]))),
    ]


@program
def edges(tf: Any) -> Any:
    image = tf.image
    results = [
        image.sobel_edges(batch(tf)), *image.image_gradients(batch(tf)), image.total_variation(picture(tf)),
        image.total_variation(batch(tf), name="v"), *image.image_gradients(loose(tf, batch(tf), 4)),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        message(lambda: image.image_gradients(picture(tf))),
        message(lambda: image.total_variation(tf.constant([1.0]))),
    ]


@program
def signal_to_noise(tf: Any) -> Any:
    image = tf.image
    other = picture(tf) * 0.9
    results = [
        image.psnr(picture(tf), other, 1.0), image.psnr(batch(tf), batch(tf) + 0.1, max_val=2.0, name="p"),
        image.psnr(picture(tf, tf.uint8), picture(tf, tf.uint8) + tf.constant(1, tf.uint8), 255),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        attempt(lambda: image.psnr(picture(tf), batch(tf)[:, :2], 1.0)),
    ]


def large(tf: Any, size: int = 16) -> Any:
    values = np.sin(np.arange(2 * size * size).reshape(2, size, size, 1) / 7.0) / 2 + 0.5
    return tf.constant(values, tf.float32)


@program
def similarity(tf: Any) -> Any:
    image = tf.image
    a = large(tf)
    b = a * 0.8 + 0.1
    results = [
        image.ssim(a, b, 1.0), image.ssim(a, b, 1.0, filter_size=5, filter_sigma=1.0, return_index_map=True)[:, :2, :2],
        image.ssim(a[0], b[0], max_val=1.0, filter_size=7),
    ]  # fmt: skip
    return [run(tf, *results), shapes(results), attempt(lambda: image.ssim(a, a[:, :3], 1.0))]


@program
def similarity_of_scales(tf: Any) -> Any:
    a = large(tf, 20)
    result = tf.image.ssim_multiscale(
        a, a * 0.8 + 0.1, 1.0, power_factors=(0.3, 0.7), filter_size=5
    )
    return [run(tf, result), shapes([result])]


@program
def boxes(tf: Any) -> Any:
    image = tf.image
    corners = tf.constant([[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0]])
    scores = tf.constant([0.9, 0.8, 0.7])
    begin, size, box = image.sample_distorted_bounding_box(
        [4, 5, 3], [[[0.1, 0.1, 0.9, 0.9]]], seed=1, seed2=2, min_object_covered=0.5
    )
    results = [
        image.non_max_suppression(corners, scores, 2), image.non_max_suppression(corners, scores, 3, 0.9, 0.75, name="nms"),
        *image.non_max_suppression_with_scores(corners, scores, 3, soft_nms_sigma=0.5), begin, size, box,
        image.non_max_suppression_overlaps([[1.0, 0.8], [0.8, 1.0]], [0.5, 0.6], 2),
        *image.combined_non_max_suppression(corners[None, :, None], scores[None, :, None], 2, 2, clip_boxes=False),
        image.crop_and_resize(batch(tf), corners[:2] / 2, [0, 1], [2, 2]),
        image.crop_and_resize(batch(tf), corners[:1], box_indices=[1], crop_size=[1, 2], method="nearest", name="crop"),
        image.draw_bounding_boxes(batch(tf), tf.ones([2, 1, 4]) * [0.2, 0.2, 0.8, 0.8]),
        image.draw_bounding_boxes(batch(tf), tf.ones([2, 1, 4]) * [0.2, 0.2, 0.8, 0.8], colors=[[1.0, 0.0, 0.0]], name="draw"),
        image.extract_glimpse(batch(tf), [2, 2], [[0.0, 0.0], [0.2, 0.1]]), image.extract_patches(batch(tf), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
        image.extract_image_patches(batch(tf), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME", name="p"),
        image.extract_image_patches(batch(tf), sizes=[1, 2, 2, 1], strides=[1, 2, 2, 1], rates=[1, 1, 1, 1], padding="VALID"),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        attempt(lambda: image.crop_and_resize(batch(tf), corners, [0], [1, 1], box_indices=[0])),
    ]


@program
def files(tf: Any) -> Any:
    image = tf.image
    png = image.encode_png(picture(tf, tf.uint8), name="png")
    wide = tf.io.encode_png(tf.cast(picture(tf, tf.uint8), tf.uint16), compression=5)
    results = [
        image.is_jpeg(png), tf.io.is_jpeg([b"\xff\xd8\xff\xe0", b"x"], name="j"), image.decode_image(png), image.decode_png(png, channels=1),
        tf.io.decode_image(wide, dtype=tf.uint16, channels=3), image.decode_image(png, dtype=tf.float32, expand_animations=False, name="d"),
        image.decode_image(png, dtype=tf.int32),
    ]  # fmt: skip
    return [run(tf, *results), shapes(results)]


@program
def glimpses_of_ragged_tensors(tf: Any) -> Any:
    x = tf.ragged.constant([[0.25, 0.5], [0.75]])
    results = [tf.image.adjust_brightness(x, 0.1), tf.image.convert_image_dtype(x, tf.uint8)]
    return [[item.to_list() for item in run(tf, *results)]]
