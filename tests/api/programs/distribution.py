"""`tf.distribute` where nothing is distributed, and summaries that no writer takes."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, results


@results
def one_replica(tf: Any) -> Any:
    d = tf.distribute
    context, strategy = d.get_replica_context(), d.get_strategy()

    def merged(given: Any, x: Any, y: int = 0) -> Any:
        return [given is strategy, x, y, d.in_cross_replica_context(), d.get_replica_context()]

    def failing(given: Any) -> Any:
        raise KeyError

    with strategy.scope():
        inside = [d.has_strategy(), d.in_cross_replica_context()]
    x = tf.constant([1.0, 3.0])
    with tf.Session() as session:
        values = session.run(
            [
                context.all_reduce(d.ReduceOp.SUM, x),
                context.all_reduce("MEAN", {"a": x})["a"],
                strategy.reduce(d.ReduceOp.SUM, x, axis=None),
                strategy.reduce("SUM", x, axis=0),
                strategy.reduce(d.ReduceOp.MEAN, x, axis=0),
                strategy.experimental_local_results(x),
            ]
        )
    return [
        [d.has_strategy(), d.in_cross_replica_context(), inside, [op.name for op in d.ReduceOp]],
        [context.num_replicas_in_sync, context.replica_id_in_sync_group, strategy.num_replicas_in_sync],
        context.strategy is strategy,
        context.merge_call(merged, args=(3,), kwargs={"y": 4}),
        attempt(lambda: context.merge_call(failing)),
        d.in_cross_replica_context(),
        strategy.run(lambda x, y: x - y, (3,), {"y": 1}),
        values,
    ]  # fmt: skip


@results
def summaries_without_a_writer(tf: Any) -> Any:
    s = tf.summary
    return [attempt(s.initialize), attempt(s.all_v2_summary_ops)]
