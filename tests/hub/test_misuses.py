"""What `except` clause catches an error of tensorflow_hub's catches ours in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import minihub
import minihub_runtime
from tests.hub.misuses import MISUSES, answers, caught_by, outcome

#: Where this project departs on purpose → why.
DEPARTURES = {
    "a_collection_is_unknown": "modules newer than this reader are read, with a warning",
    "a_function_after_its_end": "the session is closed, and says so; tensorflow_hub has lost its own by then",
    "a_function_with_another_type": "feeds of a wrong type are refused before anything runs",
    "a_name_that_is_empty": "tensorflow_hub makes such a module, but cannot apply it",
    "a_spec_of_a_file_that_is_called_an_archive": "archives are read",
    "an_input_names_a_node": "a node's name means its first output, as it does elsewhere",
    "data_of_variables_are_cut": "an OutOfRangeError ends loops over data as if all were well",
}


@pytest.mark.filterwarnings("ignore:collections that are ignored")
@pytest.mark.parametrize("name", MISUSES)
def test_the_same_clauses_catch(name: str, tmp_path: Path) -> None:
    expected, found = answers()[name], outcome(name, minihub, minihub_runtime, tmp_path)
    same = bool(found) == bool(expected) and set(found.get("caught_by", ())) >= set(
        expected.get("caught_by", ())
    )
    assert same == (name not in DEPARTURES), (expected, found)


def test_each_error_says_something(tmp_path: Path) -> None:
    for number, name in enumerate(MISUSES):
        (tmp_path / str(number)).mkdir()
        found = outcome(name, minihub, minihub_runtime, tmp_path / str(number))
        assert not found or found["message"], name


def test_all_misuses_have_answers() -> None:
    assert answers().keys() == MISUSES.keys()
    assert DEPARTURES.keys() <= MISUSES.keys()


def test_what_catches() -> None:
    tf: Any = minihub_runtime
    assert caught_by(KeyError(), tf) == ["KeyError", "LookupError"]
    assert caught_by(minihub.errors.ArgumentTypeError("x"), tf) == [
        "AttributeError",
        "TypeError",
        "ValueError",
        "tf.errors.InvalidArgumentError",
        "tf.errors.OpError",
    ]
