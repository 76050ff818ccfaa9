"""Resource variables get values of other shapes than their first one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import results


@results
def resource_variables_that_grow(tf: Any) -> Any:
    rows = tf.placeholder(tf.float32, [None, 3])
    raw = tf.raw_ops.AssignVariableOp
    made = {
        free: tf.Variable(lambda: tf.zeros([1, 3]), validate_shape=not free, use_resource=True)
        for free in (True, False)
    }
    steps = {
        "free": made[True].assign(rows),
        "fixed": made[False].assign(rows),
        "raw": raw(resource=made[False].handle, value=rows),
        "checked": raw(resource=made[False].handle, value=rows, validate_shape=True),
        "read": [tf.identity(variable) for variable in made.values()],
        "part": made[True][1:].assign(rows),
    }
    order = ["free", "read", "part", "read", "fixed", "checked", "raw", "read", "checked", "fixed"]

    def given(session: Any, step: str, count: int) -> Any:
        value = np.arange(3.0 * count).reshape(count, 3) + count
        try:
            return session.run(steps[step], {rows: value})
        except tf.errors.InvalidArgumentError as error:
            return type(error).__name__

    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = [
            [step, given(session, step, 1 if step == "part" else count)]
            for count in (2, 3, 1)
            for step in order
        ]
    return [found, [variable.shape.as_list() for variable in made.values()]]
