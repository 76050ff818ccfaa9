"""Images and batches of images, and their sizes.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor

__all__ = ["Batch", "as_batch", "is_known", "require"]


class Batch:
    """Images [batch, height, width, channels], and how to give back what came in.

    Attributes:
        images: the batch.
        single: whether one image came in.
    """

    def __init__(self, images: Tensor, single: bool) -> None:
        self.images = images
        self.single = single

    @property
    def sizes(self) -> list[Any]:
        """Batch, height, width and channels: numbers where they are known, else scalars."""
        known = self.images.shape.as_list()
        if None not in known:
            return known
        dynamic = tf.shape(self.images)
        return [dynamic[place] if size is None else size for place, size in enumerate(known)]

    def give_back(self, images: Any) -> Tensor:
        """One image if one came in, else the batch."""
        result: Tensor = tf.squeeze(images, axis=[0]) if self.single else images
        return result


def as_batch(image: Any, name: str = "image") -> Batch:
    """An image, or a batch of images, as a batch; a tensor of unknown rank is one image.

    Raises:
        ValueError: it has neither three nor four dimensions.
    """
    tensor = convert_to_tensor(image, name=name)
    rank = tensor.shape.rank
    if rank not in (None, 3, 4):
        raise ValueError(f"'{name}' (shape {tensor.shape}) must have either 3 or 4 dimensions.")
    if rank == 4:
        return Batch(tensor, False)
    batch = tf.expand_dims(tensor, 0)
    if rank is None:
        batch.set_shape([None] * 4)
    return Batch(batch, True)


def is_known(*values: Any) -> bool:
    """Whether all are numbers rather than tensors."""
    return not any(isinstance(value, Tensor) for value in values)


def require(holds: Any, message: str) -> None:
    """Refuse what is known not to hold; what is not known is left to the operations.

    Raises:
        ValueError: it does not hold.
    """
    if is_known(holds) and not holds:
        raise ValueError(message)
