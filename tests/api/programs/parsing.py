"""Training data parsed: examples, sequences of them, lines, bytes."""

from __future__ import annotations

import collections
from typing import Any

from tests.api.programs import attempt, message, program


def run(tf: Any, fetches: Any) -> Any:
    """The values of a dict of tensors of any kind."""
    with tf.Session() as session:
        found = session.run(fetches)
    if not isinstance(found, dict):
        return [listed(item) for item in found]
    return [[key, listed(found[key])] for key in sorted(found)]


def listed(item: Any) -> Any:
    if hasattr(item, "row_splits"):
        return [item.to_list(), str(item.row_splits.dtype)]
    return list(item) if hasattr(item, "dense_shape") else item


def told(parsed: Any) -> Any:
    return [
        [key, type(value).__name__.replace("Symbolic", ""), value.dtype.name, str(value.shape)]
        for key, value in sorted(parsed.items())
    ]


def feature(tf: Any, values: Any) -> Any:
    train = tf.train
    if not values:
        return train.Feature()
    if isinstance(values[0], bytes):
        return train.Feature(bytes_list=train.BytesList(value=values))
    if isinstance(values[0], float):
        return train.Feature(float_list=train.FloatList(value=values))
    return train.Feature(int64_list=train.Int64List(value=values))


def example(tf: Any, **features: Any) -> bytes:
    fields = {key: feature(tf, values) for key, values in features.items()}
    made = tf.train.Example(features=tf.train.Features(feature=fields))
    return bytes(made.SerializeToString(deterministic=True))


def sequence(tf: Any, context: Any, steps: Any) -> bytes:
    train = tf.train
    lists = {
        key: train.FeatureList(feature=[feature(tf, values) for values in step])
        for key, step in steps.items()
    }
    made = train.SequenceExample(
        context=train.Features(
            feature={key: feature(tf, values) for key, values in context.items()}
        ),
        feature_lists=train.FeatureLists(feature_list=lists),
    )
    return bytes(made.SerializeToString(deterministic=True))


def two(tf: Any) -> Any:
    return tf.constant(
        [
            example(tf, n=[1, 2], x=[0.5], w=[b"a", b"b"], i=[0, 3], v=[1.5, 2.5], s=[1, 2, 3]),
            example(tf, n=[3, 4], x=[1.5], w=[], i=[1], v=[3.5], s=[4]),
        ]
    )


@program
def examples(tf: Any) -> Any:
    features = {
        "n": tf.FixedLenFeature([2], tf.int64),
        "x": tf.io.FixedLenFeature([], tf.float32, default_value=-1.0),
        "w": tf.VarLenFeature(tf.string),
        "missing": tf.FixedLenFeature([2], tf.string, ["p", "q"]),
        "s": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
        "other s": tf.FixedLenSequenceFeature([1], tf.float32, True, default_value=7.0),
        "sparse": tf.SparseFeature("i", "v", tf.float32, 5),
    }
    parsed = tf.parse_example(two(tf), features)
    named = tf.io.parse_example(two(tf), features, name="named", example_names=["one", "two"])
    return [run(tf, parsed), told(parsed), told(named)]


@program
def single_examples(tf: Any) -> Any:
    features = {"n": tf.FixedLenFeature([2], tf.int64), "w": tf.VarLenFeature(tf.string)}
    known = tf.parse_single_example(two(tf)[0], features)
    free = tf.placeholder_with_default(two(tf)[1], None)
    other = tf.io.parse_single_example(free, features, name="free")
    return [
        run(tf, known), told(known), run(tf, other), told(other),
        message(lambda: tf.parse_single_example(two(tf), features)), message(lambda: tf.parse_single_example(two(tf)[0], {})),
    ]  # fmt: skip


@program
def ragged_examples(tf: Any) -> Any:
    ragged = tf.io.RaggedFeature
    features = {
        "s": ragged(tf.int64),
        "words": ragged(tf.string, value_key="w", row_splits_dtype=tf.int64),
        "rows": ragged(tf.float32, "v", [ragged.RowLengths("lengths")]),
        "splits": ragged(tf.float32, "v", [ragged.RowSplits("ends")], validate=True),
        "starts": ragged(tf.float32, "v", [ragged.RowStarts("begins")]),
        "limits": ragged(tf.float32, "v", [ragged.RowLimits("stops")]),
        "ids": ragged(tf.float32, "v", [ragged.ValueRowIds("numbers")]),
        "uniform": ragged(tf.float32, "v", [ragged.UniformRowLength(1)]),
        "deep": ragged(tf.float32, "v", [ragged.RowLengths("outer"), ragged.UniformRowLength(1)]),
    }
    data = [
        example(tf, s=[1, 2, 3], w=[b"a"], v=[1.5, 2.5], lengths=[1, 0, 1], ends=[0, 1, 2], begins=[0, 1], stops=[1, 2], numbers=[0, 1], outer=[2]),
        example(tf, s=[], w=[], v=[3.5], lengths=[1], ends=[0, 1], begins=[0], stops=[1], numbers=[0], outer=[0, 1]),
    ]  # fmt: skip
    parsed = tf.io.parse_example(tf.constant(data), features)
    one = tf.io.parse_single_example(tf.constant(data[0]), features)
    return [run(tf, parsed), told(parsed), run(tf, one), told(one)]


@program
def features_that_are_wrong(tf: Any) -> Any:
    def parse(**features: Any) -> Any:
        return message(lambda: tf.parse_example(two(tf), features))

    ragged = tf.io.RaggedFeature
    fixed, free = tf.FixedLenFeature, tf.VarLenFeature
    return [
        parse(), parse(a=7)[:20], parse(a=free(None)), parse(a=fixed(None, tf.int64))[:30], parse(a=fixed([None], tf.int64))[:40],
        parse(a=fixed([1, None], tf.int64))[:40], parse(a=tf.FixedLenSequenceFeature([], tf.int64)),
        parse(a=tf.SparseFeature("", "v", tf.int64, 1))[:30], parse(a=tf.SparseFeature("i", "", tf.int64, 1))[:30],
        parse(a=tf.SparseFeature("i", "i", tf.float32, 1)), attempt(lambda: tf.parse_example(two(tf), None)),
        attempt(lambda: tf.parse_example(two(tf), {"a": fixed([], tf.int64), "b": tf.SparseFeature("a", "v", tf.float32, 1)})),
        message(lambda: ragged(tf.int32)), message(lambda: ragged(tf.int64, 7)), message(lambda: ragged(tf.int64, "")),
        attempt(lambda: ragged(tf.int64, partitions=7)), attempt(lambda: ragged(tf.int64, partitions=[7])),
        attempt(lambda: ragged(tf.int64, row_splits_dtype=tf.float32)), attempt(lambda: ragged(tf.int64, validate=1)),
        [fixed([1], tf.int64).shape, free(tf.string).dtype, fixed([1], tf.int64)._replace(default_value=[3]).default_value],
    ]  # fmt: skip


@program
def sequences(tf: Any) -> Any:
    data = [
        sequence(tf, {"id": [7], "tags": [b"x", b"y"]}, {"steps": [[1.5, 2.5], [3.5, 4.5]], "words": [[b"a"], [b"b", b"c"]]}),
        sequence(tf, {"id": [8]}, {"steps": [[5.5, 6.5]], "words": [[b"d"]]}),
    ]  # fmt: skip
    context = {"id": tf.FixedLenFeature([], tf.int64), "tags": tf.VarLenFeature(tf.string)}
    steps = {
        "steps": tf.FixedLenSequenceFeature([2], tf.float32),
        "words": tf.VarLenFeature(tf.string),
        "none": tf.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    }
    parsed = tf.io.parse_sequence_example(tf.constant(data), context, steps)
    one = tf.parse_single_sequence_example(tf.constant(data[0]), context, steps, name="one")
    ragged = tf.io.parse_single_sequence_example(
        tf.constant(data[0]), sequence_features={"words": tf.io.RaggedFeature(tf.string)}
    )
    many = tf.io.parse_sequence_example(
        tf.constant(data), {"tags": tf.io.RaggedFeature(tf.string)}, {"words": tf.io.RaggedFeature(tf.string)}, example_names=["p", "q"]
    )  # fmt: skip
    return [
        [[run(tf, part), told(part)] for part in (*parsed, *one, ragged[1], *many[:2])],
        attempt(lambda: tf.io.parse_sequence_example(data)), attempt(lambda: tf.parse_single_sequence_example(data, context)),
        attempt(lambda: tf.io.parse_sequence_example(data, {"a": tf.FixedLenSequenceFeature([], tf.int64)})),
    ]  # fmt: skip


@program
def bytes_and_lines(tf: Any) -> Any:
    found = [
        tf.decode_raw([b"\x01\x00\x02\x00"], tf.int16), tf.io.decode_raw(b"\x00\x01", tf.uint16, little_endian=False, name="big"),
        tf.decode_raw(bytes=[b"ab"], out_type=tf.uint8), *tf.decode_csv(["1,2.5,a", "3,,b"], [[0], [-1.0], [""]]),
        *tf.io.decode_csv(["1;NA", "2;x"], [[0], ["d"]], ";", False, name="lines", na_value="NA"),
        *tf.decode_csv(["1,2,3"], [[0]], select_cols=[1]), tf.parse_tensor(tf.serialize_tensor([1, 2]), tf.int32),
        tf.io.decode_compressed(["ab"], name="plain"),
    ]  # fmt: skip
    return [
        run(tf, found), attempt(lambda: tf.decode_raw([b"a"])), attempt(lambda: tf.decode_raw([b"a"], tf.int8, bytes=[b"a"])),
        message(lambda: tf.decode_csv(["1"], [[0], [0]], select_cols=[1, 0])), message(lambda: tf.decode_csv(["1"], [[0]], select_cols=[-1])),
        message(lambda: tf.decode_csv(["1"], [[0]], select_cols=[0, 1])),
        tf.train.Example.FromString(example(tf, a=[1])).features.feature["a"].int64_list.value[0],
        collections.Counter(type(t).__name__ for t in found[3:6]).most_common()[0][1],
    ]  # fmt: skip
