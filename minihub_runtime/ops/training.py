"""One step of an optimiser on a variable: all of it or some rows, by handle or by reference.

`training_rules` says what the optimisers do; here is what their ops have in common.

Source: tensorflow/core/kernels/training_ops.cc, tensorflow/core/ops/training_ops.cc.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.broadcasting import narrow, widen
from minihub_runtime.ops.checking import indices_in_range, require, require_scalar
from minihub_runtime.ops.registry import INDEX, NUMBERS, ROUNDING, Array, op
from minihub_runtime.ops.training_rules import RULES, Rule
from minihub_runtime.ops.variables import Variable, begin_changes, end_changes, existing
from minihub_runtime.shapes import Shape, Spec, merge, show
from minihub_runtime.threads import spread

__all__ = [
    "SOURCE",
    "change_values",
    "checked_numbers",
    "checked_row_shape",
    "checked_rows",
    "checked_values",
    "step_rows",
]

SOURCE = "core/kernels/training_ops.cc"

#: Elements that are changed at once: they, their slots and what formulas make of them stay in the second cache.
BLOCK = 1 << 15
#: Elements of a variable, from which on blocks save more than their calls cost.
LEAST = 1 << 17
#: Nanoseconds that a step takes one thread for an element, about.
COST = 3
#: The characters of the types that formulas are worked out in.
PLAIN = "fd"
#: The names that ops give the gradient.
_GRADIENTS = ("grad", "delta")
#: What numbers must be → whether they are.
_LIMITS: dict[str, Callable[[Any], bool]] = {
    "positive": lambda number: number > 0,
    "not negative": lambda number: number >= 0,
    "not positive": lambda number: number <= 0,
}


def checked_numbers(
    rule: Rule, given: Iterable[tuple[str, Array]], flags: dict[str, Any], sparse: bool
) -> dict[str, Any]:
    """The scalars among the inputs, and the attributes.

    Args:
        rule: the optimiser.
        given: names and values of the scalars.
        flags: the attributes.
        sparse: whether the step is on some rows.

    Raises:
        InvalidArgumentError: one is no scalar, or not what it must be.
    """
    found = dict(flags)
    for name, value in given:
        if value.ndim:
            require_scalar(value, name)
        found[name] = widen(value)[()]
    if rule.limits and (sparse or rule.dense_limits):
        for name, limit in rule.limits.items():
            # A rate of zero is good where nothing is divided by it.
            by_lr = name == "lr" and flags.get("multiply_linear_by_lr")
            wanted = "not negative" if by_lr else limit
            if not _LIMITS[wanted](found[name]):
                require(False, f"{name} must be {wanted}, not {found[name]}")
    return found


def checked_values(
    rule: Rule, variables: Sequence[Variable], grad: Array, name: str
) -> list[Array]:
    """The values of variable and slots, checked."""
    dtype = as_dtype(grad.dtype)
    if dtype.name not in rule.kinds:
        raise UnimplementedError(f"{name} must have a type with a CPU kernel, not {dtype.name}")
    values = [variable.read() for variable in variables]
    for slot, value in zip(("var", *rule.slots), values, strict=True):
        if value.shape != values[0].shape:
            require(
                False,
                f"var and {slot} must have the same shape, not {show(values[0].shape)} and {show(value.shape)}",
            )
        if value.dtype != grad.dtype:
            require(False, f"{slot} must be {dtype.name}, not {as_dtype(value.dtype).name}")
    return values


def change_values(
    rule: Rule, values: list[Array], grad: Array, numbers: dict[str, Any]
) -> list[Array]:
    """New values of variable and slots."""
    wide = [*values, grad]
    if grad.dtype.char not in PLAIN:
        wide = [widen(value) for value in wide]
    return [narrow(value, grad.dtype) for value in rule.update(*wide, numbers)]


def _step(rule: Rule, variables: Sequence[Variable], grad: Array, numbers: dict[str, Any]) -> None:
    """Change variables of one shape, that of the gradient."""
    if grad.size < LEAST or len(set(variables)) < len(variables):
        changed = change_values(rule, [variable.read() for variable in variables], grad, numbers)
        for variable, value in zip(variables, changed, strict=True):
            variable.assign(value, validate_shape=False)
        return
    arrays = begin_changes(variables)
    try:
        _change_blocks(rule, arrays, grad, numbers)
    finally:
        end_changes(variables, arrays)


def _change_blocks(
    rule: Rule, arrays: Sequence[Array], grad: Array, numbers: dict[str, Any]
) -> None:
    """Change arrays of one shape in place, block by block, on all threads."""
    blocks = [slice(start, start + BLOCK) for start in range(0, grad.size, BLOCK)]
    if all(array.flags.c_contiguous for array in arrays):
        arrays, grad = [array.reshape(-1) for array in arrays], grad.reshape(-1)
    else:
        blocks = [slice(None)]

    def change(block: slice) -> None:
        parts = [array[block] for array in arrays]
        for part, new in zip(parts, change_values(rule, parts, grad[block], numbers), strict=True):
            if new is not part:
                part[...] = new

    spread(change, blocks, grad.size * COST)


def checked_rows(shape: tuple[int, ...], grad: Array, indices: Array) -> None:
    """Raise unless row i of the gradient can be that of row indices[i] of a variable."""
    checked_row_shape(shape, grad.shape, indices)
    indices_in_range(indices, shape[0])


def checked_row_shape(shape: tuple[int, ...], grad: tuple[int, ...], indices: Array) -> None:
    """Raise unless a gradient of the shape `grad` can be that of rows of a variable."""
    require(len(shape) >= 1, "var must be at least 1 dimensional")
    require(
        indices.ndim == 1, f"indices must be one-dimensional, not of shape {show(indices.shape)}"
    )
    if grad != (len(indices), *shape[1:]):
        require(False, f"grad must have shape {show((len(indices), *shape[1:]))}, not {show(grad)}")
    require(0 not in shape[1:], f"var must have no inner size of 0, not {show(shape)}")


def step_rows(
    rule: Rule,
    variables: Sequence[Variable],
    grad: Array,
    indices: Array,
    numbers: dict[str, Any],
) -> None:
    """Change the rows of the variables; one that comes twice is changed twice."""
    order = np.argsort(indices, kind="stable")
    held = indices[order]
    starts = np.flatnonzero(np.concatenate([[True], held[1:] != held[:-1]])) if len(held) else held
    # How often each row came before; rows that came as often are changed together.
    turns = np.arange(len(held)) - np.repeat(starts, np.diff([*starts, len(held)]))
    with contextlib.ExitStack() as stack:
        results = [stack.enter_context(variable.changing()) for variable in variables]
        for turn in range(int(turns.max(initial=-1)) + 1):
            chosen = order[turns == turn]
            rows = indices[chosen]
            changed = change_values(
                rule, [result[rows] for result in results], grad[chosen], numbers
            )
            for result, new in zip(results, changed, strict=True):
                result[rows] = new


class _Inputs(NamedTuple):
    """Where the inputs of an op stand.

    Attributes:
        variables: how many variables come first.
        grad: the place of the gradient.
        rows: the place of the indices, if the step is on some rows.
        numbers: names and places of the scalars.
    """

    variables: int
    grad: int
    rows: int | None
    numbers: tuple[tuple[str, int], ...]


def _places(rule: Rule, names: Sequence[str]) -> _Inputs:
    """Where inputs of these names stand."""
    count = 1 + len(rule.slots)
    numbers = [
        (name, place)
        for place, name in enumerate(names)
        if place >= count and name not in ("indices", *_GRADIENTS)
    ]
    (grad,) = (place for place, name in enumerate(names) if name in _GRADIENTS)
    rows = names.index("indices") if "indices" in names else None
    return _Inputs(count, grad, rows, tuple(numbers))


def _apply(
    rule: Rule, op_name: str, places: _Inputs, inputs: Sequence[Any], flags: dict[str, Any]
) -> Variable:
    """Run one step; the variable."""
    variables = [existing(handle) for handle in inputs[: places.variables]]
    grad = inputs[places.grad]
    given = [(name, inputs[place]) for name, place in places.numbers]
    numbers = checked_numbers(rule, given, flags, places.rows is not None)
    # In one order everywhere, so that two steps never wait for each other.
    locks = [variable.lock for variable in sorted(set(variables), key=id)]
    for lock in locks:
        lock.acquire()
    try:
        # Of the values nothing is kept, so that the variables are alone with them, and need not copy them.
        shape = checked_values(rule, variables, grad, op_name)[0].shape
        if places.rows is None:
            if grad.shape != shape:
                require(
                    False,
                    f"var and grad must have the same shape, not {show(shape)} and {show(grad.shape)}",
                )
            _step(rule, variables, grad, numbers)
        else:
            indices = inputs[places.rows]
            checked_rows(shape, grad, indices)
            step_rows(rule, variables, grad, indices, numbers)
    finally:
        for lock in locks:
            lock.release()
    return variables[0]


def _static(rule: Rule, names: list[str], specs: Sequence[Spec], handle: bool) -> Shape:
    """The shape of the variable."""
    given = dict(zip(names, specs, strict=True))
    shape: Shape = None
    for name, spec in given.items():
        if name in ("var", *rule.slots):
            shape = merge(shape, spec.shape_behind if handle else spec.shape)
        elif name not in (*_GRADIENTS, "indices"):
            merge(spec.shape, ())
    # TensorFlow looks for the gradient behind a handle as well, and so learns of it in the run alone.
    grad = None if handle else next(given[name].shape for name in _GRADIENTS if name in given)
    if "indices" not in given:
        return merge(shape, grad)
    rows = merge(given["indices"].shape, (None,)) or (None,)
    if shape is not None and grad is not None:
        merge(grad, (*rows, *shape[1:]))
    return shape


def _register(name: str, rule: Rule, sparse: bool, handle: bool) -> None:
    arguments = ["var", *rule.slots, *(rule.sparse if sparse else rule.dense).split()]
    op_name = f"{'Resource' if handle else ''}{'Sparse' if sparse else ''}Apply{name}"
    places = _places(rule, arguments)

    def kernel(*inputs: Any, **flags: Any) -> Any:
        flags.pop("use_locking", None)
        variable = _apply(rule, op_name, places, inputs, flags)
        return () if handle else variable

    # The schema's attributes are the keywords of the kernel, which differ from op to op.
    flags = [("use_locking", False), *([rule.flag] if rule.flag else [])]
    signed: Any = kernel
    signed.__signature__ = inspect.Signature(
        [
            inspect.Parameter("inputs", inspect.Parameter.VAR_POSITIONAL),
            *(
                inspect.Parameter(flag, inspect.Parameter.KEYWORD_ONLY, default=default)
                for flag, default in flags
            ),
        ]
    )
    signed.__annotations__ = {flag: bool for flag, _ in flags}
    kernel.__doc__ = (
        f"{'Nothing' if handle else 'The reference'}, after a step of {name} on "
        f"{'rows of ' if sparse else ''}the variable and its slots.\n\n"
        "Raises: InvalidArgumentError for shapes, types, numbers or indices that do not fit; UnimplementedError for\n"
        "    types without a kernel; NotFoundError or FailedPreconditionError for variables without a value."
    )
    kinds = {"resource": "resource", "scalar": "T"}

    def static(*specs: Spec) -> Any:
        shape = _static(rule, arguments, specs, handle)
        return [] if handle else shape

    types = dict.fromkeys(("global_step",), "int64") | {"indices": "Tindices"}
    variable = kinds["resource"] if handle else "Ref(T)"
    inputs = ", ".join(
        f"{arg}: {variable if arg in ('var', *rule.slots) else types.get(arg, 'T')}"
        for arg in arguments
    )
    indexed: dict[str, Any] = {"Tindices": INDEX} if sparse else {}
    op(
        f"{op_name}({inputs})" + ("" if handle else " -> out: Ref(T)"),
        T=NUMBERS,
        **indexed,
        stateful=handle,
        precision=ROUNDING,
        source=SOURCE,
        shape=static,
    )(kernel)


for _name, _rule in RULES.items():
    for _handle in (True, False):
        if _handle or _rule.reference:
            _register(_name, _rule, sparse=False, handle=_handle)
            if _rule.sparse:
                _register(_name, _rule, sparse=True, handle=_handle)
