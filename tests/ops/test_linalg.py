"""What decompositions must fulfil where signs, and so TensorFlow's own values, are not determined."""

from __future__ import annotations

import numpy as np
import pytest

from minihub_runtime.ops.registry import REGISTRY
from tests.samples import array, normal

SHAPES = [(3, 3), (5, 2), (2, 5), (2, 3, 4), (1, 1)]
DTYPES = ["float32", "float64", "complex64", "complex128"]


def matrices(*shape, dtype):
    imaginary = 1j * normal(*shape, seed=1, dtype="float64") if "complex" in dtype else 0
    return array(normal(*shape, dtype="float64") + imaginary, dtype)


def close(got, expected):
    tolerance = 2e-5 if expected.dtype.itemsize <= 8 and expected.dtype != np.float64 else 1e-11
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_singular_values_and_vectors_make_up_the_matrix(shape, dtype) -> None:
    x = matrices(*shape, dtype=dtype)
    s, u, v = REGISTRY["Svd"](input=x)
    close((u * s[..., None, :]) @ adjoint(v), x)
    assert (np.diff(s.real, axis=-1) <= 0).all()
    only, no_u, no_v = REGISTRY["Svd"](input=x, compute_uv=False)
    close(only, s)
    assert no_u.shape == no_v.shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_eigenvectors_of_hermitian_matrices(dtype) -> None:
    x = matrices(2, 4, 4, dtype=dtype)
    x = x + adjoint(x)
    e, v = REGISTRY["SelfAdjointEigV2"](input=x)
    close((v * e[..., None, :]) @ adjoint(v), x)
    assert (np.diff(e.real, axis=-1) >= 0).all()
    only, none = REGISTRY["SelfAdjointEigV2"](input=x, compute_v=False)
    close(only, e)
    assert none.shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_eigenvectors_of_any_matrices(dtype) -> None:
    x = matrices(2, 4, 4, dtype=dtype)
    target = "complex64" if dtype in ("float32", "complex64") else "complex128"
    e, v = REGISTRY["Eig"](input=x, Tout=target)
    close(x.astype(target) @ v, v * e[..., None, :])
    only, none = REGISTRY["Eig"](input=x, Tout=target, compute_v=False)
    close(np.sort_complex(np.round(only, 4)), np.sort_complex(np.round(e, 4)))
    assert none.shape == (0,)
