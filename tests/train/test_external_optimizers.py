"""`tf.contrib.opt.ExternalOptimizerInterface` and SciPy's, which a stand-in plays: minihub does not need SciPy."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.train.optimizers.external import ExternalOptimizerInterface


class Descent(ExternalOptimizerInterface):
    """Steps against the gradient, within the bounds; keeps what it was given."""

    seen: Any = None

    def _minimize(  # type: ignore[override]  # all arguments come by name
        self, initial_val: Any, loss_grad_func: Any, **given: Any
    ) -> Any:
        self.seen = given
        x = np.asarray(initial_val, np.float64)
        for _ in range(given["optimizer_kwargs"]["steps"]):
            x = x - 0.25 * loss_grad_func(x)[1]
            if given["packed_bounds"] is not None:
                x = np.clip(x, *np.transpose(given["packed_bounds"]))
            given["step_callback"](x)
        return x


def problem(resource: bool = True) -> tuple[Any, Any, Any, Any]:
    """Two variables, what they should be, and how far they are from it."""
    x = tf.get_variable("x", initializer=[[1.0, 2.0], [3.0, 4.0]], use_resource=resource)
    y = tf.get_variable("y", initializer=5.0)
    goal = tf.placeholder(tf.float32, [])
    return x, y, goal, tf.reduce_sum(tf.square(x - goal)) + tf.square(y + goal)


@pytest.mark.parametrize("resource", [False, True])
def test_variables_get_the_values_that_were_found(resource: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, y, goal, loss = problem(resource)
        idle = tf.get_variable("idle", initializer=[7.0])
        optimizer = Descent(loss, steps=40)
        session.run(tf.global_variables_initializer())
        steps: list[Any] = []
        losses: list[tuple[Any, ...]] = []
        optimizer.minimize(
            session,
            feed_dict={goal: 2.0},
            fetches=[loss, y],
            step_callback=steps.append,
            loss_callback=lambda *values: losses.append(values),
        )
        np.testing.assert_allclose(session.run(x), np.full([2, 2], 2.0), rtol=1e-5)
        np.testing.assert_allclose(session.run(y), -2.0, rtol=1e-5)
        # What the loss does not depend on has gradients of 0.
        assert session.run(idle) == [7.0]
    # Losses are those of the values that are tried.
    assert losses[0] == (1 + 0 + 1 + 4 + 49, 5.0)
    assert losses[1] == (losses[0][0] / 4, 1.5)
    assert len(losses) == len(steps) == 40
    np.testing.assert_array_equal(steps[0], [1.5, 2, 2.5, 3, 1.5, 7])


def test_bounds_and_what_should_hold_are_told() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, y, goal, loss = problem()
        optimizer = Descent(
            loss,
            var_list=[y, x],
            equalities=[y - 1.0],
            inequalities=[tf.reduce_sum(x * x) + y],
            var_to_bounds={x: ([0.0, 3.0], np.inf)},
            steps=30,
        )
        session.run(tf.global_variables_initializer())
        optimizer.minimize(session, {goal: 2.0})
        np.testing.assert_allclose(session.run(x), [[2, 3], [2, 3]], rtol=1e-5)
        given, at = optimizer.seen, np.arange(5.0)
        inf = np.inf
        assert given["packed_bounds"] == [(-inf, inf), (0, inf), (3, inf), (0, inf), (3, inf)]
        assert [f(at) for f in given["equality_funcs"]] == [[-1.0]]
        np.testing.assert_array_equal(given["equality_grad_funcs"][0](at), [[1, 0, 0, 0, 0]])
        assert [f(at) for f in given["inequality_funcs"]] == [[30.0]]
        np.testing.assert_array_equal(given["inequality_grad_funcs"][0](at), [[1, 2, 4, 6, 8]])
        with pytest.raises(NotImplementedError, match="implement the _minimize"):
            tf.contrib.opt.ExternalOptimizerInterface(loss).minimize(session)
    with pytest.raises(ValueError, match="No default session"):
        optimizer.minimize()


def test_scipy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def minimize(function: Any, start: Any, **given: Any) -> Any:
        value, slope = function(start)
        assert slope.dtype == np.float64
        asked.update(given, start=start, value=value, slope=slope)
        return SimpleNamespace(message="found", fun=0.5, nit=1, nfev=2, x=np.arange(5.0))

    package, module = ModuleType("scipy"), ModuleType("scipy.optimize")
    monkeypatch.setattr(module, "minimize", minimize, raising=False)
    monkeypatch.setitem(sys.modules, "scipy", package)
    monkeypatch.setitem(sys.modules, "scipy.optimize", module)
    make = tf.contrib.opt.ScipyOptimizerInterface
    with tf.Graph().as_default(), tf.Session() as session:
        x, y, goal, loss = problem()
        session.run(tf.global_variables_initializer())
        make(loss, equalities=[y], inequalities=[x[0, 0]], options={"maxiter": 3}).minimize(
            feed_dict={goal: 0.0}
        )
        assert (asked["method"], asked["options"]) == ("L-BFGS-B", {"maxiter": 3})
        kinds = {item["type"]: item for item in asked["constraints"]}
        assert list(kinds) == ["eq", "ineq"]
        np.testing.assert_array_equal(session.run(x), [[0, 1], [2, 3]])
        assert session.run(y) == 4.0
        at = np.arange(1.0, 6.0)
        np.testing.assert_array_equal(kinds["eq"]["fun"](at), [5])
        np.testing.assert_array_equal(kinds["ineq"]["jac"](at), [[1, 0, 0, 0, 0]])
        assert kinds["ineq"]["jac"](at).dtype == np.float64
        for arguments, error in (
            ({"bounds": []}, "var_to_bounds"),
            ({"jac": False}, "'jac' is set automatically"),
        ):
            with pytest.raises(ValueError, match=error):
                make(loss, **arguments).minimize(session)
        make(loss, method="SLSQP").minimize(session, {goal: 0.0})
        assert asked["method"] == "SLSQP"
    assert (asked["jac"], asked["bounds"], asked["constraints"]) == (True, None, [])
    np.testing.assert_array_equal(asked["slope"], [2, 4, 6, 8, 10])
