"""Arguments of feature columns: what is refused, how examples are parsed, how columns are written down and compared."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program


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
