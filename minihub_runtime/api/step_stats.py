"""What a traced run took: the calls of kernels as StepStats, which TensorBoard and timelines read.

Source: tensorflow/core/framework/step_stats.proto, core/common_runtime/step_stats_collector.cc.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from minihub_runtime.engine.recording import Call
from minihub_runtime.protos import RunMetadata

__all__ = ["DEVICE", "add_calls"]

#: The only device.
DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


def add_calls(metadata: RunMetadata, calls: Iterable[Call]) -> None:
    """Write calls of kernels into a RunMetadata, in the order in which they began."""
    metadata.ClearField("step_stats")
    stats: Any = metadata.step_stats.dev_stats.add(device=DEVICE)
    # Calls are timed by a clock that begins anywhere.
    offset = time.time_ns() - time.perf_counter_ns()
    threads: dict[int, int] = {}
    for call in sorted(calls, key=lambda call: call.start):
        micros = -(-call.taken // 1000)
        inputs = ", ".join(str(ref).removesuffix(":0") for ref in call.node.inputs)
        stats.node_stats.add(
            node_name=call.node.name,
            all_start_micros=(call.start + offset) // 1000,
            op_end_rel_micros=micros,
            all_end_rel_micros=micros,
            timeline_label=f"{call.node.name} = {call.node.op}({inputs})",
            thread_id=threads.setdefault(call.thread, len(threads)),
        )
