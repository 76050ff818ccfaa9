"""`tf.Assert`: an operation that fails unless a condition holds.

Source: tensorflow/python/ops/control_flow_assert.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, name_scope
from minihub_runtime.dtypes import int32, string
from minihub_runtime.public import public

__all__ = ["Assert"]


@public("Assert", "debugging.Assert")
def Assert(
    condition: Any, data: Sequence[Any], summarize: int | None = None, name: str | None = None
) -> Operation:
    """An operation that fails if `condition` is false, with `data` in its message.

    It runs when it is fetched, or when something that waits for it is.

    Args:
        condition: a scalar of type bool.
        data: tensors to be shown.
        summarize: how many elements of each are shown, by default 3; -1 shows all.
        name: name of the scope, by default `Assert`.
    """
    with name_scope(name, "Assert", [condition, *data]):
        tensors = [convert_to_tensor(item) for item in data]

        def failing() -> Operation:
            operation: Operation = build(
                "Assert", name="Assert", condition=condition, data=data, summarize=summarize
            )
            return operation

        if all(tensor.dtype in (int32, string) for tensor in tensors):
            return failing()
        # Other data may be expensive to bring along, so it is looked at only when it is shown.
        condition = convert_to_tensor(condition, name="Condition")
        guarded: Operation = cond(condition, lambda: build("NoOp"), failing, name="AssertGuard").op
        return guarded
