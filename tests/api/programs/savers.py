"""Savers: the operations they add, what they write and restore."""

from __future__ import annotations

import os
from typing import Any

from tests.api.programs import message, program
from tests.api.programs.files import in_folder, refused


def variables(tf: Any, use_resource: bool = False) -> list[Any]:
    """Three variables, of them one that is a step counter and one of strings."""
    with tf.variable_scope("", use_resource=use_resource):
        return [
            tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="weights"),
            tf.Variable(7, name="step", dtype=tf.int64, trainable=False),
            tf.Variable(["a", "bcd"], name="words", trainable=False),
        ]


def saver_def(tf: Any, saver: Any) -> Any:
    proto = saver.as_saver_def()
    return [
        proto.filename_tensor_name,
        proto.save_tensor_name,
        proto.restore_op_name,
        proto.max_to_keep,
        proto.sharded,
        proto.keep_checkpoint_every_n_hours,
        proto.version,
    ]


@program
def savers_of_reference_variables(tf: Any) -> Any:
    variables(tf)
    return [saver_def(tf, tf.train.Saver()), saver_def(tf, tf.train.Saver(max_to_keep=None))]


@program
def savers_of_resource_variables(tf: Any) -> Any:
    made = variables(tf, True)
    return [saver_def(tf, tf.train.Saver()), saver_def(tf, tf.train.Saver({"w": made[0]}))]


@program
def savers_with_arguments(tf: Any) -> Any:
    made = variables(tf)
    with tf.name_scope("outer"):
        savers = [
            tf.train.Saver(made[:2], reshape=True, name="mine", filename="elsewhere"),
            tf.train.Saver({"b": made[1], "a": made[0]}, restore_sequentially=True, max_to_keep=2),
            tf.train.Saver([made[0].op.outputs[0]], keep_checkpoint_every_n_hours=1.5),
        ]
    return [saver_def(tf, saver) for saver in savers]


@program
def sharded_savers(tf: Any) -> Any:
    with tf.device("/cpu:0"):
        a = tf.Variable(1.0, name="a")
    with tf.device("/job:ps/task:1"):
        b = tf.Variable(2.0, name="b")
    c = tf.Variable(3.0, name="c", use_resource=True)
    return [saver_def(tf, tf.train.Saver([a, b, c], sharded=True))]


@program
def deferred_savers(tf: Any) -> Any:
    saver = tf.train.Saver(defer_build=True, allow_empty=True)
    before = saver.as_saver_def()
    variables(tf)
    saver.build()
    saver.build()
    empty = tf.train.Saver([], allow_empty=True)
    return [before, saver_def(tf, saver), empty.as_saver_def()]


@program
def savers_that_are_wrong(tf: Any) -> Any:
    with tf.Graph().as_default():
        empty = message(tf.train.Saver)
    a, b, _ = variables(tf)
    return [
        empty,
        message(lambda: tf.train.Saver([a, a])),
        message(lambda: tf.train.Saver({"x": a, "y": a})),
        message(lambda: tf.train.Saver(3)),
        message(lambda: tf.train.Saver({1: a})),
        message(lambda: tf.train.Saver([a], defer_build=True)),
        message(lambda: tf.train.Saver({"a": [a]})).partition(":")[0],
        message(lambda: tf.train.Saver(saver_def=3)),
        message(lambda: tf.train.Saver(defer_build=True).save(None, "x")),
        message(lambda: tf.train.Saver([b]).save(None, "x", latest_filename="a/b")),
        message(lambda: tf.train.Saver([b]).save("no session", "x")),
        message(lambda: tf.train.Saver([b]).restore(None, None)),
        message(lambda: tf.train.Saver([b]).restore(None, "no/such/checkpoint")),
    ]


@in_folder
def checkpoints_that_come_and_go(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "model")
    step = tf.Variable(0, name="step", dtype=tf.int64)
    more = tf.assign_add(step, 10)
    saver = tf.train.Saver(max_to_keep=2, pad_step_number=True, save_relative_paths=True)
    found: list[Any] = []
    with tf.Session() as session:
        session.run(step.initializer)
        for _ in range(4):
            session.run(more)
            saved = saver.save(session, path, global_step=step)
            found.append(os.path.relpath(saved, folder))
        found.append([os.path.relpath(name, folder) for name in saver.last_checkpoints])
        with open(os.path.join(folder, "checkpoint"), encoding="utf-8") as file:
            found.append(file.read())
        found.append(sorted(os.listdir(folder)))
        saver.restore(session, path + "-00000030")
        found.append(session.run(step))
        found.append(
            os.path.relpath(
                saver.save(session, path, write_meta_graph=False, write_state=False), folder
            )
        )
        saver.save(
            session, path, global_step=7, latest_filename="latest", meta_graph_suffix="graph"
        )
        found.append(sorted(os.listdir(folder)))
        found.append(refused(tf, lambda: saver.restore(session, path + "-00000010"), folder))
    other = tf.train.Saver()
    kept = tf.train.get_checkpoint_state(folder).all_model_checkpoint_paths
    other.recover_last_checkpoints([*kept, path + "-1"])
    found.append([os.path.relpath(name, folder) for name in other.last_checkpoints])
    other.set_last_checkpoints([path])
    found.append([os.path.relpath(name, folder) for name in other.last_checkpoints])
    return found


@in_folder
def what_restoring_gives(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "model")
    found: list[Any] = []
    for use_resource in (False, True):
        with tf.Graph().as_default():
            made = variables(tf, use_resource)
            change = [tf.assign(made[0], [[5.0, 6.0], [7.0, 8.0]]), tf.assign(made[2], ["", "é"])]
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                session.run(change)
                tf.train.Saver(sharded=use_resource).save(session, path)
        with tf.Graph().as_default():
            made = variables(tf, not use_resource)
            tf.train.Saver(made[1:], name="part")
            renamed = tf.Variable([0.0] * 4, name="flat")
            with tf.Session() as session:
                tf.train.Saver(made).restore(session, path)
                tf.train.Saver({"weights": renamed}, reshape=True).restore(session, path)
                found.append(session.run([*made, renamed]))
                text = message_of(tf, tf.train.Saver([renamed]).restore, session, path)
                found.append("Key flat not found in checkpoint" in text)
                text = message_of(tf, tf.train.Saver({"step": renamed}).restore, session, path)
                found.append("expected dtype" in text)
                found.append(text.split(" Original error")[0])
    return found


def message_of(tf: Any, act: Any, *arguments: Any) -> str:
    """The text of an error of a run."""
    try:
        act(*arguments)
    except tf.errors.OpError as error:
        return str(error.message)
    return ""


@in_folder
def meta_graphs_with_savers(tf: Any, folder: str) -> Any:
    path = os.path.join(folder, "model")
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        weights = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="weights")
        tf.add_to_collection("outputs", tf.matmul(x, weights, name="y"))
        tf.add_to_collection("numbers", 3)
        tf.add_to_collection("notes", "seen")
        saver = tf.train.Saver()
        tf.add_to_collection("savers", saver)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            saver.save(session, path)
    found: list[Any] = []
    for scope in (None, "again", "a/b"):
        with tf.Graph().as_default() as graph:
            saver = tf.train.import_meta_graph(path + ".meta", import_scope=scope)
            with tf.Session() as session:
                saver.restore(session, path)
                (y,) = tf.get_collection("outputs")
                prefix = f"{scope}/" if scope else ""
                found.append(session.run(y, {f"{prefix}x:0": [[1.0, 1.0]]}))
            found.append([y.name, tf.get_collection("numbers"), tf.get_collection("notes")])
            found.append([saver_def(tf, item) for item in tf.get_collection("savers")])
            found.append(saver_def(tf, saver))
            found.append([v.name for v in tf.trainable_variables()])
            found.append(len(graph.get_operations()))
    return found


@program
def exported_meta_graphs(tf: Any) -> Any:
    outside = tf.constant(1.0, name="outside")
    with tf.name_scope("inner"):
        with tf.device("/cpu:0"):
            inside = tf.constant(2.0, name="inside")
        total = tf.add(inside, outside, name="total")
        tf.add_to_collection("totals", total)
    weights = tf.Variable(1.0, name="weights")
    savers = [tf.train.Saver([weights]), tf.train.Saver([weights])]
    for saver in savers:
        tf.add_to_collection("savers", saver)
    whole = tf.train.export_meta_graph(saver_def=savers[1].as_saver_def())
    part = tf.train.export_meta_graph(export_scope="inner")
    one = tf.train.export_meta_graph(
        saver_def=savers[1].as_saver_def(),
        clear_extraneous_savers=True,
        clear_devices=True,
        collection_list=["savers", "totals"],
    )
    bare = tf.train.export_meta_graph(strip_default_attrs=True)
    found: list[Any] = []
    for proto in (whole, part, one, bare):
        found.append([(n.name, n.op, list(n.input), n.device) for n in proto.graph_def.node])
        found.append(sorted(proto.collection_def))
        found.append(len(proto.collection_def["savers"].bytes_list.value))
        found.append(sorted(op.name for op in proto.meta_info_def.stripped_op_list.op))
        found.append(proto.meta_info_def.stripped_default_attrs)
        found.append(proto.HasField("saver_def"))
    found.append(
        sorted(
            {
                key
                for n in bare.graph_def.node
                for key in n.attr
                if key[0] != "_" and key != "debug_name"
            }
        )
    )
    with tf.Graph().as_default():
        found.append(message(lambda: tf.train.import_meta_graph(part)))
        tf.train.import_meta_graph(
            part, input_map={"$unbound_inputs_outside": tf.constant(5.0)}, import_scope="here"
        )
        with tf.Session() as session:
            found.append(session.run("here/total:0"))
    return found
