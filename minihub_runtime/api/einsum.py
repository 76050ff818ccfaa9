"""Sums of products in Einstein's notation.

Source: tensorflow/python/ops/special_math_ops.py.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.public import public

__all__ = ["einsum"]


@public("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Any:
    """Sums of products in Einstein's notation: `einsum("ij,jk->ik", a, b)` multiplies matrices.

    Args:
        equation: the dimensions of each input, as letters, and of the result; `...` stands for any others.
        *inputs: tensors, one or more; of more than two, two at a time are put together.
        **kwargs: `name`; and `optimize`, the way in which the order is chosen: `greedy` or `optimal`.

    Raises:
        TypeError: there is another argument.
        ValueError: the equation is not understood, or does not fit.
    """
    name = kwargs.pop("name", None)
    optimize = kwargs.pop("optimize", "greedy")
    if kwargs:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {', '.join(kwargs)}. Valid arguments: name, "
            "optimize, greedy."
        )
    with name_scope(name, "einsum", [equation, inputs]):
        resolved, ellipsis = _resolved(equation, len(inputs))
        operands = list(inputs)
        if len(operands) > 2:
            steps = _order(resolved, operands, ellipsis, optimize)
        else:
            steps = [(tuple(range(len(operands))), resolved)]
        for places, step in steps:
            chosen = [operands[place] for place in places]
            operands = [item for i, item in enumerate(operands) if i not in places]
            text = step.replace(ellipsis, "...") if ellipsis else step
            operands.append(build("Einsum", inputs=chosen, equation=text))
        return operands[0]


def _resolved(equation: str, count: int) -> tuple[str, str]:
    """The equation with its result, and what stands for `...` in it."""
    resolved = equation.replace(" ", "")
    ellipsis = ""
    if "..." in equation:
        ellipsis = "0"
        if ellipsis in resolved:
            raise ValueError(f'Invalid character "{ellipsis}" in equation: {equation}.')
        resolved = resolved.replace("...", ellipsis)
    match = re.match(f"^([a-zA-Z{ellipsis},]*)(->[a-zA-Z{ellipsis}]*)?$", resolved)
    if not match:
        raise ValueError(f"Subscripts have incorrect format: {resolved}")
    labels = match.group(1).split(",")
    if count != len(labels):
        raise ValueError(f'Got {count} inputs for equation "{equation}", expecting {len(labels)}')
    if match.group(2) is None:
        found = collections.Counter(match.group(1))
        output = "".join(item for item in sorted(found) if item != "," and found[item] == 1)
        resolved += f"->{output}"
    else:
        output = match.group(2)[2:]
    if len(set(output)) != len(output):
        raise ValueError(f"Output subscripts contain a label appearing more than once: {equation}")
    for label in output:
        if label != ellipsis and label not in match.group(1):
            raise ValueError(
                f"Output subscripts contain the label {label} not present in the input subscripts."
            )
    return resolved, ellipsis


def _order(
    equation: str, operands: Sequence[Any], ellipsis: str, optimize: Any
) -> list[tuple[tuple[int, ...], str]]:
    """Which operands are put together, step by step, and the equation of each step."""
    texts, _, output = equation.partition("->")
    labels = texts.split(",")
    sizes = _sizes_of_labels(equation, labels, operands, ellipsis)
    # NumPy knows no such label as stands for several dimensions.
    spare = next(item for item in "zyxwvutsrqponmlkjihgfedcba" if item not in texts)
    swap = {ellipsis: spare} if ellipsis else {}
    arrays = [
        np.broadcast_to(np.float32(0), tuple(sizes[label] for label in text)) for text in labels
    ]
    wanted = "".join(swap.get(c, c) for c in equation)
    path = np.einsum_path(wanted, *arrays, optimize=optimize)[0][1:]
    steps = []
    for index, pair in enumerate(path):
        places = tuple(sorted(pair, reverse=True))
        chosen = [labels[place] for place in places]
        labels = [item for i, item in enumerate(labels) if i not in places]
        if index == len(path) - 1:
            result = output
        else:
            needed = set("".join(labels)) | set(output)
            result = "".join(sorted(set("".join(chosen)) & needed, key=sizes.get))
        steps.append((places, f"{','.join(chosen)}->{result}"))
        labels.append(result)
    return steps


def _sizes_of_labels(
    equation: str, labels: Sequence[str], operands: Sequence[Any], ellipsis: str
) -> Any:
    """Label → its size as far as it is known, else 1."""
    sizes: dict[str, int] = collections.defaultdict(lambda: 1)
    for place, (text, operand) in enumerate(zip(labels, operands, strict=True)):
        known = convert_to_tensor(operand).shape.as_tuple() if operand is not None else None
        if known is None:
            continue
        given = list(known)
        start = text.find(ellipsis) if ellipsis else -1
        if start >= 0:
            end = start + len(given) + 1 - len(text)
            if end < start:
                raise ValueError(
                    f"Too many named labels in {place}th subscript string of equation {equation}"
                )
            inner = [n for n in given[start:end] if n]
            given[start:end] = [int(np.prod(inner, dtype=np.int64))]
        elif len(text) != len(given):
            raise ValueError(
                f"Number of named labels in input #{place} of equation {equation} must be equal to "
                f"the number of dimensions in shape {given}"
            )
        for label, size in zip(text, given, strict=True):
            sizes[label] = max(sizes[label], size or 1)
    return sizes
