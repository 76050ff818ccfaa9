"""One step of Adam on a table whose gradient is of some rows: what `passes.fuse_decay` makes of the step's parts.

Both means of a row decay in each step, and the row moves, whether it has a gradient or not; so a step is one of the whole table.
But the means of a row that never had a gradient are zero, and so is all that follows from them: a step need not look at it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import indices_in_range, require, require_rank, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import INDEX, ROUNDING, Array, op, types
from minihub_runtime.ops.segment import take_rows
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.ops.training import SOURCE
from minihub_runtime.ops.training_rows import Rows
from minihub_runtime.ops.variables import Variable, begin_changes
from minihub_runtime.shapes import show, size
from minihub_runtime.threads import scratch, spread

__all__: list[str] = []

#: Bytes of rows that are changed at once: with the means and what is worked out from them they stay in the cache.
BLOCK_BYTES = 1 << 16
#: Numbers of a table that one thread changes in a nanosecond, about.
SPEED = 0.5
#: Where more of the rows have means, rows are not picked.
MANY = 0.5


class _Numbers(NamedTuple):
    """The scalars of a step.

    Attributes:
        rate: what the quotient of the means is multiplied by.
        beta1, beta2: the parts of the means that stay.
        rest1, rest2: the parts of what is new.
        epsilon: what is added to the root.
    """

    rate: Array
    beta1: Array
    beta2: Array
    rest1: Array
    rest2: Array
    epsilon: Array

    def leaves_zeros(self) -> bool:
        """Whether a row does not change if both of its means are zero."""
        factors = (self.rate, self.beta1, self.beta2)
        return bool(self.epsilon > 0 and all(map(np.isfinite, factors)))


class _Memory:
    """What a node knows of the means after its last step.

    Attributes:
        has_means: for each row whether a mean of it may be other than zero.
        of: the variables of the means, and how often they had been assigned.
    """

    def __init__(self) -> None:
        self.has_means: Array | None = None
        self.of: list[tuple[Variable, int]] = []

    def known(self, means: Sequence[Variable]) -> Array | None:
        """`has_means`, if nobody has changed the means since."""
        if self.has_means is None:
            return None
        for variable, (known, epoch) in zip(means, self.of, strict=True):
            if variable is not known or variable.epoch != epoch:
                return None
        return self.has_means


def _checked(
    variables: Sequence[Variable], grad: Array, indices: Array, numbers: _Numbers
) -> tuple[int, ...]:
    """The shape of the table; raises unless everything fits.

    Raises:
        InvalidArgumentError: it does not.
        FailedPreconditionError: a variable has no value.
    """
    for name, number in numbers._asdict().items():
        require_scalar(number, name)
    values = [variable.read() for variable in variables]
    shape = values[0].shape
    for name, value in zip(("var", "m", "v"), values, strict=True):
        if value.dtype != grad.dtype:
            found, wanted = as_dtype(value.dtype).name, as_dtype(grad.dtype).name
            raise InvalidArgumentError(f"{name} must be {wanted}, not {found}")
        if value.shape != shape:
            raise InvalidArgumentError(
                f"var and {name} must have the same shape, not {show(shape)} and {show(value.shape)}"
            )
    require(len(shape) >= 1, "var must be at least 1 dimensional")
    require_rank(indices, 1, "indices")
    if grad.shape != (len(indices), *shape[1:]):
        wanted_shape = show((len(indices), *shape[1:]))
        raise InvalidArgumentError(f"grad must have shape {wanted_shape}, not {show(grad.shape)}")
    indices_in_range(indices, shape[0])
    require(len(set(variables)) == len(variables), "var, m and v must be different variables")
    return shape


def _step(
    memory: _Memory, variables: Sequence[Variable], grad: Array, indices: Array, numbers: _Numbers
) -> None:
    """Change a table and both means."""
    with contextlib.ExitStack() as stack:
        # In one order everywhere, so that two steps never wait for each other.
        for variable in sorted(set(variables), key=id):
            stack.enter_context(variable.lock)
        shape = _checked(variables, grad, indices, numbers)
        rows, _ = Rows(indices, grad, None).sorted(True, shape[0])
        means = variables[1:]
        has_means = memory.known(means) if numbers.leaves_zeros() else None
        known = has_means is not None
        if has_means is None:
            has_means = np.empty(shape[0], np.bool_)
        else:
            has_means[rows.places] = True
        picked = np.flatnonzero(has_means) if known else None
        if picked is not None and len(picked) > MANY * shape[0]:
            picked = None
        # Until the step has ended, nothing is known.
        memory.has_means = None
        arrays = begin_changes(variables)
        try:
            with np.errstate(all="ignore"):
                if picked is not None:
                    _change_picked(arrays, picked, rows, numbers)
                else:
                    _change_all(arrays, rows, numbers, None if known else has_means)
        finally:
            for variable, value in zip(variables, arrays, strict=True):
                variable.end_change(value)
        memory.has_means = has_means
        memory.of = [(variable, variable.epoch) for variable in means]


def _blocks(count: int, table: Array) -> tuple[list[slice], int]:
    """Some rows of a table in blocks, and the nanoseconds that one thread takes for them."""
    width = size(table.shape[1:])
    step = max(1, BLOCK_BYTES // max(1, width * table.itemsize))
    blocks = [slice(start, min(start + step, count)) for start in range(0, count, step)]
    return blocks, round(count * width / SPEED)


def _change_all(
    arrays: Sequence[Array], rows: Rows, numbers: _Numbers, has_means: Array | None
) -> None:
    """Change all rows; `has_means`, if it is given, says afterwards which have means."""
    _, m, v = arrays
    inner = tuple(range(1, m.ndim))

    def work(block: slice) -> None:
        first, last = np.searchsorted(rows.places, (block.start, block.stop)).tolist()
        some = rows[first:last]
        _change([array[block] for array in arrays], some, some.places - block.start, numbers)
        if has_means is not None:
            any_of = np.logical_or(m[block], v[block])
            np.logical_or.reduce(any_of, axis=inner, out=has_means[block])

    spread(work, *_blocks(len(m), m))


def _change_picked(arrays: Sequence[Array], picked: Array, rows: Rows, numbers: _Numbers) -> None:
    """Change some rows, in ascending order; those that have gradients are among them."""

    def work(block: slice) -> None:
        chosen = picked[block]
        first, last = np.searchsorted(rows.places, (chosen[0], chosen[-1] + 1)).tolist()
        some = rows[first:last]
        parts = []
        for place, array in enumerate(arrays):
            part = scratch(f"picked {place}", (len(chosen), *array.shape[1:]), array.dtype)
            take_rows(array, chosen, part)
            parts.append(part)
        _change(parts, some, np.searchsorted(chosen, some.places), numbers)
        for array, part in zip(arrays, parts, strict=True):
            array[chosen] = part

    spread(work, *_blocks(len(picked), arrays[0]))


def _change(parts: Sequence[Array], rows: Rows, places: Array, numbers: _Numbers) -> None:
    """Change parts of the table and its means in place.

    Args:
        parts: the rows of the table and of both means.
        rows: those of them that have gradients.
        places: where these are.
        numbers: the scalars of the step.
    """
    var, m, v = parts
    m *= numbers.beta1
    v *= numbers.beta2
    if len(places):
        grad = rows.gradients()
        m[places] += grad * numbers.rest1
        v[places] += grad * grad * numbers.rest2
    root = scratch("roots", v.shape, v.dtype)
    np.sqrt(v, out=root)
    root += numbers.epsilon
    change = scratch("changes", m.shape, m.dtype)
    np.multiply(m, numbers.rate, out=change)
    change /= root
    var -= change


#: The inputs after the variables.
_GIVEN = "rate: T, beta1: T, beta2: T, rest1: T, rest2: T, epsilon: T, grad: T, indices: Tindices"
_KINDS: dict[str, Any] = {"T": types("float32 float64"), "Tindices": INDEX}


@op(
    f"_ResourceApplyAdamToRows(var: resource, m: resource, v: resource, {_GIVEN})",
    **_KINDS,
    stateful=True,
    precision=ROUNDING,
    source=SOURCE,
    shape=nothing,
)
def resource_apply_adam_to_rows(
    ctx: Context,
    var: Any,
    m: Any,
    v: Any,
    rate: Array,
    beta1: Array,
    beta2: Array,
    rest1: Array,
    rest2: Array,
    epsilon: Array,
    grad: Array,
    indices: Array,
) -> tuple[()]:
    """Nothing, after a step of Adam on all of a table, whose gradient is zero but for some rows.

        m = m * beta1 + gradient * rest1
        v = v * beta2 + gradient ** 2 * rest2
        var -= rate * m / (sqrt(v) + epsilon)

    The gradient of a row is the sum of those `grad[i]` whose `indices[i]` it is.

    Raises: InvalidArgumentError for shapes, types or indices that do not fit; FailedPreconditionError for variables
        without a value.
    """
    numbers = _Numbers(rate, beta1, beta2, rest1, rest2, epsilon)
    _step(ctx.own(_Memory), [var, m, v], grad, indices, numbers)
    return ()


@op(
    f"_ApplyAdamToRows(var: Ref(T), m: Ref(T), v: Ref(T), {_GIVEN}) -> out: Ref(T)",
    **_KINDS,
    precision=ROUNDING,
    source=SOURCE,
    shape=lambda var: var.shape,
)
def apply_adam_to_rows(
    ctx: Context,
    var: Any,
    m: Any,
    v: Any,
    rate: Array,
    beta1: Array,
    beta2: Array,
    rest1: Array,
    rest2: Array,
    epsilon: Array,
    grad: Array,
    indices: Array,
) -> Any:
    """The reference to `var`, after what `_ResourceApplyAdamToRows` does.

    Raises: see there.
    """
    numbers = _Numbers(rate, beta1, beta2, rest1, rest2, epsilon)
    _step(ctx.own(_Memory), [var, m, v], grad, indices, numbers)
    return var
