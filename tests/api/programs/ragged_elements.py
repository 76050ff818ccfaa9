"""Functions of the elements of ragged tensors."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, program, results
from tests.api.ragged_values import failure, free, nested, pairs, rows, run, told


@program
def unary_elements(tf: Any) -> Any:
    x, deep = rows(tf), nested(tf)
    texts = tf.ragged.constant([["a B", ""], ["1"]])
    results = [
        tf.abs(x), -x, abs(x), tf.negative(deep, name="neg"), tf.square(deep), tf.cast(x, tf.int32), tf.cast(deep, dtype=tf.float32),
        tf.exp(x), tf.sigmoid(x), tf.tanh(x), tf.nn.relu(x), tf.round(x), tf.math.is_nan(x), tf.zeros_like(deep),
        tf.ones_like(x, tf.int32), ~(x > 0), tf.strings.upper(texts), tf.strings.length(texts), tf.strings.strip(texts),
        tf.strings.regex_replace(texts, "a", "z"), tf.strings.substr(texts, 0, 1), tf.as_string(deep), tf.to_int32(x),
        tf.strings.to_hash_bucket_fast(texts, 5), tf.clip_by_value(x, -1.0, 1.0), tf.identity(x), tf.sqrt(tf.abs(free(tf))),
    ]  # fmt: skip
    return [run(tf, *results), told(results)]


@program
def binary_elements_without_broadcasting(tf: Any) -> Any:
    x, deep, two = rows(tf), nested(tf), pairs(tf)
    results = [
        x + 1.0, 1.0 + x, x - 2, 2.0 - x, x * 3, x / 2, x // 2, x % 2, x**2, 2.0**x, deep + 1, 7 - deep, deep // 2,
        two + tf.constant([10, 20]), tf.constant([10, 20]) * two, tf.maximum(x, 0), tf.add(x, 1, name="sum"),
        x > 0, x >= 1.0, x < 0, x <= 0, tf.equal(deep, 2), tf.not_equal(deep, 2), tf.math.floormod(deep, 2),
        (x > 0) ^ True, tf.pow(x, 2.0), tf.subtract(free(tf), 1.0),
    ]  # fmt: skip
    return [run(tf, *results), told(results)]


@program
def flat_values(tf: Any) -> Any:
    apply = tf.ragged.map_flat_values
    x, other = rows(tf), tf.ragged.constant([[10.0, 20.0], [], [30.0]])
    results = [
        apply(tf.add, x, 1.0), apply(tf.add, x, other), apply(tf.stack, [x, other], axis=1), apply(tf.add, x, y=other),
        apply(tf.add, x, x.with_values(tf.constant([1.0, 1.0, 1.0]))), apply(tf.negative, tf.constant([1.0])),
        apply(tf.cast, free(tf), tf.int32),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: apply(tf.add, x, nested(tf))),
        attempt(lambda: apply(tf.reduce_sum, x)), attempt(lambda: apply(tf.add, x, tf.ragged.constant([[1.0]]))),
        attempt(lambda: apply(tf.add, x, other.with_row_splits_dtype(tf.int32))),
    ]  # fmt: skip


@program
def texts(tf: Any) -> Any:
    words = tf.ragged.constant([["a", "b c"], ["it's"]])
    results = [
        tf.strings.join([words, words], "-"), tf.strings.join([words, "!"], name="j"), tf.strings.split(words, result_type="RaggedTensor"),
        tf.strings.bytes_split(words), tf.strings.unicode_decode(words, "UTF-8"), tf.strings.unicode_split(words, "UTF-8"),
        tf.strings.ngrams(words, 2),
    ]  # fmt: skip
    return [run(tf, *results), told(results)]


@program
def texts_of_ragged_tensors(tf: Any) -> Any:
    words = tf.ragged.constant([["a", "b c"], ["it's"]])
    return [
        run(tf, tf.strings.format("{}!", words, summarize=-1), tf.strings.format("{} {}", (nested(tf), tf.constant(1)))),
        attempt(lambda: tf.strings.format("{}", (words, words))), attempt(lambda: tf.strings.format("{}", words, summarize=-2)),
    ]  # fmt: skip


@program
def sums_and_products(tf: Any) -> Any:
    x = tf.ragged.constant([[1, 2, 3], [], [4]])
    stack = tf.RaggedTensor.from_tensor(tf.reshape(tf.range(8.0), [2, 2, 2]), ragged_rank=1)
    matrix = tf.RaggedTensor.from_tensor([[1.0, 2.0], [3.0, 4.0]])
    results = [
        tf.add_n([x, x]), tf.cumsum(x, 1), tf.cumsum(x, axis=1, exclusive=True), tf.cumsum(x, axis=1, reverse=True, name="c"),
        tf.cumsum(pairs(tf), 2), tf.cumsum(x, 0), tf.matmul(matrix, [[1.0], [2.0]]), tf.matmul(stack, tf.ones([2, 2, 1])),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: tf.matmul(matrix, matrix, transpose_a=True, adjoint_a=True)),
        attempt(lambda: tf.matmul(matrix, [[1]])), attempt(lambda: tf.cumsum(x, 3)), attempt(lambda: tf.nn.softmax(x)),
    ]  # fmt: skip


@program
def products_of_stacks(tf: Any) -> Any:
    a = tf.ragged.constant([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]], ragged_rank=1)
    b = tf.ragged.constant([[[1.0], [2.0]], [[3.0], [4.0]]], ragged_rank=1)
    return run(tf, tf.matmul(a, b), tf.matmul(a, a, transpose_a=True))


@program
def embeddings(tf: Any) -> Any:
    table = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ids = tf.ragged.constant([[0, 2], [], [1]])
    results = [
        tf.nn.embedding_lookup(table, ids),
        tf.nn.embedding_lookup([table], nested(tf) - 1, name="e"),
    ]
    return [
        run(tf, *results), told(results), attempt(lambda: tf.nn.embedding_lookup(None, ids)),
        attempt(lambda: tf.nn.embedding_lookup([], ids)), attempt(lambda: tf.nn.embedding_lookup(table, rows(tf))),
    ]  # fmt: skip


@program
def counting(tf: Any) -> Any:
    x = tf.ragged.constant([[1, 1, 2], [], [3]])
    weights = tf.ragged.constant([[0.5, 0.5, 1.0], [], [2.0]])
    results = [
        tf.sparse.bincount(x), tf.sparse.bincount(x, axis=-1), tf.sparse.bincount(x, weights, axis=-1),
        tf.sparse.bincount(x, x.with_values([1.0, 2.0, 3.0, 4.0])),
    ]  # fmt: skip
    return [run(tf, *results), attempt(lambda: tf.sparse.bincount(x, [1.0]))]


@results
def binary_elements_with_broadcasting(tf: Any) -> Any:
    x, deep = rows(tf), nested(tf)
    other = tf.ragged.constant([[10.0, 20.0], [], [30.0]])
    column = tf.constant([[1.0], [2.0], [3.0]])
    found = [
        x + other, x * x, x + column, column - x, deep + tf.constant([[[1]], [[2]]]), free(tf) + other, free(tf) * column,
        tf.maximum(x, other), tf.equal(x, other), (x > 0) & (x > 1),
    ]  # fmt: skip
    return [
        run(tf, *found), failure(tf, x + tf.ragged.constant([[1.0], [2.0], [3.0]])),
        attempt(lambda: x + other.with_row_splits_dtype(tf.int32)), attempt(lambda: x + "x"),
    ]  # fmt: skip
