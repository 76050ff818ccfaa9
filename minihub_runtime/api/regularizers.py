"""`tf.keras.regularizers`: losses of weights.

Source: keras/src/regularizers.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.public import public

__all__ = ["L1", "L1L2", "L2", "Regularizer", "find_regularizer", "l1_l2", "total_of_absolutes"]

T = TypeVar("T", bound="Regularizer")


@public("keras.regularizers.Regularizer")
class Regularizer:
    """A function of a tensor that returns a scalar to be added to the loss."""

    def __call__(self, x: Any) -> Any:
        """The loss of `x`: none."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """The arguments, as `from_config` takes them."""
        raise NotImplementedError(f"{self} does not implement get_config()")

    @classmethod
    def from_config(cls: type[T], config: Mapping[str, Any]) -> T:
        """A regularizer of these arguments."""
        return cls(**config)


def _factor(value: Any) -> np.floating[Any]:
    """A factor, rounded to float32 as TensorFlow keeps it.

    Raises:
        ValueError: it is no finite number.
    """
    if not isinstance(value, (float, int)):
        raise ValueError(
            f"Value {value} is not a valid regularization penalty number, expected an int or float "
            "value."
        )
    if math.isinf(value) or math.isnan(value):
        raise ValueError(
            f"Value {value} is not a valid regularization penalty number, an infinite number or NaN "
            "are not valid values."
        )
    factor: np.floating[Any] = np.float32(value)
    return factor


def _only(keywords: dict[str, Any], default: Any) -> Any:
    """The factor, which may be given under its older name."""
    value = keywords.pop("l", default)
    if keywords:
        raise TypeError(f"Argument(s) not recognized: {keywords}")
    return 0.01 if value is None else value


def total_of_absolutes(x: Any) -> Any:
    """The sum of the absolute values of all elements."""
    absolute = build("Abs", x=x)
    rank = absolute.shape.ndims
    if rank is None:
        axes = build("Range", start=0, limit=build("Rank", input=absolute), delta=1)
    else:
        axes = constant(np.arange(rank, dtype=np.int32))
    return build("Sum", input=absolute, reduction_indices=axes)


@public("keras.regularizers.L1L2")
class L1L2(Regularizer):
    """`l1` times the sum of absolute values, plus `l2` times the sum of squares.

    Raises:
        ValueError: a factor is no finite number.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor(0.0 if l1 is None else l1)
        self.l2 = _factor(0.0 if l2 is None else l2)

    def __call__(self, x: Any) -> Any:
        """The loss of `x`."""
        loss: Any = constant(0.0, x.dtype.base_dtype)
        if self.l1:
            loss = loss + float(self.l1) * total_of_absolutes(x)
        if self.l2:
            loss = loss + 2.0 * float(self.l2) * build("L2Loss", t=x)
        return loss

    def get_config(self) -> dict[str, Any]:
        """See `Regularizer`."""
        return {"l1": float(self.l1), "l2": float(self.l2)}


@public("keras.regularizers.L1", "keras.regularizers.l1")
class L1(Regularizer):
    """`l1` times the sum of absolute values; `l` is an older name of `l1`.

    Raises:
        ValueError: the factor is no finite number.
    """

    def __init__(self, l1: float = 0.01, **kwargs: Any) -> None:
        self.l1 = _factor(_only(kwargs, l1))

    def __call__(self, x: Any) -> Any:
        """The loss of `x`."""
        return float(self.l1) * total_of_absolutes(x)

    def get_config(self) -> dict[str, Any]:
        """See `Regularizer`."""
        return {"l1": float(self.l1)}


@public("keras.regularizers.L2", "keras.regularizers.l2")
class L2(Regularizer):
    """`l2` times the sum of squares; `l` is an older name of `l2`.

    Raises:
        ValueError: the factor is no finite number.
    """

    def __init__(self, l2: float = 0.01, **kwargs: Any) -> None:
        self.l2 = _factor(_only(kwargs, l2))

    def __call__(self, x: Any) -> Any:
        """The loss of `x`."""
        return 2.0 * float(self.l2) * build("L2Loss", t=x)

    def get_config(self) -> dict[str, Any]:
        """See `Regularizer`."""
        return {"l2": float(self.l2)}


@public("keras.regularizers.l1_l2")
def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """The sum of both losses; see `L1L2`."""
    return L1L2(l1, l2)


_NAMED: dict[str, Any] = {"l1": L1, "L1": L1, "l2": L2, "L2": L2, "l1_l2": l1_l2}


@public("keras.regularizers.get")
def find_regularizer(identifier: Any) -> Any:
    """A regularizer: one itself, a function, one by name, or None.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(identifier, str) and identifier in _NAMED:
        return _NAMED[identifier]()
    if identifier is None or callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret regularizer identifier: {identifier}")
