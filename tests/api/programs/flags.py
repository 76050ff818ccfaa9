"""tf.flags, tf.app.run; tf.errors."""

from __future__ import annotations

import enum
from typing import Any

from tests.api.programs import results


def defined(tf: Any) -> Any:
    values = tf.flags.FlagValues()
    flags = tf.flags
    flags.DEFINE_string("name", "some", "A name.", flag_values=values)
    flags.DEFINE_integer("steps", 10, "Steps.", lower_bound=0, flag_values=values)
    flags.DEFINE_float("rate", None, "Rate.", flag_values=values)
    flags.DEFINE_boolean("train", True, "Whether.", flag_values=values)
    flags.DEFINE_bool("fast", False, "Whether.", flag_values=values)
    flags.DEFINE_enum("mode", "a", ["a", "b"], "Mode.", flag_values=values)
    flags.DEFINE_list("layers", ["1", "2"], "Layers.", flag_values=values)
    flags.DEFINE_multi_integer("sizes", [3], "Sizes.", flag_values=values)
    flags.DEFINE_multi_string("paths", None, "Paths.", flag_values=values)
    return values


@results
def command_lines(tf: Any) -> Any:
    found: list[Any] = []
    for line in (
        "p",
        "p --name=x --steps 5 --notrain --fast --rate=0.5 rest",
        "p -steps=0x10 --mode=b --layers=7,8 --sizes=1 --sizes=2 --paths=u --paths v -- --name=y",
        "p --train=false --fast=1 one --layers=",
        "p --unknown",
        "p --steps=x",
        "p --steps=-1",
        "p --mode=c",
        "p --train=maybe",
        "p --name",
    ):
        values = defined(tf)
        try:
            rest = values(line.split(" "))
            found.append([rest, dict(sorted(values.flag_values_dict().items()))])
        except tf.flags.Error as error:
            found.append(type(error).__name__)
    values = defined(tf)
    found.append(values(["p", "--unknown=3", "x"], known_only=True))
    return found


@results
def flags_in_programs(tf: Any) -> Any:
    values = defined(tf)
    values.mark_as_parsed()
    values.steps = 3
    found: list[Any] = [values.steps, values.name, "steps" in values, len(values), sorted(values)]
    found.append([values["steps"].default, values["steps"].value, values["name"].help])
    tf.flags.mark_flag_as_required("rate", values)
    tf.flags.register_validator("steps", lambda steps: steps < 5, "too many", values)
    for line in (["p"], ["p", "--rate=1"], ["p", "--rate=1", "--steps=6"]):
        try:
            found.append(values(line))
        except tf.flags.Error as error:
            found.append(type(error).__name__)
    try:
        tf.flags.DEFINE_string("name", "x", "Again.", flag_values=values)
    except tf.flags.Error as error:
        found.append(type(error).__name__)
    try:
        found.append(values.nothing)
    except AttributeError:
        found.append("no such flag")
    return found


@results
def programs_that_run(tf: Any) -> Any:
    found: list[Any] = []

    def main(argv: Any) -> int:
        found.append(list(argv))
        return 3

    try:
        tf.app.run(main=main, argv=["program", "argument"])
    except SystemExit as error:
        found.append(error.code)
    return found


@results
def error_codes(tf: Any) -> Any:
    names = sorted(name for name in dir(tf.errors) if name.isupper() and name[0] != "_")
    types = [tf.errors.exception_type_from_error_code(code) for code in range(1, 17)]
    error = tf.errors.NotFoundError(None, None, "nothing there")
    return [
        {name: getattr(tf.errors, name) for name in names},
        [kind.__name__ for kind in types],
        [tf.errors.error_code_from_exception_type(kind) for kind in types],
        [error.message, error.error_code, error.op, error.node_def, str(error)],
        issubclass(tf.errors.NotFoundError, tf.OpError),
        isinstance(error, tf.errors.OpError),
    ]


class Colour(enum.Enum):
    """Members that flags name."""

    RED = 1
    DARK_BLUE = 2


def kinds(tf: Any) -> tuple[Any, list[Any]]:
    """Flags of all rarer kinds, and their holders."""
    flags, values = tf.flags, tf.flags.FlagValues()

    class Pair(flags.ArgumentParser):  # type: ignore[misc, name-defined]
        def parse(self, argument: Any) -> Any:
            if isinstance(argument, tuple):
                return argument
            first, comma, second = argument.partition("-")
            if not comma:
                raise ValueError("no dash")
            return first, second

    where = {"flag_values": values}
    holders = [
        flags.DEFINE_integer("steps", 10, "Steps.", **where),
        flags.DEFINE_alias("iterations", "steps", **where),
        flags.DEFINE_multi_integer("size", [3], "Sizes.", **where),
        flags.DEFINE_alias("width", "size", **where),
        flags.DEFINE_bool("train", False, "Whether.", **where),
        flags.DEFINE_alias("learn", "train", **where),
        flags.DEFINE_enum_class("colour", Colour.RED, Colour, "A colour.", **where),
        flags.DEFINE_multi_enum_class("colours", "dark_blue", Colour, "Colours.", **where),
        flags.DEFINE_multi_enum("mode", ["a"], ["a", "b"], "Modes.", **where),
        flags.DEFINE_spaceseplist("words", "one two", "Words.", **where),
        flags.DEFINE_spaceseplist("more", None, "Words.", comma_compat=True, **where),
        flags.DEFINE(Pair(), "pair", "u-v", "A pair.", **where),
        flags.DEFINE_multi(Pair(), None, "pairs", [("u", "v")], "Pairs.", **where),
    ]
    return values, holders


def shown(value: Any) -> Any:
    """A value that has a form in files."""
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    return value.name if isinstance(value, enum.Enum) else value


@results
def rarer_kinds_of_flags(tf: Any) -> Any:
    found: list[Any] = []
    for line in (
        ["p"],
        ["p", "--iterations=5", "--width=1", "--size=2", "--width", "7", "--learn"],
        ["p", "--steps=5", "--iterations=6", "--nolearn", "--train", "rest"],
        ["p", "--colour=Dark_Blue", "--colours=red", "--colours=DARK_BLUE", "--mode=b", "--mode=a"],
        ["p", "--words= x  y,z ", "--more=x,y z", "--pair=1-2", "--pairs=3-4", "--pairs=5-6"],
        ["p", "--words=", "--more", ""],
        ["p", "--iterations=x"],
        ["p", "--colour=green"],
        ["p", "--colours=green"],
        ["p", "--mode=A"],
        ["p", "--pair=12"],
    ):
        values, holders = kinds(tf)
        try:
            rest = values(line)
        except tf.flags.Error as error:
            found.append(type(error).__name__)
            continue
        found.append([rest, {h.name: shown(h.value) for h in holders}])
        found.append([[h.name, shown(h.default), h.present] for h in holders])
    return found


@results
def rarer_kinds_are_refused(tf: Any) -> Any:
    flags, (values, holders) = tf.flags, kinds(tf)
    found: list[Any] = []
    empty = enum.Enum("Empty", [])  # type: ignore[var-annotated]
    twice = enum.Enum("Twice", ["a", "A"])
    for act in (
        lambda: flags.DEFINE_alias("new", "none", flag_values=values),
        lambda: flags.DEFINE_alias("mode", "steps", flag_values=values),
        lambda: flags.DEFINE_enum_class("n1", None, int, "", flag_values=values),
        lambda: flags.DEFINE_enum_class("n2", None, empty, "", flag_values=values),
        lambda: flags.DEFINE_enum_class("n3", None, twice, "", flag_values=values),
        lambda: flags.DEFINE_multi_enum("n4", None, [], "", flag_values=values),
        lambda: flags.mark_bool_flags_as_mutual_exclusive(["train", "steps"], flag_values=values),
        lambda: flags.mark_flags_as_mutual_exclusive([], flag_values=values),
        lambda: flags.declare_key_flag("none", flag_values=values),
        lambda: flags.override_value(holders[0], "12"),
        lambda: flags.override_value(holders[0], "x"),
        lambda: bool(holders[0]),
        lambda: holders[0] == 10,
        lambda: flags.mark_flag_as_required(holders[0], flags.FlagValues()),
    ):
        try:
            act()
        except (flags.Error, ValueError, TypeError) as error:
            found.append(type(error).__name__)
        else:
            found.append("none")
    return found


@results
def flags_that_exclude_each_other(tf: Any) -> Any:
    found: list[Any] = []
    for required in (False, True):
        for line in (["p"], ["p", "--a=1"], ["p", "--b=1", "--c"], ["p", "--a=1", "--b=2", "--c"]):
            values = tf.flags.FlagValues()
            for name in "ab":
                tf.flags.DEFINE_integer(name, None, "", flag_values=values)
            holder = tf.flags.DEFINE_bool("c", False, "", flag_values=values)
            tf.flags.DEFINE_bool("d", True, "", flag_values=values)
            tf.flags.mark_flags_as_mutual_exclusive(["a", "b"], required, flag_values=values)
            if not required:
                tf.flags.mark_bool_flags_as_mutual_exclusive(["c", "d"], flag_values=values)

            @tf.flags.validator("a", "a is 5", flag_values=values)
            def is_small(a: Any) -> bool:
                return a != 5

            @tf.flags.multi_flags_validator(["a", "c"], "both", flag_values=values)
            def is_alone(given: Any) -> bool:
                return not (given["a"] and given["c"])

            try:
                values(line)
                found.append([values.get_flag_value("a", 7), holder.present, is_small(5)])
            except tf.flags.Error as error:
                found.append(type(error).__name__)
    return found


@results
def values_of_holders(tf: Any) -> Any:
    values, holders = kinds(tf)
    steps = holders[0]
    tf.flags.set_default(steps, 11)
    values.mark_as_parsed()
    found = [steps.value, steps.default, steps.present, holders[1].value]
    tf.flags.override_value(steps, 12)
    found += [steps.value, steps.default, holders[1].value, values.iterations]
    values.iterations = 13
    found += [steps.value, values.steps]
    tf.flags.declare_key_flag("steps", flag_values=values)
    given = {"a": None, "b": True, "c": False, "d": "x y", "e": [1, 2], "f": 0.5, "g": ("u", "v")}
    return [*found, list(tf.flags.flag_dict_to_args(given, {"g"}))]
