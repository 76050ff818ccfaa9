"""Evaluation in the middle of training, without checkpoints.

Source: tensorflow_estimator/python/estimator/hooks/hooks.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.graph import Graph, GraphKeys, get_default_graph
from minihub_runtime.api.grouping import group
from minihub_runtime.public import public
from minihub_runtime.train.estimator.estimator import Estimator, checked_hooks, evaluation_hooks
from minihub_runtime.train.hooks import SecondOrStepTimer
from minihub_runtime.train.run_hooks import SessionRunContext, SessionRunHook, SessionRunValues
from minihub_runtime.train.scaffold import Scaffold

__all__ = ["InMemoryEvaluatorHook"]


@public("estimator.experimental.InMemoryEvaluatorHook")
class InMemoryEvaluatorHook(SessionRunHook):
    """Evaluates at the beginning of training, every so many steps and at its end, with the values variables have then.

    Args:
        estimator: whose training it is.
        input_fn: see `Estimator.evaluate`.
        steps: see `Estimator.evaluate`.
        hooks: see `Estimator.evaluate`.
        name: see `Estimator.evaluate`.
        every_n_iter: evaluate every so many runs.

    Raises:
        ValueError: `every_n_iter` is not positive; on training, the model has a saver or an init_fn of its own, or saves
            more than variables.
    """

    def __init__(
        self,
        estimator: Estimator,
        input_fn: Callable[..., Any],
        steps: int | None = None,
        hooks: Iterable[SessionRunHook] | None = None,
        name: str | None = None,
        every_n_iter: int = 100,
    ) -> None:
        if every_n_iter is None or every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        self._estimator = estimator
        self._input_fn = input_fn
        self._folder = estimator.eval_dir(name)
        self._hooks = [*checked_hooks(hooks), *evaluation_hooks(steps)]
        self._timer = SecondOrStepTimer(every_steps=every_n_iter)

    def begin(self) -> None:
        """Build the graph of the evaluation."""
        self._timer.reset()
        self._iter_count = 0
        self._graph = Graph()
        with self._graph.as_default():
            built = self._estimator._evaluation_graph(self._input_fn, self._hooks, None)
            self._scaffold, self._update_op, self._values, self._all_hooks = built
            if self._scaffold.saver is not None:
                raise ValueError("InMemoryEvaluator does not support custom saver")
            if self._scaffold.init_fn is not None:
                raise ValueError("InMemoryEvaluator does not support custom init_fn")
            self._targets = {
                variable.name: (variable, placeholder(variable.dtype.base_dtype))
                for variable in self._graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
            }

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Evaluate the initial values."""
        graph = get_default_graph()
        if graph.get_collection(GraphKeys.SAVEABLE_OBJECTS):
            raise ValueError(
                "InMemoryEvaluator does not support saveables other than global variables."
            )
        self._sources = {
            variable.name: variable
            for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
            if variable.name in self._targets
        }
        with self._graph.as_default():
            copies = [
                self._targets[name][0].assign(self._targets[name][1]) for name in self._sources
            ]
            self._copy_op = group(copies)
        self._evaluate(session)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Evaluate when the time has come."""
        self._iter_count += 1
        if self._timer.should_trigger_for_step(self._iter_count):
            self._evaluate(run_context.session)

    def end(self, session: Any) -> None:
        """Evaluate the final values."""
        self._evaluate(session)

    def _evaluate(self, training: Any) -> None:
        values = training.run(self._sources)
        feeds = {self._targets[name][1]: value for name, value in values.items()}

        def copy_values(scaffold: Scaffold, session: Any) -> None:
            session.run(self._copy_op, feeds)

        scaffold = Scaffold(init_fn=copy_values, copy_from_scaffold=self._scaffold)
        with self._graph.as_default():
            self._estimator._evaluate_graph(
                None, scaffold, self._update_op, self._values, self._all_hooks, self._folder
            )
        self._timer.update_last_triggered_step(self._iter_count)
