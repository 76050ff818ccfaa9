"""EstimatorSpec: what must be there, of which type, and in which graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minihub_runtime as tf

PREDICT, TRAIN, EVAL = (
    tf.estimator.ModeKeys.PREDICT,
    tf.estimator.ModeKeys.TRAIN,
    tf.estimator.ModeKeys.EVAL,
)
Outputs = tf.estimator.export


def elsewhere() -> Any:
    """A tensor of another graph."""
    with tf.Graph().as_default():
        return tf.constant(1.0)


@pytest.fixture(autouse=True)
def graph() -> Any:
    with tf.Graph().as_default() as made:
        yield made


def spec(mode: str, **given: Any) -> Any:
    return tf.estimator.EstimatorSpec(mode, **given)


def test_the_modes() -> None:
    assert (PREDICT, TRAIN, EVAL) == ("infer", "train", "eval")


def test_defaults() -> None:
    loss = tf.constant([2.0])
    found = spec(EVAL, loss=loss)
    assert found.loss.shape.as_list() == []
    assert found.predictions == {}
    assert found.eval_metric_ops == {}
    assert found.export_outputs is None
    assert found.training_hooks == found.prediction_hooks == ()
    assert isinstance(found.scaffold, tf.train.Scaffold)
    variable = tf.get_variable("v", initializer=1.0)
    assert spec(TRAIN, loss=loss, train_op=variable).train_op is variable.op


def test_outputs_of_predictions() -> None:
    x = tf.constant([1.0])
    found = spec(PREDICT, predictions=x).export_outputs
    assert list(found) == ["serving_default"]
    assert list(found["serving_default"].outputs) == ["output"]
    one = spec(PREDICT, predictions=x, export_outputs={"mine": Outputs.PredictOutput({"y": x})})
    assert one.export_outputs["mine"] is one.export_outputs["serving_default"]
    both = {"mine": Outputs.RegressionOutput(x), "serving_default": Outputs.PredictOutput(x)}
    assert spec(PREDICT, predictions=x, export_outputs=both).export_outputs == both


def test_replacing() -> None:
    found = spec(EVAL, loss=tf.constant(1.0))
    other = tf.constant(2.0)
    assert found._replace(loss=other).loss is other
    assert found._replace(mode=EVAL).loss is found.loss
    with pytest.raises(ValueError, match="mode of EstimatorSpec cannot be changed"):
        found._replace(mode=TRAIN)
    with pytest.raises(ValueError, match="Missing loss"):
        found._replace(loss=None)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda x: spec(TRAIN, loss=x), ValueError, "Missing train_op"),
        (lambda x: spec(TRAIN, train_op=x), ValueError, "Missing loss"),
        (lambda x: spec(EVAL), ValueError, "Missing loss"),
        (lambda x: spec(PREDICT), ValueError, "Missing predictions"),
        (lambda x: spec(EVAL, loss=1.0), TypeError, "loss must be Tensor, given: 1.0"),
        (lambda x: spec(EVAL, loss=tf.zeros([2])), ValueError, "Loss must be scalar, given"),
        (
            lambda x: spec(TRAIN, loss=x, train_op=3),
            TypeError,
            "train_op must be Operation or Tensor, given: 3",
        ),
        (
            lambda x: spec(TRAIN, loss=x, train_op=elsewhere()),
            ValueError,
            'train_op with "Const:0" must be from the default graph',
        ),
        (lambda x: spec(EVAL, loss=elsewhere()), ValueError, 'loss with "Const:0" must be from'),
        (lambda x: spec(PREDICT, predictions=[x]), TypeError, "predictions must be Tensor, given"),
        (
            lambda x: spec(PREDICT, predictions={"a": 1}),
            TypeError,
            r"predictions\[a\] must be Tensor, given: 1",
        ),
        (
            lambda x: spec(PREDICT, predictions=elsewhere()),
            ValueError,
            'prediction values with "Const:0" must be from',
        ),
        (
            lambda x: spec(PREDICT, predictions={"a": elsewhere()}),
            ValueError,
            'prediction values with "a: Const:0" must be from',
        ),
        (
            lambda x: spec(PREDICT, predictions=x, export_outputs=[x]),
            TypeError,
            "`export_outputs` must be dict, received",
        ),
        (
            lambda x: spec(PREDICT, predictions=x, export_outputs={"a": x}),
            TypeError,
            "Values in `export_outputs` must be ExportOutput objects",
        ),
        (
            lambda x: spec(
                PREDICT,
                predictions=x,
                export_outputs=dict.fromkeys("ab", Outputs.PredictOutput(x)),
            ),
            ValueError,
            "Multiple `export_outputs` were provided, but none of them are specified as the default",
        ),
        (
            lambda x: spec(EVAL, loss=x, eval_metric_ops=[x]),
            TypeError,
            "eval_metric_ops must be a dict, given",
        ),
        (
            lambda x: spec(EVAL, loss=x, eval_metric_ops={"a": x}),
            TypeError,
            r"must be \(metric_value, update_op\) tuples, given: .* for key: a",
        ),
        (
            lambda x: spec(EVAL, loss=x, eval_metric_ops={"a": (x, elsewhere())}),
            ValueError,
            'eval_metric_ops with "a: Const:0" must be from',
        ),
        (lambda x: spec(EVAL, loss=x, scaffold=3), TypeError, "scaffold must be tf.train.Scaffold"),
        *(
            (
                lambda x, name=name: spec(EVAL, loss=x, **{name: [3]}),
                TypeError,
                "All hooks must be SessionRunHook instances, given: 3",
            )
            for name in (
                "training_hooks",
                "training_chief_hooks",
                "evaluation_hooks",
                "prediction_hooks",
            )
        ),
    ],
)
def test_what_is_refused(make: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(tf.constant(1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: Outputs.PredictOutput({1: x}), "Prediction output key must be a string; got 1"),
        (lambda x: Outputs.PredictOutput({"a": 1}), "Prediction output value must be a Tensor"),
        (lambda x: Outputs.RegressionOutput(1), "Regression output value must be a float32 Tensor"),
        (lambda x: Outputs.ClassificationOutput(), "with empty arguments"),
        (
            lambda x: Outputs.ClassificationOutput(scores=1),
            "Classification scores must be a float32 Tensor",
        ),
        (
            lambda x: Outputs.ClassificationOutput(classes=x),
            "Classification classes must be a string Tensor",
        ),
        (
            lambda x: Outputs.RegressionOutput(x).as_signature_def({"x": x}),
            "Regression signatures can only accept a single tensor input of type tf.string",
        ),
        (
            lambda x: Outputs.ClassificationOutput(scores=x).as_signature_def({}),
            "Classification signatures can only accept a single tensor input of type tf.string",
        ),
        (lambda x: Outputs.EvalOutput(metrics={"a": (1, x)}), "metrics/a output value must be"),
        (lambda x: Outputs.EvalOutput(metrics={"a": (x, 1)}), "metrics/a update_op must be"),
        (lambda x: Outputs.EvalOutput(metrics={2: (x, x)}), "metrics output key must be a string"),
    ],
)
def test_outputs_that_are_refused(make: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(tf.constant([1.0]))


def test_signatures_of_outputs() -> None:
    text = tf.placeholder(tf.string, [None], "examples")
    x = tf.constant([1.0], name="scores")
    names = tf.constant([b"a"], name="classes")
    classes = Outputs.ClassificationOutput(x, names).as_signature_def({"examples": text})
    assert classes.method_name == "tensorflow/serving/classify"
    assert {key: info.name for key, info in classes.outputs.items()} == {
        "classes": "classes:0",
        "scores": "scores:0",
    }
    numbers = Outputs.RegressionOutput(x).as_signature_def({"examples": text})
    assert numbers.method_name == "tensorflow/serving/regress"
    parts = Outputs.PredictOutput({("a", "b"): x})
    assert list(parts.outputs) == ["a/b"]
    supervised = Outputs.EvalOutput(x, {"predictions_of_x": x}, (x, tf.no_op()))
    signature = supervised.as_signature_def({"examples": text})
    assert signature.method_name == "tensorflow/supervised/eval"
    assert {key: info.name for key, info in signature.outputs.items()} == {
        "loss": "scores:0",
        "predictions_of_x": "scores:0",
        "metrics/value": "scores:0",
        "metrics/update_op": "metric_op_wrapper:0",
    }


def test_call_logit_fn() -> None:
    call = tf.estimator.experimental.call_logit_fn
    x = tf.constant(1.0)
    assert call(lambda features, mode: features, x, TRAIN, None, None) is x
    named = call(lambda features, params: {"a": features, "b": params}, x, TRAIN, x, None)
    assert named == {"a": x, "b": x}
    for wrong in (1, {"a": 1}, {1: x}):
        with pytest.raises(ValueError, match="logit_fn should return a Tensor or a dictionary"):
            call(lambda features, wrong=wrong: wrong, x, TRAIN, None, None)
