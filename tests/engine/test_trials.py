"""Of two ways to do the same, the one that takes less stays."""

from __future__ import annotations

import pytest

from minihub_runtime.engine.trials import FIRST, GROWTH, LONGEST, Pause, Trials


@pytest.mark.parametrize(("taken", "stay"), [(500, True), (900, False)])
@pytest.mark.parametrize("whole", [0, 1000])
def test_the_faster_way_stays(taken: int, stay: bool, whole: int) -> None:
    trials = Trials(whole)
    history = []
    while not trials.over:
        history.append(trials.shares)
        trials.note(trials.shares, taken if trials.shares else 800)
    assert history == [True, True, False, True, False, True]
    assert trials.shares == stay
    assert trials.lost != stay


def test_the_first_time_does_not_count() -> None:
    trials = Trials()
    for taken in (1, 1000, 800, 1000, 800, 1000):
        trials.note(trials.shares, taken)
    assert trials.lost


def test_what_is_given_up_is_not_tried_again() -> None:
    trials = Trials()
    trials.give_up()
    trials.note(False, 10)
    assert trials.lost
    assert not trials.shares


def test_single_runs_that_were_held_up_do_not_decide() -> None:
    trials = Trials()
    for taken in (5000, 500, 800, 9000, 900, 9000):
        trials.note(trials.shares, taken)
    assert trials.shares
    assert trials.over


def test_pauses_grow_up_to_a_limit() -> None:
    pause = Pause()
    assert not any(pause.ends() for _ in range(3 * FIRST))
    length = FIRST
    for _ in range(12):
        pause.begin()
        # That it begins again meanwhile changes nothing.
        pause.begin()
        assert [pause.ends() for _ in range(length)] == [False] * (length - 1) + [True]
        assert not pause.ends()
        length = min(length * GROWTH, LONGEST)


def test_what_is_refused_is_told_from_what_is_slower() -> None:
    slower, refused = Trials(), Trials()
    for taken in (9, 900, 100, 900, 100, 900):
        slower.note(slower.shares, taken)
    refused.give_up()
    assert slower.lost
    assert refused.lost
    assert refused.refused
    assert not slower.refused
