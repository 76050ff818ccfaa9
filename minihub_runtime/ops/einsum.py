"""Einstein sums."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import narrow, require_kernel, widen
from minihub_runtime.ops.checking import allocatable
from minihub_runtime.ops.gradient_rules import Ops, Term, conjugate, sizes_of
from minihub_runtime.ops.products import multiply
from minihub_runtime.ops.registry import ANY, ROUNDING, Array, op
from minihub_runtime.shapes import Shape, Spec, broadcast, merge, size

__all__: list[str] = []

#: A letter, or the place from the right of a dimension that an ellipsis stands for.
Label: TypeAlias = "str | int"
_ELLIPSIS = "..."


class Terms(NamedTuple):
    """The subscripts of an equation; each is a tuple of letters and at most one ellipsis."""

    inputs: tuple[tuple[str, ...], ...]
    output: tuple[str, ...]


def _split(subscript: str, equation: str) -> tuple[str, ...]:
    head, dots, tail = subscript.partition(_ELLIPSIS)
    if "." in head + tail:
        raise InvalidArgumentError(
            f"subscripts must be letters and at most one ellipsis, not {subscript!r} in {equation!r}"
        )
    return (*head, *([dots] if dots else []), *tail)


@functools.lru_cache(maxsize=256)
def parse(equation: str) -> Terms:
    """The subscripts of `equation`.

    Raises:
        InvalidArgumentError: it is not `a->c` or `a,b->c`.
    """
    sides = equation.split("->")
    if len(sides) != 2:
        raise InvalidArgumentError(f"equation must have exactly one '->', not {equation!r}")
    inputs = tuple(_split(part, equation) for part in sides[0].split(","))
    if len(inputs) > 2:
        raise InvalidArgumentError(
            f"equation must have 1 or 2 input subscripts, not {len(inputs)} in {equation!r}"
        )
    output = _split(sides[1], equation)
    known = {label for term in inputs for label in term}
    for label in output:
        if label != _ELLIPSIS and label not in known:
            raise InvalidArgumentError(
                f"output labels must stand in an input, {label!r} does not in {equation!r}"
            )
    return Terms(inputs, output)


def _expand(term: tuple[str, ...], rank: int) -> list[Label]:
    """The label of each dimension; those under the ellipsis are counted from the right."""
    letters = len(term) - (_ELLIPSIS in term)
    covered = rank - letters
    if covered < 0 or (covered and _ELLIPSIS not in term):
        raise InvalidArgumentError(
            f"the input for subscript {''.join(term)!r} must have rank "
            f"{'>= ' if _ELLIPSIS in term else ''}{letters}, not {rank}"
        )
    labels: list[Label] = []
    for label in term:
        if label == _ELLIPSIS:
            labels.extend(range(-covered, 0))
        else:
            labels.append(label)
    return labels


def _output_labels(terms: Terms, inputs: Sequence[list[Label]]) -> list[Label]:
    covered = max(
        (-label for labels in inputs for label in labels if isinstance(label, int)), default=0
    )
    if covered and _ELLIPSIS not in terms.output:
        raise InvalidArgumentError(
            f"the output must have an ellipsis for the {covered} dimensions that the inputs' ellipsis covers"
        )
    return _expand(terms.output, len(terms.output) - (_ELLIPSIS in terms.output) + covered)


def _einsum_shape(inputs: list[Spec], equation: str) -> Shape:
    return _fit(equation, [spec.shape for spec in inputs])


def _fit(equation: str, shapes: Sequence[Shape]) -> Shape:
    """The shape of the result; raises where sizes do not fit."""
    terms = parse(equation)
    if len(terms.inputs) != len(shapes):
        raise InvalidArgumentError(
            f"equation must have one subscript per input, not {len(terms.inputs)} for {len(shapes)}"
        )
    # Where nothing stands for several axes, the subscript tells the rank.
    shapes = [
        (None,) * len(term) if shape is None and _ELLIPSIS not in term else shape
        for term, shape in zip(terms.inputs, shapes, strict=True)
    ]
    if any(shape is None for shape in shapes):
        return None
    sizes: dict[Label, int | None] = {}
    expanded = []
    for term, shape in zip(terms.inputs, shapes, strict=True):
        labels = _expand(term, len(shape or ()))
        expanded.append(labels)
        for label, n in zip(labels, shape or (), strict=True):
            if label not in sizes:
                sizes[label] = n
            else:
                combine = broadcast if isinstance(label, int) else merge
                sizes[label] = (combine((sizes[label],), (n,)) or (None,))[0]
    return tuple(sizes[label] for label in _output_labels(terms, expanded))


@functools.lru_cache(maxsize=1024)
def _plan(
    equation: str, shapes: tuple[tuple[int, ...], ...]
) -> tuple[tuple[list[Label], ...], list[Label]]:
    """The labels of each input and of the output, for inputs whose sizes fit."""
    allocatable(_fit(equation, shapes) or (), np.float32)
    terms = parse(equation)
    labels = tuple(_expand(t, len(s)) for t, s in zip(terms.inputs, shapes, strict=True))
    return labels, _output_labels(terms, labels)


def _diagonal(x: Array, labels: list[Label]) -> tuple[Array, list[Label]]:
    """A view in which each label stands once: a repeated one runs along the diagonal."""
    once = list(dict.fromkeys(labels))
    if len(once) == len(labels):
        return x, labels
    strides = dict.fromkeys(once, 0)
    for label, step in zip(labels, x.strides, strict=True):
        strides[label] += step
    shape = [x.shape[labels.index(label)] for label in once]
    view = np.lib.stride_tricks.as_strided(
        x, shape, [strides[label] for label in once], writeable=False
    )
    return view, once


def _sum_out(x: Array, labels: list[Label], kept: set[Label]) -> tuple[Array, list[Label]]:
    """`x` summed over the labels that nothing else needs."""
    axes = tuple(place for place, label in enumerate(labels) if label not in kept)
    if not axes:
        return x, labels
    return np.add.reduce(x, axis=axes, dtype=x.dtype), [n for n in labels if n in kept]


def _arranged(x: Array, labels: list[Label], order: list[Label]) -> Array:
    """`x` with its axes in `order`; absent labels get size 1."""
    x = x.transpose([labels.index(label) for label in order if label in labels])
    sizes = iter(x.shape)
    return x.reshape([next(sizes) if label in labels else 1 for label in order])


def _contract(
    x: Array, left: list[Label], y: Array, right: list[Label], output: list[Label]
) -> tuple[Array, list[Label]]:
    """The product of two arrays summed over what both have and `output` lacks, by one batch of matmuls."""
    inner = [label for label in left if label in right and label not in output]
    if not inner:
        order = list(dict.fromkeys(output))
        return _arranged(x, left, order) * _arranged(y, right, order), order
    wanted = list(dict.fromkeys(output))
    batch = [n for n in wanted if isinstance(n, int) or (n in left and n in right)]
    rows = [n for n in left if n not in batch and n not in inner]
    columns = [n for n in right if n not in batch and n not in inner]
    a, b = _arranged(x, left, batch + rows + inner), _arranged(y, right, batch + inner + columns)
    k = len(batch)
    row_sizes, column_sizes = a.shape[k : k + len(rows)], b.shape[k + len(inner) :]
    # Sizes are spelled out, because -1 cannot be worked out where another one is 0.
    count = size(b.shape[k : k + len(inner)])
    a = a.reshape(*a.shape[:k], size(row_sizes), count)
    b = b.reshape(*b.shape[:k], count, size(column_sizes))
    product = multiply(a, b)
    return product.reshape((*product.shape[:k], *row_sizes, *column_sizes)), batch + rows + columns


def _inflate(x: Array, labels: list[Label], output: list[Label]) -> Array:
    """`x` in the order of `output`; a label that is there twice makes a diagonal."""
    once = list(dict.fromkeys(output))
    x = x.transpose([labels.index(label) for label in once])
    if len(once) == len(output):
        return x
    sizes = dict(zip(once, x.shape, strict=True))
    result = np.zeros([sizes[label] for label in output], dtype=x.dtype)
    strides = dict.fromkeys(once, 0)
    for label, step in zip(output, result.strides, strict=True):
        strides[label] += step
    view = np.lib.stride_tricks.as_strided(result, x.shape, [strides[n] for n in once])
    view[...] = x
    return result


@op(
    "Einsum(inputs: N * T) -> output: T",
    T=ANY,
    precision=ROUNDING,
    source="core/kernels/linalg/einsum_op_impl.h",
    shape=_einsum_shape,
)
def einsum(inputs: Sequence[Array], *, equation: str) -> Array:
    """The sum of products that `equation` asks for, of one or two tensors.

    Labels may repeat within an input (diagonal) or the output (zeros off the diagonal); dimensions under an
    ellipsis broadcast. Every character but the comma, the arrow and the ellipsis is a label, blanks too.

    Differs: an output label that no input has is refused; TensorFlow leaves the dimension out.
    Raises: InvalidArgumentError for a malformed equation or sizes that do not fit.
    """
    for value in inputs:
        require_kernel(value.dtype, "iufc", "Einsum")
    known, output = _plan(equation, tuple(value.shape for value in inputs))
    labels = list(known)
    with np.errstate(all="ignore"):
        arrays = []
        for place, value in enumerate(inputs):
            others = {n for i, row in enumerate(labels) if i != place for n in row}
            x, row = _diagonal(widen(value), labels[place])
            x, labels[place] = _sum_out(x, row, others | set(output))
            arrays.append(x)
        if len(arrays) == 1:
            result, order = arrays[0], labels[0]
        else:
            result, order = _contract(arrays[0], labels[0], arrays[1], labels[1], output)
        result = narrow(np.ascontiguousarray(_inflate(result, order, output)), inputs[0].dtype)
    # np.ascontiguousarray makes a vector of a scalar.
    result = result if output else result.reshape(())
    return result.copy() if np.may_share_memory(result, inputs[0]) else result


def _axis_of(label: str, subscripts: str) -> int:
    """The first axis of a label: from the front if it stands before an ellipsis, else from the end."""
    before, dots, after = subscripts.partition("...")
    place = before.find(label)
    if place >= 0 or not dots:
        return place
    return after.find(label) - len(after)


def _spread(ops: Ops, grad: Term, like: Term, subscripts: str, given: str, summed: str) -> Term:
    """`grad`, of which `given` names the axes, with the `summed` axes of `like` added to it."""
    sizes = ops.Shape(like)
    lengths = ops.Pack([sizes[_axis_of(label, subscripts)] for label in summed])
    shape = ops.Shape(grad)
    ones = ops.Fill([len(summed)], 1)
    thin = ops.Reshape(grad, ops.ConcatV2([ones, shape], 0))
    whole = ops.BroadcastTo(thin, ops.ConcatV2([lengths, shape], 0))
    return ops.Einsum([whole], equation=f"{summed}{given}->{subscripts}")


def _of_operand(
    ops: Ops, grad: Term, operand: Term, other: Term, subscripts: tuple[str, str, str]
) -> Term:
    """The gradient of one of two operands, before broadcast axes are summed.

    Args:
        ops: the namespace.
        grad: the gradient of the result.
        operand: the operand.
        other: the conjugate of the other one.
        subscripts: those of the operand, of the other one, and of the result.
    """
    mine, others, result = subscripts
    summed = "".join(dict.fromkeys(label for label in mine if label not in result + others + "."))
    kept = "".join(label for label in mine if label not in summed)
    found = ops.Einsum([grad, other], equation=f"{result},{others}->{kept}")
    return _spread(ops, found, operand, mine, kept, summed) if summed else found


@einsum.gradient
def _einsum_gradient(ops: Ops, grad: Term, inputs: list[Term], equation: str) -> list[Term]:
    given, result = equation.replace(" ", "").split("->")
    if len(inputs) == 1:
        summed = "".join(dict.fromkeys(label for label in given if label not in result + "."))
        if summed:
            return [_spread(ops, grad, inputs[0], given, result, summed)]
        return [ops.Einsum([grad], equation=f"{result}->{given}")]
    x, y = inputs
    first, second = given.split(",")
    if "..." in result:
        first, second = (part if "..." in part else f"{part}..." for part in (first, second))
    gx = _of_operand(ops, grad, x, conjugate(ops, y), (first, second, result))
    gy = _of_operand(ops, grad, y, conjugate(ops, x), (second, first, result))
    if "..." not in result:
        return [gx, gy]
    # The axes that the ellipsis stands for may have been broadcast.
    sizes = sizes_of(ops, x), sizes_of(ops, y)
    starts = first.find("..."), second.find("...")
    ends = len(first) - starts[0] - 3, len(second) - starts[1] - 3
    dots = [s[b : -e if e else None] for s, b, e in zip(sizes, starts, ends, strict=True)]
    axes = ops.BroadcastGradientArgs(*dots)
    return [
        ops.Reshape(ops.Sum(g, place + start), shape)
        for g, place, start, shape in zip((gx, gy), axes, starts, sizes, strict=True)
    ]
