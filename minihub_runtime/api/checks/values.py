"""Checks of values against each other and against zero.

Source: tensorflow/python/ops/check_ops.py, numerics.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import abs
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.messages import assert_static, message_prefix
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.grouping import no_op, with_dependencies
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.public import public

__all__ = [
    "assert_equal",
    "assert_greater",
    "assert_greater_equal",
    "assert_less",
    "assert_less_equal",
    "assert_near",
    "assert_negative",
    "assert_non_negative",
    "assert_non_positive",
    "assert_none_equal",
    "assert_positive",
    "verify_tensor_all_finite",
]

_DOC = """Check that {what} element by element.

    Args:
        {arguments}
        data: what is printed if it does not hold; by default a message and the values.
        summarize: how many elements of each tensor are printed.
        message: what the error message begins with.
        name: wanted name.

    Returns:
        An operation that raises InvalidArgumentError in a run; others should wait for it.

    Raises:
        InvalidArgumentError: all values are known, and it does not hold.
    """


def _comparison(
    name: str, sign: str, op: str, static: Callable[[Any, Any], Any]
) -> Callable[..., Any]:
    """A check that compares two tensors."""
    default = name

    def function(
        x: Any,
        y: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Any:
        if default == "assert_equal":
            with name_scope(name, default, [x, y, data]):
                if x is y:
                    return no_op()
        with name_scope(name, default, [x, y, data]):
            x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
            if data is None:
                data = [
                    f"Condition x {sign} y did not hold element-wise:",
                    f"x ({x.name}) = ",
                    x,
                    f"y ({y.name}) = ",
                    y,
                ]
            if message is not None:
                data = [message, *data]
            condition = reduce_all(build(op, x=x, y=y))
            known = constant_value(x), constant_value(y)
            if known[0] is not None and known[1] is not None:
                assert_static(np.all(static(*known)), data)
            return Assert(condition, data, summarize=summarize)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOC.format(
        what=f"`x {sign} y`", arguments="x: numbers.\n        y: numbers of the same type."
    )
    return public(f"debugging.{name}", name)(function)


assert_equal = _comparison("assert_equal", "==", "Equal", np.equal)
assert_none_equal = _comparison("assert_none_equal", "!=", "NotEqual", np.not_equal)
assert_less = _comparison("assert_less", "<", "Less", np.less)
assert_less_equal = _comparison("assert_less_equal", "<=", "LessEqual", np.less_equal)
assert_greater = _comparison("assert_greater", ">", "Greater", np.greater)
assert_greater_equal = _comparison("assert_greater_equal", ">=", "GreaterEqual", np.greater_equal)


def _against_zero(name: str, sign: str, check: Any, zero_first: bool) -> Callable[..., Any]:
    """A check that compares a tensor with zero."""
    default = name

    def function(
        x: Any,
        data: Any = None,
        summarize: int | None = None,
        message: str | None = None,
        name: str | None = None,
    ) -> Any:
        prefix = message_prefix(message)
        with name_scope(name, default, [x, data]):
            x = convert_to_tensor(x, name="x")
            if data is None:
                texts = [f"Condition x {sign} did not hold element-wise:", f"x ({x.name}) = "]
                if default == "assert_non_positive":
                    # TensorFlow runs these two together.
                    texts = ["".join(texts)]
                data = [prefix, *texts, x]
            zero = convert_to_tensor(0, x.dtype)
            pair = (zero, x) if zero_first else (x, zero)
            return check(*pair, data=data, summarize=summarize)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOC.format(what=f"`x {sign}`", arguments="x: numbers.")
    return public(f"debugging.{name}", name)(function)


assert_negative = _against_zero("assert_negative", "< 0", assert_less, False)
assert_positive = _against_zero("assert_positive", "> 0", assert_less, True)
assert_non_negative = _against_zero("assert_non_negative", ">= 0", assert_less_equal, True)
assert_non_positive = _against_zero("assert_non_positive", "<= 0", assert_less_equal, False)


@public("debugging.assert_near", "assert_near")
def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: int | None = None,
    message: str | None = None,
    name: str | None = None,
) -> Any:
    """Check that `|x - y| < atol + rtol · |y|` element by element.

    Args:
        x: floating-point numbers.
        y: numbers of the same type.
        rtol: ten times the type's precision by default.
        atol: ten times the type's precision by default.
        data: what is printed if it does not hold.
        summarize: how many elements of each tensor are printed.
        message: what the error message begins with.
        name: wanted name.

    Returns:
        An operation that raises InvalidArgumentError in a run; others should wait for it.
    """
    prefix = message_prefix(message)
    with name_scope(name, "assert_near", [x, y, rtol, atol, data]):
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, x.dtype, "y")
        dtype = x.dtype.base_dtype.real_dtype
        precision = 10 * np.finfo(dtype.as_numpy_dtype).eps
        rtol = convert_to_tensor(precision if rtol is None else rtol, dtype, "rtol")
        atol = convert_to_tensor(precision if atol is None else atol, dtype, "atol")
        if data is None:
            data = [
                prefix,
                f"x and y not equal to tolerance rtol = {rtol}, atol = {atol}",
                f"x ({x.name}) = ",
                x,
                f"y ({y.name}) = ",
                y,
            ]
        bound = atol + rtol * abs(y)
        condition = reduce_all(build("Less", x=abs(x - y), y=bound))
        return Assert(condition, data, summarize=summarize)


@public("debugging.assert_all_finite", "verify_tensor_all_finite")
def verify_tensor_all_finite(
    t: Any = None,
    msg: str | None = None,
    name: str | None = None,
    x: Any = None,
    message: str | None = None,
) -> Any:
    """`x`, after a check that no element is infinite or NaN.

    Args:
        t: an older name of `x`.
        msg: an older name of `message`.
        name: wanted name.
        x: floating-point numbers.
        message: what the error message begins with.

    Raises:
        ValueError: an argument is given under both of its names.
    """
    x = deprecated_argument_lookup("x", x, "t", t)
    message = deprecated_argument_lookup("message", message, "msg", msg)
    with name_scope(name, "VerifyFinite", [x]):
        x = convert_to_tensor(x, name="x")
        with get_default_graph().colocate_with(x):
            checked = build("CheckNumerics", tensor=x, message=message)
            return with_dependencies([checked], x)
