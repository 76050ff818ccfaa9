"""What sessions take as fetches and feeds."""

from __future__ import annotations

import collections
import decimal
import fractions
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, results


@results
def composite_tensors_of_constants_are_fed(tf: Any) -> Any:
    sparse = tf.SparseTensor([[0, 1]], [2.0], [2, 3])
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]), tf.constant([4]))
    ragged = tf.ragged.constant([[1], [2]])
    with tf.Session() as session:
        more = session.run(tf.ragged.constant([[7, 8], []]))
        return [
            message(lambda: session.run(sparse, {sparse: ([[0, 0]], [5.0], [1, 1])})),
            list(session.run(sparse, {sparse.values: [9.0]})),
            list(session.run(slices, {slices: ([3.0], [2], [9])})),
            list(session.run(slices, {slices: ([3.0], [2])})),
            session.run((ragged + 1).to_tensor(), {ragged: more}),
        ]


@results
def kinds_of_fetches(tf: Any) -> Any:
    x = tf.constant(1.0, name="x")
    with tf.Session() as session:
        found = session.run(collections.defaultdict(list, a=x, b=[x]))
        return [
            type(found).__name__,
            found.default_factory is list,
            dict(found),
            session.run(b"x:0"),
        ]


@results
def callables(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2], "x")
    y = x * 2
    with tf.Session() as session:
        plain = session.make_callable({"y": y}, ["x:0"])
        metadata = tf.RunMetadata()
        traced = session.make_callable(y, [x], accept_options=True)
        full = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
        return [
            plain([1, 2]),
            traced([3, 4]),
            traced([3, 4], options=full, run_metadata=metadata),
            bool(metadata.step_stats.dev_stats),
            message(lambda: session.make_callable(y, x)).split(".")[0],
            _kind(ValueError, lambda: session.make_callable("nothing:0")),
            _kind(TypeError, lambda: session.run(y, [x])),
        ]


def _kind(kind: Any, function: Any) -> bool:
    """Whether a function raises an error of a class."""
    try:
        function()
    except kind:
        return True
    return False


@results
def operations_of_errors(tf: Any) -> Any:
    fed = tf.placeholder(tf.float32, [None], name="fed")
    unset = tf.get_variable("unset", [2], use_resource=True)
    failing = [tf.check_numerics(fed, "no number"), tf.reshape(fed, [2, 3], "rows")]
    found = []
    with tf.Session() as session:
        for fetch in [*failing, unset.read_value(), tf.gather(fed, 7, name="row")]:
            for feeds in ({}, {fed: [float("nan")]}):
                try:
                    session.run(fetch, feeds)
                except tf.errors.OpError as error:
                    operation = fetch.graph.get_operation_by_name(error.op.name)
                    found.append([error.op is operation, error.node_def.name, error.error_code])
    return found


@results
def objects_that_are_numbers_are_fed(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    values = [None, [1, None], decimal.Decimal("1.5"), [fractions.Fraction(1, 4), 2.5]]
    with tf.Session() as session:
        fed = [session.run(x, {x: value}) for value in values]
        refused = [attempt(lambda v=v: session.run(x, {x: v})) for v in ({"a": 1}, [len], "ab")]
        structured = np.zeros(2, [("a", np.float32), ("b", np.int32)])
        return fed, refused, attempt(lambda: session.run(x, {x: structured}))
