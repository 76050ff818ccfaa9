"""Learning rates that fall, and moving averages of variables."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, message, program, results


@program
def decays(tf: Any) -> Any:
    step = tf.train.get_or_create_global_step()
    return [
        tf.train.exponential_decay(0.1, step, 100, 0.96),
        tf.train.exponential_decay(0.1, 7, 100.0, 0.96, staircase=True, name="mine"),
        tf.train.exponential_decay(tf.constant(0.1, tf.float64), step, 100, 0.96),
        tf.train.natural_exp_decay(0.1, step, 100, 0.5),
        tf.train.inverse_time_decay(0.1, step, 100, 0.5),
        tf.train.inverse_time_decay(0.1, step, 100, 0.5, staircase=True),
        tf.train.polynomial_decay(0.1, step, 100, 0.01, power=0.5),
        tf.train.polynomial_decay(0.1, step, 100, cycle=True),
        tf.train.cosine_decay(0.1, step, 100, alpha=0.1),
        tf.train.linear_cosine_decay(0.1, step, 100),
        tf.train.noisy_linear_cosine_decay(0.1, step, 100),
    ]


@results
def rates_of_steps(tf: Any) -> Any:
    step = tf.placeholder(tf.int64, [])
    rates = [
        tf.train.exponential_decay(0.1, step, 100, 0.96),
        tf.train.exponential_decay(0.1, step, 100, 0.5, staircase=True),
        tf.train.natural_exp_decay(0.1, step, 100, 0.5),
        tf.train.inverse_time_decay(0.1, step, 100, 0.5, staircase=True),
        tf.train.polynomial_decay(0.1, step, 100, 0.01, power=2.0),
        tf.train.polynomial_decay(0.1, step, 100, cycle=True),
        tf.train.cosine_decay(0.1, step, 100, alpha=0.1),
        tf.train.cosine_decay_restarts(0.1, step, 40, alpha=0.1, m_mul=0.5),
        tf.train.cosine_decay_restarts(0.1, step, 40, t_mul=1.0),
        tf.train.linear_cosine_decay(0.1, step, 100, num_periods=2.0, alpha=0.1),
        tf.train.piecewise_constant(step, [10, 100], [0.5, 0.25, 0.125]),
        tf.train.piecewise_constant_decay(step, [100], [1.0, 0.1], name="two"),
    ]
    with tf.Session() as session:
        return [session.run(rates, {step: number}) for number in (0, 10, 11, 99, 100, 101, 250)]


@results
def noise_of_a_seed(tf: Any) -> Any:
    tf.set_random_seed(7)
    rate = tf.train.noisy_linear_cosine_decay(0.1, 30, 100)
    with tf.Session() as session:
        return [session.run(rate) for _ in range(3)]


@results
def pieces_that_do_not_fit(tf: Any) -> Any:
    step = tf.constant(3)
    return [
        attempt(lambda: tf.train.piecewise_constant(step, [1.5], [0.5, 0.25])),
        attempt(lambda: tf.train.piecewise_constant(step, [1], [0.5, 1])),
        message(lambda: tf.train.piecewise_constant(step, [1], [0.5, 0.25, 0.1])),
    ]


def averaged(tf: Any, use_resource: bool, **arguments: Any) -> Any:
    """A variable that grows, a tensor, and what keeps their averages."""
    with tf.variable_scope("s"):
        v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=use_resource)
    x = tf.identity(tf.constant([0.5, 4.0]), name="x")
    averages = tf.train.ExponentialMovingAverage(0.9, **arguments)
    return v, x, averages, averages.apply([v, x])


@results
def averages(tf: Any) -> Any:
    found = []
    for use_resource in (False, True):
        for arguments in ({}, {"num_updates": 3}, {"zero_debias": True, "name": "mine"}):
            with tf.Graph().as_default(), tf.Session() as session:
                v, x, kept, update = averaged(tf, use_resource, **arguments)
                grow = tf.assign_add(v, [1.0, 1.0])
                other = tf.get_variable("other", initializer=1.0, trainable=False)
                # The averages begin with the values of the variables, which must be there.
                session.run(v.initializer)
                session.run(tf.global_variables_initializer())
                for _ in range(3):
                    session.run(grow)
                    session.run(update)
                restored = kept.variables_to_restore()
                found.append(
                    [
                        kept.name,
                        session.run([kept.average(v), kept.average(x)]),
                        [kept.average_name(v), kept.average_name(x), kept.average_name(other)],
                        kept.average(other),
                        sorted(item.name for item in tf.global_variables()),
                        [item.name for item in tf.moving_average_variables()],
                        [item.name for item in tf.trainable_variables()],
                        sorted((key, item.name) for key, item in restored.items()),
                        update.type,
                    ]
                )
    return found


@program
def averages_of_tensors(tf: Any) -> Any:
    x = tf.identity(tf.constant([0.5, 4.0]), name="x")
    kept = tf.train.ExponentialMovingAverage(0.9, num_updates=2)
    update = kept.apply([x])
    whole = tf.constant(1, name="whole")
    return update, kept.apply([x]), attempt(lambda: kept.apply([whole]))


@program
def averages_without_zeros(tf: Any) -> Any:
    x = tf.identity(tf.constant([0.5, 4.0]), name="x")
    return tf.train.ExponentialMovingAverage(0.9, zero_debias=True).apply([x])
