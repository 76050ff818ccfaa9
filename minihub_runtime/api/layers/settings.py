"""What the arguments of layers may be: names of functions, numbers for each dimension, formats.

Source: keras/src/utils/conv_utils.py, activations.py, initializers/__init__.py, regularizers.py, constraints.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.initializers import (
    Constant,
    GlorotNormal,
    GlorotUniform,
    Initializer,
    Ones,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
)

__all__ = [
    "activation_of",
    "constraint_of",
    "data_format_of",
    "format_of",
    "initializer_of",
    "length_of",
    "numbers_of",
    "padding_of",
    "transposed_length_of",
]

#: Name of an activation → the op that computes it.
ACTIVATIONS = {
    "elu": ("Elu", "features"),
    "exponential": ("Exp", "x"),
    "relu": ("Relu", "features"),
    "relu6": ("Relu6", "features"),
    "selu": ("Selu", "features"),
    "sigmoid": ("Sigmoid", "x"),
    "softmax": ("Softmax", "logits"),
    "softplus": ("Softplus", "features"),
    "softsign": ("Softsign", "features"),
    "tanh": ("Tanh", "x"),
}

INITIALIZERS: dict[str, Callable[[], Initializer]] = {
    "constant": Constant,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "normal": RandomNormal,
    "ones": Ones,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
    "uniform": RandomUniform,
    "variance_scaling": VarianceScaling,
    "zeros": Zeros,
}


def activation_of(value: Any) -> Any:
    """The function of an activation, which may be given by name; None if there is none.

    Raises:
        ValueError: there is no activation of that name.
        TypeError: it is neither a name nor a function.
    """
    if value is None or value == "linear":
        return None
    if isinstance(value, str):
        if value not in ACTIVATIONS:
            raise ValueError(f"Unknown activation function: {value!r}")
        op, argument = ACTIVATIONS[value]
        return lambda x: build(op, **{argument: x})
    if callable(value):
        return value
    raise TypeError(f"Could not interpret activation function identifier: {value}")


def initializer_of(value: Any) -> Any:
    """An initialiser, which may be given by name, class or configuration; None if there is none.

    Raises:
        ValueError: it cannot be one.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if value.lower() not in INITIALIZERS:
            raise ValueError(f"Unknown initializer: {value!r}")
        return INITIALIZERS[value.lower()]()
    if callable(value):
        return value() if isinstance(value, type) else value
    raise ValueError(f"Could not interpret initializer identifier: {value}")


def constraint_of(value: Any) -> Any:
    """A constraint; None if there is none.

    Raises:
        NotImplementedError: it is given by name.
        ValueError: it cannot be called.
    """
    if isinstance(value, str):
        raise NotImplementedError(f"the constraint {value!r} by its name; pass a function")
    if value is None or callable(value):
        return value
    raise ValueError(f"Could not interpret constraint identifier: {value}")


def numbers_of(value: Any, count: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """A number for each dimension.

    Args:
        value: one number for all, or one for each.
        count: the number of dimensions.
        name: the argument, for messages.
        allow_zero: whether zero is a number here.

    Raises:
        ValueError: they are not as many integers in range.
    """
    message = f"The `{name}` argument must be a tuple of {count} integers. Received: {value}"
    if isinstance(value, int):
        found = (value,) * count
    else:
        try:
            found = tuple(value)
        except TypeError:
            raise ValueError(message) from None
        if len(found) != count:
            raise ValueError(message)
        for item in found:
            try:
                int(item)
            except (ValueError, TypeError):
                raise ValueError(
                    f"{message}including element {item} of type {type(item)}"
                ) from None
    wrong = {item for item in found if item < (0 if allow_zero else 1)}
    if wrong:
        wanted = ">= 0" if allow_zero else "> 0"
        raise ValueError(
            f"{message} including {wrong} that does not satisfy the requirement `{wanted}`."
        )
    return found


def padding_of(value: Any) -> str:
    """A kind of padding: "valid", "same" or "causal".

    Raises:
        ValueError: it is none of these.
    """
    padding: str = value.lower()
    if padding not in ("valid", "same", "causal"):
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", only '
            f"for `Conv1D). Received: {padding}"
        )
    return padding


def data_format_of(value: str) -> str:
    """A format: "channels_last" or "channels_first".

    Raises:
        ValueError: it is neither.
    """
    data_format = value.lower()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            'The `data_format` argument must be one of "channels_first", "channels_last". Received: '
            f"{value}"
        )
    return data_format


def format_of(data_format: str, rank: int) -> str:
    """The name that ops have for a format of tensors of that rank, `NHWC` or the like."""
    spatial = {3: "W", 4: "HW", 5: "DHW"}[rank]
    return f"N{spatial}C" if data_format == "channels_last" else f"NC{spatial}"


def length_of(
    length: int | None, window: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """The size along one dimension of what a window that moves over `length` gives; None if not known."""
    if length is None:
        return None
    taken = length if padding in ("same", "causal") else length - (window - 1) * dilation
    return (taken + stride - 1) // stride


def transposed_length_of(
    length: Any, window: int, padding: str, stride: int, dilation: int = 1
) -> Any:
    """The size along one dimension of what a transposed convolution gives; None if not known.

    The length may be a tensor.
    """
    if length is None:
        return None
    if padding == "same":
        return length * stride
    reach = window + (window - 1) * (dilation - 1)
    return length * stride + max(reach - stride, 0)
