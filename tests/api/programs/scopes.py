"""Devices, colocation, containers, attribute scopes, and what is lifted out of control dependencies."""

from __future__ import annotations

import concurrent.futures
from typing import Any

from tests.api.programs import attempt, message, placement, program, results


@program
def devices(tf: Any) -> Any:
    g = tf.get_default_graph()
    with tf.device("/cpu:0"):
        tf.no_op()
        with tf.device("/job:worker/task:1"):
            tf.no_op()
            with tf.device(None):
                tf.no_op()
            with tf.device("/device:GPU:*"), tf.device(""):
                tf.no_op()
    with g.device("/job:ps/replica:2/gpu:3"), g.device("/cpu"):
        tf.no_op()
    with tf.device(tf.DeviceSpec(job="a", task=3)):
        tf.no_op()
    with tf.device("/job:x"), tf.device(lambda op: "/gpu:1" if op.type == "NoOp" else ""):
        tf.no_op()
        tf.constant(1.0)
    with tf.device(lambda op: tf.DeviceSpec.from_string(op.device or "/job:y")):
        with tf.device("/task:4"):
            tf.no_op()
        tf.no_op()

    def unknown() -> Any:
        with tf.device("/nothing:0"):
            return tf.no_op()

    return [placement(g), message(unknown)]


@program
def device_specs(tf: Any) -> Any:
    made = tf.DeviceSpec(job="ps", task=3, device_type="gpu", device_index=1)
    part = tf.DeviceSpec.from_string("/job:worker/cpu:*")
    merged = part.make_merged_spec(made)
    found = [repr(made), made.to_string(), repr(part), part.to_string(), merged.to_string()]
    part.merge_from(tf.DeviceSpec(replica=2))
    part.task = 7
    found += [part.to_string(), made.replace(job=None).to_string(), made == merged]
    found.append(tf.DeviceSpec().parse_from_string("/replica:1/device:TPU:2").to_string())
    texts = ["/job:a/x:1", "/cpu:0/gpu:0", "cpu", "/device:cpu:0", "", "/job:a:b"]
    return [*found, [message(lambda t=t: tf.DeviceSpec.from_string(t).to_string()) for t in texts]]


@program
def colocation(tf: Any) -> Any:
    g = tf.get_default_graph()
    a = tf.constant(1.0, name="a")
    with tf.device("/cpu:0"):
        b = tf.constant(2.0, name="b")
    v = tf.Variable(1.0, name="v", use_resource=False)
    w = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], name="w")
    with tf.device("/gpu:0"):
        with g.colocate_with(a):
            tf.no_op()
            with tf.colocate_with(b.op):
                tf.no_op()
                with g.colocate_with(None, ignore_existing=True):
                    tf.no_op()
                with g.colocate_with(v, ignore_existing=True):
                    tf.no_op()
                    with tf.device("/gpu:1"):
                        tf.no_op()
            with g.colocate_with(w):
                tf.constant(5.0)
        tf.no_op()
    return [placement(g), attempt(lambda: g.colocate_with(None).__enter__())]


@program
def reference_ops_are_colocated(tf: Any) -> Any:
    v = tf.Variable([1.0, 2.0], name="v", use_resource=False)
    v.assign([3.0, 4.0])
    v.assign_add([3.0, 4.0])
    tf.raw_ops.Neg(x=v)
    return placement(tf.get_default_graph())


@program
def attribute_scopes(tf: Any) -> Any:
    g = tf.get_default_graph()
    mark = tf.AttrValue(s=b"mark")
    with g._attr_scope({"_mine": mark}):
        first = tf.no_op()
        with g._attr_scope({"_mine": tf.AttrValue(i=7), "_other": mark}):
            second = tf.no_op()
        with g._attr_scope({"_mine": None}):
            third = tf.no_op()
        with g._attr_scope({"_mine": lambda node: mark if node.name == "x" else None}):
            fourth, fifth = tf.no_op(name="x"), tf.no_op(name="y")
        sixth = tf.no_op()
    ops = [first, second, third, fourth, fifth, sixth, tf.no_op()]
    return [
        [[attempt(lambda op=op, n=n: op.get_attr(n)) for n in ("_mine", "_other")] for op in ops],
        attempt(lambda: g._attr_scope([1]).__enter__()),
        attempt(lambda: g._attr_scope({"_x": 1}).__enter__()),
    ]


@program
def containers(tf: Any) -> Any:
    g = tf.get_default_graph()
    with g.container("outer"):
        first = tf.Variable(1.0, use_resource=True)
        with tf.container("inner"):
            second = tf.Variable(1.0, use_resource=False)
        table = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
    third = tf.Variable(1.0, use_resource=False)
    return [item.op.get_attr("container") for item in (first, second, table, third)]


@program
def initialization_scopes(tf: Any) -> Any:
    a = tf.no_op(name="a")
    with tf.name_scope("s"), tf.control_dependencies([a]):
        tf.constant(1.0)
        with tf.init_scope():
            tf.constant(2.0)
        with tf.op_scope([a], None, "inner"):
            tf.constant(3.0)
    with tf.op_scope([], "named", "default") as scope:
        tf.constant(4.0)
    return [scope, attempt(lambda: tf.op_scope([], None).__enter__())]


@program
def collections_of_the_default_graph(tf: Any) -> Any:
    tf.add_to_collections(["a", "b"], 1)
    tf.get_collection_ref("a").append(2)
    keys = [name for name in dir(tf.GraphKeys) if not name.startswith("_")]
    return [
        tf.get_collection("a"),
        tf.get_collection("b"),
        sorted(tf.get_default_graph().collections),
        [(name, getattr(tf.GraphKeys, name)) for name in keys],
    ]


@program
def graphs_themselves(tf: Any) -> Any:
    g = tf.get_default_graph()
    found = [g.version, g.building_function, g.finalized, g.seed]
    x = tf.placeholder(tf.float32, [], "x")
    y = tf.constant(2.0, name="y")
    found += [g.version, g.is_feedable(x), g.is_fetchable(y), g.is_fetchable(y.op)]
    g.prevent_feeding(x)
    g.prevent_fetching(y.op)
    found += [g.is_feedable(x), g.is_fetchable(y), g.is_fetchable(y.op), g.is_fetchable(x)]
    g.switch_to_thread_local()
    with tf.Session() as session:
        found.append(message(lambda: session.run(x, {x: 1.0})))
        found.append(attempt(lambda: session.run(y)))
    g.finalize()
    return [*found, message(tf.no_op)]


@program
def name_scopes_of_values(tf: Any) -> Any:
    x = tf.constant(1.0)
    with tf.name_scope(None, "d", [x]) as scope:
        found = [scope]
    other = tf.Graph()
    with other.as_default():
        y = tf.constant(1.0)
        with tf.name_scope("n", values=[x]) as scope:
            found += [scope, tf.get_default_graph() is x.graph]
        found.append(attempt(lambda: tf.name_scope("n", values=[x, y]).__enter__()))
    found.append(attempt(lambda: tf.name_scope(None, None, [x]).__enter__()))
    return found


@program
def scopes_of_bfloat16(tf: Any) -> Any:
    with tf.tpu.bfloat16_scope() as outer:
        found = [tf.get_variable("a", [2], tf.bfloat16), tf.get_variable("b", [2])]
    with tf.tpu.bfloat16_scope("named") as scope:
        found += [
            tf.get_variable("a", [], tf.bfloat16, tf.constant_initializer(1.5)),
            tf.get_variable("b", [2], tf.bfloat16, trainable=False),
        ]
    return [
        outer.name,
        scope.name,
        [[x.name, x.dtype.base_dtype.name] for x in found],
        [[v.name, v.dtype.base_dtype.name] for v in tf.global_variables()],
    ]


def in_a_thread(work: Any) -> Any:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@results
def graphs_and_blocks_of_threads(tf: Any) -> Any:
    graph, around = tf.Graph(), tf.get_default_graph()

    def defaults() -> Any:
        found = tf.get_default_graph()
        return [found is graph, found is around]

    def inherited() -> Any:
        with graph.as_default():
            made = tf.constant(1.0)
        own = made.op.colocation_groups() == [b"loc:@" + made.op.name.encode()]
        controls = [operation.name for operation in made.op.control_inputs]
        return [made.name, made.device, controls, own]

    def reset() -> Any:
        tf.reset_default_graph()
        return tf.get_default_graph() is around

    found = []
    with graph.as_default():
        base = tf.constant(0.0, name="base")
        found.append(in_a_thread(defaults))
        for block in (tf.device("/cpu:0"), tf.control_dependencies([base]), tf.name_scope("s")):
            with block:
                found.append([inherited(), in_a_thread(inherited)])
        with tf.colocate_with(base.op):
            found.append(in_a_thread(inherited))
        found += [in_a_thread(reset), tf.get_default_graph() is graph]
    return found
