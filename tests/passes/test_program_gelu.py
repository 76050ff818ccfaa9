"""Gelu by its name gives what gelu spelled out gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.ops import pointwise
from minihub_runtime.ops.gelu import gelu, gelu_of_tanh
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.program_algebra import simplify
from tests.passes.networks import variable
from tests.passes.plans import plan_of

ROWS = np.random.default_rng(1).standard_normal((6, 5)).astype(np.float32) * 2
ROOT, ROOT_2_PI = math.sqrt(2.0), math.sqrt(2 / math.pi)


def exact(x: Any) -> Any:
    wide = x.astype(np.float64)
    return wide / 2 * (1 + REGISTRY["Erf"].kernel(wide / ROOT))


def cubed(x: Any) -> Any:
    return 1.0 + tf.tanh(ROOT_2_PI * (x + 0.044715 * tf.pow(x, 3.0)))


#: Name → what spells it, and the first words of the lines that it becomes.
SPELLED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "as BERT did first": (lambda x: x * (0.5 * (1.0 + tf.erf(x / tf.sqrt(2.0)))), "Gelu"),
    "half of x first": (lambda x: x * 0.5 * (1.0 + tf.erf(x / ROOT)), "Gelu"),
    "a half last": (lambda x: (1.0 + tf.erf(x * math.sqrt(0.5))) * x * 0.5, "Gelu"),
    "a half inside": (lambda x: (tf.erf(x / ROOT) * 0.5 + 0.5) * x, "Gelu"),
    "two terms": (lambda x: x / 2.0 + tf.erf(x / ROOT) * (x * 0.5), "Gelu"),
    "as BERT did later": (lambda x: x * (0.5 * cubed(x)), "GeluOfTanh"),
    "a cube of products": (
        lambda x: 0.5 * x * (1.0 + tf.tanh(x * ROOT_2_PI * (1.0 + 0.044715 * x * x))),
        "GeluOfTanh",
    ),
    "a cube of a square": (
        lambda x: 0.5 * x * (1.0 + tf.tanh(x * (0.8 + 0.04 * tf.square(x)))),
        "GeluOfTanh",
    ),
    "of something": (lambda x: tf.sqrt(1.0 + (lambda y: y * 0.5 * cubed(y))(tf.exp(x))), "Exp GeluOfTanh AddV2 Sqrt"),
    "twice": (lambda x: (lambda y: y * 0.5 * cubed(y))(x * 0.5 * (1.0 + tf.erf(x / ROOT))), "Gelu GeluOfTanh"),
}  # fmt: skip
#: What is like gelu, but is not.
OTHERS: dict[str, Callable[[Any], Any]] = {
    "another factor inside": lambda x: x * 0.5 * (1.0 + tf.erf(x / 1.42)),
    "another half": lambda x: x * 0.51 * (1.0 + tf.erf(x / ROOT)),
    "another one": lambda x: x * 0.5 * (1.1 + tf.erf(x / ROOT)),
    "something added inside": lambda x: x * 0.5 * (1.0 + tf.erf(x / ROOT + 0.1)),
    "another tensor outside": lambda x: tf.exp(x) * 0.5 * (1.0 + tf.erf(x / ROOT)),
    "no cube": lambda x: x * 0.5 * (1.0 + tf.tanh(x * 0.8)),
    "a square": lambda x: x * 0.5 * (1.0 + tf.tanh(x * 0.8 + tf.square(x))),
    "a tanh of a tanh": lambda x: x * 0.5 * (1.0 + tf.tanh(tf.tanh(x) * 0.8)),
    "a negative cube": lambda x: x * 0.5 * (1.0 + tf.tanh(x * 0.8 - 0.04 * tf.pow(x, 3.0))),
    "a product of two": lambda x: x * (0.5 + tf.erf(x)) * (0.5 + 0.5 * tf.erf(x / ROOT)),
    "divided by it": lambda x: 0.5 / (2.0 + tf.erf(x / ROOT)) * x,
}


def both(make: Callable[[Any], Any]) -> tuple[list[str], Any, Any]:
    """The program that a spelling becomes, and the results with it and without."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        y = make(x)
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        (program,) = [s[-1].attrs["program"] for s in plan.steps if s[-1].op == "_Pointwise"]
        (found,), (expected,) = plan.run([ROWS]), plain.run([ROWS])
    return list(program), found, expected


@pytest.mark.parametrize("name", list(SPELLED))
def test_it_has_a_name_however_it_is_spelled(name: str) -> None:
    make, words = SPELLED[name]
    program, found, expected = both(make)
    assert [line.split()[0] for line in program] == words.split()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", list(OTHERS))
def test_what_is_not_gelu_stays(name: str) -> None:
    program, found, expected = both(OTHERS[name])
    assert not any(line.startswith("Gelu") for line in program)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("spelling", ["as BERT did first", "as BERT did later"])
def test_it_is_the_activation_of_a_product(spelling: str) -> None:
    make, name = SPELLED[spelling]
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        y = make(tf.matmul(x, variable("kernel", 5, 4)) + variable("bias", 4))
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert [step[-1].op for step in plan.steps] == ["_PreparedMatMul"]
        *_, prepared = [step[-1].attrs for step in plan.prelude.steps]
        assert prepared["activation"].split()[0] == name
        for value in (ROWS, ROWS[:1], ROWS[:0]):
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_numbers_that_are_read_no_more_are_gone() -> None:
    lines = ["RealDiv %0 $0", "Erf @0", "AddV2 $1 @1", "Mul %0 $2", "Mul @3 @2", "Sub @4 $3"]
    found = simplify(lines, [ROOT, 1.0, 0.5, 7.0])
    assert found == (["Gelu %0", "Sub @0 $0"], [7.0])


@pytest.fixture(params=[False, True])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the tanh, and by the exponential, whichever is quick here."""
    monkeypatch.setattr("minihub_runtime.ops.gelu.QUICK_TANH", request.param)


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.usefixtures("either_way")
def test_error_is_a_few_roundings() -> None:
    x = np.linspace(-12, 12, 400_001, dtype=np.float32)
    wide = x.astype(np.float64)
    error = np.abs(gelu(x) - exact(x)) / np.maximum(1, np.abs(wide))
    assert error.max() < 3e-7
    linear, cubic = np.float32(ROOT_2_PI), np.float32(0.0356774)
    right = wide / 2 * (1 + np.tanh(float(linear) * wide + float(cubic) * wide**3))
    error = np.abs(gelu_of_tanh(x, linear, cubic) - right) / np.maximum(1, np.abs(wide))
    assert error.max() < 2e-7


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("function", [gelu, lambda x: gelu_of_tanh(x, 0.8, 0.03)])
def test_what_is_special(function: Callable[[Any], Any]) -> None:
    x = np.array([0.0, -0.0, np.inf, 3e38, -3e38, np.nan, -np.inf], np.float32)
    found = function(x)
    np.testing.assert_array_equal(found, x * np.array([1, 1, 1, 1, 0, 1, np.nan], np.float32))
    np.testing.assert_array_equal(np.signbit(found[:2]), [False, True])


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 70_001)])
def test_in_place_as_elsewhere(shape: tuple[int, ...]) -> None:
    x = np.array(2 * np.random.default_rng(0).standard_normal(shape), np.float32)
    expected = gelu(x)
    assert expected.shape == shape
    assert gelu(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("small", [True, False], ids=["at_once", "in_blocks"])
@pytest.mark.parametrize("exponent", [2.0, 3.0])
def test_powers_are_products(exponent: float, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not small:
        monkeypatch.setattr(pointwise, "_SMALL", 0)
    program, found, expected = both(lambda x: tf.pow(x, exponent) * 0.5 + x)
    assert len(program) == exponent + 1
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_zero_times_infinity() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        y = 0.0 * x + x * 0.5 * (1.0 + tf.erf(x * 0.70710678))
        found = session.run(y, {x: np.array([np.inf, -np.inf, 1.0])})
    np.testing.assert_allclose(found, [np.nan, np.nan, 0.8413447], rtol=1e-6)
