"""Texts: patterns, pieces, code points."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, message, program


def run(tf: Any, *fetches: Any) -> Any:
    with tf.Session() as session:
        return session.run(list(fetches))


def parts(value: Any) -> list[Any]:
    """The tensors that a value consists of."""
    if hasattr(value, "dense_shape"):
        return [value.indices, value.values, value.dense_shape]
    if hasattr(value, "row_splits"):
        return [*parts(value.values), value.row_splits]
    return [value]


@program
def patterns(tf: Any) -> Any:
    texts = tf.constant(["abc", "b", "bcb"])
    pattern = tf.constant("b+")
    return run(
        tf,
        tf.strings.regex_full_match(texts, "b.*"),
        tf.strings.regex_full_match(texts, pattern, name="match"),
        tf.strings.regex_replace(texts, "b", r"<\0>"),
        tf.regex_replace(texts, pattern, "x", replace_global=False, name="replace"),
        tf.strings.regex_replace(texts, b"b", tf.constant("y")),
    )


@program
def formats(tf: Any) -> Any:
    x = tf.constant([[1, 2], [3, 4]])
    return [
        run(
            tf,
            tf.strings.format("x is {}", x),
            tf.strings.format("{} and {}", (x, tf.constant("t")), summarize=1, name="f"),
            tf.strings.format("# and #", [tf.constant(1.5), x], placeholder="#"),
            tf.strings.format("nothing", ()),
        ),
        message(lambda: tf.strings.format("{}", (x, x))),
    ]


@program
def joins(tf: Any) -> Any:
    x = tf.constant([["a", "b"], ["c", "d"]])
    loose = tf.placeholder_with_default(x, None)
    return [
        run(
            tf,
            tf.strings.join([x, x, "!"], "-"),
            tf.string_join(["a", tf.constant("b")]),
            tf.strings.reduce_join(x),
            tf.reduce_join(x, 0, separator=","),
            tf.strings.reduce_join(x, [0, 1], keep_dims=True, name="kept"),
            tf.strings.reduce_join(x, axis=-1, keepdims=True),
            tf.reduce_join(x, reduction_indices=[1]),
            tf.strings.reduce_join(loose),
            tf.strings.unsorted_segment_join(["a", "b", "c"], [0, 1, 0], 2, separator="/"),
        ),
        attempt(lambda: tf.reduce_join(x, 0, keep_dims=True, keepdims=True)),
        attempt(lambda: tf.reduce_join(x, 0, reduction_indices=1)),
    ]


@program
def numbers(tf: Any) -> Any:
    texts = tf.constant(["1", "-2"])
    return [
        run(
            tf,
            tf.strings.to_number(texts),
            tf.string_to_number(texts, tf.int64, name="n"),
            tf.strings.to_number(input=texts, out_type=tf.float64),
            tf.strings.to_hash_bucket(texts, 10),
            tf.string_to_hash_bucket(input=texts, num_buckets=7, name="b"),
            tf.strings.to_hash_bucket_fast(texts, 10),
            tf.string_to_hash_bucket_strong(texts, 10, [1, 2]),
            tf.as_string(tf.constant([1.5, -2.0]), precision=3),
            tf.strings.as_string(tf.constant([True, False]), width=6),
            tf.strings.length(texts), tf.strings.length(tf.constant("é"), unit="UTF8_CHAR"),
            tf.strings.substr("hello", 1, 3), tf.substr(["ab", "cd"], [0, 1], [1, 1], name="s"),
            tf.strings.lower("ÀB"), tf.strings.upper("àb", encoding="utf-8"), tf.strings.strip([" x "]), tf.string_strip(["a "]),
            tf.encode_base64(["ab"], pad=True), tf.decode_base64(["YWI"]),
            tf.strings.unicode_script([65, 1056]),
            tf.strings.unicode_transcode(["é"], "UTF-8", "UTF-16-BE"),
        ),
        attempt(lambda: tf.strings.to_number(texts, input=texts)),
    ]  # fmt: skip


@program
def pieces(tf: Any) -> Any:
    texts = tf.constant(["a b  c", "", " d"])
    loose = tf.placeholder_with_default(texts, None)
    split = tf.strings.split
    values = [
        tf.string_split(texts),
        tf.string_split(texts, " ", skip_empty=False, name="kept"),
        tf.string_split(texts, delimiter=""),
        tf.string_split(texts, result_type="RaggedTensor"),
        split(texts),
        split(texts, " "),
        split("one two", name="one"),
        split(source=texts, sep="b", maxsplit=1, result_type="RaggedTensor"),
        split([["a b", "c"], ["d", "e f"]], result_type="RaggedTensor"),
        split([["a b", "c"], ["d", "e f"]]),
        split(loose, result_type="RaggedTensor"),
        split("x y", result_type="RaggedTensor"),
        tf.strings.bytes_split("abc"),
        tf.strings.bytes_split(["ab", "", "c"], name="bytes"),
        tf.strings.bytes_split([["ab", "c"], ["", "d"]]),
    ]
    return [
        [run(tf, *parts(value)) for value in values],
        [value.shape.as_list() if value.shape.ndims is not None else None for value in values],
        attempt(lambda: split(texts, source=texts)),
        attempt(lambda: split(texts, result_type="Tensor")),
        attempt(lambda: tf.string_split(texts, " ", delimiter=" ")),
        attempt(lambda: tf.string_split(texts, result_type="Tensor")),
        message(lambda: tf.strings.bytes_split(loose)),
    ]


@program
def code_points(tf: Any) -> Any:
    strings = tf.strings
    text = tf.constant(["é", "", "ab"])
    matrix = tf.constant([["é", "x"], ["", "ab"]])
    decoded = strings.unicode_decode(text, "UTF-8")
    points, offsets = strings.unicode_decode_with_offsets(text, "UTF-8")
    chars, starts = strings.unicode_split_with_offsets(text, "UTF-8", name="split")
    values = [
        decoded,
        strings.unicode_decode("aé", "UTF-8"),
        strings.unicode_decode(matrix, "UTF-8", errors="ignore", name="m"),
        points, offsets,
        *strings.unicode_decode_with_offsets("aé", "UTF-8"),
        *strings.unicode_decode_with_offsets(matrix, "UTF-8"),
        strings.unicode_split(text, "UTF-8"),
        strings.unicode_split("aé", "UTF-8"),
        strings.unicode_split(matrix, "UTF-8"),
        chars, starts,
        strings.unicode_encode(decoded, "UTF-8"),
        strings.unicode_encode([233, 97], "UTF-8"),
        strings.unicode_encode([[233, 97], [98, 99]], "UTF-16-BE", name="e"),
        strings.unicode_encode([[[233, 97]], [[98, 99]]], "UTF-8"),
        strings.unicode_encode(strings.unicode_decode(matrix, "UTF-8"), "UTF-8"),
    ]  # fmt: skip
    loose = tf.placeholder(tf.string, None)
    return [
        [run(tf, *parts(value)) for value in values],
        message(lambda: strings.unicode_decode(loose, "UTF-8")),
        message(lambda: strings.unicode_encode(tf.placeholder(tf.int32, None), "UTF-8")),
        message(lambda: strings.unicode_encode(7, "UTF-8")),
    ]


@program
def ngrams(tf: Any) -> Any:
    grams = tf.strings.ngrams
    words = tf.constant([["a", "b", "c"], ["d", "e", "f"]])
    ragged = tf.string_split(["a b c", "d", "e f"], result_type="RaggedTensor")
    values = [
        grams(["a", "b", "c"], 2),
        grams(words, 2, name="dense"),
        grams(ragged, [1, 2], separator="-"),
        grams(ragged, 3, pad_values="#"),
        grams(ragged, 3, pad_values=("<", ">"), padding_width=1),
        grams(ragged, 3, preserve_short_sequences=True),
        grams(tf.RaggedTensor.from_row_splits(ragged, [0, 1, 3], validate=False), 2),
    ]
    return [
        [run(tf, *parts(value)) for value in values],
        message(lambda: grams(words, 0)),
        message(lambda: grams(words, 2, pad_values=1)),
        message(lambda: grams(words, 2, pad_values="x", padding_width=0)),
        message(lambda: grams(words, 2, padding_width=1)),
        message(lambda: grams("x", 1)),
    ]
