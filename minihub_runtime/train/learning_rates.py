"""Learning rates that fall with the number of steps.

Each function takes `learning_rate`, a float number or tensor; `global_step`, an integer number, tensor or variable; returns a
scalar of the type of `learning_rate`, to be given to an optimiser.

Source: tensorflow/python/keras/optimizer_v2/legacy_learning_rate_decay.py, learning_rate_schedule.py.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.arithmetic import divide
from minihub_runtime.api.arithmetic import pow as power_of
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_case import case
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.random_ops import random_normal
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public

__all__ = [
    "cosine_decay",
    "cosine_decay_restarts",
    "exponential_decay",
    "inverse_time_decay",
    "linear_cosine_decay",
    "natural_exp_decay",
    "noisy_linear_cosine_decay",
    "piecewise_constant",
    "polynomial_decay",
]


def _rate(learning_rate: Any) -> Any:
    return convert_to_tensor(learning_rate, name="initial_learning_rate")


@public("train.exponential_decay")
def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`.

    Args:
        learning_rate: the rate at step 0.
        global_step: the step.
        decay_steps: the number of steps that the rate falls by `decay_rate` in.
        decay_rate: the factor.
        staircase: let it fall only where `decay_steps` have passed.
        name: wanted name.
    """
    with name_scope(name or "ExponentialDecay") as scope:
        rate = _rate(learning_rate)
        steps = cast(decay_steps, rate.dtype)
        factor = cast(decay_rate, rate.dtype)
        passed = cast(global_step, rate.dtype) / steps
        if staircase:
            passed = build("Floor", x=passed)
        return build("Mul", name=scope, x=rate, y=power_of(factor, passed))


@public("train.natural_exp_decay")
def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`; arguments as for `exponential_decay`."""
    factor = build("Exp", x=build("Neg", x=decay_rate))
    return exponential_decay(learning_rate, global_step, decay_steps, factor, staircase, name)


@public("train.inverse_time_decay")
def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`; arguments as for `exponential_decay`."""
    with name_scope(name or "InverseTimeDecay") as scope:
        rate = _rate(learning_rate)
        steps = cast(decay_steps, rate.dtype)
        factor = cast(decay_rate, rate.dtype)
        passed = cast(global_step, rate.dtype) / steps
        if staircase:
            passed = build("Floor", x=passed)
        one = cast(constant(1), rate.dtype)
        below = build("AddV2", name="Add", x=one, y=build("Mul", x=factor, y=passed))
        return divide(rate, below, name=scope)


@public("train.piecewise_constant", "train.piecewise_constant_decay")
def piecewise_constant(
    x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None
) -> Any:
    """The first of `values` up to the first boundary, itself included, then the next, and so on.

    Args:
        x: the step, a scalar.
        boundaries: numbers or tensors of the type of `x`, each larger than the one before.
        values: one more than boundaries, all of one type.
        name: wanted name of the scope.

    Raises:
        ValueError: the types differ, or there are not as many values.
    """
    limits = [convert_to_tensor(item) for item in nest.flatten(boundaries)]
    rates = [convert_to_tensor(item) for item in nest.flatten(values)]
    step = convert_to_tensor(x)
    for place, limit in enumerate(limits):
        if limit.dtype.base_dtype is not step.dtype.base_dtype:
            if limit.dtype.base_dtype is not int32 or step.dtype.base_dtype is not int64:
                raise ValueError(
                    f"Boundaries ({limit.dtype.base_dtype!r}) must have the same dtype as x "
                    f"({step.dtype.base_dtype!r})."
                )
            limits[place] = cast(limit, int64)
    for rate in rates[1:]:
        if rate.dtype.base_dtype is not rates[0].dtype.base_dtype:
            raise ValueError(
                "Values must have elements all with the same dtype "
                f"({rates[0].dtype.base_dtype!r} vs {rate.dtype.base_dtype!r})."
            )
    if len(limits) != len(rates) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with name_scope(name or "PiecewiseConstant"):
        step = convert_to_tensor(x)

        def identical(rate: Any) -> Any:
            return rate

        pairs = [
            (step <= limits[0], functools.partial(identical, rates[0])),
            (step > limits[-1], functools.partial(identical, rates[-1])),
        ]
        for low, high, rate in zip(limits[:-1], limits[1:], rates[1:-1], strict=True):
            pairs.append(((step > low) & (step <= high), functools.partial(identical, rate)))
        return case(pairs, lambda: rates[0], exclusive=True)


@public("train.polynomial_decay")
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Any:
    """`(learning_rate - end_learning_rate) * (1 - global_step / decay_steps) ** power + end_learning_rate`.

    Args:
        learning_rate: the rate at step 0.
        global_step: the step.
        decay_steps: when the end is reached; the rate stays there.
        end_learning_rate: the rate at the end.
        power: of the polynomial; 1 is a straight line.
        cycle: begin anew after the end, each time with the next multiple of `decay_steps` as the end.
        name: wanted name.
    """
    with name_scope(name or "PolynomialDecay") as scope:
        rate = _rate(learning_rate)
        end = cast(end_learning_rate, rate.dtype)
        exponent = cast(power, rate.dtype)
        step = cast(global_step, rate.dtype)
        steps = cast(decay_steps, rate.dtype)
        if cycle:
            times = where_v2(
                build("Equal", x=step, y=0.0), 1.0, build("Ceil", x=step / decay_steps)
            )
            steps = build("Mul", x=steps, y=times)
        else:
            step = build("Minimum", x=step, y=steps)
        passed = divide(step, steps)
        falling = build("Mul", x=rate - end, y=power_of(1 - passed, exponent))
        return build("AddV2", name=scope, x=falling, y=end)


@public("train.cosine_decay")
def cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Any:
    """`learning_rate` times half a wave of the cosine, from 1 down to `alpha`, over `decay_steps`.

    Args:
        learning_rate: the rate at step 0.
        global_step: the step.
        decay_steps: when the end is reached; the rate stays there.
        alpha: the part of the rate at the end.
        name: wanted name of the scope.
    """
    with name_scope(name or "CosineDecay"):
        rate = _rate(learning_rate)
        steps = cast(decay_steps, rate.dtype)
        step = build("Minimum", x=cast(global_step, rate.dtype), y=steps)
        part = step / steps
        wave = 0.5 * (1.0 + build("Cos", x=constant(math.pi) * part))
        return build("Mul", x=rate, y=(1 - alpha) * wave + alpha)


@public("train.cosine_decay_restarts")
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: Any = 2.0,
    m_mul: Any = 1.0,
    alpha: Any = 0.0,
    name: str | None = None,
) -> Any:
    """`cosine_decay` that begins anew again and again.

    Args:
        learning_rate: the rate at step 0.
        global_step: the step.
        first_decay_steps: the length of the first fall.
        t_mul: how many times as long each fall is as the one before.
        m_mul: how many times as high each begins as the one before.
        alpha: the part of the rate that a fall ends with.
        name: wanted name.
    """
    with name_scope(name or "SGDRDecay") as scope:
        rate = _rate(learning_rate)
        dtype = rate.dtype
        steps, least, longer, higher = (
            cast(number, dtype) for number in (first_decay_steps, alpha, t_mul, m_mul)
        )
        passed = cast(global_step, dtype) / steps

        def equal_lengths() -> Any:
            restarts = build("Floor", x=passed)
            return restarts, passed - restarts

        def growing_lengths() -> Any:
            grown = build("Log", x=1.0 - passed * (1.0 - longer)) / build("Log", x=longer)
            restarts = build("Floor", x=grown)
            before = (1.0 - longer**restarts) / (1.0 - longer)
            return restarts, (passed - before) / longer**restarts

        restarts, part = cond(build("Equal", x=longer, y=1.0), equal_lengths, growing_lengths)
        height = higher**restarts
        wave = 0.5 * height * (1.0 + build("Cos", x=constant(math.pi) * part))
        return build("Mul", name=scope, x=rate, y=(1 - least) * wave + least)


@public("train.linear_cosine_decay")
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Any:
    """`learning_rate * ((alpha + a falling line) * a cosine + beta)`.

    Args:
        learning_rate: the rate at step 0, nearly.
        global_step: the step.
        decay_steps: when the line reaches 0; the rate stays there.
        num_periods: how many waves the cosine has till then.
        alpha: what is added to the line.
        beta: what is added at last.
        name: wanted name.
    """
    with name_scope(name or "LinearCosineDecay") as scope:
        rate = _rate(learning_rate)
        dtype = rate.dtype
        steps, periods, above, least = (
            cast(number, dtype) for number in (decay_steps, num_periods, alpha, beta)
        )
        step = build("Minimum", x=cast(global_step, dtype), y=steps)
        line = (steps - step) / steps
        wave = _wave(step, steps, periods)
        return build("Mul", name=scope, x=rate, y=(above + line) * wave + least)


def _wave(step: Any, steps: Any, periods: Any) -> Any:
    """`periods` waves of the cosine between 1 and 0."""
    part = step / steps
    angle = 2.0 * periods * part
    return 0.5 * (1.0 + build("Cos", x=constant(math.pi) * angle))


@public("train.noisy_linear_cosine_decay")
def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: Any = 1.0,
    variance_decay: Any = 0.55,
    num_periods: Any = 0.5,
    alpha: Any = 0.0,
    beta: Any = 0.001,
    name: str | None = None,
) -> Any:
    """`linear_cosine_decay` whose line has normal noise of variance `initial_variance / (1 + global_step) ** variance_decay`.

    Other arguments as for `linear_cosine_decay`.
    """
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate = _rate(learning_rate)
        dtype = rate.dtype
        steps, first, falling, periods, above, least = (
            cast(number, dtype)
            for number in (
                decay_steps,
                initial_variance,
                variance_decay,
                num_periods,
                alpha,
                beta,
            )
        )
        step = build("Minimum", x=cast(global_step, dtype), y=steps)
        line = (steps - step) / steps
        variance = first / power_of(1.0 + step, falling)
        noise = random_normal(line.shape, stddev=build("Sqrt", x=variance))
        noisy = line + noise
        wave = _wave(step, steps, periods)
        return build("Mul", name=scope, x=rate, y=(above + noisy) * wave + least)
