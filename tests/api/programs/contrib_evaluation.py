"""How programs of slim evaluate checkpoints: once, each as it comes, with summaries at the end."""

from __future__ import annotations

import glob
import os
import tempfile
from typing import Any

from tests.api.programs import attempt, program, results
from tests.api.programs.contrib import slim


def save(tf: Any, folder: str, value: float, step: int) -> str:
    """A checkpoint of a model of one number."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("v", [], initializer=tf.constant_initializer(value))
        session.run(tf.train.create_global_step().initializer)
        session.run(tf.global_variables_initializer())
        session.run(tf.train.get_global_step().assign(step))
        saver = tf.train.Saver()
        return str(saver.save(session, os.path.join(folder, "model"), global_step=step))


def model(tf: Any) -> tuple[Any, Any, Any]:
    """A mean of what is fed, what updates it, and the placeholder."""
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
    tf.train.get_or_create_global_step()
    x = tf.placeholder(tf.float32, [])
    value, update = tf.metrics.mean(v + x)
    tf.summary.scalar("mean", value)
    return value, update, x


def written(tf: Any, folder: str) -> list[Any]:
    """Step, tag and value of the summaries of a folder."""
    return [
        [event.step, item.tag, round(item.simple_value, 5)]
        for path in sorted(glob.glob(os.path.join(folder, "events*")))
        for event in tf.train.summary_iterator(path)
        for item in event.summary.value
    ]


def repeated(tf: Any) -> Any:
    """`evaluate_repeatedly` and what belongs to it."""
    return tf.contrib.training if hasattr(tf, "contrib") else slim(tf).train_eval


@results
def checkpoints_evaluated_once(tf: Any) -> Any:
    s = slim(tf)
    with tempfile.TemporaryDirectory() as folder:
        path, logs = save(tf, folder, 2.0, 5), os.path.join(folder, "logs")
        found = []
        with tf.Graph().as_default():
            value, update, x = model(tf)
            for arguments in (
                {"num_evals": 3, "eval_op": update, "final_op": value},
                {"num_evals": 1, "eval_op": [update], "final_op": {"mean": value}},
                {"eval_op": {"a": update}, "final_op": value, "summary_op": None},
            ):
                found.append(
                    s.evaluation.evaluate_once(
                        "", path, logs, eval_op_feed_dict={x: 1.0}, **arguments
                    )
                )
                s.evaluation.evaluate_once("", path, logs, summary_op=None)
        seen = written(tf, logs)
        with tf.Graph().as_default():
            w = tf.get_variable("w", [], initializer=tf.zeros_initializer())
            found.append(
                s.evaluation.evaluate_once(
                    "", path, logs, final_op=w, variables_to_restore={"v": w},
                    initial_op=tf.global_variables_initializer(), summary_op=None,
                )
            )  # fmt: skip
            found.append(repeated(tf).evaluate_once(None, final_ops=w))
        tf.summary.FileWriterCache.clear()
        return [found, seen]


@results
def checkpoints_evaluated_as_they_come(tf: Any) -> Any:
    s = slim(tf)
    with tempfile.TemporaryDirectory() as folder:
        logs = os.path.join(folder, "logs")
        save(tf, folder, 2.0, 5)
        found: list[Any] = []

        def more() -> bool:
            if len(found) < 2:
                found.append(save(tf, folder, 3.0 + len(found), 6 + len(found))[-1])
                return False
            return True

        with tf.Graph().as_default():
            value, update, x = model(tf)
            found.append(
                s.evaluation.evaluation_loop(
                    "", folder, logs, 2, eval_op=update, eval_op_feed_dict={x: 1.0},
                    final_op=value, eval_interval_secs=0, timeout=0, timeout_fn=more,
                )
            )  # fmt: skip
        seen = written(tf, logs)
        with tf.Graph().as_default():
            value, update, x = model(tf)
            hooks = [s.evaluation.StopAfterNEvalsHook(4, log_progress=False)]
            last = repeated(tf).evaluate_repeatedly(
                folder, eval_ops=update, feed_dict={x: 1.0}, final_ops=[value], hooks=hooks,
                max_number_of_evaluations=1,
            )  # fmt: skip
        tf.summary.FileWriterCache.clear()
        missing = os.path.join(folder, "none")
        waited = s.evaluation.wait_for_new_checkpoint(missing, seconds_to_sleep=0, timeout=-1)
        listed = list(s.evaluation.checkpoints_iterator(folder, timeout=0))
        return [found, seen, last, waited, [os.path.basename(path) for path in listed]]


@program
def evaluation_steps(tf: Any) -> Any:
    s = slim(tf)
    step = s.evaluation.get_or_create_eval_step()
    return [
        step.name,
        [v.name for v in tf.local_variables()],
        s.evaluation.get_or_create_eval_step() is step,
        attempt(s.evaluation.SummaryAtEndHook),
    ]
