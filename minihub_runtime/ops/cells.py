"""Elementwise ops on parts of a matrix in one step, with several results: the gates of a recurrent cell, and their gradients.

A program is lines, each one op and its operands, and the numbers of the lines whose results are wanted:

    Part:2/4:1 %0           %i is an input; this is the third of four equal parts along axis 1
    AddV2 @0 $1.0           @k is the result of line k, $x a number
    Sigmoid @1
    Part:1/4:1 %0
    Tanh @3
    Mul @2 @4
    Join:1 @2 @4            arrays side by side along axis 1
    Like @5 %1 %2           @5, of the shape that %1 and %2 broadcast to, summed to the shape of %1
    -> 5 6

`passes.fuse_cells` writes them.  The first call with inputs of some shapes runs the kernels of the ops.  The shapes of what they
give make a schedule: calls of NumPy's functions that write into memory that is there.  Further calls with such inputs run that.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.pointwise import BINARY, FUNCTIONS, picker
from minihub_runtime.ops.registry import ANY_LIST, REGISTRY, ROUNDING, Array, op
from minihub_runtime.shapes import Shape

__all__ = ["Program", "program_of"]

Dims: TypeAlias = tuple[int, ...]

#: Elements that are worked on at once, at most: they and what is made of them stay in the second cache.
BLOCK = 1 << 15
#: For so many different shapes schedules are kept.
KEPT = 64

#: Stands for the number 1 among the operands of a step.
_ONE = -9


def _choose(condition: Array, t: Array, e: Array, out: Array) -> Array:
    """`t` where the condition holds, which may be there once for each row, else `e`."""
    if condition.ndim == 1 and out.ndim > 1:
        condition = condition.reshape(-1, *[1] * (out.ndim - 1))
    np.copyto(out, e)
    np.copyto(out, t, where=condition)
    return out


def _maximum(x: Array, y: Array, out: Array) -> Array:
    # As keyword: by place is deprecated for these two.
    return np.maximum(x, y, out=out)


def _minimum(x: Array, y: Array, out: Array) -> Array:
    return np.minimum(x, y, out=out)


#: Op → functions that do the same one after another: which operands they take, or results of steps before, counted backwards.
_STEPS: dict[str, list[tuple[Callable[..., Any], tuple[int, ...]]]] = {
    **{name: [(call, (0, 1) if name in BINARY else (0,))] for name, call in FUNCTIONS.items()},
    "BiasAdd": [(np.add, (0, 1))],
    "Maximum": [(_maximum, (0, 1))],
    "Minimum": [(_minimum, (0, 1))],
    "Select": [(_choose, (0, 1, 2))],
    "Sigmoid": [
        (np.negative, (0,)),
        (np.exp, (-1,)),
        (np.add, (-1, _ONE)),
        (np.divide, (_ONE, -1)),
    ],
    "SigmoidGrad": [
        (np.subtract, (_ONE, 0)),
        (np.multiply, (0, -1)),
        (np.multiply, (1, -1)),
    ],
    "TanhGrad": [
        (np.multiply, (0, 0)),
        (np.subtract, (_ONE, -1)),
        (np.multiply, (1, -1)),
    ],
}


class Program:
    """A program, ready to run.

    Attributes:
        numbers: its numbers.
        lines: op, with details, and operands of each line: their kinds and numbers.
        results: the lines whose results are wanted.
    """

    def __init__(self, text: str) -> None:
        *lines, wanted = text.splitlines()
        self.numbers: list[Array] = []
        self.lines = [
            (line.split()[0], [self._operand(word) for word in line.split()[1:]]) for line in lines
        ]
        self.results = [int(word) for word in wanted.split()[1:]]
        self._schedules: dict[tuple[Dims, ...], _Blocks] = {}

    def _operand(self, word: str) -> tuple[str, int]:
        if word[0] != "$":
            return word[0], int(word[1:])
        self.numbers.append(np.asarray(float(word[1:]), np.float32))
        return "$", len(self.numbers) - 1

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """The results."""
        shapes = tuple([x.shape for x in inputs])
        schedule = self._schedules.get(shapes)
        if schedule is not None:
            return schedule.run(inputs)
        made = self.each(inputs)
        if len(self._schedules) >= KEPT:
            self._schedules.clear()
        plain = all(x.dtype == np.float32 for x in inputs)
        self._schedules[shapes] = _Blocks(self, shapes, [x.shape for x in made], plain)
        return [made[number] for number in self.results]

    def each(self, inputs: Sequence[Array]) -> list[Array]:
        """What each line gives, by the kernels of the ops."""
        made: list[Array] = []
        values: dict[str, Sequence[Array]] = {"%": inputs, "$": self.numbers, "@": made}
        for word, operands in self.lines:
            made.append(_kernel(word)(*[values[kind][number] for kind, number in operands]))
        return made


@functools.lru_cache(maxsize=512)
def program_of(text: str) -> Program:
    """The program that a text is."""
    return Program(text)


@functools.lru_cache(maxsize=256)
def _kernel(word: str) -> Callable[..., Array]:
    """What does the work of a line."""
    name, *details = word.split(":")
    if name == "Part":
        place, count = _fraction(details[0])
        axis, split = np.array(int(details[1]), np.int32), REGISTRY["Split"].kernel
        return lambda value: np.array(split(axis, value, num_split=count)[place])
    if name == "Join":
        along, join = np.array(int(details[0]), np.int32), REGISTRY["ConcatV2"].kernel
        return lambda *values: np.asarray(join(values, along))
    if name == "Like":
        return _like
    if name == "AddN":
        add = REGISTRY["AddN"].kernel
        return lambda *values: np.array(add(values))
    kernel: Callable[..., Array] = REGISTRY[name].kernel
    return kernel


def _fraction(text: str) -> tuple[int, int]:
    place, count = text.split("/")
    return int(place), int(count)


def _like(value: Array, wanted: Array, other: Array) -> Array:
    """The gradient of an operand that was broadcast with another, from that of the result."""
    sizes = [np.array(array.shape, np.int32) for array in (wanted, other)]
    axes, _ = REGISTRY["BroadcastGradientArgs"].kernel(*sizes)
    return np.array(REGISTRY["Reshape"].kernel(REGISTRY["Sum"].kernel(value, axes), sizes[0]))


class _Blocks:
    """Schedules for inputs of certain shapes, which are run for some rows after another."""

    def __init__(
        self, program: Program, shapes: Sequence[Dims], found: Sequence[Dims], plain: bool
    ) -> None:
        self._shapes = [found[number] for number in program.results]
        #: Whether each input has the rows.
        self._cut: list[bool] = []
        self._parts: list[tuple[slice, _Schedule]] = []
        largest = max(int(np.prod(shape)) for shape in found)
        rows = _rows(shapes, found) if plain and largest > BLOCK else 0
        self._whole = None if rows else _Schedule(program, shapes, found)
        if not rows:
            return
        rank = max(len(shape) for shape in found)
        self._cut = [len(shape) == rank and shape[0] == rows for shape in shapes]
        step = max(1, BLOCK * rows // largest)
        known: dict[int, _Schedule] = {}
        for start in range(0, rows, step):
            count = min(step, rows - start)
            if count not in known:
                some = [
                    (count, *s[1:]) if cut else s for s, cut in zip(shapes, self._cut, strict=True)
                ]
                known[count] = _Schedule(program, some, [(count, *s[1:]) for s in found])
            self._parts.append((slice(start, start + count), known[count]))

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """The results."""
        results = [np.empty(shape, np.float32) for shape in self._shapes]
        if self._whole is not None:
            self._whole.run(inputs, results)
        for rows, schedule in self._parts:
            some = [x[rows] if cut else x for x, cut in zip(inputs, self._cut, strict=True)]
            schedule.run(some, [x[rows] for x in results])
        return results


def _rows(shapes: Sequence[Dims], found: Sequence[Dims]) -> int:
    """How many rows there are that can be worked on one by one; 0 if they cannot."""
    rank = len(found[0])
    rows = found[0][0] if rank > 1 else 0
    if any(len(shape) != rank or shape[0] != rows for shape in found):
        return 0
    if any(len(s) > rank or (len(s) == rank and s[0] not in (rows, 1)) for s in shapes):
        return 0
    return rows


class _Value(NamedTuple):
    """Something that a schedule computes.

    Attributes:
        shape: its shape.
        call: what computes it; None for what is given.
        reads: the numbers of the values that it takes.
        writes: whether it takes memory for its result, too.
        base: the value that it is a view of.
    """

    shape: Dims
    call: Callable[..., Any] | None = None
    reads: tuple[int, ...] = ()
    writes: bool = False
    base: int | None = None


class _Schedule:
    """Calls that do the work of a program for certain shapes.

    Args:
        program: the program.
        shapes: of the inputs.
        found: of the results of its lines.
    """

    def __init__(self, program: Program, shapes: Sequence[Dims], found: Sequence[Dims]) -> None:
        # Numbers, the number 1 and inputs come first, at the places of the same number.
        self._values = [_Value(()) for _ in (*program.numbers, 1)]
        self._values += [_Value(shape) for shape in shapes]
        self._given = len(program.numbers) + 1
        #: Joined array → for each part what is written there, and where.
        self._joins: dict[int, list[tuple[int, tuple[slice, ...]]]] = {}
        lines: list[int] = []
        starts = {"$": 0, "%": self._given}
        for (word, operands), shape in zip(program.lines, found, strict=True):
            taken = [lines[n] if kind == "@" else starts[kind] + n for kind, n in operands]
            handed = {lines[number] for number in program.results if number < len(lines)}
            lines.append(self._line(word, taken, shape, handed))
        results = []
        for number in program.results:
            made = lines[number]
            # A result has memory of its own.
            owned = self._values[made].writes or made in self._joins
            results.append(made if owned and made not in results else self._copy(made))
        self._place(program, results)

    def _add(self, shape: Dims, call: Any, reads: Sequence[int], writes: bool = True) -> int:
        self._values.append(_Value(shape, call, tuple(reads), writes))
        return len(self._values) - 1

    def _copy(self, number: int) -> int:
        return self._add(self._values[number].shape, np.positive, [number])

    def _line(self, word: str, taken: list[int], shape: Dims, handed: set[int]) -> int:
        """Add what a line computes; its number.

        Args:
            word: its op, with details.
            taken: the numbers of its operands.
            shape: of its result.
            handed: the numbers of results, so far.
        """
        name, *details = word.split(":")
        if name == "Part":
            place, width = _fraction(details[0])[0], shape[int(details[1])]
            part = (*[slice(None)] * int(details[1]), slice(place * width, (place + 1) * width))
            self._values.append(_Value(shape, lambda base: base[part], tuple(taken), base=taken[0]))
            return len(self._values) - 1
        if name == "Join":
            return self._join(int(details[0]), taken, shape, handed)
        if name == "Like" and self._values[taken[0]].shape == shape:
            return taken[0]
        if name == "AddN":
            total = taken[0]
            for other in taken[1:]:
                total = self._add(shape, np.add, [total, other])
            return total
        made: list[int] = []
        for call, places in _STEPS.get(name, ()):
            reads = [
                self._given - 1 if n == _ONE else taken[n] if n >= 0 else made[n] for n in places
            ]
            made.append(self._add(shape, call, reads))
        return made[-1] if made else self._add(shape, _kernel(word), taken, writes=False)

    def _join(self, axis: int, taken: Sequence[int], shape: Dims, handed: set[int]) -> int:
        """Add an array into which others are written."""
        parts: list[tuple[int, tuple[slice, ...]]] = []
        inside = handed.union(number for join in self._joins.values() for number, _ in join)
        start = 0
        for number in taken:
            found = self._values[number]
            stop = start + found.shape[axis]
            written = number if found.writes and number not in inside else self._copy(number)
            inside.add(written)
            parts.append((written, (*[slice(None)] * axis, slice(start, stop))))
            start = stop
        self._values.append(_Value(shape))
        self._joins[len(self._values) - 1] = parts
        return len(self._values) - 1

    def _place(self, program: Program, results: Sequence[int]) -> None:
        """Decide where everything lies, and make the calls."""
        values = self._values
        slots: list[Any] = [*program.numbers, np.ones((), np.float32)]
        slots += [None] * (len(values) - len(slots))
        self._results = list(results)
        #: Value → the slot of the memory it is written to; it is its own, or one that several share, behind those.
        memory = {number: number for number in results}
        #: Slots of new arrays, and their shapes.
        self._new: list[tuple[int, Dims]] = []
        #: Slots of views, of what, and which part.
        self._views: list[tuple[int, int, tuple[slice, ...]]] = []
        for joined, parts in self._joins.items():
            if joined not in memory:
                self._new.append((joined, values[joined].shape))
            self._views += [(number, joined, part) for number, part in parts]
            memory.update((number, number) for number, _ in parts)
        last: dict[int, int] = {}
        for number, value in enumerate(values):
            for read in value.reads:
                behind: int | None = read
                while behind is not None:
                    last[behind] = number
                    behind = values[behind].base
        free: dict[Dims, list[int]] = {}
        self._calls: list[tuple[Any, Any, int]] = []
        for number, value in enumerate(values):
            if value.call is None:
                continue
            reads = value.reads
            ending = [n for n in dict.fromkeys(reads) if last[n] == number]
            loose = [n for n in ending if self._is_loose(n, memory)]
            # What chooses reads each operand after it wrote; all others may write where they read.
            early = value.call is not _choose
            if early:
                self._release(loose, memory, free)
            if value.writes and number not in memory:
                waiting = free.get(value.shape)
                if waiting:
                    memory[number] = waiting.pop()
                else:
                    slots.append(None)
                    memory[number] = len(slots) - 1
                    self._new.append((memory[number], value.shape))
            if not early:
                self._release(loose, memory, free)
            target = memory.get(number, number)
            places = [memory.get(n, n) for n in reads] + [target] * value.writes
            self._calls.append((value.call, picker(places), target))
        self._slots = slots

    def _is_loose(self, number: int, memory: dict[int, int]) -> bool:
        return memory.get(number, 0) >= len(self._values)

    def _release(
        self, numbers: Sequence[int], memory: dict[int, int], free: dict[Dims, list[int]]
    ) -> None:
        for number in numbers:
            free.setdefault(self._values[number].shape, []).append(memory[number])

    def run(self, inputs: Sequence[Array], results: Sequence[Array]) -> None:
        """Do the work; the results are written to given arrays."""
        slots = self._slots.copy()
        slots[self._given : self._given + len(inputs)] = inputs
        for place, result in zip(self._results, results, strict=True):
            slots[place] = result
        for place, shape in self._new:
            slots[place] = np.empty(shape, np.float32)
        for place, base, part in self._views:
            slots[place] = slots[base][part]
        for call, pick, place in self._calls:
            slots[place] = call(*pick(slots))


def _unknown(Tout: list[DType]) -> list[Shape]:
    return [None] * len(Tout)


@op(
    "_Cell(inputs: Tin) -> results: Tout",
    Tin=ANY_LIST,
    Tout=ANY_LIST,
    precision=ROUNDING,
    source="core/common_runtime/graph_optimizer.cc",
    shape=_unknown,
)
def cell(inputs: Sequence[Array], *, program: str) -> list[Array]:
    """The results of a program."""
    return program_of(program).run(inputs)
