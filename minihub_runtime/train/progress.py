"""How far training is, on a terminal.

    step 120 of 1000  [##......................]   12%  84.3 steps/s  loss 0.1234  0:10 left

An Estimator shows it by itself, unless the log tells of the steps.
"""

from __future__ import annotations

import time
from typing import Any, TextIO

from minihub_runtime.terminal import TerminalLine, bar, clock
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.step_reading import global_step_read

__all__ = ["ProgressHook"]

_INTERVAL = 0.1
#: How much of the rate the time since the last drawing counts, with one of a second or more.
_WEIGHT = 0.5


class ProgressHook(SessionRunHook):
    """Shows step, speed, loss and time left in one line on a terminal; elsewhere nothing is written.

    Args:
        loss_tensor: the loss.
        num_steps: how many steps the loop makes, if that is known.
        last_step: at which step it ends, if that is known.
        stream: where to write; standard error if None.
    """

    def __init__(
        self,
        loss_tensor: Any,
        num_steps: int | None = None,
        last_step: int | None = None,
        stream: TextIO | None = None,
    ) -> None:
        self._loss_tensor = loss_tensor
        self._num_steps = num_steps
        self._last_step = last_step
        self._line = TerminalLine(stream)

    def begin(self) -> None:
        """Find the global step."""
        self._step = global_step_read("ProgressHook")
        self._rate: float | None = None

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Begin to count."""
        self._drawn_step = int(session.run(self._step))
        self._drawn_time = time.monotonic()
        if self._last_step is None and self._num_steps is not None:
            self._last_step = self._drawn_step + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the step and the loss."""
        return SessionRunArgs([self._step, self._loss_tensor]) if self._line.shown else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Draw the line, ten times a second at most."""
        if not self._line.shown:
            return
        step, loss = run_values.results
        # The step is that before the run.
        step = int(step) + 1
        now = time.monotonic()
        elapsed = now - self._drawn_time
        if elapsed < _INTERVAL and step != self._last_step:
            return
        rate = (step - self._drawn_step) / max(elapsed, 1e-9)
        share = min(elapsed, 1.0) * _WEIGHT
        self._rate = rate if self._rate is None else self._rate + share * (rate - self._rate)
        self._drawn_step, self._drawn_time = step, now
        self._line.draw(self.text(step, float(loss)))

    def end(self, session: Any) -> None:
        """End the line."""
        self._line.end()

    def text(self, step: int, loss: float) -> str:
        """The line at a step."""
        rate = self._rate or 0.0
        speed = [f"{rate:.3g} steps/s" if rate < 100 else f"{rate:.0f} steps/s", f"loss {loss:.4g}"]
        if not self._last_step:
            return "  ".join([f"step {step}", *speed])
        share = step / self._last_step
        parts = [f"step {step} of {self._last_step}", bar(share), f"{min(share, 1.0):4.0%}", *speed]
        if rate > 0 and step < self._last_step:
            parts.append(f"{clock((self._last_step - step) / rate)} left")
        return "  ".join(parts)
