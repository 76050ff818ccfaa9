"""Random numbers of further distributions, shuffling and cropping; states stand in the ops.

Source: tensorflow/python/ops/random_ops.py, random_crop_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.slicing import slice
from minihub_runtime.dtypes import as_dtype, float32, int32, int64
from minihub_runtime.public import public

__all__ = [
    "categorical",
    "multinomial",
    "random_crop",
    "random_gamma",
    "random_poisson",
    "random_shuffle",
]


@public("random.shuffle", "random_shuffle")
def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """The rows of a tensor in a random order.

    Args:
        value: rank 1 or more.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.
    """
    first, second = get_seed(seed)
    result: Tensor = build("RandomShuffle", name=name, value=value, seed=first, seed2=second)
    return result


@public("multinomial", "random.multinomial")
def multinomial(
    logits: Any,
    num_samples: Any,
    seed: int | None = None,
    name: str | None = None,
    output_dtype: Any = None,
) -> Tensor:
    """Classes drawn by their logits.

    Args:
        logits: [n, classes], logarithms of probabilities that need not sum to one.
        num_samples: how many are drawn for each row.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.
        output_dtype: int32 or int64, which is the default.

    Returns:
        [n, num_samples].

    Raises:
        ValueError: there is no such type.
    """
    with name_scope(name, "multinomial", [logits]):
        return _classes(logits, num_samples, output_dtype, seed)


@public("random.categorical")
def categorical(
    logits: Any,
    num_samples: Any,
    dtype: Any = None,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """`multinomial` under its newer name.

    Args:
        logits: [n, classes].
        num_samples: how many are drawn for each row.
        dtype: int32 or int64, which is the default.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.

    Raises:
        ValueError: there is no such type.
    """
    with name_scope(name, "categorical", [logits]):
        return _classes(logits, num_samples, dtype, seed)


def class_type(dtype: Any) -> Any:
    """The type of drawn classes.

    Raises:
        ValueError: it is neither int32 nor int64.
    """
    wanted = as_dtype(dtype) if dtype else int64
    accepted = (int32, int64)
    if wanted not in accepted:
        raise ValueError(
            f"Argument `dtype` got invalid value {wanted}. Accepted dtypes are {accepted}."
        )
    return wanted


def _classes(logits: Any, num_samples: Any, dtype: Any, seed: int | None) -> Tensor:
    logits = convert_to_tensor(logits, name="logits")
    wanted = class_type(dtype)
    first, second = get_seed(seed)
    result: Tensor = build(
        "Multinomial",
        logits=logits,
        num_samples=num_samples,
        seed=first,
        seed2=second,
        output_dtype=wanted,
    )
    return result


@public("random.gamma", "random_gamma")
def random_gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Numbers of Gamma distributions.

    Args:
        shape: how many are drawn of each distribution.
        alpha: their shapes.
        beta: their rates, 1 by default; broadcast with `alpha`.
        dtype: float16, float32 or float64.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.

    Returns:
        `shape + broadcast(alpha, beta).shape`.
    """
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        sizes = convert_to_tensor(shape, int32, "shape")
        alpha = convert_to_tensor(alpha, dtype, "alpha")
        beta = convert_to_tensor(1 if beta is None else beta, dtype, "beta")
        whole = build("BroadcastArgs", s0=shape_of(alpha), s1=shape_of(beta))
        alphas = build("BroadcastTo", input=alpha, shape=whole)
        first, second = get_seed(seed)
        drawn = build("RandomGamma", shape=sizes, alpha=alphas, seed=first, seed2=second)
        least = np.finfo(alpha.dtype.as_numpy_dtype).tiny
        return build("Maximum", x=least, y=drawn / beta)


@public("random.poisson", "random_poisson")
def random_poisson(
    lam: Any, shape: Any, dtype: Any = float32, seed: int | None = None, name: str | None = None
) -> Tensor:
    """Numbers of Poisson distributions.

    Args:
        lam: their rates.
        shape: how many are drawn of each.
        dtype: the type of the result.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.

    Returns:
        `shape + lam.shape`.
    """
    with name_scope(name, "random_poisson", [lam, shape]):
        sizes = convert_to_tensor(shape, int32, "shape")
        first, second = get_seed(seed)
        result: Tensor = build(
            "RandomPoissonV2", shape=sizes, rate=lam, dtype=dtype, seed=first, seed2=second
        )
        return result


@public("image.random_crop", "random_crop")
def random_crop(value: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A part of a tensor at a random place.

    Args:
        value: what is cropped.
        size: the shape of the part.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.

    Returns:
        The part; a run fails if it is larger than `value`.
    """
    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, int32, "size")
        sizes: Any = shape_of(value)
        fits = reduce_all(sizes >= size)
        check = Assert(fits, ["Need value.shape >= size, got ", sizes, size], summarize=1000)
        sizes = with_dependencies([check], sizes)
        limit = sizes - size + 1
        drawn: Any = random_uniform(
            shape_of(sizes), dtype=size.dtype, maxval=size.dtype.max, seed=seed
        )
        return slice(value, drawn % limit, size, name=scope)
