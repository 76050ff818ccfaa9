"""Small parts of `tf.contrib`: deprecation, datasets that drop what is left, summaries that nobody writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf


@pytest.fixture(autouse=True)
def _in_a_graph_of_its_own() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged, without the places."""
    found = [record.getMessage().partition(": ")[2] for record in caplog.records]
    caplog.clear()
    return found


END = "is deprecated and will be removed in a future version.\nInstructions for updating:\nUse g."


def test_functions_and_classes_are_deprecated(caplog: pytest.LogCaptureFixture) -> None:
    deprecated = tf.contrib.framework.deprecated

    def double(x: int) -> int:
        """Twice as much.

        Really.
        """
        return 2 * x

    name = f"{double.__qualname__} (from {__name__})"
    once, always = (
        deprecated(None, "Use g.")(double),
        deprecated("2020-01-31", "Use g.", False)(double),
    )
    assert [once(2), once(3)] == [4, 6]
    assert logged(caplog) == [f"{name} {END}"]
    always(1), always(1)
    assert (
        logged(caplog) == [f"{name} {END}".replace("in a future version", "after 2020-01-31")] * 2
    )
    assert once.__doc__ == (
        "Twice as much. (deprecated)\n\nDeprecated: THIS FUNCTION IS DEPRECATED. It will be removed in a future version.\n"
        "Instructions for updating:\nUse g.\n\nReally."
    )  # fmt: skip

    @deprecated(None, "Use g.")
    class Old:
        def __init__(self, x: int) -> None:
            self.x = x

    assert isinstance(Old(3), Old)
    assert Old(4).x == 4
    assert [END in line for line in logged(caplog)] == [True]
    assert str(Old.__doc__).startswith("DEPRECATED FUNCTION\n\nDeprecated: THIS FUNCTION")
    for wrong in (("20", "Use g."), (None, "")):
        with pytest.raises(ValueError, match=r"Date must be|conversion instructions"):
            deprecated(*wrong)
    with pytest.raises(ValueError, match="is not a function"):
        deprecated(None, "Use g.")(3)


def test_arguments_are_deprecated(caplog: pytest.LogCaptureFixture) -> None:
    framework = tf.contrib.framework

    @framework.deprecated_args(None, "Use g.", "b", ("c", None), "more")
    def added(a: int, b: int = 1, *, c: Any = None, **more: int) -> int:
        return a + b

    name = f"calling {added.__qualname__} (from {__name__}) with"
    assert [added(1), added(1, c=None)] == [2, 2]
    assert logged(caplog) == []
    assert [added(1, 2), added(1, b=2), added(1, c=3), added(1, d=1)] == [3, 3, 2, 2]
    assert logged(caplog) == [f"{name} b {END}", f"{name} c {END}", f"{name} more {END}"]
    assert "SOME ARGUMENTS ARE DEPRECATED: `(b, c, more)`" in str(added.__doc__)
    with pytest.raises(TypeError, match=r"added\(\) missing 1 required positional argument"):
        added()

    @framework.deprecated_arg_values(None, "Use g.", warn_once=False, b=1, c=None)
    def values(a: int, b: int = 1, c: int | None = 2) -> int:
        return a

    name = f"calling {values.__qualname__} (from {__name__}) with"
    values(1), values(1, 2), values(1, b=2, c=None)
    assert logged(caplog) == [f"{name} b=1 {END}", f"{name} c=None {END}"]
    assert "`(b=1, c=None)`" in str(values.__doc__)
    for make in (
        lambda: framework.deprecated_args(None, "Use g."),
        lambda: framework.deprecated_args(None, "Use g.", "x", once=True),
        lambda: framework.deprecated_args(None, "Use g.", "x")(values),
        lambda: framework.deprecated_arg_values(None, "Use g."),
    ):
        with pytest.raises(ValueError, match=r"Specify|Illegal|not present"):
            make()


def test_checks_have_their_older_places() -> None:
    framework = tf.contrib.framework
    with tf.Graph().as_default():
        assert framework.assert_scalar(3).shape.as_list() == []
        with pytest.raises(ValueError, match="scalar"):
            framework.assert_scalar([3])
        assert framework.assert_same_float_dtype([tf.constant(1.0)]) is tf.float32
    assert framework.is_numeric_tensor is tf.is_numeric_tensor


def test_batches_that_are_not_full_are_dropped() -> None:
    data = tf.contrib.data
    with tf.Graph().as_default(), tf.Session() as session:
        numbers = tf.data.Dataset.range(1, 6)
        rows = numbers.map(lambda n: tf.fill([n], n))
        padded = rows.apply(
            data.padded_batch_and_drop_remainder(2, [None], tf.constant(9, tf.int64))
        )
        plain = numbers.apply(data.batch_and_drop_remainder(2))
        assert padded.output_shapes.as_list() == [2, None]
        assert plain.output_shapes.as_list() == [2]
        nexts = [each.make_one_shot_iterator().get_next() for each in (padded, plain)]
        assert [value.tolist() for value in session.run(nexts)] == [[[1, 9], [2, 2]], [1, 2]]
        session.run(nexts)
        for each in nexts:
            with pytest.raises(tf.errors.OutOfRangeError):
                session.run(each)


def test_nobody_writes_summaries(tmp_path: Any) -> None:
    s = tf.contrib.summary
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.constant([1.0])
        writer = s.create_file_writer(None)
        with writer.as_default(), s.always_record_summaries(), s.never_record_summaries():
            with s.record_summaries_every_n_global_steps(10):
                made = [
                    s.scalar("a", x[0], step=3),
                    s.histogram("a", x, "family"),
                    s.image("a", x, max_images=1),
                    s.audio("a", x, 100, 1),
                    s.generic("a", x),
                    s.graph(tf.placeholder(tf.string)),
                    s.flush(),
                ]
            assert s.flush(writer) is None
        session.run(made)
        assert {op.type for op in made} == {"NoOp"}
        assert not session.run(s.should_record_summaries())
        assert s.all_summary_ops() == s.summary_writer_initializer_op() == []
        assert graph.get_collection("global_step")
        for act in (s.initialize, lambda: s.import_event(x)):
            with pytest.raises(RuntimeError, match="No default"):
                act()
        for refused in (s.create_file_writer, s.create_summary_file_writer, s.create_db_writer):
            with pytest.raises(NotImplementedError, match="FileWriter"):
                refused(str(tmp_path))
        with pytest.raises(TypeError, match="param"):
            s.graph(graph)
        with pytest.raises(ValueError, match="Invalid argument"):
            s.flush(3)
    assert s.eval_dir("m", "x").endswith("eval_x")


@pytest.mark.parametrize("sizes", [[3], [3, 2], [3, 2, 2]])
def test_channels_come_first_in_divisive_normalization(sizes: list[int]) -> None:
    """TensorFlow convolves such on GPUs alone, and fails for volumes."""
    value = np.arange(2.0 * 4 * np.prod(sizes), dtype=np.float32).reshape(2, *sizes, 4) % 7 - 3
    last = tf.contrib.layers.gdn(tf.constant(value))
    moved = tf.constant(np.moveaxis(value, -1, 1))
    first = tf.contrib.layers.gdn(moved, data_format="channels_first")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b = session.run([last, first])
    np.testing.assert_allclose(np.moveaxis(b, 1, -1), a, rtol=1e-6)


def test_a_side_input_of_both_functions_has_one_gradient() -> None:
    x1, x2, side = tf.ones([2]), tf.fill([2], 2.0), tf.constant(3.0)

    def part(x: Any, sides: Any) -> Any:
        return x * sides[0]

    y1, y2 = tf.contrib.layers.rev_block(
        x1, x2, part, part, f_side_input=[side], g_side_input=[side]
    )
    # y1 = x1 + s·x2, y2 = x2 + s·y1
    found = tf.gradients(y1 + y2, [x1, x2, side])
    with tf.Session() as session:
        of_x1, of_x2, of_side = session.run(found)
    assert (of_x1.tolist(), of_x2.tolist()) == ([4.0, 4.0], [13.0, 13.0])
    assert of_side == 2 * (2 + 1 + 2 * 3 * 2)
    with pytest.raises(ValueError, match="There must be 2 functions g, one for each layer, not 1"):
        tf.contrib.layers.rev_block(x1, x2, part, [part], num_layers=2)


ROWS = np.arange(12.0, dtype=np.float32).reshape(6, 2)


def test_sequences_are_embedded() -> None:
    layers, start = tf.contrib.layers, tf.constant_initializer(ROWS)
    ids = np.array([[5, 1, 0], [1, 1, 5]])
    first = layers.embed_sequence(ids, 6, 2, initializer=start, scope="words")
    again = layers.embed_sequence(ids, unique=True, scope="words", reuse=True)
    free = layers.embed_sequence(
        tf.placeholder_with_default(ids, [None, 3]), 6, 2, True, start, scope="words", reuse=True
    )
    other = layers.embed_sequence(ids, 6, 2, trainable=False)
    gradients = [tf.gradients(y * y, tf.trainable_variables())[0] for y in (first, again)]
    assert [v.name for v in tf.contrib.framework.get_model_variables()] == [
        "words/embeddings:0",
        "EmbedSequence/embeddings:0",
    ]
    assert [v.name for v in tf.trainable_variables()] == ["words/embeddings:0"]
    assert [t.shape.as_list() for t in (first, again, free, other)] == [
        [2, 3, 2],
        [2, 3, 2],
        [None, 3, 2],
        [2, 3, 2],
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for value in session.run([first, again, free]):
            np.testing.assert_array_equal(value, ROWS[ids])
        one, two = session.run([tf.convert_to_tensor(g) for g in gradients])
    np.testing.assert_array_equal(one, two)
    with pytest.raises(ValueError, match="Got vocab_size=6 and embed_dim=None"):
        layers.embed_sequence(ids, 6)


def test_bags_of_words_are_embedded() -> None:
    layers, start = tf.contrib.layers, tf.constant_initializer(ROWS)
    ids = np.array([[5, 1, 0], [0, 0, 0]])
    sparse = layers.sparse_ops.dense_to_sparse_tensor(ids)
    found = [
        layers.bow_encoder(ids, 6, 2, initializer=start),
        layers.bow_encoder(sparse, 6, 2, initializer=start, scope="bag"),
        layers.bow_encoder(ids, 6, 2, sparse_lookup=False, scope="bag", reuse=True),
        layers.safe_embedding_lookup_sparse([ROWS], sparse),
        layers.safe_embedding_lookup_sparse(ROWS, sparse, combiner="sum"),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b, c, d, e = session.run(found)
    mean = ROWS[[5, 1]].mean(0)
    np.testing.assert_allclose([a, b], [[mean, ROWS[0]]] * 2)
    np.testing.assert_allclose(c, ROWS[ids].mean(1), rtol=1e-6)
    np.testing.assert_allclose([d, e], [[mean, [0, 0]], [2 * mean, [0, 0]]])
    assert found[0].op.name.startswith("bow_encoder/")
    with pytest.raises(ValueError, match="Must specify vocab size"):
        layers.bow_encoder(ids, 0, 2)
    with pytest.raises(TypeError, match="expected to be dense"):
        layers.bow_encoder(sparse, 6, 2, sparse_lookup=False)


def test_names_that_moved() -> None:
    assert tf.contrib.metrics.confusion_matrix is tf.math.confusion_matrix
    assert tf.contrib.compiler.jit.experimental_jit_scope is tf.xla.experimental.jit_scope
    names = set(dir(tf.contrib.signal))
    assert {"frame", "frames", "stft", "hann_window", "mfccs_from_log_mel_spectrograms"} <= names
    assert tf.ragged.RaggedTensorValue is tf.compat.v1.ragged.RaggedTensorValue
    assert tf.ragged.RaggedTensorValue is tf.RaggedTensorValue
    assert tf.contrib.signal.frames is tf.signal.frame
    assert all(getattr(tf.contrib.signal, n) is getattr(tf.signal, n) for n in names - {"frames"})


def test_a_scope_of_a_compiler_that_fails_is_left() -> None:
    scope = tf.contrib.compiler.jit.experimental_jit_scope
    with pytest.raises(ZeroDivisionError), scope():
        _ = 1 // 0
    with scope():
        inside = tf.constant(1.0)
    assert inside.op.get_attr("_XlaScope") == b"jit_scope_1"
    assert "_XlaScope" not in tf.constant(1.0).op.node_def.attr
    # What counts the scopes stays with the graph.
    assert not any("xla" in key for key in tf.train.export_meta_graph().collection_def)
