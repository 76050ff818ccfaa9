"""Checkpoints read by name, and variables that begin with their values."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

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


def vocabulary(folder: str, name: str, words: str) -> str:
    """A file with a word a line."""
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"{word}\n" for word in words.split()))
    return path


@in_folder
def warm_starts_between_vocabularies(tf: Any, folder: str) -> Any:
    old = vocabulary(folder, "old.txt", "cat dog bird fish")
    new = vocabulary(folder, "new.txt", "bird horse cat fish lion")
    twice = vocabulary(folder, "twice.txt", "cat dog cat")
    path = os.path.join(folder, "m")
    with tf.Graph().as_default():
        numbers = np.arange(8, dtype=np.float32)
        tf.get_variable("rows", initializer=numbers.reshape(4, 2) + 1)
        tf.get_variable("columns", initializer=numbers.reshape(2, 4) - 9)
        tf.get_variable("bias", initializer=numbers[:4])
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            tf.train.Saver().save(session, path)

    def info(size: int = 5, more: int = 0, *rest: Any, **others: Any) -> Any:
        return tf.train.VocabInfo(new, size, more, old, *rest, **others)

    filled = tf.random_uniform_initializer(1.0, 2.0, seed=3)

    def attempt(
        variables: dict[str, list[int]], vocabularies: Any, parts: int = 1, **keywords: Any
    ) -> Any:
        with tf.Graph().as_default() as graph:
            cut = tf.fixed_size_partitioner(parts) if parts > 1 else None
            for name, shape in variables.items():
                tf.get_variable(name, shape=shape, partitioner=cut, initializer=filled)
            before = len(graph.get_operations())
            keywords = {"var_name_to_vocab_info": vocabularies, **keywords}
            error = refused(tf, lambda: tf.train.warm_start(path, **keywords), folder)
            if error is not None:
                return error[0], error[1].partition("Here is")[0][:200]
            built = [(op.name, op.type) for op in graph.get_operations()[before:]]
            state = refused(tf, lambda: values(tf), folder)
            return built, state if isinstance(state, dict) else state[0]

    rows, columns = {"rows": [5, 2]}, {"columns": [2, 5]}
    return [
        attempt(rows, {"rows": info()}),
        attempt({"rows": [7, 2]}, {"rows": info(5, 2, -1, filled)}),
        attempt({"rows": [3, 2]}, {"rows": info(3, 0, 2)}),
        attempt({"rows": [7, 2]}, {"rows": info(5, 2, backup_initializer=filled)}, parts=2),
        attempt({"rows": [8, 2]}, {"rows": info(5, 3, backup_initializer=filled)}, parts=4),
        attempt(columns, {"columns": info(axis=1)}),
        attempt({"columns": [2, 6]}, {"columns": info(5, 1, backup_initializer=filled, axis=1)}),
        attempt({"columns": [2, 5]}, {"columns": info(axis=1)}, parts=2),
        attempt(
            {"mine": [5, 2], "columns": [2, 4]},
            {"mine": info()},
            var_name_to_prev_var_name={"mine": "rows"},
        ),
        attempt({"rows": [5, 2], "bias": [4]}, {"rows": info()}, vars_to_warm_start=None),
        attempt({"rows": [5, 2], "bias": [4]}, {"rows": info()}),
        attempt(rows, {"rows": info(), "nobody": info()}),
        attempt({"rows": [6, 2]}, {"rows": info()}),
        attempt({"columns": [2, 6]}, {"columns": info(axis=1)}),
        attempt(rows, {"rows": info(backup_initializer=3)}),
        attempt(rows, {"rows": tf.train.VocabInfo("", 5, 0, old)}),
        attempt(rows, {"rows": tf.train.VocabInfo(new, 5, 0, twice)}),
        refused(tf, lambda: info(axis=2)),
    ]
