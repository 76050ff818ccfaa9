"""tf.graph_util: parts of graphs, constants in place of variables."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program, results


def nodes(graph_def: Any) -> Any:
    """Name, op and inputs of each node."""
    return [(node.name, node.op, list(node.input)) for node in graph_def.node]


@program
def sub_graphs(tf: Any) -> Any:
    a = tf.constant(1.0, name="a")
    b = tf.constant(2.0, name="b")
    with tf.control_dependencies([tf.no_op("first")]):
        c = tf.identity(a, name="c")
    d = tf.multiply(b, b, name="d")
    graph_def = tf.get_default_graph().as_graph_def()
    util = tf.graph_util
    return [
        nodes(util.extract_sub_graph(graph_def, ["c"])),
        nodes(util.extract_sub_graph(graph_def, [c.op.name, d.op.name])),
        message(lambda: util.extract_sub_graph(graph_def, "c")),
        util.tensor_shape_from_node_def_name(tf.get_default_graph(), "d").as_list(),
        util.tensor_shape_from_node_def_name(tf.get_default_graph(), "d:0").as_list(),
    ]


@program
def graphs_without_training_nodes(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2], name="x")
    with tf.control_dependencies([tf.check_numerics(x, "checked", name="check")]):
        y = tf.identity(x, name="pass")
    z = tf.identity(y, name="kept")
    with tf.control_dependencies([tf.identity(x, name="waited_for")]):
        w = tf.identity(z, name="waits")
    tf.add(w, y, name="sum")
    graph_def = tf.get_default_graph().as_graph_def()
    remove = tf.graph_util.remove_training_nodes
    return [nodes(remove(graph_def)), nodes(remove(graph_def, ["kept", "pass"]))]


@program
def frozen_graphs(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    found: list[Any] = []
    for use_resource in (False, True):
        with tf.variable_scope(f"of_{use_resource}", use_resource=use_resource):
            w = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
            b = tf.Variable([0.5, -0.5], name="b")
            rows = tf.gather(w, [1, 0, 1], name="rows")
            y = tf.add(tf.matmul(x, w), b, name="y")
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                session.run(w.assign([[1.0, 0.0], [0.0, 2.0]]).op)
                convert = tf.graph_util.convert_variables_to_constants
                graph_def = session.graph_def
                names = [y.op.name, rows.op.name]
                frozen = convert(session, graph_def, names)
                part = convert(session, graph_def, names, variable_names_blacklist=[b.op.name])
                other = convert(session, graph_def, names, variable_names_whitelist=[b.op.name])
            found += [nodes(frozen), nodes(part), nodes(other)]
            with tf.Graph().as_default():
                y, rows = tf.import_graph_def(
                    frozen, return_elements=[f"{name}:0" for name in names], name=""
                )
                with tf.Session() as session:
                    found += session.run([y, rows], {"x:0": [[1.0, 1.0]]})
    return found


@results
def frozen_control_flow(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [], name="x")
    with tf.variable_scope("", use_resource=True):
        a = tf.Variable(3.0, name="a")
        b = tf.Variable([1.0, 2.0], name="b")
    y = tf.cond(x > 0.0, lambda: a * 2.0, lambda: tf.reduce_sum(b) + a)
    _, z = tf.while_loop(
        lambda i, _: i < 3, lambda i, total: (i + 1, total + a + tf.reduce_max(b)), [0, x]
    )
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(
            session, session.graph_def, [y.op.name, z.op.name]
        )
    ops = {node.op for node in frozen.node}
    found: list[Any] = [sorted(ops & {"VarHandleOp", "ReadVariableOp"})]
    with tf.Graph().as_default():
        outputs = tf.import_graph_def(frozen, return_elements=[y.name, z.name], name="")
        with tf.Session() as session:
            found += [session.run(outputs, {"x:0": value}) for value in (1.0, -1.0)]
    return found


@results
def operations_for_cpus(tf: Any) -> Any:
    tf.cast(tf.constant(1), tf.float32, name="narrow")
    tf.cast(tf.constant([1.0]), tf.int32, name="wide")
    tf.constant("a", name="text")
    tf.dynamic_stitch([[0], [1]], [[1], [2]], name="numbers")
    tf.dynamic_stitch([[0], [1]], [[1.0], [2.0]], name="floats")
    tf.get_variable("v", initializer=1.0, use_resource=False)
    must, graph = tf.graph_util.must_run_on_cpu, tf.get_default_graph()
    names = ("Const", "narrow", "Const_1", "wide", "text", "numbers", "floats", "v", "v/Assign")
    return [
        [must(op), must(op.node_def), must(op, pin_variables_on_cpu=True)]
        for op in map(graph.get_operation_by_name, names)
    ]
