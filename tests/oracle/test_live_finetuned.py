"""Modules fine-tuned here give the same predictions in TensorFlow with tensorflow_hub."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
from minihub.demo import FOLDER as DEMO
from tests.finetuning.modules import LABELS, NORMALIZING, SENTENCES, export, normalizing, points
from tests.shared import SHARED, needs_shared

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    tensorflow_hub = pytest.importorskip("tensorflow_hub", reason="the oracle environment has it")

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("_tf1")]


def outputs_in_tensorflow(folder: Path, features: Any, signature: str) -> dict[str, Any]:
    """The outputs of a signature with one input."""
    tf = tensorflow
    with tf.Graph().as_default():
        module = tensorflow_hub.Module(str(folder))
        (name,) = module.get_input_info_dict(signature)
        outputs = module({name: tf.constant(features)}, signature=signature, as_dict=True)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            found: dict[str, Any] = session.run(outputs)
    return found


def compare(tuned: minihub.FineTuned, folder: Path, features: Any) -> None:
    """All outputs of the new signature, here and there."""
    tuned.export(folder)
    expected = tuned.outputs(features)
    found = outputs_in_tensorflow(folder, features, tuned.signature)
    assert sorted(found) == sorted(expected)
    for name, value in expected.items():
        if value.dtype.kind == "f":
            assert np.allclose(found[name], value, rtol=1e-4, atol=1e-5), name
        else:
            assert np.array_equal(found[name], value), name


def test_a_classifier_of_sentences(tmp_path: Path) -> None:
    tuned = minihub.finetune(DEMO, SENTENCES, LABELS, epochs=3, hidden_units=[5], dropout=0.1)
    compare(tuned, tmp_path / "m", SENTENCES)


@pytest.mark.parametrize("train_module", [False, True])
def test_a_module_with_batch_norm(train_module: bool, tmp_path: Path) -> None:
    base = export(normalizing, tmp_path / "base", NORMALIZING)
    x, y = points(60)
    compare(minihub.finetune(base, x, y, train_module=train_module, epochs=2), tmp_path / "m", x)
    tuned = minihub.finetune(base, x, x[:, 0], train_module=train_module, epochs=2)
    compare(tuned, tmp_path / "n", x)


@needs_shared
@pytest.mark.parametrize("name", ["nnlm", "nnlm_no_normalization"])
def test_a_recorded_text_module_trained_with_its_head(name: str, tmp_path: Path) -> None:
    base = SHARED / "modules" / name / "module"
    tuned = minihub.finetune(
        base, SENTENCES, LABELS, train_module=True, epochs=2, learning_rate=0.01
    )
    compare(tuned, tmp_path / "m", SENTENCES)


@needs_shared
def test_a_recorded_image_module_trained_with_its_head(tmp_path: Path) -> None:
    base = SHARED / "modules" / "mobilenet_v2" / "module"
    generator = np.random.default_rng(0)
    images = generator.random((8, 96, 96, 3), np.float32)
    tuned = minihub.finetune(
        base, images, list("abababab"), signature="image_feature_vector", output="default",
        train_module=True, epochs=1, batch_size=4, validation=0,
    )  # fmt: skip
    compare(tuned, tmp_path / "m", images)
