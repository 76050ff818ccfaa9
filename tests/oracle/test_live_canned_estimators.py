"""Ready-made Estimators on module columns go on where the other library stopped, and serve the same in both."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime
from minihub import demo
from tests.authoring.running import same_outputs
from tests.shared import SHARED, needs_shared
from tests.stories.test_tf1_programs import IMPORTS, arrays_of, load_program

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    tensorflow_hub = pytest.importorskip("tensorflow_hub", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]

LIBRARIES = {
    "TensorFlow": (tensorflow, tensorflow_hub),
    "minihub_runtime": (minihub_runtime, minihub),
}
TEXTS = ["open a file", "raise an error", "close the archive", "catch an exception"] * 2
LABELS = [1, 0, 1, 0] * 2
NUMBERS = np.linspace(-1, 1, 8, dtype=np.float32)


def columns(tf: Any, hub: Any) -> tuple[list[Any], list[Any]]:
    """Those of a network, and those of a linear model."""
    kinds = tf.feature_column
    words = kinds.categorical_column_with_hash_bucket("text", 20)
    number = kinds.numeric_column("number")
    dense = [
        hub.text_embedding_column("text", demo.FOLDER, trainable=True),
        kinds.embedding_column(words, 3),
    ]
    return dense, [words, kinds.bucketized_column(number, [-0.5, 0.0, 0.5])]


def made(name: str, folder: Path) -> Any:
    tf, hub = LIBRARIES[name]
    dense, sparse = columns(tf, hub)
    return tf.estimator.DNNLinearCombinedClassifier(
        linear_feature_columns=sparse,
        linear_optimizer=tf.train.GradientDescentOptimizer(0.1),
        dnn_feature_columns=dense,
        dnn_optimizer=tf.train.AdagradOptimizer(0.05),
        dnn_hidden_units=[6],
        dnn_dropout=0.2,
        batch_norm=True,
        config=tf.estimator.RunConfig(str(folder), tf_random_seed=9),
    )


def input_function(name: str) -> Any:
    tf, _ = LIBRARIES[name]

    def input_fn() -> Any:
        features = {"text": tf.constant(TEXTS), "number": tf.constant(NUMBERS)}
        return features, tf.constant(LABELS)

    return input_fn


def trained(folder: Path, *names: str) -> Any:
    """The Estimator of the last library, after three steps in each."""
    for name in names:
        estimator = made(name, folder).train(input_function(name), steps=3)
    return estimator


def assert_same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=2e-6, err_msg=name)


def variables(estimator: Any) -> dict[str, Any]:
    names = estimator.get_variable_names()
    return {name: estimator.get_variable_value(name) for name in names}


@pytest.mark.parametrize(
    "order", [("TensorFlow", "minihub_runtime"), ("minihub_runtime", "TensorFlow")]
)
def test_training_goes_on_in_the_other(tmp_path: Path, order: tuple[str, str]) -> None:
    wanted = trained(tmp_path / "alone", "TensorFlow", "TensorFlow")
    both = trained(tmp_path / "both", *order)
    assert_same(variables(both), variables(wanted))
    metrics = wanted.evaluate(input_function("TensorFlow"), steps=1)
    for name in LIBRARIES:
        assert_same(made(name, tmp_path / "both").evaluate(input_function(name), steps=1), metrics)


@pytest.mark.parametrize(
    ("writer", "reader"), [("TensorFlow", "minihub_runtime"), ("minihub_runtime", "TensorFlow")]
)
def test_the_other_serves_it(tmp_path: Path, writer: str, reader: str) -> None:
    tf, _ = LIBRARIES[writer]
    estimator = trained(tmp_path / "model", writer)
    # A text is one category of the linear model, and a sentence of the network.
    spec = {
        "text": tf.FixedLenFeature([1], tf.string),
        "number": tf.FixedLenFeature([1], tf.float32),
    }
    receiver = tf.estimator.export.build_parsing_serving_input_receiver_fn(spec)
    path = estimator.export_saved_model(str(tmp_path / "served"), receiver).decode()
    examples = [example(text, number) for text, number in zip(TEXTS, NUMBERS, strict=True)]
    found = []
    for name in (writer, reader):
        reading, _ = LIBRARIES[name]
        with reading.Graph().as_default(), reading.Session() as session:
            model = reading.saved_model.load(session, ["serve"], path)
            signature = model.signature_def["serving_default"]
            outputs = {key: info.name for key, info in signature.outputs.items()}
            feeds = {signature.inputs["inputs"].name: examples}
            found.append(session.run(outputs, feeds))
    assert (found[0]["classes"] == found[1]["classes"]).all()
    np.testing.assert_allclose(found[0]["scores"], found[1]["scores"], rtol=1e-5)
    assert found[0]["scores"].shape == (8, 2)


def example(text: str, number: float) -> bytes:
    """An example with these features."""
    features = tensorflow.train.Features(
        feature={
            "text": tensorflow.train.Feature(
                bytes_list=tensorflow.train.BytesList(value=[text.encode()])
            ),
            "number": tensorflow.train.Feature(
                float_list=tensorflow.train.FloatList(value=[number])
            ),
        }
    )
    return bytes(tensorflow.train.Example(features=features).SerializeToString())


@needs_shared
def test_texts_are_classified_on_a_recorded_module(tmp_path: Path) -> None:
    handle = str(SHARED / "modules" / "nnlm" / "module")
    wanted, found = (
        arrays_of(
            load_program("text_classification", imports).classify(handle, str(tmp_path / name))
        )
        for name, imports in (("TensorFlow", {}), ("minihub_runtime", IMPORTS))
    )
    assert not same_outputs(found, wanted)
