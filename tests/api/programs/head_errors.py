"""What the public heads of `tf.estimator` refuse, when they are made, when a graph is built, and when it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.api.programs import attempt, results


@results
def wrong_arguments_of_heads(tf: Any) -> Any:
    kinds = tf.estimator
    named = kinds.RegressionHead(name="a")
    wrong: list[Callable[[], Any]] = [
        lambda: kinds.BinaryClassHead(thresholds=[0.5, 1.0]),
        lambda: kinds.BinaryClassHead(label_vocabulary="ab"),
        lambda: kinds.BinaryClassHead(loss_reduction="none"),
        lambda: kinds.BinaryClassHead(loss_reduction=tf.losses.Reduction.SUM),
        lambda: kinds.BinaryClassHead(loss_fn=lambda labels: 0),
        lambda: kinds.BinaryClassHead(loss_fn=lambda labels, logits, more: 0),
        lambda: kinds.MultiClassHead(None),
        lambda: kinds.MultiClassHead(2),
        lambda: kinds.MultiClassHead(3, label_vocabulary="abc"),
        lambda: kinds.MultiClassHead(3, label_vocabulary=["a", "b"]),
        lambda: kinds.MultiLabelHead(1),
        lambda: kinds.MultiLabelHead(None),
        lambda: kinds.MultiLabelHead(3, thresholds=[-0.5]),
        lambda: kinds.MultiLabelHead(3, label_vocabulary=["a"]),
        lambda: kinds.MultiLabelHead(3, classes_for_class_based_metrics=[3]),
        lambda: kinds.MultiLabelHead(3, classes_for_class_based_metrics=["a"]),
        lambda: kinds.MultiLabelHead(
            2, label_vocabulary=["a", "b"], classes_for_class_based_metrics=["c"]
        ),
        lambda: kinds.RegressionHead(0),
        lambda: kinds.RegressionHead(loss_reduction="mean"),
        lambda: kinds.MultiHead([]),
        lambda: kinds.MultiHead([named, kinds.RegressionHead()]),
        lambda: kinds.MultiHead([named], [1.0, 2.0]),
        lambda: (
            kinds.MultiHead(
                [named, kinds.RegressionHead(loss_reduction="sum", name="b")]
            ).loss_reduction
        ),
        kinds.Head,
    ]
    return [attempt(act) for act in wrong]


def in_own_graph(tf: Any, act: Callable[[], Any]) -> Any:
    """The class of the error, or nothing; a tensor is computed."""
    try:
        with tf.Graph().as_default(), tf.Session() as session:
            tf.train.create_global_step()
            made = act()
            session.run(tf.tables_initializer())
            session.run(made)
    except (ValueError, TypeError, tf.errors.OpError) as error:
        return type(error).__name__
    return None


@results
def wrong_labels_logits_and_steps(tf: Any) -> Any:
    kinds = tf.estimator
    binary, labels = kinds.BinaryClassHead(), kinds.MultiLabelHead(3)
    several = kinds.MultiHead([kinds.RegressionHead(name="a"), kinds.RegressionHead(name="b")])

    def zeros(*shape: int) -> Any:
        return tf.zeros(shape)

    def unknown(value: Any) -> Any:
        return tf.placeholder_with_default(tf.constant(value), None)

    def trained(head: Any, **options: Any) -> Any:
        spec = head.create_estimator_spec({}, "train", zeros(2, 1), tf.constant([0, 1]), **options)
        return spec.train_op

    weighted = kinds.BinaryClassHead(weight_column="w")
    pairs = kinds.RegressionHead(2, weight_column="w")
    steps: list[Callable[[], Any]] = [
        lambda: binary.loss(None, zeros(2, 1), {}),
        lambda: binary.loss(tf.SparseTensor([[0, 0]], [1], [2, 1]), zeros(2, 1), {}),
        lambda: binary.loss([[0, 1], [1, 0]], zeros(2, 1), {}),
        lambda: binary.loss([0, 1], zeros(2, 2), {}),
        lambda: binary.loss([0, 1], zeros(2), {}),
        lambda: binary.loss([0, 1, 1], zeros(2, 1), {}),
        lambda: binary.loss(unknown([0, 1]), unknown([[0.0], [1.0]]), {}),
        lambda: binary.loss(unknown([[0], [1]]), unknown([[0.0], [1.0]]), {}),
        lambda: binary.loss(unknown([[0], [1]]), unknown([[0.0, 2.0], [1.0, 2.0]]), {}),
        lambda: binary.loss([0, 2], zeros(2, 1), {}),
        lambda: binary.loss([0, -1], zeros(2, 1), {}),
        lambda: kinds.BinaryClassHead(label_vocabulary=["a", "b"]).loss(
            ["a", "c"], zeros(2, 1), {}
        ),
        lambda: kinds.MultiClassHead(3).loss([0.0, 1.0], zeros(2, 3), {}),
        lambda: kinds.MultiClassHead(3).loss([0, 3], zeros(2, 3), {}),
        lambda: kinds.MultiClassHead(3, label_vocabulary=["a", "b", "c"]).loss(
            [0, 1], zeros(2, 3), {}
        ),
        lambda: labels.loss(tf.constant([[0, 1, 2], [0, 0, 0]]), zeros(2, 3), {}),
        lambda: labels.loss(tf.constant([[0, 1], [0, 0]]), zeros(2, 3), {}),
        lambda: labels.loss(tf.SparseTensor([[0, 0]], [3], [2, 1]), zeros(2, 3), {}),
        lambda: labels.loss(tf.SparseTensor([[0, 0]], [0.5], [2, 1]), zeros(2, 3), {}),
        lambda: kinds.MultiLabelHead(2, label_vocabulary=["a", "b"]).loss(
            tf.SparseTensor([[0, 0]], ["c"], [2, 1]), tf.ones([2, 2]), {}
        ),
        lambda: kinds.LogisticRegressionHead().loss([0.5, 1.5], zeros(2, 1), {}),
        lambda: weighted.loss([0, 1], zeros(2, 1), {"w": zeros(3)}),
        lambda: weighted.loss([0, 1], zeros(2, 1), {"w": tf.constant(["a", "b"])}),
        lambda: weighted.loss([0, 1], zeros(2, 1), {}),
        lambda: pairs.loss([[0, 1], [1, 1]], zeros(2, 2), {"w": zeros(2, 3)}),
        lambda: kinds.BinaryClassHead(weight_column=3).loss([0, 1], zeros(2, 1), {}),
        lambda: kinds.RegressionHead(
            loss_fn=lambda labels, logits: tf.reduce_sum(labels - logits, 1)
        ).loss([0.0, 1.0], zeros(2, 1), {}),
        lambda: binary.predictions(zeros(2, 1), ["scores"]),
        lambda: trained(binary),
        lambda: trained(binary, optimizer=3, train_op_fn=lambda loss: tf.no_op()),
        lambda: trained(binary, optimizer=3, trainable_variables=[]),
        lambda: trained(binary, train_op_fn=lambda loss: tf.no_op(), update_ops=tf.no_op()),
        lambda: several.loss({"a": [1.0]}, zeros(1, 2), {}),
        lambda: several.loss([1.0], zeros(1, 2), {}),
        lambda: several.loss({"a": [1.0], "b": [2.0]}, zeros(1, 3), {}),
        lambda: several.loss({"a": [1.0], "b": [2.0]}, {"a": zeros(1, 1)}, {}),
        lambda: several.create_estimator_spec({}, "other", zeros(1, 2)),
    ]
    return [in_own_graph(tf, act) for act in steps]
