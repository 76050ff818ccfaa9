"""Feature columns: what they are, what they refuse, and the graphs of `input_layer` and `linear_model`."""

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
def specs(tf: Any) -> Any:
    columns = tf.feature_column
    age = columns.numeric_column("age", default_value=3)
    size = columns.numeric_column("size", (2, 1), default_value=[[1], [2]], dtype=tf.int64)
    words = columns.categorical_column_with_hash_bucket("words", 7)
    shared = columns.shared_embedding_columns([words, words], 2)
    used = [
        age,
        size,
        columns.bucketized_column(age, [1.0]),
        columns.indicator_column(columns.categorical_column_with_identity("ids", 3)),
        columns.embedding_column(columns.weighted_categorical_column(words, "counts"), 2),
        columns.crossed_column(["dense", columns.bucketized_column(age, (1.0,))], 4),
        *shared,
        columns.embedding_column(columns.sequence_categorical_column_with_identity("steps", 3), 2),
    ]
    found = columns.make_parse_example_spec(used)
    return [
        sorted((key, type(value).__name__, str(tuple(value))) for key, value in found.items()),
        [column.name for column in used],
        [str(column) for column in used[:4]],
        [
            message(lambda: columns.make_parse_example_spec(["age"])),
            message(
                lambda: columns.make_parse_example_spec([age, columns.numeric_column("age", 2)])
            ),
            message(
                lambda: columns.make_parse_example_spec(
                    [columns.weighted_categorical_column(words, "words")]
                )
            ),
        ],
    ]


@program
def wrong_columns(tf: Any) -> Any:
    columns = tf.feature_column
    age = columns.numeric_column("age")
    words = columns.categorical_column_with_hash_bucket("words", 7)
    identity = columns.categorical_column_with_identity
    listed = columns.categorical_column_with_vocabulary_list
    in_file = columns.categorical_column_with_vocabulary_file
    shared = columns.shared_embedding_columns
    return [
        message(lambda: columns.numeric_column("age", shape=[2.0])),
        message(lambda: columns.numeric_column("age", shape=0)),
        message(lambda: columns.numeric_column("age", dtype=tf.string)),
        message(lambda: columns.numeric_column("age", (2,), default_value=[1, 2, 3])),
        message(lambda: columns.numeric_column("age", default_value=1.5, dtype=tf.int32)),
        message(lambda: columns.numeric_column("age", default_value="a")),
        message(lambda: columns.numeric_column("age", normalizer_fn=3)),
        message(lambda: columns.numeric_column(3)),
        message(lambda: columns.bucketized_column("age", [1.0])),
        message(lambda: columns.bucketized_column(words, [1.0])),
        message(lambda: columns.bucketized_column(columns.numeric_column("age", (2, 2)), [1.0])),
        message(lambda: columns.bucketized_column(age, [])),
        message(lambda: columns.bucketized_column(age, 1.0)),
        message(lambda: columns.bucketized_column(age, [2.0, 1.0])),
        message(lambda: columns.categorical_column_with_hash_bucket("w", None)),
        message(lambda: columns.categorical_column_with_hash_bucket("w", 0)),
        message(lambda: columns.categorical_column_with_hash_bucket(3, 4)),
        message(lambda: columns.categorical_column_with_hash_bucket("w", 4, tf.float32)),
        message(lambda: identity("w", 0)),
        message(lambda: identity("w", 3, 3)),
        message(lambda: identity(1, 3)),
        message(lambda: listed("w", [])),
        message(lambda: listed("w", ["a", "a"])),
        message(lambda: listed("w", [1.0])),
        message(lambda: listed("w", ["a"], dtype=tf.int64)),
        message(lambda: listed("w", ["a"], default_value=0, num_oov_buckets=1)),
        message(lambda: listed("w", ["a"], num_oov_buckets=-1)),
        message(lambda: listed(2, ["a"])),
        message(lambda: in_file("w", "")),
        message(lambda: in_file("w", "not/there")),
        message(lambda: in_file("w", "not/there", 0)),
        message(lambda: in_file("w", "not/there", 3, num_oov_buckets=1, default_value=0)),
        message(lambda: in_file("w", "not/there", 3, num_oov_buckets=-1)),
        message(lambda: in_file("w", "not/there", 3, dtype=tf.float32)),
        message(lambda: columns.weighted_categorical_column(words, "c", None)),
        message(lambda: columns.weighted_categorical_column(words, "c", tf.string)),
        message(lambda: columns.crossed_column(["a", "b"], 0)),
        message(lambda: columns.crossed_column(["a"], 3)),
        message(lambda: columns.crossed_column(["a", age], 3)),
        message(lambda: columns.crossed_column(["a", words], 3)),
        message(lambda: columns.indicator_column(age)),
        message(lambda: columns.embedding_column(words, None)),
        message(lambda: columns.embedding_column(words, 0)),
        message(lambda: columns.embedding_column(words, 2, ckpt_to_load_from="a")),
        message(lambda: columns.embedding_column(words, 2, initializer=3)),
        message(lambda: shared([words], 0)),
        message(lambda: shared([words], 2, tensor_name_in_ckpt="a")),
        message(lambda: shared([words], 2, initializer=3)),
    ]


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


def doubled(x: Any) -> Any:
    return x * 2


@program
def configurations(tf: Any) -> Any:
    columns = tf.feature_column
    age = columns.numeric_column("age", (2,), 3, tf.int32, doubled)
    buckets = columns.bucketized_column(columns.numeric_column("one"), [1.0, 2.0])
    words = columns.categorical_column_with_hash_bucket("words", 7)
    listed = columns.categorical_column_with_vocabulary_list("w", ["a"], num_oov_buckets=1)
    used = [
        age,
        buckets,
        words,
        columns.categorical_column_with_identity("ids", 3, 1),
        listed,
        columns.categorical_column_with_vocabulary_file("v", "not/there", 3, 0, 1, tf.int64),
        columns.weighted_categorical_column(words, "counts"),
        columns.crossed_column(["a", columns.crossed_column([buckets, "c"], 3)], 5, 11),
        columns.indicator_column(words),
        columns.embedding_column(listed, 2, "sum", tf.ones_initializer()),
        columns.embedding_column(listed, 4),
        columns.embedding_column(
            listed, 2, initializer=tf.variance_scaling_initializer(2.0), max_norm=1.0
        ),
        columns.sequence_numeric_column("heat", 2),
        columns.sequence_categorical_column_with_identity("steps", 3),
    ]
    shown, same = [], []
    for column in used:
        config = column.get_config()
        shown.append(config)
        kind = type(column)
        again = kind.from_config(
            {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in config.items()
            },
            custom_objects={"doubled": doubled},
        )
        same.append([again == column, again.get_config() == config, str(column.parents)])
    words_again = type(words).from_config
    listed_again = type(used[9]).from_config
    config = used[9].get_config()
    return [
        shown,
        same[:9],
        [pair[1:2] for pair in same[9:]],
        message(lambda: words_again({"key": "a"})),
        message(lambda: listed_again({**config, "categorical_column": {"class_name": "A"}})),
        message(
            lambda: listed_again(
                {**config, "categorical_column": {"class_name": "A", "config": {}}}
            )
        ),
        message(lambda: listed_again({**config, "initializer": 3})),
        message(lambda: listed_again({**config, "initializer": "Unknown"})),
    ]


@program
def order_of_columns(tf: Any) -> Any:
    columns = tf.feature_column
    words = columns.categorical_column_with_hash_bucket("words", 7)
    age = columns.numeric_column("age")
    return [
        [str(item) for item in sorted(["z", words, age, "A"], key=None)],
        words == columns.categorical_column_with_hash_bucket("words", 7),
        words == columns.categorical_column_with_hash_bucket("words", 8),
        len({age, columns.numeric_column("age"), words}),
    ]


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
