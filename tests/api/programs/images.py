"""Functions of images."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, results

PIXELS = ((np.arange(2 * 5 * 7 * 3) * 37) % 101 / 100).astype(np.float32).reshape(2, 5, 7, 3)
BYTES = (PIXELS * 255).astype(np.uint8)
#: Large enough for the windows of similarity.
LARGE = ((np.arange(24 * 20) * 29) % 83 / 82).astype(np.float32).reshape(1, 24, 20, 1)


def run(tf: Any, found: Any, feeds: Any = None) -> Any:
    """Values and static shapes."""
    shapes = {
        key: None if value.shape.rank is None else value.shape.as_list()
        for key, value in found.items()
    }
    with tf.Session() as session:
        return session.run(found, feeds), shapes


@results
def cut_and_padded(tf: Any) -> Any:
    x, one = tf.constant(PIXELS), tf.constant(PIXELS[0])
    found = {
        "crop": tf.image.crop_to_bounding_box(x, 1, 2, 3, 4),
        "crop one": tf.image.crop_to_bounding_box(one, 0, 0, 2, 7),
        "pad": tf.image.pad_to_bounding_box(x, 1, 0, 7, 8),
        "smaller": tf.image.resize_image_with_crop_or_pad(x, 2, 3),
        "larger": tf.image.resize_image_with_crop_or_pad(one, 8, 10),
        "both": tf.image.resize_with_crop_or_pad(x, 8, 4),
        "center": tf.image.central_crop(x, 0.5),
        "center one": tf.image.central_crop(one, 0.7),
        "whole": tf.image.central_crop(one, 1.0),
    }
    errors = [
        message(lambda: tf.image.crop_to_bounding_box(x, 1, 2, 5, 4)),
        message(lambda: tf.image.crop_to_bounding_box(x, 1, 2, 0, 4)),
        message(lambda: tf.image.pad_to_bounding_box(x, 1, 0, 5, 8)),
        message(lambda: tf.image.pad_to_bounding_box(x, -1, 0, 9, 8)),
        message(lambda: tf.image.resize_image_with_crop_or_pad(x, 0, 1)),
        message(lambda: tf.image.central_crop(x, 1.5)),
        attempt(lambda: tf.image.crop_to_bounding_box(tf.zeros([2, 2]), 0, 0, 1, 1)),
    ]
    return run(tf, found), errors


@results
def cut_with_unknown_sizes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, None, None, 3])
    n = tf.placeholder(tf.int32, [])
    found = {
        "crop": tf.image.crop_to_bounding_box(x, 1, 2, 3, 4),
        "pad": tf.image.pad_to_bounding_box(x, 1, 0, n, 8),
        "both": tf.image.resize_image_with_crop_or_pad(x, n, 4),
        "center": tf.image.central_crop(x, 0.5),
        "resized": tf.image.resize_images(x, [n, 4]),
        "kept": tf.image.resize_images(x, [n, 4], preserve_aspect_ratio=True),
        "padded": tf.image.resize_image_with_pad(x, 8, 8),
    }
    return run(tf, found, {x: PIXELS, n: 7})


@results
def turned(tf: Any) -> Any:
    x, one = tf.constant(PIXELS), tf.constant(PIXELS[0])
    k = tf.placeholder(tf.int32, [])
    found = {
        "left right": tf.image.flip_left_right(x),
        "up down": tf.image.flip_up_down(one),
        "transposed": tf.image.transpose_image(x),
        "one": tf.image.transpose(one),
        "rot": tf.image.rot90(x),
        "rot one": tf.image.rot90(one, 3),
        "rot many": tf.image.rot90(one, 6),
        "rot fed": tf.image.rot90(one, k),
        "random": tf.image.random_flip_left_right(x, seed=3),
        "random one": tf.image.random_flip_up_down(one, seed=2),
        "another": tf.image.random_flip_up_down(one, seed=4),
    }
    values, shapes = run(tf, found, {k: 5})
    # What is known of the sides of a picture turned by a constant is more here.
    return values, {key: shape for key, shape in shapes.items() if not key.startswith("rot")}


@results
def resized(tf: Any) -> Any:
    x, one = tf.constant(PIXELS), tf.constant(BYTES[0])
    methods = tf.image.ResizeMethod
    found = {
        "bilinear": tf.image.resize_images(x, [3, 9]),
        "corners": tf.image.resize(x, [3, 9], align_corners=True),
        "nearest": tf.image.resize_images(one, [8, 3], methods.NEAREST_NEIGHBOR),
        "bicubic": tf.image.resize_images(one, [6, 6], methods.BICUBIC),
        "area": tf.image.resize_images(x, [2, 3], methods.AREA),
        "same": tf.image.resize_images(one, [5, 7]),
        "ratio": tf.image.resize_images(x, [10, 10], preserve_aspect_ratio=True),
        "padded": tf.image.resize_image_with_pad(x, 8, 8),
        "padded one": tf.image.resize_image_with_pad(one, 4, 10, methods.NEAREST_NEIGHBOR),
        "boxes": tf.image.crop_and_resize(
            x, [[0.0, 0.0, 1.0, 0.5], [0.2, 0.3, 0.9, 1.1]], [1, 0], [3, 3]
        ),
    }
    errors = [
        message(lambda: tf.image.resize_images(x, [1, 2], 7)),
        message(lambda: tf.image.resize_images(x, [1, 2, 3])),
        message(lambda: tf.image.resize_images(x, [1.5, 2])),
        message(lambda: tf.image.resize_images(tf.zeros([2, 2]), [1, 2])),
        message(lambda: tf.image.resize_image_with_pad(x, 0, 2)),
    ]
    return run(tf, found), errors


@results
def types_of_pixels(tf: Any) -> Any:
    x, b = tf.constant(PIXELS[0]), tf.constant(BYTES[0])
    wide = tf.constant((PIXELS[0] * 60000).astype(np.uint16))
    found = {
        "to bytes": tf.image.convert_image_dtype(x, tf.uint8),
        "saturated": tf.image.convert_image_dtype(x * 3.0 - 1.0, tf.uint8, saturate=True),
        "to floats": tf.image.convert_image_dtype(b, tf.float32),
        "to halves": tf.image.convert_image_dtype(x, tf.float16),
        "wider": tf.image.convert_image_dtype(b, tf.uint16),
        "narrower": tf.image.convert_image_dtype(wide, tf.uint8),
        "same": tf.image.convert_image_dtype(b, tf.uint8),
    }
    return run(tf, found)


@results
def colours(tf: Any) -> Any:
    x, b = tf.constant(PIXELS), tf.constant(BYTES[0])
    found = {
        "grey": tf.image.rgb_to_grayscale(x),
        "grey bytes": tf.image.rgb_to_grayscale(b),
        "rgb": tf.image.grayscale_to_rgb(x[..., :1]),
        "yiq": tf.image.yiq_to_rgb(tf.image.rgb_to_yiq(x)),
        "iq": tf.image.rgb_to_yiq(x),
        "yuv": tf.image.rgb_to_yuv(x),
        "back": tf.image.yuv_to_rgb(x),
        "brightness": tf.image.adjust_brightness(b, 0.2),
        "contrast": tf.image.adjust_contrast(x, 1.7),
        "contrast bytes": tf.image.adjust_contrast(b, 0.4),
        "gamma": tf.image.adjust_gamma(x, 2.0, 0.5),
        "hue": tf.image.adjust_hue(x, 0.3),
        "hue bytes": tf.image.adjust_hue(b, -0.1),
        "saturation": tf.image.adjust_saturation(x, 0.2),
        "standard": tf.image.per_image_standardization(x),
        "flat": tf.image.per_image_standardization(tf.ones([3, 3, 1])),
        "standard bytes": tf.image.per_image_standardization(b),
        "random brightness": tf.image.random_brightness(x, 0.5, seed=1),
        "random contrast": tf.image.random_contrast(x, 0.5, 1.5, seed=2),
        "random hue": tf.image.random_hue(x, 0.4, seed=3),
        "random saturation": tf.image.random_saturation(x, 0.5, 1.5, seed=4),
    }
    errors = [
        message(lambda: tf.image.random_hue(x, 0.6)),
        message(lambda: tf.image.random_contrast(x, 2.0, 1.0)),
        message(lambda: tf.image.random_brightness(x, -1.0)),
        message(lambda: tf.image.adjust_gamma(x, -1)),
    ]
    return run(tf, found), errors


@results
def boxes(tf: Any) -> Any:
    corners = tf.constant(
        [[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 0.5, 1, 1.5], [2, 2, 3, 3]], tf.float32
    )
    scores = tf.constant([0.9, 0.8, 0.7, 0.95])
    kept, soft = tf.image.non_max_suppression_with_scores(corners, scores, 3, soft_nms_sigma=0.5)
    padded, count = tf.image.non_max_suppression_padded(
        corners, scores, 4, 0.5, pad_to_max_output_size=True
    )
    combined = tf.image.combined_non_max_suppression(
        tf.reshape(corners, [1, 4, 1, 4]), tf.reshape(scores, [1, 4, 1]), 2, 3, clip_boxes=False
    )
    overlaps = tf.constant([[1.0, 0.6, 0.1], [0.6, 1.0, 0.2], [0.1, 0.2, 1.0]])
    begin, size, box = tf.image.sample_distorted_bounding_box(
        [20, 30, 3], [[[0.1, 0.2, 0.6, 0.7]]], seed=5, min_object_covered=0.3
    )
    found = {
        "plain": tf.image.non_max_suppression(corners, scores, 3),
        "strict": tf.image.non_max_suppression(corners, scores, 3, 0.1, 0.75),
        "kept": kept,
        "soft": soft,
        "padded": padded,
        "count": count,
        "scores": combined[1],
        "counts": combined[3],
        "overlaps": tf.image.non_max_suppression_overlaps(overlaps, [0.5, 0.6, 0.4], 3),
        "drawn": tf.image.draw_bounding_boxes(tf.constant(PIXELS), [[[0.1, 0.1, 0.8, 0.8]]] * 2),
        "coloured": tf.image.draw_bounding_boxes(
            tf.constant(PIXELS), [[[0.1, 0.1, 0.8, 0.8]]] * 2, colors=[[1.0, 0.0, 0.0]]
        ),
        "begin": begin,
        "size": size,
        "box": box,
        "patches": tf.image.extract_image_patches(
            tf.constant(PIXELS[:1]), [1, 2, 2, 1], [1, 3, 3, 1], [1, 1, 1, 1], "VALID"
        ),
    }
    values, _ = run(tf, found)
    return values


@results
def quality(tf: Any) -> Any:
    x, y = tf.constant(PIXELS), tf.constant(PIXELS[::-1].copy())
    a, b = tf.constant(LARGE), tf.constant(np.clip(LARGE + 0.1 * LARGE[:, ::-1], 0, 1))
    dy, dx = tf.image.image_gradients(x)
    found = {
        "variation": tf.image.total_variation(x),
        "variation of one": tf.image.total_variation(x[0]),
        "dy": dy,
        "dx": dx,
        "sobel": tf.image.sobel_edges(x),
        "psnr": tf.image.psnr(x, y, 1.0),
        "psnr bytes": tf.image.psnr(tf.constant(BYTES), tf.constant(BYTES[::-1].copy()), 255),
        "ssim": tf.image.ssim(a, b, 1.0),
        "ssim map": tf.image.ssim(a, b, 1.0, filter_size=7, return_index_map=True),
        "multiscale": tf.image.ssim_multiscale(a, b, 1.0, power_factors=(0.4, 0.6), filter_size=5),
    }
    values, _ = run(tf, found)
    return values, attempt(lambda: tf.image.psnr(x, y[:, :2], 1.0))


@results
def files(tf: Any) -> Any:
    b = tf.constant(BYTES[0])
    png = tf.image.encode_png(b)
    found = {
        "png": tf.image.decode_image(png),
        "scaled": tf.image.decode_image(png, dtype=tf.float32),
        "halves": tf.image.decode_image(png, 1, tf.float16),
        "is jpeg": tf.image.is_jpeg(png),
        "start": tf.image.is_jpeg(tf.constant(b"\xff\xd8\xff\xe0")),
    }
    values, _ = run(tf, found)
    return values, attempt(lambda: tf.image.random_jpeg_quality(b, 5, 5))
