"""`tf.contrib.image`: images that are turned, moved and seen in perspective.

A transform is written as eight numbers `[a0, a1, a2, b0, b1, b2, c0, c1]`: what stands at `(x, y)` in the output comes from
`((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` in the input, where `k = c0 x + c1 y + 1`.

Source: tensorflow_core/contrib/image/python/ops/image_ops.py (release 1.15); tensorflow_addons/image/transform_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones, ones_like, zeros
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = [
    "angles_to_projective_transforms",
    "compose_transforms",
    "flat_transforms_to_matrices",
    "matrices_to_flat_transforms",
    "rotate",
    "transform",
    "translate",
    "translations_to_projective_transforms",
]

#: Names of the types that images may have.
_DTYPES = frozenset({"uint8", "int32", "int64", "float16", "float32", "float64"})


def _public(function: Any) -> Any:
    return public(f"contrib.image.{function.__name__}")(function)


def _batch(images: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Images as a batch of four dimensions, and a function that takes the dimensions away again that are added here.

    Raises:
        TypeError: they are of another type, or have not two to four dimensions.
    """
    if images.dtype.base_dtype.name not in _DTYPES:
        raise TypeError(f"Invalid dtype {images.dtype}.")
    rank = images.shape.ndims
    if rank is None:
        raise TypeError("image_or_images rank must be statically known")
    if rank == 2:
        return images[None, :, :, None], lambda batch: batch[0, :, :, 0]
    if rank == 3:
        return images[None], lambda batch: batch[0]
    if rank == 4:
        return images, lambda batch: batch
    raise TypeError("Images should have rank between 2 and 4.")


def _rows(values: Any, rank: int, name: str) -> Any:
    """Float32 values of one image, which have that rank, as those of a batch; those of a batch as they are.

    Raises:
        TypeError: they have neither that rank nor one more.
    """
    values = convert_to_tensor(values, name=name.lower(), dtype=float32)
    found = values.shape.ndims
    if found not in (rank, rank + 1):
        raise TypeError(f"{name} should have rank {rank} or {rank + 1}, not {found}.")
    return values[None] if found == rank else values


@_public
def rotate(
    images: Any, angles: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Any:
    """Images, turned counterclockwise around their middles; what comes from outside is 0.

    Args:
        images: `[batch, height, width, channels]`, `[height, width, channels]` or `[height, width]`.
        angles: in radians, one for all images or one for each.
        interpolation: `"NEAREST"` or `"BILINEAR"`.
        name: wanted name of the scope.

    Raises:
        TypeError: images or angles are of another type or rank.
    """
    with name_scope(name, "rotate"):
        batch, own_rank = _batch(convert_to_tensor(images))
        height, width = (
            build("Cast", x=shape_of(batch)[axis], DstT=float32)[None] for axis in (1, 2)
        )
        transforms = angles_to_projective_transforms(angles, height, width)
        return own_rank(transform(batch, transforms, interpolation))


@_public
def translate(
    images: Any, translations: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Any:
    """Images, moved; what comes from outside is 0.

    Args:
        images: see `rotate`.
        translations: `[dx, dy]` for all images, or one for each.
        interpolation: see `rotate`.
        name: likewise.

    Raises:
        TypeError: images or translations are of another type or rank.
    """
    with name_scope(name, "translate"):
        return transform(images, translations_to_projective_transforms(translations), interpolation)


@_public
def angles_to_projective_transforms(
    angles: Any, image_height: Any, image_width: Any, name: str | None = None
) -> Any:
    """The transforms that turn images around their middles, `[batch, 8]`.

    Args:
        angles: in radians, a scalar or a vector.
        image_height: float32.
        image_width: float32.
        name: wanted name of the scope.

    Raises:
        TypeError: the angles have another rank.
    """
    with name_scope(name, "angles_to_projective_transforms"):
        angles = _rows(angles, 0, "Angles")
        cosine, sine = build("Cos", x=angles), build("Sin", x=angles)
        right, bottom = image_width - 1, image_height - 1
        x_offset = (right - (cosine * right - sine * bottom)) / 2.0
        y_offset = (bottom - (sine * right + cosine * bottom)) / 2.0
        columns = [item[:, None] for item in (cosine, -sine, x_offset, sine, cosine, y_offset)]
        return concat([*columns, zeros((shape_of(angles)[0], 2), float32)], axis=1)


@_public
def translations_to_projective_transforms(translations: Any, name: str | None = None) -> Any:
    """The transforms that move images, `[batch, 8]`.

    Args:
        translations: `[dx, dy]`, or one for each image.
        name: wanted name of the scope.

    Raises:
        TypeError: the translations have another rank.
    """
    with name_scope(name, "translations_to_projective_transforms"):
        moves = _rows(translations, 1, "Translations")
        count = shape_of(moves)[0]
        one, zero = ones((count, 1), float32), zeros((count, 1), float32)
        columns = [one, zero, -moves[:, 0, None], zero, one, -moves[:, 1, None], zero, zero]
        return concat(columns, axis=1)


@_public
def transform(
    images: Any,
    transforms: Any,
    interpolation: str = "NEAREST",
    output_shape: Any = None,
    name: str | None = None,
) -> Any:
    """Images to which transforms are applied; what comes from outside is 0.

    Args:
        images: see `rotate`.
        transforms: eight numbers for all images, or for each; see the module.  They get no gradient.
        interpolation: see `rotate`.
        output_shape: the new height and width; by default those of the images.
        name: wanted name of the scope.

    Raises:
        TypeError: images or transforms are of another type or rank.
        ValueError: the output shape has not two elements.
    """
    with name_scope(name, "transform"):
        batch, own_rank = _batch(convert_to_tensor(images, name="images"))
        rows = _rows(transforms, 1, "Transforms")
        if output_shape is None:
            known = batch.shape[1:3]
            output_shape = known.as_list() if known.is_fully_defined() else shape_of(batch)[1:3]
        output_shape = convert_to_tensor(output_shape, int32, name="output_shape")
        if not output_shape.shape.is_compatible_with([2]):
            raise ValueError(
                "output_shape must be a 1-D Tensor of 2 elements: new_height, new_width"
            )
        transformed = build(
            "ImageProjectiveTransformV2",
            images=batch,
            transforms=rows,
            output_shape=output_shape,
            interpolation=interpolation.upper(),
        )
        return own_rank(transformed)


@_public
def compose_transforms(*transforms: Any) -> Any:
    """One transform that does what several do one after the other, `[batch, 8]`.

    Args:
        *transforms: of one shape each, `[8]` or `[batch, 8]`.

    Raises:
        ValueError: there are none.
    """
    if not transforms:
        raise ValueError("transforms cannot be empty")
    with name_scope("compose_transforms"):
        first, *others = map(flat_transforms_to_matrices, transforms)
        for other in others:
            first = matmul(first, other)
        return matrices_to_flat_transforms(first)


@_public
def flat_transforms_to_matrices(transforms: Any) -> Any:
    """The matrices of transforms, `[batch, 3, 3]`, which map places in the output to those in the input.

    Args:
        transforms: `[8]` or `[batch, 8]`.

    Raises:
        ValueError: they have another rank.
    """
    with name_scope("flat_transforms_to_matrices"):
        transforms = convert_to_tensor(transforms, name="transforms")
        if transforms.shape.ndims not in (1, 2):
            raise ValueError(f"Transforms should be 1D or 2D, got: {transforms}")
        rows = reshape(transforms, [-1, 8])
        return reshape(concat([rows, ones_like(rows[:, :1])], axis=1), [-1, 3, 3])


@_public
def matrices_to_flat_transforms(transform_matrices: Any) -> Any:
    """The transforms of matrices, `[batch, 8]`; see `flat_transforms_to_matrices`.

    Args:
        transform_matrices: `[3, 3]` or `[batch, 3, 3]`.

    Raises:
        ValueError: they have another rank.
    """
    with name_scope("matrices_to_flat_transforms"):
        matrices = convert_to_tensor(transform_matrices, name="transform_matrices")
        if matrices.shape.ndims not in (2, 3):
            raise ValueError(f"Matrices should be 2D or 3D, got: {matrices}")
        rows = reshape(matrices, [-1, 9])
        return (rows / rows[:, 8:9])[:, :8]
