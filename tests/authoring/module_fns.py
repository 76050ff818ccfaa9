"""Small modules that `minihub` and tensorflow_hub must write and read alike, for each part of the API.

Each function takes the namespaces, `tf` and `hub`, and returns a Case: the functions that build the graphs, and calls of the
signatures.  `tests/oracle/test_live_written_modules.py` writes each in both libraries, reads it in both and stores TensorFlow's
outputs; `tests/authoring/test_exports.py` writes and reads them without TensorFlow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["CASES", "Call", "Case", "values_of"]


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a signature.

    Attributes:
        inputs: name → array, `Sparse` or `Ragged` parts as tuples.
        signature: its name.
        tags: of which graph.
    """

    inputs: Mapping[str, Any]
    signature: str = "default"
    tags: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Case:
    """One module.

    Attributes:
        module_fn: builds a graph.
        calls: what to call.
        tags_and_args: see create_module_spec.
        same_ops: whether both libraries must write the same operations under the same names.
    """

    module_fn: Callable[..., None]
    calls: tuple[Call, ...]
    tags_and_args: Any = None
    same_ops: bool = True


#: Name → function of (tf, hub, folder); the folder holds `words.txt` and whatever else the function writes there.
CASES: dict[str, Callable[[Any, Any, Any], Case]] = {}


def case(function: Callable[[Any, Any, Any], Case]) -> Callable[[Any, Any, Any], Case]:
    CASES[function.__name__] = function
    return function


def values_of(shape: tuple[int, ...], dtype: Any) -> Any:
    """Values for a variable that are the same on every machine."""
    count = int(np.prod(shape))
    return (((np.arange(count) * 7) % 23 - 11) / 16).reshape(shape).astype(dtype)


def numbers(*shape: int) -> Any:
    return values_of(shape, np.float32)


def strings(*texts: str) -> Any:
    return np.array([text.encode() for text in texts], object)


@case
def half_plus_two(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        a = tf.get_variable("a", initializer=0.5)
        b = tf.get_variable("b", shape=[], initializer=tf.zeros_initializer())
        x = tf.placeholder(tf.float32, [None], "x")
        hub.add_signature(inputs=x, outputs=a * x + b - x / 4.0 + (1.0 - x) ** 2)

    return Case(module_fn, (Call({"default": numbers(5)}),))


@case
def operators(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 4], "x")
        n = tf.placeholder(tf.int32, [None], "n")
        w = tf.get_variable("w", [4, 3])
        outputs = {
            "matmul": x @ w,
            "compare": tf.cast((x > 0.1) & (x <= 0.5) | ~(x < 2.0), tf.int32),
            "slice": x[1:, ::2, tf.newaxis],
            "ints": (n // 3) % 5 - (-n) + abs(n) * 2,
            "weights": w[0] + w[:, 1:2][1],
            "reversed": 2.0 / (3.0 - x) + 1.5**x,
            "where": tf.where(x > 0, x, tf.zeros_like(x)),
        }
        hub.add_signature(inputs={"x": x, "n": n}, outputs=outputs)

    return Case(module_fn, (Call({"x": numbers(3, 4), "n": np.int32([7, -7, 0, 12])}),))


@case
def dense_layers(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 6], "x")
        regulariser = tf.keras.regularizers.l2(0.01)
        start = tf.glorot_uniform_initializer()
        hidden = tf.layers.dense(
            x, 5, tf.nn.relu, kernel_initializer=start, kernel_regularizer=regulariser
        )
        hidden = tf.layers.dense(
            hidden, 4, tf.nn.tanh, use_bias=False, kernel_initializer=start, name="second"
        )
        logits = tf.layers.dense(hidden, 3, kernel_initializer=start)
        hub.add_signature(inputs=x, outputs=tf.nn.softmax(logits))

    return Case(module_fn, (Call({"default": numbers(4, 6)}), Call({"default": numbers(0, 6)})))


@case
def convolutional(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn(training: bool) -> None:
        images = tf.placeholder(tf.float32, [None, 12, 12, 3], "images")
        start = tf.glorot_uniform_initializer()
        net = tf.layers.conv2d(
            images, 4, 3, padding="same", activation=tf.nn.relu, kernel_initializer=start
        )
        net = tf.layers.batch_normalization(net, training=training, momentum=0.9)
        net = tf.layers.max_pooling2d(net, 2, 2)
        net = tf.layers.conv2d(
            net, 6, 3, strides=2, dilation_rate=1, kernel_initializer=start, name="down"
        )
        net = tf.layers.average_pooling2d(net, 2, 1)
        net = tf.layers.dropout(net, 0.3, training=training, seed=5)
        vector = tf.layers.flatten(net)
        hub.add_signature("image_feature_vector", {"images": images}, vector)
        hub.add_signature(None, {"images": images}, {"default": vector, "net": net})

    images = {"images": numbers(2, 12, 12, 3)}
    return Case(
        module_fn,
        (Call(images), Call(images, "image_feature_vector"), Call(images, tags=("train",))),
        [(set(), {"training": False}), ({"train"}, {"training": True})],
    )


@case
def other_convolutions(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        line = tf.placeholder(tf.float32, [None, 9, 2], "line")
        image = tf.placeholder(tf.float32, [None, 7, 7, 2], "image")
        cube = tf.placeholder(tf.float32, [None, 4, 5, 5, 2], "cube")
        start = tf.glorot_uniform_initializer()
        outputs = {
            "line": tf.layers.conv1d(line, 3, 3, 2, "same", kernel_initializer=start),
            "separable": tf.layers.separable_conv2d(
                image,
                4,
                3,
                depth_multiplier=2,
                depthwise_initializer=start,
                pointwise_initializer=start,
            ),
            "up": tf.layers.conv2d_transpose(image, 3, 3, 2, "same", kernel_initializer=start),
            "cube": tf.layers.conv3d(cube, 3, 2, kernel_initializer=start),
            "pooled": tf.layers.max_pooling3d(cube, 2, 2),
            "dilated": tf.layers.conv2d(
                image, 2, 3, dilation_rate=2, kernel_initializer=start, name="dilated"
            ),
        }
        hub.add_signature(inputs={"line": line, "image": image, "cube": cube}, outputs=outputs)

    inputs = {
        "line": numbers(2, 9, 2),
        "image": numbers(1, 7, 7, 2),
        "cube": numbers(1, 4, 5, 5, 2),
    }
    return Case(module_fn, (Call(inputs),))


@case
def text_embedding(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        sentences = tf.placeholder(tf.string, [None], "sentences")
        cleaned = tf.strings.regex_replace(sentences, r"\pP", "")
        tokens = tf.string_split(cleaned, " ")
        tokens, _ = tf.sparse.fill_empty_rows(tokens, "")
        tokens = tf.sparse.reset_shape(tokens)
        table = tf.lookup.StaticVocabularyTable(
            tf.lookup.TextFileInitializer(
                str(folder / "words.txt"),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            num_oov_buckets=2,
        )
        vectors = tf.get_variable("embeddings", [8, 4])
        ids = tf.SparseTensor(tokens.indices, table.lookup(tokens.values), tokens.dense_shape)
        embedded = tf.nn.embedding_lookup_sparse(vectors, ids, None, combiner="sqrtn")
        hub.add_signature(inputs=sentences, outputs=embedded)

    sentences = strings("red green, blue!", "", "unknown words here", "red")
    return Case(module_fn, (Call({"default": sentences}),))


@case
def hashed_words(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        words = tf.placeholder(tf.string, [None, None], "words")
        ids = tf.string_to_hash_bucket_fast(tf.strings.lower(words), 11)
        vectors = tf.get_variable("vectors", [11, 3])
        length = tf.strings.length(words)
        outputs = {
            "default": tf.reduce_mean(tf.nn.embedding_lookup(vectors, ids), axis=1),
            "length": length,
            "mask": tf.sequence_mask(tf.reduce_sum(length, axis=1), 12),
        }
        hub.add_signature(inputs=words, outputs=outputs)

    words = strings("One", "two", "", "Four").reshape(2, 2)
    return Case(module_fn, (Call({"default": words}),))


@case
def partitioned(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        ids = tf.placeholder(tf.int64, [None], "ids")
        with tf.variable_scope("tables", partitioner=tf.fixed_size_partitioner(3)):
            first = tf.get_variable("first", [7, 2])
            second = tf.get_variable("second", [6, 2])
        outputs = {
            "div": tf.nn.embedding_lookup(first, ids, partition_strategy="div"),
            "mod": tf.nn.embedding_lookup(second, ids, partition_strategy="mod"),
            "whole": tf.convert_to_tensor(first),
        }
        hub.add_signature(inputs=ids, outputs=outputs)

    return Case(module_fn, (Call({"default": np.int64([0, 5, 3, 3])}),))


@case
def recurrent(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, None, 3], "x")
        lengths = tf.placeholder(tf.int32, [None], "lengths")
        cell = tf.nn.rnn_cell.LSTMCell(4, num_proj=2, use_peepholes=True)
        outputs, state = tf.nn.dynamic_rnn(cell, x, lengths, dtype=tf.float32)
        both, _ = tf.nn.bidirectional_dynamic_rnn(
            tf.nn.rnn_cell.GRUCell(2), tf.nn.rnn_cell.GRUCell(2), x, lengths, dtype=tf.float32
        )
        results = {"default": outputs, "c": state.c, "h": state.h, "both": tf.concat(both, 2)}
        hub.add_signature(inputs={"x": x, "lengths": lengths}, outputs=results)

    inputs = {"x": numbers(2, 4, 3), "lengths": np.int32([4, 2])}
    return Case(module_fn, (Call(inputs),), same_ops=False)


@case
def loops(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        n = tf.placeholder(tf.int32, [], "n")
        x = tf.placeholder(tf.float32, [None], "x")
        step = tf.get_variable("step", initializer=0.25)

        def body(i: Any, total: Any, seen: Any) -> Any:
            return i + 1, total * step + x, seen.write(i, tf.reduce_sum(total))

        start = (0, tf.zeros_like(x), tf.TensorArray(tf.float32, n))
        _, total, seen = tf.while_loop(lambda i, *_: i < n, body, start)
        hub.add_signature(inputs={"n": n, "x": x}, outputs={"total": total, "seen": seen.stack()})

    inputs = {"n": np.int32(4), "x": numbers(3)}
    return Case(module_fn, (Call(inputs), Call({**inputs, "n": np.int32(1)})), same_ops=False)


@case
def conditions(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None], "x")
        flag = tf.placeholder(tf.bool, [], "flag")
        weight = tf.get_variable("weight", initializer=3.0)
        either = tf.cond(flag, lambda: x * weight, lambda: x - 1.0)
        mean = tf.reduce_mean(x)
        chosen = tf.case(
            [(mean > 1.0, lambda: tf.constant(1)), (mean > 0.0, lambda: tf.constant(2))],
            default=lambda: tf.constant(3),
        )
        hub.add_signature(
            inputs={"x": x, "flag": flag}, outputs={"default": either, "case": chosen}
        )

    inputs = {"x": np.float32([0.5, 1.0])}
    calls = tuple(Call({**inputs, "flag": np.bool_(flag)}) for flag in (True, False))
    return Case(module_fn, calls, same_ops=False)


@case
def mapped(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 3], "x")
        w = tf.get_variable("w", [3])
        outputs = {
            "map": tf.map_fn(lambda row: tf.reduce_sum(row * w), x),
            "scan": tf.scan(lambda a, row: a * 0.5 + row, x),
            "foldl": tf.foldl(lambda a, row: a + row * w, x),
            "foldr": tf.foldr(lambda a, row: a - row, x),
        }
        hub.add_signature(inputs=x, outputs=outputs)

    return Case(module_fn, (Call({"default": numbers(4, 3)}),), same_ops=False)


@case
def text_functions(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        texts = tf.placeholder(tf.string, [None], "texts")
        upper = tf.strings.upper(tf.strings.strip(texts))
        outputs = {
            "joined": tf.strings.join([upper, texts], "|"),
            "all": tf.reduce_join(texts, 0, separator=","),
            "part": tf.strings.substr(upper, 0, 2),
            "match": tf.strings.regex_full_match(upper, "[A-Z ]+"),
            "bytes": tf.cast(
                tf.decode_raw(tf.strings.substr(tf.strings.join([texts, "12"]), 0, 2), tf.uint8),
                tf.int32,
            ),
            "number": tf.strings.to_number(tf.fill(tf.shape(texts), "2.5")),
            "strong": tf.strings.to_hash_bucket_strong(texts, 100, [1, 2]),
            "shown": tf.as_string(tf.strings.length(texts, unit="UTF8_CHAR")),
        }
        hub.add_signature(inputs=texts, outputs=outputs)

    return Case(module_fn, (Call({"default": strings(" ab c", "déjà", "x1")}),))


@case
def sparse_inputs(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.sparse_placeholder(tf.float32, [None, 4], name="x")
        w = tf.get_variable("w", [4, 2])
        outputs = {
            "default": tf.sparse_tensor_dense_matmul(x, w),
            "sum": tf.sparse_reduce_sum(x, 1),
            "dense": tf.sparse_tensor_to_dense(x),
            "sparse": tf.SparseTensor(x.indices, x.values * 2.0, x.dense_shape),
        }
        hub.add_signature(inputs=x, outputs=outputs)

    value = ("sparse", np.int64([[0, 1], [2, 3]]), np.float32([1.5, -2]), np.int64([3, 4]))
    return Case(module_fn, (Call({"default": value}),))


@case
def ragged_inputs(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.ragged.placeholder(tf.float32, 1, [], name="x")
        w = tf.get_variable("w", initializer=2.0)
        outputs = {
            "dense": x.to_tensor(-1.0),
            "lengths": x.row_lengths(),
            "ragged": x.with_values(x.values * w),
            "sum": tf.reduce_sum(x, axis=1),
        }
        hub.add_signature(inputs=x, outputs=outputs)

    value = ("ragged", np.float32([1, 2, 3, 4]), np.int64([0, 2, 2, 4]))
    return Case(module_fn, (Call({"default": value}),))


@case
def image_functions(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        images = tf.placeholder(tf.float32, [None, 8, 10, 3], "images")
        outputs = {
            "resized": tf.image.resize_images(images, [5, 6]),
            "nearest": tf.image.resize_nearest_neighbor(images, [4, 4]),
            "cropped": tf.image.resize_image_with_crop_or_pad(images, 6, 12),
            "flipped": tf.image.flip_left_right(images),
            "grey": tf.image.rgb_to_grayscale(images),
            "contrast": tf.image.adjust_contrast(images, 1.5),
            "standard": tf.map_fn(tf.image.per_image_standardization, images),
            "bytes": tf.image.convert_image_dtype(tf.abs(images), tf.uint8),
        }
        hub.add_signature(inputs={"images": images}, outputs=outputs)

    return Case(module_fn, (Call({"images": numbers(2, 8, 10, 3)}),), same_ops=False)


@case
def linear_algebra(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float64, [None, 3, 3], "x")
        square = tf.matmul(x, x, transpose_b=True) + tf.eye(3, dtype=tf.float64)
        outputs = {
            "cholesky": tf.linalg.cholesky(square),
            "inverse": tf.linalg.inv(square),
            "determinant": tf.linalg.det(square),
            "solved": tf.linalg.solve(square, x),
            "einsum": tf.einsum("bij,bkj->bik", x, x),
            "tensordot": tf.tensordot(x, x[0], [[2], [0]]),
            "norm": tf.norm(x, axis=[1, 2]),
            "trace": tf.linalg.trace(x),
            "band": tf.linalg.band_part(x, 0, 1),
        }
        hub.add_signature(inputs=x, outputs=outputs)

    return Case(module_fn, (Call({"default": values_of((2, 3, 3), np.float64)}),))


@case
def indices_and_segments(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 4], "x")
        ids = tf.placeholder(tf.int32, [None], "ids")
        values, where = tf.nn.top_k(x, 2)
        unique, index = tf.unique(ids)
        outputs = {
            "top": values,
            "where": where,
            "best": tf.argmax(x, 1),
            "unique": unique,
            "index": index,
            "segments": tf.unsorted_segment_sum(x, ids, 3),
            "sums": tf.segment_mean(x, tf.sort(ids)),
            "gathered": tf.gather(x, [1, 0], axis=1),
            "nd": tf.gather_nd(x, [[0, 1], [1, 2]]),
            "scattered": tf.scatter_nd([[1], [3]], x[:2], [5, 4]),
            "one_hot": tf.one_hot(ids, 3),
            "cumulative": tf.cumsum(x, axis=1, exclusive=True),
            "transposed": tf.transpose(tf.reshape(x, [-1, 2, 2]), [2, 0, 1]),
            "stacked": tf.stack(tf.unstack(x, axis=1)[:2], axis=-1),
            "pieces": tf.concat(tf.split(x, [1, 3], axis=1)[::-1], 1),
            "padded": tf.pad(x, [[0, 0], [1, 1]], "REFLECT"),
            "range": tf.range(tf.size(ids)),
            "tiled": tf.tile(tf.expand_dims(ids, 1), [1, 2]),
            "mask": tf.boolean_mask(x, ids > 0),
        }
        hub.add_signature(inputs={"x": x, "ids": ids}, outputs=outputs)

    return Case(module_fn, (Call({"x": numbers(3, 4), "ids": np.int32([2, 0, 2])}),))


@case
def attention(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn(training: bool) -> None:
        x = tf.placeholder(tf.float32, [None, None, 8], "x")
        mask = tf.placeholder(tf.int32, [None, None], "mask")

        def heads(name: str) -> Any:
            y = tf.layers.dense(x, 8, kernel_initializer=tf.glorot_uniform_initializer(), name=name)
            shape = tf.shape(y)
            return tf.transpose(tf.reshape(y, [shape[0], shape[1], 2, 4]), [0, 2, 1, 3])

        with tf.variable_scope("attention"):
            query, key, value = heads("query"), heads("key"), heads("value")
            scores = tf.matmul(query, key, transpose_b=True) / 2.0
            scores += (1.0 - tf.cast(mask[:, tf.newaxis, tf.newaxis, :], tf.float32)) * -10000.0
            weights = tf.nn.softmax(scores)
            if training:
                weights = tf.nn.dropout(weights, rate=0.2, seed=3)
            mixed = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
            mixed = tf.reshape(mixed, tf.shape(x))
        with tf.variable_scope("norm"):
            mean, variance = tf.nn.moments(x + mixed, [-1], keep_dims=True)
            gamma = tf.get_variable("gamma", [8], initializer=tf.ones_initializer())
            beta = tf.get_variable("beta", [8], initializer=tf.zeros_initializer())
            normal = tf.nn.batch_normalization(x + mixed, mean, variance, beta, gamma, 1e-6)
        outputs = {"default": normal, "gelu": 0.5 * normal * (1.0 + tf.erf(normal / np.sqrt(2.0)))}
        hub.add_signature(inputs={"x": x, "mask": mask}, outputs=outputs)

    inputs = {"x": numbers(2, 3, 8), "mask": np.int32([[1, 1, 0], [1, 1, 1]])}
    return Case(
        module_fn,
        (Call(inputs), Call(inputs, tags=("train",))),
        [(set(), {"training": False}), ({"train"}, {"training": True})],
    )


@case
def losses(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 3], "x")
        labels = tf.placeholder(tf.int32, [None], "labels")
        logits = tf.layers.dense(x, 3, kernel_initializer=tf.glorot_uniform_initializer())
        hot = tf.one_hot(labels, 3)
        outputs = {
            "softmax": tf.nn.softmax_cross_entropy_with_logits_v2(labels=hot, logits=logits),
            "sparse": tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits),
            "sigmoid": tf.nn.sigmoid_cross_entropy_with_logits(labels=hot, logits=logits),
            "mean": tf.losses.mean_squared_error(hot, logits, loss_collection=None),
            "l2": tf.nn.l2_loss(logits),
            "unit": tf.nn.l2_normalize(logits, 1),
            "log": tf.nn.log_softmax(logits),
            "logsumexp": tf.reduce_logsumexp(logits, axis=1),
        }
        hub.add_signature(inputs={"x": x, "labels": labels}, outputs=outputs)

    return Case(module_fn, (Call({"x": numbers(4, 3), "labels": np.int32([0, 2, 1, 1])}),))


@case
def nested(tf: Any, hub: Any, folder: Any) -> Case:
    def inner_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        w = tf.get_variable("w", [2, 2])
        hub.add_signature(inputs=x, outputs=tf.matmul(x, w))

    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        inner = hub.Module(hub.create_module_spec(inner_fn), trainable=True, name="inner")
        outer = tf.get_variable("outer", [2])
        hub.add_signature(inputs=x, outputs=inner(inner(x)) + outer)

    return Case(module_fn, (Call({"default": numbers(3, 2)}),), same_ops=False)


@case
def several_signatures(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn(width: int) -> None:
        table = tf.get_variable("table", [4, 3])
        ids = tf.placeholder(tf.int64, [None], "ids")
        vectors = tf.placeholder(tf.float32, [None, 3], "vectors")
        hub.add_signature("embed", ids, tf.gather(table, ids))
        scores = tf.matmul(vectors, table, transpose_b=True)
        hub.add_signature(
            "score", {"vectors": vectors}, {"scores": scores, "table": tf.identity(table)}
        )
        hub.add_signature(None, ids, {"default": tf.gather(table, ids)[:, :width], "same": ids})

    ids = {"default": np.int64([1, 3])}
    return Case(
        module_fn,
        (
            Call(ids),
            Call(ids, "embed"),
            Call({"vectors": numbers(2, 3)}, "score"),
            Call(ids, tags=("narrow", "test")),
        ),
        [(set(), {"width": 3}), ({"test", "narrow"}, {"width": 1})],
    )


@case
def numeric_types(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        n = tf.placeholder(tf.int64, [None], "n")
        outputs = {
            "and": tf.bitwise.bitwise_and(n, 12),
            "shift": tf.bitwise.left_shift(n, tf.ones_like(n)),
            "int8": tf.cast(n, tf.int8),
            "half": tf.cast(n, tf.float16) / 3,
            "complex": tf.complex(tf.cast(n, tf.float32), 1.0),
            "saturated": tf.saturate_cast(n * 100, tf.uint8),
            "floor": tf.floordiv(n, -4),
            "mod": tf.floormod(n, -4),
            "truncated": tf.truncatediv(n, -4),
            "rounded": tf.round(tf.cast(n, tf.float32) / 2),
            "bits": tf.bitcast(tf.cast(n, tf.float32), tf.int32),
            "buckets": tf.histogram_fixed_width(tf.cast(n, tf.float32), [0.0, 10.0], 4),
        }
        hub.add_signature(inputs=n, outputs=outputs)

    return Case(module_fn, (Call({"default": np.int64([1, 5, -3, 14])}),))


@case
def variable_scopes(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 2], "x")

        def layer(y: Any) -> Any:
            w = tf.get_variable("w", [2, 2], initializer=tf.orthogonal_initializer(seed=1))
            return tf.tanh(tf.matmul(y, w, name="product"))

        def halved(getter: Any, *arguments: Any, **keywords: Any) -> Any:
            return getter(*arguments, **keywords) * 0.5

        regulariser = tf.keras.regularizers.l1(0.1)
        with tf.variable_scope("net", regularizer=regulariser) as scope:
            y = layer(x)
            with tf.variable_scope(scope, reuse=True):
                y = layer(y)
        with tf.variable_scope("other", custom_getter=halved):
            y = layer(y)
        with tf.variable_scope(None, "net"):
            y = layer(y)
        shared = tf.make_template("shared", layer)
        hub.add_signature(inputs=x, outputs=shared(shared(y)))

    return Case(module_fn, (Call({"default": numbers(3, 2)}),))


@case
def parsed_examples(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        serialized = tf.placeholder(tf.string, [None], "serialized")
        features = tf.parse_example(
            serialized,
            {
                "x": tf.FixedLenFeature([2], tf.float32, [0.5, 0.25]),
                "words": tf.VarLenFeature(tf.string),
                "n": tf.FixedLenFeature([], tf.int64, 7),
            },
        )
        outputs = {
            "x": features["x"],
            "n": features["n"],
            "words": tf.sparse_tensor_to_dense(features["words"], ""),
        }
        hub.add_signature(inputs=serialized, outputs=outputs)

    first = b"\n \n\n\n\x01n\x12\x05\x1a\x03\n\x01*\n\x12\n\x05words\x12\t\n\x07\n\x01a\n\x02bc"
    return Case(module_fn, (Call({"default": np.array([b"", first], object)}),))


@case
def signals(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        wave = tf.placeholder(tf.float32, [None, 64], "wave")
        spectrum = tf.abs(tf.signal.stft(wave, 16, 8))
        mel = tf.signal.linear_to_mel_weight_matrix(4, 9, 8000, 100, 3000)
        power = tf.tensordot(spectrum**2, mel, 1)
        outputs = {
            "spectrum": spectrum,
            "mfcc": tf.signal.mfccs_from_log_mel_spectrograms(tf.log(power + 1e-3)),
            "frames": tf.signal.frame(wave, 16, 16),
        }
        hub.add_signature(inputs=wave, outputs=outputs)

    return Case(module_fn, (Call({"default": numbers(2, 64)}),), same_ops=False)


@case
def random_numbers(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        n = tf.placeholder(tf.int32, [], "n")
        tf.set_random_seed(11)
        outputs = {
            "uniform": tf.random_uniform([n, 2], seed=1),
            "normal": tf.random_normal([n], 1.0, 2.0),
            "truncated": tf.truncated_normal([3]),
            "integers": tf.random_uniform([n], 0, 10, tf.int32),
            "shuffled": tf.random_shuffle(tf.range(5), seed=4),
            "stateless": tf.random.stateless_uniform([2], [1, 2]),
        }
        hub.add_signature(inputs=n, outputs=outputs)

    return Case(module_fn, (Call({"default": np.int32(3)}),))


@case
def old_variables(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [], "x")
        with tf.variable_scope("", use_resource=False):
            v = tf.get_variable("v", initializer=1.0, trainable=False)
        update = tf.assign_add(v, x)
        with tf.control_dependencies([update]):
            y = tf.identity(v.read_value(), name="y")
        hub.add_signature(inputs=x, outputs=y)

    return Case(module_fn, (Call({"default": np.float32(2.5)}),))


@case
def batch_norm_parameters(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn(training: bool) -> None:
        images = tf.placeholder(tf.float32, [None, 4, 4, 2], "images")
        momentum = tf.placeholder_with_default(0.9, [], "momentum")
        net = tf.layers.batch_normalization(images, training=training, momentum=momentum)
        inputs = {"images": images}
        hub.add_signature(None, inputs, net)
        hub.add_signature(
            "default_with_bn_hparams", {**inputs, "batch_norm_momentum": momentum}, net
        )

    images = {"images": numbers(2, 4, 4, 2)}
    return Case(
        module_fn,
        (
            Call(images),
            Call({**images, "batch_norm_momentum": np.float32(0.5)}, "default_with_bn_hparams"),
            Call(images, tags=("train",)),
        ),
        [(set(), {"training": False}), ({"train"}, {"training": True})],
    )


@case
def tables(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        words = tf.placeholder(tf.string, [None], "words")
        ids = tf.placeholder(tf.int64, [None], "ids")
        sizes = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(["red", "green"], tf.constant([3, 5], tf.int64)), -1
        )
        names = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                str(folder / "words.txt"),
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
            ),
            "?",
        )
        outputs = {"size": sizes.lookup(words), "name": names.lookup(ids)}
        hub.add_signature(inputs={"words": words, "ids": ids}, outputs=outputs)

    inputs = {"words": strings("green", "pink"), "ids": np.int64([1, 99])}
    return Case(module_fn, (Call(inputs),))


@case
def functions(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None], "x")
        w = tf.get_variable("w", initializer=2.0)

        @tf.function
        def swish(y: Any) -> Any:
            return y * tf.sigmoid(w * y)

        hub.add_signature(inputs=x, outputs=swish(swish(x)) + tf.stop_gradient(x))

    return Case(module_fn, (Call({"default": numbers(4)}),), same_ops=False)


@case
def constants_and_identity(tf: Any, hub: Any, folder: Any) -> Case:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None, 2], "x")
        v = tf.get_variable("v", [2])
        hub.add_signature(inputs={"x": x}, outputs={"x": x, "again": x, "v": tf.identity(v)})
        hub.add_signature(
            "nothing", outputs={"c": tf.constant([[1, 2], [3, 4]]), "s": tf.constant("ß")}
        )
        hub.add_signature("swap", {"a": x, "b": v.value()}, {"a": v.value(), "b": x})

    x = {"x": numbers(2, 2)}
    return Case(
        module_fn,
        (Call(x), Call({}, "nothing"), Call({"a": numbers(1, 2), "b": numbers(2)}, "swap")),
    )
