"""Initialisers of matrices: orthogonal ones and the identity.

Source: tensorflow/python/ops/init_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.initializers import Typed, float_type
from minihub_runtime.api.layout import matrix_transpose, reshape
from minihub_runtime.api.linalg.matrices import eye
from minihub_runtime.api.random_ops import random_normal
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["Identity", "Orthogonal"]


@public("initializers.orthogonal", "orthogonal_initializer")
class Orthogonal(Typed):
    """A random matrix of orthogonal rows or columns, whichever are fewer; all dimensions but the last count as one.

    Args:
        gain: a factor.
        seed: the op's seed.
        dtype: default type.
    """

    _configured = ("gain", "seed", "dtype")

    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: Any = float32) -> None:
        self.gain = gain
        self.seed = seed
        self.dtype = float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`.

        Raises:
            ValueError: the shape has fewer than two dimensions.
        """
        if len(shape) < 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        rows, columns = math.prod(int(size) for size in shape[:-1]), int(shape[-1])
        flat = (max(rows, columns), min(rows, columns))
        drawn = random_normal(flat, dtype=self._type(dtype), seed=self.seed)
        q, r = build("Qr", input=drawn, full_matrices=False)
        # The signs make the distribution uniform.
        q = q * build("Sign", x=build("DiagPart", input=r))
        if rows < columns:
            q = matrix_transpose(q)
        result: Tensor = self.gain * reshape(q, shape)
        return result


@public("initializers.identity")
class Identity(Typed):
    """The identity matrix times `gain`."""

    _configured = ("gain", "dtype")

    def __init__(self, gain: float = 1.0, dtype: Any = float32) -> None:
        self.gain = gain
        self.dtype = float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`.

        Raises:
            ValueError: the shape has not two dimensions.
        """
        whole = shape if partition_info is None else partition_info.full_shape
        if len(whole) != 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        rows, columns = (size or 0 for size in TensorShape(whole).as_list())
        matrix = eye(rows, columns, dtype=self._type(dtype))
        if partition_info is not None:
            matrix = slice(matrix, partition_info.var_offset, shape)
        result: Tensor = self.gain * matrix
        return result
