"""tf.function and functions of the library, beyond what programs show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.api.func_graph import FuncGraph, trace
from minihub_runtime.api.type_spec import TensorSpec


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as made:
        yield made


def run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def test_one_trace_for_each_kind_of_arguments() -> None:
    seen: list[str] = []

    @tf.function
    def shown(x: Any, k: Any = 1) -> Any:
        seen.append(f"{x.dtype.name} {x.shape} {k}")
        return x * k

    one, two = tf.constant([1, 2]), tf.constant([3, 4])
    found = [shown(one), shown(two), shown(one, 2), shown(tf.constant([5, 6, 7]))]
    assert seen == ["int32 (2,) 1", "int32 (2,) 2", "int32 (3,) 1"]
    assert shown.experimental_get_tracing_count() == 3
    assert [value.tolist() for value in run(found)] == [[1, 2], [3, 4], [2, 4], [5, 6, 7]]
    with tf.Graph().as_default():
        shown(tf.constant([1, 2]))
    assert len(seen) == 4


def test_the_narrowest_trace_that_fits() -> None:
    @tf.function
    def same(x: Any) -> Any:
        return x

    traces = [same.get_concrete_function(TensorSpec(shape)) for shape in (None, [None], [2])]
    x = tf.constant([1.0, 2.0])
    assert same(x).op.get_attr("f") == traces[2].function
    assert same(tf.constant([1.0])).op.get_attr("f") == traces[1].function
    assert same(tf.constant(1.0)).op.get_attr("f") == traces[0].function


def test_a_concrete_function() -> None:
    c = tf.constant(2.0)

    @tf.function
    def scale(x: Any, pair: Any) -> Any:
        return {"y": x * c, "z": pair[1]}

    concrete = scale.get_concrete_function(
        TensorSpec([None], tf.float32), (1, TensorSpec([], tf.int32))
    )
    assert [tensor.op.type for tensor in concrete.inputs] == ["Placeholder"] * 3
    assert concrete.captured_inputs == [c]
    assert concrete.structured_outputs.keys() == {"y", "z"}
    assert concrete.function_def.signature.name == concrete.name
    found = concrete(tf.constant([1.0, 2.0]), (1, 7))
    assert run(concrete(tf.constant([1.0]), 7))["z"] == 7
    assert found["y"].shape.as_list() == [2]
    assert run(found)["y"].tolist() == [2.0, 4.0]
    with pytest.raises(TypeError, match="must get 2 tensors, not 1"):
        concrete(tf.constant([1.0]))


def test_methods() -> None:
    class Scale:
        def __init__(self, factor: float) -> None:
            self.factor = factor

        @tf.function
        def apply(self, x: Any) -> Any:
            """Multiply."""
            return x * self.factor

    two, three = Scale(2.0), Scale(3.0)
    assert run([two.apply(tf.constant(1.0)), three.apply(tf.constant(1.0))]) == [2.0, 3.0]
    assert two.apply is two.apply
    assert Scale.apply.__doc__ == "Multiply."


def test_tensor_arrays_go_in_and_out() -> None:
    @tf.function
    def fill(n: Any) -> Any:
        array = tf.TensorArray(tf.int32, size=3, element_shape=[])
        for i in range(3):
            array = array.write(i, n * i)
        return array

    array = fill(tf.constant(5))
    assert isinstance(array, tf.TensorArray)
    assert run(array.stack()).tolist() == [0, 5, 10]


def test_arguments_that_python_compares() -> None:
    @tf.function
    def take(x: Any, options: Any) -> Any:
        return x + options["n"]

    x = tf.constant(1)
    assert run([take(x, {"n": 1}), take(x, {"n": 2})]) == [2, 3]
    assert take.experimental_get_tracing_count() == 2


def test_what_is_not_supported() -> None:
    with pytest.raises(NotImplementedError, match="experimental_implements"):
        tf.function(lambda x: x, experimental_implements="x")
    with pytest.raises(NotImplementedError, match="capture_by_value"):
        tf.framework.function.Defun(tf.float32, capture_by_value=True)(lambda x: x)(1.0)
    with pytest.raises(NotImplementedError, match=r"tf\.py_function"):
        tf.py_function(len, [1], tf.int32)


def test_tensors_that_are_out_of_scope() -> None:
    kept: list[Any] = []

    def branch() -> Any:
        kept.append(tf.constant(1.0))
        return kept[0]

    y = tf.cond(tf.constant(True), branch, lambda: tf.constant(2.0))
    with pytest.raises(ValueError, match="must be from the same graph"):
        y + kept[0]
    inner = FuncGraph("inner")

    def nest() -> Any:
        deeper = trace(FuncGraph("deeper"), lambda: tf.constant(1.0))
        return deeper.outputs[0] + 1.0

    with pytest.raises(TypeError, match="is out of scope and cannot be used here"):
        trace(inner, nest)


def test_a_captured_shape_is_known(graph: tf.Graph) -> None:
    """As in TensorFlow: Python code sees through captures, shape rules do not."""
    sizes = tf.constant([2, 3], tf.int64)
    seen: list[Any] = []

    def branch() -> Any:
        sparse = tf.SparseTensor([[0, 0]], [1.0], sizes)
        seen.append(sparse.shape.as_list())
        return sparse.values

    tf.cond(tf.constant(True), branch, lambda: tf.constant([2.0]))
    assert seen == [[2, 3]]


def test_equal_names_mean_equal_functions(graph: tf.Graph) -> None:
    defun = tf.framework.function.Defun
    defun(tf.float32, func_name="Same")(lambda x: x)(1.0)
    with pytest.raises(ValueError, match="a different function with the same name"):
        defun(tf.float32, func_name="Same")(lambda x: -x)(1.0)


def test_shapes_that_calls_compute_are_not_known_before_a_run() -> None:
    """A loop of constants is no constant: its value is not worked out while the graph is built."""
    n = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.constant(0)])
    one = tf.cond(tf.constant(True), lambda: tf.constant(2), lambda: tf.constant(3))
    two = tf.function(lambda: tf.constant(4))()
    found = [tf.fill([size], 1.0) for size in (n, one, two)]
    assert [item.shape.as_list() for item in found] == [[None], [None], [None]]
    assert [item.shape for item in run(found)] == [(3,), (2,), (4,)]


def test_rows_of_vectorized_maps_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"same number of rows, not \[2, 3\]"):
        tf.vectorized_map(lambda t: t[0] + t[1], (tf.ones([2]), tf.ones([3])))
    with pytest.raises(ValueError, match="must have a tensor"):
        tf.vectorized_map(lambda x: x, {})
    with pytest.raises(ValueError, match="must have rank at least 1"):
        tf.vectorized_map(lambda x: x, tf.constant(1.0))


def test_rows_of_a_vectorized_map_whose_number_is_not_known() -> None:
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32, [None])
    total = tf.vectorized_map(lambda t: t[0] + t[1], (x, y))
    assert run(total, {x: [1, 2], y: [3, 4]}).tolist() == [4, 6]
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(total, {x: [1, 2], y: [3, 4, 5]})


def test_vectorized_maps_refuse_branches_of_imported_graphs() -> None:
    def branch(x: Any) -> Any:
        switched = tf.raw_ops.Switch(data=x, pred=x > 1)
        return tf.raw_ops.Merge(inputs=[switched[1], switched[0] + 1])[0]

    with pytest.raises(NotImplementedError, match="Switch"):
        tf.vectorized_map(branch, tf.constant([1, 2]))
