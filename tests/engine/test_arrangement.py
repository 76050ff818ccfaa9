"""Steps that do not need one another become branches, and nothing changes its order that must not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from minihub_runtime import threads
from minihub_runtime.engine import arrangement
from minihub_runtime.engine.arrangement import Serial, arrange
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.effects import Effect

LONG = 10 * arrangement.WORTHWHILE
SHORT = arrangement.LONG // 10


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = threads.num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


class Sketch:
    """Steps whose kernels do nothing, and what each takes.

    Attributes:
        steps: as those of a plan.
    """

    def __init__(self) -> None:
        self.steps: list[tuple[Any, ...]] = []
        self.places: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.taken: list[int] = []
        self.touched: list[list[Any]] = []
        self.effects: dict[str, Effect] = {}

    def add(
        self,
        name: str,
        *inputs: str,
        taken: int = LONG,
        controls: Sequence[str] = (),
        effect: Effect = Effect.NONE,
        on: Sequence[Any] = (),
    ) -> None:
        """One more step, with the steps that it reads."""
        numbers = {step[-1].name: number for number, step in enumerate(self.steps)}
        node = Node(name, "Sketch", controls=controls)
        self.steps.append((None, None, len(self.steps), (), node))
        self.places.append((tuple(numbers[i] for i in inputs), (len(self.places),)))
        self.taken.append(taken)
        self.touched.append(list(on))
        self.effects[name] = effect

    def arranged(self) -> str:
        """The names of steps; sides of a fork in brackets, with a bar between them."""
        blocks = arrange(
            self.steps, self.places, self.taken, self.touched, lambda node: self.effects[node.name]
        )
        return " ".join(
            _names(block.steps)
            if isinstance(block, Serial)
            else "[" + " | ".join(sorted(_names(side) for side in block.sides)) + "]"
            for block in blocks
        )


def _names(steps: Sequence[Any]) -> str:
    return " ".join(step[-1].name for step in steps)


def diamond(**options: Any) -> Sketch:
    """A chain that forks into two and joins."""
    sketch = Sketch()
    sketch.add("a")
    sketch.add("b", "a")
    sketch.add("c", "b")
    sketch.add("d", "a", **options)
    sketch.add("e", "c", "d")
    return sketch


def test_branches_between_a_fork_and_a_join() -> None:
    assert diamond().arranged() == "a [b c | d] e"


def test_a_chain_has_no_branches() -> None:
    sketch = Sketch()
    sketch.add("a")
    sketch.add("b", "a")
    sketch.add("c", "b")
    assert sketch.arranged() == ""


def test_branches_that_save_little_stay() -> None:
    assert diamond(taken=arrangement.WORTHWHILE - 1).arranged() == ""


def test_one_thread_has_no_branches() -> None:
    threads.set_num_threads(1)
    assert diamond().arranged() == ""


def test_several_branches_are_dealt_by_time() -> None:
    sketch = Sketch()
    sketch.add("a")
    for name, taken in (("b", 6), ("c", 3), ("d", 2), ("e", 2)):
        sketch.add(name, "a", taken=taken * LONG)
    sketch.add("f", "b", "c", "d", "e")
    assert sketch.arranged() == "a [b | c d e] f"


def test_roots_and_ends_are_branches_too() -> None:
    sketch = Sketch()
    sketch.add("a")
    sketch.add("b")
    sketch.add("c", "a")
    sketch.add("d", "b")
    assert sketch.arranged() == "[a c | b d]"


def test_short_steps_go_with_what_they_read() -> None:
    sketch = Sketch()
    sketch.add("shape", taken=SHORT)
    sketch.add("a")
    sketch.add("view", "a", taken=SHORT)
    sketch.add("b", "view")
    sketch.add("of b", "b", taken=SHORT)
    sketch.add("c", "view", "shape")
    sketch.add("of c", "c", taken=SHORT)
    sketch.add("of both", "of b", "of c", taken=SHORT)
    sketch.add("unread", "of c", taken=SHORT)
    sketch.add("d", "of both")
    assert sketch.arranged() == "shape a view [b of b | c of c unread] of both d"


def test_branches_that_a_third_root_joins() -> None:
    """The long branch that begins with the first step falls apart, so what is short runs before."""
    sketch = Sketch()
    sketch.add("a")
    sketch.add("b", "a")
    sketch.add("root")
    sketch.add("c", "a")
    sketch.add("d", "b", "c", "root")
    assert sketch.arranged() == "a root [b | c] d"


def test_the_longest_steps_make_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrangement, "MOST", 4)
    sketch = Sketch()
    for number in range(5):
        sketch.add(f"small {number}", *([f"small {number - 1}"] if number else []))
    sketch.add("a", "small 4", taken=9 * LONG)
    sketch.add("b", "small 4", taken=8 * LONG)
    sketch.add("c", taken=7 * LONG)
    sketch.add("d", "a", "b", "c", taken=6 * LONG)
    assert sketch.arranged().endswith("[a | b c] d")


def test_short_steps_do_not_join_branches() -> None:
    sketch = Sketch()
    sketch.add("size", taken=SHORT)
    sketch.add("a", "size")
    sketch.add("b", "size")
    sketch.add("sum", "a", "b", taken=SHORT)
    assert sketch.arranged() == "size [a | b] sum"


def test_control_inputs_order() -> None:
    assert diamond(controls=["c"]).arranged() == ""


def test_writes_and_reads_of_one_variable_keep_their_order() -> None:
    variable, other = object(), object()
    for one, two, apart in (
        (Effect.READS, Effect.READS, True),
        (Effect.READS, Effect.WRITES, False),
        (Effect.WRITES, Effect.READS, False),
        (Effect.WRITES, Effect.WRITES, False),
        (Effect.WRITES, Effect.NONE, False),
        (Effect.ANY, Effect.READS, False),
        (Effect.READS, Effect.ANY, False),
        (Effect.ANY, Effect.ANY, False),
    ):
        sketch = Sketch()
        sketch.add("a", effect=one, on=[variable])
        sketch.add("b", effect=two, on=[variable])
        assert sketch.arranged() == ("[a | b]" if apart else ""), (one, two)
        sketch = Sketch()
        sketch.add("a", effect=one, on=[variable])
        sketch.add("b", effect=two, on=[other])
        unlike = Effect.ANY not in (one, two)
        assert sketch.arranged() == ("[a | b]" if unlike else ""), (one, two)


def test_checks_come_before_later_writes_and_beside_one_another() -> None:
    sketch = Sketch()
    sketch.add("a")
    sketch.add("check a", "a", effect=Effect.READS, taken=SHORT)
    sketch.add("b")
    sketch.add("check b", "b", effect=Effect.READS, taken=SHORT)
    sketch.add("c", effect=Effect.WRITES, on=[object()])
    assert sketch.arranged() == "[a check a | b check b] c"


def test_arithmetic_is_free_of_what_has_effects() -> None:
    sketch = Sketch()
    sketch.add("save", effect=Effect.ANY)
    sketch.add("a")
    assert sketch.arranged() == "[a | save]"


@pytest.mark.parametrize("seed", range(60))
def test_any_order_of_the_sides_gives_the_same(seed: int) -> None:
    """Random graphs: each value is there when it is read, and cleared once it is not wanted."""
    draw = random.Random(seed)
    count = draw.randrange(2, 40)
    inputs = [
        tuple(draw.sample(range(n), min(n, draw.choice([0, 1, 1, 2, 2, 3])))) for n in range(count)
    ]
    taken = [draw.choice([SHORT, LONG, 2 * LONG]) for _ in range(count)]
    wanted = {count - 1, draw.randrange(count)}
    last = {place: n for n in range(count) for place in (n, *inputs[n])}
    places = [(inputs[n], (n,)) for n in range(count)]
    steps = []
    for n in range(count):
        frees = tuple(place for place, by in last.items() if by == n and place not in wanted)
        steps.append(
            (lambda *values, n=n: sum(values) * 3 + n, inputs[n], n, frees, Node(str(n), "Sum"))
        )

    def execute(todo: Sequence[Any], slots: list[Any]) -> None:
        for kernel, read, output, frees, _ in todo:
            slots[output] = kernel(*(slots[place] for place in read))
            for place in frees:
                slots[place] = None

    expected: list[Any] = [None] * count
    execute(steps, expected)
    blocks = arrange(steps, places, taken, [[]] * count, lambda node: Effect.NONE)
    slots: list[Any] = [None] * count
    for block in blocks or [Serial(tuple(steps))]:
        if isinstance(block, Serial):
            execute(block.steps, slots)
            continue
        sides = [list(side) for side in block.sides]
        while any(sides):
            side = draw.choice([side for side in sides if side])
            execute([side.pop(0)], slots)
        for place in block.frees:
            slots[place] = None
    assert slots == expected
