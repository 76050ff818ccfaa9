"""Critical sections: the operations that they add, and what they keep apart."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, program, results


def counting(tf: Any, variable: Any, by: Any = 1.0) -> Any:
    """A function that returns a variable's value, and then adds to it."""

    def count() -> Any:
        value = variable.read_value()
        with (
            tf.control_dependencies([value]),
            tf.control_dependencies([variable.assign_add(by)]),
        ):
            return tf.identity(value)

    return count


@program
def a_section_is_executed(tf: Any) -> Any:
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    section = tf.CriticalSection(name="section")
    first = section.execute(counting(tf, variable))
    with tf.name_scope("scope"):
        other = tf.CriticalSection(shared_name="shared")
        pair = other.execute(
            lambda: {"a": tf.constant(1) + 1, "b": [tf.constant("x"), tf.no_op()]}, name="pair"
        )
    keys = sorted(tf.get_default_graph().get_all_collection_keys())
    names = [section.name, other.name, *keys]
    return [names, first, pair["a"], pair["b"][0], pair["b"][1].name]


@results
def sections_follow_each_other(tf: Any) -> Any:
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    section = tf.CriticalSection()
    first = section.execute(counting(tf, variable))
    second = section.execute(counting(tf, variable, 2 * first + 5.0))
    many = [section.execute(counting(tf, variable)) for _ in range(4)]
    _, total = tf.while_loop(
        lambda i, _: i < 5,
        lambda i, total: (i + 1, total + section.execute(counting(tf, variable))),
        [0, 0.0],
    )
    with tf.Session() as session:
        session.run(variable.initializer)
        found = [session.run([first, second]), session.run(variable)]
        found += [sorted(session.run(many)), session.run(tf.add_n(many)), session.run(total)]
        return [*found, session.run(variable)]


@results
def a_section_is_left_by_an_error(tf: Any) -> Any:
    section = tf.CriticalSection()
    value = tf.placeholder(tf.float32, [])
    checked = section.execute(lambda: tf.check_numerics(value, "value"))
    found: list[Any] = []
    with tf.Session() as session:
        for fed in (float("nan"), 1.0, float("inf"), 2.0):
            try:
                found.append(session.run(checked, {value: fed}))
            except tf.errors.InvalidArgumentError:
                found.append("refused")
    return found


@results
def misuses_of_sections(tf: Any) -> Any:
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    section = tf.CriticalSection(name="one")
    other = tf.CriticalSection(name="other")
    section.execute(variable.read_value, exclusive_resource_access=False)
    other.execute(variable.read_value, exclusive_resource_access=False)
    return [
        message(lambda: section.execute(lambda: section.execute(variable.read_value)))[:60],
        message(lambda: other.execute(variable.read_value))[:40],
        message(lambda: tf.CriticalSection(name="x", critical_section_def="y"))[:60],
        message(lambda: tf.CriticalSection(critical_section_def="y")),
    ]
