"""Sessions with hooks: what is called when, what is saved, when the loop ends."""

from __future__ import annotations

import os
from typing import Any

from tests.api.programs import program, results
from tests.api.programs.files import in_folder


def model(tf: Any) -> Any:
    """A step counter that grows by one, and a variable that grows by two."""
    step = tf.train.get_or_create_global_step()
    total = tf.get_variable("total", initializer=1.0)
    local = tf.get_local_variable("local", initializer=5, trainable=False)
    with tf.control_dependencies([tf.assign_add(total, 2.0)]):
        train = tf.assign_add(step, 1)
    return step, total, local, train


def recorder(tf: Any, calls: list[Any], fetch: Any = None, stop_at: int | None = None) -> Any:
    """A hook that notes what is called."""

    class Recorder(tf.train.SessionRunHook):  # type: ignore[misc]
        def begin(self) -> None:
            calls.append(["begin", tf.get_default_graph().finalized])

        def after_create_session(self, session: Any, coord: Any) -> None:
            calls.append(["created", coord.should_stop(), tf.get_default_graph().finalized])

        def before_run(self, run_context: Any) -> Any:
            calls.append(["before", run_context.stop_requested])
            return None if fetch is None else tf.train.SessionRunArgs(fetch)

        def after_run(self, run_context: Any, run_values: Any) -> None:
            calls.append(["after", run_values.results])
            if stop_at is not None and run_values.results >= stop_at:
                run_context.request_stop()

        def end(self, session: Any) -> None:
            calls.append(["end"])

    return Recorder()


@results
def hooks_are_called(tf: Any) -> Any:
    _, total, local, train = model(tf)
    calls: list[Any] = []
    with tf.train.MonitoredSession(hooks=[recorder(tf, calls, total, 7.0)]) as session:
        while not session.should_stop():
            calls.append(["run", session.run([train, local])])
        calls.append([session.graph is tf.get_default_graph(), session.should_stop()])
        try:
            session.run(train)
        except RuntimeError as error:
            calls.append(str(error))
    calls.append([tf.get_default_graph().finalized, session.should_stop()])
    return calls


@results
def loops_that_end(tf: Any) -> Any:
    step, total, _, train = model(tf)
    found: list[Any] = []
    nan = tf.log(total - 7.0)
    hook_lists = [
        [tf.train.StopAtStepHook(last_step=3)],
        [tf.train.StopAtStepHook(num_steps=2)],
        [tf.train.NanTensorHook(nan, fail_on_nan_loss=False)],
        [tf.train.NanTensorHook(nan)],
    ]
    for hooks in hook_lists:
        count = 0
        try:
            with tf.train.SingularMonitoredSession(hooks=hooks) as session:
                while not session.should_stop():
                    session.run(train)
                    count += 1
        except tf.train.NanLossDuringTrainingError as error:
            found.append(str(error))
        found.append(count)
    final = tf.train.FinalOpsHook([step, total])
    with tf.train.MonitoredSession(hooks=[final]) as session:
        for _ in range(3):
            session.run(train)
        raise_out_of_range(tf)
    found += [final.final_ops_values]
    with tf.train.MonitoredSession() as session:

        def one_step(step_context: Any) -> Any:
            step_context.session.run(train)
            return step_context.run_with_hooks(train)

        found.append(session.run_step_fn(one_step))
        for wrong in (lambda: 1, lambda a, b: 2):
            try:
                session.run_step_fn(wrong)
            except ValueError as error:
                found.append(str(error).partition("Got")[0])
    return found


def raise_out_of_range(tf: Any) -> None:
    raise tf.errors.OutOfRangeError(None, None, "the input is used up")


@results
def hooks_that_feed(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.placeholder(tf.float32, [], name="y")
    total = tf.add(x, y)
    numbers = iter([1.0, 2.0, 3.0])
    feed = tf.train.FeedFnHook(lambda: {x: next(numbers)})
    found: list[Any] = []
    with tf.train.MonitoredSession(hooks=[feed]) as session:
        found.append(session.run(total, {y: 10.0}))
        found.append(session.run(x))
        try:
            session.run(x, {x: 1.0})
        except RuntimeError as error:
            found.append(str(error).partition(" Conflict")[0])
    return found


@results
def scaffolds(tf: Any) -> Any:
    step, total, local, train = model(tf)
    fed = tf.placeholder(tf.float32, [], name="fed")
    seen: list[Any] = []
    scaffold = tf.train.Scaffold(
        init_op=tf.group(step.initializer, tf.assign(total, fed)),
        init_feed_dict={fed: 20.0},
        init_fn=lambda scaffold, session: seen.append(session.run(total)),
    )
    copied = tf.train.Scaffold(copy_from_scaffold=scaffold)
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(copied)) as session:
        seen.append(session.run([train, total, local]))
    keys = [key for key in tf.get_default_graph().get_all_collection_keys() if "op" in key]
    seen.append(sorted(keys))
    with tf.Graph().as_default():
        tf.get_variable("a", initializer=1.0)
        lazy = tf.train.Scaffold(init_op=tf.no_op())
        try:
            tf.train.MonitoredSession(tf.train.ChiefSessionCreator(lazy))
        except RuntimeError as error:
            seen.append("Variables not initialized: a" in str(error))
    return seen


@program
def what_a_scaffold_adds(tf: Any) -> Any:
    model(tf)
    scaffold = tf.train.Scaffold().finalize()
    return [
        scaffold.init_op.name,
        scaffold.ready_op.name,
        scaffold.ready_for_local_init_op.name,
        scaffold.local_init_op.name,
        scaffold.summary_op,
        scaffold.saver.saver_def.restore_op_name,
        tf.get_default_graph().finalized,
    ]


@in_folder
def training_sessions(tf: Any, folder: str) -> Any:
    found: list[Any] = []
    for last in (5, 8):
        with tf.Graph().as_default():
            step, total, _, train = model(tf)
            tf.summary.scalar("total", total)
            with tf.train.MonitoredTrainingSession(
                checkpoint_dir=folder,
                hooks=[tf.train.StopAtStepHook(last_step=last)],
                save_checkpoint_steps=2,
                save_summaries_steps=2,
                log_step_count_steps=2,
            ) as session:
                found.append(session.run([step, total]))
                while not session.should_stop():
                    session.run(train)
            state = tf.train.get_checkpoint_state(folder)
            found.append([os.path.basename(p) for p in state.all_model_checkpoint_paths])
            found.append(tf.train.load_variable(folder, "total"))
    names = sorted(name for name in os.listdir(folder) if not name.startswith("events"))
    found.append(names)
    (tags, steps) = (set(), set())
    for name in os.listdir(folder):
        if name.startswith("events"):
            for event in tf.train.summary_iterator(os.path.join(folder, name)):
                for value in event.summary.value:
                    tags.add(value.tag)
                    if value.tag == "total":
                        steps.add((event.step, value.simple_value))
    found.append([sorted(tags), sorted(steps)])
    return found


@in_folder
def listeners(tf: Any, folder: str) -> Any:
    _, _, _, train = model(tf)
    calls: list[Any] = []

    class Listener(tf.train.CheckpointSaverListener):  # type: ignore[misc]
        def begin(self) -> None:
            calls.append("begin")

        def before_save(self, session: Any, global_step_value: Any) -> None:
            calls.append(["before", int(global_step_value)])

        def after_save(self, session: Any, global_step_value: Any) -> Any:
            calls.append(["after", int(global_step_value)])
            return global_step_value >= 4

        def end(self, session: Any, global_step_value: Any) -> None:
            calls.append(["end", int(global_step_value)])

    hook = tf.train.CheckpointSaverHook(
        folder, save_steps=2, saver=tf.train.Saver(), listeners=[Listener()]
    )
    with tf.train.SingularMonitoredSession(hooks=[hook]) as session:
        while not session.should_stop():
            session.run(train)
        calls.append(session.raw_session() is not None)
    return calls


@results
def timers(tf: Any) -> Any:
    timer = tf.train.SecondOrStepTimer(every_steps=3)
    found: list[Any] = []
    for step in (0, 1, 2, 3, 3, 5, 6, 9):
        triggered = timer.should_trigger_for_step(step)
        elapsed = timer.update_last_triggered_step(step)[1] if triggered else None
        found.append([step, triggered, elapsed, timer.last_triggered_step()])
    for keywords in ({}, {"every_secs": 1.0, "every_steps": 1}):
        try:
            tf.train.SecondOrStepTimer(**keywords)
        except ValueError as error:
            found.append(str(error))
    return found


@results
def logged_tensors(tf: Any) -> Any:
    step, _, _, train = model(tf)
    texts: list[str] = []
    hooks = [
        tf.train.LoggingTensorHook(
            {"step": step},
            every_n_iter=2,
            at_end=True,
            formatter=lambda values: texts.append(f"{int(values['step'])}") or "x",
        )
    ]
    with tf.train.MonitoredSession(hooks=hooks) as session:
        for _ in range(4):
            session.run(train)
    for keywords in ({}, {"every_n_iter": 1, "every_n_secs": 1}, {"every_n_iter": 0}):
        try:
            tf.train.LoggingTensorHook([step], **keywords)
        except ValueError as error:
            texts.append(str(error))
    return [len(texts), texts[-3:]]


@results
def session_managers(tf: Any) -> Any:
    a = tf.get_variable("a", initializer=1.0)
    ready = tf.report_uninitialized_variables()
    manager = tf.train.SessionManager(ready_op=ready)
    found: list[Any] = []
    with manager.prepare_session("", init_op=a.initializer) as session:
        found.append(session.run(a))
    for keywords in ({}, {"init_op": tf.no_op()}):
        try:
            manager.prepare_session("", **keywords)
        except RuntimeError as error:
            found.append(str(error).partition(".")[0])
    session, recovered = manager.recover_session("", saver=None)
    found.append(recovered)
    try:
        tf.train.SessionManager(ready_for_local_init_op=ready)
    except ValueError as error:
        found.append(str(error).partition(",")[0])
    return found
