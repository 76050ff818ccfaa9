"""Staging areas: the operations that they add, and what comes out of them."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program, results


def areas_of(tf: Any) -> Any:
    """The classes, which TensorFlow 2 keeps to itself."""
    if hasattr(tf, "contrib"):
        return tf.contrib.staging
    from tensorflow.python.ops import data_flow_ops

    return data_flow_ops


@program
def areas_are_built(tf: Any) -> Any:
    areas = areas_of(tf)
    plain = areas.StagingArea([tf.float32, tf.int32], shapes=[[2], []], capacity=3)
    named = areas.StagingArea([tf.string], names=["s"], shared_name="shared", memory_limit=99)
    put = plain.put([tf.constant([1.0, 2.0]), tf.constant(3)])
    named.put({"s": tf.constant("x")}, name="put")
    got, peeked = plain.get(), plain.peek(1)
    with tf.device("/cpu:0"):
        moved = named.get("get")
    keyed = areas.MapStagingArea([tf.float32, tf.string], names=["a", "b"], ordered=True)
    keyed.put(tf.constant(1, tf.int64), {"b": tf.constant("x")})
    keyed.put(tf.constant(2, tf.int64), {"b": tf.constant("x"), "a": tf.constant(1.0)})
    key, values = keyed.get()
    _, part = keyed.get(tf.constant(1, tf.int64), ["b"])
    looked = keyed.peek(tf.constant(1, tf.int64), [1, 0])
    loose = areas.MapStagingArea([tf.float32])
    loose.put(tf.constant(1, tf.int64), [tf.constant(1.0)], [0])
    names = [plain.name, named.name, keyed.name, put.name, plain.capacity, named.memory_limit]
    return [
        names, got, peeked, moved["s"], plain.size(), plain.clear().name, key, values["a"], part["b"],
        [looked["a"], looked["b"]], keyed.size(), keyed.incomplete_size(), keyed.clear().name, loose.get()[1],
    ]  # fmt: skip


@results
def values_are_staged(tf: Any) -> Any:
    area = areas_of(tf).StagingArea([tf.float32, tf.string])
    value = tf.placeholder(tf.float32)
    put = area.put([value, tf.as_string(value)])
    get, size = area.get(), area.size()
    found = []
    with tf.Session() as session:
        session.run(put, {value: 0})
        for step in range(1, 4):
            session.run(put, {value: [step]})
            found.append(session.run(get))
        found.append(session.run([size, area.peek(0)]))
        session.run(area.clear())
        found.append(session.run(size))
    return found


@results
def values_are_staged_by_key(tf: Any) -> Any:
    area = areas_of(tf).MapStagingArea([tf.float32, tf.string], names=["x", "y"], ordered=True)
    key = tf.placeholder(tf.int64, [])
    value = tf.placeholder(tf.float32)
    whole = area.put(key, {"x": value, "y": tf.as_string(value)})
    half, other = area.put(key, {"x": value}), area.put(key, {"y": tf.constant("other")})
    first_key, first = area.get()
    sizes = [area.size(), area.incomplete_size()]
    with tf.Session() as session:
        for number in (5, -2, 9):
            session.run(whole, {key: number, value: [number, number]})
        session.run(half, {key: 1, value: 1})
        found = [session.run(sizes), session.run([first_key, first])]
        session.run(other, {key: 1})
        found += [session.run(sizes), session.run(area.get(key)[1], {key: 9})]
        found += [session.run([first_key, first]), session.run(area.peek(key, ["y"]), {key: 5})]
        return [*found, session.run(sizes)]


@results
def misuses_of_areas(tf: Any) -> Any:
    areas = areas_of(tf)
    area = areas.StagingArea([tf.float32], shapes=[[2]])
    named = areas.MapStagingArea([tf.float32, tf.int32], names=["a", "b"])
    one = tf.constant([1.0, 2.0])
    key = tf.constant(1, tf.int64)
    calls = [
        lambda: areas.StagingArea([tf.float32], shared_name=1),
        lambda: areas.StagingArea([tf.float32], shapes=[[], []]),
        lambda: areas.StagingArea([tf.float32], names=["a", "b"]),
        lambda: area.put([one, one]),
        lambda: area.put(tf.constant([1, 2])),
        lambda: area.put(tf.constant(1.0)),
        lambda: area.put({"a": one}),
        lambda: named.put(key, [one]),
        lambda: named.put(key, {"c": one}),
        lambda: named.get(key, []),
        lambda: named.get(key, "a"),
        lambda: named.get(key, ["c"]),
        lambda: named.get(key, ["a", 1]),
    ]
    return [message(call) for call in calls]
