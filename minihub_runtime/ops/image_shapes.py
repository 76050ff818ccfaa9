"""Checks and shape rules that the image families share."""

from __future__ import annotations

from collections.abc import Sequence

from minihub_runtime.errors import InvalidArgumentError, ResourceExhaustedError
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Shape, Spec, merge, show, size

__all__ = [
    "MAX_OUTPUT_BYTES",
    "at_least_rank",
    "exact_rank",
    "output_size",
    "require_output",
    "same_as",
    "sized_image",
    "two_sizes",
    "unchanged_image",
]

#: What one output may take whose size a number in the graph decides; two integers can ask for any amount.
MAX_OUTPUT_BYTES = 1 << 32


def require_output(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """`shape`, if an output may have it.

    Raises:
        InvalidArgumentError: its number of elements does not fit 63 bits, or a size is negative.
        ResourceExhaustedError: it would take more than MAX_OUTPUT_BYTES.
    """
    whole = tuple(int(n) for n in shape)
    if min(whole, default=0) < 0:
        raise InvalidArgumentError(f"sizes must be >= 0, not {list(whole)}")
    count = size(whole)
    # NumPy makes no array whose other sizes overflow, not even if one size is zero.
    if size(n for n in whole if n) * itemsize >= 1 << 63:
        raise InvalidArgumentError(f"a shape must have less than 2^63 elements, not {list(whole)}")
    if count * itemsize > MAX_OUTPUT_BYTES:
        raise ResourceExhaustedError(
            f"an image output must take at most {MAX_OUTPUT_BYTES} bytes, not {count * itemsize} "
            f"for shape {list(whole)}"
        )
    return whole


def two_sizes(size: Array, name: str = "size") -> tuple[int, int]:
    """The height and width in a vector of two positive numbers.

    Raises:
        InvalidArgumentError: it is another shape, or one is not positive.
    """
    if size.shape != (2,):
        raise InvalidArgumentError(f"{name} must have shape [2], not {list(size.shape)}")
    height, width = (int(n) for n in size)
    if height <= 0 or width <= 0:
        raise InvalidArgumentError(f"{name} must be positive, not [{height}, {width}]")
    return height, width


def exact_rank(spec: Spec, rank: int, name: str) -> tuple[int | None, ...]:
    """The static shape of an input of that rank; unknown sizes where nothing is known.

    Raises:
        InvalidArgumentError: it has another rank.
    """
    if spec.shape is None:
        return (None,) * rank
    if len(spec.shape) != rank:
        raise InvalidArgumentError(f"{name} must have rank {rank}, not shape {show(spec.shape)}")
    return spec.shape


def at_least_rank(spec: Spec, rank: int, name: str) -> Shape:
    """The static shape of an input of at least that rank.

    Raises:
        InvalidArgumentError: its rank is smaller.
    """
    if spec.shape is not None and len(spec.shape) < rank:
        raise InvalidArgumentError(f"{name} must have rank >= {rank}, not shape {show(spec.shape)}")
    return spec.shape


def same_as(a: int | None, b: int | None, what: str) -> int | None:
    """One size that two inputs share.

    Raises:
        InvalidArgumentError: both are known and differ.
    """
    if a is not None and b is not None and a != b:
        raise InvalidArgumentError(f"{what} must be equal, not {a} and {b}")
    return b if a is None else a


def output_size(size: Spec, name: str = "size") -> tuple[int | None, int | None]:
    """The static height and width that a size input asks for."""
    merge(exact_rank(size, 1, name), (2,))
    if size.value is None:
        return None, None
    height, width = (int(n) for n in size.value)
    if height < -1 or width < -1:
        raise InvalidArgumentError(f"{name} must be positive, not [{height}, {width}]")
    return None if height < 0 else height, None if width < 0 else width


def sized_image(images: Spec, size: Spec) -> Shape:
    """The batch and channels of `images` with the height and width in `size`."""
    batch, _, _, channels = exact_rank(images, 4, "images")
    return (batch, *output_size(size), channels)


def unchanged_image(images: Spec) -> Shape:
    """The shape of images of rank >= 3."""
    return at_least_rank(images, 3, "images")
