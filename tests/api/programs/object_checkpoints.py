"""`tf.train.Checkpoint` and its manager: keys and objects that are written, what is restored, and when."""

from __future__ import annotations

import os
import re
from typing import Any

from tests.api.programs.files import in_folder


def trained(tf: Any) -> Any:
    """Two variables, layers, a counter of steps, and an optimiser that has slots of some of them."""
    step = tf.train.get_or_create_global_step()
    weights = tf.get_variable("weights", initializer=[1.0, 2.0])
    bias = tf.get_variable("bias", initializer=3.0, use_resource=False)
    layer = tf.layers.Dense(1, kernel_initializer=tf.ones_initializer())
    output = layer(weights[tf.newaxis] + bias)
    optimizer = tf.train.AdamOptimizer(0.1)
    train = optimizer.minimize(tf.reduce_sum(output), step)
    checkpoint = tf.train.Checkpoint(
        optimizer=optimizer, layer=layer, weights=weights, bias=bias, step=step, again=weights
    )
    return checkpoint, train


def contained(tf: Any) -> Any:
    """Variables in lists, dicts, tuples, and a Checkpoint in another."""
    made = [tf.Variable(float(i), name="v") for i in range(6)]
    inner = tf.train.Checkpoint(one=made[0])
    outer = tf.train.Checkpoint(
        inner=inner, list=[made[1], ["text", made[2]], []], dict={"a/b.c": made[3], "d": 1}
    )
    outer.pair = (1, made[4])
    outer.text = "text"
    outer.late = made[5]
    return outer, tf.no_op()


def celled(tf: Any) -> Any:
    """Recurrent cells, a template, and a table."""
    cells = [tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.LSTMCell(2)]
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.DropoutWrapper(cells[0], 0.5), cells[1]])
    tf.nn.dynamic_rnn(cell, tf.ones([1, 2, 3]), dtype=tf.float32)
    inner = tf.make_template("inner", lambda x: x * tf.get_variable("scale", [2]))

    def function(x: Any) -> Any:
        with tf.variable_scope("below"):
            return inner(x) + tf.get_variable("shift", [2])

    template = tf.make_template("template", function)
    template(1.0)
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    return (
        tf.train.Checkpoint(cell=cell, template=template, table=table),
        table.insert(["a", "b"], tf.constant([1, 2], tf.int64)),
    )


BUILDERS = [trained, contained, celled]


def said(tf: Any, act: Any) -> Any:
    """Whether something passes, or the kind of error and the beginning of its text."""
    try:
        act()
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        text = getattr(error, "message", str(error))
        return type(error).__name__, re.split(r"[:{\n]| got ", text)[0][:70]
    return "passes"


def written(tf: Any, build: Any, folder: str) -> Any:
    """Names, types and shapes in the checkpoint that a program writes, and its values if they are not random."""
    checkpoint, train = build(tf)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        first = checkpoint.save(f"{folder}/ckpt")
        session.run(train)
        second = checkpoint.write(f"{folder}/sub/other")
        third = checkpoint.save(f"{folder}/ckpt", session=session)
    reader = tf.train.load_checkpoint(third)
    return [
        [os.path.relpath(path, folder) for path in (first, second, third)],
        os.path.relpath(tf.train.latest_checkpoint(folder), folder),
        sorted(os.listdir(folder)),
        [
            (name, shape, reader.get_variable_to_dtype_map()[name].name)
            for name, shape in tf.train.list_variables(folder)
        ],
        int(tf.train.load_variable(first, "save_counter/.ATTRIBUTES/VARIABLE_VALUE")),
    ]


@in_folder
def what_is_written(tf: Any, folder: str) -> Any:
    found = []
    for build in BUILDERS:
        with tf.Graph().as_default():
            found.append(written(tf, build, f"{folder}/{build.__name__}"))
    return found


@in_folder
def what_is_restored(tf: Any, folder: str) -> Any:
    found = []
    for build in (trained, contained):
        with tf.Graph().as_default():
            checkpoint, train = build(tf)
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                session.run(train)
                path = checkpoint.save(f"{folder}/{build.__name__}")
        with tf.Graph().as_default():
            checkpoint, train = build(tf)
            status = checkpoint.restore(path)
            with tf.Session() as session:
                status.assert_consumed().assert_existing_objects_matched()
                status.assert_nontrivial_match().run_restore_ops()
                variables = sorted(tf.global_variables(), key=lambda v: v.name)
                found.append(
                    [(v.name, value) for v, value in zip(variables, session.run(variables))]
                )
                session.run(train)
                found.append(os.path.relpath(checkpoint.save(f"{folder}/again"), folder))
    return found


@in_folder
def objects_that_come_late(tf: Any, folder: str) -> Any:
    """Layers, optimisers and attributes that are made after restoring."""
    with tf.Graph().as_default():
        checkpoint, train = trained(tf)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(train)
            path = checkpoint.save(f"{folder}/ckpt")
    step = tf.train.get_or_create_global_step()
    weights = tf.get_variable("other", initializer=[0.0, 0.0])
    layer = tf.layers.Dense(1)
    optimizer = tf.train.AdamOptimizer(0.1)
    checkpoint = tf.train.Checkpoint(layer=layer, weights=weights, step=step)
    status = checkpoint.restore(path)
    found = [said(tf, status.assert_existing_objects_matched), said(tf, status.assert_consumed)]
    output = layer(weights[tf.newaxis])
    optimizer.minimize(tf.reduce_sum(output), step)
    checkpoint.optimizer = optimizer
    with tf.Session() as session:
        status.run_restore_ops()
        found.append(session.run([step, weights, layer.kernel]))
        slots = [optimizer.get_slot(weights, name) for name in ("m", "v")]
        found.append([session.run(slots), said(tf, status.assert_consumed)])
        checkpoint.bias = tf.get_variable("late", initializer=0.0)
        status.assert_existing_objects_matched().run_restore_ops(session)
        found.append(session.run([checkpoint.bias, optimizer.get_slot(weights, "m")]))
    return found


@in_folder
def initializing_or_restoring(tf: Any, folder: str) -> Any:
    a = tf.Variable(1.0)
    b = tf.Variable(2.0)
    checkpoint = tf.train.Checkpoint(a=a)
    found: list[Any] = []
    with tf.Session() as session:
        status = checkpoint.restore(None)
        found += [
            said(tf, method)
            for method in (
                status.assert_consumed,
                status.assert_existing_objects_matched,
                status.assert_nontrivial_match,
                status.run_restore_ops,
            )
        ]
        status.initialize_or_restore()
        found.append(session.run([a, checkpoint.save_counter]))
        session.run(a.assign(10.0))
        path = checkpoint.save(f"{folder}/ckpt")
        more = tf.train.Checkpoint(a=a, b=b)
        status = more.restore(path)
        session.run(a.assign(11.0))
        status.initialize_or_restore()
        found.append(session.run([a, b]))
        # The latest restoration counts.
        session.run(a.assign(12.0))
        later = checkpoint.save(f"{folder}/ckpt")
        first, second = checkpoint.restore(path), checkpoint.restore(later)
        for status in (first, second, first):
            status.run_restore_ops()
            found.append([session.run(a), session.run(checkpoint.save_counter)])
    return found


@in_folder
def what_cannot_be_restored(tf: Any, folder: str) -> Any:
    a = tf.Variable([1.0, 2.0], name="a")
    with tf.Session() as session:
        session.run(a.initializer)
        path = tf.train.Checkpoint(a=a, b=[a]).save(f"{folder}/ckpt")
        found = [
            said(tf, lambda value=value: tf.train.Checkpoint(a=value))
            for value in (3, "text", tf.constant(1.0), None, (1, 2))
        ]
        found.append(said(tf, lambda: tf.train.Checkpoint().restore(f"{folder}/none")))
        for root in (
            tf.train.Checkpoint(c=a),
            tf.train.Checkpoint(),
            tf.train.Checkpoint(a=[a]),
            tf.train.Checkpoint(a=a),
            tf.train.Checkpoint(b=[a, tf.Variable(1.0)]),
        ):
            status = root.restore(path).expect_partial()
            for name in ("consumed", "existing_objects_matched", "nontrivial_match"):
                found.append(said(tf, getattr(status, f"assert_{name}")))
        found.append(said(tf, lambda: tf.train.Checkpoint(d={1: a}).save(f"{folder}/x")))
        wrong = tf.train.Checkpoint(a=tf.Variable(5, name="int"))
        status = wrong.restore(path).expect_partial()
        found.append(said(tf, status.run_restore_ops)[0])
        found.append(
            said(
                tf,
                lambda: (
                    tf.train.Checkpoint(a=tf.Variable([1.0], use_resource=False))
                    .restore(path)
                    .run_restore_ops()
                ),
            )[0]
        )
    return found


@in_folder
def checkpoints_of_savers(tf: Any, folder: str) -> Any:
    """Those that go by names are restored into objects, and the reverse."""
    a = tf.get_variable("a", initializer=[1.0, 2.0], use_resource=True)
    b = tf.get_variable("b", initializer=3.0, use_resource=False)
    checkpoint = tf.train.Checkpoint(first=a, rest=[b])
    counter = checkpoint.save_counter
    found = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        saver = tf.train.Saver()
        named = saver.save(session, f"{folder}/named")
        objects = checkpoint.save(f"{folder}/objects")
        zero = [a.assign([0.0, 0.0]), b.assign(0.0)]
        session.run(zero)
        status = checkpoint.restore(named)
        found.append(said(tf, status.assert_consumed))
        status.run_restore_ops()
        status.assert_consumed().assert_existing_objects_matched().assert_nontrivial_match()
        found.append(session.run([a, b, counter]))
        session.run(zero)
        saver.restore(session, objects)
        found.append(session.run([a, b, counter]))
        missing = tf.train.Checkpoint(first=a, other=tf.Variable(1.0, name="c"))
        status = missing.restore(named)
        found.append(said(tf, lambda: status.initialize_or_restore(session)))
    return found


@in_folder
def managers(tf: Any, folder: str) -> Any:
    a = tf.Variable(0.0)
    step = tf.train.get_or_create_global_step()
    checkpoint = tf.train.Checkpoint(a=a)

    def state(manager: Any) -> Any:
        latest = manager.latest_checkpoint
        return [
            [os.path.basename(path) for path in manager.checkpoints],
            latest and os.path.basename(latest),
            sorted(name for name in os.listdir(folder) if name.endswith(".index")),
        ]

    found = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
        found.append(manager.latest_checkpoint)
        for value in range(3):
            session.run(a.assign(value))
            found.append(os.path.basename(manager.save()))
        found += [state(manager), tf.train.latest_checkpoint(folder) == manager.latest_checkpoint]
        found.append(manager.directory == folder)
        manager = tf.train.CheckpointManager(checkpoint, folder, 3, checkpoint_name="model")
        found.append(state(manager))
        found.append([os.path.basename(manager.save(number)) for number in (100, step)])
        found.append(state(manager))
        manager = tf.train.CheckpointManager(
            checkpoint, folder, 2, step_counter=step, checkpoint_interval=3
        )
        saved = []
        for _ in range(5):
            saved.append(manager.save())
            session.run(step.assign_add(1))
        saved += [manager.save(check_interval=False), manager.save(check_interval=False)]
        found.append([path and os.path.basename(path) for path in saved])
        found.append(
            [state(manager), manager.checkpoint_interval, manager.checkpoint is checkpoint]
        )
        called = []
        options = tf.train.CheckpointOptions(
            experimental_write_callbacks=[lambda: called.append("no"), called.append]
        )
        manager = tf.train.CheckpointManager(
            checkpoint, f"{folder}/new", None, init_fn=lambda: called.append("init")
        )
        found.append(manager.restore_or_initialize())
        manager.save(options=options)
        found.append([call and os.path.basename(call) for call in called])
        found.append(os.path.basename(manager.restore_or_initialize()))
        found += [
            said(tf, lambda: tf.train.CheckpointManager(checkpoint, folder, 0)),
            said(
                tf, lambda: tf.train.CheckpointManager(checkpoint, folder, 1, checkpoint_interval=1)
            ),
        ]
    return found
