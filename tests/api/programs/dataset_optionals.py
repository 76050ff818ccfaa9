"""Datasets whose elements are optionals, or hold some."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, program, results
from tests.api.programs.datasets import drained


def optional(tf: Any, value: Any) -> Any:
    return tf.data.experimental.Optional.from_value(value)


def both(value: Any) -> Any:
    return value.has_value(), value.get_value()


def optionals(tf: Any, count: int = 3) -> Any:
    return tf.data.Dataset.range(count).map(lambda n: optional(tf, n))


def without(tf: Any, count: int = 5) -> Any:
    """Optionals, of which those of small numbers have no value."""
    empty = tf.data.experimental.Optional.empty(tf.TensorSpec([], tf.int64))
    return tf.data.Dataset.range(count).map(
        lambda n: tf.cond(n > 2, lambda: optional(tf, n), lambda: empty)
    )


@program
def optionals_as_elements(tf: Any) -> Any:
    data = tf.data.Dataset.from_tensors({"a": optional(tf, 5), "b": (1, optional(tf, (2, "x")))})
    data = data.repeat(2).shuffle(2, seed=3).cache().prefetch(1)
    following = data.make_initializable_iterator().get_next()
    return (
        [tensor.shape.as_list() for tensor in tf.nest.flatten(both(following["b"][1]))],
        str(data.element_spec),
        *(str(told) for told in (data.output_types, data.output_shapes)),
    )


@results
def optionals_in_functions(tf: Any) -> Any:
    data = tf.data.Dataset
    named = data.range(3).map(lambda n: (n, {"a": optional(tf, (n, n + 1))}))
    return [
        drained(tf, optionals(tf).map(both)),
        drained(tf, named.map(lambda n, named: (n, named["a"].get_value()))),
        drained(tf, optionals(tf).filter(lambda item: item.get_value() > 0).map(both)),
        drained(tf, without(tf).map(lambda item: item.has_value())),
        drained(tf, without(tf).filter(lambda item: item.has_value()).map(both)),
        drained(tf, without(tf).map(lambda item: item.get_value())),
        drained(
            tf,
            optionals(tf)
            .map(lambda item: optional(tf, item))
            .map(lambda o: o.get_value().get_value()),
        ),
        drained(tf, optionals(tf).flat_map(data.from_tensors).map(both)),
        drained(tf, optionals(tf, 4).window(3).flat_map(lambda window: window).map(both)),
        drained(tf, optionals(tf, 0).map(both)),
        drained(tf, optionals(tf).enumerate(2).map(lambda n, item: (n, item.get_value()))),
        drained(tf, data.zip((optionals(tf), data.range(2))).map(lambda a, b: (a.get_value(), b))),
        drained(tf, optionals(tf).shuffle(3, seed=1).repeat(2).cache().prefetch(1).map(both)),
    ]


@results
def optionals_of_optionals(tf: Any) -> Any:
    iterator = optionals(tf, 2).make_initializable_iterator()
    following = iterator.get_next_as_optional()
    none = tf.data.experimental.Optional.empty(tf.OptionalSpec(tf.TensorSpec([], tf.int64)))
    inner = tf.cond(following.has_value(), lambda: following, lambda: none)
    value = tf.cond(
        inner.has_value(), lambda: inner.get_value().get_value(), lambda: tf.constant(-1, tf.int64)
    )
    found = []
    with tf.Session() as session:
        session.run(iterator.initializer)
        found.extend(session.run(value) for _ in range(3))
        alone = tf.data.Dataset.from_tensors(optional(tf, 5)).get_single_element()
        return [found, session.run(alone.get_value()), str(following.element_spec)]


@results
def specs_of_optionals(tf: Any) -> Any:
    spec = tf.OptionalSpec

    def shaped(*sizes: Any) -> Any:
        return tf.TensorSpec(sizes, tf.int32)

    one, pair, named = spec(shaped()), spec((shaped(1), shaped())), spec({"a": shaped(None)})
    others = [one, pair, named, spec(shaped(3)), spec(tf.TensorSpec(None, tf.int32)), shaped()]
    others += [spec({"b": shaped(None)}), spec({"a": shaped(4)}), optional(tf, 5)]
    joined = optionals(tf).concatenate(
        tf.data.Dataset.from_tensors(optional(tf, tf.constant([1], tf.int64)))
    )
    pairs = tf.data.Dataset.from_tensors(optional(tf, ([1], {"x": [2]})))
    longer = tf.data.Dataset.from_tensors(optional(tf, ([1, 2], {"x": [2]})))
    return [
        [[a.is_compatible_with(b) for b in others] for a in (one, pair, named)],
        [a == b for a in others for b in (one, named)],
        [str(item) for item in others[:-1]],
        str(spec.from_value(optional(tf, 3))),
        str(joined.element_spec),
        str(pairs.concatenate(longer).element_spec),
        tf.data.experimental.OptionalStructure is spec,
        len(tf.nest.flatten(optional(tf, (1, 2)), expand_composites=True)),
    ]


@results
def refused_optionals(tf: Any) -> Any:
    data = tf.data.Dataset
    return [
        attempt(lambda: optionals(tf).padded_batch(2)),
        attempt(lambda: optionals(tf).concatenate(data.range(2))),
        attempt(lambda: optionals(tf).unique()),
        attempt(lambda: tf.Session().run(optional(tf, 5))),
        attempt(lambda: optionals(tf).map(lambda item: item + 1)),
    ]
