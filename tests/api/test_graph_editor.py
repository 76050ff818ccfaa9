"""`tf.contrib.graph_editor`: operations are found, copied and reconnected; facts of TensorFlow 1.15, which had it last."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

ge = tf.contrib.graph_editor


@pytest.fixture(autouse=True)
def _in_a_graph_of_its_own() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def names(items: Any) -> list[str]:
    return sorted(item.name for item in items)


def chain() -> tuple[Any, ...]:
    """`a → b → c → e`, `b → d → e`; and `f`, which waits for `c`."""
    a = tf.constant([1.0, 2.0], name="a")
    b = tf.negative(a, name="b")
    with tf.name_scope("in"):
        c = tf.exp(b, name="c")
        d = tf.square(b, name="d")
    e = tf.add(c, d, name="e")
    with tf.control_dependencies([c]):
        f = tf.no_op("f")
    return a, b, c, d, e, f


def test_operations_are_found_before_and_behind_others() -> None:
    _, b, c, d, e, f = chain()
    assert names(ge.get_forward_walk_ops(b.op)) == ["b", "e", "in/c", "in/d"]
    assert names(ge.get_forward_walk_ops([b.op], inclusive=False)) == ["e", "in/c", "in/d"]
    assert names(ge.get_forward_walk_ops([b])) == ["e", "in/c", "in/d"]
    assert names(ge.get_forward_walk_ops(b.op, stop_at_ts=[c, d])) == ["b", "in/c", "in/d"]
    assert names(ge.get_forward_walk_ops(b.op, within_ops=[b.op, d.op])) == ["b", "in/d"]
    controls = ge.ControlOutputs(tf.get_default_graph())
    assert names(ge.get_forward_walk_ops(c.op, control_outputs=controls)) == ["e", "f", "in/c"]
    assert names(controls.get(c.op)) == ["f"]
    assert names(ge.get_backward_walk_ops(e.op, inclusive=False)) == ["a", "b", "in/c", "in/d"]
    assert names(ge.get_backward_walk_ops([c])) == ["a", "b", "in/c"]
    assert names(ge.get_backward_walk_ops(e, stop_at_ts=b)) == ["e", "in/c", "in/d"]
    assert names(ge.get_backward_walk_ops(e, within_ops_fn=lambda op: op is not c.op)) == [
        "a",
        "b",
        "e",
        "in/d",
    ]
    assert names(ge.get_backward_walk_ops(f)) == ["f"]
    assert names(ge.get_backward_walk_ops(f, control_inputs=True)) == ["a", "b", "f", "in/c"]
    assert names(ge.get_walks_intersection_ops([b.op], [c.op])) == ["b", "in/c"]
    assert names(ge.get_walks_union_ops([c.op], [b.op])) == ["a", "b", "e", "in/c"]
    assert ge.get_forward_walk_ops([]) == []
    with pytest.raises(TypeError, match="Expected Operations"):
        ge.get_backward_walk_ops(["a"])


def test_operations_and_tensors_are_selected_by_name() -> None:
    a, b, c, d, _, _ = chain()
    graph = tf.get_default_graph()
    assert names(ge.select_ops("^in/", graph=graph)) == ["in/c", "in/d"]
    assert names(ge.select_ops(re.compile("c$"), a.op, [b.op, c], graph=graph)) == [
        "a",
        "b",
        "in/c",
    ]
    assert names(ge.select_ops(graph, positive_filter=lambda op: op.type == "Exp")) == ["in/c"]
    assert names(ge.select_ts("c:0$", d, graph=graph)) == ["in/c:0", "in/d:0"]
    ops, ts = ge.select_ops_and_ts("^in/", "(?#ts)^b", graph=graph)
    assert (names(ops), names(ts)) == (["in/c", "in/d"], ["b:0"])
    assert names(ge.filter_ts([c.op], True)) == ["b:0", "in/c:0"]
    assert names(ge.filter_ts_from_regex(graph, "in/")) == ["in/c:0", "in/d:0"]
    assert names(ge.get_name_scope_ops(graph, "in/")) == ["in/c", "in/d"]
    assert names(ge.get_consuming_ops([b])) == ["in/c", "in/d"]
    assert names(ge.get_tensors(graph)) == ["a:0", "b:0", "e:0", "in/c:0", "in/d:0"]
    view = ge.sgv("^in/", graph=graph)
    assert (names(view.inputs), names(view.outputs)) == (["b:0"], ["in/c:0", "in/d:0"])
    assert ge.make_view(view) is view
    with pytest.raises(ValueError, match="keyword argument 'graph'"):
        ge.select_ops("a")
    with pytest.raises(ValueError, match="Wrong keywords argument: graphs"):
        ge.select_ops("a", graphs=graph)


def test_operations_are_copied() -> None:
    _, b, c, d, e, f = chain()
    tf.add_to_collection("mine", e)
    tf.add_to_collection(tf.GraphKeys.LOSSES, e)
    view, info = ge.copy_with_input_replacements([e.op, d.op, c.op, f], {b: b * 0.5}, dst_scope="t")
    twin = info.transformed(e)
    assert (twin.name, names(view.ops)) == ("t/e:0", ["t/e", "t/f", "t/in/c", "t/in/d"])
    assert names(info.transformed(f).control_inputs) == ["t/in/c"]
    assert info.original(twin) is e
    assert info.transformed([b, (c,)])[0] is None
    assert tf.get_collection("t/mine") == [twin]
    assert tf.get_collection(tf.GraphKeys.LOSSES) == [e, twin]
    again, _ = ge.copy_with_input_replacements(ge.sgv(e.op), {}, dst_scope="t")
    assert (names(again.ops), names(again.inputs)) == (["t_1/e"], ["in/c:0", "in/d:0"])
    other = tf.Graph()
    _, moved = ge.copy([c.op, d.op], other, src_scope="in/")
    assert names(other.get_operations()) == ["c", "d", "geph__b_0"]
    with tf.Session() as session:
        value, halved = session.run([e, twin])
    x = np.array([-1.0, -2.0])
    np.testing.assert_allclose(value, np.exp(x) + x * x, rtol=1e-6)
    np.testing.assert_allclose(halved, np.exp(x / 2) + x * x / 4, rtol=1e-6)
    with tf.Session(graph=other) as session:
        feeds = {other.get_tensor_by_name("geph__b_0:0"): [3.0, 4.0]}
        assert session.run(moved.transformed(d), feeds).tolist() == [9.0, 16.0]
    with pytest.raises(ValueError, match="does not belong to source scope: in/"):
        ge.copy(e.op, src_scope="in")
    with pytest.raises(TypeError, match=r"Expected a tf\.Graph"):
        ge.copy(e.op, "graph")
    with pytest.raises(TypeError, match=r"Expected a tf\.Tensor or a tf\.Operation"):
        info.transformed("e")


def test_loops_are_copied_to_another_graph() -> None:
    last = tf.placeholder(tf.int32, [])
    _, total = tf.while_loop(lambda i, s: i <= last, lambda i, s: (i + 1, s + i), [1, 0])
    other = tf.Graph()
    _, info = ge.copy(tf.get_default_graph(), other, dst_scope="copied")
    with tf.Session(graph=other) as session:
        assert session.run(info.transformed(total), {info.transformed(last): 10}) == 55


def test_what_tensors_depend_on_is_replaced() -> None:
    a = tf.constant(1.0, name="a")
    b = tf.Variable(1.0, name="b")
    c = tf.identity(a + b + 0.5, name="c")
    new, pair = tf.constant(2.0), collections.namedtuple("pair", "c a")
    found = ge.graph_replace(c, {a: new})
    held = ge.graph_replace({"c": c}, {a: new})
    parts = ge.graph_replace(pair(c, a), {a: new}, dst_scope="again")
    assert isinstance(parts, pair)
    assert (parts.a, parts.c.name) == (a, "again/c:0")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([c, found, held, parts.c]) == [2.5, 3.5, {"c": 3.5}, 3.5]
    with pytest.raises(ValueError, match="not connected"):
        ge.graph_replace(a, {c: new})


def test_operations_read_other_tensors() -> None:
    a, b = tf.constant([1, 2, 3]), tf.constant([4, 5, 6])
    of_a, of_b, of_both = tf.identity(a), tf.negative(b), a * b
    by_size = tf.zeros(tf.identity(a)[:2])
    assert by_size.shape.as_list() == [1, 2]
    assert ge.reroute_ts(b, a, can_modify=[of_a.op]) == 1
    assert ge.swap_ts([a], [b], cannot_modify=[of_a.op]) == 4
    assert by_size.shape.as_list() == [4, 5]
    late = tf.constant([7, 8, 9])
    assert ge.reroute_ts({1: late}.values(), {of_a: 1}.keys()) == 0
    assert ge.reroute_ts(late, b, can_modify=of_a.op) == 1
    with tf.Session() as session:
        found = session.run([of_a, of_b, of_both, tf.shape(by_size)])
    assert [value.tolist() for value in found] == [[7, 8, 9], [-1, -2, -3], [4, 10, 18], [4, 5]]
    with pytest.raises(ValueError, match="different sizes: 1 != 2"):
        ge.reroute_ts([a], [a, b])
    with pytest.raises(ValueError, match="Shapes"):
        ge.reroute_ts(tf.constant([1]), a)
    with pytest.raises(ValueError, match="Dtypes"):
        ge.reroute_ts(tf.constant([1.0, 2.0, 3.0]), a)


def test_operations_wait_for_others() -> None:
    count = tf.Variable(0)
    more = count.assign_add(1).op
    read = tf.no_op()
    ge.add_control_inputs(read, more)
    with tf.Session() as session:
        session.run(count.initializer)
        session.run(read)
        assert session.run(count) == 1
    with pytest.raises(ValueError, match="already a control_input"):
        ge.add_control_inputs(read, [more])
    ge.remove_control_inputs(read, [more])
    assert read.control_inputs == []
    with pytest.raises(ValueError, match="is not a control_input"):
        ge.remove_control_inputs(read, [more])


def test_gradients_of_copies_are_those_of_the_originals() -> None:
    """As programs do that save memory: what the gradient needs is computed anew from a few tensors that are kept."""
    w = tf.Variable([[0.5, -0.25], [1.0, 0.75]])
    x = tf.constant([[1.0, 2.0]])
    first = tf.tanh(tf.matmul(x, w))
    second = tf.tanh(tf.matmul(first, w))
    loss = tf.reduce_sum(second * second)
    usual = tf.gradients(loss, w)[0]
    kept = tf.stop_gradient(first)
    behind = ge.get_forward_walk_ops([x.op, w.op], inclusive=False)
    between = ge.get_backward_walk_ops(loss.op, stop_at_ts=[first], within_ops=behind)
    _, info = ge.copy_with_input_replacements(ge.sgv(between), {})
    copied = list(info._transformed_ops.values())
    assert ge.reroute_ts([kept], [first], can_modify=copied) == 1
    for op, twin in info._transformed_ops.items():
        twin._set_device(op.device)
    of_kept, of_w = tf.gradients(info.transformed(loss), [kept, w])
    anew = of_w + tf.gradients(first, w, of_kept)[0]
    with tf.Session() as session:
        session.run(w.initializer)
        one, two = session.run([usual, anew])
    np.testing.assert_allclose(one, two, rtol=1e-5)
