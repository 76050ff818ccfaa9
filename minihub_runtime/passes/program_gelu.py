"""Gelu in programs of elementwise ops, however it is spelled.

    x · 0.5 · (1 + erf(x / √2))                       →    Gelu %0
    x · (0.5 · (1 + tanh(0.8 · (x + 0.04 · x³))))     →    GeluOfTanh %0 $0 $1

Each line is followed as `A + B · f(C)`, where A, B and C are polynomials of one operand x, and f is Erf or Tanh; gelu is what has
x / 2 as A and as B.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["name_gelu"]

#: Power → its factor; those that are zero are not there.
_Polynomial = Mapping[int, float]

#: The highest power that gelu has.
_HIGHEST = 3
#: Up to this relative difference numbers are what rounding makes of the same one.
_NEAR = 1e-6
_HALF = {1: 0.5}


class _Form(NamedTuple):
    """`constant + factor · function(argument)`.

    Attributes:
        constant: a polynomial.
        factor: a polynomial; empty if there is no function.
        function: Erf or Tanh; empty if there is none.
        argument: a polynomial.
    """

    constant: _Polynomial
    factor: _Polynomial = {}
    function: str = ""
    argument: _Polynomial = {}


def name_gelu(
    program: Sequence[str], numbers: Sequence[float]
) -> tuple[list[str], list[float]] | None:
    """The lines and numbers of a program, with gelus by their names; lines that nobody needs any more are still there.

    Returns:
        None if there is no gelu.
    """
    lines, figures = [line.split() for line in program], list(numbers)
    found = False
    for number, (name, *operands) in enumerate(lines):
        if name not in ("Erf", "Tanh"):
            continue
        for operand in _reached(lines, operands[0]):
            forms = _forms(lines, figures, operand)
            for last in range(number + 1, len(lines)):
                constants = _constants(forms[last])
                if constants is None:
                    continue
                lines[last] = ["GeluOfTanh" if constants else "Gelu", operand]
                for constant in constants:
                    if constant not in figures:
                        figures.append(constant)
                    lines[last].append(f"${figures.index(constant)}")
                found = True
    return ([" ".join(line) for line in lines], figures) if found else None


def _reached(lines: Sequence[Sequence[str]], operand: str) -> list[str]:
    """An operand, and all that it is made of, but for numbers."""
    found = [operand]
    for each in found:
        if each[0] == "@":
            found += [o for o in lines[int(each[1:])][1:] if o[0] != "$" and o not in found]
    return found


def _constants(form: _Form | None) -> tuple[float, ...] | None:
    """The numbers of the gelu that a form is: two for that of tanh, none for that of erf; None if it is none."""
    if form is None or not (_close(form.constant, _HALF) and _close(form.factor, _HALF)):
        return None
    argument = form.argument
    if form.function == "Erf":
        return () if _close(argument, {1: math.sqrt(0.5)}) else None
    if argument.keys() != {1, 3} or min(argument.values()) < 0:
        return None
    return argument[1], argument[3]


def _close(x: _Polynomial, y: _Polynomial) -> bool:
    return x.keys() == y.keys() and all(
        math.isclose(x[power], y[power], rel_tol=_NEAR) for power in x
    )


def _forms(
    lines: Sequence[Sequence[str]], numbers: Sequence[float], operand: str
) -> list[_Form | None]:
    """What each line is as a form of an operand; None where it is none."""
    forms: list[_Form | None] = []

    def form_of(word: str) -> _Form | None:
        if word == operand:
            return _Form({1: 1.0})
        if word[0] == "$":
            return _Form(_without_zeros({0: numbers[int(word[1:])]}))
        return forms[int(word[1:])] if word[0] == "@" else None

    for name, *operands in lines:
        known = [form for form in map(form_of, operands) if form is not None]
        forms.append(_combined(name, known) if len(known) == len(operands) else None)
    return forms


def _combined(name: str, forms: Sequence[_Form]) -> _Form | None:
    """The form of what an op makes of forms."""
    if name in ("Erf", "Tanh"):
        (inner,) = forms
        return None if inner.function else _Form({}, {0: 1.0}, name, inner.constant)
    if name == "Square":
        return _product(forms[0], forms[0])
    if name in ("Add", "AddV2"):
        return _sum(*forms)
    if name == "Mul":
        return _product(*forms)
    if name in ("Div", "RealDiv"):
        divisor = forms[1]
        if divisor.function or divisor.constant.keys() != {0}:
            return None
        return _product(forms[0], _Form({0: 1 / divisor.constant[0]}))
    return None


def _sum(x: _Form, y: _Form) -> _Form | None:
    if x.function and y.function:
        return None
    gated = x if x.function else y
    return gated._replace(constant=_added(x.constant, y.constant))


def _product(x: _Form, y: _Form) -> _Form | None:
    if x.function and y.function:
        return None
    if any(not form.function and not form.constant for form in (x, y)):
        # Zero times infinity is no number.
        return None
    gated, plain = (x, y) if x.function else (y, x)
    constant, factor = (
        _multiplied(part, plain.constant) for part in (gated.constant, gated.factor)
    )
    if max([*constant, *factor], default=0) > _HIGHEST:
        return None
    return gated._replace(constant=constant, factor=factor)


def _added(x: _Polynomial, y: _Polynomial) -> _Polynomial:
    return _without_zeros({power: x.get(power, 0.0) + y.get(power, 0.0) for power in {*x, *y}})


def _multiplied(x: _Polynomial, y: _Polynomial) -> _Polynomial:
    found: dict[int, float] = collections.defaultdict(float)
    for power, factor in x.items():
        for other, times in y.items():
            found[power + other] += factor * times
    return _without_zeros(found)


def _without_zeros(x: _Polynomial) -> _Polynomial:
    return {power: factor for power, factor in x.items() if factor}
