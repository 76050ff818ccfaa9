"""Good samples made bad: what a hostile graph gives a kernel, by choices read from a tape.

A tape is a list of small numbers, each of which picks one of some options, the first of which changes nothing.  What
comes after its end is 0, so that a shorter tape of smaller numbers is a lesser change, and Hypothesis finds the least.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, bits, float_to_bfloat16, from_bits, to_float
from minihub_runtime.ops.registry import Op
from tests.samples import File, Sample, Step

__all__ = ["Tape", "bend", "freeze", "usable"]

T = TypeVar("T")

SIZES = (0, 1, 2, 3, 5)
INTEGERS = (0, 1, -1, 2, 3, 7, -2, 100, 1 << 16, -(1 << 31), (1 << 31) - 1, 1 << 32, (1 << 63) - 1)
FLOATS = (0.0, 1.0, -1.0, 0.5, 2.0, 1e-30, 1e30, -1e30, np.inf, -np.inf, np.nan, 2.0**31, 2.0**63)
TEXTS = (
    b"",
    b"a",
    b"\x00",
    b"\xff\xfe",
    b"-1",
    b"1e999",
    b"a b,c\n",
    b"[" * 50,
    b"\xf0\x9f\x98\x80" * 9,
)
ANY_TYPE = ("float32", "int32", "int64", "string", "bool", "complex64", "uint8", "float16")


class Tape:
    """Choices, one after the other."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = iter(numbers)

    def number(self) -> int:
        """The next number; 0 after the end."""
        return next(self.numbers, 0)

    def pick(self, options: Sequence[T]) -> T:
        """One of some options."""
        return options[self.number() % len(options)]


def usable(sample: Sample) -> bool:
    """Whether the sample is a good call of arrays alone."""
    if sample.error is not None or sample.before or sample.after:
        return False
    flat = [
        v
        for value in sample.inputs.values()
        for v in (value if isinstance(value, (list, tuple)) else [value])
    ]
    return not any(
        isinstance(v, (Step, File)) or as_dtype(v.dtype).name in ("resource", "variant")
        for v in flat
    )


def freeze(value: Any) -> Any:
    """Arrays that a kernel may not write to; of their own, for samples share theirs."""
    if isinstance(value, (list, tuple)):
        return [freeze(item) for item in value]
    value = np.array(value)
    value.flags.writeable = False
    return value


def bend(op: Op, sample: Sample, tape: Tape) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and attributes of the sample, changed up to three times."""
    inputs = {k: list(v) if isinstance(v, (list, tuple)) else v for k, v in sample.inputs.items()}
    attrs = dict(sample.attrs)
    for _ in range(1 + tape.number() % 3):
        kind = tape.pick(("value", "shape", "attribute", "value", "type", "length", "attribute"))
        if kind == "attribute":
            bend_attribute(op, attrs, tape)
        elif not inputs:
            continue
        elif kind == "type":
            bend_type(op, inputs, attrs, tape)
        else:
            name = tape.pick(list(inputs))
            value = inputs[name]
            if not isinstance(value, list):
                inputs[name] = bend_array(value, kind, tape)
            elif kind == "length" and value:
                inputs[name] = (
                    value[: tape.number() % (len(value) + 1)] + value[: tape.number() % 2]
                )
            elif value:
                place = tape.number() % len(value)
                value[place] = bend_array(value[place], kind, tape)
    return inputs, attrs


def bend_array(array: Any, kind: str, tape: Tape) -> Any:
    """An array with another shape or other elements."""
    dtype = as_dtype(array.dtype)
    if kind == "value" and array.size:
        new = array.copy()
        flat = new.reshape(-1)
        place = slice(None) if tape.number() % 4 == 3 else tape.number() % flat.size
        flat[place] = element(dtype, tape)
        return new
    if not array.size and tape.number() % 2 == 0:
        return array
    way = tape.pick(("as it is", "drop", "add", "random", "cut", "repeat", "random"))
    if way == "drop" and array.ndim:
        return array[0, ...].copy() if len(array) else blank(array.shape[1:], array.dtype)
    if way == "add":
        return array[None]
    if way == "cut" and array.ndim:
        axis = tape.number() % array.ndim
        return array.take(range(tape.number() % (array.shape[axis] + 1)), axis=axis)
    if way == "repeat" and array.ndim:
        return np.concatenate([array, array], axis=tape.number() % array.ndim)
    if way == "random":
        shape = [tape.pick(SIZES) for _ in range(tape.number() % 6)]
        source = array if array.size else full(dtype, element(dtype, tape))
        return np.resize(source, shape) if np.prod(shape) else blank(shape, array.dtype)
    return array


def blank(shape: Sequence[int], dtype: Any) -> Any:
    """Zeros, or empty strings."""
    return np.full(shape, b"", object) if np.dtype(dtype).hasobject else np.zeros(shape, dtype)


def full(dtype: DType, value: Any) -> Any:
    made = np.empty(1, dtype.numpy)
    made[...] = value
    return made


def element(dtype: DType, tape: Tape) -> Any:
    """One element of a type, odd ones among them."""
    if dtype.name == "string":
        return tape.pick(TEXTS)
    if dtype.name == "bool":
        return bool(tape.number() % 2)
    if dtype.name == "bfloat16":
        return float_to_bfloat16(np.float32(tape.pick(FLOATS)))
    if dtype.is_quantized:
        return from_bits(np.asarray(wrap(tape.pick(INTEGERS), dtype.numpy[0])), dtype)
    if dtype.is_integer:
        return wrap(tape.pick(INTEGERS), dtype.numpy)
    with np.errstate(over="ignore"):
        return dtype.numpy.type(tape.pick(FLOATS))


def wrap(value: int, dtype: Any) -> Any:
    """An integer of a type: values that do not fit become its largest or smallest."""
    limits = np.iinfo(dtype)
    return dtype.type(min(max(value, int(limits.min)), int(limits.max)))


def bend_type(op: Op, inputs: dict[str, Any], attrs: dict[str, Any], tape: Tape) -> None:
    """Give all inputs of one type attribute another allowed type."""
    names = [
        name
        for name, attr in op.schema.attrs.items()
        if attr.type == "type" and any(arg.type == name for arg in op.schema.inputs)
    ]
    if not names:
        return
    name = tape.pick(names)
    allowed = op.schema.attrs[name].allowed or [as_dtype(n) for n in ANY_TYPE]
    dtype = tape.pick(allowed)
    if dtype.name in ("resource", "variant"):
        return
    attrs.pop(name, None)
    for arg in op.schema.inputs:
        if arg.type == name and arg.name in inputs:
            value = inputs[arg.name]
            inputs[arg.name] = (
                [cast(v, dtype) for v in value] if isinstance(value, list) else cast(value, dtype)
            )


def cast(array: Any, dtype: DType) -> Any:
    """The elements in another type, however little of them that keeps."""
    found = as_dtype(array.dtype)
    if found is dtype:
        return array
    if dtype.name == "string":
        made = np.empty(array.size, object)
        made[:] = [str(x).encode() for x in array.reshape(-1).tolist()]
        return made.reshape(array.shape)
    numbers = np.zeros(array.shape) if found.name == "string" else to_float(array)
    if found.is_quantized:
        numbers = bits(array)
    with np.errstate(all="ignore"):
        if numbers.dtype.kind == "c" and not dtype.is_complex:
            numbers = numbers.real
        if dtype.name == "bfloat16":
            return float_to_bfloat16(numbers.astype(np.float32))
        if dtype.is_quantized:
            return from_bits(np.nan_to_num(numbers).astype(np.int64).astype(dtype.numpy[0]), dtype)
        return np.asarray(numbers).astype(dtype.numpy)


def bend_attribute(op: Op, attrs: dict[str, Any], tape: Tape) -> None:
    """Give one attribute that is not a type of the inputs another value."""
    schema = op.schema
    fixed = {arg.type for arg in schema.inputs} | {arg.number for arg in schema.inputs}
    names = [name for name in schema.attrs if name not in fixed]
    if not names:
        return
    name = tape.pick(names)
    attr = schema.attrs[name]
    value = attrs.get(name, attr.default)
    kind = attr.type
    if kind.startswith("list("):
        items = list(value) if isinstance(value, (list, tuple)) else []
        way = tape.pick(("change", "change", "cut", "add", "clear"))
        if way == "change" and items:
            place = tape.number() % len(items)
            items[place] = attribute(kind[5:-1], attr.allowed, items[place], tape)
        elif way == "cut":
            items = items[:-1]
        elif way == "add":
            items = [*items, attribute(kind[5:-1], attr.allowed, items[-1] if items else 1, tape)]
        elif way == "clear":
            items = []
        attrs[name] = items
    else:
        attrs[name] = attribute(kind, attr.allowed, value, tape)


def attribute(kind: str, allowed: Sequence[Any], value: Any, tape: Tape) -> Any:
    """A value of an attribute type."""
    if kind == "int":
        return tape.pick(INTEGERS)
    if kind == "float":
        return tape.pick(FLOATS)
    if kind == "bool":
        return bool(tape.number() % 2)
    if kind == "string":
        texts = [text.decode("utf-8", "surrogateescape") for text in TEXTS]
        return tape.pick([*allowed, "?"] if allowed else texts)
    if kind == "type":
        return tape.pick([d.name for d in allowed] or ANY_TYPE)
    if kind == "shape":
        return tape.pick(((), None, (0,), (2,), (None, 2), (1 << 31,), ((1 << 62), 4), (1,) * 40))
    return value
