"""Several elementwise ops in one step, block by block, so that what lies between them stays in the cache.

A program is a list of lines, each one op and its operands:

    Mul %0 $0          %i is an input, $j a number, @k the result of line k
    Erf @0
    AddV2 @1 $1
    Mul %0 @2

`passes.fuse_pointwise` writes them; the last line is the result.  A line may also reduce one axis to length one: `Mean:-1 @3` or,
where the axis is counted from the front, `Mean:1 @3`.  Where that is the last one, rows are worked on block by block, so that
the means of a normalisation find in the cache what they are of.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.gelu import gelu, gelu_of_tanh
from minihub_runtime.ops.products import column_of_ones
from minihub_runtime.ops.registry import REGISTRY, ROUNDING, Array, at_least, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import LONG_ROW, allocate
from minihub_runtime.threads import scratch, spread

__all__ = [
    "BINARY",
    "FUNCTIONS",
    "POINTWISE",
    "REDUCTIONS",
    "Program",
    "gives_whole",
    "picker",
    "program_of",
    "reduced_axes",
]

#: Ops without attributes that treat each element alike; those of two inputs broadcast.
POINTWISE = frozenset(
    [
        "Abs",
        "Add",
        "AddV2",
        "Cos",
        "Div",
        "Erf",
        "Exp",
        "Log",
        "Maximum",
        "Minimum",
        "Mul",
        "Neg",
        "RealDiv",
        "Reciprocal",
        "Relu",
        "Relu6",
        "Rsqrt",
        "Sigmoid",
        "Sin",
        "Sqrt",
        "Square",
        "SquaredDifference",
        "Sub",
        "Tanh",
    ]
)


def _squared_difference(x: Array, y: Array, out: Array | None = None) -> Array:
    difference: Array = np.subtract(x, y, out=out)
    return np.square(difference, out=difference if difference.ndim else None)


#: Those whose kernels are functions of NumPy for float32; called as such, small blocks cost half.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Abs": np.absolute,
    "Add": np.add,
    "AddV2": np.add,
    "Cos": np.cos,
    "Div": np.divide,
    "Exp": np.exp,
    "Log": np.log,
    "Mul": np.multiply,
    "Neg": np.negative,
    "RealDiv": np.divide,
    "Sin": np.sin,
    "Sqrt": np.sqrt,
    "Square": np.square,
    "SquaredDifference": _squared_difference,
    "Sub": np.subtract,
    "Tanh": np.tanh,
}
#: What programs alone have; numbers follow the operand.
ACTIVATIONS: dict[str, Callable[..., Any]] = {"Gelu": gelu, "GeluOfTanh": gelu_of_tanh}
#: Those of `FUNCTIONS` that have two operands.
BINARY = frozenset({"Add", "AddV2", "Div", "Mul", "RealDiv", "SquaredDifference", "Sub"})


def _sum(x: Array) -> Array:
    """The sums of rows; short ones are products with ones, which take a third of the time."""
    if x.shape[-1] > LONGEST_PRODUCT:
        return np.asarray(np.add.reduce(x, axis=-1, keepdims=True))
    return np.asarray(np.matmul(x[:, np.newaxis], column_of_ones(x.shape[-1]))[:, 0])


def _mean(x: Array) -> Array:
    total = _sum(x)
    return np.divide(total, x.dtype.type(x.shape[-1]), out=total)


def _mean_of_squares(x: Array) -> Array:
    if x.shape[-1] > LONGEST_PRODUCT:
        return _mean(np.square(x))
    total = np.matmul(x[:, np.newaxis], x[..., np.newaxis])[:, 0]
    return np.divide(total, x.dtype.type(x.shape[-1]), out=total)


#: Longer rows BLAS would share among its own threads.
LONGEST_PRODUCT = 1 << 13
#: Ops that may reduce the last axis of matrices to length one; `MeanOfSquares` is one of programs alone.
REDUCTIONS: dict[str, Callable[[Array], Array]] = {
    "Max": lambda x: np.maximum.reduce(x, axis=-1, keepdims=True),
    "Mean": _mean,
    "MeanOfSquares": _mean_of_squares,
    "Sum": _sum,
}


def _reduce(name: str, axis: int) -> Callable[..., Any]:
    """What reduces one axis of arrays of any rank."""
    if name == "MeanOfSquares":
        mean = _reduce("Mean", axis)
        return lambda x: mean(np.square(x))
    axes = np.array([axis], np.int32)
    return functools.partial(REGISTRY[name].kernel, reduction_indices=axes, keep_dims=True)


#: Elements of a block: what is made of it stays in the cache that cores share.  Smaller ones would fit the second cache, but each
#: call must be long beside what it takes one thread to take over the interpreter from another.
_BLOCK = 1 << 19
#: Nanoseconds that a line takes for an element, about; those that take longer than others.
_LINE = 0.3
_LONG_LINES = {
    "Cos": 1,
    "Erf": 3,
    "Exp": 1,
    "Gelu": 1.2,
    "GeluOfTanh": 0.8,
    "Log": 1,
    "Rsqrt": 1,
    "Sigmoid": 1.5,
    "Sin": 1,
    "Sqrt": 1,
}
#: Elements that a thread is given, at least.
_LEAST = 1 << 14
#: Up to so many elements blocks cost more than they save.
_SMALL = 1 << 11


class _Line(NamedTuple):
    """One op of a program.

    Attributes:
        kernel: takes arrays.
        writes: whether it takes `out`.
        operands: kind and number of each.
        place: which buffer its result goes to; -1 for where that of the program goes, None for one number per row.
    """

    kernel: Callable[..., Any]
    writes: bool
    operands: tuple[tuple[str, int], ...]
    place: int | None


class Program:
    """A program, ready to run.

    Args:
        text: its lines.
        numbers: its numbers.
        narrow: the lines that give one number per row, where it is run in blocks.
        apart: whether its result lies apart from its inputs, so that all lines may write there.

    Attributes:
        lines: its lines.
        inputs: up to which input it reads any.
        buffers: how many arrays it needs beside its result.
        reduces: whether it needs rows to be whole.
        cost: nanoseconds that it takes for an element, about.
    """

    def __init__(
        self,
        text: Sequence[str],
        numbers: Sequence[float],
        narrow: Collection[int] = (),
        apart: bool = False,
    ) -> None:
        self.reduces = bool(narrow)
        self.cost = sum(_LONG_LINES.get(line.split(" ", 1)[0], _LINE) for line in text)
        parsed = [
            (line.split()[0], [(w[0], int(w[1:])) for w in line.split()[1:]]) for line in text
        ]
        last = {
            operand: number for number, (_, operands) in enumerate(parsed) for operand in operands
        }
        self.numbers = [np.float32(number).reshape(()) for number in numbers]
        self.lines: list[_Line] = []
        free = [-1] if apart else []
        places: dict[int, int | None] = {}
        direct: list[Callable[..., Any]] = []
        self.buffers = 0
        for number, (title, operands) in enumerate(parsed):
            # An op may write where an operand lies that nobody reads afterwards.
            for kind, index in dict.fromkeys(operands):
                given = places[index] if kind == "@" else None
                if given is not None and last[kind, index] == number:
                    free.append(given)
            place: int | None
            if number in narrow:
                place = None
            elif number == len(parsed) - 1:
                place = -1
            elif free:
                place = free.pop()
            else:
                place, self.buffers = self.buffers, self.buffers + 1
            places[number] = place
            name, _, axis = title.partition(":")
            kernel: Callable[..., Any]
            if axis:
                kernel, writes = REDUCTIONS[name], False
                direct.append(_reduce(name, int(axis)))
            else:
                function = FUNCTIONS.get(name) or ACTIVATIONS.get(name)
                kernel = function or REGISTRY[name].kernel
                writes = function is not None or REGISTRY[name].accepts_out
                direct.append(kernel)
            self.lines.append(_Line(kernel, writes, tuple(operands), place))
        taken = [index for _, operands in parsed for kind, index in operands if kind == "%"]
        starts = {"$": 0, "%": len(self.numbers)}
        starts["@"] = starts["%"] + max(taken, default=-1) + 1
        self.inputs = starts["@"] - starts["%"]
        self._direct = [
            (kernel, picker([starts[kind] + index for kind, index in line.operands]))
            for kernel, line in zip(direct, self.lines, strict=True)
        ]

    def run(self, inputs: Sequence[Array], result: Array, buffers: Sequence[Array]) -> None:
        """Compute one block.

        Args:
            inputs: the inputs, which broadcast to the block.
            result: where the block's result goes; it may be one of the inputs if no line reads that later, and not `apart`.
            buffers: arrays of the shape of the block.
        """
        made: list[Any] = []
        values: dict[str, Sequence[Any]] = {"%": inputs, "$": self.numbers, "@": made}
        for kernel, writes, operands, place in self.lines:
            arguments = [values[kind][index] for kind, index in operands]
            if place is None:
                made.append(kernel(*arguments))
                continue
            target = result if place < 0 else buffers[place]
            found = kernel(*arguments, out=target) if writes else kernel(*arguments)
            if found is not target:
                np.copyto(target, found)
            made.append(target)

    def whole(self, inputs: Sequence[Array]) -> Array:
        """The result for inputs of any shapes that broadcast."""
        return np.asarray(self.each(inputs)[-1])

    def each(self, inputs: Sequence[Array]) -> list[Array]:
        """The result of each line, for inputs of any shapes that broadcast."""
        values: list[Any] = [*self.numbers, *inputs[: self.inputs]]
        given = len(values)
        for kernel, pick in self._direct:
            values.append(kernel(*pick(values)))
        return values[given:]

    def over_rows(self, block: Array) -> None:
        """Change a contiguous array, the only input, in place, block by block."""
        flat = block.reshape(-1)
        size = min(_BLOCK, flat.size)
        buffers = [scratch(f"pointwise {n}", (size,), flat.dtype) for n in range(self.buffers)]
        for start in range(0, flat.size, size or 1):
            part = flat[start : start + size]
            # Only the last line writes to it, and treats each element alike.
            self.run([part], part, [buffer[: len(part)] for buffer in buffers])


def picker(places: Sequence[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    """What picks the values at some places of a list."""
    if len(places) > 1:
        return operator.itemgetter(*places)
    (place,) = places
    return lambda values: (values[place],)


@functools.lru_cache(maxsize=512)
def program_of(
    text: tuple[str, ...],
    numbers: tuple[float, ...],
    narrow: tuple[int, ...] = (),
    apart: bool = False,
) -> Program:
    """The program of these lines and numbers; see `Program`."""
    return Program(text, numbers, narrow, apart)


@functools.lru_cache(maxsize=1024)
def reduced_axes(text: tuple[str, ...]) -> tuple[int, ...]:
    """The axes that the lines of a program reduce."""
    names = (line.split(" ", 1)[0] for line in text)
    return tuple(int(axis) for _, _, axis in (name.partition(":") for name in names) if axis)


def gives_whole(text: Sequence[str]) -> bool:
    """Whether the result of a program is as large as its inputs, if these are of one shape."""
    found: list[str] = []
    for line in text:
        name, *operands = line.split()
        kinds = [found[int(o[1:])] if o[0] == "@" else _WHOLE.get(o[0], "number") for o in operands]
        found.append("rows" if ":" in name else _common(kinds))
    return found[-1] == "all"


_WHOLE = {"%": "all"}


def _extent(x: Array) -> tuple[int, int]:
    return x.size, x.ndim


class _Split(NamedTuple):
    """A program without the lines that a few numbers are enough for.

    Attributes:
        before: these lines.
        after: the others; `before`'s results are further inputs.
        kinds: what each input, those included, is like.
        given: numbers of the results in `before` that `after` reads.
        narrow: the lines of `after` that give one number per row.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    kinds: tuple[str, ...]
    given: tuple[int, ...]
    narrow: tuple[int, ...]


@functools.lru_cache(maxsize=512)
def _split(text: tuple[str, ...], kinds: tuple[str, ...], rank: int) -> _Split | None:
    """Take out the lines whose results are numbers, or one number per row or per column.

    Returns:
        None where not all that is reduced is the last axis of whole rows, or the result is no whole one.
    """
    found: list[str] = []
    before: list[str] = []
    after: list[str] = []
    inputs = list(kinds)
    given: list[int] = []
    narrow: list[int] = []
    where: list[str] = []
    for line in text:
        name, *operands = line.split()
        moved = [where[int(o[1:])] if o[0] == "@" else o for o in operands]
        read = [_kind_of(o, found, kinds) for o in operands]
        _, _, axis = name.partition(":")
        if axis and (read != ["all"] or int(axis) not in (-1, rank - 1)):
            return None
        kind = "rows" if axis else _common(read)
        found.append(kind)
        if kind != "all" and not axis and not any(o[0] == "@" for o in moved):
            # Operands of such a line are given, or were taken out before.
            earlier = [f"@{o[1:]}" if o[0] == "<" else o for o in moved]
            where.append(f"<{len(before)}")
            before.append(" ".join([name, *earlier]))
            continue
        for place, operand in enumerate(moved):
            if operand[0] == "<":
                number = int(operand[1:])
                if number not in given:
                    given.append(number)
                    inputs.append(found[where.index(operand)])
                moved[place] = f"%{len(kinds) + given.index(number)}"
        if kind != "all":
            narrow.append(len(after))
        where.append(f"@{len(after)}")
        after.append(" ".join([name, *moved]))
    if found[-1] != "all":
        return None
    return _Split(tuple(before), tuple(after), tuple(inputs), tuple(given), tuple(narrow))


def _kind_of(operand: str, found: Sequence[str], kinds: Sequence[str]) -> str:
    if operand[0] == "$":
        return "number"
    return (found if operand[0] == "@" else kinds)[int(operand[1:])]


def _common(kinds: Sequence[str]) -> str:
    """What a result of such operands is like."""
    rest = {kind for kind in kinds if kind != "number"}
    return "number" if not rest else rest.pop() if len(rest) == 1 else "all"


def _kind(x: Array, shape: tuple[int, ...]) -> str | None:
    """How an input lies in the result: all of it, a number, a number per column or per row; None if otherwise."""
    if x.shape == shape:
        return "all" if x.flags.c_contiguous else None
    if x.size == 1 and x.ndim <= len(shape):
        return "number"
    if x.ndim and x.ndim <= len(shape) and x.shape[-1] == x.size == shape[-1]:
        return "columns"
    if x.ndim == len(shape) and x.shape[:-1] == shape[:-1] and x.flags.c_contiguous:
        return "rows"
    return None


@op(
    "_Pointwise(inputs: N * T) -> result: T",
    N=at_least(1),
    T=types("float32"),
    precision=ROUNDING,
    source="compiler/jit/mark_for_compilation_pass.cc",
    shape=unknown,
)
def pointwise(
    inputs: list[Array],
    *,
    program: list[str],
    numbers: list[float] = [],
    out: Array | None = None,
) -> Array:
    """The result of a program."""
    text, figures = tuple(program), tuple(numbers)
    largest = max(inputs, key=_extent) if len(inputs) > 1 else inputs[0]
    if largest.size <= _SMALL:
        return program_of(text, figures).whole(inputs)
    shape = largest.shape
    reduced = reduced_axes(text)
    known = [_kind(x, shape) for x in inputs]
    if None in known:
        return program_of(text, figures).whole(inputs)
    kinds = tuple([kind or "" for kind in known])
    narrow: tuple[int, ...] = ()
    if len({*kinds}) > 1 or reduced:
        split = _split(text, kinds, largest.ndim)
        if split is None:
            return program_of(text, figures).whole(inputs)
        if split.before:
            made = program_of(split.before, figures).each(inputs)
            inputs = [*inputs, *(made[number] for number in split.given)]
        text, kinds, narrow = split.after, split.kinds, split.narrow
    compiled = program_of(text, figures, narrow, True)
    result = allocate(shape, largest.dtype, out)
    if any(np.may_share_memory(result, x) for x in inputs):
        result = np.empty(shape, largest.dtype)
    if set(kinds) <= {"all", "number"} and not compiled.reduces:
        _run_flat(compiled, inputs, kinds, result)
    else:
        _run_rows(compiled, inputs, kinds, result)
    return result


def _run_flat(
    program: Program, inputs: Sequence[Array], kinds: Sequence[str], result: Array
) -> None:
    """Inputs that are the size of the result, or numbers."""
    target = result.reshape(-1)
    sources = [
        x.reshape(-1 if kind == "all" else ()) for x, kind in zip(inputs, kinds, strict=True)
    ]

    def compute(part: tuple[int, int]) -> None:
        start, stop = part
        shape = (stop - start,)
        buffers = [scratch(f"pointwise {n}", shape, target.dtype) for n in range(program.buffers)]
        parts = [x[start:stop] if x.ndim else x for x in sources]
        program.run(parts, target[start:stop], buffers)

    spread(compute, runs(target.size, _BLOCK, _LEAST), int(target.size * program.cost))


def _run_rows(
    program: Program, inputs: Sequence[Array], kinds: Sequence[str], result: Array
) -> None:
    """Some inputs are the same along rows or columns."""
    width = result.shape[-1]
    joined = 1
    if "rows" not in kinds and not program.reduces:
        # Short rows are joined, and what is there per column is repeated, so that inner loops are long.
        rows = result.size // width
        joined = next(n for n in range(min(rows, -(-LONG_ROW // width)), 0, -1) if rows % n == 0)
    target = result.reshape(-1, joined * width)
    sources = []
    for x, kind in zip(inputs, kinds, strict=True):
        if kind == "columns":
            sources.append(np.tile(x.reshape(-1), joined)[np.newaxis])
        else:
            shape = {"number": (1, 1), "rows": (-1, 1)}.get(kind, target.shape)
            sources.append(x.reshape(shape))
    step = max(1, _BLOCK // target.shape[1])

    def compute(part: tuple[int, int]) -> None:
        start, stop = part
        place = target[start:stop]
        buffers = [
            scratch(f"pointwise {n}", place.shape, target.dtype) for n in range(program.buffers)
        ]
        parts = [x if len(x) == 1 else x[start:stop] for x in sources]
        program.run(parts, place, buffers)

    least = max(1, _LEAST // target.shape[1])
    spread(compute, runs(len(target), step, least), int(target.size * program.cost))
