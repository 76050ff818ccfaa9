"""Windows of images at given places, filled up with noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.image_shapes import exact_rank, output_size, require_output, same_as
from minihub_runtime.ops.registry import Array, op, without_gradient
from minihub_runtime.shapes import Shape, Spec

_SOURCE = "core/kernels/eigen_attention.h"


def _noise_kind(uniform_noise: bool, noise: str) -> str:
    require(
        not (uniform_noise and noise not in ("", "uniform")),
        f"uniform_noise must be False where noise is {noise[:40]!r}",
    )
    if not noise:
        return "uniform" if uniform_noise else "gaussian"
    require(
        noise in ("uniform", "gaussian", "zero"),
        f"noise must be uniform, gaussian or zero, not {noise[:40]!r}",
    )
    return noise


def _fill(glimpse: Array, image: Array, kind: str) -> None:
    """Noise with the range, or the mean and deviation, of the image."""
    if kind == "zero" or image.size == 0:
        glimpse[...] = 0
        return
    generator = np.random.default_rng()
    if kind == "uniform":
        low, high = image.min(), image.max()
        glimpse[...] = low + generator.random(glimpse.shape, np.float32) * (high - low)
        return
    drawn = generator.standard_normal(glimpse.shape, np.float32)
    drawn = image.mean(axis=(0, 1)) + drawn * image.std(axis=(0, 1))
    np.clip(drawn, image.min(axis=(0, 1)), image.max(axis=(0, 1)), out=glimpse)


def _overlap(offset: int, window: int, size: int) -> tuple[slice, slice, bool]:
    """The part of the window and of the image that fall together, and whether the window is only partly covered."""
    if offset < 0:
        length = max(0, window + offset)
        begin, first = window - length, 0
    else:
        length = window if offset + window < size else max(0, size - offset)
        begin, first = 0, offset
    seen = min(length, size)
    return (
        slice(begin, begin + seen),
        slice(first, first + seen),
        offset < 0 or offset + window >= size,
    )


def _corner(
    place: np.float32, window: int, size: int, first_version: bool, normalized: bool, centered: bool
) -> int:
    """Where the window begins along one axis."""
    n, half = np.float32(size), np.float32(2)
    if normalized:
        place = place * n
    if centered and (first_version or normalized):
        place = place / half + n / half
    elif centered:
        place = place + n / half
    if first_version or (normalized and centered):
        place = place - np.float32(window) / half
    limit = float(1 << 40)
    return int(min(max(float(np.nan_to_num(place, nan=-limit)), -limit), limit))


def _glimpse(
    input: Array,
    size: Array,
    offsets: Array,
    first_version: bool,
    centered: bool,
    normalized: bool,
    kind: str,
) -> Array:
    require_rank(input, 4, "input")
    batch, height, width, channels = input.shape
    if size.shape != (2,):
        require(False, f"size must have shape [2], not {list(size.shape)}")
    if offsets.shape != (batch, 2):
        require(False, f"offsets must have shape [{batch}, 2], not {list(offsets.shape)}")
    rows, columns = (int(n) for n in size)
    result = np.empty(require_output((batch, rows, columns, channels), 4), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for n in range(batch if result.size else 0):
            y = _corner(offsets[n, 0], rows, height, first_version, normalized, centered)
            x = _corner(offsets[n, 1], columns, width, first_version, normalized, centered)
            to_y, from_y, part_y = _overlap(y, rows, height)
            to_x, from_x, part_x = _overlap(x, columns, width)
            if part_y or part_x:
                _fill(result[n], input[n], kind)
            result[n, to_y, to_x] = input[n, from_y, from_x]
    return result


def _glimpse_shape(
    input: Spec, size: Spec, offsets: Spec, uniform_noise: bool, noise: str
) -> Shape:
    batch, _, _, channels = exact_rank(input, 4, "input")
    count, columns = exact_rank(offsets, 2, "offsets")
    same_as(columns, 2, "offsets' second size and 2")
    batch = same_as(batch, count, "the lengths of input and offsets")
    require(
        not (uniform_noise and noise not in ("", "uniform")),
        f"uniform_noise must be False where noise is {noise[:40]!r}",
    )
    return (batch, *output_size(size), channels)


def _register(name: str, first_version: bool) -> Callable[..., Array]:
    @op(
        f"{name}(input: float32, size: int32, offsets: float32) -> glimpse: float32",
        source=_SOURCE,
        shape=_glimpse_shape,
    )
    def extract_glimpse(
        input: Array,
        size: Array,
        offsets: Array,
        *,
        centered: bool = True,
        normalized: bool = True,
        uniform_noise: bool = True,
        noise: str = "uniform",
    ) -> Array:
        """A window of `size` pixels from each image, at `offsets` of its centre from the image's centre.

        Offsets are pixels, or -1 to 1 across the image if normalised; not centred, they count from the first corner.
        The first version takes half of the window and of a centred offset off in all cases, the second only where
        offsets are both normalised and centred.

        Shapes: `[batch, height, width, channels]`, `[2]`, `[batch, 2]` -> `[batch, *size, channels]`.
        Differs: noise comes from NumPy's generator; TensorFlow's is unseeded as well.
        Raises: InvalidArgumentError for other shapes and unknown noise.
        """
        kind = _noise_kind(uniform_noise, noise)
        return _glimpse(input, size, offsets, first_version, centered, normalized, kind)

    return extract_glimpse


extract_glimpse = _register("ExtractGlimpse", first_version=True)
extract_glimpse_v2 = _register("ExtractGlimpseV2", first_version=False)


without_gradient("ExtractGlimpse")
