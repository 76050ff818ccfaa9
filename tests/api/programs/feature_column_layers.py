"""Layers of feature columns and of columns of sequences, features of unknown shape, and what layers refuse."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program, results
from tests.api.programs.feature_columns import batch, names, run


@program
def wrong_layers(tf: Any) -> Any:
    columns = tf.feature_column
    features = batch(tf)
    age = columns.numeric_column("age")
    words = columns.categorical_column_with_hash_bucket("words", 7)
    weighted = columns.weighted_categorical_column(words, "counts")
    columns.sequence_categorical_column_with_hash_bucket("words", 7)
    listed = columns.categorical_column_with_vocabulary_list

    def layer(*used: Any, **more: Any) -> Any:
        with tf.Graph().as_default():
            return message(lambda: columns.input_layer({**batch(tf), **more}, list(used)).name)

    def with_three(tf: Any) -> Any:
        with tf.Graph().as_default():
            given = {"age": tf.zeros([2, 1]), "other": tf.zeros([3, 1])}
            both = [age, columns.numeric_column("other")]
            return [
                message(lambda: columns.input_layer(given, both)),
                message(lambda: columns.linear_model(given, both)),
            ]

    del features
    return [
        layer(words),
        layer(columns.numeric_column("none")),
        layer(age, columns.numeric_column("age", 2)),
        layer(),
        layer(columns.numeric_column("words")),
        layer(columns.indicator_column(listed("words", [1, 2]))),
        layer(columns.indicator_column(listed("age", ["a"]))),
        layer(columns.indicator_column(columns.categorical_column_with_identity("words", 4))),
        layer(columns.indicator_column(columns.categorical_column_with_hash_bucket("ids", 4))),
        layer(columns.indicator_column(columns.weighted_categorical_column(words, "ids"))),
        layer(columns.indicator_column(columns.crossed_column(["dense", weighted], 4))),
        layer(columns.indicator_column(columns.crossed_column(["dense", "none"], 4))),
        with_three(tf),
    ]


@program
def features_of_unknown_shape(tf: Any) -> Any:
    columns = tf.feature_column
    used = [
        columns.numeric_column("two", 2),
        columns.indicator_column(columns.categorical_column_with_identity("ids", 3)),
        columns.embedding_column(columns.categorical_column_with_hash_bucket("words", 3), 2),
    ]
    features = {
        "two": tf.placeholder(tf.float32, [None, 2]),
        "ids": tf.placeholder(tf.int64, [None, None]),
        "words": tf.sparse_placeholder(tf.string),
    }
    made = columns.input_layer(features, used)
    parsed = tf.parse_example(
        tf.placeholder(tf.string, [None]), columns.make_parse_example_spec(used)
    )
    other = columns.linear_model(parsed, used[:2])
    return [made.shape.as_list(), other.shape.as_list(), sorted(parsed)]


@results
def features_of_unknown_rank(tf: Any) -> Any:
    columns = tf.feature_column
    age = columns.numeric_column("age")
    fed = tf.placeholder(tf.float32)
    made = columns.input_layer({"age": fed}, [age])
    with tf.Session() as session:
        return [
            session.run(made, {fed: [1.0, 2.0]}),
            session.run(made, {fed: [[1.0], [2.0]]}),
            message(lambda: columns.input_layer({"age": 3.0}, [age]))[:40],
        ]


@program
def layers_of_columns(tf: Any) -> Any:
    tf.set_random_seed(7)
    columns = tf.feature_column
    words = columns.categorical_column_with_hash_bucket("words", 7)
    used = [
        columns.embedding_column(words, 3),
        columns.numeric_column("age"),
        columns.embedding_column(columns.categorical_column_with_identity("ids", 4), 2),
        columns.indicator_column(columns.categorical_column_with_vocabulary_list("dense", ["red"])),
    ]
    with tf.variable_scope("model"):
        layer = tf.keras.layers.DenseFeatures(used, name="inputs")
        outputs: Any = {}
        first = layer(batch(tf), cols_to_output_tensors=outputs, training=False)
        second = layer(batch(tf), training=False)
    other = tf.keras.layers.DenseFeatures(used[:1])(batch(tf), training=True)
    shown = [(column.name, found.name) for column, found in outputs.items()]
    return [*run(tf, first, second, other), shown, names(tf)]


@results
def wrong_layers_of_columns(tf: Any) -> Any:
    columns = tf.feature_column
    words = columns.categorical_column_with_hash_bucket("words", 7)
    steps = columns.sequence_categorical_column_with_hash_bucket("words", 7)
    dense, sequences = tf.keras.layers.DenseFeatures, tf.keras.experimental.SequenceFeatures

    def without_types(build: Any) -> Any:
        # The names of classes within TensorFlow are not ours.
        return str(message(build)).split("Given (type")[0].split("must be a <")[0]

    return [
        without_types(lambda: dense([words])),
        without_types(lambda: dense([])),
        without_types(lambda: dense(["words"])),
        without_types(lambda: dense({})),
        without_types(lambda: dense([columns.numeric_column("age")])([1.0])),
        without_types(lambda: dense(columns.shared_embedding_columns([words], 2))),
        without_types(lambda: dense(columns.indicator_column(steps))(batch(tf))),
        without_types(lambda: dense(columns.embedding_column(steps, 2))(batch(tf))),
        without_types(lambda: sequences([columns.numeric_column("age")])),
        without_types(lambda: sequences(columns.indicator_column(words))(batch(tf))),
        without_types(lambda: sequences(columns.embedding_column(words, 2))(batch(tf))),
    ]


def sentences(tf: Any) -> Any:
    """Three sequences, of two steps, none and one."""
    return {
        "words": tf.SparseTensor([[0, 0], [0, 1], [2, 0]], ["red", "blue", "dark"], [3, 2]),
        "pairs": tf.SparseTensor(
            [[0, 0, 0], [0, 1, 0], [0, 1, 1], [2, 0, 0]], [1, 2, 0, 1], [3, 2, 2]
        ),
        "heat": tf.SparseTensor(
            [[0, 0], [0, 1], [0, 2], [0, 3], [2, 0]], [1.0, 2, 3, 4, 5], [3, 4]
        ),
    }


@results
def sequences_side_by_side(tf: Any) -> Any:
    tf.set_random_seed(2)
    columns = tf.feature_column
    words = columns.sequence_categorical_column_with_vocabulary_list("words", ["red", "blue"])
    pairs = columns.sequence_categorical_column_with_identity("pairs", 3)
    layer = tf.keras.experimental.SequenceFeatures(
        [
            columns.embedding_column(words, 2),
            columns.indicator_column(pairs),
            columns.sequence_numeric_column("heat", 2, default_value=-1.0),
        ]
    )
    tensor, lengths = layer(sentences(tf), training=False)
    shown = [str(words), pairs.name, pairs.num_buckets, names(tf)]
    return [*run(tf, tensor, lengths), shown]


@program
def sequences(tf: Any) -> Any:
    tf.set_random_seed(3)
    columns = tf.feature_column

    def twice(x: Any) -> Any:
        return tf.SparseTensor(x.indices, x.values * 2.0, x.dense_shape)

    pairs = columns.sequence_categorical_column_with_identity("pairs", 3)
    found = []
    for column in (
        columns.sequence_numeric_column("heat", normalizer_fn=twice),
        columns.embedding_column(pairs, 2, combiner="sum"),
        columns.indicator_column(pairs),
    ):
        layer = tf.keras.experimental.SequenceFeatures([column])
        found += layer(sentences(tf), training=False)
    return [*run(tf, *found), names(tf)]


@program
def tables_of_layers(tf: Any) -> Any:
    tf.set_random_seed(1)
    columns = tf.feature_column
    listed = columns.categorical_column_with_vocabulary_list("flat", ["blue", "red"])
    layer = tf.keras.layers.DenseFeatures(
        [columns.embedding_column(listed, 2), columns.indicator_column(listed)]
    )
    found = [layer(batch(tf), training=False) for _ in range(2)]
    return [*run(tf, *found), len(tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS))]


@program
def variables_of_layers(tf: Any) -> Any:
    columns = tf.feature_column
    kinds = ("weights", "trainable_weights", "non_trainable_weights", "trainable_variables")

    def held(layer: Any) -> list[Any]:
        return [[variable.name for variable in getattr(layer, kind)] for kind in kinds]

    def embedding(key: str, trainable: bool = True) -> Any:
        column = columns.categorical_column_with_identity(key, 4)
        return columns.embedding_column(column, 2, trainable=trainable)

    used = [embedding("y", False), embedding("x"), columns.numeric_column("n")]
    features = {"x": tf.constant([[1]]), "y": tf.constant([[2]]), "n": tf.constant([[0.5]])}
    layer = tf.keras.layers.DenseFeatures(used)
    found = [held(layer), layer.built, message(layer.count_params)]
    layer(features, training=False)
    found += [held(layer), layer.built, layer.count_params()]
    layer.trainable = False
    found.append(held(layer))
    for more in ({"trainable": False}, {"partitioner": tf.fixed_size_partitioner(2)}):
        other = tf.keras.layers.DenseFeatures(used, **more)
        other(features, training=False)
        found += [held(other), other.trainable]
    words = columns.sequence_categorical_column_with_identity("words", 4)
    sequences = tf.keras.experimental.SequenceFeatures([columns.embedding_column(words, 2)])
    rows = tf.SparseTensor([[0, 0]], [1], [1, 1])
    sequences({"words": rows}, training=False)
    return [*found, held(sequences), sequences.count_params()]
