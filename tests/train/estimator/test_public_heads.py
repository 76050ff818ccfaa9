"""Public heads: what they say of bad input, their metrics as objects, heads of a program's own, and steps with updates.

Their numbers are compared with TensorFlow's in `tests/api/programs/heads.py` and `head_estimators.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.api.metrics.counting_objects import AUC
from minihub_runtime.api.metrics.objects import Mean

KINDS = tf.estimator


def loss(head: Any, labels: Any, logits: Any = None, features: Any = None) -> Any:
    """The loss of a head in a graph of its own; labels and logits may be functions."""
    with tf.Graph().as_default():
        logits = tf.zeros([2, head.logits_dimension]) if logits is None else logits
        labels = labels() if callable(labels) else labels
        return head.loss(labels, logits() if callable(logits) else logits, features)


def spec(head: Any, **step: Any) -> Any:
    """What a head makes for a step of training."""
    with tf.Graph().as_default():
        tf.train.create_global_step()
        logits = tf.get_variable("logits", [2, head.logits_dimension])
        return head.create_estimator_spec({}, "train", logits, [[1], [0]], **step)


def several() -> Any:
    return KINDS.MultiHead([KINDS.RegressionHead(name="a"), KINDS.RegressionHead(name="b")])


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda: KINDS.BinaryClassHead(loss_reduction=tf.losses.Reduction.SUM),
            ValueError,
            "Invalid loss_reduction: weighted_sum. It must be one of 'auto', 'sum', "
            "'sum_over_batch_size', which `tf.keras.losses.Reduction` names",
        ),
        (
            lambda: KINDS.BinaryClassHead(thresholds=[0.5, 1.5]),
            ValueError,
            r"thresholds not in \(0, 1\): \(0.5, 1.5\)",
        ),
        (
            lambda: KINDS.BinaryClassHead(loss_fn=lambda labels, logits, more: 0),
            ValueError,
            r"loss_fn has unexpected args: \['more'\]",
        ),
        (lambda: KINDS.MultiClassHead(None), ValueError, "n_classes cannot be None"),
        (lambda: KINDS.MultiClassHead(2), ValueError, "n_classes must be > 2: 2"),
        (
            lambda: KINDS.MultiClassHead("3"),
            TypeError,
            "n_classes must be an int; tensors are not supported. Given type: <class 'str'>",
        ),
        (
            lambda: KINDS.MultiClassHead(3, label_vocabulary=["a", "b"]),
            ValueError,
            r"must be n_classes \(3\). Given: 2, label_vocabulary=\['a', 'b'\]",
        ),
        (lambda: KINDS.MultiLabelHead(1), ValueError, "n_classes must be > 1 for multi-label"),
        (
            lambda: KINDS.MultiLabelHead(3, classes_for_class_based_metrics=[0, 3]),
            ValueError,
            r"must be in range \[0, 2\]. Given: 3",
        ),
        (
            lambda: KINDS.MultiLabelHead(3, classes_for_class_based_metrics=["a"]),
            ValueError,
            "label_vocabulary must be provided when classes_for_class_based_metrics are strings",
        ),
        (
            lambda: KINDS.MultiLabelHead(
                2, label_vocabulary=["a", "b"], classes_for_class_based_metrics=["a", "c"]
            ),
            ValueError,
            r"must be in label_vocabulary \['a', 'b'\]. Given: \['c'\]",
        ),
        (lambda: KINDS.RegressionHead(0), ValueError, "Invalid label_dimension 0"),
        (lambda: KINDS.MultiHead([]), ValueError, r"Must specify heads. Given: \[\]"),
        (
            lambda: KINDS.MultiHead([KINDS.BinaryClassHead()]),
            ValueError,
            "All given heads must have name specified",
        ),
        (
            lambda: KINDS.MultiHead([KINDS.BinaryClassHead(name="a")] * 2),
            ValueError,
            r"must have different names. Given: \['a', 'a'\]",
        ),
        (
            lambda: KINDS.MultiHead([KINDS.BinaryClassHead(name="a")], [1.0, 2.0]),
            ValueError,
            r"same size. Given len\(heads\): 1. Given len\(head_weights\): 2",
        ),
        (
            lambda: (
                KINDS.MultiHead(
                    [
                        KINDS.BinaryClassHead("w", name="a"),
                        KINDS.RegressionHead(2, None, "sum", name="b"),
                    ]
                ).loss_reduction
            ),
            ValueError,
            r"must be the same for different heads. Given: \['sum_over_batch_size', 'sum'\]",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead(), None),
            ValueError,
            "You must provide a labels Tensor. Given: None",
        ),
        (
            lambda: loss(KINDS.MultiLabelHead(3), None),
            ValueError,
            "You must provide a labels Tensor. Given: None",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead(), lambda: tf.SparseTensor([[0, 0]], [1], [2, 1])),
            ValueError,
            "SparseTensor labels are not supported",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead(), [[0, 1], [1, 0]]),
            ValueError,
            "Expected labels dimension=1.  Received 2",
        ),
        (
            lambda: loss(KINDS.MultiClassHead(3), [0, 1], lambda: tf.zeros([2, 4])),
            ValueError,
            r"logits shape must be \[D0, D1, ... DN, logits_dimension=3\], got \(2, 4\)",
        ),
        (
            lambda: loss(KINDS.MultiLabelHead(2), lambda: tf.constant([["a", "b"]])),
            ValueError,
            "labels that are names must be a SparseTensor for multi-label classification",
        ),
        (
            lambda: loss(KINDS.MultiLabelHead(2), lambda: tf.SparseTensor([[0, 0]], ["a"], [2, 1])),
            ValueError,
            "labels that are names need a label_vocabulary; found none",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead("w"), [0, 1], features={"v": [1.0, 2.0]}),
            ValueError,
            "Feature w is not in features dictionary",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead("w"), [0, 1]),
            ValueError,
            "Feature w is not in features dictionary",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead(), [0, 1], features=[1.0, 2.0]),
            ValueError,
            "features should be a dictionary of `Tensor`s. Given type: <class 'list'>",
        ),
        (
            lambda: loss(KINDS.BinaryClassHead(3), [0, 1]),
            TypeError,
            "Weight column must be either a string or NumericColumn. Given type: <class 'int'>",
        ),
        (
            lambda: KINDS.BinaryClassHead().predictions([[1.0]], ["scores"]),
            ValueError,
            "Prediction key must be in PredictionKeys, given: scores. Valid prediction keys include",
        ),
        (lambda: spec(KINDS.BinaryClassHead()), ValueError, "cannot both be None"),
        (
            lambda: spec(KINDS.BinaryClassHead(), optimizer=3, train_op_fn=lambda loss: loss),
            ValueError,
            "cannot both be set",
        ),
        (
            lambda: spec(KINDS.BinaryClassHead(), optimizer=3),
            ValueError,
            "is not a tf.train.Optimizer instance; those of tf.keras.optimizers are not supported. "
            "Received optimizer of type <class 'int'>",
        ),
        (
            lambda: spec(
                KINDS.BinaryClassHead(),
                optimizer=tf.train.GradientDescentOptimizer(0.1),
                trainable_variables=3,
            ),
            ValueError,
            "trainable_variables should be a list or a tuple. Given type: <class 'int'>",
        ),
        (
            lambda: spec(
                KINDS.BinaryClassHead(), train_op_fn=lambda loss: tf.no_op(), update_ops=3
            ),
            ValueError,
            "update_ops should be a list or a tuple. Given type: <class 'int'>",
        ),
        (lambda: loss(several(), [1.0, 2.0]), ValueError, "labels must be a dict. Given:"),
        (
            lambda: loss(several(), {"a": [1.0, 2.0]}),
            ValueError,
            r"labels has missing values for head\(s\): \['b'\]",
        ),
        (
            lambda: loss(several(), {}, {"b": [[1.0]]}),
            ValueError,
            r"logits has missing values for head\(s\): \['a'\]",
        ),
        (
            lambda: loss(several(), {"a": [1.0], "b": [1.0]}, lambda: tf.zeros([2, 3])),
            ValueError,
            r"logits dimensions: \[1, 1\]. The last dimension of the logits tensor should equal 2",
        ),
        (
            lambda: several().create_estimator_spec({}, "other", [[1.0, 2.0]]),
            ValueError,
            "mode=other unrecognized",
        ),
        (
            lambda: tf.keras.losses.Reduction.validate("mean"),
            ValueError,
            "Invalid Reduction Key: mean. Expected keys are",
        ),
    ],
)
def test_what_is_refused(act: Callable[[], Any], error: type[Exception], message: str) -> None:
    with tf.Graph().as_default(), pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize(
    ("head", "labels", "features", "message"),
    [
        (KINDS.BinaryClassHead(), [0, 2], {}, "Labels must <= n_classes - 1"),
        (KINDS.BinaryClassHead(), [-1, 1], {}, "Labels must >= 0"),
        (KINDS.BinaryClassHead("w"), [0, 1], {"w": [1.0, 1.0, 1.0]}, "weights shape must be"),
        (
            KINDS.MultiLabelHead(2),
            [[0, 2], [1, 1]],
            {},
            r"indicator Tensor with values in \[0, 1\]",
        ),
        (KINDS.LogisticRegressionHead(), [0.5, 1.5], {}, r"Labels must be in range \[0, 1\]"),
    ],
)
def test_what_is_refused_when_it_runs(head: Any, labels: Any, features: Any, message: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        fed = {
            key: tf.placeholder_with_default(tf.constant(value), [None])
            for key, value in features.items()
        }
        given = tf.placeholder_with_default(tf.constant(labels), np.shape(labels))
        made = head.loss(given, tf.zeros([2, head.logits_dimension]), fed)
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(made)


def test_a_sparse_label_out_of_range_is_named() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        labels = tf.SparseTensor([[0, 0]], [3], [2, 1])
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=r"labels must be an integer SparseTensor with values in \[0, 3\)",
        ):
            KINDS.MultiLabelHead(3).loss(labels, tf.ones([2, 3]))
        fed = tf.sparse_placeholder(tf.int64, [None, None])
        made = KINDS.MultiLabelHead(3).loss(fed, tf.ones([2, 3]))
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match=r"labels must be an integer SparseTensor with values in \[0, 3\)",
        ):
            session.run(made, {fed: tf.SparseTensorValue([[0, 0]], [3], [2, 1])})


def test_logits_of_unknown_rank_are_split_among_heads() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        logits = tf.placeholder(tf.float32)
        found = several().predictions(logits)
        got = session.run(found, {logits: [[1.0, 2.0], [3.0, 4.0]]})
    assert {key: value.tolist() for key, value in got.items()} == {
        ("a", "predictions"): [[1.0], [3.0]],
        ("b", "predictions"): [[2.0], [4.0]],
    }


def test_metrics_need_an_update_and_take_in_all_of_them() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        metric = Mean("mine")
        assert not tf.local_variables()
        with pytest.raises(
            ValueError, match=r'Please call update_state\(...\) on the "mine" metric'
        ):
            KINDS.EstimatorSpec("eval", loss=tf.constant(0.0), eval_metric_ops={"a": metric})
        metric.update_state([1.0, 2.0])
        metric.update_state([9.0], sample_weight=2.0)
        given = {"a": metric, "b": tf.metrics.mean([4.0])}
        made = KINDS.EstimatorSpec("eval", loss=tf.constant(0.0), eval_metric_ops=given)
        assert given["a"] is metric
        again = made._replace(eval_metric_ops={**made.eval_metric_ops, "c": metric})
        for key in (tf.GraphKeys.LOCAL_VARIABLES, tf.GraphKeys.METRIC_VARIABLES):
            names = [variable.name for variable in tf.get_collection(key)]
            assert names == ["mean/total:0", "mean/count:0", "total:0", "count:0"]
        session.run(tf.local_variables_initializer())
        value, update = made.eval_metric_ops["a"]
        session.run(update)
        assert session.run(value) == 21.0 / 4.0
        assert session.run(again.eval_metric_ops["c"][0]) == 21.0 / 4.0


def test_metrics_of_another_graph_are_refused() -> None:
    with tf.Graph().as_default():
        metric = AUC("auc")
        metric.update_state([1, 0], [0.5, 0.25])
    with (
        tf.Graph().as_default(),
        pytest.raises(ValueError, match=r'"a: .*" must be from the default graph'),
    ):
        KINDS.EstimatorSpec("eval", loss=tf.constant(0.0), eval_metric_ops={"a": metric})


def test_weights_of_a_metric_must_broadcast() -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="weights can not be broadcast"):
        AUC("auc").update_state(tf.zeros([2, 3]), tf.zeros([2, 3]), tf.zeros([2, 2]))


class Half(KINDS.Head):  # type: ignore[name-defined, misc]
    """A head of a program's own: half of the logit."""

    name = "half"
    logits_dimension = 1
    loss_reduction = "sum_over_batch_size"

    def loss(self, labels: Any, logits: Any, features: Any = None, **others: Any) -> Any:
        return tf.reduce_mean(tf.square(logits / 2.0 - labels))

    def predictions(self, logits: Any, keys: Any = None) -> Any:
        return {"half": logits / 2.0}

    def metrics(self, regularization_losses: Any = None) -> Any:
        return {}

    def update_metrics(
        self, eval_metrics: Any, features: Any, logits: Any, labels: Any, **others: Any
    ) -> Any:
        return {"least/half": tf.metrics.mean(tf.reduce_min(logits))}


class WholeHalf(Half):
    """The same, with what a model function returns."""

    def create_estimator_spec(
        self, features: Any, mode: str, logits: Any, labels: Any = None, **others: Any
    ) -> Any:
        step = others["train_op_fn"](tf.constant(0.0))
        return KINDS.EstimatorSpec(
            mode, self.predictions(logits), tf.reduce_sum(logits), train_op=step
        )


def test_heads_of_a_programs_own() -> None:
    with pytest.raises(TypeError, match="abstract"):
        type("Empty", (KINDS.Head,), {})()
    with pytest.raises(
        NotImplementedError,
        match=r"Subclasses of Head must implement `create_estimator_spec\(\)`; Half does not",
    ):
        Half().create_estimator_spec({}, "infer", [[1.0]])
    both = KINDS.MultiHead([KINDS.RegressionHead(name="a"), WholeHalf()], [2.0, 1.0])
    logits, labels = {"a": [[3.0]], "half": [[4.0]]}, {"a": [[1.0]], "half": [[3.0]]}
    with tf.Graph().as_default(), tf.Session() as session:
        given = {key: tf.constant(value) for key, value in logits.items()}
        made = both.create_estimator_spec({}, "eval", given, labels)
        session.run([tf.local_variables_initializer()])
        session.run([update for _, update in made.eval_metric_ops.values()])
        assert session.run(made.loss) == 2.0 * 4.0 + 1.0
        assert session.run(made.predictions[("half", "half")]) == 2.0
        values = session.run({key: value for key, (value, _) in made.eval_metric_ops.items()})
    assert values["least/half"] == 4.0
    assert values["loss/half"] == 1.0


def test_a_step_takes_the_updates_it_is_given_and_no_others() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.train.create_global_step()
        mine, other, fixed = (
            tf.get_variable(name, initializer=0.0) for name in ("mine", "other", "fixed")
        )
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, other.assign_add(1.0))
        made = KINDS.RegressionHead().create_estimator_spec(
            {},
            "train",
            tf.reshape(fixed + 1.0, [1, 1]),
            [[0.0]],
            optimizer=tf.train.GradientDescentOptimizer(0.5),
            update_ops=[mine.assign_add(3.0)],
        )
        session.run(tf.global_variables_initializer())
        session.run(made.train_op)
        assert session.run([step, mine, other, fixed]) == [1, 3.0, 0.0, -1.0]


@pytest.mark.parametrize("both", [False, True])
def test_canned_estimators_give_heads_the_updates_of_batch_norm(tmp_path: Path, both: bool) -> None:
    head = KINDS.MultiLabelHead(2)
    used = [tf.feature_column.numeric_column("x")]
    if both:
        estimator = KINDS.DNNLinearCombinedEstimator(
            head, str(tmp_path), dnn_feature_columns=used, dnn_hidden_units=[3], batch_norm=True
        )
    else:
        estimator = KINDS.DNNEstimator(head, [3], used, str(tmp_path), batch_norm=True)

    def input_fn() -> Any:
        return {"x": tf.constant([[1.0], [-2.0], [3.0]])}, tf.constant([[0, 1], [1, 1], [0, 0]])

    estimator.train(input_fn, steps=3)
    (name,) = (n for n in estimator.get_variable_names() if n.endswith("moving_mean"))
    assert np.abs(estimator.get_variable_value(name)).max() > 0
    assert estimator.evaluate(input_fn, steps=1)["global_step"] == 3


def test_all_modes_are_exported(tmp_path: Path) -> None:
    head = KINDS.MultiHead(
        [KINDS.MultiLabelHead(2, name="a"), KINDS.RegressionHead(name="b")], [1.0, 3.0]
    )
    estimator = KINDS.LinearEstimator(
        head, [tf.feature_column.numeric_column("x")], str(tmp_path / "model"), optimizer="SGD"
    )

    def input_fn() -> Any:
        labels = {"a": tf.constant([[0, 1]]), "b": tf.constant([[2.0]])}
        return {"x": tf.constant([[1.0]])}, labels

    estimator.train(input_fn, steps=1)
    features = {"x": tf.placeholder(tf.float32, [None, 1])}
    labels = {"a": tf.placeholder(tf.int64, [None, 2]), "b": tf.placeholder(tf.float32, [None, 1])}
    supervised = KINDS.experimental.build_raw_supervised_input_receiver_fn(features, labels)
    path = estimator.experimental_export_all_saved_models(
        str(tmp_path / "out"), {"train": supervised, "eval": supervised}
    )
    with tf.Graph().as_default(), tf.Session() as session:
        model = tf.saved_model.load(session, ["eval"], path.decode())
        outputs = model.signature_def["eval"].outputs
        names = {key: outputs[f"metrics/{key}/value"].name for key in ("auc/a", "average_loss/b")}
        updates = [info.name for key, info in outputs.items() if key.endswith("update_op")]
        assert {"loss", "predictions/a/probabilities", "predictions/b/predictions"} < set(outputs)
        inputs = {key: info.name for key, info in model.signature_def["eval"].inputs.items()}
        feeds = {inputs["x"]: [[2.0]], inputs["a"]: [[0, 1]], inputs["b"]: [[1.0]]}
        session.run(updates, feeds)
        assert session.run(names)["average_loss/b"] > 0
