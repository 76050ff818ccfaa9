"""Feature columns: the graphs of `input_layer` and `linear_model`, their variables and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.checkpoints import written
from tests.api.programs.files import in_folder as in_empty_folder
from tests.api.programs.lookup import WORDS, in_folder


def run(tf: Any, *tensors: Any) -> Any:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return [np.round(np.asarray(value, np.float64), 4) for value in session.run(list(tensors))]


def names(tf: Any) -> Any:
    """The variables of each collection that columns add to."""
    keys = (tf.GraphKeys.GLOBAL_VARIABLES, tf.GraphKeys.TRAINABLE_VARIABLES)
    keys += (tf.GraphKeys.MODEL_VARIABLES, "mine")
    return [[variable.name for variable in tf.get_collection(key)] for key in keys]


def batch(tf: Any) -> Any:
    """Two examples."""

    def ragged(*values: Any) -> Any:
        # Fed values, so that nothing is known of what becomes of them.
        fed = tf.placeholder_with_default(values, [3])
        return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], fed, [2, 2])

    return {
        "age": tf.constant([[31.0], [-2.5]]),
        "size": tf.constant([[1, 2], [3, 4]]),
        "one": tf.constant([5.0, 6.0]),
        "words": ragged("red", "blue", "dark"),
        "counts": ragged(2.0, 0.5, 3.0),
        "dense": tf.constant([["red", ""], ["green", "red"]]),
        "flat": tf.constant(["red", "blue"]),
        "ids": tf.constant([[0, 3], [-1, 2]]),
        "long": tf.constant([[7], [1]], tf.int64),
    }


@program
def numbers_side_by_side(tf: Any) -> Any:
    columns = tf.feature_column
    age = columns.numeric_column("age")
    made = columns.input_layer(
        batch(tf),
        [
            columns.numeric_column("size", shape=2, dtype=tf.int32),
            age,
            columns.numeric_column("one", normalizer_fn=lambda x: (x - 3.0) / 2.0),
            columns.bucketized_column(age, [0.0, 10.0, 31.0]),
            columns.bucketized_column(columns.numeric_column("size", shape=(2,)), [2, 3]),
        ],
    )
    return run(tf, made)


@program
def indicators(tf: Any) -> Any:
    columns = tf.feature_column
    colours = columns.categorical_column_with_vocabulary_list("dense", ["red", "green", "blue"])
    words = columns.categorical_column_with_vocabulary_list(
        "words", ("red", "blue"), num_oov_buckets=2
    )
    made = columns.input_layer(
        batch(tf),
        [
            columns.indicator_column(colours),
            columns.indicator_column(
                columns.categorical_column_with_identity("ids", 3, default_value=1)
            ),
            columns.indicator_column(columns.categorical_column_with_identity("long", 8)),
            columns.indicator_column(columns.weighted_categorical_column(words, "counts")),
            columns.indicator_column(columns.categorical_column_with_hash_bucket("flat", 3)),
            columns.indicator_column(columns.crossed_column(["dense", "words"], 5)),
        ],
    )
    return run(tf, made)


@program
def embeddings(tf: Any) -> Any:
    tf.set_random_seed(7)
    columns = tf.feature_column
    words = columns.categorical_column_with_hash_bucket("words", 7)
    ids = columns.categorical_column_with_hash_bucket("ids", 5, dtype=tf.int32)
    column = columns.embedding_column(words, 3)
    frozen = columns.embedding_column(ids, 2, combiner="sum", trainable=False, max_norm=1.0)
    unsafe = columns.embedding_column(
        columns.categorical_column_with_vocabulary_list("flat", ["blue", "red"]),
        2,
        combiner="sqrtn",
        initializer=tf.ones_initializer(),
        use_safe_embedding_lookup=False,
    )
    weighted = columns.embedding_column(columns.weighted_categorical_column(words, "counts"), 2)
    variables: Any = {}
    outputs: Any = {}
    made = columns.input_layer(
        batch(tf),
        [column, frozen, unsafe, weighted],
        weight_collections=["mine"],
        cols_to_vars=variables,
        cols_to_output_tensors=outputs,
    )
    again = columns.input_layer(batch(tf), [column], trainable=False)
    kept = [
        [(item.name, [v.name for v in found]) for item, found in variables.items()],
        [(item.name, found.name) for item, found in outputs.items()],
    ]
    return [*run(tf, made, again), kept, names(tf)]


@program
def embeddings_in_a_scope(tf: Any) -> Any:
    tf.set_random_seed(3)
    columns = tf.feature_column
    column = columns.embedding_column(columns.categorical_column_with_identity("ids", 4), 3)
    with tf.variable_scope("model", partitioner=tf.fixed_size_partitioner(2)):
        made = columns.input_layer(batch(tf), [column])
    with tf.variable_scope("by_handle", use_resource=True):
        other = columns.input_layer(batch(tf), [column, columns.numeric_column("age")])
    with tf.variable_scope("by_handle", reuse=True):
        again = columns.input_layer(batch(tf), [column])
    return [*run(tf, made, other, again), names(tf)]


@program
def shared_embeddings(tf: Any) -> Any:
    tf.set_random_seed(5)
    columns = tf.feature_column
    words = columns.categorical_column_with_hash_bucket("words", 6)
    flat = columns.categorical_column_with_hash_bucket("flat", 6)
    weighted = columns.weighted_categorical_column(words, "counts")
    first, second = columns.shared_embedding_columns([weighted, flat], 2)
    ids = columns.categorical_column_with_identity("ids", 6)
    long = columns.categorical_column_with_identity("long", 9)
    third = columns.shared_embedding_columns(
        [long], 2, shared_embedding_collection_name="named", trainable=False
    )
    (fourth,) = columns.shared_embedding_columns([ids], 3, combiner="sum", max_norm=0.5)
    used = [first, second, *third, fourth]
    made = columns.input_layer(batch(tf), used, weight_collections=["mine"])
    again = columns.input_layer(batch(tf), [second])
    shown = [(c.name, [v.name for v in tf.get_collection(c[4])]) for c in [first, *third]]
    return [*run(tf, made, again), shown, names(tf)]


@program
def linear_models(tf: Any) -> Any:
    tf.set_random_seed(4)
    columns = tf.feature_column
    age = columns.numeric_column("age")
    buckets = columns.bucketized_column(
        columns.numeric_column("size", 2, dtype=tf.int32), [2.0, 3.5]
    )
    words = columns.categorical_column_with_vocabulary_list(
        "words", ["red", "blue"], default_value=1
    )
    used = [
        age,
        buckets,
        words,
        columns.weighted_categorical_column(
            columns.categorical_column_with_hash_bucket("words", 4), "counts"
        ),
        columns.crossed_column(["dense", buckets], 9, hash_key=11),
        columns.embedding_column(columns.categorical_column_with_hash_bucket("flat", 3), 2),
    ]
    variables: Any = {}
    made = columns.linear_model(batch(tf), used, cols_to_vars=variables)
    with tf.variable_scope("model", initializer=tf.ones_initializer()):
        other = columns.linear_model(
            batch(tf), used[:3], units=2, sparse_combiner="mean", weight_collections=["mine"]
        )
    frozen = columns.linear_model(batch(tf), age, trainable=False)
    shown = [
        (getattr(key, "name", key), [v.name for v in found]) for key, found in variables.items()
    ]
    steps = [
        tf.assign_add(variable, tf.ones_like(variable) * (number + 1) / 4)
        for number, variable in enumerate(tf.trainable_variables())
    ]
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        before = session.run([made, other, frozen])
        session.run(steps)
        after = session.run([made, other])
    return [before, after, shown, names(tf)]


@program
def vocabularies_in_files(tf: Any) -> Any:
    columns = tf.feature_column

    def built() -> Any:
        listed = columns.categorical_column_with_vocabulary_file
        words = listed("flat", WORDS, num_oov_buckets=2)
        few = listed("dense", WORDS, vocabulary_size=2, default_value=1)
        steps = columns.sequence_categorical_column_with_vocabulary_file("steps", WORDS, 3)
        made = columns.input_layer(
            {
                "flat": tf.constant(["emerson\tx", "none"]),
                "dense": tf.constant([["palmer\tz", ""], ["lake\ty", "emerson\tx"]]),
            },
            [columns.indicator_column(words), columns.indicator_column(few)],
        )
        return [words.num_buckets, few.num_buckets, steps.num_buckets, str(words), *run(tf, made)]

    return in_folder(built)


@in_empty_folder
def embeddings_of_checkpoints(tf: Any, folder: str) -> Any:
    path = written(tf, folder)
    columns = tf.feature_column
    ids = columns.categorical_column_with_identity("ids", 4)
    column = columns.embedding_column(ids, 2, "sum", None, path, "table")
    shared = columns.shared_embedding_columns([ids], 2, "sum", None, None, path, "table")
    features = {"ids": tf.constant([[0, 3], [-1, 2]])}
    whole = columns.input_layer(features, [column, *shared])
    with tf.variable_scope("parts", partitioner=tf.fixed_size_partitioner(2)):
        parts = columns.input_layer(features, [column])
    return run(tf, whole, parts)


@program
def integers(tf: Any) -> Any:
    columns = tf.feature_column
    listed = columns.categorical_column_with_vocabulary_list("ids", [0, 3, 2], num_oov_buckets=1)
    counts = columns.weighted_categorical_column(listed, "counts", dtype=tf.int32)
    features = {
        "ids": tf.constant([[0, 3], [-1, 2]]),
        "counts": tf.constant([[2, 1], [0, 5]]),
        "size": tf.constant([[3, -1], [4, 9]], tf.int64),
    }
    made = columns.linear_model(features, [counts, columns.crossed_column([listed, "size"], 5)])
    return [*run(tf, made), counts.num_buckets, [str(item) for item in counts.parents]]


@results
def wrong_shared_embeddings(tf: Any) -> Any:
    columns = tf.feature_column
    words = columns.categorical_column_with_hash_bucket("words", 6)
    others = columns.categorical_column_with_hash_bucket("flat", 5)
    ids = columns.categorical_column_with_identity("ids", 6)
    weighted = columns.weighted_categorical_column(words, "counts")
    steps = columns.sequence_categorical_column_with_hash_bucket("steps", 6)

    def told(function: Any) -> Any:
        # The names of classes and the slips of the pen within TensorFlow are not ours.
        return message(function).split(" of type: <")[0].split("buckets. ")[0]

    def layer(name: str, shared: Any) -> Any:
        text = str(message(lambda: columns.input_layer(batch(tf), shared).name))
        return text.split("variable")[0].replace("_Sequence", "Sequence")

    tf.add_to_collection("taken", tf.get_variable("one", [6, 3]))
    tf.add_to_collection("twice", tf.get_variable("two", [6, 2]))
    tf.add_to_collection("twice", tf.get_variable("three", [6, 2]))
    taken = columns.shared_embedding_columns([words], 2, shared_embedding_collection_name="taken")
    twice = columns.shared_embedding_columns([words], 2, shared_embedding_collection_name="twice")
    sequences_of_words = columns.shared_embedding_columns([steps, words], 2)
    return [
        told(lambda: columns.shared_embedding_columns([words, ids], 2)),
        told(lambda: columns.shared_embedding_columns([words, others], 2)),
        [item.name for item in columns.shared_embedding_columns([steps, weighted, words], 2)],
        layer("taken", taken),
        layer("twice", twice)[:10],
        layer("steps", sequences_of_words[:1])[:115],
    ]
