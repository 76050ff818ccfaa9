"""`get_variable`, variable scopes, custom getters, regularizers, partitioned variables and templates."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, placement, program


def run(tf: Any, *steps: Any) -> list[Any]:
    """The values of the steps once all variables have values."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(step) for step in steps]


@program
def defaults(tf: Any) -> Any:
    tf.set_random_seed(1)
    made = [
        tf.get_variable("floats", [2, 3]),
        tf.get_variable("scalar", []),
        tf.get_variable("integers", [2], tf.int32),
        tf.get_variable("truths", [2], tf.bool),
        tf.get_variable("texts", [2], tf.string),
        tf.get_variable("doubles", [3, 2], "float64", use_resource=False),
        tf.get_variable("halves", (2,), tf.float16, trainable=False),
        tf.get_variable("shaped", tf.TensorShape([1, 2]), np.float32),
    ]
    return [
        [v.name for v in made],
        [v.dtype.name for v in made],
        [v.name for v in tf.trainable_variables()],
        run(tf, *made[:-2]),
        attempt(lambda: tf.get_variable("complex", [2], tf.complex64)),
        message(lambda: tf.get_variable("shapeless")),
        placement(tf.get_default_graph()),
    ]


@program
def initializers_of_all_kinds(tf: Any) -> Any:
    made = [
        tf.get_variable("class", [2], initializer=tf.ones_initializer),
        tf.get_variable("object", [2], initializer=tf.constant_initializer(3.0)),
        tf.get_variable("value", initializer=[1, 2]),
        tf.get_variable("array", initializer=np.array([1.5])),
        tf.get_variable("tensor", initializer=tf.constant([[1.0]])),
        tf.get_variable("function", initializer=lambda: tf.constant([5, 6])),
        tf.get_variable(
            "of_shape", [2], initializer=lambda shape, dtype: tf.ones(shape, dtype) * 2.0
        ),
        tf.get_variable(
            "with_info",
            [2],
            initializer=lambda shape, dtype=None, partition_info=None: tf.zeros(shape, dtype),
        ),
        tf.get_variable("typed", [2], tf.int64, tf.ones_initializer()),
        tf.get_variable("partial", initializer=functools.partial(tf.fill, [2], 4.0)),
        tf.get_variable("typed_value", dtype=tf.int32, initializer=7),
    ]
    errors = [
        message(lambda: tf.get_variable("a", [2], initializer=[1.0, 2.0])),
        message(lambda: tf.get_variable("b", initializer=1.5, dtype=tf.int32)),
        message(lambda: tf.get_variable("c", initializer=tf.ones_initializer())),
        message(lambda: tf.get_variable("d", [None, 2])),
    ]
    return [run(tf, *made), errors]


@program
def reuse(tf: Any) -> Any:
    with tf.variable_scope("s") as scope:
        v = tf.get_variable("v", [2])
        errors = [attempt(lambda: tf.get_variable("v", [2]))]
        scope.reuse_variables()
        same = [tf.get_variable("v") is v, tf.get_variable("v", [2]) is v, scope.reuse]
        errors += [
            message(lambda: tf.get_variable("v", [3])),
            message(lambda: tf.get_variable("v", [2], tf.int32)),
            message(lambda: tf.get_variable("w", [2])),
        ]
    with tf.variable_scope("s", reuse=True) as again:
        same += [tf.get_variable("v", [2]) is v, again.reuse]
        with tf.variable_scope("inner") as inner:
            same.append(inner.reuse)
        with tf.variable_scope("inner", reuse=False) as inner:
            same.append(inner.reuse)
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE) as auto:
        same += [tf.get_variable("v", [2]) is v, str(auto.reuse)]
        w = tf.get_variable("w", [2])
        same.append(tf.get_variable("w", [2]) is w)
        with tf.variable_scope("deep") as deep:
            same.append(deep.reuse is tf.AUTO_REUSE)
    with tf.variable_scope(scope, reuse=True):
        same.append(tf.get_variable("v") is v)
    with tf.variable_scope(auto) as reopened:
        same.append(reopened.reuse is tf.AUTO_REUSE)
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE) as root:
        same += [root.name, tf.get_variable("s/v") is v]
    errors += [
        attempt(lambda: tf.variable_scope("x", reuse="yes")),
        attempt(lambda: tf.variable_scope(None, "x", reuse=True).__enter__()),
        attempt(lambda: tf.variable_scope(7).__enter__()),
        attempt(lambda: tf.variable_scope("x", auxiliary_name_scope=1)),
        attempt(lambda: tf.variable_scope(None)),
    ]
    return [same, errors, [x.name for x in tf.global_variables()]]


@program
def properties_of_scopes(tf: Any) -> Any:
    def regular(v: Any) -> Any:
        return 0.5 * v[0]

    def none_of_them(v: Any) -> Any:
        return v

    fixed = tf.fixed_size_partitioner(1)
    with tf.variable_scope(
        "a",
        initializer=tf.ones_initializer(),
        regularizer=regular,
        dtype=tf.float64,
        use_resource=False,
        constraint=none_of_them,
        partitioner=fixed,
        caching_device="/cpu:0",
    ) as a:
        with tf.variable_scope("b") as b:
            inherited = [
                b.initializer is a.initializer, b.regularizer is regular, b.dtype.name, b.use_resource,
                b.constraint, b.partitioner is fixed, b.caching_device, b.name, b.original_name_scope,
            ]  # fmt: skip
            b.set_partitioner(None)
            b.set_caching_device(None)
            b.set_regularizer(tf.no_regularizer)
            b.set_initializer(tf.zeros_initializer())
            b.set_dtype(tf.float32)
            b.set_use_resource(True)
            b.set_custom_getter(None)
            v = tf.get_variable("v", [2])
        a.set_partitioner(None)
        with tf.name_scope("ignored"):
            w = tf.get_variable("w", [2])
    with tf.variable_scope(b, dtype=tf.int32) as c:
        inherited += [c.dtype.name, c.initializer is b.initializer, c.use_resource, c.name]
        u = tf.get_variable("u", [2])
    return [
        inherited,
        run(tf, v, w, u),
        [(x.name, x.dtype.name, x.op.type, x.constraint is none_of_them) for x in (v, w, u)],
        [x.name for x in tf.get_collection("regularization_losses")],
        [x.name for x in a.global_variables()],
        [x.name for x in b.trainable_variables()],
        b.local_variables(),
        [x.name for x in tf.get_variable_scope().get_collection("variables")],
        placement(tf.get_default_graph()),
    ]


@program
def names_of_scopes(tf: Any) -> Any:
    seen = []

    def note(scope: Any) -> None:
        v = tf.get_variable("v", [1], initializer=tf.zeros_initializer())
        seen.append((scope.name, scope.original_name_scope, v.name, tf.no_op(name="n").name))

    with tf.variable_scope("a") as a:
        note(a)
        with tf.variable_scope(None, "d") as d:
            note(d)
        with tf.variable_scope(None, "d") as d:
            note(d)
    with tf.name_scope("outer"), tf.variable_scope("b") as b:
        note(b)
    with tf.variable_scope("c"):
        with tf.variable_scope(a, reuse=True) as again:
            note(again)
            with tf.variable_scope(None, "d") as d:
                note(d)
        with tf.variable_scope(a, auxiliary_name_scope=False, reuse=True) as again:
            note(again)
    with tf.variable_scope("", reuse=tf.AUTO_REUSE) as root:
        note(root)
    block = tf.variable_scope(None, "twice", reuse=None)
    for _ in range(2):
        with block as scope:
            seen.append((scope.name, scope.original_name_scope, tf.no_op(name="n").name))
    with tf.variable_op_scope([], "op", "default") as op:
        note(op)
    with tf.variable_op_scope([tf.constant(1.0)], None, "default") as op:
        note(op)
    other = tf.Graph()
    with other.as_default():
        x = tf.constant(1.0)
    with tf.variable_scope("graph", values=[x]):
        seen.append(tf.get_default_graph() is other)
    return seen


@program
def custom_getters(tf: Any) -> Any:
    told = []

    def getter(getter: Any, name: str, *arguments: Any, **keywords: Any) -> Any:
        told.append([name, sorted(keywords)])
        return getter(f"{name}_got", *arguments, **keywords)

    def old(getter: Any, name: str, shape: Any, dtype: Any, initializer: Any, regularizer: Any,
            reuse: Any, trainable: Any, collections: Any, caching_device: Any, partitioner: Any,
            validate_shape: Any, use_resource: Any, synchronization: Any, aggregation: Any) -> Any:  # fmt: skip
        told.append(["old", name, shape])
        return getter(name, shape=shape, dtype=dtype, initializer=initializer)

    def scaled(getter: Any, name: str, **keywords: Any) -> Any:
        told.append(["scaled", name])
        return 2.0 * getter(name, **keywords)

    ones = tf.ones_initializer()
    with tf.variable_scope("a", custom_getter=getter):
        a = tf.get_variable("v", [2], initializer=ones)
        with tf.variable_scope("b", custom_getter=scaled):
            b = tf.get_variable("v", [2], initializer=ones)
        with tf.variable_scope("c", custom_getter=scaled) as c:
            pass
    with tf.variable_scope(c):
        d = tf.get_variable("w", [2], initializer=ones)
    e = tf.get_variable("e", [2], initializer=ones, custom_getter=old)
    return [
        told,
        [x.name for x in tf.global_variables()],
        run(tf, a, b, d, e),
        message(lambda: tf.get_variable("x", [1], custom_getter=7)),
    ]


@program
def regularizers(tf: Any) -> Any:
    def squares(v: Any) -> Any:
        return tf.raw_ops.L2Loss(t=v)

    v = tf.get_variable("v", [2], initializer=tf.ones_initializer(), regularizer=squares)
    tf.get_variable("w", [2], initializer=tf.ones_initializer(), regularizer=tf.no_regularizer)
    u = tf.get_variable(
        "u", [2], initializer=tf.ones_initializer(), regularizer=squares, use_resource=False
    )
    losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    total = tf.raw_ops.AddN(inputs=[tf.convert_to_tensor(loss) for loss in losses])
    return [
        [loss.name for loss in losses],
        [loss.op.name for loss in losses],
        [str(loss.get_shape()) for loss in losses],
        [loss.dtype.name for loss in losses],
        run(tf, losses[0], total, losses[0] + 1.0, v, u),
        placement(tf.get_default_graph()),
    ]


@program
def local_variables(tf: Any) -> Any:
    a = tf.get_local_variable("a", [2], initializer=tf.zeros_initializer())
    b = tf.get_local_variable("b", initializer=1.0, collections=["more"], trainable=True)
    with tf.variable_scope("s"):
        c = tf.get_variable("c", [], collections=["mine"], initializer=tf.ones_initializer())
    names = ["variables", "local_variables", "trainable_variables", "more", "mine"]
    return [
        [[v.name for v in tf.get_collection(name)] for name in names],
        [(v.name, v.trainable) for v in (a, b, c)],
    ]


@program
def partitions(tf: Any) -> Any:
    seen = []
    with tf.variable_scope("p", partitioner=tf.fixed_size_partitioner(3)):
        v = tf.get_variable("v", [7, 2], initializer=tf.random_uniform_initializer(seed=3))
        scalar = tf.get_variable("scalar", [], initializer=tf.zeros_initializer())
    w = tf.get_variable(
        "w",
        initializer=np.arange(8, dtype=np.float32).reshape(2, 4),
        shape=[2, 4],
        partitioner=tf.fixed_size_partitioner(2, axis=1),
        use_resource=False,
    )
    u = tf.get_variable(
        "u", initializer=tf.ones([4]), partitioner=lambda shape, dtype: [2], trainable=False
    )
    one = tf.get_variable(
        "one", [3], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(1)
    )
    for p in (v, w, u, one):
        seen.append([p.name, str(p.shape), str(p.get_shape()), p.dtype.name, len(p)])
        seen.append([(part.name, part._get_save_slice_info().spec) for part in p])
        seen.append([part.to_proto().save_slice_info_def.full_name for part in p])
    steps = [v.as_tensor(), tf.convert_to_tensor(w), tf.add(w, 1.0), one.as_tensor(), u.as_tensor()]
    steps += w.assign(tf.zeros([2, 4]))
    steps += w.assign([tf.ones([2, 2]), tf.ones([2, 2])])
    steps += w.assign_add(w, name="twice") + w.assign_sub(tf.ones([2, 4]), use_locking=True)
    seen.append(run(tf, *steps))
    seen.append([x.name for x in tf.trainable_variables()])
    seen.append(scalar.name)
    return seen


@program
def partitions_again(tf: Any) -> Any:
    halves = tf.fixed_size_partitioner(2)
    with tf.variable_scope("s", reuse=tf.AUTO_REUSE):
        v = tf.get_variable("v", [4], partitioner=halves)
        same = [tf.get_variable("v", [4], partitioner=halves) is v]
        tf.get_variable("plain", [4])
        errors = [
            message(lambda: tf.get_variable("v", [4])),
            message(lambda: tf.get_variable("v", [6], partitioner=halves)),
            message(lambda: tf.get_variable("v", [4], tf.int32, partitioner=halves)),
            message(lambda: tf.get_variable("v", [4], partitioner=tf.fixed_size_partitioner(4))),
            message(lambda: tf.get_variable("plain", [4], partitioner=halves)),
            message(lambda: tf.get_variable("x", [4], partitioner=7)),
            message(lambda: tf.get_variable("x", [None], partitioner=halves)),
            message(lambda: tf.get_variable("x", [4], partitioner=lambda shape, dtype: 2)),
            message(lambda: tf.get_variable("x", [4], partitioner=lambda shape, dtype: [1, 1])),
            message(lambda: tf.get_variable("x", [4], partitioner=lambda shape, dtype: [0])),
            message(lambda: tf.get_variable("x", [4, 4], partitioner=lambda shape, dtype: [2, 2])),
        ]
    with tf.variable_scope("s", reuse=True):
        same.append(tf.get_variable("v") is v)
        errors.append(message(lambda: tf.get_variable("y", [4], partitioner=halves)))
    with tf.variable_scope("s"):
        errors.append(message(lambda: tf.get_variable("v", [4], partitioner=halves)))
    return [same, errors]


@program
def partitioners(tf: Any) -> Any:
    shapes = [tf.TensorShape(s) for s in ([64], [64, 3], [1000, 10], [5, 7, 9], [1])]
    made = [
        tf.variable_axis_size_partitioner(64),
        tf.variable_axis_size_partitioner(64, max_shards=5),
        tf.variable_axis_size_partitioner(128, bytes_per_string_element=4),
        tf.min_max_variable_partitioner(4, min_slice_size=64),
        tf.min_max_variable_partitioner(100, min_slice_size=100, bytes_per_string_element=2),
        tf.fixed_size_partitioner(4),
    ]
    found = [
        [[list(p(shape=s, dtype=t)) for s in shapes] for t in (tf.float32, tf.string, tf.int8)]
        for p in made
    ]
    along = tf.variable_axis_size_partitioner(16, axis=1)
    return [
        found,
        list(along(shape=tf.TensorShape([4, 8]), dtype=tf.float64)),
        attempt(lambda: tf.variable_axis_size_partitioner(0)),
        attempt(lambda: tf.variable_axis_size_partitioner(8, max_shards=-1)),
        attempt(lambda: along(shape=[4, 8], dtype=tf.float64)),
        attempt(lambda: along(shape=tf.TensorShape([None, 8]), dtype=tf.float64)),
        attempt(lambda: tf.min_max_variable_partitioner(axis=2)(shapes[0], tf.float32)),
    ]


@program
def lists_of_partitions(tf: Any) -> Any:
    first = tf.create_partitioned_variables([4, 2], [2, 1], tf.ones_initializer(), name="first")
    second = tf.create_partitioned_variables(
        [3], [3], tf.constant([1.0, 2.0, 3.0]), trainable=False
    )
    third = tf.create_partitioned_variables([2, 2], [1, 1], tf.zeros_initializer(), tf.int32)
    again = tf.create_partitioned_variables(
        [4, 2], [2, 1], tf.ones_initializer(), name="first", reuse=True
    )
    return [
        [v.name for v in (*first, *second, *third)],
        [a is b for a, b in zip(first, again)],
        run(tf, *first, *second, *third),
        attempt(lambda: tf.create_partitioned_variables([4], [2, 1], tf.ones_initializer())),
        attempt(lambda: tf.create_partitioned_variables([], [], tf.ones_initializer())),
    ]


@program
def templates(tf: Any) -> Any:
    def scaled(x: Any, by: float = 1.0) -> Any:
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(by))
        return x * w

    first = tf.make_template("scale", scaled, by=3.0)
    second = tf.make_template("scale", scaled, create_scope_now_=True)
    third = tf.make_template("scale", scaled, unique_name_="fixed")
    before = [second.variable_scope_name, first.variable_scope_name, first.variables]
    steps = [t(tf.constant(2.0)) for t in (second, first, third, first, second)]

    def bad(x: Any) -> Any:
        return x * tf.Variable(1.0)

    wrong = tf.make_template("bad", bad)
    wrong(tf.constant(1.0))

    def named(getter: Any, name: str, **keywords: Any) -> Any:
        return getter(f"{name}_own", **keywords)

    fourth = tf.make_template("own", scaled, custom_getter_=named)
    steps.append(fourth(tf.constant(1.0)))
    kinds = ["variables", "trainable_variables", "non_trainable_variables", "global_variables",
             "local_variables", "weights", "trainable_weights", "non_trainable_weights"]  # fmt: skip
    return [
        before,
        [(t.name, t.variable_scope.name, t.variable_scope_name) for t in (first, second, third)],
        [[v.name for v in getattr(first, kind)] for kind in kinds],
        [v.name for v in tf.global_variables()],
        run(tf, *steps),
        attempt(lambda: wrong(tf.constant(1.0))),
        attempt(lambda: tf.make_template(None, scaled)),
    ]


@program
def global_steps(tf: Any) -> Any:
    absent = tf.train.get_global_step()
    step = tf.train.get_or_create_global_step()
    with tf.name_scope("s"):
        found = [tf.train.get_global_step() is step, tf.train.get_or_create_global_step() is step]
    found += [step.name, step.dtype.name, step.trainable, step.aggregation.name]
    found += [[v.name for v in tf.get_collection("global_step")]]
    found.append(attempt(tf.train.create_global_step))
    with tf.Session() as session:
        session.run(step.initializer)
        found.append(tf.train.global_step(session, step))
        session.run(step.assign_add(5))
        found.append(tf.train.global_step(session, step))
    other = tf.Graph()
    made = tf.train.create_global_step(other)
    found += [made.graph is other, tf.train.get_global_step(other) is made]
    with tf.Graph().as_default():
        x = tf.constant(3, name="global_step")
        found.append(tf.train.get_global_step() is x)
        tf.add_to_collection("global_step", x)
        tf.add_to_collection("global_step", x)
        found.append(tf.train.get_global_step())
        found += [
            attempt(lambda: tf.train.assert_global_step(tf.constant(1.5))),
            attempt(lambda: tf.train.assert_global_step(tf.constant([1]))),
            attempt(lambda: tf.train.assert_global_step(7)),
            tf.train.assert_global_step(x),
        ]
    return [absent, found]
