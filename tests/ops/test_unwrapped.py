"""What NumPy wraps gives what the wrapped function gives, and is missed where it is gone."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops import unwrapped


def test_sums_of_products() -> None:
    a, b = (np.random.default_rng(n).standard_normal((4, 5, 6), np.float32) for n in (1, 2))
    out = np.empty((4, 6), np.float32)
    found = unwrapped.einsum("abc,abc->ac", a, b, out=out)
    assert found is out
    np.testing.assert_allclose(out, (a * b).sum(axis=1), rtol=1e-5, atol=1e-6)


def test_this_numpy_has_them() -> None:
    # What is no longer found costs time, and should be looked for.
    assert unwrapped.einsum is not np.einsum
    if not np.__version__.startswith("1."):
        assert unwrapped.clip is not None
        x = np.linspace(-3, 9, 7, dtype=np.float32)
        assert unwrapped.clip(x, np.float32(0), np.float32(6), x).tolist() == [0, 0, 1, 3, 5, 6, 6]


def test_names_that_are_gone() -> None:
    assert unwrapped._named("no_such_name", "numpy", "numpy.no_such_module") is None
    assert unwrapped._named("add", "numpy.no_such_module", "numpy") is np.add
