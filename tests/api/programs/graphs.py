"""Graphs, names, scopes, collections, imports, shapes and sessions."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program


@program
def names_of_operations(tf: Any) -> Any:
    for _ in range(3):
        tf.constant(1.0)
        tf.constant(1.0, name="x")
        tf.constant(1.0, name="X")
        tf.no_op(name="x_1")
    tf.no_op(name="a/b")
    tf.no_op(name="a/b")
    tf.no_op(name="a")


@program
def unique_names(tf: Any) -> Any:
    g = tf.get_default_graph()
    found = [g.unique_name("x") for _ in range(3)]
    found += [g.unique_name("x", mark_as_used=False) for _ in range(2)]
    found += [g.unique_name("x_1"), g.unique_name("X"), g.unique_name("x_1_1"), g.unique_name("x")]
    with tf.name_scope("s"):
        found += [g.unique_name("x"), g.unique_name("x"), g.unique_name("s")]
    return found


@program
def name_scopes(tf: Any) -> Any:
    g = tf.get_default_graph()
    seen = []
    with tf.name_scope("outer") as outer:
        seen.append(outer)
        tf.no_op(name="n")
        with tf.name_scope("inner") as inner:
            seen.append(inner)
            tf.no_op(name="n")
        with tf.name_scope("inner") as again:
            seen.append(again)
        with tf.name_scope(inner) as reentered:
            seen.append(reentered)
            tf.no_op(name="n")
        with tf.name_scope(None, "default") as third:
            seen.append(third)
        with g.name_scope(None) as root:
            seen.append(root)
            tf.no_op(name="at_root")
        with g.name_scope("") as root:
            seen.append(root)
        tf.no_op(name=outer)
    with tf.name_scope("outer") as second:
        seen.append(second)
    with tf.name_scope("a/b") as nested:
        seen.append(nested)
        tf.no_op(name="n")
    seen.append(g.get_name_scope())
    return seen


@program
def names_that_are_not_valid(tf: Any) -> Any:
    g = tf.get_default_graph()

    def scope(name: str) -> Any:
        with g.name_scope(name) as found:
            return found

    def nested(name: str) -> Any:
        with g.name_scope("s/"), g.name_scope(name) as found:
            return found

    names = ["a b", "_x", "-x", "x:0", "é", ".x", "x>y", "x\\y", "1", "x y/"]
    return [
        [message(lambda name=name: scope(name)) for name in names],
        [message(lambda name=name: nested(name)) for name in names],
        [attempt(lambda name=name: tf.no_op(name=name).name) for name in names if name != "x y/"],
    ]


@program
def control_dependencies(tf: Any) -> Any:
    a, b, c = (tf.no_op(name=name) for name in "abc")
    with tf.control_dependencies([a, "b"]):
        x = tf.constant(1.0)
        with tf.control_dependencies([c]):
            tf.constant(2.0)
            with tf.control_dependencies(None):
                tf.constant(3.0)
                with tf.control_dependencies([b]):
                    tf.constant(4.0)
            tf.constant(5.0)
        with tf.control_dependencies([x, c]):
            tf.raw_ops.Neg(x=x)
            tf.raw_ops.Neg(x=tf.raw_ops.Abs(x=x))
        tf.group(x, c)
    tf.group(a, b, name="all")


@program
def control_dependencies_that_come_through_inputs(tf: Any) -> Any:
    a = tf.no_op(name="a")
    x = tf.constant(1.0, name="x")
    with tf.control_dependencies([a]):
        y = tf.raw_ops.Neg(x=x, name="y")
        z = tf.raw_ops.Neg(x=y, name="z")
        tf.raw_ops.Add(x=z, y=x, name="sum")


@program
def control_dependencies_that_are_wrong(tf: Any) -> Any:
    def wait(items: Any) -> Any:
        with tf.control_dependencies(items):
            return tf.no_op()

    return [attempt(lambda: wait([7])), attempt(lambda: wait(["missing"]))]


@program
def collections(tf: Any) -> Any:
    g = tf.get_default_graph()
    tf.add_to_collection("c", 1)
    g.add_to_collections(["c", "d", "c"], tf.constant(1.0, name="s/x"))
    g.add_to_collections("d", tf.constant(1.0, name="t/x"))
    g.add_to_collection(("hidden",), 1)
    first = g.get_collection("c")
    first.append(2)
    g.get_collection_ref("e").append(3)
    return [
        tf.get_collection("c"),
        tf.get_collection("d", scope="s"),
        tf.get_collection("d", scope="x"),
        tf.get_collection("d", scope=".*/x"),
        tf.get_collection("missing"),
        sorted(g.get_all_collection_keys()),
        g.get_collection("e"),
        g.clear_collection("e"),
        g.get_collection("e"),
    ]


@program
def lookups_by_name(tf: Any) -> Any:
    g = tf.get_default_graph()
    tf.constant(1.0, name="a/x")
    tf.no_op(name="n")
    names = ["a/x:0", "a/x", "a/x:1", "n:0", "missing", "missing:0", "a/x:y", "a:b:0", ""]
    return [
        [message(lambda name=name: g.get_tensor_by_name(name)) for name in names],
        [message(lambda name=name: g.get_operation_by_name(name)) for name in names],
        [message(lambda name=name: g.as_graph_element(name)) for name in names],
        [attempt(lambda: g.get_tensor_by_name(7)), attempt(lambda: g.as_graph_element(7))],
        message(lambda: g.as_graph_element("n", allow_operation=False)),
        message(lambda: g.as_graph_element("a/x:0", allow_tensor=False)),
    ]


@program
def constants(tf: Any) -> Any:
    values: list[Any] = [
        1, 1.5, True, "text", b"bytes", [1, 2], [1.0, 2], [[True]], ["a", b"b"], 1 << 40, 1j, [],
        np.float64(1), np.int8(1), np.array([1, 2]), np.array(["a"]), np.array([1.5], np.float16),
        (1, 2), [np.float64(1.5)], [np.int64(1)], [np.float32(1.5), 2], np.zeros((2, 0)),
    ]  # fmt: skip
    for value in values:
        tf.constant(value)
    tf.constant(1, tf.float32)
    tf.constant([1, 2], "int64")
    tf.constant(1, shape=[2, 3])
    tf.constant(7.0, tf.float64, [2])
    tf.constant([1, 2, 3, 4], shape=[2, 2])
    tf.constant("x", shape=[2], name="named")
    tf.constant([], shape=[2])
    tf.constant(1, shape=[0, 2])
    tf.constant([1, 2], tf.int64, shape=[0])
    return [
        attempt(lambda: tf.constant([1, [2]])),
        attempt(lambda: tf.constant("x", tf.float32)),
        attempt(lambda: tf.constant(1.5, tf.int32)),
        attempt(lambda: tf.constant(1, tf.string)),
        attempt(lambda: tf.constant(None)),
        message(lambda: tf.constant([1, 2, 3], shape=[2])),
        message(lambda: tf.constant([1, 2], shape=[1, 2], verify_shape=True)),
        attempt(lambda: tf.constant([1, "x"])),
        attempt(lambda: tf.constant(True, tf.int32)),
        attempt(lambda: tf.constant(1, tf.bool)),
        attempt(lambda: tf.constant(1.0, tf.resource)),
    ]


@program
def conversion_to_tensors(tf: Any) -> Any:
    x = tf.constant(1.0, name="x")
    same = tf.convert_to_tensor(x) is x
    tf.convert_to_tensor([1.0, x])
    tf.convert_to_tensor([[x, 2.0], [3, x]], name="matrix")
    tf.convert_to_tensor([x, x], tf.float32)
    tf.convert_to_tensor(5, tf.float32)
    tf.convert_to_tensor(5, name="five")
    tf.convert_to_tensor(tf.TensorShape([1, 2]))
    return [
        same,
        message(lambda: tf.convert_to_tensor(x, tf.int32)),
        message(lambda: tf.convert_to_tensor(None)),
        attempt(lambda: tf.convert_to_tensor(tf.no_op())),
        message(lambda: tf.convert_to_tensor(["a"], tf.float32)),
        message(lambda: tf.convert_to_tensor(1.5, tf.int32)),
        attempt(lambda: tf.convert_to_tensor([x, tf.constant(1)])),
    ]


@program
def inputs_of_raw_ops(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 3], "x")
    tf.raw_ops.Mul(x=x, y=2.0)
    tf.raw_ops.Mul(x=[1, 2], y=[3, 4], name="integers")
    tf.raw_ops.ConcatV2(values=[x, [[1.0, 2.0, 3.0]]], axis=0)
    tf.raw_ops.Pack(values=[1, 2, 3])
    tf.raw_ops.MatMul(a=x, b=np.ones((3, 2), np.float32), name="named")
    tf.raw_ops.Cast(x=x, DstT=tf.int64)
    tf.raw_ops.Reshape(tensor=x, shape=[-1])
    tf.raw_ops.Split(axis=1, value=x, num_split=3)
    tf.raw_ops.TopKV2(input=x, k=1)
    with tf.name_scope("scope"):
        tf.raw_ops.Add(x=1.0, y=x)
    tf.raw_ops.Fill(dims=[2, 2], value=0.5)
    return [
        attempt(lambda: tf.raw_ops.Mul(x=x)),
        attempt(lambda: tf.raw_ops.Mul(x=x, y=2.0, z=1)),
        attempt(lambda: tf.raw_ops.Mul(x=x, y="text")),
        attempt(lambda: tf.raw_ops.MatMul(a=x, b=np.ones((2, 2), np.float32))),
        attempt(lambda: tf.raw_ops.Mul(x=x, y=tf.constant(1))),
    ]


@program
def operations_and_tensors(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [2, None], "x")
    split = tf.raw_ops.Split(axis=0, value=x, num_split=2)
    y = tf.raw_ops.Neg(x=x)
    op = split[1].op
    return [
        str(x),
        repr(x),
        repr(op),
        str(y.dtype),
        repr(y.dtype),
        x.name,
        split[1].value_index,
        [t.name for t in op.outputs],
        [o.name for o in x.consumers()],
        op.get_attr("num_split"),
        attempt(lambda: op.get_attr("missing")),
        op.node_def.op,
        list(op.node_def.input),
        op.op_def.name,
        [(arg.name, arg.type_attr, arg.number_attr) for arg in op.op_def.input_arg],
        sorted((attr.name, attr.type) for attr in op.op_def.attr),
        attempt(lambda: bool(x)),
        attempt(lambda: len(x)),
        x.get_shape().as_list(),
        str(x.shape),
        repr(x.shape),
        attempt(lambda: x.set_shape([3, 3])),
        x.set_shape([None, 5]),
        x.shape.as_list(),
        op.colocation_groups(),
        x == y,
        x.op.type,
        op.device,
    ]


@program
def placeholders(tf: Any) -> Any:
    tf.placeholder(tf.float32)
    tf.placeholder("int32", [])
    tf.placeholder(tf.string, (None, 2), "text")
    tf.placeholder(tf.float32, tf.TensorShape([1, None]), "shaped")
    tf.placeholder_with_default(1.0, [], "default")
    tf.placeholder_with_default([1, 2], [None])
    tf.placeholder_with_default(tf.constant([[1.0]]), [None, 1])
    shapes = []
    for shape in (None, [None, 3], [2, 3], [None, None]):
        sparse = tf.sparse_placeholder(tf.float32, shape, "sparse")
        shapes.append(str(sparse.get_shape()))
        sparse = tf.sparse_placeholder(tf.string, shape)
        shapes.append(str(sparse.shape))
    return [shapes, attempt(lambda: tf.placeholder_with_default([1, 2], [3]))]


@program
def sparse_tensors(tf: Any) -> Any:
    sparse = tf.SparseTensor([[0, 1], [1, 0]], [1.0, 2.0], [2, 3])
    other = tf.SparseTensor(
        tf.placeholder(tf.int64, [None, 2]),
        tf.placeholder(tf.string, [None]),
        tf.constant([2, 3], tf.int64),
    )
    return [
        sparse.dtype.name,
        str(sparse.shape),
        str(other.get_shape()),
        sparse.op.name,
        attempt(lambda: tf.SparseTensor([0, 1], [1.0], [2])),
        attempt(lambda: tf.SparseTensor([[0, 1]], [1.0, 2.0], [2, 3])),
        attempt(lambda: tf.SparseTensor([[0, 1]], [1.0], [2])),
        attempt(lambda: tf.SparseTensor([[0.5, 1]], [1.0], [2, 2])),
    ]


@program
def reference_variables(tf: Any) -> Any:
    v = tf.Variable(1.0, name="v", use_resource=False)
    w = tf.Variable([[1, 2]], trainable=False, use_resource=False)
    u = tf.Variable(lambda: tf.constant([1.0]), name="v", use_resource=False)
    tf.raw_ops.Neg(x=v)
    v.assign(2.0)
    v.assign_add(2.0, name="more")
    tf.global_variables_initializer()
    return [
        v.name, w.name, u.name, v.dtype.name, w.shape.as_list(), v.op.type, v.initializer.name,
        tf.global_variables(), tf.trainable_variables(), v.value().name, repr(v.shape),
        attempt(lambda: tf.Variable(None)),
        attempt(lambda: v.assign("text")),
    ]  # fmt: skip


@program
def resource_variables(tf: Any) -> Any:
    v = tf.Variable(1.0, name="v", use_resource=True)
    with tf.name_scope("s"):
        w = tf.Variable(np.zeros((2, 3)), name="w", use_resource=True, trainable=False)
    tf.variables_initializer([v, w], name="start")
    tf.global_variables_initializer()
    tf.local_variables_initializer()
    return [
        v.name, w.name, v.dtype.name, w.shape.as_list(), v.op.type, v.initializer.name,
        v.op.get_attr("shared_name"), w.op.get_attr("shared_name"), tf.global_variables(),
        tf.trainable_variables(), tf.local_variables(), tf.model_variables(),
    ]  # fmt: skip


@program
def variable_scopes(tf: Any) -> Any:
    seen = []
    with tf.variable_scope("a") as a:
        seen.append((a.name, a.original_name_scope))
        tf.no_op(name="n")
        with tf.variable_scope("b") as b:
            seen.append((b.name, b.original_name_scope))
        with tf.variable_scope("b") as b:
            seen.append((b.name, b.original_name_scope))
        with tf.variable_scope(None, "c") as c:
            seen.append((c.name, c.original_name_scope))
        with tf.variable_scope(None, "c") as c:
            seen.append((c.name, c.original_name_scope))
        seen.append(tf.get_variable_scope().name)
    with tf.variable_scope(a) as again:
        seen.append((again.name, again.original_name_scope))
        tf.no_op(name="n")
        with tf.variable_scope(None, "c") as c:
            seen.append((c.name, c.original_name_scope))
    with tf.variable_scope("a") as second:
        seen.append((second.name, second.original_name_scope))
        with tf.variable_scope(None, "c") as c:
            seen.append((c.name, c.original_name_scope))
    for _ in range(2):
        with tf.variable_scope(None, "d", auxiliary_name_scope=False) as d:
            seen.append((d.name, d.original_name_scope))
            tf.no_op(name="n")
    with tf.variable_scope(None, default_name="d") as d:
        seen.append((d.name, d.original_name_scope))
    with tf.name_scope("scope"), tf.variable_scope("e") as e:
        seen.append((e.name, e.original_name_scope))
        tf.no_op(name="n")
    with tf.variable_scope("x/y") as nested:
        seen.append((nested.name, nested.original_name_scope))
    with tf.variable_scope("") as empty:
        seen.append((empty.name, empty.original_name_scope))
        tf.no_op(name="n")
    seen.append(tf.get_variable_scope().name)

    def nameless() -> Any:
        with tf.variable_scope(None):
            return None

    seen.append(attempt(nameless))
    return seen


def small_graph(tf: Any) -> Any:
    """A GraphDef of five nodes."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None], "x")
        two = tf.constant(2.0, name="two")
        y = tf.raw_ops.Mul(x=x, y=two, name="y")
        n = tf.no_op(name="n")
        with tf.control_dependencies([n]):
            tf.raw_ops.Neg(x=y, name="s/z")
    return graph.as_graph_def()


@program
def imports(tf: Any) -> Any:
    definition = small_graph(tf)
    first = tf.import_graph_def(definition)
    second = tf.import_graph_def(definition, return_elements=["s/z:0", "y", "x:0"])
    with tf.name_scope("outer"):
        third = tf.import_graph_def(definition, name="inner", return_elements=["y:0"])
    other = tf.placeholder(tf.float32, [3], "other")
    fourth = tf.import_graph_def(
        definition, {"x:0": other, "two": tf.constant(3.0)}, ["s/z:0", "x:0"], name="mapped"
    )
    tf.import_graph_def(definition, name="")
    with tf.control_dependencies([tf.no_op(name="before")]):
        tf.import_graph_def(definition, name="waits")
    tf.import_graph_def(definition, {"^n": tf.constant(1.0, name="instead")}, name="controls")
    return [first, second, third, fourth]


@program
def imports_with_what_becomes_tensors(tf: Any) -> Any:
    definition = small_graph(tf)
    scale = tf.get_variable("scale", initializer=3.0, use_resource=True)
    found = [
        tf.import_graph_def(definition, {"x": np.ones([2], np.float32)}, ["y:0"]),
        tf.import_graph_def(definition, {"x:0": [1.0, 2.0], "two": scale}, ["y:0"], name="again"),
    ]
    with tf.Graph().as_default():
        for arguments in (
            {"input_map": {"x": "text"}},
            {"input_map": {"x": [1, 2]}},
            {"input_map": {"x": [1.0]}, "name": ""},
            {"input_map": {"x": tf.no_op()}},
        ):
            found.append(attempt(lambda given=arguments: tf.import_graph_def(definition, **given)))
    return found


@program
def imports_of_the_same_names(tf: Any) -> Any:
    definition = small_graph(tf)
    tf.import_graph_def(definition, name="")
    return tf.import_graph_def(definition, name="", return_elements=["s/z:0", "x"])


@program
def imports_that_are_wrong(tf: Any) -> Any:
    # What TensorFlow adds before it finds out is left out of the comparison; minihub_runtime adds nothing.
    with tf.Graph().as_default():
        return wrong_imports(tf)


def wrong_imports(tf: Any) -> Any:
    definition = small_graph(tf)
    x = tf.placeholder(tf.float32, [None], "x")
    wrong = tf.placeholder(tf.int32, [None], "wrong")

    def load(**arguments: Any) -> Any:
        return attempt(lambda: tf.import_graph_def(definition, **arguments))

    broken = type(definition)()
    broken.CopyFrom(definition)
    del broken.node[0]
    return [
        attempt(lambda: tf.import_graph_def(None)),
        attempt(lambda: tf.import_graph_def("text")),
        load(input_map={"missing:0": x}),
        load(input_map={"y:1": x}),
        load(input_map={"x:0": wrong}),
        load(input_map=[x]),
        load(return_elements=["missing"]),
        load(return_elements=["missing:0"]),
        load(return_elements=["y:1"]),
        load(return_elements=[7]),
        load(input_map={"x": x}, return_elements=["x"]),
        attempt(lambda: tf.import_graph_def(broken)),
        message(lambda: tf.import_graph_def(definition, {"missing:0": x})),
    ]


@program
def finalized_graphs(tf: Any) -> Any:
    g = tf.get_default_graph()
    tf.no_op()
    g.finalize()
    return [g.finalized, message(tf.no_op), attempt(lambda: tf.constant(1.0))]


@program
def tensors_of_two_graphs(tf: Any) -> Any:
    x = tf.constant(1.0)
    with tf.Graph().as_default() as other:
        found = attempt(lambda: tf.raw_ops.Mul(x=x, y=tf.constant(1.0)))
        inside = tf.constant(1.0)
    return [
        found,
        attempt(lambda: tf.get_default_graph().as_graph_element(inside)),
        len(other.get_operations()),
    ]


@program
def default_graphs(tf: Any) -> Any:
    outer = tf.get_default_graph()
    with tf.Graph().as_default() as inner:
        inside = tf.get_default_graph() is inner
    return [inside, tf.get_default_graph() is outer]


@program
def tensor_shapes(tf: Any) -> Any:
    shape = tf.TensorShape
    known, partly, unknown = shape([2, 3]), shape([None, 3]), shape(None)
    all_three = [known, partly, unknown, shape([]), shape(2), shape([4])]
    return [
        [str(s) for s in all_three],
        [repr(s) for s in all_three],
        [[a.is_compatible_with(b) for b in all_three] for a in all_three],
        [[message(lambda a=a, b=b: str(a.merge_with(b))) for b in all_three] for a in all_three],
        [[str(a.concatenate(b)) for b in all_three] for a in all_three],
        [s.is_fully_defined() for s in all_three],
        [s.num_elements() for s in all_three],
        [s.ndims for s in all_three],
        [attempt(lambda s=s: s.as_list()) for s in all_three],
        [attempt(lambda s=s: len(s)) for s in all_three],
        [bool(s) for s in all_three],
        [
            str(partly[0]),
            repr(partly[1]),
            str(partly[1:]),
            partly[1].value,
            str(unknown[0]),
            str(unknown[1:]),
        ],
        [message(lambda s=s: str(s.with_rank(2))) for s in all_three],
        [attempt(lambda s=s: str(s.with_rank_at_least(1))) for s in all_three],
        [message(lambda s=s: str(s.with_rank_at_most(1))) for s in all_three],
        [message(lambda s=s: s.assert_has_rank(2)) for s in all_three],
        [message(lambda s=s: known.assert_same_rank(s)) for s in all_three],
        [message(lambda s=s: s.assert_is_fully_defined()) for s in all_three],
        [message(lambda s=s: known.assert_is_compatible_with(s)) for s in all_three],
        [
            known == [2, 3],
            known == shape([2, 3]),
            partly == shape([None, 3]),
            unknown == shape(None),
        ],
        [int(known[0]), known[0] == 2, [d.value for d in partly], attempt(lambda: list(unknown))],
        attempt(lambda: shape([-2])),
        attempt(lambda: shape(["x"])),
        str(known.concatenate([4])),
    ]


@program
def dimensions(tf: Any) -> Any:
    d = tf.Dimension
    two, three, unknown = d(2), d(3), d(None)
    return [
        [str(two), repr(two), str(unknown), repr(unknown)],
        [(two + three).value, (two + 1).value, (1 + two).value, (two + unknown).value],
        [(three - two).value, (three * 2).value, (2 * three).value, (three // 2).value, (three % 2).value],
        [two == 2, two == three, two == d(2), unknown == two, unknown == d(None), two != three],
        [two < three, two >= three, two < unknown],
        [two.is_compatible_with(unknown), two.is_compatible_with(3), str(two.merge_with(unknown))],
        attempt(lambda: two.merge_with(3)),
        [two.assert_is_compatible_with(unknown), message(lambda: two.assert_is_compatible_with(3))],
        attempt(lambda: d(-1)),
        attempt(lambda: int(unknown)),
        [[1, 2, 3, 4][two], list(range(two))],
        (5 - two).value, (7 // three).value,
    ]  # fmt: skip


@program
def element_types(tf: Any) -> Any:
    names = [
        "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16",
        "uint32", "uint64", "bool", "string", "complex64", "complex128", "qint8", "quint8", "qint32",
        "resource", "variant",
    ]  # fmt: skip
    return [
        [
            name, str(d), repr(d), d.as_datatype_enum, d.is_floating, d.is_integer, d.is_complex, d.is_bool,
            d.is_quantized, d.is_unsigned,
            d.size if name not in ("string", "resource", "variant") else None, d.base_dtype.name, d.real_dtype.name, d.is_numpy_compatible,
            d == tf.as_dtype(d.as_datatype_enum), d == name, d.is_compatible_with(name),
        ]
        for name in names
        for d in [tf.as_dtype(name)]
    ] + [
        tf.as_dtype(np.float32).name, tf.as_dtype(np.dtype("int8")).name, tf.as_dtype(float).name,
        tf.as_dtype(bool).name, tf.as_dtype("half").name,
        tf.as_dtype("double").name, tf.as_dtype("float").name,
        attempt(lambda: tf.as_dtype("nothing")), attempt(lambda: tf.as_dtype(None)),
        tf.int32.min, tf.int32.max, tf.uint8.limits, tf.float32.limits,
        tf.float32.as_numpy_dtype.__name__, tf.float32 == np.float32,
    ]  # fmt: skip


@program
def fetches(tf: Any) -> Any:
    import collections as c

    pair = c.namedtuple("pair", ["first", "second"])
    x = tf.placeholder(tf.float32, [None], "x")
    y = tf.raw_ops.Mul(x=x, y=2.0, name="y")
    scalar, text = tf.constant(7), tf.constant("text")
    sparse = tf.SparseTensor([[0, 1]], y, [2, 3])
    variable = tf.Variable(3.0, use_resource=True)
    fetched: list[Any] = [
        y, "y:0", "y", [y], (y, y), {"a": y, "b": [scalar, text]}, pair(y, scalar), y.op, [], {}, (),
        [[], {"k": ()}], c.OrderedDict([("z", y), ("a", scalar)]), text, scalar, variable,
        [y, variable, tf.no_op()], [sparse.indices, sparse.dense_shape],
    ]  # fmt: skip
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        found = [session.run(item, {x: [1.5]}) for item in fetched]
        value = session.run(sparse, {x: [1.5]})
        kinds = [type(item).__name__ for item in found]
        wrong = [
            attempt(lambda: session.run(None)),
            attempt(lambda: session.run([y, None])),
            attempt(lambda: session.run(7)),
            attempt(lambda: session.run("missing:0")),
            attempt(lambda: session.run("missing")),
        ]
        with tf.Graph().as_default():
            other = tf.constant(1.0)
        wrong.append(attempt(lambda: session.run(other)))
    return [found, kinds, type(value).__name__, list(value), wrong, attempt(lambda: session.run(y))]


@program
def feeds(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None, 2], "x")
    i = tf.placeholder(tf.int32, [], "i")
    s = tf.placeholder(tf.string, [None], "s")
    b = tf.placeholder(tf.bool, [], "b")
    loose = tf.placeholder(tf.float32, name="loose")
    constant = tf.constant(5.0, name="constant")
    default = tf.placeholder_with_default([1.0], [None], "default")
    sparse = tf.sparse_placeholder(tf.float32, [None, 2], "sparse")
    out = {
        name: tf.raw_ops.Identity(input=tensor)
        for name, tensor in {
            "x": x,
            "i": i,
            "s": s,
            "b": b,
            "loose": loose,
            "c": constant,
            "d": default,
        }.items()
    }
    with tf.Session() as session:

        def run(name: str, feed: Any) -> Any:
            return session.run(out[name], feed)

        good = [
            run("x", {x: [[1, 2]]}),
            run("x", {"x:0": np.ones((1, 2))}),
            run("x", {x: np.ones((1, 2), np.int64)}),
            run("i", {i: 5}),
            run("i", {i: np.int64(5)}),
            run("i", {i: True}),
            run("b", {b: True}),
            run("s", {s: ["a", b"b"]}),
            run("loose", {loose: [[1.5]]}),
            run("c", {constant: 6.0}),
            run("c", {}),
            run("d", {}),
            run("d", {default: [2.0, 3.0]}),
            list(session.run(sparse, {sparse: ([[0, 1]], [2.0], [2, 2])})),
        ]
        wrong = [
            message(lambda: run("x", {x: [1, 2]})),
            message(lambda: run("x", {x: [[1, 2, 3]]})),
            attempt(lambda: run("x", {x: [["a", "b"]]})),
            attempt(lambda: run("i", {i: 1 << 40})),
            attempt(lambda: run("x", {x: x})),
            attempt(lambda: run("x", {"missing:0": 1})),
            attempt(lambda: run("x", {7: 1})),
            attempt(lambda: run("x", {"x": [[1, 2]]})),
            attempt(lambda: run("x", {x.op: [[1, 2]]})),
        ]
    return [good, wrong]


@program
def variables_in_sessions(tf: Any) -> Any:
    found = []
    for resource in (False, True):
        v = tf.Variable([1.0, 2.0], use_resource=resource)
        once = v.assign([3.0, 4.0])
        more = v.assign_add([1.0, 1.0])
        less = v.assign_sub([2.0, 2.0])
        doubled = tf.raw_ops.Mul(x=v, y=2.0)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            found += [session.run(item) for item in (v, once, v, more, more, less, doubled)]
            v.load([7.0, 8.0], session)
            found.append(v.eval(session))
            found.append(doubled.eval())
        with tf.Session() as session:
            session.run(v.initializer)
            found.append(session.run(v))
    return found
