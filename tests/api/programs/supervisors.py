"""Supervisors: the same graphs, the same files, sessions that go on where the last one stopped."""

from __future__ import annotations

import os
from typing import Any

from tests.api.programs import message, program, results
from tests.api.programs.files import in_folder
from tests.api.programs.input_pipelines import numbers


def model(tf: Any) -> tuple[Any, Any]:
    """What a step changes."""
    # A reference, which TensorFlow's threads read, too.
    step = tf.get_variable("global_step", initializer=0, trainable=False, use_resource=False)
    weight = tf.get_variable("weight", initializer=1.0)
    tf.summary.scalar("weight", weight)
    return tf.group(tf.assign_add(step, 1), tf.assign(weight, weight * 2)), weight


@program
def what_supervisors_add(tf: Any) -> Any:
    model(tf)
    supervisor = tf.train.Supervisor()
    graph = tf.get_default_graph()
    keys = ("READY_OP", "INIT_OP", "LOCAL_INIT_OP", "SUMMARY_OP", "GLOBAL_STEP")
    return [
        [[item.name for item in graph.get_collection(getattr(tf.GraphKeys, key))] for key in keys],
        [supervisor.ready_op, supervisor.init_op, supervisor.summary_op, supervisor.global_step],
        [supervisor.ready_for_local_init_op, supervisor.init_feed_dict, supervisor.is_chief],
        [supervisor.save_model_secs, supervisor.save_summaries_secs, supervisor.save_path],
        [supervisor.summary_writer, type(supervisor.session_manager).__name__, graph.finalized],
        len(graph.get_collection(tf.GraphKeys.SAVERS)),
    ]


@program
def what_supervisors_are_given(tf: Any) -> Any:
    model(tf)
    ready, init = tf.constant([], tf.string), tf.no_op(name="init")
    supervisor = tf.train.Supervisor(
        ready_op=ready,
        init_op=init,
        local_init_op=None,
        summary_op=None,
        saver=None,
        global_step=None,
    )
    return [supervisor.ready_op, supervisor.init_op, supervisor.summary_op, supervisor.saver]


@in_folder
def training_with_a_supervisor(tf: Any, folder: str) -> Any:
    found: list[Any] = []
    for most in (3, 5):
        with tf.Graph().as_default():
            train, weight = model(tf)
            supervisor = tf.train.Supervisor(
                logdir=folder, save_summaries_secs=0, save_model_secs=0, summary_op=None
            )
            with supervisor.managed_session() as session:
                while not supervisor.should_stop():
                    session.run(train)
                    if session.run(supervisor.global_step) >= most:
                        supervisor.request_stop()
                found.append([int(session.run(supervisor.global_step)), session.run(weight)])
                supervisor.saver.save(session, supervisor.save_path, supervisor.global_step)
    names = {name.split(".")[0] if "events" in name else name for name in os.listdir(folder)}
    return [found, sorted(names)]


@results
def loops_end_with_their_input(tf: Any) -> Any:
    batch = tf.train.batch([numbers(tf, 7)], 2)
    seen: list[Any] = []
    supervisor = tf.train.Supervisor()
    tf.train.basic_train_loop(
        supervisor,
        lambda session, name, factor: seen.append([name, session.run(batch).tolist(), factor]),
        args=["step"],
        kwargs={"factor": 2},
    )
    return [seen, supervisor.should_stop()]


@results
def loops_begin_anew_when_aborted(tf: Any) -> Any:
    _, weight = model(tf)
    supervisor = tf.train.Supervisor()
    seen: list[Any] = []

    def step(session: Any) -> None:
        seen.append(float(session.run(weight)))
        if len(seen) == 1:
            raise tf.errors.AbortedError(None, None, "lost")
        supervisor.request_stop()

    tf.train.basic_train_loop(supervisor, step)
    return seen


@results
def errors_leave_a_managed_session(tf: Any) -> Any:
    model(tf)
    supervisor = tf.train.Supervisor()
    try:
        with supervisor.managed_session():
            raise ValueError("from the loop")
    except ValueError as error:
        found = [str(error)]
    found.append(message(lambda: tf.train.Supervisor(is_chief=False))[:63])
    supervisor = tf.train.Supervisor(graph=tf.Graph(), is_chief=False)
    found.append(message(lambda: supervisor.start_standard_services(None)))
    found.append(message(lambda: supervisor.summary_computed(None, None)))
    return found


@results
def threads_of_a_supervisor(tf: Any) -> Any:
    model(tf)
    supervisor = tf.train.Supervisor()
    seen: list[int] = []
    try:
        with supervisor.managed_session() as session:

            def look() -> None:
                seen.append(int(session.run(supervisor.global_step)))
                if len(seen) == 3:
                    raise RuntimeError("three are enough")

            supervisor.loop(None, look)
            supervisor.wait_for_stop()
    except RuntimeError as error:
        return [seen, str(error)]
