"""What programs switch to have TensorFlow 1."""

from __future__ import annotations

import concurrent.futures

import pytest

import minihub_runtime as tf
from minihub_runtime.api.graph_scopes import share_blocks


def test_tensorflow_1_is_what_there_is() -> None:
    assert not tf.executing_eagerly()
    assert not tf.executing_eagerly_outside_functions()
    for name in ("eager_execution", "tensor_equality", "v2_tensorshape"):
        assert getattr(tf, f"disable_{name}")() is None


def _waits_for(graph: tf.Graph) -> list[str]:
    with graph.as_default():
        return [operation.name for operation in tf.no_op().control_inputs]


def test_variables_are_references_without_the_behavior_of_2() -> None:
    with tf.Graph().as_default():
        assert tf.Variable(1.0).op.type == "VarHandleOp"
        try:
            tf.disable_v2_behavior()
            assert tf.Variable(1.0).op.type == "VariableV2"
            assert not tf.control_flow_v2_enabled()
            shared = tf.Graph()
            with (
                shared.as_default(),
                tf.control_dependencies([tf.no_op("before")]),
                concurrent.futures.ThreadPoolExecutor(1) as pool,
            ):
                assert pool.submit(_waits_for, shared).result() == ["before"]
        finally:
            share_blocks(False)
            tf.enable_resource_variables()
            tf.enable_control_flow_v2()


@pytest.mark.parametrize(
    "name", ["eager_execution", "v2_behavior", "tensor_equality", "v2_tensorshape"]
)
def test_what_cannot_be_switched_on_is_refused_by_name(name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"enable_{name}"):
        getattr(tf, f"enable_{name}")()
