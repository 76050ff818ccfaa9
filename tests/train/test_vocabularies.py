"""Models that go on with the embeddings of another vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

OLD, NEW = "cat dog bird fish", "bird horse cat fish lion"


def written(path: Path, words: str) -> str:
    path.write_text("".join(f"{word}\n" for word in words.split()), encoding="utf-8")
    return str(path)


def estimator(folder: Path, vocabulary: str, warm_start_from: Any = None) -> Any:
    column = tf.feature_column.embedding_column(
        tf.feature_column.categorical_column_with_vocabulary_file(
            "word", vocabulary, num_oov_buckets=1
        ),
        3,
    )
    return tf.estimator.DNNRegressor(
        [2],
        [column],
        str(folder),
        optimizer="SGD",
        config=tf.estimator.RunConfig(tf_random_seed=1),
        warm_start_from=warm_start_from,
    )


def batches() -> Any:
    words = tf.data.Dataset.from_tensors(({"word": [["cat"], ["fish"]]}, [[1.0], [2.0]]))
    return words.repeat()


def test_an_estimator_keeps_the_embeddings_of_words_that_both_know(tmp_path: Path) -> None:
    old, new = written(tmp_path / "old.txt", OLD), written(tmp_path / "new.txt", NEW)
    first = estimator(tmp_path / "first", old).train(batches, steps=2)
    table = "dnn/input_from_feature_columns/input_layer/word_embedding/embedding_weights"
    info = tf.estimator.VocabInfo(new, 5, 1, old, backup_initializer=tf.ones_initializer())
    second = estimator(
        tmp_path / "second",
        new,
        tf.estimator.WarmStartSettings(
            str(tmp_path / "first"), var_name_to_vocab_info={table: info}
        ),
    )
    second.train(batches, steps=1)
    before = first.get_variable_value(table)
    after = tf.train.load_variable(str(tmp_path / "second" / "model.ckpt-0"), table)
    assert before.shape == (5, 3)
    words = OLD.split()
    kept = [before[words.index(word)] if word in words else np.ones(3) for word in NEW.split()]
    np.testing.assert_array_equal(after, np.float32([*kept, np.ones(3)]))


def test_only_matrices_have_a_vocabulary(tmp_path: Path) -> None:
    old = written(tmp_path / "old.txt", OLD)
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", initializer=np.ones(4, np.float32))
        session.run(v.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
        with pytest.raises(ValueError, match=r"Expected 2-dim shape, but received: \[4\]"):
            tf.train.warm_start(path, ".*", {"v": tf.train.VocabInfo(old, 4, 0, old)})
