"""Variables of both kinds: what they add to the graph, their methods, and the functions that change them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.api.programs import attempt, message, placement, program


def run(tf: Any, *steps: Any) -> list[Any]:
    """The values of the steps, run one after the other once all variables have values."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(step) for step in steps]


def both(tf: Any, value: Any, **arguments: Any) -> Iterator[Any]:
    """A variable of each kind."""
    for use_resource in (False, True):
        yield tf.Variable(value, use_resource=use_resource, **arguments)


@program
def kinds_by_default(tf: Any) -> Any:
    first = tf.resource_variables_enabled()
    tf.disable_resource_variables()
    second = tf.Variable(1.0), tf.resource_variables_enabled()
    tf.enable_resource_variables()
    third = tf.Variable(1.0), tf.resource_variables_enabled()
    with tf.variable_scope("s", use_resource=False):
        fourth = tf.Variable(1.0)
    return [
        first,
        second[0].op.type,
        second[1],
        third[0].op.type,
        third[1],
        fourth.op.type,
        isinstance(second[0], tf.Variable),
    ]


@program
def first_values(tf: Any) -> Any:
    for use_resource in (False, True):
        tf.Variable(2.5, use_resource=use_resource)
        tf.Variable([[1, 2]], use_resource=use_resource, name="matrix", dtype=tf.int64)
        tf.Variable(lambda: tf.constant([1.0]), use_resource=use_resource, name="made")
        tf.Variable(np.array([1.5, 2.5]), use_resource=use_resource, name="array")
        tf.Variable("text", use_resource=use_resource, name="text")
        with tf.name_scope("scope"), tf.device("/gpu:0"):
            tf.Variable(tf.ones([2]), use_resource=use_resource, name="inside")
            tf.Variable(lambda: tf.ones([2]), use_resource=use_resource, name="inside")
    return placement(tf.get_default_graph())


@program
def options(tf: Any) -> Any:
    def project(value: Any) -> Any:
        return value

    made = []
    for use_resource in (False, True):
        made += [
            tf.Variable(1.0, trainable=False, use_resource=use_resource),
            tf.Variable(1.0, collections=["c"], use_resource=use_resource),
            tf.Variable(1.0, collections=[], constraint=project, use_resource=use_resource),
            tf.Variable(
                1.0,
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.MEAN,
                use_resource=use_resource,
            ),
            tf.Variable(1.0, aggregation=3, synchronization=1, use_resource=use_resource),
            tf.Variable([1.0, 2.0], shape=[None], use_resource=use_resource),
        ]
    keys = ["variables", "trainable_variables", "c"]
    return [
        [
            (v.trainable, v.synchronization.name, v.aggregation.name, v.constraint is project)
            for v in made
        ],
        [[v.name for v in tf.get_collection(key)] for key in keys],
        [str(v.shape) for v in made],
        str(tf.VariableAggregation.ONLY_FIRST_TOWER),
    ]


@program
def options_that_are_wrong(tf: Any) -> Any:
    def make(**arguments: Any) -> Any:
        value = arguments.pop("initial_value", 1.0)
        return [
            attempt(lambda k=k: tf.Variable(value, use_resource=k, **arguments))
            for k in (False, True)
        ]

    return [
        make(initial_value=None),
        make(collections="name"),
        make(constraint=7),
        make(synchronization=9),
        make(aggregation=9),
        make(dtype=tf.int32, initial_value=1.5),
        make(shape=[2], initial_value=[1.0, 2.0, 3.0])[1:],
        message(lambda: tf.Variable(tf.placeholder(tf.float32), use_resource=False)),
    ]


@program
def unknown_shapes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None], "x")
    v = tf.Variable(x, validate_shape=False, use_resource=False, name="v")
    w = tf.Variable(x, validate_shape=False, use_resource=True, name="w")
    changed = [tf.assign(v, [[1.0, 2.0]], validate_shape=False), w.assign([1.0, 2.0, 3.0])]
    with tf.Session() as session:
        session.run([v.initializer, w.initializer], {x: [1.0]})
        found = session.run([v.value(), w])
        found += session.run(changed)
        found += session.run([v.read_value(), w.read_value()])
    return [str(v.shape), str(w.shape), v.value().shape.rank, found]


@program
def caching_devices(tf: Any) -> Any:
    for use_resource in (False, True):
        v = tf.Variable(1.0, caching_device="/cpu:0", use_resource=use_resource, name="v")
        v.value()
        v.read_value()
        v.assign_add(1.0)
        tf.raw_ops.Neg(x=v)
    return placement(tf.get_default_graph())


@program
def reading(tf: Any) -> Any:
    seen = []
    for v in both(tf, [[1.0, 2.0], [3.0, 4.0]], name="v"):
        with tf.name_scope("s"), tf.control_dependencies([v.initializer]):
            seen += [v.value().name, v.read_value().name]
        seen += [
            v.name,
            v.device,
            str(v.shape),
            v.dtype.name,
            v.initial_value.name,
            repr(v),
            v.op.name,
        ]
        seen += [v.initializer.name, v.graph is tf.get_default_graph(), str(v.get_shape())]
        seen += run(tf, v, v.value(), v.read_value(), v + 1.0, 2.0 * v, v[1], v @ v)
    return seen


@program
def reading_rows(tf: Any) -> Any:
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], use_resource=True, name="v")
    steps = [v.sparse_read([2, 0]), v.sparse_read([[1]], name="rows"), v.gather_nd([[2, 1]])]
    steps += [v.gather_nd([0], name="at"), v.is_initialized(), v.is_initialized(name="known")]
    return run(tf, *steps)


@program
def assignments(tf: Any) -> Any:
    seen = []
    for v in both(tf, [1.0, 2.0], name="v"):
        steps = [
            v.assign([3.0, 4.0]),
            v.assign_add([1.0, 1.0], name="more"),
            v.assign_sub([0.5, 0.5], use_locking=True),
            v.assign([9.0, 9.0], name="silent", read_value=False),
            v.assign_add([9.0, 9.0], read_value=False),
            v.assign_sub([2.0, 2.0], name="less", read_value=False),
        ]
        seen.append([step.name for step in steps])
        seen += run(tf, *steps, v)
        seen += [attempt(lambda v=v: v.assign("text")), attempt(lambda v=v: v.assign([1.0]))]
    return seen


@program
def assignment_functions(tf: Any) -> Any:
    seen = []
    for v in both(tf, [1.0, 2.0], name="v"):
        steps = [
            tf.assign(v, [3.0, 4.0]),
            tf.assign(v, [3.0, 4.0], use_locking=False, name="named"),
            tf.assign_add(v, [1.0, 1.0], name="more"),
            tf.assign_sub(v, [0.5, 0.5], use_locking=True),
            tf.assign(v.assign([1.0, 1.0]), [2.0, 2.0]),
            tf.assign_add(v.assign_add([1.0, 1.0]), [1.0, 1.0]),
        ]
        seen += run(tf, *steps, v)
    return seen


@program
def chains_of_changes(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0], use_resource=True, name="v")
    changed = v.assign([5.0, 5.0]).assign_add([1.0, 1.0]).assign_sub([2.0, 2.0])
    doubled = changed * 2.0
    with tf.control_dependencies([changed]):
        later = tf.raw_ops.Identity(input=v)
    seen = run(tf, changed, doubled, later, changed.value(), changed.read_value())
    return [*seen, changed.op.name, changed.name, str(changed.shape), changed.dtype.name]


@program
def counting(tf: Any) -> Any:
    seen = []
    for v in both(tf, 0, name="v"):
        steps = [v.count_up_to(3), tf.count_up_to(v, 3), tf.count_up_to(v, limit=3, name="last")]
        with tf.Session() as session:
            session.run(v.initializer)
            seen += [session.run(step) for step in steps]
            try:
                session.run(steps[0])
            except tf.errors.OutOfRangeError:
                seen.append("at the limit")
    return seen


@program
def scatter_functions(tf: Any) -> Any:
    seen = []
    for v in both(tf, np.arange(1.0, 9.0).reshape(4, 2), name="v"):
        steps = [
            getattr(tf, f"scatter_{name}")(v, [1, 3], [[2.0, 3.0], [4.0, 5.0]])
            for name in ("add", "sub", "mul", "div", "max", "min", "update")
        ]
        steps.append(tf.scatter_add(v, 2, [1.0, 1.0], use_locking=True, name="one"))
        steps.append(tf.scatter_update(v, [0], [[7.0, 7.0]], use_locking=False))
        steps += [
            getattr(tf, f"scatter_nd_{name}")(v, [[0, 1], [2, 0]], [2.0, 3.0])
            for name in ("add", "sub", "update")
        ]
        steps.append(tf.scatter_nd_add(v, [[1]], [[1.0, 2.0]], use_locking=True, name="row"))
        seen += run(tf, *steps, v)
    return seen


@program
def scatter_methods(tf: Any) -> Any:
    seen = []
    for v in both(tf, np.arange(1.0, 9.0).reshape(4, 2), name="v"):
        slices = tf.IndexedSlices(
            tf.constant([[2.0, 3.0], [4.0, 5.0]], tf.float64), tf.constant([1, 3])
        )
        steps = [
            getattr(v, f"scatter_{name}")(slices)
            for name in ("add", "sub", "mul", "div", "max", "min", "update")
        ]
        steps.append(v.scatter_add(slices, use_locking=True, name="named"))
        steps += [
            getattr(v, f"scatter_nd_{name}")([[0, 1], [2, 0]], [2.0, 3.0])
            for name in ("add", "sub", "max", "min", "update")
        ]
        steps.append(v.scatter_nd_add([[1]], [[1.0, 2.0]], name="row"))
        seen += run(tf, *steps, v)
        seen.append(attempt(lambda v=v: v.scatter_add([1.0])))
    return seen


@program
def scattering_in_batches(tf: Any) -> Any:
    seen = []
    for v in both(tf, np.arange(12.0, dtype=np.float32).reshape(3, 4), name="v"):
        indices = tf.constant([[0, 3], [1, 2], [3, 0]])
        updates = tf.constant([[-1.0, -2.0], [-3.0, -4.0], [-5.0, -6.0]])
        slices = tf.IndexedSlices(updates, indices)
        seen += run(
            tf,
            tf.batch_scatter_update(v, indices, updates, name="batches"),
            v.batch_scatter_update(slices, name="batches"),
            v,
        )
        seen.append(attempt(lambda v=v: tf.batch_scatter_update(v, tf.placeholder(tf.int32), 1.0)))
    return seen


@program
def parts_of_variables(tf: Any) -> Any:
    seen = []
    for v in both(tf, np.arange(6.0, dtype=np.float32).reshape(2, 3), name="v"):
        steps = [v[0].assign([7.0, 8.0, 9.0]), v[:, 1:2].assign([[1.0], [1.0]], name="column")]
        seen += run(tf, v[1, 1:], *steps, v)
    return seen


@program
def sessions_of_variables(tf: Any) -> Any:
    seen = []
    for v in both(tf, [1.0, 2.0], name="v"):
        with tf.Session() as session:
            v.initializer.run()
            v.load([5.0, 6.0], session)
            seen += [v.eval(), session.run({"v": v})]
            v.load([7.0, 8.0])
            seen.append(v.eval(session=session))
        seen.append(attempt(lambda v=v: v.load([1.0, 1.0])))
    return seen


@program
def initialization(tf: Any) -> Any:
    tf.variables_initializer([])
    tf.initializers.variables([], name="empty")
    v = tf.Variable(1.0, name="v", use_resource=False)
    w = tf.Variable(1.0, name="w", use_resource=True, collections=["local_variables"])
    m = tf.Variable(1.0, name="m", use_resource=True, collections=["model_variables"])
    tf.add_to_collection("moving_average_variables", m)
    tf.variables_initializer([v, w], name="both")
    tf.initializers.global_variables()
    tf.local_variables_initializer()
    tf.initialize_all_variables()
    tf.initialize_local_variables()
    tf.initialize_variables([v])
    with tf.device("/gpu:0"):
        u = tf.Variable(1.0, use_resource=True)
    tf.variables_initializer([v, u])
    listed = [
        tf.global_variables, tf.all_variables, tf.local_variables, tf.model_variables,
        tf.trainable_variables, tf.moving_average_variables,
    ]  # fmt: skip
    return [
        [[item.name for item in function()] for function in listed],
        [item.name for item in tf.global_variables(scope="v")],
        placement(tf.get_default_graph()),
    ]


@program
def questions(tf: Any) -> Any:
    empty = tf.report_uninitialized_variables()
    nothing = tf.assert_variables_initialized()
    v = tf.Variable([1.0], name="v", use_resource=False)
    w = tf.Variable(1.0, name="w", use_resource=True)
    steps = [
        tf.report_uninitialized_variables(),
        tf.report_uninitialized_variables([w], name="one"),
        tf.is_variable_initialized(v),
        tf.is_variable_initialized(w),
    ]
    alive = [tf.assert_variables_initialized(), tf.assert_variables_initialized([v])]
    with tf.Session() as session:
        before = session.run([empty, *steps])
        session.run(v.initializer)
        between = session.run(steps)
        session.run(w.initializer)
        after = session.run(steps + alive)
    return [nothing, before, between, after, placement(tf.get_default_graph())]


def fields(proto: Any) -> list[Any]:
    """Name and value of each field of a message that is set."""
    return [[field.name, value] for field, value in proto.ListFields()]


@program
def definitions(tf: Any) -> Any:
    seen = []
    with tf.name_scope("s"):
        for index, v in enumerate(both(tf, [1.0, 2.0], name="v")):
            proto = v.to_proto()
            inner = v.to_proto(export_scope="s")
            seen += [fields(proto), fields(inner), v.to_proto(export_scope="other")]
            again = tf.Variable.from_proto(proto) if not index else type(v).from_proto(proto)
            seen += [again.name, again.initializer.name, again.initial_value.name, again.trainable]
            scoped = type(v).from_proto(inner, import_scope="s")
            seen += [scoped.name, str(scoped.shape), scoped.dtype.name, scoped.value().name]
            seen.append(attempt(lambda v=v, p=inner: type(v).from_proto(p)))
            seen += run(tf, again, scoped)
    return seen


@program
def creators(tf: Any) -> Any:
    told = []

    def first(next_creator: Any, **arguments: Any) -> Any:
        told.append(["first", arguments["name"], arguments["trainable"]])
        return next_creator(**{**arguments, "name": f"first_{arguments['name']}"})

    def second(next_creator: Any, **arguments: Any) -> Any:
        told.append(["second", arguments["name"], sorted(k for k in arguments if "exper" not in k)])
        return next_creator(**{**arguments, "trainable": False})

    with tf.variable_creator_scope(first):
        a = tf.Variable(1.0, name="a", use_resource=True)
        with tf.variable_creator_scope(second):
            b = tf.get_variable("b", [], use_resource=True)
    c = tf.Variable(1.0, name="c", use_resource=False)
    return [told, [(v.name, v.trainable) for v in (a, b, c)]]


@program
def groups(tf: Any) -> Any:
    a, b = tf.constant(1.0, name="a"), tf.no_op(name="b")
    v = tf.Variable(1.0, name="v", use_resource=True)
    w = tf.Variable(1.0, name="w", use_resource=False)
    tf.group()
    tf.group(a)
    tf.group(a, b, v, w, name="all")
    tf.group([a, [b, v.assign_add(1.0)]], {"x": w})
    tf.group(tf.SparseTensor([[0]], [1.0], [1]), a)
    with tf.device("/gpu:0"):
        c = tf.no_op(name="c")
    with tf.device("/gpu:1"):
        d = tf.constant(1.0, name="d")
    with tf.name_scope("s"):
        tf.group(a, c, d, b)
        tf.group(c, d, name="two")
    found = tf.tuple([a, None, d, b])
    found += tf.tuple([a, 2.0, w], name="named", control_inputs=[c, d])
    rows = tf.IndexedSlices(tf.ones([1, 2]), tf.constant([0]), tf.constant([3, 2]))
    slices = tf.tuple([rows, d])
    return [
        [None if item is None else item.name for item in found],
        [slices[0].values.name, slices[0].indices.name, slices[1].name],
        message(lambda: tf.group(a, key=1)),
        attempt(lambda: tf.group(7)),
        attempt(lambda: tf.tuple([None])),
        attempt(lambda: tf.tuple([a], control_inputs=["b"])),
        placement(tf.get_default_graph()),
    ]


@program
def values_of_other_variables(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0], name="v", use_resource=False)
    w = tf.Variable(v.initialized_value() * 2.0, name="w", use_resource=False)
    u = tf.Variable(w.initialized_value() + v.initialized_value(), use_resource=False)
    with tf.Session() as session:
        # TensorFlow reads references before it knows whether they have values: it needs this order.
        for variable in (v, w, u):
            session.run(variable.initializer)
        found = session.run([v, w, u])
        session.run(v.assign([5.0, 5.0]))
        session.run(w.initializer)
        return [found, session.run([w, u.initial_value])]


@program
def values_that_rest_on_references(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0], name="v", use_resource=False)
    w = tf.Variable(tf.raw_ops.Neg(x=v * 2.0), name="w", use_resource=False)
    u = tf.Variable(lambda: v + w, name="u", use_resource=False)
    x = tf.Variable(v.value() + 1.0, name="x", use_resource=True)
    with tf.Session() as session:
        for variable in (v, w, u, x):
            session.run(variable.initializer)
        return session.run([v, w, u, x])


@program
def variables_of_branches(tf: Any) -> Any:
    made = []

    def yes() -> Any:
        v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
        made.append(v)
        return v + 1.0

    def no() -> Any:
        w = tf.Variable(lambda: tf.zeros([2]), name="w")
        made.append(w)
        return w.assign_add([3.0, 3.0]).value()

    result = tf.cond(tf.placeholder_with_default(False, []), yes, no)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = session.run([result, made[1].value()])
    return [[v.name for v in made], [v.graph is tf.get_default_graph() for v in made], found[0]]
