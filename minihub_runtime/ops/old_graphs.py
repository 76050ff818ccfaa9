"""Ops that TensorFlow takes in old graphs only: later ones have another name, or other arguments, for the same.

Each says in its OpDef from which graph version on it is refused; here every graph may have them.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from minihub_runtime.dtypes import to_float
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.registry import (
    ANY,
    FLOATS,
    NUMBERS,
    REGISTRY,
    ROUNDING,
    Array,
    Op,
    at_least,
    op,
    types,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.ops.windows import narrow
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

Padding = Literal["SAME", "VALID"]

_DOUBLE_FIRST = types("float64 float32")
_KINDS = types("float32 float64 complex64 complex128")


def _renamed(spec: str, name: str, source: str, **kinds: Any) -> Op:
    """An op that is another one under an older name."""
    base = REGISTRY[name]
    return op(spec, like=base, source=f"core/kernels/{source}", **kinds)(base.kernel)


_renamed(
    "BatchCholesky(input: T) -> output: T",
    "Cholesky",
    "linalg/cholesky_op.cc",
    T=_DOUBLE_FIRST,
)
_renamed(
    "BatchMatrixDeterminant(input: T) -> output: T",
    "MatrixDeterminant",
    "linalg/determinant_op.cc",
    T=_KINDS,
)
_renamed(
    "BatchMatrixInverse(input: T) -> output: T",
    "MatrixInverse",
    "linalg/matrix_inverse_op.cc",
    T=_DOUBLE_FIRST,
)
_renamed(
    "BatchMatrixSolve(matrix: T, rhs: T) -> output: T",
    "MatrixSolve",
    "linalg/matrix_solve_op.cc",
    T=_DOUBLE_FIRST,
)
_renamed(
    "BatchMatrixSolveLs(matrix: T, rhs: T, l2_regularizer: float64) -> output: T",
    "MatrixSolveLs",
    "linalg/matrix_solve_ls_op_impl.h",
    T=_DOUBLE_FIRST,
)
_renamed(
    "BatchMatrixTriangularSolve(matrix: T, rhs: T) -> output: T",
    "MatrixTriangularSolve",
    "linalg/matrix_triangular_solve_op_impl.h",
    T=_DOUBLE_FIRST,
)
_renamed(
    "BatchSelfAdjointEigV2(input: T) -> e: T, v: T",
    "SelfAdjointEigV2",
    "linalg/self_adjoint_eig_v2_op_impl.h",
    T=_DOUBLE_FIRST,
)
_renamed(
    "BatchSvd(input: T) -> s: T, u: T, v: T",
    "Svd",
    "linalg/svd_op_impl.h",
    T=types("float64 float32 complex64 complex128"),
)
_renamed(
    "BatchMatrixBandPart(input: T, num_lower: int64, num_upper: int64) -> band: T",
    "MatrixBandPart",
    "linalg/matrix_band_part_op.cc",
    T=ANY,
)
_renamed(
    "BatchMatrixDiag(diagonal: T) -> output: T", "MatrixDiag", "linalg/matrix_diag_op.cc", T=ANY
)
_renamed(
    "BatchMatrixDiagPart(input: T) -> diagonal: T",
    "MatrixDiagPart",
    "linalg/matrix_diag_op.cc",
    T=ANY,
)
_renamed(
    "BatchMatrixSetDiag(input: T, diagonal: T) -> output: T",
    "MatrixSetDiag",
    "linalg/matrix_set_diag_op.cc",
    T=ANY,
)
for _name in ("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D"):
    _renamed(f"Batch{_name}(input: complex64) -> output: complex64", _name, "fft_ops.cc")


def _eigen(input: Array) -> Array:
    """Eigenvalues of symmetric matrices in the first row, their eigenvectors as columns below.

    Shapes: `[…, n, n] -> […, n + 1, n]`.
    Raises: InvalidArgumentError unless the matrices are square.
    """
    values, vectors = REGISTRY["SelfAdjointEigV2"].kernel(input, compute_v=True)
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def _eigen_shape(input: Spec) -> Shape:
    shape = input.shape
    if shape is None:
        return None
    require(len(shape) >= 2, f"input must have rank >= 2, not {len(shape)}")
    (size,) = merge((shape[-1],), (shape[-2],)) or (None,)
    return (*shape[:-2], None if size is None else size + 1, size)


for _name, _kinds in (
    ("SelfAdjointEig", types("float64 float32 float16")),
    ("BatchSelfAdjointEig", _DOUBLE_FIRST),
):
    op(
        f"{_name}(input: T) -> output: T",
        T=_kinds,
        precision=ROUNDING,
        source="core/kernels/linalg/self_adjoint_eig_op.cc",
        shape=_eigen_shape,
    )(_eigen)


def _moments_of_one_length(t: Array, vectors: dict[str, Array]) -> None:
    require_rank(t, 4, "t")
    if to_float(t).dtype.kind != "f":
        raise UnimplementedError(f"t must have a floating type, not {t.dtype}")
    for name, vector in vectors.items():
        if vector.shape != t.shape[3:]:
            require(
                False,
                f"{name} must have shape {list(t.shape[3:])}, not {list(vector.shape)}",
            )


def _moments_shape(t: Spec, *vectors: Spec) -> Shape:
    shape = merge(t.shape, (None,) * 4)
    depth = shape[3:] if shape else (None,)
    for vector in vectors:
        depth = merge(depth, vector.shape) or depth
    return (*shape[:3], *depth) if shape else None


def _normalized_shape(t: Spec, m: Spec, v: Spec, beta: Spec, gamma: Spec) -> Shape:
    return _moments_shape(t, m, v, beta, gamma)


@op(
    "BatchNormWithGlobalNormalization(t: T, m: T, v: T, beta: T, gamma: T) -> result: T",
    T=NUMBERS,
    precision=ROUNDING,
    source="core/kernels/batch_norm_op.h:BatchNorm",
    shape=_normalized_shape,
)
def batch_norm_with_global_normalization(
    t: Array,
    m: Array,
    v: Array,
    beta: Array,
    gamma: Array,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> Array:
    """Images with the mean `m` and the variance `v` of each channel taken out, then `gamma` and `beta` put in.

    Shapes: `[n, h, w, c], [c], [c], [c], [c] -> [n, h, w, c]`. Without `scale_after_normalization` gamma counts as 1.
    Raises: InvalidArgumentError for other shapes; UnimplementedError for integers, as in TensorFlow.
    """
    _moments_of_one_length(t, {"m": m, "v": v, "beta": beta, "gamma": gamma})
    with np.errstate(all="ignore"):
        scale = 1 / np.sqrt(to_float(v) + to_float(v).dtype.type(variance_epsilon))
        if scale_after_normalization:
            scale = scale * to_float(gamma)
        return narrow((to_float(t) - to_float(m)) * scale + to_float(beta), t.dtype)


@op(
    "BatchNormWithGlobalNormalizationGrad(t: T, m: T, v: T, gamma: T, backprop: T)"
    " -> dx: T, dm: T, dv: T, db: T, dg: T",
    T=NUMBERS,
    precision=ROUNDING,
    source="core/kernels/batch_norm_op.h:BatchNormGrad",
)
def batch_norm_with_global_normalization_grad(
    t: Array,
    m: Array,
    v: Array,
    gamma: Array,
    backprop: Array,
    *,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> tuple[Array, ...]:
    """The gradients of BatchNormWithGlobalNormalization for its inputs, in their order.

    Raises: InvalidArgumentError for other shapes; UnimplementedError for integers, as in TensorFlow.
    """
    _moments_of_one_length(t, {"m": m, "v": v, "gamma": gamma})
    require(
        backprop.shape == t.shape,
        f"backprop must have shape {list(t.shape)}, not {list(backprop.shape)}",
    )
    x, mean, variance, back = (to_float(array) for array in (t, m, v, backprop))
    with np.errstate(all="ignore"):
        shifted = variance + variance.dtype.type(variance_epsilon)
        inverse = 1 / np.sqrt(shifted)
        scale = to_float(gamma) if scale_after_normalization else np.ones_like(inverse)
        summed = back.sum(axis=(0, 1, 2))
        weighted = (back * (x - mean)).sum(axis=(0, 1, 2))
        factor = inverse * scale
        found = (
            back * factor,
            -summed * factor,
            weighted * scale * inverse / shifted * back.dtype.type(-0.5),
            summed,
            weighted * inverse if scale_after_normalization else np.zeros_like(inverse),
        )
        return tuple(narrow(array, t.dtype) for array in found)


@batch_norm_with_global_normalization_grad.shape
def batch_norm_with_global_normalization_grad_shape(
    t: Spec, m: Spec, v: Spec, gamma: Spec, backprop: Spec
) -> list[Shape]:
    whole = merge(_moments_shape(t, m, v, gamma), backprop.shape)
    depth = whole[3:] if whole else (None,)
    return [whole, *[depth] * 4]


_CONVOLVED = types("float16 float32 float64")


def _sizes(array: Array) -> Array:
    return np.array(array.shape, np.int32)


@op(
    "Conv3DBackpropInput(input: T, filter: T, out_backprop: T) -> output: T",
    T=_CONVOLVED,
    strides=at_least(5),
    precision=ROUNDING,
    source="core/kernels/conv_grad_ops_3d.cc",
    shape=same,
)
def conv3d_backprop_input(
    input: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    padding: Padding,
    dilations: list[int] = [1, 1, 1, 1, 1],
) -> Array:
    """As Conv3DBackpropInputV2, with a tensor in place of its shape."""
    require_rank(input, 5, "input")
    result: Array = REGISTRY["Conv3DBackpropInputV2"].kernel(
        _sizes(input), filter, out_backprop, strides=strides, padding=padding, dilations=dilations
    )
    return result


def _like_filter(filter: Spec) -> Shape:
    return merge(filter.shape, (None,) * 5)


@op(
    "Conv3DBackpropFilter(input: T, filter: T, out_backprop: T) -> output: T",
    T=_CONVOLVED,
    strides=at_least(5),
    precision=ROUNDING,
    source="core/kernels/conv_grad_ops_3d.cc",
    shape=_like_filter,
)
def conv3d_backprop_filter(
    input: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    padding: Padding,
    dilations: list[int] = [1, 1, 1, 1, 1],
) -> Array:
    """As Conv3DBackpropFilterV2, with a filter in place of its shape."""
    require_rank(filter, 5, "filter")
    result: Array = REGISTRY["Conv3DBackpropFilterV2"].kernel(
        input, _sizes(filter), out_backprop, strides=strides, padding=padding, dilations=dilations
    )
    return result


@op(
    "QuantizeAndDequantize(input: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/quantize_and_dequantize_op.cc:QuantizeAndDequantizeOp",
    shape=same,
)
def quantize_and_dequantize(
    input: Array,
    *,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    input_min: float = 0.0,
    input_max: float = 0.0,
) -> Array:
    """As QuantizeAndDequantizeV2, with the range as attributes.

    Raises: InvalidArgumentError as QuantizeAndDequantizeV2.
    """
    ends = (np.asarray(limit, dtype=np.float32) for limit in (input_min, input_max))
    low, high = (narrow(limit, input.dtype) for limit in ends)
    result: Array = REGISTRY["QuantizeAndDequantizeV2"].kernel(
        input, low, high, signed_input=signed_input, num_bits=num_bits, range_given=range_given
    )
    return result


def _contrast_shape(images: Spec, contrast_factor: Spec, min_value: Spec, max_value: Spec) -> Shape:
    for spec in (contrast_factor, min_value, max_value):
        merge(spec.shape, ())
    if images.shape is not None:
        require(len(images.shape) >= 3, f"images must have rank >= 3, not {len(images.shape)}")
    return images.shape


@op(
    "AdjustContrast(images: T, contrast_factor: float32, min_value: float32, max_value: float32)"
    " -> output: float32",
    T=types("uint8 int8 int16 int32 int64 float32 float64"),
    precision=ROUNDING,
    source="core/kernels/adjust_contrast_op.cc",
    shape=_contrast_shape,
)
def adjust_contrast(
    images: Array, contrast_factor: Array, min_value: Array, max_value: Array
) -> Array:
    """The distance of each pixel from its image's mean times the factor, inside [min_value, max_value].

    Raises: InvalidArgumentError for images of rank below 3, or a limit that is no scalar.
    """
    require(images.ndim >= 3, f"images must have rank >= 3, not {images.ndim}")
    for name, value in (
        ("contrast_factor", contrast_factor),
        ("min_value", min_value),
        ("max_value", max_value),
    ):
        require_scalar(value, name)
    x = images.astype(np.float32)
    if not x.size:
        return x
    with np.errstate(all="ignore"):
        mean = x.mean(axis=(-3, -2), keepdims=True)
        spread = (x - mean) * contrast_factor + mean
        return np.minimum(np.maximum(spread, min_value), max_value)


@batch_norm_with_global_normalization.gradient
def _batch_norm_gradient(
    ops: Ops, grad: Term, t: Term, m: Term, v: Term, gamma: Term, attrs: Attrs
) -> tuple[Term, ...]:
    found: tuple[Term, ...] = ops.BatchNormWithGlobalNormalizationGrad(
        t, m, v, gamma, grad, **attrs
    )
    return found


@quantize_and_dequantize.gradient
def _quantize_and_dequantize_gradient(ops: Ops, grad: Term) -> Term:
    return grad
