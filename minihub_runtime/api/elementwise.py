"""Functions of numbers, element by element, that are more than one op.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import as_dtype, complex64, complex128, float32, float64
from minihub_runtime.public import public

__all__ = [
    "accumulate_n",
    "add_n",
    "angle",
    "complex",
    "imag",
    "log_sigmoid",
    "polyval",
    "real",
    "reciprocal_no_nan",
    "round",
    "scalar_mul",
    "sigmoid",
    "sign",
    "sobol_sample",
]


@public("math.round", "round")
def round(x: Any, name: str | None = None) -> Any:
    """Numbers rounded to integers, halves to even ones; integers as they are."""
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else build("Round", name=name, x=x)


@public("math.sign", "sign")
def sign(x: Any, name: str | None = None) -> Any:
    """-1, 0 or 1; of complex numbers `x / |x|`, and 0 for 0."""
    x = convert_to_tensor(x)
    if not x.dtype.is_complex:
        return build("Sign", name=name, x=x)
    size = build("ComplexAbs", x=x, Tout=x.dtype.base_dtype.real_dtype)
    return build("DivNoNan", name=name, x=x, y=cast(size, x.dtype))


@public("dtypes.complex", "complex")
def complex(real: Any, imag: Any, name: str | None = None) -> Any:
    """Complex numbers of their real and imaginary parts.

    Raises:
        TypeError: the parts are not both float32 or both float64.
    """
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        kinds = {(float32, float32): complex64, (float64, float64): complex128}
        kind = kinds.get((real.dtype.base_dtype, imag.dtype.base_dtype))
        if kind is None:
            raise TypeError(
                f"The `real` and `imag` components have incorrect types: {real.dtype.name} "
                f"{imag.dtype.name}. They must be consistent, and one of {[float32, float64]}"
            )
        return build("Complex", name=scope, real=real, imag=imag, Tout=kind)


@public("math.real", "real")
def real(input: Any, name: str | None = None) -> Any:
    """The real parts; real numbers as they are.

    Raises:
        TypeError: these are no numbers.
    """
    with name_scope(name, "Real", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        dtype = input.dtype.base_dtype
        if dtype.is_complex:
            return build("Real", name=scope, input=input, Tout=dtype.real_dtype)
        if not (dtype.is_integer or dtype.is_floating or dtype.is_quantized):
            raise TypeError(f"input must be a numeric tensor, but got tensor with dtype {dtype}")
        return input


@public("math.imag", "imag")
def imag(input: Any, name: str | None = None) -> Any:
    """The imaginary parts; zeros for real numbers."""
    with name_scope(name, "Imag", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if not input.dtype.is_complex:
            return zeros_like(input)
        return build("Imag", name=scope, input=input, Tout=input.dtype.base_dtype.real_dtype)


@public("math.angle", "angle")
def angle(input: Any, name: str | None = None) -> Any:
    """The angles of complex numbers; of real numbers 0, or π where they are negative."""
    with name_scope(name, "Angle", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if not input.dtype.is_complex:
            return where(input < 0, np.pi * ones_like(input), zeros_like(input))
        return build("Angle", name=scope, input=input, Tout=input.dtype.base_dtype.real_dtype)


@public("math.sigmoid", "nn.sigmoid", "sigmoid")
def sigmoid(x: Any, name: str | None = None) -> Any:
    """`1 / (1 + exp(-x))`."""
    with name_scope(name, "Sigmoid", [x]) as scope:
        return build("Sigmoid", name=scope, x=convert_to_tensor(x, name="x"))


@public("math.log_sigmoid", "log_sigmoid")
def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """`log(1 / (1 + exp(-x)))`."""
    with name_scope(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return build("Neg", name=scope, x=build("Softplus", features=-x))


@public("math.scalar_mul", "scalar_mul")
def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """`scalar * x`, of a tensor or of slices.

    Raises:
        ValueError: the factor is not known to be a scalar.
    """
    scalar = convert_to_tensor(scalar, x.dtype.base_dtype, "scalar")
    if scalar.shape.ndims != 0:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {scalar.shape}.")
    if isinstance(x, IndexedSlices):
        values = build("Mul", name=name, x=scalar, y=x.values)
        return IndexedSlices(values, x.indices, x.dense_shape)
    return build("Mul", name=name, x=scalar, y=x)


@public("math.reciprocal_no_nan")
def reciprocal_no_nan(x: Any, name: str | None = None) -> Any:
    """`1 / x`, and 0 where `x` is 0."""
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = constant(1, x.dtype.base_dtype, name="one")
        return build("DivNoNan", name=scope, x=one, y=x)


@public("math.add_n", "add_n")
def add_n(inputs: Any, name: str | None = None) -> Any:
    """The sum of tensors of one shape and type.

    Raises:
        ValueError: there are none, or something else is among them.
    """
    if not inputs or not isinstance(inputs, Iterable):
        raise _not_addable()
    tensors = [convert_to_tensor_or_indexed_slices(item) for item in inputs]
    if not all(isinstance(item, (Tensor, IndexedSlices)) for item in tensors):
        raise _not_addable()
    if len(tensors) == 1:
        (only,) = tensors
        if isinstance(only, IndexedSlices):
            only = convert_to_tensor(only)
        return identity(only, name=name) if name else only
    return build("AddN", name=name, inputs=tensors)


def _not_addable() -> ValueError:
    return ValueError(
        "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and "
        "shape."
    )


@public("math.accumulate_n", "accumulate_n")
def accumulate_n(
    inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None
) -> Any:
    """The sum of tensors of one shape and type.

    Args:
        inputs: the tensors.
        shape: their shape, checked against what is known.
        tensor_dtype: their type.
        name: wanted name.

    Raises:
        ValueError: there are none, or they do not fit.
        TypeError: they have another type.
    """
    wrong = ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    if not inputs or not isinstance(inputs, (list, tuple)):
        raise wrong
    tensors = [convert_to_tensor_or_indexed_slices(item) for item in inputs]
    if not all(isinstance(item, Tensor) for item in tensors):
        raise wrong
    if len({item.dtype for item in tensors}) > 1:
        raise wrong
    known = TensorShape(shape)
    for item in tensors:
        known = known.merge_with(item.shape)
    if tensor_dtype is not None and as_dtype(tensor_dtype) is not tensors[0].dtype:
        raise TypeError(
            f"The `tensor_dtype` argument is {tensor_dtype}, but `input` is of type "
            f"{tensors[0].dtype}. These must be equal. Try casting the input to the desired type."
        )
    if len(tensors) == 1:
        return tensors[0] if name is None else identity(tensors[0], name=name)
    return add_n(tensors, name=name)


@public("math.polyval")
def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """The value of a polynomial.

    Args:
        coeffs: a list of the coefficients, that of the highest power first.
        x: where it is evaluated.
        name: wanted name.

    Raises:
        ValueError: the coefficients are no list.
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    with name_scope(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            return zeros_like(x, name=scope)
        parts = [convert_to_tensor(item, name=f"coeff_{i}") for i, item in enumerate(coeffs)]
        value: Any = parts[0]
        for part in parts[1:]:
            value = part + value * x
        return value


@public("math.sobol_sample")
def sobol_sample(
    dim: Any, num_results: Any, skip: Any = 0, dtype: Any = float32, name: str | None = None
) -> Any:
    """Points of the Sobol sequence, `[num_results, dim]`.

    Args:
        dim: the dimension of the points.
        num_results: how many.
        skip: how many first points are left out.
        dtype: float32 or float64.
        name: wanted name.
    """
    with name_scope(name, "sobol", [dim, num_results, skip]):
        return build(
            "SobolSample", dim=dim, num_results=num_results, skip=skip, dtype=as_dtype(dtype)
        )
