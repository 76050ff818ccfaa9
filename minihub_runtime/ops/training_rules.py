"""What each optimiser makes of a variable, its slots and a gradient, as formulas on arrays.

A rule receives the arrays of variable, slots and gradient, and the numbers under TensorFlow's names; it returns the new
variable and the new slots.  All are of one type, in which 16-bit floats are float32.  What a rule has made it may write over: memory
for another result costs more than the arithmetic.

Source: tensorflow/core/kernels/training_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minihub_runtime.ops.registry import Array

__all__ = ["RULES", "Rule"]

Numbers: TypeAlias = "dict[str, Any]"
Update: TypeAlias = Callable[..., tuple[Array, ...]]

_REAL = ("float16", "bfloat16", "float32", "float64")
_ALL = (*_REAL, "complex64", "complex128")
_WIDE = ("float32", "float64")


class Rule(NamedTuple):
    """One optimiser.

    Attributes:
        update: the formula.
        slots: the names of the variables beside `var`.
        dense: the inputs after the slots, in their order.
        sparse: the same with `indices`; empty if there is no such op.
        kinds: the types that TensorFlow has kernels for.
        flag: the attribute beside `use_locking`, and its default.
        reference: whether there are ops on references.
        limits: numbers that must be `positive`, `not negative` or `not positive`.
        dense_limits: whether they must be so where the gradient is of the whole variable, too.
    """

    update: Update
    slots: tuple[str, ...]
    dense: str
    sparse: str = ""
    kinds: tuple[str, ...] = _ALL
    flag: tuple[str, bool] | None = None
    reference: bool = True
    limits: dict[str, str] = {}
    dense_limits: bool = True


def _adadelta(var: Array, accum: Array, accum_update: Array, grad: Array, n: Numbers) -> Any:
    rest = 1 - n["rho"]
    accum = accum * n["rho"] + grad * grad * rest
    update = np.sqrt(accum_update + n["epsilon"]) / np.sqrt(accum + n["epsilon"]) * grad
    return var - update * n["lr"], accum, accum_update * n["rho"] + update * update * rest


def _adagrad(var: Array, accum: Array, grad: Array, n: Numbers) -> Any:
    if n["update_slots"]:
        squares = grad * grad
        squares += accum
        accum = squares
    step = grad * n["lr"]
    step /= np.sqrt(accum)
    return var - step, accum


def _adagrad_v2(var: Array, accum: Array, grad: Array, n: Numbers) -> Any:
    if n["update_slots"]:
        accum = accum + grad * grad
    return var - grad * n["lr"] / (np.sqrt(accum) + n["epsilon"]), accum


def _adagrad_da(var: Array, total: Array, squares: Array, grad: Array, n: Numbers) -> Any:
    total, squares = total + grad, squares + grad * grad
    step = var.dtype.type(n["global_step"])
    below = n["l2"] * (step * n["lr"]) + np.sqrt(squares)
    shrunk = np.sign(total) * np.maximum(np.abs(total) - step * n["l1"], 0)
    above = shrunk if n["l1"] > 0 else total
    return -n["lr"] * above / below, total, squares


def _moments(m: Array, v: Array, grad: Array, n: Numbers) -> tuple[Array, Array]:
    """Adam's running means of the gradient and of its square."""
    mean = grad - m
    mean *= 1 - n["beta1"]
    mean += m
    square = grad * grad
    square -= v
    square *= 1 - n["beta2"]
    square += v
    return mean, square


def _adam_rate(n: Numbers) -> Any:
    return n["lr"] * np.sqrt(1 - n["beta2_power"]) / (1 - n["beta1_power"])


def _adam(var: Array, m: Array, v: Array, grad: Array, n: Numbers) -> Any:
    m, v = _moments(m, v, grad, n)
    ahead = grad * (1 - n["beta1"]) + n["beta1"] * m if n["use_nesterov"] else m
    step = ahead * _adam_rate(n)
    root = np.sqrt(v)
    root += n["epsilon"]
    step /= root
    return var - step, m, v


def _adam_with_amsgrad(var: Array, m: Array, v: Array, vhat: Array, grad: Array, n: Numbers) -> Any:
    m, v = _moments(m, v, grad, n)
    vhat = np.maximum(vhat, v)
    return var - m * _adam_rate(n) / (np.sqrt(vhat) + n["epsilon"]), m, v, vhat


def _ada_max(var: Array, m: Array, v: Array, grad: Array, n: Numbers) -> Any:
    m = m + (grad - m) * (1 - n["beta1"])
    v = np.maximum(n["beta2"] * v, np.abs(grad))
    return var - n["lr"] / (1 - n["beta1_power"]) * (m / (v + n["epsilon"])), m, v


def _add_sign(var: Array, m: Array, grad: Array, n: Numbers) -> Any:
    m = m * n["beta"] + grad * (1 - n["beta"])
    alike = np.sign(grad) * np.sign(m)
    return var - n["lr"] * (n["alpha"] + n["sign_decay"] * alike) * grad, m


def _power_sign(var: Array, m: Array, grad: Array, n: Numbers) -> Any:
    m = m * n["beta"] + grad * (1 - n["beta"])
    scale = np.exp(n["logbase"] * n["sign_decay"] * np.sign(grad) * np.sign(m))
    return var - n["lr"] * scale * grad, m


def _rms_prop(var: Array, ms: Array, mom: Array, grad: Array, n: Numbers) -> Any:
    ms = ms + (grad * grad - ms) * (1 - n["rho"])
    mom = mom * n["momentum"] + grad * n["lr"] / np.sqrt(ms + n["epsilon"])
    return var - mom, ms, mom


def _centered_rms_prop(
    var: Array, mg: Array, ms: Array, mom: Array, grad: Array, n: Numbers
) -> Any:
    ms = ms + (grad * grad - ms) * (1 - n["rho"])
    mg = mg + (grad - mg) * (1 - n["rho"])
    mom = mom * n["momentum"] + grad * n["lr"] / np.sqrt(ms - mg * mg + n["epsilon"])
    return var - mom, mg, ms, mom


def _ftrl(var: Array, accum: Array, linear: Array, grad: Array, n: Numbers) -> Any:
    lr, l1, l2, power = n["lr"], n["l1"], n["l2"], n["lr_power"]
    shrunk = grad + 2 * n["l2_shrinkage"] * var if "l2_shrinkage" in n else grad
    after = accum + grad * grad
    root, before = (
        (np.sqrt(after), np.sqrt(accum)) if power == -0.5 else (after**-power, accum**-power)
    )
    if n["multiply_linear_by_lr"]:
        linear = linear + shrunk * lr - (root - before) * var
        l1, below = l1 * lr, root + 2 * l2 * lr
    else:
        linear = linear + shrunk - (root - before) / lr * var
        below = root / lr + 2 * l2
    var = np.where(np.abs(linear) > l1, (l1 * np.sign(linear) - linear) / below, 0)
    return var, after, linear


def _momentum(var: Array, accum: Array, grad: Array, n: Numbers) -> Any:
    accum = accum * n["momentum"]
    accum += grad
    if n["use_nesterov"]:
        return var - (grad * n["lr"] + accum * n["momentum"] * n["lr"]), accum
    return var - accum * n["lr"], accum


def _keras_momentum(var: Array, accum: Array, grad: Array, n: Numbers) -> Any:
    accum = accum * n["momentum"] - grad * n["lr"]
    if n["use_nesterov"]:
        return var + accum * n["momentum"] - grad * n["lr"], accum
    return var + accum, accum


def _proximal(var: Array, rate: Any, grad: Array, n: Numbers) -> Array:
    """A step of gradient descent, and then towards zero."""
    moved = var - grad * rate
    if n["l1"] > 0:
        moved = np.sign(moved) * np.maximum(np.abs(moved) - rate * n["l1"], 0)
    return moved / (1 + n["l2"] * rate)


def _proximal_adagrad(var: Array, accum: Array, grad: Array, n: Numbers) -> Any:
    accum = accum + grad * grad
    return _proximal(var, n["lr"] / np.sqrt(accum), grad, n), accum


def _proximal_gradient_descent(var: Array, grad: Array, n: Numbers) -> Any:
    return (_proximal(var, n["alpha"], grad, n),)


_NESTEROV, _SLOTS, _BY_LR = (
    ("use_nesterov", False),
    ("update_slots", True),
    ("multiply_linear_by_lr", False),
)
_PENALTIES = {"l1": "not negative", "l2": "not negative"}
_FTRL = {"lr": "positive", **_PENALTIES, "lr_power": "not positive"}

#: Name without `Apply` → rule.
RULES = {
    "Adadelta": Rule(
        _adadelta,
        ("accum", "accum_update"),
        "lr rho epsilon grad",
        "lr rho epsilon grad indices",
    ),
    "Adagrad": Rule(_adagrad, ("accum",), "lr grad", "lr grad indices", flag=_SLOTS),
    "AdagradV2": Rule(
        _adagrad_v2, ("accum",), "lr epsilon grad", "lr epsilon grad indices", flag=_SLOTS
    ),
    "AdagradDA": Rule(
        _adagrad_da,
        ("gradient_accumulator", "gradient_squared_accumulator"),
        "grad lr l1 l2 global_step",
        "grad indices lr l1 l2 global_step",
        _WIDE,
    ),
    "Adam": Rule(
        _adam,
        ("m", "v"),
        "beta1_power beta2_power lr beta1 beta2 epsilon grad",
        flag=_NESTEROV,
    ),
    "AdamWithAmsgrad": Rule(
        _adam_with_amsgrad,
        ("m", "v", "vhat"),
        "beta1_power beta2_power lr beta1 beta2 epsilon grad",
        kinds=_REAL,
        reference=False,
    ),
    "AdaMax": Rule(
        _ada_max,
        ("m", "v"),
        "beta1_power lr beta1 beta2 epsilon grad",
        kinds=("float16", *_WIDE),
    ),
    "AddSign": Rule(_add_sign, ("m",), "lr alpha sign_decay beta grad", kinds=_REAL),
    "PowerSign": Rule(_power_sign, ("m",), "lr logbase sign_decay beta grad", kinds=_REAL),
    "CenteredRMSProp": Rule(
        _centered_rms_prop,
        ("mg", "ms", "mom"),
        "lr rho momentum epsilon grad",
        "lr rho momentum epsilon grad indices",
    ),
    "RMSProp": Rule(
        _rms_prop,
        ("ms", "mom"),
        "lr rho momentum epsilon grad",
        "lr rho momentum epsilon grad indices",
    ),
    "Ftrl": Rule(
        _ftrl,
        ("accum", "linear"),
        "grad lr l1 l2 lr_power",
        "grad indices lr l1 l2 lr_power",
        _REAL,
        _BY_LR,
        limits=_FTRL,
        dense_limits=False,
    ),
    "FtrlV2": Rule(
        _ftrl,
        ("accum", "linear"),
        "grad lr l1 l2 l2_shrinkage lr_power",
        "grad indices lr l1 l2 l2_shrinkage lr_power",
        _REAL,
        _BY_LR,
        limits=_FTRL | {"l2_shrinkage": "not negative"},
        dense_limits=False,
    ),
    "Momentum": Rule(
        _momentum, ("accum",), "lr grad momentum", "lr grad indices momentum", flag=_NESTEROV
    ),
    "KerasMomentum": Rule(
        _keras_momentum,
        ("accum",),
        "lr grad momentum",
        "lr grad indices momentum",
        flag=_NESTEROV,
        reference=False,
    ),
    "ProximalAdagrad": Rule(
        _proximal_adagrad,
        ("accum",),
        "lr l1 l2 grad",
        "lr l1 l2 grad indices",
        _WIDE,
        limits={"lr": "positive", **_PENALTIES},
    ),
    "ProximalGradientDescent": Rule(
        _proximal_gradient_descent,
        (),
        "alpha l1 l2 delta",
        "alpha l1 l2 grad indices",
        _WIDE,
    ),
}
