"""Optimizers outside of the graph: SciPy's, or any that asks for losses and gradients.

Source: tensorflow/contrib/opt/python/training/external_optimizer.py of TensorFlow 1.15.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, ClassVar

import numpy as np

from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.defaults import get_default_session
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros_like
from minihub_runtime.api.gradients import gradients
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.logger import info
from minihub_runtime.api.variables.collections import trainable_variables
from minihub_runtime.public import public

__all__ = ["ExternalOptimizerInterface", "ScipyOptimizerInterface"]

#: Of all variables in one vector, the values of some tensors.
_Function = Callable[[Any], list[Any]]


@public("contrib.opt.ExternalOptimizerInterface")
class ExternalOptimizerInterface:
    """What optimizers outside of the graph have in common; subclasses have `_minimize`.

    Differs: while they search, the variables have the values that are tried. TensorFlow feeds these, which resource
    variables do not notice: there it searches in vain.

    Args:
        loss: a scalar.
        var_list: what is trained; by default all trainable variables.
        equalities: what should become 0.
        inequalities: what should not be below 0.
        var_to_bounds: variable → its lower and its upper bound, which have its shape or one that broadcasts to it.
        **optimizer_kwargs: what the optimizer is told.

    Attributes:
        optimizer_kwargs: likewise.
    """

    def __init__(
        self,
        loss: Any,
        var_list: Sequence[Any] | None = None,
        equalities: Sequence[Any] | None = None,
        inequalities: Sequence[Any] | None = None,
        var_to_bounds: Mapping[Any, tuple[Any, Any]] | None = None,
        **optimizer_kwargs: Any,
    ) -> None:
        self._loss = loss
        self._equalities = list(equalities or [])
        self._inequalities = list(inequalities or [])
        self._vars = list(trainable_variables() if var_list is None else var_list)
        self._packed_bounds = None if var_to_bounds is None else self._bounds(var_to_bounds)
        self._update_placeholders = [placeholder(var.dtype.base_dtype) for var in self._vars]
        self._var_updates = [
            var.assign(reshape(value, _shape(var)))
            for value, var in zip(self._update_placeholders, self._vars, strict=True)
        ]
        self.optimizer_kwargs = optimizer_kwargs
        self._packed_var = _packed(self._vars)
        self._packed_loss_grad = self._packed_gradients(loss)
        self._packed_equality_grads = [*map(self._packed_gradients, self._equalities)]
        self._packed_inequality_grads = [*map(self._packed_gradients, self._inequalities)]
        ends = accumulate((math.prod(_shape(var)) for var in self._vars), initial=0)
        self._packing_slices = [slice(*ends_of_one) for ends_of_one in pairwise(ends)]

    def minimize(
        self,
        session: Any = None,
        feed_dict: Mapping[Any, Any] | None = None,
        fetches: Sequence[Any] | None = None,
        step_callback: Callable[..., Any] | None = None,
        loss_callback: Callable[..., Any] | None = None,
        **run_kwargs: Any,
    ) -> None:
        """Gives the variables the values at which the loss is least.

        Args:
            session: by default the default session.
            feed_dict: what is fed besides.
            fetches: what is fetched with each loss, for `loss_callback`.
            step_callback: is called with all variables in one vector after each step.
            loss_callback: is called with the values of `fetches` after each loss.
            **run_kwargs: how the run that sets the variables differs: see `Session.run`.
        """
        session = get_default_session() if session is None else session
        if session is None:
            raise ValueError("No default session is registered. Give one, or use `with session`")
        feeds, fetched = dict(feed_dict or {}), list(fetches or [])

        def function(tensors: list[Any], callback: Callable[..., Any] | None = None) -> _Function:
            def call(packed: Any) -> list[Any]:
                self._assign(session, packed)
                values = session.run([*tensors, *fetched], feeds)
                if callback is not None:
                    callback(*values[len(tensors) :])
                return list(values[: len(tensors)])

            return call

        def functions(tensors: Sequence[Any]) -> list[_Function]:
            return [function([tensor]) for tensor in tensors]

        packed = self._minimize(
            initial_val=session.run(self._packed_var),
            loss_grad_func=function([self._loss, self._packed_loss_grad], loss_callback),
            equality_funcs=functions(self._equalities),
            equality_grad_funcs=functions(self._packed_equality_grads),
            inequality_funcs=functions(self._inequalities),
            inequality_grad_funcs=functions(self._packed_inequality_grads),
            packed_bounds=self._packed_bounds,
            step_callback=step_callback or (lambda xk: None),
            optimizer_kwargs=self.optimizer_kwargs,
        )
        self._assign(session, packed, **run_kwargs)

    def _minimize(
        self,
        initial_val: Any,
        loss_grad_func: _Function,
        equality_funcs: list[_Function],
        equality_grad_funcs: list[_Function],
        inequality_funcs: list[_Function],
        inequality_grad_funcs: list[_Function],
        packed_bounds: list[tuple[Any, Any]] | None,
        step_callback: Callable[..., Any],
        optimizer_kwargs: dict[str, Any],
    ) -> Any:
        """The vector at which the loss is least.

        Args:
            initial_val: the vector to begin with.
            loss_grad_func: the loss and its gradient.
            equality_funcs: what should become 0, each a list of one value.
            equality_grad_funcs: their gradients.
            inequality_funcs: what should not be below 0.
            inequality_grad_funcs: their gradients.
            packed_bounds: the bounds of each number, or None.
            step_callback: what to call after each step.
            optimizer_kwargs: what the constructor got.
        """
        raise NotImplementedError(
            "To use ExternalOptimizerInterface, subclass from it and implement the _minimize() "
            "method."
        )

    def _bounds(self, of: Mapping[Any, tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        sides: tuple[list[Any], list[Any]] = ([], [])
        for var in self._vars:
            for side, bound in zip(sides, of.get(var, (-np.inf, np.inf)), strict=True):
                side.extend(np.broadcast_to(bound, _shape(var)).flat)
        return list(zip(*sides, strict=True))

    def _packed_gradients(self, of: Any) -> Tensor | None:
        found = gradients(of, self._vars)
        return _packed(
            [
                zeros_like(var) if gradient is None else gradient
                for gradient, var in zip(found, self._vars, strict=True)
            ]
        )

    def _assign(self, session: Any, packed: Any, **run_kwargs: Any) -> None:
        """Gives each variable its part of all."""
        values = [packed[part] for part in self._packing_slices]
        feeds = dict(zip(self._update_placeholders, values, strict=True))
        session.run(self._var_updates, feed_dict=feeds, **run_kwargs)


@public("contrib.opt.ScipyOptimizerInterface")
class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """`scipy.optimize.minimize`, for which SciPy must be installed.

        optimizer = tf.contrib.opt.ScipyOptimizerInterface(loss, options={"maxiter": 100})
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            optimizer.minimize(session)

    Args: those of `ExternalOptimizerInterface`; of SciPy, for instance `method`, which is L-BFGS-B by default, and `options`.
    """

    _DEFAULT_METHOD: ClassVar[str] = "L-BFGS-B"

    def _minimize(
        self,
        initial_val: Any,
        loss_grad_func: _Function,
        equality_funcs: list[_Function],
        equality_grad_funcs: list[_Function],
        inequality_funcs: list[_Function],
        inequality_grad_funcs: list[_Function],
        packed_bounds: list[tuple[Any, Any]] | None,
        step_callback: Callable[..., Any],
        optimizer_kwargs: dict[str, Any],
    ) -> Any:
        # SciPy's L-BFGS-B and SLSQP take numbers of double precision only.
        def loss_and_gradient(packed: Any) -> tuple[Any, Any]:
            loss, gradient = loss_grad_func(packed)
            return float(loss), gradient.astype(np.float64)

        def double(function: _Function) -> Callable[[Any], Any]:
            return lambda packed: np.asarray(function(packed), np.float64)

        kinds = (
            ("eq", equality_funcs, equality_grad_funcs),
            ("ineq", inequality_funcs, inequality_grad_funcs),
        )
        given = dict(optimizer_kwargs)
        method = given.pop("method", self._DEFAULT_METHOD)
        own = {
            "jac": True,
            "callback": step_callback,
            "method": method,
            "constraints": [
                {"type": kind, "fun": double(function), "jac": double(gradient)}
                for kind, functions, of_functions in kinds
                for function, gradient in zip(functions, of_functions, strict=True)
            ],
            "bounds": packed_bounds,
        }
        if "bounds" in given:
            raise ValueError("Bounds must be set using the var_to_bounds argument")
        for name in own:
            if name in given:
                raise ValueError(
                    f"Optimizer keyword arg '{name}' is set automatically and cannot be injected "
                    "manually"
                )
        # Only who gets here needs SciPy.
        optimize = importlib.import_module("scipy.optimize")
        result = optimize.minimize(
            loss_and_gradient, initial_val.astype(np.float64), **own, **given
        )
        info(
            "Optimization terminated with:\n"
            "  Message: %s\n"
            "  Objective function value: %f\n"
            "  Number of iterations: %d\n"
            "  Number of functions evaluations: %d",
            result.message,
            result.fun,
            result.nit,
            result.nfev,
        )
        return result.x


def _shape(var: Any) -> tuple[int, ...]:
    return tuple(var.shape.as_list())


def _packed(values: Sequence[Any]) -> Tensor | None:
    """All numbers of all values in one vector; None if there are no values."""
    flat = [reshape(convert_to_tensor(value), [-1]) for value in values]
    if len(flat) <= 1:
        return flat[0] if flat else None
    return concat(flat, 0)
