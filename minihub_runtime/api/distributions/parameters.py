"""What parameters of distributions must be, and what is derived from them.

Source: tensorflow/python/ops/distributions/util.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.ranks import assert_rank_at_least
from minihub_runtime.api.checks.types import assert_same_float_dtype
from minihub_runtime.api.checks.values import (
    assert_equal,
    assert_greater_equal,
    assert_less_equal,
    assert_near,
    assert_non_negative,
)
from minihub_runtime.api.compatibility import dimension_value
from minihub_runtime.api.conversion import constant, constant_value, convert_to_tensor
from minihub_runtime.api.distributions.functions import lgamma, log, log1p
from minihub_runtime.api.elementwise import sigmoid
from minihub_runtime.api.gathering import where, where_v2
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.nn.activation import softmax
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.dtypes import DType, bool_, float16, float32, float64, int16, int32, int64

__all__ = [
    "float_parameters",
    "gen_new_seed",
    "get_logits_and_probs",
    "has_classes",
    "is_castable",
    "is_count",
    "log_combinations",
    "pick_vector",
]


def float_parameters(checks: Sequence[Any], **given: Any) -> list[Any]:
    """Parameters as tensors of their names, which wait for checks.

    Raises:
        ValueError: they are not of one floating-point type.
    """
    with control_dependencies(checks):
        made = [identity(value, name) for name, value in given.items()]
        assert_same_float_dtype(made)
    return made


def get_logits_and_probs(
    logits: Any = None,
    probs: Any = None,
    multidimensional: bool = False,
    validate_args: bool = False,
    name: str = "get_logits_and_probs",
    dtype: Any = None,
) -> tuple[Any, Any]:
    """Log-odds and chances, of which one are given.

    Args:
        logits: log-odds of events, or logarithms of chances up to a constant.
        probs: chances.
        multidimensional: whether the last dimension is that of classes.
        validate_args: whether a run checks the chances.
        name: wanted name of the scope.
        dtype: the type they must have.

    Raises:
        ValueError: both or none are given, or there are too few classes.
        TypeError: they are not of a floating-point type.
    """
    with name_scope(name, values=[probs, logits]):
        if (probs is None) == (logits is None):
            raise ValueError("Must pass probs or logits, but not both.")
        if probs is None:
            logits = _floats(logits, "logits", dtype)
            if not multidimensional:
                return logits, sigmoid(logits, name="probs")
            if validate_args:
                logits = has_classes(logits)
            return logits, softmax(logits, name="probs")
        probs = _floats(probs, "probs", dtype)
        if validate_args:
            with name_scope("validate_probs"):
                one = constant(1.0, probs.dtype)
                checks = [assert_non_negative(probs)]
                if multidimensional:
                    probs = has_classes(probs)
                    total = reduce_sum(probs, -1)
                    checks.append(assert_near(total, one, message="probs does not sum to 1."))
                else:
                    told = "probs has components greater than 1."
                    checks.append(assert_less_equal(probs, one, message=told))
                probs = with_dependencies(checks, probs)
        with name_scope("logits"):
            if multidimensional:
                return log(probs), probs
            return log(probs) - log1p(-1.0 * probs), probs


def _floats(value: Any, name: str, dtype: Any) -> Any:
    found = convert_to_tensor(value, name=name, dtype=dtype)
    if not found.dtype.is_floating:
        raise TypeError(f"{name} must have a floating-point type, got {found.dtype.name}.")
    return found


def has_classes(parameter: Any, name: str = "embed_check_categorical_event_shape") -> Any:
    """A floating-point parameter, whose last dimension must be two classes or more.

    Raises:
        ValueError: it is known not to be.
        TypeError: the parameter has another type.
    """
    with name_scope(name, values=[parameter]):
        x = convert_to_tensor(parameter, name="categorical_param")
        kind = x.dtype.base_dtype
        if not kind.is_floating:
            raise TypeError(f"Unable to validate size of unrecognized dtype ({kind.name}).")
        most = _largest_integer(kind)
        no_rank = "A categorical-distribution parameter must have at least 1 dimension."
        too_few = "A categorical-distribution parameter must have at least 2 events."
        if x.shape.ndims == 0:
            raise ValueError(no_rank)
        known = dimension_value(x.shape.with_rank_at_least(1)[-1])
        too_many = (
            f"Number of classes exceeds `dtype` precision, i.e., {kind.name} dtype cannot exceed "
            f"{most} shape."
        )
        if known is not None:
            if known < 2:
                raise ValueError(too_few)
            if known > most:
                raise ValueError(f"{too_many} Got {known} classes.")
            return x
        size = shape(x, name="x_shape")[-1]
        checks = [
            assert_rank_at_least(x, 1, message=no_rank),
            assert_greater_equal(shape(x)[-1], 2, message=too_few),
            assert_less_equal(size, most, message=too_many),
        ]
        return with_dependencies(checks, x)


def is_count(x: Any, name: str = "embed_check_nonnegative_integer_form") -> Any:
    """A tensor whose elements must be whole numbers that are not negative."""
    with name_scope(name, values=[x]):
        x = convert_to_tensor(x, name="x")
        checks = [assert_non_negative(x, message=f"'{x}' must be non-negative.")]
        if not x.dtype.is_integer:
            checks.append(_is_whole(x, f"'{x}' cannot contain fractional components."))
        return with_dependencies(checks, x)


def is_castable(x: Any, target: DType, name: str = "embed_check_casting_closed") -> Any:
    """A tensor whose elements must be whole, not negative, and not too large for an integer type.

    Raises:
        TypeError: it does not consist of numbers.
    """
    with name_scope(name, values=[x]):
        x = convert_to_tensor(x, name="x")
        kind = x.dtype
        if not (kind.is_integer or kind.is_floating or kind is bool_):
            raise TypeError(f"{kind.name} must be a floating-point or integer type.")
        checks = [assert_non_negative(x, message="Elements must be non-negative.")]
        if kind.is_floating:
            checks.append(_is_whole(x, f"Elements must be {target.name}-equivalent.", target))
        elif _largest_integer(kind) > (most := _largest_integer(target)):
            checks.append(assert_less_equal(x, most, message=f"Elements cannot exceed {most}."))
        return with_dependencies(checks, x)


def _is_whole(x: Any, message: str, through: DType | None = None) -> Any:
    """A check that floating-point numbers stay the same as integers of a type, by default one of their width.

    Raises:
        TypeError: no integers have the width of the type.
    """
    name = "assert_integer_form"
    with name_scope(name, values=[x, None]):
        if through is None:
            widths = {float16: int16, float32: int32, float64: int64}
            if x.dtype.base_dtype not in widths:
                raise TypeError(f"Unrecognized type {x.dtype.name}")
            through = widths[x.dtype.base_dtype]
        whole = cast(cast(x, through), x.dtype)
        return assert_equal(x, whole, message=message, name=name)


def _largest_integer(dtype: DType) -> int:
    """The largest whole number up to which a type has all of them."""
    if dtype is bool_:
        return 1
    kind = dtype.as_numpy_dtype
    return 2 ** (np.finfo(kind).nmant + 1) if dtype.is_floating else int(np.iinfo(kind).max)


def log_combinations(n: Any, counts: Any, name: str = "log_combinations") -> Any:
    """The logarithm of the multinomial coefficient: in how many ways `n` draws give `counts`, `[…, classes]`."""
    with name_scope(name, values=[n, counts]):
        n, counts = convert_to_tensor(n, name="n"), convert_to_tensor(counts, name="counts")
        orders = lgamma(n + 1)
        return orders - reduce_sum(lgamma(counts + 1), axis=[-1])


def pick_vector(cond: Any, true_vector: Any, false_vector: Any, name: str = "pick_vector") -> Any:
    """One of two vectors by a scalar that may be known in a run only."""
    with name_scope(name, values=(cond, true_vector, false_vector)):
        cond = convert_to_tensor(cond, name="cond")
        known = constant_value(cond)
        if known is not None:
            return true_vector if known else false_vector
        true_vector = convert_to_tensor(true_vector, name="true_vector")
        false_vector = convert_to_tensor(false_vector, name="false_vector")
        n = shape(true_vector)[0]
        both = concat([true_vector, false_vector], 0)
        return slice(both, [where_v2(cond, 0, n)], [where(cond, n, -1)])


def gen_new_seed(seed: int | None, salt: str) -> int | None:
    """Another seed of the same draw: None stays None, for which there is another number anyway."""
    if seed is None:
        return None
    digest = hashlib.md5(f"{seed}{salt}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) & 0x7FFFFFFF
