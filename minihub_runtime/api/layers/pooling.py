"""Pooling layers.

Source: keras/src/legacy_tf_layers/pooling.py, keras/src/layers/pooling/base_pooling1d.py, base_pooling2d.py,
base_pooling3d.py.
"""

from __future__ import annotations

from typing import Any, ClassVar

from minihub_runtime.api.building import build
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layers.settings import (
    data_format_of,
    format_of,
    length_of,
    numbers_of,
    padding_of,
)
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.nn.pooling import avg_pool, avg_pool3d, max_pool, max_pool3d
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "average_pooling1d",
    "average_pooling2d",
    "average_pooling3d",
    "max_pooling1d",
    "max_pooling2d",
    "max_pooling3d",
]


class _Pooling(Layer):
    """One number for each window of each channel.

    Args:
        pool_size: the size of the window, one number or one for each dimension.
        strides: how far apart windows are, likewise.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
        name: the scope.
        **kwargs: arguments of `Layer`.

    Raises:
        ValueError: an argument does not fit.
    """

    rank: ClassVar[int]
    pool: ClassVar[Any]

    def __init__(
        self,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        if strides is None:
            raise ValueError("Argument `strides` must not be None.")
        super().__init__(name=name, **kwargs)
        self.pool_size = numbers_of(pool_size, self.rank, "pool_size")
        self.strides = numbers_of(strides, self.rank, "strides", allow_zero=True)
        self.padding = padding_of(padding)
        self.data_format = data_format_of(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _around(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Ones for batch and channels around the numbers of the dimensions."""
        return (1, *numbers, 1) if self.data_format == "channels_last" else (1, 1, *numbers)

    def call(self, inputs: Any) -> Any:
        """The output."""
        return type(self).pool(
            inputs,
            self._around(self.pool_size),
            self._around(self.strides),
            padding=self.padding.upper(),
            data_format=format_of(self.data_format, self.rank + 2),
        )

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output."""
        known = TensorShape(input_shape).as_list()
        first = 1 if self.data_format == "channels_last" else 2
        for axis, (window, stride) in enumerate(zip(self.pool_size, self.strides, strict=True)):
            known[first + axis] = length_of(known[first + axis], window, self.padding, stride)
        return TensorShape(known)


class _Pooling1D(_Pooling):
    """Pooling of sequences, which are images of a width of one."""

    rank = 1

    def call(self, inputs: Any) -> Any:
        """The output."""
        last = self.data_format == "channels_last"
        axis = 2 if last else 3
        images = expand_dims(inputs, axis)
        if not last:
            # TensorFlow's kernels for processors take channels last only.
            images = build("Transpose", name="transpose", x=images, perm=(0, 2, 3, 1))
        outputs = type(self).pool(
            images,
            (1, *self.pool_size, 1, 1),
            (1, *self.strides, 1, 1),
            padding=self.padding.upper(),
            data_format="NHWC",
        )
        if not last:
            outputs = build("Transpose", name="transpose", x=outputs, perm=(0, 3, 1, 2))
        return squeeze(outputs, axis)


class _Pooling3D(_Pooling):
    """Pooling of volumes."""

    rank = 3

    def call(self, inputs: Any) -> Any:
        """The output."""
        first = self.data_format == "channels_first"
        if first:
            # TensorFlow's kernels for processors take channels last only.
            inputs = build("Transpose", name="transpose", x=inputs, perm=(0, 2, 3, 4, 1))
        outputs = type(self).pool(
            inputs,
            (1, *self.pool_size, 1),
            (1, *self.strides, 1),
            padding=self.padding.upper(),
        )
        if first:
            outputs = build("Transpose", name="transpose", x=outputs, perm=(0, 4, 1, 2, 3))
        return outputs


@public("layers.AveragePooling1D")
class AveragePooling1D(_Pooling1D):
    """The mean of each window of sequences; see `average_pooling1d`."""

    pool = staticmethod(avg_pool)


@public("layers.MaxPooling1D")
class MaxPooling1D(_Pooling1D):
    """The largest value of each window of sequences; see `max_pooling1d`."""

    pool = staticmethod(max_pool)


@public("layers.AveragePooling2D")
class AveragePooling2D(_Pooling):
    """The mean of each window of images; see `average_pooling2d`."""

    rank = 2
    pool = staticmethod(avg_pool)


@public("layers.MaxPooling2D")
class MaxPooling2D(_Pooling):
    """The largest value of each window of images; see `max_pooling2d`."""

    rank = 2
    pool = staticmethod(max_pool)


@public("layers.AveragePooling3D")
class AveragePooling3D(_Pooling3D):
    """The mean of each window of volumes; see `average_pooling3d`."""

    pool = staticmethod(avg_pool3d)


@public("layers.MaxPooling3D")
class MaxPooling3D(_Pooling3D):
    """The largest value of each window of volumes; see `max_pooling3d`."""

    pool = staticmethod(max_pool3d)


def _function(kind: type[_Pooling], name_of: str, what: str) -> Any:
    """The function that makes a layer of a kind and calls it."""

    def pooling(
        inputs: Any,
        pool_size: Any,
        strides: Any,
        padding: str = "valid",
        data_format: str = "channels_last",
        name: Any = None,
    ) -> Any:
        return kind(pool_size, strides, padding, data_format, name)(inputs)

    pooling.__doc__ = f"""{what}

    Args:
        inputs: a tensor with a dimension for the batch, and one for channels.
        pool_size: the size of the window, one number or one for each dimension.
        strides: how far apart windows are, likewise.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
        name: the scope.

    Raises:
        ValueError: an argument does not fit.
    """
    pooling.__name__ = pooling.__qualname__ = name_of
    return public(f"layers.{name_of}")(pooling)


average_pooling1d = _function(
    AveragePooling1D, "average_pooling1d", "The mean of each window of sequences."
)
average_pooling2d = _function(
    AveragePooling2D, "average_pooling2d", "The mean of each window of images."
)
average_pooling3d = _function(
    AveragePooling3D, "average_pooling3d", "The mean of each window of volumes."
)
max_pooling1d = _function(
    MaxPooling1D, "max_pooling1d", "The largest value of each window of sequences."
)
max_pooling2d = _function(
    MaxPooling2D, "max_pooling2d", "The largest value of each window of images."
)
max_pooling3d = _function(
    MaxPooling3D, "max_pooling3d", "The largest value of each window of volumes."
)
