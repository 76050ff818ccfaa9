"""`tf.train.SyncReplicasOptimizer`: gradients of several replicas, or of several steps, are summed before variables change.

A replica applies its gradients to accumulators, then takes a token from a queue; the token is the time step of its next
gradients.  What fills that queue, in the chief, takes the gradients from the accumulators once there are enough, changes the
variables, and puts the tokens of the next time step in.

Source: tensorflow/python/training/sync_replicas_optimizer.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.accumulators import ConditionalAccumulator, SparseConditionalAccumulator
from minihub_runtime.api.contexts import colocate_with, device
from minihub_runtime.api.filling import fill
from minihub_runtime.api.graph import (
    GraphKeys,
    Operation,
    Tensor,
    control_dependencies,
    name_scope,
)
from minihub_runtime.api.grouping import group, no_op
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.queues import FIFOQueue
from minihub_runtime.api.variables.base import Variable
from minihub_runtime.api.variables.collections import (
    global_variables,
    report_uninitialized_variables,
)
from minihub_runtime.api.variables.updates import assign
from minihub_runtime.public import public
from minihub_runtime.train.optimizers.base import Optimizer
from minihub_runtime.train.queue_runners import QueueRunner
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.session_manager import what_is_missing

__all__ = ["SyncReplicasOptimizer"]


@public("train.SyncReplicasOptimizer")
class SyncReplicasOptimizer(Optimizer):
    """Lets another optimiser change variables by the mean gradients of several replicas.

        optimizer = tf.train.SyncReplicasOptimizer(tf.train.AdamOptimizer(), replicas_to_aggregate=1)
        step = optimizer.minimize(loss, global_step=tf.train.get_global_step())
        hook = optimizer.make_session_run_hook(is_chief=True)
        with tf.train.MonitoredTrainingSession(hooks=[hook]) as session:
            session.run(step)

    The chief changes the variables when a replica asks for a token, in its run: there are no threads that do so meanwhile.

    Args:
        opt: the optimiser that changes the variables.
        replicas_to_aggregate: how many gradients one change takes.
        total_num_replicas: how many replicas there are, by default as many.
        variable_averages: an ExponentialMovingAverage to update after each change.
        variables_to_average: of which variables.
        use_locking, name: see `Optimizer`.

    Attributes:
        local_step_init_op, chief_init_op, ready_for_local_init_op: what `make_session_run_hook` runs.
    """

    def __init__(
        self,
        opt: Optimizer,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Sequence[Any] | None = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ) -> None:
        if total_num_replicas is None:
            total_num_replicas = replicas_to_aggregate
        super().__init__(use_locking, name)
        LOGGER.info(
            "SyncReplicasV2: replicas_to_aggregate=%s; total_num_replicas=%s",
            replicas_to_aggregate,
            total_num_replicas,
        )
        self._opt = opt
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = total_num_replicas
        self._tokens_per_step = max(total_num_replicas, replicas_to_aggregate)
        self._variable_averages = variable_averages
        self._variables_to_average = variables_to_average
        self._global_step: Any = None
        self._sync_token_queue: Any = None
        self._chief_queue_runner: QueueRunner | None = None

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """The gradients that the other optimiser computes; those of this replica alone."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(  # type: ignore[override]
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """An operation with which a replica hands its gradients on and waits for the next time step.

        Args:
            grads_and_vars: (gradient, variable) pairs; those whose gradient is None are left out.
            global_step: the variable that counts the changes.
            name: accepted.

        Raises:
            ValueError: there are no variables or there is no global step.
        """
        if not grads_and_vars:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        self._global_step = global_step
        kind = global_step.dtype.base_dtype
        with colocate_with(no_op()):
            self._local_step = Variable(
                initial_value=0,
                trainable=False,
                collections=[GraphKeys.LOCAL_VARIABLES],
                dtype=kind,
                name="sync_rep_local_step",
            )
        self.local_step_init_op = assign(self._local_step, global_step)
        self.ready_for_local_init_op = report_uninitialized_variables(global_variables())
        handed_on: list[Operation] = []
        aggregated: list[tuple[Any, Any]] = []
        accumulators: list[tuple[Any, str]] = []
        with name_scope(None, self._name):
            for gradient, v in grads_and_vars:
                with device(v.device):
                    if gradient is None:
                        aggregated.append((None, v))
                        continue
                    accumulator, taken = self._accumulate(gradient, v, handed_on)
                    aggregated.append((taken, v))
                    accumulators.append((accumulator, v.device))
            with device(global_step.device), name_scope(""):
                changed = self._opt.apply_gradients(aggregated, global_step)
            with device(global_step.device), name_scope(""):
                queue = FIFOQueue(
                    -1, kind, shapes=(), name="sync_token_q", shared_name="sync_token_q"
                )
            self._sync_token_queue = queue
            with device(global_step.device), name_scope(""):
                with control_dependencies(handed_on):
                    token = queue.dequeue()
                step = assign(self._local_step, token)
                with control_dependencies([changed]):
                    tokens = fill([self._tokens_per_step], global_step)
                    synchronized: Any = queue.enqueue_many((tokens,))
                if self._variable_averages is not None:
                    with control_dependencies([synchronized]), name_scope(""):
                        synchronized = self._variable_averages.apply(self._variables_to_average)
                self._chief_queue_runner = QueueRunner(queue, [synchronized])
            initial = [self.local_step_init_op]
            for accumulator, place in accumulators:
                with device(place):
                    initial.append(accumulator.set_global_step(global_step, name="SetGlobalStep"))
            self.chief_init_op = group(*initial)
        return step

    def _accumulate(self, gradient: Any, v: Any, handed_on: list[Operation]) -> tuple[Any, Any]:
        """The accumulator of a variable, and the gradient that comes out of it."""
        name, step, count = f"{v.name}/grad_accum", self._local_step, self._replicas_to_aggregate
        if isinstance(gradient, Tensor):
            dense = ConditionalAccumulator(gradient.dtype, v.get_shape(), shared_name=name)
            handed_on.append(dense.apply_grad(gradient, local_step=step))
            return dense, dense.take_grad(count)
        if not isinstance(gradient, IndexedSlices):
            raise ValueError("Unknown grad type!")
        sparse = SparseConditionalAccumulator(gradient.dtype, shape=(), shared_name=name)
        handed_on.append(sparse.apply_indexed_slices_grad(gradient, local_step=step))
        return sparse, sparse.take_indexed_slices_grad(count)

    def get_chief_queue_runner(self) -> QueueRunner:
        """What changes the variables and fills the queue of tokens; the chief starts it.

        Raises:
            ValueError: `apply_gradients` was not called.
        """
        if self._chief_queue_runner is None:
            raise ValueError("Should be called after apply_gradients().")
        return self._chief_queue_runner

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """A slot of the other optimiser."""
        return self._opt.get_slot(*args, **kwargs)

    def variables(self) -> list[Any]:
        """The variables of the other optimiser."""
        return self._opt.variables()

    def get_slot_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """The names of the slots of the other optimiser."""
        return self._opt.get_slot_names(*args, **kwargs)

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """An operation that puts the first tokens into the queue, for replicas that compute several gradients of one time step.

        Args:
            num_tokens: how many; `replicas_to_aggregate` if it is -1.

        Raises:
            ValueError: there are too few for a first change, or `apply_gradients` was not called.
        """
        if self._sync_token_queue is None:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        elif num_tokens < needed:
            raise ValueError(
                f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} (needed)"
            )
        if num_tokens <= 0:
            return no_op(name="no_init_tokens")
        with device(self._global_step.device), name_scope(""):
            tokens = fill([num_tokens], self._global_step)
            operation: Operation = self._sync_token_queue.enqueue_many((tokens,))
        return operation

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """A hook that initialises the time step of a new session and, in the chief, lets the queue of tokens be filled.

        Args:
            is_chief: whether this replica is the chief.
            num_tokens: see `get_init_tokens_op`.
        """
        return _SyncReplicasHook(self, is_chief, num_tokens)


class _SyncReplicasHook(SessionRunHook):
    """Begins the time step of a session, and in the chief what comes after."""

    def __init__(self, optimizer: SyncReplicasOptimizer, is_chief: bool, num_tokens: int) -> None:
        self._optimizer = optimizer
        self._is_chief = is_chief
        self._num_tokens = num_tokens
        self._runner: QueueRunner | None = None
        self._first_tokens: Operation | None = None

    def begin(self) -> None:
        """Add what will be run.

        Raises:
            ValueError: no gradients were applied.
        """
        optimizer = self._optimizer
        if optimizer._sync_token_queue is None:
            raise ValueError(
                "SyncReplicasOptimizer.apply_gradient should be called before using the hook."
            )
        self._init_op = optimizer.local_step_init_op
        if self._is_chief:
            self._init_op = optimizer.chief_init_op
            self._runner = optimizer.get_chief_queue_runner()
            self._first_tokens = optimizer.get_init_tokens_op(self._num_tokens)

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Run it.

        Raises:
            RuntimeError: variables have no values.
        """
        names = what_is_missing(self._optimizer.ready_for_local_init_op, session)
        if names:
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. "
                f"Init op: {self._init_op.name}, error: Model is not ready for SyncReplicasOptimizer local init. "
                f"{names}"
            )
        session.run(self._init_op)
        if self._first_tokens is not None:
            session.run(self._first_tokens)
        if self._runner is not None:
            self._runner.create_threads(session, coord=coord, daemon=True, start=True)
