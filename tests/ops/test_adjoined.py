"""Parts of a table that are changed come to lie one behind the other, and each stays a variable of its own."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import numpy as np
import pytest

from minihub_runtime.dtypes import float32, float64, string
from minihub_runtime.errors import FailedPreconditionError
from minihub_runtime.ops.adjoined import adjoin, adjoined, is_own
from minihub_runtime.ops.variables import Variable, begin_changes, change_alone

PARTS = [np.arange(6.0).reshape(3, 2), np.full((1, 2), 7.0), np.empty((0, 2)), np.ones((2, 2))]


def variables_of(values: list[Any], dtype: Any = float64) -> list[Variable]:
    variables = []
    for number, value in enumerate(values):
        variable = Variable(f"part_{number}", dtype, None)
        variable.assign(value)
        variables.append(variable)
    return variables


def change(variables: list[Variable]) -> list[Any]:
    """Begin and end a change; the values."""
    values = begin_changes(variables)
    for variable, value in zip(variables, values, strict=True):
        variable.end_change(value)
    return values


def joined_variables() -> list[Variable]:
    """Variables whose values lie one behind the other."""
    variables = variables_of(PARTS)
    held = [variable.read() for variable in variables]
    change(variables)
    for variable, value in zip(variables, held, strict=True):
        np.testing.assert_array_equal(variable.read(), value)
    return variables


def test_copies_lie_one_behind_the_other() -> None:
    copies = adjoin(PARTS)
    for copy, part in zip(copies, PARTS, strict=True):
        assert copy is not part
        np.testing.assert_array_equal(copy, part)
        assert is_own(copy)
    whole = adjoined(copies)
    assert whole is not None
    np.testing.assert_array_equal(whole, np.concatenate(PARTS))
    whole[3] = 5
    assert copies[1].tolist() == [[5, 5]]
    assert adjoined(copies[:2]) is None
    assert adjoined([*copies[1:], copies[0]]) is None
    assert adjoined([*copies[:-1], PARTS[-1]]) is None


def test_a_view_of_a_copy_is_a_view_of_nothing_else() -> None:
    first, *_ = adjoin(PARTS)
    for view in (first[1:], first.view(), first.reshape(-1), first[1:][:1].T):
        assert view.base is first
        assert not is_own(view)


def test_variables_that_are_all_copied_become_one() -> None:
    variables = joined_variables()
    whole = adjoined([variable.read() for variable in variables])
    assert whole is not None
    before = whole.__array_interface__["data"][0]
    values = change(variables)
    again = adjoined(values)
    assert again is not None
    assert again.__array_interface__["data"][0] == before
    assert not any(variable.read().flags.writeable for variable in variables)


def test_variables_that_own_their_values_keep_them() -> None:
    variables = variables_of([part.copy() for part in PARTS])
    before = [variable.read().__array_interface__["data"][0] for variable in variables]
    values = change(variables)
    assert adjoined(values) is None
    assert [value.__array_interface__["data"][0] for value in values] == before


def test_one_part_of_a_whole_that_is_held_is_copied() -> None:
    variables = joined_variables()
    held, places = variables[0].read()[1:], [v.read().ctypes.data for v in variables]
    values = begin_changes(variables)
    assert adjoined(values) is None
    assert [value.ctypes.data == place for value, place in zip(values, places, strict=True)] == [
        False,
        *[True] * 3,
    ]
    for variable, value in zip(variables, values, strict=True):
        value[...] = -1
        variable.end_change(value)
    assert held.tolist() == PARTS[0][1:].tolist()
    assert variables[0].read().tolist() == [[-1, -1]] * 3


def test_one_part_of_a_whole_changes_alone() -> None:
    variables = joined_variables()
    place = variables[0].read().ctypes.data
    with variables[0].changing() as value:
        assert value.ctypes.data == place
        value[...] = -1
    np.testing.assert_array_equal(
        np.concatenate([variable.read() for variable in variables]),
        np.concatenate([np.full((3, 2), -1.0), *PARTS[1:]]),
    )


def test_one_part_of_a_whole_is_assigned_alone() -> None:
    variables = joined_variables()
    variables[1].assign(np.zeros((1, 2)))
    values = change(variables)
    assert adjoined(values) is None
    assert values[1].tolist() == [[0, 0]]
    assert values[0].tolist() == PARTS[0].tolist()


def test_a_part_that_is_assigned_to_another_variable_is_copied() -> None:
    variables = joined_variables()
    other = Variable("other", float64, None)
    other.assign(variables[0].read())
    change(variables)
    with variables[0].changing() as value:
        value[...] = -1
    assert other.read().tolist() == PARTS[0].tolist()


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([np.zeros((1, 2), np.float32), np.zeros((1, 3), np.float32)], float32),
        ([np.zeros((), np.float32), np.zeros((), np.float32)], float32),
        ([np.array([b"a"], object), np.array([b"b"], object)], string),
    ],
)
def test_what_is_no_table_is_copied_piece_by_piece(values: list[Any], dtype: Any) -> None:
    variables = variables_of(values, dtype)
    held = [variable.read() for variable in variables]
    found = change(variables)
    for value, old in zip(found, held, strict=True):
        assert value is not old
        assert value.base is None
        np.testing.assert_array_equal(value, old)


def test_an_error_gives_all_back() -> None:
    variables = [*variables_of(PARTS), Variable("none", float64, None)]
    before = [variable.read() for variable in variables[:-1]]
    with pytest.raises(FailedPreconditionError, match="'none'"):
        begin_changes(variables)
    for variable, value in zip(variables, before, strict=False):
        assert variable.read() is value
        assert variable.epoch == 1
    taken: list[bool] = []
    other = threading.Thread(
        target=lambda: taken.extend(v.lock.acquire(timeout=5) for v in variables)
    )
    other.start()
    other.join()
    assert taken == [True] * len(variables)


def change_all_alone(variables: list[Variable], change: Any) -> bool:
    """`change_alone`, with the locks that it wants."""
    with contextlib.ExitStack() as stack:
        for variable in variables:
            stack.enter_context(variable.lock)
        return change_alone(variables, change)


def test_values_that_nobody_holds_change_in_place() -> None:
    variables = joined_variables()
    whole = adjoined([variable.read() for variable in variables])
    assert whole is not None
    before = [variable.epoch for variable in variables]

    def change() -> None:
        assert not any(variable.initialized for variable in variables)
        whole[...] = 3

    assert change_all_alone(variables, change)
    for variable, part, epoch in zip(variables, PARTS, before, strict=True):
        np.testing.assert_array_equal(variable.read(), np.full_like(part, 3))
        assert variable.epoch == epoch + 1
        assert not variable.read().flags.writeable


@pytest.mark.parametrize("as_view", [True, False])
def test_values_that_somebody_holds_are_left_alone(as_view: bool) -> None:
    variables = joined_variables()
    held = variables[1].read()[:] if as_view else variables[1].read()
    called: list[int] = []
    assert not change_all_alone(variables, lambda: called.append(1))
    assert not called
    assert [variable.read().tolist() for variable in variables] == [p.tolist() for p in PARTS]
    del held
    assert change_all_alone(variables, lambda: called.append(1))
    assert called == [1]


def test_an_error_of_a_change_gives_all_back() -> None:
    variables = joined_variables()
    before = [id(variable.read()) for variable in variables]
    with pytest.raises(ZeroDivisionError):
        change_all_alone(variables, lambda: 1 / 0)
    assert [id(variable.read()) for variable in variables] == before
    variables.append(Variable("none", float64, None))
    with pytest.raises(FailedPreconditionError, match="'none'"):
        change_all_alone(variables, lambda: None)
    assert [id(variable.read()) for variable in variables[:-1]] == before
