"""Boxes on images: drawing them, and drawing random ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.errors import FailedPreconditionError
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.image_shapes import exact_rank, same_as, unchanged_image
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.random_arguments import seeded, session_stream, static_vector
from minihub_runtime.ops.registry import INDEX, RANDOM, Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec

_DRAW = "core/kernels/image/draw_bounding_box_op.cc"
_SAMPLE = "core/kernels/image/sample_distorted_bounding_box_op.cc"
_IMAGES = types("float32 float16", default="float32")
_SIZES = types("uint8 int8 int16 int32 int64")

# Yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia.
_COLORS = np.array(
    [
        [1, 1, 0, 1],
        [0, 0, 1, 1],
        [1, 0, 0, 1],
        [0, 1, 0, 1],
        [0.5, 0, 0.5, 1],
        [0.5, 0.5, 0, 1],
        [0.5, 0, 0, 1],
        [0, 0, 0.5, 1],
        [0, 1, 1, 1],
        [1, 0, 1, 1],
    ],
    dtype=np.float32,
)


def _default_colors(depth: int) -> Array:
    return np.ones((1, 1), np.float32) if depth == 1 else _COLORS[:, :depth]


def _draw(images: Array, boxes: Array, colors: Array | None) -> Array:
    require_rank(images, 4, "images")
    require_rank(boxes, 3, "boxes")
    batch, height, width, depth = images.shape
    if len(boxes) != batch:
        require(False, f"images and boxes must have one batch size, not {batch} and {len(boxes)}")
    require(depth in (1, 3, 4), f"images must have 1, 3 or 4 channels, not {depth}")
    if boxes.shape[2] != 4:
        require(False, f"boxes must have shape [batch, n, 4], not {list(boxes.shape)}")
    if colors is None or colors.size == 0:
        colors = _default_colors(depth)
    with np.errstate(over="ignore"):
        colors = colors[:, :depth].astype(images.dtype)
    result = np.array(images)
    if result.size == 0 or boxes.size == 0:
        return result
    # Far outside is far enough: no int64 overflows, and NaN lies above all images.
    edges = np.nan_to_num(boxes, nan=-1e9, posinf=1e9, neginf=-1e9)
    with np.errstate(over="ignore"):
        edges = edges * np.array([height - 1, width - 1] * 2, np.float32)
    edges = np.clip(edges, -1e9, 1e9).astype(np.int64)
    for canvas, frames in zip(result, edges.tolist(), strict=True):
        for number, (top, left, bottom, right) in enumerate(frames):
            outside = top >= height or bottom < 0 or left >= width or right < 0
            if top > bottom or left > right or outside:
                continue
            color = colors[number % len(colors)]
            rows = slice(max(top, 0), min(bottom, height - 1) + 1)
            columns = slice(max(left, 0), min(right, width - 1) + 1)
            if top >= 0:
                canvas[top, columns] = color
            if bottom < height:
                canvas[bottom, columns] = color
            if left >= 0:
                canvas[rows, left] = color
            if right < width:
                canvas[rows, right] = color
    return result


@op(
    "DrawBoundingBoxes(images: T, boxes: float32) -> output: T",
    T=_IMAGES,
    source=_DRAW,
)
def draw_bounding_boxes(images: Array, boxes: Array) -> Array:
    """Draw frames `[y_min, x_min, y_max, x_max]`, 0 to 1 across the image, in ten colours in turn.

    Shapes: `[batch, height, width, 1, 3 or 4]`, `[batch, n, 4]` -> the images' shape.
    Raises: InvalidArgumentError for other shapes.
    """
    return _draw(images, boxes, None)


@draw_bounding_boxes.shape
def _draw_bounding_boxes_shape(images: Spec, boxes: Spec) -> Shape:
    depth = exact_rank(images, 4, "images")[3]
    require(depth in (None, 1, 3, 4), f"images must have 1, 3 or 4 channels, not {depth}")
    same_as(exact_rank(boxes, 3, "boxes")[2], 4, "boxes' third size and 4")
    return images.shape if images.shape is not None else None


@op(
    "DrawBoundingBoxesV2(images: T, boxes: float32, colors: float32) -> output: T",
    T=_IMAGES,
    source=_DRAW,
    shape=lambda images, boxes, colors: unchanged_image(images),
)
def draw_bounding_boxes_v2(images: Array, boxes: Array, colors: Array) -> Array:
    """Draw frames in the given colours in turn.

    Shapes: `[batch, height, width, 1, 3 or 4]`, `[batch, n, 4]`, `[colors, >= channels]` -> the images' shape.
    Raises: InvalidArgumentError for other shapes.
    """
    require_rank(images, 4, "images")
    require_rank(colors, 2, "colors")
    if colors.shape[1] < images.shape[3]:
        require(
            False, f"colors must have {images.shape[3]} channels or more, not {colors.shape[1]}"
        )
    return _draw(images, boxes, colors)


class _Limits:
    """What a random crop must satisfy; attributes of the op, checked."""

    def __init__(
        self, aspect_ratio_range: list[float], area_range: list[float], max_attempts: int
    ) -> None:
        for name, values in (
            ("aspect_ratio_range", aspect_ratio_range),
            ("area_range", area_range),
        ):
            require(len(values) == 2, f"{name} must have 2 values, not {len(values)}")
            require(values[0] > 0 and values[1] > 0, f"{name} must be positive, not {values}")
        require(max(area_range) <= 1, f"area_range must be <= 1, not {area_range}")
        require(max_attempts > 0, f"max_attempts must be positive, not {max_attempts}")
        self.aspects = np.float32(aspect_ratio_range[0]), np.float32(aspect_ratio_range[1])
        self.areas = np.float32(area_range[0]), np.float32(area_range[1])
        self.attempts = max_attempts


Box = tuple[int, int, int, int]  # top, left, bottom, right


def _area(box: Box) -> np.float32:
    return np.float32((box[2] - box[0]) * (box[3] - box[1]))


def _intersection(a: Box, b: Box) -> Box:
    top, left, bottom, right = (
        max(a[0], b[0]),
        max(a[1], b[1]),
        min(a[2], b[2]),
        min(a[3], b[3]),
    )
    return (0, 0, 0, 0) if top > bottom or left > right else (top, left, bottom, right)


def _covers(crop: Box, least: np.float32, objects: list[Box]) -> bool:
    """Whether the crop has a pixel and shows the least share of one object that has a pixel."""
    if _area(crop) < 1:
        return False
    return any(
        _area(_intersection(crop, box)) / _area(box) >= least for box in objects if _area(box) >= 1
    )


def _draw_crop(
    height: int,
    width: int,
    areas: tuple[np.float32, np.float32],
    aspect: np.float32,
    draws: WordStream,
) -> Box | None:
    """A crop of that aspect ratio with a random size and place, or None where none fits.

    float32 and the order of the steps are TensorFlow's, so that equal words give equal crops.
    """
    if areas[0] > areas[1] or height <= 0 or width <= 0:
        return None
    wide, tall = np.float32(width), np.float32(height)
    least, most = areas[0] * wide * tall, areas[1] * wide * tall

    def width_of(rows: int) -> int:
        return int(np.rint(np.float32(rows) * aspect))

    rows = int(np.rint(np.sqrt(least / aspect)))
    limit = int(np.rint(np.sqrt(most / aspect)))
    if width_of(limit) > width:
        limit = int((width + 0.5 - float(np.float32(1e-7))) / float(aspect))
        if width_of(limit) > width:
            limit -= 1
    limit = min(limit, height)
    rows = min(rows, limit)
    if rows < limit:
        rows += draws.below(limit - rows + 1)
    columns = width_of(rows)
    if np.float32(columns * rows) < least:
        rows += 1
        columns = width_of(rows)
    if np.float32(columns * rows) > most:
        rows -= 1
        columns = width_of(rows)
    area = np.float32(columns * rows)
    if area < least or area > most or not (0 < columns <= width and 0 < rows <= height):
        return None
    top = draws.below(height - rows) if rows < height else 0
    left = draws.below(width - columns) if columns < width else 0
    return top, left, top + rows, left + columns


def _objects(bounding_boxes: Array, height: int, width: int, use_image: bool) -> list[Box]:
    require_rank(bounding_boxes, 3, "bounding_boxes")
    if bounding_boxes.shape[2] != 4:
        require(
            False, f"bounding_boxes must have shape [_, n, 4], not {list(bounding_boxes.shape)}"
        )
    flat = bounding_boxes.reshape(-1, 4)
    if not ((flat >= 0) & (flat <= 1)).all():
        require(False, "bounding_boxes must lie in [0, 1]")
    if len(flat) == 0:
        require(use_image, "bounding_boxes must not be empty unless use_image_if_no_bounding_boxes")
        return [(0, 0, height, width)]
    pixels = flat * np.array([height, width, height, width], np.float32)
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in pixels]


def _sample(
    ctx: Context,
    stream: Callable[[int], Philox],
    image_size: Array,
    bounding_boxes: Array,
    least: np.float32,
    limits: _Limits,
    use_image: bool,
) -> tuple[Array, Array, Array]:
    if image_size.shape != (3,):
        require(False, f"image_size must have shape [3], not {list(image_size.shape)}")
    height, width = int(image_size[0]), int(image_size[1])
    top = (1 << 31) - 1
    if not (0 <= height < top and 0 <= width < top):
        require(False, f"image_size must lie in [0, 2^31 - 1), not {image_size.tolist()}")
    require(least >= 0, f"min_object_covered must be >= 0, not {least}")
    objects = _objects(bounding_boxes, height, width, use_image)
    draws = WordStream(stream(limits.attempts))
    span = limits.aspects[1] - limits.aspects[0]
    crop: Box = (0, 0, height, width)
    for attempt in range(limits.attempts):
        if attempt % 1024 == 1023:
            ctx.check()
        aspect = draws.uniform_float() * span + limits.aspects[0]
        found = _draw_crop(height, width, limits.areas, aspect, draws)
        if found is not None and _covers(found, least, objects):
            crop = found
            break
    if crop[2] > height or crop[3] > width:
        raise FailedPreconditionError(f"crop {crop} must lie in an image of {height} x {width}")
    kind = image_size.dtype
    begin = np.array([crop[0], crop[1], 0]).astype(kind)
    size = np.array([crop[2] - crop[0], crop[3] - crop[1], -1]).astype(kind)
    with np.errstate(invalid="ignore", divide="ignore"):
        box = np.array(crop, np.float32) / np.array([height, width, height, width], np.float32)
    return begin, size, box.reshape(1, 1, 4)


def _sample_shapes(image_size: Spec, bounding_boxes: Spec) -> list[Shape]:
    same_as(exact_rank(image_size, 1, "image_size")[0], 3, "image_size's length and 3")
    columns = exact_rank(bounding_boxes, 3, "bounding_boxes")[2]
    same_as(columns, 4, "bounding_boxes' third size and 4")
    return [(3,), (3,), (1, 1, 4)]


@op(
    "SampleDistortedBoundingBox(image_size: T, bounding_boxes: float32)"
    " -> begin: T, size: T, bboxes: float32",
    T=_SIZES,
    stateful=True,
    precision=RANDOM,
    source=_SAMPLE,
    shape=_sample_shapes,
)
def sample_distorted_bounding_box(
    ctx: Context,
    image_size: Array,
    bounding_boxes: Array,
    *,
    seed: int = 0,
    seed2: int = 0,
    min_object_covered: float = 0.1,
    aspect_ratio_range: list[float] = [0.75, 1.33],
    area_range: list[float] = [0.05, 1.0],
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> tuple[Array, Array, Array]:
    """SampleDistortedBoundingBoxV2 with `min_object_covered` as an attribute.

    Shapes: `[3]`, `[batch, n, 4]` -> `[3]`, `[3]`, `[1, 1, 4]`.
    Raises: InvalidArgumentError for other shapes, coordinates outside [0, 1], or attributes out of range.
    """
    return _sample(
        ctx,
        session_stream(ctx, seed, seed2).reserve,
        image_size,
        bounding_boxes,
        np.float32(min_object_covered),
        _Limits(aspect_ratio_range, area_range, max_attempts),
        use_image_if_no_bounding_boxes,
    )


@op(
    "SampleDistortedBoundingBoxV2(image_size: T, bounding_boxes: float32,"
    " min_object_covered: float32) -> begin: T, size: T, bboxes: float32",
    T=_SIZES,
    stateful=True,
    precision=RANDOM,
    source=_SAMPLE,
)
def sample_distorted_bounding_box_v2(
    ctx: Context,
    image_size: Array,
    bounding_boxes: Array,
    min_object_covered: Array,
    *,
    seed: int = 0,
    seed2: int = 0,
    aspect_ratio_range: list[float] = [0.75, 1.33],
    area_range: list[float] = [0.05, 1.0],
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> tuple[Array, Array, Array]:
    """A random crop that shows enough of one of the boxes: its corner, its size, and itself as a box.

    Tries up to `max_attempts` crops with aspect ratio (width / height) and share of the image's area in their
    ranges; the whole image if none fits.  Begin and size are arguments of Slice.

    Shapes: `[3]`, `[batch, n, 4]`, `[]` -> `[3]`, `[3]`, `[1, 1, 4]`.
    Raises: InvalidArgumentError for other shapes, coordinates outside [0, 1], or attributes out of range.
    """
    require_scalar(min_object_covered, "min_object_covered")
    return _sample(
        ctx,
        session_stream(ctx, seed, seed2).reserve,
        image_size,
        bounding_boxes,
        np.float32(min_object_covered),
        _Limits(aspect_ratio_range, area_range, max_attempts),
        use_image_if_no_bounding_boxes,
    )


@sample_distorted_bounding_box_v2.shape
def _sample_distorted_bounding_box_v2_shape(
    image_size: Spec, bounding_boxes: Spec, min_object_covered: Spec
) -> list[Shape]:
    exact_rank(min_object_covered, 0, "min_object_covered")
    return _sample_shapes(image_size, bounding_boxes)


@op(
    "StatelessSampleDistortedBoundingBox(image_size: T, bounding_boxes: float32,"
    " min_object_covered: float32, seed: Tseed) -> begin: T, size: T, bboxes: float32",
    T=_SIZES,
    Tseed=INDEX,
    precision=RANDOM,
    source=_SAMPLE,
)
def stateless_sample_distorted_bounding_box(
    ctx: Context,
    image_size: Array,
    bounding_boxes: Array,
    min_object_covered: Array,
    seed: Array,
    *,
    aspect_ratio_range: list[float] = [0.75, 1.33],
    area_range: list[float] = [0.05, 1.0],
    max_attempts: int = 100,
    use_image_if_no_bounding_boxes: bool = False,
) -> tuple[Array, Array, Array]:
    """SampleDistortedBoundingBoxV2 that gives the same for the same seed.

    Shapes: `[3]`, `[batch, n, 4]`, `[]`, `[2]` -> `[3]`, `[3]`, `[1, 1, 4]`.
    Raises: InvalidArgumentError for other shapes, coordinates outside [0, 1], or attributes out of range.
    """
    require_scalar(min_object_covered, "min_object_covered")
    stream = seeded(seed)
    return _sample(
        ctx,
        lambda attempts: stream,
        image_size,
        bounding_boxes,
        np.float32(min_object_covered),
        _Limits(aspect_ratio_range, area_range, max_attempts),
        use_image_if_no_bounding_boxes,
    )


@stateless_sample_distorted_bounding_box.shape
def _stateless_sample_distorted_bounding_box_shape(
    image_size: Spec, bounding_boxes: Spec, min_object_covered: Spec, seed: Spec
) -> list[Shape]:
    exact_rank(min_object_covered, 0, "min_object_covered")
    static_vector(seed, 2, "seed")
    return _sample_shapes(image_size, bounding_boxes)


without_gradient("DrawBoundingBoxes", "SampleDistortedBoundingBox", "SampleDistortedBoundingBoxV2")
