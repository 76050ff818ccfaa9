"""Checkpoints read by name, and variables that begin with their values."""

from __future__ import annotations

import os
from typing import Any

from tests.api.programs.files import in_folder, refused


def written(tf: Any, folder: str) -> str:
    """The prefix of a checkpoint with variables in scopes, one of them in parts."""
    path = os.path.join(folder, "model")
    with tf.Graph().as_default():
        with tf.variable_scope("old"):
            tf.get_variable("w", initializer=[[1.0, 2.0], [3.0, 4.0]])
            with tf.variable_scope("deep"):
                tf.get_variable("b", initializer=[5.0, 6.0])
        tf.get_variable(
            "table",
            shape=[4, 2],
            initializer=tf.constant_initializer([[1.0, 2.0], [3.0, 4.0]]),
            partitioner=tf.fixed_size_partitioner(2),
        )
        tf.get_variable("step", initializer=9)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            tf.train.Saver().save(session, path)
    return path


def values(tf: Any) -> Any:
    """Name → value of all variables after initialisation."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return {v.name: session.run(v) for v in tf.global_variables()}


@in_folder
def checkpoints_by_name(tf: Any, folder: str) -> Any:
    path = written(tf, folder)
    reader = tf.train.load_checkpoint(folder)
    return [
        tf.train.list_variables(path),
        tf.train.list_variables(folder),
        tf.train.load_variable(path, "old/w"),
        tf.train.load_variable(folder, "step:0"),
        sorted(reader.get_variable_to_shape_map().items()),
        sorted((k, v.name) for k, v in reader.get_variable_to_dtype_map().items()),
        [reader.has_tensor("old/w"), reader.has_tensor("w")],
        reader.get_tensor("table"),
        tf.train.NewCheckpointReader(path).get_tensor("old/deep/b"),
        os.path.relpath(tf.train.latest_checkpoint(folder), folder),
        [tf.train.checkpoint_exists(path), tf.train.checkpoint_exists(path + "x")],
        [len(tf.train.get_checkpoint_mtimes([path, path + "x"]))],
        [os.path.relpath(p, folder) for p in tf.train.checkpoints_iterator(folder, timeout=0)],
        refused(tf, lambda: tf.train.load_variable(path, "nope"))[0],
        refused(tf, lambda: tf.train.list_variables(path + "x"), folder)[0],
        refused(tf, lambda: tf.train.list_variables(os.path.join(folder, "..", "no")))[0],
        tf.train.latest_checkpoint(os.path.join(folder, "none")),
        tf.train.remove_checkpoint(path),
        sorted(os.listdir(folder)),
        tf.train.latest_checkpoint(folder),
        refused(tf, lambda: tf.train.load_checkpoint(folder), folder),
    ]


@in_folder
def checkpoint_states(tf: Any, folder: str) -> Any:
    found: list[Any] = []
    for args, keywords in (
        ((folder, os.path.join(folder, "m-1")), {}),
        ((folder, "m-2", ["m-1", "m-2"]), {"all_model_checkpoint_timestamps": [1.5, 2.5]}),
        (("relative", "relative/m-1"), {"last_preserved_timestamp": 3.5}),
    ):
        state = tf.train.generate_checkpoint_state_proto(*args, **keywords)
        found.append(str(state).replace(folder, "FOLDER"))
    found.append(
        refused(
            tf,
            lambda: tf.train.generate_checkpoint_state_proto(
                folder, "a", ["a"], all_model_checkpoint_timestamps=[1.0, 2.0]
            ),
        )
    )
    tf.train.update_checkpoint_state(folder, "m-2", ["m-1", "m-2"], latest_filename="other")
    with open(os.path.join(folder, "other"), encoding="utf-8") as file:
        found.append(file.read())
    state = tf.train.get_checkpoint_state(folder, "other")
    found.append(str(state).replace(folder, "FOLDER"))
    found.append(tf.train.get_checkpoint_state(folder))
    with open(os.path.join(folder, "checkpoint"), "w", encoding="utf-8") as file:
        file.write("no such field: 3")
    found.append(tf.train.get_checkpoint_state(folder))
    with open(os.path.join(folder, "checkpoint"), "w", encoding="utf-8") as file:
        file.write('all_model_checkpoint_paths: "x"')
    found.append(refused(tf, lambda: tf.train.get_checkpoint_state(folder), folder))
    return found


@in_folder
def variables_from_checkpoints(tf: Any, folder: str) -> Any:
    path = written(tf, folder)
    found: list[Any] = []

    def model() -> list[Any]:
        with tf.variable_scope("new"):
            w = tf.get_variable("w", shape=[2, 2])
            with tf.variable_scope("deep"):
                b = tf.get_variable("b", shape=[2], use_resource=False)
        table = tf.get_variable("mine", shape=[4, 2], partitioner=tf.fixed_size_partitioner(2))
        return [w, b, table]

    def attempt(assignment: Any, where: str = path) -> None:
        with tf.Graph().as_default():
            made = model()
            given = assignment(*made)
            text = refused(tf, lambda: tf.train.init_from_checkpoint(where, given), folder)
            if text is None:
                tf.get_variable_scope()
                with tf.Session() as session:
                    for variable in tf.global_variables():
                        chosen = variable.initializer
                        session.run(chosen)
                    reads = [v for v in tf.global_variables() if "new" in v.name]
                    state = {v.name: session.run(v) for v in reads}
                    state["mine"] = [session.run(v) for v in made[2]]
                found.append(sorted(item for item in chosen_from(tf, state)))
                found.append([op.name for op in tf.get_default_graph().get_operations()][-9:])
            else:
                # The shapes in the checkpoint come in no certain order.
                found.append(text[1].partition(" {")[0])

    whole = {"old/": "new/", "table": "mine"}
    attempt(lambda w, b, t: whole)
    attempt(lambda w, b, t: whole, folder)
    attempt(lambda w, b, t: {"old/w": w, "old/deep/b": b, "table": list(t)})
    attempt(lambda w, b, t: [("old/w", "new/w"), ("old/deep/", "new/deep/"), ("table", "mine")])
    attempt(lambda w, b, t: {"nope": "new/w"})
    attempt(lambda w, b, t: {"old/deep/b": w})
    attempt(lambda w, b, t: {"old": "new/"})
    attempt(lambda w, b, t: {"old/deep/": "new/"})
    return found


def chosen_from(tf: Any, state: dict[str, Any]) -> Any:
    """The values that do not depend on chance."""
    for name, value in state.items():
        items = value if isinstance(value, list) else [value]
        yield [name, [item.tolist() for item in items]]


@in_folder
def warm_starts(tf: Any, folder: str) -> Any:
    path = written(tf, folder)
    found: list[Any] = []
    for keywords in (
        {"vars_to_warm_start": ".*w", "var_name_to_prev_var_name": {"new/w": "old/w"}},
        {
            "vars_to_warm_start": ["new/.*"],
            "var_name_to_prev_var_name": {"new/w": "old/w", "new/b": "old/deep/b"},
        },
        {"vars_to_warm_start": "table"},
        {"vars_to_warm_start": ".*b", "var_name_to_prev_var_name": {"no": "old/w"}},
        {"vars_to_warm_start": "new/b"},
        {"vars_to_warm_start": 3},
    ):
        with tf.Graph().as_default():
            with tf.variable_scope("new"):
                tf.get_variable("w", initializer=[[0.0, 0.0], [0.0, 0.0]])
                tf.get_variable("b", initializer=[0.0, 0.0])
            tf.get_variable(
                "table",
                shape=[4, 2],
                initializer=tf.zeros_initializer(),
                partitioner=tf.fixed_size_partitioner(2),
            )
            error = refused(tf, lambda given=keywords: tf.train.warm_start(path, **given), folder)
            found.append(error and error[1].partition(" {")[0])
            found.append(values(tf))
    return found
