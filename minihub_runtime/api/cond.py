"""`tf.cond`: one of two functions runs.

Source: tensorflow/python/ops/cond.py, cond_v2.py; tensorflow/python/framework/smart_cond.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.branching import build_branches, trace_branch
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.public import public

__all__ = ["cond", "smart_cond", "smart_constant_value"]


@public("cond")
def cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    strict: bool = False,
    name: str | None = None,
    fn1: Callable[[], Any] | None = None,
    fn2: Callable[[], Any] | None = None,
) -> Any:
    """The results of `true_fn` if `pred` is true, else those of `false_fn`.

    Both functions are called once, now; what they build runs when its branch is taken.  Tensors made outside are computed in
    any case.

    Args:
        pred: a scalar tensor of type bool.
        true_fn: takes nothing, and returns tensors of any kind, operations or None, in any structure.
        false_fn: likewise; the structure and the types must be the same.
        strict: accepted; a list of one result stays a list in any case.
        name: name of the operation, by default `cond`.
        fn1: old name of `true_fn`.
        fn2: old name of `false_fn`.

    Returns:
        The structure that the functions return; where they return operations, `pred`.

    Raises:
        TypeError: a function is missing, cannot be called or returns what is no tensor; `pred` is a Python bool; structures or
            types differ.
        ValueError: one branch returns more tensors than the other, or uses tensors of the other.
    """
    for new, given, old, old_given in (
        ("true_fn", true_fn, "fn1", fn1),
        ("false_fn", false_fn, "fn2", fn2),
    ):
        if given is not None and old_given is not None:
            raise TypeError(f"cond(): '{new}' and '{old}' may not be set simultaneously.")
        if given is None and old_given is None:
            raise TypeError(f"cond(): '{new}' argument required")
    functions = {"true": true_fn or fn1, "false": false_fn or fn2}
    for kind, function in functions.items():
        if not callable(function):
            raise TypeError(f"'{kind}_fn' must be callable.")
    if isinstance(pred, bool):
        raise TypeError("pred must not be a Python bool", pred)
    with name_scope(name or "cond", values=[pred]) as scope:
        chosen = as_scalar(convert_to_tensor(pred))
        graphs = [
            trace_branch(scope, kind, function, chosen)  # type: ignore[arg-type]
            for kind, function in functions.items()
        ]
        return build_branches(chosen, graphs, ("true_fn", "false_fn"), "cond", scope)


def as_scalar(pred: Tensor) -> Tensor:
    """A predicate of which it is not known that it is a scalar, squeezed."""
    if pred.shape.ndims == 0:
        return pred
    squeezed: Tensor = build("Squeeze", input=pred)
    return squeezed


@public("contrib.framework.smart_cond")
def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """As `cond`; where `pred` is known now, the results of the function it names, and nothing else is built.

    Raises:
        TypeError: a function cannot be called, or `pred` is neither a tensor nor a bool, 0 or 1.
    """
    if not callable(true_fn):
        raise TypeError(f"Argument `true_fn` must be callable. Received {true_fn}")
    if not callable(false_fn):
        raise TypeError(f"Argument `false_fn` must be callable. Received {false_fn}")
    known = smart_constant_value(pred)
    if known is None:
        return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if known else false_fn()


@public("contrib.framework.smart_constant_value")
def smart_constant_value(pred: Any) -> bool | None:
    """The value of a predicate if it is known now, else None.

    Raises:
        TypeError: `pred` is neither a tensor nor a bool, 0 or 1.
    """
    if isinstance(pred, Tensor):
        found = constant_value(pred)
        return None if found is None else bool(found)
    if isinstance(pred, (bool, int)) and pred in (0, 1):
        return bool(pred)
    raise TypeError(
        f"Argument `pred` must be a Tensor, or a Python bool, or 1 or 0. Received: pred={pred} of "
        f"type {type(pred).__name__}"
    )
