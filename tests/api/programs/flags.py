"""tf.flags, tf.app.run; tf.errors."""

from __future__ import annotations

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
