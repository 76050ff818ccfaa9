"""What layers tell of their variables.

Source: keras/src/engine/base_layer_v1.py.
"""

from __future__ import annotations

from typing import Any

__all__ = ["HeldVariables"]


class HeldVariables:
    """The variables of a layer, under all their names.

    Args:
        trainable: whether optimisers change those that may be changed.

    Attributes:
        trainable: as given; it may be set.
        built: whether the variables have been made.
    """

    #: Programs written for TensorFlow set it in layers of their own.
    _name: str

    def __init__(self, trainable: bool = True) -> None:
        self.trainable = trainable
        self.built = False
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []

    @property
    def name(self) -> str:
        """The name of the layer."""
        return self._name

    @property
    def trainable_weights(self) -> list[Any]:
        """Its variables that optimisers change."""
        return list(dict.fromkeys(self._trainable_weights)) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its variables that optimisers do not change."""
        others = [] if self.trainable else self._trainable_weights
        return list(dict.fromkeys([*others, *self._non_trainable_weights]))

    @property
    def weights(self) -> list[Any]:
        """Its variables, trainable ones first."""
        return [*self.trainable_weights, *self.non_trainable_weights]

    @property
    def variables(self) -> list[Any]:
        """Its variables, trainable ones first."""
        return self.weights

    @property
    def trainable_variables(self) -> list[Any]:
        """Its variables that optimisers change."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Its variables that optimisers do not change."""
        return self.non_trainable_weights

    def count_params(self) -> int:
        """The number of elements of its variables.

        Raises:
            ValueError: it has not been built yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You can "
                f"build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        sizes = [variable.shape.num_elements() or 0 for variable in self.weights]
        return int(sum(sizes))
