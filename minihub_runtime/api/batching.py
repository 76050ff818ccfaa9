"""Blocks of space dealt out to batches, and put together again.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["batch_to_space", "required_space_to_batch_paddings", "space_to_batch"]


@public("nn.space_to_batch", "space_to_batch")
def space_to_batch(
    input: Any,
    paddings: Any,
    block_size: Any = None,
    name: str | None = None,
    block_shape: Any = None,
) -> Tensor:
    """Images dealt out: the pixels at each place of square blocks become images of their own.

    Args:
        input: `[batch, height, width, depth]`.
        paddings: [2, 2], what is added before and after, in both directions.
        block_size: the size of a block.
        name: wanted name.
        block_shape: another name of `block_size`.

    Returns:
        `[batch · block_size², …, …, depth]`.

    Raises:
        ValueError: shapes do not fit, or `block_size` and `block_shape` are both given.
    """
    size = deprecated_argument_lookup("block_shape", block_shape, "block_size", block_size)
    result: Tensor = build(
        "SpaceToBatchND",
        name=name,
        input=input,
        block_shape=np.array([size, size], np.int64),
        paddings=paddings,
    )
    result.set_shape(result.shape.with_rank(4))
    return result


@public("batch_to_space")
def batch_to_space(
    input: Any, crops: Any, block_size: Any, name: str | None = None, block_shape: Any = None
) -> Tensor:
    """Images put together: what `space_to_batch` dealt out, less what `crops` says.

    Args:
        input: `[batch · block_size², height, width, depth]`.
        crops: [2, 2], what is cut off before and after, in both directions.
        block_size: the size of a block.
        name: wanted name.
        block_shape: another name of `block_size`.

    Raises:
        ValueError: shapes do not fit, or `block_size` and `block_shape` are both given.
    """
    size = deprecated_argument_lookup("block_shape", block_shape, "block_size", block_size)
    result: Tensor = build(
        "BatchToSpaceND",
        name=name,
        input=input,
        block_shape=np.array([size, size], np.int64),
        crops=crops,
    )
    result.set_shape(result.shape.with_rank(4))
    return result


@public("required_space_to_batch_paddings")
def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """The least paddings with which blocks divide an input.

    Args:
        input_shape: int32 [n], the spatial sizes.
        block_shape: int32 [n].
        base_paddings: int32 [n, 2], what is padded at least.
        name: wanted name.

    Returns:
        The paddings, and the crops that take off again what is padded beyond `base_paddings`; int32 [n, 2].

    Raises:
        ValueError: shapes do not fit.
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        sizes: Any = convert_to_tensor(input_shape, dtype=int32, name="input_shape")
        blocks: Any = convert_to_tensor(block_shape, dtype=int32, name="block_shape")
        blocks.shape.assert_is_fully_defined()
        blocks.shape.assert_has_rank(1)
        count = blocks.shape.as_list()[0]
        if count == 0:
            return zeros([0, 2], int32), zeros([0, 2], int32)
        sizes.shape.assert_is_compatible_with([count])
        if base_paddings is None:
            base: Any = zeros([count, 2], int32)
        else:
            base = convert_to_tensor(base_paddings, dtype=int32, name="base_paddings")
            base.shape.assert_is_compatible_with([count, 2])
        known = [constant_value(part) for part in (sizes, blocks, base)]
        if all(part is not None for part in known):
            sizes, blocks, base = known
        start, end = base[:, 0], base[:, 1]
        whole = sizes + start + end
        extra = (blocks - whole % blocks) % blocks
        end = end + extra
        paddings = stack([[start[i], end[i]] for i in range(count)], name="paddings")
        crops = stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops
