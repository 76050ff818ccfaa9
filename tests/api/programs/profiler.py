"""`tf.profiler.profile`: parameters and operations on numbers."""

from __future__ import annotations

from typing import Any

from tests.api.programs import results
from tests.api.programs.files import refused


def network(tf: Any, use_resource: bool) -> None:
    """A small network, with a part whose batch is not known."""
    with tf.variable_scope("net", use_resource=use_resource, initializer=tf.ones_initializer()):
        x = tf.placeholder(tf.float32, [2, 8, 8, 3], name="x")
        with tf.variable_scope("a"):
            h = tf.layers.conv2d(x, 4, 3, activation=tf.nn.relu)
        h = tf.layers.flatten(tf.nn.max_pool(h, 2, 2, "SAME"))
        w = tf.get_variable("b/w", [36, 5])
        u = tf.get_variable("b/u", [5], trainable=False)
        scale = tf.get_variable("scale", initializer=2.0)
        y = tf.placeholder(tf.float32, [None, 36], name="y")
        tf.matmul(y, w, name="unknown")
        tf.reduce_mean(tf.nn.softmax(tf.matmul(h, w) * scale + u))


def tree(node: Any) -> Any:
    """A result of the view by scopes."""
    shapes = {str(k): [dim.size for dim in v.dim] for k, v in node.input_shapes.items()}
    numbers = [node.parameters, node.total_parameters, node.float_ops, node.total_float_ops]
    return [
        node.name, *numbers, node.total_definition_count, sorted(shapes.items()),
        [tree(child) for child in node.children],
    ]  # fmt: skip


def chain(node: Any) -> Any:
    """A result of the view by types."""
    numbers = [node.parameters, node.total_parameters, node.float_ops, node.total_float_ops]
    return [
        node.name, *numbers, [tree(child) for child in node.graph_nodes],
        [chain(child) for child in node.children],
    ]  # fmt: skip


def silent(tf: Any, options: Any = None) -> Any:
    return tf.profiler.ProfileOptionBuilder(options).with_empty_output()


def variants(tf: Any) -> list[Any]:
    """Options that choose and sort."""
    builder = tf.profiler.ProfileOptionBuilder
    parameters = builder.trainable_variables_parameter()
    return [
        silent(tf),
        silent(tf, parameters),
        silent(tf, builder.float_operation()),
        silent(tf, parameters).with_max_depth(2),
        silent(tf, parameters)
        .account_displayed_op_only(False)
        .with_node_names(show_name_regexes=["net/b.*", "VariableV2"]),
        silent(tf).with_accounted_types(["MatMul", "Variable.*"]).order_by("params"),
        silent(tf).with_accounted_types(["Mul", "Sub"]).account_displayed_op_only(True),
        silent(tf)
        .with_node_names(
            start_name_regexes=["net/a/conv2d", "net/b", ".*Root"],
            hide_name_regexes=[".*bias.*"],
            trim_name_regexes=[".*kernel"],
        )
        .order_by("params"),
        silent(tf).with_min_parameters(100).order_by("params"),
        silent(tf).with_min_float_operations(200).order_by("float_ops"),
    ]


@results
def profiles_by_scopes(tf: Any) -> Any:
    found = []
    for use_resource in (False, True):
        with tf.Graph().as_default() as graph:
            network(tf, use_resource)
        found.append(
            [tree(tf.profiler.profile(graph, options=item.build())) for item in variants(tf)]
        )
    return found


@results
def profiles_by_types(tf: Any) -> Any:
    network(tf, False)
    found = [
        chain(tf.profiler.profile(cmd="op", options=item.build(), run_meta=tf.RunMetadata()))
        for item in variants(tf)
        if not item.build()["start_name_regexes"][1:]
    ]
    options = silent(tf).with_min_occurrence(3).build()
    found.append(chain(tf.profiler.profile(cmd="op", options=options)))
    found.append(refused(tf, lambda: tf.profiler.profile(cmd="x")))
    return found


@results
def operations_on_numbers(tf: Any) -> Any:
    """All formulas that TensorFlow has."""
    x = tf.placeholder(tf.float32, [2, 6, 6, 4])
    flat = tf.reshape(x, [24, 12])
    for function in (
        tf.reciprocal,
        tf.square,
        tf.rsqrt,
        tf.log,
        tf.negative,
        tf.nn.l2_loss,
        tf.nn.softmax,
    ):
        function(x)
    for function in (
        tf.add, tf.subtract, tf.multiply, tf.divide, tf.maximum, tf.minimum, tf.pow, tf.greater_equal,
        tf.greater, tf.less_equal, tf.less, tf.equal, tf.not_equal, tf.squared_difference,
    ):  # fmt: skip
        function(x, x[:1])
    for function in (tf.reduce_mean, tf.reduce_sum, tf.argmax, tf.argmin):
        function(x, 1)
    tf.gradients(tf.rsqrt(x), x)
    tf.add_n([x, x, x])
    tf.matmul(flat, flat, transpose_a=True)
    tf.matmul(x, x, transpose_b=True)
    kernel = tf.ones([3, 3, 4, 5])
    for padding, strides in (("SAME", 1), ("VALID", 2)):
        y = tf.nn.conv2d(x, kernel, strides, padding)
        tf.gradients(y, [x, kernel])
        tf.nn.depthwise_conv2d(x, kernel, [1, strides, strides, 1], padding)
        for pool in (tf.nn.avg_pool, tf.nn.max_pool):
            tf.gradients(pool(x, 2, strides, padding), x)
        tf.nn.dilation2d(
            x, kernel[..., 0], strides=[1, strides, strides, 1], rates=[1] * 4, padding=padding
        )
    tf.nn.conv3d(x[..., tf.newaxis], tf.ones([2, 2, 2, 1, 3]), [1] * 5, "SAME")
    tf.nn.bias_add(tf.transpose(x, [0, 3, 1, 2]), [1.0] * 4, data_format="NCHW")
    counter = tf.Variable([1.0, 2.0], use_resource=False)
    tf.assign_add(counter, [1.0, 1.0])
    tf.assign_sub(counter, [1.0, 1.0])
    options = silent(tf, tf.profiler.ProfileOptionBuilder.float_operation()).build()
    result = tf.profiler.profile(cmd="op", options=options)
    found = []
    while result.children:
        (result,) = result.children
        found.append([result.name, result.float_ops])
    return sorted(found)


@results
def options_of_profiles(tf: Any) -> Any:
    builder = tf.profiler.ProfileOptionBuilder
    made = (
        builder(builder.time_and_memory(2, min_output_bytes=3))
        .with_min_memory(1, 2, 3, 4)
        .with_min_execution_time(5, 6, 7)
        .with_min_parameters(8)
        .with_min_occurrence(9)
        .with_min_float_operations(10)
        .with_file_output("f")
        .select(["params", "bytes"])
        .with_step(11)
    )
    return [
        builder().build(),
        builder.trainable_variables_parameter(),
        builder.float_operation(),
        builder.time_and_memory(),
        made.build(),
        builder().with_stdout_output().with_timeline_output("t").build()["output"],
        builder().with_pprof_output("p").build()["output"],
    ]
