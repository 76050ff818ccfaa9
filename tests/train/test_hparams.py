"""`tf.contrib.training.HParams`, which TensorFlow has no more: what its release 1.15 documents."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import minihub_runtime as tf

HParams: Any = tf.contrib.training.HParams
parse_values: Any = tf.contrib.training.parse_values


def made() -> Any:
    return HParams(rate=0.1, units=100, name="relu", on=True, sizes=[1, 2], names=["a", "b"])


def test_they_are_attributes() -> None:
    h = made()
    assert (h.rate, h.units, h.name, h.on, h.sizes) == (0.1, 100, "relu", True, [1, 2])
    assert h.values() == {
        "rate": 0.1,
        "units": 100,
        "name": "relu",
        "on": True,
        "sizes": [1, 2],
        "names": ["a", "b"],
    }
    assert "rate" in h
    assert "other" not in h
    assert repr(HParams(b=1, a="x")) == "HParams([('a', 'x'), ('b', 1)])"
    assert str(HParams(b=1)) == "[('b', 1)]"
    with pytest.raises(AttributeError):
        _ = h.other


def test_text_sets_them() -> None:
    h = made()
    assert h.parse("rate=3,units=-5,name=a b, on=false,sizes=[3, 4 5],names=[x]") is h
    assert (h.rate, h.units, h.name, h.on) == (3.0, -5, "a b", False)
    assert isinstance(h.rate, float)
    assert (h.sizes, h.names) == ([3, 4, 5], ["x"])
    assert h.parse("").values() == h.values()
    assert h.parse("on=1,rate=1e-3,").on is True
    assert h.rate == 1e-3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("units=1.5", "Could not parse hparam 'units' of type 'int' with value '1.5'"),
        ("on=maybe", "Could not parse hparam 'on' of type 'bool'"),
        ("sizes=[1,x]", "Could not parse hparam 'sizes'"),
        ("other=1", "Unknown hyperparameter type for other"),
        ("units", "Malformed hyperparameter value: units"),
        ("units=1;rate=[", "Malformed hyperparameter value"),
        ("units=1,units=1", "Multiple assignments to variable 'units'"),
        ("sizes=1", "Must pass a list for multi-valued parameter: sizes"),
        ("sizes[0]=1", "Must pass a list for multi-valued parameter: sizes"),
        ("units=[1]", "Must not pass a list for single-valued parameter: units"),
        ("sizes[0]=[1]", "Assignment of a list to a list index"),
    ],
)
def test_text_that_does_not_fit(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        made().parse(text)


def test_values_of_a_text() -> None:
    kinds = {"x": int, "L": int, "arr": float, "a.b": str}
    assert parse_values("x=5,L=[1,2],arr[1]=3,arr[ 4 ]=9,a.b=c", kinds) == {
        "x": 5,
        "L": [1, 2],
        "arr": {1: 3.0, 4: 9.0},
        "a.b": "c",
    }
    assert parse_values("x=5,other=[1]", kinds, ignore_unknown=True) == {"x": 5}
    for text, name in (
        ("arr=[1],arr[0]=1", r"arr'"),
        ("arr[0]=1,arr[0]=2", r"arr\[0\]'"),
        ("arr[0]=1,arr=[1]", r"arr'"),
    ):
        with pytest.raises(ValueError, match=f"Multiple assignments to variable '{name}"):
            parse_values(text, kinds)


def test_types_stay() -> None:
    h = made()
    h.set_hparam("rate", 2)
    assert isinstance(h.rate, float)
    h.override_from_dict({"units": 3, "sizes": [7]})
    assert (h.units, h.sizes) == (3, [7])
    for name, value in (
        ("units", 1.5),
        ("units", True),
        ("on", 1),
        ("name", 5),
        ("rate", "x"),
        ("sizes", 1),
        ("units", [1]),
        ("sizes", ["x"]),
    ):
        with pytest.raises(ValueError, match=r"Could not cast|Must"):
            h.set_hparam(name, value)
    with pytest.raises(KeyError):
        h.set_hparam("other", 1)
    free = HParams(nothing=None)
    free.set_hparam("nothing", "text")
    assert free.nothing == "text"


def test_names_come_and_go() -> None:
    h = made()
    h.add_hparam("more", "x")
    assert h.more == "x"
    for name, value in (("more", 1), ("values", 1), ("_hparam_types", 1)):
        with pytest.raises(ValueError, match="reserved"):
            h.add_hparam(name, value)
    with pytest.raises(ValueError, match="cannot be empty"):
        h.add_hparam("none", [])
    h.del_hparam("more")
    h.del_hparam("more")
    assert "more" not in h
    assert not hasattr(h, "more")


def test_json() -> None:
    h = HParams(b=1, a=[0.5], f=len)
    assert h.to_json(sort_keys=True, separators=(",", ":")) == '{"a":[0.5],"b":1}'
    assert h.parse_json('{"b": 2, "a": [1]}').a == [1.0]
    assert h.b == 2
    with pytest.raises(KeyError):
        h.parse_json('{"c": 2}')


def test_get() -> None:
    h = made()
    assert h.get("rate") == 0.1
    assert h.get("rate", 5) == 0.1
    assert h.get("other", 5) == 5
    assert h.get("other") is None
    assert h.get("sizes", [9]) == [1, 2]
    for key, default in (("rate", "x"), ("sizes", 1), ("units", 1.5), ("units", [1])):
        with pytest.raises(ValueError, match="is incompatible with default"):
            h.get(key, default)


def test_copies() -> None:
    h = made()
    for twin in (copy.copy(h), copy.deepcopy(h), pickle.loads(pickle.dumps(h))):
        twin.units = 7
        assert (twin.values()["units"], h.units) == (7, 100)


def test_the_rest() -> None:
    h = HParams(model_structure="structure", a=1)
    assert h.get_model_structure() == "structure"
    h.set_model_structure(None)
    assert h.get_model_structure() is None
    with pytest.raises(NotImplementedError, match="hparam_def"):
        HParams(hparam_def=object())
