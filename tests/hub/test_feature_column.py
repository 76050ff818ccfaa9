"""Modules as feature columns: what is particular to this library; `tests/stories/tf1_programs/module_columns.py` holds the rest."""

from __future__ import annotations

import numpy as np
import pytest

import minihub as hub
import minihub_runtime as tf
from minihub import demo
from minihub.feature_column import image_embedding_column, text_embedding_column
from minihub_runtime.api.feature_column.layers import DenseFeatures
from tests.shared import SHARED, golden, needs_shared

SENTENCES = ["open a zip archive", "raise an exception"]


def evaluated(*tensors: object) -> list[np.ndarray]:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return list(session.run(list(tensors)))


def test_a_text_column_gives_what_the_module_gives() -> None:
    column = hub.text_embedding_column("text", demo.FOLDER)
    with tf.Graph().as_default():
        (found,) = evaluated(tf.feature_column.input_layer({"text": SENTENCES}, [column]))
    np.testing.assert_allclose(found, hub.load(demo.FOLDER)(SENTENCES), rtol=1e-6)


def test_a_layer_instantiates_the_module_once() -> None:
    column = hub.text_embedding_column("text", demo.FOLDER, trainable=True)
    with tf.Graph().as_default():
        layer = DenseFeatures([column], name="inputs")
        first, second = layer({"text": SENTENCES}), layer({"text": SENTENCES[::-1]})
        names = [variable.name for variable in tf.trainable_variables()]
        one, other = evaluated(first, second)
    assert len(names) == 1
    assert names[0].startswith("inputs/text_hub_module_embedding/module/")
    np.testing.assert_array_equal(one, other[::-1])


def test_a_layer_that_is_not_trainable_freezes_its_modules() -> None:
    columns = [
        hub.text_embedding_column("text", demo.FOLDER, trainable=True),
        hub.sparse_text_embedding_column("words", demo.FOLDER, "sum", "", trainable=True),
    ]
    with tf.Graph().as_default():
        words = tf.SparseTensor([[0, 0], [1, 0]], SENTENCES, [2, 1])
        DenseFeatures(columns, trainable=False)({"text": SENTENCES, "words": words})
        assert len(tf.global_variables()) == 2
        assert not tf.trainable_variables()


def test_gradients_reach_a_trainable_module() -> None:
    column = hub.text_embedding_column("text", demo.FOLDER, trainable=True)
    with tf.Graph().as_default():
        made = tf.feature_column.input_layer({"text": SENTENCES}, [column])
        (gradient,) = tf.gradients(tf.reduce_sum(made**2), tf.trainable_variables())
        (found,) = evaluated(tf.convert_to_tensor(gradient))
    assert np.any(found)


def test_columns_are_values() -> None:
    spec = hub.load_module_spec(demo.FOLDER)
    column = hub.text_embedding_column("text", spec)
    assert column == hub.text_embedding_column("text", spec)
    assert column != hub.text_embedding_column("text", spec, trainable=True)
    assert {column: 1}[hub.text_embedding_column("text", spec)] == 1


def test_the_module_has_the_name_that_tensorflow_hub_gives_it() -> None:
    assert hub.feature_column.text_embedding_column is text_embedding_column
    assert hub.image_embedding_column is image_embedding_column


def test_a_handle_that_is_not_there_is_refused_at_once(tmp_path: object) -> None:
    with pytest.raises(OSError, match="nothing"):
        hub.text_embedding_column("text", f"{tmp_path}/nothing")


@needs_shared
@pytest.mark.parametrize("name", ["nnlm", "nnlm_no_normalization"])
def test_recorded_text_modules(name: str) -> None:
    recorded = golden(name)
    folder = str(SHARED / "modules" / name / "module")
    column = hub.text_embedding_column("text", folder)
    for case in recorded.cases():
        texts = case.inputs["default"]
        with tf.Graph().as_default():
            layer = tf.feature_column.input_layer({"text": tf.constant(texts)}, [column])
            (found,) = evaluated(layer)
        case.outputs["default"].check(found)


@needs_shared
def test_a_recorded_image_module() -> None:
    folder = str(SHARED / "modules" / "mobilenet_v1" / "module")
    column = hub.image_embedding_column("image", folder)
    height, width = hub.get_expected_image_size(hub.load_module_spec(folder))
    spec = tf.feature_column.make_parse_example_spec([column])
    assert spec == {"image": tf.FixedLenFeature([height, width, 3], tf.float32)}
