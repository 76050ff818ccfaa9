"""Tests of `tf.test.TestCase`: which pass, which fail, which are errors."""

from __future__ import annotations

import contextlib
import io
import sys
import unittest
from typing import Any

import numpy as np

from tests.api.programs import results

NAN, INF = float("nan"), float("inf")


def outcomes(tf: Any, **tests: Any) -> list[str]:
    """What becomes of each test: it passes, fails, is skipped, or raises an error of some type."""
    found = []
    for name, test in sorted(tests.items()):
        case = type("Case", (tf.test.TestCase,), {f"test_{name}": test})(f"test_{name}")
        result = unittest.TestResult()
        case.run(result)
        if result.skipped:
            said = "skipped: " + result.skipped[0][1]
        elif result.failures:
            said = "fails"
        elif result.errors:
            lines = [line for line in result.errors[0][1].splitlines() if line and line[0] != " "]
            said = next(
                line.partition(":")[0].rpartition(".")[2] for line in lines if "Error" in line
            )
        else:
            said = "passes"
        found.append(f"{name}: {said}")
    return found


def checks(method: str, *pairs: Any, **keywords: Any) -> dict[str, Any]:
    """A test for each tuple of arguments of an assertion, which may be functions of the namespace."""

    def made(arguments: Any) -> Any:
        def test(self: Any) -> None:
            getattr(self, method)(*arguments, **keywords)

        return test

    return {f"{method}_{number:02}": made(arguments) for number, arguments in enumerate(pairs)}


@results
def equal_arrays(tf: Any) -> Any:
    x = np.arange(6.0).reshape(2, 3)
    pairs = [
        (x, x),
        (x, x + 1),
        (x, x[0]),
        (x, x.tolist()),
        ([1, NAN], [1, NAN]),
        ([1, NAN], [NAN, 1]),
        ([1, 2], (1, 2)),
        (1, 1.0),
        (1, 2),
        ([], []),
        (["a", "b"], [b"a", b"b"]),
        (["a", "b"], [b"a", b"c"]),
        (np.array(["a"], object), [b"a"]),
        (np.array([1], np.int8), np.array([1], np.uint64)),
        ([True, False], [1, 0]),
        ([[1], [2, 3]], [[1], [2, 3]]),
        ([[1], [2, 3]], [[1], [2, 4]]),
        ([1 + 2j], [1 + 2j]),
        (np.zeros((0, 3)), np.zeros((0, 2))),
        (np.arange(600).reshape(1, 1, 1, 600), np.arange(600).reshape(1, 1, 600)),
        (None, None),
        (None, 1),
        ("text", "text"),
        ("text", "other"),
    ]
    return outcomes(tf, **checks("assertAllEqual", *pairs), **checks("assertNotAllEqual", *pairs))


@results
def close_structures(tf: Any) -> Any:
    x = np.arange(6.0).reshape(2, 3)
    pairs = [
        (x, x + 1e-8),
        (x, x + 1e-3),
        ([1, NAN], [1, NAN]),
        ([INF, -INF], [INF, -INF]),
        ([INF], [-INF]),
        ({"a": 1.0, "b": [1.0, 2.0]}, {"a": 1.0, "b": [1.0, 2.0]}),
        ({"a": 1.0}, {"b": 1.0}),
        ({"a": 1.0}, [1.0]),
        ([1.0, {"a": [2.0]}], [1.0, {"a": [2.0]}]),
        ([1.0, {"a": [2.0]}], [1.0, {"a": [3.0]}]),
        ([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]]),
        ([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0], [4.0]]),
        (1, 1 + 1e-7),
        ([], []),
        ([1], [1, 2]),
        ([1 + 1e-9j], [1.0]),
        (np.float16(1.0), np.float16(1.001)),
        (["a"], ["a"]),
    ]
    return outcomes(
        tf,
        **checks("assertAllClose", *pairs),
        **checks("assertNotAllClose", *pairs),
        **checks("assertAllCloseAccordingToType", (np.float16(1), np.float16(1.001)), (1.0, 1.001)),
    )


@results
def numbers(tf: Any) -> Any:
    return outcomes(
        tf,
        **checks("assertNear", (1, 1.05, 0.1), (1, 1.2, 0.1), (INF, INF, 0.1), (NAN, NAN, 1)),
        **checks("assertArrayNear", ([1, 2], [1, 2.05], 0.1), ([1], [1, 2], 0.1), ([1], [3], 1)),
        **checks(
            "assertNDArrayNear", (np.ones(3), np.ones(3), 0.1), (np.ones(3), np.zeros(3), 1.0)
        ),
        **checks("assertAllGreater", ([1, 2], 0), ([1, 2], 1)),
        **checks("assertAllLess", ([1, 2], 3), ([1, 2], 2)),
        **checks("assertAllGreaterEqual", ([1, 2], 1), ([1, 2], 2)),
        **checks("assertAllLessEqual", ([1, 2], 2), ([1, 2], 1)),
        **checks("assertBetween", (1, 0, 2), (1, 1, 1), (3, 0, 2)),
    )


@results
def ranges_and_sets(tf: Any) -> Any:
    bounds = [
        ([1, 2], 1, 2),
        ([1, 2], 1, 2, True),
        ([1, 2], 1, 2, False, True),
        ([1.5], 1, 2, True, True),
        ([0, 5], 1, 2),
        ([NAN, 1.0], 0, 2),
        ([True], 0, 2),
        (["a"], 0, 2),
        ([1j], 0, 2),
        (1, 0, 2),
        ([], 0, 2),
    ]
    return outcomes(
        tf,
        **checks("assertAllInRange", *bounds),
        **checks("assertAllInSet", ([1, 2], {1, 2, 3}), ([1, 4], [1, 2]), ([], [1]), (1, (1,))),
        **checks("assertDTypeEqual", ([1.0], np.float64), (np.int8(1), np.int32)),
    )


@results
def tensors(tf: Any) -> Any:
    def in_session(self: Any) -> None:
        x = tf.placeholder_with_default([1.0, 2.0], [2])
        with self.session():
            self.assertAllEqual(x, [1, 2])
            self.assertAllClose(x, x + 1e-9)
            self.assertAllEqual(x + 1, self.evaluate(x) + 1)

    def without_session(self: Any) -> None:
        self.assertAllClose(tf.constant([1.0]) * 3, [3.0])
        self.assertAllInRange(tf.range(4), 0, 3)
        self.assertAllGreater(tf.range(1, 4), 0)

    def structures(self: Any) -> None:
        found = self.evaluate({"a": tf.constant(1), "b": [tf.constant(2.0), tf.constant("x")]})
        self.assertEqual(found, {"a": 1, "b": [2.0, b"x"]})

    def random_pairs(self: Any) -> None:
        x = tf.random_uniform([4])
        self.assertAllEqual(x, x)

    def variables(self: Any) -> None:
        v = tf.get_variable("v", initializer=[1.0, 2.0])
        with self.cached_session() as first:
            first.run(v.initializer)
        with self.cached_session() as second:
            self.assertIs(first, second)
            self.assertAllEqual(v, [1, 2])

    def another_graph(self: Any) -> None:
        graph = tf.Graph()
        with self.cached_session():
            pass
        with self.cached_session(graph=graph):
            pass

    def sessions_of_their_own(self: Any) -> None:
        graph = tf.Graph()
        with self.session(graph=graph) as session:
            self.assertIs(tf.get_default_graph(), graph)
            self.assertIs(tf.get_default_session(), session)

    def ragged(self: Any) -> None:
        x = tf.ragged.constant([[1, 2], [], [3]])
        self.assertAllEqual(x, [[1, 2], [], [3]])
        self.assertAllClose(tf.cast(x, tf.float32), tf.ragged.constant([[1.0, 2.0], [], [3.0]]))
        self.assertNotAllEqual(x, [[1, 2], [3]])

    def shapes(self: Any) -> None:
        self.assertShapeEqual(np.zeros((2, 3)), tf.zeros([2, 3]))
        self.assertShapeEqual(tf.zeros([2]), tf.ones([2]))

    def unlike_shapes(self: Any) -> None:
        self.assertShapeEqual(np.zeros((2, 3)), tf.zeros([3, 2]))

    def shapes_of_lists(self: Any) -> None:
        self.assertShapeEqual([1], tf.zeros([1]))

    def types(self: Any) -> None:
        x = tf.cast([1.0, 2.0], tf.bfloat16)
        self.assertAllEqual(x, x)
        self.assertAllClose(tf.cast(x, tf.float32), [1, 2])
        self.assertAllCloseAccordingToType(tf.cast([1.0], tf.float16), [1.0005])

    def dictionaries(self: Any) -> None:
        self.assertDictEqual({"a": tf.constant([1.0])}, {"a": np.array([1.0])})

    def unlike_dictionaries(self: Any) -> None:
        self.assertDictEqual({"a": np.array([1.0, 2.0])}, {"a": np.array([1.0, 3.0])})

    return outcomes(
        tf,
        in_session=in_session,
        without_session=without_session,
        structures=structures,
        random_pairs=random_pairs,
        variables=variables,
        another_graph=another_graph,
        sessions_of_their_own=sessions_of_their_own,
        ragged=ragged,
        shapes=shapes,
        unlike_shapes=unlike_shapes,
        shapes_of_lists=shapes_of_lists,
        types=types,
        dictionaries=dictionaries,
        unlike_dictionaries=unlike_dictionaries,
    )


@results
def each_test_begins_anew(tf: Any) -> Any:
    drawn = []

    def draw(self: Any) -> None:
        self.assertEqual(len(tf.get_default_graph().get_operations()), 0)
        drawn.append(
            [*self.evaluate(tf.random_uniform([2])).tolist(), *np.random.random_sample(2).tolist()]
        )

    found = outcomes(tf, first=draw, second=draw)
    return found, drawn


@results
def raised_errors(tf: Any) -> Any:
    def divided(self: Any) -> None:
        with self.session() as session, self.assertRaisesOpError("ivision by zero|zero"):
            session.run(tf.constant([1]) // tf.constant([0]))

    def not_raised(self: Any) -> None:
        with self.assertRaisesOpError("anything"):
            pass

    def other_text(self: Any) -> None:
        with self.assertRaisesWithPredicateMatch(ValueError, "one"):
            raise ValueError("two")

    def predicate(self: Any) -> None:
        with self.assertRaisesWithPredicateMatch(ValueError, lambda e: str(e) == "two"):
            raise ValueError("two")

    def other_type(self: Any) -> None:
        with self.assertRaisesWithPredicateMatch(ValueError, "two"):
            raise KeyError("two")

    def named(self: Any) -> None:
        x = tf.placeholder_with_default([1], None, name="ones")
        with self.session() as session, self.assertRaisesOpError("quotient"):
            session.run(tf.floordiv(x, x - 1, name="quotient"))

    def by_regular_expression(self: Any) -> None:
        with self.assertRaisesRegexp(ValueError, "t.o"):  # noqa: UP005
            raise ValueError("two")

    return outcomes(
        tf,
        divided=divided,
        not_raised=not_raised,
        other_text=other_text,
        predicate=predicate,
        other_type=other_type,
        named=named,
        by_regular_expression=by_regular_expression,
    )


@results
def messages(tf: Any) -> Any:
    text = "value: 1.5 nested { value: 2 }"
    graph = tf.Graph()
    with graph.as_default():
        tf.constant(1.0, name="one")
    other = tf.Graph()
    with other.as_default():
        tf.constant(2.0, name="one")
    definition = graph.as_graph_def()

    def same(self: Any) -> None:
        self.assertProtoEquals(definition, graph.as_graph_def())
        self.assertProtoEquals(str(definition.node[0]), definition.node[0])

    def differ(self: Any) -> None:
        self.assertProtoEquals(definition, other.as_graph_def())

    def other_type(self: Any) -> None:
        self.assertProtoEquals(definition, definition.node[0])

    def tolerance(self: Any) -> None:
        one, two = tf.Summary(), tf.Summary()
        one.value.add(tag="x", simple_value=1.0)
        two.value.add(tag="x", simple_value=1.0001)
        self.assertProtoEquals(one, two, relative_tolerance=0.01)

    def no_tolerance(self: Any) -> None:
        one, two = tf.Summary(), tf.Summary()
        one.value.add(tag="x", simple_value=1.0)
        two.value.add(tag="x", simple_value=1.0001)
        self.assertProtoEquals(one, two)

    def graphs(self: Any) -> None:
        tf.test.assert_equal_graph_def(definition, graph.as_graph_def())
        mixed = graph.as_graph_def()
        mixed.versions.producer = 1
        tf.test.assert_equal_graph_def(definition, mixed)

    def unlike_graphs(self: Any) -> None:
        tf.test.assert_equal_graph_def(definition, other.as_graph_def())

    def no_graphs(self: Any) -> None:
        tf.test.assert_equal_graph_def(definition, text)

    return outcomes(
        tf,
        same=same,
        differ=differ,
        other_type=other_type,
        tolerance=tolerance,
        no_tolerance=no_tolerance,
        graphs=graphs,
        unlike_graphs=unlike_graphs,
        no_graphs=no_graphs,
    )


@results
def collections_and_texts(tf: Any) -> Any:
    return outcomes(
        tf,
        **checks("assertStartsWith", ("abc", "ab"), ("abc", "b")),
        **checks("assertEndsWith", ("abc", "bc"), ("abc", "b")),
        **checks("assertLen", ([1, 2], 2), ([1], 2)),
        **checks("assertEmpty", ([],), ({1},)),
        **checks("assertNotEmpty", ([],), ({1},)),
        **checks("assertSameElements", ([1, 1, 2], [2, 1]), ([1], [1, 2])),
        **checks("assertContainsSubset", ([1], [1, 2]), ([3], [1, 2])),
        **checks("assertItemsEqual", ([1, 2], [2, 1]), ([1, 1], [1])),
        **checks("assertDeviceEqual", ("/cpu:0", "/device:CPU:0"), ("/cpu:0", "/gpu:0")),
    )


class Wrong:
    """What equals everything and is less than everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__
    __hash__ = None  # type: ignore[assignment]


@results
def texts_and_sequences(tf: Any) -> Any:
    return outcomes(
        tf,
        **checks("assertNotStartsWith", ("abc", "b"), ("abc", "ab")),
        **checks("assertNotEndsWith", ("abc", "b"), ("abc", "bc")),
        **checks(
            "assertContainsInOrder",
            (["a", "b"], "xaybz"),
            (["b", "a"], "xaybz"),
            ("ay", "xaybz"),
            (["q"], "xaybz"),
            (["a", "a"], "xaybz"),
        ),
        **checks(
            "assertRegexMatch",
            ("one\ntwo", ["^two$", "x"]),
            ("one", ["x", "y"]),
            (b"one", ["n"]),
            ("one", [b"n"]),
            ("one", "n"),
            ("one", []),
            ("one", ["n", b"n"]),
            ("one", [1]),
        ),
        **checks(
            "assertUrlEqual",
            ("http://a/b?x=1&y=2", "http://a/b?y=2&x=1"),
            ("http://a/b?x=1", "http://a/b?x=2"),
            ("http://a/b", "https://a/b"),
            ("http://a/b;u;v#c", "http://a/b;v;u#c"),
            ("http://a/b?x=", "http://a/b"),
        ),
        **checks(
            "assertContainsSubsequence",
            ([0, 1, 2, 0, 3], [1, 2, 3]),
            ([0, 1, 3, 0, 2], [1, 2, 3]),
            ([1], []),
            ([1], [1, 1]),
        ),
        **checks(
            "assertContainsExactSubsequence",
            ([0, 1, 2, 3, 0], [1, 2, 3]),
            ([1, 2, 0, 3], [1, 2, 3]),
            ([1], []),
            ([1], [1, 2]),
            ((1, 2), [1, 2]),
        ),
        **checks(
            "assertSequenceStartsWith",
            ([1], [1, 2]),
            (1, [1, 2]),
            ([2], [1, 2]),
            ([], [1]),
            ([], []),
            ([1, 2], [1]),
            ([1], {1: 2}),
            ([1], 1),
            ("a", "ab"),
        ),
        **checks("assertNoCommonElements", ([1], [2]), ([1, 2], [2])),
    )


@results
def numbers_and_structures(tf: Any) -> Any:
    tree = {"a": [1, (2, "x")], "b": {3}}
    return outcomes(
        tf,
        **checks(
            "assertSequenceAlmostEqual",
            ([1.0, 2.0], [1.0 + 1e-9, 2.0]),
            ([1.0], [1.1]),
            ([1.0], [1.0, 2.0]),
            ([1.0], [1.04], 1),
            ([1.0], [1.4], None, None, 0.5),
        ),
        **checks(
            "assertDictAlmostEqual",
            ({"a": 1.0, "b": "x"}, {"a": 1.0 + 1e-9, "b": "x"}),
            ({"a": 1.0}, {"a": 1.1}),
            ({"a": 1.0}, {"a": 1.1}, None, None, 0.2),
            ({"a": 1.0}, {"a": 1.04}, 1),
            ({"a": 1.0}, {"a": 1.0}, 1, None, 0.5),
            ({"a": "x"}, {"a": "y"}),
            ({"a": 1}, {"b": 1}),
            ({"a": 1}, [1]),
        ),
        **checks(
            "assertMappingEqual",
            ({"a": 1}, {"a": 1}),
            ({"a": 1}, {"a": 2}),
            ({"a": 1}, {"a": 2}, None, dict, lambda x, y: (True, None)),
            ({}, {"a": 2}),
            ([], {}),
        ),
        **checks(
            "assertSameStructure",
            (tree, {"b": {3}, "a": (1, [2, "x"])}),
            (tree, {"b": {4}, "a": [1, (2, "x")]}),
            (tree, {"b": {3}, "a": [1, (2, "x", 5)]}),
            (tree, {"a": [1, (2, "x")]}),
            ([1], {0: 1}),
            (1, True),
            (1, 1.0),
            ("a", "a"),
            ("a", b"a"),
        ),
        **checks(
            "assertJsonEqual",
            ('{"a": [1, 2]}', '{ "a" : [1,2] }'),
            ('{"a": 1}', '{"a": 2}'),
            ("{", "{}"),
            ("{}", "}"),
        ),
        **checks(
            "assertTotallyOrdered",
            ([1], [2, 2.0], [3]),
            ([2], [1]),
            ([1], [1]),
            ([1, 2], [3]),
            ([1], [Wrong()]),
            ([Wrong()],),
        ),
    )


@results
def errors_and_contexts(tf: Any) -> Any:
    left: list[str] = []

    def raising(text: str) -> Any:
        def act() -> None:
            raise ValueError(text)

        return act

    def literal(self: Any) -> None:
        self.assertRaisesWithLiteralMatch(ValueError, "a.c", raising("a.c"))
        with self.assertRaisesWithLiteralMatch(ValueError, "a.c"):
            raising("a.c")()

    def not_literal(self: Any) -> None:
        self.assertRaisesWithLiteralMatch(ValueError, "a.c", raising("abc"))

    def another(self: Any) -> None:
        with self.assertRaisesWithLiteralMatch(TypeError, "a.c"):
            raising("a.c")()

    def none(self: Any) -> None:
        self.assertRaisesWithLiteralMatch(ValueError, "a.c", lambda: None)

    @contextlib.contextmanager
    def noted() -> Any:
        yield 5
        left.append("left")

    def entered(self: Any) -> None:
        self.assertEqual(self.enter_context(noted()), 5)
        self.assertEqual(left, [])

    found = outcomes(
        tf, literal=literal, not_literal=not_literal, another=another, none=none, entered=entered
    )
    return found, left


@results
def configurations_of_benchmarks(tf: Any) -> Any:
    return str(tf.test.benchmark_config()), tf.test.Benchmark.is_abstract()


@results
def threads_of_tests(tf: Any) -> Any:
    def joined(self: Any) -> None:
        seen: list[int] = []
        thread = self.checkedThread(seen.append, args=(1,))
        thread.start()
        thread.join()
        self.assertEqual(seen, [1])

    def raises(self: Any) -> None:
        def task() -> None:
            raise ValueError("in the thread")

        thread = self.checkedThread(task)
        thread.start()
        thread.join()

    def not_joined(self: Any) -> None:
        self.checkedThread(lambda: None).start()

    return outcomes(tf, joined=joined, raises=raises, not_joined=not_joined)


@results
def folders_and_skips(tf: Any) -> Any:
    folders = []

    def folder(self: Any) -> None:
        self.assertEqual(self.get_temp_dir(), self.get_temp_dir())
        self.assertTrue(tf.gfile.IsDirectory(self.get_temp_dir()))
        self.assertStartsWith(self.get_temp_dir(), tf.test.get_temp_dir())
        folders.append(self.get_temp_dir())

    @tf.test.disable_with_predicate(lambda: True, "not today")
    def left_out(self: Any) -> None:
        raise ValueError

    @tf.test.disable_with_predicate(lambda: False, "not today")
    def kept(self: Any) -> None:
        self.assertTrue(True)

    def reserved(self: Any) -> None:
        raise ValueError

    found = outcomes(tf, folder=folder, again=folder, left_out=left_out, kept=kept)
    return found, len(set(folders)), tf.test.is_gpu_available(), tf.test.gpu_device_name()


@results
def numeric_gradients(tf: Any) -> Any:
    found = []
    x_value = np.array([[0.5, -1.0], [2.0, 3.0]])
    for kind in (tf.float32, tf.float64, tf.complex128):
        with tf.Graph().as_default(), tf.Session():
            x = tf.constant(x_value, dtype=kind, name="x")
            y = tf.matmul(x, x)
            at = x_value.astype(kind.as_numpy_dtype)
            found += tf.test.compute_gradient(x, [2, 2], y, [2, 2], x_init_value=at, delta=0.125)
            found.append(
                tf.test.compute_gradient_error(x, [2, 2], y, [2, 2], x_init_value=at, delta=0.125)
                < 1e-4
            )
    return found


@results
def numeric_gradients_of_several(tf: Any) -> Any:
    with tf.Graph().as_default(), tf.Session():
        table = tf.get_variable("table", initializer=np.arange(6, dtype=np.float64).reshape(3, 2))
        x = tf.constant([0.5, 2.0], tf.float64)
        scale = tf.placeholder(tf.float64, [])
        y = tf.gather(tf.reshape(x, [2, 1]), [1, 1]) * x * scale + tf.reduce_sum(table)
        pairs = tf.test.compute_gradient(
            [x],
            [[2]],
            y,
            [2, 2],
            x_init_value=[np.array([0.5, 2.0])],
            delta=0.25,
            init_targets=[table.initializer],
            extra_feed_dict={scale: 3.0},
        )
        empty = tf.zeros([0], tf.float64)
        nothing = tf.test.compute_gradient(empty, [0], empty * 2, [0])
        random = tf.test.compute_gradient_error(
            x, [2], tf.sin(x) * scale, [2], extra_feed_dict={scale: 1.0}
        )
        return [*pairs[0], *nothing, random < 1e-5]


@results
def devices_of_the_machine(tf: Any) -> Any:
    config = tf.config
    physical = config.list_physical_devices("CPU")
    found = [
        [(device.name, device.device_type) for device in physical],
        config.experimental.list_physical_devices("GPU"),
        [(device.name, device.device_type) for device in config.list_logical_devices("CPU")],
        config.get_visible_devices("GPU"),
        config.experimental.get_device_details(physical[0]),
    ]
    config.set_visible_devices([], "GPU")
    for attempt in (
        lambda: config.experimental.set_memory_growth(physical[0], True),
        lambda: config.set_visible_devices(["x"], "CPU"),
        lambda: config.experimental.get_device_details("x"),
    ):
        try:
            attempt()
            found.append("nothing is raised")
        except Exception as error:
            found.append(type(error).__name__)
    return found


@results
def writes_to_streams(tf: Any) -> Any:
    def captured(self: Any) -> None:
        stream = sys.__stdout__
        try:
            stream.fileno()
        except (io.UnsupportedOperation, ValueError, AttributeError):
            self.skipTest("no stream")
        with self.captureWritesToStream(stream) as writes:
            stream.write("some text\n")
            stream.flush()
            self.assertEqual(writes.contents(), "some text\n")

    return outcomes(tf, captured=captured)
