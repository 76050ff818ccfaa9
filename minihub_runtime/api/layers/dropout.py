"""Dropout.

Source: keras/src/legacy_tf_layers/core.py, keras/src/layers/regularization/dropout.py.
"""

from __future__ import annotations

import numbers
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.layers.base import Layer
from minihub_runtime.api.layers.by_training import by_training
from minihub_runtime.api.nn.dropout import dropout as dropped
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["Dropout", "dropout"]


@public("layers.Dropout")
class Dropout(Layer):
    """Some numbers become zero while training, the others larger; see `dropout`.

    Args:
        rate: the part that becomes zero, a number or a tensor.
        noise_shape: the shape of what is drawn, None for sizes of the input; by default the input's.
        seed: the op's seed, one more at each call.
        name: the scope.
        **kwargs: arguments of `Layer`.

    Raises:
        ValueError: the rate is not between 0 and 1.
    """

    def __init__(
        self,
        rate: Any = 0.5,
        noise_shape: Any = None,
        seed: int | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if isinstance(rate, (int, float)) and not 0 <= rate <= 1:
            raise ValueError(
                f"Invalid value {rate} received for `rate`, expected a value between 0 and 1."
            )
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed
        self._next_seed = seed

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The output."""
        if isinstance(self.rate, numbers.Real) and self.rate == 0:
            return build("Identity", input=inputs)

        def drop() -> Any:
            seed = self._next_seed
            if seed is not None:
                self._next_seed = seed + 1
            noise_shape = self._noise_shape(inputs)
            return dropped(inputs, rate=self.rate, noise_shape=noise_shape, seed=seed)

        return by_training(training, drop, lambda: build("Identity", input=inputs))

    def _noise_shape(self, inputs: Any) -> Any:
        if self.noise_shape is None:
            return None
        sizes = shape(inputs)
        return convert_to_tensor(
            [sizes[axis] if size is None else size for axis, size in enumerate(self.noise_shape)]
        )

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the input."""
        return TensorShape(input_shape)


@public("layers.dropout")
def dropout(
    inputs: Any,
    rate: Any = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: Any = None,
) -> Any:
    """Some numbers become zero while training, the others so much larger that the sum stays the same on average.

    Args:
        inputs: a tensor of floating-point numbers.
        rate: the part that becomes zero, a number or a tensor.
        noise_shape: the shape of what is drawn, None for sizes of the input; by default the input's.
        seed: the op's seed.
        training: whether anything is done, a bool or a bool tensor.
        name: the scope.

    Raises:
        ValueError: the rate is not between 0 and 1.
    """
    return Dropout(rate, noise_shape, seed, name)(inputs, training=training)
