"""Timelines of training steps: which operations took the time.

Source: tensorflow/python/training/basic_session_run_hooks.py:ProfilerHook, python/client/timeline.py.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.writer import FileWriterCache
from minihub_runtime.checkpoint.files import replacing
from minihub_runtime.protos import RunOptions
from minihub_runtime.public import public
from minihub_runtime.train.hooks import SecondOrStepTimer
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.step_reading import global_step_read

__all__ = ["ProfilerHook", "timeline"]

_LABEL = re.compile(r"(?P<name>.*) = (?P<op>[^(]*)\((?P<inputs>.*)\)")


@public("train.ProfilerHook", "estimator.ProfilerHook")
class ProfilerHook(SessionRunHook):
    """Writes every so often which operations took how long: for TensorBoard, and as `timeline-STEP.json` for chrome://tracing.

    Args:
        save_steps: every so many steps.
        save_secs: every so many seconds.
        output_dir: the folder; empty for the one the program works in.
        show_dataflow: draw arrows from each operation to those that read its outputs.
        show_memory: must be False.

    Raises:
        ValueError: not exactly one of the times is given.
        NotImplementedError: memory is to be shown.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str = "",
        show_dataflow: bool = True,
        show_memory: bool = False,
    ) -> None:
        if show_memory:
            raise NotImplementedError(
                "ProfilerHook with show_memory is not supported: the memory of operations is not traced"
            )
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._folder = output_dir
        self._writer = FileWriterCache.get(output_dir)
        self._show_dataflow = show_dataflow

    def begin(self) -> None:
        """Find the global step."""
        self._next_step: int | None = None
        self._step = global_step_read("ProfilerHook")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for a trace when the time has come."""
        self._wanted = self._next_step is not None and self._timer.should_trigger_for_step(
            self._next_step
        )
        options = RunOptions(trace_level=RunOptions.FULL_TRACE) if self._wanted else None
        return SessionRunArgs(self._step, options=options)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write the trace."""
        stale = int(run_values.results)
        if self._next_step is None:
            self._timer.update_last_triggered_step(stale)
        step = stale + 1
        if self._wanted:
            step = int(run_context.session.run(self._step))
            self._timer.update_last_triggered_step(step)
            path = os.path.join(self._folder, f"timeline-{step}.json")
            LOGGER.info("Saving timeline for %d into '%s'.", step, path)
            trace = timeline(run_values.run_metadata.step_stats, self._show_dataflow)
            with replacing() as new_file, new_file(path) as file:
                file.write(json.dumps(trace).encode())
            self._writer.add_run_metadata(run_values.run_metadata, f"step_{step}")
        self._next_step = step + 1


def timeline(step_stats: Any, show_dataflow: bool = True) -> dict[str, Any]:
    """StepStats as the JSON object that Perfetto and chrome://tracing open.

    Args:
        step_stats: the message.
        show_dataflow: draw arrows from each operation to those that read its outputs.
    """
    events: list[dict[str, Any]] = []
    for pid, device in enumerate(step_stats.dev_stats):
        label = {"name": f"{device.device} Compute"}
        events.append({"name": "process_name", "ph": "M", "pid": pid, "args": label})
        ends: dict[str, tuple[int, int]] = {}
        for stats in device.node_stats:
            events.extend(_events(stats, pid, ends if show_dataflow else {}))
            end = stats.all_start_micros + stats.all_end_rel_micros
            ends[stats.node_name] = (end, stats.thread_id)
    return {"traceEvents": events}


def _events(stats: Any, pid: int, ends: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """The event of a call, and of arrows that lead to it from where others ended."""
    match = _LABEL.fullmatch(stats.timeline_label)
    op = match["op"] if match else stats.node_name
    inputs = [name for name in match["inputs"].split(", ") if name] if match else []
    place = {"pid": pid, "tid": stats.thread_id}
    named = {f"input{number}": name for number, name in enumerate(inputs)}
    made: list[dict[str, Any]] = [
        {
            "name": op,
            "cat": "Op",
            "ph": "X",
            "ts": stats.all_start_micros,
            "dur": stats.all_end_rel_micros,
            "args": {"name": stats.node_name, "op": op, **named},
            **place,
        }
    ]
    for name in inputs:
        producer = name.removeprefix("^").partition(":")[0]
        if producer in ends:
            end, thread = ends[producer]
            arrow = {"name": name, "cat": "DataFlow", "id": f"{producer}>{stats.node_name}"}
            made.append({**arrow, "ph": "s", "ts": end, "pid": pid, "tid": thread})
            made.append({**arrow, "ph": "t", "ts": stats.all_start_micros, **place})
    return made
